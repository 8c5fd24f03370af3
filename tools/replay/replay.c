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
 *     --partners DIR profiles of partners, as in ingest (default config/partners; none)
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
#include "common/intake/holding.h"
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
    struct holding h;
    struct schedule files;
    size_t next; /* of the schedule */
    bool resuming;
    uint64_t number, seq; /* without a run directory: files and sets so far */
    long rate;            /* records a second, 0: no limit */
    int64_t began_us;
};

static const char *const PORTS[] = {"sets", "envelope", "encounters", NULL};
static const char *const MAY[] = {"posts", NULL};
static const struct stage_opt OPTIONS[] = {
    {"folder", NULL, "what is played when no words are given", false},
    {"rate", "0", "at most so many records a second; 0: as fast as it goes", false, 0, 100000000},
    {"from", NULL, "virtual time of the first file without one (2026-09-01T08:00:00Z)", false},
    {"step", "60", "virtual seconds between files without a time", false, 0, 10000000},
    {"guides", "config/guides", "folder of the guides that groups must fit; none", false},
    {"partners", "config/partners", "folder of the profiles of partners; none", false},
    {"alias", NULL, "accept versions that a guide names as aliases", true},
    {"versions", "00401 00501", "ISA12 that are accepted, blank separated", false},
    {0}};

/* --- Start ------------------------------------------------------------------------------------ */

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
    p->files.step_us = stage_number(p->s, "step") * INT64_C(1000000);
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
    *state = p;
    p->s = s;
    p->rate = stage_number(s, "rate");
    make_schedule(p);
    holding_open(&p->h, s, 'T');
    p->resuming = p->h.k != NULL;
    p->began_us = time_mono_us();
    return 0;
}

/* --- Files in hand ---------------------------------------------------------------------------- */

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
    switch (intake_take(p->h.k, name, fd, at_us, &p->h.o, &h)) {
    case INTAKE_TAKEN:
        tell(p, name, &h);
        holding_add(&p->h, &h);
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
    struct plan_opts o = p->h.o;
    o.envelope.now_us = at_us;
    if (!digest_fd(fd, &h.digest) || plan_read(&h.plan, fd, &o))
        return cannot_play(name);
    h.frames = h.plan.frames_n;
    p->seq += h.plan.seqs;
    tell(p, name, &h);
    holding_add(&p->h, &h);
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
    if (!p->h.k)
        return play_bare(p, holding_name(f->path), fd, f->at_us);
    int rc = play_stored(p, holding_name(f->path), fd, f->at_us);
    close(fd);
    return rc;
}

/* What was in hand when the last process ended. */
static int resume(struct replay *p)
{
    struct in_hand h;
    int rc = intake_resume(p->h.k, p->h.resumed, &p->h.o, &h);
    if (rc < 0)
        return cannot_play("a file in hand");
    p->resuming = rc == 1;
    if (rc == 1)
        holding_add(&p->h, &h);
    return rc;
}

/* 1: there is one to give, -1: all was played, or an exit code. */
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

/* True when the rate allows no further frame yet. */
static bool ahead(const struct replay *p)
{
    int64_t us = time_mono_us() - p->began_us;
    return p->rate && (int64_t)p->h.records > us / 1000 * p->rate / 1000;
}

static int pull(struct stage *s, void *state)
{
    struct replay *p = state;
    int rc = 0;
    if (ahead(p))
        return 0;
    while (rc == 0) {
        rc = p->h.giving ? 1 : next_file(p);
        if (rc != 1)
            return rc;
        rc = holding_give(&p->h);
    }
    if (rc < 0)
        return cannot_play("a file in hand");
    stage_progress(s, (int64_t)p->next, (int64_t)p->files.n, "files");
    return 1;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct replay *p = state;
    (void)s;
    holding_done(&p->h, token);
}

/* As a filter there is no way back: what was written out whole is done. */
static int finish(struct stage *s, void *state)
{
    struct replay *p = state;
    if (stage_is_filter(s))
        holding_finish(&p->h);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct replay *p = state;
    (void)s;
    schedule_free(&p->files);
    holding_close(&p->h);
    free(p);
}

static const struct stage_def REPLAY = {.name = "replay",
                                        .kind = STAGE_SOURCE,
                                        .version = "1",
                                        .ports = PORTS,
                                        .may_ports = MAY,
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
