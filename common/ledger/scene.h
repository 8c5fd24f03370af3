/*
 * scene: for tests of the ledger. A scene is a list of records, written as the stages write them,
 * that can be played into a fresh ledger in any order.
 */
#ifndef CLAIMWIRE_LEDGER_SCENE_H
#define CLAIMWIRE_LEDGER_SCENE_H

#include "common/ledger/ledger.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCENE_MAX = 64 };
struct scene {
    struct arena mem;
    struct record rec[SCENE_MAX];
    int n;
    struct ledger *l;
    char dir[64];
    struct digest file;
    uint64_t off;
    struct rec_id set; /* parent of what comes next */
    char head[1200];   /* of the 835 that remits and adjustments belong to */
    uint32_t pos;
};

#define SCENE_DAY 1788249600000000 /* 2026-09-01 08:00 UTC */
#define SCENE_NM1 "NM1*QC*1*TESTER*ANNA****MI*XYZ100200300~DTM*232*20260903~"

static inline struct record *scene_add(struct scene *s, const char *kind, const char *body)
{
    struct record *r = &s->rec[s->n++];
    if (s->n > SCENE_MAX)
        BUG("scene too long");
    *r = (struct record){.schema = 1, .usage = 'T', .file = s->file, .off = s->off, .pos = s->pos};
    snprintf(r->kind, sizeof r->kind, "%s", kind);
    r->len = strlen(body);
    r->off = s->off;
    r->at_us = SCENE_DAY + (int64_t)s->n * 1000000;
    r->seq = (uint64_t)s->n;
    r->parent = s->set;
    r->id = id_child(s->set, s->off);
    r->body = phi_of(arena_strdup(&s->mem, body), strlen(body));
    s->off += 1000;
    s->pos++;
    return r;
}

/* What follows comes from another file. */
static inline void scene_file(struct scene *s, const char *name)
{
    s->file = digest_of(name, strlen(name));
    s->set = id_source(&s->file, 0);
    s->off = s->pos = 0;
}

struct scene_bill {
    const char *pcn, *payer, *charge, *lines; /* lines: SV1 and what follows, LX is put in front */
    const char *rank, *frequency, *more, *member, *other;
};

/* A claim with one SV1 a line; lines are given as text between '/'. */
static inline struct record *scene_claim(struct scene *s, const struct scene_bill *b)
{
    char body[4096], *at = body, *end = body + sizeof body;
    at += snprintf(
        at, (size_t)(end - at),
        "ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*"
        "000000001*0*T*:~GS*HC*RVRBND*CLRHOUSE*20260901*0800*1*X*005010X222A1~"
        "ST*837*0001*005010X222A1~BHT*0019*00*B1*20260901*0800*CH~"
        "NM1*41*2*RIVERBEND*****46*RVRBND~PER*IC*DESK*TE*8005550100~"
        "NM1*40*2*CLRHOUSE*****46*CLRHOUSE~HL*1**20*1~"
        "NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~N3*1 MAIN ST~"
        "N4*RIVERTON*UT*840650001~REF*EI*001234567~HL*2*1*22*0~SBR*%s*18*******CI~"
        "NM1*IL*1*TESTER*ANNA****MI*%s~N3*2 MAIN ST~N4*RIVERTON*UT*840650001~"
        "DMG*D8*19800229*F~NM1*PR*2*PAYER "
        "%s*****PI*%s~CLM*%s*%s***11:B:%s*Y*A*Y*Y~%sHI*ABK:J029~%s",
        b->rank ? b->rank : "P", b->member ? b->member : "XYZ100200300", b->payer, b->payer, b->pcn,
        b->charge, b->frequency ? b->frequency : "1", b->more ? b->more : "",
        b->other ? b->other : "");
    int lx = 0;
    for (const char *p = b->lines, *next; *p; p = *next ? next + 1 : next) {
        next = strchrnul(p, '/');
        at += snprintf(at, (size_t)(end - at),
                       "LX*%d~SV1*HC:%.*s*UN*1***1~DTP*472*D8*20260903~"
                       "REF*6R*%sL%d~",
                       lx + 1, (int)(next - p), p, b->pcn, lx + 1);
        lx++;
    }
    return scene_add(s, "claim", body);
}

/* A new 835: what follows belongs to it. */
static inline void scene_era(struct scene *s, const char *file, const char *payer,
                             const char *trace, const char *bpr, const char *method)
{
    scene_file(s, file);
    snprintf(s->head, sizeof s->head,
             "ISA*00*          *00*          *ZZ*%-15s*ZZ*RVRBND         *260903*0900*^*00501*"
             "000000007*0*T*:~GS*HP*SBX01*RVRBND*20260903*0900*7*X*005010X221A1~ST*835*0001~"
             "BPR*I*%s*C*%s************20260905~TRN*1*%s*1512345678~DTM*405*20260903~"
             "N1*PR*PAYER %s~N3*1 PAY ST~N4*COLUMBUS*OH*43215~REF*2U*%s~"
             "N1*PE*RIVERBEND FAMILY MEDICINE*XX*2000000010~REF*TJ*001234567~",
             payer, bpr, method, trace, payer, payer);
}

static inline struct record *scene_payment(struct scene *s, uint32_t parts)
{
    struct record *r = scene_add(s, "payment", s->head);
    r->of = parts;
    return r;
}

/* clp: CLP and what stands below it. */
static inline struct record *scene_remit(struct scene *s, const char *clp)
{
    char body[4096];
    snprintf(body, sizeof body, "%sLX*1~%s", s->head, clp);
    return scene_add(s, "remit", body);
}

static inline struct record *scene_plb(struct scene *s, const char *plb)
{
    char body[2048];
    snprintf(body, sizeof body, "%s%s", s->head, plb);
    return scene_add(s, "plb", body);
}

/* Opens a fresh ledger under a new directory. */
static inline void scene_open(struct scene *s, int threshold)
{
    /* in memory where that is possible: hundreds of ledgers are opened and synced */
    strcpy(s->dir, access("/dev/shm", W_OK) ? "/tmp/cw-scene-XXXXXX" : "/dev/shm/cw-scene-XXXXXX");
    if (!mkdtemp(s->dir))
        BUG("no directory for a scene");
    s->l = ledger_open(s->dir, "reconciler", threshold);
}

/* Plays record order[i] for each i (NULL: as written); commits once. */
static inline void scene_play(struct scene *s, const int *order)
{
    struct ledger_refusal why;
    for (int i = 0; i < s->n; i++)
        if (ledger_take(s->l, &s->rec[order ? order[i] : i], &why) == LEDGER_REFUSED)
            die(2, "scene: record %d refused: %s %s", i, why.rule, why.why);
    ledger_commit(s->l);
}

static inline void scene_close(struct scene *s)
{
    char cmd[96];
    ledger_close(s->l);
    s->l = NULL;
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", s->dir);
    if (system(cmd))
        BUG("cannot clear a scene");
}

static inline int64_t scene_claim_balance(struct scene *s, const char *pcn, enum ledger_account a)
{
    struct stmt *q =
        store_sql(ledger_store(s->l), "SELECT sum(cents) FROM journal WHERE account=?2 AND"
                                      " subject IN (SELECT chain FROM claim WHERE pcn=?1)");
    stmt_text(q, 1, phi_lit(pcn));
    stmt_int(q, 2, a);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static inline int64_t scene_total(struct scene *s, enum ledger_account a)
{
    struct stmt *q =
        store_sql(ledger_store(s->l), "SELECT sum(cents) FROM journal WHERE account=?1");
    stmt_int(q, 1, a);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static inline int64_t scene_paid(struct scene *s, const char *pcn)
{
    struct stmt *q =
        store_sql(ledger_store(s->l), "SELECT -sum(cents) FROM journal WHERE code='PAY' AND"
                                      " subject IN (SELECT chain FROM claim WHERE pcn=?1)");
    stmt_text(q, 1, phi_lit(pcn));
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static inline int64_t scene_exceptions(struct scene *s, const char *code)
{
    struct stmt *q = store_sql(ledger_store(s->l),
                               "SELECT count(*) FROM exception WHERE code=?1 AND closed IS NULL");
    stmt_text(q, 1, phi_lit(code));
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

/* Calls check on every order of the records: all of them up to five, else 40 by a fixed seed. */
static inline void scene_every_order(struct scene *s, int threshold, void (*check)(struct scene *))
{
    int order[SCENE_MAX];
    uint64_t seed = 88172645463325252u;
    int rounds = s->n <= 3 ? 6 : s->n <= 4 ? 24 : 40;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < s->n; i++)
            order[i] = i;
        for (int i = s->n - 1; i > 0 && round > 0; i--) { /* the first round as written */
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            int k = (int)(seed % (uint64_t)(i + 1)), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        scene_open(s, threshold);
        scene_play(s, order);
        check(s);
        scene_play(s, order); /* everything again: nothing changes */
        check(s);
        scene_close(s);
    }
    arena_free(&s->mem);
}

#endif
