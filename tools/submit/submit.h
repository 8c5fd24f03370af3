/* The commands of submit, for people; see submit.c. */
#ifndef CLAIMWIRE_SUBMIT_SUBMIT_H
#define CLAIMWIRE_SUBMIT_SUBMIT_H

/* Runs `list`, `retry` or `send` when the command line asks for one: its exit code; -1 when it does not. */
int submit_command(int argc, char **argv);

/* `send`, its own words in argv from 1 on. */
int submit_send(int argc, char **argv);

#endif
