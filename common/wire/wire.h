/*
 * wire: how files travel to a partner and back. A folder that both sides see, SFTP, or CAQH CORE over
 * HTTPS (common/wire/core.h has its envelopes).
 *
 * Where each partner is reached is data: config/wires/NAME.yaml (docs/wires.md).
 * A file is put under a temporary name and renamed when it is whole, so a partner never sees half
 * of one; its manifest (name, bytes, SHA-256) is put before it. A put that is done again after a
 * crash finds what is there already and compares: the same bytes are a success, other bytes under
 * the name are a fault that a person must look at (DOMAIN.md D.3).
 *
 * Calls block: they are made in a process of their own (tools/submit/hand.c), which may be killed at
 * any instant.
 */
#ifndef CLAIMWIRE_WIRE_WIRE_H
#define CLAIMWIRE_WIRE_WIRE_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include <stdbool.h>
#include <stdint.h>

enum wire_by { WIRE_FOLDER, WIRE_SFTP, WIRE_CORE_MIME, WIRE_CORE_SOAP, WIRE_CORE_REST };
enum wire_mode { WIRE_AUTO, WIRE_REAL_TIME, WIRE_BATCH };

/* One way to or from one partner. All text is the arena's that it was loaded into. */
struct wire {
    const char *partner; /* as the pipeline names it: payer id, or submitter id */
    enum wire_by by;
    char usage;           /* 'P' or 'T': what may travel (ISA15) */
    bool manifest;        /* put NAME.manifest beside each file */
    const char *dir;      /* folder there: where files are put, or taken from */
    const char *archive;  /* fetch: folder there that fetched files are moved to; NULL: left */
    const char *host;     /* sftp */
    const char *user;     /* sftp; core: UserName, NULL: none */
    const char *key;      /* file of our private key; core: of the client certificate, or NULL */
    const char *host_key; /* sftp: SHA-256 of the host's key as ssh-keygen -l prints it */
    /* core; files of secrets must be ours and nobody else's to read */
    const char *url;
    const char *ca;                /* PEM file of the CAs that are believed; NULL: the system's */
    const char *cert;              /* PEM file of our client certificate */
    const char *password;          /* file of the password of user */
    const char *token;             /* URL that gives OAuth 2.0 tokens (client credentials) */
    const char *client;            /* who we are there */
    const char *secret;            /* file of our secret there */
    const char *sender, *receiver; /* SenderID, ReceiverID */
    const char *take;              /* fetch: what is asked for: "TA1 999 277CA 271 277 278 835" */
    enum wire_mode mode;           /* submit: by itself real time for a single 270, 276 or 278 */
    int port;                      /* sftp: 22 */
    int timeout;                   /* seconds without a byte before a transfer is given up: 60 */
    int retry_first; /* seconds before the first repeat: 90, the least that CORE allows */
    int retry_most;  /* and at most, the pause doubling: 3600 */
    int trip;        /* failures in a row that open the circuit: 5 */
    struct wire *next;
};

struct wires {
    struct wire *submit, *fetch; /* lists, in the order of the files */
};

/* Reads every .yaml of dir. NULL with "FILE:LINE:COLUMN: what" in error. */
struct wires *wires_load(const char *dir, struct arena *a, struct buf *error);
/* The way to a partner; NULL when there is none. */
const struct wire *wire_to(const struct wires *w, const char *partner, size_t n);

static inline bool wire_is_core(const struct wire *w)
{
    return w->by >= WIRE_CORE_MIME;
}
/* Seconds that must lie between two sends of one file, which no crash and no person shortens: 90 over
 * CORE in production, else 0 (DOMAIN.md D.1). */
int wire_least_pause(const struct wire *w);
/* Seconds until a file that was tried `tries` times may go again: retry_first doubling to retry_most;
 * over CORE in production never more than five sends in 15 minutes. open: the circuit is. */
int64_t wire_pause(const struct wire *w, int64_t tries, bool open);

enum wire_result {
    WIRE_DONE,  /* the partner has the file */
    WIRE_LATER, /* may go by itself: network, full disk, time-out */
    WIRE_WRONG  /* never goes by itself: key, host key, folder, other bytes under the name */
};
struct wire_fault {
    char rule[24]; /* stable: "NET_TIMEOUT"; the list is in docs/wires.md */
    char why[200]; /* a sentence with no value of a record */
    int64_t
        asked; /* seconds that the host asks to wait (Retry-After, RFC 9110 10.2.3); 0: it does not say */
};

/* The longest that a host's Retry-After is heeded, seconds: a day. One that asks for more is asked again then. */
enum { WIRE_ASKED_MOST = 86400 };
/* As wire_pause(), and never less than the host asked for in this fault. */
int64_t wire_wait(const struct wire *w, int64_t tries, bool open, const struct wire_fault *f);

/* Sends the file at path, in whatever way the wire is. Over CORE, what comes back in the answer of a
 * real-time message is written to answer (synced), which is not made otherwise. PayloadID follows from
 * partner, name and bytes: sending again sends the same. now_us: the TimeStamp of the envelope. */
enum wire_result wire_send(const struct wire *to, const char *name, const char *path,
                           const char *answer, int64_t now_us, struct wire_fault *fault);
/* True while a process, whichever, is in wire_send() with this path. */
bool wire_sending(const char *path);
/* Puts the file at path under name (folder, SFTP). */
enum wire_result wire_put(const struct wire *to, const char *name, const char *path,
                          struct wire_fault *fault);

/* A file that lies with a partner. */
struct wire_file {
    char name[256];
    int64_t bytes; /* -1: not told */
};
/* Files at from->dir that can be taken: plain, not hidden, not temporary, no manifests; in order of
 * names. Caller frees *list. */
enum wire_result wire_list(const struct wire *from, struct wire_file **list, size_t *n,
                           struct wire_fault *fault);
/* Gets name to path (made or overwritten, synced). When a manifest lies beside it, bytes and SHA-256
 * are compared: WIRE_LATER with NET_TORN when they differ (a file still growing is taken later). */
enum wire_result wire_get(const struct wire *from, const char *name, const char *path,
                          struct wire_fault *fault);
/* Moves name (and its manifest) to the archive there; done at once when there is none. */
enum wire_result wire_archive(const struct wire *from, const char *name, struct wire_fault *fault);

/* What was picked up over CORE: name[0] is 0 when nothing waits. */
struct wire_batch {
    char name[256]; /* "999.PAYLOADID.x12" */
    char id[80], type[80];
};
/* Asks for the oldest batch of one kind ("835", or a PayloadType of the partner's own) and writes it to
 * path, synced and compared with its CheckSum. It is given again until it is confirmed. */
enum wire_result wire_pick(const struct wire *from, const char *kind, int64_t now_us,
                           const char *path, struct wire_batch *out, struct wire_fault *fault);
/* Says that a batch has arrived. */
enum wire_result wire_confirm(const struct wire *from, const struct wire_batch *b, int64_t now_us,
                              struct wire_fault *fault);

/* True when name may stand in a folder of any partner: letters, digits, points, dashes, underscores;
 * not hidden, at most 200 bytes. */
bool wire_name_ok(const char *name);
/* Text of the manifest of the file at path; false with errno. */
bool wire_manifest(const char *name, const char *path, struct buf *out);

#endif
