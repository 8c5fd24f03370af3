/* Between the files of common/wire. */
#ifndef CLAIMWIRE_WIRE_WIRE_INT_H
#define CLAIMWIRE_WIRE_WIRE_INT_H

#include "common/wire/wire.h"
#include <stddef.h>

/* Fills in a fault and returns r. */
enum wire_result wire_fail(struct wire_fault *f, enum wire_result r, const char *rule,
                           const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A file that is archived never takes the place of another: NAME, NAME.1, NAME.2 ... into out. */
enum { WIRE_NAMESAKES = 1000 };
const char *wire_namesake(const char *name, int i, char out[256]);
/* True when both files hold the same bytes; false with errno 0 when they do not. */
bool wire_same(const char *a, const char *b);

/* Reads the one line of a file of a secret. WIRE_WRONG with NET_SECRET when others may read it or it is
 * not there. The caller wipes it with secret_wipe(). */
enum wire_result secret_read(const char *path, struct buf *out, struct wire_fault *f);
void secret_wipe(struct buf *b);

/* One exchange over HTTPS. */
struct http_ask {
    const char *url, *type; /* type NULL: GET */
    phi_str body;
    const char *bearer, *user, *password; /* NULL: none */
    int total;                            /* seconds for all of it */
};
struct http_reply {
    long status;
    int64_t retry_after; /* seconds, of the header of that name, a date or a number; 0: none */
    struct buf type, body;
};
/* WIRE_DONE whatever the status is; else what of the transport failed. */
enum wire_result http_do(const struct wire *w, const struct http_ask *ask, struct http_reply *r,
                         struct wire_fault *f);
void http_reply_free(struct http_reply *r);
/* Appends s as it may stand in a query. */
void http_escape(const char *s, struct buf *out);

enum wire_result core_put(const struct wire *to, const char *name, const char *path,
                          const char *answer, int64_t now_us, struct wire_fault *f);

enum wire_result folder_put(const struct wire *to, const char *name, const char *path,
                            struct wire_fault *f);
enum wire_result folder_list(const struct wire *from, struct wire_file **list, size_t *n,
                             struct wire_fault *f);
enum wire_result folder_get(const struct wire *from, const char *name, const char *path,
                            struct wire_fault *f);
enum wire_result folder_move(const struct wire *from, const char *name, struct wire_fault *f);

enum wire_result sftp_put(const struct wire *to, const char *name, const char *path,
                          struct wire_fault *f);
enum wire_result sftp_list(const struct wire *from, struct wire_file **list, size_t *n,
                           struct wire_fault *f);
enum wire_result sftp_get(const struct wire *from, const char *name, const char *path,
                          struct wire_fault *f);
enum wire_result sftp_move(const struct wire *from, const char *name, struct wire_fault *f);

#endif
