/*
 * NAME
 *     post - what has no 835: bank deposits, patient payments, paper remittances, refunds, write-offs
 *
 * SYNOPSIS
 *     claimwire post deposit FILE... [--into DIR]
 *     claimwire post patient|refund|write-off --csv FILE [--into DIR]
 *     claimwire post patient|refund --account A --amount M --date D --reference R [--method W]
 *                    [--into DIR]
 *     claimwire post remittance FILE... [--practice DIR] [--test] [--into DIR]
 *     claimwire post match --account A --reference N --date D --by WHO --reason WHY [--into DIR]
 *     claimwire post write-off --account A --amount M --date D --reference R
 *                    --from payer|denial|patient --by WHO --reason WHY [--into DIR]
 *
 * DESCRIPTION
 *     Writes entries, post.v1, one JSON object a line (docs/posting.md): to standard output, or as one
 *     file, whole or not at all, into the folder that ingest watches. The ledger takes them as it
 *     takes everything: each entry once, with the file and the bytes that it came from.
 *
 *     deposit reads NACHA files (each credit entry; its trace from the addenda), BAI2 files (each
 *     credit of a transaction record) and CSV with the columns date, amount, reference and origin;
 *     which of them it is, is told by the first bytes. A file that is wrong anywhere gives nothing.
 *     ingest reads the same files by itself, from its folder; this is the way by hand.
 *
 *     remittance reads what payers print on paper, typed into a CSV (docs/posting.md), and makes an 835
 *     of it, which goes the way of every other: the same checks, the same matching, the same proof. One
 *     that does not balance is refused here, with its line and the sums.
 *
 *     match says whose a remittance is that found no claim: --reference is the account number as the
 *     payer wrote it (CLP01), --account the claim that it means. What waits under that number is
 *     posted, now and from now on; the number is given to no other account.
 *
 *     An entry of an account that is not known waits, in sight, until its claim comes. A write-off
 *     needs who approved it and why.
 *
 * OPTIONS
 *     --csv FILE      many entries: columns account, amount, date, reference, and the others by name
 *     --account A     patient control number of the claim
 *     --amount M      dollars and cents, as 25.00
 *     --date D        day, as 2026-09-05
 *     --reference R   number of the receipt, cheque or transfer; the same entry again is a repeat
 *     --method W      cash, check, card ...
 *     --from POOL     what a write-off gives up: payer (still expected), denial or patient
 *     --by WHO        who approved a write-off
 *     --reason WHY    why
 *     --practice DIR  who we are, for a remittance (default config/practice)
 *     --test          a remittance of test traffic (ISA15 T)
 *     --into DIR      folder to write a file to, instead of standard output
 *
 * EXIT STATUS
 *     0 done; 64 wrong command line; 100 a file cannot be read as what it claims to be; 111 the
 *     folder cannot be written
 *
 * EXAMPLES
 *     claimwire post deposit fixtures/bank/day.ach
 *     claimwire post patient --account RB-1001 --amount 25.00 --date 2026-09-05 --reference R-17
 */
#include "common/readers/bank.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/id.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/post/paper.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MOST = 64 << 20 };

struct command {
    const char *what, *csv, *into;
    const char *account, *amount, *date, *reference, *method, *from, *by, *reason, *practice;
    bool test;
    char **files;
    struct buf out;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire post deposit FILE... [--into DIR]\n"
          "       claimwire post patient|refund|write-off --csv FILE [--into DIR]\n"
          "       claimwire post patient|refund --account A --amount M --date D --reference R\n"
          "                      [--method W] [--into DIR]\n"
          "       claimwire post write-off --account A --amount M --date D --reference R\n"
          "                      --from payer|denial|patient --by WHO --reason WHY [--into DIR]\n"
          "       claimwire post remittance FILE... [--practice DIR] [--test] [--into DIR]\n"
          "       claimwire post match --account A --reference N --date D --by WHO --reason WHY\n"
          "                      [--into DIR]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- files ---- */

static void add(void *ctx, const struct entry_line *e, phi_str part)
{
    (void)part;
    entry_write(ctx, e);
    buf_putc(ctx, '\n');
}

/* Nothing of a file that is wrong comes out. */
static int read_file(struct command *c, const char *path)
{
    struct buf file = {0}, lines = {0};
    const struct bank_sink to = {add, &lines};
    struct bank_fault f = {0};
    int code = EXIT_DONE;
    if (fs_read(path, FILE_MOST, &file)) {
        fprintf(stderr, "post: cannot read \"%s\": %s\n", path, strerror(errno));
        code = EXIT_UNREADABLE;
    } else if (!(strcmp(c->what, "deposit") ? bank_csv(buf_view(&file), c->what, &to, &f)
                                            : bank_deposits(buf_view(&file), &to, &f))) {
        fprintf(stderr, "post: %s:%d: %s; nothing of this file is taken\n", path, f.line, f.why);
        code = EXIT_UNREADABLE;
    } else {
        buf_phi(&c->out, buf_view(&lines));
    }
    buf_free(&file);
    buf_free(&lines);
    return code;
}

static int read_files(struct command *c)
{
    int code = EXIT_DONE;
    for (char **f = c->files; *f; f++)
        code = exit_worse(code, read_file(c, *f));
    return code;
}

/* ---- one entry ---- */

static phi_str slice(const char *s)
{
    return phi_lit(s ? s : "");
}

static bool pool(const char *from)
{
    return from && (!strcmp(from, "payer") || !strcmp(from, "denial") || !strcmp(from, "patient"));
}

static int one_entry(struct command *c)
{
    struct entry_line e = {.what = slice(c->what),
                           .account = slice(c->account),
                           .reference = slice(c->reference),
                           .method = slice(c->method),
                           .from = slice(c->from),
                           .by = slice(c->by),
                           .reason = slice(c->reason)};
    bool off = strcmp(c->what, "write-off") == 0, match = strcmp(c->what, "match") == 0;
    const char *why = !c->account || !*c->account       ? "--account is missing"
                      : !c->reference || !*c->reference ? "--reference is missing"
                      : match && c->amount ? "a match moves no money by itself: no --amount"
                      : !match && (!money_parse(slice(c->amount), &e.cents) || e.cents <= 0)
                          ? "--amount must be above zero, like 25.00"
                      : !entry_date(slice(c->date), e.date) ? "--date must be a day like 2026-09-05"
                      : off && !pool(c->from) ? "--from must be payer, denial or patient"
                      : (off || match) && (!c->by || !c->reason)
                          ? "a write-off or a match needs --by and --reason"
                          : NULL;
    if (why) {
        fprintf(stderr, "post: %s\n", why);
        return EXIT_USAGE;
    }
    add(&c->out, &e, slice(""));
    return EXIT_DONE;
}

/* ---- paper ---- */

static bool is_remittance(const struct command *c)
{
    return strcmp(c->what, "remittance") == 0;
}

static int read_papers(struct command *c)
{
    struct buf error = {0};
    struct paper_opts o = {.practice = c->practice ? c->practice : fs_shared("config/practice"),
                           .usage = c->test ? 'T' : 'P'};
    int code = EXIT_DONE;
    for (char **f = c->files; *f; f++) {
        int now = paper_835(&o, *f, &c->out, &error);
        if (now)
            fprintf(stderr, "post: %s; nothing of this file is taken\n", buf_cstr(&error));
        code = exit_worse(code, now);
        buf_clear(&error);
    }
    buf_free(&error);
    return code;
}

/* ---- out ---- */

/* Named by its bytes: the same entries again are the same file. */
static int write_out(struct command *c)
{
    struct buf path = {0};
    char hex[DIGEST_HEX];
    int code = EXIT_DONE;
    struct digest d = digest_of(c->out.p, c->out.len);
    if (c->out.len == 0)
        return code;
    if (!c->into) {
        if (fs_write_all(STDOUT_FILENO, c->out.p, c->out.len))
            code = EXIT_TRY_LATER;
        return code;
    }
    buf_printf(&path, "%s/%.16s.%s", c->into, digest_hex(&d, hex),
               is_remittance(c) ? "835" : "post");
    if (fs_replace(buf_cstr(&path), c->out.p, c->out.len)) {
        fprintf(stderr, "post: cannot write \"%s\": %s\n", buf_cstr(&path), strerror(errno));
        code = EXIT_TRY_LATER;
    } else {
        puts(buf_cstr(&path));
    }
    buf_free(&path);
    return code;
}

static const char *const WHATS[] = {"deposit", "patient",    "refund", "write-off",
                                    "match",   "remittance", NULL};

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {{"csv", required_argument, NULL, 'c'},
                                          {"into", required_argument, NULL, 'i'},
                                          {"account", required_argument, NULL, 'a'},
                                          {"amount", required_argument, NULL, 'm'},
                                          {"date", required_argument, NULL, 'd'},
                                          {"reference", required_argument, NULL, 'r'},
                                          {"method", required_argument, NULL, 'w'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"by", required_argument, NULL, 'b'},
                                          {"reason", required_argument, NULL, 'y'},
                                          {"practice", required_argument, NULL, 'p'},
                                          {"test", no_argument, NULL, 'T'},
                                          {0}};
    const char **const to[] = {
        ['c'] = &c->csv,  ['i'] = &c->into,      ['a'] = &c->account, ['m'] = &c->amount,
        ['d'] = &c->date, ['r'] = &c->reference, ['w'] = &c->method,  ['f'] = &c->from,
        ['b'] = &c->by,   ['y'] = &c->reason,    ['p'] = &c->practice};
    int o;
    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'T')
            c->test = true;
        else
            *to[o] = optarg;
    }
    c->files = argv + optind;
    return true;
}

int main(int argc, char **argv)
{
    struct command c = {0};
    log_open("post");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
        return usage(stdout);
    for (int i = 0; argc > 1 && WHATS[i]; i++)
        if (strcmp(argv[1], WHATS[i]) == 0)
            c.what = WHATS[i];
    if (!c.what || !options(&c, argc - 1, argv + 1))
        return usage(stderr);
    bool paper = is_remittance(&c);
    bool deposit = paper || strcmp(c.what, "deposit") == 0, files = *c.files != NULL;
    if (deposit != files || (c.csv && (deposit || !strcmp(c.what, "match"))))
        return usage(stderr);
    int code = paper     ? read_papers(&c)
               : deposit ? read_files(&c)
               : c.csv   ? read_file(&c, c.csv)
                         : one_entry(&c);
    code = exit_worse(code, write_out(&c));
    buf_free(&c.out);
    return code;
}
