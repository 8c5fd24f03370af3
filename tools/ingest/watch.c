#include "tools/ingest/watch.h"
#include "common/util/clock.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LOOK_US = 250000 };

struct seen {
    char *name;
    off_t size;
    ino_t ino;
    struct timespec mtime;
    int64_t since_us; /* stands as it is since then */
    bool taken;
};
struct watch {
    char *dir;
    int64_t settle_us, looked_us;
    struct seen *list; /* ordered by name */
    size_t n, next;
};

struct watch *watch_new(const char *dir, long settle_ms)
{
    struct watch *w = xcalloc(1, sizeof *w);
    w->dir = xstrdup(dir);
    w->settle_us = settle_ms * 1000;
    w->looked_us = -LOOK_US;
    return w;
}

static void list_free(struct seen *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i].name);
    free(list);
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    list_free(w->list, w->n);
    free(w->dir);
    free(w);
}

static int wanted(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && !(n >= 4 && strcmp(e->d_name + n - 4, ".tmp") == 0) &&
           !(n >= 5 && strcmp(e->d_name + n - 5, ".note") == 0); /* a table's, taken with it */
}

static bool path_stat(const struct watch *w, const char *name, struct stat *st)
{
    struct buf b = {0};
    buf_printf(&b, "%s/%s", w->dir, name);
    bool good = stat(buf_cstr(&b), st) == 0 && S_ISREG(st->st_mode);
    buf_free(&b);
    return good;
}

/* What is known of a file of this name: the old entry where nothing changed, else a new one. */
static struct seen entry(const struct seen *old, const char *name, const struct stat *st,
                         int64_t now)
{
    if (old && old->size == st->st_size && old->ino == st->st_ino &&
        old->mtime.tv_sec == st->st_mtim.tv_sec && old->mtime.tv_nsec == st->st_mtim.tv_nsec) {
        struct seen same = *old;
        same.name = xstrdup(name);
        return same;
    }
    return (struct seen){xstrdup(name), st->st_size, st->st_ino, st->st_mtim, now, false};
}

/* Reads the folder and carries over what is known; both lists are ordered by name. */
static int look(struct watch *w, int64_t now)
{
    struct dirent **names;
    int n = scandir(w->dir, &names, wanted, alphasort);
    if (n < 0)
        return errno;
    struct seen *list = xcalloc((size_t)n + 1, sizeof *list);
    size_t count = 0, o = 0;
    for (int i = 0; i < n; i++) {
        struct stat st;
        while (o < w->n && strcmp(w->list[o].name, names[i]->d_name) < 0)
            o++;
        bool same = o < w->n && strcmp(w->list[o].name, names[i]->d_name) == 0;
        if (path_stat(w, names[i]->d_name, &st))
            list[count++] = entry(same ? &w->list[o] : NULL, names[i]->d_name, &st, now);
        free(names[i]);
    }
    free(names);
    list_free(w->list, w->n);
    w->list = list;
    w->n = count;
    w->next = 0;
    return 0;
}

bool watch_next(struct watch *w, struct buf *path, int *err)
{
    int64_t now = time_mono_us();
    *err = 0;
    if (w->next == w->n && now - w->looked_us >= LOOK_US) {
        w->looked_us = now;
        if ((*err = look(w, now)))
            return false;
    }
    while (w->next < w->n) {
        struct seen *s = &w->list[w->next++];
        if (s->taken || now - s->since_us < w->settle_us)
            continue;
        s->taken = true;
        buf_clear(path);
        buf_printf(path, "%s/%s", w->dir, s->name);
        buf_cstr(path);
        return true;
    }
    return false;
}
