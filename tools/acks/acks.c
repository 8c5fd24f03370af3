/*
 * NAME
 *     acks - reads what is answered to what we sent: 999, 277CA
 *
 * SYNOPSIS
 *     claimwire acks [--rejects FILE]
 *
 * DESCRIPTION
 *     A stage. Takes `set` records of 999 and 277CA transactions from the validator's port
 *     `answers` and hands on, through port `acks`, one `ack` for each thing that is answered: a
 *     group and each set of it (999), a claim (277CA, 2200D). Every record carries the byte range
 *     of its segments in the original file.
 *
 *     The body of an `ack` is a JSON object. What is empty is left out:
 *
 *     answer    "999" or "277CA"
 *     of        what is answered: "group", "set" or "claim"
 *     accepted  true or false
 *     code      AK901, IK501, or WQ or U of a claim, as sent
 *     codes     the reasons: AK905 on, IK502 on; of a claim and its lines "A7:562:82"
 *     gs06      of the group that we sent          st02   of the set
 *     bht03     of the batch that we sent          pcn    CLM01 of the claim
 *     by        who answers: AY a clearinghouse, PR a payer
 *     charge    of the claim, in cents             trace  its REF*D9
 *     control   the payer's number of the claim (REF*1K)
 *
 *     Whether we sent any such thing is for the ledger to know.
 *
 * PORTS
 *     acks     `ack`
 *     rejects  records that are no 999 and no 277CA, or that answer nothing
 *
 * EXIT STATUS
 *     0 done; 1 a record was refused without --rejects; 64 wrong command line; 100 the input is no
 *     frames
 *
 * EXAMPLES
 *     claimwire ingest answer.999 | claimwire validator | claimwire acks | claimwire stage cat
 */
#include "common/link/stage.h"
#include "common/util/money.h"
#include "tools/acks/read.h"
#include <stdlib.h>

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

static int take(struct stage *s, void *state, const struct record *r)
{
    struct buf body = {0};
    struct handing h = {.s = s, .set = r, .body = &body};
    (void)state;
    if (ack_read(r->body, &(struct ack_reader){hand_on, &h}) == 0)
        stage_refuse(s, r, "ACK_KIND", "the set is no 999 and no 277CA, or it answers nothing");
    buf_free(&body);
    return 0;
}

static const char *const ports[] = {"acks", NULL};
static const char *const kinds[] = {"set", NULL};
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
