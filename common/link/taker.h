/*
 * taker: the downstream end of a link, one DEALER for each giver. It says how many frames it takes
 * at once, hands over what comes, and tells the giver which frames went through the handler and
 * which are DONE.
 */
#ifndef CLAIMWIRE_LINK_TAKER_H
#define CLAIMWIRE_LINK_TAKER_H

#include "common/link/birth.h"
#include "common/link/frame.h"
#include "common/link/hello.h"
#include <zmq.h>

struct taker_opts {
    const char *name;    /* of the giver: STAGE.PORT.TAKER@N or the tcp endpoint */
    const char *process; /* ours, for the giver's messages */
    uint64_t instance;   /* ours */
    uint32_t window;
    int heartbeat_ms;
    struct digest config;
    struct last_words last;
    const char *fault; /* static: what the taker before this one for the same giver failed of */
};

struct taker;
/* An input frame in hand: its birth begins open at 1. */
struct in_frame {
    struct birth birth;
    struct taker *from;
    uint64_t inst, seq;
    uint32_t sess;
    uint16_t n;
    phi_str body; /* in msg, until taker_handled() */
    zmq_msg_t msg;
    struct in_frame *next; /* for the caller */
};

/* setup may set further options (CURVE) on the socket before it connects; may be NULL. Dies when
 * it cannot make the socket. */
struct taker *taker_open(void *zmq, const char *endpoint, const struct taker_opts *opts,
                         void (*setup)(void *socket, void *ctx), void *ctx);
/* As with the giver: see there. */
int taker_fd(const struct taker *t);
void taker_wake(struct taker *t);
bool taker_awake(const struct taker *t);
const char *taker_name(const struct taker *t);
/* The next frame for the handler; NULL when there is none now. Answers all other commands. */
struct in_frame *taker_next(struct taker *t);
/* The frame went through the handler: its bytes are given back, its window is free. */
void taker_handled(struct in_frame *f);
/* Sends what changed (handled, DONE, window) when it is worth a message. Call at the end of each
 * turn; idle: the turn did nothing, so what has waited for a millisecond goes as well. */
void taker_flush(struct taker *t, bool idle);
/* Something waits to be told: come back within a millisecond. */
bool taker_untold(const struct taker *t);
/* Timers and the state of the connection; call about every 50 ms. */
void taker_tick(struct taker *t);
/* Asks the giver for no more frames. */
void taker_leave(struct taker *t);
/* No frame will come from this giver: it said BYE, or is not there. */
bool taker_ended(const struct taker *t);
/* The giver said BYE for good, and nothing of its frames is open. */
bool taker_over(const struct taker *t);
/* Frames of this giver that are not DONE. */
uint32_t taker_open_frames(const struct taker *t);
bool taker_connected(const struct taker *t);
/* Why no connection can be made (CURVE), static; NULL when one was. libzmq does not try again by
 * itself then: after a while the taker is to be made anew, with the key that is known by then. */
const char *taker_fault(const struct taker *t);
bool taker_gave_up(const struct taker *t);
/* Last ACK, BYE, and the end. Frames still open keep what they need. */
void taker_close(struct taker **t);

#endif
