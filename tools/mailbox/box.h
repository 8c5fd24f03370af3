/*
 * box: what the mailbox stage keeps (mailbox.db): the claims that came with who sent them, in which
 * of our files each left, the payers' answers, and the files that they became. Sealed where it is
 * about a patient. Nothing is durable before box_commit().
 */
#ifndef CLAIMWIRE_TOOLS_MAILBOX_BOX_H
#define CLAIMWIRE_TOOLS_MAILBOX_BOX_H

#include "common/edi/envelope.h"
#include "common/ledger/facts.h"
#include "common/link/record.h"

/* ISA13 and GS06 of what is put begin here: above those of respond. */
enum { BOX_FIRST = 750000000, BOX_LAST = 999999999 };
/* The mailbox of what belongs to nobody that is known. */
#define BOX_UNPLACED "unplaced"

/* A set of claims as its submitter sent it. Strings live in the arena that was given. */
struct box_batch {
    int64_t no;
    struct envelope_isa isa; /* sender, receiver, usage, control */
    struct envelope_gs gs;   /* code, sender, receiver, control, version */
    char st02[10];
    phi_str bht03, submitter; /* BHT03; NM1*41 with its terminator, canonical delimiters */
};
struct box_claim {
    int64_t no, batch;
    uint32_t seg; /* position of its CLM in the submitter's set */
    struct rec_id id;
    struct facts facts;
    bool used; /* the caller's */
};
/* One of our sets as it was sent. */
struct box_set {
    int64_t no;
    phi_str st02, bht03;
};
/* An answer that waits. */
struct box_answer {
    struct rec_id id;
    int64_t at, came; /* the record's at; when it came here */
    phi_str body;
};

struct box;
struct box *box_open(const char *dir, const char *keys_dir);
void box_close(struct box *b);
void box_commit(struct box *b);

/* False: the body cannot be read (claim: *why says so). A repeat changes nothing. */
bool box_add_claim(struct box *b, const struct record *r, struct arena *a, const char **why);
bool box_add_sent(struct box *b, const struct record *r);
/* False when the same answer (ST to SE) is here already. */
bool box_add_answer(struct box *b, const struct record *r, int64_t now_us);

/* The first answer behind (came, id) `after` that waits; false when there is none. */
bool box_waiting(struct box *b, int64_t *after, struct arena *a, struct box_answer *out);
int64_t box_waiting_count(struct box *b);
/* What one of our groups holds; *n entries. */
const struct box_set *box_sets_of_group(struct box *b, phi_str gs06, struct arena *a, uint32_t *n);
/* The set with this BHT03; 0: none. */
int64_t box_set_of_bht03(struct box *b, phi_str bht03);
/* Claims of one of our sets: batches in the order of our file, the claims of each as its submitter
 * sent them; facts only when wanted. */
struct box_claim *box_claims_of_set(struct box *b, int64_t set, bool facts, struct arena *a,
                                    uint32_t *n);
/* True when every claim of the set is here. */
bool box_set_whole(struct box *b, int64_t set);
/* Claims with this key (match_key of CLM01). */
struct box_claim *box_claims_of_key(struct box *b, phi_str key, struct arena *a, uint32_t *n);
void box_batch_of(struct box *b, int64_t batch, struct arena *a, struct box_batch *out);
/* A number for the mailbox that a batch belongs to: equal for equal mailboxes. */
int64_t box_owner(struct box *b, int64_t batch);
/* The latest batch of an owner. */
int64_t box_latest(struct box *b, int64_t owner);
/* Owners that sent claims of this billing provider: how many (2: more than one), *owner one. */
int box_owners_of_provider(struct box *b, phi_str npi, int64_t *owner);
/* Folder of an owner's mailbox: ISA06, with ISA05 behind a point when it is not ZZ; bytes that are
 * no letter, digit or - are written as _HH. */
void box_folder(const struct envelope_isa *isa, struct buf *out);

/* Control number for the next file. */
uint32_t box_number(struct box *b);
/* A file to be put; part of the decision about answer id. */
void box_put(struct box *b, struct rec_id answer, uint32_t number, phi_str folder, const char *kind,
             phi_str bytes);
/* The answer is decided: with what was put for it, in one transaction. */
void box_decide(struct box *b, struct rec_id answer);
/* Writes what is decided and not written below dir; how many. */
int64_t box_write(struct box *b, const char *dir);

#endif
