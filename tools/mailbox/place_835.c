/* The 835 of a payer, cut into one for each submitter. */
#include "common/edi/ack_parts.h"
#include "common/edi/era_cut.h"
#include "common/ledger/match.h"
#include "tools/mailbox/place.h"

/* Owner 0: nobody that is known. */
enum { NOBODY = 0, IDENTITY = 8 };

struct ref { /* of a claim of the set: how an adjustment may name it */
    phi_str pcn, control;
    uint32_t owner;
};
struct cutting {
    struct placing *p;
    struct era_cut cut;
    struct edi_delims d;
    phi_str version;
    bool open; /* a claim has no owner */
    struct ref *refs;
    uint32_t refs_n;
    int64_t *batch; /* by owner: the batch whose envelope is used */
    uint32_t batch_n;
    struct buf *out; /* by share */
    struct edi_writer *w;
};

static void *grown(struct arena *a, void *list, uint32_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *q = arena_alloc(a, (n ? 2 * n : 1) * size);
    if (n)
        memcpy(q, list, n * size);
    return q;
}

static void remember(struct cutting *c, int64_t owner, int64_t batch)
{
    while (c->batch_n <= (uint32_t)owner) {
        c->batch = grown(c->p->arena, c->batch, c->batch_n, sizeof *c->batch);
        c->batch[c->batch_n++] = 0;
    }
    if (batch > c->batch[owner])
        c->batch[owner] = batch;
}

/* ---- whose ---- */

static bool provider_is(const struct remit *r, phi_str summary, phi_str npi)
{
    const struct remit_name *n = remit_name_of(r, "82");
    return npi.n &&
           (phi_eq(summary, npi) || phi_eq(r->head.payee_npi, npi) || (n && phi_eq(n->id, npi)));
}

static bool member_is(const struct remit *r, phi_str member)
{
    static const char *const who[] = {"QC", "IL", "74"};
    for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
        const struct remit_name *n = remit_name_of(r, who[i]);
        if (n && match_same_word(n->id, member))
            return true;
    }
    return false;
}

/* How much of the CLP is the claim's; the account is equal already. 0: nothing says that it is
 * about this provider or this member, so that it may be another house's account. */
static int fits(const struct remit *r, phi_str summary, const struct facts *f)
{
    const struct remit_name *n = remit_name_of(r, "QC");
    int32_t from, to;
    int64_t charge = r->charge < 0 ? -r->charge : r->charge;
    int who = IDENTITY * (provider_is(r, summary, f->billing) + member_is(r, f->member));
    remit_service_dates(r, &from, &to);
    bool date =
        from != REMIT_NO_DATE && f->from != CLAIM_NO_DATE && from <= f->thru && to >= f->from;
    return who ? who + 4 * (charge == f->charge) + 4 * phi_eq(r->account, f->pcn) +
                     2 * (n && match_same_word(n->last, f->last)) + 2 * date
               : 0;
}

/* The submitter of the claim; NOBODY when none fits, or two submitters' fit alike. */
static int64_t owner_by_claim(struct cutting *c, const struct remit *r, phi_str summary)
{
    char key[MATCH_KEY];
    uint32_t n;
    struct box_claim *list =
        box_claims_of_key(c->p->box, phi_of(key, match_key(r->account, key)), c->p->arena, &n);
    int64_t owner = NOBODY;
    int most = 0;
    for (uint32_t i = 0; i < n; i++) {
        int s = fits(r, summary, &list[i].facts);
        if (s == 0 || s < most)
            continue;
        int64_t o = box_owner(c->p->box, list[i].batch);
        if (s == most && o != owner) {
            owner = NOBODY;
            continue;
        }
        most = s;
        owner = o;
        remember(c, o, list[i].batch);
    }
    return owner;
}

/* The only submitter that sends claims of the provider that is paid. */
static int64_t owner_by_provider(struct cutting *c, phi_str npi)
{
    int64_t owner;
    return box_owners_of_provider(c->p->box, npi, &owner) == 1 ? owner : NOBODY;
}

static uint32_t owner_of_claim(void *ctx, const struct remit *r, phi_str summary)
{
    struct cutting *c = ctx;
    struct arena *a = c->p->arena;
    int64_t owner = r->account.n ? owner_by_claim(c, r, summary) : NOBODY;
    if (!owner)
        owner = owner_by_provider(c, summary.n ? summary : r->head.payee_npi);
    c->open = c->open || !owner;
    c->refs = grown(a, c->refs, c->refs_n, sizeof *c->refs);
    c->refs[c->refs_n++] =
        (struct ref){arena_phi(a, r->account), arena_phi(a, r->payer_control), (uint32_t)owner};
    return (uint32_t)owner;
}

/* The one owner of those claims that an adjustment names, or for which only one can be meant. */
static uint32_t owner_by_reference(const struct cutting *c, const struct plb *p)
{
    uint32_t owner = ERA_NOBODY;
    for (uint32_t i = 0; i < c->refs_n && p->reference.n; i++) {
        bool names =
            phi_eq(c->refs[i].control, p->reference) || phi_eq(c->refs[i].pcn, p->reference);
        if (names && owner != ERA_NOBODY && owner != c->refs[i].owner)
            return ERA_NOBODY;
        if (names)
            owner = c->refs[i].owner;
    }
    return owner;
}

static bool has_share(const struct cutting *c, int64_t owner)
{
    for (uint32_t i = 0; i < c->cut.shares; i++)
        if (c->cut.share[i].owner == (uint32_t)owner)
            return true;
    return false;
}

/* PLB01 names the provider; its submitter owns the adjustment. Where several send claims of that
 * provider, the claim that PLB03-2 names says which, or that only one has claims in this set. */
static uint32_t owner_of_adjustment(void *ctx, const struct plb *p)
{
    struct cutting *c = ctx;
    int64_t owner;
    int n = box_owners_of_provider(c->p->box, p->provider, &owner);
    uint32_t named = owner_by_reference(c, p);
    if (n == 1)
        return (uint32_t)owner;
    if (named != ERA_NOBODY)
        return named;
    if (c->cut.shares == 1)
        return c->cut.share[0].owner;
    return n == 0 && has_share(c, NOBODY) ? NOBODY : ERA_NOBODY;
}

/* ---- writing ---- */

static struct edi_writer *writer_of(void *ctx, uint32_t share)
{
    struct cutting *c = ctx;
    return &c->w[share];
}

static void walk(struct cutting *c, struct era_put *put)
{
    struct scan *s = scan_fragment(c->p->answer->body.p, c->p->answer->body.n);
    struct edi_seg seg;
    bool in_set = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        c->d = *scan_delims(s);
        in_set = in_set || seg_is(&seg, "ST");
        if (seg_is(&seg, "GS"))
            c->version = seg_el(&seg, 8);
        if (!put)
            era_cut_segment(&c->cut, &seg, &c->d);
        else if (in_set)
            era_put_segment(put, &seg, &c->d);
    }
    scan_free(s);
}

/* The envelope of a share: to the submitter, or as it came for nobody's. */
static struct box_batch addressee(struct cutting *c, uint32_t owner)
{
    struct box_batch b = {.bht03 = {"", 0}};
    remember(c, owner, 0);
    int64_t batch = c->batch[owner] ? c->batch[owner] : box_latest(c->p->box, owner);
    if (owner != NOBODY)
        box_batch_of(c->p->box, batch, c->p->arena, &b);
    return b;
}

static const char *newline_of(const struct cutting *c)
{
    return c->d.term == '\n' || c->d.term == '\r' ? "" : "\n";
}

static void put_all(struct cutting *c)
{
    uint32_t n = c->cut.shares;
    struct placing *p = c->p;
    c->out = arena_alloc(p->arena, n * sizeof *c->out);
    c->w = arena_alloc(p->arena, n * sizeof *c->w);
    for (uint32_t i = 0; i < n; i++)
        c->w[i] = (struct edi_writer){.out = &c->out[i], .d = c->d, .newline = newline_of(c)};
    struct era_put put = {.cut = &c->cut, .to = writer_of, .ctx = c};
    era_put_begin(&put);
    walk(c, &put);
    era_put_end(&put);
}

static void put_share(struct cutting *c, uint32_t i)
{
    struct placing *p = c->p;
    uint32_t owner = c->cut.share[i].owner;
    struct box_batch to = addressee(c, owner);
    struct buf file = {0};
    struct edi_writer w = {.out = &file, .d = c->d, .newline = newline_of(c)};
    struct ack_opts o = {.at_us = p->answer->at, .control = box_number(p->box)};
    char version[13] = "";
    memcpy(version, c->version.p, c->version.n < 12 ? c->version.n : 12);
    ack_isa(&w, &to.isa, &o);
    ack_gs(&w, &to.gs, "HP", version, &o);
    buf_phi(&file, buf_view(&c->out[i]));
    ack_ge(&w, 1, &o);
    ack_iea(&w, 1, &o);
    place_put(p, &to, o.control, "835", buf_view(&file));
    buf_free(&file);
}

/* What is nobody's stays in the payer's envelope, and balances as the others do. */
static void put_nobody(struct cutting *c, uint32_t i)
{
    struct placing *p = c->p;
    struct box_answer part = *p->answer;
    struct buf body = {0};
    size_t st = 0;
    struct scan *s = scan_fragment(p->answer->body.p, p->answer->body.n);
    struct edi_seg seg;
    while (scan_next(s, &seg) == SCAN_SEG && !seg_is(&seg, "ST"))
        st = seg.off + seg_bytes(&seg).n + 1;
    scan_free(s);
    buf_add(&body, p->answer->body.p, st);
    buf_phi(&body, buf_view(&c->out[i]));
    part.body = buf_view(&body);
    const struct box_answer *whole = p->answer;
    p->answer = &part;
    place_unplaced(p, "835", "it pays claims that nobody here sent");
    p->answer = whole;
    buf_free(&body);
}

static bool place(struct cutting *c)
{
    struct placing *p = c->p;
    struct era_cut_fault f;
    era_cut_begin(&c->cut, &(struct era_cut_ask){owner_of_claim, owner_of_adjustment, c},
                  phi_lit(""));
    walk(c, NULL);
    bool good = era_cut_end(&c->cut, &f);
    if (c->open && !p->force)
        return false;
    if (!good) {
        place_unplaced(p, "835", f.text);
        return true;
    }
    put_all(c);
    for (uint32_t i = 0; i < c->cut.shares; i++) {
        if (c->cut.share[i].owner == NOBODY)
            put_nobody(c, i);
        else
            put_share(c, i);
        buf_free(&c->out[i]);
    }
    return true;
}

bool place_835(struct placing *p)
{
    struct cutting c = {.p = p, .version = {"", 0}};
    bool decided = place(&c);
    era_cut_free(&c.cut);
    return decided;
}
