/* How fast a code table opens and answers. usage: codes_lookup DIR
 * Prints one JSON object: open_ms (table and lexicon, as `claimwire code` opens them; the median of
 * 21), lookup_ns (one code on one day, codes drawn at random over the whole table, so that most
 * of them are in no cache), codes. */
#include "common/coding/lexicon.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 21, LOOKUPS = 2000000 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double open_ms(const char *path, struct stemmer *stems)
{
    double took[TRIES];
    struct buf error = {0};
    for (int i = 0; i < TRIES; i++) {
        double start = now_us();
        struct codes *c = codes_open(path, &error);
        struct lexicon *l = c ? lexicon_open(c, stems, 20000) : NULL;
        took[i] = (now_us() - start) / 1e3;
        if (!l) {
            fprintf(stderr, "no table with terms: %s\n", buf_cstr(&error));
            exit(78);
        }
        lexicon_free(l);
        codes_close(c);
    }
    qsort(took, TRIES, sizeof *took, ascending);
    return took[TRIES / 2];
}

static double lookup_ns(const struct codes *c, const struct code_system *s)
{
    uint64_t random = 88172645463325252u;
    unsigned found = 0;
    double start = now_us();
    for (int i = 0; i < LOOKUPS; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        const struct code_row *r = &s->rows[random % s->n];
        found += codes_find(c, s->name, phi_of(r->code, strnlen(r->code, CODE_LEN)), (phi_str){0},
                            r->from) == r;
    }
    double took = (now_us() - start) * 1e3 / LOOKUPS;
    return found == LOOKUPS ? took : -1;
}

int main(int argc, char **argv)
{
    struct buf error = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/codes.cwt", argc > 1 ? argv[1] : "config/codes/starter");
    struct stemmer *stems = stemmer_new();
    double open = open_ms(path, stems);
    struct codes *c = codes_open(path, &error);
    struct code_system s;
    if (!c || !codes_system(c, LEXICON_CODES, &s))
        return 78;
    printf("{\"open_ms\":%.3f,\"lookup_ns\":%.1f,\"codes\":%u}\n", open, lookup_ns(c, &s), s.n);
    codes_close(c);
    stemmer_free(stems);
    return 0;
}
