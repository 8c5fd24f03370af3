#include "common/link/setting.h"
#include <errno.h>
#include <stdlib.h>

bool setting_number(const char *text, long least, long most, long *out)
{
    char *end;
    errno = 0;
    /* strtol() would take blanks and a plus in front. */
    if (!text || !(*text == '-' || (*text >= '0' && *text <= '9')))
        return false;
    *out = strtol(text, &end, 10);
    return !errno && end != text && !*end && *out >= least && *out <= most;
}

static bool among(const char *words, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = words; n && (p = strstr(p, value)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

bool setting_fits(const struct setting_kind *k, const char *value, struct buf *what)
{
    long number;
    if (k->flag && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        buf_puts(what, "true or false");
    else if (k->most > 0 && !setting_number(value, k->least, k->most, &number))
        buf_printf(what, "a number from %ld to %ld", k->least, k->most);
    else if (k->words && !among(k->words, value))
        buf_printf(what, "one of %s", k->words);
    else
        return true;
    return false;
}
