/*
 * NAME
 *     claimwire guides - show guides as they were understood
 *
 * SYNOPSIS
 *     claimwire guides [--guides DIR]
 *     claimwire guides [--guides DIR] [--tsv | --json] NAME VERSION
 *
 * DESCRIPTION
 *     Without a NAME lists the guides of a folder: name, transaction, group, version. With one,
 *     prints what was compiled from it: one row a loop, segment, element and component, in the
 *     order of the guide, with usage, repeat, data element, type, lengths, codes, syntax notes
 *     and the values that tell a segment from others of its id.
 *
 * OPTIONS
 *     --guides DIR   folder of the guides (default config/guides)
 *     --tsv          columns separated by tabs, after a line of their names (default)
 *     --json         one object a line
 *     -h, --help     this synopsis
 *
 * EXIT STATUS
 *     0 done, 64 wrong command line or no such guide, 78 a guide cannot be used
 *
 * EXAMPLES
 *     claimwire guides
 *     claimwire guides --tsv 837P 005010X222A1 | grep -P '^segment\t2010AA'
 */
#include "common/edi/guide_data.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const columns[] = {
    "row",          "loop", "path", "segment", "usage", "repeat",   "element", "component",
    "data_element", "type", "min",  "max",     "codes", "external", "syntax",  "qualifier"};
enum { COLUMNS = sizeof columns / sizeof *columns };
enum column {
    ROW,
    LOOP,
    PATH,
    SEGMENT,
    USAGE,
    REPEAT,
    ELEMENT,
    COMPONENT,
    DE,
    TYPE,
    MIN,
    MAX,
    CODES,
    EXTERNAL,
    SYNTAX,
    QUALIFIER
};

struct printer {
    const struct guide *g;
    bool json;
    struct buf cell[COLUMNS], out;
};

static void put_row(struct printer *p)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (p->json) {
            buf_printf(&p->out, "%s\"%s\":", i ? "," : "{", columns[i]);
            buf_json(&p->out, buf_view(&p->cell[i]));
        } else {
            buf_puts(&p->out, i ? "\t" : "");
            buf_phi(&p->out, buf_view(&p->cell[i]));
        }
        buf_clear(&p->cell[i]);
    }
    buf_puts(&p->out, p->json ? "}\n" : "\n");
}

static void repeat_text(struct buf *b, uint32_t n)
{
    if (n)
        buf_int(b, n);
    else
        buf_puts(b, ">1");
}

static void codes_text(struct buf *b, const struct g_codes *c, char between)
{
    for (uint32_t i = 0; c && i < c->n; i++) {
        if (i)
            buf_putc(b, between);
        buf_phi(b, c->said[i]);
    }
}

static void place(struct printer *p, const char *row, const struct g_node *n)
{
    const struct g_node *loop = n->loop ? n : &p->g->node[n->parent];
    buf_puts(&p->cell[ROW], row);
    buf_puts(&p->cell[LOOP], loop->id);
    g_path(p->g, loop, &p->cell[PATH]);
    if (!n->loop)
        buf_puts(&p->cell[SEGMENT], n->id);
}

static void put_elem(struct printer *p, const struct g_node *n, const struct g_elem *e, uint32_t at,
                     uint32_t comp)
{
    static const char *const names[] = {"", "AN", "ID", "N", "R", "DT", "TM", "B"};
    place(p, comp ? "component" : "element", n);
    buf_putc(&p->cell[USAGE], e->usage);
    repeat_text(&p->cell[REPEAT], e->repeat);
    buf_printf(&p->cell[ELEMENT], "%02u", at);
    if (comp)
        buf_printf(&p->cell[COMPONENT], "%02u", comp);
    if (e->composite)
        buf_puts(&p->cell[DE], e->composite->name);
    else if (e->de > 61000) /* those of the envelope */
        buf_printf(&p->cell[DE], "I%02u", e->de - 61000);
    else if (e->de)
        buf_int(&p->cell[DE], e->de);
    buf_puts(&p->cell[TYPE], names[e->type]);
    if (e->type == TYPE_N)
        buf_int(&p->cell[TYPE], e->decimals);
    if (e->type) {
        buf_int(&p->cell[MIN], e->min);
        buf_int(&p->cell[MAX], e->max);
    }
    codes_text(&p->cell[CODES], e->codes, ',');
    if (e->set)
        buf_printf(&p->cell[EXTERNAL], "@%s", e->set);
    put_row(p);
    for (uint32_t i = 0; i < e->comps; i++)
        put_elem(p, n, &e->comp[i], at, i + 1);
}

static void put_node(struct printer *p, const struct g_node *n)
{
    place(p, n->loop ? "loop" : "segment", n);
    buf_putc(&p->cell[USAGE], n->usage);
    repeat_text(&p->cell[REPEAT], n->max);
    for (uint32_t i = 0; i < n->notes_n; i++) {
        buf_printf(&p->cell[SYNTAX], "%s%c", i ? "," : "", n->notes[i].kind);
        for (uint32_t k = 0; k < n->notes[i].n; k++)
            buf_printf(&p->cell[SYNTAX], "%02u", n->notes[i].el[k]);
    }
    if (n->qual.element) {
        buf_printf(&p->cell[QUALIFIER], "%s%02u", n->id, n->qual.element);
        if (n->qual.component)
            buf_printf(&p->cell[QUALIFIER], "-%u", n->qual.component);
        buf_putc(&p->cell[QUALIFIER], '=');
        codes_text(&p->cell[QUALIFIER], n->qual.codes, '|');
    }
    put_row(p);
    for (uint32_t i = 0; !n->loop && i < n->elems_n; i++)
        put_elem(p, n, &n->elems[i], i + 1, 0);
}

static void put_guide(struct printer *p)
{
    for (int i = 0; i < COLUMNS && !p->json; i++)
        buf_printf(&p->out, "%s%s", i ? "\t" : "", columns[i]);
    if (!p->json)
        buf_putc(&p->out, '\n');
    for (uint32_t i = 1; i < p->g->nodes; i++) {
        put_node(p, &p->g->node[i]);
        if (p->g->node[i].as)
            i = p->g->node[i].end - 1u;
    }
}

static void put_list(const struct guide_set *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->guides; i++) {
        const struct guide *g = s->guide[i];
        buf_printf(out, "%s\t%s\t%s\t%s\n", g->name, g->transaction, g->group, g->version);
    }
}

static const struct guide *find(const struct guide_set *s, const char *name, const char *version)
{
    for (uint32_t i = 0; i < s->guides; i++)
        if (!strcmp(s->guide[i]->name, name) && !strcmp(s->guide[i]->version, version))
            return s->guide[i];
    die(EXIT_USAGE, "no guide \"%s\" of version \"%s\"", name, version);
}

static _Noreturn void usage(int code)
{
    fputs("usage: claimwire guides [--guides DIR]\n"
          "       claimwire guides [--guides DIR] [--tsv | --json] NAME VERSION\n",
          code ? stderr : stdout);
    exit(code);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"guides", required_argument, NULL, 'g'},
                                            {"tsv", no_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct printer p = {0};
    const char *dir = "config/guides";
    log_open("guides");
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'g')
            dir = optarg;
        else if (c == 'j' || c == 't')
            p.json = c == 'j';
        else
            usage(c == 'h' ? EXIT_DONE : EXIT_USAGE);
    }
    if (argc != optind && argc != optind + 2)
        usage(EXIT_USAGE);
    struct buf error = {0};
    struct guide_set *s = guides_load(dir, &error);
    if (!s) {
        fprintf(stderr, "%s\n", buf_cstr(&error));
        return EXIT_CONFIG;
    }
    if (argc == optind) {
        put_list(s, &p.out);
    } else {
        p.g = find(s, argv[optind], argv[optind + 1]);
        put_guide(&p);
    }
    int wrote = fs_write_all(STDOUT_FILENO, p.out.p, p.out.len);
    guides_free(s);
    buf_free(&p.out);
    for (int i = 0; i < COLUMNS; i++)
        buf_free(&p.cell[i]);
    return wrote ? EXIT_TRY_LATER : EXIT_DONE;
}
