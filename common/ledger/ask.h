/* Command lines of the tools that read a ledger: claims, explain, prove. */
#ifndef CLAIMWIRE_LEDGER_ASK_H
#define CLAIMWIRE_LEDGER_ASK_H

#include "common/ledger/ledger.h"

struct ask {
    const char *run; /* --run, else CLAIMWIRE_RUN */
    bool json, show, exceptions, quick, life;
    char **words; /* behind the options, NULL ends */
    int words_n;
    struct ledger *l; /* read-only; NULL when the run directory has none */
};
/* Reads the command line and opens the ledger. `flags` names the options that the tool has, of
 * "json show exceptions quick life"; words: how many words must stand behind them. -h and --help print the synopsis and end with 0; a wrong line ends
 * with EXIT_USAGE after saying why; a run directory that is not there with EXIT_CONFIG. */
void ask(int argc, char **argv, const char *tool, const char *synopsis, const char *flags,
         int words, struct ask *out);

#endif
