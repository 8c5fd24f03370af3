/* Timers: their names, units, and where a payer's profile has its own. */
#include "common/followup/followup.h"
#include <stdio.h>
#include <stdlib.h>

static const int64_t HOUR = 3600LL * 1000000, DAY = 24 * 3600LL * 1000000;

static const struct {
    const char *name;          /* in config/work */
    const char *section, *key; /* in a profile; NULL: not there */
    char unit;                 /* h, d, or x: a number */
    bool many;
} TABLE[TIMERS] = {
    [TIMER_SEND] = {"send", NULL, NULL, 'h', false},
    [TIMER_ACK] = {"ack", "calendar", "999-hours", 'h', false},
    [TIMER_CA] = {"ca", "calendar", "277ca-days", 'd', false},
    [TIMER_STATUS] = {"status", "follow-up", "status-days", 'd', true},
    [TIMER_STATUS_AGAIN] = {"status-again", "follow-up", "status-again-days", 'd', false},
    [TIMER_STATUS_MOST] = {"status-most", "follow-up", "status-most", 'x', false},
    [TIMER_ANSWER] = {"answer", "follow-up", "answer-days", 'd', false},
    [TIMER_PENDED] = {"pended", "follow-up", "pended-days", 'd', false},
    [TIMER_FINAL] = {"final", "follow-up", "final-days", 'd', false},
    [TIMER_REMIT] = {"remit", "calendar", "835-days", 'd', false},
    [TIMER_REST] = {"rest", "follow-up", "rest-days", 'd', false},
    [TIMER_CROSSOVER] = {"crossover", "follow-up", "crossover-days", 'd', false},
    [TIMER_INFORMATION] = {"information", "follow-up", "information-days", 'd', false},
    [TIMER_APPEAL] = {"appeal", "follow-up", "appeal-days", 'd', true},
    [TIMER_APPEAL_ANSWER] = {"appeal-answer", "follow-up", "appeal-answer-days", 'd', false},
    [TIMER_TIMELY] = {"timely", "claims", "timely-days", 'd', false},
    [TIMER_PATIENT] = {"patient", NULL, NULL, 'd', false},
    [TIMER_SILENT] = {"silent", NULL, NULL, 'd', false},
};

const char *timer_name(enum timer_kind k)
{
    return TABLE[k].name;
}

static int64_t unit_of(char u)
{
    return u == 'd' ? DAY : u == 'h' ? HOUR : u == 'x' ? 1 : 0;
}

void timer_text(const struct timers *t, enum timer_kind k, struct buf *out)
{
    for (int i = 0; i < t->of[k].n; i++) {
        int64_t v = t->of[k].v[i];
        if (TABLE[k].unit == 'x')
            buf_printf(out, "%s%lld", i ? " " : "", (long long)v);
        else
            buf_printf(out, "%s%lld%c", i ? " " : "", (long long)(v % DAY ? v / HOUR : v / DAY),
                       v % DAY ? 'h' : 'd');
    }
}

/* The next of "14d 21d 30d" from *at; false when it is none. */
static bool next_value(const char **at, bool number, int64_t *v)
{
    char *end;
    long n = strtol(*at, &end, 10);
    int64_t unit = number ? 1 : unit_of(*end == 'x' ? 0 : *end);
    if (end == *at || n < 1 || n > 100000 || !unit)
        return false;
    end += !number;
    *v = n * unit;
    for (*at = end; **at == ' ';)
        ++*at;
    return *end == ' ' || !*end;
}

static bool read_values(enum timer_kind k, const struct conf *c, struct timer *t, struct buf *error)
{
    const char *at = c->text;
    for (t->n = 0; *at || !t->n;) {
        if (t->n == (TABLE[k].many ? TIMER_VALUES : 1) ||
            !next_value(&at, TABLE[k].unit == 'x', &t->v[t->n]))
            return conf_fault(c, error, "\"%s\" is %s%s", TABLE[k].name,
                              TABLE[k].unit == 'x' ? "a number from 1 up"
                                                   : "a span of time like 14d or 24h",
                              TABLE[k].many ? ", or up to eight of them" : "");
        t->n++;
    }
    return true;
}

bool timer_read(enum timer_kind k, const struct conf *c, struct timers *t, struct arena *a,
                struct buf *error)
{
    static const char *const keys[] = {"is", "source", NULL};
    (void)a;
    if (!conf_is(c, CONF_MAP, error) || !conf_only(c, keys, error))
        return false;
    if (!conf_get(c, "is") || !*conf_text(c, "source", ""))
        return conf_fault(c, error, "a timer says what it \"is\" and its \"source\"");
    t->of[k].source = conf_text(c, "source", "");
    return read_values(k, conf_get(c, "is"), &t->of[k], error);
}

struct timers timers_for(const struct timers *base, const struct profile *p, struct arena *a)
{
    struct timers out = *base;
    for (int k = 0; p && k < TIMERS; k++) {
        const struct profile_line *l =
            TABLE[k].key ? profile_get(p, TABLE[k].section, TABLE[k].key) : NULL;
        if (!l || !l->n)
            continue;
        struct timer *t = &out.of[k];
        for (t->n = 0; t->n < TIMER_VALUES && (uint32_t)t->n < l->n; t->n++)
            t->v[t->n] = strtol(l->word[t->n], NULL, 10) * unit_of(TABLE[k].unit);
        struct buf b = {0};
        buf_printf(&b, "%s:%d", profile_file(p), l->line);
        t->source = arena_strdup(a, buf_cstr(&b));
        buf_free(&b);
    }
    return out;
}
