/* The container of a table and its notes: opened by the reader, made by ingest. */
#include "common/readers/csv.h"
#include "common/util/fs.h"
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* "LENGTH[ NAME] LF" and so many bytes. False at the end, or when it is damaged. */
static bool next_part(phi_str *s, phi_str *name, phi_str *bytes)
{
    size_t n = 0, i = 0;
    while (i < s->n && i < 9 && s->p[i] >= '0' && s->p[i] <= '9')
        n = n * 10 + (size_t)(s->p[i++] - '0');
    const char *end = memchr(s->p + i, '\n', s->n - i < 300 ? s->n - i : 300);
    if (i == 0 || !end || (s->p[i] != '\n' && s->p[i] != ' '))
        return false;
    size_t head = (size_t)(end - s->p) + 1;
    if (n > s->n - head)
        return false;
    *name = s->p[i] == ' ' ? phi_of(s->p + i + 1, head - i - 2) : phi_of("", 0);
    *bytes = phi_of(s->p + head, n);
    *s = phi_of(s->p + head + n, s->n - head - n);
    return true;
}

/* Lengths that are wrong cut parts within a character. */
static bool all_text(phi_str table, phi_str rest)
{
    phi_str name, text;
    bool good = !reader_not_text(table);
    while (good && rest.n && next_part(&rest, &name, &text))
        good = !reader_not_text(text);
    return good;
}

bool csv_open(phi_str unit, phi_str *table, struct csv_notes *notes)
{
    phi_str name;
    *table = unit;
    notes->rest = phi_of("", 0);
    if (unit.n < CSV_MAGIC_LEN || memcmp(unit.p, CSV_MAGIC, CSV_MAGIC_LEN) != 0)
        return true;
    notes->rest = phi_of(unit.p + CSV_MAGIC_LEN, unit.n - CSV_MAGIC_LEN);
    return next_part(&notes->rest, &name, table) && name.n == 0 && all_text(*table, notes->rest);
}

bool csv_note(const struct csv_notes *notes, phi_str name, phi_str *text)
{
    phi_str rest = notes->rest, had;
    while (rest.n && next_part(&rest, &had, text))
        if (phi_eq(had, name))
            return true;
    return false;
}

/* ---- making one ---- */

/* A name of a file right here: no folder, not hidden. */
static bool plain_name(phi_str name)
{
    if (name.n == 0 || name.n > 200 || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/' || (unsigned char)name.p[i] < ' ')
            return false;
    return true;
}

static void add_note(int dir, phi_str name, struct buf *out)
{
    char path[256];
    struct stat st;
    if (!plain_name(name))
        return;
    memcpy(path, name.p, name.n);
    path[name.n] = 0;
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool good =
        fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= READER_NOTE_MAX;
    if (good) {
        buf_printf(out, "%lld ", (long long)st.st_size);
        buf_phi(out, name);
        buf_putc(out, '\n');
        size_t n = (size_t)st.st_size, had = 0;
        char *to = buf_room(out, n + 1);
        ssize_t got;
        while (had < n && (got = read(fd, to + had, n - had)) > 0)
            had += (size_t)got;
        memset(to + had, ' ', n - had); /* it became shorter in between */
        out->len += n;
    }
    if (fd >= 0)
        close(fd);
}

bool csv_pack(phi_str table, int dir, struct buf *out)
{
    struct arena mem = {0};
    phi_str *names;
    size_t n = csv_note_names(table, &mem, &names);
    buf_puts(out, CSV_MAGIC);
    buf_printf(out, "%zu\n", table.n);
    buf_phi(out, table);
    for (size_t i = 0; i < n; i++)
        add_note(dir, names[i], out);
    arena_free(&mem);
    return n > 0;
}
