/* What the files of this room share. */
#ifndef CLAIMWIRE_CRULE_CRULE_INT_H
#define CLAIMWIRE_CRULE_CRULE_INT_H

#include "common/codes/doses.h"
#include "common/crule/crule.h"
#include "common/util/arena.h"

enum value_kind { V_NONE, V_NUM, V_TEXT, V_JSON };
struct value {
    enum value_kind kind;
    int64_t num;
    phi_str text;
    json_t *json; /* object or array */
};

enum node_kind {
    N_NUM,
    N_TEXT,
    N_PATH,   /* text: variable, args: keys as N_TEXT */
    N_MEMBER, /* of an object that an expression gives: a, text */
    N_CALL,   /* fn */
    N_QUANT,  /* text: any all count sum first; a: list, b: condition; name: variable */
    N_OR,
    N_AND,
    N_NOT,
    N_EQ,
    N_NE,
    N_LT,
    N_LE,
    N_GT,
    N_GE,
    N_ADD,
    N_SUB,
    N_MUL,
    N_IN,     /* a in (args) */
    N_WITHIN, /* a within (args): codes, headings, ranges */
    N_HAS     /* a has b */
};
enum { CALL_ARGS = 4 };
struct node {
    enum node_kind kind;
    int64_t num;
    phi_str text, name;
    struct node *a, *b;
    struct node **args;
    int n;
    const struct function *fn;
};

struct run;
struct function {
    const char *name;
    int least, most;
    struct value (*call)(struct run *r, const struct value *arg, int n);
};
const struct function *crule_function(phi_str name);
/* dose_units(line): units that the note's dose of the line's drug makes; 0: not said, or differently. */
struct value crule_dose_units(struct run *r, const struct value *a, int n);
/* sides_differ(): 1 when the note's examination and its assessment name different sides of a part. */
struct value crule_sides_differ(struct run *r, const struct value *a, int n);
/* crule_named.c: what the note names, as modifiers: digit_said (the last), lid_said and vessel_said (when it
 * is one only). */
struct value crule_digit_said(struct run *r, const struct value *a, int n);
struct value crule_count_digits(struct run *r, const struct value *a, int n);
struct value crule_lid_said(struct run *r, const struct value *a, int n);
struct value crule_vessel_said(struct run *r, const struct value *a, int n);
/* True when the text in small letters says one of the words, parted by bars, and does not deny it. */
bool crule_finds(const struct buf *low, phi_str list);

/* An expression as text; NULL with a reason. */
struct node *crule_expr(phi_str text, struct arena *mem, const char **why);

enum scope_kind { PER_ENCOUNTER, PER_DX, PER_DX_PAIR, PER_LINE, PER_LINE_PAIR, SCOPES };

enum change_verb {
    CH_CODE,     /* code X EXPR */
    CH_MOD,      /* mod X EXPR: added where it belongs */
    CH_UNMOD,    /* unmod X EXPR */
    CH_UNITS,    /* units X EXPR */
    CH_DROP,     /* drop X */
    CH_FIRST,    /* first X: to the front */
    CH_BEFORE,   /* before X Y */
    CH_ADD_DX,   /* add-dx EXPR */
    CH_ADD_LINE, /* add-line CODE [UNITS [AFTER]] */
    CH_SPLIT,    /* split X MODS: a line of one unit for each modifier */
    CH_POA,      /* poa X EXPR */
    CHANGES
};
struct change {
    enum change_verb verb;
    struct node *target, *value, *more;
};
struct piece { /* of a text: words, then the value of an expression */
    phi_str words;
    struct node *value;
};

struct crule {
    const char *id, *kind, *text, *source, *path;
    int32_t from, to;
    enum scope_kind per;
    const char *setting;              /* NULL: both */
    struct node *when, *need, *about; /* about: the second code of a finding that is not a pair's */
    bool decides, hold;
    struct node *hold_if;
    struct piece *advice;
    size_t advice_n;
    struct change *changes;
    size_t changes_n;
    struct crule_fixture *fixtures;
    uint32_t fixtures_n;
};

struct em_row { /* em.csv: one code */
    char family[24], patient[4], code[8];
    int level;        /* 1 straightforward to 4 high; 0: never by decision making */
    int minutes;      /* to be met; 0: never by time */
    int32_t from, to; /* days of service that it is for */
};
struct crules {
    struct arena mem;
    struct crule *rules;
    uint32_t n, cap;
    struct em_row *em;
    size_t em_n;
};
bool crule_read_text(struct crules *r, const char *path, phi_str text, struct buf *error);
bool crule_read_em(struct crules *r, const char *path, struct buf *error);

struct binding {
    phi_str name;
    struct value value;
    const struct binding *up;
};
struct run {
    const struct crules *rules;
    const struct codes *codes;
    struct codes_notes *notes;
    int32_t day;
    json_t *draft;
    struct arena mem; /* texts that functions make */
    const struct binding *top;
    struct buf low;      /* the note in small letters */
    struct doses *doses; /* made when a rule first asks */
    bool doses_asked;
};
struct value crule_eval(struct run *r, const struct node *n);
bool crule_true(struct value v);
phi_str crule_text(struct run *r, struct value v);
bool crule_number(struct value v, int64_t *out);
static inline struct value value_num(int64_t n)
{
    return (struct value){.kind = V_NUM, .num = n};
}
static inline struct value value_text(phi_str s)
{
    return (struct value){.kind = V_TEXT, .text = s};
}
struct value value_json(json_t *j);

/* True when it changed something. */
bool crule_change(struct run *r, const struct change *c);
/* Day of an ISO date (the first ten characters); false when it is none. */
bool crule_day(phi_str iso, int32_t *day);
phi_str crule_get(const json_t *o, const char *key);

/* crule_em.c: functions of rules about evaluation and management (docs/coding-rules.md). */
struct value crule_em_family(struct run *r, const struct value *a, int n);
struct value crule_em_minutes(struct run *r, const struct value *a, int n);
struct value crule_mdm(struct run *r, const struct value *a, int n);
struct value crule_em(struct run *r, const struct value *a, int n);
struct value crule_patient_kind(struct run *r, const struct value *a, int n);

#endif
