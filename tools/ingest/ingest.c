/*
 * NAME
 *     claimwire ingest - take files in, store them, and hand on what is in them
 *
 * SYNOPSIS
 *     claimwire ingest [OPTION]... [FILE...]
 *
 * DESCRIPTION
 *     Reads X12 files and hands on one record for each interchange and functional group (port
 *     envelope) and for each transaction set (port sets). Encounters (port encounters) come as
 *     enc.v1, one JSON object a line; as HL7 version 2 (DFT^P03, ADT^A04, ADT^A08, MDM^T02, also in
 *     batches); as FHIR R4 bundles; as C-CDA documents; as a CSV of charges with the notes' text
 *     files beside it. The form is told by the first bytes. All become enc.v1 (docs/readers.md);
 *     what cannot be mapped goes to rejects with its place and the reason. "-" is standard input,
 *     which is also read when none of FILE, --watch and --mllp is given.
 *
 *     Files of a bank (NACHA with CCD+ or CTX entries, BAI2, CSV) become entries, post.v1, one for
 *     each deposit (port posts; docs/posting.md), as do lines of post.v1 itself. A file that is wrong
 *     anywhere, or whose totals are not those of its entries, gives none.
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
 *     With --mllp messages are taken over TCP (HL7's minimal lower layer protocol). A message is
 *     stored and synced as a file is, and only then answered: AA when it is taken, or was before;
 *     AE when it is kept but cannot be mapped, with the place and the reason; AR when it is of
 *     another type, or no message. The same bytes, or the same sender (MSH-3, MSH-4), control id
 *     (MSH-10) and content, make no second record.
 *
 * OPTIONS
 *     --format FORM   x12, enc, hl7, fhir, ccda, csv or bank; the default, auto, goes by the first
 *                     bytes
 *     --mllp HOST:PORT
 *                     listen there for HL7 messages; needs a run directory
 *     --watch DIR     take files that appear in DIR, once they stand still; names that begin with a
 *                     point or end in .tmp or .note are passed over; files stay where they are
 *     --settle MS     how long a file must stand still (default 1000)
 *     --guides DIR    guides that groups must fit (default config/guides; none: not looked at)
 *     --partners DIR  profiles of partners (default config/partners): an interchange is held against
 *                     that of its sender, else of its receiver: usage, versions, limits. "none": no
 *                     profile
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
#include "common/intake/holding.h"
#include "common/readers/csv.h"
#include "common/readers/hl7.h"
#include "tools/ingest/mllp.h"
#include "tools/ingest/watch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct ingest {
    struct stage *s;
    struct holding h;
    struct watch *watch;
    struct mllp *mllp;
    struct digest *bare; /* without a run directory: what was taken */
    size_t bare_n;
    uint64_t bare_seq;
    bool resuming, again, use_stdin, read_stdin;
    size_t arg;
};

static const char *const PORTS[] = {"sets", "envelope", "encounters", NULL};
static const char *const MAY[] = {"posts", NULL};
static const struct stage_opt OPTIONS[] = {
    {"watch", NULL, "folder whose files are taken in", false},
    {"format", "auto", "x12, enc, hl7, fhir, ccda, csv, bank; auto: by the first bytes", false, 0,
     0, "auto x12 enc hl7 fhir ccda csv bank"},
    {"mllp", NULL, "HOST:PORT where HL7 messages are taken", false},
    {"settle", "1000", "milliseconds that a watched file must stand still", false, 0, 3600000},
    {"guides", "config/guides", "folder of the guides that groups must fit; none", false},
    {"partners", "config/partners", "folder of the profiles of partners; none", false},
    {"alias", NULL, "accept versions that a guide names as aliases", true},
    {"versions", "00401 00501", "ISA12 that are accepted, blank separated", false},
    {"again", NULL, "hand on once more what was taken before", true},
    {0}};

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
    const char *watch = stage_get(s, "watch"), *mllp = stage_get(s, "mllp");
    *state = in;
    in->s = s;
    check_args(in);
    if (mllp && !stage_home(s))
        die(EXIT_USAGE, "--mllp needs --run DIR: a message is answered when it is stored");
    holding_open(&in->h, s, 0);
    in->h.o.form = stage_get(s, "format");
    if (mllp)
        in->mllp = mllp_open(mllp);
    in->again = stage_on(s, "again");
    if (watch)
        in->watch = watch_new(watch, stage_number(s, "settle"));
    in->resuming = in->h.k != NULL;
    in->use_stdin = stage_is_filter(s) && !watch && !mllp && !stage_args(s)[0];
    return 0;
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

/* With a run directory. 1: there is something to give, 0: it was there already. */
static int take_stored(struct ingest *in, const char *name, int fd)
{
    struct in_hand h;
    switch (intake_take(in->h.k, name, fd, clock_now(stage_clock(in->s)), &in->h.o, &h)) {
    case INTAKE_TAKEN:
        tell_taken(in, name, &h);
        holding_add(&in->h, &h);
        return 1;
    case INTAKE_AGAIN:
        if (in->again && !holding_has(&in->h, h.number) &&
            intake_repeat(in->h.k, h.number, &in->h.o, &h) == 1) {
            log_info("CW-ING-005", "handed on once more", KV("name", name), KV("number", h.number));
            holding_add(&in->h, &h);
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
    struct plan_opts o = in->h.o;
    o.envelope.now_us = h.at_us;
    if (plan_read(&h.plan, h.fd, &o))
        return cannot_take(name);
    h.frames = h.plan.frames_n;
    in->bare_seq += h.plan.seqs;
    tell_taken(in, name, &h);
    holding_add(&in->h, &h);
    return 1;
}

static int take_fd(struct ingest *in, const char *name, int fd)
{
    if (!in->h.k)
        return take_bare(in, name, fd);
    int rc = take_stored(in, name, fd);
    close(fd);
    return rc;
}

/* A table of charges with the notes that it names, as one file; fd itself when it is none, -1 with
 * errno. Takes fd. */
static int with_notes(struct ingest *in, const char *path, int fd)
{
    const char *slash = strrchr(path, '/');
    struct buf table = {0}, packed = {0}, folder = {0};
    struct stat st;
    bool form = strcmp(in->h.o.form, "auto") == 0 || strcmp(in->h.o.form, "csv") == 0;
    if (!form || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > READER_UNIT_MAX)
        return fd;
    ssize_t n = pread(fd, buf_room(&table, 4096), 4096, 0);
    if (n <= 0 || !csv_tell(phi_of(table.p, (size_t)n))) {
        buf_free(&table);
        return fd;
    }
    n = pread(fd, buf_room(&table, (size_t)st.st_size + 1), (size_t)st.st_size, 0);
    table.len = n > 0 ? (size_t)n : 0;
    buf_add(&folder, path, slash ? (size_t)(slash - path) + 1 : 0);
    int dir = open(slash ? buf_cstr(&folder) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0 && csv_pack(buf_view(&table), dir, &packed)) {
        close(fd);
        fd = mllp_file(buf_view(&packed));
    }
    if (dir >= 0)
        close(dir);
    buf_free(&table);
    buf_free(&packed);
    buf_free(&folder);
    return fd;
}

static int take_path(struct ingest *in, const char *path)
{
    if (strcmp(path, "-") == 0)
        return take_fd(in, "standard input", dup(STDIN_FILENO));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        fd = with_notes(in, path, fd);
    if (fd < 0) {
        log_error("CW-ING-006", "cannot read a file", KV("name", path),
                  KV("why", (const char *)strerror(errno)));
        return in->watch ? 0 : EXIT_UNREADABLE;
    }
    return take_fd(in, holding_name(path), fd);
}

/* Files in hand when the last process ended, then one that was stored and not yet taken. */
static int take_unfinished(struct ingest *in)
{
    struct in_hand h;
    struct buf path = {0};
    int rc = intake_resume(in->h.k, in->h.resumed, &in->h.o, &h);
    if (rc < 0)
        return cannot_take("a file in hand");
    if (rc == 1) {
        log_info("CW-ING-007", "going on with a file", KV("number", h.number),
                 KV("frames", h.frames), KV("done", h.done));
        holding_add(&in->h, &h);
        return 1;
    }
    if (intake_orphan(in->h.k, &path))
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

/* A message off the wire: stored as a file is, then answered. */
static int take_message(struct ingest *in, phi_str message)
{
    struct arena mem = {0};
    struct buf ack = {0};
    const char *why;
    enum hl7_answer answer = hl7_judge(message, &mem, &why);
    int64_t now = clock_now(stage_clock(in->s));
    bool keep = hl7_is_one(message);
    int rc = 0, fd = keep ? mllp_file(message) : -1;
    size_t hands = in->h.hands_n;
    if (fd >= 0)
        rc = take_fd(in, "mllp", fd);
    if (rc == 1 && in->h.hands_n > hands && in->h.giving->plan.refused && answer == HL7_AA) {
        answer = HL7_AE;
        why = "MSH(1)-10: this control id came before with other content";
    }
    if (rc >= EXIT_USAGE || (keep && fd < 0)) {
        answer = HL7_AR;
        why = "cannot store it now; send it again later";
    }
    hl7_ack(message, answer, why, now, mllp_number(in->mllp), &ack);
    mllp_answer(in->mllp, buf_view(&ack));
    stage_count(in->s, answer == HL7_AA ? "mllp_aa" : answer == HL7_AE ? "mllp_ae" : "mllp_ar", 1);
    buf_free(&ack);
    arena_free(&mem);
    return rc;
}

/* One message a call: its file is given before the next is looked at. */
static int take_wire(struct ingest *in)
{
    phi_str message;
    int rc = 0;
    while (rc == 0 && mllp_next(in->mllp, &message))
        rc = take_message(in, message);
    return rc;
}

/* Takes the next file that there is. 1: there is one to give, 0: nothing for now, -1: nothing ever,
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
    if (rc == 0 && in->mllp)
        rc = take_wire(in);
    if (rc == 0 && in->watch)
        return take_watched(in);
    if (rc == 0 && in->mllp)
        return 0;
    return rc ? rc : -1;
}

static void progress(struct ingest *in)
{
    stage_progress(in->s, (int64_t)holding_progress(&in->h), (int64_t)in->h.bytes_total, "bytes");
}

static int pull(struct stage *s, void *state)
{
    struct ingest *in = state;
    int rc = 0;
    (void)s;
    while (rc == 0) {
        rc = in->h.giving ? 1 : next_file(in);
        if (rc != 1 && in->h.k)
            intake_mark(in->h.k);
        if (rc != 1)
            return rc;
        rc = holding_give(&in->h);
    }
    if (rc < 0)
        return cannot_take("a file in hand");
    progress(in);
    return 1;
}

static void done(struct stage *s, void *state, uint64_t token)
{
    struct ingest *in = state;
    (void)s;
    holding_done(&in->h, token);
    progress(in);
}

/* As a filter there is no way back: what was written out whole is done, and the exit status of the
 * pipe is the promise. */
static int finish(struct stage *s, void *state)
{
    struct ingest *in = state;
    if (stage_is_filter(s))
        holding_finish(&in->h);
    return EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct ingest *in = state;
    (void)s;
    free(in->bare);
    watch_free(in->watch);
    mllp_free(in->mllp);
    holding_close(&in->h);
    free(in);
}

static const struct stage_def INGEST = {.name = "ingest",
                                        .kind = STAGE_SOURCE,
                                        .version = "1",
                                        .ports = PORTS,
                                        .may_ports = MAY,
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
