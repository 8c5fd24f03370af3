/* review list, show, accept, replace, add, reject, query, answer, export: for people, while the
 * keeper runs or not. */
#include "common/crule/crule.h"
#include "common/encounter/practice.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/review/desk.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 4 };

struct command {
    const char *run, *practice, *coder, *by, *reason;
    bool json, show;
    const char *word[WORDS];
    int words;
    struct desk *desk;
};

static phi_str get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

/* ---- who may ---- */

/* Cell k of a line of coders.csv; no quotes, no commas in it. */
static phi_str cell(phi_str line, int k)
{
    size_t from = 0;
    for (size_t i = 0; i <= line.n; i++)
        if (i == line.n || line.p[i] == ',') {
            if (k-- == 0)
                return phi_of(line.p + from, i - from);
            from = i + 1;
        }
    return phi_lit("");
}

static bool parse_day(phi_str iso, int32_t *day)
{
    char d[8];
    if (iso.n < 10 || iso.p[4] != '-' || iso.p[7] != '-')
        return false;
    memcpy(d, iso.p, 4);
    memcpy(d + 4, iso.p + 5, 2);
    memcpy(d + 6, iso.p + 8, 2);
    return date_parse(phi_of(d, 8), day);
}

/* A coder of coders.csv whose credential is in force; says why not. */
static bool coder_may(const struct command *c)
{
    char path[PATH_MAX];
    struct buf text = {0};
    int32_t today = (int32_t)(time_wall_us() / 86400000000), until = 0;
    const char *why = "is not in coders.csv of the practice";
    bool may = false;
    snprintf(path, sizeof path, "%s/coders.csv", c->practice);
    if (fs_read(path, 1 << 20, &text))
        die(EXIT_CONFIG, "cannot read \"%s\": who may decide stands there", path);
    for (size_t at = 0; at < text.len;) {
        const char *nl = memchr(text.p + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.len;
        phi_str line = phi_of(text.p + at, end - at);
        if (phi_is(cell(line, 0), c->coder)) {
            may = cell(line, 2).n && parse_day(cell(line, 3), &until) && until >= today;
            why = may ? NULL : "has no credential that is in force";
        }
        at = end + 1;
    }
    buf_free(&text);
    if (!may)
        fprintf(stderr, "review: coder \"%s\" %s\n", c->coder, why);
    return may;
}

static bool provider_may(const struct command *c)
{
    struct arena mem = {0};
    struct buf error = {0};
    struct practice *p = practice_read(c->practice, &mem, &error);
    bool may = p && practice_provider(p, phi_lit(c->by));
    if (!p)
        fprintf(stderr, "review: %s\n", buf_cstr(&error));
    else if (!may)
        fprintf(stderr, "review: \"%s\" is no provider of the practice\n", c->by);
    buf_free(&error);
    arena_free(&mem);
    return may;
}

/* ---- looking ---- */

static void put_case(struct buf *b, const struct case_file *f)
{
    buf_printf(b, "open %d, questions %d  ", f->open, f->queries);
    crule_short(f->draft, b);
}

static int list(struct command *c)
{
    struct desk_row row = {0};
    struct buf b = {0};
    while (desk_next(c->desk, row.n, -1, &row)) {
        struct case_file f;
        char t[TIME_TEXT];
        if (!case_open(c->desk, row.n, &f))
            continue;
        buf_clear(&b);
        if (c->json)
            buf_printf(&b,
                       "{\"number\":%" PRId64
                       ",\"state\":\"%s\",\"came\":\"%s\",\"open\":%d,\"questions\":%d}",
                       row.n, desk_state_name(row.state), time_text(row.came_us, t), f.open,
                       f.queries);
        else
            buf_printf(&b, "%5" PRId64 "  %-9s %s  open %d, questions %d", row.n,
                       desk_state_name(row.state), time_text(row.came_us, t), f.open, f.queries);
        puts(buf_cstr(&b));
        case_close(&f);
    }
    buf_free(&b);
    return EXIT_DONE;
}

static bool find(struct command *c, struct desk_row *row)
{
    char *end;
    int64_t n = strtoll(c->word[0], &end, 10);
    if (*end == 0 && desk_row(c->desk, n, row))
        return true;
    fprintf(stderr, "review: there is no encounter \"%s\"\n", c->word[0]);
    return false;
}

static void noted(const struct command *c, const char *verb, int64_t n)
{
    char subject[24];
    snprintf(subject, sizeof subject, "%" PRId64, n);
    audit(c->run, "review", verb, subject);
}

static void show_json(struct command *c, const struct desk_row *row, struct case_file *f)
{
    json_t *out = json_pack("{sI,ss,si,si,sO,sO}", "number", (json_int_t)row->n, "state",
                            desk_state_name(row->state), "open", f->open, "questions", f->queries,
                            "draft", f->draft, "findings", json_object_get(f->body, "findings"));
    if (!c->show) { /* nothing of the patient */
        json_t *draft = json_pack("{sO,sO}", "dx", json_object_get(f->draft, "dx"), "lines",
                                  json_object_get(f->draft, "lines"));
        json_object_set_new(out, "draft", draft);
    }
    char *s = json_dumps(out, JSON_COMPACT);
    puts(s ? s : "{}");
    free(s);
    json_decref(out);
}

static void show_decisions(struct command *c, int64_t n, struct buf *b)
{
    struct arena mem = {0};
    struct decision x;
    for (int k = 0; desk_decision(c->desk, n, k, &mem, &x); k++) {
        char t[TIME_TEXT];
        buf_printf(b, "%s  ", time_text(x.at_us, t));
        buf_phi(b, x.coder);
        buf_putc(b, ' ');
        buf_phi(b, x.verb);
        buf_putc(b, ' ');
        buf_phi(b, x.target);
        if (c->show) {
            buf_putc(b, ' ');
            buf_phi(b, x.value);
            buf_puts(b, x.reason.n ? ": " : "");
            buf_phi(b, x.reason);
        }
        buf_putc(b, '\n');
    }
    arena_free(&mem);
}

static int show(struct command *c)
{
    struct desk_row row;
    struct case_file f;
    struct buf b = {0};
    json_t *x;
    size_t i;
    if (!find(c, &row) || !case_open(c->desk, row.n, &f))
        return EXIT_FINDINGS;
    if (c->show)
        noted(c, "show", row.n);
    if (c->json) {
        show_json(c, &row, &f);
    } else {
        put_case(&b, &f);
        buf_putc(&b, '\n');
        json_t *findings = json_object_get(f.body, "findings");
        json_array_foreach(findings, i, x)
        {
            bool hold = json_is_true(json_object_get(x, "hold"));
            bool decided = json_is_true(json_object_get(x, "decided"));
            buf_printf(&b, "%-9s %-5s %-8s ", json_string_value(json_object_get(x, "rule")),
                       hold      ? "hold"
                       : decided ? "done"
                                 : "look",
                       json_string_value(json_object_get(x, "where")));
            buf_phi(&b, get(x, "text"));
            buf_putc(&b, '\n');
        }
        show_decisions(c, row.n, &b);
        if (c->show)
            buf_phi(&b, get(json_object_get(f.draft, "note"), "text"));
        puts(buf_cstr(&b));
    }
    buf_free(&b);
    case_close(&f);
    return EXIT_DONE;
}

/* ---- deciding ---- */

static enum desk_state state_after(const struct case_file *f, const struct decision *x)
{
    if (phi_is(x->verb, "reject") && x->target.n == 0)
        return DESK_REJECTED;
    return f->open <= 0 && f->queries == 0 && !phi_is(x->verb, "query") ? DESK_MARKED : DESK_HELD;
}

static int decide(struct command *c, const char *verb, const char *target, const char *value)
{
    struct desk_row row;
    struct case_file f;
    const char *why = "";
    struct decision x = {.at_us = time_wall_us(),
                         .coder = phi_lit(c->by ? c->by : c->coder),
                         .verb = phi_lit(verb),
                         .target = phi_lit(target),
                         .value = phi_lit(value),
                         .reason = phi_lit(c->reason ? c->reason : "")};
    if (!find(c, &row))
        return EXIT_FINDINGS;
    if (row.state != DESK_HELD) {
        fprintf(stderr, "review: encounter %" PRId64 " is %s already\n", row.n,
                desk_state_name(row.state));
        return EXIT_FINDINGS;
    }
    if (!case_open(c->desk, row.n, &f))
        return EXIT_FINDINGS;
    int code = EXIT_FINDINGS;
    if (!case_apply(&f, &x, &why)) {
        fprintf(stderr, "review: %s\n", why);
    } else {
        enum desk_state state = state_after(&f, &x);
        noted(c, verb, row.n);
        desk_decide(c->desk, row.n, &x, state);
        if (c->json)
            printf("{\"number\":%" PRId64 ",\"state\":\"%s\",\"open\":%d,\"questions\":%d}\n",
                   row.n, desk_state_name(state), f.open, f.queries);
        else
            printf("%" PRId64 " %s, open %d, questions %d\n", row.n, desk_state_name(state), f.open,
                   f.queries);
        code = EXIT_DONE;
    }
    case_close(&f);
    return code;
}

static int accept(struct command *c)
{
    return decide(c, "accept", c->words > 1 ? c->word[1] : "", "");
}

static int replace(struct command *c)
{
    return decide(c, "replace", c->word[1], c->word[2]);
}

static int add(struct command *c)
{
    return decide(c, "add", "", c->word[1]);
}

static int reject(struct command *c)
{
    return decide(c, "reject", c->words > 1 ? c->word[1] : "", "");
}

static int query(struct command *c)
{
    return decide(c, "query", "", c->word[1]);
}

static int answer(struct command *c)
{
    return decide(c, "answer", "", c->word[1]);
}

/* ---- learning ---- */

static bool export_one(const char *folder, int64_t n, const struct case_file *f, struct buf *table)
{
    char path[PATH_MAX];
    phi_str note = get(json_object_get(f->draft, "note"), "text");
    json_t *d, *dx = json_object_get(f->draft, "dx");
    size_t i;
    if (note.n == 0)
        return false;
    snprintf(path, sizeof path, "%s/%" PRId64 ".txt", folder, n);
    if (fs_replace(path, note.p, note.n))
        die(EXIT_TRY_LATER, "cannot write in \"%s\"", folder);
    json_array_foreach(dx, i, d)
    {
        buf_printf(table, "%" PRId64 "\t", n);
        buf_phi(table, get(d, "code"));
        buf_putc(table, '\n');
    }
    return true;
}

static int export_all(struct command *c)
{
    struct desk_row row = {0};
    struct buf table = {0};
    char path[PATH_MAX];
    int notes = 0;
    if (fs_mkdirs(c->word[0]))
        die(EXIT_TRY_LATER, "cannot make folder \"%s\"", c->word[0]);
    while (desk_next(c->desk, row.n, -1, &row)) {
        struct case_file f;
        if ((row.state != DESK_MARKED && row.state != DESK_RELEASED) ||
            !case_open(c->desk, row.n, &f))
            continue;
        noted(c, "export", row.n);
        notes += export_one(c->word[0], row.n, &f, &table);
        case_close(&f);
    }
    snprintf(path, sizeof path, "%s/codes.tsv", c->word[0]);
    if (fs_replace(path, table.p ? table.p : "", table.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\"", path);
    printf("%d notes, their codes in %s\n", notes, path);
    buf_free(&table);
    return EXIT_DONE;
}

static const struct verb {
    const char *name;
    int least, most; /* words behind it */
    enum { ANYONE, CODER, PROVIDER } who;
    int (*run)(struct command *c);
} verbs[] = {{"list", 0, 0, ANYONE, list},        {"show", 1, 1, ANYONE, show},
             {"accept", 1, 2, CODER, accept},     {"replace", 3, 3, CODER, replace},
             {"add", 2, 2, CODER, add},           {"reject", 1, 2, CODER, reject},
             {"query", 2, 2, CODER, query},       {"answer", 2, 2, PROVIDER, answer},
             {"export", 1, 1, ANYONE, export_all}};

static const char usage[] =
    "usage: claimwire review list|show|accept|replace|add|reject|query|answer|export [ID] [...]\n"
    "                        --run DIR [--practice DIR] [--coder WHO] [--by NPI] [--reason TEXT]\n"
    "                        [--json] [--show]\n";

static int wrong(const char *why)
{
    fprintf(stderr, "review: %s\n%s", why, usage);
    return EXIT_USAGE;
}

static bool options(struct command *c, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"--run", &c->run},
                 {"--practice", &c->practice},
                 {"--coder", &c->coder},
                 {"--reason", &c->reason},
                 {"--by", &c->by}};
    c->run = getenv("CLAIMWIRE_RUN");
    c->practice = fs_shared("config/practice");
    for (int i = 2; i < argc; i++) {
        size_t k = 0;
        while (k < sizeof known / sizeof *known && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k < sizeof known / sizeof *known && i + 1 < argc)
            *known[k].value = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (strcmp(argv[i], "--show") == 0)
            c->show = true;
        else if (strncmp(argv[i], "--", 2) == 0 || c->words == WORDS)
            return false;
        else
            c->word[c->words++] = argv[i];
    }
    return true;
}

/* Nothing, or nothing but blanks. */
static bool unsaid(const char *s)
{
    return !s || !s[strspn(s, " \t\r\n")];
}

static int run(const struct verb *v, struct command *c)
{
    struct buf dir = {0};
    bool asks = v->run == query || v->run == answer;
    if (!c->run)
        return wrong("option \"--run\" must be given");
    if (c->words < v->least || c->words > v->most)
        return wrong("too few or too many words");
    if (v->who == CODER && (unsaid(c->coder) || (!asks && unsaid(c->reason))))
        return wrong("who decides (--coder) and why (--reason) must be said");
    if (v->who == PROVIDER && unsaid(c->by))
        return wrong("who answers (--by NPI) must be said");
    if (asks && unsaid(c->word[1]))
        return wrong("a question and an answer have words");
    if ((v->who == CODER && !coder_may(c)) || (v->who == PROVIDER && !provider_may(c)))
        return EXIT_USAGE;
    buf_printf(&dir, "%s/review", c->run);
    c->desk = desk_open_existing(buf_cstr(&dir), c->run);
    buf_free(&dir);
    if (!c->desk) {
        fprintf(stderr, "review: \"%s\" has nothing for review yet\n", c->run);
        return v->least ? EXIT_FINDINGS : EXIT_DONE;
    }
    int code = v->run(c);
    desk_close(c->desk);
    return code;
}

int review_command(int argc, char **argv)
{
    struct command c = {0};
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return options(&c, argc, argv) ? run(&verbs[i], &c) : wrong("unknown option");
    return -1;
}
