/* The giver from inside: shared by giver.c and giver_blame.c. */
#ifndef CLAIMWIRE_LINK_GIVER_PRIVATE_H
#define CLAIMWIRE_LINK_GIVER_PRIVATE_H

#include "common/link/giver.h"
#include "common/link/hello.h"

enum { SEQ_BUCKETS = 256, ID_MAX = 255, BREAKER_CONDEMNED = 5, BREAKER_RECORDS = 1000 };
enum { BREAKER_DEATHS = 8 };

/* Deaths with a record in hand. */
struct blame {
    uint32_t index, count;
    uint64_t dead; /* instance of the last taker that died with it */
};

struct held {
    struct held *prev, *next; /* in its list */
    struct held *same_bucket;
    struct held_list *list;
    uint64_t seq;
    struct blob *body;
    struct birth *parent;
    uint32_t ord;         /* among the frames of its connection's session */
    uint32_t losses;      /* takers lost while it was not handled */
    uint32_t unexplained; /* of them, those whose last words never came */
    uint64_t lost_to;     /* instance of the last of them */
    bool given;
    int64_t wait_until; /* for last words, monotonic us */
    struct blame *blames;
    size_t blames_n;
};
struct held_list {
    struct held *first, *last;
};

enum conn_state { CONN_GREETED, CONN_READY, CONN_REFUSED, CONN_DRAINING, CONN_GONE };
struct conn {
    struct conn *next;
    enum conn_state state;
    uint8_t id[ID_MAX];
    size_t id_n;
    uint32_t sess, window, sent, handled;
    uint64_t taker;
    struct digest digest;
    struct held_list frames;
};

struct giver {
    struct giver_opts o;
    char *name;
    void *socket;
    int fd;
    bool awake; /* not read to its end since it was sent to, or told of */
    uint64_t inst, seq;
    uint32_t sess;
    struct conn *conns;
    struct held_list pending;
    struct held *buckets[SEQ_BUCKETS];
    size_t held, outstanding; /* outstanding: given at least once */
    uint64_t held_bytes;
    bool stopped;
    uint64_t condemned_at[BREAKER_CONDEMNED]; /* records done by then, a ring */
    struct digest digest;                     /* of the stage that takes */
    bool digest_known;
    int64_t refused_at;
    struct giver_counts counts;
};

struct held *giver_find(struct giver *g, uint64_t seq);
/* Holds b under a new seq as a child of parent, in front of or behind what is pending. */
struct held *giver_hold(struct giver *g, struct blob *b, struct birth *parent, bool in_front);
/* Forgets the frame and returns its parent, who is not told. */
struct birth *giver_forget(struct giver *g, struct held *f);
/* The frame is DONE: forgets it and tells its parent. */
void giver_complete(struct giver *g, struct held *f);
/* Stops the link, with an alarm. */
void giver_stop(struct giver *g, const char *id, const char *why, const struct held *f);
/* Last words of a dead taker: what it held was not to blame but for the record that it had in hand,
 * if it is one of ours. */
void giver_blame(struct giver *g, const struct last_words *last);

#endif
