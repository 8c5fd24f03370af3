/* Conditions that look something up in a table of facts. */
#include "common/rules/rules_int.h"

static struct value answer(bool known, int64_t n)
{
    return (struct value){.known = known, .n = n};
}

/* What is asked, found out once for all rows. */
struct question {
    const struct lookup *l;
    phi_str key[FACT_KEYS];
    struct value with[FACT_KEYS];
    int32_t day; /* INT32_MIN: any */
};

/* False when something that is asked for is not known. */
static bool put(struct eval *e, const struct lookup *l, struct question *q)
{
    struct value day = {.known = true, .n = INT32_MIN};
    q->l = l;
    if (l->on)
        day = eval_expr(e, l->on);
    else if (e->u->dated)
        day = eval_dated(e);
    q->day = (int32_t)day.n;
    for (uint32_t i = 0; i < l->keys; i++)
        q->key[i] = eval_text(e, l->key[i]);
    for (uint32_t i = 0; i < l->tests; i++) {
        const struct fact_test *t = &l->test[i];
        if (t->op != OP_IN && t->text)
            q->with[i].s = eval_text(e, t->with);
        else if (t->op != OP_IN && !(q->with[i] = eval_expr(e, t->with)).known)
            return false;
    }
    return day.known;
}

static bool whole(phi_str s, int64_t *n)
{
    bool good = quantity_parse(s, n) && *n % 1000 == 0;
    *n /= 1000;
    return good;
}

static bool parsed(uint8_t unit, phi_str s, int64_t *n)
{
    int32_t day;
    bool good;
    switch ((enum unit)unit) {
    case UNIT_DAY:
        good = fact_day(s, &day);
        *n = good ? day : 0;
        return good;
    case UNIT_MONEY:
        return money_parse(s, n);
    case UNIT_QUANTITY:
        return quantity_parse(s, n);
    default:
        return whole(s, n);
    }
}

/* A cell that cannot be read as a number is not what was asked for. */
static bool stands(const struct question *q, uint32_t i, uint32_t row)
{
    const struct fact_test *t = &q->l->test[i];
    phi_str v = fact_cell(q->l->table, row, t->column);
    int64_t n = 0;
    if (t->op == OP_IN) {
        for (uint32_t k = 0; k < t->in_n; k++)
            if (phi_eq(t->in[k], v))
                return true;
        return false;
    }
    if (t->text)
        return ordered((enum op)t->op, phi_cmp(v, q->with[i].s));
    if (!parsed(t->unit, v, &n))
        return false;
    return ordered((enum op)t->op, (n > q->with[i].n) - (n < q->with[i].n));
}

/* The next row that answers, UINT32_MAX when there is none. */
static uint32_t next_row(const struct question *q, uint32_t after)
{
    const struct lookup *l = q->l;
    for (;;) {
        if (l->keys)
            after = fact_find(l->index, q->key, after);
        else
            after = after + 1 < fact_rows(l->table) ? after + 1 : UINT32_MAX;
        if (after == UINT32_MAX)
            return after;
        bool good = fact_holds(l->table, after, q->day);
        for (uint32_t i = 0; good && i < l->tests; i++)
            good = stands(q, i, after);
        if (good)
            return after;
    }
}

struct value f_row(struct eval *e, const struct expr *x)
{
    struct question q;
    if (!put(e, x->look, &q))
        return answer(false, 0);
    return answer(true, next_row(&q, UINT32_MAX) != UINT32_MAX);
}

struct value f_rows(struct eval *e, const struct expr *x)
{
    struct question q;
    int64_t n = 0;
    if (!put(e, x->look, &q))
        return answer(false, 0);
    for (uint32_t r = UINT32_MAX; (r = next_row(&q, r)) != UINT32_MAX;)
        n++;
    return answer(true, n);
}

struct value f_fact(struct eval *e, const struct expr *x)
{
    struct question q;
    uint32_t r = put(e, x->look, &q) ? next_row(&q, UINT32_MAX) : UINT32_MAX;
    struct value v = {.known = true, .s = phi_of("", 0)};
    if (r != UINT32_MAX)
        v.s = fact_cell(x->look->table, r, x->look->column);
    return v;
}

/* The value is one of those that stand in a text, parted by blanks, | or ;. */
struct value f_listed(struct eval *e, const struct expr *x)
{
    phi_str v = eval_text(e, x->arg[0]), list = eval_text(e, x->arg[1]);
    for (size_t i = 0, from = 0; i <= list.n; i++) {
        if (i < list.n && list.p[i] != ' ' && list.p[i] != '|' && list.p[i] != ';')
            continue;
        if (i > from && phi_eq(v, phi_of(list.p + from, i - from)))
            return answer(true, true);
        from = i + 1;
    }
    return answer(true, false);
}

/* matches() with a pattern that stands in a table; one that is none gives no answer. */
struct value f_like(struct eval *e, const struct expr *x)
{
    struct pattern p;
    phi_str v = eval_text(e, x->arg[0]);
    if (!pattern_read(eval_text(e, x->arg[1]), &p))
        return answer(false, 0);
    return answer(true, pattern_fits(&p, v));
}
