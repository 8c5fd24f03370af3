/* 835 bodies: any bytes are read or refused; a set that balances is cut into records of which every
 * one can be read, as many as were counted, and whose amounts are those of the set. */
#include "tools/remit835/era.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct sums {
    uint32_t payments, remits, plbs;
    int64_t bpr, paid, adjusted;
};

static void must(bool true_one)
{
    if (!true_one)
        abort();
}

static void piece(void *ctx, const struct era_piece *p)
{
    struct sums *s = ctx;
    struct arena mem = {0};
    struct payment pay;
    struct remit r;
    struct plb b;
    if (p->kind[0] == 'r') {
        must(remit_read(p->body, &mem, &r, NULL));
        s->remits++;
        s->paid += r.paid;
    } else if (p->kind[1] == 'l') {
        must(plb_read(p->body, &mem, &b, NULL));
        s->plbs++;
        s->adjusted += b.cents;
    } else {
        must(payment_read(p->body, &mem, &pay, NULL));
        s->payments++;
        s->bpr = pay.cents;
    }
    arena_free(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    phi_str body = phi_of((const char *)p, n);
    struct arena mem = {0};
    struct remit_fault why;
    struct remit r;
    struct plb b;
    struct era_count count;
    struct era_fault f;
    struct sums s = {0};
    remit_read(body, &mem, &r, &why);
    plb_read(body, &mem, &b, &why);
    if (era_check(body, &count, &f)) {
        era_split(body, piece, &s);
        must(s.payments == 1 && s.remits == count.claims && s.plbs == count.adjustments);
        must(s.paid - s.adjusted == s.bpr);
    }
    arena_free(&mem);
    return 0;
}
