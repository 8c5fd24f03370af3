/* A process in a pipeline from inside: shared by loop.c, loop_links.c and status.c. */
#ifndef CLAIMWIRE_LINK_LOOP_H
#define CLAIMWIRE_LINK_LOOP_H

#include "common/link/giver.h"
#include "common/link/hands.h"
#include "common/link/stage_private.h"
#include "common/link/taker.h"

struct curve_keys;
enum phase {
    PHASE_RUN,
    PHASE_LEAVE,  /* givers are asked for no more, what is here goes through */
    PHASE_FINISH, /* finish(), and pull() until it has nothing */
    PHASE_WAIT,   /* until all that was given is DONE */
    PHASE_END
};

/* What a source gave as one frame. */
struct token {
    struct birth birth;
    struct loop *loop;
    uint64_t value;
    struct token *next;
};

/* One link to a taker stage. */
struct out_link {
    struct loop *loop;
    const struct pipeline_link *conf;
    struct giver *giver;
};

struct loop {
    struct stage *s;
    void *zmq;
    char *links;  /* RUN/links */
    int links_fd; /* for sockets whose path is too long */
    struct out_link *outs;
    size_t outs_n;
    struct taker **takers;
    size_t takers_n;
    uint64_t instance;
    struct last_words last;
    struct digest config;
    struct in_frame *uncommitted; /* of a keeper */
    struct token *token;          /* the one that pull() gives into now */
    struct token *done;           /* those to tell */
    size_t tokens_open;
    enum phase phase;
    bool finishing;  /* input is over, not only drained */
    bool pulled_out; /* pull() returned -1 */
    int64_t pull_again_us, drain_by_us;
    int signals;
    bool untold; /* a giver waits for an ACK that was not worth a message yet */
    struct pollfd *polled;
    size_t polled_n;
    int rc; /* non-zero: end at once with it */
    bool status_changed;
    struct curve_keys *keys;    /* with tcp */
    const char *const *connect; /* givers on other hosts; NULL ends */
};

/* Sockets, lock and page; the givers of all links. Dies when it cannot. */
void links_open(struct loop *l);
/* Looks for givers that are new and forgets those that ended. */
void links_scan(struct loop *l);
/* Reads `connect:` again from RUN/pipeline.yaml. */
void links_reload(struct loop *l);
/* BYE to both sides, and the end of all sockets. */
void links_close(struct loop *l);
/* Replaces RUN/status/STAGE.N.json. */
void status_write(const struct loop *l);
/* Frames in hand, or given and not DONE. */
uint64_t loop_open_frames(const struct loop *l);

#endif
