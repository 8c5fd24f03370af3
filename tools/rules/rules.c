/*
 * NAME
 *     claimwire rules - the rules as text: list, test, explain
 *
 * SYNOPSIS
 *     claimwire rules list [--json] [--level N]
 *     claimwire rules test [ID ...]
 *     claimwire rules why [--json] [--show] [--level N] FILE...
 *     claimwire rules cover
 *     claimwire rules check
 *     claimwire rules facts --run DIR --to FOLDER
 *
 * DESCRIPTION
 *     list    one line a rule: id, severity, who carries it out, transactions, text
 *     test    makes the fixtures of each rule (or of those named): a passing one must give no
 *             finding at all, a failing one findings of its rule and of no other; also with
 *             other names, towns and claim numbers in the file
 *     why     which rules fire in FILE ("-" is standard input), where, and what the rule says;
 *             with --show the value as well
 *     cover   for each level how many rules the catalogue has, how many are declared, carried out,
 *             wait for a table of facts that is not there (--facts), and have both fixtures; then
 *             which wait for what. A rule that is missing, carried out by nobody or without its
 *             fixtures is named, and the exit status is 1
 *     check   reads all rules and says nothing when they can be used
 *
 *     facts   writes what the ledger of a run knows to FOLDER as tables that rules ask: claims and
 *             lines that were sent, visits, payments that were posted, files. They name members: the
 *             folder is for its owner alone
 *
 * OPTIONS
 *     --rules DIR     folder of the rules (default config/rules); several parted by colons
 *     --lists DIR     folder of our own code lists (default config/codes)
 *     --guides DIR    folder of the guides (default config/guides)
 *     --codes FILE    code tables, as `claimwire codeset` makes them (default: those imported to
 *                     config/codes, else the starter table, of which only days are asked)
 *     --facts DIR     folder of tables that rules ask (NAME.csv); several parted by colons
 *                     (default: none; the fixtures of `test` name their own)
 *     --fixtures DIR  folder of the base files (default fixtures)
 *     --partners DIR  folder of partner profiles (default config/partners; for `test`
 *                     FIXTURES/partners, where the payers of the fixtures are);
 *                     none: no partner
 *     --level N       only rules of this level
 *     --today DAY     what day it is, for rules that ask (default: the clock; `test` goes by
 *                     2026-10-01)
 *     --run DIR       (facts) the run directory (else CLAIMWIRE_RUN)
 *     --to FOLDER     (facts) where the tables are written
 *     --show          values as well: they may be about patients
 *     --json          (list, why) a line of JSON for each rule or finding; a finding has the keys of
 *                     `claimwire validate --json`, with --show also value
 *     -h, --help      print the synopsis
 *
 * EXIT STATUS
 *     0 done, 1 a fixture does not do what its rule says, (why) a rule fired, or (cover) something
 *     is lacking, 64 wrong command
 *     line, 78 a rule or guide cannot be used, 100 a file cannot be read
 *
 * EXAMPLES
 *     claimwire rules test S4-009
 *     claimwire rules why --show in.837
 */
#include "tools/rules/rules_tool.h"

#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Noreturn void usage(int code)
{
    fputs("usage: claimwire rules list [--json] [--level N]\n"
          "       claimwire rules test [ID ...]\n"
          "       claimwire rules why [--json] [--show] [--level N] FILE...\n"
          "       claimwire rules cover\n"
          "       claimwire rules check\n"
          "       claimwire rules facts --run DIR --to FOLDER\n",
          code ? stderr : stdout);
    exit(code);
}

static void list_json(const struct rule_info *u)
{
    const char *const texts[][2] = {{"id", u->id},
                                    {"severity", severity_name(u->severity)},
                                    {"by", u->by ? u->by : "rules"},
                                    {"on", u->on},
                                    {"report", u->report},
                                    {"text", u->text}};
    struct buf b = {0};
    buf_printf(&b, "{\"level\":%u", u->level);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_printf(&b, ",\"%s\":", texts[i][0]);
        buf_json(&b, phi_lit(texts[i][1] ? texts[i][1] : ""));
    }
    printf("%s}\n", buf_cstr(&b));
    buf_free(&b);
}

static int list(struct tool *t, char **args)
{
    (void)args;
    for (uint32_t i = 0; i < rules_count(t->rules); i++) {
        struct rule_info u = rules_at(t->rules, i);
        if (t->level && t->level != u.level)
            continue;
        if (t->json)
            list_json(&u);
        else
            printf("%-8s %-11s %-10s %-28s %s\n", u.id, severity_name(u.severity),
                   u.by ? u.by : "rules", u.on, u.text);
    }
    return EXIT_DONE;
}

static int check(struct tool *t, char **args)
{
    (void)t;
    (void)args;
    return EXIT_DONE;
}

static const struct {
    const char *name;
    int (*run)(struct tool *t, char **args);
} commands[] = {{"list", list},
                {"test", rules_test},
                {"why", rules_why},
                {"cover", rules_cover},
                {"check", check}};

static const char *guides_dir;

static int64_t day_us(const char *text)
{
    int32_t day;
    if (!fact_day(phi_lit(text), &day))
        die(EXIT_USAGE, "--today is a day, as in 2026-01-31");
    return (int64_t)day * 86400000000;
}

static void read_options(int argc, char **argv, struct tool *t)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},    {"lists", required_argument, NULL, 'l'},
        {"guides", required_argument, NULL, 'g'},   {"codes", required_argument, NULL, 'c'},
        {"fixtures", required_argument, NULL, 'f'}, {"level", required_argument, NULL, 'n'},
        {"facts", required_argument, NULL, 'F'},    {"partners", required_argument, NULL, 'p'},
        {"show", no_argument, NULL, 's'},           {"json", no_argument, NULL, 'j'},
        {"run", required_argument, NULL, 'R'},      {"to", required_argument, NULL, 't'},
        {"vary", required_argument, NULL, 'v'},     {"today", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},           {0}};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        const char **text = c == 'r'   ? &t->dir
                            : c == 'l' ? &t->lists
                            : c == 'c' ? &t->code_file
                            : c == 'f' ? &t->fixtures
                            : c == 'g' ? &guides_dir
                            : c == 'F' ? &t->fact_dirs
                            : c == 'p' ? &t->partners
                            : c == 'R' ? &t->run
                            : c == 't' ? &t->to
                                       : NULL;
        if (text)
            *text = optarg;
        else if (c == 'n' && optarg[0] >= '1' && optarg[0] <= '7' && !optarg[1])
            t->level = (uint8_t)(optarg[0] - '0');
        else if (c == 'v' && optarg[0] && strspn(optarg, "0123456789") == strlen(optarg) &&
                 strlen(optarg) < 6)
            t->vary = (uint32_t)atoi(optarg);
        else if (c == 'd')
            t->today_us = day_us(optarg);
        else if (c == 's')
            t->show = true;
        else if (c == 'j')
            t->json = true;
        else
            usage(c == 'h' ? EXIT_DONE : EXIT_USAGE);
    }
    if (optind == argc)
        usage(EXIT_USAGE);
}

static void load(struct tool *t, bool test)
{
    struct buf error = {0}, dir = {0};
    buf_printf(&dir, "%s/partners", t->fixtures);
    bool own = test && access(buf_cstr(&dir), F_OK) == 0;
    const char *partners = t->partners ? t->partners
                           : own       ? buf_cstr(&dir)
                                       : fs_shared("config/partners");
    t->guides = guides_load(guides_dir, &error);
    if (t->guides)
        t->codes = rules_codes(t->code_file, &t->starter, &error);
    bool good = t->guides && !error.len;
    if (good && t->fact_dirs) {
        t->facts = facts_new();
        good = facts_load(t->facts, t->fact_dirs, &error);
    }
    bool none = strcmp(partners, "none") == 0;
    if (good && (none || (t->profiles = profiles_load(partners, t->guides, &error))))
        t->rules =
            rules_load_for(t->dir, t->lists, t->guides, t->codes, t->facts, t->profiles, &error);
    if (t->rules)
        rules_starter(t->rules, t->starter);
    else
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&dir);
    buf_free(&error);
}

/* Only test and why take words; why needs one. JSON is of list and why. */
static void wants_words(const struct tool *t, const char *command, int n)
{
    bool why = strcmp(command, "why") == 0, test = strcmp(command, "test") == 0;
    if (t->json && !why && strcmp(command, "list") != 0)
        die(EXIT_USAGE, "--json is for list and why");
    if (why && !n)
        die(EXIT_USAGE, "why wants a FILE");
    if (n && !why && !test)
        die(EXIT_USAGE, "%s takes no words behind it", command);
}

int main(int argc, char **argv)
{
    struct tool t = {.dir = fs_shared("config/rules"),
                     .lists = fs_shared("config/codes"),
                     .fixtures = "fixtures",
                     .vary = 1};
    guides_dir = fs_shared("config/guides");
    int code = EXIT_USAGE;
    log_open("rules");
    read_options(argc, argv, &t);
    if (strcmp(argv[optind], "facts") == 0) {
        wants_words(&t, "facts", argc - optind - 1);
        return rules_export(&t);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, argv[optind]) != 0)
            continue;
        wants_words(&t, argv[optind], argc - optind - 1);
        load(&t, commands[i].run == rules_test);
        code = commands[i].run(&t, argv + optind + 1);
        rules_free(t.rules);
        facts_free(t.facts);
        profiles_free(t.profiles);
        codes_close(t.codes);
        guides_free(t.guides);
        return code;
    }
    usage(EXIT_USAGE);
}
