/*
 * followup: nothing waits without a timer or an owner. From the books of a run: who has to do what
 * until when (items), what is waited for and how long (timers), and which payer is asked for the
 * status of which claim (276).
 *
 * All of it is worked out when it is asked for; nothing is kept beside the books. tools/work is the
 * list for people, tools/followup asks payers, tools/appeal writes letters.
 */
#ifndef CLAIMWIRE_FOLLOWUP_FOLLOWUP_H
#define CLAIMWIRE_FOLLOWUP_FOLLOWUP_H

#include "common/ledger/ledger.h"
#include "common/ledger/report.h"
#include "common/partner/profile.h"
#include "common/util/conf.h"

/* ---- config/work ---- */

/* How items of a code are handled. */
struct queue {
    const char *code, *role, *next; /* next: best action */
    int64_t within_us;
    int64_t again_us; /* a resolved item whose cause lasts comes back after this; 0: never */
    int64_t worth;    /* percent of the money that is usually saved */
    struct queue *more;
};
struct denial_group {
    const char *name, *recipe, *next;
    const char *letter; /* template of its appeals */
    int64_t worth;
    const char *codes[32];
    int codes_n;
    struct denial_group *more;
};

/* What is waited for. The table of their names, units and lines in a profile is timers.c. */
enum timer_kind {
    TIMER_SEND,          /* ready and not sent */
    TIMER_ACK,           /* sent, no TA1 or 999 */
    TIMER_CA,            /* 999, no 277CA: work days of the payer */
    TIMER_STATUS,        /* accepted: when the status is asked for, several */
    TIMER_STATUS_AGAIN,  /* and then each */
    TIMER_STATUS_MOST,   /* so many times: a number */
    TIMER_ANSWER,        /* asked, no 277: work days of the payer */
    TIMER_PENDED,        /* pended, says the payer */
    TIMER_FINAL,         /* decided, says the payer, no remittance */
    TIMER_REMIT,         /* accepted, no remittance: 835-days of the payer's calendar */
    TIMER_REST,          /* answered in part, or taken back without a correction */
    TIMER_CROSSOVER,     /* forwarded, the next payer says nothing */
    TIMER_INFORMATION,   /* to send what a payer asks for, when its request names no day */
    TIMER_APPEAL,        /* to appeal, one a level */
    TIMER_APPEAL_ANSWER, /* appealed, no answer */
    TIMER_TIMELY,        /* to file a claim, from its first day of service */
    TIMER_PATIENT,       /* the patient owes it */
    TIMER_SILENT,        /* the longest that anything may be silent without an item */
    TIMERS
};
enum { TIMER_VALUES = 8 };
struct timer {
    int64_t v[TIMER_VALUES]; /* microseconds; of TIMER_STATUS_MOST a number */
    int n;
    const char *source; /* where the number comes from, for people */
};
struct timers {
    struct timer of[TIMERS];
};
const char *timer_name(enum timer_kind k);
/* "6h", "14d 21d 30d" into out; whole days as days. */
void timer_text(const struct timers *t, enum timer_kind k, struct buf *out);
bool timer_read(enum timer_kind k, const struct conf *c, struct timers *t, struct arena *a,
                struct buf *error);
/* base, with what the profile says laid over it. p NULL: base. */
struct timers timers_for(const struct timers *base, const struct profile *p, struct arena *a);

struct queues {
    struct queue *list;
    struct denial_group *denials;
    struct timers timers;
};
/* NULL with "FILE:LINE:COLUMN: what". */
struct queues *queues_load(const char *dir, struct arena *a, struct buf *error);
/* Never NULL: a code that no queue names is an engineer's, at once. */
const struct queue *queue_of(const struct queues *q, const char *code);
const struct denial_group *denial_group_of(const struct queues *q, phi_str carc);

/* ---- one claim ---- */

/* What a claim waits for at an instant. Exactly one of: code (a person's, now), next (a timer),
 * ended; or the claim is another exception's (denied, credit): then elsewhere. */
struct watch {
    const char *code; /* NULL: none */
    int64_t since;    /* when it became a person's */
    int64_t due;      /* until when; 0: since and what its queue allows */
    const char *why;  /* short, for the list; "" */
    int64_t next;     /* code NULL: when it becomes a person's if nothing comes */
    const char *then; /* as which code */
    bool ended, elsewhere;
    int64_t ask_us; /* a 276 should have gone at this time and did not; 0: none */
    int ask_n;      /* the how manieth, from 1 */
    int timely;     /* percent of the time to file that is gone, of a claim that is not filed */
    int64_t limit_us, window_us; /* end of that time, and how long it is in all */
    int64_t heard_us;            /* latest event */
};
/* A pure function of the claim, the timers of its payer (timers_for), its profile (may be NULL) and
 * the hour. info_us: day named by the payer's request for information, 0: none. */
struct watch watch_claim(const struct report_claim *c, const struct timers *t,
                         const struct profile *p, int64_t info_us, int64_t now_us);
/* The payer whose turn it is, as the claim names it; empty: not known. */
phi_str watch_payer(const struct report_claim *c);

/* ---- all ---- */

/* One item. */
struct item {
    char id[48]; /* "DENIAL-17": the same as long as it is open */
    char code[24];
    int64_t subject; /* row of the claim, remit, payment, entry ... that it is about */
    int64_t chain;   /* of the claim; 0: none */
    phi_str claim;   /* CLM01 of the claim it is about; empty: none */
    phi_str reason;  /* denial: reason codes, with commas */
    const char *role, *group, *recipe, *next;
    const char *letter; /* denial: template of an appeal; "" */
    int64_t cents;      /* at risk, never below 0 */
    int64_t value;      /* cents that doing it is worth: at risk by what is usually saved */
    int64_t score;      /* value, more as its time runs out: the order of the list */
    bool head;          /* before everything: the time to file is nearly gone */
    int64_t since_us, due_us, again_us;
    phi_str owner; /* who took it; empty: nobody */
    bool resolved;
    int64_t returns_us; /* resolved: when it comes back if its cause lasts; 0: never */
};
struct items {
    struct item *v;
    size_t n, room;
};
/* A claim as it was looked at. */
struct looked {
    int64_t chain;
    phi_str pcn, payer;
    struct watch watch;
    int appeals;
    int64_t open; /* cents */
};
struct lookeds {
    struct looked *v;
    size_t n, room;
};

struct followup {
    struct ledger *l;
    const char *run;
    const struct queues *q;
    struct profiles *profiles; /* NULL: none */
    int64_t now_us;
    struct arena *a;
    struct items items;
    struct lookeds claims; /* every claim, by chain */
    struct report *single; /* for one claim at a time; NULL: none was asked for yet */
};
/* Reads the folders of queues and of profiles ("none": no profiles) and gathers from the ledger of a
 * run at now_us; l is NULL when the run has none. Dies with a sentence when something cannot be read.
 * Everything lives in a; the ledger and the profiles are closed by followup_close(). */
void followup_open(struct followup *f, const char *run, const char *queues, const char *partners,
                   int64_t now_us, struct arena *a);
void followup_close(struct followup *f);
/* Fills in items (most urgent first: time to file nearly gone, then what is late, then by score)
 * and claims of l, run, q, profiles, now_us and a. */
void followup_gather(struct followup *f);

#endif
