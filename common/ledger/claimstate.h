/*
 * claimstate: where a claim stands, as a fold over its events. A pure function of the set of
 * events: it orders them itself, so the order in which they came does not matter.
 *
 * Three machines that move independently (DOMAIN.md C.5): T, transport of the latest version;
 * A, adjudication by the payer whose turn it is; B, who holds the balance.
 */
#ifndef CLAIMWIRE_LEDGER_CLAIMSTATE_H
#define CLAIMWIRE_LEDGER_CLAIMSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum state_event {
    EV_BUILT, /* transport, of one version */
    EV_EDITS_PASSED,
    EV_EDITS_FAILED,
    EV_BATCHED,
    EV_SENT, /* `bytes` tells the file */
    EV_FILE_REJECTED,
    EV_SET_REJECTED,
    EV_SYNTAX_OK,
    EV_REJECTED_HERE,
    EV_ACCEPTED_HERE,
    EV_REJECTED_BY_PAYER,
    EV_ACCEPTED_BY_PAYER,
    EV_PENDED, /* adjudication, of one payer rank */
    EV_INFO_WANTED,
    EV_FINAL, /* decided, says a 277; the remittance is to come */
    EV_LOST,  /* a 277 does not find the claim */
    EV_ATTACHED,
    EV_PAID,
    EV_PARTIAL,
    EV_DENIED,
    EV_PATIENT_ONLY,
    EV_FORWARDED,
    EV_REVERSED,
    EV_USER_CORRECT,
    EV_USER_APPEAL,
    EV_USER_VOID,
    EV_USER_WRITE_OFF, /* balance */
    EV_PATIENT_PAID,
    EV_ASKED, /* its payer was asked for the status (276): moves nothing */
    STATE_EVENTS
};

enum transport {
    T_NONE,
    T_BUILT,
    T_HELD,
    T_READY,
    T_BATCHED,
    T_SENT,
    T_FILE_REJ,
    T_SET_REJ,
    T_SYNTAX_OK,
    T_REJ_CH,
    T_AT_PAYER,
    T_REJ_PAYER,
    T_ACCEPTED,
    T_REJ_LATE
};
enum adjudication {
    A_NONE,
    A_WAITING,
    A_PENDED,
    A_INFO_NEEDED,
    A_FINAL, /* FINAL_NO_REMIT, when it lasts */
    A_LOST,  /* a person decides whether it is sent again */
    A_PAID,
    A_PARTIAL,
    A_DENIED,
    A_PAID_ZERO,
    A_REVERSED,
    A_CORRECTING,
    A_APPEAL,
    A_VOIDING,
    A_VOIDED
};
enum owner { B_UNBILLED, B_PAYER, B_PATIENT, B_ZERO, B_WRITE_OFF, B_CREDIT };
const char *transport_name(enum transport t);
const char *adjudication_name(enum adjudication a);

struct state_fact {
    enum state_event kind;
    int64_t version; /* number of the version: its row */
    int rank;        /* payer rank: of the version, or of the payer that answered */
    int64_t at;      /* pipeline time */
    int phase;      /* at one time: 0 transport, 1 answers taken back, 2 takings back, 3 the rest */
    uint64_t tie;   /* settles equal times; the same whatever the order of arrival */
    uint64_t bytes; /* EV_SENT: which file */
    char frequency; /* EV_BUILT: CLM05-3 */
    bool control;   /* EV_BUILT: REF*F8 is there */
    int64_t event;  /* row of the ledger's event that says so; the fold does not look at it */
};

/* Guards that must never be broken; a set bit says that the events tried to. The event that tried
 * moves nothing. */
enum state_guard {
    GUARD_SENT_TWICE = 1,       /* one version, two files */
    GUARD_NO_CONTROL = 2,       /* a replacement or void without F8 */
    GUARD_SECONDARY_EARLY = 4,  /* built while the payer before is open or reversed */
    GUARD_VOID_AND_REPLACE = 8, /* both open */
    GUARD_WRITE_OFF = 16        /* a denial given up without a person */
};

/* What is left, by the journal; the fold says who holds it. */
struct state_money {
    int64_t receivable, denial, patient; /* cents */
    bool next_payer;                     /* another payer is known that has not answered */
};

struct claim_state {
    enum transport t;
    enum adjudication a;
    enum owner b;
    int rank;         /* payer rank of a, and of b when B_PAYER */
    bool crossed;     /* forwarded to another payer */
    unsigned broken;  /* guards */
    unsigned ignored; /* events that fit no state */
    int64_t t_since;  /* when the latest version came to t, when a was reached; 0: never */
    int64_t a_since;
    /* The payer whose turn it is: of the latest version. Unlike a and rank it does not stay with
     * the latest answer when the claim went on, to the next payer or once more to the same. */
    int turn;
    enum adjudication turn_a;
    int64_t turn_since; /* when turn_a was reached; 0: never */
    int appeals;        /* appeals to that payer */
    bool next;          /* what is left is for the next payer, who has not answered */
};
/* True while a payer has something to decide: not answered, or answered and asked again. */
bool state_awaits(enum adjudication a);

/* Sorts facts in place. */
struct claim_state state_fold(struct state_fact *facts, size_t n, const struct state_money *m);
/* "PAID PATIENT" style words for people: "sent, paid, patient" into out. */
const char *state_text(const struct claim_state *s, char out[64]);

#endif
