/*
 * NAME
 *     claimwire ingest - take files in, store them, and hand on what is in them
 *
 * SYNOPSIS
 *     claimwire ingest [OPTION]... [FILE...]
 *
 * DESCRIPTION
 *     Reads X12 files and hands on one record for each interchange and functional group (port
 *     envelope) and for each transaction set (port sets). Files whose first byte that is not blank
 *     is "{" are encounters, enc.v1, one JSON object a line (port encounters). "-" is standard
 *     input, which is also read when neither FILE nor --watch is given.
 *
 *     With a run directory each file is first stored, as it came, in RUN/ingest/spool under its
 *     digest and made durable; only then is it looked at. The same bytes again are a no-op that
 *     says so. An interchange that came before (ISA05 to ISA08 and ISA13) is passed over when its
 *     bytes are the same, and refused with TA1 025 when they are not. What is handed on but not yet
 *     acknowledged when the process ends is handed on again at the next start, with the same ids
 *     and numbers. The spool is not sealed: it is what the partner sent, readable by the owner
 *     of the run directory alone.
 *
 *     Without a run directory nothing is stored or remembered; standard input goes through an
 *     unnamed temporary file, as it is read twice. Ids and numbers are the same.
 *
 *     Nothing of an interchange with a fault that a TA1 reports goes on but its interchange record,
 *     nothing of a group with a fault that AK9 reports but its group record. Both also go to
 *     rejects, as do bytes outside of any interchange and lines that are no JSON object.
 *
 * OPTIONS
 *     --watch DIR     take files that appear in DIR, once they stand still; names that begin with a
 *                     point or end in .tmp are passed over; files stay where they are
 *     --settle MS     how long a file must stand still (default 1000)
 *     --guides DIR    guides that groups must fit (default config/guides; none: not looked at)
 *     --alias         accept versions that a guide names as its aliases
 *     --versions LIST ISA12 that are accepted, blank separated (default 00401 00501)
 *     --again         hand on once more what was taken before, with the same ids and numbers
 *
 * EXIT STATUS
 *     0    all was taken in
 *     1    something was refused, and there was no --rejects FILE to put it into
 *     64   wrong command line
 *     78   the guides cannot be used, or differ from those a file in hand was begun with
 *     100  a FILE cannot be read
 *     111  the disk is full, or another ingest works in the run directory; nothing of the file at
 *          hand was kept
 *
 * EXAMPLES
 *     claimwire ingest fixtures/837p/clean.837 | claimwire validator | claimwire build837 --out out
 *     claimwire ingest --run /tmp/run --watch /srv/inbox --rejects /tmp/rejects | ...
 */
#include "common/util/exits.h"
#include "common/util/log.h"
#include "common/intake/give.h"
#include "tools/ingest/watch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* 24 bits of a token are the file's number, the rest is the frame. */
enum { TOKEN_FRAME_BITS = 40 };

struct ingest {
    struct stage *s;
    struct intake *k; /* NULL without a run directory */
    struct guide_set *guides;
    struct plan_opts o;
    struct giver giver;
    struct watch *watch;
    struct in_hand **hands; /* given or being given, not yet done */
    size_t hands_n;
    struct in_hand *giving; /* one of them, or NULL */
    struct digest *bare;    /* without a run directory: what was taken */
    size_t bare_n;
    uint64_t bare_seq;
    uint64_t resumed; /* files up to this number were taken up */
    bool resuming, again, use_stdin, read_stdin;
    size_t arg;
    uint64_t bytes_total, bytes_done;
};

static const char *const PORTS[] = {"sets", "envelope", "encounters", NULL};
static const struct stage_opt OPTIONS[] = {
    {"watch", NULL, "folder whose files are taken in", false},
    {"settle", "1000", "milliseconds that a watched file must stand still", false},
    {"guides", "config/guides", "folder of the guides that groups must fit; none", false},
    {"alias", NULL, "accept versions that a guide names as aliases", true},
    {"versions", "00401 00501", "ISA12 that are accepted, blank separated", false},
    {"again", NULL, "hand on once more what was taken before", true},
    {0}};

static void load_guides(struct ingest *in)
{
    const char *dir = stage_get(in->s, "guides");
    struct buf error = {0};
    if (strcmp(dir, "none") == 0)
        return;
    in->guides = guides_load(dir, &error);
    if (!in->guides)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
}

/* Said before anything is taken, so that a slip in the third name does not leave two files taken. */
static void check_args(const struct ingest *in)
{
    struct stat st;
    for (char *const *a = stage_args(in->s); *a; a++) {
        if (strcmp(*a, "-") == 0)
            continue;
        if (stat(*a, &st) || access(*a, R_OK))
            die(EXIT_UNREADABLE, "cannot read \"%s\": %s", *a, strerror(errno));
        if (S_ISDIR(st.st_mode))
            die(EXIT_UNREADABLE, "cannot read \"%s\": it is a folder (--watch takes folders)", *a);
    }
}

static int start(struct stage *s, void **state)
{
    struct ingest *in = xcalloc(1, sizeof *in);
    const char *home = stage_home(s), *watch = stage_get(s, "watch");
    *state = in;
    in->s = s;
    check_args(in);
    load_guides(in);
    in->o.envelope = (struct envelope_opts){.versions = stage_get(s, "versions"),
                                            .guides = in->guides,
                                            .allow_alias = stage_get(s, "alias") != NULL};
    in->giver = (struct giver){.s = s, .o = &in->o};
    in->again = stage_get(s, "again") != NULL;
    if (watch)
        in->watch = watch_new(watch, stage_get_int(s, "settle", 0, 3600000));
    if (home)
        in->k = intake_open(home);
    in->resuming = in->k != NULL;
    in->use_stdin = stage_is_filter(s) && !watch && !stage_args(s)[0];
    return 0;
}

static struct in_hand *add_hand(struct ingest *in, const struct in_hand *h)
{
    in->hands = xrealloc(in->hands, (in->hands_n + 1) * sizeof *in->hands);
    struct in_hand *mine = xcalloc(1, sizeof *mine);
    *mine = *h;
    in->hands[in->hands_n++] = mine;
    in->bytes_total += h->bytes;
    if (h->number > in->resumed)
        in->resumed = h->number;
    in->giving = mine;
    return mine;
}

static void drop_hand(struct ingest *in, struct in_hand *h)
{
    size_t i = 0;
    while (in->hands[i] != h)
        i++;
    in->hands[i] = in->hands[--in->hands_n];
    in_hand_free(h);
    free(h);
}

static void tell_taken(struct ingest *in, const char *name, const struct in_hand *h)
{
    log_info("CW-ING-001", "file taken", KV("name", name), KV("number", h->number),
             KV("bytes", h->bytes), KV("sets", h->plan.seqs), KV("refused", h->plan.refused),
             KV("again", h->plan.again));
    stage_count(in->s, "files", 1);
    stage_count(in->s, "interchanges_again", h->plan.again);
    if (h->plan.unlisted)
        log_warn("CW-ING-004", "more findings than are listed", KV("number", h->number),
                 KV("unlisted", h->plan.unlisted));
}

static void tell_again(struct ingest *in, const char *name, uint64_t number)
{
    log_info("CW-ING-002", "the same bytes were taken before: nothing to do", KV("name", name),
             KV("number", number));
    stage_count(in->s, "files_again", 1);
}

static int cannot_take(const char *name)
{
    log_error("CW-ING-003", "cannot take in a file, nothing of it was kept", KV("name", name),
              KV("why", (const char *)strerror(errno)));
    return EXIT_TRY_LATER;
}

static bool is_in_hand(const struct ingest *in, uint64_t number)
{
    for (size_t i = 0; i < in->hands_n; i++)
        if (in->hands[i]->number == number)
            return true;
    return false;
}

/* With a run directory. 1: there is something to give, 0: it was there already. */
static int take_stored(struct ingest *in, const char *name, int fd)
{
    struct in_hand h;
    switch (intake_take(in->k, name, fd, clock_now(stage_clock(in->s)), &in->o, &h)) {
    case INTAKE_TAKEN:
        tell_taken(in, name, &h);
        add_hand(in, &h);
        return 1;
    case INTAKE_AGAIN:
        if (in->again && !is_in_hand(in, h.number) &&
            intake_repeat(in->k, h.number, &in->o, &h) == 1) {
            log_info("CW-ING-005", "handed on once more", KV("name", name), KV("number", h.number));
            add_hand(in, &h);
            return 1;
        }
        tell_again(in, name, h.number);
        return 0;
    default:
        return cannot_take(name);
    }
}

/* A copy that has no name and can be read twice. */
static int unnamed_copy(int fd)
{
    const char *dir = getenv("TMPDIR");
    static char block[1 << 16];
    int out = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ssize_t n = 0;
    while (out >= 0 && (n = read(fd, block, sizeof block)) > 0)
        if (write(out, block, (size_t)n) != n) {
            n = -1;
            break;
        }
    if (out >= 0 && n < 0) {
        int err = errno;
        close(out);
        errno = err;
        out = -1;
    }
    return out;
}

static bool bare_again(struct ingest *in, const char *name, const struct digest *d)
{
    for (size_t i = 0; i < in->bare_n; i++)
        if (memcmp(in->bare[i].b, d->b, DIGEST_LEN) == 0) {
            tell_again(in, name, i + 1);
            return true;
        }
    in->bare = xrealloc(in->bare, (in->bare_n + 1) * sizeof *in->bare);
    in->bare[in->bare_n++] = *d;
    return false;
}

/* Without a run directory; takes fd. */
static int take_bare(struct ingest *in, const char *name, int fd)
{
    struct in_hand h = {.fd = fd, .at_us = clock_now(stage_clock(in->s)), .seq0 = in->bare_seq};
    struct stat st;
    if (lseek(fd, 0, SEEK_SET) < 0) {
        h.fd = unnamed_copy(fd);
        close(fd);
    }
    if (h.fd < 0 || fstat(h.fd, &st) || lseek(h.fd, 0, SEEK_SET) < 0 || !digest_fd(h.fd, &h.digest))
        return cannot_take(name);
    if (bare_again(in, name, &h.digest)) {
        in_hand_free(&h);
        return 0;
    }
    h.number = in->bare_n;
    h.bytes = (uint64_t)st.st_size;
    struct plan_opts o = in->o;
    o.envelope.now_us = h.at_us;
    if (plan_read(&h.plan, h.fd, &o))
        return cannot_take(name);
    h.frames = h.plan.frames_n;
    in->bare_seq += h.plan.seqs;
    tell_taken(in, name, &h);
    add_hand(in, &h);
    return 1;
}

static int take_fd(struct ingest *in, const char *name, int fd)
{
    if (!in->k)
        return take_bare(in, name, fd);
    int rc = take_stored(in, name, fd);
    close(fd);
    return rc;
}

/* A name without its folders: enough for people, and short. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int take_path(struct ingest *in, const char *path)
{
    if (strcmp(path, "-") == 0)
        return take_fd(in, "standard input", dup(STDIN_FILENO));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        log_error("CW-ING-006", "cannot read a file", KV("name", path),
                  KV("why", (const char *)strerror(errno)));
        return in->watch ? 0 : EXIT_UNREADABLE;
    }
    return take_fd(in, base_name(path), fd);
}

/* Files in hand when the last process ended, then one that was stored and not yet taken. */
static int take_unfinished(struct ingest *in)
{
    struct in_hand h;
    struct buf path = {0};
    int rc = intake_resume(in->k, in->resumed, &in->o, &h);
    if (rc < 0)
        return cannot_take("a file in hand");
    if (rc == 1) {
        log_info("CW-ING-007", "going on with a file", KV("number", h.number),
                 KV("frames", h.frames), KV("done", h.done));
        add_hand(in, &h);
        return 1;
    }
    if (intake_orphan(in->k, &path))
        rc = take_path(in, buf_cstr(&path));
    else
        in->resuming = false;
    buf_free(&path);
    return rc;
}

static int take_watched(struct ingest *in)
{
    struct buf path = {0};
    int err, rc = 0;
    if (watch_next(in->watch, &path, &err))
        rc = take_path(in, buf_cstr(&path));
    else if (err)
        die(EXIT_CONFIG, "cannot watch \"%s\": %s", stage_get(in->s, "watch"), strerror(err));
    buf_free(&path);
    return rc;
}

/* Takes the next file that there is. 1: in->giving is set, 0: nothing for now, -1: nothing ever,
 * or an exit code. */
static int next_file(struct ingest *in)
{
    int rc = 0;
    while (rc == 0 && in->resuming)
        rc = take_unfinished(in);
    char *const *args = stage_args(in->s);
    while (rc == 0 && args[in->arg])
        rc = take_path(in, args[in->arg++]);
    if (rc == 0 && in->use_stdin && !in->read_stdin) {
        in->read_stdin = true;
        rc = take_path(in, "-");
    }
    if (rc == 0 && in->watch)
        return take_watched(in);
    return rc ? rc : -1;
}

static void progress(struct ingest *in)
{
    uint64_t done = in->bytes_done;
    for (size_t i = 0; i < in->hands_n; i++) {
        const struct in_hand *h = in->hands[i];
        if (h->frames)
            done += h->bytes * h->done / h->frames;
    }
    stage_progress(in->s, (int64_t)done, (int64_t)in->bytes_total, "bytes");
}

static void finish_hand(struct ingest *in, struct in_hand *h)
{
    if (in->k)
        intake_finish(in->k, h);
    in->bytes_done += h->bytes;
    drop_hand(in, h);
}

/* Everything of the file was handed on: what remains in memory is its progress. */
static void given(struct ingest *in)
{
    struct in_hand *h = in->giving;
    in->giving = NULL;
    close(h->fd);
    h->fd = -1;
    plan_free(&h->plan);
    if (h->done == h->frames)
        finish_hand(in, h);
}

static int pull(struct stage *s, void *state)
{
    struct ingest *in = state;
    for (;;) {
        if (!in->giving) {
            int rc = next_file(in);
            if (rc != 1)
                return rc;
        }
        struct in_hand *h = in->giving;
        while (h->next < h->frames && h->progress && h->progress[h->next])
            h->next++;
        if (h->next == h->frames) {
            given(in);
            continue;
        }
        if (give_frame(&in->giver, h, h->next))
            return cannot_take("a file in hand");
        stage_frame(s, h->number << TOKEN_FRAME_BITS | h->next);
        h->next++;
        progress(in);
        return 1;
    }
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct ingest *in = state;
    (void)s;
    uint64_t number = token >> TOKEN_FRAME_BITS;
    for (size_t i = 0; i < in->hands_n; i++) {
        struct in_hand *h = in->hands[i];
        if (h->number != number)
            continue;
        if (intake_done(h, token & ((UINT64_C(1) << TOKEN_FRAME_BITS) - 1)) && h != in->giving)
            finish_hand(in, h);
        break;
    }
    progress(in);
}

/* As a filter there is no way back: what was written out whole is done, and the exit status of the
 * pipe is the promise. */
static int finish(struct stage *s, void *state)
{
    struct ingest *in = state;
    while (stage_is_filter(s) && in->hands_n)
        finish_hand(in, in->hands[0]);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct ingest *in = state;
    (void)s;
    while (in->hands_n)
        drop_hand(in, in->hands[0]);
    free(in->hands);
    free(in->bare);
    watch_free(in->watch);
    giver_free(&in->giver);
    intake_close(in->k);
    guides_free(in->guides);
    free(in);
}

static const struct stage_def INGEST = {.name = "ingest",
                                        .kind = STAGE_SOURCE,
                                        .version = "1",
                                        .ports = PORTS,
                                        .options = OPTIONS,
                                        .args = "[FILE...]",
                                        .start = start,
                                        .pull = pull,
                                        .done = done,
                                        .finish = finish,
                                        .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &INGEST);
}
