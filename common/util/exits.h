/* Exit codes of every tool; the highest of several wins. They are interface: scripts test them. */
#ifndef CLAIMWIRE_UTIL_EXITS_H
#define CLAIMWIRE_UTIL_EXITS_H

enum exit_code {
    EXIT_DONE = 0,         /* all done, nothing found */
    EXIT_FINDINGS = 1,     /* findings or differences */
    EXIT_USAGE = 64,       /* wrong command line */
    EXIT_CONFIG = 78,      /* configuration or schema cannot be used */
    EXIT_UNREADABLE = 100, /* the input cannot be read as what it claims to be */
    EXIT_TRY_LATER = 111   /* disk, network or lock: the same call may succeed later */
};

/* Returns the exit code that wins when two parts of a run ended differently. */
static inline int exit_worse(int a, int b)
{
    return a > b ? a : b;
}

#endif
