/*
 * NAME
 *     claimwire - medical billing and clearinghouse work as a pipeline of small programs
 *
 * SYNOPSIS
 *     claimwire TOOL [WORD...]
 *     claimwire check [--json] PIPELINE...
 *     claimwire graph [--json] PIPELINE
 *     claimwire run PIPELINE --run DIR [--clock TIME] [--json] FILE...
 *     claimwire up PIPELINE --run DIR [--clock TIME] [--foreground] [--health PORT]
 *     claimwire down --run DIR [--finish]
 *     claimwire status --run DIR [--json]
 *     claimwire scale --run DIR STAGE=N...
 *     claimwire backup --run DIR OUT
 *     claimwire restore OUT --run DIR
 *     claimwire help | version
 *
 * DESCRIPTION
 *     The front command. The words of its own are below; any other word names a tool, which is the
 *     executable claimwire-TOOL in the same folder: `claimwire validate x.edi` runs
 *     claimwire-validate x.edi.
 *
 *     check    reads a pipeline file and says what is wrong with it: FILE:LINE:COLUMN: what. It also
 *              asks every tool for its ports and settings: a port that leads nowhere is refused.
 *     graph    prints the pipeline for Graphviz: sources as arrows, stages as boxes, keepers as
 *              drums with the folder of their store.
 *     run      starts the pipeline, feeds it the files, waits until everything is acknowledged and
 *              every keeper has closed what was open, stops it and prints a summary. A run
 *              directory that exists is continued: the 835 may come in a later run than its 837.
 *     up       starts the pipeline and watches its processes; one that dies is started again after
 *              50 ms to 2 s. It returns when all of them run.
 *     down     ends it: sources first, then along the arrows; each process hands on what it has in
 *              hand. What is undone stays on the sources' disks. With --finish everything that was
 *              taken in is handed on first, and keepers close what is open (a batch that is not full).
 *     status   one line a process: state, records in and out, refused, restarts.
 *     scale    sets the number of processes of a stage while the pipeline runs.
 *     backup   a copy of a run directory, consistent while it works. restore puts it back.
 *
 * OPTIONS
 *     --run DIR      the run directory (made with mode 0700), or the variable CLAIMWIRE_RUN
 *     --clock TIME   the pipeline's clock stands at TIME (2026-09-01T08:00:00Z), so that the same
 *                    input gives the same bytes
 *     --json         machine-readable output
 *     --health PORT  up answers GET /live and GET /ready at 127.0.0.1:PORT, with the reason
 *     --foreground   up stays in the foreground, logs to standard error and tells systemd
 *                    (NOTIFY_SOCKET) when it is ready
 *
 * EXIT STATUS
 *     0    done; of run: everything that came in is accounted for. Records that were refused are:
 *          they stand in quarantine and the summary counts them
 *     1    of status: the pipeline is not up, or a process of it is not
 *     64   wrong command line
 *     78   a pipeline file or a setting cannot be used
 *     111  of run: a process cannot be kept up, or the run was interrupted; run it again to go on
 *
 * EXAMPLES
 *     claimwire check pipelines/clearinghouse.yaml
 *     claimwire graph pipelines/clearinghouse.yaml | dot -Tsvg > clearinghouse.svg
 *     claimwire run pipelines/clearinghouse.yaml --run build/run fixtures/demo/jan.837
 */
#include "common/util/log.h"
#include "tools/claimwire/parts.h"
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

struct command {
    const char *name;
    int (*go)(int argc, char **argv);
    const char *help;
};

static int cmd_help(int argc, char **argv);

static int cmd_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("claimwire " CLAIMWIRE_VERSION);
    return EXIT_DONE;
}

static const struct command COMMANDS[] = {
    {"check", cmd_check, "says what is wrong with a pipeline file"},
    {"graph", cmd_graph, "prints a pipeline for Graphviz"},
    {"run", cmd_run, "runs a pipeline over files until everything is acknowledged"},
    {"up", cmd_up, "starts a pipeline and watches it"},
    {"down", cmd_down, "ends a pipeline, sources first"},
    {"status", cmd_status, "one line a process"},
    {"scale", cmd_scale, "sets the number of processes of a stage"},
    {"backup", cmd_backup, "a consistent copy of a run directory while it works"},
    {"restore", cmd_restore, "puts a backup back as a run directory"},
    {"help", cmd_help, "this text"},
    {"version", cmd_version, "the version"},
    {0}};

static int cmd_help(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct buf tools = {0};
    puts("usage: claimwire WORD ...        claimwire WORD --help says more\n\npipelines:");
    for (const struct command *c = COMMANDS; c->name; c++)
        printf("  %-10s %s\n", c->name, c->help);
    tool_list(&tools);
    printf("\ntools:\n%s", buf_cstr(&tools));
    buf_free(&tools);
    return EXIT_DONE;
}

static int unknown(const char *name)
{
    struct buf tools = {0};
    tool_list(&tools);
    fprintf(stderr, "claimwire: there is no tool \"%s\"; the tools are:\n%s", name,
            buf_cstr(&tools));
    buf_free(&tools);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    log_open("claimwire");
    const char *word = argc > 1 ? argv[1] : "help";
    if (!strcmp(word, "-h") || !strcmp(word, "--help"))
        word = "help";
    if (!strcmp(word, "--version"))
        word = "version";
    for (const struct command *c = COMMANDS; c->name; c++)
        if (strcmp(c->name, word) == 0)
            return c->go(argc - 1, argv + 1);
    if (!tool_exists(word))
        return unknown(word);
    signal(SIGPIPE, SIG_DFL);
    return tool_exec(word, argv + 1);
}
