/*
 * NAME
 *     remit835 - takes an 835 apart: payment, remittances, provider adjustments
 *
 * SYNOPSIS
 *     claimwire remit835 [--rejects FILE]
 *     claimwire remit835 --json [--show] FILE...
 *
 * DESCRIPTION
 *     A stage. Takes `set` records of 835 transactions and hands on, through port `remits`, one
 *     `payment` (BPR, TRN, payer, payee; its `of` says how many records follow it), one `remit` for
 *     each CLP with all that stands below it, and one `plb` for each pair of reason and amount in a
 *     PLB. Every record carries the byte range of its segments in the original file.
 *
 *     Before anything is handed on the whole set is balanced: each line (charge less adjustments is
 *     what was paid), each claim, and the transaction (claims less provider adjustments is BPR02),
 *     in cents. An 835 that does not balance, or of which an amount cannot be read, is not rejected
 *     towards its payer and none of it is posted: the set leaves by port `rejects` with
 *     ERA_LINE_OUT, ERA_CLAIM_OUT, ERA_TX_OUT, ERA_NEG or ERA_UNREAD, to be kept for a person.
 *     Released without having been mended it comes back there: what does not balance cannot be
 *     posted, and a corrected 835 comes as a file of its own.
 *
 *     With --json and files it needs no pipeline: it prints every BPR, CLP, SVC, CAS and PLB as a
 *     line of JSON, and a last line for each set with whether it balances.
 *
 * OPTIONS
 *     --json    print JSON lines, read the files named
 *     --show    with --json: account numbers, names, references and dates too
 *
 * EXIT STATUS
 *     0 done; 1 a set does not balance (--json) or was refused without --rejects; 64 wrong command
 *     line; 100 a file that is not X12; 111 a file that cannot be opened
 *
 * EXAMPLES
 *     claimwire remit835 --json era.835
 *     claimwire ingest era.835 | claimwire validator | claimwire remit835 | claimwire reconciler
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/remit835/era.h"
#include <stdio.h>

/* What a set hands down to its pieces. */
struct handing {
    struct stage *s;
    const struct record *set;
    struct era_count count;
};

static void hand_on(void *ctx, const struct era_piece *p)
{
    const struct handing *h = ctx;
    bool payment = strcmp(p->kind, "payment") == 0, remit = strcmp(p->kind, "remit") == 0;
    uint32_t below = h->count.claims + h->count.adjustments;
    /* The payment's place is no child's ordinal: ordinals are those of the CLPs, then the PLBs. */
    uint32_t pos = payment ? UINT32_MAX - 1 : remit ? p->ordinal : h->count.claims + p->ordinal;
    struct record r = record_child(h->set, p->kind, pos);
    r.pos = payment ? 0 : pos;
    r.of = below;
    r.seg = p->position;
    r.off = h->set->off + p->off;
    r.len = p->len;
    r.schema = 1;
    r.body = p->body;
    stage_emit(h->s, "remits", &r);
}

static void refuse(struct stage *s, const struct record *r, const struct era_fault *f)
{
    char why[256];
    snprintf(why, sizeof why, "%s, segment %u%s%s: %s", f->segment[0] ? f->segment : "set",
             f->position, f->detail[0] ? ", rule " : "", f->detail, f->text);
    stage_refuse(s, r, f->rule, why);
    stage_count(s, "unbalanced", 1);
}

static bool is_835(phi_str body)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    bool yes = false;
    for (int i = 0; i < 3 && scan_next(s, &seg) == SCAN_SEG; i++)
        yes = seg_is(&seg, "ST") && phi_is(seg_el(&seg, 1), "835");
    scan_free(s);
    return yes;
}

static int take(struct stage *s, void *state, const struct record *r)
{
    (void)state;
    struct handing h = {.s = s, .set = r};
    struct era_fault f;
    if (!record_is(r, "set") || !is_835(r->body)) {
        stage_refuse(s, r, "REMIT_KIND", "the record is not a transaction set 835");
        return 0;
    }
    /* Released by a person or not: what does not balance cannot be posted, or the books would not
     * either. It goes back, and the corrected 835 comes as a file of its own. */
    if (!era_check(r->body, &h.count, &f)) {
        refuse(s, r, &f);
        return 0;
    }
    era_split(r->body, hand_on, &h);
    stage_count(s, "remits", h.count.claims);
    return 0;
}

static const char *const ports[] = {"remits", NULL};
static const char *const kinds[] = {"set", NULL};
static const struct stage_def remit835 = {.name = "remit835",
                                          .kind = STAGE_PASS,
                                          .version = "1",
                                          .ports = ports,
                                          .kinds = kinds,
                                          .record = take};

/* --json FILE...: without any pipeline. Returns -1 when that was not asked for. */
static int json_main(int argc, char **argv)
{
    bool json = false, show = false;
    int code = EXIT_DONE, files = 0;
    for (int i = 1; i < argc; i++) {
        json = json || strcmp(argv[i], "--json") == 0;
        show = show || strcmp(argv[i], "--show") == 0;
    }
    if (!json)
        return -1;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) != 0)
            files++, code = exit_worse(code, era_json(argv[i], show));
    if (files == 0)
        fputs("remit835: --json wants files: claimwire remit835 --json [--show] FILE...\n", stderr);
    return files ? code : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    log_open("remit835");
    int code = json_main(argc, argv);
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        puts("usage: claimwire remit835 --json [--show] FILE...");
    return code >= 0 ? code : stage_main(argc, argv, &remit835);
}
