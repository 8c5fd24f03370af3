#include "common/link/record.h"
#include "common/link/mp.h"
#include "common/util/log.h"
#include <stddef.h>

enum { HEADER_MAX = 1 << 20, PREFIX = 8 };

enum field_type { F_ID, F_DIGEST, F_KIND, F_USAGE, F_U16, F_U32, F_U64, F_I64, F_STR };

/* The known keys, in the order in which they are written. A reader tries them in this order first,
 * so that a header of our own writing costs one comparison a key. */
static const struct field {
    const char *key;
    uint8_t n;
    enum field_type type;
    size_t at;
} fields[] = {
#define FIELD(key, type, member)                                                                   \
    {                                                                                              \
        key, sizeof(key) - 1, type, offsetof(struct record, member)                                \
    }
    FIELD("id", F_ID, id),       FIELD("root", F_ID, root), FIELD("parent", F_ID, parent),
    FIELD("kind", F_KIND, kind), FIELD("v", F_U16, schema), FIELD("use", F_USAGE, usage),
    FIELD("try", F_U32, tries),  FIELD("at", F_I64, at_us), FIELD("file", F_DIGEST, file),
    FIELD("off", F_U64, off),    FIELD("len", F_U64, len),  FIELD("seg", F_U32, seg),
    FIELD("seq", F_U64, seq),    FIELD("pos", F_U32, pos),  FIELD("of", F_U32, of),
    FIELD("lane", F_STR, lane),  FIELD("tp", F_STR, trace),
#undef FIELD
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static const struct rec_id no_id;
static const struct digest no_digest;

static bool field_absent(const struct field *f, const struct record *r)
{
    const char *v = (const char *)r + f->at;
    switch (f->type) {
    case F_ID: /* a root that is the record itself is not written */
        return memcmp(v, no_id.b, REC_ID_LEN) == 0 ||
               (f->at == offsetof(struct record, root) && rec_id_eq(r->root, r->id));
    case F_DIGEST:
        return memcmp(v, no_digest.b, DIGEST_LEN) == 0;
    case F_KIND:
    case F_USAGE:
        return *v == 0;
    case F_U16:
        return *(const uint16_t *)v == 0;
    case F_U32:
        return *(const uint32_t *)v == 0;
    case F_U64:
    case F_I64:
        return *(const uint64_t *)v == 0;
    default:
        return ((const phi_str *)v)->n == 0;
    }
}

static void field_write(struct buf *out, const struct field *f, const struct record *r)
{
    const char *v = (const char *)r + f->at;
    mp_put_str(out, phi_of(f->key, f->n));
    switch (f->type) {
    case F_ID:
        mp_put_bin(out, phi_of(v, REC_ID_LEN));
        break;
    case F_DIGEST:
        mp_put_bin(out, phi_of(v, DIGEST_LEN));
        break;
    case F_KIND:
        mp_put_str(out, phi_of(v, strnlen(v, RECORD_KIND)));
        break;
    case F_USAGE:
        mp_put_str(out, phi_of(v, 1));
        break;
    case F_U16:
        mp_put_uint(out, *(const uint16_t *)v);
        break;
    case F_U32:
        mp_put_uint(out, *(const uint32_t *)v);
        break;
    case F_U64:
        mp_put_uint(out, *(const uint64_t *)v);
        break;
    case F_I64:
        mp_put_int(out, *(const int64_t *)v);
        break;
    default:
        mp_put_str(out, *(const phi_str *)v);
    }
}

static void put_u32(char *p, uint32_t v)
{
    memcpy(p, &v, sizeof v); /* little endian: x86-64 only, see docs/messages.md */
}

static uint32_t get_u32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Which field has this key; *next is where to look first, and is moved on. */
static const struct field *field_find(phi_str key, unsigned *next)
{
    for (unsigned i = 0; i < FIELDS; i++) {
        unsigned at = (*next + i) % FIELDS;
        if (fields[at].n == key.n && memcmp(fields[at].key, key.p, key.n) == 0) {
            *next = at + 1;
            return &fields[at];
        }
    }
    return NULL;
}

/* Calls back for each pair of extra that is really unknown: known keys that another writer put
 * behind the first unknown one were read into their fields already. */
static void extra_each(phi_str extra,
                       void (*pair)(void *ctx, phi_str key, phi_str whole, phi_str v), void *ctx)
{
    struct mp m = mp_of(extra);
    unsigned next = 0;
    while (m.p < m.end && !m.bad) {
        const char *from = (const char *)m.p;
        phi_str key = mp_str(&m);
        const char *value = (const char *)m.p;
        mp_skip(&m);
        const char *to = (const char *)m.p;
        if (!m.bad && !field_find(key, &next))
            pair(ctx, key, phi_of(from, (size_t)(to - from)), phi_of(value, (size_t)(to - value)));
    }
}

struct extra_writer {
    struct buf *out;
    uint32_t pairs;
    phi_str without; /* a key to leave out */
};

static void extra_copy(void *ctx, phi_str key, phi_str whole, phi_str value)
{
    struct extra_writer *w = ctx;
    (void)value;
    if (w->without.n && phi_eq(w->without, key))
        return;
    buf_phi(w->out, whole);
    w->pairs++;
}

void record_write(struct buf *out, const struct record *r)
{
    buf_room(out, PREFIX + 512 + r->lane.n + r->trace.n + r->extra.n + r->body.n);
    size_t start = out->len;
    struct extra_writer w = {.out = out};
    out->len += PREFIX;
    buf_add(out, "\xde\0", 3); /* map 16: the number of pairs is known at the end */
    for (unsigned i = 0; i < FIELDS; i++)
        if (!field_absent(&fields[i], r)) {
            field_write(out, &fields[i], r);
            w.pairs++;
        }
    if (r->extra.n)
        extra_each(r->extra, extra_copy, &w);
    if (w.pairs > UINT16_MAX || r->body.n > RECORD_MAX)
        BUG("a record outgrew its limits");
    out->p[start + PREFIX + 1] = (char)(w.pairs >> 8);
    out->p[start + PREFIX + 2] = (char)w.pairs;
    put_u32(out->p + start, (uint32_t)(out->len - start - PREFIX));
    put_u32(out->p + start + 4, (uint32_t)r->body.n);
    buf_phi(out, r->body);
}

/* Kinds stand in logs and file names: lower case letters, digits and - _ . only. */
static bool kind_read(phi_str s, char *out)
{
    if (s.n == 0 || s.n >= RECORD_KIND)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", s.p[i]) || s.p[i] == 0)
            return false;
    memcpy(out, s.p, s.n);
    return true;
}

static bool copy_exact(phi_str s, char *out, size_t n)
{
    if (s.n != n)
        return false;
    memcpy(out, s.p, n);
    return true;
}

static bool field_read(struct mp *m, const struct field *f, struct record *r)
{
    char *v = (char *)r + f->at;
    switch (f->type) {
    case F_ID:
        return copy_exact(mp_bin(m), v, REC_ID_LEN);
    case F_DIGEST:
        return copy_exact(mp_bin(m), v, DIGEST_LEN);
    case F_KIND:
        return kind_read(mp_str(m), v);
    case F_USAGE:
        return copy_exact(mp_str(m), v, 1);
    case F_U16:
        *(uint16_t *)v = (uint16_t)mp_uint(m, UINT16_MAX);
        return true;
    case F_U32:
        *(uint32_t *)v = (uint32_t)mp_uint(m, UINT32_MAX);
        return true;
    case F_U64:
        *(uint64_t *)v = mp_uint(m, UINT64_MAX);
        return true;
    case F_I64:
        *(int64_t *)v = mp_int(m);
        return true;
    default:
        *(phi_str *)v = mp_str(m);
        return true;
    }
}

/* Reads the header; returns NULL or what is wrong with it. */
static const char *header_read(phi_str header, struct record *r)
{
    struct mp m = mp_of(header);
    uint32_t pairs = mp_map(&m), seen = 0;
    unsigned next = 0;
    for (uint32_t i = 0; i < pairs && !m.bad; i++) {
        const char *at = (const char *)m.p;
        const struct field *f = field_find(mp_str(&m), &next);
        if (!f && r->extra.p == NULL)
            r->extra.p = at;
        if (r->extra.p)
            r->extra_n++;
        if (!f)
            mp_skip(&m);
        else if (seen & 1u << (f - fields))
            return "a header key stands twice";
        else if (!field_read(&m, f, r))
            return "a header value has the wrong type or length";
        if (f)
            seen |= 1u << (f - fields);
    }
    if (m.bad || m.p != m.end)
        return "the header is not the MessagePack map that its length says";
    if (r->extra.p)
        r->extra.n = (size_t)(header.p + header.n - r->extra.p);
    if ((seen & 1) == 0 || r->kind[0] == 0)
        return "a record needs an id and a kind";
    return NULL;
}

size_t record_read(const char *p, size_t n, struct record *out, const char **why)
{
    *out = (struct record){0};
    *why = "a record is cut short";
    if (n < PREFIX)
        return 0;
    uint32_t header = get_u32(p), body = get_u32(p + 4);
    if (header > HEADER_MAX || body > RECORD_MAX) {
        *why = "a record is longer than any may be";
        return 0;
    }
    if ((size_t)header + body > n - PREFIX)
        return 0;
    *why = header_read(phi_of(p + PREFIX, header), out);
    if (*why)
        return 0;
    if (rec_id_eq(out->root, no_id))
        out->root = out->id;
    out->body = phi_of(p + PREFIX + header, body);
    return PREFIX + (size_t)header + body;
}

struct record record_child(const struct record *parent, const char *kind, uint64_t pos)
{
    struct record r = *parent;
    r.id = id_child(parent->id, pos);
    r.parent = parent->id;
    r.pos = (uint32_t)pos;
    r.of = 0;
    r.extra = r.body = phi_of(NULL, 0);
    r.extra_n = 0;
    memset(r.kind, 0, sizeof r.kind);
    if (strlen(kind) >= sizeof r.kind)
        BUG("the name of a kind is too long");
    memcpy(r.kind, kind, strlen(kind));
    return r;
}

struct note_search {
    phi_str key, value;
};

static void note_match(void *ctx, phi_str key, phi_str whole, phi_str value)
{
    struct note_search *s = ctx;
    struct mp m = mp_of(value);
    (void)whole;
    if (!phi_eq(key, s->key))
        return;
    phi_str v = mp_bytes(&m);
    if (!m.bad)
        s->value = v;
}

phi_str record_note(const struct record *r, const char *key)
{
    struct note_search s = {phi_lit(key), phi_of("", 0)};
    if (r->extra.n)
        extra_each(r->extra, note_match, &s);
    return s.value;
}

void record_note_set(struct record *r, const char *key, phi_str value, struct arena *a)
{
    struct buf b = {0};
    struct extra_writer w = {.out = &b, .without = phi_lit(key)};
    if (r->extra.n)
        extra_each(r->extra, extra_copy, &w);
    if (value.n) {
        mp_put_str(&b, phi_lit(key));
        mp_put_str(&b, value);
        w.pairs++;
    }
    r->extra = arena_phi(a, buf_view(&b));
    r->extra_n = w.pairs;
    buf_free(&b);
}

phi_str record_rule(const struct record *r)
{
    return record_note(r, "rule");
}

phi_str record_why(const struct record *r)
{
    return record_note(r, "why");
}

phi_str record_refused_by(const struct record *r)
{
    return record_note(r, "stage");
}
