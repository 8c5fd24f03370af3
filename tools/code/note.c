#include "tools/code/note.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_input(size_t limit, struct buf *text)
{
    ssize_t n;
    while ((n = read(STDIN_FILENO, buf_room(text, 1 << 16), 1 << 16)) > 0) {
        text->len += (size_t)n;
        if (text->len > limit) {
            errno = EFBIG;
            return -1;
        }
    }
    return n < 0 ? -1 : 0;
}

/* Why these bytes are no note. A letter of another encoding is none: the words around it count. */
static const char *no_text(const struct buf *text)
{
    if (text->len >= 2 &&
        (memcmp(text->p, "\xFF\xFE", 2) == 0 || memcmp(text->p, "\xFE\xFF", 2) == 0))
        return "is UTF-16; send UTF-8";
    return text->len && memchr(text->p, 0, text->len) ? "is no text: it holds a zero byte" : NULL;
}

int read_text(const char *path, int most_mb, struct buf *text)
{
    size_t limit = (size_t)most_mb << 20;
    buf_clear(text);
    if (strcmp(path, "-") == 0 ? read_input(limit, text) : fs_read(path, limit, text)) {
        bool big = errno == EFBIG;
        if (big)
            fprintf(stderr, "claimwire code: \"%s\" is larger than %d MB\n", path, most_mb);
        else
            fprintf(stderr, "claimwire code: cannot read \"%s\": %s\n", path, strerror(errno));
        return big ? EXIT_UNREADABLE : EXIT_TRY_LATER;
    }
    const char *bad = no_text(text);
    if (bad)
        fprintf(stderr, "claimwire code: \"%s\" %s\n", path, bad);
    return bad ? EXIT_UNREADABLE : EXIT_DONE;
}

static int shown(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

/* A folder in a folder is left out, and a link to one. */
static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Files of a folder; -1 when it is none. */
static int files_of(const char *name, struct dirent ***file)
{
    return strcmp(name, "-") == 0 ? -1 : scandir(name, file, shown, alphasort);
}

char **expand_folders(struct arena *a, char **name, int *n)
{
    char **out = NULL;
    struct dirent **file;
    int count = 0;
    for (int i = 0; i < *n; i++) {
        int files = files_of(name[i], &file);
        out = xrealloc(out, (size_t)(count + (files > 0 ? files : 0) + 1) * sizeof *out);
        if (files < 0)
            out[count++] = name[i];
        for (int k = 0; k < files; k++) {
            struct buf path = {0};
            buf_printf(&path, "%s/%s", name[i], file[k]->d_name);
            if (!is_folder(buf_cstr(&path)))
                out[count++] = arena_strdup(a, buf_cstr(&path));
            buf_free(&path);
            free(file[k]);
        }
        if (files >= 0)
            free(file);
    }
    *n = count;
    char **kept = arena_alloc(a, (size_t)(count + 1) * sizeof *kept);
    if (count)
        memcpy(kept, out, (size_t)count * sizeof *kept);
    free(out);
    return kept;
}
