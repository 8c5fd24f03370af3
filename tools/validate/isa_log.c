#include "tools/validate/isa_log.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <unistd.h>

/* Who sent what to whom under which number, as bytes that can be compared. */
struct key {
    char sender_qual[3], sender[16], receiver_qual[3], receiver[16], control[10];
};

struct entry {
    struct key key;
    bool used;
    uint64_t off, len;
};

struct isa_log {
    struct entry *entry; /* open addressing, a power of two */
    size_t n, cap;
};

struct isa_log *isa_log_new(void)
{
    return xcalloc(1, sizeof(struct isa_log));
}

void isa_log_free(struct isa_log *l)
{
    if (l)
        free(l->entry);
    free(l);
}

static struct key key_of(const struct envelope_isa *isa)
{
    struct key k;
    memset(&k, 0, sizeof k); /* behind a NUL as well */
    strcpy(k.sender_qual, isa->sender_qual);
    strcpy(k.sender, isa->sender);
    strcpy(k.receiver_qual, isa->receiver_qual);
    strcpy(k.receiver, isa->receiver);
    strcpy(k.control, isa->control);
    return k;
}

/* The place of a key, or the free one where it belongs. FNV-1a. */
static struct entry *place(struct isa_log *l, const struct key *k)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof *k; i++)
        h = (h ^ (unsigned char)((const char *)k)[i]) * UINT64_C(0x100000001b3);
    for (size_t i = h & (l->cap - 1);; i = (i + 1) & (l->cap - 1))
        if (!l->entry[i].used || memcmp(&l->entry[i].key, k, sizeof *k) == 0)
            return &l->entry[i];
}

static void make_room(struct isa_log *l)
{
    struct isa_log old = *l;
    if (l->n * 2 < l->cap)
        return;
    l->cap = old.cap ? old.cap * 2 : 64;
    l->entry = xcalloc(l->cap, sizeof *l->entry);
    for (size_t i = 0; i < old.cap; i++)
        if (old.entry[i].used)
            *place(l, &old.entry[i].key) = old.entry[i];
    free(old.entry);
}

static bool read_at(int fd, char *to, size_t n, uint64_t off)
{
    for (ssize_t k; n; to += k, n -= (size_t)k, off += (uint64_t)k)
        if ((k = pread(fd, to, n, (off_t)off)) <= 0)
            return false;
    return true;
}

static bool same_bytes(int fd, uint64_t a, uint64_t b, uint64_t len)
{
    char x[4096], y[4096];
    for (size_t n; len; a += n, b += n, len -= n) {
        n = len < sizeof x ? (size_t)len : sizeof x;
        if (!read_at(fd, x, n, a) || !read_at(fd, y, n, b) || memcmp(x, y, n) != 0)
            return false;
    }
    return true;
}

bool isa_log_other(struct isa_log *l, int fd, const struct envelope_isa *isa)
{
    struct key k = key_of(isa);
    uint64_t len = isa->end_off - isa->off;
    make_room(l);
    struct entry *e = place(l, &k);
    if (!e->used) {
        *e = (struct entry){.key = k, .used = true, .off = isa->off, .len = len};
        l->n++;
        return false;
    }
    return e->len != len || !same_bytes(fd, e->off, isa->off, len);
}
