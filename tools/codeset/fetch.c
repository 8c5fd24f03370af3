#include "tools/codeset/fetch.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/codeset/release.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX = 65 };

struct place { /* where a source's files are */
    char folder[PATH_MAX - 256], file[PATH_MAX], part[PATH_MAX], validator[PATH_MAX];
    char sum[PATH_MAX], files[PATH_MAX], fresh[PATH_MAX], old[PATH_MAX];
    const char *name; /* of the file, without folder */
};

/* The name that an address gives its file. */
static void file_name(const char *url, char *out, size_t size)
{
    size_t n = strcspn(url, "?#"), from = n;
    while (from && url[from - 1] != '/')
        from--;
    snprintf(out, size, "%.*s", n - from < size ? (int)(n - from) : 0, url + from);
    for (char *p = out; *p; p++)
        if (*p == '%' || *p < ' ' || *p == '\\')
            *p = '_';
    if (!*out || *out == '.')
        snprintf(out, size, "download");
}

static bool find_place(const struct source *s, const struct fetch_options *o, struct place *p)
{
    char name[128];
    file_name(s->url, name, sizeof name);
    if (snprintf(p->folder, sizeof p->folder, "%s/fetched/%s", o->codes, s->name) >=
        (int)sizeof p->folder)
        return false;
    snprintf(p->file, sizeof p->file, "%s/%s", p->folder, name);
    snprintf(p->part, sizeof p->part, "%s/%s.part", p->folder, name);
    snprintf(p->validator, sizeof p->validator, "%s/%s.part.version", p->folder, name);
    snprintf(p->sum, sizeof p->sum, "%s/%s.sha256", p->folder, name);
    snprintf(p->files, sizeof p->files, "%s/files", p->folder);
    snprintf(p->fresh, sizeof p->fresh, "%s/files.new", p->folder);
    snprintf(p->old, sizeof p->old, "%s/files.old", p->folder);
    p->name = strrchr(p->file, '/') + 1;
    return true;
}

static bool sha256_file(const char *path, char out[HEX])
{
    crypto_hash_sha256_state st;
    unsigned char block[1 << 16], sum[crypto_hash_sha256_BYTES];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    crypto_hash_sha256_init(&st);
    while ((n = read(fd, block, sizeof block)) > 0)
        crypto_hash_sha256_update(&st, block, (unsigned long long)n);
    close(fd);
    crypto_hash_sha256_final(&st, sum);
    sodium_bin2hex(out, HEX, sum, sizeof sum);
    return n == 0;
}

/* The digest that the file must have: stated, or recorded; "" when neither. */
static void wanted(const struct source *s, const struct place *p, bool renew, char out[HEX])
{
    struct buf b = {0};
    *out = 0;
    if (s->sha256)
        snprintf(out, HEX, "%s", s->sha256);
    else if (!renew && fs_read(p->sum, 4096, &b) == 0 && b.len >= 64)
        snprintf(out, HEX, "%.64s", buf_cstr(&b));
    buf_free(&b);
}

static void remove_folder(const char *path)
{
    char file[PATH_MAX];
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        if (*e->d_name != '.' &&
            snprintf(file, sizeof file, "%s/%s", path, e->d_name) < (int)sizeof file)
            unlink(file);
    if (d)
        closedir(d);
    rmdir(path);
}

/* Puts a whole file in its place: unpacked beside the old one, which goes when all is well. */
static int keep(const struct place *p, const char *sum, struct buf *error)
{
    struct buf line = {0};
    remove_folder(p->fresh);
    remove_folder(p->old);
    int rc = unpack(p->part, p->name, p->fresh, error);
    if (rc != EXIT_DONE) {
        remove_folder(p->fresh);
        unlink(p->part);
        return rc;
    }
    rename(p->files, p->old);
    buf_printf(&line, "%s  %s\n", sum, p->name); /* as sha256sum -c reads it */
    if (rename(p->fresh, p->files) || rename(p->part, p->file) ||
        fs_replace(p->sum, line.p, line.len)) {
        buf_printf(error, "cannot write in \"%s\": %s", p->folder, strerror(errno));
        rc = EXIT_TRY_LATER;
    }
    remove_folder(p->old);
    unlink(p->validator);
    buf_free(&line);
    return rc;
}

static int check_and_keep(const struct source *s, const struct place *p, bool renew,
                          struct buf *error)
{
    char is[HEX], must[HEX];
    if (!sha256_file(p->part, is)) {
        buf_printf(error, "cannot read \"%s\": %s", p->part, strerror(errno));
        return EXIT_TRY_LATER;
    }
    wanted(s, p, renew, must);
    if (*must && strcmp(is, must) != 0) {
        unlink(p->part);
        unlink(p->validator);
        buf_printf(error, "\"%s\" has sha256 %s, and not %s as %s", s->url, is, must,
                   s->sha256 ? "stated" : "when it was first fetched (--renew accepts it)");
        return EXIT_UNREADABLE;
    }
    return keep(p, is, error);
}

/* True when the file is here, whole, and the one that is wanted. */
static bool is_here(const struct source *s, const struct place *p)
{
    char is[HEX], must[HEX];
    struct stat st;
    wanted(s, p, false, must);
    return *must && stat(p->files, &st) == 0 && sha256_file(p->file, is) && strcmp(is, must) == 0;
}

int fetch_source(const struct source *s, const struct fetch_options *o, struct buf *error)
{
    struct place p;
    if (!find_place(s, o, &p) || fs_mkdirs(p.folder)) {
        buf_printf(error, "cannot make folder for \"%s\" in \"%s\": %s", s->name, o->codes,
                   strerror(errno));
        return EXIT_TRY_LATER;
    }
    if (!o->renew && is_here(s, &p))
        return EXIT_DONE;
    struct download d = {.name = s->name,
                         .url = s->url,
                         .part = p.part,
                         .validator = p.validator,
                         .may_resume = s->sha256 != NULL,
                         .tries = o->tries};
    int rc = download_run(&d, error);
    return rc == EXIT_DONE ? check_and_keep(s, &p, o->renew, error) : rc;
}

/* Path of the one file that the pattern names. */
static bool find_file(const char *folder, const char *pattern, char *out, size_t size)
{
    struct dirent **list;
    int n = scandir(folder, &list, NULL, alphasort);
    bool found = false;
    for (int i = 0; i < n; i++) {
        if (!found && *list[i]->d_name != '.' &&
            fnmatch(pattern, list[i]->d_name, FNM_CASEFOLD) == 0)
            found = snprintf(out, size, "%s/%s", folder, list[i]->d_name) < (int)size;
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return found;
}

static int import_one(const struct source *s, const struct source_import *want,
                      const struct fetch_options *o, struct buf *error)
{
    struct place p;
    char path[PATH_MAX];
    find_place(s, o, &p);
    if (!find_file(p.files, want->file, path, sizeof path)) {
        buf_printf(error, "no file like \"%s\" is in it", want->file);
        return EXIT_UNREADABLE;
    }
    const char *system = want->system ? want->system : want->layout->system;
    struct import im = {.layout = want->layout,
                        .system = system ? system : want->layout->name,
                        .from = want->from,
                        .to = want->to};
    int rc = release_import(&im, path, o->codes, want->release, error);
    if (rc == EXIT_DONE)
        printf("%s: %s release %s: %lu codes\n", s->name, im.system, want->release, im.rows);
    return rc;
}

static int fetch_one(const struct source *s, const struct fetch_options *o)
{
    struct buf error = {0};
    int rc = fetch_source(s, o, &error);
    if (rc == EXIT_DONE)
        printf("%s: here\n", s->name);
    for (const struct source_import *i = s->imports; rc == EXIT_DONE && i; i = i->next)
        rc = import_one(s, i, o, &error);
    fflush(stdout);
    if (rc != EXIT_DONE)
        fprintf(stderr, "claimwire codeset: %s: %s\n", s->name, buf_cstr(&error));
    buf_free(&error);
    return rc;
}

static int list_sources(const struct source *all, const struct fetch_options *o)
{
    struct place p;
    for (const struct source *s = all; s; s = s->next)
        printf("%-24s %-8s %s\n", s->name, find_place(s, o, &p) && is_here(s, &p) ? "here" : "-",
               s->url);
    return EXIT_DONE;
}

int fetch_command(const char *path, const struct fetch_options *o, char **name, int n)
{
    struct arena a = {0};
    struct buf error = {0};
    struct source *all, *s;
    int rc = EXIT_DONE;
    if (!sources_read(path, &a, &all, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (n == 0)
        rc = list_sources(all, o);
    for (int i = 0; i < n; i++) {
        bool every = strcmp(name[i], "all") == 0, known = every;
        for (s = all; s; s = s->next)
            if (every || strcmp(s->name, name[i]) == 0) {
                known = true;
                rc = exit_worse(rc, fetch_one(s, o));
            }
        if (!known)
            die(EXIT_USAGE, "no source \"%s\" in \"%s\"", name[i], path);
    }
    arena_free(&a);
    return rc;
}
