#include "common/link/frame.h"
#include "common/util/log.h"
#include <stdlib.h>

_Static_assert(sizeof(struct frame_header) == FRAME_HEADER, "the struct is the wire");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little endian");

void frame_header_write(char out[FRAME_HEADER], const struct frame_header *h)
{
    memcpy(out, h, FRAME_HEADER);
    out[1] = FRAME_VERSION;
}

const char *frame_header_read(const char *p, size_t n, struct frame_header *out)
{
    if (n < FRAME_HEADER)
        return "a command is shorter than its header";
    memcpy(out, p, FRAME_HEADER);
    if (out->version != FRAME_VERSION)
        return "a command of another version of the protocol";
    if (out->cmd < CMD_WELCOME || out->cmd > CMD_BYE)
        return "an unknown command";
    if (n > FRAME_MAX)
        return "a command is longer than any may be";
    if (out->cmd == CMD_ACK && n != FRAME_HEADER + 8 * (size_t)out->n)
        return "an ACK is not as long as it says";
    return NULL;
}

/* Bodies that were freed, kept for the next frames: a busy link needs no allocator. */
static struct blob *spare[32];
static unsigned spares;

struct blob *blob_new(void)
{
    struct blob *b = spares ? spare[--spares] : xcalloc(1, sizeof *b);
    b->refs = 1;
    b->n = 0;
    buf_room(&b->buf, BLOB_FRONT);
    b->buf.len = BLOB_FRONT;
    return b;
}

void blob_free(struct blob **b)
{
    struct blob *gone = *b;
    *b = NULL;
    if (!gone || --gone->refs > 0)
        return;
    if (spares < sizeof spare / sizeof spare[0] && gone->buf.cap <= 2 * FRAME_BYTES) {
        spare[spares++] = gone;
        return;
    }
    buf_free(&gone->buf);
    free(gone);
}

bool frame_next(struct frame_walk *w, struct record *out)
{
    if (w->i == w->n) {
        if (w->left)
            w->why = "a frame is longer than its records";
        return false;
    }
    size_t n = record_read(w->p, w->left, out, &w->why);
    if (n == 0)
        return false;
    w->p += n;
    w->left -= n;
    w->i++;
    return true;
}
