#include "common/encounter/price.h"
#include "common/util/conf.h"
#include "common/util/log.h"
#include <stdlib.h>

struct price {
    const char *code, *mod, *payer, *from;
    int64_t cents;
};
struct price_list {
    struct arena mem;
    struct price *at;
    size_t n;
    const struct conf *payers[16]; /* of each file */
    size_t files;
};

static void take(struct price_list *p, const struct conf *c)
{
    char *end;
    const char *cents = conf_text(c, "cents", "");
    struct price x = {conf_text(c, "code", ""), conf_text(c, "mod", ""), conf_text(c, "payer", ""),
                      conf_text(c, "from", ""), strtoll(cents, &end, 10)};
    if (!*x.code || !*cents || *end || x.cents <= 0)
        return;
    p->at = xrealloc(p->at, (p->n + 1) * sizeof *p->at);
    p->at[p->n++] = x;
}

struct price_list *price_list_read(const char *dir)
{
    struct price_list *p = xcalloc(1, sizeof *p);
    struct buf error = {0};
    char **files = conf_files(dir, &p->mem);
    for (; files && *files && p->files < 16; files++) {
        const struct conf *top = conf_read(*files, &p->mem, &error);
        const struct conf *list = conf_get(top, "charges");
        p->payers[p->files++] = conf_get(top, "payers");
        for (const struct conf *c = list ? list->first : NULL; c; c = c->next)
            take(p, c);
    }
    buf_free(&error);
    if (p->n == 0 && p->files == 0) {
        price_list_free(p);
        return NULL;
    }
    return p;
}

void price_list_free(struct price_list *p)
{
    if (!p)
        return;
    arena_free(&p->mem);
    free(p->at);
    free(p);
}

static bool has_mod(const json_t *mods, const char *mod)
{
    json_t *m;
    size_t i;
    json_array_foreach(mods, i, m) if (json_is_string(m) &&
                                       strcmp(json_string_value(m), mod) == 0) return true;
    return false;
}

static int rank_of(const struct price *x)
{
    return 2 * (*x->payer != 0) + (*x->mod != 0);
}

bool price_of(const struct price_list *p, phi_str code, const json_t *mods, phi_str payer,
              phi_str day, int64_t *cents)
{
    const struct price *best = NULL;
    for (size_t i = 0; p && i < p->n; i++) {
        const struct price *x = &p->at[i];
        if (!phi_is(code, x->code) || (*x->mod && !has_mod(mods, x->mod)) ||
            (*x->payer && !phi_is(payer, x->payer)) ||
            phi_cmp(phi_lit(x->from), phi_of(day.p, day.n < 10 ? day.n : 10)) > 0)
            continue;
        if (!best || rank_of(x) > rank_of(best) ||
            (rank_of(x) == rank_of(best) && strcmp(x->from, best->from) > 0))
            best = x;
    }
    if (best)
        *cents = best->cents;
    return best != NULL;
}

const char *price_list_filing(const struct price_list *p, phi_str payer)
{
    char key[64] = "";
    if (!p || payer.n >= sizeof key)
        return "";
    memcpy(key, payer.p, payer.n);
    for (size_t i = 0; i < p->files; i++) {
        const char *f = conf_text(conf_get(p->payers[i], key), "filing", NULL);
        if (f)
            return f;
    }
    return "";
}
