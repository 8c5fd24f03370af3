#include "tools/submit/deliver.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdio.h>
#include <unistd.h>

void answer_name(const struct box_row *row, struct buf *out)
{
    buf_phi(out, row->partner);
    buf_putc(out, '.');
    buf_phi(out, row->name);
    buf_puts(out, ".answer");
}

/* The run directory and the folder may lie on different disks. */
static bool move(const char *from, const char *to)
{
    struct buf bytes = {0};
    bool good = rename(from, to) == 0 && fs_sync_parent(to) == 0;
    if (!good)
        good = fs_read(from, (size_t)1 << 30, &bytes) == 0 &&
               fs_replace(to, bytes.p, bytes.len) == 0 && unlink(from) == 0;
    buf_free(&bytes);
    return good;
}

static void place(struct box *b, const struct box_row *row, const char *answers)
{
    struct buf from = {0}, to = {0};
    box_answer_path(b, row, &from);
    if (access(buf_cstr(&from), F_OK) == 0) {
        buf_printf(&to, "%s/", answers);
        answer_name(row, &to);
        kill_point("submit.answer.before");
        if (fs_mkdirs(answers) || !move(buf_cstr(&from), buf_cstr(&to)))
            die(EXIT_TRY_LATER, "cannot put an answer into the folder \"%s\": %m", answers);
        kill_point("submit.answer.after");
    }
    buf_free(&from);
    buf_free(&to);
}

void deliver(struct box *b, const struct box_row *row, const char *answers, int64_t now_us)
{
    place(b, row, answers);
    box_delivered(b, row->n, now_us);
    if (box_is_plain(b, row->n))
        box_told(b, row->n);
}
