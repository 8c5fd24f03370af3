#include "tools/code/note.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOTE_LIMIT = 16 << 20 };

int read_note(const char *path, struct buf *note)
{
    ssize_t n = 1;
    buf_clear(note);
    if (strcmp(path, "-") != 0) {
        if (fs_read(path, NOTE_LIMIT, note) == 0)
            return EXIT_DONE;
        fprintf(stderr, "claimwire code: cannot read \"%s\": %s\n", path, strerror(errno));
        return EXIT_TRY_LATER;
    }
    while (n > 0 && note->len < NOTE_LIMIT) {
        n = read(STDIN_FILENO, buf_room(note, 1 << 16), 1 << 16);
        note->len += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? EXIT_TRY_LATER : EXIT_DONE;
}

static int shown(const struct dirent *d)
{
    return d->d_name[0] != '.' && d->d_type != DT_DIR;
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
