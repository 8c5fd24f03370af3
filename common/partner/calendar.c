#include "common/partner/calendar.h"
#include "common/util/date.h"
#include <stdio.h>
#include <stdlib.h>

static const int64_t MINUTE = 60000000, HOUR = 60 * 60000000LL, DAY = 24 * 60 * 60000000LL;

static const struct zone {
    const char *name;
    int minutes; /* standard time */
    bool summer;
} ZONES[] = {{"utc", 0, false},       {"atlantic", -240, false}, {"eastern", -300, true},
             {"central", -360, true}, {"mountain", -420, true},  {"arizona", -420, false},
             {"pacific", -480, true}, {"alaska", -540, true},    {"hawaii", -600, false}};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* 0 is Monday; 1970-01-01 was a Thursday. */
static int week_day(int32_t day)
{
    return (int)(((int64_t)day + 3) % 7 + 7) % 7;
}

static int32_t day_of(int year, int month, int day)
{
    char text[40];
    int32_t out = 0;
    snprintf(text, sizeof text, "%04d%02d%02d", year % 10000, month % 100, day % 100);
    date_parse(phi_lit(text), &out);
    return out;
}

static int32_t nth_sunday(int year, int month, int n)
{
    int32_t first = day_of(year, month, 1);
    return first + (6 - week_day(first)) + 7 * (n - 1);
}

/* Second Sunday of March, 2:00 standard time, to first Sunday of November, 2:00 summer time. */
static bool in_summer(int64_t standard_us)
{
    char text[9];
    int32_t day = (int32_t)floor_div(standard_us, DAY);
    int year = (int)strtol(date_ccyymmdd(day, text), NULL, 10) / 10000;
    return standard_us >= nth_sunday(year, 3, 2) * DAY + 2 * HOUR &&
           standard_us < nth_sunday(year, 11, 1) * DAY + HOUR;
}

int calendar_offset(const struct profile *p, int64_t utc_us)
{
    const char *name = profile_word(p, "calendar", "zone", "utc");
    for (size_t i = 0; i < sizeof ZONES / sizeof *ZONES; i++)
        if (strcmp(ZONES[i].name, name) == 0) {
            bool summer = ZONES[i].summer && in_summer(utc_us + ZONES[i].minutes * MINUTE);
            return ZONES[i].minutes + (summer ? 60 : 0);
        }
    return 0;
}

static int64_t local(const struct profile *p, int64_t utc_us)
{
    return utc_us + calendar_offset(p, utc_us) * MINUTE;
}

/* The instant of a local time; in the hour that comes twice the first. */
static int64_t to_utc(const struct profile *p, int64_t local_us)
{
    int64_t utc = local_us - calendar_offset(p, local_us) * MINUTE;
    return local_us - calendar_offset(p, utc) * MINUTE;
}

static bool holiday(const struct profile *p, int32_t day)
{
    char ccyymmdd[9], text[11];
    const char *d = date_ccyymmdd(day, ccyymmdd);
    snprintf(text, sizeof text, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    for (uint32_t i = 0; p && i < profile_lines(p); i++) {
        const struct profile_line *l = profile_line(p, i);
        for (uint32_t k = 0; strcmp(l->key, "holidays") == 0 && k < l->n; k++)
            if (strcmp(l->word[k], text) == 0)
                return true;
    }
    return false;
}

bool calendar_works(const struct profile *p, int32_t day)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    int w = week_day(day);
    bool works = profile_get(p, "calendar", "work-days")
                     ? profile_says(p, "calendar", "work-days", phi_lit(names[w]))
                     : w < 5;
    return works && !holiday(p, day);
}

/* A calendar whose days are all holidays must not keep us for ever. */
enum { DAYS_LOOKED_AT = 800 };

int32_t calendar_work_days(const struct profile *p, int32_t day, int32_t n)
{
    for (int i = 0; n > 0 && i < DAYS_LOOKED_AT; i++)
        n -= calendar_works(p, ++day);
    return day;
}

static int minutes_of(const char *hhmm)
{
    return (hhmm[0] - '0') * 600 + (hhmm[1] - '0') * 60 + (hhmm[3] - '0') * 10 + (hhmm[4] - '0');
}

int32_t calendar_counts_for(const struct profile *p, int64_t utc_us)
{
    int64_t at = local(p, utc_us);
    int32_t day = (int32_t)floor_div(at, DAY);
    const char *cut = profile_word(p, "calendar", "cut-off", NULL);
    bool late = cut && at - day * DAY >= minutes_of(cut) * MINUTE;
    return late || !calendar_works(p, day) ? calendar_work_days(p, day, 1) : day;
}

bool calendar_open(const struct profile *p, int64_t utc_us)
{
    const char *hours = profile_word(p, "calendar", "hours", NULL);
    int64_t at = local(p, utc_us), minute = floor_div(at, MINUTE) % 1440;
    minute = minute < 0 ? minute + 1440 : minute;
    return !hours || (minute >= minutes_of(hours) && minute < minutes_of(hours + 6));
}

struct due calendar_due(const struct profile *p, int64_t sent_us)
{
    int32_t day = calendar_counts_for(p, sent_us);
    int32_t claims = (int32_t)profile_number(p, "calendar", "277ca-days", 2);
    return (struct due){
        .counts_us = to_utc(p, day * DAY),
        .ack_us = sent_us + profile_number(p, "calendar", "999-hours", 1) * HOUR,
        .claims_us = to_utc(p, (calendar_work_days(p, day, claims) + 1) * DAY),
        .remit_us = to_utc(p, (day + profile_number(p, "calendar", "835-days", 30) + 1) * DAY)};
}

const char *calendar_local_text(const struct profile *p, int64_t utc_us, char out[TIME_TEXT])
{
    int offset = calendar_offset(p, utc_us), away = offset < 0 ? -offset : offset;
    int64_t at = utc_us + offset * MINUTE;
    char day[9];
    const char *d = date_ccyymmdd((int32_t)floor_div(at, DAY), day);
    unsigned minute = (unsigned)(floor_div(at, MINUTE) - floor_div(at, DAY) * 1440) % 1440;
    snprintf(out, TIME_TEXT, "%.4s-%.2s-%.2sT%02u:%02u%c%02u:%02u", d, d + 4, d + 6, minute / 60,
             minute % 60, offset < 0 ? '-' : '+', (unsigned)away / 60 % 24, (unsigned)away % 60);
    return out;
}
