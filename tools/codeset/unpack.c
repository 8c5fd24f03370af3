/* Archives as publishers make them: zip, tar, gz; a plain file is an archive of one. */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "tools/codeset/fetch.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MOST = 2000, BLOCK = 1 << 16 };
static const int64_t BYTES_MOST = INT64_C(4) << 30; /* of all files together */
/* Publishers' texts shrink to a tenth or less; what grows a hundredfold was made to fill a disk. */
static const int64_t GROWTH_MOST = 100, GROWTH_FREE = INT64_C(64) << 20;

/* Name of the only file of a gz or of a file that is no archive. */
static void own_name(const char *file, char *out, size_t size)
{
    snprintf(out, size, "%s", file);
    size_t n = strlen(out);
    if (n > 3 && strcmp(out + n - 3, ".gz") == 0)
        out[n - 3] = 0;
}

/* What has come out of an archive, and the most that may. */
struct unpacked {
    int64_t bytes, most;
    int files;
};

static int copy_entry(struct archive *a, const char *to, struct unpacked *u, struct buf *error)
{
    char block[BLOCK];
    la_ssize_t n = 0;
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc = EXIT_DONE;
    if (fd < 0) {
        buf_printf(error, errno == EEXIST ? "two files of the archive have the same name"
                                          : "cannot write an unpacked file");
        return errno == EEXIST ? EXIT_UNREADABLE : EXIT_TRY_LATER;
    }
    while (rc == EXIT_DONE && (n = archive_read_data(a, block, sizeof block)) > 0) {
        u->bytes += n;
        if (u->bytes > u->most) {
            buf_printf(error,
                       "its files are larger than %lld MB, more than a list of its size holds",
                       (long long)(u->most >> 20));
            rc = EXIT_UNREADABLE;
        } else if (fs_write_all(fd, block, (size_t)n)) {
            buf_printf(error, "cannot write \"%s\": %s", to, strerror(errno));
            rc = EXIT_TRY_LATER;
        }
    }
    if (n < 0 && rc == EXIT_DONE) {
        buf_puts(error, "its bytes cannot be unpacked");
        rc = EXIT_UNREADABLE;
    }
    if (fsync(fd) && rc == EXIT_DONE)
        rc = EXIT_TRY_LATER;
    close(fd);
    u->files++;
    return rc;
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcasecmp(name + n - k, end) == 0;
}

/* A page that says "not here" in place of the archive comes with status 200 often enough. */
static bool false_archive(struct archive *a, const char *file)
{
    static const char *const ends[] = {".zip", ".tar", ".tgz", ".gz"};
    bool named = false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        named |= ends_in(file, ends[i]);
    return named && archive_format(a) == ARCHIVE_FORMAT_RAW &&
           archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE;
}

static int one_entry(struct archive *a, struct archive_entry *e, const char *file, const char *into,
                     struct unpacked *u, struct buf *error)
{
    char own[NAME_MAX + 1], to[PATH_MAX];
    const char *name = archive_entry_pathname(e);
    if (false_archive(a, file)) {
        buf_puts(error, "it is no archive, as its name says (a page in its place?)");
        return EXIT_UNREADABLE;
    }
    if (archive_format(a) == ARCHIVE_FORMAT_RAW) {
        own_name(file, own, sizeof own);
        name = own;
    }
    if (!name || archive_entry_filetype(e) != AE_IFREG)
        return EXIT_DONE; /* folders and links are not looked at */
    const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
    slash = !slash || (back && back > slash) ? back : slash;
    name = slash ? slash + 1 : name;
    if (*name == 0 || *name == '.' || strlen(name) > NAME_MAX)
        return EXIT_DONE;
    if (snprintf(to, sizeof to, "%s/%s", into, name) >= (int)sizeof to)
        return EXIT_DONE;
    return copy_entry(a, to, u, error);
}

static int all_entries(struct archive *a, const char *file, const char *into, struct unpacked *u,
                       struct buf *error)
{
    struct archive_entry *e;
    int files = 0, rc = EXIT_DONE, got;
    while (rc == EXIT_DONE && (got = archive_read_next_header(a, &e)) != ARCHIVE_EOF) {
        if (got < ARCHIVE_WARN || ++files > FILES_MOST) {
            buf_puts(error, files > FILES_MOST ? "it holds more than 2,000 files"
                                               : "its bytes cannot be unpacked");
            return EXIT_UNREADABLE;
        }
        rc = one_entry(a, e, file, into, u, error);
    }
    if (rc == EXIT_DONE && u->files == 0) {
        buf_puts(error, "no file is in it");
        rc = EXIT_UNREADABLE;
    }
    return rc;
}

int unpack(const char *path, const char *file, const char *into, struct buf *error)
{
    struct archive *a = archive_read_new();
    struct stat st = {0};
    struct unpacked u = {.most = GROWTH_FREE};
    int rc = EXIT_UNREADABLE;
    if (stat(path, &st) == 0 && st.st_size > GROWTH_FREE / GROWTH_MOST)
        u.most = st.st_size < BYTES_MOST / GROWTH_MOST ? st.st_size * GROWTH_MOST : BYTES_MOST;
    archive_read_support_filter_gzip(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_tar(a);
    archive_read_support_format_raw(a);
    if (fs_mkdirs(into)) {
        buf_printf(error, "cannot make folder \"%s\": %s", into, strerror(errno));
        rc = EXIT_TRY_LATER;
    } else if (archive_read_open_filename(a, path, BLOCK) != ARCHIVE_OK) {
        buf_puts(error, "its bytes cannot be unpacked");
    } else {
        rc = all_entries(a, file, into, &u, error);
    }
    archive_read_free(a);
    return rc;
}
