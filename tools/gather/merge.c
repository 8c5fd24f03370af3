#include "tools/gather/merge.h"
#include <stdlib.h>
#include <string.h>

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

/* Charges, registrations, notes. */
static int rank_of(const struct merge_part *p)
{
    static const char *const order[] = {"DFT", "ADT", "MDM"};
    const char *event = text(json_object_get(p->enc, "src"), "event");
    for (int i = 0; i < 3; i++)
        if (strncmp(event, order[i], 3) == 0)
            return i;
    return 3;
}

static int in_order(const void *x, const void *y)
{
    const struct merge_part *a = x, *b = y;
    int ra = rank_of(a), rb = rank_of(b);
    if (ra != rb)
        return ra - rb;
    if (ra == 1) /* of registrations the newest speaks first */
        return a->seq < b->seq ? 1 : -(a->seq > b->seq);
    return a->seq > b->seq ? 1 : -(a->seq < b->seq);
}

static bool empty(const json_t *v)
{
    return !v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
           (json_is_string(v) && json_string_length(v) == 0);
}

/* What a has not, b says; deep within objects that both have. */
static void fill(json_t *a, const json_t *b)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)b, key, v)
    {
        json_t *mine = json_object_get(a, key);
        if (empty(mine))
            json_object_set_new(a, key, json_deep_copy(v));
        else if (json_is_object(mine) && json_is_object(v))
            fill(mine, v);
    }
}

/* Number that a diagnosis of another message gets; those with the same code are one. */
static json_int_t place_dx(json_t *dx, const json_t *d)
{
    json_t *x, *copy;
    size_t i;
    json_int_t last = 0;
    json_array_foreach(dx, i, x)
    {
        json_int_t n = json_integer_value(json_object_get(x, "n"));
        last = n > last ? n : last;
        if (*text(d, "code") && strcmp(text(x, "code"), text(d, "code")) == 0)
            return n;
    }
    copy = json_deep_copy(d);
    json_object_set_new(copy, "n", json_integer(last + 1));
    json_array_append_new(dx, copy);
    return last + 1;
}

/* Lines of one more message of charges, their pointers led to the diagnoses as they stand now. */
static void add_charges(json_t *e, const json_t *from)
{
    json_t *dx = json_object_get(e, "dx"), *lines = json_object_get(e, "lines"), *d, *l, *p;
    const json_t *theirs = json_object_get(from, "dx");
    size_t i, k, m;
    json_array_foreach(json_object_get(from, "lines"), i, l)
    {
        json_t *line = json_deep_copy(l), *pointers = json_array();
        json_array_foreach(json_object_get(l, "dx"), k, p) json_array_foreach(theirs, m, d)
        {
            if (json_equal(json_object_get(d, "n"), p))
                json_array_append_new(pointers, json_integer(place_dx(dx, d)));
        }
        json_object_set_new(line, "dx", pointers);
        json_object_set_new(line, "ln", json_integer((json_int_t)json_array_size(lines) + 1));
        json_array_append_new(lines, line);
    }
    json_array_foreach(theirs, m, d) place_dx(dx, d);
}

static void add_note(json_t *e, const json_t *from)
{
    json_t *note = json_object_get(e, "note"), *more = json_object_get(from, "note");
    if (!json_is_object(more))
        return;
    if (!json_is_object(note)) {
        json_object_set_new(e, "note", json_deep_copy(more));
    } else {
        struct buf both = {0};
        buf_printf(&both, "%s\n%s", text(note, "text"), text(more, "text"));
        json_object_set_new(note, "text", json_string(buf_cstr(&both)));
        buf_free(&both);
    }
    if (json_is_object(json_object_get(from, "signed"))) /* the last note's signature */
        json_object_set(e, "signed", json_object_get(from, "signed"));
}

json_t *merge_parts(struct merge_part *part, size_t n)
{
    qsort(part, n, sizeof *part, in_order);
    json_t *e = json_deep_copy(part[0].enc);
    json_object_set_new(e, "lines", json_array());
    if (rank_of(&part[0]) == 0)
        json_object_set_new(e, "dx", json_array());
    json_object_set_new(e, "note", json_null());
    for (size_t i = 0; i < n; i++) {
        if (rank_of(&part[i]) == 0 && part[i].charges)
            add_charges(e, part[i].enc);
        add_note(e, part[i].enc);
    }
    for (size_t i = 1; i < n; i++) {
        json_t *rest = json_copy(part[i].enc);
        json_object_del(rest, "note");
        json_object_del(rest, "lines");
        fill(e, rest);
        json_decref(rest);
    }
    return e;
}

void merge_missing(const json_t *e, bool signs, struct buf *out)
{
    const json_t *pt = json_object_get(e, "pt"), *cov = json_object_get(e, "cov");
    const struct {
        const char *name;
        bool is;
    } wants[] = {{"charges", json_array_size(json_object_get(e, "lines")) == 0},
                 {"signature", !signs && !json_is_object(json_object_get(e, "signed"))},
                 {"coverage", json_array_size(cov) == 0},
                 {"patient", !*text(pt, "last") || !*text(pt, "dob")}};
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
        if (wants[i].is)
            buf_printf(out, "%s%s", out->len ? " " : "", wants[i].name);
}
