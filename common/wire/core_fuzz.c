/* CORE envelopes: the first line is the Content-Type, the rest the body. What is read lies in memory,
 * and what was read is written and read again as the same. */
#include "common/wire/core.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void again(enum core_form form, const struct core_message *m, struct arena *a)
{
    struct buf body = {0}, type = {0};
    struct core_message back;
    const char *why;
    if (core_write(form, m, &body, &type)) {
        if (!core_read(buf_view(&type), buf_view(&body), a, &form, &back, &why) ||
            !phi_eq(back.payload, m->payload) || (back.payload.p == NULL) != (m->payload.p == NULL))
            abort();
    }
    buf_free(&body);
    buf_free(&type);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const char *text = (const char *)p, *line = memchr(text, '\n', n), *why = NULL, *field;
    struct arena a = {0};
    struct core_message m;
    struct core_kind kind;
    enum core_form form;
    if (!line)
        return 0;
    phi_str body = phi_of(line + 1, n - (size_t)(line + 1 - text));
    if (core_read(phi_of(text, (size_t)(line - text)), body, &a, &form, &m, &why)) {
        const char *code = core_check(form, &m);
        (void)core_meaning(m.code, &field);
        core_kind_of(m.payload, &kind);
        /* what is in order comes back the same from its own form */
        if (strcmp(code, "Success") == 0 && !m.answer)
            again(form, &m, &a);
    } else if (!why || !*why) {
        abort();
    }
    arena_free(&a);
    return 0;
}
