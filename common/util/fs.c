#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int fs_read(const char *path, size_t limit, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
    size_t start = out->len;
    ssize_t n;
    if (fd < 0)
        return -1;
    while ((n = read(fd, buf_room(out, 1 << 16), 1 << 16)) > 0) {
        out->len += (size_t)n;
        if (out->len - start > limit) {
            err = EFBIG;
            break;
        }
    }
    if (n < 0)
        err = errno;
    close(fd);
    errno = err;
    return err ? -1 : 0;
}

int fs_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

int fs_sync_parent(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) : 1;
    if (snprintf(dir, sizeof dir, "%.*s", len ? len : 1, slash ? path : ".") >= (int)sizeof dir) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

int fs_replace(const char *path, const void *p, size_t n)
{
    char tmp[PATH_MAX];
    if (snprintf(tmp, sizeof tmp, "%s.tmp", path) >= (int)sizeof tmp) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int rc = fs_write_all(fd, p, n) || fsync(fd) ? -1 : 0;
    int err = errno;
    close(fd);
    if (rc == 0 && rename(tmp, path) == 0)
        return fs_sync_parent(path);
    err = rc ? err : errno;
    unlink(tmp);
    errno = err;
    return -1;
}

int fs_mkdirs(const char *path)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return -1;
    }
    return 0;
}

const char *fs_shared(const char *path)
{
    char exe[PATH_MAX], full[2 * PATH_MAX];
    ssize_t n = *path == '/' || access(path, F_OK) == 0
                    ? 0
                    : readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return path;
    exe[n] = 0;
    *strrchr(exe, '/') = 0;
    snprintf(full, sizeof full, "%s/../share/claimwire/%s", exe, path);
    if (access(full, F_OK) != 0)
        snprintf(full, sizeof full, "%s/../../%s", exe, path); /* as it was built */
    return access(full, F_OK) == 0 ? xstrdup(full) : path;
}
