#include "common/util/clock.h"
#include "common/util/date.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t DAY_US = INT64_C(86400000000);

int64_t clock_now(const struct clock *c)
{
    return c->fixed_us >= 0 ? c->fixed_us : time_wall_us();
}

void clock_set(struct clock *c, int64_t us)
{
    if (us > c->fixed_us)
        c->fixed_us = us;
}

static int64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t time_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t time_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

const char *time_text(int64_t us, char out[TIME_TEXT])
{
    int64_t day = us / DAY_US, in_day = us % DAY_US;
    char ymd[9];
    date_ccyymmdd((int32_t)day, ymd);
    int s = (int)(in_day / 1000000);
    snprintf(out, TIME_TEXT, "%.4s-%.2s-%.2sT%02d:%02d:%02d.%06dZ", ymd, ymd + 4, ymd + 6, s / 3600,
             s / 60 % 60, s % 60, (int)(in_day % 1000000));
    return out;
}

/* Reads the fixed pattern in which 'd' stands for a digit; digits go to out. */
static bool digits_by_pattern(const char *s, const char *pattern, char *out)
{
    for (; *pattern; s++, pattern++) {
        if (*pattern == 'd' ? (*s < '0' || *s > '9') : *s != *pattern)
            return false;
        if (*pattern == 'd')
            *out++ = *s;
    }
    return true;
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* Reads "", "Z" or ".ffffffZ" behind the seconds. */
static bool fraction_parse(const char *s, int64_t *us)
{
    *us = 0;
    if (*s == '.') {
        int64_t scale = 100000;
        for (s++; *s >= '0' && *s <= '9' && scale > 0; s++, scale /= 10)
            *us += (*s - '0') * scale;
    }
    return strcmp(s, "Z") == 0 || *s == 0;
}

bool time_parse(const char *s, int64_t *us)
{
    char d[16] = {0};
    int32_t day;
    if (!digits_by_pattern(s, "dddd-dd-dd", d) || !date_parse(phi_of(d, 8), &day))
        return false;
    *us = day * DAY_US;
    if (s[10] == 0)
        return true;
    int64_t frac;
    if (!digits_by_pattern(s + 10, "Tdd:dd:dd", d) || !fraction_parse(s + 19, &frac))
        return false;
    if (two(d) > 23 || two(d + 2) > 59 || two(d + 4) > 59)
        return false;
    *us += ((two(d) * 60 + two(d + 2)) * 60 + two(d + 4)) * INT64_C(1000000) + frac;
    return true;
}

const char *time_ccyymmdd(int64_t us, char out[9])
{
    return date_ccyymmdd((int32_t)(us / DAY_US), out);
}

const char *time_hhmm(int64_t us, char out[5])
{
    int m = (int)(us % DAY_US / 60000000);
    out[0] = (char)('0' + m / 600);
    out[1] = (char)('0' + m / 60 % 10);
    out[2] = (char)('0' + m % 60 / 10);
    out[3] = (char)('0' + m % 10);
    out[4] = 0;
    return out;
}
