/*
 * What profiles say of claims, as rules: each line of a guide section of a profile with payer ids is
 * written out as a rule of that partner, and bound like any other. Nothing is searched later: only
 * the rules of the claim's own payer are tried.
 */
#include "common/partner/profile_int.h"
#include "common/rules/rules_int.h"
#include "common/util/log.h"
#include <stdlib.h>

static const struct guide *guide_of(const struct rules *r, const char *name)
{
    for (uint32_t i = 0; i < r->guides->guides; i++)
        if (strcmp(r->guides->guide[i]->name, name) == 0)
            return r->guides->guide[i];
    return NULL;
}

/* The loop that a rule about this path is tried for; NULL: the path stands above the claims. */
static const char *scope(const struct guide *g, const struct profile_path *h)
{
    static const char *const of[][2] = {
        {"2430", "adjudication"}, {"2400", "line"}, {"2320", "payer"}, {"2300", "claim"}};
    const char *hl[] = {"2000A", "2000B", "2000C"};
    for (uint32_t i = 1; i < g->nodes; i++) {
        if (!g->node[i].loop || strcmp(g->node[i].id, h->loop) != 0)
            continue;
        uint32_t at = *h->seg ? i : g->node[i].parent; /* a loop is wanted by the one around it */
        for (; at; at = g->node[at].parent) {
            for (size_t k = 0; k < sizeof of / sizeof *of; k++)
                if (strcmp(of[k][0], g->node[at].id) == 0)
                    return of[k][1];
            for (size_t k = 0; k < 3; k++)
                if (strcmp(hl[k], g->node[at].id) == 0)
                    return "claim";
        }
    }
    return NULL;
}

static void put_values(struct buf *b, const struct profile_line *l)
{
    if (*l->word[1] == '@') {
        buf_printf(b, "profile_has(\"lists %s\", x)", l->word[1] + 1);
        return;
    }
    buf_puts(b, "x in (");
    for (uint32_t i = 1; i < l->n; i++)
        buf_printf(b, "%s\"%s\"", i > 1 ? " " : "", l->word[i]);
    buf_putc(b, ')');
}

/* "2310B/NM1[01=82]" of "2310B/NM1[01=82]-08" */
static phi_str segment_part(phi_str path)
{
    bool in = false;
    for (size_t i = 0; i < path.n; i++) {
        in = path.p[i] == '[' || (in && path.p[i] != ']');
        if (path.p[i] == '-' && !in)
            return phi_of(path.p, i);
    }
    return path;
}

static void put_need(struct buf *b, const struct profile_entry *e)
{
    const struct profile_line *l = &e->line;
    phi_str path = phi_lit(l->word[0]), seg = segment_part(path);
    const struct profile_path *h = e->path;
    if (strcmp(l->key, "forbid") == 0) {
        buf_printf(b, "need not exists(%s)\n", l->word[0]);
    } else if (e->key->kind == LINE_TIMES) {
        buf_printf(b, "need count(%s) <= %s\n", l->word[0], l->word[1]);
    } else if (e->key->kind == LINE_VALUES) {
        buf_printf(b, "need all(x in %s: ", l->word[0]);
        put_values(b, l);
        buf_puts(b, ")\n");
    } else if (e->key->kind == LINE_RANGE) {
        size_t n = strcspn(l->word[1], "/");
        buf_printf(b, "need all(x in %s: len(x) >= %.*s and len(x) <= %s)\n", l->word[0], (int)n,
                   l->word[1], l->word[1] + n + 1);
    } else if (h->el && h->comp) {
        buf_printf(b, "need all(x in %.*s-%02u: x-%u != \"\")\n", (int)seg.n, seg.p, h->el,
                   h->comp);
    } else if (h->el) {
        buf_printf(b, "need all(x in %.*s: x-%02u != \"\")\n", (int)seg.n, seg.p, h->el);
    } else {
        buf_printf(b, "need exists(%s)\n", l->word[0]);
    }
}

/* What it is about may be absent: then nothing is wanted of it. */
static void put_when(struct buf *b, const struct profile_path *h, const char *per)
{
    static const char *const always[] = {"2300",   "2000A",  "2000B", "2010AA",
                                         "2010BA", "2010BB", "2400"};
    bool there = !*h->seg || strcmp(per, "payer") == 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        there |= strcmp(always[i], h->loop) == 0;
    if (!there)
        buf_printf(b, "when exists(%s)\n", h->loop);
}

static void put_rule(struct buf *b, const struct profile *p, const struct profile_entry *e,
                     const char *per)
{
    const struct profile_line *l = &e->line;
    const char *key = l->key;
    bool warn = e->key->kind == LINE_PATH && l->n == 2;
    bool missing = strcmp(key, "require") == 0;
    buf_printf(b, "rule S7-005\non %s\nper %s\nseverity %s\nsource profile\npartner %s\n", l->guide,
               per, warn ? "warning" : "claim", p->name);
    buf_printf(b, "report 277CA %s\n", missing ? "A6:21" : "A7:21");
    buf_printf(b, "text partner %s: %s %s\n", p->name, l->word[0],
               strcmp(key, "values") == 0   ? "has a value that this payer does not take"
               : strcmp(key, "length") == 0 ? "is shorter or longer than this payer takes it"
               : strcmp(key, "repeat") == 0 ? "comes more often than this payer takes it"
                                            : l->says);
    put_when(b, e->path, per);
    put_need(b, e);
}

static bool lay_line(struct rules *r, const struct profile *p, const struct profile_entry *e,
                     struct buf *error)
{
    const struct guide *g = guide_of(r, e->line.guide);
    const char *per = strcmp(g->transaction, "837") == 0 ? scope(g, e->path) : NULL;
    struct buf text = {0}, why = {0}, place = {0};
    if (!per)
        return true; /* what stands above the claims is for whole files only */
    put_rule(&text, p, e, per);
    buf_printf(&place, "%s:%d:%d", p->file, e->line.line, e->line.column);
    struct rule *u = rule_read(r, buf_cstr(&place), arena_phi(&r->mem, buf_view(&text)), &why);
    if (!u)
        profile_fault(p, e, 0, error, "no rule can be made of it");
    else if (r->laids == 0 || (r->laids & (r->laids - 1)) == 0) {
        struct rule **all = arena_alloc(&r->mem, (r->laids ? r->laids * 2 : 1) * sizeof *all);
        if (r->laids)
            memcpy(all, r->laid, r->laids * sizeof *all);
        r->laid = all;
    }
    if (u) {
        u->laid = true;
        u->profile = p;
        r->laid[r->laids++] = u;
    }
    buf_free(&text);
    buf_free(&why);
    buf_free(&place);
    return u != NULL;
}

static bool known_rule(const struct rules *r, const char *id)
{
    if (!r->n)
        return true; /* no rules were read at all */
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->rule[i]->id, id) == 0)
            return true;
    return false;
}

static bool lay_profile(struct rules *r, const struct profile *p, struct buf *error)
{
    bool payer = profile_get(p, "", "payer") != NULL;
    for (uint32_t i = 0; i < p->entries; i++) {
        const struct profile_entry *e = &p->entry[i];
        if (e->key->kind == LINE_RULE && !known_rule(r, e->line.word[0]))
            return profile_fault(p, e, 0, error, "there is no rule of this id");
        if (payer && e->line.guide && e->path && !lay_line(r, p, e, error))
            return false;
    }
    return true;
}

bool rules_lay(struct rules *r, struct buf *error)
{
    for (uint32_t i = 0; i < r->n && r->profiles; i++) {
        struct rule *u = r->rule[i];
        if (!u->partner)
            continue;
        u->profile = profiles_find(r->profiles, phi_lit(u->partner));
        if (!u->profile)
            return rule_fault(&u->src, u->partner_at ? u->partner_at : u->src.text.p, error,
                              "there is no profile of this partner");
    }
    for (uint32_t i = 0; i < profiles_count(r->profiles); i++)
        if (!lay_profile(r, profiles_at(r->profiles, i), error))
            return false;
    return true;
}
