#include "common/ledger/claimstate.h"
#include <stdio.h>
#include <stdlib.h>

#define BIT(s)   (1u << (s))
#define ANSWERED (BIT(A_PAID) | BIT(A_PARTIAL) | BIT(A_DENIED) | BIT(A_PAID_ZERO))
#define OPEN                                                                                       \
    (BIT(A_NONE) | BIT(A_WAITING) | BIT(A_PENDED) | BIT(A_INFO_NEEDED) | BIT(A_FINAL) |            \
     BIT(A_LOST) | BIT(A_REVERSED) | BIT(A_CORRECTING) | BIT(A_APPEAL) | BIT(A_VOIDING))
/* A payer that has not decided is asked; what was not found may be found later. */
#define ASKED (BIT(A_NONE) | BIT(A_WAITING) | BIT(A_CORRECTING) | BIT(A_VOIDING))

/* DOMAIN.md C.5, T. What a remittance proves (it was sent) is not transport's to say. */
static const struct {
    enum state_event kind;
    unsigned from;
    enum transport to;
} transport[] = {
    {EV_BUILT, BIT(T_NONE), T_BUILT},
    {EV_EDITS_PASSED, BIT(T_BUILT), T_READY},
    {EV_EDITS_FAILED, BIT(T_BUILT) | BIT(T_READY), T_HELD},
    {EV_BATCHED, BIT(T_READY), T_BATCHED},
    {EV_SENT, BIT(T_READY) | BIT(T_BATCHED), T_SENT},
    {EV_FILE_REJECTED, BIT(T_SENT), T_FILE_REJ},
    {EV_BATCHED, BIT(T_FILE_REJ), T_BATCHED}, /* envelope mended, same version */
    {EV_SET_REJECTED, BIT(T_SENT), T_SET_REJ},
    {EV_SYNTAX_OK, BIT(T_SENT), T_SYNTAX_OK},
    {EV_REJECTED_HERE, BIT(T_SENT) | BIT(T_SYNTAX_OK), T_REJ_CH},
    {EV_ACCEPTED_HERE, BIT(T_SENT) | BIT(T_SYNTAX_OK), T_AT_PAYER},
    {EV_REJECTED_BY_PAYER, BIT(T_SENT) | BIT(T_SYNTAX_OK) | BIT(T_AT_PAYER), T_REJ_PAYER},
    {EV_ACCEPTED_BY_PAYER, BIT(T_SENT) | BIT(T_SYNTAX_OK) | BIT(T_AT_PAYER), T_ACCEPTED},
    {EV_REJECTED_BY_PAYER, BIT(T_ACCEPTED), T_REJ_LATE},
};

static const struct {
    enum state_event kind;
    unsigned from;
    enum adjudication to;
} adjudication[] = {
    {EV_ACCEPTED_BY_PAYER, BIT(A_NONE), A_WAITING},
    {EV_PENDED, ASKED | BIT(A_LOST), A_PENDED},
    {EV_INFO_WANTED, ASKED | BIT(A_PENDED) | BIT(A_LOST), A_INFO_NEEDED},
    {EV_FINAL, ASKED | BIT(A_PENDED) | BIT(A_LOST), A_FINAL},
    {EV_LOST, ASKED | BIT(A_PENDED), A_LOST},
    {EV_ATTACHED, BIT(A_INFO_NEEDED), A_PENDED},
    {EV_PAID, OPEN | ANSWERED, A_PAID},
    {EV_PARTIAL, OPEN | ANSWERED, A_PARTIAL},
    {EV_DENIED, OPEN | ANSWERED, A_DENIED},
    {EV_PATIENT_ONLY, OPEN | ANSWERED, A_PAID_ZERO},
    {EV_REVERSED, ANSWERED | OPEN, A_REVERSED},
    {EV_USER_CORRECT, BIT(A_DENIED) | BIT(A_PARTIAL), A_CORRECTING},
    {EV_USER_APPEAL, ANSWERED | BIT(A_APPEAL), A_APPEAL}, /* paid: less than the contract says */
    {EV_USER_VOID, OPEN | ANSWERED, A_VOIDING},
};

bool state_awaits(enum adjudication a)
{
    return BIT(a) & OPEN;
}

const char *transport_name(enum transport t)
{
    static const char *const name[] = {"none",          "built",        "held",
                                       "ready",         "batched",      "sent",
                                       "file rejected", "set rejected", "syntax ok",
                                       "rejected here", "at payer",     "rejected by payer",
                                       "accepted",      "rejected late"};
    return name[t];
}

const char *adjudication_name(enum adjudication a)
{
    static const char *const name[] = {
        "none",   "waiting",   "pended",   "info needed", "final",  "lost",    "paid",  "partial",
        "denied", "paid zero", "reversed", "correcting",  "appeal", "voiding", "voided"};
    return name[a];
}

/* By time; at one time by phase and the order of life, which is that of the enum; then by the tie. */
static int before(const void *pa, const void *pb)
{
    const struct state_fact *a = pa, *b = pb;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->phase != b->phase)
        return a->phase < b->phase ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->tie > b->tie) - (a->tie < b->tie);
}

enum { RANKS = 12, VERSIONS = 64 };

struct version {
    int64_t no;
    enum transport t;
    uint64_t bytes;
    bool sent;
    char frequency;
    int rank;
    int64_t since; /* of t */
};

struct fold {
    struct claim_state out;
    struct version version[VERSIONS];
    int versions;
    enum adjudication a[RANKS];
    int64_t a_since[RANKS];
    int appeals[RANKS];
    bool ranked[RANKS];  /* a version was built for this rank */
    int last_answer;     /* rank of the latest answer, 0: none */
    bool voiding[RANKS]; /* a void was built and not undone */
    bool any_sent;
    bool voided, given_up;
};

static struct version *version_of(struct fold *f, int64_t no)
{
    for (int i = 0; i < f->versions; i++)
        if (f->version[i].no == no)
            return &f->version[i];
    if (f->versions == VERSIONS)
        return NULL;
    f->version[f->versions] = (struct version){.no = no};
    return &f->version[f->versions++];
}

static int rank_of(const struct state_fact *e)
{
    return e->rank < 1 ? 1 : e->rank >= RANKS ? RANKS - 1 : e->rank;
}

static bool is_open(const struct version *v)
{
    return v->t != T_HELD && v->t != T_NONE && v->t != T_REJ_CH && v->t != T_REJ_PAYER;
}

/* Guards on building; true when the version may not move. */
static bool may_not_build(struct fold *f, const struct state_fact *e)
{
    bool mends = e->frequency == '7' || e->frequency == '8';
    unsigned broken = 0;
    int rank = rank_of(e);
    if (mends && !e->control)
        broken |= GUARD_NO_CONTROL;
    if (!mends && rank > 1 && f->ranked[rank - 1] && (BIT(f->a[rank - 1]) & OPEN))
        broken |= GUARD_SECONDARY_EARLY;
    for (int i = 0; mends && i < f->versions; i++)
        if ((f->version[i].frequency == '7' || f->version[i].frequency == '8') &&
            f->version[i].frequency != e->frequency && f->version[i].no != e->version &&
            is_open(&f->version[i]) && !f->voided && (BIT(f->a[rank]) & OPEN))
            broken |= GUARD_VOID_AND_REPLACE;
    f->out.broken |= broken;
    return broken;
}

static void built(struct fold *f, struct version *v, const struct state_fact *e)
{
    int rank = rank_of(e);
    v->frequency = e->frequency;
    v->rank = rank;
    if (may_not_build(f, e)) {
        v->t = T_HELD;
        return;
    }
    f->ranked[rank] = true;
    if (e->frequency == '8') {
        f->a[rank] = A_VOIDING;
        f->a_since[rank] = e->at;
        f->voiding[rank] = true;
    }
    if (e->frequency == '7' && (BIT(f->a[rank]) & (BIT(A_DENIED) | BIT(A_PARTIAL)))) {
        f->a[rank] = A_CORRECTING;
        f->a_since[rank] = e->at;
    }
}

static bool move_transport(struct fold *f, const struct state_fact *e)
{
    struct version *v = version_of(f, e->version);
    if (!v)
        return false;
    if (e->kind == EV_SENT && v->sent) {
        if (v->bytes != e->bytes)
            f->out.broken |= GUARD_SENT_TWICE;
        return v->bytes == e->bytes;
    }
    for (size_t i = 0; i < sizeof transport / sizeof *transport; i++) {
        if (transport[i].kind != e->kind || !(transport[i].from & BIT(v->t)))
            continue;
        v->t = transport[i].to;
        v->since = e->at;
        if (e->kind == EV_SENT) {
            v->sent = f->any_sent = true;
            v->bytes = e->bytes;
        }
        if (e->kind == EV_FILE_REJECTED) /* the bytes never counted: they may go again */
            v->sent = false;
        if (e->kind == EV_BUILT)
            built(f, v, e);
        return true;
    }
    return false;
}

static bool move_adjudication(struct fold *f, const struct state_fact *e)
{
    int rank = rank_of(e);
    for (size_t i = 0; i < sizeof adjudication / sizeof *adjudication; i++) {
        if (adjudication[i].kind != e->kind || !(adjudication[i].from & BIT(f->a[rank])))
            continue;
        f->a[rank] = adjudication[i].to;
        f->a_since[rank] = e->at;
        f->voiding[rank] |= e->kind == EV_USER_VOID;
        f->appeals[rank] += e->kind == EV_USER_APPEAL;
        if (e->kind == EV_REVERSED && f->voiding[rank])
            f->a[rank] = A_VOIDED;
        f->voided |= f->a[rank] == A_VOIDED;
        if (e->kind >= EV_PAID && e->kind <= EV_REVERSED && rank > f->last_answer)
            f->last_answer = rank;
        return true;
    }
    return false;
}

static void take(struct fold *f, const struct state_fact *e)
{
    bool moved = false;
    if (e->kind == EV_FORWARDED) {
        f->out.crossed = moved = true;
    } else if (e->kind == EV_USER_WRITE_OFF) {
        moved = f->given_up = f->a[rank_of(e)] == A_DENIED || f->a[rank_of(e)] == A_PARTIAL;
    } else if (e->kind >= EV_PATIENT_PAID) {
        moved = true; /* the journal says what is left */
    } else {
        moved = e->kind <= EV_ACCEPTED_BY_PAYER && move_transport(f, e);
        if (e->kind >= EV_ACCEPTED_BY_PAYER)
            moved |= move_adjudication(f, e);
    }
    f->out.ignored += !moved;
}

static void own(struct fold *f, const struct state_money *m)
{
    int64_t all = m->receivable + m->denial + m->patient;
    int rank = f->last_answer ? f->last_answer : 1;
    f->out.rank = rank;
    if (f->given_up)
        f->out.b = B_WRITE_OFF;
    else if (all < 0)
        f->out.b = B_CREDIT;
    else if (m->receivable > 0 || m->denial > 0)
        f->out.b = f->any_sent || f->last_answer ? B_PAYER : B_UNBILLED;
    else if (m->patient > 0 && m->next_payer) {
        f->out.b = B_PAYER;
        f->out.rank = rank + 1;
        f->out.next = true;
    } else
        f->out.b = m->patient > 0 ? B_PATIENT : B_ZERO;
}

/* An original once more, not sent, while the one before it is on its way or answered: a duplicate that
 * is held. It is not where the claim is. */
static bool held_again(const struct fold *f, int i)
{
    const struct version *v = &f->version[i];
    for (int k = 0; k < i && !v->sent && v->frequency == '1'; k++)
        if (f->version[k].rank == v->rank && f->version[k].sent && is_open(&f->version[k]) &&
            f->version[k].t != T_SET_REJ && f->version[k].t != T_REJ_LATE)
            return true;
    return false;
}

/* What a payer refused it does not have: that it finds no claim, when it is asked, says nothing more,
 * whichever came first. */
static void refused_not_lost(struct fold *f)
{
    enum adjudication *a = &f->a[f->out.turn];
    if (*a == A_LOST &&
        BIT(f->out.t) & (BIT(T_FILE_REJ) | BIT(T_SET_REJ) | BIT(T_REJ_CH) | BIT(T_REJ_PAYER)))
        *a = A_NONE;
}

struct claim_state state_fold(struct state_fact *facts, size_t n, const struct state_money *m)
{
    struct fold f = {0};
    qsort(facts, n, sizeof *facts, before);
    for (size_t i = 0; i < n; i++)
        take(&f, &facts[i]);
    for (int i = 0; i < f.versions; i++) /* the latest that was built says where the claim is */
        if (f.version[i].t != T_NONE && !held_again(&f, i)) {
            f.out.t = f.version[i].t;
            f.out.t_since = f.version[i].since;
            f.out.turn = f.version[i].rank;
        }
    if (!f.out.turn)
        f.out.turn = 1;
    refused_not_lost(&f);
    f.out.turn_a = f.a[f.out.turn];
    f.out.turn_since = f.a_since[f.out.turn];
    f.out.appeals = f.appeals[f.out.turn];
    f.out.a = f.a[f.last_answer ? f.last_answer : 1];
    f.out.a_since = f.a_since[f.last_answer ? f.last_answer : 1];
    own(&f, m);
    return f.out;
}

const char *state_text(const struct claim_state *s, char out[64])
{
    static const char *const owner[] = {"unbilled", "payer",       "patient",
                                        "zero",     "written off", "credit"};
    if (s->b == B_PAYER)
        snprintf(out, 64, "%s, %s, payer %d", transport_name(s->t), adjudication_name(s->a),
                 s->rank);
    else
        snprintf(out, 64, "%s, %s, %s", transport_name(s->t), adjudication_name(s->a), owner[s->b]);
    return out;
}
