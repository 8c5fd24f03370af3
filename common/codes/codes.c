#include "common/codes/codes_file.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct code_row) == 52, "rows are read from the map as they stand");

struct codes {
    const char *map;
    size_t len;
    const struct codes_header *head;
    const struct codes_dir *dir;
};

bool codes_key(phi_str s, bool may_be_empty, char out[CODE_LEN])
{
    if (s.n > CODE_LEN || (s.n == 0 && !may_be_empty))
        return false;
    memset(out, 0, CODE_LEN);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
        out[i] = s.p[i];
    }
    return true;
}

struct digest codes_directory_digest(const struct codes_header *h, const struct codes_dir *d)
{
    struct codes_header plain = *h;
    struct digest out;
    crypto_generichash_state st;
    memset(&plain.directory, 0, sizeof plain.directory);
    crypto_generichash_init(&st, NULL, 0, sizeof out.b);
    crypto_generichash_update(&st, (const void *)&plain, sizeof plain);
    crypto_generichash_update(&st, (const void *)d, sizeof *d * h->systems);
    crypto_generichash_final(&st, out.b, sizeof out.b);
    return out;
}

uint64_t codes_sum(const char *p, size_t n)
{
    enum { LANES = 8, STEP = LANES * sizeof(uint64_t) };
    uint64_t lane[LANES] = {1, 2, 3, 4, 5, 6, 7, 8}, word[LANES], all = n;
    char last[STEP] = {0};
    for (;; p += STEP, n -= STEP) {
        if (n < STEP) {
            memcpy(last, p, n);
            p = last;
        }
        memcpy(word, p, STEP);
        for (int i = 0; i < LANES; i++) {
            lane[i] = (lane[i] ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
            lane[i] = lane[i] << 29 | lane[i] >> 35;
        }
        if (p == last)
            break;
    }
    for (int i = 0; i < LANES; i++)
        all = (all ^ lane[i]) * UINT64_C(0xff51afd7ed558ccd);
    return all;
}

/* True when n items of size bytes at off lie inside the file. */
static bool inside(const struct codes *c, uint64_t off, uint64_t n, uint64_t size)
{
    return off <= c->len && n <= (c->len - off) / size;
}

static const char *fault_of_directory(const struct codes *c)
{
    const struct codes_header *h = c->head;
    if (!inside(c, sizeof *h, h->systems, sizeof *c->dir))
        return "is cut short";
    struct digest d = codes_directory_digest(h, c->dir);
    if (memcmp(&d, &h->directory, sizeof d) != 0)
        return "has a damaged directory";
    if (!inside(c, h->strings, h->strings_len, 1))
        return "has its strings outside of the file";
    for (int i = 0; i < CODES_BLOBS; i++)
        if (h->blob[i].at % 8 || !inside(c, h->blob[i].at, h->blob[i].len, 1))
            return "has a damaged directory";
    for (uint32_t i = 0; i < h->systems; i++) {
        const struct codes_dir *s = &c->dir[i];
        if (s->rows % 4 || s->index % 4 || s->slots <= s->n || (s->slots & (s->slots - 1)) ||
            !inside(c, s->rows, s->n, sizeof(struct code_row)) ||
            !inside(c, s->index, s->slots, sizeof(uint32_t)))
            return "has a damaged directory";
    }
    return NULL;
}

static size_t behind_directory(const struct codes *c)
{
    return sizeof *c->head + sizeof *c->dir * c->head->systems;
}

static const char *fault_of(const struct codes *c)
{
    const struct codes_header *h = c->head;
    if (c->len < sizeof *h || memcmp(h->magic, CODES_MAGIC, sizeof h->magic) != 0)
        return "is no code table";
    if (h->order != CODES_BYTE_ORDER)
        return "was made on a machine of the other byte order";
    if (h->version != CODES_VERSION)
        return "has another version: make it again with `claimwire codeset compile`";
    if (h->length != c->len)
        return "is cut short";
    const char *fault = fault_of_directory(c);
    size_t from = behind_directory(c);
    if (!fault && codes_sum(c->map + from, c->len - from) != h->sum)
        fault = "is damaged: make it again with `claimwire codeset compile`";
    return fault;
}

static int map_file(const char *path, struct codes *c)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fstat(fd, &st);
    if (rc == 0 && st.st_size > 0) {
        c->len = (size_t)st.st_size;
        void *p = mmap(NULL, c->len, PROT_READ, MAP_SHARED, fd, 0);
        c->map = p == MAP_FAILED ? NULL : p;
    }
    int err = errno;
    close(fd);
    errno = st.st_size > 0 ? err : ENODATA;
    return c->map ? 0 : -1;
}

struct codes *codes_open(const char *path, struct buf *error)
{
    struct codes *c = xcalloc(1, sizeof *c);
    if (map_file(path, c)) {
        buf_printf(error, "cannot open code table \"%s\": %s", path, strerror(errno));
        free(c);
        return NULL;
    }
    c->head = (const void *)c->map;
    c->dir = (const void *)(c->map + sizeof *c->head);
    const char *fault = fault_of(c);
    if (fault) {
        buf_printf(error, "code table \"%s\" %s", path, fault);
        codes_close(c);
        return NULL;
    }
    return c;
}

void codes_close(struct codes *c)
{
    if (!c)
        return;
    munmap((void *)c->map, c->len);
    free(c);
}

bool codes_system_at(const struct codes *c, uint32_t i, struct code_system *out)
{
    if (i >= c->head->systems)
        return false;
    *out =
        (struct code_system){c->dir[i].name, (const void *)(c->map + c->dir[i].rows), c->dir[i].n};
    return true;
}

static const struct codes_dir *find_dir(const struct codes *c, const char *name)
{
    for (uint32_t i = 0; i < c->head->systems; i++)
        if (strncmp(c->dir[i].name, name, SYSTEM_LEN) == 0)
            return &c->dir[i];
    return NULL;
}

bool codes_system(const struct codes *c, const char *name, struct code_system *out)
{
    const struct codes_dir *d = find_dir(c, name);
    return d && codes_system_at(c, (uint32_t)(d - c->dir), out);
}

static bool same_key(const struct code_row *r, const char *code, const char *pair)
{
    return memcmp(r->code, code, CODE_LEN) == 0 && memcmp(r->pair, pair, CODE_LEN) == 0;
}

/* First row with this key; the index holds row number + 1, 0 is an empty slot. */
static const struct code_row *first_row(const struct codes *c, const struct codes_dir *d,
                                        const char *code, const char *pair)
{
    const struct code_row *rows = (const void *)(c->map + d->rows);
    const uint32_t *slot = (const void *)(c->map + d->index);
    for (uint64_t h = codes_hash(code, pair), tries = 0; tries < d->slots; h++, tries++) {
        uint32_t at = slot[h & (d->slots - 1)];
        if (at == 0 || at > d->n)
            return NULL;
        if (same_key(&rows[at - 1], code, pair))
            return &rows[at - 1];
    }
    return NULL;
}

const struct code_row *codes_find(const struct codes *c, const char *system, phi_str code,
                                  phi_str pair, int32_t day)
{
    char k[CODE_LEN], k2[CODE_LEN];
    const struct codes_dir *d = find_dir(c, system);
    if (!d || !codes_key(code, false, k) || !codes_key(pair, true, k2))
        return NULL;
    const struct code_row *r = first_row(c, d, k, k2);
    const struct code_row *end =
        r ? (const struct code_row *)(const void *)(c->map + d->rows) + d->n : NULL;
    for (; r && r < end && same_key(r, k, k2); r++)
        if (r->from <= day && day <= r->to)
            return r;
    return NULL;
}

bool codes_known(const struct codes *c, const char *system, phi_str code)
{
    static const char none[CODE_LEN];
    char k[CODE_LEN];
    const struct codes_dir *d = find_dir(c, system);
    return d && codes_key(code, false, k) && first_row(c, d, k, none);
}

phi_str codes_title(const struct codes *c, const struct code_row *r)
{
    if (r->title > c->head->strings_len || r->title_len > c->head->strings_len - r->title)
        return (phi_str){"", 0};
    return phi_of(c->map + c->head->strings + r->title, r->title_len);
}

phi_str codes_blob(const struct codes *c, const char *name)
{
    for (int i = 0; i < CODES_BLOBS; i++) {
        const struct codes_blob *b = &c->head->blob[i];
        if (*b->name && strncmp(b->name, name, SYSTEM_LEN) == 0)
            return phi_of(c->map + b->at, b->len);
    }
    return (phi_str){"", 0};
}

bool codes_verify(const struct codes *c)
{
    size_t from = behind_directory(c);
    struct digest d = digest_of(c->map + from, c->len - from);
    return memcmp(&d, &c->head->content, sizeof d) == 0;
}

bool npi_good(phi_str v)
{
    unsigned sum = 24; /* what the prefix 80840 gives */
    if (v.n != 10 || (v.p[0] != '1' && v.p[0] != '2'))
        return false;
    for (size_t i = 0; i < 10; i++) {
        unsigned d = (unsigned char)v.p[i] - '0';
        if (d > 9)
            return false;
        unsigned twice = i % 2 == 0 ? d * 2 : d;
        sum += twice > 9 ? twice - 9 : twice;
    }
    return sum % 10 == 0;
}
