/*
 * NAME
 *     rebill - corrected (7) and void (8) claims, and claims for the next payer
 *
 * SYNOPSIS
 *     claimwire rebill correct ACCOUNT... --run DIR --reason WHY [--set PATH=VALUE ...] [--into DIR]
 *     claimwire rebill void ACCOUNT... --run DIR --reason WHY [--into DIR]
 *     claimwire rebill secondary ACCOUNT... --run DIR [--by-hand WHO REASON] [--into DIR]
 *
 * DESCRIPTION
 *     Builds the next version of a claim from the one that a payer answered, and writes it as an 837
 *     file of one claim: to standard output, or whole or not at all into a folder that ingest watches.
 *     It comes in like any other file, so that the validator, build837 and the ledger see it
 *     (docs/rebilling.md). ACCOUNT is its account number (CLM01), which stays the same; several are
 *     rebilled alike, each in a file of its own, and one that may not be holds up no other.
 *
 *     correct: a replacement (CLM05-3 is 7) with the payer's number of the claim in REF*F8, out of
 *     CLP07 of what it answered, or REF*1K of its 277CA where it has not answered. What is different is
 *     said with --set; the charge of the claim follows its lines.
 *
 *     void: CLM05-3 is 8, REF*F8, and nothing else changed.
 *
 *     secondary: the claim for the next payer that it names, with what the payer before paid and left,
 *     line by line (2320, 2430). Not while that payer's answer is open, taken back or being corrected,
 *     and not when that payer forwarded the claim itself: then only by hand, after 30 days.
 *
 *     What is built is checked as `validate` checks; what is not clean is not written. Each act is
 *     noted in the audit log of the run with who and why. Asked for again where the claim stands as
 *     it stood, the same act gives the same bytes; another one is refused.
 *
 * OPTIONS
 *     --run DIR           the run directory (else CLAIMWIRE_RUN)
 *     --reason WHY        why; of correct and void always
 *     --by WHO            who decided (else the login name)
 *     --set PATH=VALUE    REF*G1=AU778; L1/SV1.01-3=25; NM1*82.09=2000000036; REF*G1= takes it out
 *     --payer ID          replace what this payer answered; else the last one that did
 *     --by-hand WHO REASON  a secondary although the claim was forwarded 30 days ago
 *     --instead           in place of another act on this standing that was not handed over
 *     --into DIR          folder to write the file to; its name is printed
 *     --claim ROW         which, where several have this account number: the row that explain prints
 *     --guides DIR        folder of guides (config/guides)
 *     --partners DIR      profiles of payers (config/partners; none: without)
 *     --now TIME          2026-09-01 or 2026-09-01T08:00:00Z, instead of the machine's clock
 *
 * EXIT STATUS
 *     0 written; 1 it may not be built, and why; 64 wrong command line; 78 no such run; 100 the claim's
 *     bytes are not there; 111 the file cannot be written
 *
 * EXAMPLES
 *     claimwire rebill correct RB-1003 --run run --reason "authorization found" --set 'REF*G1=AU778'
 *     claimwire rebill secondary RB-1001 --run run --into in
 */
#include "common/ledger/life.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/named.h"
#include "tools/rebill/act.h"
#include "tools/rebill/change.h"
#include "tools/rebill/form.h"
#include "tools/rebill/judge.h"
#include "common/ledger/source.h"
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: claimwire rebill correct ACCOUNT... --run DIR --reason WHY [--set PATH=VALUE ...]\n"
    "       claimwire rebill void ACCOUNT... --run DIR --reason WHY\n"
    "       claimwire rebill secondary ACCOUNT... --run DIR [--by-hand WHO REASON]\n"
    "       each: [--by WHO] [--payer ID] [--instead] [--into DIR] [--claim ROW]\n"
    "             [--guides DIR] [--partners DIR] [--now TIME]\n";

enum { SETS = 64, CONTROL_FIRST = 900000000 };

struct command {
    struct act_wish wish;
    const char *run, *account, *into, *row; /* row: --claim */
    char **accounts;                        /* behind the options; account is the one at hand */
    int accounts_n;
    const char *guides_path;
    const char *partners;
    struct judge *judge;
    struct store *acts; /* opened for the first that is done */
    const char *set[SETS];
    int sets;
    struct arena mem;
    struct buf file;
};

static int wrong(const char *why, const char *what)
{
    fprintf(stderr, "rebill: %s \"%s\"\n%s", why, what, USAGE);
    return EXIT_USAGE;
}

/* A reason stands in the audit log: it does not say who the claim is about. */
static int wrong_reason(void)
{
    fputs("rebill: the reason names the patient, and it stands in the audit log: say it without\n",
          stderr);
    return EXIT_USAGE;
}

static int refuse(const struct command *c, const char *why)
{
    fprintf(stderr, "rebill: \"%s\": %s\n", c->account, why);
    return EXIT_FINDINGS;
}

/* ---- command line ---- */

static const char **text_option(struct command *c, const char *name)
{
    const struct {
        const char *name, **to;
    } known[] = {{"--run", &c->run},           {"--by", &c->wish.by}, {"--reason", &c->wish.reason},
                 {"--payer", &c->wish.payer},  {"--into", &c->into},  {"--guides", &c->guides_path},
                 {"--partners", &c->partners}, {"--claim", &c->row}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].to;
    return NULL;
}

/* How many words an option took; 0: it is none. */
static int option(struct command *c, char **w, int left)
{
    const char **to = text_option(c, w[0]);
    if (strcmp(w[0], "--instead") == 0) {
        c->wish.instead = true;
        return 1;
    }
    if (strcmp(w[0], "--by-hand") == 0 && left > 2) {
        c->wish.by_hand = true;
        c->wish.by = w[1];
        c->wish.reason = w[2];
        return 3;
    }
    if (left < 2)
        return 0;
    if (to)
        *to = w[1];
    else if (strcmp(w[0], "--set") == 0 && c->sets < SETS)
        c->set[c->sets++] = w[1];
    else if (strcmp(w[0], "--now") != 0 || !time_parse(w[1], &c->wish.now_us))
        return 0;
    return 2;
}

static int complete(struct command *c)
{
    struct stat st;
    bool next = c->wish.kind == ACT_SECONDARY;
    if (!c->accounts_n)
        return wrong("which claim? a word is missing behind", "rebill");
    if (!c->run || !*c->run)
        return wrong("which run directory? give", "--run DIR");
    if (!next && (!c->wish.reason || !*c->wish.reason))
        return wrong("why? give", "--reason WHY");
    if (next && c->wish.by_hand && (!*c->wish.by || !*c->wish.reason))
        return wrong("who, and why? behind", "--by-hand");
    if (c->sets && c->wish.kind != ACT_CORRECT)
        return wrong("only a correction takes", "--set");
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", c->run);
    return EXIT_DONE;
}

static int command_line(struct command *c, int argc, char **argv)
{
    static const char *const kinds[] = {"correct", "void", "secondary"};
    int kind = -1;
    for (int i = 0; argc > 1 && i < 3; i++)
        if (strcmp(argv[1], kinds[i]) == 0)
            kind = i;
    if (kind < 0)
        return wrong("what? the first word is none of", "correct, void, secondary");
    c->wish.kind = (enum act_kind)kind;
    for (int i = 2, n; i < argc; i += n) {
        n = 1;
        if (argv[i][0] == '-' && !(n = option(c, argv + i, argc - i)))
            return wrong("wrong, or without what belongs to it:", argv[i]);
        if (argv[i][0] != '-')
            c->accounts[c->accounts_n++] = argv[i];
    }
    if (c->accounts_n > 1 && !c->into)
        return wrong("several claims go into a folder: give", "--into DIR");
    return complete(c);
}

/* ---- building ---- */

static const char *KIND[] = {"correct", "void", "secondary"};

/* As a replacement or void of what the payer knows by its number. */
static int mend(struct command *c, struct form *f, phi_str control)
{
    for (int i = 0; i < c->sets; i++) {
        const char *why = change(&f->claim, c->set[i]);
        if (why) {
            fprintf(stderr, "rebill: --set number %d: %s\n", i + 1, why);
            return EXIT_USAGE;
        }
    }
    if (c->sets && !change_total(&f->claim))
        return refuse(c, "with these changes the charges of the lines cannot be read");
    f->claim.at[0] =
        seg_text_set(&c->mem, f->claim.at[0], 5, 3, phi_lit(c->wish.kind == ACT_VOID ? "8" : "7"));
    change_ref(&f->claim, "F8", control);
    return EXIT_DONE;
}

static int shape(struct command *c, const struct life *life, const struct act_basis *b,
                 struct form *f)
{
    struct buf body = {0};
    struct claim claim;
    int code = EXIT_DONE;
    const char *why = NULL;
    bool there = source_body(c->run, b->version, &body);
    phi_str text = arena_phi(&c->mem, buf_view(&body));
    buf_free(&body);
    if (!there || !claim_read(text, &claim, &c->mem)) {
        fprintf(stderr, "rebill: \"%s\": the bytes of this claim are not in this run\n",
                c->account);
        return EXIT_UNREADABLE;
    }
    if (named_in(c->wish.reason, text))
        return wrong_reason();
    form_read(&claim, &c->mem, f);
    if (c->wish.kind != ACT_SECONDARY)
        code = mend(c, f, b->control);
    else
        why = form_next_payer(f, &claim, life, b->rank);
    return why ? refuse(c, why) : code;
}

static int build(struct command *c, const struct life *life)
{
    struct act_basis b;
    struct act_entry e;
    struct form f;
    struct buf said = {0};
    const char *why = act_may(life, &c->wish, &b);
    if (why)
        return refuse(c, why);
    int code = shape(c, life, &b, &f);
    if (code)
        return code;
    form_write(&f, CONTROL_FIRST, c->wish.now_us, &c->file);
    if (!judge_file(c->judge, buf_view(&c->file), &said)) {
        fprintf(stderr, "%s", buf_cstr(&said));
        buf_free(&said);
        return refuse(c, "what would be built is not clean, and nothing is written");
    }
    buf_free(&said);
    if (!c->acts)
        c->acts = act_store(c->run);
    if ((why = act_note(c->acts, life, &c->wish, &b, &e)))
        return refuse(c, why);
    struct buf note = {0};
    buf_printf(&note, "%s, act %lld, by %s: %s", c->account, (long long)e.number, c->wish.by,
               c->wish.reason);
    audit(c->run, "rebill", KIND[c->wish.kind], buf_cstr(&note));
    buf_free(&note);
    buf_clear(&c->file);
    form_write(&f, (uint32_t)(CONTROL_FIRST + e.number % 99999999), e.at_us, &c->file);
    return EXIT_DONE;
}

/* ---- out ---- */

static int put(struct command *c)
{
    struct buf path = {0};
    char hex[DIGEST_HEX];
    int code = EXIT_DONE;
    struct digest d = digest_of(c->file.p, c->file.len);
    if (!c->into)
        return fs_write_all(STDOUT_FILENO, c->file.p, c->file.len) ? EXIT_TRY_LATER : EXIT_DONE;
    buf_printf(&path, "%s/rebill-%.16s.837", c->into, digest_hex(&d, hex));
    if (fs_replace(buf_cstr(&path), c->file.p, c->file.len)) {
        fprintf(stderr, "rebill: cannot write \"%s\": %s\n", buf_cstr(&path), strerror(errno));
        code = EXIT_TRY_LATER;
    } else if (puts(buf_cstr(&path)) == EOF || fflush(stdout)) {
        code = EXIT_TRY_LATER;
    }
    buf_free(&path);
    return code;
}

static int one(struct command *c, struct ledger *l)
{
    struct life life;
    const char *why = NULL;
    int64_t chain = life_choose(l, phi_lit(c->account), c->row ? life_row(c->row) : 0, &why);
    int code;
    if (!chain)
        code = refuse(c, why);
    else if (!life_read(l, chain, &c->mem, &life))
        code = refuse(c, "the ledger's rows of this claim cannot be read");
    else
        code = build(c, &life);
    return code ? code : put(c);
}

static int each(struct command *c)
{
    int code = EXIT_DONE;
    struct ledger *l = ledger_open_ro(c->run, NULL);
    c->judge = judge_open(fs_shared(c->guides_path), fs_shared(c->partners), c->wish.now_us);
    for (int i = 0; i < c->accounts_n; i++) {
        c->account = c->accounts[i];
        buf_clear(&c->file);
        code = exit_worse(code, one(c, l));
        arena_clear(&c->mem);
    }
    judge_close(c->judge);
    store_close(c->acts);
    if (l)
        ledger_close(l);
    return code;
}

int main(int argc, char **argv)
{
    const struct passwd *pw = getpwuid(getuid());
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .guides_path = "config/guides",
                        .partners = "config/partners"};
    struct buf changes = {0};
    log_open("rebill");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        fputs(USAGE, stdout);
        return EXIT_DONE;
    }
    c.wish.now_us = time_wall_us();
    c.wish.by = pw ? pw->pw_name : "";
    c.accounts = xcalloc((size_t)argc + 1, sizeof *c.accounts);
    int code = command_line(&c, argc, argv);
    if (code)
        return code;
    if (!c.wish.reason)
        c.wish.reason = "the payer before has answered";
    for (int i = 0; i < c.sets; i++)
        buf_printf(&changes, "%s\n", c.set[i]);
    c.wish.changes = buf_view(&changes);
    code = each(&c);
    free(c.accounts);
    buf_free(&changes);
    buf_free(&c.file);
    arena_free(&c.mem);
    return code;
}
