#include "tools/submit/also.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS = 4, FILE_MOST = 1 << 30, ISA15 = 102 };
static const char *const TOOLS[FOLDERS] = {"eligibility", "inquire", "authorization", "attach"};

struct also {
    char dir[FOLDERS][PATH_MAX];
    struct timespec seen[FOLDERS]; /* when the folder had changed last, as it was read last */
};

struct also *also_open(const char *run)
{
    struct also *a = xcalloc(1, sizeof *a);
    for (int i = 0; i < FOLDERS; i++)
        if (snprintf(a->dir[i], PATH_MAX, "%s/%s/out", run, TOOLS[i]) >= PATH_MAX)
            die(EXIT_CONFIG, "cannot use the run directory \"%s\": the path is too long", run);
    return a;
}

void also_close(struct also *a)
{
    free(a);
}

/* PAYER-NUMBER.EXT: who it is for; 0: it is none of ours. */
static size_t partner_of(const char *name)
{
    size_t n = strlen(name);
    const char *dash = strrchr(name, '-');
    bool temporary = n > 4 && strcmp(name + n - 4, ".tmp") == 0;
    return name[0] == '.' || temporary || !dash || !wire_name_ok(name) ? 0 : (size_t)(dash - name);
}

/* Test traffic never takes a production wire, nor the reverse. */
static bool usage_fits(const struct wires *w, phi_str partner, const struct buf *bytes)
{
    const struct wire *to = wire_to(w, partner.p, partner.n);
    return !to || bytes->len <= ISA15 || bytes->p[ISA15] == to->usage;
}

static int keep(struct box *b, const struct wires *w, const char *path, const char *name,
                int64_t now_us)
{
    struct buf bytes = {0}, copy = {0};
    phi_str partner = phi_of(name, partner_of(name));
    int64_t row;
    if (fs_read(path, FILE_MOST, &bytes))
        die(EXIT_TRY_LATER, "cannot read \"%s\": %m", path);
    struct digest d = digest_of(bytes.p, bytes.len);
    box_path(b, &d, &copy);
    if (access(buf_cstr(&copy), F_OK) && fs_replace(buf_cstr(&copy), bytes.p, bytes.len))
        die(EXIT_TRY_LATER, "cannot keep a file in \"%s\": %m", buf_cstr(&copy));
    kill_point("submit.also.before");
    row = box_keep_plain(b, partner, phi_lit(name), &d, (int64_t)bytes.len, now_us);
    box_commit(b);
    kill_point("submit.also.after");
    if (row && !usage_fits(w, partner, &bytes))
        box_failed(b, row, true, 0, "SUB_USAGE",
                   "a file of test traffic and a wire for production, or the reverse");
    buf_free(&bytes);
    buf_free(&copy);
    return row != 0;
}

static int look(const char *dir, struct box *b, const struct wires *w, int64_t now_us)
{
    struct dirent **list;
    struct buf path = {0};
    int taken = 0, n = scandir(dir, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        size_t partner = partner_of(name);
        if (partner && !box_find(b, phi_of(name, partner), phi_lit(name))) {
            buf_clear(&path);
            buf_printf(&path, "%s/%s", dir, name);
            taken += keep(b, w, buf_cstr(&path), name, now_us);
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    buf_free(&path);
    return taken;
}

int also_look(struct also *a, struct box *b, const struct wires *w, int64_t now_us)
{
    int taken = 0;
    struct stat st;
    for (int i = 0; i < FOLDERS; i++) {
        if (stat(a->dir[i], &st) ||
            (st.st_mtim.tv_sec == a->seen[i].tv_sec && st.st_mtim.tv_nsec == a->seen[i].tv_nsec))
            continue;
        a->seen[i] = st.st_mtim;
        taken += look(a->dir[i], b, w, now_us);
    }
    return taken;
}
