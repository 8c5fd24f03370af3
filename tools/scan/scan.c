/*
 * NAME
 *     claimwire scan - take X12 files apart to segments and elements, and write them back
 *
 * SYNOPSIS
 *     claimwire scan [--json] [--write OUT] [--window BYTES] FILE...
 *
 * DESCRIPTION
 *     Reads each FILE ("-" is standard input) through a window, so that a file may be larger than
 *     memory, and counts interchanges, segments and elements. What is wrong with the bytes
 *     themselves (no ISA, an ISA of another length, delimiters that are not different, bytes
 *     between interchanges, an end inside an interchange) is said with its offset, rule and reason.
 *     What the segments say is not looked at: that is for claimwire validate.
 *
 *     With --write the one FILE is put together again from the elements found, and from the bytes
 *     between segments (line ends, byte order mark, garbage) as they stand in FILE. OUT is then
 *     equal to FILE, byte for byte, or the scan is wrong.
 *
 * OPTIONS
 *     --json          one JSON object a file instead of text
 *     --write OUT     write FILE back to OUT
 *     --window BYTES  size of the window (default 262144)
 *     -h, --help      print the synopsis
 *
 * EXIT STATUS
 *     0    no faults
 *     1    faults were found
 *     64   wrong command line
 *     100  a file cannot be opened or has no interchange
 *     111  OUT cannot be written
 *
 * EXAMPLES
 *     claimwire scan fixtures/x12/two_claims.837
 *     claimwire scan --write /tmp/copy in.837 && cmp in.837 /tmp/copy
 */
#include "common/edi/scan.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SYNOPSIS[] = "claimwire scan [--json] [--write OUT] [--window BYTES] FILE...\n";

struct job {
    bool json;
    const char *out_path;
    size_t window;
    const char *file;
    int in, out;         /* out is -1 without --write */
    struct buf block;    /* not yet written */
    uint64_t written_to; /* offset in the input up to which block and out have it */
    uint64_t interchanges, segments, elements, faults;
    struct buf faults_json;
};

static void out_flush(struct job *j, size_t from)
{
    if (j->block.len < from)
        return;
    if (fs_write_all(j->out, j->block.p, j->block.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %s", j->out_path, strerror(errno));
    buf_clear(&j->block);
}

/* Copies the bytes of the input up to offset `to` that no segment has. */
static void write_gap(struct job *j, uint64_t to)
{
    while (j->written_to < to) {
        size_t want = to - j->written_to < (64 << 10) ? (size_t)(to - j->written_to) : 64 << 10;
        ssize_t n = pread(j->in, buf_room(&j->block, want), want, (off_t)j->written_to);
        if (n <= 0)
            break;
        j->block.len += (size_t)n;
        j->written_to += (uint64_t)n;
        out_flush(j, 1 << 20);
    }
}

static void write_segment(struct job *j, const struct edi_seg *seg, const struct edi_delims *d)
{
    write_gap(j, seg->off);
    for (uint32_t i = 0; i < seg->n; i++) {
        buf_phi(&j->block, seg_el(seg, i));
        buf_putc(&j->block, i + 1 < seg->n ? d->elem : d->term);
    }
    j->written_to = seg->off + seg_bytes(seg).n + 1;
    out_flush(j, 1 << 20);
}

static void tell_fault(struct job *j, const struct scan_fault *f)
{
    if (!j->json) {
        printf("%s:%llu: interchange %s %s: %s\n", j->file, (unsigned long long)f->off, f->rule,
               f->report, f->text);
    } else {
        buf_printf(&j->faults_json,
                   "%s{\"offset\":%llu,\"rule\":\"%s\",\"report\":\"%s\",\"text\":",
                   j->faults ? "," : "", (unsigned long long)f->off, f->rule, f->report);
        buf_json(&j->faults_json, phi_lit(f->text));
        buf_putc(&j->faults_json, '}');
    }
    j->faults++;
}

static void tell_file(struct job *j, uint64_t bytes)
{
    if (!j->json) {
        printf("%s: %llu bytes, %llu interchanges, %llu segments, %llu elements, %llu faults\n",
               j->file, (unsigned long long)bytes, (unsigned long long)j->interchanges,
               (unsigned long long)j->segments, (unsigned long long)j->elements,
               (unsigned long long)j->faults);
        return;
    }
    struct buf b = {0};
    buf_puts(&b, "{\"file\":");
    buf_json(&b, phi_lit(j->file));
    printf("%s,\"bytes\":%llu,\"interchanges\":%llu,\"segments\":%llu,\"elements\":%llu,"
           "\"faults\":[%s]}\n",
           buf_cstr(&b), (unsigned long long)bytes, (unsigned long long)j->interchanges,
           (unsigned long long)j->segments, (unsigned long long)j->elements,
           buf_cstr(&j->faults_json));
    buf_free(&b);
}

enum { BATCH = 64 };

/* Scans j->in to its end. */
static void scan_all(struct job *j)
{
    struct scan *s = scan_fd(j->in, j->window);
    struct edi_seg seg[BATCH];
    enum scan_event ev = SCAN_SEG;
    uint64_t segments = 0, elements = 0;
    for (;;) {
        uint32_t n = scan_batch(s, seg, BATCH);
        if (!n && (ev = scan_next(s, seg)) == SCAN_END)
            break;
        if (!n && ev == SCAN_FAULT) {
            tell_fault(j, scan_fault(s));
            continue;
        }
        if (!n && seg->n == 17)
            j->interchanges += seg_is(seg, "ISA");
        n += !n;
        segments += n;
        for (uint32_t i = 0; i < n; i++)
            elements += seg[i].n - 1;
        for (uint32_t i = 0; i < n && j->out >= 0; i++)
            write_segment(j, &seg[i], scan_delims(s));
    }
    j->segments = segments;
    j->elements = elements;
    if (j->out >= 0)
        write_gap(j, UINT64_MAX);
    tell_file(j, scan_offset(s));
    scan_free(s);
}

static int scan_file(const struct job *set, const char *file)
{
    struct job j = *set;
    j.file = file;
    j.in = strcmp(file, "-") == 0 ? 0 : open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool folder = j.in >= 0 && fstat(j.in, &st) == 0 && S_ISDIR(st.st_mode);
    if (j.in < 0 || folder) {
        fprintf(stderr, "scan: cannot read \"%s\": %s\n", file, strerror(folder ? EISDIR : errno));
        if (folder)
            close(j.in);
        return EXIT_UNREADABLE;
    }
    j.out = -1;
    if (j.out_path) {
        j.out = open(j.out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (j.out < 0)
            die(EXIT_TRY_LATER, "cannot write \"%s\": %s", j.out_path, strerror(errno));
    }
    scan_all(&j);
    if (j.out >= 0) {
        out_flush(&j, 0);
        close(j.out);
    }
    if (j.in > 0)
        close(j.in);
    buf_free(&j.block);
    buf_free(&j.faults_json);
    return j.interchanges == 0 ? EXIT_UNREADABLE : j.faults ? EXIT_FINDINGS : EXIT_DONE;
}

static void usage_error(const char *why)
{
    fprintf(stderr, "claimwire scan: %s\nusage: %s", why, SYNOPSIS);
    exit(EXIT_USAGE);
}

static struct job options(int argc, char **argv)
{
    static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
                                          {"write", required_argument, NULL, 'w'},
                                          {"window", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct job j = {0};
    int c;
    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h') {
            printf("usage: %s", SYNOPSIS);
            exit(EXIT_DONE);
        }
        if (c == '?')
            usage_error("unknown option");
        j.json |= c == 'j';
        if (c == 'w')
            j.out_path = optarg;
        if (c == 'n' && (j.window = strtoul(optarg, NULL, 10)) == 0)
            usage_error("--window needs a number of bytes");
    }
    if (optind == argc)
        usage_error("no FILE given");
    if (j.out_path && (argc - optind > 1 || strcmp(argv[optind], "-") == 0))
        usage_error("--write takes one FILE that is not standard input");
    return j;
}

int main(int argc, char **argv)
{
    log_open("scan");
    struct job j = options(argc, argv);
    int rc = EXIT_DONE;
    for (int i = optind; i < argc; i++)
        rc = exit_worse(rc, scan_file(&j, argv[i]));
    return rc;
}
