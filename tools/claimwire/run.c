/* claimwire run: start, feed, wait until everything is acknowledged, stop, say what happened. */
#include "common/util/clock.h"
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BAR = 30, DRAW_US = 100 * 1000 };

struct run {
    int64_t start_us, drawn_us;
    bool bar; /* a person watches */
    bool finishing;
};

/* What the sources say of how far they are. */
static void source_progress(const struct super *s, int64_t *done, int64_t *total, int64_t *records)
{
    *done = *total = *records = 0;
    for (size_t i = 0; i < s->procs_n; i++) {
        struct process_status st;
        proc_numbers(s, &s->procs[i], &st);
        if (plan_info(s->plan, s->procs[i].stage)->kind == TOOL_SOURCE) {
            *done += st.done;
            *total += st.total;
        } else {
            *records += st.in;
        }
        buf_free(&st.json);
    }
}

static void draw(const struct super *s, struct run *r)
{
    int64_t done, total, records, now = time_mono_us();
    if (!r->bar || now - r->drawn_us < DRAW_US)
        return;
    r->drawn_us = now;
    source_progress(s, &done, &total, &records);
    bool sources_done = s->mode == SUPER_ENDING && s->at > 0;
    int part = sources_done || (total && done >= total) ? BAR
               : total                                  ? (int)(done * BAR / total)
                                                        : 0;
    fprintf(stderr, "\r[%.*s%*s] %3d %%  %lld records handled  %.1f s ", part,
            "##############################", BAR - part, "", part * 100 / BAR, (long long)records,
            (double)(now - r->start_us) / 1e6);
}

/* Every process runs: what was given is on its way, so ask for the end of it, stage by stage. */
static void each_turn(struct super *s, void *ctx)
{
    struct run *r = ctx;
    if (!r->finishing && s->mode == SUPER_UP && super_ready(s)) {
        r->finishing = true;
        super_end(s, SIGUSR1);
    }
    if (super_alarm(s) && s->code == EXIT_DONE) {
        s->code = EXIT_TRY_LATER; /* it would wait for ever */
        super_end(s, SIGTERM);
    }
    draw(s, r);
}

struct sums {
    int64_t in, out, refused, cpu_us;
    int replicas, restarts, exit_code;
};

static struct sums sums_of(const struct super *s, const struct pipeline_stage *stage)
{
    struct sums n = {0};
    for (size_t i = 0; i < s->procs_n; i++) {
        const struct proc *p = &s->procs[i];
        if (p->stage != stage)
            continue;
        n.in += p->in;
        n.out += p->out;
        n.refused += p->refused;
        n.cpu_us += p->cpu_us;
        n.replicas++;
        n.restarts += p->restarts;
        n.exit_code = exit_worse(n.exit_code, p->exit_code);
    }
    return n;
}

static void summary_json(const struct super *s, int rc, double seconds)
{
    const struct pipeline *p = &s->plan->pipeline;
    int64_t refused = 0;
    printf("{\"pipeline\":\"%s\",\"exit\":%d,\"seconds\":%.3f,\"stages\":[", p->name, rc, seconds);
    for (size_t i = 0; i < p->stages_n; i++) {
        const struct pipeline_stage *st = &p->stages[s->plan->order[i]];
        struct sums n = sums_of(s, st);
        refused += n.refused;
        printf("%s{\"stage\":\"%s\",\"replicas\":%d,\"in\":%lld,\"out\":%lld,\"refused\":%lld,"
               "\"restarts\":%d,\"processor_ms\":%lld,\"exit\":%d}",
               i ? "," : "", st->name, n.replicas, (long long)n.in, (long long)n.out,
               (long long)n.refused, n.restarts, (long long)n.cpu_us / 1000, n.exit_code);
    }
    printf("],\"refused\":%lld}\n", (long long)refused);
}

/* What sources counted (files taken, files that had been taken before), for people. */
static void say_counts(const struct super *s)
{
    for (size_t i = 0; i < s->procs_n; i++) {
        struct process_status st;
        const struct proc *p = &s->procs[i];
        const char *name;
        json_t *v, *all;
        if (plan_info(s->plan, p->stage)->kind != TOOL_SOURCE ||
            !process_status_read(s->run_dir, p->stage->name, p->replica, &st))
            continue;
        all = json_loadb(st.json.p, st.json.len, 0, NULL);
        json_object_foreach(json_object_get(all, "counts"), name, v) if (json_integer_value(v))
            printf("%s: %s %lld\n", p->stage->name, name, (long long)json_integer_value(v));
        json_decref(all);
        buf_free(&st.json);
    }
}

static void summary_text(const struct super *s, int rc, double seconds)
{
    const struct pipeline *p = &s->plan->pipeline;
    int64_t refused = 0;
    printf("%-16s %9s %12s %12s %9s %9s %5s\n", "stage", "processes", "records in", "records out",
           "refused", "restarts", "exit");
    for (size_t i = 0; i < p->stages_n; i++) {
        const struct pipeline_stage *st = &p->stages[s->plan->order[i]];
        struct sums n = sums_of(s, st);
        refused += n.refused;
        printf("%-16s %9d %12lld %12lld %9lld %9d %5d\n", st->name, n.replicas, (long long)n.in,
               (long long)n.out, (long long)n.refused, n.restarts, n.exit_code);
    }
    say_counts(s);
    printf("%s in %.1f s, %lld records refused\n",
           rc == EXIT_DONE ? "everything is accounted for" : "NOT everything is accounted for",
           seconds, (long long)refused);
}

static void check_files(char *const *files, const char *synopsis)
{
    for (; *files; files++)
        if (access(*files, R_OK) < 0)
            words_wrong(synopsis, "cannot read \"%s\": %s", *files, strerror(errno));
}

static int finish(struct super *s, struct run *r, bool as_json)
{
    int rc = s->code != EXIT_DONE ? s->code : s->interrupted ? EXIT_TRY_LATER : EXIT_DONE;
    double seconds = (double)(time_mono_us() - r->start_us) / 1e6;
    if (rc == EXIT_DONE)
        rundir_import_ended(s);
    if (r->bar)
        fputs("\r\033[K", stderr);
    if (s->interrupted && s->code == EXIT_DONE)
        fprintf(stderr, "claimwire: interrupted; the same command goes on where it stopped\n");
    if (as_json)
        summary_json(s, rc, seconds);
    else
        summary_text(s, rc, seconds);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    static const char synopsis[] =
        "claimwire run PIPELINE --run DIR [--clock TIME] [--json] FILE...";
    const char *run = NULL, *clock = NULL;
    bool as_json = false;
    struct super s = {0};
    struct run r = {.start_us = time_mono_us(), .bar = isatty(2)};
    const struct word_option options[] = {
        {"run", &run, NULL}, {"clock", &clock, NULL}, {"json", NULL, &as_json}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc < 2)
        words_wrong(synopsis, "which pipeline file?");
    check_files(argv + 2, synopsis);
    s.files = argv + 2;
    int rc = super_open(&s, argv[1], rundir_named(run, synopsis), clock);
    if (rc != EXIT_DONE)
        return rc;
    log_level(r.bar ? LOG_ERROR : LOG_WARN);
    s.turn = each_turn;
    s.ctx = &r;
    super_loop(&s);
    rc = finish(&s, &r, as_json);
    super_close(&s);
    return rc;
}
