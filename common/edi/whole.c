#include "common/edi/whole.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct whole {
    const struct envelope_events *ev;
    void *ctx;
    struct whole_fault *f;
    uint32_t segments;
    char st02[10];
    bool in_set, ended; /* ended: SE came */
};

void whole_fault_add(struct whole_fault *f, const char *rule, uint64_t off, const char *text)
{
    if (f->faults++)
        return;
    snprintf(f->rule, sizeof f->rule, "%s", rule);
    snprintf(f->text, sizeof f->text, "%s", text);
    f->off = off;
}

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct whole *w = ctx;
    if (w->ev->isa_begin)
        w->ev->isa_begin(w->ctx, isa, seg);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct whole *w = ctx;
    if (w->ev->gs_begin)
        w->ev->gs_begin(w->ctx, gs, seg);
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct whole *w = ctx;
    phi_str n = seg_el(st, 2);
    w->segments = 0;
    w->ended = false;
    w->in_set = true;
    snprintf(w->st02, sizeof w->st02, "%.*s", (int)n.n, n.p);
    if (w->ev->set_begin)
        w->ev->set_begin(w->ctx, st);
}

static void set_again(void *ctx, const struct edi_seg *st)
{
    struct whole *w = ctx;
    whole_fault_add(w->f, "S1-027", st->off, "ST02 stands in the group twice");
}

static void check_se(struct whole *w, const struct edi_seg *seg)
{
    char count[12];
    snprintf(count, sizeof count, "%u", w->segments);
    phi_str n = seg_el(seg, 1);
    while (n.n > 1 && *n.p == '0')
        n = phi_of(n.p + 1, n.n - 1);
    w->ended = true;
    if (!phi_is(n, count))
        whole_fault_add(w->f, "S1-026", seg->off, "SE01 is not the number of segments of the set");
    if (!phi_is(seg_el(seg, 2), w->st02))
        whole_fault_add(w->f, "S1-025", seg->off, "SE02 is not the ST02 of the set");
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct whole *w = ctx;
    if (!w->in_set) {
        whole_fault_add(w->f, "TA1", seg->off,
                        "a TA1 belongs to its interchange and not to a set: it cannot be moved");
        return;
    }
    w->segments++;
    if (seg_is(seg, "SE"))
        check_se(w, seg);
    if (w->ev->segment)
        w->ev->segment(w->ctx, seg);
}

static void set_end(void *ctx, uint64_t off)
{
    struct whole *w = ctx;
    w->in_set = false;
    if (!w->ended)
        whole_fault_add(w->f, "S1-024", off, "a set has no SE");
    if (w->ev->set_end)
        w->ev->set_end(w->ctx, off);
}

static void gs_end(void *ctx, const struct envelope_gs *gs)
{
    struct whole *w = ctx;
    if (w->ev->gs_end)
        w->ev->gs_end(w->ctx, gs);
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct whole *w = ctx;
    if (w->ev->isa_end)
        w->ev->isa_end(w->ctx, isa);
}

static void found(void *ctx, const struct finding *f)
{
    struct whole *w = ctx;
    if (f->severity >= SEV_TRANSACTION)
        whole_fault_add(w->f, f->rule, f->offset, f->text);
}

bool whole_read(int fd, const struct envelope_events *ev, void *ctx, struct whole_fault *f)
{
    static const struct envelope_events all = {.isa_begin = isa_begin,
                                               .gs_begin = gs_begin,
                                               .set_begin = set_begin,
                                               .set_again = set_again,
                                               .segment = segment,
                                               .set_end = set_end,
                                               .gs_end = gs_end,
                                               .isa_end = isa_end,
                                               .found = found};
    struct whole w = {.ev = ev, .ctx = ctx, .f = f};
    if (lseek(fd, 0, SEEK_SET) < 0) {
        whole_fault_add(f, "", 0, "the file cannot be read from its beginning");
        return false;
    }
    struct scan *s = scan_fd(fd, 0);
    int rc = envelope_read(s, &(struct envelope_opts){0}, &all, &w);
    scan_free(s);
    if (rc >= EXIT_UNREADABLE)
        whole_fault_add(f, "S1-001", 0, "there is no interchange in the file");
    return f->faults == 0;
}

static int spool(int from)
{
    char bytes[1 << 16];
    ssize_t n;
    FILE *f = tmpfile();
    if (!f)
        return -1;
    int fd = dup(fileno(f));
    fclose(f);
    while (fd >= 0 && (n = read(from, bytes, sizeof bytes)) != 0)
        if (n < 0 || fs_write_all(fd, bytes, (size_t)n)) {
            close(fd);
            return -1;
        }
    return fd;
}

int whole_open(const char *path)
{
    bool in = strcmp(path, "-") == 0;
    int fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    int copy = spool(fd);
    close(fd);
    return copy;
}
