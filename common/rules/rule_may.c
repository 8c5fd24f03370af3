/*
 * What a condition can come to when one of its paths finds nothing. A rule that then cannot fire
 * need not be tried where that path finds nothing, which a bit of the instance tells.
 */
#include "common/rules/rules_int.h"

enum { MAY_TRUE = 1, MAY_FALSE = 2, MAY_NOT_KNOW = 4, MAY_ANY = 7 };

struct guess {
    const struct rule *u;
    uint32_t absent; /* bits of paths */
};

static const struct expr *at(const struct guess *g, uint16_t i)
{
    return &g->u->expr[i];
}

static bool is_absent(const struct guess *g, uint16_t i)
{
    const struct expr *x = at(g, i);
    if (x->op == OP_PATH)
        return g->absent >> x->n & 1;
    if (x->op != OP_CALL || x->kind != KIND_TEXT || !x->args)
        return false;
    /* Of several values another may be there. */
    bool either = strcmp(x->f->name, "either") == 0;
    for (uint32_t k = 1; either && k < x->args; k++)
        if (!is_absent(g, x->arg[k]))
            return false;
    return is_absent(g, x->arg[0]);
}

/* A number that comes from the path, and that is not known when it finds nothing. */
static bool unknown_number(const struct guess *g, uint16_t i)
{
    const struct expr *x = at(g, i);
    if (x->op == OP_ADD || x->op == OP_SUB)
        return unknown_number(g, x->a) || unknown_number(g, x->b);
    return x->op == OP_CALL && x->kind == KIND_NUMBER && x->args && x->f->args[0] == 'v' &&
           strcmp(x->f->name, "len") != 0 && is_absent(g, x->arg[0]);
}

static unsigned truth(bool t)
{
    return t ? MAY_TRUE : MAY_FALSE;
}

/* The literal that i is; false when it is none. */
static bool literal(const struct guess *g, uint16_t i, phi_str *s)
{
    const struct expr *x = at(g, i);
    *s = x->s;
    return x->op == OP_TEXT || x->op == OP_NUMBER;
}

static unsigned of_texts(const struct guess *g, const struct expr *x)
{
    phi_str s;
    if (x->op != OP_EQ && x->op != OP_NE)
        return MAY_TRUE | MAY_FALSE;
    bool left = is_absent(g, x->a) && literal(g, x->b, &s);
    if (!left && !(is_absent(g, x->b) && literal(g, x->a, &s)))
        return MAY_TRUE | MAY_FALSE;
    return truth((s.n == 0) == (x->op == OP_EQ));
}

static unsigned of_call(const struct guess *g, const struct expr *x)
{
    if (!x->args || !is_absent(g, x->arg[0]))
        return MAY_ANY;
    if (x->pattern)
        return truth(pattern_fits(x->pattern, phi_of("", 0)));
    if (strcmp(x->f->name, "exists") == 0 || strcmp(x->f->name, "npi") == 0)
        return MAY_FALSE;
    return strcmp(x->f->name, "unique") == 0 ? MAY_TRUE : MAY_ANY;
}

static bool in_list(const struct expr *x)
{
    for (uint32_t i = 0; i < x->in_n; i++)
        if (x->in[i].n == 0)
            return true;
    return false;
}

static unsigned may(const struct guess *g, uint16_t i);

static unsigned joined(const struct guess *g, const struct expr *x)
{
    bool or = x->op == OP_OR;
    unsigned decides = or ? MAY_TRUE : MAY_FALSE, other = or ? MAY_FALSE : MAY_TRUE;
    unsigned a = may(g, x->a), b = may(g, x->b), out = (a | b) & decides;
    if (a & b & other)
        out |= other;
    if ((a & MAY_NOT_KNOW && b & (MAY_NOT_KNOW | other)) ||
        (b & MAY_NOT_KNOW && a & (MAY_NOT_KNOW | other)))
        out |= MAY_NOT_KNOW;
    return out;
}

static unsigned may(const struct guess *g, uint16_t i)
{
    const struct expr *x = at(g, i);
    unsigned m;
    switch ((enum op)x->op) {
    case OP_AND:
    case OP_OR:
        return joined(g, x);
    case OP_NOT:
        m = may(g, x->a);
        return (m & MAY_NOT_KNOW) | (m & MAY_TRUE ? MAY_FALSE : 0) | (m & MAY_FALSE ? MAY_TRUE : 0);
    case OP_ANY:
    case OP_ALL:
        return is_absent(g, x->a) ? truth(x->op == OP_ALL) : MAY_ANY;
    case OP_IN:
        return is_absent(g, x->a) ? truth(in_list(x)) : MAY_TRUE | MAY_FALSE;
    case OP_CALL:
        return of_call(g, x);
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        if (x->n)
            return of_texts(g, x);
        return unknown_number(g, x->a) || unknown_number(g, x->b) ? MAY_NOT_KNOW : MAY_ANY;
    default:
        return MAY_ANY;
    }
}

bool rule_may_fire(const struct rule *u, uint32_t absent)
{
    struct guess g = {u, absent};
    for (uint32_t i = 0; i < u->paths; i++)
        if (u->path[i].var >= 0)
            g.absent &= ~(1u << i);
    if (u->when && !(may(&g, u->when) & MAY_TRUE))
        return false;
    return may(&g, u->need) & MAY_FALSE;
}

bool rule_needs(const struct rule *u, uint32_t path)
{
    return u->path[path].var < 0 && !rule_may_fire(u, 1u << path);
}
