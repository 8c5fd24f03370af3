/*
 * cache: what was asked and what was answered, in RUN/eligibility/eligibility.db. Members, names and
 * answers are sealed; they are found again by keyed hashes. A number once given to a file or an
 * inquiry is never given again.
 */
#ifndef CLAIMWIRE_ELIG_CACHE_H
#define CLAIMWIRE_ELIG_CACHE_H

#include "common/elig/elig.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/id.h"
#include "common/elig/ask.h"

struct cache;
struct cache *cache_open(const char *run);
/* NULL: there is none. */
struct cache *cache_open_existing(const char *run);
/* Only to read; NULL: there is none. */
struct cache *cache_open_ro(const char *run);
void cache_close(struct cache *c);
void cache_commit(struct cache *c);

/* Keyed hash of the patient and how he is insured. */
struct rec_id elig_person_token(struct seal_keys *keys, phi_str member, phi_str first, phi_str dob);

enum known { KNOWN_NOT, KNOWN_FRESH, KNOWN_ASKED };
/* Is there a use in asking? FRESH: an answer for this payer, member, patient and day is no older
 * than fresh_us. ASKED: it was asked within a day and nothing has come. */
enum known cache_known(struct cache *c, const struct question *q, int64_t now_us, int64_t fresh_us);
/* Keeps the questions, all of one payer, as one file that is to be written: gives each its number
 * and trace. Returns the number of the file. write makes the bytes. */
int64_t cache_ask(struct cache *c, struct question *const *q, size_t n, bool batch, int64_t now_us);
void cache_file(struct cache *c, int64_t file, phi_str payer, phi_str body);
/* Writes files that were kept and not written yet into dir; says their names. Returns how many. */
int cache_write(struct cache *c, const char *dir, void (*say)(void *ctx, const char *name),
                void *ctx);

/* Keeps an answer; the same one twice changes nothing. json is what is to be shown. Returns false
 * when it was known. */
struct answer {
    struct rec_id id;
    const struct elig_said *said;
    int64_t came_us;
    struct digest file;
    uint64_t off, len;
};
/* The inquiries that it answers, by its trace or reference; at most `most`. */
size_t cache_inquiries(struct cache *c, const struct elig_said *s, int64_t *n, size_t most);
bool cache_keep(struct cache *c, const struct answer *a, int64_t inquiry, phi_str json);
/* Whom an inquiry was about, for answers that say less: appends JSON. */
bool cache_asked(struct cache *c, int64_t inquiry, struct buf *out);

/* What stands for this payer, patient and day: the latest answer, whose JSON is appended. False: none. */
struct standing {
    char status[12]; /* elig_status_name() */
    int64_t came_us;
};
bool cache_standing(struct cache *c, const struct question *q, struct standing *out,
                    struct buf *json);
/* When it was asked last without an answer; 0: never. */
int64_t cache_asked_us(struct cache *c, const struct question *q);
struct store *cache_store(struct cache *c);
struct seal_keys *cache_keys(struct cache *c);

/* Every answer of a member or to a trace (key empty: of all), oldest first. */
struct cached {
    int64_t n, came_us;
    phi_str json, from, to, status, payer;
    bool latest; /* for its payer, member, patient and day */
};
typedef void cache_each(void *ctx, const struct cached *c);
size_t cache_find(struct cache *c, phi_str key, cache_each *each, void *ctx);
/* Inquiries of a member or trace that nothing has answered. */
typedef void cache_waiting(void *ctx, const char *trace, phi_str payer, phi_str day, int64_t at_us);
size_t cache_open_inquiries(struct cache *c, phi_str key, cache_waiting *each, void *ctx);

#endif
