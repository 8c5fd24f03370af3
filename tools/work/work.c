/*
 * NAME
 *     work - what waits for a person: whose it is, until when, for how much, and what to do next
 *
 * SYNOPSIS
 *     claimwire work list --run DIR [--role R] [--code C] [--all] [--now TIME] [--queues DIR] [--json]
 *     claimwire work check --run DIR [--now TIME] [--queues DIR] [--json]
 *     claimwire work show ITEM --run DIR [--now TIME] [--queues DIR] [--json]
 *     claimwire work timers [--payer ID] [--queues DIR] [--partners DIR] [--json]
 *     claimwire work take ITEM --as WHO --run DIR
 *     claimwire work note ITEM TEXT --as WHO --run DIR
 *     claimwire work resolve ITEM REASON --as WHO --run DIR
 *     claimwire work reopen ITEM REASON --as WHO --run DIR
 *
 * DESCRIPTION
 *     Gathers from the books of a run, each time it is asked: the ledger's exceptions, claims that
 *     were refused or rejected, denials with their reasons, and silence that lasted too long, by the
 *     timers of config/work and what the payer's profile says instead. Each has a stable code, the
 *     role whose it is, a deadline, the money at risk, and the next best action (docs/work.md). A
 *     denial belongs to a group by its reason code, with a recipe.
 *
 *     The list begins with claims whose time to file is nearly gone, then what is late, then goes by
 *     what an item is worth: money at risk by the part of it that is usually saved, more as its time
 *     runs out. An item ends when its cause ends (the answer comes, the claim is paid) or when
 *     somebody resolves it with a reason; when it arises again, or its cause lasts too long after
 *     that, it is open again. Who took, noted, resolved what and when is kept in RUN/work/work.db,
 *     added to and never changed.
 *
 *     check proves that nothing waits without a timer or an owner: each claim is ended, or has an item
 *     whose role is somebody's, or a timer that runs out later than now. What has neither is printed,
 *     and the exit status is 1.
 *
 *     timers prints what is waited for and how long, with where each number comes from, and below it
 *     the payers whose profile says otherwise and the line that says it; with --payer only what holds
 *     for that one. It needs no run.
 *
 * OPTIONS
 *     --role R       only of this role ("biller")
 *     --payer ID     of timers: the payer, by the id in its claims or the name of its profile
 *     --code C       only of this code ("DENIAL")
 *     --all          resolved ones as well
 *     --as WHO       who acts
 *     --now TIME     the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --queues DIR   queues and timers (default config/work)
 *     --partners DIR profiles of payers, for their timers (default config/partners; none: without)
 *     --json         one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 no such item or payer, or check found something; 64 wrong command line; 78 configuration
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
#include "tools/work/check.h"
#include "tools/work/desk.h"
#include "tools/work/timers.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct command {
    const char *run, *role, *code, *who, *now_text, *queues_dir, *partners, *payer;
    bool all, json;
    char **words; /* behind the verb */
    int words_n;
    int64_t now;
    struct arena a;
    struct followup f;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire work list --run DIR [--role R] [--code C] [--all] [--now TIME]\n"
          "                      [--queues DIR] [--json]\n"
          "       claimwire work check --run DIR [--now TIME] [--queues DIR] [--json]\n"
          "       claimwire work show ITEM --run DIR [--now TIME] [--queues DIR] [--json]\n"
          "       claimwire work timers [--payer ID] [--queues DIR] [--partners DIR] [--json]\n"
          "       claimwire work take ITEM --as WHO --run DIR\n"
          "       claimwire work note|resolve|reopen ITEM TEXT --as WHO --run DIR\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- gathering ---- */

static void load(struct command *c)
{
    followup_open(&c->f, c->run, c->queues_dir, c->partners, c->now, &c->a);
    struct desk *d = c->f.l ? desk_open_ro(c->run) : NULL;
    for (size_t i = 0; d && i < c->f.items.n; i++)
        desk_look(d, &c->f.items.v[i], c->now, &c->a);
    desk_close(d);
}

static const struct item *find(const struct command *c, const char *id)
{
    for (size_t i = 0; i < c->f.items.n; i++)
        if (strcmp(c->f.items.v[i].id, id) == 0)
            return &c->f.items.v[i];
    fputs("work: nothing open has that id (claimwire work list shows them)\n", stderr);
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

/* What a patient owes and what a contract still owes is money of its own; whatever else is said of one
 * claim is said of one balance. */
static bool own_money(const struct item *i)
{
    return phi_empty(i->claim) || strcmp(i->code, "PATIENT_DUE") == 0 ||
           strcmp(i->code, "UNDERPAID") == 0;
}

static int by_claim(const void *pa, const void *pb)
{
    const struct item *a = *(const struct item *const *)pa, *b = *(const struct item *const *)pb;
    int c = (a->chain > b->chain) - (a->chain < b->chain);
    c = c ? c : phi_cmp(a->claim, b->claim);
    return c ? c : (a->cents < b->cents) - (a->cents > b->cents);
}

/* A balance counts once, however many items it has. */
static int64_t at_risk(struct command *c)
{
    const struct item **list = arena_alloc(&c->a, (c->f.items.n + 1) * sizeof *list);
    int64_t cents = 0;
    size_t n = 0;
    for (size_t k = 0; k < c->f.items.n; k++) {
        const struct item *i = &c->f.items.v[k];
        if (wanted(c, i) && own_money(i))
            cents += i->cents;
        else if (wanted(c, i))
            list[n++] = i;
    }
    qsort(list, n, sizeof *list, by_claim);
    for (size_t k = 0; k < n; k++)
        if (!k || list[k]->chain != list[k - 1]->chain ||
            !phi_eq(list[k]->claim, list[k - 1]->claim))
            cents += list[k]->cents;
    return cents;
}

static int list(struct command *c)
{
    struct buf b = {0};
    size_t n = 0, late = 0;
    for (size_t k = 0; k < c->f.items.n; k++, buf_clear(&b)) {
        const struct item *i = &c->f.items.v[k];
        if (!wanted(c, i))
            continue;
        if (!c->json && n == 0)
            printf("%-22s %-16s %-11s %11s  %-10s      %-9s next\n", "item", "claim", "role",
                   "at risk", "due", "owner");
        n++;
        late += i->due_us <= c->now;
        if (c->json)
            json_item(&b, i, c->now);
        else
            text_item(&b, i, c->now);
        puts(buf_cstr(&b));
    }
    total(c, n, at_risk(c), late);
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

static int check(struct command *c)
{
    struct checked k;
    check_all(&c->f, &k, &c->a);
    struct buf b = {0};
    for (size_t i = 0; i < k.n; i++, buf_clear(&b)) {
        if (c->json) {
            buf_printf(&b, "{\"row\":%" PRId64, k.fault[i].chain);
            member(&b, "claim", k.fault[i].claim);
            member(&b, "fault", phi_lit(k.fault[i].what));
            buf_printf(&b, ",\"cents\":%" PRId64 "}", k.fault[i].cents);
        } else {
            cell(&b, k.fault[i].claim, 20);
            buf_puts(&b, k.fault[i].what);
        }
        puts(buf_cstr(&b));
    }
    buf_free(&b);
    printf(c->json
               ? "{\"total\":{\"claims\":%zu,\"ended\":%zu,\"timed\":%zu,\"owned\":%zu,"
                 "\"items\":%zu,\"faults\":%zu}}\n"
               : "%zu claims: %zu ended, %zu on a timer, %zu somebody's; %zu items; %zu faults\n",
           k.claims, k.ended, k.timed, k.owned, c->f.items.n, k.n);
    return k.n ? EXIT_FINDINGS : EXIT_DONE;
}

static int timers(struct command *c)
{
    return timers_show(c->queues_dir, c->partners, c->payer, c->json);
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
    int words;         /* behind it */
    bool acts, no_run; /* no_run: of the configuration alone */
    int (*look)(struct command *c);
} VERBS[] = {{"list", 0, false, false, list},   {"show", 1, false, false, show},
             {"check", 0, false, false, check}, {"timers", 0, false, true, timers},
             {"take", 1, true, false, NULL},    {"note", 2, true, false, NULL},
             {"resolve", 2, true, false, NULL}, {"reopen", 2, true, false, NULL}};

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"role", required_argument, NULL, 'o'},
                                          {"code", required_argument, NULL, 'c'},
                                          {"as", required_argument, NULL, 'a'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"queues", required_argument, NULL, 'q'},
                                          {"partners", required_argument, NULL, 'p'},
                                          {"payer", required_argument, NULL, 'y'},
                                          {"all", no_argument, NULL, 'A'},
                                          {"json", no_argument, NULL, 'j'},
                                          {0}};
    const char **const to[] = {
        ['r'] = &c->run,      ['o'] = &c->role,       ['c'] = &c->code,     ['a'] = &c->who,
        ['n'] = &c->now_text, ['q'] = &c->queues_dir, ['p'] = &c->partners, ['y'] = &c->payer};
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
    if ((!c->run && !v->no_run) || (c->payer && !v->no_run) || c->words_n != v->words ||
        (v->acts && (!c->who || !*c->who)))
        return usage(stderr);
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (v->no_run)
        return v->look(c);
    load(c);
    int code = v->acts ? act(c, v->name) : v->look(c);
    followup_close(&c->f);
    arena_free(&c->a);
    return code;
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .now = time_wall_us(),
                        .queues_dir = fs_shared("config/work"),
                        .partners = fs_shared("config/partners")};
    log_open("work");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
        return usage(stdout);
    for (size_t i = 0; argc > 1 && i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(VERBS[i].name, argv[1]) == 0)
            return options(&c, argc - 1, argv + 1) ? run(&c, &VERBS[i]) : usage(stderr);
    return usage(stderr);
}
