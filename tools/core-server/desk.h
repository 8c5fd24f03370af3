/*
 * desk: what happens to a message, whatever it came in. Files lie where payersim and folder wires have
 * them: ROOT/RECEIVER/in takes what comes, ROOT/RECEIVER/out has what is to be picked up.
 *
 * What is sent is on disk, synced, with a row that says so, before it is answered; the same
 * PayloadID of the same sender with the same bytes gets the same answer and nothing is taken twice;
 * with other bytes it is refused. May be called from several threads.
 */
#ifndef CLAIMWIRE_CORE_SERVER_DESK_H
#define CLAIMWIRE_CORE_SERVER_DESK_H

#include "common/store/store.h"
#include "common/util/clock.h"
#include "tools/core-server/clients.h"

extern const struct store_schema DESK_SCHEMA;
struct desk;
/* wait_s: how long an answer of a real-time message is waited for. */
struct desk *desk_open(const char *root, const char *home, const struct client *clients,
                       int wait_s);
/* Makes those who wait for real-time answers give up. */
void desk_hurry(struct desk *d);
void desk_close(struct desk *d);

/* Answers a request: fills in an answer (memory is a's) and returns the HTTP status. */
int desk_answer(struct desk *d, enum core_form form, const struct core_message *m,
                const struct proof *proof, struct arena *a, struct core_message *answer);
/* An answer that says what was wrong before there was a message. */
void desk_refuse(const struct core_message *m, enum core_form form, const char *code,
                 const char *text, struct arena *a, struct core_message *answer);
/* A token as JSON into out; false when nobody is this. */
bool desk_token(struct desk *d, const char *id, const char *secret, struct buf *out);

/* Lists what was asked and how fast it was answered (`list`); the exit code. */
int desk_list(const char *home, bool json);

#endif
