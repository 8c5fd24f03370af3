/*
 * Inside check: the state of a walk, shared by check*.c and balance*.c.
 */
#ifndef CLAIMWIRE_EDI_CHECK_INT_H
#define CLAIMWIRE_EDI_CHECK_INT_H

#include "common/edi/check.h"
#include "common/edi/guide_data.h"
#include "common/edi/seg_print.h"
#include "common/util/arena.h"

enum {
    LOOK = 6,            /* segments looked at behind a fault before it is named */
    FINDINGS_HELD = 4096 /* findings sorted together before they are told */
};

/* A finding that waits for the end of its set. */
struct held_finding {
    struct finding f;
    uint32_t order;         /* of coming, to sort by when all else is equal */
    uint16_t missing;       /* the node that is missing, GUIDE_NONE: another kind */
    uint32_t missing_stamp; /* and the instance of its loop */
    bool gone;              /* taken back */
};

/* A copy of a segment that waits for those behind it. */
struct held_segment {
    struct edi_seg seg;
    struct buf bytes, at;
    uint32_t pos;
};

/* How often a node came in the present instance of its loop. */
struct seen {
    uint32_t stamp; /* of that instance */
    uint32_t n;
    bool guessed; /* something stood there that was taken for it */
    bool told;    /* that there are too many */
};

/* An HL level that is open. */
struct level {
    uint32_t value, ordinal, pos;
    uint64_t off;
    char hl04; /* 0: not to be held against the children */
    bool child;
    uint32_t seen_hl;
};

/* Bits of what a segment's bytes hold. */
enum { BYTES_COMP = 1, BYTES_REP = 2, BYTES_BAD = 4 };

/* The first of the moves from a node by a segment id that a qualifier fits. */
struct picked {
    uint64_t key;   /* of the qualifier, 0: none */
    uint32_t first; /* number of the move and 1, 0: an empty place */
    uint16_t at;
    uint8_t sid;
};
enum { PICKED = 512 };
/* The move that was taken last from a node, and the first bytes that say so: the id, the qualifier,
 * and the delimiter behind each. */
struct next_move {
    uint64_t head, mask; /* mask 0: none was taken yet */
    uint32_t move;
    uint8_t sid;
};
enum { CLEAN_BITS = 14 };

struct balance837;
struct balance835;

/* Length and first bytes of a segment. */
struct head {
    uint32_t n;
    char text[28];
};

struct check {
    struct check_opts o;
    const struct guide_set *own; /* guides of nobody's profile */
    struct check_terms terms;
    uint16_t about; /* node that the next finding is about, GUIDE_NONE: where the walk stands */
    struct finding_sink sink;
    const struct guide *g; /* NULL: no guide for this set */
    struct edi_delims d;
    char gs01[4], gs08[16];
    struct check_result r;
    bool open;                 /* an ST came */
    bool closed;               /* an SE came */
    bool known;                /* walked by a guide */
    uint16_t at;               /* node of the latest segment */
    uint16_t ghost;            /* place in a loop that does not belong here, GUIDE_NONE: none */
    uint16_t late;             /* first segment of a loop that comes as the second, GUIDE_NONE */
    uint32_t faults_before;    /* faults before the present segment's own */
    bool st_bad;               /* ST02 was found fault with */
    bool no_balance;           /* the segment comes too late to be added up */
    bool repeated;             /* another set of the group has its ST02 */
    uint32_t pos;              /* of the segment being looked at; ST is 1 */
    const struct edi_seg *seg; /* it */
    uint32_t arrived;          /* segments that came */
    uint64_t last_off;         /* of the latest of them */
    uint32_t stray;       /* position of an unknown segment, which may stand for a missing one */
    uint16_t stray_at;    /* where the walk stood when it came */
    uint32_t stray_stamp; /* and the latest loop instance then */
    uint32_t stamp;       /* latest loop instance */
    struct seen *seen;    /* by node */
    uint32_t *instance;   /* by loop node: its present stamp */
    uint64_t *together;   /* by segment node: elements that, sent together, are known to be good */
    struct picked picked[PICKED];
    struct next_move *next;    /* by node */
    struct edi_delims next_of; /* the delimiters that next is about */
    struct print_key key;
    uint64_t *clean;             /* fingerprints of segments that are plainly good; 0: free */
    uint64_t in;                 /* what they hold in: guide and delimiters */
    uint64_t print;              /* of the present segment, 0: it was not made */
    const struct guide *flat_of; /* the guide that together and picked are about */
    uint32_t nodes;              /* room in both */
    uint32_t faults;             /* findings of severity transaction or graver */
    uint32_t run_together;       /* segments that lack their terminator */
    uint32_t empty;              /* segments without an id: SE01 may or may not count them */
    uint32_t own_from;           /* findings held before the present segment was looked at */
    const uint8_t *wanted;       /* by node: segments that the watch wants; NULL: none */
    uint16_t claim_loop;         /* of the latest claim, GUIDE_NONE above */
    bool opening; /* a CLM or CLP is looked at that the balance has not counted yet */
    /* numbering */
    int hl_sid, lx_sid, se_sid;
    uint32_t hl_n, hl_last;
    struct level level[GUIDE_DEPTH + 2];
    uint32_t lx_last[GUIDE_DEPTH + 2];
    /* elements of the present segment */
    uint64_t faulted; /* elements already found fault with */
    phi_str date_form;
    uint8_t bytes;
    struct head opener; /* latest first segment of a loop that needs more than it */
    bool guessing;      /* the segment is taken for one whose qualifier it has not */
    uint16_t rep;       /* repetition being looked at, 0: none */
    /* held */
    struct held_finding *held;
    uint32_t held_n, held_cap, order;
    struct held_segment queue[LOOK + 1];
    uint32_t queued;
    struct arena mem; /* texts and bad values of held findings */
    struct buf text;
    struct balance837 *b837;
    struct balance835 *b835;
};

/* --- findings (check_find.c) --- */

/* A new finding at the present segment and node; NULL when its level is not asked for. Valid
 * until the next one. text is printf-like and never gets a value. */
struct finding *check_find(struct check *c, const char *rule, enum severity sev, const char *report,
                           const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same about an element (component 0: the whole). bad is copied. */
struct finding *check_find_el(struct check *c, const char *rule, enum severity sev,
                              const char *report, uint32_t el, uint32_t comp, uint32_t de,
                              phi_str bad, const char *fmt, ...)
    __attribute__((format(printf, 9, 10)));
/* Says that the latest finding is about another place. */
void check_move(struct check *c, struct finding *f, uint32_t pos, uint64_t off, const char *segment,
                const struct g_node *loop);
/* Takes back that node is missing in the present instance of its loop; false when it was not. */
bool check_take_back(struct check *c, uint16_t node);
/* Takes back that the latest claim is out of balance: an amount of it stands elsewhere. */
void check_unbalance(struct check *c);
void check_found_missing(struct check *c, uint16_t node);
/* Whether a partner's profile wants or forbids it, and not the guide. */
bool check_by_partner(const struct check *c, uint16_t node);
/* Tells all held findings in the order of their places. */
void check_tell(struct check *c);

/* --- walk (check_walk.c) --- */

/* Handles a segment if it may stand here; false: it may not. */
bool check_step(struct check *c, const struct edi_seg *s);
/* Finds the most likely reading of a segment that may not stand here. */
void check_misfit(struct check *c, const struct edi_seg *s);
void check_enter_set(struct check *c);
/* Holds a segment of an envelope against its node in guide g, outside of any set. */
void check_alone(struct check *c, const struct guide *g, uint16_t node, const struct edi_seg *s);
/* --- elements (check_element.c) --- */
void check_elements(struct check *c, const struct edi_seg *s, const struct g_node *n);
/* True when the segment is plainly good, and check_elements() need not look (check_quick.c). */
bool check_quick(struct check *c, const struct edi_seg *s, const struct g_node *n);
/* The same, and a segment that was good in this place before is not looked at again. */
bool check_clean(struct check *c, const struct edi_seg *s, const struct g_node *n);
/* True when the elements (or components) present are as a syntax note says. */
static inline bool check_note_holds(const struct g_note *k, uint64_t present)
{
    uint64_t there = present & k->bits;
    switch (k->kind) {
    case 'P':
        return !there || there == k->bits;
    case 'R':
        return there != 0;
    case 'E':
        return (there & (there - 1)) == 0;
    case 'C':
        return !(present >> k->el[0] & 1) || there == k->bits;
    default: /* L */
        return !(present >> k->el[0] & 1) || (there & (there - 1)) != 0;
    }
}
/* Rules about values of a segment together (check_segment.c), behind check_elements(). */
void check_extras(struct check *c, const struct edi_seg *s, uint8_t extra);
/* Takes back the warnings of a rule at or behind a position: what they are about has been told. */
void check_drop(struct check *c, const char *rule, uint32_t from);
/* True for a value of that form of DE 1250 ("D8", "RD8" ...), or a form that is not known. */
bool check_date_form(phi_str form, phi_str v, bool *time);
/* --- numbers (check_number.c) --- */
void check_st(struct check *c, const struct edi_seg *s);
void check_se(struct check *c, const struct edi_seg *s);
void check_hl(struct check *c, const struct edi_seg *s, const struct g_node *loop);
void check_hl_missing(struct check *c, const struct g_node *loop);
void check_hl_leave(struct check *c, const struct g_node *loop);
void check_lx(struct check *c, const struct edi_seg *s, const struct g_node *loop);
/* A whole number of at most 9 digits. */
bool check_number(phi_str s, uint32_t *out);
/* --- balance --- */
struct balance837 *balance837_new(void);
void balance837_free(struct balance837 *b);
void balance837_begin(struct balance837 *b);
void balance837_segment(struct check *c, const struct edi_seg *s, uint8_t tag);
struct balance835 *balance835_new(void);
void balance835_free(struct balance835 *b);
void balance835_begin(struct balance835 *b);
void balance835_segment(struct check *c, const struct edi_seg *s, uint8_t tag);
uint8_t balance837_tag(const struct guide *g, const struct g_node *n);
uint8_t balance835_tag(const struct guide *g, const struct g_node *n);

static inline const struct g_node *check_node(const struct check *c, uint16_t i)
{
    return &c->g->node[i];
}
/* The loop that a segment node stands in; for a loop itself. */
static inline const struct g_node *check_loop_of(const struct check *c, uint16_t i)
{
    const struct g_node *n = &c->g->node[i];
    return n->loop ? n : &c->g->node[n->parent];
}
static inline uint32_t check_seen(const struct check *c, uint16_t node)
{
    const struct seen *s = &c->seen[node];
    return s->stamp == c->instance[c->g->node[node].parent] ? s->n : 0;
}

#endif
