/* One file through envelopes and check, and what is printed of it. */
#ifndef CLAIMWIRE_VALIDATE_REPORT_H
#define CLAIMWIRE_VALIDATE_REPORT_H

#include "common/edi/ack_stream.h"
#include "common/edi/check.h"
#include "common/rules/rules.h"
#include "common/partner/terms.h"
#include "common/util/arena.h"

enum report_kind { REPORT_TEXT, REPORT_JSON, REPORT_999, REPORT_TA1, REPORT_277CA, REPORTS };

/* Where a report goes; several may be written in one run. */
struct report_out {
    bool wanted;
    const char *path; /* NULL: standard output */
    int fd;
    struct buf text;     /* not written yet */
    struct spool answer; /* to the present interchange, which may still be rejected */
    uint32_t answers;    /* interchanges numbered so far */
};

struct job {
    struct report_out report[REPORTS];
    bool show, color;
    struct check_opts check;
    const struct profiles *profiles; /* NULL: none */
    const struct profile *partner;   /* that every interchange is held against; NULL: its own */
    struct rules_run *run;           /* NULL: no rules */
    const struct rules *rules;       /* NULL: none */
    /* what came, of all files */
    uint64_t files, interchanges, sets, claim_sets, accepted, claims, segments;
    uint64_t by_severity[SEV_INTERCHANGE + 1];
    /* of the present file */
    const char *path;
    struct check *walk;
    bool in_set, group_lost, isa_lost;
    uint64_t group_accepted, isa_accepted; /* sets, as long as it is not known what becomes of
                                              their envelopes */
    struct isa_log *seen;                  /* control numbers of the interchanges of this file */
    int fd;
    /* of the present group, for its 999 */
    struct arena mem;
    struct ack_group group;
    struct ack_set *set;
    struct ack_finding *found; /* of the present set */
    struct finding *outer;     /* of the present group */
    struct spool units;        /* CLM01 of the claims of the present set, UNIT_ROOM bytes each */
    uint32_t set_room, found_n, found_room, outer_n, outer_room, unit_n;
    uint32_t position;
    struct envelope_isa isa;
    struct finding *isa_found; /* of the present interchange, for its TA1 */
    struct arena isa_mem;
    uint32_t isa_n, isa_room;
    struct ack_stream *stream; /* claims of the present set, for the 277CA of its group */
    struct ack_stream_out ca;
    uint64_t ca_from; /* where the answer to the present group begins */
};

/* Opens the files that reports go to; they are empty until an interchange has been answered. Ends
 * the process when one cannot be written. */
void report_open(struct job *j);
/* Reads fd to its end; returns the exit code for it. */
int report_file(struct job *j, int fd, const char *path);
/* One line on stderr about everything. */
void report_summary(const struct job *j);
/* Writes what is left, and releases everything. */
void report_free(struct job *j);

#endif
