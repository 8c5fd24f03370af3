/* Inside the ledger: what its files share. Not for anybody else. */
#ifndef CLAIMWIRE_LEDGER_PARTS_H
#define CLAIMWIRE_LEDGER_PARTS_H

#include "common/edi/remit.h"
#include "common/ledger/facts.h"
#include "common/ledger/ledger.h"
#include "common/ledger/match.h"

struct report;
struct json_t;
struct ledger {
    struct report *lives; /* life.c: as of this event */
    int64_t lives_at;
    struct store *store;
    struct seal_keys *keys;
    bool borrowed_keys;
    struct arena arena; /* of one record; freed when it is done */
    struct buf buf;     /* scratch for sealing */
    int threshold;
    bool importing;  /* what comes is of a system before this one */
    int64_t file_no; /* of file, 0 when none was looked up */
    struct digest file;
    struct {
        struct rec_id key, origin;
        int64_t no;  /* 0: none yet */
    } payment;       /* the one found last: its remits come in a row */
    int64_t waiting; /* remits without a claim, so that the common case asks nothing */
    struct {
        int64_t verdict; /* 0: none */
        struct json_t *list;
    } findings; /* of the verdict asked for last: the claims of a set are asked for in a row */
};

/* Number of the event row of this record, new or known. *repeat says which. */
int64_t event_add(struct ledger *l, const struct record *r, enum ledger_kind kind, bool *repeat);

enum { EVENT_IMPORTED = 256 };
/* Keyed number over what an event row says; n as in its row, kind with EVENT_IMPORTED for a claim that
 * was brought forward. */
int64_t event_mark(struct ledger *l, const struct record *r, int kind, int64_t n);
/* Keeps the body of an event that has no row of its own to keep it, sealed; with record.of. */
void body_keep(struct ledger *l, int64_t no, const struct record *r);
/* Body and `of` into *r, in the record's arena; false when none was kept. */
bool body_open(struct ledger *l, int64_t no, struct record *r);

/* One row. k counts the rows of one event on any subject; see journal.c. */
struct posting {
    int64_t event;
    int k;
};
void journal_add(struct ledger *l, struct posting *p, int64_t subject, enum ledger_account a,
                 int64_t cents, uint32_t line, phi_str code);
/* The two rows of a change in what a claim bills, in one statement: every claim has them. */
void journal_bill(struct ledger *l, struct posting *p, int64_t chain, int64_t cents, bool opening);
/* The next free k of an event on this subject. */
int journal_next(struct ledger *l, int64_t subject, int64_t event);

/* What a CAS does to the claim's money (DOMAIN.md C.3). */
enum ledger_account cas_account(phi_str group, phi_str reason);

/* A claim row that might be the one a remit means. */
struct candidate {
    int64_t no, chain;
    struct facts facts;
};

/* One remit with its body read. */
struct remit_row {
    int64_t no, payment;
    const struct remit *r;
    bool parked; /* its cents are in unapplied or suspense already */
};

/* Where a remit belongs. */
struct decision {
    int tier;
    int64_t chain, version; /* the claim, and the version of it that was paid */
    int64_t original;       /* of a reversal: the remit that it takes back, else 0 */
    bool later;             /* from a payer behind the first that was billed */
    struct line_match *lines;
};

/* True when an answer about the account pcn repeats the number (REF*D9) that we gave to another claim
 * of that account; false where it names none, or one that our submitter gave. */
bool ack_of_another(struct ledger *l, phi_str trace, phi_str pcn, struct rec_id claim);

/* A second ledger under dir with the keys and threshold of model, for a proof. */
struct ledger *ledger_open_with(const char *dir, const struct ledger *model);

/* Sealed values are bound to the table and row they stand in. */
void seal_value(struct ledger *l, char table, int64_t no, phi_str plain, struct buf *out);
bool unseal_value(struct ledger *l, char table, int64_t no, phi_str sealed, struct buf *out);
/* The same into the record's arena; dies when the blob does not open (the store is damaged). */
phi_str open_value(struct ledger *l, char table, int64_t no, phi_str sealed);

/* True when the claim of a remit is known well enough to post without a person. */
bool remit_decide(struct ledger *l, const struct remit_row *row, struct decision *d);
/* A number for what a CLP says line by line, signs aside: a reversal repeats its original's. */
int64_t remit_shape(const struct remit *r);
/* Posts by that decision, from clearing or from where the cents were parked. */
void remit_post(struct ledger *l, const struct remit_row *row, const struct decision *d);
/* Posts it again, now that a payer before its payer turned out to be billed as well. */
void remit_post_as_later(struct ledger *l, const struct remit_row *row, const struct decision *d);
/* The reversal of a remit that was posted again takes back what that one posts now. */
void remit_reverse_again(struct ledger *l, int64_t reversal, int64_t original, int64_t chain);
/* A version for an earlier payer came after remits of later ones were posted. */
void remits_made_later(struct ledger *l, int64_t chain, int rank, int64_t by_event);
/* Moves a remit's cents from clearing to where they wait, with an exception. */
void remit_park(struct ledger *l, const struct remit_row *row);
/* Posts what waited for a claim with this key or a payer control number like this, and what then
 * can be posted in turn. payer: whose number it is, empty when that is not known. by_event: what came
 * just now. */
void remits_settle(struct ledger *l, phi_str key, phi_str control, phi_str payer, int64_t by_event);
/* Those whose payer control number an answer gave: to a claim with this key; or to one of these
 * batches (BHT03, blanks between). */
void remits_settle_answered(struct ledger *l, phi_str key, int64_t by_event);
void remits_settle_batches(struct ledger *l, phi_str batches, int64_t by_event);
/* Tiers 5 and 6, only where the threshold lets the program post them. */
void remits_settle_service(struct ledger *l, int64_t service, int64_t by_event);
/* By how many cents the standing CLPs of a claim disagree with each other. */
struct payers_off {
    int64_t prior;       /* OA-23 of a later payer against what the earlier left (C.8, 8) */
    int64_t patient;     /* left to the patient against what the last payer says (C.8, 9) */
    int64_t over, under; /* answered charges beyond, or short of, the version paid (C.8, 13) */
};
void payers_differ(struct ledger *l, int64_t chain, struct payers_off *off);
/* After anything was posted to a claim: opens and closes exceptions about such differences. */
void check_payers(struct ledger *l, int64_t chain, int64_t event);

struct entry;
/* Takes an entry of a person or a bank (take_post.c) into effect. */
void add_post(struct ledger *l, int64_t no, const struct entry *e);
/* Entries that waited for a claim with this key. */
void posts_settle(struct ledger *l, phi_str key, int64_t by_event);
/* The cents of an entry as its sealed body says them. */
int64_t post_cents(struct ledger *l, int64_t no);
/* The entry of an event once more, in another ledger as event `as`, for a proof. */
bool post_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as);

/* Exceptions: opened once for a code and subject, closed once. */
void exception_open(struct ledger *l, const char *code, int64_t subject, int64_t event,
                    int64_t cents);
void exception_close(struct ledger *l, const char *code, int64_t subject, int64_t event);

/* Rows of answers and sent files once more, in another ledger as event `as`, for a proof of what came
 * before bodies were kept. */
void ack_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as);
void sent_again(struct ledger *from, int64_t no, struct ledger *to, int64_t as);
/* The effect of a body once more; false when it cannot be read. */
bool add_ack(struct ledger *l, int64_t no, phi_str body);
bool sent_add(struct ledger *l, int64_t no, phi_str body);
bool add_verdict(struct ledger *l, int64_t no, phi_str body);
/* The number by which a payment is known. */
struct rec_id payment_key(const struct payment *h);
/* The effect of a record whose body was read, for take_*() and for the replay of a proof. */
void add_claim(struct ledger *l, int64_t no, const struct facts *f);
/* False when it is a second copy of a payment that is known: no effect. */
bool add_payment(struct ledger *l, const struct record *rec, int64_t no, const struct payment *h);
bool add_plb(struct ledger *l, const struct record *rec, int64_t no, const struct plb *p);

/* One for each kind of record. */
enum ledger_result take_claim(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_verdict(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_sent(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_payment(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_remit(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_plb(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_post(struct ledger *l, const struct record *r, struct ledger_refusal *w);
enum ledger_result take_ack(struct ledger *l, const struct record *r, struct ledger_refusal *w);

enum ledger_result refuse_remit(struct ledger_refusal *w, const char *rule, const char *what,
                                const struct remit_fault *f);

/* The payment that a head belongs to, made when it is new. -1 when this set is a second copy of a
 * payment that is known: it has no effect and is listed as ERA_DUP. */
int64_t payment_find(struct ledger *l, const struct record *r, const struct payment *head,
                     int64_t event);
/* True when the head is of a payment that may be one that is known: its trace and amount are (C.7,
 * ERA_DUP), its date or payer are not. A person has to say so by releasing the record. */
bool payment_suspect(struct ledger *l, const struct record *r, const struct payment *head,
                     struct ledger_refusal *w);
/* Keyed number of (service date, charge), by which tiers 5 and 6 look. */
int64_t service_key(struct ledger *l, int32_t from, int64_t charge);

#endif
