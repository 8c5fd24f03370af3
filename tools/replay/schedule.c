#include "tools/replay/schedule.h"
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { TRAFFIC_LIMIT = 16 << 20 };

static const char *joined(struct schedule *s, const char *dir, phi_str name)
{
    struct buf b = {0};
    if (name.n == 0 || name.p[0] != '/')
        buf_printf(&b, "%s/", dir);
    buf_phi(&b, name);
    const char *path = arena_strndup(&s->arena, b.p, b.len);
    buf_free(&b);
    return path;
}

static void append(struct schedule *s, const char *path, int64_t at_us)
{
    if (s->n == s->room) {
        s->room = s->room * 2 + 64;
        s->files = xrealloc(s->files, s->room * sizeof *s->files);
    }
    s->files[s->n++] = (struct scheduled){path, at_us};
    s->next_us = at_us + s->step_us;
}

static bool passed_over(const char *name)
{
    static const char *const ends[] = {".md", ".tsv", ".tmp"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n >= strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0)
            return true;
    return name[0] == '.';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int add_folder(struct schedule *s, const char *dir, struct buf *error)
{
    const char **names = NULL;
    size_t n = 0;
    struct dirent *e;
    DIR *d = opendir(dir);
    if (!d) {
        buf_printf(error, "cannot read \"%s\": %s", dir, strerror(errno));
        return -1;
    }
    while ((e = readdir(d)))
        if (!passed_over(e->d_name)) {
            names = xrealloc(names, (n + 1) * sizeof *names);
            names[n++] = joined(s, dir, phi_lit(e->d_name));
        }
    closedir(d);
    if (n)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++)
        if (is_file(names[i]))
            append(s, names[i], s->next_us);
    free(names);
    return 0;
}

/* Cuts the next part that ends with c (or the end) from *text. */
static phi_str cut(phi_str *text, char c)
{
    const char *at = text->n ? memchr(text->p, c, text->n) : NULL;
    size_t n = at ? (size_t)(at - text->p) : text->n;
    phi_str part = phi_of(text->p, n);
    text->p += n + (at != NULL);
    text->n -= n + (at != NULL);
    return part;
}

/* One line of traffic.tsv; what is wrong with it, NULL when nothing is. */
static const char *add_line(struct schedule *s, const char *dir, phi_str line)
{
    int64_t at;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n == 0 || line.p[0] == '#')
        return NULL;
    phi_str time = cut(&line, '\t');
    if (time.n >= TIME_TEXT || !time_parse(arena_strndup(&s->arena, time.p, time.n), &at))
        return "the first column is no time like 2026-09-01T08:00:00Z";
    if (line.n == 0)
        return "there is no file behind the time";
    if (s->n && at < s->files[s->n - 1].at_us)
        return "the time is before that of the line above";
    const char *path = joined(s, dir, line);
    if (!is_file(path))
        return "there is no such file";
    append(s, path, at);
    return NULL;
}

static int add_traffic(struct schedule *s, const char *dir, const char *path, struct buf *error)
{
    struct buf text = {0};
    const char *wrong = NULL;
    int line = 0;
    if (fs_read(path, TRAFFIC_LIMIT, &text)) {
        buf_printf(error, "cannot read \"%s\": %s", path, strerror(errno));
        return -1;
    }
    for (phi_str rest = buf_view(&text); rest.n && !wrong; line++)
        wrong = add_line(s, dir, cut(&rest, '\n'));
    if (wrong)
        buf_printf(error, "%s:%d: %s", path, line, wrong);
    buf_free(&text);
    return wrong ? -1 : 0;
}

int schedule_add(struct schedule *s, const char *path, struct buf *error)
{
    if (is_file(path)) {
        append(s, arena_strdup(&s->arena, path), s->next_us);
        return 0;
    }
    const char *traffic = joined(s, path, phi_lit("traffic.tsv"));
    return is_file(traffic) ? add_traffic(s, path, traffic, error) : add_folder(s, path, error);
}

void schedule_free(struct schedule *s)
{
    free(s->files);
    arena_free(&s->arena);
    *s = (struct schedule){0};
}
