/*
 * Rules as text: what must hold between the segments of a claim, a payment, an inquiry (levels 4 to
 * 7), one file a rule, read at start and carried out while check walks. docs/rules.md describes
 * the language. Rules of levels 1 to 3 that the walk itself carries out have a file as well, which
 * says so.
 *
 * A rule speaks only of what levels 1 to 3 found no fault with: one fault, one finding.
 */
#ifndef CLAIMWIRE_RULES_RULES_H
#define CLAIMWIRE_RULES_RULES_H

#include "common/codes/codes.h"
#include "common/edi/check.h"
#include "common/edi/envelope.h"
#include "common/codes/facts.h"

struct rules; /* all rules of a folder, bound to a set of guides */

/* Reads every .rule file of dir (several folders parted by colons: those of a partner behind those
 * of all) and the code lists of lists (.list files; a folder that does not
 * exist has none). guides, codes (NULL: no tables, so what asks them is silent) and facts (NULL:
 * none, so that rules which ask them are not tried) are borrowed and must outlive the rules; several
 * rules may share the facts. On a fault returns NULL and appends "FILE:LINE:COLUMN: what". */
struct rules *rules_load(const char *dir, const char *lists, const struct guide_set *guides,
                         const struct codes *codes, struct facts *facts, struct buf *error);
/* The same with the profiles of partners (borrowed, NULL: none). The lines of a profile that speak
 * of claims are rules of level 7 for the claims of its payer ids; the rules of PARTNERS/NAME/rules
 * are for partner NAME alone. */
struct profiles;
struct profile;
struct rules *rules_load_for(const char *dir, const char *lists, const struct guide_set *guides,
                             const struct codes *codes, struct facts *facts,
                             const struct profiles *profiles, struct buf *error);
/* The same, but only what goes by profiles is carried out: lines of profiles, rules of partners, and
 * rules that ask what a profile says. The levels below cost nothing then. */
struct rules *rules_load_profiled(const char *dir, const char *lists,
                                  const struct guide_set *guides, const struct codes *codes,
                                  struct facts *facts, const struct profiles *profiles,
                                  struct buf *error);
/* The same for one rule text held in memory, for tests and fuzzing; no lists. */
struct rules *rules_parse(phi_str text, const struct guide_set *guides, struct facts *facts,
                          struct buf *error);
void rules_free(struct rules *r);
/* The code tables when no file of them is named: those that were imported to config/codes, else the
 * starter table, else NULL. A starter table knows some codes of a system and not all: pass *starter
 * on to rules_starter(), after which a code that is not in the table at all is no fault, only one
 * that is there and not valid on the day. file as the user named it; NULL: not. */
struct codes *rules_codes(const char *file, bool *starter, struct buf *error);
void rules_starter(struct rules *r, bool starter);

/* A rule as its file has it; all borrowed from the rules. */
struct rule_info {
    const char *id, *path, *text, *report, *source;
    const char *by;    /* who carries it out when it is not an expression: "walk", "ingest" ... */
    const char *why;   /* with by "nobody": why it is not carried out */
    const char *waits; /* tables of facts that it asks and that are not there; NULL: none */
    const char *facts; /* folder below fixtures/facts that its fixtures go by; NULL: none */
    const char *on;    /* transactions, blank separated, as written */
    enum severity severity, checked; /* as shipped; when its source is checked */
    uint8_t severities; /* bits of all that it may be told with: of a set or of its group, as a
                           fault or as something that the guide only notes */
    uint8_t level;
    bool profiled; /* it is about what profiles say: who writes a profile has checked it */
    uint32_t fixtures;
};
uint32_t rules_count(const struct rules *r);
struct rule_info rules_at(const struct rules *r, uint32_t i); /* in the order of their ids */
/* Fixture k of rule i: `pass` or `fail`, base file below fixtures, edits. */
struct rule_fixture {
    bool fail;
    const char *base, *edits;
    int line;
};
struct rule_fixture rules_fixture(const struct rules *r, uint32_t i, uint32_t k);

/* What tables of facts say of an interchange (S1-010: received before) and of a TA1 (S1-052: what it
 * answers was sent). Not for two threads at once. */
void rules_interchange(const struct rules *r, const struct envelope_isa *isa,
                       struct finding_sink sink);
void rules_ta1(const struct rules *r, const struct edi_seg *ta1, struct finding_sink sink);

/* The state of one walk; give its watch to check_new(). rules is borrowed. Never NULL. max_level
 * and now_us as in check_opts. */
struct rules_run *rules_run_new(const struct rules *r, uint8_t max_level, int64_t now_us);
const struct check_watch *rules_run_watch(struct rules_run *r);
/* What profiles say of a partner is tried at whatever level the others end: for a stage, which must keep
 * what was agreed. */
void rules_run_profiles(struct rules_run *r);
/* What day it is from now on, for rules that ask (the record's time, so that a replay says the
 * same). */
void rules_run_today(struct rules_run *r, int64_t now_us);
/* Who sends the sets that begin from now on; NULL: nobody with a profile. Rules with `partner` are
 * tried for the claims of that payer, and for all that this partner sends. */
void rules_run_sender(struct rules_run *r, const struct profile *p);
/* What fresh() has met in a set counts in all that this run walks after it: for a tool that looks at
 * files once. A stage may be given a set again and must not. */
void rules_run_remembers(struct rules_run *r);
/* The i-th system (icd10cm, hcpcs ...) of which a code was asked that the starter table does not have, so
 * that nobody knows whether there is such a code; NULL behind the last. */
const char *rules_run_unlisted(const struct rules_run *r, uint32_t i);
void rules_run_free(struct rules_run *r);

#endif
