/*
 * A process in a pipeline: one thread, one loop. It always reads acknowledgments; it takes frames
 * only while every link out of it is below its hold.
 */
#include "common/link/loop.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    FRAMES_A_TURN = 4, /* of one giver, so that each gets its turn */
    BEAT_US = 100000,
    TICK_US = 100000,
    LOOK_US = 50000,
    STARTING_US = 15000, /* for the first second */
    YOUNG_US = 1000000,
    LEAVING_US = 1000,
    SCAN_US = 250000,
    STATUS_US = 1000000,
    PULL_AGAIN_US = 20000,
    RELEASE_WAIT_US = 3000000,
    WAIT_MS = 20
};

static bool full(const struct loop *l)
{
    for (size_t i = 0; i < l->outs_n; i++)
        if (giver_full(l->outs[i].giver))
            return true;
    return false;
}

/* --- what a source gives --- */

static void token_closed(struct birth *b)
{
    struct token *t = (struct token *)b;
    t->next = t->loop->done; /* told later: a handler may be on the stack */
    t->loop->done = t;
    t->loop->tokens_open--;
}

static void token_new(struct loop *l)
{
    struct token *t = l->token = xcalloc(1, sizeof *t);
    t->birth = (struct birth){1, token_closed};
    t->loop = l;
    l->tokens_open++;
    l->s->parent = &t->birth;
}

static void loop_end_frame(struct stage *s, uint64_t token)
{
    struct loop *l = s->loop;
    if (!l->token)
        BUG("stage_frame() outside of pull()");
    stage_flush(s);
    l->token->value = token;
    birth_drop(&l->token->birth);
    token_new(l);
}

static void tell_done(struct loop *l)
{
    struct stage *s = l->s;
    while (l->done) {
        struct token *t = l->done;
        l->done = t->next;
        if (s->def->done)
            s->def->done(s, s->state, t->value);
        free(t);
        if (s->def->kind == STAGE_KEEPER && s->rows == 0)
            s->rows = 1; /* what done() marks is committed with the next group */
    }
}

/* Input is over, but what it was given as files is not all given yet. */
static bool source_has_more(const struct loop *l)
{
    return l->phase == PHASE_LEAVE && l->finishing && l->s->def->kind == STAGE_SOURCE &&
           !l->pulled_out && l->pull_again_us == 0;
}

static bool may_pull(const struct loop *l)
{
    bool phase = l->phase == PHASE_RUN || l->phase == PHASE_FINISH || source_has_more(l);
    return phase && l->s->def->pull && !l->pulled_out && !full(l) && l->s->rows == 0;
}

/* 1: gave something. What a keeper releases is committed by then: pull() comes after commit(). */
static int pull(struct loop *l)
{
    struct stage *s = l->s;
    token_new(l);
    int rc = s->def->pull(s, s->state);
    stage_flush(s);
    if (l->token->birth.open > 1)
        BUG("pull() left a frame that stage_frame() did not end");
    l->tokens_open--;
    free(l->token);
    l->token = NULL;
    s->parent = NULL;
    arena_clear(&s->arena);
    if (rc >= EXIT_USAGE)
        l->rc = rc;
    l->pulled_out = rc < 0;
    l->pull_again_us = rc > 0 ? 0 : time_mono_us() + PULL_AGAIN_US;
    return rc > 0;
}

/* --- frames in --- */

static void handle(struct loop *l, struct in_frame *f)
{
    struct stage *s = l->s;
    struct frame_walk w = frame_walk(f->body, f->n);
    struct record r;
    s->parent = &f->birth;
    hands_frame(f->inst, f->seq);
    while (l->rc == 0 && frame_next(&w, &r)) {
        hands_record(w.i - 1);
        l->rc = stage_record(s, &r);
    }
    hands_empty();
    if (l->rc == 0 && w.why) {
        log_error("CW-LNK-030", "a frame does not hold what its header says", KV("why", w.why),
                  KV("link", taker_name(f->from)), KV("seq", f->seq));
        l->rc = EXIT_UNREADABLE;
    }
    if (l->rc)
        return; /* the frame is given again elsewhere */
    stage_flush(s);
    s->parent = NULL;
    taker_handled(f);
    if (s->def->kind == STAGE_KEEPER) {
        f->next = l->uncommitted;
        l->uncommitted = f;
    } else
        birth_drop(&f->birth);
}

static void commit(struct loop *l)
{
    struct stage *s = l->s;
    if (l->rc || (l->rc = stage_commit(s)) != 0)
        return;
    stage_flush(s);
    while (l->uncommitted) {
        struct in_frame *f = l->uncommitted;
        l->uncommitted = f->next;
        birth_drop(&f->birth);
    }
    l->pull_again_us = 0;
}

static int take(struct loop *l)
{
    bool keeper = l->s->def->kind == STAGE_KEEPER;
    int n = 0;
    for (size_t i = 0; i < l->takers_n; i++)
        for (int k = 0; k < FRAMES_A_TURN && l->rc == 0 && taker_awake(l->takers[i]) && !full(l);
             k++) {
            struct in_frame *f = taker_next(l->takers[i]);
            if (!f)
                break;
            handle(l, f);
            n++;
            if (keeper && stage_commit_due(l->s))
                commit(l);
        }
    if (keeper && (n == 0 || stage_commit_due(l->s)))
        commit(l);
    return n;
}

/* --- phases --- */

static void phase_to(struct loop *l, enum phase p)
{
    l->phase = p;
    l->status_changed = true;
}

static void leave(struct loop *l)
{
    for (size_t i = 0; i < l->takers_n; i++)
        taker_leave(l->takers[i]);
    if (l->phase == PHASE_RUN)
        phase_to(l, PHASE_LEAVE);
}

static void on_signal(struct loop *l, int sig)
{
    if (sig == SIGHUP) {
        links_reload(l);
        if (l->s->def->pull && !l->pulled_out && l->pull_again_us == 0)
            l->status_changed = true; /* in the midst of giving: later */
        else
            status_write(l); /* who asked sees that it is done, and may wait for it */
        return;
    }
    if (sig == SIGUSR1)
        l->finishing = true, l->pull_again_us = 0;
    else {
        l->finishing = false;
        l->drain_by_us = time_mono_us() + 1000 * option_int(l->s, OPT_DRAIN_LIMIT);
    }
    leave(l);
}

static void read_signals(struct loop *l)
{
    struct signalfd_siginfo si;
    while (read(l->signals, &si, sizeof si) == sizeof si)
        on_signal(l, (int)si.ssi_signo);
}

static bool inputs_ended(const struct loop *l)
{
    for (size_t i = 0; i < l->takers_n; i++)
        if (!taker_ended(l->takers[i]))
            return false;
    return true;
}

static void finish(struct loop *l)
{
    struct stage *s = l->s;
    if (s->def->finish) {
        int rc = s->def->finish(s, s->state);
        stage_flush(s);
        arena_clear(&s->arena);
        if (rc >= EXIT_USAGE)
            l->rc = rc;
    }
    if (s->def->kind == STAGE_KEEPER) {
        s->rows = 1; /* what finish() did is to be durable as well */
        commit(l);
    }
    l->pulled_out = l->pulled_out || !s->def->pull;
    l->pull_again_us = 0;
}

static bool nothing_held(const struct loop *l)
{
    for (size_t i = 0; i < l->outs_n; i++)
        if (giver_held(l->outs[i].giver))
            return false;
    return true;
}

/* Who takes what a keeper with open ports releases may have ended before it: it stays marked in the
 * store and is released at the next start. */
static void wait_for_done(struct loop *l)
{
    if (l->finishing && l->s->def->open_ports)
        l->drain_by_us = time_mono_us() + RELEASE_WAIT_US;
    phase_to(l, PHASE_WAIT);
}

/* did: this turn did something, so the phase goes on. */
static void phase_step(struct loop *l, bool did)
{
    if (l->phase == PHASE_RUN && l->pulled_out && l->s->def->kind == STAGE_SOURCE) {
        l->finishing = true;
        leave(l);
    }
    if (l->phase == PHASE_LEAVE && !did && l->s->rows == 0 && inputs_ended(l)) {
        if (source_has_more(l))
            return;
        if (l->finishing)
            finish(l);
        phase_to(l, l->finishing ? PHASE_FINISH : PHASE_WAIT);
    } else if (l->phase == PHASE_FINISH && !did &&
               (!l->finishing || l->pulled_out || l->pull_again_us > 0))
        wait_for_done(l);
    else if (l->phase == PHASE_WAIT && nothing_held(l) && !l->done && l->s->rows == 0)
        phase_to(l, PHASE_END);
    if (l->drain_by_us && time_mono_us() > l->drain_by_us && l->phase != PHASE_END) {
        log_warn("CW-LNK-031", "drain_limit is over: what is not done is given again",
                 KV("open", loop_open_frames(l)));
        phase_to(l, PHASE_END);
    }
}

/* --- the loop --- */

static bool due(int64_t *last, int64_t now, int64_t every)
{
    if (now - *last < every)
        return false;
    *last = now;
    return true;
}

/* Who starts finds its givers one by one, and who leaves sees them hang up: both wait for nothing else. */
static int64_t look_every(const struct loop *l, int64_t now)
{
    static int64_t born;
    born = born ? born : now;
    return l->phase != PHASE_RUN ? LEAVING_US : now - born < YOUNG_US ? STARTING_US : LOOK_US;
}

static void timers(struct loop *l)
{
    static int64_t beat, tick, look, scan, status, changed;
    int64_t now = time_mono_us(), every = look_every(l, now);
    if (!due(&look, now, every))
        return;
    read_signals(l);
    for (size_t i = 0; i < l->takers_n; i++)
        taker_tick(l->takers[i]);
    if (due(&beat, now, BEAT_US))
        for (size_t i = 0; i < l->outs_n; i++)
            giver_beat(l->outs[i].giver);
    if (due(&scan, now, every == STARTING_US ? STARTING_US : SCAN_US))
        links_scan(l);
    if (l->s->def->tick && due(&tick, now, TICK_US)) {
        l->s->def->tick(l->s, l->s->state);
        stage_flush(l->s);
        arena_clear(&l->s->arena);
    }
    if (due(&status, now, STATUS_US) || (l->status_changed && due(&changed, now, TICK_US))) {
        l->status_changed = false;
        status_write(l);
    }
}

/* Waits for at most so long, and wakes the ends that something came for. One poll() over all: a
 * zmq_poll() would ask each socket by itself. */
static void look(struct loop *l, int ms)
{
    bool taking = !full(l);
    nfds_t n = 1 + l->outs_n, takers = taking ? l->takers_n : 0;
    if (l->polled_n < n + l->takers_n) {
        l->polled_n = n + l->takers_n;
        l->polled = xrealloc(l->polled, l->polled_n * sizeof *l->polled);
    }
    struct pollfd *p = l->polled;
    p[0] = (struct pollfd){l->signals, POLLIN, 0};
    for (size_t i = 0; i < l->outs_n; i++)
        p[1 + i] = (struct pollfd){giver_fd(l->outs[i].giver), POLLIN, 0};
    for (size_t i = 0; i < takers; i++)
        p[n + i] = (struct pollfd){taker_fd(l->takers[i]), POLLIN, 0};
    if (poll(p, n + takers, ms) <= 0)
        return;
    if (p[0].revents)
        read_signals(l);
    for (size_t i = 0; i < l->outs_n; i++)
        if (p[1 + i].revents)
            giver_wake(l->outs[i].giver);
    for (size_t i = 0; i < takers && i < l->takers_n; i++)
        if (p[n + i].revents)
            taker_wake(l->takers[i]);
}

static bool anyone_awake(const struct loop *l)
{
    for (size_t i = 0; i < l->outs_n; i++)
        if (giver_awake(l->outs[i].giver))
            return true;
    for (size_t i = 0; i < l->takers_n && !full(l); i++)
        if (taker_awake(l->takers[i]))
            return true;
    return false;
}

static void tell_givers(struct loop *l, bool idle)
{
    l->untold = false;
    for (size_t i = 0; i < l->takers_n; i++) {
        taker_flush(l->takers[i], idle);
        l->untold |= taker_untold(l->takers[i]);
    }
}

static bool turn(struct loop *l)
{
    int did = 0;
    for (size_t i = 0; i < l->outs_n; i++)
        if (giver_awake(l->outs[i].giver))
            did += giver_read(l->outs[i].giver);
    tell_done(l);
    did += take(l);
    if (l->rc == 0 && may_pull(l) && l->pull_again_us <= time_mono_us())
        did += pull(l);
    if (l->rc)
        return true;
    for (size_t i = 0; i < l->outs_n; i++)
        did += giver_give(l->outs[i].giver);
    tell_givers(l, did == 0);
    return did > 0;
}

static void signals_open(struct loop *l)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (l->signals < 0)
        die(EXIT_TRY_LATER, "cannot take signals: %m");
}

uint64_t loop_open_frames(const struct loop *l)
{
    uint64_t n = l->tokens_open;
    for (size_t i = 0; i < l->takers_n; i++)
        n += taker_open_frames(l->takers[i]);
    for (size_t i = 0; i < l->outs_n; i++)
        n += giver_held(l->outs[i].giver);
    return n;
}

int loop_run(struct stage *s)
{
    static struct loop loop;
    struct loop *l = &loop;
    l->s = s;
    s->loop = l;
    s->end_frame = loop_end_frame;
    signals_open(l);
    links_open(l);
    int rc = s->def->start ? s->def->start(s, &s->state) : 0;
    if (rc)
        return rc;
    links_scan(l);
    status_write(l);
    while (l->rc == 0 && l->phase != PHASE_END) {
        enum phase was = l->phase;
        bool did = turn(l);
        phase_step(l, did);
        did |= l->phase != was;
        timers(l);
        if (l->rc == 0 && l->phase != PHASE_END)
            look(l, did || anyone_awake(l) ? 0 : l->untold || l->phase != PHASE_RUN ? 1 : WAIT_MS);
    }
    if (l->rc)
        return l->rc;
    status_write(l);
    links_close(l);
    return EXIT_DONE;
}
