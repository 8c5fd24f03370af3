/*
 * Time: UTC microseconds since 1970. Two clocks, never mixed:
 * the pipeline's clock (struct clock), passed in and settable by replay, for everything that is
 * written, compared or stored; and the machine's clock, for log lines and waiting only.
 */
#ifndef CLAIMWIRE_UTIL_CLOCK_H
#define CLAIMWIRE_UTIL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The pipeline's clock. fixed_us >= 0: time stands still there until clock_set() moves it. */
struct clock {
    int64_t fixed_us;
};

enum { TIME_TEXT = 32 };

/* A clock that follows the machine. */
static inline struct clock clock_machine(void)
{
    return (struct clock){-1};
}
/* Now, by the pipeline. */
int64_t clock_now(const struct clock *c);
/* Sets the pipeline's clock to us; it never goes backwards. */
void clock_set(struct clock *c, int64_t us);

/* Machine time in UTC microseconds (log lines). */
int64_t time_wall_us(void);
/* Monotonic microseconds (waiting, rates). */
int64_t time_mono_us(void);
/* ISO 8601 "2026-09-01T08:00:00.000000Z" into out; returns out. */
const char *time_text(int64_t us, char out[TIME_TEXT]);
/* Reads "2026-09-01" or "2026-09-01T08:00:00[.ffffff]Z" (UTC); false when it is anything else. */
bool time_parse(const char *s, int64_t *us);
/* "20260901" and "0800" forms as X12 writes them; out gets a NUL. Returns out. */
const char *time_ccyymmdd(int64_t us, char out[9]);
const char *time_hhmm(int64_t us, char out[5]);

#endif
