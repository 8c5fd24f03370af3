#include "tools/build837/place.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

static void path_of(char out[PATH_MAX], const char *dir, const char *before, const char *name,
                    const char *after)
{
    if (snprintf(out, PATH_MAX, "%s/%s%s%s", dir, before, name, after) >= PATH_MAX)
        die(EXIT_CONFIG, "cannot write to the folder \"%s\": the path is too long", dir);
}

static void need(int rc, const char *path)
{
    if (rc)
        die(EXIT_TRY_LATER, "cannot write the file \"%s\": %m", path);
}

void place_file(const char *dir, const char *name, phi_str bytes)
{
    char path[PATH_MAX], tmp[PATH_MAX];
    path_of(path, dir, "", name, "");
    path_of(tmp, dir, ".", name, ".tmp");
    kill_point("build837.write.before");
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    need(fd < 0, tmp);
    need(fs_write_all(fd, bytes.p, bytes.n), tmp);
    kill_point("build837.write.after");
    kill_point("build837.sync.before");
    need(fsync(fd), tmp);
    kill_point("build837.sync.after");
    need(close(fd), tmp);
    kill_point("build837.rename.before");
    need(rename(tmp, path), path);
    need(fs_sync_parent(path), path);
    kill_point("build837.rename.after");
}

void buf_wipe(struct buf *b)
{
    if (b->p)
        sodium_memzero(b->p, b->cap);
    buf_free(b);
}
