/*
 * match: which claim a CLP belongs to, and which billed line an SVC belongs to. Pure functions.
 * Tiers and confidences are those of DOMAIN.md C.2; a confidence is in percent.
 */
#ifndef CLAIMWIRE_LEDGER_MATCH_H
#define CLAIMWIRE_LEDGER_MATCH_H

#include "common/edi/remit.h"
#include "common/ledger/facts.h"
#include "common/util/id.h"

/* How an SVC found its billed line, in the order in which the ways are tried. */
enum line_how {
    LINE_NONE,      /* not found: its money is posted at claim level */
    LINE_CONTROL,   /* REF*6R came back, charge equal */
    LINE_EXACT,     /* code, modifiers in any order, date, charge, units */
    LINE_RECODED,   /* SVC06 says what was billed */
    LINE_SOFT,      /* code without modifiers, date, charge */
    LINE_BUNDLED,   /* several billed lines paid as one */
    LINE_UNBUNDLED, /* one billed line paid as several */
    LINE_CHARGE     /* REF*6R came back with another charge: the line is right, the sum is not */
};
const char *line_how_name(enum line_how how);

/* True when the SVC names the service of the billed line: the same procedure, and where both say
 * one the same revenue code; of a line without procedure the revenue code alone (SVC04, or SVC01
 * with qualifier NU). */
bool match_service(const struct facts_line *b, const struct remit_line *s);

struct line_match {
    uint32_t lx; /* LX01 of the billed line, the first of several; 0: none */
    enum line_how how;
};
/* Finds the billed line of each SVC of r; out has r->lines_n entries. True when every SVC was found
 * by its code or control number and with its charge, so that r pays a part of the claim: a sum that
 * happens to fit (a bundle) is no such proof. */
bool match_lines(const struct facts *f, const struct remit *r, struct line_match *out);

struct match {
    int tier;       /* 1 to 7 */
    int confidence; /* percent; 0 at tier 7 */
};
/* How well r fits the claim. control_known: CLP07 is a payer control number seen with this claim
 * before. group_charge: sum of CLP03 of all CLPs of this payment with this CLP01 and a positive
 * status (r->charge when it stands alone). A remit that names another patient, another member and
 * another provider is not the claim's, whatever its account number: two submitters may count alike.
 * lines is scratch for r->lines_n entries. */
struct match match_claim(const struct facts *f, const struct remit *r, bool control_known,
                         int64_t group_charge, struct line_match *lines);

/* True when the payer that answers is one that the claim knows. A later payer may answer that the
 * claim was never sent to: the first one forwarded it. */
bool match_payer(const struct facts *f, const struct remit *r);
/* True when the claim names the payer that answers. */
bool match_payer_named(const struct facts *f, const struct remit *r);
/* True when r is about another patient, by name and by member id, of another provider. */
bool match_stranger(const struct facts *f, const struct remit *r);

/* True when that is the number that we gave this claim (rec_id_trace). */
bool match_own_trace(phi_str trace, struct rec_id claim);

/* The form of a patient control number under which a claim is looked up: upper case letters and
 * digits only, no leading zeros, 17 characters at most (payers cut and change the rest). Writes to
 * out, returns the length. */
enum { MATCH_KEY = 17 };
size_t match_key(phi_str pcn, char out[MATCH_KEY]);
/* True when a and b are the same letters and digits, case and leading zeros aside. */
bool match_same_word(phi_str a, phi_str b);
/* 1, 2 or 3: which payer in order answers with this CLP02; 0 when the status does not say. */
int match_rank(phi_str status);
/* True for a reversal, CLP02 22. */
bool match_is_reversal(phi_str status);

#endif
