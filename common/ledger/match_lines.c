/* Line matching inside one claim, way by way; ties go to the lower LX. */
#include "common/ledger/match.h"

enum { LINES_MAX = 1024, BUNDLE_MOST = 16 };

struct lines {
    const struct facts *f;
    const struct remit *r;
    struct line_match *out;
    bool used[LINES_MAX];
    uint32_t billed; /* lines looked at: at most LINES_MAX */
};

const char *line_how_name(enum line_how how)
{
    static const char *const name[] = {"not found",
                                       "line control number",
                                       "exact",
                                       "recoded",
                                       "without modifiers",
                                       "bundled",
                                       "unbundled",
                                       "line control number, other charge"};
    return name[how];
}

static bool same_mods(const phi_str *a, uint32_t an, const phi_str *b, uint32_t bn)
{
    bool taken[FACTS_MODS] = {false};
    if (an != bn || an > FACTS_MODS)
        return false;
    for (uint32_t i = 0; i < an; i++) {
        uint32_t k = 0;
        while (k < bn && (taken[k] || !phi_eq(a[i], b[k])))
            k++;
        if (k == bn)
            return false;
        taken[k] = true;
    }
    return true;
}

/* A payer that gives no date on the line does not disagree. */
static bool same_date(const struct facts_line *b, const struct remit_line *s)
{
    return s->from.days == REMIT_NO_DATE || b->from == CLAIM_NO_DATE || s->from.days == b->from;
}

bool match_service(const struct facts_line *b, const struct remit_line *s)
{
    if (phi_empty(b->code))
        return b->revenue.n &&
               phi_eq(b->revenue,
                      phi_is(s->qual, "NU") || s->revenue.n == 0 ? s->code : s->revenue);
    return phi_eq(b->code, s->code) &&
           (phi_empty(b->revenue) || phi_empty(s->revenue) || phi_eq(b->revenue, s->revenue));
}

static bool by_control(const struct facts_line *b, const struct remit_line *s)
{
    return s->control.n && phi_eq(b->control, s->control) && b->charge == s->charge;
}

static bool by_all(const struct facts_line *b, const struct remit_line *s)
{
    return match_service(b, s) && same_mods(b->mods, b->mods_n, s->mods, s->mods_n) &&
           same_date(b, s) && b->charge == s->charge && (!s->has_units || b->units == s->units);
}

static bool by_billed(const struct facts_line *b, const struct remit_line *s)
{
    return s->billed_code.n && phi_eq(b->code, s->billed_code) && same_date(b, s) &&
           b->charge == s->charge;
}

static bool by_code(const struct facts_line *b, const struct remit_line *s)
{
    return match_service(b, s) && same_date(b, s) && b->charge == s->charge;
}

static bool by_control_alone(const struct facts_line *b, const struct remit_line *s)
{
    return s->control.n && phi_eq(b->control, s->control);
}

static void try_each(struct lines *m, enum line_how how,
                     bool (*fits)(const struct facts_line *, const struct remit_line *))
{
    for (uint32_t i = 0; i < m->r->lines_n; i++) {
        for (uint32_t k = 0; k < m->billed && m->out[i].how == LINE_NONE; k++) {
            if (m->used[k] || !fits(&m->f->lines[k], &m->r->lines[i]))
                continue;
            m->used[k] = true;
            m->out[i] = (struct line_match){m->f->lines[k].lx, how};
        }
    }
}

/* Picks unused billed lines from `at` on whose charges sum to rest; marks them when they do. */
static bool pick(struct lines *m, uint32_t at, int64_t rest, int picked)
{
    if (rest == 0)
        return picked >= 2;
    for (uint32_t k = at; k < m->billed && k < BUNDLE_MOST; k++) {
        if (m->used[k] || m->f->lines[k].charge > rest || m->f->lines[k].charge <= 0)
            continue;
        m->used[k] = true;
        if (pick(m, k + 1, rest - m->f->lines[k].charge, picked + 1))
            return true;
        m->used[k] = false;
    }
    return false;
}

static void try_bundles(struct lines *m)
{
    for (uint32_t i = 0; i < m->r->lines_n; i++) {
        bool before[BUNDLE_MOST];
        if (m->out[i].how != LINE_NONE)
            continue;
        memcpy(before, m->used, sizeof before);
        if (!pick(m, 0, m->r->lines[i].charge, 0))
            continue;
        uint32_t k = 0;
        while (before[k] || !m->used[k])
            k++;
        m->out[i] = (struct line_match){m->f->lines[k].lx, LINE_BUNDLED};
    }
}

static bool part_of(const struct facts_line *b, const struct remit_line *s)
{
    return by_control_alone(b, s) ||
           (same_date(b, s) &&
            (match_service(b, s) || (s->billed_code.n && phi_eq(b->code, s->billed_code))));
}

/* One billed line, several SVC of its control number or code that sum to its charge. */
static void try_unbundled(struct lines *m)
{
    for (uint32_t k = 0; k < m->billed; k++) {
        int64_t sum = 0;
        int parts = 0;
        for (uint32_t i = 0; i < m->r->lines_n && !m->used[k]; i++) {
            if (m->out[i].how != LINE_NONE || !part_of(&m->f->lines[k], &m->r->lines[i]))
                continue;
            sum += m->r->lines[i].charge;
            parts++;
        }
        if (parts < 2 || sum != m->f->lines[k].charge)
            continue;
        m->used[k] = true;
        for (uint32_t i = 0; i < m->r->lines_n; i++)
            if (m->out[i].how == LINE_NONE && part_of(&m->f->lines[k], &m->r->lines[i]))
                m->out[i] = (struct line_match){m->f->lines[k].lx, LINE_UNBUNDLED};
    }
}

bool match_lines(const struct facts *f, const struct remit *r, struct line_match *out)
{
    struct lines m = {.f = f, .r = r, .out = out};
    bool all = r->lines_n > 0;
    m.billed = f->lines_n < LINES_MAX ? f->lines_n : LINES_MAX;
    memset(out, 0, r->lines_n * sizeof *out);
    try_each(&m, LINE_CONTROL, by_control);
    try_each(&m, LINE_EXACT, by_all);
    try_each(&m, LINE_RECODED, by_billed);
    try_each(&m, LINE_SOFT, by_code);
    try_unbundled(&m); /* before bundles: here the code agrees, there only a sum does */
    try_bundles(&m);
    try_each(&m, LINE_CHARGE, by_control_alone);
    for (uint32_t i = 0; i < r->lines_n; i++)
        all = all && out[i].how != LINE_NONE && out[i].how != LINE_BUNDLED &&
              out[i].how != LINE_CHARGE;
    return all;
}
