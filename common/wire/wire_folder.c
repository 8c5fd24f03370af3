/* A folder that both sides see: the universal adapter. */
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/wire/wire_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* errno as a fault: a folder that is not there or not ours needs a person, all else may pass. */
static enum wire_result fail(struct wire_fault *f, const char *what)
{
    int e = errno;
    if (e == ENOSPC || e == EDQUOT)
        return wire_fail(f, WIRE_LATER, "NET_FULL", "%s: the disk there is full", what);
    bool wrong = e == ENOENT || e == ENOTDIR || e == EACCES || e == EPERM || e == EROFS;
    return wire_fail(f, wrong ? WIRE_WRONG : WIRE_LATER, wrong ? "NET_FOLDER" : "NET_IO", "%s: %s",
                     what, strerror(e));
}

static bool copy_fd(int from, int to)
{
    char part[65536];
    ssize_t n;
    while ((n = read(from, part, sizeof part)) > 0)
        if (fs_write_all(to, part, (size_t)n))
            return false;
    return n == 0;
}

/* Copies and syncs; false with errno, and then nothing is left at to. */
static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    bool good = in >= 0 && (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0 &&
                copy_fd(in, out) && fsync(out) == 0;
    int e = errno;
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out))
        good = false;
    if (!good && out >= 0)
        unlink(to);
    errno = e;
    return good;
}

/* What lies there under the name already: done when it is the same. */
static enum wire_result there_already(const char *path, const char *there, struct wire_fault *f)
{
    return wire_same(path, there)
               ? WIRE_DONE
               : wire_fail(f, WIRE_WRONG, "NET_TAKEN", "other bytes lie there under this name");
}

enum wire_result folder_put(const struct wire *to, const char *name, const char *path,
                            struct wire_fault *f)
{
    struct buf tmp = {0}, there = {0};
    buf_printf(&tmp, "%s/%s.tmp", to->dir, name);
    buf_printf(&there, "%s/%s", to->dir, name);
    const char *t = buf_cstr(&tmp), *end = buf_cstr(&there);
    enum wire_result rc = WIRE_DONE;
    if (access(end, F_OK) == 0)
        rc = there_already(path, end, f);
    else if (!copy_file(path, t))
        rc = fail(f, "cannot write the file");
    else if (rename(t, end) || fs_sync_parent(end))
        rc = fail(f, "cannot give the file its name");
    buf_free(&tmp);
    buf_free(&there);
    return rc;
}

enum wire_result folder_list(const struct wire *from, struct wire_file **list, size_t *n,
                             struct wire_fault *f)
{
    DIR *d = opendir(from->dir);
    struct dirent *e;
    struct stat st;
    if (!d)
        return fail(f, "cannot read the folder");
    while ((e = readdir(d))) {
        if (strlen(e->d_name) >= sizeof(*list)->name || fstatat(dirfd(d), e->d_name, &st, 0) ||
            !S_ISREG(st.st_mode))
            continue;
        *list = xrealloc(*list, (*n + 1) * sizeof **list);
        struct wire_file *w = &(*list)[(*n)++];
        snprintf(w->name, sizeof w->name, "%s", e->d_name);
        w->bytes = st.st_size;
    }
    closedir(d);
    return WIRE_DONE;
}

enum wire_result folder_get(const struct wire *from, const char *name, const char *path,
                            struct wire_fault *f)
{
    struct buf there = {0};
    buf_printf(&there, "%s/%s", from->dir, name);
    bool good = copy_file(buf_cstr(&there), path);
    buf_free(&there);
    return good ? WIRE_DONE : fail(f, "cannot copy the file");
}

enum wire_result folder_move(const struct wire *from, const char *name, struct wire_fault *f)
{
    struct buf a = {0}, b = {0};
    bool good = false;
    buf_printf(&a, "%s/%s", from->dir, name);
    for (int i = 0; !good && i < WIRE_NAMESAKES; i++) {
        char there[256];
        buf_clear(&b);
        buf_printf(&b, "%s/%s", from->archive, wire_namesake(name, i, there));
        good = renameat2(AT_FDCWD, buf_cstr(&a), AT_FDCWD, buf_cstr(&b), RENAME_NOREPLACE) == 0;
        if (!good && errno != EEXIST)
            break;
    }
    enum wire_result rc = good ? WIRE_DONE : fail(f, "cannot move the file to the archive");
    buf_free(&a);
    buf_free(&b);
    return rc;
}
