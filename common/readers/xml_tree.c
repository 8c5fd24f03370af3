#include "common/readers/xml_tree.h"
#include "common/readers/reader.h"
#include <expat.h>
#include <strings.h>

struct building {
    XML_Parser p;
    struct arena *a;
    struct xml *root, *at;
    int depth;
    size_t nodes;
    const char *why;
};

static void stop(struct building *b, const char *why)
{
    if (!b->why)
        b->why = why;
    XML_StopParser(b->p, XML_FALSE);
}

static struct xml *add(struct building *b)
{
    struct xml *x = arena_alloc(b->a, sizeof *x);
    x->up = b->at;
    if (b->at && b->at->last)
        b->at->last->next = x;
    else if (b->at)
        b->at->first = x;
    if (b->at)
        b->at->last = x;
    if (++b->nodes > XML_NODES)
        stop(b, "has more than 500,000 nodes");
    return x;
}

static const char *bare(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void on_start(void *ctx, const char *name, const char **attrs)
{
    struct building *b = ctx;
    size_t n = 0;
    while (attrs[n])
        n++;
    if (++b->depth > READER_DEPTH_MAX) {
        stop(b, "is nested deeper than 64");
        return;
    }
    struct xml *x = add(b);
    x->name = arena_strdup(b->a, bare(name));
    x->attrs = arena_alloc(b->a, (n + 1) * sizeof *x->attrs);
    for (size_t i = 0; i < n; i++)
        x->attrs[i] = arena_strdup(b->a, i % 2 ? attrs[i] : bare(attrs[i]));
    if (!b->root)
        b->root = x;
    b->at = x;
}

static void on_end(void *ctx, const char *name)
{
    struct building *b = ctx;
    (void)name;
    b->depth--;
    b->at = b->at->up;
}

static void on_text(void *ctx, const char *s, int n)
{
    struct building *b = ctx;
    if (b->at)
        add(b)->text = arena_phi(b->a, phi_of(s, (size_t)n));
}

/* Entities can only be defined in a DOCTYPE: without one there is no bomb. */
static void on_doctype(void *ctx, const char *name, const char *sys, const char *pub, int internal)
{
    (void)name, (void)sys, (void)pub, (void)internal;
    stop(ctx, "has a DOCTYPE; documents are taken without");
}

static void on_declaration(void *ctx, const char *version, const char *encoding, int standalone)
{
    (void)version, (void)standalone;
    if (encoding && strcasecmp(encoding, "UTF-8") != 0 && strcasecmp(encoding, "US-ASCII") != 0)
        stop(ctx, "declares an encoding that is not UTF-8");
}

static int on_encoding(void *ctx, const char *name, XML_Encoding *info)
{
    (void)ctx, (void)name, (void)info;
    return XML_STATUS_ERROR;
}

struct xml *xml_read(phi_str s, struct arena *a, unsigned long *line, const char **why)
{
    struct building b = {.p = XML_ParserCreate(NULL), .a = a};
    XML_SetUserData(b.p, &b);
    XML_SetElementHandler(b.p, on_start, on_end);
    XML_SetCharacterDataHandler(b.p, on_text);
    XML_SetStartDoctypeDeclHandler(b.p, on_doctype);
    XML_SetXmlDeclHandler(b.p, on_declaration);
    XML_SetUnknownEncodingHandler(b.p, on_encoding, NULL);
    bool good = XML_Parse(b.p, s.p, (int)s.n, 1) == XML_STATUS_OK && !b.why;
    *line = XML_GetCurrentLineNumber(b.p);
    *why = b.why ? b.why : XML_ErrorString(XML_GetErrorCode(b.p));
    XML_ParserFree(b.p);
    return good ? b.root : NULL;
}

static struct xml *named(struct xml *x, const char *name, size_t n)
{
    while (x && !(x->name && strlen(x->name) == n && memcmp(x->name, name, n) == 0))
        x = x->next;
    return x;
}

struct xml *xml_child(const struct xml *x, const char *name)
{
    return x ? named(x->first, name, strlen(name)) : NULL;
}

struct xml *xml_again(const struct xml *x)
{
    return named(x->next, x->name, strlen(x->name));
}

struct xml *xml_at(const struct xml *x, const char *path)
{
    struct xml *at = (struct xml *)(uintptr_t)x;
    while (at && *path) {
        size_t n = strcspn(path, "/");
        at = named(at->first, path, n);
        path += n + (path[n] == '/');
    }
    return at;
}

phi_str xml_attr(const struct xml *x, const char *name)
{
    for (const char **p = x ? x->attrs : NULL; p && *p; p += 2)
        if (strcmp(*p, name) == 0)
            return phi_lit(p[1]);
    return phi_of("", 0);
}

static bool is_block(const char *name)
{
    static const char *const names[] = {"paragraph", "br",      "item", "tr",    "td",
                                        "th",        "caption", "list", "table", "title"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void add_words(phi_str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        bool blank = s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\t' || s.p[i] == '\r';
        bool after = out->len == 0 || out->p[out->len - 1] == ' ' || out->p[out->len - 1] == '\n';
        if (!blank || !after)
            buf_putc(out, blank ? ' ' : s.p[i]);
    }
}

void xml_words(const struct xml *x, struct buf *out)
{
    if (!x->name)
        add_words(x->text, out);
    for (const struct xml *c = x->first; c; c = c->next)
        xml_words(c, out);
    if (x->name && is_block(x->name) && out->len) {
        if (out->p[out->len - 1] == ' ')
            out->len--;
        if (out->len && out->p[out->len - 1] != '\n')
            buf_putc(out, '\n');
    }
}

phi_str xml_text(const struct xml *x, struct arena *a)
{
    struct buf b = {0};
    if (x)
        xml_words(x, &b);
    while (b.len && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\n'))
        b.len--;
    phi_str out = arena_phi(a, buf_view(&b));
    buf_free(&b);
    return out;
}
