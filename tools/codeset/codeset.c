/*
 * NAME
 *     claimwire codeset - code tables by date: import, compile, look up, compare
 *
 * SYNOPSIS
 *     claimwire codeset [--codes DIR] layouts
 *     claimwire codeset [--codes DIR] import LAYOUT --release NAME --from DATE [--to DATE]
 *                       [--system SYSTEM] FILE
 *     claimwire codeset [--codes DIR] fetch [--sources FILE] [--renew] [--tries N] [NAME...|all]
 *     claimwire codeset [--codes DIR] compile | check | list [--json]
 *     claimwire codeset [--codes DIR] show CODE [--on DATE] [--json]
 *     claimwire codeset [--codes DIR] search WORD... [--on DATE] [--json]
 *     claimwire codeset [--codes DIR] diff SYSTEM DATE DATE [--against-claims RUN|FILE] [--json]
 *
 * DESCRIPTION
 *     Code tables are the user's own copies of the publishers' files. import reads one official
 *     layout (layouts lists them; FILE may be - for standard input) and keeps it as a release
 *     DIR/SYSTEM/NAME.tsv. compile joins all releases into DIR/codes.cwt, which every other tool
 *     maps; the old file stays when anything is wrong. check reads every byte of it and compares
 *     digests. show prints every version of a code, or the one valid on a date; search finds codes
 *     whose title holds all words; diff says which codes of a system began, ended or changed
 *     between two dates. DATE is CCYY-MM-DD. --against-claims leaves only codes that claims used: of
 *     an 837 file, or of all 837 files below a folder such as a run directory; with the number of
 *     claims and the money that hangs on it. Diagnoses are compared with systems whose name begins
 *     with icd, inpatient procedures with icd10pcs, everything else with services and modifiers.
 *
 *     fetch brings publishers' files here, to DIR/fetched/NAME, and imports what the sources file
 *     says (config/codes/sources.yaml, or --sources); without a name it lists the sources. A
 *     download that was cut goes on where it stopped, within the same call (--tries connections,
 *     3) or with the next. zip, tar and gz are unpacked. What has another sha256 than the one
 *     stated, or than the one recorded with the first download, is refused and the old files stay;
 *     --renew downloads again and accepts what the publisher has now. On a terminal there is a
 *     progress bar.
 *
 *     DIR is --codes, else CLAIMWIRE_CODES, else config/codes.
 *
 *     No licensed list comes with claimwire: CPT, CDT, revenue codes and the like are imported from
 *     the user's own files with the layout csv.
 *
 * EXIT STATUS
 *     0 done; 1 nothing found, or differences; 64 usage; 78 the table is damaged or missing, or a
 *     release cannot be compiled; 100 the file is not of that layout; 111 it is missing, or cannot be
 *     read or written now (a full disk)
 *
 * EXAMPLES
 *     claimwire codeset import csv --release 2026 --from 2026-01-01 --system cpt cpt.csv
 *     claimwire codeset compile
 *     claimwire codeset show J029 --on 2026-09-03
 */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/codeset/billed.h"
#include "tools/codeset/fetch.h"
#include "tools/codeset/release.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *codes, *release, *from, *to, *system, *on, *sources, *tries, *claims;
    bool json, renew;
    char *word[64];
    int words;
};

static const char usage[] =
    "usage: claimwire codeset [--codes DIR] layouts\n"
    "       claimwire codeset [--codes DIR] import LAYOUT --release NAME --from DATE [--to DATE]\n"
    "                         [--system SYSTEM] FILE\n"
    "       claimwire codeset [--codes DIR] fetch [--sources FILE] [--renew] [--tries N] "
    "[NAME...|all]\n"
    "       claimwire codeset [--codes DIR] compile | check | list [--json]\n"
    "       claimwire codeset [--codes DIR] show CODE [--on DATE] [--json]\n"
    "       claimwire codeset [--codes DIR] search WORD... [--on DATE] [--json]\n"
    "       claimwire codeset [--codes DIR] diff SYSTEM DATE DATE [--against-claims RUN|FILE]\n"
    "                         [--json]\n";

static bool take_option(struct options *o, int argc, char **argv, int *i)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"--codes", &o->codes},     {"--release", &o->release}, {"--from", &o->from},
        {"--to", &o->to},           {"--system", &o->system},   {"--on", &o->on},
        {"--sources", &o->sources}, {"--tries", &o->tries},     {"--against-claims", &o->claims}};
    if (strcmp(argv[*i], "--json") == 0)
        return o->json = true;
    if (strcmp(argv[*i], "--renew") == 0)
        return o->renew = true;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(argv[*i], known[k].name) == 0 && *i + 1 < argc) {
            *known[k].value = argv[++*i];
            return true;
        }
    return false;
}

static struct options read_options(int argc, char **argv)
{
    const char *env = getenv("CLAIMWIRE_CODES");
    struct options o = {.codes = env ? env : "config/codes"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(EXIT_DONE);
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(&o, argc, argv, &i))
                die(EXIT_USAGE, "unknown option \"%s\", or its value is missing", argv[i]);
        } else if (o.words < 64) {
            o.word[o.words++] = argv[i];
        }
    }
    return o;
}

static int32_t day_option(const char *name, const char *value, int32_t fallback)
{
    int32_t d;
    if (!value)
        return fallback;
    if (!release_day_parse(phi_lit(value), &d) || d == CODES_NO_END)
        die(EXIT_USAGE, "%s \"%s\": a date CCYY-MM-DD expected", name, value);
    return d;
}

static struct codes *open_table(const struct options *o)
{
    char path[PATH_MAX];
    struct buf error = {0};
    snprintf(path, sizeof path, "%s/codes.cwt", o->codes);
    struct codes *c = codes_open(path, &error);
    if (!c)
        die(EXIT_CONFIG, "%s (claimwire codeset compile makes it)", buf_cstr(&error));
    return c;
}

static int do_layouts(const struct options *o)
{
    (void)o;
    for (const struct import_layout *l = import_layouts; l->name; l++)
        printf("%-16s %s\n", l->name, l->help);
    return EXIT_DONE;
}

static const struct import_layout *find_layout(const char *name)
{
    for (const struct import_layout *l = import_layouts; l->name; l++)
        if (strcmp(l->name, name) == 0)
            return l;
    die(EXIT_USAGE, "unknown layout \"%s\" (claimwire codeset layouts lists them)", name);
}

/* Names become folders and files: no separators, no leading dot. */
static void check_name(const char *what, const char *name, size_t longest)
{
    size_t n = strlen(name);
    bool ok = n > 0 && n < longest && name[0] != '.';
    for (size_t i = 0; i < n; i++)
        ok = ok && (isalnum((unsigned char)name[i]) || strchr("-_.", name[i]));
    if (!ok)
        die(EXIT_USAGE, "%s \"%s\": letters, digits, - _ . expected", what, name);
}

static int do_import(const struct options *o)
{
    if (o->words != 3 || !o->release || !o->from)
        die(EXIT_USAGE, "import wants LAYOUT, --release, --from and one FILE");
    const struct import_layout *l = find_layout(o->word[1]);
    struct buf error = {0};
    struct import im = {.layout = l,
                        .system = o->system ? o->system : l->system,
                        .from = day_option("--from", o->from, 0),
                        .to = day_option("--to", o->to, CODES_NO_END)};
    if (!im.system)
        im.system = l->name;
    check_name("--system", im.system, SYSTEM_LEN);
    check_name("--release", o->release, 64);
    int rc = release_import(&im, o->word[2], o->codes, o->release, &error);
    if (rc != EXIT_DONE)
        die(rc, "%s", buf_cstr(&error));
    printf("%lu codes, %lu of %lu lines without a code\n", im.rows, im.passed, im.line);
    return EXIT_DONE;
}

static int do_fetch(const struct options *o)
{
    char *end = NULL;
    long tries = o->tries ? strtol(o->tries, &end, 10) : 3;
    if (tries < 1 || tries > 100 || (end && *end))
        die(EXIT_USAGE, "--tries \"%s\": a number from 1 to 100 expected", o->tries);
    struct fetch_options f = {.codes = o->codes, .tries = (int)tries, .renew = o->renew};
    const char *sources = o->sources ? o->sources : fs_shared("config/codes/sources.yaml");
    return fetch_command(sources, &f, (char **)o->word + 1, o->words - 1);
}

static int do_compile(const struct options *o)
{
    struct buf error = {0};
    int rc = release_compile(o->codes, &error);
    if (rc != EXIT_DONE)
        die(rc, "%s", buf_cstr(&error));
    return EXIT_DONE;
}

static int do_check(const struct options *o)
{
    struct codes *c = open_table(o);
    bool ok = codes_verify(c);
    codes_close(c);
    if (!ok)
        die(EXIT_CONFIG, "code table in \"%s\" is damaged: compile it again", o->codes);
    puts("whole");
    return EXIT_DONE;
}

static int do_list(const struct options *o)
{
    struct codes *c = open_table(o);
    struct code_system s;
    for (uint32_t i = 0; codes_system_at(c, i, &s); i++)
        printf(o->json ? "{\"system\":\"%s\",\"rows\":%u}\n" : "%-24s %8u rows\n", s.name, s.n);
    codes_close(c);
    return EXIT_DONE;
}

static const char *change_word(const char *mark)
{
    return *mark == '+' ? "begins" : *mark == '-' ? "ends" : "changes";
}

static void row_json(struct buf *b, const struct codes *c, const char *system,
                     const struct code_row *r, const char *mark)
{
    buf_printf(b, "{\"system\":\"%s\",\"code\":\"%.*s\",\"pair\":\"%.*s\",\"from\":\"", system,
               CODE_LEN, r->code, CODE_LEN, r->pair);
    release_day(b, r->from);
    buf_puts(b, "\",\"to\":\"");
    release_day(b, r->to);
    buf_printf(b, "\",\"billable\":%s,\"modifier\":%s,\"indicator\":%u,\"value\":%u,\"title\":",
               r->flags & CODE_BILLABLE ? "true" : "false",
               r->flags & CODE_MODIFIER ? "true" : "false", code_indicator(r->flags), r->value);
    buf_json(b, codes_title(c, r));
    if (*mark)
        buf_printf(b, ",\"change\":\"%s\"", change_word(mark));
    buf_putc(b, '}');
}

static void row_text(struct buf *b, const struct codes *c, const char *system,
                     const struct code_row *r, const char *mark)
{
    buf_printf(b, "%s%-12s %-8.*s %.*s ", mark, system, CODE_LEN, r->code, CODE_LEN, r->pair);
    release_day(b, r->from);
    buf_puts(b, " to ");
    release_day(b, r->to);
    buf_puts(b, r->flags & CODE_BILLABLE ? "  " : "  (not billable) ");
    buf_phi(b, codes_title(c, r));
}

static bool is_lexicon(const char *system)
{
    size_t n = strlen(system), k = strlen("-lexicon");
    return n > k && strcmp(system + n - k, "-lexicon") == 0;
}

static void print_row(const struct codes *c, const char *system, const struct code_row *r,
                      const char *mark, bool json)
{
    struct buf b = {0};
    struct code_row term = *r;
    if (is_lexicon(system)) { /* known by the digest of its words; people want the code it means */
        memcpy(term.code, r->pair, CODE_LEN);
        memset(term.pair, 0, CODE_LEN);
        term.flags |= CODE_BILLABLE;
    }
    (json ? row_json : row_text)(&b, c, system, &term, mark);
    puts(buf_cstr(&b));
    buf_free(&b);
}

/* Calls print for every row that `want` picks; returns how many. */
static int each_row(const struct options *o, const struct codes *c,
                    bool (*want)(const struct options *, const struct codes *,
                                 const struct code_row *))
{
    struct code_system s;
    int32_t day = day_option("--on", o->on, INT32_MIN);
    int found = 0;
    for (uint32_t i = 0; codes_system_at(c, i, &s); i++)
        for (uint32_t k = 0; k < s.n; k++) {
            const struct code_row *r = &s.rows[k];
            if ((o->on && (r->from > day || day > r->to)) || !want(o, c, r))
                continue;
            print_row(c, s.name, r, "", o->json);
            found++;
        }
    return found;
}

static bool is_code(const struct options *o, const struct codes *c, const struct code_row *r)
{
    (void)c;
    char code[CODE_LEN + 1] = "";
    size_t n = 0;
    for (const char *p = o->word[1]; *p; p++) /* "j02.9" is J029 */
        if (*p != '.' && n < sizeof code)
            code[n++] = (char)toupper((unsigned char)*p);
    return n <= CODE_LEN && strncmp(r->code, code, CODE_LEN) == 0;
}

static bool holds_words(const struct options *o, const struct codes *c, const struct code_row *r)
{
    phi_str t = codes_title(c, r);
    char low[512];
    size_t n = t.n < sizeof low - 1 ? t.n : sizeof low - 1;
    for (size_t i = 0; i < n; i++)
        low[i] = (char)tolower((unsigned char)t.p[i]);
    low[n] = 0;
    for (int w = 1; w < o->words; w++)
        if (!strcasestr(low, o->word[w]))
            return false;
    return true;
}

static int do_show(const struct options *o)
{
    if (o->words != 2)
        die(EXIT_USAGE, "show wants one CODE");
    struct codes *c = open_table(o);
    int found = each_row(o, c, is_code);
    codes_close(c);
    if (!found)
        fprintf(stderr, "codeset: no such code in the tables%s%s\n", o->on ? " on " : "",
                o->on ? o->on : "");
    return found ? EXIT_DONE : EXIT_FINDINGS;
}

static int do_search(const struct options *o)
{
    if (o->words < 2)
        die(EXIT_USAGE, "search wants a WORD");
    struct codes *c = open_table(o);
    int found = each_row(o, c, holds_words);
    codes_close(c);
    if (!found)
        fprintf(stderr, "codeset: nothing in the tables has these words%s%s\n", o->on ? " on " : "",
                o->on ? o->on : "");
    return found ? EXIT_DONE : EXIT_FINDINGS;
}

static const struct code_row *on_day(const struct codes *c, const char *system,
                                     const struct code_row *r, int32_t day)
{
    return codes_find(c, system, phi_of(r->code, strnlen(r->code, CODE_LEN)),
                      phi_of(r->pair, strnlen(r->pair, CODE_LEN)), day);
}

static bool same_meaning(const struct codes *c, const struct code_row *x, const struct code_row *y)
{
    return x == y || (x && y && x->flags == y->flags && x->value == y->value &&
                      phi_eq(codes_title(c, x), codes_title(c, y)));
}

/* Under which kind claims use the codes of a system. */
static enum billed_kind kind_of(const char *system)
{
    if (strncmp(system, "icd10pcs", 8) == 0)
        return BILLED_INPATIENT;
    return strncmp(system, "icd", 3) == 0 ? BILLED_DIAGNOSIS : BILLED_SERVICE;
}

static void print_billed(const struct billed_code *u, const char *system, bool json)
{
    struct buf b = {0};
    money_human(&b, u->cents);
    if (json)
        printf(",\"claims\":%u,\"cents\":%lld}\n", u->claims, (long long)u->cents);
    else
        printf("    billed on %u claim%s, %s %s\n", u->claims, u->claims == 1 ? "" : "s",
               kind_of(system) == BILLED_SERVICE ? "its lines" : "their charges", buf_cstr(&b));
    buf_free(&b);
}

static void print_change(const struct codes *c, const char *system, const struct code_row *r,
                         const char *mark, const struct billed_code *used, bool json)
{
    struct buf b = {0};
    struct code_row term = *r;
    if (is_lexicon(system)) { /* known by the digest of its words; people want the code it means */
        memcpy(term.code, r->pair, CODE_LEN);
        memset(term.pair, 0, CODE_LEN);
        term.flags |= CODE_BILLABLE;
    }
    (json ? row_json : row_text)(&b, c, system, &term, mark);
    if (used && json)
        b.len--; /* the object goes on */
    fputs(buf_cstr(&b), stdout);
    buf_free(&b);
    if (!used || !json)
        putchar('\n');
    if (used)
        print_billed(used, system, json);
}

/* Prints what became of row k between two days; how many lines that were. */
static int one_change(const struct options *o, const struct codes *c, const struct code_system *s,
                      const struct billed *claims, uint32_t k, const int32_t day[2])
{
    const struct code_row *r = &s->rows[k];
    const struct billed_code *used = NULL;
    if (k && memcmp(r[-1].code, r->code, CODE_LEN) == 0 &&
        memcmp(r[-1].pair, r->pair, CODE_LEN) == 0)
        return 0; /* one look a code, not one a version */
    const struct code_row *x = on_day(c, s->name, r, day[0]), *y = on_day(c, s->name, r, day[1]);
    if (same_meaning(c, x, y))
        return 0;
    if (claims && !(used = billed_find(claims, kind_of(s->name),
                                       phi_of(r->code, strnlen(r->code, CODE_LEN)))))
        return 0;
    print_change(c, s->name, y ? y : x, !x ? "+ " : !y ? "- " : "~ ", used, o->json);
    return 1;
}

static int do_diff(const struct options *o)
{
    if (o->words != 4)
        die(EXIT_USAGE, "diff wants SYSTEM and two dates");
    int32_t day[2] = {day_option("DATE", o->word[2], 0), day_option("DATE", o->word[3], 0)};
    if (day[0] > day[1])
        die(EXIT_USAGE, "diff wants the earlier date first: %s is after %s", o->word[2],
            o->word[3]);
    struct buf error = {0};
    struct billed *claims = NULL;
    struct codes *c = open_table(o);
    struct code_system s;
    int found = 0;
    if (!codes_system(c, o->word[1], &s))
        die(EXIT_USAGE, "no code system \"%s\" in the table", o->word[1]);
    if (o->claims && access(o->claims, R_OK))
        die(EXIT_TRY_LATER, "cannot read the claims of \"%s\": %s", o->claims, strerror(errno));
    if (o->claims && !(claims = billed_read(o->claims, &error)))
        die(EXIT_UNREADABLE, "%s", buf_cstr(&error));
    for (uint32_t k = 0; k < s.n; k++)
        found += one_change(o, c, &s, claims, k, day);
    if (claims && !o->json)
        printf("%d changed among the codes of %u claims\n", found, billed_claims(claims));
    billed_free(claims);
    codes_close(c);
    return found ? EXIT_FINDINGS : EXIT_DONE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct options *);
    } verbs[] = {{"layouts", do_layouts}, {"import", do_import}, {"compile", do_compile},
                 {"check", do_check},     {"list", do_list},     {"show", do_show},
                 {"search", do_search},   {"diff", do_diff},     {"fetch", do_fetch}};
    log_open("codeset");
    struct options o = read_options(argc, argv);
    for (size_t i = 0; o.words && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(o.word[0], verbs[i].name) == 0)
            return verbs[i].run(&o);
    fputs(usage, stderr);
    return EXIT_USAGE;
}
