/*
 * Partner profiles: what is agreed with one trading partner, as a text file (config/partners/
 * NAME.partner, docs/partners.md). A profile is laid over a guide and over the rules; it says how
 * files for the partner are written, which limits they keep, and what may be repaired in its own.
 *
 * A profile is found by the partner's interchange id (ISA05 and ISA06 of what it sends, ISA07 and
 * ISA08 of what it is sent), or, for each claim, by the payer id of 2010BB NM109. Everything in a
 * profile is checked when it is read: a bad one is refused with file, line, column and reason.
 */
#ifndef CLAIMWIRE_PARTNER_PROFILE_H
#define CLAIMWIRE_PARTNER_PROFILE_H

#include "common/edi/finding.h"
#include "common/edi/guide.h"

struct profiles; /* all of a folder */
struct profile;  /* one partner */

/* Reads every NAME.partner of dir, in the order of their names. guides (borrowed, NULL: paths and
 * guide names are taken on trust) must outlive them. A folder without profiles gives none, and so does
 * config/partners when it is not there; any other that is not there is a fault. On a fault returns NULL and appends "FILE:LINE:COLUMN: what". */
struct profiles *profiles_load(const char *dir, const struct guide_set *guides, struct buf *error);
/* The same for one text held in memory, for tests and fuzzing. Lists of values that lie in files
 * are not read: they are a fault here. */
struct profiles *profiles_parse(const char *name, phi_str text, const struct guide_set *guides,
                                struct buf *error);
void profiles_free(struct profiles *s);

uint32_t profiles_count(const struct profiles *s);
const struct profile *profiles_at(const struct profiles *s, uint32_t i);
const struct profile *profiles_find(const struct profiles *s, phi_str name);
/* By the partner's interchange id; blanks behind the id do not count. NULL: not known. */
const struct profile *profiles_of_id(const struct profiles *s, phi_str qualifier, phi_str id);
/* By the payer id of a claim. */
const struct profile *profiles_of_payer(const struct profiles *s, phi_str payer);

const char *profile_name(const struct profile *p);
const char *profile_label(const struct profile *p); /* "" when it has none */
const char *profile_file(const struct profile *p);

/* A line of a profile as data. */
struct profile_line {
    const char *section; /* "limits"; "" above the first */
    const char *key;     /* "claims-per-set"; of a list its name */
    const char *guide;   /* in a guide section: its name; else NULL */
    const char *const *word;
    uint32_t n; /* words behind the key */
    int line, column;
    const char *says; /* what it is, in words */
};
/* True when a profile may have a line of this section and key. */
bool profile_knows(const char *section, const char *key);
uint32_t profile_lines(const struct profile *p);
const struct profile_line *profile_line(const struct profile *p, uint32_t i);
/* The line of a section and key, NULL when the profile has none (the first, where there may be
 * several). */
const struct profile_line *profile_get(const struct profile *p, const char *section,
                                       const char *key);
/* Its first word, or `otherwise`. p may be NULL. */
const char *profile_word(const struct profile *p, const char *section, const char *key,
                         const char *otherwise);
int64_t profile_number(const struct profile *p, const char *section, const char *key,
                       int64_t otherwise);
/* True when the line is there and holds that word. */
bool profile_says(const struct profile *p, const char *section, const char *key, phi_str word);
/* Own list of values; NULL when there is no list of this name. */
struct profile_list {
    const char *name;
    const phi_str *value; /* sorted */
    uint32_t n;
};
const struct profile_list *profile_list(const struct profile *p, phi_str name);
bool profile_list_has(const struct profile_list *l, phi_str value);

/* What the partner's `warn` and `refuse` lines make of a finding of this rule at LOOP/SEGMENT (may be ""). */
enum severity profile_severity(const struct profile *p, const char *rule, const char *loop,
                               const char *segment, enum severity severity);
/* The guides as this partner has them: base, with its lines laid over. Compiled once, when the
 * profile is read; the walk knows no profile. NULL when the profile lays nothing over a guide. */
const struct guide_set *profile_guides(const struct profile *p);

/* ISA12 that it may send, blank separated; NULL: not said. */
const char *profile_isa12(const struct profile *p);

/* Appends the profile in its canonical form, or as one JSON object. */
void profile_write(const struct profile *p, struct buf *out);
void profile_json(const struct profile *p, struct buf *out);
/* One difference between two profiles. */
struct profile_difference {
    const char *section, *key, *guide; /* guide NULL: none */
    const char *subject;               /* path or rule id, "" */
    const char *says;
    const struct profile_line *a, *b; /* NULL: not said */
};
/* Calls back for each difference; how many there are. */
uint32_t profile_diff(const struct profile *a, const struct profile *b,
                      void (*each)(void *ctx, const struct profile_difference *d), void *ctx);

#endif
