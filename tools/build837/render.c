#include "tools/build837/render.h"
#include "common/edi/write.h"
#include "common/util/clock.h"
#include "tools/build837/tree.h"
#include <stdio.h>

/* ---- names and numbers ---- */

bool render_plain(phi_str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] > '~' || memchr("*:^~", v.p[i], 4))
            return false;
    return true;
}

void render_name(const struct batch *b, struct buf *out)
{
    for (size_t i = 0; i < b->payer.n && i < 40; i++) {
        char c = b->payer.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        buf_putc(out, plain ? c : '_');
    }
    buf_printf(out, "-%09lld.837", (long long)b->number);
}

void render_st02(uint32_t set, char out[10])
{
    snprintf(out, 10, "%04u", (set + 1) % 100000000);
}

void render_bht03(const struct batch *b, uint32_t set, char out[31])
{
    snprintf(out, 31, "B%09lldS%04u", (long long)b->number, (set + 1) % 100000000);
}

uint32_t render_sets(const struct batch *b)
{
    return (b->claims + b->per_set - 1) / b->per_set;
}

uint32_t render_set_claims(const struct batch *b, uint32_t i)
{
    return i + 1 < render_sets(b) ? b->per_set : b->claims - i * b->per_set;
}

/* ---- one set ---- */

static void put_hl(struct buf *out, uint32_t number, uint32_t parent, int code, bool child)
{
    buf_puts(out, "HL*");
    buf_int(out, number);
    buf_putc(out, '*');
    if (parent)
        buf_int(out, parent);
    buf_putc(out, '*');
    buf_int(out, code);
    buf_puts(out, child ? "*1~" : "*0~");
}

/* Place of a REF in the order that the payer wants; those that it does not name come last. */
static uint32_t ref_rank(phi_str seg, const char *refs)
{
    phi_str id = edi_part(phi_of(seg.p + 4, seg.n - 4), '*', 1);
    uint32_t rank = 0;
    for (const char *p = refs; *p; p += strcspn(p, " "), p += *p == ' ', rank++)
        if (strcspn(p, " ") == id.n && memcmp(p, id.p, id.n) == 0)
            return rank;
    return rank;
}

enum { REFS = 64 };

static void put_refs(struct buf *out, phi_str *ref, uint32_t n, const char *refs)
{
    for (uint32_t i = 1; i < n; i++) {
        phi_str r = ref[i];
        uint32_t k = i;
        for (; k && ref_rank(ref[k - 1], refs) > ref_rank(r, refs); k--)
            ref[k] = ref[k - 1];
        ref[k] = r;
    }
    for (uint32_t i = 0; i < n; i++)
        buf_phi(out, ref[i]);
}

/* The claim as it came, its own REF (before the first line) in the order that the payer wants. */
static void put_claim(struct buf *out, phi_str claim, const char *refs)
{
    phi_str ref[REFS];
    uint32_t n = 0;
    const char *p = claim.p, *end = claim.p + claim.n;
    while (*refs && p < end) {
        const char *term = memchr(p, '~', (size_t)(end - p));
        phi_str seg = phi_of(p, term ? (size_t)(term - p) + 1 : (size_t)(end - p));
        if (seg.n > 3 && memcmp(seg.p, "LX*", 3) == 0)
            break;
        if (seg.n > 4 && memcmp(seg.p, "REF*", 4) == 0 && n < REFS) {
            ref[n++] = seg;
        } else {
            put_refs(out, ref, n, refs);
            n = 0;
            buf_phi(out, seg);
        }
        p += seg.n;
    }
    put_refs(out, ref, n, refs);
    buf_phi(out, phi_of(p, (size_t)(end - p)));
}

/* Level codes are 20, 22, 23 from above. */
static void put_level(struct buf *out, const struct node *n, uint32_t *number, uint32_t parent,
                      int code, const char *refs)
{
    uint32_t own = ++*number;
    put_hl(out, own, parent, code, n->first != NULL);
    buf_phi(out, n->part);
    for (const struct leaf *l = n->claims; l; l = l->next)
        put_claim(out, l->claim, refs);
    for (const struct node *c = n->first; c; c = c->next)
        put_level(out, c, number, own, code == 20 ? 22 : 23, refs);
}

static void put_head(struct edi_writer *w, const struct batch *b, uint32_t set, phi_str payer_name)
{
    const char *const *t = b->terms.t;
    char st02[10], bht03[31], day[9], hour[5];
    render_st02(set, st02);
    render_bht03(b, set, bht03);
    ew_seg(w, "ST", "837", st02, t[T_VERSION]);
    ew_seg(w, "BHT", "0019", "00", bht03, time_ccyymmdd(b->at_us, day), time_hhmm(b->at_us, hour),
           t[T_PURPOSE]);
    ew_seg(w, "NM1", "41", "2", t[T_US_NAME], "", "", "", "", "46", t[T_US_ETIN]);
    ew_seg(w, "PER", "IC", t[T_US_CONTACT], "TE", t[T_US_PHONE]);
    ew_begin(w, "NM1");
    ew_lit(w, "40");
    ew_lit(w, "2");
    ew_el(w, *t[T_NAME] ? phi_lit(t[T_NAME]) : payer_name);
    for (int i = 4; i < 8; i++)
        ew_lit(w, "");
    ew_lit(w, "46");
    ew_lit(w, t[T_ETIN]);
    ew_end(w);
}

enum { HEAD_SEGMENTS = 5, SE = 1 };

static bool put_set(const struct render *r, uint32_t set, phi_str payer_name, struct arena *a,
                    struct edi_writer *w, int64_t *cents)
{
    const struct batch *b = r->batch;
    uint32_t n = render_set_claims(b, set), number = 0;
    struct tree t = tree_new(n, a);
    struct arena scratch = {0};
    bool good = true;
    for (uint32_t i = 0; i < n && good; i++) {
        struct claim c;
        good = claim_read(r->bodies[(size_t)set * b->per_set + i], &c, &scratch) &&
               !__builtin_add_overflow(*cents, c.charge, cents);
        if (good)
            tree_add(&t, &c.parts);
        arena_clear(&scratch);
    }
    arena_free(&scratch);
    if (!good)
        return false;
    put_head(w, b, set, payer_name);
    for (const struct node *c = t.root.first; c; c = c->next)
        put_level(w->out, c, &number, 0, 20, b->terms.t[T_REFS]);
    char st02[10];
    render_st02(set, st02);
    ew_begin(w, "SE");
    ew_int(w, HEAD_SEGMENTS + t.segments + SE);
    ew_lit(w, st02);
    ew_end(w);
    return true;
}

/* ---- the file ---- */

/* Rewrites canonical bytes with the payer's delimiters and newlines. */
static void dress(const struct terms *t, struct buf *canonical, struct buf *out)
{
    const char *d = t->t[T_DELIMS], *nl = t->t[T_NEWLINE];
    const char from[] = "*:^~";
    char map[256];
    bool upper = strcmp(t->t[T_CASE], "upper") == 0;
    for (int i = 0; i < 256; i++)
        map[i] = (char)(upper && i >= 'a' && i <= 'z' ? i - 'a' + 'A' : i);
    for (int i = 0; i < 4; i++)
        map[(unsigned char)from[i]] = d[i];
    for (size_t i = 0; i < canonical->len; i++) {
        char c = canonical->p[i];
        buf_putc(out, map[(unsigned char)c]);
        if (c == '~')
            buf_puts(out, nl);
    }
}

static bool dressed(const struct terms *t)
{
    return strcmp(t->t[T_DELIMS], "*:^~") != 0 || *t->t[T_NEWLINE] || *t->t[T_CASE];
}

static void put_envelope_head(struct edi_writer *w, const struct batch *b)
{
    const char *const *t = b->terms.t;
    char day[9], hour[5], control[12];
    ew_write_isa(w, &(struct ew_isa){t[T_US_QUAL], t[T_US_ID], t[T_QUAL], t[T_ID], t[T_USAGE], "0",
                                     b->at_us, (uint32_t)b->number});
    snprintf(control, sizeof control, "%u", b->gs06);
    ew_seg(w, "GS", "HC", t[T_US_GS], t[T_GS], time_ccyymmdd(b->at_us, day),
           time_hhmm(b->at_us, hour), control, "X", t[T_VERSION]);
}

static void put_envelope_tail(struct edi_writer *w, const struct batch *b)
{
    char n[12], control[12];
    snprintf(n, sizeof n, "%u", render_sets(b));
    snprintf(control, sizeof control, "%u", b->gs06);
    ew_seg(w, "GE", n, control);
    snprintf(control, sizeof control, "%09u", (unsigned)b->number);
    ew_seg(w, "IEA", "1", control);
}

/* The payer's name as the first claim has it: for a payer that is not listed. */
static phi_str first_name(const struct render *r, struct arena *a)
{
    struct claim c;
    bool good = r->batch->claims && claim_read(r->bodies[0], &c, a);
    return good && c.payer.n && render_plain(c.payer) ? c.payer : r->batch->payer;
}

bool render(const struct render *r, struct buf *out)
{
    const struct batch *b = r->batch;
    struct arena a = {0};
    struct buf canonical = {0};
    bool plain = !dressed(&b->terms), good = true;
    struct edi_writer w = {.out = plain ? out : &canonical, .d = EDI_CANONICAL, .newline = ""};
    int64_t cents = 0;
    phi_str name = first_name(r, &a);
    put_envelope_head(&w, b);
    for (uint32_t i = 0; i < render_sets(b) && good; i++)
        good = put_set(r, i, name, &a, &w, &cents);
    put_envelope_tail(&w, b);
    if (!plain)
        dress(&b->terms, &canonical, out);
    buf_free(&canonical);
    arena_free(&a);
    return good && cents == b->cents;
}
