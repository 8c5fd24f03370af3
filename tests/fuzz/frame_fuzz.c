/* Commands and records as they come from a socket or a pipe: any bytes are read or refused, nothing
 * behind their end is looked at, and what was read can be written and read again. */
#include "common/link/frame.h"
#include "common/link/hello.h"
#include "common/link/record.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void again(const struct record *r)
{
    struct buf out = {0};
    struct arena mem = {0};
    struct record back, noted = *r;
    const char *why;
    record_write(&out, r);
    if (record_read(out.p, out.len, &back, &why) != out.len || !rec_id_eq(back.id, r->id) ||
        back.seq != r->seq || back.at_us != r->at_us || !phi_eq(back.body, r->body) ||
        !phi_eq(back.lane, r->lane) || strcmp(back.kind, r->kind) != 0)
        abort();
    record_note_set(&noted, "rule", phi_lit("FUZZ"), &mem);
    if (!phi_is(record_rule(&noted), "FUZZ"))
        abort();
    buf_clear(&out);
    record_write(&out, &noted);
    if (record_read(out.p, out.len, &back, &why) != out.len || !phi_is(record_rule(&back), "FUZZ"))
        abort();
    buf_free(&out);
    arena_free(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct frame_header h;
    struct hello hello;
    struct record r;
    const char *why;
    if (record_read((const char *)p, n, &r, &why))
        again(&r);
    if (frame_header_read((const char *)p, n, &h))
        return 0;
    phi_str body = phi_of((const char *)p + FRAME_HEADER, n - FRAME_HEADER);
    hello_read(body, &hello);
    struct frame_walk w = frame_walk(body, h.n);
    while (h.cmd == CMD_FRAME && frame_next(&w, &r))
        again(&r);
    return 0;
}
