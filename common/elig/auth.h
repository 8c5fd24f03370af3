/*
 * auth: prior authorizations (278, 005010X217): what was asked of a payer before it was given, what
 * the payer certified (how much, from when until when, under which number), and what of it is used. In
 * RUN/authorization/authorization.db; names and members are sealed or keyed hashes.
 */
#ifndef CLAIMWIRE_ELIG_AUTH_H
#define CLAIMWIRE_ELIG_AUTH_H

#include "common/elig/ask.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/id.h"
#include <jansson.h>

enum { AUTH_SERVICES = 50, AUTH_DX = 12, AUTH_MODS = 4 };

struct auth_service {
    phi_str code, revenue; /* procedure; revenue code where a hospital's line has none */
    phi_str mods[AUTH_MODS];
    uint32_t mods_n;
    int64_t units, cents; /* thousandths; of the charge, 0: not said */
    bool dental;
};
/* One request: services to one patient on one day. */
struct auth_ask {
    struct question q; /* payer, provider, patient, day */
    phi_str enc;       /* name of the encounter */
    phi_str place;     /* of service */
    phi_str dx[AUTH_DX];
    uint32_t dx_n, services_n;
    struct auth_service services[AUTH_SERVICES];
    char usage; /* ISA15 */
    int64_t n;  /* of the request, once it is kept */
};
/* Reads the lines of an encounter (enc.v1) for which wanted() is true; q is there already. False when
 * none is. */
bool auth_of_encounter(const json_t *enc, bool (*wanted)(const void *ctx, phi_str code),
                       const void *ctx, struct arena *a, struct auth_ask *out);

/* ---- what was said ---- */

struct auth_said_service {
    phi_str trace, code, hcr, number, reason, from, to; /* days: CCYYMMDD */
    int64_t units;                                      /* thousandths; -1: not said */
};
/* A 278 that answers (BHT02 11), one for each patient event or refusal. */
struct auth_said {
    phi_str reference, day, time, trace; /* BHT03 to 05; TRN02 of the event */
    phi_str hcr, number, reason, from, to;
    phi_str aaa, follow; /* a refusal: AAA03, AAA04 */
    struct auth_said_service services[AUTH_SERVICES];
    uint32_t services_n;
};
/* Returns how many were handed over. */
uint32_t auth_read(phi_str body, void (*each)(void *ctx, const struct auth_said *s), void *ctx);
/* The word for HCR01: "certified", "certified in part", "modified", "denied", "pended", "call the
 * payer", "not needed"; "asked" when empty. */
const char *auth_word(phi_str hcr);

/* ---- store ---- */

struct auth;
struct auth *auth_open(const char *run);
/* NULL: there is none. */
struct auth *auth_open_existing(const char *run);
/* Only to read; NULL: there is none. */
struct auth *auth_open_ro(const char *run);
void auth_close(struct auth *a);
void auth_commit(struct auth *a);
struct store *auth_store(struct auth *a);

/* True when the same was asked within a day and is not answered, or is pended. */
bool auth_waits(struct auth *a, const struct auth_ask *ask, int64_t now_us);
/* Keeps the requests, all of one payer, and the file that asks; in the open transaction. */
void auth_request(struct auth *a, const struct office *o, struct auth_ask *const *list, size_t n,
                  int64_t now_us);
int auth_write_files(struct auth *a, const char *run, void (*say)(void *ctx, const char *name),
                     void *ctx);
/* Keeps what a payer said; the same twice changes nothing, and an older answer never stands over a
 * newer one. False when it answers nothing of ours. */
bool auth_take(struct auth *a, const struct auth_said *s, int64_t came_us);
/* An authorization that came by another way (telephone, portal). */
struct auth_entry {
    const struct question *q;
    phi_str code, number, from, to; /* days may be empty */
    int64_t units;                  /* thousandths; 0: any */
};
void auth_add(struct auth *a, const struct auth_entry *e, int64_t now_us);

enum auth_standing { /* the better the higher */
                     AUTH_NONE,
                     AUTH_REFUSED, /* AAA: the request has to be mended */
                     AUTH_DENIED,
                     AUTH_CALL,
                     AUTH_ASKED,
                     AUTH_PENDED,
                     AUTH_EXPIRED, /* certified, for other days */
                     AUTH_USED_UP,
                     AUTH_NOT_NEEDED,
                     AUTH_GOOD
};
struct auth_found {
    enum auth_standing standing;
    int64_t service; /* row; 0: none */
    char number[51], from[9], to[9], reason[8];
    int64_t left; /* thousandths; -1: any */
};
/* What stands for this procedure, patient, payer and day, for `units` more. What the encounter with
 * this id has taken before is not counted against it. number not empty: of that authorization alone. */
void auth_find(struct auth *a, const struct question *q, phi_str code, int64_t units,
               struct rec_id enc, phi_str number, struct auth_found *out);
/* The encounter takes its units; the same again changes nothing. */
void auth_use(struct auth *a, int64_t service, struct rec_id enc, int64_t units, int64_t now_us);

/* Rows for people, by number of the service row. member empty: all. */
struct auth_row {
    int64_t n, request, asked, units, used, at_us, said_us; /* units -1: not said */
    phi_str payer, code, hcr, number, from, to, reason, day;
};
size_t auth_rows(struct auth *a, phi_str member, void (*each)(void *ctx, const struct auth_row *r),
                 void *ctx);
/* Whom a request is about: JSON, for who may see it. False: no such row. */
bool auth_about(struct auth *a, int64_t request, struct buf *json);

#endif
