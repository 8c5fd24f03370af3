/*
 * NAME
 *   claimwire coder - turn encounters whose codes a physician gave into claims
 *
 * SYNOPSIS
 *   claimwire coder [--practice DIR] < frames > frames
 *
 * DESCRIPTION
 *   A stage. Takes `enc` records (JSON, enc.v1) and hands on `set` records: one 837P transaction set
 *   of one claim, with its ISA and GS in front, for `validator`. The record keeps its id, seq and
 *   place in the original file.
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
 *   ENC_UNSIGNED; ENC_PROVIDER, ENC_PAYER: not known to the practice, or without what billing needs;
 *   ENC_COVERAGE; ENC_DX; ENC_LINE; CODE_REVIEW: a person must look, because a line has no price or
 *   a code was not given by a physician.
 *
 * OPTIONS
 *   --practice DIR  the office's own facts (default config/practice)
 *
 * EXIT STATUS
 *   0 done, 1 something was refused, 64 usage, 78 configuration, 100 the input is no frames,
 *   111 try again later
 *
 * EXAMPLES
 *   claimwire ingest day.jsonl | claimwire coder | claimwire validator | claimwire build837 --out out/
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/coder/claim_write.h"
#include <stdlib.h>

enum { CONTROLS = 999999999 };

struct coder {
    struct practice *practice;
    struct arena arena;
    struct buf body;
};

static int start(struct stage *s, void **state)
{
    struct coder *c = xcalloc(1, sizeof *c);
    struct buf error = {0};
    *state = c;
    c->practice = practice_load(stage_get(s, "practice"), &c->arena, &error);
    if (!c->practice)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    return 0;
}

static void stop(struct stage *s, void *state)
{
    struct coder *c = state;
    (void)s;
    arena_free(&c->arena);
    buf_free(&c->body);
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

static int record(struct stage *s, void *state, const struct record *r)
{
    struct coder *c = state;
    struct enc_fault fault;
    struct enc *e = arena_alloc(stage_arena(s), sizeof *e);
    if (!enc_read(r->body, c->practice, stage_arena(s), e, &fault)) {
        refuse(s, r, &fault);
        return 0;
    }
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
    return 0;
}

static const struct stage_def coder = {
    .name = "coder",
    .kind = STAGE_PASS,
    .version = "1",
    .ports = (const char *const[]){"sets", "tallies", NULL},
    .kinds = (const char *const[]){"enc", NULL},
    .options =
        (const struct stage_opt[]){{"practice", "config/practice", "the office's own facts", false},
                                   {NULL}},
    .start = start,
    .record = record,
    .stop = stop,
};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &coder);
}
