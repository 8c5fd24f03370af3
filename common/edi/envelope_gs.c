/* Rules of GS and GE: S1-016 to S1-022 of DOMAIN.md B.2. */
#include "common/edi/envelope_parts.h"
#include "common/util/date.h"
#include "common/util/log.h"
#include <stdlib.h>

/* GS01 and the transaction sets it may hold (S1-016). */
static const struct {
    char gs01[3], st01[4];
} GROUPS[] = {{"HC", "837"}, {"HP", "835"}, {"HN", "277"}, {"HR", "276"},
              {"HS", "270"}, {"HB", "271"}, {"FA", "999"}, {"HI", "278"},
              {"PI", "275"}, {"BE", "834"}, {"RA", "820"}};
enum { GROUPS_N = sizeof GROUPS / sizeof *GROUPS };

static bool place_number(struct number_set *s, uint64_t v)
{
    size_t i = (size_t)(v * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (s->cap - 1);
    for (; s->place[i]; i = (i + 1) & (s->cap - 1))
        if (s->place[i] == v + 1)
            return false;
    s->place[i] = v + 1;
    s->n++;
    return true;
}

void envelope_numbers_clear(struct number_set *s)
{
    if (s->n)
        memset(s->place, 0, s->cap * sizeof *s->place);
    s->n = 0;
}

bool envelope_number_add(struct number_set *s, uint64_t v)
{
    if (s->n * 2 >= s->cap) {
        struct number_set old = *s;
        s->cap = old.cap ? old.cap * 2 : 16;
        s->n = 0;
        s->place = xcalloc(s->cap, sizeof *s->place);
        for (size_t i = 0; i < old.cap; i++)
            if (old.place[i])
                place_number(s, old.place[i] - 1);
        free(old.place);
    }
    return place_number(s, v);
}

static bool known(const struct envelope_reader *r, const char *st01, phi_str gs08)
{
    const struct guide_set *g = r->t.guides ? r->t.guides : r->o->guides;
    return guides_find(g, phi_lit(st01), gs08, r->o->allow_alias) != NULL;
}

static bool known_to_another(const struct envelope_reader *r, phi_str gs08)
{
    for (size_t i = 0; i < GROUPS_N; i++)
        if (known(r, GROUPS[i].st01, gs08))
            return true;
    return false;
}

static void wrong_group(struct envelope_reader *r, const struct edi_seg *seg, const char *text)
{
    envelope_found(r, seg, 0,
                   &(struct envelope_fault){"S1-016", "AK905:1", text, SEV_GROUP, 1, 479});
}

static void wrong_version(struct envelope_reader *r, const struct edi_seg *seg, const char *st01)
{
    buf_clear(&r->text);
    buf_printf(&r->text, "GS08 is a version of the %s that is not supported; known: ", st01);
    guides_versions(r->o->guides, phi_lit(st01), &r->text);
    envelope_found(
        r, seg, 0,
        &(struct envelope_fault){"S1-017", "AK905:2", buf_cstr(&r->text), SEV_GROUP, 8, 480});
}

static void check_guide(struct envelope_reader *r, const struct edi_seg *seg)
{
    phi_str gs01 = seg_el(seg, 1), gs08 = seg_el(seg, 8);
    size_t i = 0;
    while (i < GROUPS_N && !phi_is(gs01, GROUPS[i].gs01))
        i++;
    if (i < GROUPS_N && known(r, GROUPS[i].st01, gs08))
        return;
    if (known_to_another(r, gs08)) {
        wrong_group(r, seg, "GS01 does not fit the version in GS08");
        return;
    }
    buf_clear(&r->text);
    if (i < GROUPS_N)
        guides_versions(r->o->guides, phi_lit(GROUPS[i].st01), &r->text);
    if (r->text.len == 0)
        wrong_group(r, seg, "GS01 is a kind of functional group that is not supported");
    else
        wrong_version(r, seg, GROUPS[i].st01);
}

static void check_control(struct envelope_reader *r, const struct edi_seg *seg)
{
    uint64_t n;
    if (!envelope_number(seg_el(seg, 6), 9, &n))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-018", "AK905:6", "GS06 is not 1 to 9 digits",
                                                SEV_GROUP, 6, 28});
    else if (!envelope_number_add(&r->gs06, n))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-018", "AK905:19",
                                                "GS06 was used by another group of the interchange",
                                                SEV_GROUP, 6, 28});
}

/* GS02 and GS03: AN 2/15, but nobody is sent away for a name of one character. */
static void check_partner(struct envelope_reader *r, const struct edi_seg *seg, uint16_t element,
                          const char *text)
{
    phi_str v = seg_el(seg, element);
    bool good = v.n >= 1 && v.n <= 15;
    for (size_t i = 0; i < v.n; i++)
        good &= (unsigned char)v.p[i] >= ' ' && (unsigned char)v.p[i] < 0x7f;
    if (!good)
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-022", "AK9:R", text, SEV_GROUP, element,
                                                element == 2 ? 142 : 124});
}

/* Elements that GS and GE do not have. */
static void check_length(struct envelope_reader *r, const struct edi_seg *seg, uint32_t elements,
                         const char *text)
{
    if (seg->n > elements + 1)
        envelope_found(
            r, seg, 0,
            &(struct envelope_fault){"S1-036", "AK9:R", text, SEV_GROUP, (uint16_t)(elements + 1)});
}

void envelope_check_gs(struct envelope_reader *r, const struct edi_seg *seg)
{
    int32_t day;
    if (r->o->guides)
        check_guide(r, seg);
    check_partner(r, seg, 2, "GS02 names no sender in at most 15 characters");
    check_partner(r, seg, 3, "GS03 names no receiver in at most 15 characters");
    check_length(r, seg, 8, "GS09 does not exist: the segment has eight elements");
    if (!date_parse(seg_el(seg, 4), &day))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-022", "AK9:R", "GS04 is no date CCYYMMDD",
                                                SEV_GROUP, 4, 373});
    if (!time_valid(seg_el(seg, 5)))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-022", "AK9:R", "GS05 is no time HHMM[SS[DD]]",
                                                SEV_GROUP, 5, 337});
    check_control(r, seg);
    if (!phi_is(seg_el(seg, 7), "X"))
        envelope_found(
            r, seg, 0,
            &(struct envelope_fault){"S1-022", "AK9:R", "GS07 is not X", SEV_GROUP, 7, 455});
}

/* Control numbers are numbers: zeros before them do not count. A GS06 that is none has been said
 * already, and nothing can be equal to it. */
static bool same_control(phi_str ge02, const char *gs06)
{
    uint64_t x, y;
    if (!envelope_number(phi_lit(gs06), 9, &y))
        return true;
    return envelope_number(ge02, 9, &x) && x == y;
}

void envelope_check_ge(struct envelope_reader *r, const struct edi_seg *seg)
{
    uint64_t claimed;
    bool counted = envelope_number(seg_el(seg, 1), 6, &claimed) && claimed == r->gs.sets;
    bool empty = counted && !claimed; /* the standard wants one at least */
    if ((!counted || empty) && !r->gs_strays)
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-020", "AK905:5",
                                                empty
                                                    ? "the group holds no transaction set"
                                                    : "GE01 is not the number of transaction sets",
                                                SEV_GROUP, 1, 97});
    if (!same_control(seg_el(seg, 2), r->gs.control))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-019", "AK905:4",
                                                "GE02 is not the control number in GS06", SEV_GROUP,
                                                2, 28});
    check_length(r, seg, 2, "GE03 does not exist: the segment has two elements");
}
