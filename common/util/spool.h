/*
 * spool: bytes kept for a while and read again, of any number: the first few megabytes in memory,
 * beyond that in a file without a name below $TMPDIR (else /tmp), mode 0600, which ends with the
 * process. Zero-initialise; spool_free() at the end. A disk that is full ends the process
 * (EXIT_TRY_LATER).
 */
#ifndef CLAIMWIRE_UTIL_SPOOL_H
#define CLAIMWIRE_UTIL_SPOOL_H

#include "common/util/buf.h"

struct spool {
    struct buf mem; /* the last bytes */
    uint64_t filed; /* bytes before them, in the file */
    int fd;         /* and 1; 0: none yet */
};

/* Appends n bytes. */
void spool_add(struct spool *s, const void *p, size_t n);
/* How many bytes there are. */
static inline uint64_t spool_len(const struct spool *s)
{
    return s->filed + s->mem.len;
}
/* Forgets what lies behind the first len bytes. */
void spool_cut(struct spool *s, uint64_t len);
/* Writes everything to fd; 0, or -1 with errno. */
int spool_write(struct spool *s, int fd);
void spool_free(struct spool *s);

/* Reads a spool that does not change meanwhile. Zero but for `of`. */
struct spool_reader {
    struct spool *of;
    struct buf window;
    uint64_t from; /* where the window begins */
};
/* n bytes from `at` on, which must be there; borrowed until the next call. */
const char *spool_at(struct spool_reader *r, uint64_t at, size_t n);
void spool_reader_free(struct spool_reader *r);

#endif
