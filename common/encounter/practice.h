/*
 * practice: what is the office's and not the encounter's (config/practice): who sends, providers,
 * payers, charge master. The one reader of that folder.
 */
#ifndef CLAIMWIRE_ENCOUNTER_PRACTICE_H
#define CLAIMWIRE_ENCOUNTER_PRACTICE_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdint.h>

struct address {
    phi_str line1, line2, city, state, zip;
};
struct provider {
    const char *npi;
    bool person;                              /* NM102 1, else 2 */
    const char *last, *first;                 /* last: name of an organisation */
    const char *taxonomy, *tax_kind, *tax_id; /* "" when not given */
    const char *clia;                         /* CLIA number of its laboratory, "" when none */
    struct address address;                   /* line1 empty when not given */
};
struct payer {
    const char *key;                 /* as encounters say it */
    const char *name, *id, *id_kind; /* 2010BB NM103, NM109, NM108 */
    const char *filing;              /* SBR09, "" when encounters must say it */
};
struct place { /* where visits are, by the name that the sending system has for it */
    const char *name;
    const char *npi, *pos, *bill; /* facility, CLM05-1, who bills for it; "" when not given */
    const char *clia;             /* as in struct provider */
};
struct practice;

/* Reads every .yaml of dir; all memory is the arena's. NULL with the reason in error. */
struct practice *practice_read(const char *dir, struct arena *a, struct buf *error);
/* The same for who writes claims: office, clearinghouse and claims must be there. */
struct practice *practice_load(const char *dir, struct arena *a, struct buf *error);
/* NULL when not known. */
const struct provider *practice_provider(const struct practice *p, phi_str npi);
const struct payer *practice_payer(const struct practice *p, phi_str key);
const struct place *practice_place(const struct practice *p, phi_str name);
/* True when `systems` says that this system sends charges only when the note is signed. */
bool practice_signs(const struct practice *p, phi_str system);
/*
 * Price of one unit in cents on a day, false when the charge master has none. Of the entries for
 * this code that began by then, whose modifier (if any) is among mods and whose payer (if any) is
 * this one: one with the payer beats one without, then one with a modifier, then the latest.
 */
bool practice_price(const struct practice *p, phi_str code, const phi_str *mods, uint32_t mods_n,
                    const struct payer *payer, int32_t day, int64_t *cents);

/* Sender and receiver of the sets: "id", "qualifier", "name", "contact", "phone" of `office`, "id",
 * "qualifier", "name" of `clearinghouse`, "assignment", "release", "benefits", "signature" of
 * `claims` (CLM07, CLM09, CLM08, CLM06). */
const char *practice_text(const struct practice *p, const char *section, const char *key);

#endif
