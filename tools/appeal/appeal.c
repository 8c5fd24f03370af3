/*
 * NAME
 *     appeal - letters of appeal, and proof that a claim was filed in time
 *
 * SYNOPSIS
 *     claimwire appeal ACCOUNT --run DIR --into DIR --by WHO [--template NAME] [--reason TEXT]
 *                      [--out DIR] [--late] [--practice FILE] [--letters DIR] [--now TIME]
 *                      [--claim ROW] [--json]
 *     claimwire appeal ACCOUNT --run DIR --draft [--template NAME] ...
 *     claimwire appeal ACCOUNT --run DIR --proof [--out DIR] ...
 *
 * DESCRIPTION
 *     Writes a letter to the payer that denied a claim, or underpaid it: as plain text and as PDF,
 *     from a template that is plain text itself (config/letters, docs/appeals.md). Which template, how
 *     long there is time for it and how many levels there are, is said by the denial's group
 *     (config/work) and the payer's profile. A template that names {proof} encloses the proof of
 *     timely filing.
 *
 *     The letter goes to --out (default RUN/appeal), for its owner's eyes alone. What was done goes
 *     as an entry (post.v1, docs/posting.md) into --into, the folder that ingest watches: the ledger
 *     then has the appeal as an event, with the digest of the letter as text, and the claim is on the
 *     timer for an answer. The same appeal again writes the same bytes.
 *
 *     --draft prints the letter and notes nothing. --proof is the proof of timely filing alone: the
 *     files that the claim left in and the acknowledgments that accepted it, with dates, control
 *     numbers and digests; printed, and with --out as text and PDF.
 *
 * OPTIONS
 *     --run DIR        the run directory (else CLAIMWIRE_RUN)
 *     --claim ROW      which, where several have this account number: the row that explain prints
 *     --into DIR       folder for the entry, which ingest watches
 *     --by WHO         who appeals; signs the letter
 *     --template NAME  NAME.letter of the folder of templates (default: by the group of the denial)
 *     --reason TEXT    what the letter says besides, and the entry ("appeal" when it is not given)
 *     --out DIR        folder for letters (default RUN/appeal)
 *     --late           also when the time for it is over
 *     --practice FILE  whose letter it is: names and addresses by NPI, as claimwire coder's
 *     --letters DIR    folder of templates (default config/letters)
 *     --queues DIR     queues and timers (default config/work)
 *     --partners DIR   profiles of payers (default config/partners; none: without)
 *     --now TIME       the hour (default: the machine's)
 *     --json           what was written as one JSON object
 *
 * EXIT STATUS
 *     0 written; 1 no such claim, nothing to appeal, too late, or no proof; 64 wrong command line;
 *     78 no such run, template or practice; 111 a letter cannot be written
 *
 * EXAMPLES
 *     claimwire appeal RB-1003 --run run --draft
 *     claimwire appeal RB-1003 --run run --into in --by "Mary Major" --reason "see the referral"
 */
#include "tools/appeal/appeal.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct command {
    const char *run, *into, *by, *template, *reason, *out, *practice, *letters, *queues, *partners,
        *now_text, *account;
    bool late, draft, proof, json;
    int64_t now, row; /* row: --claim */
    struct arena a;
    struct followup f;
    struct appeal p;
};

static int usage(FILE *to)
{
    fputs(
        "usage: claimwire appeal ACCOUNT --run DIR --into DIR --by WHO [--template NAME]\n"
        "                 [--reason TEXT] [--out DIR] [--late] [--practice FILE] [--letters DIR]\n"
        "                 [--now TIME] [--claim ROW] [--json]\n"
        "       claimwire appeal ACCOUNT --run DIR --draft [--template NAME] ...\n"
        "       claimwire appeal ACCOUNT --run DIR --proof [--out DIR] ...\n",
        to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int refuse(const struct command *c, const char *why)
{
    fprintf(stderr, "appeal: %s: %s\n", c->account, why);
    return EXIT_FINDINGS;
}

/* ---- what it is about ---- */

static const struct item *item_of(const struct command *c, int64_t chain)
{
    static const char *const codes[] = {"DENIAL", "UNDERPAID"};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < c->f.items.n; i++)
            if (c->f.items.v[i].chain == chain && strcmp(c->f.items.v[i].code, codes[k]) == 0)
                return &c->f.items.v[i];
    return NULL;
}

static const struct looked *claim_of(const struct command *c, int64_t chain)
{
    for (size_t i = 0; i < c->f.claims.n; i++)
        if (c->f.claims.v[i].chain == chain)
            return &c->f.claims.v[i];
    return NULL;
}

/* The one claim of this account that can be appealed; of several that count alike the one that is. */
static const char *find(struct command *c, int64_t *chain)
{
    int64_t rows[16];
    const char *why = NULL;
    if (c->row)
        return (*chain = life_choose(c->f.l, phi_lit(c->account), c->row, &why)) ? NULL : why;
    size_t n = c->f.l ? life_find(c->f.l, phi_lit(c->account), rows, 16) : 0, fit = 0;
    if (!n)
        return "this run knows no such claim";
    for (size_t i = 0; i < n && i < 16; i++)
        if (n == 1 || item_of(c, rows[i])) {
            *chain = rows[i];
            fit++;
        }
    return fit == 1 ? NULL
                    : "several claims have this account number: say which by its row (claimwire "
                      "explain), "
                      "--claim ROW";
}

/* NULL when it can be appealed. */
static const char *hindrance(struct command *c)
{
    const struct item *i = c->p.item;
    enum adjudication a = c->p.life.now.state.turn_a;
    if (c->proof)
        return NULL;
    if (!i)
        return "nothing of it is denied or underpaid";
    if (a == A_CORRECTING || a == A_VOIDING)
        return "a corrected or void claim is on its way; wait for its answer";
    if (a == A_APPEAL && !c->p.claim->watch.code)
        return "an appeal is open, and the payer has time to answer";
    struct timers t = timers_for(
        &c->f.q->timers, c->f.profiles ? profiles_of_payer(c->f.profiles, c->p.claim->payer) : NULL,
        &c->a);
    if (c->p.level > t.of[TIMER_APPEAL].n)
        return "the payer has no further level of appeal";
    if (i->due_us < c->now && !c->late && !c->draft)
        return "the time for an appeal is over (--late: all the same)";
    return NULL;
}

static const char *look(struct command *c)
{
    int64_t chain = 0;
    followup_open(&c->f, c->run, c->queues, c->partners, c->now, &c->a);
    const char *why = find(c, &chain);
    if (why)
        return why;
    c->p = (struct appeal){.f = &c->f,
                           .a = &c->a,
                           .office = c->p.office,
                           .by = c->by ? c->by : "",
                           .why = c->reason ? c->reason : ""};
    if (!life_read(c->f.l, chain, &c->a, &c->p.life))
        return "it cannot be read";
    c->p.claim = claim_of(c, chain);
    c->p.item = item_of(c, chain);
    c->p.level = c->p.life.now.state.appeals + 1;
    return hindrance(c);
}

/* ---- the letter ---- */

static const char *template_name(const struct command *c)
{
    if (c->template)
        return c->template;
    if (c->proof)
        return "proof";
    return strcmp(c->p.item->code, "UNDERPAID") == 0 ? "underpaid" : c->p.item->letter;
}

static void fill(struct command *c, struct buf *out)
{
    struct buf text = {0}, error = {0};
    struct letter_field fields[FIELDS_MOST];
    char path[PATH_MAX];
    const char *name = template_name(c);
    if (strchr(name, '/') ||
        snprintf(path, sizeof path, "%s/%s.letter", c->letters, name) >= PATH_MAX)
        die(EXIT_USAGE, "--template is the name of a letter, without a folder");
    if (fs_read(path, 1 << 20, &text))
        die(EXIT_CONFIG, "cannot read the template \"%s\": %s", path, strerror(errno));
    size_t n = appeal_fields(&c->p, fields);
    if (!letter_fill(path, buf_view(&text), fields, n, out, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&text);
}

/* A letter that encloses the proof says so by the field. */
static bool names_proof(const struct command *c)
{
    const char *name = template_name(c);
    return c->proof || strcmp(name, "timely") == 0 || strcmp(name, "proof") == 0;
}

/* Path of the letter without its ending. */
static void stem(const struct command *c, struct buf *out)
{
    buf_printf(out, "%s/%s-%lld-", c->out, c->proof ? "proof" : "appeal",
               (long long)c->p.life.chain);
    for (const char *p = c->account; *p && p < c->account + 40; p++) {
        bool plain =
            (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || *p == '-';
        buf_putc(out, plain ? *p : '_');
    }
    if (!c->proof)
        buf_printf(out, "-%d", c->p.level);
}

static void put(const struct command *c, const struct buf *filled, const struct buf *text)
{
    struct buf path = {0}, error = {0};
    if (fs_mkdirs(c->out))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", c->out);
    stem(c, &path);
    size_t n = path.len;
    buf_puts(&path, ".txt");
    if (fs_replace(buf_cstr(&path), text->p, text->len))
        die(EXIT_TRY_LATER, "cannot write a letter in \"%s\": %m", c->out);
    chmod(buf_cstr(&path), 0600);
    if (!c->json)
        puts(buf_cstr(&path));
    path.len = n;
    buf_puts(&path, ".pdf");
    if (!letter_pdf(buf_cstr(&path), buf_view(filled), &error))
        die(EXIT_TRY_LATER, "%s", buf_cstr(&error));
    chmod(buf_cstr(&path), 0600);
    if (!c->json)
        puts(buf_cstr(&path));
    buf_free(&path);
}

/* ---- the entry ---- */

static void entry(const struct command *c, const char *digest, struct buf *out)
{
    char day[TIME_TEXT];
    buf_printf(out, "{\"v\":\"post.v1\",\"what\":\"appeal\",\"date\":\"%.10s\",\"cents\":0",
               time_text(c->now, day));
    buf_puts(out, ",\"account\":");
    buf_json(out, phi_lit(c->account));
    buf_printf(out, ",\"reference\":\"%s\",\"origin\":", digest);
    buf_json(out, phi_lit(template_name(c)));
    buf_printf(out, ",\"method\":\"level %d\",\"by\":", c->p.level);
    buf_json(out, phi_lit(c->by));
    buf_puts(out, ",\"reason\":");
    buf_json(out, phi_lit(c->reason && *c->reason ? c->reason : "appeal"));
    buf_puts(out, "}\n");
}

static void hand_over(const struct command *c, const char *digest)
{
    struct buf line = {0}, path = {0};
    entry(c, digest, &line);
    buf_printf(&path, "%s/%.16s.post", c->into, digest);
    if (fs_replace(buf_cstr(&path), line.p, line.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", buf_cstr(&path));
    if (!c->json)
        puts(buf_cstr(&path));
    buf_free(&line);
    buf_free(&path);
}

static void say(const struct command *c, const char *digest, bool proof)
{
    struct buf b = {0}, path = {0};
    stem(c, &path);
    buf_puts(&b, "{\"account\":");
    buf_json(&b, phi_lit(c->account));
    buf_printf(&b, ",\"level\":%d,\"template\":", c->p.level);
    buf_json(&b, phi_lit(template_name(c)));
    buf_puts(&b, ",\"letter\":");
    buf_puts(&path, ".txt");
    buf_json(&b, buf_view(&path));
    buf_printf(&b, ",\"digest\":\"%s\",\"proof\":%s}", digest, proof ? "true" : "false");
    puts(buf_cstr(&b));
    buf_free(&b);
    buf_free(&path);
}

static int write_all(struct command *c)
{
    struct buf filled = {0}, text = {0};
    char hex[DIGEST_HEX];
    fill(c, &filled);
    bool proof = names_proof(c);
    if (proof && !c->p.proven)
        return refuse(c, "no acknowledgment that accepts it is stored: there is no proof");
    letter_text(buf_view(&filled), &text);
    struct digest d = digest_of(text.p, text.len);
    digest_hex(&d, hex);
    bool print = c->draft || (c->proof && !c->json);
    audit(c->run, "appeal", c->draft ? "draft" : c->proof ? "proof" : "letter", c->account);
    if (print)
        fwrite(text.p, 1, text.len, stdout);
    if (!c->draft && (!c->proof || c->out))
        put(c, &filled, &text);
    if (!c->draft && !c->proof)
        hand_over(c, hex);
    if (c->json && !c->draft)
        say(c, hex, proof);
    buf_free(&filled);
    buf_free(&text);
    return EXIT_DONE;
}

/* ---- command line ---- */

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'},      {"into", required_argument, NULL, 'i'},
        {"by", required_argument, NULL, 'b'},       {"template", required_argument, NULL, 't'},
        {"reason", required_argument, NULL, 'y'},   {"out", required_argument, NULL, 'o'},
        {"practice", required_argument, NULL, 'p'}, {"letters", required_argument, NULL, 'l'},
        {"queues", required_argument, NULL, 'q'},   {"partners", required_argument, NULL, 'e'},
        {"now", required_argument, NULL, 'n'},      {"claim", required_argument, NULL, 'c'},
        {"late", no_argument, NULL, 'L'},           {"draft", no_argument, NULL, 'D'},
        {"proof", no_argument, NULL, 'P'},          {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},           {0}};
    const char *row = NULL;
    const char **const to[] = {
        ['c'] = &row,         ['r'] = &c->run,    ['i'] = &c->into,     ['b'] = &c->by,
        ['t'] = &c->template, ['y'] = &c->reason, ['o'] = &c->out,      ['p'] = &c->practice,
        ['l'] = &c->letters,  ['q'] = &c->queues, ['e'] = &c->partners, ['n'] = &c->now_text};
    bool *const flags[] = {
        ['L'] = &c->late, ['D'] = &c->draft, ['P'] = &c->proof, ['j'] = &c->json};
    int o;
    while ((o = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'h')
            exit(usage(stdout));
        if (strchr("LDPj", o))
            *flags[o] = true;
        else
            *to[o] = optarg;
    }
    c->account = optind + 1 == argc ? argv[optind] : NULL;
    bool act = !c->draft && !c->proof;
    if (row && !(c->row = life_row(row)))
        return false;
    return c->account && *c->account && c->run && *c->run && !(c->draft && c->proof) &&
           (!act || (c->into && c->by && *c->by));
}

static void prepare(struct command *c)
{
    struct buf error = {0};
    struct stat st;
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (c->into && (stat(c->into, &st) || !S_ISDIR(st.st_mode)))
        die(EXIT_TRY_LATER, "cannot write into \"%s\": it is no folder", c->into);
    if (c->practice && !(c->p.office = conf_read(c->practice, &c->a, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    if (!c->out && !c->proof) {
        size_t n = strlen(c->run) + sizeof "/appeal";
        char *dir = arena_alloc(&c->a, n);
        snprintf(dir, n, "%s/appeal", c->run);
        c->out = dir;
    }
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .now = time_wall_us(),
                        .letters = fs_shared("config/letters"),
                        .queues = fs_shared("config/work"),
                        .partners = fs_shared("config/partners")};
    log_open("appeal");
    if (!options(&c, argc, argv))
        return usage(stderr);
    prepare(&c);
    const char *why = look(&c);
    int code = why ? refuse(&c, why) : write_all(&c);
    followup_close(&c.f);
    arena_free(&c.a);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write: %m");
    return code;
}
