/*
 * plan: the first pass over a file. What of it goes on, in which order, as a flat list of items,
 * and what is wrong with its envelopes. The second pass (give.h) hands the items on.
 *
 * A plan is a function of the file, the options and what was taken before; so are its frames. A
 * restart makes it again and goes on where it was. 16 bytes a set, so that a file of 1 GB needs some
 * 20 MB whatever its sets are.
 */
#ifndef CLAIMWIRE_INTAKE_PLAN_H
#define CLAIMWIRE_INTAKE_PLAN_H

#include "common/edi/envelope.h"
#include "common/readers/reader.h"
#include "common/util/arena.h"
#include "common/util/id.h"

enum {
    PLAN_SET_MAX = 64 << 20,    /* bytes of a set */
    PLAN_LINE_MAX = 16 << 20,   /* bytes of an encounter */
    PLAN_FRAME_RECORDS = 64,    /* a frame is full with so many records */
    PLAN_FRAME_BYTES = 1 << 20, /* or so many bytes, of the file */
    PLAN_FINDINGS_MAX = 10000   /* kept of a file; more are counted */
};

enum plan_kind {
    ITEM_ISA,
    ITEM_GROUP,
    ITEM_SET,
    ITEM_LOOSE,
    ITEM_ENC,
    ITEM_BAD_ENC,
    ITEM_READ,     /* an encounter that a reader makes of a unit */
    ITEM_BAD_READ, /* what it refuses, or a unit that is refused */
    ITEM_POST,     /* an entry, post.v1: goes to the ledger and is no claim, so it has no seq */
    ITEM_READ_POST /* an entry that a reader makes of a bank's file */
};

struct plan_item {
    uint64_t off : 48, kind : 15, again : 1; /* again: its ST02 stood in the group before */
    uint32_t len; /* of a set or line; READ: which of the items of its unit */
    uint32_t at;  /* ISA: its plan_isa. GROUP, SET: its plan_group. LOOSE: its finding. ENC: line.
                     READ: its unit */
};
struct plan_finding {
    struct finding f; /* owned by the arena */
    struct plan_finding *next;
};
struct plan_isa {
    uint64_t off, end;
    uint32_t groups, number;
    bool closed, refused;
    struct plan_finding *findings;
};
struct plan_group {
    uint64_t off, end;
    uint32_t head; /* bytes of the GS with its terminator */
    uint32_t isa;  /* its plan_isa */
    uint32_t sets, claimed, number;
    uint32_t forwarded;
    uint32_t first; /* item of its first set */
    bool closed, refused;
    struct plan_finding *findings;
};
struct plan_frame {
    uint32_t item; /* the first one; the next frame's first ends it */
    uint32_t seqs; /* numbers used before it */
};

/* What is known of an interchange with this key (ISA05 to 08 and 13). */
enum plan_seen {
    SEEN_NEW,   /* it is taken */
    SEEN_AGAIN, /* the same bytes were taken before: not handed on again */
    SEEN_OTHER  /* other bytes were taken under this key: refused */
};
struct plan_opts {
    struct envelope_opts envelope;
    enum plan_seen (*seen)(void *ctx, const char *key, uint64_t off, const struct digest *d);
    void *ctx;        /* seen may be NULL: nothing is known */
    const char *form; /* "x12", "enc" or a reader's name; NULL or "auto": by the first bytes */
};

struct plan {
    struct plan_item *items;
    struct plan_isa *isas;
    struct plan_group *groups;
    struct plan_finding **loose; /* outside of any interchange */
    struct plan_frame *frames;   /* frames_n + 1 of them, the last one ends the list */
    enum reader_form reader;     /* READER_NONE: X12 or enc.v1 */
    struct reader_units units;
    size_t items_n, isas_n, groups_n, loose_n, frames_n;
    size_t items_cap, isas_cap, groups_cap, loose_cap, frames_cap;
    uint32_t seqs;     /* sets and encounters that go on */
    uint32_t again;    /* interchanges whose bytes came before */
    uint32_t refused;  /* interchanges, groups and lines refused */
    uint64_t unlisted; /* findings beyond PLAN_FINDINGS_MAX */
    struct arena arena;
};

/* Reads the file from its beginning. 0, or -1 with errno when it cannot be read. */
int plan_read(struct plan *p, int fd, const struct plan_opts *o);
void plan_free(struct plan *p);

/* True when an item of this kind uses a number. */
bool plan_has_seq(uint16_t kind);
/* False when there is no such form ("auto", "x12", "enc", "hl7" ...). */
bool plan_is_form(const char *name);

/* For plan_enc.c and plan_units.c. */
void plan_add(struct plan *p, enum plan_kind kind, uint64_t off, uint64_t len, uint32_t at);
int plan_read_encounters(struct plan *p, int fd);
int plan_read_units(struct plan *p, int fd, enum reader_form form, const struct plan_opts *o);
/* True when line is one JSON object; else *column is where it ceases to be one. */
bool plan_is_encounter(phi_str line, int *column);
/* "use" of an encounter: 'T' when it says "usage":"T". */
char plan_encounter_usage(phi_str line);

#endif
