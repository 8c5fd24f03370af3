#include "tools/rebill/act.h"
#include "common/store/store.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdio.h>

static const int64_t CROSSED_WAIT = 30LL * 86400 * 1000000; /* DOMAIN.md C.3: 19 to 21 */

/* ---- guards ---- */

static bool mends(const struct life_version *v)
{
    return v->facts.frequency == '7' || v->facts.frequency == '8';
}

/* The latest version is dead: it came back, and will not be answered. */
static bool came_back(const struct life *x)
{
    static const enum transport dead[] = {T_HELD,   T_FILE_REJ,  T_SET_REJ,
                                          T_REJ_CH, T_REJ_PAYER, T_REJ_LATE};
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++)
        if (x->now.state.t == dead[i])
            return true;
    return false;
}

/* A replacement or void that is on its way and not answered yet. */
static const struct life_version *open_mend(const struct life *x, int rank)
{
    for (size_t i = x->versions_n; i-- > 0;) {
        const struct life_version *v = &x->versions[i];
        if (v->facts.rank != rank || !mends(v))
            continue;
        for (size_t k = 0; k < x->answers_n; k++)
            if (x->answers[k].at >= v->at)
                return NULL;
        return i + 1 == x->versions_n && came_back(x) ? NULL : v;
    }
    return NULL;
}

static const struct life_answer *last_answer(const struct life *x, const char *payer)
{
    const struct life_answer *last = NULL;
    for (size_t i = 0; i < x->answers_n; i++) {
        const struct life_answer *a = &x->answers[i];
        bool fits = !payer || phi_is(a->remit.head.payer_number, payer);
        for (size_t k = 0; payer && !fits && k < x->versions_n; k++)
            fits =
                x->versions[k].facts.rank == a->rank && phi_is(x->versions[k].facts.payer, payer);
        if (a->stands && fits && (!last || a->rank >= last->rank))
            last = a;
    }
    return last;
}

static const struct life_version *version_of(const struct life *x, const struct life_answer *a)
{
    const struct life_version *best = NULL;
    for (size_t i = 0; i < x->versions_n; i++) {
        const struct life_version *v = &x->versions[i];
        if (v->facts.rank != a->rank || v->facts.frequency == '8')
            continue;
        if (v->at <= a->at || !best)
            best = v;
    }
    return best;
}

/* Accepted by the payer and not answered: its number is in the 277CA. */
static void accepted(const struct life *x, const char *payer, struct act_basis *b)
{
    for (size_t i = 0; i < x->versions_n; i++) {
        const struct life_version *v = &x->versions[i];
        if (!mends(v) && v->accepted.n && (!payer || phi_is(v->facts.payer, payer))) {
            b->version = v;
            b->rank = v->facts.rank;
            b->control = v->accepted;
        }
    }
}

static const char *may_mend(const struct life *x, const struct act_wish *w, struct act_basis *b)
{
    b->answer = last_answer(x, w->payer);
    if (b->answer) {
        b->version = version_of(x, b->answer);
        b->rank = b->answer->rank;
        b->control = b->answer->remit.payer_control;
        if (b->version && !b->control.n)
            b->control = b->version->accepted;
    } else {
        accepted(x, w->payer, b);
    }
    if (x->now.state.a == A_VOIDED)
        return "the claim is void: a new claim has an account number of its own";
    if (!b->version)
        return "no payer has answered or accepted this claim: there is nothing that it could "
               "replace";
    if (!b->control.n)
        return "the payer has given no claim number (835 CLP07, 277CA REF*1K), and a replacement "
               "or "
               "void without REF*F8 cannot be built";
    const struct life_version *open = open_mend(x, b->rank);
    if (open && (open->facts.frequency == '8') == (w->kind == ACT_VOID))
        return w->kind == ACT_VOID ? "a void is on its way already"
                                   : "a replacement is on its way already";
    if (open)
        return "a void and a replacement of one claim cannot both be open";
    return NULL;
}

/* When the claim was forwarded by the payer; 0: it was not. */
static int64_t crossed_at(const struct life *x)
{
    int64_t at = 0;
    for (size_t i = 0; i < x->answers_n; i++) {
        phi_str s = x->answers[i].remit.status;
        if (x->answers[i].stands && (phi_is(s, "19") || phi_is(s, "20") || phi_is(s, "21")))
            at = x->answers[i].at;
    }
    return at;
}

static bool is_open(enum adjudication a)
{
    return a != A_PAID && a != A_PARTIAL && a != A_DENIED && a != A_PAID_ZERO;
}

static const char *may_bill_next(const struct life *x, const struct act_wish *w,
                                 struct act_basis *b)
{
    int64_t crossed = crossed_at(x);
    b->answer = last_answer(x, w->payer);
    b->rank = b->answer ? b->answer->rank : 1;
    if (x->now.state.a == A_REVERSED)
        return "what the payer before answered was taken back, and its correction has not come";
    if (!b->answer || is_open(x->now.state.a) || open_mend(x, b->rank))
        return "the payer before has not answered yet, or what it answered is being corrected";
    b->version = version_of(x, b->answer);
    for (size_t i = 0; i < x->versions_n; i++)
        if (x->versions[i].facts.rank > b->rank && !came_back(x))
            return "the next payer was billed already";
    if (crossed && !w->by_hand)
        return "the payer has forwarded the claim to the next one (CLP02 19 to 21): a claim of our "
               "own would be billed twice; 30 days without an answer, and --by-hand WHO REASON";
    if (crossed && w->now_us - crossed < CROSSED_WAIT)
        return "the payer has forwarded the claim, and 30 days have not passed since";
    for (size_t i = 0; i < x->answers_n; i++)
        if (x->answers[i].rank > b->rank && x->answers[i].stands)
            return "the next payer has answered already";
    return b->version ? NULL : "the claim that the payer answered is not in this run";
}

const char *act_may(const struct life *x, const struct act_wish *w, struct act_basis *out)
{
    *out = (struct act_basis){0};
    return w->kind == ACT_SECONDARY ? may_bill_next(x, w, out) : may_mend(x, w, out);
}

/* ---- memory ---- */

static const char *const migrations[] = {
    "CREATE TABLE act(no INTEGER PRIMARY KEY, basis BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL,"
    " wish BLOB NOT NULL, at INTEGER NOT NULL, control TEXT NOT NULL, by TEXT NOT NULL,"
    " reason TEXT NOT NULL);",
    NULL};
static const struct store_schema SCHEMA = {"rebill", migrations};

/* Where the claim stands: its latest version and what was answered. Whatever comes changes it. */
static struct digest standing(const struct life *x, const struct act_basis *b)
{
    struct buf t = {0};
    buf_add(&t, x->versions[x->versions_n - 1].id.b, REC_ID_LEN);
    for (size_t i = 0; i < x->answers_n; i++)
        buf_add(&t, x->answers[i].id.b, REC_ID_LEN);
    buf_printf(&t, "rank %d state %d", b->rank, (int)x->now.state.t);
    struct digest d = digest_of(t.p, t.len);
    buf_free(&t);
    return d;
}

static struct digest wish_digest(const struct act_wish *w)
{
    struct buf t = {0};
    buf_printf(&t, "%d ", (int)w->kind);
    buf_phi(&t, w->changes);
    struct digest d = digest_of(t.p, t.len);
    buf_free(&t);
    return d;
}

struct store *act_store(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/rebill", run);
    if (fs_mkdirs(buf_cstr(&path)))
        die(111, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/rebill.db");
    struct store *s = store_open(buf_cstr(&path), &SCHEMA);
    buf_free(&path);
    return s;
}

static bool find(struct store *s, const struct digest *basis, const struct digest *wish,
                 struct act_entry *out, bool *same)
{
    struct stmt *q = store_sql(s, "SELECT no,at,wish FROM act WHERE basis=?1");
    stmt_blob(q, 1, basis->b, DIGEST_LEN);
    if (!stmt_step(q))
        return false;
    *out = (struct act_entry){stmt_col_int(q, 0), stmt_col_int(q, 1), true};
    *same = phi_eq(stmt_col_bytes(q, 2), phi_of((const char *)wish->b, DIGEST_LEN));
    stmt_step(q);
    return true;
}

/* An act that is forgotten keeps its number: numbers are never used again. */
static void forget(struct store *s, int64_t no)
{
    struct stmt *q = store_sql(s, "UPDATE act SET basis=randomblob(32) WHERE no=?1");
    stmt_int(q, 1, no);
    stmt_run(q);
}

static void insert(struct store *s, const struct act_wish *w, const struct act_basis *b,
                   const struct digest *basis, const struct digest *wish, struct act_entry *out)
{
    struct stmt *q = store_sql(s, "INSERT INTO act VALUES(NULL,?1,?2,?3,?4,?5,?6,?7)");
    stmt_blob(q, 1, basis->b, DIGEST_LEN);
    stmt_int(q, 2, w->kind);
    stmt_blob(q, 3, wish->b, DIGEST_LEN);
    stmt_int(q, 4, w->now_us);
    stmt_text(q, 5, b->control);
    stmt_text(q, 6, phi_lit(w->by));
    stmt_text(q, 7, phi_lit(w->reason ? w->reason : ""));
    stmt_run(q);
    *out = (struct act_entry){store_last_id(s), w->now_us, false};
}

const char *act_note(struct store *s, const struct life *x, const struct act_wish *w,
                     const struct act_basis *b, struct act_entry *out)
{
    struct digest basis = standing(x, b), wish = wish_digest(w);
    bool same = false;
    store_begin(s);
    bool there = find(s, &basis, &wish, out, &same);
    if (there && !same && w->instead) {
        forget(s, out->number);
        there = false;
    }
    if (!there)
        insert(s, w, b, &basis, &wish, out);
    store_commit(s);
    return there && !same
               ? "something else was rebilled from where this claim stands; if that file "
                 "was not handed over, --instead puts this one in its place"
               : NULL;
}
