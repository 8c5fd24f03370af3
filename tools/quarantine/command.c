/* quarantine list, show, release: for people, while the keeper runs or not. */
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "common/util/named.h"
#include "tools/quarantine/cell.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What the command line says. */
struct command {
    const char *run, *stage, *reason;
    bool json, show, override;
    char **words; /* behind the verb */
    int words_n;
    struct cell *cell;
};

static void json_member(struct buf *b, const char *name, phi_str v)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, v);
}

static void json_row(struct buf *b, const struct cell_row *r)
{
    char id[REC_ID_HEX], file[DIGEST_HEX], t[TIME_TEXT];
    buf_printf(b, "{\"number\":%" PRId64 ",\"id\":\"%s\"", r->n, rec_id_hex(r->id, id));
    json_member(b, "kind", r->kind);
    json_member(b, "refused_by", r->refused_by);
    json_member(b, "rule", r->rule);
    json_member(b, "why", r->why);
    json_member(b, "state", phi_lit(cell_state_name(r->state)));
    json_member(b, "usage", phi_of(&r->usage, r->usage != 0));
    buf_printf(b, ",\"tries\":%u,\"at\":\"%s\"", r->tries, time_text(r->at_us, t));
    buf_printf(b, ",\"came\":\"%s\"", time_text(r->came_us, t));
    if (r->released_us)
        buf_printf(b, ",\"released\":\"%s\"", time_text(r->released_us, t));
    if (r->over.n) {
        json_member(b, "overridden", r->over);
        json_member(b, "override_why", r->reason);
    }
    buf_printf(b, ",\"file\":\"%s\",\"offset\":%" PRIu64 ",\"length\":%" PRIu64 ",\"segment\":%u",
               digest_hex(&r->file, file), r->off, r->len, r->seg);
}

static void text_row(struct buf *b, const struct cell_row *r)
{
    char id[REC_ID_HEX];
    buf_printf(b, "%5" PRId64 "  %-9s %-11.*s %-14.*s %-14.*s %.12s  %.*s", r->n,
               cell_state_name(r->state), (int)r->kind.n, r->kind.p, (int)r->refused_by.n,
               r->refused_by.p, (int)r->rule.n, r->rule.p, rec_id_hex(r->id, id), (int)r->why.n,
               r->why.p);
}

static int list(struct command *c)
{
    struct arena mem = {0};
    struct cell_row r = {0};
    struct buf b = {0};
    if (!c->json && cell_next(c->cell, 0, -1, &mem, &r))
        printf("%5s  %-9s %-11s %-14s %-14s %-12s  %s\n", "no", "state", "kind", "refused by",
               "rule", "id", "why");
    for (r.n = 0; cell_next(c->cell, r.n, -1, &mem, &r); buf_clear(&b)) {
        if (c->json)
            json_row(&b, &r), buf_putc(&b, '}');
        else
            text_row(&b, &r);
        puts(buf_cstr(&b));
        arena_clear(&mem);
    }
    buf_free(&b);
    arena_free(&mem);
    return EXIT_DONE;
}

/* The row that a word names; says so when there is none. */
static int64_t find(struct command *c, const char *word)
{
    int64_t n = cell_find(c->cell, word);
    if (n <= 0)
        fprintf(stderr, "quarantine: %s (claimwire quarantine list shows them)\n",
                n ? "several records have an id that begins so"
                  : "there is no record of that number or id");
    return n;
}

/* The body, and that it was shown goes into the audit log before it is. */
static void show_body(struct command *c, int64_t n, struct buf *b)
{
    struct arena mem = {0};
    struct record r;
    char subject[24];
    snprintf(subject, sizeof subject, "%" PRId64, n);
    audit(c->run, "quarantine", "show", subject);
    cell_record(c->cell, n, &mem, &r);
    if (c->json) {
        json_member(b, "body", r.body);
    } else {
        buf_putc(b, '\n');
        buf_phi(b, r.body);
    }
    arena_free(&mem);
}

static void text_facts(struct buf *b, const struct cell_row *r)
{
    char id[REC_ID_HEX], file[DIGEST_HEX], t[TIME_TEXT];
    buf_printf(b, "number      %" PRId64 "\nid          %s\n", r->n, rec_id_hex(r->id, id));
    buf_printf(b, "kind        %.*s\nstate       %s\n", (int)r->kind.n, r->kind.p,
               cell_state_name(r->state));
    buf_printf(b, "refused by  %.*s\nrule        %.*s\nwhy         %.*s\n", (int)r->refused_by.n,
               r->refused_by.p, (int)r->rule.n, r->rule.p, (int)r->why.n, r->why.p);
    buf_printf(b, "tries       %u\ntaken in    %s\n", r->tries, time_text(r->at_us, t));
    buf_printf(b, "kept        %s\n", time_text(r->came_us, t));
    if (r->over.n)
        buf_printf(b, "overridden  %.*s: %.*s\n", (int)r->over.n, r->over.p, (int)r->reason.n,
                   r->reason.p);
    buf_printf(b, "file        %s\nbytes       %" PRIu64 " to %" PRIu64 "\nsegment     %u\n",
               digest_hex(&r->file, file), r->off, r->off + r->len, r->seg);
}

static int show(struct command *c)
{
    int code = EXIT_DONE;
    for (int i = 0; i < c->words_n; i++) {
        struct arena mem = {0};
        struct cell_row r;
        struct buf b = {0};
        int64_t n = find(c, c->words[i]);
        if (n > 0 && cell_next(c->cell, n - 1, -1, &mem, &r)) {
            if (c->json)
                json_row(&b, &r);
            else
                text_facts(&b, &r);
            if (c->show)
                show_body(c, n, &b);
            buf_puts(&b, c->json ? "}" : "");
            puts(buf_cstr(&b));
        } else {
            code = EXIT_FINDINGS;
        }
        buf_free(&b);
        arena_free(&mem);
    }
    return code;
}

/* A duplicate is released by somebody who says why it is none. */
static bool wants_reason(struct command *c, int64_t n)
{
    struct arena mem = {0};
    struct cell_row r = {0};
    bool wants = cell_next(c->cell, n - 1, -1, &mem, &r) && r.n == n && phi_is(r.rule, "DUP_HOLD");
    arena_free(&mem);
    return wants;
}

/* A claim that is held alone, for a rule that says more than the payer's own check of form does. */
static bool may_override(struct command *c, int64_t n)
{
    struct arena mem = {0};
    struct cell_row r;
    bool may = cell_next(c->cell, n - 1, -1, &mem, &r) && phi_is(r.kind, "claim") &&
               memchr(r.rule.p, '-', r.rule.n) &&
               !(r.rule.n > 2 && r.rule.p[0] == 'S' && r.rule.p[1] >= '1' && r.rule.p[1] <= '3');
    if (!may)
        fprintf(stderr,
                "quarantine: %" PRId64 " cannot be overridden: only a rule of levels 4 to 7 or "
                "a partner's own, of a claim\n",
                n);
    arena_free(&mem);
    return may;
}

/* A reason stands in the audit log: it does not say who the record is about. */
static bool reason_names(struct command *c, int64_t n)
{
    struct arena mem = {0};
    struct record r;
    if (!c->reason || !*c->reason)
        return false;
    cell_record(c->cell, n, &mem, &r);
    bool named = named_in(c->reason, r.body);
    arena_free(&mem);
    if (named)
        fputs("quarantine: --reason names the patient, and it stands in the audit log: say it "
              "without\n",
              stderr);
    return named;
}

static int release_one(struct command *c, const char *word)
{
    int64_t n = find(c, word);
    char subject[300];
    if (n <= 0 || (c->override && !may_override(c, n)))
        return EXIT_FINDINGS;
    if (wants_reason(c, n) && (!c->reason || !*c->reason)) {
        fprintf(stderr,
                "quarantine: %" PRId64 " is a duplicate: say why it is none (--reason TEXT)\n", n);
        return EXIT_USAGE;
    }
    if (reason_names(c, n))
        return EXIT_USAGE;
    snprintf(subject, sizeof subject, "%" PRId64 "%s%.250s", n, c->reason ? ": " : "",
             c->reason ? c->reason : "");
    audit(c->run, "quarantine", c->override ? "override" : "release", subject);
    bool now = cell_mark(c->cell, n, time_wall_us(), c->override ? c->reason : NULL) == 1;
    if (c->json)
        printf("{\"number\":%" PRId64 ",\"marked\":%s}\n", n, now ? "true" : "false");
    else
        printf("%" PRId64 " %s\n", n,
               now ? "marked for release" : "was marked or released already");
    return now ? EXIT_DONE : EXIT_FINDINGS;
}

static int release(struct command *c)
{
    int code = EXIT_DONE;
    for (int i = 0; i < c->words_n; i++)
        code = exit_worse(code, release_one(c, c->words[i]));
    return code;
}

static const struct verb {
    const char *name;
    bool wants_words;
    int (*run)(struct command *c);
} verbs[] = {{"list", false, list}, {"show", true, show}, {"release", true, release}};

static int wrong(const char *why)
{
    fprintf(stderr,
            "quarantine: %s\nusage: claimwire quarantine list|show|release [ID...] --run DIR "
            "[--stage NAME] [--json] [--show] [--override] [--reason TEXT]\n",
            why);
    return EXIT_USAGE;
}

/* Takes the options out; false when one is not known. */
static bool options(struct command *c, int argc, char **argv)
{
    c->run = getenv("CLAIMWIRE_RUN");
    c->stage = "quarantine";
    c->words = xcalloc((size_t)argc, sizeof *c->words);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--run") == 0 && i + 1 < argc)
            c->run = argv[++i];
        else if (strncmp(argv[i], "--run=", 6) == 0)
            c->run = argv[i] + 6;
        else if (strcmp(argv[i], "--stage") == 0 && i + 1 < argc)
            c->stage = argv[++i];
        else if (strcmp(argv[i], "--reason") == 0 && i + 1 < argc)
            c->reason = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (strcmp(argv[i], "--override") == 0)
            c->override = true;
        else if (strcmp(argv[i], "--show") == 0)
            c->show = true;
        else if (argv[i][0] == '-')
            return false;
        else
            c->words[c->words_n++] = argv[i];
    }
    return true;
}

static int run(const struct verb *v, struct command *c)
{
    struct buf dir = {0};
    if (!c->run)
        return wrong("option \"--run\" must be given");
    if (strchr(c->stage, '/') || c->stage[0] == '.')
        return wrong("--stage takes the name of a stage");
    if (c->override && (v->run != release || !c->reason || !*c->reason))
        return wrong("--override goes with release and --reason TEXT");
    if (v->wants_words != (c->words_n > 0))
        return wrong(v->wants_words ? "which record? its number or the beginning of its id"
                                    : "list takes no words");
    buf_printf(&dir, "%s/%s", c->run, c->stage);
    c->cell = cell_open_existing(buf_cstr(&dir), c->run);
    buf_free(&dir);
    if (!c->cell) {
        fprintf(stderr, "quarantine: \"%s\" has no %s yet\n", c->run, c->stage);
        return v->wants_words ? EXIT_FINDINGS : EXIT_DONE;
    }
    int code = v->run(c);
    cell_close(c->cell);
    return code;
}

int quarantine_command(int argc, char **argv)
{
    struct command c = {0};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            int code = options(&c, argc, argv) ? run(&verbs[i], &c) : wrong("unknown option");
            free(c.words);
            return code;
        }
    return -1;
}
