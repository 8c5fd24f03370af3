/*
 * NAME
 *     work - what waits for a person: whose it is, until when, for how much, and what to do next
 *
 * SYNOPSIS
 *     claimwire work list --run DIR [--role R] [--code C] [--all] [--now TIME] [--queues DIR] [--json]
 *     claimwire work show ITEM --run DIR [--now TIME] [--queues DIR] [--json]
 *     claimwire work take ITEM --as WHO --run DIR
 *     claimwire work note ITEM TEXT --as WHO --run DIR
 *     claimwire work resolve ITEM REASON --as WHO --run DIR
 *     claimwire work reopen ITEM REASON --as WHO --run DIR
 *
 * DESCRIPTION
 *     Gathers from the books of a run, each time it is asked: the ledger's exceptions, claims that
 *     were refused or rejected, denials with their reasons, and silence that lasted too long (no 999
 *     a day after sending, no 277CA after two business days, no answer two weeks after acceptance
 *     and then each week, a crossover whose second payer says nothing). Each has a stable code, the
 *     role whose it is, a deadline, the money at risk, and the next best action, all from
 *     config/work (docs/work.md). A denial belongs to a group by its reason code, with a recipe.
 *
 *     The list begins with what is late, then goes by what an item is worth: money at risk by the part
 *     of it that is usually saved. An item ends when its cause ends (the answer comes, the claim is
 *     paid) or when somebody resolves it with a reason; when it arises again it is open again. Who
 *     took, noted, resolved what and when is kept in RUN/work/work.db, added to and never changed.
 *
 * OPTIONS
 *     --role R       only of this role ("biller")
 *     --code C       only of this code ("DENIAL")
 *     --all          resolved ones as well
 *     --as WHO       who acts
 *     --now TIME     the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --queues DIR   queues and timers (default config/work)
 *     --json         one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 no such item; 64 wrong command line; 78 configuration
 *
 * EXAMPLES
 *     claimwire work list --run run --role "denial team"
 */
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/work/desk.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct command {
    const char *run, *role, *code, *who, *now_text, *queues_dir;
    bool all, json;
    char **words; /* behind the verb */
    int words_n;
    int64_t now;
    struct arena a;
    struct ledger *l;
    struct items items;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire work list --run DIR [--role R] [--code C] [--all] [--now TIME]\n"
          "                      [--queues DIR] [--json]\n"
          "       claimwire work show ITEM --run DIR [--now TIME] [--queues DIR] [--json]\n"
          "       claimwire work take ITEM --as WHO --run DIR\n"
          "       claimwire work note|resolve|reopen ITEM TEXT --as WHO --run DIR\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- gathering ---- */

static void load(struct command *c)
{
    struct buf error = {0};
    const struct queues *q = queues_load(c->queues_dir, &c->a, &error);
    if (!q)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    c->l = ledger_open_ro(c->run, NULL);
    if (!c->l)
        return;
    gather(c->l, c->run, q, c->now, &c->a, &c->items);
    struct desk *d = desk_open_ro(c->run);
    for (size_t i = 0; d && i < c->items.n; i++)
        desk_look(d, &c->items.v[i], &c->a);
    desk_close(d);
}

static const struct item *find(const struct command *c, const char *id)
{
    for (size_t i = 0; i < c->items.n; i++)
        if (strcmp(c->items.v[i].id, id) == 0)
            return &c->items.v[i];
    fprintf(stderr, "work: nothing open is called \"%s\"\n", id);
    return NULL;
}

/* ---- printing ---- */

static void member(struct buf *b, const char *name, phi_str v)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, v);
}

static void json_item(struct buf *b, const struct item *i, int64_t now)
{
    char t[TIME_TEXT];
    buf_printf(b, "{\"item\":\"%s\",\"code\":\"%s\",\"row\":%" PRId64, i->id, i->code, i->subject);
    member(b, "claim", i->claim);
    member(b, "role", phi_lit(i->role));
    buf_printf(b, ",\"cents\":%" PRId64 ",\"value\":%" PRId64 ",\"since\":\"%s\"", i->cents,
               i->value, time_text(i->since_us, t));
    buf_printf(b, ",\"due\":\"%s\",\"late\":%s", time_text(i->due_us, t),
               i->due_us <= now ? "true" : "false");
    member(b, "group", phi_lit(i->group));
    member(b, "reason", i->reason);
    member(b, "recipe", phi_lit(i->recipe));
    member(b, "next", phi_lit(i->next));
    member(b, "owner", i->owner);
    buf_printf(b, ",\"resolved\":%s}", i->resolved ? "true" : "false");
}

/* A value of a partner cut to its column; control characters never reach a terminal. */
static void cell(struct buf *b, phi_str s, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        char ch = i < s.n ? s.p[i] : ' ';
        buf_putc(b, ch >= ' ' && ch != 0x7f ? ch : '?');
    }
    buf_putc(b, ' ');
}

static void text_item(struct buf *b, const struct item *i, int64_t now)
{
    struct buf money = {0};
    char t[TIME_TEXT];
    money_human(&money, i->cents);
    cell(b, phi_lit(i->id), 22);
    cell(b, i->claim, 16);
    cell(b, phi_lit(i->role), 11);
    buf_printf(b, "%11s  %.10s%s ", buf_cstr(&money), time_text(i->due_us, t),
               i->due_us <= now ? " late" : "     ");
    cell(b, i->resolved ? phi_lit("resolved") : i->owner, 9);
    if (i->reason.n) {
        cell(b, i->reason, i->reason.n < 24 ? i->reason.n : 24);
        buf_puts(b, "- ");
    }
    buf_puts(b, i->next);
    buf_free(&money);
}

static bool wanted(const struct command *c, const struct item *i)
{
    return (!c->role || strcmp(c->role, i->role) == 0) &&
           (!c->code || strcmp(c->code, i->code) == 0) && (c->all || !i->resolved);
}

static void total(const struct command *c, size_t n, int64_t cents, size_t late)
{
    struct buf money = {0};
    money_human(&money, cents);
    if (c->json)
        printf("{\"total\":{\"items\":%zu,\"late\":%zu,\"cents\":%" PRId64 "}}\n", n, late, cents);
    else
        printf("%zu items, %zu of them late, %s at risk\n", n, late, buf_cstr(&money));
    buf_free(&money);
}

static int list(struct command *c)
{
    struct buf b = {0};
    size_t n = 0, late = 0;
    int64_t cents = 0;
    for (size_t k = 0; k < c->items.n; k++, buf_clear(&b)) {
        const struct item *i = &c->items.v[k];
        if (!wanted(c, i))
            continue;
        if (!c->json && n == 0)
            printf("%-22s %-16s %-11s %11s  %-10s      %-9s next\n", "item", "claim", "role",
                   "at risk", "due", "owner");
        n++;
        cents += i->cents;
        late += i->due_us <= c->now;
        if (c->json)
            json_item(&b, i, c->now);
        else
            text_item(&b, i, c->now);
        puts(buf_cstr(&b));
    }
    total(c, n, cents, late);
    buf_free(&b);
    return EXIT_DONE;
}

static void say_act(void *ctx, int64_t at, phi_str act, phi_str who, phi_str text)
{
    const struct command *c = ctx;
    struct buf b = {0};
    char t[TIME_TEXT];
    if (c->json) {
        buf_printf(&b, "{\"at\":\"%s\"", time_text(at, t));
        member(&b, "act", act);
        member(&b, "who", who);
        member(&b, "text", text);
        buf_putc(&b, '}');
    } else {
        buf_printf(&b, "%.19s  ", time_text(at, t));
        cell(&b, act, 8);
        cell(&b, who, who.n);
        buf_puts(&b, " ");
        cell(&b, text, text.n);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
}

static void text_facts(const struct item *i, int64_t now)
{
    struct buf money = {0}, value = {0};
    char since[TIME_TEXT], due[TIME_TEXT];
    money_human(&money, i->cents);
    money_human(&value, i->value);
    printf(
        "item      %s\nclaim     %.*s\nrole      %s\nowner     %.*s\nat risk   %s\nworth     %s\n",
        i->id, (int)i->claim.n, i->claim.p, i->role, (int)i->owner.n, i->owner.p, buf_cstr(&money),
        buf_cstr(&value));
    printf("since     %.19s\ndue       %.19s%s\n", time_text(i->since_us, since),
           time_text(i->due_us, due), i->due_us <= now ? " (late)" : "");
    if (i->reason.n)
        printf("reason    %.*s\n", (int)i->reason.n, i->reason.p);
    if (*i->group)
        printf("group     %s\nrecipe    %s\n", i->group, i->recipe);
    printf("next      %s\n", i->next);
    if (i->claim.n)
        printf("facts     claimwire explain %.*s\n", (int)i->claim.n, i->claim.p);
    buf_free(&money);
    buf_free(&value);
}

static int show(struct command *c)
{
    const struct item *i = find(c, c->words[0]);
    if (!i)
        return EXIT_FINDINGS;
    struct buf b = {0};
    if (c->json) {
        json_item(&b, i, c->now);
        puts(buf_cstr(&b));
    } else {
        text_facts(i, c->now);
    }
    buf_free(&b);
    struct desk *d = desk_open_ro(c->run);
    if (d)
        desk_acts(d, i->id, say_act, c);
    desk_close(d);
    return EXIT_DONE;
}

/* ---- acting ---- */

static int act(struct command *c, const char *verb)
{
    const struct item *i = find(c, c->words[0]);
    if (!i)
        return EXIT_FINDINGS;
    audit(c->run, "work", verb, i->id);
    struct desk *d = desk_open(c->run);
    desk_act(d, i->id, verb, c->who, c->words_n > 1 ? c->words[1] : "", c->now);
    desk_close(d);
    printf("%s: %s\n", i->id, verb);
    return EXIT_DONE;
}

static const struct verb {
    const char *name;
    int words; /* behind it */
    bool acts;
} VERBS[] = {{"list", 0, false}, {"show", 1, false},   {"take", 1, true},
             {"note", 2, true},  {"resolve", 2, true}, {"reopen", 2, true}};

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"role", required_argument, NULL, 'o'},
                                          {"code", required_argument, NULL, 'c'},
                                          {"as", required_argument, NULL, 'a'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"queues", required_argument, NULL, 'q'},
                                          {"all", no_argument, NULL, 'A'},
                                          {"json", no_argument, NULL, 'j'},
                                          {0}};
    const char **const to[] = {['r'] = &c->run, ['o'] = &c->role,     ['c'] = &c->code,
                               ['a'] = &c->who, ['n'] = &c->now_text, ['q'] = &c->queues_dir};
    int o;
    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'A')
            c->all = true;
        else if (o == 'j')
            c->json = true;
        else
            *to[o] = optarg;
    }
    c->words = argv + optind;
    c->words_n = argc - optind;
    return true;
}

static int run(struct command *c, const struct verb *v)
{
    struct stat st;
    if (!c->run || c->words_n != v->words || (v->acts && (!c->who || !*c->who)))
        return usage(stderr);
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", c->run);
    load(c);
    int code = v->acts ? act(c, v->name) : strcmp(v->name, "show") == 0 ? show(c) : list(c);
    ledger_close(c->l);
    arena_free(&c->a);
    return code;
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .now = time_wall_us(),
                        .queues_dir = fs_shared("config/work")};
    log_open("work");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
        return usage(stdout);
    for (size_t i = 0; argc > 1 && i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(VERBS[i].name, argv[1]) == 0)
            return options(&c, argc - 1, argv + 1) ? run(&c, &VERBS[i]) : usage(stderr);
    return usage(stderr);
}
