/*
 * The notes and seventh characters of the official tabular list (XML), into the systems of
 * common/codes/notes.h. Codes are found in the notes' text: "E08-E13", "T81.4-", "O03-O07, O08.0".
 */
#include "common/codes/notes.h"
#include "common/util/log.h"
#include "tools/codeset/xml_feed.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 40, NOTE_LIMIT = 1 << 14, OWNERS = 12, SEEN = 512, TITLE_MOST = 400 };

/* What an open element is for us. */
enum element { OTHER, OWNER, NAME, DESC, NOTE, SEVENTH, EXTENSION, KIND };

struct notes_import {
    struct xml_feed feed; /* first */
    struct {
        enum element e;
        unsigned kind; /* enum note_kind of KIND */
    } open[DEPTH];
    int depth;
    struct buf owner[OWNERS];
    int owners;
    struct buf text;
    char character;            /* of the extension under way */
    char seen[SEEN][CODE_LEN]; /* pairs that the owner on top already has */
    int seen_n;
};

static void refuse(struct notes_import *x, const char *why)
{
    xml_feed_refuse(&x->feed, why);
}

static enum element element_of(const char *name, unsigned *kind)
{
    static const struct {
        const char *name;
        enum element e;
        unsigned kind;
    } known[] = {{"chapter", OWNER, 0},
                 {"section", OWNER, 0},
                 {"diag", OWNER, 0},
                 {"name", NAME, 0},
                 {"desc", DESC, 0},
                 {"note", NOTE, 0},
                 {"sevenChrDef", SEVENTH, 0},
                 {"extension", EXTENSION, 0},
                 {"excludes1", KIND, NOTE_EXCLUDES1},
                 {"excludes2", KIND, NOTE_EXCLUDES2},
                 {"codeFirst", KIND, NOTE_CODE_FIRST},
                 {"useAdditionalCode", KIND, NOTE_USE_ADDITIONAL},
                 {"codeAlso", KIND, NOTE_CODE_ALSO}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) {
            *kind = known[i].kind;
            return known[i].e;
        }
    return OTHER;
}

static const char *attribute(const char **list, const char *name)
{
    for (; *list; list += 2)
        if (strcmp(list[0], name) == 0)
            return list[1];
    return NULL;
}

static struct buf *owner(struct notes_import *x)
{
    return x->owners ? &x->owner[x->owners - 1] : NULL;
}

static void on_start(void *ctx, const char *name, const char **list)
{
    struct notes_import *x = ctx;
    unsigned kind = 0;
    enum element e = element_of(name, &kind);
    if (x->depth == DEPTH || (e == OWNER && x->owners == OWNERS)) {
        refuse(x, "elements are nested deeper than in any of these files");
        return;
    }
    x->open[x->depth].e = e;
    x->open[x->depth++].kind = kind;
    if (e == OWNER) {
        const char *id = attribute(list, "id");
        x->owners++;
        x->seen_n = 0;
        buf_clear(owner(x));
        if (id && strcmp(name, "section") == 0)
            buf_puts(owner(x), id);
    }
    if (e == EXTENSION) {
        const char *c = attribute(list, "char");
        x->character = c && strlen(c) == 1 ? *c : 0;
    }
    if (e != OTHER)
        buf_clear(&x->text);
}

static void on_text(void *ctx, const char *s, int n)
{
    struct notes_import *x = ctx;
    if (x->text.len + (size_t)n > NOTE_LIMIT)
        refuse(x, "a text is longer than 16 KB");
    else
        buf_add(&x->text, s, (size_t)n);
}

/* Length of a code at s (two digits or more behind a letter), without its point in out; 0: none. */
static size_t code_at(phi_str s, char out[8])
{
    size_t n = 0, i = 0;
    if (s.n < 3 || !isupper((unsigned char)s.p[0]) || !isdigit((unsigned char)s.p[1]) ||
        !isalnum((unsigned char)s.p[2]) || islower((unsigned char)s.p[2]))
        return 0;
    for (; i < s.n && n < 7; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (isupper(c) || isdigit(c))
            out[n++] = (char)c;
        else if (!(c == '.' && i == 3 && i + 1 < s.n && isalnum((unsigned char)s.p[i + 1])))
            break;
    }
    out[n] = 0;
    return i < s.n && isalnum((unsigned char)s.p[i]) ? 0 : i;
}

/* True the first time that the owner on top has this pair. */
static bool fresh(struct notes_import *x, const char *pair)
{
    for (int i = 0; i < x->seen_n; i++)
        if (strncmp(x->seen[i], pair, CODE_LEN) == 0)
            return false;
    if (x->seen_n < SEEN)
        snprintf(x->seen[x->seen_n++], CODE_LEN, "%s", pair);
    return true;
}

static void give(struct notes_import *x, const char *system, const char *pair, unsigned value,
                 phi_str title)
{
    struct import_row r = {.from = x->feed.im->from, .to = x->feed.im->to, .value = value};
    snprintf(r.system, sizeof r.system, "%s", system);
    import_strip_dot(&r.code, buf_view(owner(x)));
    buf_puts(&r.pair, pair);
    buf_phi(&r.title, phi_of(title.p, title.n < TITLE_MOST ? title.n : TITLE_MOST));
    if (!import_give(x->feed.im, &r))
        refuse(x, x->feed.im->why);
    buf_free(&r.code);
    buf_free(&r.pair);
    buf_free(&r.title);
}

static unsigned note_value(unsigned kind, phi_str text)
{
    static const char *const loose[] = {"if applicable", "if known", " any ", "any "};
    for (size_t i = 0; i < sizeof loose / sizeof *loose; i++)
        if (memmem(text.p, text.n, loose[i], strlen(loose[i])))
            return kind | NOTE_IF_APPLICABLE;
    return kind;
}

static void take_note(struct notes_import *x, unsigned kind)
{
    phi_str t = import_field(buf_view(&x->text), 1, x->text.len);
    unsigned value = note_value(kind, t);
    char a[8], b[8], pair[32]; /* one too long for a code is not given */
    bool any = false;
    for (size_t i = 0; i < t.n; i++) {
        if (i && isalnum((unsigned char)t.p[i - 1]))
            continue;
        size_t n = code_at(phi_of(t.p + i, t.n - i), a), m = 0;
        if (n == 0)
            continue;
        if (i + n + 1 < t.n && t.p[i + n] == '-')
            m = code_at(phi_of(t.p + i + n + 1, t.n - i - n - 1), b);
        if (m)
            snprintf(pair, sizeof pair, "%u%s-%s", kind, a, b);
        else
            snprintf(pair, sizeof pair, "%u%s", kind, a);
        if (strlen(pair) <= CODE_LEN && fresh(x, pair))
            give(x, NOTES_SYSTEM, pair, value, t);
        any = true;
        i += n + (m ? m + 1 : 0) - 1;
    }
    snprintf(pair, sizeof pair, "%u*", kind);
    if (!any && fresh(x, pair))
        give(x, NOTES_SYSTEM, pair, value, t);
}

/* "Certain infectious and parasitic diseases (A00-B99)" names a chapter's range. */
static void chapter_range(struct notes_import *x)
{
    const char *open = memrchr(x->text.p, '(', x->text.len);
    if (open && x->text.p + x->text.len - open == 9) {
        buf_clear(owner(x));
        buf_add(owner(x), open + 1, 7);
    }
}

static void on_end(void *ctx, const char *name)
{
    struct notes_import *x = ctx;
    char pair[2] = {x->character, 0};
    enum element e = x->open[--x->depth].e;
    unsigned above = x->depth ? x->open[x->depth - 1].kind : 0;
    bool in_owner = x->depth && x->open[x->depth - 1].e == OWNER && x->owners;
    (void)name;
    if (e == NAME && in_owner && x->owner[x->owners - 1].len == 0 && x->owners > 1)
        buf_phi(owner(x), buf_view(&x->text));
    else if (e == DESC && in_owner && x->owners == 1 && x->text.len)
        chapter_range(x);
    else if (e == NOTE && above && owner(x) && owner(x)->len)
        take_note(x, above);
    else if (e == EXTENSION && x->character && owner(x) && owner(x)->len)
        give(x, SEVENTH_SYSTEM, pair, 0, import_field(buf_view(&x->text), 1, x->text.len));
    x->owners -= e == OWNER;
}

static void begin(struct import *im)
{
    struct notes_import *x = xcalloc(1, sizeof *x);
    xml_feed_open(&x->feed, im, on_start, on_end, on_text);
    im->notes = x;
}

bool import_notes(struct import *im, phi_str line)
{
    if (!im->notes)
        begin(im);
    return xml_feed_line(&im->notes->feed, line);
}

bool import_notes_end(struct import *im)
{
    struct notes_import *x = im->notes;
    if (!x)
        return true;
    bool ok = xml_feed_end(&x->feed);
    buf_free(&x->text);
    for (int i = 0; i < OWNERS; i++)
        buf_free(&x->owner[i]);
    free(x);
    im->notes = NULL;
    return ok;
}
