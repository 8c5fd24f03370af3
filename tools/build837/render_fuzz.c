/*
 * Any bytes as the body of a claim: read or refused. What is read lies in the body, its parts cover
 * it in order, and it can be rendered; what is rendered is again a claim with the same segments.
 */
#include "common/edi/claim.h"
#include "tools/build837/render.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

static void parts_cover(phi_str body, const struct claim_parts *p)
{
    const phi_str part[] = {p->envelope, p->head, p->billing, p->subscriber, p->patient, p->claim};
    const char *at = body.p;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        HOLDS(part[i].p == at);
        at += part[i].n;
    }
    HOLDS(at == body.p + body.n);
}

/* The first ST to the end of the claim, as a body: without SE, GE, IEA. */
static phi_str as_body(const struct buf *file)
{
    size_t n = file->len;
    for (int cut = 0; cut < 3; cut++)
        for (n--; n && file->p[n - 1] != '~'; n--)
            ;
    return phi_of(file->p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const terms[TERMS] = {"ZZ", "US", "US", "US", "US", "US",           "1",
                                             "ZZ", "P",  "PP", "PP", "",   "005010X222A1", "*:^~",
                                             "",   "CH", "T",  "",   ""};
    struct arena a = {0};
    struct buf file = {0};
    struct claim c, again;
    phi_str body = phi_of((const char *)p, n);
    if (claim_read(body, &c, &a)) {
        parts_cover(body, &c.parts);
        struct batch b = {.number = 1, .gs06 = 1, .claims = 1, .per_set = 1, .cents = c.charge};
        b.payer = phi_lit("PP"); /* build837 refuses ids that cannot stand in an envelope */
        memcpy(b.terms.t, terms, sizeof terms);
        HOLDS(render(&(struct render){&b, &body}, &file));
        HOLDS(claim_read(as_body(&file), &again, &a));
        HOLDS(phi_eq(c.parts.claim, again.parts.claim) && phi_eq(c.pcn, again.pcn));
        HOLDS(c.parts.billing_segments == again.parts.billing_segments);
    } else {
        HOLDS(c.fault.rule && c.fault.why && c.fault.off <= n);
    }
    buf_free(&file);
    arena_free(&a);
    return 0;
}
