/*
 * documents: the ledger of attachments: which document was sent to which claim under which number, in
 * which file, and what the document was (digest). RUN/attach/attach.db. The documents themselves lie
 * sealed there until they are written to RUN/attach/out, and nowhere else.
 */
#ifndef CLAIMWIRE_OUTGOING_DOCUMENTS_H
#define CLAIMWIRE_OUTGOING_DOCUMENTS_H

#include "common/outgoing/outgoing.h"

struct document {
    int64_t n, file, bytes, at_us;
    phi_str account, payer, number; /* CLM01; the payer's id; TRN02 */
    phi_str form;                   /* CAT02: TX, MB, HL */
    phi_str name;                   /* of the 275 */
    bool asked;                     /* the payer asked for it */
    struct digest digest;
};
struct documents;
struct documents *documents_open(const char *run);
/* Only to read; NULL: there is none. */
struct documents *documents_open_ro(const char *run);
void documents_close(struct documents *d);

/* True when these bytes were sent to this claim under this number. */
bool documents_known(struct documents *d, const struct document *x);
/* How many went under this number to the claim. */
int64_t documents_count(struct documents *d, phi_str account, phi_str number);
/* The next number of our own ("ATT000000017") into out. In the open transaction. */
void documents_number(struct documents *d, char out[24]);
/* A file that is to be made: its number; documents_keep() after its bytes are there. */
int64_t documents_begin(struct documents *d);
void documents_keep(struct documents *d, const struct document *x, phi_str body);
void documents_commit(struct documents *d);
int documents_write(struct documents *d, const char *run, void (*say)(void *ctx, const char *name),
                    void *ctx);
/* Every row, or those of the file with this control number (GS06); oldest first. */
void documents_each(struct documents *d, int64_t control,
                    void (*each)(void *ctx, const struct document *x), void *ctx);

#endif
