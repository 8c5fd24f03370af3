#include "tools/code/note.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include <errno.h>
#include <stdio.h>
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
