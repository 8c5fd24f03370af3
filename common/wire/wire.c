/* What folder and SFTP have in common: names, manifests, comparing. */
#include "common/wire/wire.h"
#include "common/util/fs.h"
#include "common/wire/wire_int.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 200, SHA_HEX = 2 * crypto_hash_sha256_BYTES + 1 };

static const struct way {
    enum wire_result (*put)(const struct wire *, const char *, const char *, struct wire_fault *);
    enum wire_result (*list)(const struct wire *, struct wire_file **, size_t *,
                             struct wire_fault *);
    enum wire_result (*get)(const struct wire *, const char *, const char *, struct wire_fault *);
    enum wire_result (*move)(const struct wire *, const char *, struct wire_fault *);
} WAYS[] = {[WIRE_FOLDER] = {folder_put, folder_list, folder_get, folder_move},
            [WIRE_SFTP] = {sftp_put, sftp_list, sftp_get, sftp_move}};

enum wire_result wire_fail(struct wire_fault *f, enum wire_result r, const char *rule,
                           const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    f->asked = 0;
    snprintf(f->rule, sizeof f->rule, "%s", rule);
    vsnprintf(f->why, sizeof f->why, fmt, args);
    va_end(args);
    return r;
}

bool wire_name_ok(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n && !name[n] && n <= NAME_MAX_BYTES && *name != '.';
}

const char *wire_namesake(const char *name, int i, char out[256])
{
    if (i == 0)
        snprintf(out, 256, "%s", name);
    else
        snprintf(out, 256, "%s.%d", name, i);
    return out;
}

/* ---- when again ---- */

/* CORE: not before 90 s, and at most five in 15 minutes: 90 s once, then 225 s each. */
enum { CORE_FIRST = 90, CORE_THEN = 15 * 60 / 4 };

int wire_least_pause(const struct wire *w)
{
    return wire_is_core(w) && w->usage == 'P' ? CORE_FIRST : 0;
}

int64_t wire_pause(const struct wire *w, int64_t tries, bool open)
{
    int64_t p = w->retry_first;
    for (int64_t i = 1; i < tries && p < w->retry_most; i++)
        p *= 2;
    if (open || p > w->retry_most)
        p = w->retry_most;
    int64_t least = tries > 1 && wire_least_pause(w) ? CORE_THEN : wire_least_pause(w);
    return p < least ? least : p;
}

int64_t wire_wait(const struct wire *w, int64_t tries, bool open, const struct wire_fault *f)
{
    int64_t p = wire_pause(w, tries, open);
    int64_t asked = f->asked > WIRE_ASKED_MOST ? WIRE_ASKED_MOST : f->asked;
    return p < asked ? asked : p;
}

/* ---- manifests ---- */

struct sum {
    int64_t bytes;
    char sha[SHA_HEX];
};

static bool sum_file(const char *path, struct sum *out)
{
    crypto_hash_sha256_state h;
    unsigned char part[65536], hash[crypto_hash_sha256_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    if (fd < 0)
        return false;
    crypto_hash_sha256_init(&h);
    out->bytes = 0;
    while ((n = read(fd, part, sizeof part)) > 0) {
        crypto_hash_sha256_update(&h, part, (size_t)n);
        out->bytes += n;
    }
    close(fd);
    crypto_hash_sha256_final(&h, hash);
    sodium_bin2hex(out->sha, sizeof out->sha, hash, sizeof hash);
    return n == 0;
}

bool wire_manifest(const char *name, const char *path, struct buf *out)
{
    struct sum s;
    if (!sum_file(path, &s))
        return false;
    buf_puts(out, "{\"name\":");
    buf_json(out, phi_lit(name));
    buf_printf(out, ",\"bytes\":%lld,\"sha256\":\"%s\"}\n", (long long)s.bytes, s.sha);
    return true;
}

/* What the manifest at side says of the file at path. A manifest that is none says nothing. */
static enum wire_result compare(const char *side, const char *path, struct wire_fault *f)
{
    struct sum s;
    json_t *m = json_load_file(side, 0, NULL);
    const char *sha = json_string_value(json_object_get(m, "sha256"));
    enum wire_result rc = WIRE_DONE;
    if (sha && sum_file(path, &s) &&
        (strcmp(sha, s.sha) != 0 || json_integer_value(json_object_get(m, "bytes")) != s.bytes))
        rc = wire_fail(f, WIRE_LATER, "NET_TORN",
                       "the file that came is not what its manifest says");
    json_decref(m);
    return rc;
}

bool wire_same(const char *a, const char *b)
{
    struct sum x, y;
    if (!sum_file(a, &x) || !sum_file(b, &y))
        return false;
    errno = 0;
    return x.bytes == y.bytes && strcmp(x.sha, y.sha) == 0;
}

/* ---- calls ---- */

static const char *side_name(const char *name, char out[256])
{
    snprintf(out, 256, "%s.manifest", name);
    return out;
}

/* The manifest goes first, so that whoever sees the file can see what it must be. */
static enum wire_result put_manifest(const struct wire *to, const char *name, const char *path,
                                     struct wire_fault *f)
{
    char side[256];
    struct buf text = {0}, tmp = {0};
    buf_printf(&tmp, "%s.manifest", path);
    enum wire_result rc = WIRE_DONE;
    if (!wire_manifest(name, path, &text) || fs_replace(buf_cstr(&tmp), text.p, text.len))
        rc = wire_fail(f, WIRE_LATER, "NET_LOCAL", "our copy of the file cannot be read: %s",
                       strerror(errno));
    else
        rc = WAYS[to->by].put(to, side_name(name, side), buf_cstr(&tmp), f);
    unlink(buf_cstr(&tmp));
    buf_free(&text);
    buf_free(&tmp);
    return rc;
}

enum wire_result wire_send(const struct wire *to, const char *name, const char *path,
                           const char *answer, int64_t now_us, struct wire_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC); /* ends with us, so that a death lets go */
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return wire_fail(fault, WIRE_LATER, "NET_BUSY", "another process sends this file just now");
    }
    enum wire_result rc = wire_is_core(to) ? core_put(to, name, path, answer, now_us, fault)
                                           : wire_put(to, name, path, fault);
    if (fd >= 0)
        close(fd);
    return rc;
}

bool wire_sending(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    return busy;
}

enum wire_result wire_put(const struct wire *to, const char *name, const char *path,
                          struct wire_fault *fault)
{
    if (!wire_name_ok(name))
        return wire_fail(fault, WIRE_WRONG, "NET_NAME", "the name of the file cannot stand there");
    enum wire_result rc = to->manifest ? put_manifest(to, name, path, fault) : WIRE_DONE;
    return rc == WIRE_DONE ? WAYS[to->by].put(to, name, path, fault) : rc;
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), w = strlen(with);
    return n >= w && strcmp(s + n - w, with) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct wire_file *)a)->name, ((const struct wire_file *)b)->name);
}

enum wire_result wire_list(const struct wire *from, struct wire_file **list, size_t *n,
                           struct wire_fault *fault)
{
    size_t kept = 0;
    *list = NULL;
    *n = 0;
    enum wire_result rc = WAYS[from->by].list(from, list, n, fault);
    for (size_t i = 0; i < *n; i++) {
        const char *name = (*list)[i].name;
        if (wire_name_ok(name) && !ends(name, ".tmp") && !ends(name, ".manifest"))
            (*list)[kept++] = (*list)[i];
    }
    *n = kept;
    if (kept)
        qsort(*list, kept, sizeof **list, by_name);
    return rc;
}

enum wire_result wire_get(const struct wire *from, const char *name, const char *path,
                          struct wire_fault *fault)
{
    char side[256];
    struct buf tmp = {0};
    enum wire_result rc = WAYS[from->by].get(from, name, path, fault);
    if (rc != WIRE_DONE)
        return rc;
    buf_printf(&tmp, "%s.manifest", path);
    struct wire_fault none;
    if (WAYS[from->by].get(from, side_name(name, side), buf_cstr(&tmp), &none) == WIRE_DONE)
        rc = compare(buf_cstr(&tmp), path, fault);
    unlink(buf_cstr(&tmp));
    buf_free(&tmp);
    return rc;
}

enum wire_result wire_archive(const struct wire *from, const char *name, struct wire_fault *fault)
{
    char side[256];
    struct wire_fault none;
    if (!from->archive)
        return WIRE_DONE;
    enum wire_result rc = WAYS[from->by].move(from, name, fault);
    if (rc == WIRE_DONE)
        WAYS[from->by].move(from, side_name(name, side), &none);
    return rc;
}
