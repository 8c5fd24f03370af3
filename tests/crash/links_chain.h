/* The pipeline that the link tests disturb: source -> a (2) -> b (2) -> k1 and k2, rejects -> q. */
#ifndef CLAIMWIRE_TESTS_CRASH_LINKS_CHAIN_H
#define CLAIMWIRE_TESTS_CRASH_LINKS_CHAIN_H

#include "tests/unit.h"

#include "tests/crash/links_run.h"

struct chain {
    long count, rate;
    int window, hold;
    const char *a_more, *b_more, *k1_more; /* further settings, beginning with ", " */
};

/* One run at a time; its processes end with its test, however that ends. */
extern struct run here;
int links_teardown(void **state);

void chain_start(struct run *r, const char *name, struct chain c);
/* The source has ended because all is DONE; the rest is asked to finish. */
void chain_end(struct run *r, int ms);
/* Rows of a keeper behind the chain when count numbers went in. */
long expected_rows(long count);
void assert_whole(const struct run *r, long count);
void assert_same(struct digest a, struct digest b);
/* Frames that were given again, on all links. */
long repeats(const struct run *r);

#endif
