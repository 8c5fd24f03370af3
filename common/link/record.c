#include "common/link/record.h"
#include "common/link/mp.h"
#include "common/util/log.h"
#include <stddef.h>

enum { HEADER_MAX = 1 << 20, PREFIX = 8 };

enum field_type { F_ID, F_DIGEST, F_KIND, F_USAGE, F_U16, F_U32, F_U64, F_I64, F_STR };

/* The known keys, in the order in which they are written. A reader looks for the next key from
 * where the last one was found, so a header of our own writing costs a comparison or two a key. */
struct field {
    const char *key;
    uint8_t n;
    enum field_type type;
    uint16_t at;
    uint64_t word, mask; /* the key as it stands on the wire, with its type byte; fields_init() */
};
static struct field fields[] = {
#define FIELD(key, type, member)                                                                   \
    {                                                                                              \
        key, sizeof(key) - 1, type, offsetof(struct record, member), 0, 0                          \
    }
    FIELD("id", F_ID, id),       FIELD("root", F_ID, root), FIELD("parent", F_ID, parent),
    FIELD("kind", F_KIND, kind), FIELD("v", F_U16, schema), FIELD("use", F_USAGE, usage),
    FIELD("try", F_U32, tries),  FIELD("at", F_I64, at_us), FIELD("file", F_DIGEST, file),
    FIELD("off", F_U64, off),    FIELD("len", F_U64, len),  FIELD("seg", F_U32, seg),
    FIELD("seq", F_U64, seq),    FIELD("pos", F_U32, pos),  FIELD("of", F_U32, of),
    FIELD("lane", F_STR, lane),  FIELD("tp", F_STR, trace),
#undef FIELD
};
enum { FIELDS = sizeof fields / sizeof fields[0], WORD = 8 };

__attribute__((constructor)) static void fields_init(void)
{
    for (unsigned i = 0; i < FIELDS; i++) {
        char word[WORD] = {(char)(0xa0 | fields[i].n)};
        memcpy(word + 1, fields[i].key, fields[i].n);
        memcpy(&fields[i].word, word, WORD);
        fields[i].mask =
            fields[i].n + 1 == WORD ? UINT64_MAX : (UINT64_C(1) << 8 * (fields[i].n + 1)) - 1;
    }
}

static const struct rec_id no_id;
static const struct digest no_digest;

/* The writers put a value at p, where there is room for it, and return the place behind it. */

static char *put_big(char *p, int type, uint64_t v, int n)
{
    v = __builtin_bswap64(v << 8 * (8 - n));
    *p = (char)type;
    memcpy(p + 1, &v, 8);
    return p + 1 + n;
}

static char *put_uint(char *p, uint64_t v)
{
    if (v < 128) {
        *p = (char)v;
        return p + 1;
    }
    if (v <= UINT8_MAX)
        return put_big(p, 0xcc, v, 1);
    if (v <= UINT16_MAX)
        return put_big(p, 0xcd, v, 2);
    return v <= UINT32_MAX ? put_big(p, 0xce, v, 4) : put_big(p, 0xcf, v, 8);
}

static char *put_fixed(char *p, const void *v, size_t n)
{
    p[0] = (char)0xc4;
    p[1] = (char)n;
    memcpy(p + 2, v, n);
    return p + 2 + n;
}

static char *put_str(char *p, const char *v, size_t n)
{
    if (n < 32)
        *p++ = (char)(0xa0 | n);
    else if (n <= UINT8_MAX)
        p = put_big(p, 0xd9, n, 1);
    else
        p = n <= UINT16_MAX ? put_big(p, 0xda, n, 2) : put_big(p, 0xdb, n, 4);
    memcpy(p, v, n);
    return p + n;
}

static inline char *put_key(char *p, const struct field *f)
{
    memcpy(p, &f->word, WORD); /* more than the key: what follows overwrites it */
    return p + 1 + f->n;
}

static char *put_number(char *p, const struct field *f, uint64_t v)
{
    return v ? put_uint(put_key(p, f), v) : p;
}

/* Writes key and value; nothing when the value is what absence means. */
static char *field_write(char *p, const struct field *f, const struct record *r)
{
    const char *v = (const char *)r + f->at;
    switch (f->type) {
    case F_ID: /* a root that is the record itself is not written */
        if (memcmp(v, no_id.b, REC_ID_LEN) == 0 ||
            (f->at == offsetof(struct record, root) && rec_id_eq(r->root, r->id)))
            return p;
        return put_fixed(put_key(p, f), v, REC_ID_LEN);
    case F_DIGEST:
        return memcmp(v, no_digest.b, DIGEST_LEN) ? put_fixed(put_key(p, f), v, DIGEST_LEN) : p;
    case F_KIND:
        return *v ? put_str(put_key(p, f), v, strnlen(v, RECORD_KIND)) : p;
    case F_USAGE:
        return *v ? put_str(put_key(p, f), v, 1) : p;
    case F_U16:
        return put_number(p, f, *(const uint16_t *)v);
    case F_U32:
        return put_number(p, f, *(const uint32_t *)v);
    case F_U64:
        return put_number(p, f, *(const uint64_t *)v);
    case F_I64:
        if (*(const int64_t *)v < 0)
            return put_big(put_key(p, f), 0xd3, *(const uint64_t *)v, 8);
        return put_number(p, f, *(const uint64_t *)v);
    default: {
        const phi_str *s = (const phi_str *)v;
        return s->n ? put_str(put_key(p, f), s->p, s->n) : p;
    }
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
    char *start = buf_room(out, PREFIX + 512 + r->lane.n + r->trace.n + r->extra.n + r->body.n);
    size_t from = out->len;
    struct extra_writer w = {.out = out};
    char *p = start + PREFIX + 3; /* a map 16: the number of pairs is known at the end */
    for (unsigned i = 0; i < FIELDS; i++) {
        char *next = field_write(p, &fields[i], r);
        w.pairs += next != p;
        p = next;
    }
    out->len += (size_t)(p - start);
    if (r->extra.n)
        extra_each(r->extra, extra_copy, &w);
    if (w.pairs > UINT16_MAX || r->body.n > RECORD_MAX)
        BUG("a record outgrew its limits");
    start = out->p + from;
    memcpy(start + PREFIX, (char[]){(char)0xde, (char)(w.pairs >> 8), (char)w.pairs}, 3);
    put_u32(start, (uint32_t)(out->len - from - PREFIX));
    put_u32(start + 4, (uint32_t)r->body.n);
    if (r->body.n)
        memcpy(out->p + out->len, r->body.p, r->body.n);
    out->len += r->body.n;
}

/* Kinds stand in logs and file names: lower case letters, digits and - _ . only. */
static bool kind_read(phi_str s, char *out)
{
    static const bool fits[256] = {
        ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
        ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
        ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
        ['y'] = 1, ['z'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
        ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['-'] = 1, ['_'] = 1, ['.'] = 1};
    bool all = s.n > 0 && s.n < RECORD_KIND;
    for (size_t i = 0; all && i < s.n; i++) {
        all = fits[(uint8_t)s.p[i]];
        out[i] = s.p[i];
    }
    return all;
}

/* Exactly n bytes of type bin 8. */
static bool fixed_read(struct mp *m, char *out, size_t n)
{
    if ((size_t)(m->end - m->p) < n + 2 || m->p[0] != 0xc4 || m->p[1] != n)
        return false;
    memcpy(out, m->p + 2, n);
    m->p += n + 2;
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
        return fixed_read(m, v, REC_ID_LEN);
    case F_DIGEST:
        return fixed_read(m, v, DIGEST_LEN);
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

/* Takes a key; NULL when it is unknown (or no key at all: then m is bad). */
static const struct field *key_take(struct mp *m, unsigned *next)
{
    if (m->end - m->p >= WORD) {
        uint64_t word;
        memcpy(&word, m->p, WORD);
        for (unsigned i = *next; i < FIELDS; i++)
            if ((word & fields[i].mask) == fields[i].word) {
                m->p += fields[i].n + 1;
                *next = i + 1;
                return &fields[i];
            }
    }
    return field_find(mp_str(m), next);
}

/* Reads the header; returns NULL or what is wrong with it. */
static const char *header_read(phi_str header, struct record *r)
{
    struct mp m = mp_of(header);
    uint32_t pairs = mp_map(&m), seen = 0;
    unsigned next = 0;
    for (uint32_t i = 0; i < pairs && !m.bad; i++) {
        const char *at = (const char *)m.p;
        const struct field *f = key_take(&m, &next);
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
    if (rec_id_eq(r->id, no_id) || r->kind[0] == 0)
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
    r.of = r.tries = 0;
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

bool record_overrides(const struct record *r, const char *rule)
{
    phi_str rest = record_note(r, "override");
    while (rest.n) {
        const char *blank = memchr(rest.p, ' ', rest.n);
        size_t n = blank ? (size_t)(blank - rest.p) : rest.n;
        if (phi_is(phi_of(rest.p, n), rule))
            return true;
        rest = blank ? phi_of(blank + 1, rest.n - n - 1) : phi_of("", 0);
    }
    return false;
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
