/* The run directory: its folders, its lock, the pipeline as started, what was scaled. */
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20 };

const char *rundir_named(const char *option, const char *synopsis)
{
    const char *dir = option ? option : getenv("CLAIMWIRE_RUN");
    if (!dir || !*dir)
        words_wrong(synopsis, "which run directory? (--run DIR or CLAIMWIRE_RUN)");
    return dir;
}

void rundir_show_log(const char *run_dir, const char *name)
{
    enum { LINES = 6 };
    char path[PATH_MAX];
    struct buf text = {0};
    snprintf(path, sizeof path, "%s/log/%s.log", run_dir, name);
    if (fs_read(path, 1 << 26, &text) == 0 && text.len) {
        size_t at = text.len - 1;
        for (int lines = 0; at > 0; at--)
            if (text.p[at - 1] == '\n' && ++lines == LINES)
                break;
        fprintf(stderr, "claimwire: \"%s\" ends:\n", path);
        fwrite(text.p + at, 1, text.len - at, stderr);
    }
    buf_free(&text);
}

static int cannot(const char *what, const char *path)
{
    fprintf(stderr, "claimwire: cannot %s \"%s\": %s\n", what, path, strerror(errno));
    return EXIT_TRY_LATER;
}

static int make_folders(const char *run)
{
    static const char *const folders[] = {"links", "log", "status"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", run, folders[i]);
        if (fs_mkdirs(path) < 0)
            return cannot("make the folder", path);
    }
    return chmod(run, 0700) < 0 ? cannot("close to others the folder", run) : EXIT_DONE;
}

static int take_lock(struct super *s)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/supervisor.lock", s->run_dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return cannot("open the lock", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        fprintf(stderr, "claimwire: a pipeline is up already in \"%s\"\n", s->run_dir);
        return EXIT_TRY_LATER;
    }
    return EXIT_DONE;
}

/* Copies text line by line without a clock of its own, then appends this one. */
static void with_clock(const struct buf *text, const char *clock, struct buf *out)
{
    const char *p = text->p, *end = p + text->len;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = nl ? (size_t)(nl - p) + 1 : (size_t)(end - p);
        if (n < 6 || memcmp(p, "clock:", 6) != 0)
            buf_add(out, p, n);
        p += n;
    }
    if (out->len && out->p[out->len - 1] != '\n')
        buf_putc(out, '\n');
    buf_printf(out, "clock: %s\n", clock);
}

static bool is_import(const struct super *s)
{
    return strcmp(s->plan->pipeline.name, "import") == 0;
}

static void import_mark(const struct super *s, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/import.unfinished", s->run_dir);
}

/* What an import left on its way would be sent by another pipeline that went on with it. */
static int check_import(const struct super *s)
{
    char path[PATH_MAX];
    import_mark(s, path);
    if (is_import(s))
        return fs_replace(path, "", 0) < 0 ? cannot("write", path) : EXIT_DONE;
    if (access(path, F_OK) < 0)
        return EXIT_DONE;
    fprintf(
        stderr,
        "claimwire: an import into \"%s\" did not end: finish it first, with the same claimwire "
        "import\n",
        s->run_dir);
    return EXIT_TRY_LATER;
}

void rundir_import_ended(const struct super *s)
{
    char path[PATH_MAX];
    import_mark(s, path);
    if (is_import(s))
        unlink(path);
}

static int write_pipeline(struct super *s, const struct buf *text, const char *clock)
{
    char path[PATH_MAX];
    struct buf out = {0}, error = {0};
    snprintf(path, sizeof path, "%s/pipeline.yaml", s->run_dir);
    if (clock)
        with_clock(text, clock, &out);
    else
        buf_add(&out, text->p, text->len);
    int rc = plan_parse(path, buf_view(&out), s->plan, &error);
    if (rc == EXIT_DONE)
        rc = check_import(s);
    if (rc == EXIT_DONE && fs_replace(path, out.p, out.len) < 0)
        rc = cannot("write", path);
    fputs(buf_cstr(&error), stderr);
    buf_free(&error);
    buf_free(&out);
    return rc;
}

int rundir_prepare(struct super *s, const char *pipeline, const char *clock)
{
    struct buf text = {0};
    struct buf error = {0};
    int64_t us;
    if (clock && !time_parse(clock, &us)) {
        fprintf(stderr, "claimwire: not a time such as 2026-09-01T08:00:00Z: \"%s\"\n", clock);
        return EXIT_USAGE;
    }
    int rc = plan_open(pipeline, s->plan, &error); /* faults are told by the user's own file name */
    fputs(buf_cstr(&error), stderr);
    buf_free(&error);
    if (rc != EXIT_DONE)
        return rc;
    plan_free(s->plan);
    if (fs_read(pipeline, FILE_LIMIT, &text) < 0)
        rc = cannot("read", pipeline);
    if (rc == EXIT_DONE)
        rc = make_folders(s->run_dir);
    if (rc == EXIT_DONE)
        rc = take_lock(s);
    if (rc == EXIT_DONE)
        rc = write_pipeline(s, &text, clock);
    buf_free(&text);
    return rc;
}

/* RUN/scale: one line "STAGE N" for each stage that was scaled. */
int rundir_scale_of(const struct super *s, const struct pipeline_stage *stage)
{
    char path[PATH_MAX], name[64];
    int n, found = stage->replicas;
    snprintf(path, sizeof path, "%s/scale", s->run_dir);
    FILE *f = fopen(path, "re");
    if (!f)
        return found;
    while (fscanf(f, "%63s %d", name, &n) == 2)
        if (strcmp(name, stage->name) == 0 && n >= 1 && n <= 64)
            found = n;
    fclose(f);
    return found;
}

int rundir_save_scale(const struct super *s)
{
    char path[PATH_MAX];
    struct buf out = {0};
    for (size_t i = 0; i < s->plan->pipeline.stages_n; i++) {
        int n = 0;
        for (size_t j = 0; j < s->procs_n; j++)
            n += s->procs[j].stage == &s->plan->pipeline.stages[i] && !s->procs[j].leaving;
        if (n != s->plan->pipeline.stages[i].replicas)
            buf_printf(&out, "%s %d\n", s->plan->pipeline.stages[i].name, n);
    }
    snprintf(path, sizeof path, "%s/scale", s->run_dir);
    int rc = fs_replace(path, out.p ? out.p : "", out.len);
    buf_free(&out);
    return rc;
}
