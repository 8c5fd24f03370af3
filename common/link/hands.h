/*
 * hands: the page that says which record a process has in hand. A file mapped MAP_SHARED: it
 * survives a kill -9 (not a power cut, and need not). A process that starts under the same name
 * reads what its predecessor left and says so in every HELLO: its last words.
 *
 * A watchdog thread looks at the page every 100 ms; the same record for longer than the limit
 * ends the process with abort(): a hang then is a death like any other. A thread and not a timer
 * signal, so that no system call of a handler is interrupted.
 */
#ifndef CLAIMWIRE_LINK_HANDS_H
#define CLAIMWIRE_LINK_HANDS_H

#include "common/link/hello.h"

/* Maps the page at path; last gets what the predecessor left (zero when there was none). taker is
 * this process' instance. Dies when it cannot. limit_ms: what one record may take; 0: for ever. */
void hands_open(const char *path, uint64_t taker, int limit_ms, struct last_words *last);
/* A frame begins; then each of its records; then its end. */
void hands_frame(uint64_t inst, uint64_t seq);
void hands_record(uint32_t index);
void hands_empty(void);

#endif
