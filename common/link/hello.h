/* The body of HELLO: who takes, as what, and the last words of who had this name before. */
#ifndef CLAIMWIRE_LINK_HELLO_H
#define CLAIMWIRE_LINK_HELLO_H

#include "common/util/buf.h"
#include "common/util/id.h"

/* What a process had in hand when it died, as its page says (hands.h). */
struct last_words {
    uint64_t taker; /* instance of the dead process */
    uint64_t inst;  /* giver's instance and seq of the frame */
    uint64_t seq;
    uint32_t index; /* of the record in the frame */
    uint32_t busy;  /* 1: a record was in hand */
};

struct hello {
    uint64_t taker; /* instance of this process */
    struct last_words last;
    struct digest config; /* of (tool, major version, configuration) */
    phi_str name;         /* of the process, borrowed; for messages */
};

void hello_write(struct buf *out, const struct hello *h);
/* False when the bytes are no HELLO. */
bool hello_read(phi_str body, struct hello *out);

#endif
