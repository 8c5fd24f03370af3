#include "tools/coder/enc_parts.h"
#include "common/util/date.h"
#include "common/util/money.h"
#include <stdlib.h>

/* Ten digits with the point (S2-017); a bill of an institution ten without. */
static int64_t cents_max(const struct enc *e)
{
    return e->kind == ENC_INSTITUTIONAL ? 9999999999 : 99999999;
}

bool enc_digits(phi_str s, size_t n)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == n;
}

bool enc_one_of(phi_str s, const char *list)
{
    for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
        if (phi_eq(s, phi_of(p, strcspn(p, " "))))
            return true;
    return false;
}

/* A text that is looked up and never stands in a claim, as it is; "" when there is none. */
static phi_str as_it_is(struct at at, const char *key)
{
    const json_t *v = json_object_get(at.o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_of("", 0);
}

/* ---- people ---- */

static bool read_address(struct enc_reader *r, struct at at, struct address *a)
{
    struct at o = enc_at(r, at, "addr");
    return enc_text(r, o, "l1", 1, 55, &a->line1) && enc_maybe(r, o, "l2", 1, 55, &a->line2) &&
           enc_text(r, o, "city", 2, 30, &a->city) && enc_text(r, o, "st", 2, 2, &a->state) &&
           enc_text(r, o, "zip", 5, 9, &a->zip) &&
           (enc_digits(a->zip, 5) || enc_digits(a->zip, 9) ||
            enc_fail(r, "ENC_VALUE", o, "zip", "expected five or nine digits"));
}

static bool read_person(struct enc_reader *r, struct at at, struct enc_person *p)
{
    return enc_text(r, at, "last", 1, 60, &p->last) && enc_text(r, at, "first", 1, 35, &p->first) &&
           enc_maybe(r, at, "middle", 1, 25, &p->middle) && enc_date(r, at, "dob", &p->dob) &&
           enc_text(r, at, "sex", 1, 1, &p->sex) &&
           (enc_one_of(p->sex, "F M U") ||
            enc_fail(r, "ENC_VALUE", at, "sex", "is not F, M or U")) &&
           read_address(r, at, &p->address);
}

/* ---- coverages ---- */

static bool read_cover(struct enc_reader *r, struct at at, struct enc_cover *c)
{
    int64_t rank;
    phi_str payer;
    if (!enc_int(r, at, "rank", 1, ENC_COVERS, "ENC_COVERAGE", &rank) ||
        !enc_text(r, at, "payer", 1, 80, &payer) || !enc_text(r, at, "member", 2, 80, &c->member) ||
        !enc_maybe(r, at, "group", 1, 50, &c->group) ||
        !enc_text(r, at, "rel", 2, 2, &c->relation) || !enc_maybe(r, at, "sbr09", 1, 2, &c->filing))
        return false;
    c->rank = (int)rank;
    c->payer = practice_payer(r->practice, payer);
    if (!c->payer)
        return enc_fail(r, "ENC_PAYER", at, "payer", "is not known to the practice");
    if (!c->filing.n)
        c->filing = phi_lit(c->payer->filing);
    if (!c->filing.n)
        return enc_fail(r, "ENC_MISSING", at, "sbr09", "is missing here and for this payer");
    if (!enc_one_of(c->relation, "01 18 19 20 21 39 40 53 G8"))
        return enc_fail(r, "ENC_COVERAGE", at, "rel", "is no relationship that a claim can say");
    c->self = phi_is(c->relation, "18");
    if (c->self)
        c->sub = r->e->patient;
    else if (!enc_has(at, "sub"))
        return enc_fail(r, "ENC_COVERAGE", at, "sub",
                        "is missing: the patient is not the subscriber");
    return c->self || read_person(r, enc_at(r, at, "sub"), &c->sub);
}

static int by_rank(const void *a, const void *b)
{
    const struct enc_cover *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static bool read_covers(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    struct at list = enc_at(r, top, "cov");
    size_t n = json_array_size(list.o);
    if (n == 0)
        return enc_fail(r, "ENC_COVERAGE", list, "", "there is no coverage");
    if (n > ENC_COVERS)
        return enc_fail(r, "ENC_COVERAGE", list, "", "more coverages than a claim can hold");
    for (e->covers_n = 0; e->covers_n < n; e->covers_n++)
        if (!read_cover(r, enc_item(r, list, e->covers_n), &e->covers[e->covers_n]))
            return false;
    qsort(e->covers, n, sizeof *e->covers, by_rank);
    if (e->covers[0].rank != 1)
        return enc_fail(r, "ENC_COVERAGE", list, "", "none has rank 1");
    for (size_t i = 1; i < n; i++)
        if (e->covers[i].rank == e->covers[i - 1].rank)
            return enc_fail(r, "ENC_COVERAGE", list, "", "two have the same rank");
    return true;
}

/* ---- providers ---- */

bool enc_known(struct enc_reader *r, struct at at, const char *key, const struct provider **out)
{
    phi_str npi;
    if (!enc_text(r, at, key, 10, 10, &npi))
        return false;
    *out = practice_provider(r->practice, npi);
    return *out || enc_fail(r, "ENC_PROVIDER", at, key, "is not known to the practice");
}

/* Referring and supervising providers may be strangers, who come with their name. */
bool enc_named(struct enc_reader *r, struct at at, const char *key, struct enc_named *out)
{
    struct at o = enc_at(r, at, key);
    const struct provider *p;
    if (!o.o)
        return true;
    if (json_is_object(o.o)) {
        out->person = true;
        return enc_text(r, o, "npi", 10, 10, &out->npi) &&
               (enc_digits(out->npi, 10) ||
                enc_fail(r, "ENC_VALUE", o, "npi", "is not ten digits")) &&
               enc_text(r, o, "last", 1, 60, &out->last) &&
               enc_text(r, o, "first", 1, 35, &out->first);
    }
    if (!enc_known(r, at, key, &p))
        return false;
    *out = (struct enc_named){phi_lit(p->npi), phi_lit(p->last), phi_lit(p->first), p->person};
    return true;
}

/* What the practice knows of the place, by the name that the encounter has for it. */
static struct place place_of(struct enc_reader *r, struct at f)
{
    const struct place *p = practice_place(r->practice, as_it_is(f, "loc"));
    return p ? *p : (struct place){"", "", "", "", ""};
}

static bool read_providers(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    struct at p = enc_at(r, top, "prov"), f = enc_at(r, top, "facility");
    struct place place = place_of(r, f);
    if (!enc_has(p, "bill") && *place.bill)
        e->bill = practice_provider(r->practice, phi_lit(place.bill));
    if (!enc_has(f, "npi") && *place.npi)
        e->facility = practice_provider(r->practice, phi_lit(place.npi));
    bool inst = e->kind == ENC_INSTITUTIONAL;
    if ((!e->bill && !enc_known(r, p, "bill", &e->bill)) ||
        ((!inst || enc_has(p, "rend")) && !enc_known(r, p, "rend", &e->rend)) ||
        !enc_named(r, p, "ref", &e->ref) || !enc_named(r, p, "sup", &e->sup) ||
        !enc_maybe(r, f, "pos", 2, 2, &e->place))
        return false;
    if (!e->place.n)
        e->place = phi_lit(place.pos);
    if (!e->place.n && !inst)
        return enc_fail(r, "ENC_MISSING", f, "pos", "is missing");
    e->clia = phi_lit(*place.clia ? place.clia : e->facility ? e->facility->clia : e->bill->clia);
    if (!e->bill->address.line1.n || !*e->bill->tax_id)
        return enc_fail(r, "ENC_PROVIDER", p, "bill",
                        "has no address or tax id in the practice, so it cannot bill");
    if (enc_has(f, "npi") && !enc_known(r, f, "npi", &e->facility))
        return false;
    /* S4-018: a facility is said when it is not the biller's place, and never for a home (12) */
    if (e->facility == e->bill || phi_is(e->place, "12"))
        e->facility = NULL;
    if (e->facility && !e->facility->address.line1.n)
        return enc_fail(r, "ENC_PROVIDER", f, "npi", "has no address in the practice");
    return true;
}

/* ---- diagnoses ---- */

bool enc_dx_code(struct enc_reader *r, struct at at, const char *key, phi_str *out)
{
    phi_str code;
    if (!enc_text(r, at, key, 3, 8, &code))
        return false;
    char *s = arena_alloc(r->arena, code.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        bool good =
            (code.p[i] >= '0' && code.p[i] <= '9') || (code.p[i] >= 'A' && code.p[i] <= 'Z');
        if (!good && !(code.p[i] == '.' && i == 3))
            return enc_fail(r, "ENC_DX", at, key, "does not look like a diagnosis code");
        if (good)
            s[n++] = code.p[i];
    }
    *out = phi_of(s, n);
    return (n >= 3 && n <= 7) ||
           enc_fail(r, "ENC_DX", at, key, "does not look like a diagnosis code");
}

/* In this office only a physician's codes are billed as they are; suggestions go to a person. */
static bool by_physician(struct enc_reader *r, struct at at)
{
    phi_str by;
    if (!enc_maybe(r, at, "by", 1, 40, &by))
        return false;
    return !by.n || phi_is(by, "PHYSICIAN") ||
           enc_fail(r, "CODE_REVIEW", at, "by", "the code was not given by a physician");
}

static size_t dx_max(enum enc_kind kind)
{
    return kind == ENC_INSTITUTIONAL ? ENC_DX_INST : kind == ENC_DENTAL ? ENC_DX_DENTAL : ENC_DX;
}

static const char *dx_many(enum enc_kind kind)
{
    return kind == ENC_INSTITUTIONAL ? "more diagnoses than a bill can hold"
           : kind == ENC_DENTAL      ? "more than four diagnoses"
                                     : "more than twelve diagnoses";
}

static bool read_poa(struct enc_reader *r, struct at at, phi_str *poa)
{
    if (!enc_maybe(r, at, "poa", 1, 1, poa))
        return false;
    if (poa->n && !enc_one_of(*poa, "Y N U W 1"))
        return enc_fail(r, "ENC_VALUE", at, "poa", "is not Y, N, U, W or 1");
    if (phi_is(*poa, "1")) /* exempt: the element stays empty */
        *poa = phi_of("", 0);
    return true;
}

static bool read_dx(struct enc_reader *r, struct at top, int64_t *numbers)
{
    struct enc *e = r->e;
    struct at list = enc_at(r, top, "dx");
    size_t n = json_array_size(list.o);
    if (n > dx_max(e->kind) || (n == 0 && e->kind != ENC_DENTAL))
        return enc_fail(r, "ENC_DX", list, "", n ? dx_many(e->kind) : "there is no diagnosis");
    for (e->dx_n = 0; e->dx_n < n; e->dx_n++) {
        struct at at = enc_item(r, list, e->dx_n);
        if (!enc_int(r, at, "n", 1, 99, "ENC_DX", &numbers[e->dx_n]) ||
            !enc_dx_code(r, at, "code", &e->dx[e->dx_n]) || !by_physician(r, at) ||
            !read_poa(r, at, &e->poa[e->dx_n]))
            return false;
        for (uint32_t i = 0; i < e->dx_n; i++)
            if (numbers[i] == numbers[e->dx_n] || phi_eq(e->dx[i], e->dx[e->dx_n]))
                return enc_fail(r, "ENC_DX", at, "", "number or code stands here twice");
    }
    return true;
}

/* ---- lines ---- */

static bool read_mods(struct enc_reader *r, struct at at, struct enc_line *l)
{
    struct at list = enc_at(r, at, "mods");
    size_t n = json_array_size(list.o);
    if (n > ENC_MODS)
        return enc_fail(r, "ENC_LINE", list, "", "more than four modifiers");
    for (l->mods_n = 0; l->mods_n < n; l->mods_n++) {
        json_t *box = json_pack("{sO}", "", json_array_get(list.o, l->mods_n));
        bool good = enc_text(r, (struct at){box, list.path}, "", 2, 2, &l->mods[l->mods_n]);
        json_decref(box);
        if (!good)
            return false;
    }
    return true;
}

/* Units: a whole number, or a text where a part of one is meant. */
static bool read_units(struct enc_reader *r, struct at at, struct enc_line *l)
{
    const json_t *v = json_object_get(at.o, "units");
    struct buf b = {0};
    if (json_is_string(v)) {
        if (!enc_text(r, at, "units", 1, 8, &l->units_text))
            return false;
    } else {
        int64_t n;
        if (!enc_int(r, at, "units", 1, 999999, "ENC_LINE", &n))
            return false;
        buf_int(&b, n);
        l->units_text = arena_phi(r->arena, buf_view(&b));
        buf_free(&b);
    }
    return (quantity_parse(l->units_text, &l->units) && l->units > 0) ||
           enc_fail(r, "ENC_LINE", at, "units", "is no number of units");
}

static bool read_pointers(struct enc_reader *r, struct at at, struct enc_line *l,
                          const int64_t *numbers)
{
    struct at list = enc_at(r, at, "dx");
    size_t n = json_array_size(list.o);
    if (r->e->kind == ENC_INSTITUTIONAL || (r->e->kind == ENC_DENTAL && n == 0))
        return true;
    if (n == 0 || n > ENC_POINTERS)
        return enc_fail(r, "ENC_LINE", list, "", "one to four diagnoses belong to a line");
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list.o, i);
        uint32_t k = 0;
        while (k < r->e->dx_n && !(json_is_integer(v) && json_integer_value(v) == numbers[k]))
            k++;
        if (k == r->e->dx_n)
            return enc_fail(r, "ENC_LINE", list, "", "points to a diagnosis that is not there");
        l->pointers[l->pointers_n++] = k + 1;
    }
    return true;
}

static bool read_days(struct enc_reader *r, struct at at, int32_t *from, int32_t *thru)
{
    struct at dos = enc_at(r, at, "dos");
    if (json_is_string(dos.o)) {
        bool good = enc_date(r, at, "dos", from);
        *thru = *from;
        return good;
    }
    if (!enc_date(r, dos, "from", from) || !enc_date(r, dos, "thru", thru))
        return false;
    return *from <= *thru || enc_fail(r, "ENC_DATE", dos, "thru", "is before from");
}

static bool read_ndc(struct enc_reader *r, struct at at, struct enc_line *l)
{
    struct at o = enc_at(r, at, "ndc");
    int64_t qty;
    if (!o.o)
        return true;
    return enc_text(r, o, "code", 11, 11, &l->ndc) &&
           (enc_digits(l->ndc, 11) || enc_fail(r, "ENC_LINE", o, "code", "is not eleven digits")) &&
           enc_text(r, o, "qty", 1, 15, &l->ndc_qty) &&
           (quantity_parse(l->ndc_qty, &qty) ||
            enc_fail(r, "ENC_LINE", o, "qty", "is no number")) &&
           enc_text(r, o, "unit", 2, 2, &l->ndc_unit) &&
           (enc_one_of(l->ndc_unit, "F2 GR ME ML UN") ||
            enc_fail(r, "ENC_LINE", o, "unit", "is no unit of a drug"));
}

/* The encounter's charge, else units times the price of the charge master; never nothing. */
static bool price(struct enc_reader *r, struct at at, struct enc_line *l)
{
    int64_t each, all;
    l->cents = 0;
    if (enc_has(at, "chg") && !enc_int(r, at, "chg", 0, cents_max(r->e), "ENC_MONEY", &l->cents))
        return false;
    if (l->cents > 0)
        return true;
    if (!practice_price(r->practice, l->code.n ? l->code : l->rev, l->mods, l->mods_n,
                        r->e->covers[0].payer, l->from, &each))
        return enc_fail(r, "CODE_REVIEW", at, "chg",
                        "has no price here and none in the charge master for that day");
    if (__builtin_mul_overflow(each, l->units, &all) || all % 1000 || all / 1000 > cents_max(r->e))
        return enc_fail(r, "ENC_MONEY", at, "units", "times the price is no amount of whole cents");
    l->cents = all / 1000;
    return true;
}

/* What was done: a procedure; in a hospital a revenue code, and a procedure where there is one. */
static bool read_service(struct enc_reader *r, struct at at, struct enc_line *l)
{
    if (r->e->kind == ENC_INSTITUTIONAL)
        return enc_maybe(r, at, "code", 1, 48, &l->code) && enc_read_revenue(r, at, l);
    if (!enc_text(r, at, "code", 1, 48, &l->code))
        return false;
    return r->e->kind != ENC_DENTAL || enc_read_tooth(r, at, l);
}

static bool read_unit(struct enc_reader *r, struct at at, struct enc_line *l)
{
    bool inst = r->e->kind == ENC_INSTITUTIONAL;
    if (!l->unit.n)
        l->unit = phi_lit("UN");
    return enc_one_of(l->unit, inst ? "UN DA" : "UN MJ") ||
           enc_fail(r, "ENC_LINE", at, "unit", inst ? "is not UN or DA" : "is not UN or MJ");
}

static bool inst_kind(const struct enc_reader *r)
{
    return r->e->kind == ENC_INSTITUTIONAL;
}

static bool read_line(struct enc_reader *r, struct at at, const int64_t *numbers, int64_t number)
{
    struct enc_line *l = &r->e->lines[r->e->lines_n];
    int64_t ln;
    if (!enc_int(r, at, "ln", number, number, "ENC_LINE", &ln) || !read_service(r, at, l) ||
        !read_mods(r, at, l) || !read_units(r, at, l) ||
        !enc_maybe(r, at, "unit", 2, 2, &l->unit) || !enc_maybe(r, at, "pos", 2, 2, &l->pos) ||
        !read_pointers(r, at, l, numbers) || !read_ndc(r, at, l) || !read_unit(r, at, l) ||
        !enc_maybe(r, at, "auth", 1, 50, &l->auth))
        return false;
    if (l->auth.n && inst_kind(r))
        return enc_fail(r, "ENC_LINE", at, "auth", "a bill of a hospital holds one authorization");
    if (phi_eq(l->pos, r->e->place)) /* S4-025: said only when it differs */
        l->pos = phi_of("", 0);
    l->from = r->e->from;
    l->thru = r->e->thru;
    l->own_days = enc_has(at, "dos");
    if (l->own_days && !read_days(r, at, &l->from, &l->thru))
        return false;
    if (enc_has(at, "rend") && !enc_known(r, at, "rend", &l->rend))
        return false;
    if (l->rend == r->e->rend) /* S4-016: said only when it differs */
        l->rend = NULL;
    return price(r, at, l);
}

static bool read_lines(struct enc_reader *r, struct at top, const int64_t *numbers)
{
    struct enc *e = r->e;
    struct at list = enc_at(r, top, "lines");
    size_t n = json_array_size(list.o);
    bool inst = e->kind == ENC_INSTITUTIONAL;
    if (n == 0 || n > (inst ? ENC_LINES_INST : ENC_LINES))
        return enc_fail(r, "ENC_LINE", list, "",
                        !n     ? "there is no service line"
                        : inst ? "more than 999 lines"
                               : "more than fifty lines");
    e->lines = arena_alloc(r->arena, n * sizeof *e->lines);
    for (e->lines_n = 0; e->lines_n < n; e->lines_n++) {
        struct at at = enc_item(r, list, e->lines_n);
        if (!read_line(r, at, numbers, (int64_t)e->lines_n + 1))
            return false;
        if (!money_add(e->total, e->lines[e->lines_n].cents, &e->total) || e->total > cents_max(e))
            return enc_fail(r, "ENC_MONEY", list, "", "together are more than a claim can say");
    }
    return true;
}

/* ---- the rest ---- */

static bool read_signature(struct enc_reader *r, struct at top)
{
    struct at s = enc_at(r, top, "signed"), src = enc_at(r, top, "src");
    phi_str by;
    if (!s.o && practice_signs(r->practice, as_it_is(src, "sys")))
        return true; /* its charges come only when the note is signed */
    if (!s.o || !enc_has(s, "by") || !enc_has(s, "at"))
        return enc_fail(r, "ENC_UNSIGNED", top, "signed", "nobody has signed this encounter");
    if (!enc_text(r, s, "by", 10, 10, &by))
        return false;
    if (!practice_provider(r->practice, by))
        return enc_fail(r, "ENC_UNSIGNED", s, "by", "is no provider of the practice");
    const json_t *when = json_object_get(s.o, "at");
    struct at day = {
        json_pack("{ss%}", "at", json_is_string(when) ? json_string_value(when) : "",
                  (size_t)(json_string_length(when) < 10 ? json_string_length(when) : 10)),
        s.path};
    int32_t d;
    bool good = enc_date(r, day, "at", &d);
    json_decref((json_t *)day.o);
    if (good && d < r->e->thru)
        return enc_fail(r, "ENC_UNSIGNED", s, "at", "is before the last day of service");
    if (good && d - 1 > r->today)
        return enc_fail(r, "ENC_UNSIGNED", s, "at", "is a day that has not come yet");
    return good;
}

static bool read_accident(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    struct at o = enc_at(r, top, "accident");
    if (!o.o)
        return true;
    return enc_text(r, o, "cause", 2, 2, &e->accident) &&
           (enc_one_of(e->accident, "AA EM OA") ||
            enc_fail(r, "ENC_VALUE", o, "cause", "is not AA, EM or OA")) &&
           enc_maybe(r, o, "state", 2, 2, &e->accident_state) &&
           (!phi_is(e->accident, "AA") || e->accident_state.n ||
            enc_fail(r, "ENC_MISSING", o, "state", "is missing for a car accident")) &&
           enc_date(r, o, "date", &e->accident_day);
}

/* Which bill of the services it is; in a hospital that is the third digit of the bill type, which
 * stands in e->freq already. */
static bool read_frequency(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    bool inst = e->kind == ENC_INSTITUTIONAL;
    phi_str freq;
    if (!enc_maybe(r, top, "freq", 1, 1, &freq) || !enc_maybe(r, top, "icn", 1, 50, &e->icn))
        return false;
    if (inst && freq.n && !phi_eq(freq, e->freq))
        return enc_fail(r, "ENC_VALUE", top, "freq", "is another than the bill type says");
    if (!inst)
        e->freq = freq.n ? freq : phi_lit("1");
    if (!inst && !enc_one_of(e->freq, "1 7 8"))
        return enc_fail(r, "ENC_VALUE", top, "freq", "is not 1, 7 or 8");
    return enc_one_of(e->freq, "7 8") == (e->icn.n > 0) || /* S4-009 */
           enc_fail(r, "ENC_VALUE", top, "icn",
                    "belongs to a claim that replaces or voids another, and to no other");
}

/* Documents that are known beforehand: kind, how they are sent (a 275, EL, when it is not said), and
 * the number by which the payer will find them. */
static bool read_papers(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    struct at list = enc_at(r, top, "attach");
    if (json_array_size(list.o) > ENC_PAPERS)
        return enc_fail(r, "ENC_VALUE", list, "", "a claim announces 10 documents at most");
    for (size_t i = 0; i < json_array_size(list.o); i++) {
        struct at one = {json_array_get(list.o, i), list.path};
        struct enc_paper *p = &e->papers[e->papers_n++];
        p->way = phi_lit("");
        if (!enc_text(r, one, "type", 2, 2, &p->type) ||
            !enc_text(r, one, "number", 2, 50, &p->number) ||
            !enc_maybe(r, one, "way", 2, 2, &p->way))
            return false;
        if (!p->way.n)
            p->way = phi_lit("EL");
        if (!enc_one_of(p->way, "BM EL EM FT FX"))
            return enc_fail(r, "ENC_VALUE", one, "way", "is not BM, EL, EM, FT or FX");
    }
    return true;
}

static bool read_references(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    struct at auth = enc_at(r, top, "auth");
    if (json_array_size(auth.o) > 1)
        return enc_fail(r, "ENC_VALUE", auth, "", "a claim holds one authorization");
    if (json_array_size(auth.o) == 1) {
        json_t *box = json_pack("{sO}", "", json_array_get(auth.o, 0));
        bool good = enc_text(r, (struct at){box, auth.path}, "", 1, 50, &e->auth);
        json_decref(box);
        if (!good)
            return false;
    }
    return read_papers(r, top) && read_frequency(r, top) &&
           (!enc_has(top, "paid") ||
            enc_int(r, top, "paid", 0, cents_max(e), "ENC_MONEY", &e->paid));
}

/* The encounter's own name as it is: it goes into the account number, not into the claim. */
static bool read_name(struct enc_reader *r, struct at at, const char *key, bool must, phi_str *out)
{
    const json_t *v = json_object_get(at.o, key);
    size_t n = json_string_length(v);
    if (!must && (!v || json_is_null(v)))
        return true;
    if (!json_is_string(v) || n == 0 || n > 200)
        return enc_fail(r, "ENC_MISSING", at, key, "is missing or no text of usual length");
    *out = arena_phi(r->arena, phi_of(json_string_value(v), n));
    return true;
}

static bool read_all(struct enc_reader *r, struct at top)
{
    struct enc *e = r->e;
    int64_t numbers[ENC_DX_INST] = {0};
    phi_str version;
    if (!enc_text(r, top, "v", 1, 20, &version))
        return false;
    if (!phi_is(version, "ENC.V1"))
        return enc_fail(r, "ENC_JSON", top, "v", "is not enc.v1");
    e->kind = enc_kind_of(top.o);
    static const char *const objects[] = {"inst", "dent"};
    for (int i = 0; i < 2; i++)
        if (enc_has(top, objects[i]) && !json_is_object(json_object_get(top.o, objects[i])))
            return enc_fail(r, "ENC_VALUE", top, objects[i], "expected an object here");
    return read_name(r, top, "enc", true, &e->id) &&
           read_name(r, enc_at(r, top, "src"), "sys", false, &e->system) &&
           read_days(r, top, &e->from, &e->thru) && read_signature(r, top) &&
           read_providers(r, top) && read_person(r, enc_at(r, top, "pt"), &e->patient) &&
           (e->patient.dob <= e->from || enc_fail(r, "ENC_DATE", enc_at(r, top, "pt"), "dob",
                                                  "is after the first day of service")) &&
           read_covers(r, top) && read_accident(r, top) &&
           (e->kind != ENC_INSTITUTIONAL || enc_read_stay(r, top)) &&
           (e->kind != ENC_DENTAL || enc_read_mouth(r, top)) && read_references(r, top) &&
           read_dx(r, top, numbers) && read_lines(r, top, numbers);
}

bool enc_read(phi_str body, const struct practice *p, int32_t today, struct arena *a,
              struct enc *out, struct enc_fault *fault)
{
    json_error_t where; /* its text may quote the body, so it is not said */
    struct enc_reader r = {p, today, a, out, fault};
    *out = (struct enc){0};
    *fault = (struct enc_fault){0};
    json_t *top = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, &where);
    bool good;
    if (json_is_object(top))
        good = read_all(&r, (struct at){top, ""});
    else
        good = enc_fail(&r, "ENC_JSON", (struct at){NULL, ""}, "", "is no JSON object");
    json_decref(top);
    return good;
}
