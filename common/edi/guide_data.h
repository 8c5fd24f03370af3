/*
 * A compiled guide, as check walks it. Private to common/edi (guide*.c, check*.c, balance*.c) and
 * to tools that print guides; everyone else uses guide.h.
 *
 * A guide is a tree of nodes, loops and segments, in one array in the order of the guide; node 0
 * is the root loop. The first child of a loop is the segment that starts it. Children that share
 * a place of the base standard (neighbours that begin with the same segment id) have the same
 * `group` and may come in any order.
 *
 * The walk stands on a segment node. For each node and each segment id there is a run of moves:
 * the nodes that may come next, in order of preference, so that nothing is searched.
 */
#ifndef CLAIMWIRE_EDI_GUIDE_DATA_H
#define CLAIMWIRE_EDI_GUIDE_DATA_H

#include "common/edi/guide.h"
#include "common/edi/scan.h"
#include <stdint.h>

enum {
    GUIDE_NODES = 16000, /* nodes of one guide */
    GUIDE_ELEMENTS = 60, /* elements of a segment: presence is a bit of 64 */
    GUIDE_IDS = 250,     /* segment ids of one guide */
    GUIDE_DEPTH = 24,    /* loops in loops */
    GUIDE_NONE = 0xffff, /* no node */
    GUIDE_NOTE_ELEMENTS = 8
};

enum guide_type { TYPE_NONE, TYPE_AN, TYPE_ID, TYPE_N, TYPE_R, TYPE_DT, TYPE_TM, TYPE_B };

/* What a value must be so that no rule can say anything against it: the common case, tested
 * without a call. */
enum guide_fast {
    FAST_NOT,   /* has to be looked at */
    FAST_TEXT,  /* right length, no blank at its ends */
    FAST_CODE,  /* one of the values */
    FAST_NUMBER /* digits, perhaps a point and two more; not too long */
};

/* A list of code values, sorted by key. Values of up to 8 bytes are compared by key alone. */
struct g_codes {
    const uint64_t *key; /* bytes of the value, first byte lowest; 0 beyond 8 bytes */
    const phi_str *text; /* in the order of key */
    const phi_str *said; /* as written */
    uint32_t n;
    bool wide; /* some value has more than 8 bytes */
};

/* A data element of elements.dict. */
struct g_dict {
    uint16_t de, min, max;
    uint8_t type;
    uint8_t decimals; /* of N2 */
    bool money;
    const struct g_codes *codes; /* NULL: none given */
};

/* A syntax note. */
struct g_note {
    char kind; /* P R E C L */
    uint8_t n;
    uint8_t el[GUIDE_NOTE_ELEMENTS];
    uint64_t bits; /* of all el */
};

struct g_composite {
    char name[6]; /* "C023" */
    uint8_t n;
    uint16_t de[24];
    const struct g_note *notes;
    uint32_t notes_n;
};

/* An element or component as one segment has it. */
struct g_elem {
    char usage; /* M R S N; 0: not said */
    uint8_t type;
    bool money, listed;
    bool narrowed;      /* the values are a partner's; the guide takes more (any value, perhaps) */
    bool noted;         /* a fault of it is told and costs nothing */
    bool noted_short;   /* that it is too short does */
    bool missing_noted; /* that it is missing does */
    bool unwanted;      /* a partner would rather not have it: that it comes does */
    uint8_t fast;       /* how a good value is known at a glance (enum guide_fast) */
    uint8_t decimals;
    uint8_t comps; /* components, 0: a simple element */
    uint16_t de;   /* 0: not known */
    uint16_t min, max;
    uint16_t repeat; /* 0: no limit */
    const struct g_codes *codes;
    const struct g_codes *noted_codes; /* these are not of the guide, but cost nothing; NULL */
    const struct g_elem *comp;         /* comps of them */
    const struct g_composite *composite;
    const char *set;   /* dated code set, without the @; NULL */
    const char *label; /* NULL */
};

struct g_qual {
    uint8_t element, component; /* element 0: none */
    const struct g_codes *codes;
};

/* What has to be looked at to know a good value, beside its length (check_quick.c). */
enum quick_kind {
    QUICK_LENGTH, /* nothing */
    QUICK_CODE,   /* one of the values, of up to 8 bytes */
    QUICK_WIDE,   /* one of the values, some of them longer */
    QUICK_NUMBER,
    QUICK_DATE,   /* CCYYMMDD */
    QUICK_FORM,   /* DE 1250, says what form the next one has */
    QUICK_FORMED, /* DE 1251 */
    QUICK_COMPOSITE,
    QUICK_NEVER /* check_element.c looks at it */
};

/* An element or component, flat. */
struct g_glance {
    uint8_t kind;
    bool whole, minus; /* a number without a point; that may be negative */
    uint8_t comps;
    uint16_t digits_min, digits_max;
    int32_t min, max; /* lengths; min INT32_MAX: it may not be sent */
    const struct g_codes *codes;
    const struct g_glance *comp;
    uint32_t comps_wanted; /* bit 1 is component 1 */
    uint32_t notes_n;
    const struct g_note *notes;
};

/* The elements of a segment, flat. Bit 1 is element 1, index 0 too. */
struct g_quick {
    uint64_t wanted, looked_at;
    const int32_t *min, *max;
    const struct g_glance *glance;
};

struct g_node {
    char id[12]; /* "NM1", "2010AA" */
    bool loop;
    bool opens; /* CLM, CLP: a claim begins */
    bool noted; /* a fault of the segment, or that it is missing, is told and costs nothing */
    bool missing_noted; /* that it is missing does; a fault of it counts */
    bool unwanted;      /* a partner would rather not have it: that it comes does */
    char usage;
    uint8_t sid;   /* segment: number of its id in this guide; loop: that of its first segment */
    uint8_t tag;   /* what balance takes from it, 0 nothing */
    uint8_t extra; /* rule about its values together, 0 none */
    uint8_t depth;
    uint8_t elems_n;
    uint8_t last_wanted; /* last element that must be sent */
    uint16_t notes_n;
    uint16_t max;                 /* 0: no limit */
    uint16_t parent, next, child; /* GUIDE_NONE: none; next is the next sibling */
    uint16_t group;               /* place among the siblings */
    uint16_t end;                 /* first node behind the subtree */
    uint32_t req, req_end;        /* required siblings from this group on; of the last one */
    struct g_qual qual;
    const struct g_elem *elems; /* elems[0] is element 1 */
    const struct g_note *notes;
    const struct g_quick *quick; /* segment */
    const char *label;
    const char *as; /* loop with the content of another one */
};

/* A way to go on: to segment `node`, after leaving loops up to `common`. */
struct g_move {
    uint16_t node, common;
};

/* A guide that shares transaction and version with another is told from it by a value of the
 * segment behind the ST ("when BHT02=11"). */
struct g_choice {
    char id[4]; /* "": none */
    struct g_qual qual;
};

struct guide {
    bool envelope; /* ISA to IEA, for TA1: no set is walked with it */
    struct g_choice when;
    const char *name, *transaction, *group, *version, *path;
    const char *alias[16];
    uint32_t aliases;
    bool noted_unused; /* what the guide does not use is told when it comes, and costs nothing */
    uint32_t agreed;   /* the first so many aliases need not be asked for (a partner's) */
    const struct guide *base; /* of a guide that a partner profile is laid over; NULL: none is */
    struct g_node *node;
    uint32_t nodes;
    uint32_t ids;
    char id[GUIDE_IDS][4];
    uint32_t id_key[GUIDE_IDS]; /* packed */
    uint16_t id_slot[1024];     /* hash of a segment id to sid + 1 */
    /* By sid: the element and component that all nodes of this id are told apart by, those that
     * are at all; no values of more than 8 bytes. both 0: none is. element 0xff: not so simple. */
    struct {
        uint8_t element, component;
    } told[GUIDE_IDS];
    const uint32_t *first; /* nodes * ids + 1: where the moves from a node by an id begin */
    const struct g_move *move;
    const uint16_t *req;         /* required nodes, siblings together, by group */
    const uint16_t *of_id;       /* segment nodes by sid */
    const uint32_t *of_id_first; /* ids + 1 */
    const struct guide_set *set;
    bool ready; /* g_guide_ready() was here */
};

struct g_shape {
    const char *name;
    struct g_elem *elems;
    uint32_t elems_n;
    struct g_note *notes;
    uint32_t notes_n;
};

/* A value that is known for a data element. */
struct g_known {
    uint32_t de;
    phi_str value;
};

struct guide_set {
    struct arena mem;
    struct g_dict *dict; /* by number, 10,000 entries of pointers would be waste: sorted */
    uint32_t dict_n;
    struct g_composite *composite;
    uint32_t composites;
    struct g_shape *shape;
    uint32_t shapes;
    uint32_t *known; /* segment ids of `segments` lines, packed */
    uint32_t known_n;
    struct g_known *code; /* all values, sorted */
    size_t codes;
    struct guide **guide;
    uint32_t guides;
};

/* Bytes of a value of up to 8 bytes as a number, first byte lowest. */
static inline uint64_t g_key(const char *p, size_t n)
{
    uint64_t k = 0;
    uint32_t a, b;
    switch (n) {
    case 0:
        return 0;
    case 1:
        return (unsigned char)p[0];
    case 2:
        return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[1] << 8;
    case 3:
        return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[1] << 8 |
               (uint64_t)(unsigned char)p[2] << 16;
    case 8:
        memcpy(&k, p, 8);
        return k;
    default:
        if (n > 8)
            return 0;
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
        return (uint64_t)a | (uint64_t)b << (8 * (n - 4));
    }
}

/* True when the list holds v. */
static inline bool g_has(const struct g_codes *c, phi_str v)
{
    if (v.n > 8) {
        for (uint32_t i = 0; c->wide && i < c->n; i++)
            if (phi_eq(c->text[i], v))
                return true;
        return false;
    }
    uint64_t k = g_key(v.p, v.n);
    for (uint32_t i = 0; i < c->n; i++)
        if (c->key[i] == k && (k || v.n == 0))
            return true;
    return false;
}

/* A segment id packed into a number; 0 when it is longer than 3 bytes or empty. */
static inline uint32_t g_pack(phi_str id)
{
    return id.n == 0 || id.n > 3 ? 0 : (uint32_t)g_key(id.p, id.n);
}
static inline uint32_t g_hash(uint32_t packed)
{
    return (packed * 2654435761u) >> 22;
}
/* Number of a segment id in this guide, -1 when it has none. */
static inline int g_sid(const struct guide *g, phi_str id)
{
    uint32_t k = g_pack(id);
    if (!k)
        return -1;
    for (uint32_t h = g_hash(k);; h = (h + 1) & 1023) {
        uint16_t s = g->id_slot[h];
        if (!s)
            return -1;
        if (g->id_key[s - 1] == k)
            return s - 1;
    }
}

/* First segment of a loop. */
static inline uint16_t g_first(const struct guide *g, uint16_t loop)
{
    return g->node[loop].child;
}

const struct g_dict *g_dict_find(const struct guide_set *s, uint32_t de);
const struct g_composite *g_composite_find(const struct guide_set *s, phi_str name);
const struct g_shape *g_shape_find(const struct guide_set *s, phi_str name);
/* True when some guide or elements.dict knows the value v for data element de. */
bool g_knows_code(const struct guide_set *s, uint32_t de, phi_str v);
/* True when the id is known anywhere: a guide, a shape, a `segments` line. */
bool g_knows_segment(const struct guide_set *s, phi_str id);
/* The guide that a set is read with, once the segment behind its ST is known: g, or another of the
 * same transaction and version whose "when" it answers. */
const struct guide *g_choose(const struct guide *g, const struct edi_seg *second);
/* The guide of the envelope (TA1); NULL when there is none. */
const struct guide *g_envelope(const struct guide_set *s);
/* Path of a node's loops from the outermost ("2000A/2010AA"). */
void g_path(const struct guide *g, const struct g_node *loop, struct buf *out);

/* guide_dict.c, guide_parse.c: read one text; false with "FILE:LINE:COLUMN: what" in error. */
bool g_dict_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error);
bool g_shapes_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error);
struct guide *g_guide_parse(struct guide_set *s, const char *path, phi_str text, struct buf *error);
/* guide_compile.c: groups, requirements, moves. False with a reason in error. */
bool g_guide_compile(struct guide_set *s, struct guide *g, struct buf *error);
/* guide_quick.c: the flat tables of a segment. */
void g_quick_make(struct arena *mem, struct guide *g, struct g_node *n);
/* Makes what only a walk needs: moves, flat tables. Of the guides that a folder has, few are walked
 * in a run. */
void g_guide_ready(const struct guide *g);
/* Which nodes are required, anew, when usages of g have changed. */
void g_guide_require(struct arena *mem, struct guide *g);
/* guide_element.c: how a good value of the element is known, anew, when it has changed. */
void g_elem_fast(struct g_elem *e);
/* The whole folder held in memory, for tests and fuzzing. Any text may be empty. */
struct guide_set *guides_parse(phi_str elements, phi_str shapes, const phi_str *guides, size_t n,
                               struct buf *error);
/* What the balance of a transaction takes from a segment node (balance837.c, balance835.c). */
uint8_t balance_tag(const struct guide *g, const struct g_node *n);
/* The rule of check_segment.c that a segment is held against, 0 none. */
uint8_t check_extra(const struct guide *g, const struct g_node *n);

#endif
