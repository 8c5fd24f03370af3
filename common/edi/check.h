/*
 * check: walks one transaction set through its guide, once, and says what is wrong.
 *
 * Level 1 (integrity of the set: SE01, SE02, order, mandatory parts, types, lengths, characters,
 * syntax notes, HL and LX numbering), level 2 (the guide: usage, code subsets, repeats) and
 * level 3 (balance) so far. One fault gives one finding: after a fault the walk finds its place
 * again and stays silent about what follows from it.
 */
#ifndef CLAIMWIRE_EDI_CHECK_H
#define CLAIMWIRE_EDI_CHECK_H

#include "common/edi/finding.h"
#include "common/edi/guide.h"
#include "common/edi/scan.h"

struct check;
/* Someone who looks on while a set is walked (common/rules). */
struct check_watch {
    void *ctx;
    /* A set of this guide begins. Returns a byte for each node of the guide, not 0 for segments
     * that are wanted, borrowed until the set ends; NULL: none is. */
    const uint8_t *(*begin)(void *ctx, struct check *c, const struct guide *g);
    /* A wanted segment at its node, when levels 1 to 3 have said what they have to say. */
    void (*segment)(void *ctx, struct check *c, uint16_t node, const struct edi_seg *seg);
    /* The set is over; its findings can still be added to. */
    void (*end)(void *ctx, struct check *c);
};

struct check_opts {
    const struct guide_set *guides;  /* borrowed */
    const struct check_watch *watch; /* borrowed; NULL: nobody */
    bool allow_alias;                /* a partner profile may allow X222 and X222A2 for X222A1 */
    bool extended_charset;           /* lower case and the extended set are agreed */
    uint8_t max_level;               /* 1 to 7; 0 means all that there are */
    int64_t now_us;                  /* pipeline clock, for dates in the future */
};

/* What is agreed with the partner whose sets follow (common/partner). */
struct check_terms {
    const struct guide_set *guides; /* laid over those of check_opts; NULL: these */
    /* How grave a finding of this rule is at LOOP/SEGMENT; NULL: as it is. */
    enum severity (*severity)(const void *ctx, const char *rule, const char *loop,
                              const char *segment, enum severity s);
    const void *ctx;
    uint32_t claims; /* at most so many in a set (S7-009); 0: no limit */
};

/* What a set came to. */
struct check_result {
    bool accepted;     /* no finding of severity transaction or graver */
    uint32_t segments; /* counted from ST to SE */
    uint32_t claims;   /* CLM in an 837, CLP in an 835 */
    uint32_t findings;
    char st01[4], st02[10]; /* as read, cut to size */
};

/* One check serves any number of sets, one after the other. Never NULL. */
struct check *check_new(const struct check_opts *opts, struct finding_sink sink);
/* Holds for the sets that begin from now on; copied. NULL: nothing is agreed. */
void check_agree(struct check *c, const struct check_terms *t);
/* Begins a set inside a group with this GS01 and GS08 (copied). */
void check_begin(struct check *c, const struct edi_delims *d, phi_str gs01, phi_str gs08);
/* After check_begin: another set of the group has the same ST02 (S1-027). */
void check_repeated(struct check *c);
/* The next segment, ST first and SE last; borrowed for the call. */
void check_segment(struct check *c, const struct edi_seg *seg);
/* Ends the set (also when SE never came). Findings are with the sink by now. */
struct check_result check_end(struct check *c);
/* The same for a set that was cut off with its file: that SE never came is not said again. */
struct check_result check_cut(struct check *c);
void check_free(struct check *c);

#endif
