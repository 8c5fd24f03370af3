/* claimwire gather list and drop. */
#ifndef CLAIMWIRE_GATHER_COMMAND_H
#define CLAIMWIRE_GATHER_COMMAND_H

/* -1 when argv asks for neither. */
int gather_command(int argc, char **argv);

#endif
