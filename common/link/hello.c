#include "common/link/hello.h"

enum { HELLO_NAME_MAX = 128, HELLO_FIXED = 8 + 8 + 8 + 8 + 4 + 4 + DIGEST_LEN + 2 };

void hello_write(struct buf *out, const struct hello *h)
{
    uint16_t n = (uint16_t)(h->name.n > HELLO_NAME_MAX ? HELLO_NAME_MAX : h->name.n);
    buf_add(out, &h->taker, 8);
    buf_add(out, &h->last.taker, 8);
    buf_add(out, &h->last.inst, 8);
    buf_add(out, &h->last.seq, 8);
    buf_add(out, &h->last.index, 4);
    buf_add(out, &h->last.busy, 4);
    buf_add(out, h->config.b, DIGEST_LEN);
    buf_add(out, &n, 2);
    buf_add(out, h->name.p, n);
}

bool hello_read(phi_str body, struct hello *out)
{
    uint16_t n;
    if (body.n < HELLO_FIXED)
        return false;
    memcpy(&out->taker, body.p, 8);
    memcpy(&out->last.taker, body.p + 8, 8);
    memcpy(&out->last.inst, body.p + 16, 8);
    memcpy(&out->last.seq, body.p + 24, 8);
    memcpy(&out->last.index, body.p + 32, 4);
    memcpy(&out->last.busy, body.p + 36, 4);
    memcpy(out->config.b, body.p + 40, DIGEST_LEN);
    memcpy(&n, body.p + 40 + DIGEST_LEN, 2);
    out->name = phi_of(body.p + HELLO_FIXED, n);
    return n <= HELLO_NAME_MAX && body.n == HELLO_FIXED + (size_t)n;
}
