#include "common/codes/codes_file.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdlib.h>

struct system_rows {
    char name[SYSTEM_LEN];
    struct code_row *rows;
    uint32_t n, cap;
};
struct codes_build {
    struct system_rows *systems;
    uint32_t n;
    struct buf strings;
    struct {
        char name[SYSTEM_LEN];
        struct buf bytes;
    } blob[CODES_BLOBS];
};

struct codes_build *codes_build_new(void)
{
    return xcalloc(1, sizeof(struct codes_build));
}

void codes_build_free(struct codes_build *b)
{
    for (uint32_t i = 0; i < b->n; i++)
        free(b->systems[i].rows);
    free(b->systems);
    buf_free(&b->strings);
    for (int i = 0; i < CODES_BLOBS; i++)
        buf_free(&b->blob[i].bytes);
    free(b);
}

static struct system_rows *system_for(struct codes_build *b, const char *name)
{
    for (uint32_t i = 0; i < b->n; i++)
        if (strncmp(b->systems[i].name, name, SYSTEM_LEN) == 0)
            return &b->systems[i];
    b->systems = xrealloc(b->systems, (b->n + 1) * sizeof *b->systems);
    struct system_rows *s = &b->systems[b->n++];
    *s = (struct system_rows){0};
    memcpy(s->name, name, strnlen(name, SYSTEM_LEN - 1));
    return s;
}

bool codes_build_add(struct codes_build *b, const char *system, phi_str code, phi_str pair,
                     int32_t from, int32_t to, uint16_t flags, uint32_t value, phi_str title)
{
    struct code_row r = {.from = from, .to = to, .flags = flags, .value = value};
    if (from > to || !codes_key(code, false, r.code) || !codes_key(pair, true, r.pair))
        return false;
    struct system_rows *s = system_for(b, system);
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->rows = xrealloc(s->rows, s->cap * sizeof *s->rows);
    }
    r.title = (uint32_t)b->strings.len;
    r.title_len = (uint16_t)(title.n > UINT16_MAX ? UINT16_MAX : title.n);
    buf_add(&b->strings, title.p, r.title_len);
    s->rows[s->n++] = r;
    return true;
}

static int by_key(const void *x, const void *y)
{
    const struct code_row *a = x, *b = y;
    int c = memcmp(a->code, b->code, CODE_LEN);
    if (c == 0)
        c = memcmp(a->pair, b->pair, CODE_LEN);
    if (c == 0)
        c = (a->from > b->from) - (a->from < b->from);
    return c ? c : !!(b->flags & CODE_ENDS) - !!(a->flags & CODE_ENDS);
}

static bool key_equal(const struct code_row *a, const struct code_row *b)
{
    return memcmp(a->code, b->code, CODE_LEN) == 0 && memcmp(a->pair, b->pair, CODE_LEN) == 0;
}

static bool same_meaning(const struct codes_build *b, const struct code_row *x,
                         const struct code_row *y)
{
    return x->flags == y->flags && x->value == y->value && x->title_len == y->title_len &&
           memcmp(b->strings.p + x->title, b->strings.p + y->title, x->title_len) == 0;
}

/* Joins rows that continue each other; false when two of one code disagree about a day. */
static bool join_rows(const struct codes_build *b, struct system_rows *s, struct buf *error)
{
    uint32_t kept = 0;
    qsort(s->rows, s->n, sizeof *s->rows, by_key);
    for (uint32_t i = 0; i < s->n; i++) {
        struct code_row *last = kept ? &s->rows[kept - 1] : NULL, *r = &s->rows[i];
        if (r->flags & CODE_ENDS) {
            if (last && key_equal(last, r) && last->to >= r->from)
                last->to = r->from - 1;
            continue;
        }
        bool overlaps = last && key_equal(last, r) && r->from <= last->to;
        bool adjoins = last && key_equal(last, r) && (overlaps || r->from == last->to + 1);
        if (adjoins && same_meaning(b, last, r)) {
            last->to = r->to > last->to ? r->to : last->to;
            continue;
        }
        if (overlaps && r->pair[0] && r->value != last->value) {
            overlaps = false; /* a relation may hold several rows of a pair (GEM scenarios) */
        }
        if (overlaps && last->to == CODES_NO_END && last->from < r->from) {
            last->to = r->from - 1; /* an open end gives way to what came later */
        } else if (overlaps) {
            buf_printf(error, "system %s: two rows of code %.16s disagree about the same days",
                       s->name, r->code);
            return false;
        }
        s->rows[kept++] = *r;
    }
    s->n = kept;
    return true;
}

static void index_rows(const struct system_rows *s, uint32_t *slot, uint32_t slots)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (i && key_equal(&s->rows[i - 1], &s->rows[i]))
            continue;
        uint64_t h = codes_hash(s->rows[i].code, s->rows[i].pair);
        while (slot[h & (slots - 1)])
            h++;
        slot[h & (slots - 1)] = i + 1;
    }
}

/* Appends rows and index of a system behind what out holds; `before` bytes stand in front of it. */
static void put_system(const struct system_rows *s, struct buf *out, uint64_t before,
                       struct codes_dir *d)
{
    memcpy(d->name, s->name, SYSTEM_LEN);
    d->n = s->n;
    d->slots = 4;
    while (d->slots < 2 * (uint64_t)s->n + 1)
        d->slots *= 2;
    d->rows = before + out->len;
    buf_add(out, s->rows, s->n * sizeof *s->rows);
    d->index = before + out->len;
    uint32_t *slot = xcalloc(d->slots, sizeof *slot);
    index_rows(s, slot, d->slots);
    buf_add(out, slot, d->slots * sizeof *slot);
    free(slot);
}

void codes_build_blob(struct codes_build *b, const char *name, phi_str bytes)
{
    int i = 0;
    while (i < CODES_BLOBS && *b->blob[i].name)
        i++;
    if (i == CODES_BLOBS)
        BUG("more blobs than a code table holds");
    memcpy(b->blob[i].name, name, strnlen(name, SYSTEM_LEN - 1));
    buf_phi(&b->blob[i].bytes, bytes);
}

static void put_blobs(const struct codes_build *b, struct buf *out, uint64_t before,
                      struct codes_header *h)
{
    for (int i = 0; i < CODES_BLOBS && *b->blob[i].name; i++) {
        while ((before + out->len) % 8)
            buf_putc(out, 0);
        memcpy(h->blob[i].name, b->blob[i].name, SYSTEM_LEN);
        h->blob[i].at = before + out->len;
        h->blob[i].len = b->blob[i].bytes.len;
        buf_phi(out, buf_view(&b->blob[i].bytes));
    }
}

int codes_build_write(struct codes_build *b, const char *path, struct buf *error)
{
    struct codes_header h = {
        .magic = CODES_MAGIC, .version = CODES_VERSION, .order = CODES_BYTE_ORDER, .systems = b->n};
    struct codes_dir *dir = xcalloc(b->n, sizeof *dir);
    uint64_t before = sizeof h + sizeof *dir * b->n;
    struct buf content = {0}, file = {0};
    int rc = EXIT_CONFIG;
    for (uint32_t i = 0; i < b->n; i++) {
        if (!join_rows(b, &b->systems[i], error))
            goto out;
        put_system(&b->systems[i], &content, before, &dir[i]);
    }
    h.strings = before + content.len;
    h.strings_len = b->strings.len;
    buf_add(&content, b->strings.p, b->strings.len);
    put_blobs(b, &content, before, &h);
    h.length = before + content.len;
    h.content = digest_of(content.p, content.len);
    h.sum = codes_sum(content.p, content.len);
    h.directory = codes_directory_digest(&h, dir);
    buf_add(&file, &h, sizeof h);
    buf_add(&file, dir, sizeof *dir * b->n);
    buf_add(&file, content.p, content.len);
    rc = fs_replace(path, file.p, file.len) ? EXIT_TRY_LATER : EXIT_DONE;
    if (rc != EXIT_DONE)
        buf_printf(error, "cannot write code table \"%s\": %s", path, strerror(errno));
out:
    buf_free(&content);
    buf_free(&file);
    free(dir);
    return rc;
}
