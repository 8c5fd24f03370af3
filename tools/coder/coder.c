/*
 * NAME
 *   claimwire coder - code encounters, and turn them into claims
 *
 * SYNOPSIS
 *   claimwire coder [--practice DIR] [--rules DIR] [--codes DIR] [--model FILE] < frames > frames
 *
 * DESCRIPTION
 *   A stage. Takes `enc` records (JSON, enc.v1) and hands on `set` records: one transaction set of
 *   one claim, with its ISA and GS in front, for `validator`: 837I when the encounter has a bill type
 *   or revenue codes, 837D when it is a dentist's, else 837P (docs/readers.md). The record keeps its
 *   id, seq and place in the original file.
 *
 *   Before that every encounter is coded: the physician's codes, or what the note's assessment says
 *   where the physician gave none, seen through the rules of config/coding (docs/coding-rules.md).
 *   What a rule decides is done; what a person must decide leaves by the port `review`, and nothing
 *   of the encounter is billed until a person has (claimwire code review). Without that port it is
 *   refused as CODE_REVIEW.
 *
 *   What is the office's and not the encounter's comes from config/practice: sender, providers,
 *   payers, charge master. The account number (CLM01) is 16 characters made of the encounter's name
 *   and a check character, the same for ever; every line gets a control number (REF 6R) made of it.
 *   A line with no charge, or a charge of 0, is priced from the charge master: by code, payer,
 *   modifier and day.
 *
 *   For an encounter that is refused a `tally` of no claims leaves by the port tallies, so that
 *   build837 does not wait for its place in the order.
 *
 *   Refused (port rejects), with the path of the field and the reason, never a value:
 *   ENC_JSON no enc.v1; ENC_MISSING; ENC_VALUE; ENC_DATE; ENC_MONEY (whole cents only);
 *   ENC_UNSIGNED (also by nobody of the practice, before the last day of service, or on a day that
 *   has not come); ENC_PROVIDER, ENC_PAYER: not known to the practice, or without what billing needs;
 *   ENC_COVERAGE; ENC_DX; ENC_LINE; CODE_REVIEW: a person must look, because a line has no price or
 *   a code was not given by a physician.
 *
 * OPTIONS
 *   --practice DIR  the office's own facts (default config/practice)
 *   --rules DIR     coding rules (default config/coding; none: encounters are taken as they are)
 *   --codes DIR     code tables (default config/codes, else the starter table)
 *   --model FILE    what was learned from coded notes
 *
 * EXIT STATUS
 *   0 done, 1 something was refused, 64 usage, 78 configuration, 100 the input is no frames,
 *   111 try again later
 *
 * EXAMPLES
 *   claimwire ingest day.jsonl | claimwire coder | claimwire validator | claimwire build837 --out out/
 */
#include "common/encounter/encounter.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/coder/claim_write.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONTROLS = 999999999 };

struct coder {
    struct practice *practice;
    struct arena arena;
    struct buf body;
    struct encounter_coder codes; /* rules NULL: encounters are taken as they are */
    struct coding coding;
    struct codes *table;
    struct crules *rules;
    struct model *model;
};

/* The code table: the one named, the office's, or the starter table; NULL: there is none. */
static struct codes *open_table(const char *dir)
{
    struct buf error = {0};
    char path[PATH_MAX];
    const char *own = fs_shared("config/codes/codes.cwt");
    snprintf(path, sizeof path, "%s/codes.cwt", dir ? dir : "");
    if (!dir)
        snprintf(path, sizeof path, "%s",
                 access(own, R_OK) == 0 ? own : fs_shared("config/codes/starter/codes.cwt"));
    if (!dir && access(path, R_OK) != 0)
        return NULL;
    struct codes *c = codes_open(path, &error);
    if (!c)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return c;
}

static void open_coding(struct stage *s, struct coder *c)
{
    struct buf error = {0};
    const char *rules = stage_get(s, "rules"), *model = stage_get(s, "model");
    if (strcmp(rules, "none") == 0)
        return;
    if (!(c->rules = crules_load(fs_shared(rules), &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (model && !(c->model = model_open(model, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    c->table = open_table(stage_get(s, "codes"));
    c->codes =
        (struct encounter_coder){.rules = c->rules, .codes = c->table, .practice = c->practice};
    if (!c->table)
        return;
    c->coding.stems = stemmer_new();
    c->coding.rules = context_rules_new(c->coding.stems);
    c->coding.model = c->model;
    c->coding.lexicon =
        lexicon_open(c->table, c->coding.stems, (int32_t)(clock_now(stage_clock(s)) / 86400000000));
    c->codes.coding = c->coding.lexicon ? &c->coding : NULL;
}

static int start(struct stage *s, void **state)
{
    struct coder *c = xcalloc(1, sizeof *c);
    struct buf error = {0};
    *state = c;
    c->practice = practice_load(stage_get(s, "practice"), &c->arena, &error);
    if (!c->practice)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    open_coding(s, c);
    return 0;
}

static void stop(struct stage *s, void *state)
{
    struct coder *c = state;
    (void)s;
    arena_free(&c->arena);
    buf_free(&c->body);
    coding_free(&c->coding);
    lexicon_free(c->coding.lexicon);
    if (c->coding.rules)
        context_rules_free(c->coding.rules);
    if (c->coding.stems)
        stemmer_free(c->coding.stems);
    model_free(c->model);
    crules_free(c->rules);
    codes_close(c->table);
    free(c);
}

static void refuse(struct stage *s, const struct record *r, const struct enc_fault *f)
{
    struct buf why = {0};
    buf_printf(&why, "%s%s%s", f->path, *f->path ? ": " : "", f->why);
    stage_refuse(s, r, f->rule, buf_cstr(&why));
    stage_count(s, "refused", 1);
    buf_free(&why);
    struct record tally = record_child(r, "tally", 0);
    stage_emit(s, "tallies", &tally);
}

/* ---- coding ---- */

/* What a person must decide leaves by its own port: the encounter as it came, the draft, the
 * findings. */
static void to_review(struct stage *s, struct coder *c, const struct record *r,
                      const struct coded *coded)
{
    struct record out = *r;
    char *draft = json_dumps(coded->draft, JSON_COMPACT);
    buf_clear(&c->body);
    buf_puts(&c->body, "{\"enc\":");
    buf_phi(&c->body, r->body);
    buf_printf(&c->body, ",\"draft\":%s,\"findings\":[", draft);
    for (size_t i = 0; i < coded->findings.n; i++) {
        buf_puts(&c->body, i ? "," : "");
        remark_json(&c->body, &coded->findings.at[i]);
    }
    buf_puts(&c->body, "]}");
    free(draft);
    memcpy(out.kind, "review", sizeof "review");
    out.body = buf_view(&c->body);
    stage_emit(s, "review", &out);
    stage_count(s, "review", 1);
    struct record tally = record_child(r, "tally", 0);
    stage_emit(s, "tallies", &tally);
}

/* The rule and place of the first finding that holds. */
static void hold_fault(const struct coded *coded, struct enc_fault *f)
{
    *f = (struct enc_fault){.rule = "CODE_REVIEW", .why = "a person must look at it"};
    for (size_t i = 0; i < coded->findings.n && !*f->path; i++)
        if (coded->findings.at[i].hold)
            snprintf(f->path, sizeof f->path, "%s %s", coded->findings.at[i].where,
                     coded->findings.at[i].rule);
}

/* True for faults that coding cannot mend: they are refused as they are. */
static bool beyond_coding(const struct enc_fault *f)
{
    static const char *const coding[] = {"CODE_REVIEW", "ENC_DX", "ENC_LINE"};
    for (size_t i = 0; i < sizeof coding / sizeof *coding; i++)
        if (strcmp(f->rule, coding[i]) == 0)
            return false;
    return true;
}

/* An encounter that a person must look at. */
static void hold(struct stage *s, struct coder *c, const struct record *r,
                 const struct coded *coded, const struct enc_fault *raw)
{
    struct enc_fault fault;
    if (raw && beyond_coding(raw)) {
        refuse(s, r, raw);
    } else if (stage_leads(s, "review") && !stage_is_filter(s)) {
        to_review(s, c, r, coded);
    } else if (raw && strcmp(raw->rule, "CODE_REVIEW") == 0) {
        refuse(s, r, raw);
    } else {
        hold_fault(coded, &fault);
        refuse(s, r, &fault);
    }
}

static void make_claim(struct stage *s, struct coder *c, const struct record *r,
                       const struct enc *e)
{
    struct record out = *r;
    buf_clear(&c->body);
    claim_write(&c->body, e, c->practice, r->usage == 'T' ? 'T' : 'P', r->at_us,
                (uint32_t)(r->seq % CONTROLS) + 1);
    memcpy(out.kind, "set", sizeof "set");
    out.seg = 1;
    out.body = buf_view(&c->body);
    stage_note(s, &out, "made", phi_lit("enc")); /* its bytes are not those of the file */
    stage_emit(s, "sets", &out);
    stage_count(s, "claims", 1);
}

static int32_t day_of(const struct record *r)
{
    return (int32_t)(r->at_us / 86400000000);
}

/* Codes the encounter; *billed is what shall be billed of it. False when it was handed elsewhere or
 * refused. */
static bool code(struct stage *s, struct coder *c, const struct record *r, struct buf *billed)
{
    struct buf why = {0};
    struct coded coded;
    struct enc_fault fault;
    phi_str accepted = record_note(r, "reviewed");
    bool good = accepted.n ? encounter_code_reviewed(&c->codes, r->body, accepted, &coded, &why)
                           : encounter_code(&c->codes, r->body, &coded, &why);
    struct enc *e = arena_alloc(stage_arena(s), sizeof *e);
    if (!good) { /* the reader says it with the path, when it comes to that place */
        if (enc_read(r->body, c->practice, day_of(r), stage_arena(s), e, &fault) ||
            strcmp(fault.path, "dx") == 0)
            fault = (struct enc_fault){.rule = "ENC_VALUE",
                                       .why = arena_strdup(stage_arena(s), buf_cstr(&why))};
        refuse(s, r, &fault);
        buf_free(&why);
        return false;
    }
    buf_free(&why);
    encounter_bill(coded.draft, billed);
    bool readable = enc_read(buf_view(billed), c->practice, day_of(r), stage_arena(s), e, &fault);
    bool held = coded.held || (!readable && strcmp(fault.rule, "CODE_REVIEW") == 0);
    if (held)
        hold(s, c, r, &coded, readable ? NULL : &fault);
    coded_free(&coded);
    return !held;
}

static int record(struct stage *s, void *state, const struct record *r)
{
    struct coder *c = state;
    struct enc_fault fault;
    struct buf billed = {0};
    struct enc *e = arena_alloc(stage_arena(s), sizeof *e);
    if (!c->rules)
        buf_phi(&billed, r->body);
    if (!c->rules || code(s, c, r, &billed)) {
        if (enc_read(buf_view(&billed), c->practice, day_of(r), stage_arena(s), e, &fault))
            make_claim(s, c, r, e);
        else
            refuse(s, r, &fault);
    }
    buf_free(&billed);
    return 0;
}

static const struct stage_def coder = {
    .name = "coder",
    .kind = STAGE_PASS,
    .version = "1",
    .ports = (const char *const[]){"sets", "tallies", NULL},
    .kinds = (const char *const[]){"enc", NULL},
    .may_ports = (const char *const[]){"review", NULL},
    .options =
        (const struct stage_opt[]){{"practice", "config/practice", "the office's own facts", false},
                                   {"rules", "config/coding", "coding rules, or none", false},
                                   {"codes", NULL, "folder of the code tables", false},
                                   {"model", NULL, "what was learned from coded notes", false},
                                   {NULL}},
    .start = start,
    .record = record,
    .stop = stop,
};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &coder);
}
