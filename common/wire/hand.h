/*
 * hand: a wire call in a process of its own, so that a slow or hanging partner holds up nobody and
 * the skeleton goes on answering. The process dies with its parent. One hand a partner at a time.
 */
#ifndef CLAIMWIRE_WIRE_HAND_H
#define CLAIMWIRE_WIRE_HAND_H

#include "common/wire/wire.h"
#include <sys/types.h>

struct hand {
    pid_t pid; /* 0: free */
    int fd;    /* what it says at its end */
    int64_t row;
    const struct wire *wire;
};

/* What a hand says when it ends. */
struct hand_word {
    enum wire_result result;
    struct wire_fault fault;
};

/* Starts act(ctx, fault) in a child; false when no process can be made. */
bool hand_start(struct hand *h, enum wire_result (*act)(void *ctx, struct wire_fault *f),
                void *ctx);
/* True when it has ended: *word is what it said (WIRE_LATER, NET_DIED when it said nothing), and the
 * hand is free. wait: until it has. */
bool hand_ended(struct hand *h, bool wait, struct hand_word *word);
/* Kills it. */
void hand_stop(struct hand *h);

#endif
