#include "common/util/date.h"

/* Days from civil: years are counted from March, so that the leap day ends the year. */
static int32_t days_from(int y, int m, int d)
{
    y -= m <= 2;
    int era = y / 400, yoe = y - era * 400;
    int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static bool make(int y, int m, int d, int32_t *days)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (y < 1800 || y > 2199 || m < 1 || m > 12 || d < 1)
        return false;
    if (d > len[m - 1] + (m == 2 && leap(y)))
        return false;
    *days = days_from(y, m, d);
    return true;
}

static int number(phi_str s, size_t from, size_t n)
{
    int v = 0;
    for (size_t i = from; i < from + n; i++)
        v = v * 10 + (s.p[i] - '0');
    return v;
}

static bool all_digits(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

bool date_parse(phi_str s, int32_t *days)
{
    return s.n == 8 && all_digits(s) &&
           make(number(s, 0, 4), number(s, 4, 2), number(s, 6, 2), days);
}

bool date_parse_yymmdd(phi_str s, int32_t *days)
{
    if (s.n != 6 || !all_digits(s))
        return false;
    int yy = number(s, 0, 2);
    return make(yy < 70 ? 2000 + yy : 1900 + yy, number(s, 2, 2), number(s, 4, 2), days);
}

bool time_valid(phi_str s)
{
    if (s.n < 4 || s.n == 5 || s.n > 8 || !all_digits(s))
        return false;
    return number(s, 0, 2) < 24 && number(s, 2, 2) < 60 && (s.n < 6 || number(s, 4, 2) < 60);
}

const char *date_ccyymmdd(int32_t days, char out[9])
{
    int32_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int32_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
    int32_t v = (yoe + era * 400 + (m <= 2)) * 10000 + m * 100 + d;
    for (int i = 7; i >= 0; i--, v /= 10)
        out[i] = (char)('0' + v % 10);
    out[8] = 0;
    return out;
}

bool date_parse_iso(phi_str s, int32_t *day)
{
    char d[8];
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    memcpy(d, s.p, 4);
    memcpy(d + 4, s.p + 5, 2);
    memcpy(d + 6, s.p + 8, 2);
    return date_parse(phi_of(d, 8), day);
}
