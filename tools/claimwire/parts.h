/*
 * The parts of the front command. A command is a function in the table of claimwire.c; it gets its
 * own words (argv[0] is its name) and returns an exit code.
 */
#ifndef CLAIMWIRE_TOOLS_PARTS_H
#define CLAIMWIRE_TOOLS_PARTS_H

#include "common/link/pipeline.h"
#include "common/link/setting.h"
#include "common/util/buf.h"
#include "common/util/exits.h"

#define CLAIMWIRE_VERSION "0.1.0"

int cmd_check(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_up(int argc, char **argv);
int cmd_down(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_scale(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

/* ---- tools.c: the executables beside this one ---- */

enum tool_kind { TOOL_SOURCE, TOOL_PASS, TOOL_KEEPER };
struct tool_option {
    const char *name;
    struct setting_kind kind;
};
/* What `claimwire-NAME --describe` says. */
struct tool_info {
    const char *name;
    enum tool_kind kind;
    const char **ports;     /* NULL ends */
    const char **may_ports; /* need not lead anywhere; NULL ends, never NULL but for commands */
    struct tool_option *options;
    size_t options_n;
    bool open;       /* has the ports that the pipeline gives it, besides its own */
    bool any;        /* a command in another language: any port, any setting */
    bool open_ports; /* has the ports that the pipeline names */
};
/* Appends DIR/claimwire-NAME of the folder this program lies in (CLAIMWIRE_BIN overrides). */
void tool_path(struct buf *out, const char *name);
bool tool_exists(const char *name);
/* Appends the names of all tools, one a line with two blanks before it, sorted. */
void tool_list(struct buf *out);
/* Begins to ask a tool what it is, so that several are asked at once; tool_describe() takes the answer. */
void tool_ask(const char *name);
/* Asks the tool, unless that is done; false with a sentence in error. Memory is the arena's. */
bool tool_describe(const char *name, struct arena *a, struct tool_info *out, struct buf *error);
/* Replaces this process by the tool. Returns only with an exit code when that failed. */
int tool_exec(const char *name, char **argv);

/* ---- plan.c: a pipeline that can be started ---- */

struct plan {
    struct pipeline pipeline;
    struct tool_info *info; /* one for each stage, same order */
    size_t *order;          /* stage numbers: sources first, then along the arrows */
};
/* Reads and checks everything: file, tools, ports, settings, cycles. EXIT_DONE, or EXIT_CONFIG with
 * "FILE:LINE:COLUMN: what" lines in error. */
int plan_open(const char *path, struct plan *out, struct buf *error);
/* The same of text that is not in a file yet. */
int plan_parse(const char *path, phi_str text, struct plan *out, struct buf *error);
const struct tool_info *plan_info(const struct plan *p, const struct pipeline_stage *s);
void plan_free(struct plan *p);

/* ---- words.c: command lines ---- */

/* Options of a command: "name" with a value, or a flag when value is NULL. */
struct word_option {
    const char *name;
    const char **value;
    bool *flag;
};
/* Takes --name VALUE, --name=VALUE and flags out of argv; the rest is left in argv[1..*argc-1].
 * -h and --help print synopsis and exit 0; an unknown option exits 64 with the synopsis. */
void words_take(int *argc, char **argv, const struct word_option *options, const char *synopsis);
/* Exits 64 saying why, then the synopsis. */
_Noreturn void words_wrong(const char *synopsis, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
