#include "tools/code/report.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <unistd.h>

/* Why a code is proposed: the term as printed, and what the note says of it. */
static void why(const struct coding *c, const struct proposal *p, struct buf *out)
{
    static const char *const kind[TERM_KINDS] = {"title",   "index", "inclusion", "table",
                                                 "heading", "drug",  "own",       "index"};
    static const char *const said[] = {"negated", "uncertain", "history", "family", "hypothetical"};
    if (p->term) {
        buf_printf(out, "%s: ", kind[p->term->value % TERM_KINDS]);
        buf_phi(out, codes_title(lexicon_table(c->lexicon), p->term));
    } else {
        buf_puts(out, "learned from coded notes");
    }
    for (unsigned i = 0; i < 5; i++)
        if (p->context & 1u << i)
            buf_printf(out, "; %s", said[i]);
    if (p->link)
        buf_puts(out, p->link == LINK_STATED ? "; both are linked in the note"
                                             : "; \"with\" is presumed (guideline I.A.15)");
    if (p->mentions > 1)
        buf_printf(out, "; said %u times", p->mentions);
}

static const char *status(const struct proposal *p)
{
    return p->assigned ? "assigned" : "suggested";
}

static void put_number(struct buf *out, const char *name, int64_t n)
{
    buf_puts(out, name);
    buf_int(out, n);
}

static void put_object(const struct coding *c, const char *file, const struct proposal *p,
                       struct buf *reason, struct buf *out)
{
    buf_clear(reason);
    why(c, p, reason);
    buf_puts(out, "{\"file\":");
    buf_json(out, phi_lit(file));
    buf_puts(out, ",\"code\":\"");
    buf_add(out, p->code->code, strnlen(p->code->code, CODE_LEN));
    buf_puts(out, "\",\"title\":");
    buf_json(out, codes_title(lexicon_table(c->lexicon), p->code));
    put_number(out, ",\"begin\":", p->begin);
    put_number(out, ",\"end\":", p->end);
    if (p->link) { /* the other condition of a combination code */
        put_number(out, ",\"also_begin\":", p->also_begin);
        put_number(out, ",\"also_end\":", p->also_end);
    }
    put_number(out, ",\"score\":", p->score);
    buf_puts(out, ",\"status\":\"");
    buf_puts(out, status(p));
    buf_puts(out, "\",\"why\":");
    buf_json(out, buf_view(reason));
    buf_puts(out, "}\n");
}

void report_json(const struct coding *c, const char *file, phi_str note, const struct proposals *p,
                 struct buf *out)
{
    struct buf reason = {0};
    (void)note;
    for (size_t i = 0; i < p->n; i++)
        put_object(c, file, &p->at[i], &reason, out);
    buf_free(&reason);
}

static int by_place(const void *x, const void *y)
{
    const struct proposal *const *a = x, *const *b = y;
    return ((*a)->begin > (*b)->begin) - ((*a)->begin < (*b)->begin);
}

/* Text of a note for a screen: what would steer a terminal is shown as a question mark. */
static void put_shown(struct buf *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i], next = i + 1 < n ? (unsigned char)p[i + 1] : 0;
        bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0; /* U+0080 to U+009F */
        bool steers = (c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7F || c1;
        buf_putc(out, steers ? '?' : p[i]);
        i += c1;
    }
}

/* What switches a terminal to the colour of codes that are assigned or suggested, and back. */
struct shades {
    const char *assigned, *suggested, *plain;
};
static struct shades shades(void)
{
    const char *no = getenv("NO_COLOR");
    if (!isatty(STDOUT_FILENO) || (no && *no))
        return (struct shades){"", "", ""};
    return (struct shades){"\033[1;32m", "\033[33m", "\033[0m"};
}

static void mark(phi_str note, const struct proposals *p, struct buf *out)
{
    const struct proposal **at = xcalloc(2 * p->n + 1, sizeof *at);
    struct proposal *second =
        xcalloc(p->n + 1, sizeof *second); /* of combinations: the other place */
    struct shades k = shades();
    size_t done = 0, n = 0;
    for (size_t i = 0; i < p->n; i++) {
        at[n++] = &p->at[i];
        second[i] = p->at[i];
        second[i].begin = p->at[i].also_begin;
        second[i].end = p->at[i].also_end;
        if (p->at[i].link)
            at[n++] = &second[i];
    }
    qsort(at, n, sizeof *at, by_place);
    for (size_t i = 0; i < n; i++) {
        const char *shade = at[i]->assigned ? k.assigned : k.suggested;
        if (at[i]->begin >= done) { /* evidence may be shared */
            put_shown(out, note.p + done, at[i]->begin - done);
            buf_printf(out, "%s[", shade);
            put_shown(out, note.p + at[i]->begin, at[i]->end - at[i]->begin);
            buf_printf(out, "]%s", k.plain);
            done = at[i]->end;
        }
        buf_printf(out, "%s{%.*s%s}%s", shade, CODE_LEN, at[i]->code->code,
                   at[i]->assigned ? "" : "?", k.plain);
    }
    put_shown(out, note.p + done, note.n - done);
    free(second);
    free(at);
}

void report_text(const struct coding *c, const char *file, phi_str note, const struct proposals *p,
                 struct buf *out)
{
    buf_printf(out, "%s\n\n", file);
    mark(note, p, out);
    buf_puts(out, "\n\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct proposal *x = &p->at[i];
        buf_printf(out, "%-8.*s %4d %-9s ", CODE_LEN, x->code->code, x->score, status(x));
        buf_phi(out, codes_title(lexicon_table(c->lexicon), x->code));
        buf_puts(out, "\n              ");
        why(c, x, out);
        buf_putc(out, '\n');
    }
    buf_putc(out, '\n');
}

enum { DOSE_SCORE = 500 };

void report_doses(const struct coding *c, const char *file, phi_str note, const struct doses *doses,
                  bool text, struct buf *out)
{
    struct dose at[DOSES_MOST];
    size_t n = doses_find(doses, note, at);
    for (size_t i = 0; i < n; i++) {
        phi_str title = codes_title(lexicon_table(c->lexicon), at[i].row);
        if (!at[i].given)
            continue;
        if (text) {
            buf_printf(out, "%-8.*s %4d suggested ", CODE_LEN, at[i].row->code, DOSE_SCORE);
            buf_phi(out, title);
            buf_printf(out, "\n              dose: %u units\n\n", at[i].units);
            continue;
        }
        buf_puts(out, "{\"file\":");
        buf_json(out, phi_lit(file));
        buf_printf(out, ",\"code\":\"%.*s\",\"title\":", CODE_LEN, at[i].row->code);
        buf_json(out, title);
        buf_printf(
            out,
            ",\"begin\":%u,\"end\":%u,\"score\":%d,\"status\":\"suggested\",\"why\":\"dose: %u "
            "units\",\"units\":%u}\n",
            at[i].begin, at[i].end, DOSE_SCORE, at[i].units, at[i].units);
    }
}

void report_services(const struct coding *c, const char *file, phi_str note,
                     const struct services *services, bool text, struct buf *out)
{
    struct service at[SERVICES_MOST];
    const struct codes *table = lexicon_table(c->lexicon);
    size_t n = services_find(services, c, note, at);
    for (size_t i = 0; i < n; i++) {
        phi_str title = codes_title(table, at[i].row), term = codes_title(table, at[i].term);
        const char *kind = at[i].procedure ? "procedure" : "service";
        if (text) {
            buf_printf(out, "%-8.*s %4d suggested ", CODE_LEN, at[i].row->code, DOSE_SCORE);
            buf_phi(out, title);
            buf_printf(out, "\n              %s: ", kind);
            buf_phi(out, term);
            buf_puts(out, "\n\n");
            continue;
        }
        buf_puts(out, "{\"file\":");
        buf_json(out, phi_lit(file));
        buf_printf(out, ",\"code\":\"%.*s\",\"title\":", CODE_LEN, at[i].row->code);
        buf_json(out, title);
        buf_printf(out, ",\"begin\":%u,\"end\":%u,\"score\":%d,\"status\":\"suggested\",\"why\":",
                   at[i].begin, at[i].end, DOSE_SCORE);
        struct buf why = {0};
        buf_printf(&why, "%s: ", kind);
        buf_phi(&why, term);
        buf_json(out, buf_view(&why));
        buf_puts(out, "}\n");
        buf_free(&why);
    }
}
