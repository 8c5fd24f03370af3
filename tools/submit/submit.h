/* The commands of submit, for people; see submit.c. */
#ifndef CLAIMWIRE_SUBMIT_SUBMIT_H
#define CLAIMWIRE_SUBMIT_SUBMIT_H

/* Runs `list` or `retry` when the command line asks for one: its exit code; -1 when it does not. */
int submit_command(int argc, char **argv);

#endif
