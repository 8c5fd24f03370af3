/*
 * Frames: what is sent at once. A header of 32 bytes, then a body. docs/messages.md is the wire.
 */
#ifndef CLAIMWIRE_LINK_FRAME_H
#define CLAIMWIRE_LINK_FRAME_H

#include "common/link/record.h"

enum frame_cmd { CMD_WELCOME = 1, CMD_HELLO, CMD_FRAME, CMD_ACK, CMD_BEAT, CMD_BYE };
enum {
    FRAME_VERSION = 1,
    FRAME_HEADER = 32,
    FRAME_RECORDS = 64,                /* records in a full frame */
    FRAME_BYTES = 1 << 20,             /* a frame is closed at this size */
    FRAME_MAX = RECORD_MAX + (2 << 20) /* the longest command that is read */
};

struct frame_header {
    uint8_t cmd, version;
    uint16_t n;       /* FRAME: records; ACK: seqs */
    uint32_t window;  /* HELLO, ACK: frames that may be in hand; 0 means draining */
    uint64_t inst;    /* the giver's random number, new at each start */
    uint64_t seq;     /* FRAME */
    uint32_t sess;    /* connection inside the giver's instance */
    uint32_t handled; /* ACK: frames that went through the handler in this session */
};

void frame_header_write(char out[FRAME_HEADER], const struct frame_header *h);
/* Reads and checks a command of n bytes: cmd known, version ours, an ACK as long as its n says, a
 * FRAME no longer than FRAME_MAX. Returns NULL, or what is wrong. */
const char *frame_header_read(const char *p, size_t n, struct frame_header *out);

/* The body of a frame while it is built and held: shared by the links of a port. There is room
 * for a length and a header in front of it, so that a pipe gets it in one write. */
struct blob {
    uint32_t refs;
    uint16_t n;     /* records */
    struct buf buf; /* BLOB_FRONT bytes of room, then the records */
};
enum { BLOB_FRONT = 4 + FRAME_HEADER };

/* An empty body with one reference. */
struct blob *blob_new(void);
void blob_free(struct blob **b); /* gives one reference back */
static inline phi_str blob_body(const struct blob *b)
{
    return phi_of(b->buf.p + BLOB_FRONT, b->buf.len - BLOB_FRONT);
}

/* Walks the records of a FRAME's body. */
struct frame_walk {
    const char *p;
    size_t left;
    uint32_t i, n;
    const char *why; /* what is wrong, once frame_next() has returned false before the end */
};
static inline struct frame_walk frame_walk(phi_str body, uint16_t n)
{
    return (struct frame_walk){body.p, body.n, 0, n, NULL};
}
/* Next record; false at the end, and with why set when the body is not what its header says. */
bool frame_next(struct frame_walk *w, struct record *out);

#endif
