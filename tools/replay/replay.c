/*
 * NAME
 *     replay - play a folder of fixture traffic at virtual times
 *
 * SYNOPSIS
 *     claimwire replay [OPTION]... [FOLDER|FILE...]
 *
 * DESCRIPTION
 *     A source like ingest, for fixtures. Plays the files of a folder in the order of their names,
 *     or, where the folder has a traffic.tsv, those of its lines (TIME, tab, FILE) at their times.
 *     Each record carries the virtual time of its file and usage T, whatever ISA15 says: a keeper
 *     of a pipeline marked `production: true` refuses it.
 *
 *     The time of the machine does not enter: the same input gives the same bytes, here and in
 *     what is written from it. With a run directory files are stored under RUN/replay as ingest
 *     stores them; what was handed on and not acknowledged when the process ended is handed on
 *     again at the next start, and a file that was played to its end is not played again.
 *
 * OPTIONS
 *     --folder DIR   what is played, when no words are given (for pipeline files)
 *     --rate N       at most N records a second, of the machine's time (default 0: as fast as it
 *                    goes)
 *     --from TIME    virtual time of the first file that has none of its own (default: the clock
 *                    of the pipeline where it stands, else 2026-09-01T08:00:00Z)
 *     --step SECONDS virtual time between such files (default 60)
 *     --guides DIR   guides that groups must fit (default config/guides; none: not looked at)
 *     --alias        accept versions that a guide names as its aliases
 *     --versions L   ISA12 that are accepted, blank separated (default 00401 00501)
 *
 * EXIT STATUS
 *     0 all was played; 1 something was refused and there was no --rejects FILE; 64 wrong command
 *     line; 78 the guides or traffic.tsv cannot be used; 100 nothing to play or a file cannot be
 *     read; 111 the disk is full, or another replay works in the run directory
 *
 * EXAMPLES
 *     claimwire replay fixtures/g02 | claimwire validator | claimwire build837 --out out
 *     claimwire replay --rate 100 --folder fixtures/traffic --run run
 */
#include "common/intake/give.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/replay/schedule.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_FRAME_BITS = 40 }; /* 24 bits of a token are the file's number, the rest the frame */
#define DEFAULT_FROM "2026-09-01T08:00:00Z"

struct replay {
    struct stage *s;
    struct intake *k; /* NULL without a run directory */
    struct guide_set *guides;
    struct plan_opts plan_opts;
    struct giver giver;
    struct schedule files;
    size_t next;      /* of the schedule */
    uint64_t resumed; /* number of the last unfinished file that was taken up */
    bool resuming;
    struct in_hand **hands; /* being given, or given and not yet done */
    size_t hands_n;
    struct in_hand *giving;
    uint64_t number, seq; /* without a run directory: files and sets so far */
    long rate;            /* records a second, 0: no limit */
    int64_t began_us;
    uint64_t given; /* records */
};

static const char *const PORTS[] = {"sets", "envelope", "encounters", NULL};
static const struct stage_opt OPTIONS[] = {
    {"folder", NULL, "what is played when no words are given", false},
    {"rate", "0", "at most so many records a second; 0: as fast as it goes", false},
    {"from", NULL, "virtual time of the first file without one (2026-09-01T08:00:00Z)", false},
    {"step", "60", "virtual seconds between files without a time", false},
    {"guides", "config/guides", "folder of the guides that groups must fit; none", false},
    {"alias", NULL, "accept versions that a guide names as aliases", true},
    {"versions", "00401 00501", "ISA12 that are accepted, blank separated", false},
    {0}};

/* --- Start ------------------------------------------------------------------------------------ */

static struct guide_set *load_guides(const char *dir)
{
    struct buf error = {0};
    if (strcmp(dir, "none") == 0)
        return NULL;
    struct guide_set *g = guides_load(dir, &error);
    if (!g)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return g;
}

static void add_or_die(struct replay *p, const char *path)
{
    struct buf error = {0};
    if (access(path, R_OK))
        die(EXIT_UNREADABLE, "cannot read \"%s\": %s", path, strerror(errno));
    if (schedule_add(&p->files, path, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
}

static void make_schedule(struct replay *p)
{
    const struct clock *c = stage_clock(p->s);
    const char *from = stage_get(p->s, "from"), *folder = stage_get(p->s, "folder");
    char *const *words = stage_args(p->s);
    p->files.step_us = stage_get_int(p->s, "step", 0, 10000000) * INT64_C(1000000);
    p->files.next_us = c->fixed_us;
    if ((from || c->fixed_us < 0) && !time_parse(from ? from : DEFAULT_FROM, &p->files.next_us))
        die(EXIT_USAGE, "option \"--from\" is a time like %s", DEFAULT_FROM);
    for (; *words; words++)
        add_or_die(p, *words);
    if (folder && !stage_args(p->s)[0])
        add_or_die(p, folder);
    if (p->files.n == 0)
        die(EXIT_UNREADABLE, "there is nothing to play: name a folder with files in it");
    *stage_clock(p->s) = (struct clock){p->files.files[0].at_us};
}

static int start(struct stage *s, void **state)
{
    struct replay *p = xcalloc(1, sizeof *p);
    const char *home = stage_home(s), *alias = stage_get(s, "alias");
    *state = p;
    p->s = s;
    p->guides = load_guides(stage_get(s, "guides"));
    p->plan_opts.envelope =
        (struct envelope_opts){.versions = stage_get(s, "versions"),
                               .guides = p->guides,
                               .allow_alias = alias && strcmp(alias, "true") == 0};
    p->giver = (struct giver){.s = s, .o = &p->plan_opts, .forced = 'T'};
    p->rate = stage_get_int(s, "rate", 0, 100000000);
    make_schedule(p);
    p->k = home ? intake_open(home) : NULL;
    p->resuming = p->k != NULL;
    p->began_us = time_mono_us();
    return 0;
}

/* --- Files in hand ---------------------------------------------------------------------------- */

static void take_up(struct replay *p, const struct in_hand *h)
{
    p->hands = xrealloc(p->hands, (p->hands_n + 1) * sizeof *p->hands);
    p->giving = p->hands[p->hands_n++] = xcalloc(1, sizeof *h);
    *p->giving = *h;
}

static void put_down(struct replay *p, struct in_hand *h)
{
    size_t i = 0;
    while (p->hands[i] != h)
        i++;
    p->hands[i] = p->hands[--p->hands_n];
    in_hand_free(h);
    free(h);
}

static void finish_hand(struct replay *p, struct in_hand *h)
{
    if (p->k)
        intake_finish(p->k, h);
    put_down(p, h);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int cannot_play(const char *name)
{
    log_error("CW-RPL-003", "cannot play a file", KV("name", name),
              KV("why", (const char *)strerror(errno)));
    return EXIT_TRY_LATER;
}

static void tell(struct replay *p, const char *name, const struct in_hand *h)
{
    log_info("CW-RPL-001", "file played", KV("name", name), KV("number", h->number),
             KV("sets", h->plan.seqs), KV("refused", h->plan.refused));
    stage_count(p->s, "files", 1);
}

/* 1: there is something to give, 0: it was played before. */
static int play_stored(struct replay *p, const char *name, int fd, int64_t at_us)
{
    struct in_hand h;
    switch (intake_take(p->k, name, fd, at_us, &p->plan_opts, &h)) {
    case INTAKE_TAKEN:
        tell(p, name, &h);
        take_up(p, &h);
        return 1;
    case INTAKE_AGAIN:
        log_info("CW-RPL-002", "the same bytes were played before: nothing to do", KV("name", name),
                 KV("number", h.number));
        return 0;
    default:
        return cannot_play(name);
    }
}

/* Without a run directory; takes fd. */
static int play_bare(struct replay *p, const char *name, int fd, int64_t at_us)
{
    struct in_hand h = {.fd = fd, .at_us = at_us, .seq0 = p->seq, .number = ++p->number};
    struct plan_opts o = p->plan_opts;
    o.envelope.now_us = at_us;
    if (!digest_fd(fd, &h.digest) || plan_read(&h.plan, fd, &o))
        return cannot_play(name);
    h.frames = h.plan.frames_n;
    p->seq += h.plan.seqs;
    tell(p, name, &h);
    take_up(p, &h);
    return 1;
}

static int play(struct replay *p, const struct scheduled *f)
{
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        log_error("CW-RPL-004", "cannot read a file", KV("name", f->path),
                  KV("why", (const char *)strerror(errno)));
        return EXIT_UNREADABLE;
    }
    clock_set(stage_clock(p->s), f->at_us);
    if (!p->k)
        return play_bare(p, base_name(f->path), fd, f->at_us);
    int rc = play_stored(p, base_name(f->path), fd, f->at_us);
    close(fd);
    return rc;
}

/* What was in hand when the last process ended. */
static int resume(struct replay *p)
{
    struct in_hand h;
    int rc = intake_resume(p->k, p->resumed, &p->plan_opts, &h);
    if (rc < 0)
        return cannot_play("a file in hand");
    p->resuming = rc == 1;
    if (rc == 1) {
        p->resumed = h.number;
        take_up(p, &h);
    }
    return rc;
}

/* 1: p->giving is set, -1: all was played, or an exit code. */
static int next_file(struct replay *p)
{
    int rc = 0;
    while (rc == 0 && p->resuming)
        rc = resume(p);
    while (rc == 0 && p->next < p->files.n)
        rc = play(p, &p->files.files[p->next++]);
    return rc ? rc : -1;
}

/* --- Giving ----------------------------------------------------------------------------------- */

/* All of it was handed on: what remains in memory is its progress. */
static void given(struct replay *p)
{
    struct in_hand *h = p->giving;
    p->giving = NULL;
    close(h->fd);
    h->fd = -1;
    plan_free(&h->plan);
    if (h->done == h->frames)
        finish_hand(p, h);
}

/* True when the rate allows no further frame yet. */
static bool ahead(const struct replay *p)
{
    int64_t us = time_mono_us() - p->began_us;
    return p->rate && (int64_t)p->given > us / 1000 * p->rate / 1000;
}

static int pull(struct stage *s, void *state)
{
    struct replay *p = state;
    if (ahead(p))
        return 0;
    for (;;) {
        int rc = p->giving ? 1 : next_file(p);
        if (rc != 1)
            return rc;
        struct in_hand *h = p->giving;
        while (h->next < h->frames && h->progress && h->progress[h->next])
            h->next++;
        if (h->next == h->frames) {
            given(p);
            continue;
        }
        if (give_frame(&p->giver, h, h->next))
            return cannot_play("a file in hand");
        stage_frame(s, h->number << TOKEN_FRAME_BITS | h->next);
        p->given += h->plan.frames[h->next + 1].item - h->plan.frames[h->next].item;
        h->next++;
        stage_progress(s, (int64_t)p->next, (int64_t)p->files.n, "files");
        return 1;
    }
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct replay *p = state;
    (void)s;
    for (size_t i = 0; i < p->hands_n; i++) {
        struct in_hand *h = p->hands[i];
        if (h->number != token >> TOKEN_FRAME_BITS)
            continue;
        if (intake_done(h, token & ((UINT64_C(1) << TOKEN_FRAME_BITS) - 1)) && h != p->giving)
            finish_hand(p, h);
        return;
    }
}

/* As a filter there is no way back: what was written out whole is done. */
static int finish(struct stage *s, void *state)
{
    struct replay *p = state;
    while (stage_is_filter(s) && p->hands_n)
        finish_hand(p, p->hands[0]);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct replay *p = state;
    (void)s;
    while (p->hands_n)
        put_down(p, p->hands[0]);
    free(p->hands);
    schedule_free(&p->files);
    giver_free(&p->giver);
    intake_close(p->k);
    guides_free(p->guides);
    free(p);
}

static const struct stage_def REPLAY = {.name = "replay",
                                        .kind = STAGE_SOURCE,
                                        .version = "1",
                                        .ports = PORTS,
                                        .options = OPTIONS,
                                        .args = "[FOLDER|FILE...]",
                                        .start = start,
                                        .pull = pull,
                                        .done = done,
                                        .finish = finish,
                                        .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &REPLAY);
}
