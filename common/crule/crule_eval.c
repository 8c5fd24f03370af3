/* What expressions come to. Whatever is absent is neither equal nor unequal to anything. */
#include "common/crule/crule_int.h"
#include <stdio.h>

struct value value_json(json_t *j)
{
    if (json_is_string(j))
        return value_text(phi_of(json_string_value(j), json_string_length(j)));
    if (json_is_integer(j))
        return value_num(json_integer_value(j));
    if (json_is_boolean(j))
        return value_num(json_is_true(j));
    if (json_is_object(j) || json_is_array(j))
        return (struct value){.kind = V_JSON, .json = j};
    return (struct value){.kind = V_NONE};
}

bool crule_true(struct value v)
{
    switch (v.kind) {
    case V_NUM:
        return v.num != 0;
    case V_TEXT:
        return v.text.n != 0;
    case V_JSON:
        return json_is_object(v.json) || json_array_size(v.json) > 0;
    default:
        return false;
    }
}

bool crule_number(struct value v, int64_t *out)
{
    int64_t n = 0;
    if (v.kind == V_NUM) {
        *out = v.num;
        return true;
    }
    if (v.kind != V_TEXT || v.text.n == 0 || v.text.n > 15)
        return false;
    for (size_t i = 0; i < v.text.n; i++) {
        if (v.text.p[i] < '0' || v.text.p[i] > '9')
            return false;
        n = n * 10 + (v.text.p[i] - '0');
    }
    *out = n;
    return true;
}

phi_str crule_text(struct run *r, struct value v)
{
    char number[24];
    if (v.kind == V_TEXT)
        return v.text;
    if (v.kind != V_NUM)
        return phi_lit("");
    snprintf(number, sizeof number, "%lld", (long long)v.num);
    return phi_lit(arena_strdup(&r->mem, number));
}

static struct value look_up(struct run *r, const struct node *n)
{
    struct value v = {.kind = V_NONE};
    const struct binding *b = r->top;
    while (b && !phi_eq(b->name, n->text))
        b = b->up;
    if (b)
        v = b->value;
    else if (phi_is(n->text, "e"))
        v = value_json(r->draft);
    for (int i = 0; i < n->n; i++) {
        if (v.kind != V_JSON)
            return (struct value){.kind = V_NONE};
        v = value_json(json_object_get(v.json, n->args[i]->text.p)); /* keys end with a NUL */
    }
    return v;
}

static struct value quantify(struct run *r, const struct node *n)
{
    struct value list = crule_eval(r, n->a);
    struct binding b = {.name = n->name, .up = r->top};
    int64_t count = 0, sum = 0, number;
    size_t size = list.kind == V_JSON && json_is_array(list.json) ? json_array_size(list.json) : 0;
    for (size_t i = 0; i < size; i++) {
        b.value = value_json(json_array_get(list.json, i));
        r->top = &b;
        struct value v = crule_eval(r, n->b);
        r->top = b.up;
        if (crule_true(v) && phi_is(n->text, "first"))
            return b.value;
        count += crule_true(v);
        sum += crule_number(v, &number) ? number : 0;
    }
    if (phi_is(n->text, "first"))
        return (struct value){.kind = V_NONE};
    if (phi_is(n->text, "any"))
        return value_num(count > 0);
    if (phi_is(n->text, "all"))
        return value_num(count == (int64_t)size);
    return value_num(phi_is(n->text, "sum") ? sum : count);
}

static bool compare(struct run *r, enum node_kind kind, struct value a, struct value b)
{
    int64_t x, y;
    int c;
    if (a.kind == V_NONE || b.kind == V_NONE || a.kind == V_JSON || b.kind == V_JSON) {
        bool same = a.kind == V_JSON && b.kind == V_JSON && a.json == b.json;
        bool both = a.kind == V_JSON && b.kind == V_JSON;
        return both && (kind == N_EQ ? same : kind == N_NE && !same);
    }
    if (crule_number(a, &x) && crule_number(b, &y) && (a.kind == V_NUM || b.kind == V_NUM))
        c = (x > y) - (x < y);
    else
        c = phi_cmp(crule_text(r, a), crule_text(r, b));
    switch (kind) {
    case N_EQ:
        return c == 0;
    case N_NE:
        return c != 0;
    case N_LT:
        return c < 0;
    case N_LE:
        return c <= 0;
    case N_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static struct value arithmetic(enum node_kind kind, struct value a, struct value b)
{
    int64_t x, y, z;
    if (!crule_number(a, &x) || !crule_number(b, &y))
        return (struct value){.kind = V_NONE};
    bool over;
    if (kind == N_ADD)
        over = __builtin_add_overflow(x, y, &z);
    else if (kind == N_SUB)
        over = __builtin_sub_overflow(x, y, &z);
    else
        over = __builtin_mul_overflow(x, y, &z);
    if (over)
        return (struct value){.kind = V_NONE};
    return value_num(z);
}

static bool item_fits(const struct node *n, phi_str s)
{
    for (int i = 0; i < n->n; i++)
        if (n->kind == N_IN ? phi_eq(s, n->args[i]->text) : code_within(s, n->args[i]->text))
            return true;
    return false;
}

/* An array is in a list when one of its values is. */
static bool is_in(struct run *r, const struct node *n)
{
    struct value v = crule_eval(r, n->a);
    if (v.kind == V_NONE)
        return false;
    if (v.kind != V_JSON)
        return item_fits(n, crule_text(r, v));
    for (size_t i = 0; i < json_array_size(v.json); i++)
        if (item_fits(n, crule_text(r, value_json(json_array_get(v.json, i)))))
            return true;
    return false;
}

static bool has(struct run *r, struct value list, struct value what)
{
    phi_str w = crule_text(r, what);
    for (size_t i = 0; list.kind == V_JSON && i < json_array_size(list.json); i++) {
        json_t *j = json_array_get(list.json, i);
        if (what.kind == V_JSON ? j == what.json : phi_eq(crule_text(r, value_json(j)), w))
            return true;
    }
    return false;
}

static struct value call(struct run *r, const struct node *n)
{
    struct value arg[CALL_ARGS] = {0};
    for (int i = 0; i < n->n && i < CALL_ARGS; i++)
        arg[i] = crule_eval(r, n->args[i]);
    return n->fn->call(r, arg, n->n);
}

struct value crule_eval(struct run *r, const struct node *n)
{
    switch (n->kind) {
    case N_NUM:
        return value_num(n->num);
    case N_TEXT:
        return value_text(n->text);
    case N_PATH:
        return look_up(r, n);
    case N_MEMBER: {
        struct value o = crule_eval(r, n->a);
        return o.kind == V_JSON ? value_json(json_object_get(o.json, n->text.p)) : o;
    }
    case N_CALL:
        return call(r, n);
    case N_QUANT:
        return quantify(r, n);
    case N_OR:
        return value_num(crule_true(crule_eval(r, n->a)) || crule_true(crule_eval(r, n->b)));
    case N_AND:
        return value_num(crule_true(crule_eval(r, n->a)) && crule_true(crule_eval(r, n->b)));
    case N_NOT:
        return value_num(!crule_true(crule_eval(r, n->a)));
    case N_ADD:
    case N_SUB:
    case N_MUL:
        return arithmetic(n->kind, crule_eval(r, n->a), crule_eval(r, n->b));
    case N_IN:
    case N_WITHIN:
        return value_num(is_in(r, n));
    case N_HAS:
        return value_num(has(r, crule_eval(r, n->a), crule_eval(r, n->b)));
    default:
        return value_num(compare(r, n->kind, crule_eval(r, n->a), crule_eval(r, n->b)));
    }
}
