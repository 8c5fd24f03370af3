/* A 278 that answers, read into plain structures; and the lines of an encounter that want one. */
#include "common/edi/scan.h"
#include "common/elig/auth.h"
#include "common/util/money.h"
#include <stdio.h>

struct reading {
    struct auth_said s;
    char comp;
    bool open, answers; /* an event or a refusal is; BHT02 is 11 */
    bool held;          /* a level above an event that refuses */
    uint32_t n;
    void (*each)(void *ctx, const struct auth_said *s);
    void *ctx;
};

static void tell(struct reading *r)
{
    if (r->open && (!phi_empty(r->s.hcr) || !phi_empty(r->s.aaa) || r->s.services_n)) {
        r->each(r->ctx, &r->s);
        r->n++;
    }
    r->open = false;
}

static struct auth_said_service *line(struct reading *r)
{
    return r->s.services_n ? &r->s.services[r->s.services_n - 1] : NULL;
}

static void level(struct reading *r, phi_str code)
{
    if (phi_is(code, "SS") && r->s.services_n < AUTH_SERVICES) {
        r->s.services[r->s.services_n++] = (struct auth_said_service){.units = -1};
        return;
    }
    struct auth_said keep = r->s;
    if (!phi_is(code, "EV") && !phi_empty(r->s.aaa))
        return; /* what was refused above stays refused */
    tell(r);
    r->s = (struct auth_said){.reference = keep.reference, .day = keep.day, .time = keep.time};
    r->open = true;
}

static void days(phi_str v, phi_str *from, phi_str *to)
{
    if (v.n >= 8)
        *from = phi_of(v.p, 8);
    *to = v.n == 17 ? phi_of(v.p + 9, 8) : *from;
}

/* 007 certified for these days, 036 until; 102 from. */
static void dates(struct reading *r, const struct edi_seg *s)
{
    struct auth_said_service *l = line(r);
    phi_str *from = l ? &l->from : &r->s.from, *to = l ? &l->to : &r->s.to, code = seg_el(s, 1);
    if (phi_is(code, "007"))
        days(seg_el(s, 3), from, to);
    else if (phi_is(code, "036"))
        *to = seg_el(s, 3);
    else if (phi_is(code, "102") && phi_empty(*from))
        *from = seg_el(s, 3);
}

static void service(struct reading *r, const struct edi_seg *s, uint32_t procedure, uint32_t units)
{
    struct auth_said_service *l = line(r);
    int64_t n;
    if (!l)
        return;
    l->code = edi_part(seg_el(s, procedure), r->comp, 2);
    if (phi_empty(l->code) && procedure == 2)
        l->code = seg_el(s, 1); /* a revenue code alone */
    if (quantity_parse(seg_el(s, units), &n))
        l->units = n;
}

static void decided(struct reading *r, const struct edi_seg *s)
{
    struct auth_said_service *l = line(r);
    *(l ? &l->hcr : &r->s.hcr) = seg_el(s, 1);
    *(l ? &l->number : &r->s.number) = seg_el(s, 2);
    *(l ? &l->reason : &r->s.reason) = seg_el(s, 3);
}

static void segment(struct reading *r, const struct edi_seg *s)
{
    struct auth_said_service *l = line(r);
    if (seg_is(s, "BHT")) {
        r->answers = phi_is(seg_el(s, 2), "11");
        r->s.reference = seg_el(s, 3);
        r->s.day = seg_el(s, 4);
        r->s.time = seg_el(s, 5);
    } else if (!r->answers) {
        return;
    } else if (seg_is(s, "HL")) {
        level(r, seg_el(s, 3));
    } else if (seg_is(s, "TRN") && phi_is(seg_el(s, 1), "2")) {
        *(l ? &l->trace : &r->s.trace) = seg_el(s, 2);
    } else if (seg_is(s, "AAA")) {
        r->open = true;
        r->s.aaa = seg_el(s, 3);
        r->s.follow = seg_el(s, 4);
    } else if (seg_is(s, "HCR")) {
        decided(r, s);
    } else if (seg_is(s, "DTP")) {
        dates(r, s);
    } else if (seg_is(s, "SV1")) {
        service(r, s, 1, 4);
    } else if (seg_is(s, "SV2")) {
        service(r, s, 2, 5);
    } else if (seg_is(s, "SV3")) {
        service(r, s, 1, 6);
    } else if (seg_is(s, "SE")) {
        tell(r);
    }
}

uint32_t auth_read(phi_str body, void (*each)(void *ctx, const struct auth_said *s), void *ctx)
{
    struct reading r = {.each = each, .ctx = ctx};
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    bool ours = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        r.comp = scan_delims(s)->comp;
        if (seg_is(&seg, "ST"))
            ours = phi_is(seg_el(&seg, 1), "278");
        if (ours)
            segment(&r, &seg);
    }
    scan_free(s);
    return r.n;
}

const char *auth_word(phi_str hcr)
{
    static const char *const words[][2] = {
        {"A1", "certified"},      {"A2", "certified in part"}, {"A3", "denied"},
        {"A4", "pended"},         {"A6", "modified"},          {"C", "cancelled"},
        {"CT", "call the payer"}, {"NA", "not needed"},        {"AA", "refused"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (phi_is(hcr, words[i][0]))
            return words[i][1];
    return phi_empty(hcr) ? "asked" : "answered";
}

/* ---- encounters ---- */

static phi_str text(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v))
                             : (phi_str){"", 0};
}

static int64_t units_of(const json_t *line)
{
    const json_t *u = json_object_get(line, "units");
    int64_t n = 1000;
    if (json_is_integer(u))
        n = json_integer_value(u) * 1000;
    else if (json_is_string(u) && !quantity_parse(text(line, "units"), &n))
        n = 1000;
    return n > 0 ? n : 1000;
}

static void modifiers(const json_t *line, struct arena *a, struct auth_service *s)
{
    size_t i;
    const json_t *m, *list = json_object_get(line, "mods");
    json_array_foreach(list, i, m) if (json_is_string(m) && s->mods_n < AUTH_MODS &&
                                       office_text(phi_lit(json_string_value(m)), 2, a,
                                                   &s->mods[s->mods_n])) s->mods_n++;
}

static void diagnoses(const json_t *enc, struct arena *a, struct auth_ask *out)
{
    size_t i;
    const json_t *d, *list = json_object_get(enc, "dx");
    json_array_foreach(list, i, d) if (out->dx_n < AUTH_DX &&
                                       office_text(text(d, "code"), 30, a, &out->dx[out->dx_n]))
        out->dx_n++;
}

bool auth_of_encounter(const json_t *enc, bool (*wanted)(const void *ctx, phi_str code),
                       const void *ctx, struct arena *a, struct auth_ask *out)
{
    size_t i;
    const json_t *l, *lines = json_object_get(enc, "lines");
    out->services_n = out->dx_n = 0;
    json_array_foreach(lines, i, l)
    {
        struct auth_service s = {.units = units_of(l),
                                 .cents = json_integer_value(json_object_get(l, "chg"))};
        bool coded = office_text(text(l, "code"), 48, a, &s.code);
        bool stay = office_text(text(l, "rev"), 4, a, &s.revenue);
        if ((!coded && !stay) || !wanted(ctx, coded ? s.code : s.revenue) ||
            out->services_n == AUTH_SERVICES)
            continue;
        s.dental = coded && s.code.n == 5 && s.code.p[0] == 'D';
        modifiers(l, a, &s);
        out->services[out->services_n++] = s;
    }
    if (!office_text(text(enc, "enc"), 50, a, &out->enc))
        out->enc = phi_lit("");
    if (!office_text(text(json_object_get(enc, "facility"), "pos"), 2, a, &out->place))
        out->place = phi_lit("");
    out->usage = phi_is(text(enc, "usage"), "T") ? 'T' : 'P';
    diagnoses(enc, a, out);
    return out->services_n > 0;
}
