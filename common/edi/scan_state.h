/*
 * Inside of scan: its state, shared by scan.c (segments), scan_window.c (bytes and their index) and
 * scan_isa.c (what stands between interchanges).
 *
 * All positions count from base. base moves only in window_more(), so whoever calls it, or one
 * that may call it, takes positions afresh from pos.
 */
#ifndef CLAIMWIRE_EDI_SCAN_STATE_H
#define CLAIMWIRE_EDI_SCAN_STATE_H

#include "common/edi/scan.h"
#include "common/edi/scan_kernel.h"

enum {
    ISA_LEN = 106, /* with its terminator; DOMAIN S1-001 */
    SCAN_WINDOW = 256 << 10,
    SCAN_WINDOW_MIN = 128, /* an ISA must fit */
    SCAN_SEGMENT_MAX = 16 << 20,
    SCAN_PAYLOAD_MAX = 1 << 30,
    SCAN_BLOCK = 16 << 10 /* indexed at once: what is read is still in the first cache */
};

struct scan {
    const char *base;
    uint32_t pos;     /* next byte not handed out */
    uint32_t avail;   /* bytes that can be seen */
    uint32_t indexed; /* bytes that list covers; may lag behind pos between interchanges */
    size_t next;      /* first entry of list not handed out */
    size_t next_end;  /* first of list.ends not handed out; never before next */
    struct scan_list list;
    size_t list_cap;
    scan_kernel *kernel;
    struct edi_delims d;
    bool inside; /* behind an ISA, before its IEA ends */
    bool begun;  /* an ISA or a fault was seen */
    bool lost;   /* the next call begins by looking for an ISA */
    bool fragment;
    bool eof;
    int fd;            /* -1: memory */
    int error;         /* errno of a read that failed */
    uint64_t indented; /* see scan_indented() */
    uint64_t base_off; /* offset of base in the input */
    uint64_t mem_n;
    char *win;
    size_t win_cap;
    uint32_t special[17]; /* `at` of segments that the index does not know: ISA, BIN, BDS */
    struct scan_fault fault;
};

/* Makes more bytes visible, forgetting those before pos. False at the end of input, after a read
 * error, or when the window may not grow further. */
bool window_more(struct scan *s);
/* True when at least n bytes from pos on are visible. */
bool window_need(struct scan *s, size_t n);
/* Moves pos forward to at, dropping the entries before it. */
void window_skip(struct scan *s, uint32_t at);
/* Forgets the index (delimiters changed); it begins again at pos. */
void window_reindex(struct scan *s);
/* Reads on until list.ends has the next terminator. False when none comes. */
bool window_find_end(struct scan *s);

/* The event outside of interchanges. */
enum scan_event scan_outside(struct scan *s, struct edi_seg *seg);
/* True when an ISA stands at pos, every separator in its place. */
bool isa_here(struct scan *s);
/* True when an ISA begins in the middle of a segment whose elements end at at[0..n): *from says
 * where. */
bool isa_inside(const struct scan *s, const uint32_t *at, uint32_t n, uint32_t *from);
/* Sets the fault and returns SCAN_FAULT. */
enum scan_event scan_fail(struct scan *s, uint64_t off, const char *rule, const char *report,
                          const char *text);
/* Leaves the interchange and passes over everything up to the next ISA, behind `from`. */
void scan_resync(struct scan *s, uint32_t from);

#endif
