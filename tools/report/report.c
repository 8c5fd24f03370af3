/*
 * NAME
 *     report - figures of the office: aging, rates, lags, payers, cash, denials, underpayments
 *
 * SYNOPSIS
 *     claimwire report list
 *     claimwire report NAME --run DIR [--json | --csv | --pdf FILE] [--now TIME] [--trace]
 *                      [--contracts DIR] [--queues DIR]
 *
 * DESCRIPTION
 *     Prints one report over the ledger of a run; `report list` names them all. Nothing is kept
 *     beside the ledger: every figure is a sum over it at the time of asking, in whole cents; rates
 *     are in hundredths of a percent and lags in hundredths of a day, rounded half up. The last row
 *     is of all.
 *
 *     With --trace each number is followed by what it comes from: the event, the file by its digest,
 *     the segment, counted in its set from ST as 1, and the range of bytes. The parts of a sum add up to it; those of a median or a 90th
 *     percentile are the values themselves.
 *
 *     aging has three clocks: service (first day of service), accepted (first acceptance by a
 *     277CA), owner (since whoever holds the balance has held it). What is over-paid stands under
 *     credits and in no bucket. The formulas are in docs/reports.md.
 *
 *     underpaid holds what a payer allowed against the contract with it (--contracts), line by line.
 *
 * OPTIONS
 *     --run DIR        the run directory (else CLAIMWIRE_RUN)
 *     --json           one object a row; cents, hundredths of a percent, hundredths of a day
 *     --csv            for spreadsheets
 *     --pdf FILE       as pages to print (US Letter, lying down), in a file that only its owner reads;
 *                      not with --trace
 *     --now TIME       the day of the report, 2026-10-01 or 2026-10-01T08:00:00Z (else: now)
 *     --trace          where each number comes from
 *     --contracts DIR  contracts with payers (else CLAIMWIRE_CONTRACTS, else config/contracts)
 *     --queues DIR     denial groups (else config/work)
 *
 * EXIT STATUS
 *     0 printed; 64 wrong command line; 78 no such run, or a contract that cannot be read;
 *     111 the report cannot be written
 *
 * EXAMPLES
 *     claimwire report aging --run run --now 2026-11-01
 *     claimwire report denial-rate --run run --csv > denials.csv
 */
#include "common/ledger/contract.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/report/report.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char SYNOPSIS[] =
    "usage: claimwire report list\n"
    "       claimwire report NAME --run DIR [--json | --csv | --pdf FILE] [--now TIME] [--trace]\n"
    "                        [--contracts DIR] [--queues DIR]\n";

static const struct {
    const struct report_kind *kind;
    int n;
} FAMILIES[] = {{AGING, AGING_N}, {RATES, RATES_N},     {PAYERS, PAYERS_N},
                {MONEY, MONEY_N}, {DENIALS, DENIALS_N}, {CONTRACT, CONTRACT_N}};
enum { FAMILIES_N = sizeof FAMILIES / sizeof *FAMILIES };

static const struct report_kind *kind_of(const char *name)
{
    for (int f = 0; f < FAMILIES_N; f++)
        for (int i = 0; i < FAMILIES[f].n; i++)
            if (strcmp(FAMILIES[f].kind[i].name, name) == 0)
                return &FAMILIES[f].kind[i];
    return NULL;
}

static int list(void)
{
    for (int f = 0; f < FAMILIES_N; f++)
        for (int i = 0; i < FAMILIES[f].n; i++)
            printf("%-15s %s\n", FAMILIES[f].kind[i].name, FAMILIES[f].kind[i].what);
    return EXIT_DONE;
}

struct command {
    const char *run, *now, *contracts, *queues, *pdf;
    enum table_form form;
    bool trace;
};

static int usage(FILE *to)
{
    fputs(SYNOPSIS, to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"contracts", required_argument, NULL, 'k'},
                                          {"queues", required_argument, NULL, 'q'},
                                          {"pdf", required_argument, NULL, 'p'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"csv", no_argument, NULL, 'c'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    const char **const to[] = {['r'] = &c->run,
                               ['n'] = &c->now,
                               ['k'] = &c->contracts,
                               ['q'] = &c->queues,
                               ['p'] = &c->pdf};
    bool json = false, csv = false;
    int o;
    while ((o = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (o == '?')
            return false;
        if (o == 'h')
            exit(usage(stdout));
        if (o == 'j' || o == 'c' || o == 't')
            *(o == 'j' ? &json : o == 'c' ? &csv : &c->trace) = true;
        else
            *to[o] = optarg;
    }
    c->form = json ? TABLE_JSON : csv ? TABLE_CSV : TABLE_TEXT;
    return optind == argc && json + csv + (c->pdf != NULL) <= 1 &&
           !(c->pdf && (c->trace || !*c->pdf));
}

static int print(const struct command *c, const struct report_kind *k, int64_t now)
{
    struct books b = {.now = now, .contracts = c->contracts, .queues = c->queues};
    struct table t = {.name = k->name, .col = k->col, .n = k->n, .trace = c->trace};
    struct ledger *l = ledger_open_ro(c->run, NULL);
    if (l) {
        store_begin_read(ledger_store(l)); /* one instant, while the reconciler writes */
        books_load(&b, l);
        k->fill(&b, &t);
        table_finish(&t);
    }
    struct buf error = {0};
    if (!c->pdf)
        table_print(&t, l, c->form);
    else if (!table_pdf(&t, k->what, now, c->pdf, &error))
        die(EXIT_TRY_LATER, "%s", buf_cstr(&error));
    buf_free(&error);
    if (l)
        store_rollback(ledger_store(l));
    table_free(&t);
    books_free(&b);
    ledger_close(l);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct stat st;
    struct command c = {.run = getenv("CLAIMWIRE_RUN"),
                        .contracts = contracts_dir(),
                        .queues = fs_shared("config/work")};
    int64_t now = time_wall_us();
    log_open("report");
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
        return usage(stdout);
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    const struct report_kind *k = argc > 1 ? kind_of(argv[1]) : NULL;
    if (!k) {
        if (argc > 1 && argv[1][0] != '-')
            fprintf(stderr, "report: there is no report \"%s\"; claimwire report list names them\n",
                    argv[1]);
        return usage(stderr);
    }
    if (!options(&c, argc - 1, argv + 1))
        return usage(stderr);
    if (c.now && !time_parse(c.now, &now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (!c.run || !*c.run) {
        fprintf(stderr, "report: which run directory? give --run DIR\n");
        return usage(stderr);
    }
    if (stat(c.run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", c.run);
    return print(&c, k, now);
}
