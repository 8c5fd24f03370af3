/*
 * NAME
 *     import - bring forward the open claims of a system before this one
 *
 * SYNOPSIS
 *     claimwire import --run DIR [--pipeline FILE] [--clock TIME] [--json] FILE...
 *
 * DESCRIPTION
 *     Reads old 837s and 835s and loads what is in them into the ledger, so that remittances that
 *     come late find their claims. It plays pipelines/import.yaml: the files are stored as they came,
 *     checked (levels 1 to 3) and taken apart as ever; claims, payments and adjustments are marked
 *     as imported and stand in the journal against the account "opening" instead of charges, cash
 *     and interest, so that nothing of the old system counts as income or money of this one. Nothing
 *     is built and nothing is sent; an imported claim counts as sent and accepted, and follow-up asks
 *     for it by 276 as for any other.
 *
 *     All files of one import may be given at once, in any order; more may follow later. What came
 *     before changes nothing: the same file is passed over, a claim that is in the books is refused
 *     with IMPORT_KNOWN. What cannot be loaded is listed with its file, its place and the reason
 *     (claimwire quarantine list --stage import-refused); it is mended in the old file and given
 *     again.
 *
 *     An import that was cut off goes on where it stopped when it is called again; until then no
 *     other pipeline starts in this run directory, as it would send what is on its way.
 *
 * OPTIONS
 *     --run DIR        the run directory (else CLAIMWIRE_RUN); no pipeline may be up in it
 *     --pipeline FILE  the pipeline (default pipelines/import.yaml)
 *     --clock TIME     virtual time, as 2026-09-01T08:00:00Z
 *     --json           one object: claims, open, cents brought forward, payments, refused
 *
 * EXIT STATUS
 *     0 all of it is in the books; 1 something of it could not be loaded; 64 wrong command line, or a file
 *     that is not there; 78 the pipeline cannot be used; 111 a pipeline is up, or the disk is full
 *
 * EXAMPLES
 *     claimwire import --run run old/claims.837 old/remits.835
 */
#include "common/ledger/report.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    const char *run, *pipeline, *clock;
    bool json;
    char **files;
    int files_n;
};

static const char SYNOPSIS[] =
    "usage: claimwire import --run DIR [--pipeline FILE] [--clock TIME] [--json] FILE...\n";

static int wrong(const char *why, const char *what)
{
    fprintf(stderr, "import: %s \"%s\"\n%s", why, what, SYNOPSIS);
    return EXIT_USAGE;
}

/* EXIT_DONE with everything said, or the code to end with. */
static int read_words(struct command *c, int argc, char **argv)
{
    const struct {
        const char *name, **at;
    } with[] = {{"--run", &c->run}, {"--pipeline", &c->pipeline}, {"--clock", &c->clock}};
    c->files = argv;
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < 3 && strcmp(argv[i], with[k].name) != 0)
            k++;
        if (k < 3 && i + 1 < argc)
            *with[k].at = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (argv[i][0] == '-')
            return wrong(k < 3 ? "a word is missing behind" : "unknown option", argv[i]);
        else
            c->files[c->files_n++] = argv[i];
    }
    if (!c->run || !*c->run)
        return wrong("which run directory? give", "--run DIR");
    return c->files_n ? EXIT_DONE : wrong("which files? give", "FILE...");
}

/* Starts the command beside this one, its output to `to`, what it says to `said` (-1: as this one's),
 * and waits. */
static int call(const char *const *argv, int to, int said)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
    if (n <= 0)
        die(EXIT_TRY_LATER, "cannot find the folder of this program: %m");
    path[n] = 0;
    strcpy(strrchr(path, '/'), "/claimwire");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if ((to >= 0 && dup2(to, STDOUT_FILENO) < 0) ||
            (said >= 0 && dup2(said, STDERR_FILENO) < 0))
            _exit(EXIT_TRY_LATER);
        execv(path, (char *const *)(uintptr_t)argv);
        _exit(EXIT_TRY_LATER);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TRY_LATER;
}

static int play(const struct command *c)
{
    const char **argv = xcalloc((size_t)c->files_n + 8, sizeof *argv);
    int n = 0, quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    argv[n++] = "claimwire";
    argv[n++] = "run";
    argv[n++] = c->pipeline;
    argv[n++] = "--run";
    argv[n++] = c->run;
    if (c->clock) {
        argv[n++] = "--clock";
        argv[n++] = c->clock;
    }
    for (int i = 0; i < c->files_n; i++)
        argv[n++] = c->files[i];
    int rc = call(argv, quiet, -1);
    close(quiet);
    free(argv);
    return rc;
}

struct brought {
    int64_t claims, open, charged, left, payments, waiting, refused;
};

static struct brought count(const char *run)
{
    struct brought b = {0};
    struct report_claim c;
    struct ledger *l = ledger_open_ro(run, "reconciler");
    if (!l)
        return b;
    struct report *r = report_new(l);
    while (report_next(r, &c)) {
        int64_t left = c.open + c.patient;
        b.claims += c.imported;
        b.charged += c.imported ? c.charged : 0;
        b.left += c.imported ? left : 0;
        b.open += c.imported && left != 0;
    }
    report_free(r);
    b.payments = store_int(ledger_store(l), "SELECT count(*) FROM payment WHERE imported", 0);
    b.waiting = store_int(ledger_store(l),
                          "SELECT count(*) FROM remit r JOIN payment p ON p.no=r.payment WHERE"
                          " imported AND chain IS NULL",
                          0);
    ledger_close(l);
    return b;
}

/* What could not be loaded: listed, unless only counted. */
static int64_t refused(const struct command *c, bool quiet)
{
    const char *const list[] = {"claimwire", "quarantine",     "list",   "--run", c->run,
                                "--stage",   "import-refused", "--json", NULL};
    const char *const show[] = {"claimwire", "quarantine", "list",           "--run",
                                c->run,      "--stage",    "import-refused", NULL};
    FILE *out = tmpfile();
    int64_t n = 0;
    int said = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (!out || call(list, fileno(out), said) != EXIT_DONE)
        die(EXIT_TRY_LATER, "cannot list what could not be loaded");
    rewind(out);
    for (int ch; (ch = getc(out)) != EOF;)
        n += ch == '\n';
    fclose(out);
    if (said >= 0)
        close(said);
    if (n && !quiet) {
        printf("could not be loaded, now or before:\n");
        call(show, -1, -1);
    }
    return n;
}

static void say(const struct command *c, const struct brought *b)
{
    struct buf t = {0};
    if (c->json) {
        printf("{\"claims\":%" PRId64 ",\"open\":%" PRId64 ",\"charged\":%" PRId64
               ",\"left\":%" PRId64 ",\"payments\":%" PRId64 ",\"waiting\":%" PRId64
               ",\"refused\":%" PRId64 "}\n",
               b->claims, b->open, b->charged, b->left, b->payments, b->waiting, b->refused);
        return;
    }
    buf_printf(&t, "brought forward: %" PRId64 " claims of ", b->claims);
    money_human(&t, b->charged);
    buf_printf(&t, ", %" PRId64 " of them open with ", b->open);
    money_human(&t, b->left);
    buf_printf(&t, "; %" PRId64 " payments", b->payments);
    if (b->waiting)
        buf_printf(&t, ", %" PRId64 " remittances without their claim", b->waiting);
    puts(buf_cstr(&t));
    buf_free(&t);
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"), .pipeline = "pipelines/import.yaml"};
    log_open("import");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
        return fputs(SYNOPSIS, stdout) < 0;
    int rc = read_words(&c, argc, argv);
    if (rc != EXIT_DONE)
        return rc;
    int64_t before = refused(&c, true);
    rc = play(&c);
    if (rc != EXIT_DONE)
        return rc;
    struct brought b = count(c.run);
    b.refused = refused(&c, c.json);
    say(&c, &b);
    return b.refused > before ? EXIT_FINDINGS : EXIT_DONE;
}
