/* Encounters that wait before they are billed, and authorizations that a payer has not decided. */
#include "common/elig/auth.h"
#include "common/elig/gate.h"
#include "common/followup/gather.h"
#include <stdio.h>

static void held(void *ctx, const struct gate_row *r)
{
    struct followup *f = ctx;
    char code[24];
    snprintf(code, sizeof code, "%.*s", (int)r->code.n, r->code.p);
    struct item *i = followup_add(f, code, r->n, r->cents, r->since_us);
    i->reason = arena_phi(f->a, r->why);
}

static void pended(void *ctx, const struct auth_row *r)
{
    struct followup *f = ctx;
    if (phi_is(r->hcr, "A4"))
        followup_add(f, "AUTH_PENDED", r->n, 0, r->said_us)->reason = arena_phi(f->a, r->code);
}

void cover_gather(struct followup *f)
{
    struct auth *a = auth_open_ro(f->run);
    gate_each_held(f->run, held, f);
    if (a)
        auth_rows(a, phi_of("", 0), pended, f);
    auth_close(a);
}
