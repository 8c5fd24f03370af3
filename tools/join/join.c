/*
 * NAME
 *     join - several interchanges of one sender and receiver into one
 *
 * SYNOPSIS
 *     claimwire join [--out FILE] [--control N] [--json] FILE...
 *
 * DESCRIPTION
 *     Writes the sets of all FILEs, in the order given, as one interchange: the ISA of the first
 *     with its own ISA13 (or --control), one group for each GS01, GS02, GS03 and GS08 that occurs,
 *     ST02 from 0001 in each group, GS06 counting up from that of the first, counts and trailers
 *     anew. Every other value stays. Values are written with the delimiters of the first file.
 *
 *     claimwire split and then join gives the same claims and the same sums; sets that were cut stay
 *     cut.
 *
 *     Refused with the file and the reason, and nothing is written: interchanges whose sender,
 *     receiver, version or usage (ISA05 to ISA08, ISA12, ISA15) differ from those of the first; the
 *     same bytes twice; a value that holds a delimiter of the first file; envelopes or counts that
 *     are wrong. Files are read through a window, once and then once for each group.
 *
 * OPTIONS
 *     --out FILE   where to (default: standard output); it appears when it is whole
 *     --control N  ISA13
 *     --json       say on standard error, as JSON: files, groups, sets
 *     -h, --help   print the synopsis
 *
 * EXIT STATUS
 *     0 joined; 1 refused, nothing is written; 64 wrong command line; 111 a file cannot be read or
 *     written
 *
 * EXAMPLES
 *     claimwire join --out day.837 parts/day-0001.837 parts/day-0002.837
 *     claimwire join parts/day-*.837 | claimwire validate /dev/stdin
 */
#include "common/edi/whole.h"
#include "common/edi/write.h"
#include "common/util/arena.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/id.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char SYNOPSIS[] = "claimwire join [--out FILE] [--control N] [--json] FILE...\n";

enum { FLUSH = 1 << 20 };

struct group {
    struct buf gs; /* as it came */
    char code[3], sender[16], receiver[16], version[13];
    uint32_t sets, next; /* next: number of sets written */
    uint32_t control;
};
struct job {
    /* command */
    const char *out;
    uint32_t control;
    bool json;
    char **files;
    int files_n, *fd;
    struct digest *digest;
    /* the first interchange */
    bool have;
    struct envelope_isa first;
    struct buf isa;
    struct edi_delims d;
    const char *newline;
    uint64_t isa_end;
    struct group *groups;
    uint32_t groups_n;
    /* where we are */
    const char *name;
    struct whole_fault fault;
    struct edi_delims now; /* of the interchange that is read */
    uint32_t at;           /* group of what is read */
    bool writing;
    uint32_t want; /* group that is written */
    struct buf bytes, scratch;
    struct edi_writer w, try;
    int to;
};

static bool same_delims(const struct edi_delims *a, const struct edi_delims *b)
{
    return a->elem == b->elem && a->comp == b->comp && a->rep == b->rep && a->term == b->term;
}

/* ---- the first pass ---- */

static void compare(struct job *j, const struct envelope_isa *isa)
{
    const struct envelope_isa *f = &j->first;
    const struct {
        const char *a, *b, *text;
    } same[] = {
        {isa->sender_qual, f->sender_qual, "its sender (ISA05) is another than in the first file"},
        {isa->sender, f->sender, "its sender (ISA06) is another than in the first file"},
        {isa->receiver_qual, f->receiver_qual,
         "its receiver (ISA07) is another than in the first file"},
        {isa->receiver, f->receiver, "its receiver (ISA08) is another than in the first file"},
        {isa->version, f->version, "its version (ISA12) is another than in the first file"},
        {isa->usage, f->usage, "its usage, T or P (ISA15), is another than in the first file"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(same[i].a, same[i].b) != 0)
            whole_fault_add(&j->fault, "JOIN_OTHER", isa->off, same[i].text);
}

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct job *j = ctx;
    j->now = isa->delims;
    if (j->writing || !seg)
        return;
    if (j->have) {
        compare(j, isa);
        return;
    }
    j->have = true;
    j->first = *isa;
    j->d = isa->delims;
    j->try = (struct edi_writer){.out = &j->scratch, .d = j->d, .newline = ""};
    j->newline = "";
    j->isa_end = seg->off + seg_bytes(seg).n + 1;
    buf_phi(&j->isa, seg_bytes(seg));
}

static uint32_t group_of(struct job *j, const struct envelope_gs *g, const struct edi_seg *seg)
{
    uint32_t i = 0;
    for (; i < j->groups_n; i++) {
        const struct group *q = &j->groups[i];
        if (strcmp(q->code, g->code) == 0 && strcmp(q->sender, g->sender) == 0 &&
            strcmp(q->receiver, g->receiver) == 0 && strcmp(q->version, g->version) == 0)
            return i;
    }
    j->groups = xrealloc(j->groups, ++j->groups_n * sizeof *j->groups);
    struct group *q = &j->groups[i];
    *q = (struct group){.control = (uint32_t)strtoul(g->control, NULL, 10)};
    memcpy(q->code, g->code, sizeof q->code);
    memcpy(q->sender, g->sender, sizeof q->sender);
    memcpy(q->receiver, g->receiver, sizeof q->receiver);
    memcpy(q->version, g->version, sizeof q->version);
    struct edi_writer w = {.out = &q->gs, .d = j->d, .newline = ""};
    if (!ew_copy(&w, seg, &j->now))
        whole_fault_add(&j->fault, "JOIN_DELIMITER", seg->off,
                        "a value of GS holds a delimiter of the first file");
    return i;
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct job *j = ctx;
    if (!j->writing && j->isa_end && j->groups_n == 0 && gs->off > j->isa_end)
        j->newline = gs->off - j->isa_end > 1 ? "\r\n" : "\n";
    j->at = group_of(j, gs, seg);
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct job *j = ctx;
    (void)st;
    if (!j->writing)
        j->groups[j->at].sets++;
    else if (j->at == j->want)
        j->groups[j->at].next++;
}

static void flush(struct job *j, size_t most)
{
    if (j->bytes.len <= most)
        return;
    if (fs_write_all(j->to, j->bytes.p, j->bytes.len))
        die(EXIT_TRY_LATER, "cannot write to \"%s\": %m", j->out ? j->out : "standard output");
    buf_clear(&j->bytes);
}

/* ST or SE with the set's new number; ST03 and what else there is stays. */
static void numbered(struct job *j, const struct edi_seg *seg)
{
    char n[12];
    snprintf(n, sizeof n, "%04u", j->groups[j->at].next);
    ew_begin(&j->w, seg_is(seg, "ST") ? "ST" : "SE");
    for (uint32_t i = 1; i < seg->n; i++)
        ew_el(&j->w, i == 2 ? phi_lit(n) : seg_el(seg, i));
    ew_end(&j->w);
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct job *j = ctx;
    if (!j->writing) {
        buf_clear(&j->scratch);
        if (!same_delims(&j->now, &j->d) && !ew_copy(&j->try, seg, &j->now))
            whole_fault_add(&j->fault, "JOIN_DELIMITER", seg->off,
                            "a value holds a delimiter of the first file");
        return;
    }
    if (j->at != j->want)
        return;
    if (seg_is(seg, "ST") || seg_is(seg, "SE"))
        numbered(j, seg);
    else
        ew_copy(&j->w, seg, &j->now);
    flush(j, FLUSH);
}

static const struct envelope_events EVENTS = {
    .isa_begin = isa_begin, .gs_begin = gs_begin, .set_begin = set_begin, .segment = segment};

/* ---- writing ---- */

static void put_isa(struct job *j)
{
    char n[10];
    snprintf(n, sizeof n, "%09u", j->control);
    size_t at = j->bytes.len;
    buf_phi(&j->bytes, buf_view(&j->isa));
    phi_str isa13 = edi_part(phi_of(j->bytes.p + at, j->isa.len), j->d.elem, 14);
    for (size_t i = 0; i < 9 && i < isa13.n; i++)
        j->bytes.p[(size_t)(isa13.p - j->bytes.p) + i] = n[i];
    buf_putc(&j->bytes, j->d.term);
    buf_puts(&j->bytes, j->newline);
}

static void put_group(struct job *j, uint32_t i)
{
    struct group *g = &j->groups[i];
    uint32_t control = (j->groups[0].control + i - 1) % 999999999 + 1;
    for (uint32_t k = 1; k <= 9; k++) {
        phi_str v = edi_part(phi_of(g->gs.p, g->gs.len - 1), j->d.elem, k);
        if (k == 7)
            buf_int(&j->bytes, control);
        else
            buf_phi(&j->bytes, v);
        buf_putc(&j->bytes, k < 9 ? j->d.elem : j->d.term);
    }
    buf_puts(&j->bytes, j->newline);
    j->want = i;
    for (int k = 0; k < j->files_n; k++)
        if (!whole_read(j->fd[k], &EVENTS, j, &j->fault))
            die(EXIT_TRY_LATER, "the file \"%s\" changed while it was read", j->files[k]);
    ew_begin(&j->w, "GE");
    ew_int(&j->w, g->sets);
    ew_int(&j->w, control);
    ew_end(&j->w);
}

static void put_all(struct job *j)
{
    char n[10];
    j->writing = true;
    j->w = (struct edi_writer){.out = &j->bytes, .d = j->d, .newline = j->newline};
    put_isa(j);
    for (uint32_t i = 0; i < j->groups_n; i++)
        put_group(j, i);
    snprintf(n, sizeof n, "%09u", j->control);
    ew_begin(&j->w, "IEA");
    ew_int(&j->w, j->groups_n);
    ew_lit(&j->w, n);
    ew_end(&j->w);
    flush(j, 0);
}

static void write_out(struct job *j)
{
    char hidden[PATH_MAX];
    if (!j->out) {
        j->to = STDOUT_FILENO;
        put_all(j);
        return;
    }
    if (snprintf(hidden, sizeof hidden, "%s.part", j->out) >= PATH_MAX)
        die(EXIT_USAGE, "cannot write \"%s\": the path is too long", j->out);
    j->to = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (j->to < 0)
        die(EXIT_TRY_LATER, "cannot write the file \"%s\": %m", j->out);
    put_all(j);
    if (fsync(j->to) || close(j->to) || rename(hidden, j->out))
        die(EXIT_TRY_LATER, "cannot write the file \"%s\": %m", j->out);
}

/* ---- the command ---- */

static int usage(const char *why)
{
    fprintf(stderr, "join: %s\nusage: %s", why, SYNOPSIS);
    return EXIT_USAGE;
}

static int say(const struct job *j)
{
    fprintf(stderr, "join: cannot join \"%s\": at byte %llu: %s: %s\n", j->name,
            (unsigned long long)j->fault.off, j->fault.rule, j->fault.text);
    return EXIT_FINDINGS;
}

/* Opens a file and holds it against those before. */
static int look(struct job *j, int i)
{
    j->name = j->files[i];
    j->fd[i] = whole_open(j->files[i]);
    if (j->fd[i] < 0) {
        fprintf(stderr, "join: cannot read the file \"%s\": %s\n", j->files[i], strerror(errno));
        return EXIT_TRY_LATER;
    }
    if (lseek(j->fd[i], 0, SEEK_SET) < 0 || !digest_fd(j->fd[i], &j->digest[i]))
        die(EXIT_TRY_LATER, "cannot read the file \"%s\": %m", j->files[i]);
    for (int k = 0; k < i; k++)
        if (memcmp(j->digest[k].b, j->digest[i].b, DIGEST_LEN) == 0)
            whole_fault_add(&j->fault, "JOIN_TWICE", 0, "the same bytes are named before it");
    return j->fault.faults || !whole_read(j->fd[i], &EVENTS, j, &j->fault) ? say(j) : EXIT_DONE;
}

static bool number(const char *s, uint32_t *out)
{
    char *end;
    unsigned long v = strtoul(s, &end, 10);
    *out = (uint32_t)v;
    return *s >= '0' && *s <= '9' && !*end && v >= 1 && v <= 999999999;
}

/* -1: go on; else an exit code. */
static int parse(int argc, char **argv, struct job *j)
{
    j->files = argv;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0)
            return printf("usage: %s", SYNOPSIS), EXIT_DONE;
        if (strcmp(a, "--json") == 0)
            j->json = true;
        else if (strncmp(a, "--", 2) != 0)
            j->files[j->files_n++] = argv[i];
        else if (strcmp(a, "--out") == 0 && v)
            j->out = v, i++;
        else if (strcmp(a, "--control") == 0 && v && number(v, &j->control))
            i++;
        else
            return usage("unknown option, or one whose value is missing or wrong");
    }
    return j->files_n ? -1 : usage("no file is named");
}

static void tell(const struct job *j)
{
    uint32_t sets = 0;
    for (uint32_t i = 0; i < j->groups_n; i++)
        sets += j->groups[i].sets;
    if (j->json)
        fprintf(stderr, "{\"files\":%d,\"groups\":%u,\"sets\":%u}\n", j->files_n, j->groups_n,
                sets);
}

static void job_free(struct job *j)
{
    for (uint32_t i = 0; i < j->groups_n; i++)
        buf_free(&j->groups[i].gs);
    for (int i = 0; i < j->files_n; i++)
        if (j->fd[i] > 0)
            close(j->fd[i]);
    buf_free(&j->isa);
    buf_free(&j->bytes);
    buf_free(&j->scratch);
    free(j->groups);
    free(j->fd);
    free(j->digest);
}

static int join(struct job *j)
{
    int rc = EXIT_DONE;
    for (int i = 0; i < j->files_n && rc == EXIT_DONE; i++)
        rc = look(j, i);
    if (rc != EXIT_DONE)
        return rc;
    if (!j->control)
        j->control = (uint32_t)strtoul(j->first.control, NULL, 10);
    write_out(j);
    tell(j);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct job j = {.newline = ""};
    log_open("join");
    int rc = parse(argc, argv, &j);
    if (rc >= 0)
        return rc;
    j.fd = xcalloc((size_t)j.files_n, sizeof *j.fd);
    j.digest = xcalloc((size_t)j.files_n, sizeof *j.digest);
    rc = join(&j);
    job_free(&j);
    return rc;
}
