/* The 999: one functional group answered, AK1 to AK9. */
#include "common/edi/ack_parts.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

#define VERSION_999 "005010X231A1"
enum { MAX_CODES = 5, MAX_TRIGGERS = 9, MAX_UNIT = 35, MAX_BAD = 99, LOOP_LENGTH = 4 };

/* Distinct codes in the order they came, as IK502 to 506 and AK905 to 909 hold them. */
struct codes {
    const char *code[MAX_CODES];
    uint32_t n;
};

static void codes_add(struct codes *c, const char *code)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (strcmp(c->code[i], code) == 0)
            return;
    if (c->n < MAX_CODES)
        c->code[c->n++] = code;
}

static void codes_write(struct edi_writer *w, const struct codes *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        ew_lit(w, c->code[i]);
}

/* IK304 of a finding: its own, or 8 (element errors) for one of an element; NULL for others. */
static const char *segment_code(const struct finding *f)
{
    const char *code = ack_code(f, "IK304:");
    return code ? code : ack_code(f, "IK403:") ? "8" : NULL;
}

/* Two findings share an IK3 when place and code of the segment are the same. */
static bool same_ik3(const struct ack_finding *a, const struct ack_finding *b)
{
    return a->f.position == b->f.position && strcmp(a->f.segment, b->f.segment) == 0 &&
           strcmp(segment_code(&a->f), segment_code(&b->f)) == 0;
}

/* By position; at one position, segment faults before element faults, else as they came. */
static int by_place(const void *x, const void *y)
{
    const struct ack_finding *a = *(const struct ack_finding *const *)x;
    const struct ack_finding *b = *(const struct ack_finding *const *)y;
    if (a->f.position != b->f.position)
        return a->f.position < b->f.position ? -1 : 1;
    int c = strcmp(segment_code(&a->f), segment_code(&b->f));
    if (!c)
        c = strcmp(a->f.segment, b->f.segment);
    return c ? c : (a > b) - (a < b);
}

static void position_composite(struct edi_writer *w, uint16_t element, uint16_t component,
                               uint16_t repetition)
{
    char n[8];
    ew_int(w, element);
    snprintf(n, sizeof n, "%u", component);
    if (component || repetition)
        ew_comp(w, component ? phi_lit(n) : (phi_str){0});
    snprintf(n, sizeof n, "%u", repetition);
    if (repetition)
        ew_comp(w, phi_lit(n));
}

static void loop_id(struct edi_writer *w, const char *loop)
{
    ew_el(w, phi_of(loop, strnlen(loop, LOOP_LENGTH))); /* data element 447 holds four */
}

static void write_trigger(struct edi_writer *w, const struct ack_finding *a)
{
    if (!a->trigger.segment[0])
        return;
    ew_begin(w, "CTX");
    ew_lit(w, "SITUATIONAL TRIGGER");
    ew_lit(w, a->trigger.segment);
    ew_int(w, a->trigger.position);
    loop_id(w, a->trigger.loop);
    if (a->trigger.element)
        position_composite(w, a->trigger.element, a->trigger.component, 0);
    ew_end(w);
}

static void write_unit(struct edi_writer *w, const struct ack_finding *a, const char *name)
{
    if (!name || phi_empty(a->unit) || a->unit.n > MAX_UNIT || !ack_writable(a->unit))
        return;
    ew_begin(w, "CTX");
    ew_lit(w, name);
    ew_comp(w, a->unit);
    ew_end(w);
}

static void write_ik4(struct edi_writer *w, const struct ack_finding *a, const struct ack_opts *o)
{
    ew_begin(w, "IK4");
    position_composite(w, a->f.element, a->f.component, a->f.repetition);
    if (a->f.data_element)
        ew_int(w, a->f.data_element);
    else
        ew_lit(w, "");
    ew_lit(w, ack_code(&a->f, "IK403:"));
    if (o->bad_values && a->f.bad.n <= MAX_BAD && ack_writable(a->f.bad))
        ew_el(w, a->f.bad);
    ew_end(w);
    write_trigger(w, a);
}

/* One IK3 with what belongs to it: n findings that share it. */
static void write_ik3(struct edi_writer *w, const struct ack_finding *const *a, uint32_t n,
                      const char *unit_name, const struct ack_opts *o)
{
    ew_begin(w, "IK3");
    ack_echo(w, a[0]->f.segment, "ST");
    ew_int(w, a[0]->f.position ? a[0]->f.position : 1);
    loop_id(w, a[0]->f.loop);
    ew_lit(w, segment_code(&a[0]->f));
    ew_end(w);
    for (uint32_t i = 0; i < n && i < MAX_TRIGGERS; i++)
        if (!ack_code(&a[i]->f, "IK403:"))
            write_trigger(w, a[i]);
    write_unit(w, a[0], unit_name);
    for (uint32_t i = 0; i < n; i++)
        if (ack_code(&a[i]->f, "IK403:"))
            write_ik4(w, a[i], o);
}

/* The name that CTX01 has for the key of a business unit of this transaction. */
static const char *unit_name_of(const char *st01)
{
    static const char *const names[][2] = {{"837", "CLM01"}, {"835", "TRN02"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], st01) == 0)
            return names[i][1];
    return NULL;
}

/* Writes the IK3 loops of a set and returns the codes of its IK5. */
static struct codes write_segments(struct edi_writer *w, const struct ack_set *s,
                                   const struct ack_opts *o)
{
    const struct ack_finding **list = xcalloc(s->findings_n + 1, sizeof *list);
    struct codes codes = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->findings_n; i++) {
        const struct ack_finding *a = &s->findings[i];
        const char *set_code = ack_code(&a->f, "IK502:");
        if (ack_reported(&a->f, o->warnings) && set_code)
            codes_add(&codes, set_code);
        else if (ack_reported(&a->f, o->warnings) && segment_code(&a->f))
            list[n++] = a;
    }
    if (n)
        qsort(list, n, sizeof *list, by_place);
    for (uint32_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && same_ik3(list[i], list[k]); k++)
            ;
        write_ik3(w, list + i, k - i, unit_name_of(s->st01), o);
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *code = strchr(list[i]->f.report, ':') + 1;
        codes_add(&codes, code[0] == 'I' ? "I5" : "5");
    }
    free(list);
    return codes;
}

char ack_set_code(const struct ack_finding *findings, uint32_t n, bool warnings)
{
    char code = 'A';
    for (uint32_t i = 0; i < n; i++) {
        if (findings[i].f.severity >= SEV_TRANSACTION)
            return 'R';
        if (warnings && findings[i].f.severity == SEV_WARNING)
            code = 'E';
    }
    return code;
}

/* ---- what AK1 and AK2 repeat ----
 *
 * Elements with a list or a form cannot hold what is refused for not being of it: our own answer would
 * be refused. They then have what belongs there; AK905 or IK502 says what was wrong, and control
 * numbers (AK102, AK202) say of whom it is said. */

/* GS01 of the sets that we answer, by ST01 and by the guides in GS08 (DOMAIN.md B.2, S1-016). */
static const struct {
    char gs01[3], st01[4];
    const char *guides;
} KINDS[] = {{"HC", "837", "X222 X223 X224"}, {"HP", "835", "X221"},
             {"HN", "277", "X213 X214 X313"}, {"HR", "276", "X212"},
             {"HS", "270", "X279"},           {"HB", "271", ""},
             {"HI", "278", "X216 X217"},      {"PI", "275", "X210 X314"},
             {"BE", "834", "X220"},           {"RA", "820", "X218"}};
enum { KINDS_N = sizeof KINDS / sizeof *KINDS };

static int kind_of_group(const char *gs01)
{
    char code[3] = {0};
    for (int i = 0; i < 2 && gs01[i]; i++)
        code[i] = (char)(gs01[i] >= 'a' && gs01[i] <= 'z' ? gs01[i] - 'a' + 'A' : gs01[i]);
    for (int k = 0; k < KINDS_N; k++)
        if (strcmp(KINDS[k].gs01, code) == 0 && !gs01[2])
            return k;
    return -1;
}

static int kind_of_version(const char *gs08)
{
    char guide[5] = {0};
    memcpy(guide, strlen(gs08) >= 10 ? gs08 + 6 : "", strlen(gs08) >= 10 ? 4 : 0);
    for (int k = 0; k < KINDS_N; k++)
        if (*guide && strstr(KINDS[k].guides, guide))
            return k;
    return -1;
}

static int kind_of(const struct ack_group *g)
{
    int k = kind_of_group(g->gs.code);
    for (uint32_t i = 0; i < g->sets_n && k < 0; i++)
        for (int j = 0; j < KINDS_N && k < 0; j++)
            if (strcmp(KINDS[j].st01, g->sets[i].st01) == 0)
                k = j;
    if (k < 0)
        k = kind_of_version(g->gs.version);
    return k < 0 ? 0 : k;
}

static const char *known_set(const struct ack_group *g, const char *st01)
{
    for (int k = 0; k < KINDS_N; k++)
        if (strcmp(KINDS[k].st01, st01) == 0)
            return st01;
    return KINDS[kind_of(g)].st01;
}

/* AK102: the digits of GS06, nine at most. */
static void control_number(struct edi_writer *w, const char *gs06)
{
    char digits[10];
    size_t n = 0;
    for (; *gs06 && n < sizeof digits - 1; gs06++)
        if (*gs06 >= '0' && *gs06 <= '9')
            digits[n++] = *gs06;
    digits[n] = 0;
    ew_lit(w, n ? digits : "0");
}

static char write_set(struct edi_writer *w, const struct ack_group *g, const struct ack_set *s,
                      const struct ack_opts *o)
{
    char code = ack_set_code(s->findings, s->findings_n, o->warnings);
    ew_begin(w, "AK2");
    ew_lit(w, known_set(g, s->st01));
    ack_echo(w, s->st02, "0000");
    if (s->st03[0])
        ack_echo(w, s->st03, "");
    ew_end(w);
    struct codes codes = write_segments(w, s, o);
    if (code == 'R' && codes.n == 0)
        codes_add(&codes, "5");
    ew_begin(w, "IK5");
    ew_lit(w, (const char[]){code, 0});
    if (code != 'A')
        codes_write(w, &codes);
    ew_end(w);
    return code;
}

/* True when the group is rejected as a whole: then its sets were not looked at. */
static bool is_lost(const struct ack_group *g)
{
    for (uint32_t i = 0; i < g->findings_n; i++)
        if (g->findings[i].severity >= SEV_GROUP)
            return true;
    return false;
}

/* AK901 to AK904 from the sets and the faults of the group itself. */
static struct ack_result judge(const struct ack_group *g, const struct ack_opts *o)
{
    struct ack_result r = {.code = 'A', .counted = g->gs.sets};
    bool noted = false, lost = is_lost(g);
    for (uint32_t i = 0; i < g->sets_n && !lost; i++) {
        char c = ack_set_code(g->sets[i].findings, g->sets[i].findings_n, o->warnings);
        r.accepted += c != 'R';
        noted = noted || c == 'E';
    }
    r.claimed = g->gs.closed ? g->gs.claimed : g->gs.sets;
    if (lost || (r.counted && !r.accepted))
        r.code = 'R';
    else if (r.accepted < r.counted)
        r.code = 'P';
    else if (noted)
        r.code = 'E';
    return r;
}

static void write_ak9(struct edi_writer *w, const struct ack_group *g, const struct ack_result *r)
{
    struct codes codes = {0};
    for (uint32_t i = 0; i < g->findings_n; i++)
        if (ack_code(&g->findings[i], "AK905:"))
            codes_add(&codes, ack_code(&g->findings[i], "AK905:"));
    ew_begin(w, "AK9");
    ew_lit(w, (const char[]){r->code, 0});
    ew_int(w, r->claimed);
    ew_int(w, r->counted);
    ew_int(w, r->accepted);
    codes_write(w, &codes);
    ew_end(w);
}

static struct ack_result write_body(struct edi_writer *w, const struct ack_group *g,
                                    const struct ack_opts *o)
{
    struct ack_result r = judge(g, o);
    ew_seg(w, "ST", "999", "0001", VERSION_999);
    ew_begin(w, "AK1");
    ew_lit(w, KINDS[kind_of(g)].gs01);
    control_number(w, g->gs.control);
    ack_echo(w, g->gs.version, "");
    ew_end(w);
    if (!is_lost(g) && !(o->no_set_list && r.code == 'A'))
        for (uint32_t i = 0; i < g->sets_n; i++)
            write_set(w, g, &g->sets[i], o);
    write_ak9(w, g, &r);
    return r;
}

struct ack_result ack_write_999(struct buf *out, const struct envelope_isa *to,
                                const struct ack_group *g, const struct ack_opts *o)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL, .newline = "\n"};
    char number[16];
    ack_isa(&w, to, o);
    ack_gs(&w, &g->gs, "FA", VERSION_999, o);
    w.segments = 0;
    struct ack_result r = write_body(&w, g, o);
    r.segments = w.segments + 1;
    snprintf(number, sizeof number, "%u", r.segments);
    ew_seg(&w, "SE", number, "0001");
    ack_ge(&w, 1, o);
    ack_iea(&w, 1, o);
    return r;
}
