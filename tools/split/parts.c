#include "tools/split/parts.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FLUSH = 64 << 10, HELD = 16 << 20, CONTROL_MAX = 999999999 };

struct parts {
    struct parts_opts o;
    struct part **slot; /* open parts by key */
    size_t slots, open;
    struct part *first, *last; /* in the order they were made */
    uint32_t made, control;
    size_t held;        /* bytes not written, of all: at most so many */
    struct buf isa, gs; /* as they came */
    uint64_t gs_off, st_off;
    const char *newline;
    char elem, term;
    uint32_t isa13[2];    /* where ISA13 stands in the ISA, and how long it is */
    struct part **in_set; /* parts that have something of the present set */
    size_t in_set_n, in_set_room;
    struct buf line;
};

struct parts *parts_new(const struct parts_opts *o)
{
    struct parts *p = xcalloc(1, sizeof *p);
    p->o = *o;
    p->slots = 1024;
    p->slot = xcalloc(p->slots, sizeof *p->slot);
    return p;
}

static void path_of(const struct parts *p, uint32_t number, bool hidden, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s%s-%04u%s%s", p->o.dir, hidden ? "." : "", p->o.stem,
                     number, p->o.suffix, hidden ? ".part" : "");
    if (n >= PATH_MAX)
        die(EXIT_USAGE, "cannot write to \"%s\": the path is too long", p->o.dir);
}

/* ---- bytes ---- */

static void flush(struct parts *p, struct part *q)
{
    char path[PATH_MAX];
    if (q->bytes.len == 0)
        return;
    path_of(p, q->number, true, path);
    int how = q->made ? O_APPEND : O_CREAT | O_TRUNC;
    int fd = open(path, O_WRONLY | O_CLOEXEC | how, 0600);
    if (fd < 0 || fs_write_all(fd, q->bytes.p, q->bytes.len) || close(fd))
        die(EXIT_TRY_LATER, "cannot write the file \"%s\": %m", path);
    q->made = true;
    buf_free(&q->bytes);
}

void part_settle(struct parts *p, struct part *q)
{
    if (q->bytes.len > FLUSH)
        flush(p, q);
}

/* When many parts hold a little each, all of them are written. */
static void settle(struct parts *p)
{
    if (p->held < HELD)
        return;
    for (struct part *q = p->first; q; q = q->next)
        flush(p, q);
    p->held = 0;
}

static void end_seg(struct part *q)
{
    buf_putc(&q->bytes, q->w.d.term);
    buf_puts(&q->bytes, q->w.newline);
    q->w.segments++;
}

void part_copy(struct part *q, const struct edi_seg *seg)
{
    buf_phi(&q->bytes, seg_bytes(seg));
    end_seg(q);
}

static void trailer(struct part *q, const char *id, uint32_t n, phi_str control)
{
    buf_puts(&q->bytes, id);
    buf_putc(&q->bytes, q->w.d.elem);
    buf_int(&q->bytes, n);
    buf_putc(&q->bytes, q->w.d.elem);
    buf_phi(&q->bytes, control);
    end_seg(q);
}

/* ---- envelopes ---- */

void parts_newline(struct parts *p, const char *newline)
{
    p->newline = newline;
}

void parts_isa(struct parts *p, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    phi_str control = seg_el(seg, 13);
    buf_clear(&p->isa);
    buf_phi(&p->isa, seg_bytes(seg));
    p->isa13[0] = (uint32_t)(control.p - seg_bytes(seg).p);
    p->isa13[1] = (uint32_t)control.n;
    p->elem = isa->delims.elem;
    p->term = isa->delims.term;
    p->newline = "";
    if (!p->control)
        p->control = p->o.control ? p->o.control : (uint32_t)strtoul(isa->control, NULL, 10);
}

void parts_gs(struct parts *p, const struct edi_seg *seg)
{
    buf_clear(&p->gs);
    buf_phi(&p->gs, seg_bytes(seg));
    p->gs_off = seg->off;
}

void parts_set(struct parts *p, const struct edi_seg *st)
{
    p->st_off = st->off;
    p->in_set_n = 0;
}

static phi_str element(const struct buf *seg, char elem, uint32_t i)
{
    return edi_part(buf_view(seg), elem, i + 1);
}

/* ISA13 of a part: nine digits, and behind the highest number 1 again, as 0 is none. */
static void control_of(const struct part *q, const struct parts *p, char out[10])
{
    snprintf(out, 10, "%09u", (p->control + q->number - 2) % CONTROL_MAX + 1u);
}

static void begin(struct parts *p, struct part *q)
{
    char control[10];
    control_of(q, p, control);
    q->w = (struct edi_writer){
        .out = &q->bytes, .d = {.elem = p->elem, .term = p->term}, .newline = p->newline};
    size_t at = q->bytes.len + p->isa13[0];
    buf_phi(&q->bytes, buf_view(&p->isa));
    for (uint32_t i = 0; i < 9 && i < p->isa13[1]; i++)
        q->bytes.p[at + i] = control[i];
    end_seg(q);
}

static size_t place(const struct parts *p, uint32_t key)
{
    size_t i = (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (p->slots - 1);
    while (p->slot[i] && p->slot[i]->key != key)
        i = (i + 1) & (p->slots - 1);
    return i;
}

static void grow(struct parts *p)
{
    free(p->slot);
    p->slots *= 2;
    p->slot = xcalloc(p->slots, sizeof *p->slot);
    for (struct part *q = p->first; q; q = q->next)
        p->slot[place(p, q->key)] = q;
}

static struct part *make(struct parts *p, uint32_t key)
{
    struct part *q = xcalloc(1, sizeof *q);
    char path[PATH_MAX];
    q->key = key;
    q->number = ++p->made;
    path_of(p, q->number, false, path);
    if (access(path, F_OK) == 0)
        die(EXIT_USAGE, "the file \"%s\" is there already: name an empty folder with --out", path);
    *(p->first ? &p->last->next : &p->first) = q;
    p->last = q;
    if (++p->open * 2 > p->slots)
        grow(p);
    else
        p->slot[place(p, key)] = q;
    begin(p, q);
    return q;
}

struct part *parts_of(struct parts *p, uint32_t key)
{
    struct part *q = p->slot[place(p, key)];
    if (!q)
        q = make(p, key);
    if (q->in_gs)
        return q;
    buf_phi(&q->bytes, buf_view(&p->gs));
    end_seg(q);
    buf_clear(&q->gs06);
    buf_phi(&q->gs06, element(&p->gs, p->elem, 6));
    q->in_gs = true;
    q->groups++;
    q->sets = 0;
    return q;
}

void part_in_set(struct parts *p, struct part *q)
{
    if (p->in_set_n == p->in_set_room) {
        p->in_set_room = p->in_set_room ? p->in_set_room * 2 : 16;
        p->in_set = xrealloc(p->in_set, p->in_set_room * sizeof(void *));
    }
    p->in_set[p->in_set_n++] = q;
    q->in_st = true;
    q->sets++;
    q->all_sets++;
    q->st = p->st_off;
}

void parts_set_end(struct parts *p)
{
    for (size_t i = 0; i < p->in_set_n; i++) {
        struct part *q = p->in_set[i];
        if (q->in_st)
            trailer(q, "SE", q->w.segments + 1, buf_view(&q->st02));
        q->in_st = false;
        part_settle(p, q);
        p->held += q->bytes.len;
    }
    p->in_set_n = 0;
    settle(p);
}

void parts_gs_end(struct parts *p)
{
    for (struct part *q = p->first; q; q = q->next) {
        if (!q->in_gs)
            continue;
        trailer(q, "GE", q->sets, buf_view(&q->gs06));
        q->in_gs = false;
    }
}

/* ---- the end ---- */

static void tell(struct parts *p, const struct part *q, phi_str key)
{
    struct buf *b = &p->line;
    buf_clear(b);
    if (p->o.json) {
        buf_printf(b, "{\"file\":\"%s-%04u%s\",\"key\":", p->o.stem, q->number, p->o.suffix);
        buf_json(b, key);
        buf_printf(b, ",\"sets\":%u,\"claims\":%u,\"cents\":%lld}\n", q->all_sets, q->claims,
                   (long long)q->cents);
    } else {
        buf_printf(b, "%s-%04u%s  %u set%s, %u claim%s, ", p->o.stem, q->number, p->o.suffix,
                   q->all_sets, q->all_sets == 1 ? "" : "s", q->claims, q->claims == 1 ? "" : "s");
        money_human(b, q->cents);
        buf_puts(b, key.n ? "  " : "");
        for (size_t i = 0; i < key.n; i++)
            buf_putc(b, key.p[i] >= ' ' && key.p[i] != 0x7f ? key.p[i] : '?');
        buf_putc(b, '\n');
    }
    if (b->len)
        fwrite(b->p, 1, b->len, stdout);
}

static void part_free(struct part *q)
{
    struct buf *const all[] = {&q->bytes,   &q->gs06,       &q->st02,
                               &q->billing, &q->subscriber, &q->patient};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_free(all[i]);
    free(q);
}

void parts_isa_end(struct parts *p, phi_str (*key)(void *ctx, uint32_t key), void *ctx)
{
    for (struct part *q = p->first, *next; q; q = next) {
        char control[10];
        next = q->next;
        control_of(q, p, control);
        trailer(q, "IEA", q->groups, phi_lit(control));
        flush(p, q);
        tell(p, q, key(ctx, q->key));
        part_free(q);
    }
    p->first = p->last = NULL;
    p->open = 0;
    memset(p->slot, 0, p->slots * sizeof *p->slot);
}

uint32_t parts_finish(struct parts *p)
{
    char from[PATH_MAX], to[PATH_MAX];
    for (uint32_t i = 1; i <= p->made; i++) {
        path_of(p, i, true, from);
        path_of(p, i, false, to);
        if (rename(from, to))
            die(EXIT_TRY_LATER, "cannot name the file \"%s\": %m", to);
    }
    return p->made;
}

void parts_free(struct parts *p)
{
    free(p->slot);
    free(p->in_set);
    buf_free(&p->isa);
    buf_free(&p->gs);
    buf_free(&p->line);
    free(p);
}
