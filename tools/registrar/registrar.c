/*
 * NAME
 *     registrar - keeps who the patients are and how they are insured
 *
 * SYNOPSIS
 *     claimwire registrar --run DIR < frames
 *
 * DESCRIPTION
 *     A keeper. Takes `enc` records (from `ingest`), `set` records that are a 271 (from the port
 *     `answers` of `validator`) and `remit` records (from `remit835`), and keeps what they say of
 *     patients and their coverage (an encounter without a name or date of birth is refused by the coder,
 *     here it is passed over in a pipeline), each value with the digest of its file, its bytes there, and the day
 *     from which it holds: names, birth, sex, address; payer, member, group, relation, rank, plan,
 *     status, subscriber. What an 835 corrects (NM1*74) is kept as the payer's word. The same record
 *     twice changes nothing, and nothing is overwritten. `claimwire patient` shows and amends it.
 *
 *     Values lie sealed in RUN/registrar/registrar.db.
 *
 * EXIT STATUS
 *     0 done; 1 something was refused (REG_BODY: the body cannot be read); 64 usage; 78 configuration;
 *     100 the input is no frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire ingest day.jsonl | claimwire registrar --run run
 */
#include "common/edi/remit.h"
#include "common/elig/elig.h"
#include "common/link/stage.h"
#include "common/registrar/registrar.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <jansson.h>
#include <stdio.h>

struct taking {
    struct registrar *r;
    struct origin o;
    int64_t patient;
    phi_str payer, from, to;
};

static void say(struct taking *t, const char *field, phi_str v)
{
    static const phi_str none = {"", 0};
    bool cover = registrar_field(field, true);
    registrar_say(t->r, t->patient, cover ? t->payer : none, field, v, t->from,
                  cover ? t->to : none, &t->o);
}

static struct taking taking(struct registrar *r, const char *source, const struct record *rec)
{
    return (struct taking){.r = r,
                           .o = {.source = source,
                                 .file = rec->file,
                                 .off = rec->off,
                                 .len = rec->len,
                                 .at_us = rec->at_us}};
}

/* ---- encounters ---- */

static phi_str text(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

/* 1980-02-29 as 19800229; empty when it is no day. */
static phi_str day(phi_str v, char out[9])
{
    int32_t days;
    out[0] = 0;
    if (v.n == 10)
        snprintf(out, 9, "%.4s%.2s%.2s", v.p, v.p + 5, v.p + 8);
    return phi_of(out, date_parse(phi_lit(out), &days) ? 8 : 0);
}

static void address(struct taking *t, const json_t *a)
{
    static const char *const keys[][2] = {
        {"l1", "line1"}, {"l2", "line2"}, {"city", "city"}, {"st", "state"}, {"zip", "zip"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        say(t, keys[i][1], text(a, keys[i][0]));
}

static void coverage(struct taking *t, const json_t *c)
{
    const json_t *sub = json_object_get(c, "sub");
    char born[9], rank[24];
    snprintf(rank, sizeof rank, "%lld", (long long)json_integer_value(json_object_get(c, "rank")));
    t->payer = text(c, "payer");
    if (phi_empty(t->payer))
        return;
    say(t, "member", text(c, "member"));
    say(t, "group", text(c, "group"));
    say(t, "relation", text(c, "rel"));
    say(t, "rank", phi_lit(rank));
    say(t, "subscriber_last", text(sub, "last"));
    say(t, "subscriber_first", text(sub, "first"));
    say(t, "subscriber_dob", day(text(sub, "dob"), born));
}

static bool take_enc(struct registrar *r, const struct record *rec)
{
    json_t *e = json_loadb(rec->body.p, rec->body.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *pt = json_object_get(e, "pt"), *covers = json_object_get(e, "cov");
    struct taking t = taking(r, "enc", rec);
    char born[9], from[9];
    phi_str dob = day(text(pt, "dob"), born);
    t.from = day(text(json_object_get(e, "dos"), "from"), from);
    t.patient = registrar_patient(r, text(pt, "last"), text(pt, "first"), dob, true);
    if (t.patient) {
        static const char *const same[] = {"last", "first", "middle", "sex"};
        for (size_t i = 0; i < sizeof same / sizeof *same; i++)
            say(&t, same[i], text(pt, same[i]));
        say(&t, "dob", dob);
        say(&t, "reference", text(pt, "ref"));
        address(&t, json_object_get(pt, "addr"));
        for (size_t i = 0; i < json_array_size(covers); i++)
            coverage(&t, json_array_get(covers, i));
    }
    json_decref(e);
    return t.patient != 0;
}

/* ---- 271 ---- */

struct answers {
    struct registrar *r;
    const struct record *rec;
    int placed, unplaced;
};

static void answer(void *ctx, const struct elig_said *s)
{
    struct answers *a = ctx;
    const struct elig_person *p = elig_person(s);
    struct taking t = taking(a->r, "271", a->rec);
    enum elig_status status = elig_status(s);
    if (s->asks || !s->subscriber_there || status == ELIG_REFUSED)
        return;
    t.o.off += s->off;
    t.o.len = s->len;
    t.payer = s->payer;
    t.from = phi_empty(s->from) ? s->day : s->from;
    t.to = phi_empty(s->ends) ? s->to : s->ends;
    t.patient = registrar_patient(a->r, p->last, p->first, p->dob, true);
    if (!t.patient)
        t.patient = registrar_member(a->r, s->subscriber.id, p->first, NULL);
    *(t.patient ? &a->placed : &a->unplaced) += 1;
    if (!t.patient)
        return;
    say(&t, "last", p->last);
    say(&t, "first", p->first);
    say(&t, "dob", p->dob);
    say(&t, "sex", p->sex);
    say(&t, "member", s->subscriber.id);
    say(&t, "group", phi_empty(p->group) ? s->subscriber.group : p->group);
    say(&t, "relation", s->relation);
    say(&t, "status", phi_lit(elig_status_name(status)));
    for (uint32_t i = 0; i < s->benefits_n; i++)
        if (!phi_empty(s->benefits[i].plan)) {
            say(&t, "plan", s->benefits[i].plan);
            break;
        }
}

/* ---- 835 ---- */

static bool take_remit(struct registrar *r, const struct record *rec, struct arena *mem)
{
    struct remit m;
    struct buf payer = {0};
    char from[9] = "";
    int32_t first_day, last_day;
    if (!remit_read(rec->body, mem, &m, NULL))
        return false;
    const struct remit_name *qc = remit_name_of(&m, "QC"), *il = remit_name_of(&m, "IL"),
                            *right = remit_name_of(&m, "74");
    struct taking t = taking(r, "835", rec);
    phi_str member = il && !phi_empty(il->id) ? il->id : qc ? qc->id : phi_lit("");
    if (qc)
        t.patient = registrar_member(r, member, qc->first, &payer);
    remit_service_dates(&m, &first_day, &last_day);
    if (first_day != REMIT_NO_DATE)
        t.from = phi_lit(date_ccyymmdd(first_day, from));
    t.payer = buf_view(&payer);
    if (t.patient && right) { /* of the insured: of the patient when that is he */
        if (!il) {
            say(&t, "last", right->last);
            say(&t, "first", right->first);
        }
        say(&t, "member", right->id);
    } else if (t.patient) {
        say(&t, "member", member);
    }
    buf_free(&payer);
    return true;
}

/* ---- stage ---- */

static int start(struct stage *s, void **state)
{
    const char *run = stage_run_dir(s);
    if (!run)
        die(EXIT_USAGE, "it needs --run DIR");
    *state = registrar_open(run);
    return 0;
}

static int take(struct stage *s, void *state, const struct record *rec)
{
    struct answers a = {.r = state, .rec = rec};
    if (record_is(rec, "enc") && !take_enc(state, rec) && stage_is_filter(s))
        stage_refuse(s, rec, "REG_BODY", "no encounter with the patient's name and date of birth");
    else if (record_is(rec, "remit") && !take_remit(state, rec, stage_arena(s)))
        stage_refuse(s, rec, "REG_BODY", "the body cannot be read as a remittance of a claim");
    else if (record_is(rec, "set"))
        elig_read(rec->body, stage_arena(s), answer, &a);
    stage_count(s, "placed", a.placed);
    stage_count(s, "unplaced", a.unplaced);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    (void)s;
    registrar_commit(state);
    return 0;
}

static void stop(struct stage *s, void *state)
{
    (void)s;
    registrar_close(state);
}

/* payment and plb come by the same port as remits, and say nothing of patients */
static const char *const kinds[] = {"enc", "set", "remit", "payment", "plb", NULL};
static const struct stage_def registrar = {.name = "registrar",
                                           .kind = STAGE_KEEPER,
                                           .version = "1",
                                           .kinds = kinds,
                                           .start = start,
                                           .record = take,
                                           .commit = commit,
                                           .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &registrar);
}
