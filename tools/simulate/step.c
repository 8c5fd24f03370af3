/*
 * One step: the payers take what was sent at the last step and answer until now, their files are
 * fetched, the office bills, and all that is there goes through the pipeline at this hour.
 * A file in in/ is named DAY-NAME: it is not taken in before that day.
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define W(...) ((const char *const[]){"claimwire", __VA_ARGS__, NULL})

static const char *under(const struct sim *s, const char *name, char out[SIM_PATH + 32])
{
    snprintf(out, SIM_PATH + 32, "%s/%s", s->home, name);
    return out;
}

/* ---- payers ---- */

static void payers_answer(struct sim *s, int64_t taken_us)
{
    char now[TIME_TEXT], taken[TIME_TEXT], root[SIM_PATH + 32], script[SIM_PATH + 32];
    under(s, "payers", root);
    under(s, "script.yaml", script);
    child_run(s,
              W("payersim", "--root", root, "--script", script, "--taken",
                time_text(taken_us, taken), "--now", time_text(s->now_us, now)),
              NULL, 0);
}

static int plain(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* With --shuffle a file comes up to six days later than it lay there. */
static long comes_on(const struct sim *s, const char *name)
{
    return s->day + (s->shuffle ? (long)dice_of(s->shuffle, name, 0, 7) : 0);
}

static void fetch(struct sim *s)
{
    char wires[SIM_PATH + 32], in[SIM_PATH + 32], from[SIM_PATH + 300], to[SIM_PATH + 300];
    struct dirent **list;
    snprintf(in, sizeof in, "%s/fetch/in", s->run);
    child_run(
        s,
        W("fetch", "--run", s->run, "--wires", under(s, "wires", wires), "--settle", "0", "--once"),
        NULL, 0);
    int n = scandir(in, &list, plain, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(from, sizeof from, "%s/%s", in, list[i]->d_name);
        snprintf(to, sizeof to, "%s/in/%04ld-%s", s->home, comes_on(s, list[i]->d_name),
                 list[i]->d_name);
        if (rename(from, to))
            die(EXIT_TRY_LATER, "cannot move \"%s\": %m", from);
        s->fetched++;
        s->held_back += comes_on(s, list[i]->d_name) > s->day;
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

/* ---- what is taken in now ---- */

static void shuffle(struct sim *s, struct words *w)
{
    uint64_t state = s->shuffle * 7919 + (uint64_t)s->day;
    for (size_t i = w->n; s->shuffle && i > 1; i--) {
        size_t k = dice_next(&state, i);
        char *t = w->v[i - 1];
        w->v[i - 1] = w->v[k];
        w->v[k] = t;
    }
}

/* DAY-NAME, and that day is not yet; other names have no day. */
static bool is_early(const char *name, long day)
{
    char *end;
    long comes = strtol(name, &end, 10);
    return end == name + 4 && *end == '-' && comes > day;
}

/* Paths of what is due in in/, in the order in which it comes. */
static void due(struct sim *s, struct words *out)
{
    char in[SIM_PATH + 32], path[SIM_PATH + 300];
    struct dirent **list;
    int n = scandir(under(s, "in", in), &list, plain, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", in, list[i]->d_name);
        if (!is_early(list[i]->d_name, s->day))
            words_add(out, path);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    shuffle(s, out);
}

/* What was taken in is kept, so that others can read what went in. */
static void put_away(const struct sim *s, const struct words *w)
{
    char to[SIM_PATH + 300];
    for (size_t i = 0; i < w->n; i++) {
        snprintf(to, sizeof to, "%s/taken/%s", s->home, strrchr(w->v[i], '/') + 1);
        if (rename(w->v[i], to))
            die(EXIT_TRY_LATER, "cannot move \"%s\": %m", w->v[i]);
    }
}

/* What each stage has cost, as the run says. */
static void stages(struct sim *s, struct buf *said)
{
    json_t *o = json_loadb(said->p ? said->p : "", said->len, 0, NULL), *stage;
    size_t i;
    char name[32];
    json_array_foreach(json_object_get(o, "stages"), i, stage)
    {
        const char *text = json_string_value(json_object_get(stage, "stage"));
        snprintf(name, sizeof name, "run.%s", text ? text : "");
        child_cost(s, name, 0, json_integer_value(json_object_get(stage, "processor_ms")) * 1000);
    }
    json_decref(o);
    buf_free(said);
}

static void call(struct sim *s, const char *const *head, const struct words *files)
{
    struct words argv = {0};
    struct buf said = {0};
    for (; *head; head++)
        words_add(&argv, *head);
    for (size_t i = 0; i < files->n; i++)
        words_add(&argv, files->v[i]);
    child_run(s, (const char *const *)(uintptr_t)argv.v, &said, 0);
    stages(s, &said);
    words_free(&argv);
}

static bool office(struct sim *s)
{
    struct words files = {0};
    char now[TIME_TEXT], plan[SIM_PATH + 32];
    due(s, &files);
    bool any = files.n > 0;
    if (any || s->asked)
        call(s,
             W("run", under(s, "plan.yaml", plan), "--run", s->run, "--clock",
               time_text(s->now_us, now), "--json"),
             &files);
    s->asked = false;
    s->filed += (int64_t)files.n;
    put_away(s, &files);
    words_free(&files);
    return any;
}

/* The office bills over the first two thirds of the days. */
static void bill(struct sim *s)
{
    long over = s->days * 2 / 3 > 0 ? s->days * 2 / 3 : 1;
    long until = s->day >= over ? s->claims : s->claims * (s->day + s->step) / (over + s->step);
    until = until > s->claims ? s->claims : until;
    claims_bill(s, s->billed, until);
    s->billed = until;
}

void step_was(struct sim *s, enum sim_phase phase)
{
    int64_t now = time_mono_us();
    s->phase_us[phase] += now - s->phase_from_us;
    s->phase_from_us = now;
}

bool step_go(struct sim *s)
{
    int64_t before = s->now_us;
    s->now_us = s->start_us + s->day * SIM_DAY_US;
    if (before)
        payers_answer(s, before + SIM_HOUR_US);
    step_was(s, SIM_PAYERS);
    if (before)
        fetch(s);
    step_was(s, SIM_FETCH);
    bill(s);
    step_was(s, SIM_BILL);
    bool any = office(s);
    step_was(s, SIM_PIPELINE);
    return any;
}
