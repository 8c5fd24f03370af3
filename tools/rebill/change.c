#include "tools/rebill/change.h"
#include "common/edi/scan.h"
#include "common/util/money.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct path {
    long line; /* LX01; 0: the claim itself */
    char id[4], qualifier[32];
    uint32_t el, comp; /* 0: not said */
    phi_str value;
};

/* Digits up to the first other character; 0 when there are none. */
static uint32_t number(const char **p)
{
    char *end;
    if (!isdigit((unsigned char)**p))
        return 0;
    unsigned long n = strtoul(*p, &end, 10);
    *p = end;
    return n > 999 ? 0 : (uint32_t)n;
}

static bool word(const char **p, char *out, size_t room, const char *stops)
{
    size_t n = strcspn(*p, stops);
    if (n == 0 || n >= room)
        return false;
    memcpy(out, *p, n);
    out[n] = 0;
    *p += n;
    return true;
}

static bool parse(const char *wish, struct path *p)
{
    *p = (struct path){0};
    if (*wish == 'L' && isdigit((unsigned char)wish[1])) {
        wish++;
        p->line = number(&wish);
        if (p->line == 0 || *wish++ != '/')
            return false;
    }
    if (!word(&wish, p->id, sizeof p->id, "*.="))
        return false;
    if (*wish == '*' && (wish++, !word(&wish, p->qualifier, sizeof p->qualifier, ".=")))
        return false;
    if (*wish == '.' && (wish++, !(p->el = number(&wish)) || p->el > 32))
        return false;
    if (*wish == '-' && (wish++, !p->el || !(p->comp = number(&wish)) || p->comp > 32))
        return false;
    if (*wish++ != '=')
        return false;
    p->value = phi_lit(wish);
    if (!p->el && strcmp(p->id, "REF") == 0 && *p->qualifier)
        p->el = 2;
    return p->el > 0;
}

static bool plain(phi_str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] > '~' || memchr("*:^~", v.p[i], 4))
            return false;
    return v.n <= 80;
}

/* What rebill itself decides. */
static bool is_ours(const struct path *p)
{
    bool clm = strcmp(p->id, "CLM") == 0;
    return (clm && (p->el == 1 || p->el == 2 || (p->el == 5 && p->comp != 1))) ||
           (strcmp(p->id, "REF") == 0 &&
            (strcmp(p->qualifier, "F8") == 0 || (p->line && strcmp(p->qualifier, "6R") == 0))) ||
           strcmp(p->id, "LX") == 0;
}

/* Segments from..to that the path speaks of: the claim above its lines, or one line. */
static bool range(const struct segs *s, long line, size_t *from, size_t *to)
{
    char want[12];
    snprintf(want, sizeof want, "%ld", line);
    *from = line ? s->n : 0;
    for (size_t i = 0; line && i < s->n; i++)
        if (segs_is(s, i, "LX", want)) {
            *from = i;
            break;
        }
    for (*to = *from + 1; *to < s->n && !segs_is(s, *to, "LX", NULL);)
        ++*to;
    return *from < s->n;
}

/* Where a REF goes: behind those that stand before or are one. */
static size_t ref_place(const struct segs *s, size_t from, size_t to)
{
    static const char before[] = " CLM LX SV1 SV2 SV3 TOO SV5 DTP CL1 DN1 DN2 PWK CN1 AMT REF ";
    static const char in_line[] = " LX SV1 SV2 SV3 TOO SV5 PWK CR1 CR3 CRC DTP QTY MEA CN1 REF ";
    const char *ok = segs_is(s, from, "LX", NULL) ? in_line : before;
    for (size_t i = from; i < to; i++) {
        char id[8];
        phi_str t = seg_text_el(s->at[i], 0);
        snprintf(id, sizeof id, " %.*s ", (int)t.n, t.p);
        if (!strstr(ok, id))
            return i;
    }
    return to;
}

static void put_ref(struct segs *s, size_t from, size_t to, const char *qualifier, phi_str value)
{
    char head[48];
    snprintf(head, sizeof head, "REF*%s", qualifier);
    phi_str seg = seg_text_set(s->mem, phi_lit(arena_strdup(s->mem, head)), 2, 0, value);
    segs_insert(s, ref_place(s, from, to), seg);
}

static size_t find(const struct segs *s, size_t from, size_t to, const char *id,
                   const char *qualifier)
{
    for (size_t i = from; i < to; i++) {
        if (i > from && segs_is(s, i, "SBR", NULL)) /* other payers' loops are not the claim's */
            return to;
        if (segs_is(s, i, id, *qualifier ? qualifier : NULL))
            return i;
    }
    return to;
}

void change_ref(struct segs *s, const char *qualifier, phi_str value)
{
    size_t from, to, i, end;
    range(s, 0, &from, &to);
    for (end = from + 1;
         end < to && !segs_is(s, end, "SBR", NULL) && !segs_is(s, end, "NM1", NULL);)
        end++;
    i = find(s, from, end, "REF", qualifier);
    if (i < end && value.n == 0)
        segs_remove(s, i);
    else if (i < end)
        s->at[i] = seg_text_set(s->mem, s->at[i], 2, 0, value);
    else if (value.n)
        put_ref(s, from, end, qualifier, value);
}

const char *change(struct segs *s, const char *wish)
{
    struct path p;
    size_t from, to;
    if (!parse(wish, &p))
        return "it is not of the form [Ln/]ID[*QUALIFIER][.EE[-C]]=VALUE";
    if (!plain(p.value))
        return "its value has a delimiter or a character that X12 does not know, or is too long";
    if (is_ours(&p))
        return "this element follows from what is rebilled and cannot be set";
    if (!range(s, p.line, &from, &to))
        return "the claim has no such line";
    size_t i = find(s, from, to, p.id, p.qualifier);
    bool ref = strcmp(p.id, "REF") == 0 && *p.qualifier && p.el == 2;
    if (i == to && !(ref && p.value.n))
        return "the claim has no such segment there";
    if (i == to)
        put_ref(s, from, to, p.qualifier, p.value);
    else if (ref && p.value.n == 0)
        segs_remove(s, i);
    else
        s->at[i] = seg_text_set(s->mem, s->at[i], p.el, p.comp, p.value);
    return NULL;
}

bool change_total(struct segs *s)
{
    int64_t sum = 0, cents;
    struct buf b = {0};
    for (size_t i = 0; i < s->n; i++) {
        uint32_t el = segs_is(s, i, "SV2", NULL)                                 ? 3
                      : segs_is(s, i, "SV1", NULL) || segs_is(s, i, "SV3", NULL) ? 2
                                                                                 : 0;
        if (el && (!money_parse(seg_text_el(s->at[i], el), &cents) || !money_add(sum, cents, &sum)))
            return false;
    }
    money_x12(&b, sum);
    s->at[0] = seg_text_set(s->mem, s->at[0], 2, 0, arena_phi(s->mem, buf_view(&b)));
    buf_free(&b);
    return true;
}
