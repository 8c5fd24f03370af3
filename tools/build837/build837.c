/*
 * NAME
 *   claimwire build837 - gather claims into one file for each payer
 *
 * SYNOPSIS
 *   claimwire build837 [--out DIR] [--batch-claims N] [--batch-age SECONDS] [--claims-per-set N]
 *                      [--partners DIR] [--run DIR] < frames > frames
 *
 * DESCRIPTION
 *   A keeper. Takes `claim` and `tally` records and writes 837P, 837I and 837D files, one payer, one
 *   usage (T or P), one purpose (BHT06) and one version each, so that kinds of claims are never
 *   mixed. Inside a file claims are grouped by billing
 *   provider, subscriber and patient; HL numbers, counts, control numbers, dates and the submitter
 *   and receiver are written anew, all other segments of a claim go out as they came.
 *
 *   Claims are ordered by the number of their set and their position in it, and a batch is closed
 *   only over complete prefixes: a set counts when its tally says how many of its claims stand and
 *   so many are here. A batch closes when it is full (--batch-claims), when its oldest claim has
 *   waited --batch-age seconds of the pipeline's clock (missing sets are then no longer waited
 *   for), and when the input is over. Files closed by count are therefore the same bytes in
 *   whatever order claims came, by however many replicas, with whatever repeats and deaths.
 *
 *   Members, control numbers and terms of a batch are sealed in one transaction of outbox.db.
 *   Control numbers are counted there and never used again. The file is a function of the sealed
 *   rows: it is written under a temporary name, synced, renamed into the out folder, and the folder
 *   synced. After a crash in between it is written again, the same bytes under the same name; so a
 *   file that was taken away at that very moment comes a second time, with the same ISA13. The date
 *   in a file is the latest `at` of its claims, not the hour of writing.
 *
 *   For each file one `sent` record leaves: JSON with name, file (digest), isa13, gs06, st02, bht03,
 *   set_claims (one of each for a set), payer, usage, cents, bytes, and claims, their ids in the
 *   order of the batch; the first set_claims[0] of them are in the first set, and so on.
 *
 *   The store is RUN/build837/outbox.db and files go to RUN/build837/out. Without --run the store
 *   and its keys are in OUT/.claimwire, and `sent` records of files that are in the store already
 *   are said again on every run, because a pipe has no way back.
 *
 *   Refused (port rejects): CLM_BODY, CLM_MISSING, CLM_VALUE: the record is no claim that can be
 *   sent, with segment and position; BLD_USAGE: the payer takes only claims of the other usage;
 *   BLD_DELIMITER: a value holds one of the delimiters that this payer's files have; BLD_ENVELOPE:
 *   the payer's id, BHT06 or the version hold a byte that cannot stand in ISA, GS or BHT.
 *   Held (port rejects): S7-001: the biller is not enrolled with the payer (enrollments.csv beside
 *   the profiles, which is read again when it changes): the claim lies in quarantine until a person
 *   releases it, and is not sent before.
 *
 *   DUP_HOLD: the same patient, provider, payer, days, procedures and amounts went into a file before,
 *   from the same submitter, under whatever account number. A replacement (7) or void (8), a claim for another payer, and one
 *   whose predecessor was rejected or voided (by the run's ledger) are none. A person releases it with
 *   a reason (`claimwire quarantine release N --reason TEXT`).
 *
 *   A payer with a profile (NAME.partner, docs/partners.md) gets its files as the profile says:
 *   ids, delimiters, line ends, capitals, the order of REF, and files within its limits of claims,
 *   sets and bytes.
 *
 * OPTIONS
 *   --out DIR            where files go (default: RUN/build837/out)
 *   --batch-claims N     claims that close a batch (default 5000)
 *   --batch-age SECONDS  age that closes a batch (default 60; 0: never)
 *   --claims-per-set N   at most so many claims in one ST (default 5000)
 *   --partners DIR       who we are and what payers want (default config/partners)
 *   --duplicates WHAT    hold (default) or send
 *
 * EXIT STATUS
 *   0 done, 1 something was refused, 64 usage, 78 configuration, 100 the input is no frames,
 *   111 try again later
 *
 * EXAMPLES
 *   claimwire ingest day.837 | claimwire validator | claimwire build837 --out out/ >sent
 */
#include "common/edi/claim.h"
#include "common/edi/write.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/build837/place.h"
#include "tools/build837/registry.h"
#include "tools/build837/render.h"
#include <stdio.h>
#include <stdlib.h>

struct build {
    struct outbox *box;
    struct queue *queue;
    struct partners *partners;
    struct registry *registry;
    struct arena arena; /* of the partners */
    char *out;          /* folder of the files */
    int64_t age_us;     /* 0: never */
    uint32_t per_set;
    bool hold_duplicates;
    int64_t released; /* batches up to here have been handed on by this process */
    bool sealed;      /* a batch may wait to be rendered */
    bool rendered;    /* a file may wait to be told about */
};

/* ---- start and stop ---- */

/* Where the store is: the stage's home, or a hidden folder of the out folder. */
static const char *store_dir(struct stage *s, const struct build *b, struct arena *a)
{
    const char *home = stage_home(s);
    if (home)
        return home;
    size_t n = strlen(b->out) + sizeof "/.claimwire";
    char *dir = arena_alloc(a, n);
    snprintf(dir, n, "%s/.claimwire", b->out);
    return dir;
}

static char *out_dir(struct stage *s)
{
    const char *given = stage_get(s, "out"), *home = stage_home(s);
    if (given && *given)
        return xstrdup(given);
    if (!home)
        die(EXIT_USAGE, "option \"--out\" or \"--run\" must be given");
    size_t n = strlen(home) + sizeof "/out";
    char *dir = xcalloc(1, n);
    snprintf(dir, n, "%s/out", home);
    return dir;
}

static void need_dir(const char *path)
{
    if (fs_mkdirs(path))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", path);
}

static void on_close(void *ctx, uint32_t lane, const struct entry *e, uint32_t n, uint64_t next)
{
    struct build *b = ctx;
    struct file_limits l =
        partners_limits(b->partners, outbox_lane_payer(b->box, lane), b->per_set);
    int64_t number = outbox_seal(b->box, b->partners, e, n, next, l.per_set);
    log_debug("CW-BLD-001", "batch sealed", KV("batch", number), KV("claims", n));
    b->sealed = true;
}

static struct queue_limit on_limit(void *ctx, uint32_t lane)
{
    struct build *b = ctx;
    struct file_limits l =
        partners_limits(b->partners, outbox_lane_payer(b->box, lane), b->per_set);
    return (struct queue_limit){l.claims, l.bytes};
}

static int start(struct stage *s, void **state)
{
    struct build *b = xcalloc(1, sizeof *b);
    struct buf error = {0};
    *state = b;
    b->partners = partners_load(stage_get(s, "partners"), &b->arena, &error);
    if (!b->partners)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    b->registry = registry_open(stage_get(s, "partners"));
    b->out = out_dir(s);
    b->per_set = (uint32_t)stage_number(s, "claims-per-set");
    const char *duplicates = stage_get(s, "duplicates");
    b->hold_duplicates = strcmp(duplicates, "hold") == 0;
    if (!b->hold_duplicates && strcmp(duplicates, "send") != 0)
        die(EXIT_USAGE, "option \"--duplicates\" is hold or send");
    b->age_us = stage_number(s, "batch-age") * 1000000LL;
    const char *dir = store_dir(s, b, &b->arena), *run = stage_run_dir(s);
    need_dir(b->out);
    need_dir(dir);
    b->box = outbox_open(dir, run ? run : dir);
    b->queue =
        queue_new((uint32_t)stage_number(s, "batch-claims"), outbox_next(b->box), on_close, b);
    queue_limit(b->queue, on_limit);
    outbox_load(b->box, b->queue);
    queue_advance(b->queue); /* what was complete when the process before this one died */
    b->sealed = b->rendered = true;
    return 0;
}

static void stop(struct stage *s, void *state)
{
    struct build *b = state;
    (void)s;
    queue_free(b->queue);
    outbox_close(b->box);
    registry_close(b->registry);
    partners_free(b->partners);
    arena_free(&b->arena);
    free(b->out);
    free(b);
}

/* ---- records ---- */

/* Refuses or holds a claim; its set does not wait for it. */
static int send_away(struct stage *s, struct build *b, const struct record *r, const char *rule,
                     const char *why)
{
    stage_refuse(s, r, rule, why);
    stage_count(s, "refused", 1);
    if (outbox_gone(b->box, r, clock_now(stage_clock(s))))
        queue_gone(b->queue, r->parent, r->seq, 1);
    return 0;
}

static int refuse(struct stage *s, struct build *b, const struct record *r,
                  const struct claim_fault *f)
{
    struct buf why = {0};
    if (*f->id)
        buf_printf(&why, "%s", f->id);
    if (f->element)
        buf_printf(&why, "%02u", f->element);
    buf_printf(&why, "%sat segment %u of the record: %s", why.len ? " " : "", f->segment, f->why);
    send_away(s, b, r, f->rule, buf_cstr(&why));
    buf_free(&why);
    return 0;
}

/* A delimiter of the payer's files inside of a value could not be told from a delimiter. */
static bool holds_delimiter(const struct build *b, const struct claim *c, phi_str body)
{
    struct edi_delims d = partners_delims(b->partners, c->payer_id);
    const char own[] = {EDI_CANONICAL.elem, EDI_CANONICAL.comp, EDI_CANONICAL.rep,
                        EDI_CANONICAL.term},
               want[] = {d.elem, d.comp, d.rep, d.term};
    for (int i = 0; i < 4; i++)
        if (!memchr(own, want[i], 4) && memchr(body.p, want[i], body.n))
            return true;
    return false;
}

static char usage_of(const struct record *r, const struct claim *c)
{
    return r->usage == 'T' || c->usage == 'T' ? 'T' : 'P';
}

/* The version that a claim goes out in: an 837P of 5010 in the one that the payer has (empty), an
 * 837I or 837D in the one of its guide, so that aliases share files; others stay what they are. */
static phi_str version_of(const struct claim *c)
{
    static const struct {
        const char *family, *version;
    } known[] = {
        {"005010X222", ""}, {"005010X223", "005010X223A2"}, {"005010X224", "005010X224A2"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (c->gs_version.n >= 10 && memcmp(c->gs_version.p, known[i].family, 10) == 0)
            return phi_lit(known[i].version);
    return c->gs_version;
}

/* Why the claim cannot be sent to its payer: the rule, and the reason in *why. NULL: it can. */
static const char *hindrance(struct stage *s, struct build *b, const struct record *r,
                             const struct claim *c, const char **why)
{
    const char *only = partners_usage(b->partners, c->payer_id);
    *why = "this payer takes only claims of the other usage (T or P)";
    if (*only && *only != usage_of(r, c))
        return "BLD_USAGE";
    *why = "a value holds one of the delimiters of this payer's files";
    if (holds_delimiter(b, c, r->body))
        return "BLD_DELIMITER";
    *why = "payer id, BHT06 or version hold a byte that cannot stand in an envelope";
    if (!render_plain(c->payer_id) || !render_plain(c->purpose) || !render_plain(version_of(c)))
        return "BLD_ENVELOPE";
    if (record_overrides(r, "S7-001"))
        return NULL;
    *why = registry_holds(b->registry, partners_profile(b->partners, c->payer_id), c,
                          clock_now(stage_clock(s)));
    return *why ? "S7-001" : NULL;
}

/* The claim with our number of it (REF*D9) behind its own REF, when it has none and its payer does
 * not forbid it: answers repeat it, so that claims that submitters number alike are told apart. */
static struct record traced(struct stage *s, const struct build *b, const struct record *r,
                            const struct claim *c)
{
    static const char before[] = "CLM DTP CL1 DN1 DN2 PWK CN1 AMT REF";
    const struct profile *f = partners_profile(b->partners, c->payer_id);
    struct record out = *r;
    char trace[REC_TRACE];
    struct buf body = {0};
    if (c->trace.n || strcmp(profile_word(f, "write", "trace", "yes"), "no") == 0)
        return out;
    const char *p = c->parts.claim.p, *end = r->body.p + r->body.n;
    while (end - p > 4 && memmem(before, sizeof before - 1, p, 3) && p[3] == '*') {
        const char *term = memchr(p, '~', (size_t)(end - p));
        if (!term)
            return out;
        p = term + 1;
    }
    buf_add(&body, r->body.p, (size_t)(p - r->body.p));
    buf_printf(&body, "REF*D9*%s~", rec_id_trace(r->id, trace));
    buf_add(&body, p, (size_t)(end - p));
    out.body = arena_phi(stage_arena(s), buf_view(&body));
    buf_wipe(&body);
    return out;
}

static int claim_in(struct stage *s, struct build *b, const struct record *r)
{
    struct claim c;
    struct entry e;
    const char *why, *rule;
    if (!claim_read(r->body, &c, stage_arena(s)))
        return refuse(s, b, r, &c.fault);
    if ((rule = hindrance(s, b, r, &c, &why)))
        return send_away(s, b, r, rule, why);
    if (b->hold_duplicates && outbox_duplicate(b->box, stage_run_dir(s), r, &c))
        return send_away(s, b, r, "DUP_HOLD",
                         "the same patient, provider, payer, days, procedures and amounts went into"
                         " a file before");
    struct lane_key key = {c.payer_id, usage_of(r, &c), c.purpose, version_of(&c)};
    uint32_t lane = outbox_lane(b->box, &key);
    struct record out = traced(s, b, r, &c);
    bool fresh = outbox_claim(b->box, &out, lane, c.charge, clock_now(stage_clock(s)), &e);
    if (fresh)
        queue_claim(b->queue, r->parent, e);
    stage_count(s, fresh ? "claims" : "repeats", 1);
    return 0;
}

static int tally_in(struct stage *s, struct build *b, const struct record *r)
{
    int64_t now = clock_now(stage_clock(s));
    if (outbox_tally(b->box, r, now))
        queue_tally(b->queue, r->parent, r->seq, r->of, now);
    return 0;
}

static int record(struct stage *s, void *state, const struct record *r)
{
    return record_is(r, "tally") ? tally_in(s, state, r) : claim_in(s, state, r);
}

static int commit(struct stage *s, void *state)
{
    struct build *b = state;
    (void)s;
    outbox_commit(b->box);
    queue_advance(b->queue);
    return 0;
}

/* ---- files ---- */

static void render_one(struct stage *s, struct build *b, struct batch *batch, struct arena *a)
{
    struct buf plain = {0}, file = {0}, name = {0};
    struct members m = outbox_members(b->box, batch, &plain, a);
    if (!render(&(struct render){batch, m.bodies}, &file))
        die(EXIT_CONFIG, "cannot render batch %lld: its claims are not those that were sealed",
            (long long)batch->number);
    render_name(batch, &name);
    place_file(b->out, buf_cstr(&name), buf_view(&file));
    batch->name = buf_view(&name);
    batch->digest = digest_of(file.p, file.len);
    batch->bytes = (int64_t)file.len;
    outbox_rendered(b->box, batch);
    log_info("CW-BLD-002", "file written", KV("file", buf_cstr(&name)), KV("batch", batch->number),
             KV("bytes", batch->bytes), KV("claims", batch->claims));
    stage_count(s, "files", 1);
    buf_wipe(&plain);
    buf_wipe(&file);
    buf_free(&name);
}

static void render_sealed(struct stage *s, struct build *b)
{
    struct arena a = {0};
    struct batch batch;
    while (b->sealed && outbox_batch(b->box, BATCH_SEALED, 0, &batch, &a)) {
        render_one(s, b, &batch, &a);
        b->rendered = true;
        arena_clear(&a);
    }
    b->sealed = false;
    arena_free(&a);
}

static void tick(struct stage *s, void *state)
{
    struct build *b = state;
    if (b->age_us > 0 && queue_waiting(b->queue))
        queue_age(b->queue, clock_now(stage_clock(s)) - b->age_us);
    render_sealed(s, b);
}

/* ---- sent ---- */

static void per_set(struct buf *out, const struct batch *b)
{
    char st02[10], bht03[31];
    uint32_t n = render_sets(b);
    buf_puts(out, ",\"st02\":[");
    for (uint32_t i = 0; i < n; i++) {
        render_st02(i, st02);
        buf_printf(out, "%s\"%s\"", i ? "," : "", st02);
    }
    buf_puts(out, "],\"bht03\":[");
    for (uint32_t i = 0; i < n; i++) {
        render_bht03(b, i, bht03);
        buf_printf(out, "%s\"%s\"", i ? "," : "", bht03);
    }
    buf_puts(out, "],\"set_claims\":[");
    for (uint32_t i = 0; i < n; i++)
        buf_printf(out, "%s%u", i ? "," : "", render_set_claims(b, i));
    buf_puts(out, "]");
}

static void sent_body(struct buf *out, const struct batch *b, const struct members *m)
{
    char hex[DIGEST_HEX], id[REC_ID_HEX];
    buf_puts(out, "{\"name\":");
    buf_json(out, b->name);
    buf_printf(out, ",\"file\":\"%s\",\"isa13\":\"%09lld\",\"gs06\":\"%u\"",
               digest_hex(&b->digest, hex), (long long)b->number, b->gs06);
    per_set(out, b);
    buf_puts(out, ",\"payer\":");
    buf_json(out, b->payer);
    buf_printf(out, ",\"usage\":\"%s\",\"cents\":%lld,\"bytes\":%lld,\"claims\":[",
               b->terms.t[T_USAGE], (long long)b->cents, (long long)b->bytes);
    for (uint32_t i = 0; i < m->n; i++) {
        buf_puts(out, i ? ",\"" : "\"");
        buf_puts(out, rec_id_hex(m->ids[i], id));
        buf_putc(out, '"');
    }
    buf_puts(out, "]}");
}

static void release(struct stage *s, struct build *b, const struct batch *batch, struct arena *a)
{
    struct buf body = {0};
    struct members m = outbox_members(b->box, batch, NULL, a);
    sent_body(&body, batch, &m);
    struct record r = {.id = id_source(&batch->digest, 0),
                       .kind = "sent",
                       .schema = 1,
                       .usage = *batch->terms.t[T_USAGE],
                       .at_us = batch->at_us,
                       .file = batch->digest,
                       .len = (uint64_t)batch->bytes,
                       .body = buf_view(&body)};
    r.root = r.id;
    kill_point("build837.release.before");
    stage_emit(s, "sent", &r);
    stage_frame(s, (uint64_t)batch->number);
    kill_point("build837.release.after");
    buf_free(&body);
}

static int pull(struct stage *s, void *state)
{
    struct build *b = state;
    struct arena a = {0};
    struct batch batch;
    render_sealed(s, b);
    b->rendered = b->rendered && outbox_batch(b->box, BATCH_RENDERED, b->released, &batch, &a);
    if (b->rendered) {
        release(s, b, &batch, &a);
        b->released = batch.number;
    }
    arena_free(&a);
    return b->rendered;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct build *b = state;
    (void)s;
    outbox_released(b->box, (int64_t)token);
    kill_point("build837.done.before");
    outbox_commit(b->box);
    kill_point("build837.done.after");
}

static int finish(struct stage *s, void *state)
{
    struct build *b = state;
    queue_finish(b->queue);
    render_sealed(s, b);
    return 0;
}

static const struct stage_def build837 = {
    .name = "build837",
    .kind = STAGE_KEEPER,
    .version = "1",
    .ports = (const char *const[]){"sent", NULL},
    .kinds = (const char *const[]){"claim", "tally", NULL},
    .options =
        (const struct stage_opt[]){
            {"out", NULL, "where files go (default: RUN/build837/out)", false},
            {"batch-claims", "5000", "claims that close a batch", false, 1, 1000000},
            {"batch-age", "60", "seconds of the pipeline's clock that close a batch; 0: never",
             false, 0, 10000000},
            {"claims-per-set", "5000", "at most so many claims in one ST", false, 1, 1000000},
            {"partners", "config/partners", "who we are and what payers want", false},
            {"duplicates", "hold", "a service that went before: hold or send", false},
            {NULL}},
    .start = start,
    .record = record,
    .commit = commit,
    .pull = pull,
    .done = done,
    .tick = tick,
    .finish = finish,
    .stop = stop,
};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &build837);
}
