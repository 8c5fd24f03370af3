/*
 * NAME
 *     claimwire validate - check X12 files, without any pipeline
 *
 * SYNOPSIS
 *     claimwire validate [--report text|json|999|ta1|277ca[=FILE]]... [--guides DIR] [--rules DIR]
 *                        [--lists DIR] [--codes FILE] [--facts DIR] [--max-level N]
 *                        [--allow-alias] [--basic] [--show]
 *                        [--partners DIR] [--partner NAME] FILE...
 *
 * DESCRIPTION
 *     Checks the envelopes of each FILE ("-" is standard input) and walks every transaction set
 *     through the guide of its version: integrity (level 1), guide (level 2), balance (level 3),
 *     and the rules of config/rules (levels 4 to 7), most of which are warnings.
 *     Files may be larger than memory. One fault gives one finding.
 *
 *     A group or interchange that is rejected as such is not looked into any further.
 *
 *     The values of a file are about patients: none is printed unless --show asks for it.
 *
 * OPTIONS
 *     --report text   one line a finding, for people (default)
 *     --report json   one JSON object a finding and line: file, offset, loop, segment, position,
 *                     element, level, rule, severity, report, text
 *     --json          the same as --report json
 *     --report 999    the 999 of each functional group; one of acknowledgments gets none
 *     --report ta1    the TA1 of each interchange
 *     --report 277ca  the 277CA of each functional group of 837 sets: its accepted and rejected
 *                     claims. Sets that are rejected are the 999's, and not in it
 *     --report KIND=FILE  the same into FILE. Several reports may be asked for in one run; one of
 *                     them at most goes to standard output. A file of answers holds those of all
 *                     interchanges, one behind the other, and is empty when nothing is answered
 *     --guides DIR    folder of the guides (default config/guides)
 *     --rules DIR     folder of the rules (default config/rules)
 *     --lists DIR     folder of our own code lists (default config/codes)
 *     --codes FILE    code tables, as claimwire codeset makes them (default: those imported to
 *                     config/codes, else the starter table: a code that it does not know is no
 *                     fault then, one that it knows and that is not valid on the day is)
 *     --facts DIR     folder of tables that rules ask, NAME.csv (docs/rules.md); several parted by
 *                     colons (default: none, and rules that ask them are not tried)
 *     --max-level N   highest level to check (default 7, all): 3 is syntax, guide and balance; many
 *                     rules of levels 4 to 7 are warnings, and look at what a claim says rather than
 *                     at how it is said
 *     --allow-alias   accept versions that a guide names as aliases
 *     --basic         only the basic character set is agreed: no lower case
 *     --partners DIR  folder of partner profiles (default config/partners): an interchange is held
 *                     against the profile of its sender (ISA06), else of its receiver (ISA08), and
 *                     at level 7 a claim against that of its payer. "none": no profile
 *     --partner NAME  hold every interchange against this profile, whoever sends it
 *     --show          the values at fault as well: they may be about patients
 *     -h, --help      print the synopsis
 *
 * ENVIRONMENT
 *     TMPDIR          where the claims of large sets wait for the end of their set when a 277CA is
 *                     written, in a file without a name (default /tmp)
 *     NO_COLOR        when set, the report of a terminal has no colours
 *
 * EXIT STATUS
 *     0    nothing found but, perhaps, warnings
 *     1    findings
 *     64   wrong command line
 *     78   the guides cannot be used
 *     100  a file cannot be read, or holds no interchange
 *
 * EXAMPLES
 *     claimwire validate in.837
 *     claimwire validate --report json in.837 | jq -r .rule | sort | uniq -c
 *     claimwire validate --report 999 in.837 > in.999
 *     claimwire validate --report 277ca in.837 | claimwire validate -
 *     claimwire validate --report json --report 999=in.999 --report 277ca=in.277 in.837
 */
#include "tools/validate/report.h"

#include "common/rules/rules.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char RULES[] = "config/rules";
static const char SYNOPSIS[] =
    "claimwire validate [--report text|json|999|ta1|277ca[=FILE]]... [--guides DIR] [--rules DIR]\n"
    "                   [--lists DIR] [--codes FILE] [--facts DIR] [--max-level N]\n"
    "                   [--allow-alias] [--basic] [--show]\n"
    "                   [--partners DIR] [--partner NAME] FILE...\n";

static _Noreturn void usage(int code)
{
    fprintf(code ? stderr : stdout, "usage: %s", SYNOPSIS);
    exit(code);
}

enum option_id {
    OPT_REPORT = 256,
    OPT_JSON,
    OPT_GUIDES,
    OPT_LEVEL,
    OPT_ALIAS,
    OPT_BASIC,
    OPT_SHOW,
    OPT_RULES,
    OPT_LISTS,
    OPT_CODES,
    OPT_FACTS,
    OPT_PARTNERS,
    OPT_PARTNER
};

/* Folders and files that the check reads. */
struct sources {
    const char *guides, *rules, *lists, *codes, *facts, *partners, *partner;
};

/* KIND or KIND=FILE. */
static void add_report(struct job *j, const char *what)
{
    static const char *const names[REPORTS] = {"text", "json", "999", "ta1", "277ca"};
    size_t n = strcspn(what, "=");
    for (int i = 0; i < REPORTS; i++)
        if (strlen(names[i]) == n && strncmp(what, names[i], n) == 0) {
            if (what[n] && !what[n + 1])
                die(EXIT_USAGE, "--report %s= needs the name of a file", names[i]);
            j->report[i].wanted = true;
            j->report[i].path = what[n] ? what + n + 1 : NULL;
            return;
        }
    die(EXIT_USAGE, "--report is one of text, json, 999, ta1, 277ca");
}

/* One report goes to standard output, each other has a file. */
static void share_output(struct job *j)
{
    int bare = 0, any = 0;
    for (int i = 0; i < REPORTS; i++) {
        any += j->report[i].wanted;
        bare += j->report[i].wanted && !j->report[i].path;
        for (int k = 0; k < i; k++)
            if (j->report[i].path && j->report[k].path &&
                strcmp(j->report[i].path, j->report[k].path) == 0)
                die(EXIT_USAGE, "two reports cannot go to one file");
    }
    if (bare > 1)
        die(EXIT_USAGE, "of several reports only one goes to standard output: say --report "
                        "KIND=FILE for the others");
    if (!any)
        j->report[REPORT_TEXT].wanted = true;
}

static uint8_t level(const char *text)
{
    if (text[0] < '1' || text[0] > '7' || text[1])
        die(EXIT_USAGE, "--max-level is a number from 1 to 7");
    return (uint8_t)(text[0] - '0');
}

static void read_options(int argc, char **argv, struct job *j, struct sources *from)
{
    j->check.max_level = 7;
    static const struct option options[] = {{"report", required_argument, NULL, OPT_REPORT},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {"guides", required_argument, NULL, OPT_GUIDES},
                                            {"rules", required_argument, NULL, OPT_RULES},
                                            {"lists", required_argument, NULL, OPT_LISTS},
                                            {"codes", required_argument, NULL, OPT_CODES},
                                            {"facts", required_argument, NULL, OPT_FACTS},
                                            {"max-level", required_argument, NULL, OPT_LEVEL},
                                            {"allow-alias", no_argument, NULL, OPT_ALIAS},
                                            {"basic", no_argument, NULL, OPT_BASIC},
                                            {"partners", required_argument, NULL, OPT_PARTNERS},
                                            {"partner", required_argument, NULL, OPT_PARTNER},
                                            {"show", no_argument, NULL, OPT_SHOW},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case OPT_REPORT:
            add_report(j, optarg);
            break;
        case OPT_JSON:
            add_report(j, "json");
            break;
        case OPT_GUIDES:
            from->guides = optarg;
            break;
        case OPT_RULES:
            from->rules = optarg;
            break;
        case OPT_LISTS:
            from->lists = optarg;
            break;
        case OPT_CODES:
            from->codes = optarg;
            break;
        case OPT_FACTS:
            from->facts = optarg;
            break;
        case OPT_PARTNERS:
            from->partners = optarg;
            break;
        case OPT_PARTNER:
            from->partner = optarg;
            break;
        case OPT_LEVEL:
            j->check.max_level = level(optarg);
            break;
        case OPT_ALIAS:
            j->check.allow_alias = true;
            break;
        case OPT_BASIC:
            j->check.extended_charset = false;
            break;
        case OPT_SHOW:
            j->show = true;
            break;
        case 'h':
            usage(EXIT_DONE);
        default:
            usage(EXIT_USAGE);
        }
    }
    if (optind == argc)
        usage(EXIT_USAGE);
    share_output(j);
}

static int one_file(struct job *j, const char *path)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        fd = -1;
        errno = EISDIR;
    }
    if (fd < 0) {
        fprintf(stderr, "validate: cannot read \"%s\": %s\n", path, strerror(errno));
        return EXIT_UNREADABLE;
    }
    int code = report_file(j, fd, path);
    if (fd != STDIN_FILENO)
        close(fd);
    return code;
}

/* What the check goes by. */
struct loaded {
    struct guide_set *guides;
    struct profiles *profiles;
    struct codes *codes;
    struct facts *facts;
    struct rules *rules;
    struct rules_run *run;
};

static bool load_profiles(struct loaded *l, const struct sources *from, struct job *j,
                          struct buf *error)
{
    bool none = strcmp(from->partners, "none") == 0;
    if (!none && !(l->profiles = profiles_load(from->partners, l->guides, error)))
        return false;
    j->profiles = l->profiles;
    if (!from->partner)
        return true;
    j->partner = profiles_find(l->profiles, phi_lit(from->partner));
    if (!j->partner)
        buf_printf(error, "there is no profile \"%s\" in \"%s\"", from->partner, from->partners);
    return j->partner != NULL;
}

/* What was asked for by name must be there, whether this run comes to need it or not. */
static void demand(const char *option, const char *path)
{
    struct stat st;
    if (path && stat(path, &st))
        die(EXIT_CONFIG, "%s \"%s\": %s", option, path, strerror(errno));
}

/* The same of several, parted by colons. */
static void demand_each(const char *option, const char *path)
{
    char part[PATH_MAX];
    for (const char *p = path; p && *p;) {
        size_t n = strcspn(p, ":");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        if (n)
            demand(option, part);
        p += n + (p[n] != 0);
    }
}

static void demand_all(const struct sources *from)
{
    demand("--guides", from->guides);
    if (strcmp(from->rules, RULES) != 0)
        demand_each("--rules", from->rules);
    demand("--lists", from->lists);
    demand("--codes", from->codes);
    demand_each("--facts", from->facts);
    if (strcmp(from->partners, "none") != 0)
        demand("--partners", from->partners);
}

static void load(struct loaded *l, const struct sources *from, struct job *j)
{
    struct check_opts *check = &j->check;
    struct buf error = {0};
    /* Guides may lie where no rules do. */
    bool rules = (!check->max_level || check->max_level > 3) &&
                 (strcmp(from->rules, RULES) != 0 || access(RULES, R_OK) == 0);
    check->guides = l->guides = guides_load(from->guides, &error);
    bool good = l->guides != NULL && load_profiles(l, from, j, &error);
    bool starter = false;
    if (good && rules) {
        l->codes = rules_codes(from->codes, &starter, &error);
        good = !error.len;
    }
    if (good && rules && from->facts) {
        l->facts = facts_new();
        good = facts_load(l->facts, from->facts, &error);
    }
    if (good && rules) {
        l->rules = rules_load_for(from->rules, from->lists, l->guides, l->codes, l->facts,
                                  l->profiles, &error);
        good = l->rules != NULL;
        if (good)
            rules_starter(l->rules, starter);
    }
    if (!good)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (!l->rules)
        return;
    l->run = rules_run_new(l->rules, check->max_level, time_wall_us());
    rules_run_remembers(l->run); /* an account number that comes again in another file */
    check->watch = rules_run_watch(l->run);
    j->run = l->run;
}

static void unload(struct loaded *l)
{
    rules_run_free(l->run);
    rules_free(l->rules);
    facts_free(l->facts);
    profiles_free(l->profiles);
    codes_close(l->codes);
    guides_free(l->guides);
}

int main(int argc, char **argv)
{
    struct job j = {.check = {.extended_charset = true}};
    struct sources from = {.guides = fs_shared("config/guides"),
                           .rules = fs_shared(RULES),
                           .lists = fs_shared("config/codes"),
                           .partners = fs_shared("config/partners")};
    struct loaded l = {0};
    int code = EXIT_DONE;
    log_open("validate");
    read_options(argc, argv, &j, &from);
    demand_all(&from);
    load(&l, &from, &j);
    const char *plain = getenv("NO_COLOR");
    report_open(&j);
    j.color = !j.report[REPORT_TEXT].path && isatty(STDOUT_FILENO) && !(plain && *plain);
    j.rules = l.rules;
    for (int i = optind; i < argc; i++)
        code = exit_worse(code, one_file(&j, argv[i]));
    report_summary(&j);
    report_free(&j);
    unload(&l);
    return code;
}
