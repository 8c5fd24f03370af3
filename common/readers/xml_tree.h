/*
 * xml_tree: a small XML document as a tree, for documents from outside: no DOCTYPE and so no
 * entities of its own, UTF-8 alone, bounded depth and number of nodes. Names are without prefixes.
 */
#ifndef CLAIMWIRE_READERS_XML_TREE_H
#define CLAIMWIRE_READERS_XML_TREE_H

#include "common/util/arena.h"
#include "common/util/buf.h"

enum { XML_NODES = 500000 };

struct xml {
    const char *name; /* NULL: a piece of text */
    phi_str text;
    const char **attrs; /* name, value, ..., NULL */
    struct xml *up, *next, *first, *last;
};

/* The root element; NULL with the line and what is wrong. All memory is the arena's. */
struct xml *xml_read(phi_str s, struct arena *a, unsigned long *line, const char **why);
/* First child element of this name; NULL when there is none or x is NULL. */
struct xml *xml_child(const struct xml *x, const char *name);
/* Next sibling of the same name. */
struct xml *xml_again(const struct xml *x);
/* By a path of names, "a/b/c". */
struct xml *xml_at(const struct xml *x, const char *path);
/* Value of an attribute; "" when absent. */
phi_str xml_attr(const struct xml *x, const char *name);
/* The words under x: ends of paragraphs, rows, items and breaks become line ends. */
void xml_words(const struct xml *x, struct buf *out);
/* As a slice of the arena, without blanks at its ends. */
phi_str xml_text(const struct xml *x, struct arena *a);

#endif
