/*
 * NAME
 *     reconciler - keeps the ledger: every claim, every remittance, every cent
 *
 * SYNOPSIS
 *     claimwire reconciler --run DIR [--threshold PERCENT] [--imported]
 *
 * DESCRIPTION
 *     A keeper. Takes `claim`, `verdict`, `sent`, `ack`, `payment`, `remit`, `plb` and `post` records and
 *     writes them to RUN/reconciler/ledger.db as immutable events with their file, byte range and time,
 *     and what they move as rows of a double-entry journal in integer cents. The same record again
 *     changes nothing; the same payment again (trace, payer, amount, date) in another file changes
 *     nothing and is listed as ERA_DUP. What has the trace and the amount of a known payment but
 *     another date or payer is refused with ERA_DUP; released by a person, it is posted.
 *
 *     A remittance is matched to its claim in tiers (account number and charge, account number and
 *     lines, account number as a payer may mangle it, payer control number, service, name) and its
 *     lines to the billed lines. What matches with less than --threshold percent is never posted by
 *     the program: its cents stand in the account "unapplied" with an exception ERA_UNMATCHED until
 *     the claim comes or a person decides. A reversal that came before its original waits in the
 *     same way. Records may come in any order: the books end the same.
 *
 *     What the ledger says is read with claims, explain and prove.
 *
 * OPTIONS
 *     --threshold PERCENT  least confidence at which a remittance is posted (default 90); at 80 or
 *                          less a remittance without a usable account number is found by member,
 *                          service date and charge
 *
 *     --imported           what comes is of a system before this one (claimwire import): it is marked
 *                          and journalled against "opening", and a claim that is known is refused
 *
 * EXIT STATUS
 *     0 done; 1 records were refused (as a filter); 64 wrong command line; 78 the ledger cannot be
 *     used; 111 disk or lock
 *
 * EXAMPLES
 *     claimwire ingest batch.837 | claimwire validator | claimwire reconciler --run run
 *     claimwire ingest era.835 | claimwire validator | claimwire remit835 |
 *         claimwire reconciler --run run
 */
#include "common/ledger/ledger.h"
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>

static int start(struct stage *s, void **state)
{
    if (!stage_run_dir(s)) {
        fprintf(stderr, "reconciler: a ledger needs a run directory: --run DIR\n");
        return EXIT_USAGE;
    }
    struct ledger *l =
        ledger_open(stage_run_dir(s), stage_name(s), (int)stage_number(s, "threshold"));
    ledger_importing(l, stage_on(s, "imported"));
    *state = l;
    return EXIT_DONE;
}

static int take(struct stage *s, void *state, const struct record *r)
{
    static const char *const counter[] = {"taken", "repeats", "refused"};
    struct ledger_refusal why;
    if (record_is(r, "tally")) /* says how many claims of a set stand: build837's concern */
        return EXIT_DONE;
    enum ledger_result rc = ledger_take(state, r, &why);
    if (rc == LEDGER_REFUSED)
        stage_refuse(s, r, why.rule, why.why);
    stage_count(s, counter[rc], 1);
    return EXIT_DONE;
}

static int commit(struct stage *s, void *state)
{
    (void)s;
    ledger_commit(state);
    return EXIT_DONE;
}

static int finish(struct stage *s, void *state)
{
    return commit(s, state);
}

static void stop(struct stage *s, void *state)
{
    (void)s;
    ledger_close(state);
}

int main(int argc, char **argv)
{
    static const struct stage_opt options[] = {
        {"threshold", "90", "least confidence, in percent, at which a remittance is posted", false,
         1, 100},
        {"imported", NULL, "what comes is of a system before this one", true},
        {NULL, NULL, NULL, false}};
    static const char *const kinds[] = {"claim", "verdict", "sent",  "ack", "post",
                                        "tally", "payment", "remit", "plb", NULL};
    static const struct stage_def def = {.name = "reconciler",
                                         .kind = STAGE_KEEPER,
                                         .version = "1",
                                         .options = options,
                                         .kinds = kinds,
                                         .start = start,
                                         .record = take,
                                         .commit = commit,
                                         .finish = finish,
                                         .stop = stop};
    return stage_main(argc, argv, &def);
}
