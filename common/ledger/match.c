#include "common/ledger/match.h"
#include <ctype.h>

/* Next letter or digit at or behind *i, upper case; 0 at the end. */
static int next_word(phi_str s, size_t *i)
{
    while (*i < s.n) {
        unsigned char c = (unsigned char)s.p[(*i)++];
        if (c < 0x80 && isalnum(c))
            return toupper(c);
    }
    return 0;
}

static int next_word_lead(phi_str s, size_t *i)
{
    int c;
    while ((c = next_word(s, i)) == '0')
        ;
    return c;
}

size_t match_key(phi_str pcn, char out[MATCH_KEY])
{
    size_t i = 0, n = 0;
    for (int c = next_word_lead(pcn, &i); c && n < MATCH_KEY; c = next_word(pcn, &i))
        out[n++] = (char)c;
    return n;
}

bool match_same_word(phi_str a, phi_str b)
{
    size_t i = 0, k = 0;
    int x = next_word_lead(a, &i), y = next_word_lead(b, &k);
    if (!x || !y)
        return false;
    while (x == y && x) {
        x = next_word(a, &i);
        y = next_word(b, &k);
    }
    return x == y;
}

bool match_own_trace(phi_str trace, struct rec_id claim)
{
    char own[REC_TRACE];
    return phi_is(trace, rec_id_trace(claim, own));
}

int match_rank(phi_str status)
{
    static const struct {
        const char *status;
        int rank;
    } ranks[] = {{"1", 1}, {"2", 2}, {"3", 3}, {"19", 1}, {"20", 2}, {"21", 3}};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (phi_is(status, ranks[i].status))
            return ranks[i].rank;
    return 0;
}

bool match_is_reversal(phi_str status)
{
    return phi_is(status, "22");
}

static bool payer_listed(phi_str id, const struct payment *p)
{
    if (match_same_word(id, p->payer_number) || match_same_word(id, p->payer_id))
        return true;
    for (uint32_t i = 0; i < p->payer_refs_n; i++)
        if (match_same_word(id, p->payer_refs[i].value))
            return true;
    return false;
}

bool match_payer_named(const struct facts *f, const struct remit *r)
{
    if (payer_listed(f->payer, &r->head) || match_same_word(f->payer_name, r->head.payer_name))
        return true;
    for (uint32_t i = 0; i < f->others_n; i++)
        if (payer_listed(f->others[i].payer, &r->head))
            return true;
    return false;
}

bool match_payer(const struct facts *f, const struct remit *r)
{
    return match_payer_named(f, r) || match_rank(r->status) >= 2;
}

static bool member_agrees(const struct facts *f, const struct remit *r)
{
    const struct remit_name *n;
    static const char *const who[] = {"QC", "IL", "74"};
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        if ((n = remit_name_of(r, who[i])) && match_same_word(n->id, f->member))
            return true;
    return false;
}

static bool name_agrees(const struct facts *f, const struct remit *r)
{
    const struct remit_name *n = remit_name_of(r, "QC");
    return n && match_same_word(n->last, f->last) && match_same_word(n->first, f->first);
}

/* True when the remit names a provider and none that it names is the claim's. */
static bool provider_differs(const struct facts *f, const struct remit *r)
{
    const struct remit_name *n = remit_name_of(r, "82");
    bool named = r->head.payee_npi.n || (n && n->id.n);
    return named && f->billing.n && !phi_eq(r->head.payee_npi, f->billing) &&
           !(n && phi_eq(n->id, f->billing));
}

bool match_stranger(const struct facts *f, const struct remit *r)
{
    const struct remit_name *n = remit_name_of(r, "QC");
    return n && n->id.n && n->last.n && f->last.n && !match_same_word(n->last, f->last) &&
           !member_agrees(f, r) && provider_differs(f, r);
}

static bool service_date_agrees(const struct facts *f, const struct remit *r)
{
    int32_t from, to;
    remit_service_dates(r, &from, &to);
    return from != REMIT_NO_DATE && f->from != CLAIM_NO_DATE && from <= f->thru && to >= f->from;
}

static bool codes_agree(const struct facts *f, const struct remit *r)
{
    for (uint32_t i = 0; i < r->lines_n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < f->lines_n && !found; k++)
            found =
                match_service(&f->lines[k], &r->lines[i]) ||
                (r->lines[i].billed_code.n && phi_eq(r->lines[i].billed_code, f->lines[k].code));
        if (!found)
            return false;
    }
    return r->lines_n > 0;
}

/* Tiers 3 to 7: the account number did not come back with a payer that agrees. */
static struct match match_loosely(const struct facts *f, const struct remit *r, bool control_known)
{
    bool charge = r->charge == f->charge, date = service_date_agrees(f, r);
    bool member = member_agrees(f, r);
    bool biller = phi_empty(r->head.payee_npi) || phi_eq(r->head.payee_npi, f->billing);
    char a[MATCH_KEY], b[MATCH_KEY];
    size_t an = match_key(f->pcn, a), bn = match_key(r->account, b);
    if (an && phi_eq(phi_of(a, an), phi_of(b, bn)) && member && date)
        return (struct match){3, charge ? 90 : 70};
    if (control_known)
        return (struct match){4, 90};
    if (member && date && charge && biller)
        return (struct match){5, 80};
    if (name_agrees(f, r) && date && charge && codes_agree(f, r))
        return (struct match){6, 60};
    return (struct match){7, 0};
}

struct match match_claim(const struct facts *f, const struct remit *r, bool control_known,
                         int64_t group_charge, struct line_match *lines)
{
    if (phi_eq(f->pcn, r->account) && match_payer(f, r) && !match_stranger(f, r)) {
        if (r->charge == f->charge || group_charge == f->charge)
            return (struct match){1, 100};
        if (match_lines(f, r, lines))
            return (struct match){2, 95};
    }
    return match_loosely(f, r, control_known);
}
