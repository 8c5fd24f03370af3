/* Encounters of a dentist: teeth, surfaces, areas of the mouth, orthodontic treatment (837D). */
#include "tools/coder/enc_parts.h"

/* Teeth 1 to 32 and 51 to 82, A to T and AS to TS (S5-012). */
static bool is_tooth(phi_str s)
{
    if (s.n && s.p[0] >= 'A' && s.p[0] <= 'T')
        return s.n == 1 || (s.n == 2 && s.p[1] == 'S');
    if (!s.n || s.n > 2 || !enc_digits(s, s.n))
        return false;
    int n = s.n == 2 ? (s.p[0] - '0') * 10 + s.p[1] - '0' : s.p[0] - '0';
    return (n >= 1 && n <= 32) || (n >= 51 && n <= 82);
}

/* Element i of a list of texts. */
static bool text_of(struct enc_reader *r, struct at list, size_t i, size_t min, size_t max,
                    phi_str *out)
{
    struct at at = enc_item(r, list, i);
    json_t *box = json_pack("{sO}", "", at.o);
    bool good = enc_text(r, (struct at){box, at.path}, "", min, max, out);
    json_decref(box);
    return good;
}

static bool read_list(struct enc_reader *r, struct at at, const char *key, size_t max, phi_str *to,
                      uint32_t *n)
{
    struct at list = enc_at(r, at, key);
    size_t all = json_array_size(list.o);
    if ((list.o && !json_is_array(list.o)) || all > max)
        return enc_fail(r, "ENC_VALUE", list, "",
                        "expected a list of texts, no longer than a claim holds");
    for (*n = 0; *n < all; (*n)++)
        if (!text_of(r, list, *n, 1, 2, &to[*n]))
            return false;
    return true;
}

static bool read_gone(struct enc_reader *r, struct at dent, const char *key, phi_str *to,
                      uint32_t *n)
{
    if (!read_list(r, dent, key, ENC_TEETH, to, n))
        return false;
    for (uint32_t i = 0; i < *n; i++)
        if (!is_tooth(to[i]))
            return enc_fail(r, "ENC_VALUE", enc_at(r, dent, key), "", "holds what is no tooth");
    return true;
}

static bool read_ortho(struct enc_reader *r, struct at dent, struct enc_mouth *m)
{
    struct at o = enc_at(r, dent, "ortho");
    m->ortho = o.o != NULL;
    if (!m->ortho)
        return true;
    m->was_placed = enc_has(o, "placed");
    return enc_int(r, o, "months", 1, 999, "ENC_VALUE", &m->months) &&
           (!enc_has(o, "left") || enc_int(r, o, "left", 0, 999, "ENC_VALUE", &m->left)) &&
           (!m->was_placed || enc_date(r, o, "placed", &m->placed));
}

bool enc_read_mouth(struct enc_reader *r, struct at top)
{
    struct enc_mouth *m = arena_alloc(r->arena, sizeof *m);
    struct at dent = enc_at(r, top, "dent");
    r->e->mouth = m;
    return read_ortho(r, dent, m) && read_gone(r, dent, "missing", m->gone, &m->gone_n) &&
           read_gone(r, dent, "out", m->out, &m->out_n) &&
           (m->gone_n + m->out_n <= 35 ||
            enc_fail(r, "ENC_VALUE", dent, "", "more teeth than a claim can name (35)"));
}

/* ---- lines ---- */

static bool read_surfaces(struct enc_reader *r, struct at at, struct enc_tooth *t)
{
    if (!enc_maybe(r, at, "surf", 1, ENC_SURFACES, &t->surf))
        return false;
    for (size_t i = 0; i < t->surf.n; i++)
        if (!strchr("BDFILMO", t->surf.p[i]) || memchr(t->surf.p, t->surf.p[i], i))
            return enc_fail(r, "ENC_LINE", at, "surf",
                            "is not of the surfaces B D F I L M O, each once");
    return true;
}

static bool read_teeth(struct enc_reader *r, struct at at, struct enc_dental *d)
{
    struct at list = enc_at(r, at, "teeth");
    size_t n = json_array_size(list.o);
    if ((list.o && !json_is_array(list.o)) || n > ENC_TEETH)
        return enc_fail(r, "ENC_LINE", list, "", "expected a list of up to 32 teeth");
    for (; d->teeth_n < n; d->teeth_n++) {
        struct at one = enc_item(r, list, d->teeth_n);
        struct enc_tooth *t = &d->teeth[d->teeth_n];
        if (!enc_text(r, one, "tooth", 1, 2, &t->tooth) || !read_surfaces(r, one, t))
            return false;
        if (!is_tooth(t->tooth))
            return enc_fail(r, "ENC_LINE", one, "tooth", "is no tooth");
    }
    return true;
}

static bool is_dental(phi_str code)
{
    return code.n == 5 && code.p[0] == 'D' && enc_digits(phi_of(code.p + 1, 4), 4);
}

bool enc_read_tooth(struct enc_reader *r, struct at at, struct enc_line *l)
{
    struct enc_dental *d = arena_alloc(r->arena, sizeof *d);
    l->tooth = d;
    if (!is_dental(l->code))
        return enc_fail(r, "ENC_LINE", at, "code", "is no dental procedure (D and four digits)");
    if (!read_teeth(r, at, d) ||
        !read_list(r, at, "cavity", ENC_CAVITIES, d->cavity, &d->cavity_n) ||
        !enc_maybe(r, at, "prosthesis", 1, 1, &d->prosthesis))
        return false;
    if (d->prosthesis.n && !enc_one_of(d->prosthesis, "I R"))
        return enc_fail(r, "ENC_LINE", at, "prosthesis", "is not I (first) or R (replaced)");
    d->had_prior = enc_has(at, "prior");
    if (phi_is(d->prosthesis, "R") && !d->had_prior) /* S6-018B */
        return enc_fail(r, "ENC_MISSING", at, "prior", "is missing: something was replaced");
    return !d->had_prior || enc_date(r, at, "prior", &d->prior);
}
