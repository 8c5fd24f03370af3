/* The first pass over what readers read: units, and how many items each gives. */
#include "common/intake/plan.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* As DOMAIN S1-010 has it for interchanges: the same sender and control id again. */
static enum plan_seen seen_before(const struct plan_opts *o, int fd, const struct reader_unit *u,
                                  int *error)
{
    struct digest d;
    if (!o->seen || !u->key.n)
        return SEEN_NEW;
    if (!digest_range(fd, u->body_off, u->off + u->len - u->body_off, &d)) {
        *error = errno;
        return SEEN_NEW;
    }
    struct arena mem = {0};
    const char *key = arena_strndup(&mem, u->key.p, u->key.n);
    enum plan_seen seen = o->seen(o->ctx, key, u->off, &d);
    arena_free(&mem);
    return seen;
}

static void add_items(struct plan *p, size_t unit, const struct reader_items *items)
{
    enum plan_kind good = p->reader == READER_BANK ? ITEM_READ_POST : ITEM_READ;
    for (size_t k = 0; k < items->n; k++) {
        bool bad = items->v[k].rule != NULL;
        p->refused += bad;
        plan_add(p, bad ? ITEM_BAD_READ : good, p->units.v[unit].off, k, (uint32_t)unit);
    }
}

/* A message that is refused does not use up its control id: it may come again, mended. */
static int read_unit(struct plan *p, int fd, phi_str file, size_t unit, struct arena *mem,
                     const struct plan_opts *o)
{
    struct reader_unit *u = &p->units.v[unit];
    struct reader_items items = {0};
    int error = 0;
    if (!u->rule)
        reader_read(p->reader, phi_of(file.p + u->off, u->len), mem, &items);
    bool stands = !u->rule && !(items.n && items.v[0].rule);
    enum plan_seen seen = stands ? seen_before(o, fd, u, &error) : SEEN_NEW;
    if (seen == SEEN_AGAIN) {
        p->again++;
        return error;
    }
    if (seen == SEEN_OTHER) {
        u->rule = "HL7_AGAIN";
        u->why = "MSH(1)-10: a message of this sender and control id came before with other "
                 "content";
    }
    if (u->rule) {
        items.n = 0;
        reader_refuse(&items, mem, u->rule, "%s", u->why);
    }
    add_items(p, unit, &items);
    return error;
}

static int read_all(struct plan *p, int fd, phi_str file, const struct plan_opts *o)
{
    struct arena mem = {0};
    int error = 0;
    reader_cut(p->reader, file, &p->arena, &p->units);
    for (size_t i = 0; i < p->units.n && !error; i++) {
        error = read_unit(p, fd, file, i, &mem, o);
        arena_clear(&mem);
    }
    arena_free(&mem);
    errno = error;
    return error ? -1 : 0;
}

int plan_read_units(struct plan *p, int fd, enum reader_form form, const struct plan_opts *o)
{
    struct stat st;
    if (fstat(fd, &st))
        return -1;
    p->reader = form;
    size_t n = (size_t)st.st_size;
    char *map = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (map == MAP_FAILED)
        return -1;
    int rc = read_all(p, fd, phi_of(map ? map : "", n), o);
    int err = errno;
    if (map)
        munmap(map, n);
    errno = err;
    return rc;
}
