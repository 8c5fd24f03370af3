/*
 * giver: the upstream end of a link. A ROUTER that holds each frame until it is DONE, gives it to
 * whichever taker has room, and gives it again when that taker is gone. docs/messages.md has the
 * protocol with its state tables.
 *
 * Invariants: a frame is in exactly one list, pending or a connection's; a seq is never used twice
 * in an instance; sent - handled <= window for each connection.
 */
#ifndef CLAIMWIRE_LINK_GIVER_H
#define CLAIMWIRE_LINK_GIVER_H

#include "common/link/birth.h"
#include "common/link/frame.h"

struct giver_opts {
    const char *name; /* STAGE.PORT.TAKER@N, for messages and the socket */
    uint32_t hold;    /* frames held before the stage takes no more input */
    uint64_t hold_bytes;
    uint32_t poison_deaths; /* deaths in hand that condemn a record; 0: never condemn */
    int heartbeat_ms;
    int last_words_ms; /* how long a frame that lost two takers waits for what they had in hand */
    /* Takes a condemned record out of the link: a child of parent for `rejects`. NULL: there is no
     * such port, so nothing is condemned. */
    void (*condemn)(void *ctx, const struct record *r, uint32_t deaths, struct birth *parent);
    void *ctx;
};

/* Counts since the start, for the status file. */
struct giver_counts {
    uint64_t given, repeats, done, records_done, deaths, condemned;
};

struct giver;
/* Makes the ROUTER and binds it, unless endpoint is NULL; dies when it cannot. */
struct giver *giver_open(void *zmq, const char *endpoint, const struct giver_opts *opts);
/* Binds an endpoint. 0, or -1 with errno. */
int giver_bind(struct giver *g, const char *endpoint);
/* For further options before giver_bind(). */
void *giver_socket(struct giver *g);
/* ZeroMQ tells by a descriptor that something may have come (edge-triggered): who saw it readable
 * wakes the giver, and one that is awake is to be read before anyone waits. */
int giver_fd(const struct giver *g);
void giver_wake(struct giver *g);
bool giver_awake(const struct giver *g);
/* struct out_end's function: holds b as a child of parent and gives it when there is room. */
void giver_frame(void *g, struct blob *b, struct birth *parent);
/* Reads what takers sent; returns how many commands. */
int giver_read(struct giver *g);
/* Gives pending frames while takers have room; returns how many. */
int giver_give(struct giver *g);
/* Sends BEAT to every taker: to notice those that are gone. Call every 100 ms. */
void giver_beat(struct giver *g);
/* The stage must take no more input. */
bool giver_full(const struct giver *g);
size_t giver_held(const struct giver *g);
size_t giver_takers(const struct giver *g);
/* The circuit breaker has stopped this link. */
bool giver_stopped(const struct giver *g);
const char *giver_name(const struct giver *g);
const struct giver_counts *giver_counts(const struct giver *g);
/* No more frames will come: BYE to every taker, and the end. Frames still held are dropped (their
 * source gives them again). */
void giver_close(struct giver **g);

#endif
