/* Rules of the ISA and IEA: S1-002 to S1-013 of DOMAIN.md B.2; the scan has seen to its shape. */
#include "common/edi/envelope_parts.h"
#include "common/util/clock.h"
#include "common/util/date.h"

static bool one_of(phi_str v, const char *list)
{
    for (size_t n; *list; list += n + (list[n] == ' ')) {
        n = strcspn(list, " ");
        if (phi_eq(v, phi_of(list, n)))
            return true;
    }
    return false;
}

static bool is_blank(phi_str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != ' ')
            return false;
    return true;
}

static bool authorization_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return one_of(v, "00 03");
}
static bool security_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return one_of(v, "00 01");
}
static bool printable_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
            return false;
    return true;
}
static bool qualifier_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return one_of(v, "01 14 20 27 28 29 30 33 ZZ");
}
static bool present_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return !is_blank(v);
}
/* A day is allowed for clocks and zones that differ. */
static bool date_ok(struct envelope_reader *r, phi_str v)
{
    int32_t days;
    if (!date_parse_yymmdd(v, &days))
        return false;
    return r->o->now_us == 0 || days <= r->o->now_us / INT64_C(86400000000) + 1;
}
static bool hour_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return v.n == 4 && time_valid(v);
}
static bool version_ok(struct envelope_reader *r, phi_str v)
{
    const char *own = r->t.versions ? r->t.versions : r->o->versions;
    return one_of(v, own ? own : "00401 00501");
}
static bool control_ok(struct envelope_reader *r, phi_str v)
{
    uint64_t n;
    (void)r;
    return v.n == 9 && envelope_number(v, 9, &n) && n > 0;
}
static bool ack_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return one_of(v, "0 1");
}
static bool usage_ok(struct envelope_reader *r, phi_str v)
{
    (void)r;
    return one_of(v, "P T");
}
static bool channel_ok(struct envelope_reader *r, phi_str v)
{
    return !r->t.usage || !usage_ok(r, v) || phi_is(v, r->t.usage);
}

static const struct {
    bool (*good)(struct envelope_reader *r, phi_str v);
    struct envelope_fault fault;
} RULES[] = {
    {authorization_ok, {"S1-004", "TA1:010", "ISA01 is neither 00 nor 03", SEV_INTERCHANGE, 1}},
    {printable_ok, {"S1-004", "TA1:011", "ISA02 holds control bytes", SEV_INTERCHANGE, 2}},
    {security_ok, {"S1-004", "TA1:012", "ISA03 is neither 00 nor 01", SEV_INTERCHANGE, 3}},
    {printable_ok, {"S1-004", "TA1:013", "ISA04 holds control bytes", SEV_INTERCHANGE, 4}},
    {qualifier_ok,
     {"S1-005", "TA1:005", "ISA05 is no qualifier of a sender that is known", SEV_INTERCHANGE, 5}},
    {present_ok, {"S1-006", "TA1:006", "ISA06 names no sender", SEV_INTERCHANGE, 6}},
    {qualifier_ok,
     {"S1-005", "TA1:007", "ISA07 is no qualifier of a receiver that is known", SEV_INTERCHANGE,
      7}},
    {present_ok, {"S1-006", "TA1:008", "ISA08 names no receiver", SEV_INTERCHANGE, 8}},
    {date_ok,
     {"S1-007", "TA1:014", "ISA09 is no date YYMMDD, or one in the future", SEV_INTERCHANGE, 9}},
    {hour_ok, {"S1-007", "TA1:015", "ISA10 is no time HHMM", SEV_INTERCHANGE, 10}},
    {version_ok,
     {"S1-008", "TA1:017", "ISA12 is a version of the interchange that is not accepted",
      SEV_INTERCHANGE, 12}},
    {control_ok,
     {"S1-009", "TA1:018", "ISA13 is not nine digits greater than zero", SEV_INTERCHANGE, 13}},
    {ack_ok, {"S1-011", "TA1:019", "ISA14 is neither 0 nor 1", SEV_INTERCHANGE, 14}},
    {usage_ok, {"S1-011", "TA1:020", "ISA15 is neither P nor T", SEV_INTERCHANGE, 15}},
    {channel_ok,
     {"S1-011", "TA1:020", "ISA15 is not the usage (P or T) that is agreed with this partner",
      SEV_INTERCHANGE, 15}},
};

/* Until 00402 ISA11 named a standard, U; much software writes it still. Nothing is lost by it as
 * long as nothing repeats. */
static bool old_isa11(const struct edi_seg *seg)
{
    return phi_is(seg_el(seg, 11), "U") && phi_cmp(seg_el(seg, 12), phi_lit("00402")) >= 0;
}

void envelope_check_isa(struct envelope_reader *r, const struct edi_seg *seg)
{
    if (old_isa11(seg))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-002", "TA1:026",
                                                "ISA11 is U, which is no repetition separator; "
                                                "elements are read as if none repeats",
                                                SEV_WARNING, 11});
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (!RULES[i].good(r, seg_el(seg, RULES[i].fault.element)))
            envelope_found(r, seg, 0, &RULES[i].fault);
}

void envelope_check_release(struct envelope_reader *r, const struct edi_seg *gs)
{
    phi_str version = seg_el(gs, 8);
    bool newer = version.n >= 6 && memcmp(version.p, "005010", 6) >= 0;
    if (r->o->versions || r->isa_release || !newer || strcmp(r->isa.version, "00401") != 0)
        return;
    r->isa_release = true;
    envelope_found(r, NULL, r->isa.off + 84,
                   &(struct envelope_fault){"S1-008", "TA1:017",
                                            "ISA12 is the version of the interchange for groups of "
                                            "4010; a group of 5010 wants 00501",
                                            SEV_INTERCHANGE, 12, .missing = "ISA"});
}

void envelope_check_iea(struct envelope_reader *r, const struct edi_seg *seg)
{
    uint64_t groups;
    bool counted = envelope_number(seg_el(seg, 1), 5, &groups) && groups == r->isa.groups;
    if (!counted && !r->isa_strays)
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-012", "TA1:021",
                                                "IEA01 is not the number of functional groups",
                                                SEV_INTERCHANGE, 1});
    /* an ISA13 that is no control number has been said already */
    phi_str control = phi_lit(r->isa.control);
    if (control_ok(r, control) && !phi_eq(seg_el(seg, 2), control))
        envelope_found(r, seg, 0,
                       &(struct envelope_fault){"S1-013", "TA1:001",
                                                "IEA02 is not the control number in ISA13",
                                                SEV_INTERCHANGE, 2});
    if (seg->n > 3)
        envelope_found(
            r, seg, 0,
            &(struct envelope_fault){"S1-036", "TA1:024",
                                     "IEA03 does not exist: the segment has two elements",
                                     SEV_INTERCHANGE, 3});
}
