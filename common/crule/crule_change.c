/* What a rule that decides by itself does to the draft. Every change says whether it changed
 * anything, so that rules come to an end. */
#include "common/crule/crule_int.h"

static json_t *list_of(struct run *r, const json_t *o, size_t *at)
{
    static const char *const lists[] = {"dx", "lines"};
    for (size_t k = 0; k < 2; k++) {
        json_t *x, *list = json_object_get(r->draft, lists[k]);
        size_t i;
        json_array_foreach(list, i, x) if (x == o)
        {
            *at = i;
            return list;
        }
    }
    return NULL;
}

static json_t *string_of(phi_str s)
{
    json_t *j = json_stringn(s.p, s.n);
    return j ? j : json_string("");
}

static bool set_text(json_t *o, const char *key, phi_str v)
{
    if (v.n == 0 || phi_eq(crule_get(o, key), v))
        return false;
    json_object_set_new(o, key, string_of(v));
    return true;
}

/* Modifiers that say where or under which circumstances stand behind those that change payment. */
static int rank_of(phi_str m)
{
    static const char *const behind[] = {"LT", "RT", "QW", "KX", "GY", "GZ", "GA", "GT",
                                         "LC", "LD", "RC", "LM", "RI", "SL", "JW", "JZ"};
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (phi_is(m, behind[i]))
            return 1;
    return m.n == 2 && strchr("EFT", *m.p) && !phi_is(m, "TC") && !phi_is(m, "ET") &&
           !phi_is(m, "FS");
}

static bool add_mod(json_t *l, phi_str m)
{
    json_t *mods = json_object_get(l, "mods"), *x;
    size_t i, at = json_array_size(mods);
    json_array_foreach(mods, i, x) if (phi_is(m, json_string_value(x))) return false;
    if (m.n != 2 || at >= 4)
        return false;
    json_array_foreach(mods, i, x) if (rank_of(phi_lit(json_string_value(x))) > rank_of(m))
    {
        at = i;
        break;
    }
    json_array_insert_new(mods, at, string_of(m));
    return true;
}

static bool remove_mod(json_t *l, phi_str m)
{
    json_t *mods = json_object_get(l, "mods"), *x;
    size_t i;
    json_array_foreach(mods, i, x) if (phi_is(m, json_string_value(x))) return json_array_remove(
        mods, i) == 0;
    return false;
}

static bool points_to(const json_t *list, const json_t *number)
{
    json_t *p;
    size_t i;
    json_array_foreach(list, i, p) if (json_equal(p, number)) return true;
    return false;
}

/* Another diagnosis with the same code. */
static const json_t *twin_of(struct run *r, const json_t *o)
{
    json_t *d;
    size_t i;
    json_array_foreach(json_object_get(r->draft, "dx"), i, d)
    {
        if (d != o && json_equal(json_object_get(d, "code"), json_object_get(o, "code")))
            return d;
    }
    return NULL;
}

/* Lines that pointed to a diagnosis point to it no more, but to another with its code. */
static void forget_pointer(struct run *r, const json_t *o)
{
    const json_t *number = json_object_get(o, "n"), *twin = twin_of(r, o);
    json_t *instead = twin ? json_object_get(twin, "n") : NULL;
    json_t *l, *p, *lines = json_object_get(r->draft, "lines");
    size_t i, k;
    json_array_foreach(lines, i, l)
    {
        json_t *list = json_object_get(l, "dx");
        json_array_foreach(list, k, p) if (json_equal(p, number))
        {
            if (instead && !points_to(list, instead))
                json_array_set(list, k, instead);
            else
                json_array_remove(list, k);
            break;
        }
    }
}

static bool drop(struct run *r, json_t *o)
{
    size_t at;
    json_t *list = list_of(r, o, &at);
    if (!list)
        return false;
    if (list == json_object_get(r->draft, "dx"))
        forget_pointer(r, o);
    return json_array_remove(list, at) == 0;
}

static bool move_to(struct run *r, json_t *o, size_t to)
{
    size_t at;
    json_t *list = list_of(r, o, &at);
    if (!list || at == to)
        return false;
    json_incref(o);
    json_array_remove(list, at);
    return json_array_insert_new(list, to < at ? to : to - 1, o) == 0;
}

static bool before(struct run *r, json_t *o, const json_t *other)
{
    size_t at, to;
    json_t *a = list_of(r, o, &at), *b = list_of(r, other, &to);
    return a && a == b && at > to && move_to(r, o, to);
}

static bool add_dx(struct run *r, phi_str code)
{
    json_t *d, *list = json_object_get(r->draft, "dx");
    json_int_t n = 0;
    size_t i;
    json_array_foreach(list, i, d)
    {
        json_int_t k = json_integer_value(json_object_get(d, "n"));
        n = k > n ? k : n;
        if (phi_eq(crule_get(d, "code"), code))
            return false;
    }
    if (code.n < 3)
        return false;
    d = json_object();
    json_object_set_new(d, "n", json_integer(n + 1));
    json_object_set_new(d, "code", string_of(code));
    json_object_set_new(d, "by", json_string("rule"));
    return json_array_append_new(list, d) == 0;
}

static bool add_line(struct run *r, phi_str code, int64_t units, const json_t *like)
{
    json_t *lines = json_object_get(r->draft, "lines"), *l, *model;
    size_t i;
    json_array_foreach(lines, i, l) if (phi_eq(crule_get(l, "code"), code)) return false;
    if (code.n < 4)
        return false;
    model = json_is_object(like) ? (json_t *)(uintptr_t)like : json_array_get(lines, 0);
    l = json_object();
    json_object_set_new(l, "code", string_of(code));
    json_object_set_new(l, "mods", json_array());
    json_object_set_new(l, "units", json_integer(units));
    json_object_set_new(l, "dx", json_deep_copy(json_object_get(model, "dx")));
    json_object_set_new(l, "dos", json_deep_copy(json_object_get(model, "dos")));
    json_object_set_new(l, "by", json_string("rule"));
    if (!json_object_get(l, "dx"))
        json_object_set_new(l, "dx", json_array());
    return json_array_append_new(lines, l) == 0;
}

/* ---- what a line costs when a rule has changed it ---- */

static int64_t charge_of(const json_t *l)
{
    const json_t *chg = json_object_get(l, "chg");
    return json_is_integer(chg) ? json_integer_value(chg) : 0;
}

/* Another code has another price: the charge master's, or a person's. */
static bool set_code(json_t *o, phi_str code)
{
    if (!set_text(o, "code", code))
        return false;
    if (charge_of(o))
        json_object_set_new(o, "chg", json_null());
    return true;
}

/* Of fewer units their part of the charge, when it is whole cents; of more, and when it is not, what
 * the charge master says. Both sides (50) are one unit that costs what two did. */
static void recharge(json_t *l, int64_t was, int64_t is)
{
    int64_t cents = charge_of(l), part;
    json_t *m, *mods = json_object_get(l, "mods");
    size_t i;
    json_array_foreach(mods, i, m) if (phi_is(phi_lit(json_string_value(m)), "50")) return;
    if (cents <= 0)
        return;
    if (is < was && !__builtin_mul_overflow(cents, is, &part) && part % was == 0)
        json_object_set_new(l, "chg", json_integer(part / was));
    else
        json_object_set_new(l, "chg", json_null());
}

/* split l "RT LT": one line a word, with one unit each and the word as modifier. */
static bool split(struct run *r, json_t *l, phi_str words)
{
    json_t *list;
    size_t at;
    int64_t parts = (int64_t)(words.n + 1) / 3, cents = charge_of(l);
    if (!(list = list_of(r, l, &at)))
        return false;
    if (cents > 0) /* together the parts cost what the line did; copies take it over */
        json_object_set_new(l, "chg", json_integer(cents / parts));
    for (bool first = true; words.n >= 2; first = false) {
        json_t *part = first ? l : json_deep_copy(l);
        if (!first) {
            json_object_set_new(part, "mods", json_array());
            json_array_insert_new(list, ++at, part);
        }
        json_object_set_new(part, "units", json_integer(1));
        add_mod(part, phi_of(words.p, 2));
        size_t step = words.n > 2 ? 3 : 2;
        words = phi_of(words.p + step, words.n - step);
    }
    if (cents > 0) /* the cent that cannot be parted */
        json_object_set_new(l, "chg", json_integer(cents - cents / parts * (parts - 1)));
    return true;
}

static bool set_units(json_t *l, int64_t units)
{
    json_t *now = json_object_get(l, "units");
    if (units < 1 || (json_is_integer(now) && json_integer_value(now) == units))
        return false;
    recharge(l, json_is_integer(now) ? json_integer_value(now) : 1, units);
    return json_object_set_new(l, "units", json_integer(units)) == 0;
}

bool crule_change(struct run *r, const struct change *c)
{
    struct value to = c->target ? crule_eval(r, c->target) : (struct value){0};
    struct value v = c->value ? crule_eval(r, c->value) : (struct value){0};
    struct value more = c->more ? crule_eval(r, c->more) : (struct value){0};
    int64_t n = 1;
    if (c->verb == CH_ADD_DX)
        return add_dx(r, crule_text(r, v));
    if (c->verb == CH_ADD_LINE) {
        crule_number(more, &n);
        return add_line(r, crule_text(r, v), n, to.json);
    }
    if (to.kind != V_JSON)
        return false;
    switch (c->verb) {
    case CH_CODE:
        return set_code(to.json, crule_text(r, v));
    case CH_POA:
        return set_text(to.json, "poa", crule_text(r, v));
    case CH_MOD:
        return add_mod(to.json, crule_text(r, v));
    case CH_UNMOD:
        return remove_mod(to.json, crule_text(r, v));
    case CH_UNITS:
        return crule_number(v, &n) && set_units(to.json, n);
    case CH_DROP:
        return drop(r, to.json);
    case CH_FIRST:
        return move_to(r, to.json, 0);
    case CH_BEFORE:
        return v.kind == V_JSON && before(r, to.json, v.json);
    case CH_SPLIT:
        return split(r, to.json, crule_text(r, v));
    default:
        return false;
    }
}
