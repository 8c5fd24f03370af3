/* Inside of profiles: a profile as read, and what its lines may be. */
#ifndef CLAIMWIRE_PARTNER_PROFILE_INT_H
#define CLAIMWIRE_PARTNER_PROFILE_INT_H

#include "common/edi/guide_data.h"
#include "common/partner/profile.h"

enum {
    PROFILE_FILE_MAX = 1 << 20,
    PROFILES_MOST = 10000,
    PROFILE_PREDS = 40,
    PROFILE_COLUMNS = 600
};

/* What the words of a line must be. */
enum profile_kind {
    LINE_NAME,    /* name of the partner and a label */
    LINE_TEXT,    /* one text of min to max characters */
    LINE_TEXTS,   /* several */
    LINE_ISA,     /* qualifier and interchange id */
    LINE_CHOICE,  /* one of the choices */
    LINE_CHOICES, /* some of them */
    LINE_NUMBER,  /* min to max */
    LINE_NUMBERS, /* one to eight of them */
    LINE_MARKS,   /* four delimiters */
    LINE_PATTERN, /* forms of a value, as matches() of the rules has them */
    LINE_RULE,    /* id of a rule, perhaps a path */
    LINE_PATH,    /* of a guide section: a path */
    LINE_VALUES,  /* a path and values, or @LIST */
    LINE_RANGE,   /* a path and MIN/MAX */
    LINE_TIMES,   /* a path and a number */
    LINE_LIST,    /* values of a list, or file NAME */
    LINE_DAYS,    /* 2026-12-25 ... */
    LINE_TIME,    /* 16:30 */
    LINE_HOURS,   /* 06:00-22:00 */
    LINE_WEEK     /* mon tue ... */
};
struct profile_key {
    const char *section, *word; /* word "": any name (lists) */
    enum profile_kind kind;
    bool many; /* may stand several times */
    int64_t min, max;
    const char *choices;
    const char *says;
};

/* LOOP/SEGMENT[01=V|V]-EE-C, as the rules write it. */
struct profile_path {
    char loop[12]; /* "/": the set itself */
    char seg[4];   /* "": the loop */
    uint8_t pred_el, pred_comp, el, comp;
    phi_str pred[PROFILE_PREDS];
    uint32_t preds;
};

struct profile_entry {
    struct profile_line line;
    const struct profile_key *key;
    const int *column; /* of the words */
    struct profile_path *path;
};
struct profile {
    const char *name, *label, *file;
    struct profile_entry *entry;
    uint32_t entries;
    struct profile_list *list;
    uint32_t lists;
    struct guide_set *guides; /* own; NULL: none */
};
struct profile_id {
    phi_str key;
    uint32_t profile;
};
struct profiles {
    struct arena mem;
    const struct guide_set *guides;
    struct profile **profile;
    uint32_t n;
    struct profile_id *payer, *id; /* sorted */
    uint32_t payers, ids;
};

/* "FILE:LINE:COLUMN: what" about word i of a line (-1: the key). Returns false. */
bool profile_fault(const struct profile *p, const struct profile_entry *e, int i, struct buf *error,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Reads one text. dir is the folder for files of lists, NULL: none is read. */
struct profile *profile_read(struct profiles *s, const char *name, const char *path,
                             const char *dir, phi_str text, struct buf *error);
bool profile_path_read(phi_str text, struct arena *mem, struct profile_path *out);
/* profile_overlay.c: p->guides from the guide sections. */
bool profile_overlay(struct profiles *s, struct profile *p, struct buf *error);

#endif
