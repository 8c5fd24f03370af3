/*
 * The links: a source, three stages that hand everything on, a keeper that counts; five processes,
 * 64 records of 700 B a frame, everything acknowledged back to the source. Measured against
 * links_floor.
 *
 * With "lone" one record goes after the other, each when the one before is acknowledged at the
 * source: how long a record takes that nothing travels with.
 *
 * usage: links_chain DIR RECORDS [lone]     prints {"records_s": ...} or {"p50_ms": ..., "p99_ms": ...}
 */
#include "common/link/stage.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY = 700, FRAME = 64 };

static const struct stage_opt options[] = {
    {"count", "0", "records", false}, {"lone", "0", "one record at a time", false}, {0}};
static const char *const ports[] = {"out", NULL};
static long count, given, done, lone;
static int64_t sent_us, *took_us; /* of lone records: when the latest left, how long each took */

static int start(struct stage *s, void **state)
{
    (void)state;
    count = stage_get_int(s, "count", 0, 1000000000);
    lone = stage_get_int(s, "lone", 0, 1);
    took_us = xcalloc((size_t)count + 1, sizeof *took_us);
    return 0;
}

static int source_pull(struct stage *s, void *state)
{
    static char body[BODY];
    (void)state;
    if (lone && sent_us)
        return 0;
    if (given >= count)
        return -1;
    for (int k = 0; k < (lone ? 1 : FRAME) && given < count; k++, given++) {
        struct record r = {.schema = 1,
                           .usage = 'T',
                           .at_us = 1,
                           .seq = (uint64_t)given,
                           .off = (uint64_t)given * BODY,
                           .len = BODY,
                           .file.b[0] = 1};
        memcpy(r.id.b, &given, sizeof given);
        r.id.b[15] = 1;
        r.root = r.id;
        strcpy(r.kind, "number");
        r.body = phi_of(body, BODY);
        stage_emit(s, "out", &r);
    }
    if (lone)
        sent_us = time_mono_us();
    stage_frame(s, 1);
    return 1;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void write_figures(struct stage *s, struct buf *b)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/rate", stage_run_dir(s));
    if (fs_replace(path, b->p, b->len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
    buf_free(b);
}

/* A lone record is acknowledged at the source. */
static void source_done(struct stage *s, void *state, uint64_t token)
{
    struct buf b = {0};
    (void)state, (void)token;
    if (!lone)
        return;
    took_us[done++] = time_mono_us() - sent_us;
    sent_us = 0;
    if (done != count)
        return;
    qsort(took_us, (size_t)count, sizeof *took_us, by_size);
    buf_printf(&b, "{\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", (double)took_us[count / 2] / 1e3,
               (double)took_us[count * 99 / 100] / 1e3);
    write_figures(s, &b);
}

static int stage_hand_on(struct stage *s, void *state, const struct record *r)
{
    (void)state;
    stage_emit(s, "out", r);
    return 0;
}

static int sink_record(struct stage *s, void *state, const struct record *r)
{
    static int64_t from;
    (void)state, (void)r;
    from = from ? from : time_mono_us();
    if (++done != count || lone)
        return 0;
    struct buf b = {0};
    buf_printf(&b, "{\"records_s\": %lld}\n",
               (long long)count * 1000000 / (long long)(time_mono_us() - from + 1));
    write_figures(s, &b);
    return 0;
}

static const struct stage_def defs[] = {
    {.name = "source",
     .kind = STAGE_SOURCE,
     .ports = ports,
     .options = options,
     .start = start,
     .pull = source_pull,
     .done = source_done},
    {.name = "hand_on", .kind = STAGE_PASS, .ports = ports, .record = stage_hand_on},
    {.name = "sink",
     .kind = STAGE_KEEPER,
     .options = options,
     .start = start,
     .record = sink_record}};

static pid_t step(const char *dir, const char *name, const struct stage_def *def)
{
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[] = {(char *)def->name, "--run", (char *)dir, "--stage", (char *)name, NULL};
        exit(stage_main(5, argv, def));
    }
    return pid;
}

int main(int argc, char **argv)
{
    struct buf b = {0};
    char path[4096];
    pid_t pids[5];
    bool one = argc == 4 && strcmp(argv[3], "lone") == 0;
    if (argc != 3 && !one)
        die(EXIT_USAGE, "usage: links_chain DIR RECORDS [lone]");
    buf_printf(&b,
               "pipeline: links\nstages:\n"
               "  a: {tool: source, settings: {count: %s, lone: %d}, to: {out: b, rejects: e}}\n"
               "  b: {tool: hand_on, to: {out: c, rejects: e}}\n"
               "  c: {tool: hand_on, to: {out: d, rejects: e}}\n"
               "  d: {tool: hand_on, to: {out: e, rejects: e}}\n"
               "  e: {tool: sink, settings: {count: %s, lone: %d}}\n",
               argv[2], one, argv[2], one);
    snprintf(path, sizeof path, "%s/pipeline.yaml", argv[1]);
    if (fs_replace(path, b.p, b.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
    for (int i = 0; i < 5; i++)
        pids[i] = step(argv[1], &"a\0b\0c\0d\0e"[2 * i], &defs[i == 0 ? 0 : i < 4 ? 1 : 2]);
    waitpid(pids[0], NULL, 0); /* ends when everything is acknowledged */
    for (int i = 1; i < 5; i++) {
        kill(pids[i], SIGTERM);
        waitpid(pids[i], NULL, 0);
    }
    buf_clear(&b);
    snprintf(path, sizeof path, "%s/rate", argv[1]);
    if (fs_read(path, 4096, &b))
        die(EXIT_TRY_LATER, "the sink did not get everything");
    fputs(buf_cstr(&b), stdout);
    return 0;
}
