/* The tiny tools that the link tests and benches are made of: a source of numbers, a stage that
 * drops and splits, a keeper in SQLite. One binary runs as any of them. */
#ifndef CLAIMWIRE_TESTS_CRASH_LINKS_TOOLS_H
#define CLAIMWIRE_TESTS_CRASH_LINKS_TOOLS_H

#include "common/link/stage.h"

extern const struct stage_def numbers_def; /* source: --count, --frame, --body, --rate */
extern const struct stage_def mill_def;    /* stage: --poison, --hang, --slow, --plain */
extern const struct stage_def letters_def; /* stage that takes letters only */
extern const struct stage_def chest_def;   /* keeper: --poison, --slow; store RUN/STAGE/chest.db */

/* Runs as the tool that argv[1] names when argv[1] is one of them ("numbers" ...); else -1. */
int links_tool_main(int argc, char **argv);

/* What becomes of number i in a mill: 0 dropped, 1 handed on, 2 split in two. */
int mill_outputs(long i);

#endif
