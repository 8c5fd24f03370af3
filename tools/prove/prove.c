/*
 * NAME
 *     prove - check that every claim and every cent of a run is where the books say
 *
 * SYNOPSIS
 *     claimwire prove --run DIR [--json] [--quick]
 *
 * DESCRIPTION
 *     Checks the invariants of the ledger, 1 to 15 (listed below), that the claims which the
 *     validator found valid are here and no others, that each file which a row comes from is kept
 *     under its digest, that each file which was sent is there with its digest, that no claim was
 *     sent in two files, that each sealed value opens, and that claims, remittances and the payments
 *     they came in say what their sealed bodies say (rows). What does not apply is listed
 *     with its reason. For each that is broken the smallest counter-example is printed: the row, the
 *     event, the byte range of the file, never a value. A row that broke one is not named again by
 *     others that follow from it.
 *
 *     It reads one snapshot and may run while the reconciler works: what has not come yet is not
 *     missing. To check that the order of arrival does not matter (12) it posts everything once
 *     more, backwards, into a ledger of its own under TMPDIR, and compares.
 *
 *      1  a payment is its claims less its adjustments      9  the patient owes what the last says
 *      2  cash is what was posted                          10  deposits are their payments
 *      3  a claim's balance is its charge less the rest    11  nothing has an effect twice
 *      4  no balance without rows, no row without source   12  the order of arrival does not matter
 *      5  a reversal and its original sum to zero          13  charges answered are charges sent
 *      6  a payer ledger item is its adjustments           14  nothing is posted to a voided claim
 *      7  paid lines sum to the claim's payment            15  the journal sums to zero
 *      8  a later payer repeats what the earlier settled
 *
 * OPTIONS
 *     --run DIR  the run directory (else CLAIMWIRE_RUN)
 *     --json     one object an invariant
 *     --quick    leave out 12 and rows
 *
 * EXIT STATUS
 *     0 everything holds; 1 something is broken; 64 wrong command line; 78 no such run, or no ledger
 *     in it
 *
 * EXAMPLES
 *     claimwire prove --run run
 *     claimwire prove --run run --json | jq -r 'select(.holds == false) | .example'
 */
#include "common/ledger/ask.h"
#include "common/ledger/proof.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <inttypes.h>
#include <stdio.h>

static const char SYNOPSIS[] = "claimwire prove --run DIR [--json] [--quick]\n";

static void json_row(const struct proof_result *r)
{
    static const char *const holds[] = {"true", "false", "null", "null"};
    static const char *const why[] = {"", "", "not applicable", "not checked"};
    struct buf b = {0};
    buf_printf(&b, "{\"invariant\":\"%s\",\"title\":\"%s\",\"holds\":%s,\"checked\":%" PRId64,
               r->id, r->title, holds[r->verdict], r->checked);
    if (r->broken)
        buf_printf(&b, ",\"broken\":%" PRId64, r->broken);
    if (*why[r->verdict])
        buf_printf(&b, ",\"why\":\"%s\"", why[r->verdict]);
    if (*r->example) {
        buf_puts(&b, ",\"example\":");
        buf_json(&b, phi_lit(r->example));
    }
    buf_putc(&b, '}');
    puts(buf_cstr(&b));
    buf_free(&b);
}

static void text_row(const struct proof_result *r)
{
    static const char *const word[] = {"holds", "BROKEN", "-", "-"};
    printf("%-9s %-7s %s", r->id, word[r->verdict], r->title);
    if (r->verdict == PROOF_HOLDS)
        printf(" (%" PRId64 " checked)", r->checked);
    putchar('\n');
    if (r->verdict == PROOF_BROKEN)
        printf("%-9s %-7s %" PRId64 " of %" PRId64 "; the first: %s\n", "", "", r->broken,
               r->checked, r->example);
    else if (*r->example)
        printf("%-9s %-7s %s\n", "", "", r->example);
}

int main(int argc, char **argv)
{
    struct ask a;
    struct proof_result r[PROOFS];
    int broken = 0;
    ask(argc, argv, "prove", SYNOPSIS, "json quick", 0, &a);
    if (!a.l)
        die(EXIT_CONFIG, "cannot prove anything about \"%s\": no ledger is in it", a.run);
    proof_run(a.l, a.run, !a.quick, r);
    ledger_close(a.l);
    for (int i = 0; i < PROOFS; i++) {
        if (a.json)
            json_row(&r[i]);
        else
            text_row(&r[i]);
        broken += r[i].verdict == PROOF_BROKEN;
    }
    if (!a.json)
        puts(broken ? "NOT PROVEN" : "every invariant that applies holds");
    return broken ? EXIT_FINDINGS : EXIT_DONE;
}
