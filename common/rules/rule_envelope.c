/* Rules about envelopes that ask tables of facts: what was received before, and what was sent. */
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdio.h>

static const struct rule *rule_of(const struct rules *r, const char *id)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->rule[i]->id, id) == 0)
            return r->rule[i];
    return NULL;
}

/* Some row of the table has these values. */
static bool known(const struct rules *r, const char *table, const char *const *column,
                  const phi_str *v, uint32_t n)
{
    struct fact_table *t = facts_table(r->facts, phi_lit(table));
    uint8_t at[FACT_KEYS];
    for (uint32_t i = 0; t && i < n; i++) {
        int c = fact_column(t, phi_lit(column[i]));
        if (c < 0)
            return false;
        at[i] = (uint8_t)c;
    }
    return t && fact_find(fact_index_of(r->facts, t, at, n), v, UINT32_MAX) != UINT32_MAX;
}

static void tell(const struct rule *u, uint16_t element, const char *segment, uint64_t offset,
                 phi_str bad, struct finding_sink sink)
{
    struct finding f = {.level = u->level,
                        .severity = u->severity,
                        .element = element,
                        .offset = offset,
                        .text = u->text,
                        .bad = bad};
    snprintf(f.rule, sizeof f.rule, "%s", u->id);
    snprintf(f.segment, sizeof f.segment, "%s", segment);
    snprintf(f.report, sizeof f.report, "%s", u->report);
    sink.found(sink.ctx, &f);
}

void rules_interchange(const struct rules *r, const struct envelope_isa *isa,
                       struct finding_sink sink)
{
    static const char *const columns[] = {"sender", "receiver", "control"};
    const struct rule *u = rule_of(r, "S1-010");
    phi_str v[] = {phi_lit(isa->sender), phi_lit(isa->receiver), phi_lit(isa->control)};
    if (u && !u->waits && known(r, "received", columns, v, 3))
        tell(u, 13, "ISA", isa->off + 90, v[2], sink);
}

void rules_ta1(const struct rules *r, const struct edi_seg *ta1, struct finding_sink sink)
{
    static const char *const columns[] = {"control"};
    const struct rule *u = rule_of(r, "S1-052");
    phi_str control = seg_el(ta1, 1);
    if (u && !u->waits && !known(r, "sent", columns, &control, 1))
        tell(u, 1, "TA1", ta1->off, control, sink);
}
