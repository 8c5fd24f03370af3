/*
 * NAME
 *     mailbox - what payers answer to our files, to each submitter about its own claims
 *
 * SYNOPSIS
 *     claimwire mailbox [--run DIR] [--out DIR] [--wait SECONDS]
 *
 * DESCRIPTION
 *     A keeper. build837 puts claims of several submitters into one file; the payer answers that
 *     file. This takes the answer apart again. It takes `claim` and `tally` from the validator and
 *     `sent` from build837, so that it knows who sent what and in which of our sets it left, and
 *     `set` records of 999, 277CA and 835 from the validator's ports answers and remits.
 *
 *     Each submitter (ISA05 and ISA06 of the file that the claim came in) has a folder
 *     OUT/SUBMITTER, and gets there
 *
 *     999    for each of its groups that has claims in the group that the payer answers: AK1 and
 *            AK2 with its own GS06 and ST02. A set of which the payer took every claim is A (or E as
 *            the payer says), one of which it took none is R with the payer's codes, one that it
 *            took in part is E, with a CTX CLM01 for each claim that it did not take: those are held
 *            here, and nothing has to be sent again.
 *     277CA  one set for each of its batches: its own BHT03 and CLM01, the payer's STC and
 *            everything below each claim as the payer wrote it, QTY, AMT and the sums in STC of batch
 *            and provider counted from its own claims.
 *     835    its own CLPs with all below them and its own PLBs, BPR02 their balance (claimwire split
 *            says how, and what of TRN). PLB goes to the submitter of the provider in PLB01; where
 *            several send claims of that provider, to that of the claim that PLB03-2 names.
 *
 *     TA1    nothing: it is about the envelope that we made, and no submitter is at fault. The ledger
 *            says "file rejected" of every claim of that file, and they have to be sent again.
 *
 *     Of the payer's IK3 and IK4 a submitter gets none: they speak of segments of our set and perhaps
 *     of another submitter's claim. It gets IK5 with the payer's codes, and each of its claims of that
 *     set with an IK3 at its own CLM.
 *
 *     A claim of a 277CA is found by the batch (BHT03) that it answers, its CLM01, and where that
 *     stands there twice by provider, member, name, charge and date. A CLP is found by CLM01 and, of
 *     those with that account, by the provider or member it names, then by charge, name and date;
 *     when two submitters' claims fit alike it is nobody's. A CLP that is found nowhere goes to the
 *     only submitter of the provider that is paid.
 *
 *     What is nobody's waits for claims and `sent` records that may still come, --wait seconds of the
 *     pipeline's clock or until the input is over, and is then put into OUT/unplaced, for a person;
 *     so is an 835 that does not balance or cannot be cut into parts that do, and a 999 that names a
 *     set (AK202) that its group does not hold.
 *
 *     Answers are committed before they are acknowledged. What an answer becomes is decided in one
 *     transaction, control numbers (from 750000001) with it, and written from that by rename, as
 *     NUMBER.999, .277ca, .835; after a crash the same bytes come under the same name. The same words
 *     (ST to SE) once more are the same answer: nothing is put twice.
 *
 *     The store is RUN/STAGE/mailbox.db and OUT is RUN/STAGE. Without --run the store and its keys
 *     are in OUT/.claimwire.
 *
 * OPTIONS
 *     --out DIR       where the mailboxes are (default: RUN/STAGE)
 *     --wait SECONDS  how long an answer waits for what it is about (default 60; 0: until the input
 *                     is over)
 *
 * EXIT STATUS
 *     0 done; 1 a record was refused without --rejects; 64 wrong command line; 100 the input is no
 *     frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire run pipelines/mailboxes.yaml --run run a.837 b.837 c.837
 *     claimwire run pipelines/mailboxes.yaml --run run payer.999 payer.277 payer.835
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/mailbox/place.h"
#include <stdlib.h>

enum { FRESH_US = 250000, AGE_US = 1000000 };

struct mailbox {
    struct box *box;
    struct buf out, dir;
    int64_t wait_us; /* 0: until the end */
    bool fresh;      /* something came since the answers were looked at */
    int64_t looked;  /* when that was, by the machine */
};

/* ---- answers ---- */

enum kind { KIND_OTHER, KIND_999, KIND_277CA, KIND_835 };

static enum kind kind_of(phi_str body)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    enum kind k = KIND_OTHER;
    bool ca = false;
    while (scan_next(s, &seg) == SCAN_SEG) {
        if (seg_is(&seg, "GS"))
            ca = phi_is(seg_el(&seg, 1), "HN") && phi_is(seg_el(&seg, 8), "005010X214");
        if (!seg_is(&seg, "ST"))
            continue;
        phi_str st01 = seg_el(&seg, 1);
        k = phi_is(st01, "999")         ? KIND_999
            : phi_is(st01, "835")       ? KIND_835
            : ca && phi_is(st01, "277") ? KIND_277CA
                                        : KIND_OTHER;
        break;
    }
    scan_free(s);
    return k;
}

static bool place(struct placing *p)
{
    switch (kind_of(p->answer->body)) {
    case KIND_999:
        return place_999(p);
    case KIND_277CA:
        return place_277ca(p);
    case KIND_835:
        return place_835(p);
    default: /* answers to inquiries: who asked is known to who asked */
        place_unplaced(p, "other", "it answers an inquiry, not a claim");
        return true;
    }
}

/* Places every answer that can be placed; by force those that came at or before limit_us too. */
static void look(struct stage *s, struct mailbox *m, int64_t limit_us)
{
    struct arena a = {0};
    struct box_answer answer;
    for (int64_t after = 0; box_waiting(m->box, &after, &a, &answer); arena_clear(&a)) {
        struct placing p = {
            .box = m->box, .answer = &answer, .arena = &a, .force = answer.came <= limit_us};
        if (!place(&p))
            continue;
        box_decide(m->box, answer.id);
        stage_count(s, "answers", 1);
        if (!p.unplaced)
            continue;
        stage_count(s, "unplaced", 1);
        log_warn("CW-MBX-001", "an answer, or a part of it, is nobody's and is in unplaced",
                 KV("record", answer.id), KV("why", p.why));
    }
    arena_free(&a);
    stage_count(s, "files", box_write(m->box, buf_cstr(&m->out)));
    m->fresh = false;
}

/* ---- the stage ---- */

static void need_dir(const char *path)
{
    if (fs_mkdirs(path))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", path);
}

static int start(struct stage *s, void **state)
{
    struct mailbox *m = xcalloc(1, sizeof *m);
    const char *out = stage_get(s, "out"), *home = stage_home(s), *run = stage_run_dir(s);
    if (!out && !home)
        die(EXIT_USAGE, "option \"--run\" or \"--out\" must be given");
    buf_puts(&m->out, out ? out : home);
    buf_printf(&m->dir, "%s%s", home ? home : out, home ? "" : "/.claimwire");
    need_dir(buf_cstr(&m->out));
    need_dir(buf_cstr(&m->dir));
    m->wait_us = stage_get_int(s, "wait", 0, 10000000) * 1000000LL;
    m->box = box_open(buf_cstr(&m->dir), run ? run : buf_cstr(&m->dir));
    m->fresh = true;
    *state = m;
    look(s, m, INT64_MIN);
    return 0;
}

static void take_claim(struct stage *s, struct mailbox *m, const struct record *r)
{
    const char *why = "";
    if (!box_add_claim(m->box, r, stage_arena(s), &why))
        stage_refuse(s, r, "MBX_CLAIM", why);
}

static void take_sent(struct stage *s, struct mailbox *m, const struct record *r)
{
    if (!box_add_sent(m->box, r))
        stage_refuse(s, r, "MBX_SENT", "the body is not that of a sent file");
}

static void take_set(struct stage *s, struct mailbox *m, const struct record *r)
{
    if (kind_of(r->body) == KIND_OTHER)
        stage_refuse(s, r, "MBX_KIND", "the set is no 999, no 277CA and no 835");
    else if (!box_add_answer(m->box, r, clock_now(stage_clock(s))))
        stage_count(s, "repeats", 1);
}

static void take_tally(struct stage *s, struct mailbox *m, const struct record *r)
{
    (void)s, (void)m, (void)r;
}

static const struct {
    const char *kind;
    void (*take)(struct stage *s, struct mailbox *m, const struct record *r);
} takers[] = {{"claim", take_claim}, {"tally", take_tally}, {"sent", take_sent}, {"set", take_set}};
static const char *const kinds[] = {"claim", "tally", "sent", "set", NULL};

static int record(struct stage *s, void *state, const struct record *r)
{
    struct mailbox *m = state;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (record_is(r, takers[i].kind))
            takers[i].take(s, m, r);
    m->fresh = true;
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct mailbox *m = state;
    (void)s;
    box_commit(m->box);
    return 0;
}

/* What waits is looked at again when something has come, and now and then for its age. */
static void tick(struct stage *s, void *state)
{
    struct mailbox *m = state;
    int64_t since = time_mono_us() - m->looked, now = clock_now(stage_clock(s));
    if (since < (m->fresh ? FRESH_US : AGE_US))
        return;
    look(s, m, m->wait_us ? now - m->wait_us : INT64_MIN);
    m->looked = time_mono_us();
}

static int finish(struct stage *s, void *state)
{
    look(s, state, INT64_MAX);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct mailbox *m = state;
    (void)s;
    box_close(m->box);
    buf_free(&m->out);
    buf_free(&m->dir);
    free(m);
}

static const struct stage_opt options[] = {
    {"out", NULL, "where the mailboxes are (default: RUN/STAGE)", false},
    {"wait", "60", "seconds that an answer waits for what it is about; 0: until the end", false},
    {0}};

static const struct stage_def mailbox = {.name = "mailbox",
                                         .kind = STAGE_KEEPER,
                                         .version = "1",
                                         .options = options,
                                         .kinds = kinds,
                                         .start = start,
                                         .record = record,
                                         .commit = commit,
                                         .tick = tick,
                                         .finish = finish,
                                         .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &mailbox);
}
