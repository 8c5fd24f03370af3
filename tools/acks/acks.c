/*
 * NAME
 *     acks - reads what is answered to what we sent: TA1, 999, 277CA, 277, 271, 278
 *
 * SYNOPSIS
 *     claimwire acks [--rejects FILE]
 *
 * DESCRIPTION
 *     A stage. Takes `set` records of 999, 277CA, 277, 271 and 278 transactions from the validator's port
 *     `answers`, and `interchange` records from ingest, and hands on, through port `acks`, one
 *     `ack` for each thing that is answered: an interchange (TA1), a group and each set of it
 *     (999), a claim (277CA, 2200D), an inquiry about a claim (277, or a request for information)
 *     or about coverage (271), a request for prior authorization (278). Every record carries the byte range of its segments in the
 *     original file. Interchanges without a TA1 end here (as a filter they are passed on).
 *
 *     The body of an `ack` is a JSON object. What is empty is left out:
 *
 *     answer    "TA1", "999", "277CA", "277", "271" or "278"
 *     of        what is answered: "interchange", "group", "set", "claim", "status", "eligibility" or
 *               "review"; "outgoing": an interchange, group or set of ours that holds no claims;
 *               "attachment": documents to a claim (275), which a 999 acknowledges
 *     accepted  true or false
 *     code      TA104, AK901, IK501, or WQ or U of a claim, as sent; the category of a status ("P1");
 *               the first EB01 of an eligibility, or AAA03 of a refusal
 *     codes     the reasons: TA105, AK905 on, IK502 on; of a claim and its lines "A7:562:82"
 *     isa13     of the interchange that we sent
 *     gs06      of the group that we sent          st02   of the set
 *     bht03     of the batch that we sent          pcn    CLM01 of the claim
 *     by        who answers: AY a clearinghouse, PR a payer
 *     charge    of the claim, in cents             trace  its REF*D9; TRN02 of an inquiry
 *     control   the payer's number of the claim (REF*1K)
 *     due       when what the payer asks for is due (CCYYMMDD)
 *
 *     Whether we sent any such thing is for the ledger to know.
 *
 * PORTS
 *     acks     `ack`
 *     rejects  records that are no such answers, or that answer nothing
 *
 * EXIT STATUS
 *     0 done; 1 a record was refused without --rejects; 64 wrong command line; 100 the input is no
 *     frames
 *
 * EXAMPLES
 *     claimwire ingest answer.999 | claimwire validator | claimwire acks | claimwire stage cat
 */
#include "common/edi/verdict.h"
#include "common/link/stage.h"
#include "common/outgoing/documents.h"
#include "common/util/money.h"
#include "tools/acks/read.h"
#include <stdlib.h>

enum { DOCUMENTS = 1000000, MOST_SETS = 100 }; /* ordinals of what a file of documents answers */

struct handing {
    struct stage *s;
    const struct record *set;
    struct buf *body;
};

static void text(struct buf *b, const char *key, phi_str v)
{
    if (phi_empty(v))
        return;
    buf_printf(b, ",\"%s\":", key);
    buf_json(b, v);
}

/* A code with colons between its parts, however the sender separates them. */
static void code(struct buf *b, const struct ack_said *a, phi_str v)
{
    char copy[64];
    size_t n = v.n < sizeof copy ? v.n : sizeof copy;
    for (size_t i = 0; i < n; i++)
        copy[i] = v.p[i] == a->comp ? ':' : v.p[i];
    buf_json(b, phi_of(copy, n));
}

static void write_body(struct buf *b, const struct ack_said *a)
{
    int64_t cents;
    buf_printf(b, "{\"answer\":\"%s\",\"of\":\"%s\",\"accepted\":%s", a->answer, a->of,
               a->accepted ? "true" : "false");
    text(b, "code", a->code);
    buf_puts(b, ",\"codes\":[");
    for (uint32_t i = 0; i < a->codes_n; i++) {
        buf_puts(b, i ? "," : "");
        code(b, a, a->codes[i]);
    }
    buf_putc(b, ']');
    text(b, "gs06", a->gs06);
    text(b, "st02", a->st02);
    text(b, "bht03", a->bht03);
    text(b, "pcn", a->pcn);
    text(b, "by", a->by);
    if (money_parse(a->charge, &cents)) {
        buf_puts(b, ",\"charge\":");
        buf_int(b, cents);
    }
    text(b, "trace", a->trace);
    text(b, "control", a->control);
    text(b, "due", a->due);
    buf_putc(b, '}');
}

static void hand_on(void *ctx, const struct ack_said *a)
{
    const struct handing *h = ctx;
    struct record r = record_child(h->set, "ack", a->ordinal);
    buf_clear(h->body);
    write_body(h->body, a);
    r.pos = a->ordinal;
    r.seg = a->position;
    r.off = h->set->off + a->off;
    r.len = a->len;
    r.schema = 1;
    r.body = buf_view(h->body);
    stage_emit(h->s, "acks", &r);
    stage_count(h->s, a->accepted ? "accepted" : "rejected", 1);
}

/* A payer acknowledged a file of documents (275): told of each claim that has one in it. */
struct acknowledged {
    const struct handing *h;
    const struct ack_said *a;
    uint32_t k;
};

static void document(void *ctx, const struct document *x)
{
    struct acknowledged *t = ctx;
    struct ack_said a = *t->a;
    a.of = "attachment";
    a.pcn = x->account;
    a.trace = x->number;
    a.ordinal = DOCUMENTS + t->a->ordinal * MOST_SETS + t->k++;
    hand_on((void *)(uintptr_t)t->h, &a);
}

static void said(void *ctx, const struct ack_said *a)
{
    const struct handing *h = ctx;
    int64_t control = 0;
    hand_on(ctx, a);
    if (!phi_is(a->group, "PI") || !a->st02.n || !a->accepted || !stage_run_dir(h->s))
        return;
    for (size_t i = 0; i < a->gs06.n && i < 9; i++)
        control = control * 10 + (a->gs06.p[i] - '0');
    struct documents *d = outgoing_owns(a->gs06) ? documents_open_ro(stage_run_dir(h->s)) : NULL;
    if (d)
        documents_each(d, control, document, &(struct acknowledged){h, a, 0});
    documents_close(d);
}

static void take_interchange(struct stage *s, const struct record *r)
{
    struct verdict_isa i = {0};
    struct buf b = {0};
    if (!verdict_isa_read(r->body, stage_arena(s), &i)) {
        stage_refuse(s, r, "ACK_BODY", "the body cannot be read as what its kind says");
        return;
    }
    if (stage_is_filter(s))
        stage_emit(s, "acks", r);
    if (!i.ta1.control[0])
        return;
    bool accepted = strcmp(i.ta1.code, "A") == 0 || strcmp(i.ta1.code, "E") == 0;
    struct record ack = record_child(r, "ack", 0);
    buf_printf(&b, "{\"answer\":\"TA1\",\"of\":\"%s\",\"accepted\":%s",
               outgoing_owns(phi_lit(i.ta1.control)) ? "outgoing" : "interchange",
               accepted ? "true" : "false");
    text(&b, "code", phi_lit(i.ta1.code));
    buf_puts(&b, ",\"codes\":[");
    buf_json(&b, phi_lit(i.ta1.note));
    buf_putc(&b, ']');
    text(&b, "isa13", phi_lit(i.ta1.control));
    buf_putc(&b, '}');
    ack.off = r->off;
    ack.len = r->len;
    ack.schema = 1;
    ack.body = buf_view(&b);
    stage_emit(s, "acks", &ack);
    stage_count(s, accepted ? "accepted" : "rejected", 1);
    buf_free(&b);
}

static int take(struct stage *s, void *state, const struct record *r)
{
    if (record_is(r, "interchange")) {
        take_interchange(s, r);
        return 0;
    }
    if (record_is(r, "group")) { /* comes by the same port as interchanges, and answers nothing */
        if (stage_is_filter(s))
            stage_emit(s, "acks", r);
        return 0;
    }
    struct buf body = {0};
    struct handing h = {.s = s, .set = r, .body = &body};
    (void)state;
    if (ack_read(r->body, &(struct ack_reader){said, &h}) == 0)
        stage_refuse(s, r, "ACK_KIND",
                     "the set is no 999, 277CA, 277, 271 or 278, or it answers nothing");
    buf_free(&body);
    return 0;
}

static const char *const ports[] = {"acks", NULL};
static const char *const kinds[] = {"set", "interchange", "group", NULL};
static const struct stage_def acks = {.name = "acks",
                                      .kind = STAGE_PASS,
                                      .version = "1",
                                      .ports = ports,
                                      .kinds = kinds,
                                      .record = take};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &acks);
}
