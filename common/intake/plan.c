#include "common/intake/plan.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GROW(p, list)                                                                              \
    do {                                                                                           \
        if ((p)->list##_n + 1 >= (p)->list##_cap) {                                                \
            (p)->list##_cap = (p)->list##_cap ? (p)->list##_cap * 2 : 16;                          \
            (p)->list = xrealloc((p)->list, (p)->list##_cap * sizeof *(p)->list);                  \
        }                                                                                          \
    } while (0)

/* State of the first pass over X12. */
struct reading {
    struct plan *p;
    const struct plan_opts *o;
    int fd;
    char key[64];    /* of the interchange at hand */
    size_t isa_item; /* where its item is */
    size_t group_item;
    bool in_isa, in_gs;
    uint64_t set_off;
    bool set_again;
    uint32_t findings;
    int error;
};

void plan_add(struct plan *p, enum plan_kind kind, uint64_t off, uint64_t len, uint32_t at)
{
    GROW(p, items);
    p->items[p->items_n++] =
        (struct plan_item){.off = off, .kind = kind, .len = (uint32_t)len, .at = at};
}

static struct plan_isa *isa_of(struct reading *r)
{
    return &r->p->isas[r->p->isas_n - 1];
}

static struct plan_group *group_of(struct reading *r)
{
    return &r->p->groups[r->p->groups_n - 1];
}

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct reading *r = ctx;
    struct plan *p = r->p;
    (void)seg;
    GROW(p, isas);
    p->isas[p->isas_n++] = (struct plan_isa){.off = isa->off, .number = isa->number};
    r->isa_item = p->items_n;
    r->in_isa = true;
    plan_add(p, ITEM_ISA, isa->off, 0, (uint32_t)p->isas_n - 1);
    /* ids hold no control bytes unless they are refused; blanks behind them do not count */
    snprintf(r->key, sizeof r->key, "%s\x1f%s\x1f%s\x1f%s\x1f%s", isa->sender_qual, isa->sender,
             isa->receiver_qual, isa->receiver, isa->control);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct reading *r = ctx;
    struct plan *p = r->p;
    GROW(p, groups);
    r->group_item = p->items_n;
    r->in_gs = true;
    p->groups[p->groups_n++] = (struct plan_group){.off = gs->off,
                                                   .number = gs->number,
                                                   .isa = (uint32_t)p->isas_n - 1,
                                                   .head = (uint32_t)seg_bytes(seg).n + 1,
                                                   .first = (uint32_t)p->items_n + 1};
    plan_add(p, ITEM_GROUP, gs->off, 0, (uint32_t)p->groups_n - 1);
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct reading *r = ctx;
    r->set_off = st->off;
    r->set_again = false;
}

static void set_again(void *ctx, const struct edi_seg *st)
{
    (void)st;
    ((struct reading *)ctx)->set_again = true;
}

static struct plan_finding *keep(struct reading *r, const struct finding *f)
{
    struct arena *mem = &r->p->arena;
    struct plan_finding *k = arena_alloc(mem, sizeof *k);
    k->f = *f;
    k->f.text = arena_strdup(mem, f->text ? f->text : "");
    k->f.bad = arena_phi(mem, f->bad);
    return k;
}

static void push(struct plan_finding **list, struct plan_finding *k)
{
    while (*list)
        list = &(*list)->next;
    *list = k;
}

static void add_loose(struct reading *r, const struct finding *f)
{
    struct plan *p = r->p;
    GROW(p, loose);
    p->loose[p->loose_n++] = keep(r, f);
    plan_add(p, ITEM_LOOSE, f->offset, 0, (uint32_t)p->loose_n - 1);
    p->refused++;
}

static void found(void *ctx, const struct finding *f)
{
    struct reading *r = ctx;
    bool group = f->severity == SEV_GROUP && r->in_gs;
    if (group)
        group_of(r)->refused = true;
    else if (r->in_isa && f->severity == SEV_INTERCHANGE)
        isa_of(r)->refused = true;
    if (++r->findings > PLAN_FINDINGS_MAX)
        r->p->unlisted++;
    else if (group)
        push(&group_of(r)->findings, keep(r, f));
    else if (r->in_isa)
        push(&isa_of(r)->findings, keep(r, f));
    else
        add_loose(r, f);
}

static void set_end(void *ctx, uint64_t end)
{
    struct reading *r = ctx;
    if (end - r->set_off <= PLAN_SET_MAX) {
        plan_add(r->p, ITEM_SET, r->set_off, end - r->set_off, (uint32_t)r->p->groups_n - 1);
        r->p->items[r->p->items_n - 1].again = r->set_again;
        return;
    }
    struct finding f = {.rule = "ING-001",
                        .level = 1,
                        .severity = SEV_GROUP,
                        .segment = "ST",
                        .offset = r->set_off,
                        .report = "AK9:R",
                        .text = "a transaction set is larger than 64 MB; send it as several"};
    found(r, &f);
}

static void gs_end(void *ctx, const struct envelope_gs *gs)
{
    struct reading *r = ctx;
    struct plan_group *g = group_of(r);
    r->in_gs = false;
    g->end = gs->end_off;
    g->sets = gs->sets;
    g->claimed = gs->claimed;
    g->closed = gs->closed;
    if (g->refused) {
        r->p->items_n = r->group_item + 1;
        r->p->refused++;
    }
    g->forwarded = (uint32_t)(r->p->items_n - r->group_item - 1);
}

/* DOMAIN S1-010: the same control number again. */
static enum plan_seen seen_before(struct reading *r, const struct plan_isa *i)
{
    struct digest d;
    if (!r->o->seen || i->refused)
        return SEEN_NEW;
    if (!digest_range(r->fd, i->off, i->end - i->off, &d)) {
        r->error = errno;
        return SEEN_NEW;
    }
    return r->o->seen(r->o->ctx, r->key, i->off, &d);
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct reading *r = ctx;
    struct plan_isa *i = isa_of(r);
    i->end = isa->end_off;
    i->groups = isa->groups;
    i->closed = isa->closed;
    enum plan_seen seen = seen_before(r, i);
    if (seen == SEEN_OTHER) {
        struct finding f = {.rule = "S1-010",
                            .level = 1,
                            .severity = SEV_INTERCHANGE,
                            .segment = "ISA",
                            .element = 13,
                            .offset = i->off,
                            .report = "TA1:025",
                            .text = "an interchange of this sender, receiver and control number "
                                    "came before with other content"};
        found(r, &f);
    }
    r->in_isa = false;
    if (i->refused)
        r->p->items_n = r->isa_item + 1;
    if (seen == SEEN_AGAIN)
        r->p->items_n = r->isa_item;
    r->p->refused += i->refused;
    r->p->again += seen == SEEN_AGAIN;
}

static const struct envelope_events EVENTS = {.isa_begin = isa_begin,
                                              .gs_begin = gs_begin,
                                              .set_begin = set_begin,
                                              .set_again = set_again,
                                              .set_end = set_end,
                                              .gs_end = gs_end,
                                              .isa_end = isa_end,
                                              .found = found};

bool plan_has_seq(uint16_t kind)
{
    return kind == ITEM_SET || kind == ITEM_ENC || kind == ITEM_READ;
}

static uint64_t item_bytes(const struct plan *p, const struct plan_item *it)
{
    if (it->kind == ITEM_READ || it->kind == ITEM_BAD_READ || it->kind == ITEM_READ_POST)
        return it->len == 0 ? p->units.v[it->at].len : 0;
    return it->len;
}

/* Cuts the items into frames, and counts the numbers that each uses. */
static void cut_frames(struct plan *p)
{
    uint64_t bytes = 0;
    uint32_t records = 0;
    for (size_t i = 0; i < p->items_n; i++) {
        struct plan_item *it = &p->items[i];
        uint64_t more = item_bytes(p, it);
        if (i == 0 || records == PLAN_FRAME_RECORDS || bytes + more > PLAN_FRAME_BYTES) {
            GROW(p, frames);
            p->frames[p->frames_n++] = (struct plan_frame){(uint32_t)i, p->seqs};
            records = 0;
            bytes = 0;
        }
        records++;
        bytes += more;
        p->seqs += plan_has_seq(it->kind);
    }
    GROW(p, frames);
    p->frames[p->frames_n] = (struct plan_frame){(uint32_t)p->items_n, p->seqs};
}

/* The form of a file by its first bytes: what is none of the others is X12, good or bad. */
static const char *tell_form(int fd, char *block, size_t room, enum reader_form *reader)
{
    ssize_t n = pread(fd, block, room, 0);
    phi_str head = phi_of(block, n > 0 ? (size_t)n : 0);
    *reader = reader_tell(head);
    for (off_t at = 0; n > 0; n = pread(fd, block, room, at += n))
        for (ssize_t i = 0; i < n; i++)
            if (!strchr(" \t\r\n", block[i]))
                return block[i] == '{' ? "enc" : "x12";
    return "x12";
}

bool plan_is_form(const char *name)
{
    return strcmp(name, "auto") == 0 || strcmp(name, "x12") == 0 || strcmp(name, "enc") == 0 ||
           reader_by_name(name) != READER_NONE;
}

static int read_x12(struct plan *p, int fd, const struct plan_opts *o)
{
    struct reading r = {.p = p, .o = o, .fd = fd};
    struct scan *s = scan_fd(fd, 0);
    envelope_read(s, &o->envelope, &EVENTS, &r);
    scan_free(s);
    errno = r.error;
    return r.error ? -1 : 0;
}

int plan_read(struct plan *p, int fd, const struct plan_opts *o)
{
    static char block[1 << 16];
    const char *form = o->form && strcmp(o->form, "auto") != 0 ? o->form : NULL;
    enum reader_form reader = form ? reader_by_name(form) : READER_NONE;
    int rc;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -1;
    if (!form)
        form = tell_form(fd, block, sizeof block, &reader);
    if (reader != READER_NONE)
        rc = plan_read_units(p, fd, reader, o);
    else if (strcmp(form, "enc") == 0)
        rc = plan_read_encounters(p, fd);
    else
        rc = read_x12(p, fd, o);
    if (rc == 0)
        cut_frames(p);
    return rc;
}

void plan_free(struct plan *p)
{
    free(p->items);
    free(p->isas);
    free(p->groups);
    free(p->loose);
    free(p->frames);
    arena_free(&p->arena);
    *p = (struct plan){0};
}
