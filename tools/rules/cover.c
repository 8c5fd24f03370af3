/* What of the catalogue of rules is there: declared, carried out, tested, and what waits. */
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/rules/rules_tool.h"

#include <stdio.h>
#include <stdlib.h>

/* How many rules the catalogue has of each level: S1-001 to S1-052 and so on, 246 in all. */
static const uint32_t catalogue[8] = {0, 52, 48, 30, 55, 26, 20, 15};

/* Where the tables come from that rules ask. */
static const struct {
    const char *table, *from;
} sources[] = {
    {"addons", "add-on codes and their primaries: Medicare's list"},
    {"assistants", "operations at which an assistant is not paid: Medicare's fee schedule"},
    {"attachments", "control numbers of attachments that were sent or wait"},
    {"authorizations", "what payers have authorized: answers to the 278"},
    {"batches", "control totals of the files that were sent"},
    {"bilateral", "bilateral indicators: Medicare's fee schedule"},
    {"calendar", "days on which partners are closed"},
    {"cdt", "dental codes: a licensed list (ADA)"},
    {"combinations", "CARC, RARC and group: a licensed list (CAQH CORE)"},
    {"coverage",
     "procedures and the diagnoses they are covered for: the LCDs and NCDs that you go by"},
    {"cpt", "procedure codes: a licensed list (AMA)"},
    {"dental", "which dental codes name a tooth: a licensed list (ADA)"},
    {"drg", "groups of diagnoses: Medicare's list, or that of a licensed grouper"},
    {"efts", "money that came in, from the bank"},
    {"eligibility", "what payers have said of coverage: answers to the 271"},
    {"enrollments", "which provider is enrolled with which payer"},
    {"habits", "habits of payers that the matching knows"},
    {"history", "visits of before: claimwire rules facts --run RUN"},
    {"inquiries", "claim status inquiries that were sent"},
    {"ledger", "claims that were sent: claimwire rules facts --run RUN"},
    {"limits", "what receivers want of a file"},
    {"lines", "lines of claims that were sent: claimwire rules facts --run RUN"},
    {"modifiers", "modifiers and their days: HCPCS, and a licensed list (AMA)"},
    {"mue", "most units a day: Medicare's list"},
    {"ndc", "drugs and the days they are listed: the FDA's directory"},
    {"payers", "payers that can be reached, and what they take"},
    {"poa_exempt", "diagnoses that need no word on admission: Medicare's list"},
    {"posted", "payments that were posted: claimwire rules facts --run RUN"},
    {"providers", "NPIs and whether they are active: the national registry"},
    {"ptp", "procedures that include each other: Medicare's list"},
    {"received", "interchanges that were taken in; ingest knows its own"},
    {"restrictions", "codes for one sex or age: a list of the payer"},
    {"sent", "interchanges, groups and sets that were sent: claimwire rules facts --run RUN"},
    {"single_dose", "drugs of a single dose: Medicare's list"},
    {"taxonomy", "kinds of providers: a licensed list (NUCC)"},
    {"ub", "codes of hospital bills: a licensed list (NUBC)"},
    {"wants", "what payers want for a service"},
    {"zips", "ZIP codes and their states"},
};

struct count {
    uint32_t declared, done, waiting, both;
};

static bool both_fixtures(const struct tool *t, uint32_t i, const struct rule_info *u)
{
    bool with[2] = {false, false};
    for (uint32_t k = 0; k < u->fixtures; k++)
        with[rules_fixture(t->rules, i, k).fail] = true;
    return with[0] && with[1];
}

static bool nobody(const struct rule_info *u)
{
    return u->by && strcmp(u->by, "nobody") == 0;
}

static bool declared(const struct rules *r, const char *id)
{
    for (uint32_t i = 0; i < rules_count(r); i++)
        if (strcmp(rules_at(r, i).id, id) == 0)
            return true;
    return false;
}

/* Each rule of the catalogue that has no file; how many. */
static uint32_t missing(const struct rules *r)
{
    uint32_t n = 0;
    char id[12];
    for (uint32_t level = 1; level <= 7; level++)
        for (uint32_t k = 1; k <= catalogue[level]; k++) {
            snprintf(id, sizeof id, "S%u-%03u", level, k);
            if (!declared(r, id)) {
                printf("missing: %s has no file\n", id);
                n++;
            }
        }
    return n;
}

static void table(struct count all[8])
{
    puts("level  catalogue  declared  carried out  wait for a table  both fixtures");
    uint32_t total = 0;
    for (int l = 1; l <= 8; l++) {
        const struct count *c = &all[l & 7];
        total += l < 8 ? catalogue[l] : 0;
        printf("%-5.*s %10u %9u %12u %17u %14u\n", l < 8 ? 1 : 3, l < 8 ? &"1234567"[l - 1] : "all",
               l < 8 ? catalogue[l] : total, c->declared, c->done, c->waiting, c->both);
    }
}

/* What the rule waits for of that table: "" the table, ".plans" a column of it; NULL nothing. */
static const char *waits_for(const struct rule_info *u, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = u->waits; p && *p; p += strcspn(p, " "), p += *p == ' ')
        if (strncmp(p, name, n) == 0 && (p[n] == 0 || p[n] == ' ' || p[n] == '.'))
            return p + n;
    return NULL;
}

static bool has_source(const char *p)
{
    size_t n = strcspn(p, " .");
    for (size_t s = 0; s < sizeof sources / sizeof *sources; s++)
        if (strlen(sources[s].table) == n && memcmp(sources[s].table, p, n) == 0)
            return true;
    return false;
}

/* Tables of rules that are not ours. */
static void waiting_otherwise(const struct rules *r)
{
    for (uint32_t i = 0; i < rules_count(r); i++) {
        struct rule_info u = rules_at(r, i);
        for (const char *p = u.waits; p && *p; p += strcspn(p, " "), p += *p == ' ')
            if (!has_source(p))
                printf("waiting for --facts %.*s: %s\n", (int)strcspn(p, " "), p, u.id);
    }
}

/* For each table that is not there the rules that wait for it. */
static void waiting(const struct rules *r)
{
    for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) {
        bool any = false;
        for (uint32_t i = 0; i < rules_count(r); i++) {
            struct rule_info u = rules_at(r, i);
            const char *of = waits_for(&u, sources[s].table);
            if (!of)
                continue;
            if (!any)
                printf("waiting for --facts %s.csv (%s):", sources[s].table, sources[s].from);
            any = true;
            printf(" %s%s", u.id, u.by ? "*" : "");
            if (*of == '.') /* the table is there, and lacks something */
                printf(" (column %.*s)", (int)strcspn(of + 1, " "), of + 1);
        }
        if (any)
            putchar('\n');
    }
}

int rules_cover(struct tool *t, char **args)
{
    (void)args;
    struct count all[8] = {0};
    uint32_t bad = 0;
    for (uint32_t i = 0; i < rules_count(t->rules); i++) {
        struct rule_info u = rules_at(t->rules, i);
        bool both = both_fixtures(t, i, &u), done = !nobody(&u);
        for (uint8_t l = 0; l <= u.level; l += u.level) {
            all[l].declared++;
            all[l].done += done;
            all[l].waiting += u.waits != NULL;
            all[l].both += both;
        }
    }
    table(all);
    waiting(t->rules);
    waiting_otherwise(t->rules);
    if (all[0].waiting)
        puts("* is also carried out without the table, by the stage that its file names");
    for (uint32_t i = 0; i < rules_count(t->rules); i++) {
        struct rule_info u = rules_at(t->rules, i);
        if (nobody(&u))
            printf("carried out by nobody: %s, %s\n", u.id, u.why);
        else if (!both_fixtures(t, i, &u))
            printf("without a passing and a failing fixture: %s\n", u.id);
        else
            continue;
        bad++;
    }
    bad += missing(t->rules);
    return bad ? EXIT_FINDINGS : EXIT_DONE;
}
