/*
 * ack: what is said back to a sender: the TA1 of an interchange, the 999 (005010X231A1) of a
 * functional group. Pure functions from plain structures to bytes; tools/respond keeps and joins,
 * `claimwire validate --report 999|ta1` calls them directly.
 *
 * What goes where (DOMAIN.md B.1): findings whose report begins with "TA1:" into the TA1, "AK905:"
 * into AK9, "IK502:" into IK5, "IK304:" and "IK403:" into IK3 and IK4. Findings of severity claim
 * and exception belong to other answers and are passed over; warnings too, unless asked for.
 */
#ifndef CLAIMWIRE_EDI_ACK_H
#define CLAIMWIRE_EDI_ACK_H

#include "common/edi/envelope.h"
#include "common/edi/finding.h"
#include "common/edi/write.h"

/* A finding with what the 999 can say besides. */
struct ack_finding {
    struct finding f;
    phi_str unit; /* CLM01 of the claim it stands in (CTX CLM01), TRN02 of an 835; "" if unknown */
    /* What made it wrong (CTX SITUATIONAL TRIGGER); segment "" when there is nothing to say. */
    struct {
        char segment[4], loop[12];
        uint32_t position;
        uint16_t element, component;
    } trigger;
};

/* One transaction set and its verdict. */
struct ack_set {
    char st01[4], st02[10], st03[36]; /* as read; st03 "" where not sent */
    const struct ack_finding *findings;
    uint32_t findings_n;
};

/* One functional group. */
struct ack_group {
    struct envelope_gs
        gs; /* as received: code, sender, receiver, control, version, sets, claimed */
    const struct ack_set *sets; /* in the order of the file */
    uint32_t sets_n;
    const struct finding *findings; /* of the group: AK905 and severity group */
    uint32_t findings_n;
};

/* How to write. */
struct ack_opts {
    int64_t at_us;    /* dates and times of the answer's envelope, UTC */
    uint32_t control; /* ISA13 and GS06 of the answer, 1 to 999999999 */
    bool bad_values;  /* IK404: copy of the value at fault */
    bool warnings;    /* warnings are reported, and the set is then E instead of A */
    bool no_set_list; /* a group that is wholly accepted gets no AK2 loops */
};

/* What an answer came to. */
struct ack_result {
    char code;                           /* AK901: A E P R; of a TA1: A E R */
    uint32_t claimed, counted, accepted; /* AK902 AK903 AK904 */
    uint32_t segments;                   /* SE01 */
};

/* Appends an interchange with one group with one 999, addressed back: `to` is the interchange that
 * is answered; its sender becomes our receiver. Usage is that of `to`. */
struct ack_result ack_write_999(struct buf *out, const struct envelope_isa *to,
                                const struct ack_group *g, const struct ack_opts *o);
/* Appends an interchange with one TA1 and no group. TA104 is R when a finding has severity
 * interchange, E when a warning is reported, else A with 000. */
struct ack_result ack_write_ta1(struct buf *out, const struct envelope_isa *to,
                                const struct finding *findings, uint32_t n,
                                const struct ack_opts *o);
/* True when a TA1 is owed: ISA14 is 1, or a finding is of severity interchange. */
bool ack_owes_ta1(const struct envelope_isa *isa, const struct finding *findings, uint32_t n);
/* 'A', 'E' or 'R': IK501 of a set with these findings. */
char ack_set_code(const struct ack_finding *findings, uint32_t n, bool warnings);

#endif
