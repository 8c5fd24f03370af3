/* The table of what is waited for, and how long, for people. */
#ifndef CLAIMWIRE_WORK_TIMERS_H
#define CLAIMWIRE_WORK_TIMERS_H

#include <stdbool.h>

/* Prints each timer of the folder of queues, its span and source, with what the profiles in
 * `partners` ("none": without) say instead. payer: only as it is for this one, named by its profile
 * or by the payer id of its claims; NULL: all. An exit code: 1 when no profile is of that payer. */
int timers_show(const char *queues, const char *partners, const char *payer, bool json);

#endif
