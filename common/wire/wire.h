/*
 * wire: how files travel to a partner and back. A folder that both sides see, or SFTP.
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

enum wire_by { WIRE_FOLDER, WIRE_SFTP };

/* One way to or from one partner. All text is the arena's that it was loaded into. */
struct wire {
    const char *partner; /* as the pipeline names it: payer id, or submitter id */
    enum wire_by by;
    char usage;           /* 'P' or 'T': what may travel (ISA15) */
    bool manifest;        /* put NAME.manifest beside each file */
    const char *dir;      /* folder there: where files are put, or taken from */
    const char *archive;  /* fetch: folder there that fetched files are moved to; NULL: left */
    const char *host;     /* sftp */
    const char *user;     /* sftp */
    const char *key;      /* sftp: file of our private key */
    const char *host_key; /* sftp: SHA-256 of the host's key as ssh-keygen -l prints it */
    int port;             /* sftp: 22 */
    int timeout;          /* seconds without a byte before a transfer is given up: 60 */
    int retry_first;      /* seconds before the first repeat: 90, the least that CORE allows */
    int retry_most;       /* and at most, the pause doubling: 3600 */
    int trip;             /* failures in a row that open the circuit: 5 */
    struct wire *next;
};

struct wires {
    struct wire *submit, *fetch; /* lists, in the order of the files */
};

/* Reads every .yaml of dir. NULL with "FILE:LINE:COLUMN: what" in error. */
struct wires *wires_load(const char *dir, struct arena *a, struct buf *error);
/* The way to a partner; NULL when there is none. */
const struct wire *wire_to(const struct wires *w, const char *partner, size_t n);

enum wire_result {
    WIRE_DONE,  /* the partner has the file */
    WIRE_LATER, /* may go by itself: network, full disk, time-out */
    WIRE_WRONG  /* never goes by itself: key, host key, folder, other bytes under the name */
};
struct wire_fault {
    char rule[24]; /* stable: "NET_TIMEOUT"; the list is in docs/wires.md */
    char why[200]; /* a sentence with no value of a record */
};

/* Puts the file at path under name. */
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

/* True when name may stand in a folder of any partner: letters, digits, points, dashes, underscores;
 * not hidden, at most 200 bytes. */
bool wire_name_ok(const char *name);
/* Text of the manifest of the file at path; false with errno. */
bool wire_manifest(const char *name, const char *path, struct buf *out);

#endif
