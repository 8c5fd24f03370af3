/*
 * Coding rules as text: what a certified coder looks at before a claim is made of an encounter.
 *
 * One file a rule (config/coding), read at start and carried out on an encounter (enc.v1, JSON).
 * docs/coding-rules.md describes the language. A rule that fires gives a finding: the diagnosis or
 * line it is about, what is wrong, what to do. What a rule decides by itself (`decides rule`) is
 * carried out on the draft; what a person must decide is only said.
 */
#ifndef CLAIMWIRE_CRULE_CRULE_H
#define CLAIMWIRE_CRULE_CRULE_H

#include "common/codes/notes.h"
#include <jansson.h>

struct crules;
/* Reads every .rule file of dir and its em.csv (levels of evaluation and management). On a fault
 * returns NULL and appends "FILE:LINE: what". */
struct crules *crules_load(const char *dir, struct buf *error);
/* One rule in memory, for tests and fuzzing. */
struct crules *crules_parse(phi_str text, struct buf *error);
void crules_free(struct crules *r);

/* A rule as its file has it; borrowed. */
struct crule_info {
    const char *id, *kind, *text, *source, *path;
    bool decides; /* else a person does */
    int32_t from, to;
    uint32_t fixtures;
};
uint32_t crules_count(const struct crules *r);
struct crule_info crules_at(const struct crules *r, uint32_t i);
/* Fixture k of rule i: the encounter as text, whether the rule must fire, and what the draft must
 * be afterwards ("" where the fixture does not say). */
struct crule_fixture {
    bool fail;
    const char *encounter, *gives;
    int line;
};
struct crule_fixture crules_fixture(const struct crules *r, uint32_t i, uint32_t k);

/* What a rule found. Strings are the finding's own. */
struct remark {
    const char *rule, *kind;  /* borrowed from the rules */
    char where[24];           /* "dx 2", "line 1", "" for the encounter */
    char code[20], other[20]; /* codes it is about, "" for none */
    char *text;               /* what is wrong and what to do */
    bool decided;             /* carried out on the draft; else a person decides */
    bool hold;                /* nothing is billed before a person has looked */
    bool whole;               /* and what it asks bears on all of the encounter */
};
struct remarks {
    struct remark *at;
    size_t n, cap;
};
void remarks_free(struct remarks *f);

/* Brings an encounter into the form that rules read: codes without points, dx and lines as objects,
 * setting, age in years, payer's filing. Short forms are accepted ("J02.9", "99213-25x2@1,3").
 * Takes and returns ownership; NULL with a reason when it is none. */
json_t *crule_draft(json_t *encounter, const char **why);
/* Carries all rules out, in the order of their ids, until nothing changes. only: one rule's id, NULL
 * for all. */
void crules_run(const struct crules *r, const struct codes *codes, json_t *draft, const char *only,
                struct remarks *out);
/* The draft in short form: "J020 Z794 | 99213-25x1 87880-QWx1". */
void crule_short(const json_t *draft, struct buf *out);

#endif
