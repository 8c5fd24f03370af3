/*
 * A record: what travels on links. A MessagePack header and a body of bytes.
 *
 * docs/messages.md is the wire. Header keys that this program does not know are kept in `extra`
 * and pass through.
 */
#ifndef CLAIMWIRE_LINK_RECORD_H
#define CLAIMWIRE_LINK_RECORD_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include "common/util/id.h"

enum { RECORD_KIND = 16, RECORD_MAX = 66 << 20 };

struct record {
    struct rec_id id;       /* "id"     lineage, see id.h */
    struct rec_id root;     /* "root"   id of the record at the source that this descends from */
    struct rec_id parent;   /* "parent" id of the record this was split from; zero at the source */
    char kind[RECORD_KIND]; /* "kind"   set, claim, tally, payment, remit, plb, verdict, ... */
    uint16_t schema;        /* "v"      version of the body's form */
    char usage;             /* "use"    'P' or 'T', from ISA15 */
    uint32_t tries;         /* "try"    how often it was released again from quarantine */
    int64_t at_us;          /* "at"     pipeline clock at the source, UTC microseconds */
    struct digest file;     /* "file"   digest of the original file */
    uint64_t off, len;      /* "off" "len" byte range of it there */
    uint32_t seg;           /* "seg"    position of its first own segment in its set, ST is 1 */
    uint64_t seq;           /* "seq"    dense number that the source gave to the set */
    uint32_t pos, of;       /* "pos" "of" child number from 0 and how many children stand */
    phi_str lane;           /* "lane"   key within which order matters, "" for none */
    phi_str trace;          /* "tp"     W3C traceparent, "" for none */
    phi_str extra;          /* unknown key/value pairs as MessagePack, borrowed */
    uint32_t extra_n;       /* how many pairs */
    phi_str body;           /* borrowed */
};

/* Appends the wire form: u32 header length, u32 body length (little endian), header, body. */
void record_write(struct buf *out, const struct record *r);
/* Reads one record at p (n bytes there); slices borrow from p. Returns its wire length, or 0 with
 * *why set when the bytes are no record (torn, too long, wrong type): never reads past p + n. */
size_t record_read(const char *p, size_t n, struct record *out, const char **why);
/* True when kinds are equal. */
static inline bool record_is(const struct record *r, const char *kind)
{
    return strcmp(r->kind, kind) == 0;
}
/* How a refused record says it (quarantine reads it); empty when absent. */
phi_str record_rule(const struct record *r);
phi_str record_why(const struct record *r);
phi_str record_refused_by(const struct record *r);
/* True when a person has taken the breach of that rule upon themselves (quarantine release --override). */
bool record_overrides(const struct record *r, const char *rule);
/* Value of an extra string or bin pair; empty when absent. Borrowed from r. */
phi_str record_note(const struct record *r, const char *key);
/* Sets the string pair key of r->extra (in place of one that is there), an empty value takes it out;
 * memory is a's. */
void record_note_set(struct record *r, const char *key, phi_str value, struct arena *a);
/* A child of parent: inherits root, usage, at, file, seq, trace; gets id_child(parent->id, pos). */
struct record record_child(const struct record *parent, const char *kind, uint64_t pos);

#endif
