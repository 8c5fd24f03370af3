#include "tests/crash/links_tools.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- the source: numbers 0 to count - 1, one byte a frame in a mapped file --- */

struct numbers {
    long count, frame, rate, next;
    uint8_t *done; /* written after DONE, never synced: it can only be late */
    struct digest file;
    int64_t began;
    char *body;
    size_t size;
};

static int numbers_start(struct stage *s, void **state)
{
    struct numbers *n = xcalloc(1, sizeof *n);
    char path[4096];
    n->count = stage_get_int(s, "count", 0, 100000000);
    n->frame = stage_get_int(s, "frame", 1, 64);
    n->rate = stage_get_int(s, "rate", 0, 100000000);
    n->size = (size_t)stage_get_int(s, "body", 8, 60000000);
    n->body = xcalloc(1, n->size);
    n->file = digest_of("numbers", 7);
    n->began = time_mono_us();
    snprintf(path, sizeof path, "%s/done", stage_home(s));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t frames = (size_t)(n->count / n->frame + 1);
    if (fd < 0 || ftruncate(fd, (off_t)frames))
        die(EXIT_TRY_LATER, "cannot make \"%s\": %m", path);
    n->done = mmap(NULL, frames, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (n->done == MAP_FAILED)
        die(EXIT_TRY_LATER, "cannot map \"%s\": %m", path);
    close(fd);
    *state = n;
    return 0;
}

static void number_emit(struct stage *s, const struct numbers *n, long i)
{
    char *body = n->body;
    struct record r = {.id = id_source(&n->file, (uint64_t)i),
                       .schema = 1,
                       .usage = 'T',
                       .seq = (uint64_t)i,
                       .file = n->file,
                       .off = (uint64_t)i,
                       .at_us = 1};
    r.root = r.id;
    strcpy(r.kind, "number");
    memset(body, 'a' + (int)(i % 26), n->size);
    memcpy(body, &i, sizeof i);
    r.body = phi_of(body, n->size);
    stage_emit(s, "numbers", &r);
}

static int numbers_pull(struct stage *s, void *state)
{
    struct numbers *n = state;
    while (n->next < n->count && n->done[n->next / n->frame])
        n->next += n->frame;
    if (n->next >= n->count)
        return -1;
    if (n->rate && n->next > (time_mono_us() - n->began) * n->rate / 1000000)
        return 0;
    uint64_t token = (uint64_t)(n->next / n->frame);
    for (long i = 0; i < n->frame && n->next < n->count; i++)
        number_emit(s, n, n->next++);
    stage_frame(s, token);
    return 1;
}

static void numbers_done(struct stage *s, void *state, uint64_t token)
{
    struct numbers *n = state;
    (void)s;
    n->done[token] = 1;
}

const struct stage_def numbers_def = {
    .name = "numbers",
    .kind = STAGE_SOURCE,
    .ports = (const char *const[]){"numbers", NULL},
    .options = (const struct stage_opt[]){{"count", "1000", "how many", false},
                                          {"frame", "64", "records a frame", false},
                                          {"body", "700", "bytes", false},
                                          {"rate", "0", "a second, 0: as fast as it goes", false},
                                          {0}},
    .start = numbers_start,
    .pull = numbers_pull,
    .done = numbers_done};

/* --- what kills, hangs and is slow --- */

struct harm {
    long poison, poison_to, hang, falter, slow_us;
};

static const struct stage_opt harm_options[] = {
    {"poison", "-1", "the number that kills", false},
    {"poison_to", "-1", "last of several numbers that kill", false},
    {"hang", "-1", "the number that never ends", false},
    {"falter", "-1", "the number at which it exits 111, the first twelve times", false},
    {"slow", "0", "us that each record takes", false},
    {"plain", NULL, "hand on everything as it is", true},
    {"broken", NULL, "be ill at the first record", true},
    {0}};

static struct harm *harm_read(struct stage *s)
{
    struct harm *h = xcalloc(1, sizeof *h);
    h->poison = stage_get_int(s, "poison", -1, 100000000);
    h->poison_to = stage_get_int(s, "poison_to", -1, 100000000);
    h->hang = stage_get_int(s, "hang", -1, 100000000);
    h->falter = stage_get_int(s, "falter", -1, 100000000);
    h->slow_us = stage_get_int(s, "slow", 0, 100000000);
    return h;
}

/* As a full disk: the same record, again and again, and it is not to blame. */
static void falter(struct stage *s)
{
    char path[4096];
    struct buf b = {0};
    snprintf(path, sizeof path, "%s/faltered", stage_home(s));
    fs_read(path, 4096, &b);
    if (b.len >= 12)
        return;
    buf_putc(&b, 'x');
    fs_replace(path, b.p, b.len);
    die(EXIT_TRY_LATER, "no room on the disk, say");
}

static void harm_do(struct stage *s, const struct harm *h, long i)
{
    if (h->slow_us)
        usleep((useconds_t)h->slow_us);
    while (i == h->hang)
        pause();
    if (i == h->falter)
        falter(s);
    if (i == h->poison || (i > h->poison && i <= h->poison_to) || stage_get(s, "broken"))
        _exit(137); /* as a crash: nothing is said, nothing flushed */
}

static long number_of(const struct record *r)
{
    long i = -1;
    if (r->body.n >= sizeof i)
        memcpy(&i, r->body.p, sizeof i);
    return i;
}

/* --- the stage --- */

int mill_outputs(long i)
{
    return i % 10 == 3 ? 0 : i % 9 == 4 ? 2 : 1;
}

static int mill_start(struct stage *s, void **state)
{
    *state = harm_read(s);
    return 0;
}

static int mill_record(struct stage *s, void *state, const struct record *r)
{
    long i = number_of(r);
    harm_do(s, state, i);
    int n = stage_get(s, "plain") ? 1 : mill_outputs(i);
    if (n == 1)
        stage_emit(s, "numbers", r);
    for (int k = 0; n == 2 && k < 2; k++) {
        struct record child = record_child(r, "number", (uint64_t)k);
        child.body = r->body;
        stage_emit(s, "numbers", &child);
    }
    return 0;
}

const struct stage_def mill_def = {.name = "mill",
                                   .kind = STAGE_PASS,
                                   .ports = (const char *const[]){"numbers", NULL},
                                   .options = harm_options,
                                   .start = mill_start,
                                   .record = mill_record};

/* One that takes no numbers. */
const struct stage_def letters_def = {.name = "letters",
                                      .kind = STAGE_PASS,
                                      .ports = (const char *const[]){"letters", NULL},
                                      .kinds = (const char *const[]){"letter", NULL},
                                      .options = harm_options,
                                      .start = mill_start,
                                      .record = mill_record};

/* --- the keeper --- */

struct chest {
    struct harm *harm;
    sqlite3 *db;
    sqlite3_stmt *insert;
    bool open;
};

static void sql(struct chest *c, const char *text)
{
    if (sqlite3_exec(c->db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(EXIT_TRY_LATER, "store: \"%s\" failed: %s", text, sqlite3_errmsg(c->db));
}

static int chest_start(struct stage *s, void **state)
{
    struct chest *c = xcalloc(1, sizeof *c);
    char path[4096];
    c->harm = harm_read(s);
    snprintf(path, sizeof path, "%s/chest.db", stage_home(s));
    if (sqlite3_open(path, &c->db) != SQLITE_OK)
        die(EXIT_TRY_LATER, "cannot open \"%s\"", path);
    sqlite3_busy_timeout(c->db, 5000);
    sql(c, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
           "CREATE TABLE IF NOT EXISTS chest(id BLOB UNIQUE, root BLOB, rule TEXT, body BLOB)");
    if (sqlite3_prepare_v2(c->db, "INSERT OR IGNORE INTO chest VALUES(?,?,?,?)", -1, &c->insert,
                           NULL) != SQLITE_OK)
        die(EXIT_TRY_LATER, "store: %s", sqlite3_errmsg(c->db));
    *state = c;
    return 0;
}

static int chest_record(struct stage *s, void *state, const struct record *r)
{
    struct chest *c = state;
    phi_str rule = record_rule(r);
    if (!c->open)
        sql(c, "BEGIN IMMEDIATE");
    c->open = true;
    harm_do(s, c->harm, number_of(r));
    sqlite3_bind_blob(c->insert, 1, r->id.b, REC_ID_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(c->insert, 2, r->root.b, REC_ID_LEN, SQLITE_STATIC);
    sqlite3_bind_text(c->insert, 3, rule.p ? rule.p : "", (int)rule.n, SQLITE_STATIC);
    sqlite3_bind_blob(c->insert, 4, r->body.p, (int)r->body.n, SQLITE_STATIC);
    if (sqlite3_step(c->insert) != SQLITE_DONE)
        die(EXIT_TRY_LATER, "store: %s", sqlite3_errmsg(c->db));
    stage_count(s, "repeats", sqlite3_changes(c->db) == 0);
    sqlite3_reset(c->insert);
    return 0;
}

static int chest_commit(struct stage *s, void *state)
{
    struct chest *c = state;
    (void)s;
    if (c->open)
        sql(c, "COMMIT");
    c->open = false;
    return 0;
}

static int chest_finish(struct stage *s, void *state)
{
    (void)state;
    stage_count(s, "finished", 1);
    return 0;
}

const struct stage_def chest_def = {.name = "chest",
                                    .kind = STAGE_KEEPER,
                                    .options = harm_options,
                                    .start = chest_start,
                                    .record = chest_record,
                                    .commit = chest_commit,
                                    .finish = chest_finish};

int links_tool_main(int argc, char **argv)
{
    const struct stage_def *const defs[] = {&numbers_def, &mill_def, &letters_def, &chest_def};
    for (size_t i = 0; argc > 1 && i < sizeof defs / sizeof defs[0]; i++)
        if (strcmp(argv[1], defs[i]->name) == 0)
            return stage_main(argc - 1, argv + 1, defs[i]);
    return -1;
}
