/*
 * mllp: HL7's minimal lower layer protocol. A message stands between VT (0x0B) and FS CR (0x1C
 * 0x0D); the answer comes the same way on the same connection. One message of a connection is in
 * hand at a time, and the next is looked at when it was answered.
 */
#ifndef CLAIMWIRE_INGEST_MLLP_H
#define CLAIMWIRE_INGEST_MLLP_H

#include "common/util/phi.h"
#include <stdint.h>

struct mllp;

/* Listens at "HOST:PORT" ("[::1]:PORT"); dies with EXIT_CONFIG when it cannot. */
struct mllp *mllp_open(const char *where);
/* The next whole message, its frame taken off; valid until mllp_answer(), which must follow. Waits
 * for nothing. */
bool mllp_next(struct mllp *m, phi_str *message);
/* Sends the answer to the message at hand, within 5 seconds, else the connection is closed. */
void mllp_answer(struct mllp *m, phi_str ack);
/* Number for the control id of an answer; its own for every call, also after a restart. */
uint64_t mllp_number(struct mllp *m);
/* The bytes as an unnamed file; -1 with errno. */
int mllp_file(phi_str message);
void mllp_free(struct mllp *m);

#endif
