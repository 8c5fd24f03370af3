/*
 * The hours and days of a partner (section calendar of its profile): its time zone, work days,
 * holidays and cut-off; when an answer is due. Zones are those of the United States, with the
 * change of clocks as 15 U.S.C. 260a has it since 2007; no table of the host is asked, so that a
 * replay says the same everywhere.
 */
#ifndef CLAIMWIRE_PARTNER_CALENDAR_H
#define CLAIMWIRE_PARTNER_CALENDAR_H

#include "common/partner/profile.h"
#include "common/util/clock.h"
#include <stdint.h>

/* Minutes that local time is ahead of UTC (below zero: behind) at that instant. p may be NULL. */
int calendar_offset(const struct profile *p, int64_t utc_us);
/* A day of work: of the week, and no holiday. Days since 1970. */
bool calendar_works(const struct profile *p, int32_t day);
/* The day for which a file counts that comes at this instant: its own, or the next work day when it
 * comes behind the cut-off or on a day of rest. */
int32_t calendar_counts_for(const struct profile *p, int64_t utc_us);
/* n work days behind day. */
int32_t calendar_work_days(const struct profile *p, int32_t day, int32_t n);
/* True when the partner takes files at this instant (`hours`). */
bool calendar_open(const struct profile *p, int64_t utc_us);
/* When the answers to a file sent at an instant are due (UTC microseconds): the 999 (default one
 * hour), the 277CA (end of the second work day), the 835 (30 days). */
struct due {
    int64_t counts_us; /* local midnight of the day that it counts for */
    int64_t ack_us, claims_us, remit_us;
};
struct due calendar_due(const struct profile *p, int64_t sent_us);
/* "2026-09-01T08:00-06:00" into out; returns out. */
const char *calendar_local_text(const struct profile *p, int64_t utc_us, char out[TIME_TEXT]);

#endif
