/*
 * claimwire backup and restore. A backup is a folder: data/ with the files of the run directory, and
 * MANIFEST with one line "DIGEST SIZE PATH" a file, written last. Keys are in it unless they lie
 * elsewhere (CLAIMWIRE_KEYS): keep it as safe as the run directory itself.
 */
#include "common/util/fs.h"
#include "common/util/id.h"
#include "common/util/log.h"
#include "tools/claimwire/snapshot.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int say(const char *text)
{
    fprintf(stderr, "claimwire: %s\n", text);
    return EXIT_TRY_LATER;
}

static bool make_parent(char *path)
{
    char *slash = strrchr(path, '/');
    *slash = 0;
    bool ok = fs_mkdirs(path) == 0;
    *slash = '/';
    return ok;
}

/* Appends "DIGEST SIZE PATH"; false when the file cannot be read. */
static bool manifest_line(const char *path, const char *name, struct buf *out)
{
    struct digest d;
    struct stat st;
    char hex[DIGEST_HEX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && digest_fd(fd, &d);
    if (fd >= 0)
        close(fd);
    if (ok)
        buf_printf(out, "%s %lld %s\n", digest_hex(&d, hex), (long long)st.st_size, name);
    return ok;
}

static bool write_files(const struct snapshot *s, const char *out, struct buf *manifest,
                        struct buf *error)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < s->files_n; i++) {
        snprintf(path, sizeof path, "%s/data/%s", out, s->files[i].path);
        if (!make_parent(path) || !snapshot_write(s, i, path, error)) {
            if (!error->len)
                buf_printf(error, "cannot write \"%s\": %s", path, strerror(errno));
            return false;
        }
        manifest_line(path, s->files[i].path, manifest);
    }
    return true;
}

static int write_backup(const struct snapshot *s, const char *out)
{
    struct buf manifest = {0}, error = {0}, path = {0};
    int rc = EXIT_DONE;
    buf_printf(&path, "%s/MANIFEST", out);
    if (fs_mkdirs(out) < 0)
        buf_printf(&error, "cannot make the folder \"%s\": %s", out, strerror(errno));
    else if (write_files(s, out, &manifest, &error)) {
        sync(); /* before the manifest says that everything is there */
        if (fs_replace(buf_cstr(&path), manifest.p ? manifest.p : "", manifest.len) < 0)
            buf_printf(&error, "cannot write \"%s\": %s", path.p, strerror(errno));
    }
    if (error.len)
        rc = say(buf_cstr(&error));
    buf_free(&manifest);
    buf_free(&error);
    buf_free(&path);
    return rc;
}

int cmd_backup(int argc, char **argv)
{
    static const char synopsis[] = "claimwire backup --run DIR OUT";
    const char *run = NULL;
    struct snapshot s;
    struct buf error = {0};
    const struct word_option options[] = {{"run", &run, NULL}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 2)
        words_wrong(synopsis, "where to?");
    run = rundir_named(run, synopsis);
    if (access(run, X_OK) < 0)
        words_wrong(synopsis, "there is no run directory \"%s\"", run);
    if (access(argv[1], F_OK) == 0)
        words_wrong(synopsis, "\"%s\" is there already", argv[1]);
    int rc = snapshot_take(run, &s, &error) ? write_backup(&s, argv[1]) : say(buf_cstr(&error));
    if (rc == EXIT_DONE)
        printf("%zu files; everything stood still for %lld ms\n", s.files_n,
               (long long)(s.stopped_us + 999) / 1000);
    snapshot_free(&s);
    buf_free(&error);
    return rc;
}

/* Calls each(path) for every line of the manifest after holding the file against it. */
static int each_file(const char *from, struct buf *manifest,
                     bool (*each)(const char *file, const char *name, const char *ctx),
                     const char *ctx)
{
    char path[PATH_MAX];
    struct buf line = {0};
    int rc = EXIT_DONE;
    buf_cstr(manifest);
    for (char *p = manifest->p, *nl; rc == EXIT_DONE && (nl = strchr(p, '\n')); p = nl + 1) {
        *nl = 0;
        const char *name = strchr(p, ' ') ? strchr(strchr(p, ' ') + 1, ' ') : NULL;
        buf_clear(&line);
        if (!name || strstr(name, "..")) {
            rc = EXIT_UNREADABLE;
            break;
        }
        snprintf(path, sizeof path, "%s/data/%s", from, name + 1);
        if (!manifest_line(path, name + 1, &line) || line.len != (size_t)(nl - p) + 1 ||
            memcmp(line.p, p, line.len - 1) != 0) {
            fprintf(stderr, "claimwire: \"%s\" is not what the manifest says\n", path);
            rc = EXIT_UNREADABLE;
        } else if (each && !each(path, name + 1, ctx)) {
            fprintf(stderr, "claimwire: cannot write \"%s/%s\": %s\n", ctx, name + 1,
                    strerror(errno));
            rc = EXIT_TRY_LATER;
        }
        *nl = '\n';
    }
    buf_free(&line);
    return rc;
}

static bool put_back(const char *file, const char *name, const char *run)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", run, name);
    return make_parent(path) && copy_file(file, path);
}

int cmd_restore(int argc, char **argv)
{
    static const char synopsis[] = "claimwire restore OUT --run DIR";
    const char *run = NULL;
    char path[PATH_MAX];
    struct buf manifest = {0};
    const struct word_option options[] = {{"run", &run, NULL}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 2)
        words_wrong(synopsis, "from which backup?");
    run = rundir_named(run, synopsis);
    snprintf(path, sizeof path, "%s/MANIFEST", argv[1]);
    if (fs_read(path, 1 << 28, &manifest) < 0) {
        fprintf(stderr, "claimwire: \"%s\" is no finished backup: cannot read \"%s\": %s\n",
                argv[1], path, strerror(errno));
        return EXIT_UNREADABLE;
    }
    if (rmdir(run) < 0 && errno != ENOENT)
        words_wrong(synopsis, "\"%s\" is there and not empty", run);
    int rc = each_file(argv[1], &manifest, NULL, NULL); /* all of it, before anything is written */
    if (rc == EXIT_DONE && fs_mkdirs(run) == 0)
        rc = each_file(argv[1], &manifest, put_back, run);
    sync();
    buf_free(&manifest);
    return rc;
}
