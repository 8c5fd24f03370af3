#include "tools/work/timers.h"
#include "common/followup/followup.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>

static const char ALL[] = "all";

static void row(const struct timers *t, enum timer_kind k, const char *who, bool json)
{
    struct buf span = {0}, b = {0};
    timer_text(t, k, &span);
    if (json) {
        buf_puts(&b, "{\"timer\":");
        buf_json(&b, phi_lit(timer_name(k)));
        buf_puts(&b, ",\"span\":");
        buf_json(&b, buf_view(&span));
        buf_puts(&b, ",\"payer\":");
        buf_json(&b, phi_lit(who == ALL ? "" : who));
        buf_puts(&b, ",\"source\":");
        buf_json(&b, phi_lit(t->of[k].source));
        buf_putc(&b, '}');
    } else {
        buf_printf(&b, "%-14s %-12s %-10s %s", timer_name(k), buf_cstr(&span), who,
                   t->of[k].source);
    }
    puts(buf_cstr(&b));
    buf_free(&span);
    buf_free(&b);
}

/* What a profile says instead: its timers have the line of the profile as their source. */
static void overrides(const struct timers *base, enum timer_kind k, const struct profile *p,
                      struct arena *a, bool json)
{
    struct timers own = timers_for(base, p, a);
    if (own.of[k].source != base->of[k].source)
        row(&own, k, profile_name(p), json);
}

static void table(const struct timers *base, const struct profiles *all, const struct profile *one,
                  struct arena *a, bool json)
{
    struct timers own = timers_for(base, one, a);
    if (!json)
        printf("%-14s %-12s %-10s %s\n", "timer", "span", "payer", "source");
    for (enum timer_kind k = 0; k < TIMERS; k++) {
        row(&own, k, own.of[k].source == base->of[k].source ? ALL : profile_name(one), json);
        for (uint32_t i = 0; !one && all && i < profiles_count(all); i++)
            overrides(base, k, profiles_at(all, i), a, json);
    }
}

static const struct profile *payer_named(const struct profiles *all, const char *name)
{
    const struct profile *p = all ? profiles_find(all, phi_lit(name)) : NULL;
    return p || !all ? p : profiles_of_payer(all, phi_lit(name));
}

int timers_show(const char *queues, const char *partners, const char *payer, bool json)
{
    struct arena a = {0};
    struct buf error = {0};
    const struct queues *q = queues_load(queues, &a, &error);
    struct profiles *all =
        q && strcmp(partners, "none") != 0 ? profiles_load(partners, NULL, &error) : NULL;
    if (error.len)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    const struct profile *one = payer ? payer_named(all, payer) : NULL;
    int code = payer && !one ? EXIT_FINDINGS : EXIT_DONE;
    if (code)
        fprintf(stderr, "work: no profile in %s is of a payer \"%s\"; the timers of all are its\n",
                partners, payer);
    else
        table(&q->timers, all, one, &a, json);
    profiles_free(all);
    arena_free(&a);
    buf_free(&error);
    return code;
}
