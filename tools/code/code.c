/*
 * NAME
 *   claimwire code - codes that a note supports, each with the words it comes from
 *
 * SYNOPSIS
 *   claimwire code [--setting outpatient|inpatient|mentions] [--on DATE] [--codes DIR]
 *                  [--format text|json] [--model FILE] FILE...
 *   claimwire code train --model FILE [--on DATE] [--codes DIR] TABLE FILE...
 *   claimwire code context FILE
 *   claimwire code check [--codes DIR] [--rules DIR] [--practice DIR] [--format text|json]
 *                  [--model FILE] ENCOUNTERS...
 *   claimwire code audit [--codes DIR] [--rules DIR] [--practice DIR] [--format text|json]
 *                  [--keep FILE] ENCOUNTERS...
 *   claimwire code rules list|test|why [ID] [--rules DIR] [--codes DIR] [--json]
 *   claimwire code review ...
 *
 * DESCRIPTION
 *   Reads notes (plain text, UTF-8; - is standard input, a folder all files in it) and proposes ICD-10-CM codes. For every
 *   code one JSON object a line: file, code, title, begin and end (bytes of the best evidence in the
 *   file), score (0 to 1000), status and why: the term of the code set that the note uses, as
 *   printed, and what the note says of it; of a code for two conditions that the index joins also
 *   also_begin and also_end, the place of the second. Status is assigned, when a rule leads from the words to
 *   the code, or suggested, when a person must decide; nothing suggested is billed by itself.
 *   --format text shows the note with its evidence in brackets and the codes behind, a question mark
 *   at those that are suggested, and then the list.
 *
 *   Terms come from the tables that `claimwire codeset compile` made: titles, inclusion terms, the
 *   index and the neoplasm table, as far as they were imported. Codes are those of the day --on
 *   (CCYY-MM-DD, the date of service; today without it).
 *
 *   What is denied, said of a relative, or only feared (return if ...) gives no code; history is only suggested. An uncertain
 *   diagnosis (probable, suspected, rule out, "gout?", Ddx ...) is suggested outpatient and counts inpatient
 *   (ICD-10-CM guidelines IV.H; II.H and III.C). The setting mentions leaves all of that out and
 *   reports every mention, as annotated sets count them.
 *
 *   Drugs that the HCPCS table bills by amount are suggested where the note says that a dose was injected,
 *   infused or given, with the units that it makes; never for mentions.
 *
 *   Inpatient, procedures (ICD-10-PCS) are suggested by the terms of its index and by operation and body part;
 *   words for approach and side in the same sentence choose the code. Supplies and services of HCPCS are
 *   suggested by the head of their title, supplies where the sentence says that they were handed out. What is
 *   denied, planned or of the past gives none. CPT codes are never read from a note: they come from charges and
 *   the E/M rules; --format text says so when no list of the office's own is imported.
 *
 *   With --model a file made by train is used as well: every code then has the chance that it is
 *   right as its score, and codes are suggested that notes like this one had.
 *
 *   train learns from coded notes. TABLE has a line a code: the name of the note's FILE (without
 *   folder; its ending may be left out), a tab, the code. Notes that TABLE does not name are taken as
 *   notes without a code. The model holds counts and hashes, no text; it is replaced as a whole. What
 *   it prints at the end is measured on notes left out of the counts.
 *
 *   context reads lines CONCEPT, a tab, SENTENCE, and prints what the sentence says of the concept:
 *   affirmed, or negated, uncertain, history, family, hypothetical joined by commas; - when it is not in it.
 *
 *   check codes encounters (enc.v1, one a line; - is standard input): the physician's diagnoses, or what
 *   the note's assessment says where there are none, seen through the coding rules. For each encounter
 *   the diagnoses and lines with their status, what the rules found and did, and whether a person must
 *   decide before anything is billed.
 *
 *   audit takes encounters as they were billed and names every difference from what is documented,
 *   with its money: the charge of what was billed, the charge master's price of what was not. Who
 *   coded is the encounter's member "coder"; with --keep a file holds each coder's accuracy, in which an
 *   encounter counts once, as it was audited last.
 *
 *   rules lists the coding rules, runs their fixtures, or says what one is (docs/coding-rules.md).
 *   review is `claimwire review`: what waits for a person in a run directory.
 *
 * OPTIONS
 *   --rules DIR    coding rules (default config/coding)
 *   --practice DIR the office's own facts: payers, charge master (default config/practice)
 *   --keep FILE    where coders' accuracy is kept
 *   --json         rules list: one JSON object a line
 *   --setting S    outpatient (default), inpatient or mentions
 *   --on DATE      the date of service
 *   --codes DIR    code tables; else CLAIMWIRE_CODES, else config/codes, else the starter table of
 *                  some hundred common diagnoses that comes with claimwire
 *   --format F     json (default) or text
 *   --model FILE   what was learned from coded notes
 *
 * EXIT STATUS
 *   0 done; 1 a person must decide (check), differences (audit), a fixture failed (rules test);
 *   64 usage; 78 the table is damaged, missing or without terms; 100 a file is no text;
 *   111 a file cannot be read
 *
 * EXAMPLES
 *   claimwire code --on 2026-09-03 --format text note.txt
 *   claimwire code check --format text day.jsonl
 */
#include "common/encounter/encounter.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/code/audit.h"
#include "tools/code/note.h"
#include "tools/code/report.h"
#include "tools/code/rules_cmd.h"
#include "tools/code/train.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: claimwire code [--setting outpatient|inpatient|mentions] [--on DATE] [--codes DIR]\n"
    "                      [--format text|json] [--model FILE] FILE...\n"
    "       claimwire code train --model FILE [--on DATE] [--codes DIR] TABLE FILE...\n"
    "       claimwire code context FILE\n"
    "       claimwire code check [--codes DIR] [--rules DIR] [--practice DIR] [--format "
    "text|json]\n"
    "                      [--model FILE] ENCOUNTERS...\n"
    "       claimwire code audit [--codes DIR] [--rules DIR] [--practice DIR] [--format "
    "text|json]\n"
    "                      [--keep FILE] ENCOUNTERS...\n"
    "       claimwire code rules list|test|why [ID] [--rules DIR] [--codes DIR] [--json]\n"
    "       claimwire code review ...\n";

struct options {
    const char *setting, *on, *codes, *format, *model, *rules, *practice, *keep;
    bool json;
    char **file;
    int files;
};

static bool take_option(struct options *o, int argc, char **argv, int *i)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"--setting", &o->setting},   {"--on", &o->on},       {"--codes", &o->codes},
                 {"--format", &o->format},     {"--model", &o->model}, {"--rules", &o->rules},
                 {"--practice", &o->practice}, {"--keep", &o->keep}};
    if (strcmp(argv[*i], "--json") == 0)
        return o->json = true;
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
    struct options o = {.setting = "outpatient", .codes = env, .format = "json", .file = argv + 1};
    bool rest = false; /* behind -- a name may begin with a dash */
    for (int i = 1; i < argc; i++) {
        if (rest) {
            o.file[o.files++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(EXIT_DONE);
        }
        if (argv[i][0] != '-' || !argv[i][1])
            o.file[o.files++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            rest = true;
        else if (!take_option(&o, argc, argv, &i))
            die(EXIT_USAGE, "unknown option \"%s\", or its value is missing", argv[i]);
    }
    return o;
}

static int one_of(const char *option, const char *value, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], value) == 0)
            return i;
    die(EXIT_USAGE, "%s \"%s\" is not one of its values (-h lists them)", option, value);
}

static int32_t day_of(const char *on)
{
    char d[8];
    int32_t day;
    if (!on)
        return (int32_t)(time(NULL) / 86400);
    if (strlen(on) == 10 && on[4] == '-' && on[7] == '-') {
        memcpy(d, on, 4);
        memcpy(d + 4, on + 5, 2);
        memcpy(d + 6, on + 8, 2);
        if (date_parse(phi_of(d, 8), &day))
            return day;
    }
    die(EXIT_USAGE, "--on \"%s\": a date CCYY-MM-DD expected", on);
}

/* CPT is licensed: without the office's own list no code of it is found in a note. */
static void say_no_cpt(const struct codes *table, FILE *to)
{
    struct code_system s;
    if (!codes_system(table, "cpt", &s) || s.n == 0)
        fputs("no CPT list is imported: CPT codes come from charges and the E/M rules only "
              "(claimwire codeset import csv --system cpt)\n",
              to);
}

static int code_files(struct coding *c, const struct options *o, bool text)
{
    struct buf note = {0}, out = {0};
    struct proposals p = {0};
    struct doses *doses = c->setting == SETTING_MENTIONS
                              ? NULL
                              : doses_new(lexicon_table(c->lexicon), lexicon_day(c->lexicon));
    struct services *services =
        c->setting == SETTING_MENTIONS
            ? NULL
            : services_new(lexicon_table(c->lexicon), c->stems, lexicon_day(c->lexicon),
                           c->setting == SETTING_INPATIENT);
    int worst = EXIT_DONE;
    for (int i = 0; i < o->files; i++) {
        int rc = read_text(o->file[i], NOTE_MOST_MB, &note);
        worst = exit_worse(worst, rc);
        if (rc != EXIT_DONE)
            continue;
        propose(c, buf_view(&note), &p);
        (text ? report_text : report_json)(c, o->file[i], buf_view(&note), &p, &out);
        report_doses(c, o->file[i], buf_view(&note), doses, text, &out);
        report_services(c, o->file[i], buf_view(&note), services, text, &out);
        fwrite(buf_cstr(&out), 1, out.len, stdout);
        buf_clear(&out);
    }
    buf_free(&note);
    buf_free(&out);
    proposals_free(&p);
    doses_free(doses);
    services_free(services);
    if (text || isatty(STDERR_FILENO))
        say_no_cpt(lexicon_table(c->lexicon), text ? stdout : stderr);
    return worst;
}

/* A model learned with other tables, or long ago, knows codes that are none today. */
static void compare_codes(const struct lexicon *l, const struct model *m, const char *path)
{
    uint32_t all = m->head->codes, none = 0;
    for (uint32_t i = 0; i < all; i++)
        none += !lexicon_code(l, phi_of(m->codes[i].code, strnlen(m->codes[i].code, CODE_LEN)));
    if (none == all)
        die(EXIT_CONFIG,
            "the model \"%s\" was learned with other tables: none of its %u codes is in "
            "the code set of the day",
            path, all);
    if (none)
        fprintf(stderr,
                "claimwire code: of the %u codes of the model %u are not in the code set of "
                "the day, and are not proposed\n",
                all, none);
}

/* NULL when no model is asked for. */
static struct model *open_model(const struct lexicon *l, const char *path)
{
    struct buf error = {0};
    struct model *m = path ? model_open(path, &error) : NULL;
    if (path && !m)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (m)
        compare_codes(l, m, path);
    return m;
}

static int do_code(struct coding *c, const struct options *o, bool text)
{
    struct model *m = open_model(c->lexicon, o->model);
    c->model = m;
    int rc = code_files(c, o, text);
    model_free(m);
    return rc;
}

/* Flags of the last place where the concept's words stand in the sentence, as the first may be a
 * heading; -1: nowhere. */
static int concept_flags(const struct words *s, const struct context *context,
                         const struct words *concept)
{
    int flags = -1;
    for (size_t i = 0; concept->n && i + concept->n <= s->n; i++) {
        size_t k = 0;
        while (k < concept->n && s->at[i + k].plain == concept->at[k].plain)
            k++;
        if (k == concept->n)
            flags = (int)context_of(context, i, i + k - 1);
    }
    return flags;
}

static void print_flags(int flags)
{
    static const char *const names[] = {"negated", "uncertain", "history", "family",
                                        "hypothetical"};
    const char *comma = "";
    for (int i = 0; flags > 0 && i < 5; i++)
        if (flags & 1 << i) {
            printf("%s%s", comma, names[i]);
            comma = ",";
        }
    puts(flags < 0 ? "-" : flags == 0 ? "affirmed" : "");
}

static int do_context(const char *path)
{
    struct stemmer *stems = stemmer_new();
    struct context_rules *rules = context_rules_new(stems);
    struct words concept = {0}, sentence = {0};
    struct context context = {0};
    struct buf text = {0};
    int rc = read_text(path, ENCOUNTERS_MOST_MB, &text);
    for (size_t at = 0; rc == EXIT_DONE && at < text.len;) {
        const char *nl = memchr(text.p + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.len;
        size_t tab = at;
        while (tab < end && text.p[tab] != '\t')
            tab++;
        if (tab == end)
            die(EXIT_UNREADABLE, "no tab in a line of \"%s\": CONCEPT, tab, SENTENCE expected",
                path);
        phi_str said = phi_of(text.p + tab + 1, end - tab - 1);
        words_read(stems, phi_of(text.p + at, tab - at), &concept);
        words_read(stems, said, &sentence);
        context_read(rules, said, &sentence, &context);
        print_flags(concept_flags(&sentence, &context, &concept));
        at = end + 1;
    }
    words_free(&concept);
    words_free(&sentence);
    context_free(&context);
    context_rules_free(rules);
    stemmer_free(stems);
    buf_free(&text);
    return rc;
}

/* Where tables are looked for when nobody says it. */
static const char *default_dir(void)
{
    const char *own = fs_shared("config/codes/codes.cwt");
    if (access(own, R_OK) == 0)
        return fs_shared("config/codes");
    fputs("claimwire code: no code tables were imported: the starter table is used, which knows "
          "common diagnoses only (claimwire codeset import)\n",
          stderr);
    return fs_shared("config/codes/starter");
}

static struct codes *open_table(const char *dir)
{
    char path[PATH_MAX];
    struct buf error = {0};
    snprintf(path, sizeof path, "%s/codes.cwt", dir);
    struct codes *c = codes_open(path, &error);
    if (!c)
        die(EXIT_CONFIG, "%s (claimwire codeset compile makes it)", buf_cstr(&error));
    return c;
}

static struct crules *open_rules(const struct options *o)
{
    struct buf error = {0};
    struct crules *r = crules_load(o->rules ? o->rules : fs_shared("config/coding"), &error);
    if (!r)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return r;
}

/* Encounters, one a line: coded, and seen through the rules. */
static int check_file(struct encounter_coder *e, const char *path, bool text)
{
    struct buf lines = {0}, out = {0}, error = {0};
    int rc = read_text(path, ENCOUNTERS_MOST_MB, &lines), number = 0;
    for (size_t at = 0; rc < EXIT_USAGE && at < lines.len;) {
        const char *nl = memchr(lines.p + at, '\n', lines.len - at);
        size_t end = nl ? (size_t)(nl - lines.p) : lines.len;
        struct coded coded;
        number++;
        if (end == at) {
            at++;
            continue;
        }
        if (!encounter_code(e, phi_of(lines.p + at, end - at), &coded, &error)) {
            fprintf(stderr, "claimwire code: \"%s\" line %d %s\n", path, number, buf_cstr(&error));
            buf_clear(&error);
            rc = EXIT_UNREADABLE;
            break;
        }
        (text ? coded_text : coded_json)(&coded, &out);
        fwrite(buf_cstr(&out), 1, out.len, stdout);
        buf_clear(&out);
        rc = exit_worse(rc, coded.held ? EXIT_FINDINGS : EXIT_DONE);
        coded_free(&coded);
        at = end + 1;
    }
    buf_free(&lines);
    buf_free(&out);
    buf_free(&error);
    return rc;
}

/* The office's own facts; without --practice there may be none. */
static struct practice *read_practice(const struct options *o, struct arena *mem)
{
    struct buf error = {0};
    const char *dir = o->practice ? o->practice : fs_shared("config/practice");
    struct practice *p = NULL;
    if ((o->practice || access(dir, R_OK) == 0) && !(p = practice_read(dir, mem, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return p;
}

static int do_encounters(struct coding *c, const struct options *o, bool text, bool auditing)
{
    struct crules *rules = open_rules(o);
    struct model *m = open_model(c->lexicon, o->model);
    c->model = m;
    struct arena mem = {0};
    struct practice *practice = read_practice(o, &mem);
    struct encounter_coder e = {.coding = c,
                                .rules = rules,
                                .codes = lexicon_table(c->lexicon),
                                .practice = practice,
                                .today = (int32_t)(time(NULL) / 86400)};
    int rc = EXIT_DONE;
    for (int i = 0; i < o->files && !auditing; i++)
        rc = exit_worse(rc, check_file(&e, o->file[i], text));
    if (auditing)
        rc = audit_files(&e, o->file, o->files, o->keep, o->json || !text);
    crules_free(rules);
    arena_free(&mem);
    model_free(m);
    return rc;
}

/* `claimwire code review ...` is the tool review with the words behind. */
static int be_review(int argc, char **argv)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 20);
    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n <= 0)
        die(EXIT_TRY_LATER, "cannot find the folder of this program");
    memcpy(path + n, "claimwire-review", sizeof "claimwire-review");
    if (argc == 2)
        argv[--argc] = "-h", argc++;
    else
        memmove(argv + 1, argv + 2, (size_t)(argc - 1) * sizeof *argv);
    execv(path, argv);
    die(EXIT_TRY_LATER, "cannot start \"%s\"", path);
}

/* Rules are tested with the tables of their fixtures. */
static int do_rules(const struct options *o)
{
    struct crules *rules = open_rules(o);
    struct codes *codes = open_table(o->codes ? o->codes : "fixtures/coding/codes");
    int rc = rules_command(rules, codes, o->file + 1, o->files - 1, o->json);
    crules_free(rules);
    codes_close(codes);
    return rc;
}

/* Says so when the tables know nothing of the day, or it lies years ahead of them and of today (a table may
 * be old and still hold). */
static void check_day(const struct codes *table, int32_t day, const char *on)
{
    enum { YEAR_AND_MORE = 400 };
    struct code_system s = {0};
    int32_t newest = INT32_MIN;
    bool any = false;
    char d[9];
    if (!codes_system(table, "icd10cm", &s))
        return;
    for (uint32_t i = 0; i < s.n; i++) {
        any |= s.rows[i].from <= day && day <= s.rows[i].to;
        newest = s.rows[i].from > newest ? s.rows[i].from : newest;
        newest = s.rows[i].to != CODES_NO_END && s.rows[i].to > newest ? s.rows[i].to : newest;
    }
    if (!any)
        fprintf(stderr, "claimwire code: the tables know no diagnosis that was valid on %s\n", on);
    else if (day - newest > YEAR_AND_MORE && day - time(NULL) / 86400 > YEAR_AND_MORE)
        fprintf(
            stderr,
            "claimwire code: the newest diagnosis of the tables is of %.4s-%.2s-%.2s: codes of %s "
            "may have changed (claimwire codeset fetch)\n",
            date_ccyymmdd(newest, d), d + 4, d + 6, on);
}

int main(int argc, char **argv)
{
    static const char *const settings[] = {"outpatient", "inpatient", "mentions", NULL};
    static const char *const formats[] = {"json", "text", NULL};
    log_open("code");
    if (argc > 1 && strcmp(argv[1], "review") == 0)
        return be_review(argc, argv);
    struct options o = read_options(argc, argv);
    if (o.files == 2 && strcmp(o.file[0], "context") == 0)
        return do_context(o.file[1]);
    if (o.files > 1 && strcmp(o.file[0], "rules") == 0)
        return do_rules(&o);
    bool alone =
        o.files == 1 && (strcmp(o.file[0], "context") == 0 || strcmp(o.file[0], "rules") == 0);
    if (o.files == 0 || alone) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    struct stemmer *stems = stemmer_new();
    struct coding c = {.stems = stems,
                       .rules = context_rules_new(stems),
                       .setting = (enum coding_setting)one_of("--setting", o.setting, settings)};
    bool text = one_of("--format", o.format, formats) == 1;
    int32_t day = day_of(o.on);
    if (!o.codes)
        o.codes = default_dir();
    struct codes *table = open_table(o.codes);
    c.lexicon = lexicon_open(table, stems, day);
    if (!c.lexicon)
        die(EXIT_CONFIG, "the code table in \"%s\" holds no terms: import an order file", o.codes);
    if (o.on)
        check_day(table, day, o.on);
    struct arena names = {0};
    bool training = strcmp(o.file[0], "train") == 0, checking = strcmp(o.file[0], "check") == 0,
         auditing = strcmp(o.file[0], "audit") == 0;
    if (training || checking || auditing) {
        o.file++;
        o.files--;
    }
    if (o.files == 0)
        die(EXIT_USAGE, "no FILE is named");
    o.file = expand_folders(&names, o.file, &o.files);
    if (o.files == 0)
        fputs("claimwire code: the folder holds no files\n", stderr);
    int rc = checking || auditing ? do_encounters(&c, &o, text, auditing)
             : training           ? do_train(&c, o.model, o.file, o.files)
                                  : do_code(&c, &o, text);
    arena_free(&names);
    coding_free(&c);
    lexicon_free(c.lexicon);
    context_rules_free(c.rules);
    stemmer_free(stems);
    codes_close(table);
    return rc;
}
