/* `rules facts`: tables for rules from the ledger of a run. */
#include "common/ledger/export.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/rules/rules_tool.h"

#include <stdlib.h>
#include <unistd.h>

int rules_export(const struct tool *t)
{
    struct buf error = {0};
    const char *run = t->run ? t->run : getenv("CLAIMWIRE_RUN");
    if (!run || !t->to)
        die(EXIT_USAGE, "facts wants --run DIR and --to FOLDER");
    if (access(run, R_OK))
        die(EXIT_CONFIG, "there is no run directory \"%s\"", run);
    struct ledger *l = ledger_open_ro(run, NULL);
    if (!ledger_export(l, t->to, &error))
        die(EXIT_TRY_LATER, "%s", buf_cstr(&error));
    if (l)
        ledger_close(l);
    buf_free(&error);
    return EXIT_DONE;
}
