/*
 * Inside the rules: what is compiled from the text of a rule, and the state of a walk.
 *
 * While a set is walked, the segments that some rule reads are copied to a stack of rows, in their
 * order, and each loop that begins is an instance: a range of rows. A rule is tried when its loop
 * ends (inside a claim: when the claim ends, so that it sees all of it); then the rows are dropped.
 */
#ifndef CLAIMWIRE_RULES_RULES_INT_H
#define CLAIMWIRE_RULES_RULES_INT_H

#include "common/edi/check_int.h"
#include "common/partner/profile.h"
#include "common/codes/facts.h"
#include "common/rules/met.h"
#include "common/rules/rules.h"
#include "common/util/money.h"

enum {
    PATHS = 24,
    VARS = 4,
    EXPRS = 200,
    GUIDES_OF_RULE = 16,
    RULE_NEEDS = 6,
    READS = 12,
    ARGS = 3,
    DEPTH = 40
};

/* --- as written --- */

/* A place in the text. */
struct source {
    const char *file;
    phi_str text;
};

/* LOOP/SEG[EE-C=V|V]-EE..EE/STEP-C..C as written. */
struct path {
    char loop[12]; /* "": the variable's own; "/" the set */
    char seg[4];   /* "": the loop itself */
    uint8_t pred_el, pred_comp;
    phi_str *pred;
    uint64_t *pred_key; /* g_key() of them; NULL: one is longer than 8 bytes */
    uint32_t preds;
    uint8_t el, el_to, el_step, comp, comp_to; /* 0: not said */
    int var;                                   /* number of the variable it starts from, -1 */
    const char *at;                            /* for complaints */
};

enum op {
    OP_OR,
    OP_AND,
    OP_NOT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_ADD,
    OP_SUB,
    OP_PATH,
    OP_TEXT,
    OP_NUMBER,
    OP_CALL,
    OP_ANY,
    OP_ALL
};
enum kind { KIND_TRUTH, KIND_NUMBER, KIND_TEXT };

/* A value; when it is not known (absent, not a number), nothing follows from it. */
struct value {
    bool known;
    int64_t n;
    phi_str s;
};

struct eval;
struct expr;
struct func {
    const char *name;
    const char
        *args; /* p path, v value, n number, m pattern, s code set; ? behind: may be left out;
                * t a table of facts and what is asked of it, c the same with the column;
                * k "section key" of a profile */
    enum kind kind;
    struct value (*call)(struct eval *e, const struct expr *x);
};

/* One character class of a pattern, and how often. */
struct class_of {
    uint64_t bits[2]; /* of ASCII */
    uint8_t min, max;
};
struct pattern {
    struct class_of part[40];
    uint32_t n;
};

/* Own list of codes. */
struct list_row {
    phi_str code;
    int32_t from, to;
};
struct code_list {
    const char *name;
    struct list_row *row; /* sorted */
    uint32_t n;
};

/* What a number is compared with that stands in a table as text. */
enum unit { UNIT_INT, UNIT_DAY, UNIT_MONEY, UNIT_QUANTITY };
struct fact_test {
    uint8_t op, column, unit; /* enum op; enum unit when what it is compared with is a number */
    bool text;
    uint16_t with; /* expression; of OP_IN none */
    const phi_str *in;
    uint32_t in_n;
};
/* row(table, column=value, column<value, ..., on=day): rows with these texts, then the tests. */
struct lookup {
    phi_str name;
    const struct fact_table *table; /* NULL: it is not there, and the rule not tried */
    const struct fact_index *index;
    uint16_t key[FACT_KEYS];
    uint8_t key_column[FACT_KEYS];
    uint32_t keys;
    struct fact_test test[FACT_KEYS];
    uint32_t tests;
    uint16_t on;    /* the day; 0: any */
    uint8_t column; /* of fact() */
};

struct expr {
    uint8_t op, kind; /* enum op, enum kind */
    uint16_t a, b;    /* operands; OP_ANY, OP_ALL: a is the path, b the condition */
    uint16_t arg[ARGS];
    uint8_t args, var;
    bool both; /* a number that may be taken as text */
    int64_t n;
    phi_str s;
    const phi_str *in;
    uint32_t in_n;
    const struct func *f;
    const struct pattern *pattern;
    const char *section, *key;    /* of a profile */
    const struct code_list *list; /* of code(); NULL: a system of the code tables */
    const struct lookup *look;
};

struct fixture {
    bool fail;
    const char *base, *edits;
    int line;
};

/* `reads NAME PATH` of a rule in Lua. */
struct rule_read {
    const char *name;
    uint16_t path;
};

struct rule {
    struct source src;
    const char *id, *on, *text, *report, *origin, *by, *why, *per;
    const char *per_at;
    const char *partner, *partner_at; /* for this partner alone; NULL: for all */
    const struct profile *profile;    /* the same, found */
    bool profiled;                    /* it asks what the profile says */
    bool laid;                        /* a line of its profile, which the walk may have already */
    enum severity severity, checked;
    uint8_t severities; /* bits of all that it may be told with */
    bool has_checked, has_severity;
    uint8_t level;
    const char *on_name[GUIDES_OF_RULE];
    const char *on_at[GUIDES_OF_RULE];
    uint32_t ons;
    uint16_t at, dated, when, need; /* expressions; 0: none. at and dated are paths */
    int32_t from, to;
    struct path *path;
    uint32_t paths;
    struct expr *expr; /* 0 is not used */
    uint32_t exprs;
    const char *waits; /* tables of facts that it asks and that are not there; NULL: none */
    const char *facts; /* folder below fixtures/facts that its fixtures go by */
    phi_str lua;       /* n 0: it is a condition */
    struct rule_read read[READS];
    uint32_t reads;
    struct fixture *fixture;
    uint32_t fixtures;
};

/* --- bound to a guide --- */

/* Captures: one bit each. A guide has more nodes that rules read than a word has bits. */
typedef unsigned __int128 captures;
enum { CAPTURES = 128 };

/* A path as one scope of one guide reads it. */
struct bound_path {
    const uint16_t *node; /* segments, or loops */
    uint32_t nodes;
    uint16_t top;   /* loop whose instance holds them all */
    uint8_t depth;  /* of top */
    uint16_t memo;  /* number of its value among those that are remembered; 0: it is not */
    uint16_t count; /* of how many there are */
    captures mask;  /* 0: there is nothing of it */
};

/* A condition or a number, flat (rule_flat.c). What is not among these is asked of the tree. */
enum flat_op {
    /* of one value that is remembered */
    FLAT_IS, /* it is a literal of up to 8 bytes: size, key */
    FLAT_IS_NOT,
    FLAT_IN,    /* one of size such: keys */
    FLAT_THERE, /* it is not empty */
    FLAT_GUARD, /* yes or no as size says when it is empty, else a */
    /* deeper */
    FLAT_TREE, /* the expression number n */
    FLAT_AND,  /* a, b: operands */
    FLAT_OR,
    FLAT_NOT,
    FLAT_UNKNOWN,
    FLAT_FITS, /* the value fits the pattern */
    FLAT_NPI,
    FLAT_CODE,   /* it is a code of a system, as expression number size says, on that day */
    FLAT_LISTED, /* it is a code of a list, on the day of number a, or on any */
    FLAT_ORDER,  /* a compared with b as size (enum op) says */
    FLAT_ANY,    /* of the values of path b as variable depth: a */
    FLAT_ALL,
    FLAT_VAR_IS, /* FLAT_IS and so on, of variable depth */
    FLAT_VAR_IS_NOT,
    FLAT_VAR_IN,
    FLAT_NUMBER, /* n */
    FLAT_DAY,    /* numbers of the value */
    FLAT_DAY_TO,
    FLAT_FIRST, /* number a when its value is there, else number b */
    FLAT_INT,
    FLAT_MONEY,
    FLAT_TODAY,
    FLAT_ADD,
    FLAT_SUB
};
struct flat {
    uint8_t op, depth; /* depth: of the loop that holds the value */
    uint16_t memo;     /* number of the value */
    uint16_t a, b;     /* b of one with a value: the number of its path */
    uint32_t size;
    uint16_t node; /* of the value */
    captures mask;
    union {
        uint64_t key;
        int64_t n;
        const uint64_t *keys;
        const struct pattern *pattern;
        const struct code_list *list;
        const struct path *path; /* FLAT_GUARD: of the value */
    };
};
struct bound_rule {
    const struct rule *rule;
    const struct bound_path *path; /* by number */
    /* It cannot fire where one of these masks finds nothing in the loop of that depth. */
    captures need[RULE_NEEDS];
    uint8_t need_depth[RULE_NEEDS], needs;
    uint8_t level;
    bool dated;                    /* it is not always in force */
    uint8_t group;                 /* of its loop, from 1; 0: none */
    uint16_t flat_when, flat_need; /* 0: none */
    const struct flat *flat;
};

/* Groups of rules (rule_group.c). Where a group reads of: a fingerprint of each instance of a loop. */
struct group_part {
    uint16_t top;
    uint8_t depth, stream; /* of the loop; number of the fingerprint there */
};
/* Elements of a node that go into a fingerprint. */
struct group_tap {
    uint64_t els;
    const struct group_tap *next;
    uint16_t top;
    uint8_t depth, stream;
};
struct group_read;
enum { GROUPS = 24, GROUP_RULES = 64 };
struct rule_group {
    struct group_read *in;
    uint32_t ins, number; /* from 1, of all groups of the guide */
    struct group_part *part;
    uint32_t parts;
    bool off; /* no room for it */
    uint16_t rule[GROUP_RULES];
    uint32_t rules;
};
/* Rules of a loop by number, one bit each. */
enum { LOOP_WORDS = 4 };
struct rule_groups {
    struct rule_group *group;
    uint32_t n, all;           /* groups; rules of all partners */
    uint64_t rest[LOOP_WORDS]; /* rules that are in none */
    captures *asked;           /* by depth: what its rules look for in the loops that hold it */
};
struct bound_guide {
    const struct guide *g;
    struct rule_groups *groups; /* by loop node */
    uint32_t group_n;
    const struct group_tap **taps; /* by node, */
    uint64_t *tapped;              /* and the elements of all of them, */
    uint8_t *tap_n;                /* and how many they are */
    uint8_t *streams;              /* by loop node: its fingerprints, */
    uint32_t prints;               /* and the most of them */
    uint8_t *wanted;               /* by node */
    uint8_t *slot;                 /* by node: number of a capture, modulo CAPTURES */
    struct bound_rule **of;        /* by loop node: rules of that scope */
    uint32_t *ofs;                 /* by loop node: how many */
    uint8_t least;                 /* lowest level of its rules */
    uint16_t memos;
    uint16_t *alike;   /* by sid, GUIDE_IDS for loops: the first node; then by node: the next */
    uint16_t payer[4]; /* segments that name the payer of a claim */
    uint32_t payers;
    uint16_t claim[2]; /* nodes of the CLM: of subscribers, of patients */
    bool *unit, *pops; /* by loop node: a claim; its rows are dropped at its end */
};

struct rules {
    struct arena mem;
    const struct guide_set *guides;
    const struct codes *codes;
    bool starter; /* the code tables are not complete */
    struct facts *facts;
    struct rule **rule;
    uint32_t n;         /* of the folders */
    struct rule **laid; /* of the profiles' lines, in their order */
    uint32_t laids;
    const struct profiles *profiles; /* NULL: none */
    bool only_profiled;              /* rules that do not go by profiles are not carried out */
    struct code_list *list;
    uint32_t lists;
    struct bound_guide *bound;
    uint32_t bounds;
    struct path *path_room; /* PATHS and EXPRS of them, for the rule that is being read */
    struct expr *expr_room;
};

/* --- a walk --- */

struct row {
    uint64_t off;
    uint32_t next;           /* row of the same node, 0: none yet */
    uint32_t pos, bytes, at; /* where the bytes and the ends of its elements begin */
    uint32_t start;          /* what those ends are counted from */
    uint16_t node, n;
};
struct inst {
    captures mask;
    uint64_t serial;           /* of the walk; never twice */
    uint32_t parent, from, to; /* rows; to is UINT32_MAX while it is open */
    uint16_t loop;
    bool marred;
};
/* A day that was read before, by its eight digits. */
struct day_read {
    uint64_t key; /* 0: none */
    int32_t day;
    bool good;
};
enum { DAYS_READ = 256 };
/* A value that several rules read, found once for each instance. */
struct memo {
    uint64_t serial;  /* of the instance */
    uint32_t from, n; /* in the bytes of the walk */
    uint64_t key;     /* g_key() of it; of a count: it */
    uint32_t last;    /* of an empty one: the latest row of its node then, and 1 */
    int32_t day[2];   /* date() and date_to() of it */
    enum { DAY_UNREAD, DAY_GOOD, DAY_BAD } read[2];
};
/* What a variable stands for: a loop instance, a segment, an element, or a component. */
struct hit {
    uint32_t from, to; /* rows */
    uint32_t row;
    uint8_t el, comp;
    bool loop;
    phi_str v; /* its value when it has been read, else no pointer */
};

/* A text that came before in the set, for one place of one rule. */
enum { SEEN_ROOM = 1 << 15 };
struct met {
    uint64_t key, with; /* key 0: free */
    uint64_t set;       /* number of the set it was met in; another one's: free */
};

/* A code that was found, of a system or of a list, and the days that it is good on. */
struct code_met {
    uint64_t key;
    const void *of;   /* NULL: free; or a pattern, */
    int32_t from, to; /* and from says whether it fits */
};
enum { CODES_MET_BITS = 10 };
/* An NPI that was looked at. */
struct npi_met {
    uint64_t key;
    uint16_t tail;
    bool met, good;
};
enum { NPIS_MET_BITS = 8 };

/* Values that a group of rules was tried with, and which of its rules fired. */
enum { GROUP_BITS = 14, GROUP_TRIAL = 512 };
struct group_met {
    const struct rule_group *of; /* NULL: free */
    uint64_t fired;              /* bits by their order in the group */
    uint64_t print;
};
/* What the taps of a segment read, by its fingerprint (seg_print.h). */
enum { TAKEN_BITS = 12, ROW_TAPS = 7 };
struct row_taken {
    uint64_t print, of[ROW_TAPS];
};
/* What may fire at all where these segments came, so that it is asked once. */
enum { MAYS_BITS = 9, MAY_DEPTHS = 8 };
struct may_met {
    const struct bound_guide *b; /* NULL: free */
    captures there[MAY_DEPTHS];
    uint16_t loop;
    uint32_t groups; /* with such a rule */
    uint64_t rules[LOOP_WORDS], rest[LOOP_WORDS];
};
/* Whether it is worth to look. */
struct group_luck {
    uint32_t tries, found, rest;
};
/* Where the values are to be remembered, NULL: nowhere. */
struct group_try {
    struct group_met *to;
    uint64_t print;
};

struct lua_run; /* rule_lua.c */

struct rules_run {
    const char *unlisted[4]; /* systems of which codes were asked that the starter table lacks */
    struct lua_run *lua;     /* NULL: no rule in Lua has been tried yet */
    const struct rules *rules;
    struct check_watch watch;
    uint8_t max_level;
    bool profiles; /* rules that go by profiles are tried above max_level as well */
    int64_t now_us;
    /* of the set */
    struct check *c;
    const struct profile *sender; /* of the set */
    const struct profile *payer;  /* of the claim */
    const struct bound_guide *b;
    struct row *row;
    uint32_t rows, row_cap;
    struct inst *inst;
    uint32_t insts, inst_cap;
    struct buf bytes, ats;
    uint32_t open[GUIDE_DEPTH + 2]; /* instances that are open, outermost first */
    uint32_t opens;
    uint32_t unit;  /* the claim, as an index into open; 0: none */
    uint32_t claim; /* its number in the set */
    struct memo *memo;
    uint32_t memos; /* room in it */
    struct day_read days[DAYS_READ];
    uint64_t serial;
    uint32_t *last;   /* by node: its latest row and 1, 0: none */
    uint32_t *first;  /* and its first */
    uint32_t lasts;   /* room in it */
    uint64_t set;     /* number of the set */
    uint32_t held;    /* findings that have been laid to somebody */
    int64_t charged;  /* of all claims of the set; INT64_MIN: not known */
    struct met *seen; /* what first() and steady() have met in the set */
    uint32_t seens;   /* how many of them */
    bool remembers;   /* what fresh() has met outlasts the set */
    struct met_set met;
    struct code_met code[1 << CODES_MET_BITS];
    struct npi_met npi[1 << NPIS_MET_BITS];
    struct may_met may[1 << MAYS_BITS];
    struct group_met *clean;               /* 1 << GROUP_BITS of them */
    struct row_taken *taken;               /* 1 << TAKEN_BITS of them */
    struct group_luck *luck;               /* by number of the group */
    uint32_t lucks;                        /* room in it */
    uint16_t open_loop[GUIDE_DEPTH + 2];   /* of the instances that are open, */
    uint32_t open_prints[GUIDE_DEPTH + 2]; /* and where their fingerprints begin */
    uint64_t *prints;                      /* of each instance as many as the guide has at most */
    size_t print_room;
    uint64_t print_key, print_seed; /* of the process, of the set */
};

struct eval {
    struct rules_run *r;
    const struct rule *u;
    const struct bound_path *path;
    uint32_t inst;         /* the scope */
    const uint32_t *level; /* instances that hold it, by depth of their loops */
    struct hit var[VARS];
    struct hit place; /* the value that failed an all() */
    bool placed;
};

/* --- reading (rule_read.c, rule_expr.c, rule_lists.c) --- */

/* "FILE:LINE:COLUMN: what" of a place in the text; returns false. */
bool rule_fault(const struct source *s, const char *at, struct buf *error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Says once that the rule waits for a table. */
void rule_waits(struct rules *r, struct rule *u, phi_str table);
struct rule *rule_read(struct rules *r, const char *file, phi_str text, struct buf *error);
/* Reads a condition between p and end into u; 0 and a message on a fault. */
uint16_t expr_read(struct rules *r, struct rule *u, const char *p, const char *end, enum kind want,
                   struct buf *error);
/* The same for a path alone. */
uint16_t path_read(struct rules *r, struct rule *u, const char *p, const char *end,
                   struct buf *error);
bool pattern_read(phi_str text, struct pattern *out);
bool pattern_fits(const struct pattern *p, phi_str v);
bool lists_read(struct rules *r, const char *dir, struct buf *error);
const struct code_list *list_find(const struct rules *r, phi_str name);
/* The row with the code that is good on the day (INT32_MIN: any), NULL. */
const struct list_row *list_row(const struct code_list *l, phi_str code, int32_t day);
bool list_has(const struct code_list *l, phi_str code, int32_t day);
const struct func *func_find(phi_str name);
/* rule_facts.c */
struct value f_row(struct eval *e, const struct expr *x);
struct value f_rows(struct eval *e, const struct expr *x);
struct value f_fact(struct eval *e, const struct expr *x);
struct value f_listed(struct eval *e, const struct expr *x);
struct value f_like(struct eval *e, const struct expr *x);
/* rule_lua.c: a rule whose text is Lua */
struct value f_lua(struct eval *e, const struct expr *x);
/* A set begins: what was stopped in the one before is tried again. x may be NULL. */
void lua_run_set(struct lua_run *x);
void lua_run_free(struct lua_run *x);
/* The text can be read; else false with its line (from 1) and the reason. */
bool lua_check(phi_str text, int *line, char *why, size_t room);
/* Makes the text the need of the rule. */
uint16_t lua_need(struct rule *u, phi_str text);
/* rule_set.c: what is known of the set as a whole */
struct value f_claims(struct eval *e, const struct expr *x);
struct value f_charged(struct eval *e, const struct expr *x);
struct value f_separator(struct eval *e, const struct expr *x);
struct value f_first(struct eval *e, const struct expr *x);
struct value f_fresh(struct eval *e, const struct expr *x);
struct value f_steady(struct eval *e, const struct expr *x);

/* --- profiles (rule_laid.c) --- */
/* What profiles say of claims as rules, behind those of the folders, and the profiles that rules
 * name; false with a complaint about the profile or the rule. */
bool rules_lay(struct rules *r, struct buf *error);
enum truth { NO, YES, NOT_KNOWN };
/* A value as rules_run remembers it; paths are the same value when same_path() says so. */
enum { MEMOS = 1500 };
struct memo_key {
    const struct path *path;
    uint16_t node, top;
};
/* The number of the value (or, with count, of how many there are), 0 when it cannot be. */
uint16_t memo_of(struct bound_guide *b, const struct path *p, const struct bound_path *to,
                 struct memo_key *keys);
/* rule_flat.c: makes the flat form of a rule whose paths are bound. */
void flat_make(struct rules *r, struct bound_guide *b, struct bound_rule *u, struct memo_key *keys);
enum truth flat_truth(struct eval *e, const struct flat *all, uint16_t i);
/* rule_eval.c: the same of the tree. */
enum truth truth_of(struct eval *e, uint16_t i);
/* Finds the value of a path that has a number. */
void memo_fill(struct eval *e, const struct path *p, const struct bound_path *b, uint16_t number,
               phi_str *v);

/* --- binding (rule_bind.c) --- */
bool rules_bind(struct rules *r, struct buf *error);

/* --- groups (rule_group.c) --- */
/* Puts a rule whose paths are bound into a group of its loop when it reads few values. */
void group_rule(struct rules *r, struct bound_guide *b, uint16_t loop, struct bound_rule *u);
/* When all rules of the loop have been put. */
void group_rest(struct rules *r, struct bound_guide *b, uint16_t loop);
/* A set begins, an instance, a row has come. */
void group_set(struct rules_run *r);
void group_begin(struct rules_run *r, uint32_t inst);
void group_take(struct rules_run *r, const struct row *w);
/* Looks up those groups (bits of their numbers in a loop) with the values at hand, each in the
 * group_try of its number; the answers are asked for later, when they have come from memory. */
void group_look(struct eval *e, const struct rule_group *group, uint32_t groups,
                struct group_try *to);
/* What is known of a group. NULL: it is to be tried, and when t->to is not NULL, what fired of the
 * loop's rules is to be told to group_tried(). */
static inline const struct group_met *group_known(struct rules_run *r, const struct rule_group *g,
                                                  struct group_try *t)
{
    const struct group_met *m = t->to;
    if (!m || m->of != g || m->print != t->print)
        return NULL;
    r->luck[g->number].found++;
    t->to = NULL;
    return m;
}
void group_tried(const struct rule_group *g, const struct group_try *t, const uint64_t *fired);

/* --- evaluation (rule_eval.c) --- */
struct value eval_expr(struct eval *e, uint16_t x);
/* What a comparison says of a difference. */
bool ordered(enum op op, int64_t d);
/* The day that the rule goes by (`dated`); unknown when it names none or there is none. */
struct value eval_dated(struct eval *e);
/* The values of a path, one after the other. */
struct cursor {
    struct eval *e;
    const struct path *p;
    const struct bound_path *b;
    uint32_t row, to, inst;
    uint32_t el, comp;
    const char *rest, *end; /* of the present element, behind its latest component */
    bool simple;            /* elements, or one component of each, of one node */
    bool in_row;            /* the row is one that is meant */
    bool chained;           /* the row is one of the node, and so are those that follow by `next` */
    struct hit base;
};
void cursor_open(struct cursor *k, struct eval *e, uint16_t path_expr);
bool cursor_next(struct cursor *k, struct hit *h);
/* The same when it is simple: the value alone, and what stands for it until the next. */
bool cursor_value(struct cursor *k, phi_str *v);
struct hit cursor_hit(const struct cursor *k, phi_str v);
phi_str hit_value(const struct rules_run *r, const struct hit *h);
/* date_parse() of the first eight bytes, which looks at every day once. */
bool rule_day(struct rules_run *r, phi_str s, int32_t *day);
/* Value of the first occurrence of a path or of any text expression. */
phi_str eval_text(struct eval *e, uint16_t x);
/* True when the rule is in force in the scope of e, which stands ready for it. */
bool rule_in_force(struct eval *e);
/* Where the rule that fires in the scope of e finds fault. */
struct hit rule_place(struct eval *e);
/* rule_may.c: false when the rule cannot fire where none of these paths (bits of their numbers) finds
 * anything; true when it cannot where this one finds nothing. */
bool rule_may_fire(const struct rule *u, uint32_t absent);
bool rule_needs(const struct rule *u, uint32_t path);

/* True when a value is remembered of this instance. One that was empty is good until another segment
 * of its node comes. */
static inline bool memo_good(const struct rules_run *r, const struct memo *m, const struct inst *in,
                             uint16_t node)
{
    return m->serial == in->serial && (m->n || m->last == r->last[node]);
}

/* Element i of a row without blanks around it: those have a warning of their own (S1-045). */
static inline phi_str row_el(const struct rules_run *r, const struct row *w, uint32_t i)
{
    if (i >= w->n)
        return phi_of("", 0);
    const uint32_t *at = (const uint32_t *)(const void *)r->ats.p + w->at;
    uint32_t from = i ? at[i - 1] + 1 : w->start;
    const char *p = r->bytes.p + w->bytes + (from - w->start);
    size_t n = at[i] - from;
    for (; n && p[n - 1] == ' '; n--)
        ;
    for (; n && *p == ' '; n--)
        p++;
    return phi_of(p, n);
}

/* Notes that the starter table lacks a code of that system; system lives as long as the rules. */
void rule_unlisted(struct rules_run *r, const char *system);

#endif
