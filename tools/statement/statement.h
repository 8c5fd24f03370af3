/* Inside statement: one page, and the two ways to put it on paper. */
#ifndef CLAIMWIRE_TOOLS_STATEMENT_H
#define CLAIMWIRE_TOOLS_STATEMENT_H

#include "common/letter/sender.h"
#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdint.h>

enum { PAGE_ROWS = 14 };

struct visit {            /* a claim on a page; cents */
    phi_str account, why; /* why: "coinsurance 103.08", empty where it is not known */
    int32_t service;      /* CLAIM_NO_DATE */
    int64_t billed, insurance, adjusted, received, waiting, due;
};
struct address { /* of the patient; empty: not known */
    phi_str street, more, city;
};
/* One patient. Visits beyond PAGE_ROWS are summed in the last row, whose account is empty. */
struct page {
    phi_str first, last;
    struct address at;
    int32_t day; /* of the statement */
    struct sender from;
    struct visit visit[PAGE_ROWS];
    int visits, more; /* more: visits in the last row */
    struct visit sum;
};

struct ledger;
/* Memory is mem's. */
struct address address_of(struct ledger *l, const char *run, int64_t chain, struct arena *mem);
/* "09/03/2026" into out; empty where there is no date. */
const char *day_text(int32_t day, char out[16]);
void page_text(struct buf *out, const struct page *p);
/* False with a sentence in error when the PDF cannot be made. */
bool page_pdf(const char *path, const struct page *p, struct buf *error);

#endif
