/*
 * NAME
 *     submit - brings files to partners, each once, and tells when they are there
 *
 * SYNOPSIS
 *     claimwire submit --run DIR [--wires DIR] [--from DIR] [--answers DIR] [--hands N]
 *     claimwire submit send FILE... --to PARTNER --run DIR [--wires DIR] [--answers DIR] [--now TIME]
 *         [--json]
 *     claimwire submit list --run DIR [--json]
 *     claimwire submit retry NUMBER... --run DIR
 *
 * DESCRIPTION
 *     A keeper between `build837` and `reconciler`. It takes `sent` records, copies the file that each
 *     names into its own store, and acknowledges. Then the file is put where the partner takes it
 *     (config/wires: a folder, or SFTP with our key and the host's key pinned): under a temporary
 *     name, renamed when it is whole, its manifest (name, bytes, SHA-256) before it; or it is posted
 *     in an envelope of CAQH CORE over HTTPS. When it is there, the `sent` record is handed on, with
 *     the time of delivery as its time: the ledger says SENT when the bytes have left, not when they
 *     were written.
 *
 *     Over CORE a single 270, 276 or 278 is asked in real time: what comes back in the answer goes to
 *     --answers, where what `fetch` brings goes as well. A file is sent under the same PayloadID each
 *     time, so that a partner can tell a repeat, and in production never sooner than 90 seconds after
 *     the last time nor more than five times in 15 minutes.
 *
 *     `send` sends files now (a 270 of `eligibility ask`, say), each once, and names what came back.
 *     What cannot go now waits, and goes with the next `send` or with the keeper.
 *
 *     What fails and may pass (network, time-out, full disk) is tried again after --retry-first
 *     seconds of the wire, the pause doubling, or when the host says (Retry-After, at most a day); after `trip` failures in a row the circuit of that
 *     partner is open: one file is tried after each longest pause, and no other goes before. What
 *     never passes by itself (wrong key, another host key, no folder, other bytes under the name) is
 *     held until a person says `retry`. A put that a crash cut off is done again: the same bytes under
 *     the same name, and when they are there already, nothing is written.
 *
 *     Files of other tools that are no claims (270, 276, 278, 275) are found where they are written,
 *     RUN/eligibility/out, RUN/inquire/out, RUN/authorization/out and RUN/attach/out, by their names,
 *     PARTNER-NUMBER.EXT, and go the same way.
 *
 *     At the end of input (`claimwire run`) each file that waits is tried once more; what still
 *     waits then stays for the next start.
 *
 *     Refused (port rejects): SUB_BODY: the record names no file; SUB_FILE: the file is not there or
 *     is not what the record says; SUB_NO_WIRE: no wire leads to the partner; SUB_USAGE: test claims
 *     to a production wire, or the reverse; SUB_TAKEN: the name is taken by another file.
 *
 * OPTIONS
 *     --wires DIR   how partners are reached (default config/wires)
 *     --from DIR    folder of the files that records name (default RUN/build837/out)
 *     --answers DIR where answers of real-time messages go (default RUN/fetch/in)
 *     --hands N     transfers at once, one a partner (default 4)
 *     --to PARTNER  whose wire is taken
 *     --now TIME    the hour, as 2026-09-01T08:00:00Z (default: the machine's)
 *     --json        one JSON object a line
 *
 * EXIT STATUS
 *     0 done, 1 something was refused, is held, or no such row, 64 usage, 78 configuration, 100 the
 *     input is no frames, 111 try again later (`send`: something waits)
 *
 * EXAMPLES
 *     claimwire submit list --run run
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "common/wire/hand.h"
#include "tools/submit/also.h"
#include "common/wire/box.h"
#include "tools/submit/deliver.h"
#include "tools/submit/submit.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_HANDS = 64, FILE_MOST = 1 << 30 };

/* How a partner fares. */
struct circuit {
    const struct wire *wire;
    int failures;     /* in a row */
    int64_t until_us; /* while it is open nothing goes before */
    struct circuit *next;
};

struct submit {
    struct box *box;
    struct also *also;
    struct wires *wires;
    struct circuit *circuits;
    struct arena arena;
    char *from, *answers;
    struct hand hands[MOST_HANDS];
    int hands_n;
    int64_t *telling; /* rows that were handed on and are not acknowledged yet */
    size_t telling_n, telling_room;
    bool more; /* a delivered row may wait to be told */
};

/* ---- start and stop ---- */

static char *folder_of(struct stage *s, const char *option, const char *below)
{
    struct buf b = {0};
    const char *given = stage_get(s, option);
    if (given && *given)
        return xstrdup(given);
    buf_printf(&b, "%s/%s", stage_run_dir(s), below);
    char *dir = xstrdup(buf_cstr(&b));
    buf_free(&b);
    return dir;
}

static int start(struct stage *s, void **state)
{
    struct submit *u = xcalloc(1, sizeof *u);
    struct buf error = {0};
    *state = u;
    if (!stage_home(s))
        die(EXIT_USAGE, "option \"--run\" must be given");
    u->wires = wires_load(stage_get(s, "wires"), &u->arena, &error);
    if (!u->wires)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    u->from = folder_of(s, "from", "build837/out");
    u->answers = folder_of(s, "answers", "fetch/in");
    u->hands_n = (int)stage_get_int(s, "hands", 1, MOST_HANDS);
    u->box = box_open(stage_home(s));
    u->also = also_open(stage_run_dir(s));
    u->more = true;
    return 0;
}

static void stop(struct stage *s, void *state)
{
    struct submit *u = state;
    (void)s;
    for (int i = 0; i < u->hands_n; i++)
        hand_stop(&u->hands[i]);
    also_close(u->also);
    box_close(u->box);
    arena_free(&u->arena);
    free(u->from);
    free(u->answers);
    free(u->telling);
    free(u);
}

/* ---- taking ---- */

/* Our copy, named by the digest, whole and synced, before the row says that we have it. */
static const char *copy(struct submit *u, const char *name, const struct record *r)
{
    struct buf path = {0}, bytes = {0}, to = {0};
    const char *why = NULL;
    struct digest d;
    buf_printf(&path, "%s/%s", u->from, name);
    box_path(u->box, &r->file, &to);
    if (access(buf_cstr(&to), F_OK) == 0) {
        /* kept before, by a record that came twice */
    } else if (fs_read(buf_cstr(&path), FILE_MOST, &bytes)) {
        why = "the file that the record names cannot be read";
    } else if (d = digest_of(bytes.p, bytes.len), memcmp(d.b, r->file.b, DIGEST_LEN) != 0) {
        why = "the file is not what the record says: its digest differs";
    } else if (fs_replace(buf_cstr(&to), bytes.p, bytes.len)) {
        die(EXIT_TRY_LATER, "cannot keep a file in \"%s\": %m", buf_cstr(&to));
    }
    buf_free(&path);
    buf_free(&bytes);
    buf_free(&to);
    return why;
}

struct order {
    const char *name, *partner, *rule, *why;
};

static void read_order(const json_t *o, struct order *out)
{
    out->name = json_string_value(json_object_get(o, "name"));
    out->partner = json_string_value(json_object_get(o, "payer"));
    if (!out->name || !out->partner || !wire_name_ok(out->name)) {
        out->rule = "SUB_BODY";
        out->why = "the body names no file and no partner (name, payer)";
    }
}

static void check_wire(struct submit *u, const struct record *r, struct order *out)
{
    const struct wire *w = wire_to(u->wires, out->partner, strlen(out->partner));
    if (!w) {
        out->rule = "SUB_NO_WIRE";
        out->why = "no wire leads to this partner (config/wires)";
    } else if (w->usage != r->usage) {
        out->rule = "SUB_USAGE";
        out->why = w->usage == 'P' ? "a file of test claims, and the wire is for production"
                                   : "a file of production claims, and the wire is for tests";
    }
}

static int take(struct stage *s, void *state, const struct record *r)
{
    struct submit *u = state;
    struct order o = {0};
    json_t *body = json_loadb(r->body.p, r->body.n, 0, NULL);
    int kept = 0;
    read_order(body, &o);
    if (!o.rule)
        check_wire(u, r, &o);
    if (!o.rule && (o.why = copy(u, o.name, r)))
        o.rule = "SUB_FILE";
    if (!o.rule)
        kept = box_keep(u->box, phi_lit(o.partner), phi_lit(o.name), r, clock_now(stage_clock(s)));
    if (kept < 0) {
        o.rule = "SUB_TAKEN";
        o.why = "another file went to this partner under the same name";
    }
    if (o.rule)
        stage_refuse(s, r, o.rule, o.why);
    stage_count(s, o.rule ? "refused" : kept ? "kept" : "repeats", 1);
    json_decref(body);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    (void)s;
    kill_point("submit.keep.before");
    box_commit(((struct submit *)state)->box);
    kill_point("submit.keep.after");
    return 0;
}

/* ---- going ---- */

static struct circuit *circuit_of(struct submit *u, const struct wire *w)
{
    struct circuit *c = u->circuits;
    while (c && c->wire != w)
        c = c->next;
    if (!c) {
        c = arena_alloc(&u->arena, sizeof *c);
        *c = (struct circuit){.wire = w, .next = u->circuits};
        u->circuits = c;
    }
    return c;
}

static void settle(struct stage *s, struct submit *u, struct hand *h, const struct hand_word *word)
{
    struct arena a = {0};
    struct box_row row;
    struct circuit *c = circuit_of(u, h->wire);
    int64_t now = clock_now(stage_clock(s));
    if (!box_row(u->box, h->row, &a, &row))
        BUG("a file in hand has no row");
    if (word->result == WIRE_DONE) {
        c->failures = 0;
        c->until_us = 0;
        deliver(u->box, &row, u->answers, now);
        stage_count(s, "delivered", 1);
        u->more = true;
    } else {
        c->failures++;
        if (c->failures >= h->wire->trip)
            c->until_us = now + h->wire->retry_most * 1000000LL;
        box_failed(u->box, h->row, word->result == WIRE_WRONG,
                   now + wire_wait(h->wire, row.tries, c->failures >= h->wire->trip, &word->fault) *
                             1000000,
                   word->fault.rule, word->fault.why);
        log_warn("CW-SUB-001", word->fault.why, KV("rule", word->fault.rule), KV("row", h->row),
                 KV("partner", h->wire->partner), KV("tries", row.tries));
        stage_count(s, word->result == WIRE_WRONG ? "held" : "failed", 1);
    }
    arena_free(&a);
}

/* True when one has ended. */
static bool gather(struct stage *s, struct submit *u, bool wait)
{
    struct hand_word word;
    bool any = false;
    for (int i = 0; i < u->hands_n; i++)
        if (u->hands[i].pid && hand_ended(&u->hands[i], wait, &word)) {
            settle(s, u, &u->hands[i], &word);
            any = true;
        }
    return any;
}

struct looking {
    struct submit *u;
    int64_t now_us;
};

/* One transfer a partner at a time, none sooner after the last than the wire allows, and while the
 * circuit is open none at all but what a person asked for. */
static bool may_go(void *ctx, phi_str partner, int64_t gone_us, int64_t tries)
{
    const struct looking *l = ctx;
    const struct wire *w = wire_to(l->u->wires, partner.p, partner.n);
    for (int i = 0; i < l->u->hands_n; i++)
        if (l->u->hands[i].pid && phi_is(partner, l->u->hands[i].wire->partner))
            return false;
    if (!w)
        return true; /* it is held with its reason */
    bool asked = gone_us && tries == 0;
    return (asked || l->now_us >= circuit_of(l->u, w)->until_us) &&
           (!gone_us || l->now_us >= gone_us + wire_least_pause(w) * 1000000LL);
}

struct put {
    const struct wire *to;
    const char *name, *path, *answer;
    int64_t now_us;
};

static enum wire_result do_put(void *ctx, struct wire_fault *f)
{
    const struct put *p = ctx;
    kill_point("submit.put.before");
    enum wire_result rc = wire_send(p->to, p->name, p->path, p->answer, p->now_us, f);
    kill_point("submit.put.after");
    return rc;
}

static bool go(struct submit *u, struct hand *h, const struct box_row *row, int64_t now,
               struct arena *a)
{
    struct buf path = {0}, answer = {0};
    const struct wire *w = wire_to(u->wires, row->partner.p, row->partner.n);
    if (!w) { /* the wire was taken out of the configuration meanwhile */
        box_failed(u->box, row->n, true, 0, "SUB_NO_WIRE", "no wire leads to this partner");
        return true;
    }
    box_answer_path(u->box, row, &answer);
    bool started = true;
    if (access(buf_cstr(&answer), F_OK) == 0) { /* it came, and we died before saying so */
        deliver(u->box, row, u->answers, now);
        u->more = true;
    } else {
        box_path(u->box, &row->file, &path);
        struct put put = {w, arena_strndup(a, row->name.p, row->name.n), buf_cstr(&path),
                          buf_cstr(&answer), now};
        box_going(u->box, row->n, now);
        h->row = row->n;
        h->wire = w;
        started = hand_start(h, do_put, &put);
        if (!started)
            box_failed(u->box, row->n, false, 0, "NET_DIED", "no process can be made");
    }
    buf_free(&path);
    buf_free(&answer);
    return started;
}

/* Gives every free hand a file that is due. */
static void send_out(struct stage *s, struct submit *u)
{
    struct arena a = {0};
    struct box_row row;
    struct looking now = {u, clock_now(stage_clock(s))};
    for (int i = 0; i < u->hands_n; i++) {
        if (u->hands[i].pid)
            continue;
        if (!box_due(u->box, now.now_us, may_go, &now, &a, &row) ||
            !go(u, &u->hands[i], &row, now.now_us, &a))
            break;
    }
    arena_free(&a);
}

static void look(struct stage *s, struct submit *u)
{
    int n = also_look(u->also, u->box, u->wires, clock_now(stage_clock(s)));
    if (n)
        stage_count(s, "kept", n);
}

static void tick(struct stage *s, void *state)
{
    look(s, state);
    gather(s, state, false);
    send_out(s, state);
}

/* ---- telling ---- */

static bool is_telling(const struct submit *u, int64_t n)
{
    for (size_t i = 0; i < u->telling_n; i++)
        if (u->telling[i] == n)
            return true;
    return false;
}

static void tell(struct stage *s, struct submit *u, const struct box_row *row, struct arena *a)
{
    struct record r;
    if (!box_record(u->box, row->n, a, &r))
        BUG("a row holds no record");
    r.at_us = row->delivered_us;
    kill_point("submit.tell.before");
    stage_emit(s, "sent", &r);
    stage_frame(s, (uint64_t)row->n);
    kill_point("submit.tell.after");
    if (u->telling_n == u->telling_room) {
        u->telling_room = u->telling_room * 2 + 16;
        u->telling = xrealloc(u->telling, u->telling_room * sizeof *u->telling);
    }
    u->telling[u->telling_n++] = row->n;
}

static int pull(struct stage *s, void *state)
{
    struct submit *u = state;
    struct arena a = {0};
    struct box_row row = {0};
    bool told = false;
    while (u->more && !told && (u->more = box_untold(u->box, row.n, &a, &row)))
        if (box_is_plain(u->box, row.n))
            box_told(u->box, row.n); /* there is nobody to tell */
        else if (!is_telling(u, row.n)) {
            tell(s, u, &row, &a);
            told = true;
        }
    arena_free(&a);
    return told;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct submit *u = state;
    (void)s;
    box_told(u->box, (int64_t)token);
    for (size_t i = 0; i < u->telling_n; i++)
        if (u->telling[i] == (int64_t)token)
            u->telling[i--] = u->telling[--u->telling_n];
}

/* Every file that waits is tried, those that a person must look at and those just tried apart. */
static int finish(struct stage *s, void *state)
{
    struct submit *u = state;
    look(s, u);
    do
        send_out(s, u);
    while (gather(s, u, true));
    return 0;
}

static const struct stage_def submit = {
    .name = "submit",
    .kind = STAGE_KEEPER,
    .version = "1",
    .ports = (const char *const[]){"sent", NULL},
    .kinds = (const char *const[]){"sent", NULL},
    .options =
        (const struct stage_opt[]){
            {"wires", "config/wires", "how partners are reached", false},
            {"from", NULL, "folder of the files (default: RUN/build837/out)", false},
            {"answers", NULL, "where answers of real-time messages go (default: RUN/fetch/in)",
             false},
            {"hands", "4", "transfers at once, one a partner", false},
            {NULL}},
    .start = start,
    .record = take,
    .commit = commit,
    .pull = pull,
    .done = done,
    .tick = tick,
    .finish = finish,
    .stop = stop,
};

int main(int argc, char **argv)
{
    log_open("submit");
    int code = submit_command(argc, argv);
    return code >= 0 ? code : stage_main(argc, argv, &submit);
}
