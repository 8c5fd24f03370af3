/* SFTP by libcurl: our key, the host's key pinned, written under a temporary name and renamed. */
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/wire/wire_int.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a code of libcurl means to a person, and whether it may pass by itself. */
static const struct meaning {
    CURLcode code;
    enum wire_result result;
    const char *rule, *why;
} MEANINGS[] = {
    {CURLE_PEER_FAILED_VERIFICATION, WIRE_WRONG, "NET_HOST_KEY",
     "the host's key is not the one that is pinned"},
    {CURLE_LOGIN_DENIED, WIRE_WRONG, "NET_KEY", "the host does not take our key"},
    {CURLE_REMOTE_FILE_NOT_FOUND, WIRE_WRONG, "NET_FOLDER", "no such folder or file there"},
    {CURLE_REMOTE_ACCESS_DENIED, WIRE_WRONG, "NET_FOLDER", "we may not write or read there"},
    {CURLE_REMOTE_DISK_FULL, WIRE_LATER, "NET_FULL", "the disk there is full"},
    {CURLE_OPERATION_TIMEDOUT, WIRE_LATER, "NET_TIMEOUT", "nothing moved for too long"},
    {CURLE_WRITE_ERROR, WIRE_LATER, "NET_LOCAL",
     "what came cannot be written here: is the disk full?"},
    {CURLE_COULDNT_CONNECT, WIRE_LATER, "NET_DOWN", "the host does not answer"},
    {CURLE_COULDNT_RESOLVE_HOST, WIRE_LATER, "NET_DOWN", "the name of the host is not known"},
    {CURLE_SSH, WIRE_LATER, "NET_CUT", "the connection ended in mid-file"},
    {CURLE_PARTIAL_FILE, WIRE_LATER, "NET_CUT", "the connection ended in mid-file"},
    {CURLE_SEND_ERROR, WIRE_LATER, "NET_CUT", "the connection ended in mid-file"},
    {CURLE_RECV_ERROR, WIRE_LATER, "NET_CUT", "the connection ended in mid-file"},
};

static enum wire_result meaning(CURLcode code, struct wire_fault *f)
{
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (MEANINGS[i].code == code)
            return wire_fail(f, MEANINGS[i].result, MEANINGS[i].rule, "%s", MEANINGS[i].why);
    return wire_fail(f, WIRE_LATER, "NET_SFTP", "sftp: %s", curl_easy_strerror(code));
}

/* "sftp://host:port/dir/name"; a dir that does not begin with '/' is below the home of the user. */
static void url_of(const struct wire *w, const char *dir, const char *name, struct buf *out)
{
    buf_printf(out, "sftp://%s:%d/%s%s/%s", w->host, w->port, *dir == '/' ? "" : "~/", dir, name);
}

static CURL *session(const struct wire *w, const char *dir, const char *name)
{
    CURL *c = curl_easy_init();
    struct buf url = {0};
    if (!c)
        BUG("libcurl gives no handle");
    url_of(w, dir, name, &url);
    curl_easy_setopt(c, CURLOPT_URL, buf_cstr(&url));
    buf_free(&url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "sftp");
    curl_easy_setopt(c, CURLOPT_USERNAME, w->user);
    curl_easy_setopt(c, CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY);
    curl_easy_setopt(c, CURLOPT_SSH_PRIVATE_KEYFILE, w->key);
    curl_easy_setopt(c, CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256, w->host_key + strlen("SHA256:"));
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)(w->timeout < 30 ? w->timeout : 30));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)w->timeout);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    return c;
}

/* Where a path of quote commands begins: they take absolute paths, or those of the home. */
static const char *quoted_path(const char *dir, const char *name, struct buf *out)
{
    buf_clear(out);
    buf_printf(out, "%s/%s", dir, name);
    return buf_cstr(out);
}

static void rename_command(const char *from_dir, const char *from, const char *to_dir,
                           const char *to, struct buf *out)
{
    struct buf path = {0};
    buf_printf(out, "rename \"%s\"", quoted_path(from_dir, from, &path));
    buf_printf(out, " \"%s\"", quoted_path(to_dir, to, &path));
    buf_free(&path);
}

static size_t to_file(char *p, size_t size, size_t n, void *fd)
{
    return fs_write_all(*(int *)fd, p, size * n) ? 0 : size * n;
}

/* Gets name of dir to path, synced. CURLE_REMOTE_FILE_NOT_FOUND when it is not there. */
static CURLcode download(const struct wire *w, const char *dir, const char *name, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return CURLE_WRITE_ERROR;
    CURL *c = session(w, dir, name);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, to_file);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &fd);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_cleanup(c);
    bool synced = fsync(fd) == 0;
    if (close(fd) || !synced)
        rc = rc ? rc : CURLE_WRITE_ERROR;
    if (rc)
        unlink(path);
    return rc;
}

/* Is the file there already? done: the same bytes; WIRE_LATER with no rule: no, go on. */
static enum wire_result there_already(const struct wire *to, const char *name, const char *path,
                                      struct wire_fault *f)
{
    struct buf copy = {0};
    buf_printf(&copy, "%s.there", path);
    CURLcode rc = download(to, to->dir, name, buf_cstr(&copy));
    bool same = rc == CURLE_OK && wire_same(path, buf_cstr(&copy));
    unlink(buf_cstr(&copy));
    buf_free(&copy);
    *f->rule = '\0';
    if (rc == CURLE_REMOTE_FILE_NOT_FOUND)
        return WIRE_LATER;
    if (rc != CURLE_OK)
        return meaning(rc, f);
    return same ? WIRE_DONE
                : wire_fail(f, WIRE_WRONG, "NET_TAKEN", "other bytes lie there under this name");
}

/* A host that takes no more says only "failure" (OpenSSH, on a full disk), and libcurl gives the same
 * code as for a line that is cut. Then the file there cannot be closed either, which libcurl tells in
 * its text alone. */
static int hear(CURL *c, curl_infotype type, char *text, size_t n, void *cut)
{
    static const char sign[] = "Failed to close libssh2 file";
    (void)c;
    if (type == CURLINFO_TEXT && memmem(text, n, sign, sizeof sign - 1))
        *(bool *)cut = true;
    return 0;
}

static enum wire_result upload_fault(CURLcode code, bool cut, struct wire_fault *f)
{
    if ((code == CURLE_SSH || code == CURLE_SEND_ERROR) && !cut)
        return wire_fail(f, WIRE_LATER, "NET_FULL",
                         "the host took a part and no more: its disk may be full");
    return meaning(code, f);
}

static CURLcode upload(const struct wire *to, const char *name, FILE *file, bool *cut)
{
    struct buf tmp = {0}, command = {0};
    buf_printf(&tmp, "%s.tmp", name);
    CURL *c = session(to, to->dir, buf_cstr(&tmp));
    rename_command(to->dir, buf_cstr(&tmp), to->dir, name, &command);
    struct curl_slist *after = curl_slist_append(NULL, buf_cstr(&command));
    fseek(file, 0, SEEK_END);
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ftell(file));
    rewind(file);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_READDATA, file);
    curl_easy_setopt(c, CURLOPT_POSTQUOTE, after);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, hear);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, cut);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_cleanup(c);
    curl_slist_free_all(after);
    buf_free(&tmp);
    buf_free(&command);
    return rc;
}

enum wire_result sftp_put(const struct wire *to, const char *name, const char *path,
                          struct wire_fault *f)
{
    enum wire_result rc = there_already(to, name, path, f);
    if (rc != WIRE_LATER || *f->rule)
        return rc;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return wire_fail(f, WIRE_LATER, "NET_LOCAL", "our copy of the file cannot be read: %s",
                         strerror(errno));
    bool cut = false;
    CURLcode code = upload(to, name, file, &cut);
    fclose(file);
    return code == CURLE_OK ? WIRE_DONE : upload_fault(code, cut, f);
}

/* ---- the way back ---- */

struct listing {
    struct wire_file **list;
    size_t *n;
    struct buf line;
};

/* A line of the listing: "-rw------- 1 user group SIZE month day time NAME"; plain files only. */
static void list_line(struct listing *l)
{
    enum { BEFORE_NAME = 8, SIZE = 4 };
    const char *p = buf_cstr(&l->line);
    long long bytes = -1;
    if (*p != '-')
        return;
    for (int i = 0; i < BEFORE_NAME; i++) {
        if (i == SIZE)
            bytes = strtoll(p, NULL, 10);
        p += strcspn(p, " ");
        p += strspn(p, " ");
    }
    if (!*p || strlen(p) >= sizeof(*l->list)->name)
        return;
    *l->list = xrealloc(*l->list, (*l->n + 1) * sizeof **l->list);
    struct wire_file *w = &(*l->list)[(*l->n)++];
    snprintf(w->name, sizeof w->name, "%s", p);
    w->bytes = bytes;
}

static size_t to_listing(char *p, size_t size, size_t n, void *to)
{
    struct listing *l = to;
    for (size_t i = 0; i < size * n; i++) {
        if (p[i] != '\n') {
            buf_putc(&l->line, p[i]);
            continue;
        }
        list_line(l);
        buf_clear(&l->line);
    }
    return size * n;
}

enum wire_result sftp_list(const struct wire *from, struct wire_file **list, size_t *n,
                           struct wire_fault *f)
{
    struct listing l = {.list = list, .n = n};
    CURL *c = session(from, from->dir, "");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, to_listing);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &l);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_cleanup(c);
    buf_free(&l.line);
    return rc == CURLE_OK ? WIRE_DONE : meaning(rc, f);
}

enum wire_result sftp_get(const struct wire *from, const char *name, const char *path,
                          struct wire_fault *f)
{
    CURLcode rc = download(from, from->dir, name, path);
    return rc == CURLE_OK ? WIRE_DONE : meaning(rc, f);
}

static CURLcode rename_there(const struct wire *w, const char *name, const char *as)
{
    struct buf command = {0};
    struct wire_file *none = NULL;
    size_t n = 0;
    struct listing l = {.list = &none, .n = &n};
    rename_command(w->dir, name, w->archive, as, &command);
    struct curl_slist *first = curl_slist_append(NULL, buf_cstr(&command));
    CURL *c = session(w, w->archive, "");
    curl_easy_setopt(c, CURLOPT_QUOTE, first);
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, to_listing);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &l);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_cleanup(c);
    curl_slist_free_all(first);
    buf_free(&command);
    buf_free(&l.line);
    free(none);
    return rc;
}

enum wire_result sftp_move(const struct wire *from, const char *name, struct wire_fault *f)
{
    CURLcode rc = CURLE_QUOTE_ERROR;
    for (int i = 0; rc == CURLE_QUOTE_ERROR && i < 10; i++) {
        char as[256];
        rc = rename_there(from, name, wire_namesake(name, i, as));
    }
    return rc == CURLE_OK ? WIRE_DONE : meaning(rc, f);
}
