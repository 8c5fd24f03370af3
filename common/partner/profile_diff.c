/* Profiles shown, and two of them compared. */
#include "common/partner/profile_int.h"

static void put_word(struct buf *out, const char *w)
{
    bool quote = !*w || strchr(w, ' ') || *w == '#';
    buf_printf(out, quote ? " \"%s\"" : " %s", w);
}

static bool same_section(const struct profile_line *a, const struct profile_line *b)
{
    return strcmp(a->section, b->section) == 0 &&
           (a->guide == b->guide || (a->guide && b->guide && strcmp(a->guide, b->guide) == 0));
}

void profile_write(const struct profile *p, struct buf *out)
{
    const struct profile_line *before = NULL;
    for (uint32_t i = 0; i < p->entries; i++) {
        const struct profile_line *l = &p->entry[i].line;
        if (*l->section && (!before || !same_section(before, l)))
            buf_printf(out, "\n%s%s%s\n", l->section, l->guide ? " " : "",
                       l->guide ? l->guide : "");
        buf_printf(out, "%s%s", *l->section ? "  " : "", l->key);
        for (uint32_t k = 0; k < l->n; k++)
            put_word(out, l->word[k]);
        buf_putc(out, '\n');
        before = l;
    }
}

static void json_line(struct buf *out, const struct profile_line *l)
{
    buf_puts(out, "{\"section\":");
    buf_json(out, phi_lit(l->section));
    if (l->guide) {
        buf_puts(out, ",\"guide\":");
        buf_json(out, phi_lit(l->guide));
    }
    buf_puts(out, ",\"key\":");
    buf_json(out, phi_lit(l->key));
    buf_puts(out, ",\"words\":[");
    for (uint32_t i = 0; i < l->n; i++) {
        buf_puts(out, i ? "," : "");
        buf_json(out, phi_lit(l->word[i]));
    }
    buf_printf(out, "],\"line\":%d}", l->line);
}

void profile_json(const struct profile *p, struct buf *out)
{
    buf_puts(out, "{\"partner\":");
    buf_json(out, phi_lit(p->name));
    buf_puts(out, ",\"label\":");
    buf_json(out, phi_lit(p->label));
    buf_puts(out, ",\"file\":");
    buf_json(out, phi_lit(p->file));
    buf_puts(out, ",\"lines\":[");
    for (uint32_t i = 0; i < p->entries; i++) {
        buf_puts(out, i ? "," : "");
        json_line(out, &p->entry[i].line);
    }
    buf_puts(out, "]}");
}

/* What a line is about, when several of its kind may stand in a profile. */
static const char *subject(const struct profile_entry *e)
{
    switch (e->key->kind) {
    case LINE_PATH:
    case LINE_VALUES:
    case LINE_RANGE:
    case LINE_TIMES:
    case LINE_RULE:
        return e->line.word[0];
    default:
        return "";
    }
}

static bool same_words(const struct profile_line *a, const struct profile_line *b)
{
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = strcmp(a->word[i], b->word[i]) == 0;
    return same;
}

static bool of_a_kind(const struct profile_entry *a, const struct profile_entry *b)
{
    return a->key == b->key && same_section(&a->line, &b->line) &&
           strcmp(a->line.key, b->line.key) == 0 && strcmp(subject(a), subject(b)) == 0;
}

/* The line of b that says of the same thing as line i of a; of several the one of the same rank. */
static const struct profile_line *twin(const struct profile *a, uint32_t i, const struct profile *b)
{
    uint32_t rank = 0;
    for (uint32_t k = 0; k < i; k++)
        rank += of_a_kind(&a->entry[k], &a->entry[i]);
    for (uint32_t k = 0; k < b->entries; k++)
        if (of_a_kind(&b->entry[k], &a->entry[i]) && rank-- == 0)
            return &b->entry[k].line;
    return NULL;
}

uint32_t profile_diff(const struct profile *a, const struct profile *b,
                      void (*each)(void *ctx, const struct profile_difference *d), void *ctx)
{
    uint32_t n = 0;
    for (int side = 0; side < 2; side++) {
        const struct profile *p = side ? b : a, *q = side ? a : b;
        for (uint32_t i = 0; i < p->entries; i++) {
            const struct profile_entry *e = &p->entry[i];
            const struct profile_line *l = &e->line, *o = twin(p, i, q);
            if (e->key->kind == LINE_NAME || (o && (side || same_words(l, o))))
                continue;
            struct profile_difference d = {l->section, l->key,       l->guide,    subject(e),
                                           l->says,    side ? o : l, side ? l : o};
            each(ctx, &d);
            n++;
        }
    }
    return n;
}
