#include "common/link/hands.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, LOOK_US = 100000 };
static const uint64_t MAGIC = 0x3153444e41485743; /* "CWHANDS1" */

struct page {
    uint64_t magic;
    struct last_words words;
    uint64_t turn; /* counts records, so that the watchdog tells one from the next */
};
static volatile struct page *page;
static int limit_looks;

/* Stores reach the page in the order of the program: the kernel shows the next process what was
 * stored up to the kill, so only the compiler must not move them. */
static inline void in_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static _Noreturn void *watch(void *arg)
{
    uint64_t seen = 0;
    int looks = 0;
    (void)arg;
    for (;;) {
        usleep(LOOK_US);
        looks = page->words.busy && page->turn == seen ? looks + 1 : 0;
        seen = page->turn;
        if (looks > limit_looks) {
            log_error("CW-LNK-020", "a record is in hand for longer than handler_limit: aborting",
                      KV("seq", page->words.seq), KV("index", page->words.index));
            abort();
        }
    }
}

static void watch_start(int limit_ms)
{
    pthread_t thread;
    sigset_t all, was;
    limit_looks = limit_ms * 1000 / LOOK_US;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &was);
    if (pthread_create(&thread, NULL, watch, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

void hands_open(const char *path, uint64_t taker, int limit_ms, struct last_words *last)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, PAGE_BYTES))
        die(EXIT_TRY_LATER, "cannot make \"%s\": %m", path);
    page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        die(EXIT_TRY_LATER, "cannot map \"%s\": %m", path);
    close(fd);
    memset(last, 0, sizeof *last);
    if (page->magic == MAGIC)
        memcpy(last, (const void *)&page->words, sizeof *last);
    page->words.busy = 0;
    in_order();
    page->words.taker = taker;
    page->magic = MAGIC;
    atexit(
        hands_empty); /* who ends by himself, say for a full disk, was not killed by the record */
    die_after(hands_empty);
    if (limit_ms > 0)
        watch_start(limit_ms);
}

void hands_frame(uint64_t inst, uint64_t seq)
{
    page->words.busy = 0;
    in_order();
    page->words.inst = inst;
    page->words.seq = seq;
}

void hands_record(uint32_t index)
{
    page->words.index = index;
    page->turn++;
    in_order();
    page->words.busy = 1;
}

void hands_empty(void)
{
    in_order();
    page->words.busy = 0;
}
