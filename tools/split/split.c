/*
 * NAME
 *     split - one interchange into several: by set, claim, payer, tax id or NPI
 *
 * SYNOPSIS
 *     claimwire split --by st|claim|payer|payee|npi|provider|tin [--out DIR] [--control N] [--json]
 *                     FILE...
 *
 * DESCRIPTION
 *     Writes the sets and claims of each FILE (- is stdin) into files of their own in DIR, named
 *     after the file and numbered: day-0001.837, day-0002.837 ... Each is a whole interchange: the
 *     ISA, GS and ST that its content stood in, counts and trailers anew, ISA13 counting up from
 *     that of the interchange (or from --control). GS06, ST02, BHT03, CLM01 and every other value
 *     stay; of an 837 HL01, HL02, HL04 are written anew. The parts together hold every claim of the
 *     input once, and their sums are its sums to the cent.
 *
 *     st     each transaction set alone; sets of any kind
 *     claim  each CLM of an 837, each CLP of an 835
 *     payer  837: payer id of 2010BB; 835: the payer's number (REF 2U, else N104, BPR10, TRN03)
 *     payee  837: NPI of the billing provider, else its tax id; 835: N104 of 1000B
 *     npi    837: NPI of the billing provider (2010AA); 835: NPI of who is paid: TS301 of the group,
 *            else NM1*82 of the claim when a provider adjustment (PLB01) of the set names that one,
 *            else the payee's
 *     provider  837: as npi; 835: TS301 of the group, else NM1*82 of the claim, else the payee's NPI
 *     tin    837: tax id of the billing provider; 835: tax id of the payee
 *
 *     What has no such id goes into a part of its own, whose key is empty.
 *
 *     A set of an 835 that has several owners becomes a set for each, and each balances: BPR02 is
 *     its claims less its provider adjustments. An adjustment (PLB) goes with the provider that
 *     PLB01 names; with --by payer, payee and tin, or when the set has one owner only, with the set.
 *     TRN stays in every part, for the money came as one transfer under that trace:
 *     the owners of the parts add them up to it. BPR01 and BPR04 of a part of 0.00 become H and NON.
 *
 *     What cannot be split without breaking a balance is refused with the reason, and nothing is
 *     written of any file: an 835 that does not balance as it came; a part that would be a negative
 *     payment (a takeback or reversal larger than the rest); claims of several owners under one
 *     total (TS3, TS2); with --by claim, an 835 with provider adjustments. The same holds for a file
 *     whose envelopes or counts are wrong: what claimwire validate finds there is mended first.
 *
 *     Files are read through a window, two or three times; memory does not grow with them, but for some bytes a
 *     claim of an 835 and a small buffer for each part of the keyed ones.
 *
 *     For each part a line is printed: file, sets, claims, the sum of CLM02 or BPR02, the key.
 *
 * OPTIONS
 *     --by KEY     what to split by
 *     --out DIR    folder of the parts (default: the present one); made when it is missing
 *     --control N  ISA13 of the first part (default: that of the first interchange)
 *     --json       a line of JSON for each part: file, key, sets, claims, cents
 *     -h, --help   print the synopsis
 *
 * EXIT STATUS
 *     0 split; 1 refused, nothing is written; 64 wrong command line; 111 a file cannot be read or
 *     written
 *
 * EXAMPLES
 *     claimwire split --by npi --out parts/ week.835
 *     claimwire split --by payer --out parts/ --json day.837 | jq .file
 */
#include "common/edi/era_cut.h"
#include "common/edi/whole.h"
#include "common/util/arena.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/split/cut837.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char SYNOPSIS[] =
    "claimwire split --by st|claim|payer|payee|npi|provider|tin [--out DIR] "
    "[--control N] [--json] FILE...\n";

enum by { BY_NONE, BY_ST, BY_CLAIM, BY_PAYER, BY_PAYEE, BY_NPI, BY_PROVIDER, BY_TIN };
static const char *const NAMES[] = {"", "st", "claim", "payer", "payee", "npi", "provider", "tin"};

/* How the 835 sets of a file are to be cut, from the first pass for the second. */
struct plan {
    struct era_cut *cut;
    size_t n, room, at;
};

/* A provider that an adjustment of a set names. */
struct named {
    uint32_t set, key;
};

struct job {
    enum by by;
    const char *name; /* of the file */
    struct whole_fault fault;
    bool naming;  /* the pass before the first: only named[] is filled */
    bool writing; /* the second pass */
    struct named *named;
    size_t named_n, named_room, named_at; /* named_at: the first of the present set */
    uint32_t sets;                        /* begun in this pass */
    struct parts *parts;
    struct plan plan;
    /* keys by number */
    struct arena mem;
    phi_str *key;
    uint32_t keys, keys_room;
    uint32_t *slot, slots; /* number of a key plus one, by hash */
    /* where we are */
    struct envelope_isa isa;
    uint64_t isa_end; /* behind the ISA's terminator */
    const char *newline;
    struct buf isa_seg, isa_gs;
    struct edi_delims d;
    enum { SET_WHOLE, SET_837, SET_835 } set;
    uint32_t set_claims; /* of the present 837 */
    uint32_t singles;    /* parts that have no key: by st, by claim */
    struct cut837 cut;
    struct era_cut era;
    struct era_put put;
};

/* ---- keys ---- */

static uint32_t hash(phi_str v)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (unsigned char)v.p[i]) * 16777619u;
    return h;
}

static uint32_t slot_of(const struct job *j, phi_str v)
{
    uint32_t i = hash(v) & (j->slots - 1);
    while (j->slot[i] && !phi_eq(j->key[j->slot[i] - 1], v))
        i = (i + 1) & (j->slots - 1);
    return i;
}

static void grow_keys(struct job *j)
{
    free(j->slot);
    j->slots = j->slots ? j->slots * 2 : 256;
    j->slot = xcalloc(j->slots, sizeof *j->slot);
    for (uint32_t i = 0; i < j->keys; i++)
        j->slot[slot_of(j, j->key[i])] = i + 1;
}

static uint32_t key_of(struct job *j, phi_str v)
{
    if (j->keys * 2 >= j->slots)
        grow_keys(j);
    uint32_t i = slot_of(j, v);
    if (j->slot[i])
        return j->slot[i] - 1;
    if (j->keys == j->keys_room) {
        j->keys_room = j->keys_room ? j->keys_room * 2 : 256;
        j->key = xrealloc(j->key, j->keys_room * sizeof *j->key);
    }
    j->key[j->keys] = v.n ? arena_phi(&j->mem, v) : phi_lit("");
    j->slot[i] = ++j->keys;
    return j->keys - 1;
}

static phi_str key_name(void *ctx, uint32_t key)
{
    const struct job *j = ctx;
    bool keyed = j->by != BY_ST && j->by != BY_CLAIM;
    return keyed && key < j->keys ? j->key[key] : phi_lit("");
}

static void refuse(struct job *j, uint64_t off, const char *rule, const char *text)
{
    whole_fault_add(&j->fault, rule, off, text);
}

/* What has no part in common with what follows is closed at once. */
static void close_singles(struct job *j)
{
    parts_set_end(j->parts);
    parts_gs_end(j->parts);
    parts_isa_end(j->parts, key_name, j);
}

/* ---- 837 ---- */

static void on_claim(void *ctx, const struct cut_claim *c)
{
    struct job *j = ctx;
    const phi_str keys[] = {[BY_PAYER] = c->payer,
                            [BY_PAYEE] = c->npi.n ? c->npi : c->tin,
                            [BY_NPI] = c->npi,
                            [BY_PROVIDER] = c->npi,
                            [BY_TIN] = c->tin};
    j->set_claims++;
    if (!j->writing)
        return;
    uint32_t key = j->by == BY_CLAIM ? j->singles++ : key_of(j, keys[j->by]);
    cut837_write(j->parts, parts_of(j->parts, key), c);
    if (j->by == BY_CLAIM)
        close_singles(j);
}

static void on_claim_fault(void *ctx, uint64_t off, const char *text)
{
    refuse(ctx, off, "S1-034", text);
}

/* ---- 835 ---- */

/* An adjustment of the set names this provider. */
static bool is_named(const struct job *j, uint32_t key)
{
    for (size_t i = j->named_at; i < j->named_n && j->named[i].set == j->sets; i++)
        if (j->named[i].key == key)
            return true;
    return false;
}

static uint32_t provider_of(struct job *j, const struct remit *r, phi_str summary)
{
    const struct remit_name *n = remit_name_of(r, "82");
    if (summary.n)
        return key_of(j, summary);
    bool own = n && n->id.n && phi_is(n->id_qual, "XX");
    if (own && (j->by == BY_PROVIDER || is_named(j, key_of(j, n->id))))
        return key_of(j, n->id);
    return key_of(j, r->head.payee_npi);
}

static uint32_t owner_of_claim(void *ctx, const struct remit *r, phi_str summary)
{
    struct job *j = ctx;
    switch (j->by) {
    case BY_CLAIM:
        return j->singles++;
    case BY_PAYER:
        return key_of(j, r->head.payer_number);
    case BY_PAYEE:
        return key_of(j, r->head.payee_id);
    case BY_TIN:
        return key_of(j, r->head.payee_tax);
    default:
        return provider_of(j, r, summary);
    }
}

static bool has_share(const struct job *j, uint32_t owner)
{
    for (uint32_t i = 0; i < j->era.shares; i++)
        if (j->era.share[i].owner == owner)
            return true;
    return false;
}

/* An adjustment goes with its provider where claims have providers, else with the whole set. */
static uint32_t owner_of_adjustment(void *ctx, const struct plb *p)
{
    struct job *j = ctx;
    if (j->by == BY_CLAIM)
        return ERA_NOBODY;
    uint32_t whole = j->era.shares ? j->era.share[0].owner : ERA_NOBODY;
    if (j->by != BY_NPI && j->by != BY_PROVIDER)
        return whole;
    uint32_t own = key_of(j, p->provider);
    return j->era.shares == 1 && !has_share(j, own) ? whole : own;
}

/* Providers that adjustments name, before claims are asked for theirs. */
static void name_provider(struct job *j, const struct edi_seg *seg)
{
    if (!seg_is(seg, "PLB"))
        return;
    if (j->named_n == j->named_room) {
        j->named_room = j->named_room ? j->named_room * 2 : 64;
        j->named = xrealloc(j->named, j->named_room * sizeof *j->named);
    }
    j->named[j->named_n++] = (struct named){j->sets, key_of(j, seg_el(seg, 1))};
}

static void plan_add(struct plan *p, const struct era_cut *cut)
{
    if (p->n == p->room) {
        p->room = p->room ? p->room * 2 : 64;
        p->cut = xrealloc(p->cut, p->room * sizeof *p->cut);
    }
    p->cut[p->n++] = *cut;
}

static struct edi_writer *share_writer(void *ctx, uint32_t share)
{
    struct job *j = ctx;
    const struct era_share *s = &j->put.cut->share[share];
    struct part *q = parts_of(j->parts, s->owner);
    if (!q->in_st) {
        part_in_set(j->parts, q);
        q->claims += s->claims;
        q->cents += s->cents;
    }
    part_settle(j->parts, q);
    return &q->w;
}

/* SE is written by the cut itself. */
static void end_put(struct job *j)
{
    for (uint32_t i = 0; i < j->put.cut->shares; i++)
        parts_of(j->parts, j->put.cut->share[i].owner)->in_st = false;
    era_put_end(&j->put);
}

static void end_cut(struct job *j, uint64_t off)
{
    struct era_cut_fault f;
    if (!era_cut_end(&j->era, &f))
        refuse(j, f.off ? f.off : off, f.rule,
               j->by == BY_CLAIM && strcmp(f.segment, "PLB") == 0
                   ? "a provider adjustment (PLB) belongs to a provider and not to a claim"
                   : f.text);
    plan_add(&j->plan, &j->era);
}

/* ---- what the envelope reader tells ---- */

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct job *j = ctx;
    j->isa = *isa;
    j->d = isa->delims;
    buf_clear(&j->isa_seg);
    if (!seg)
        return;
    buf_phi(&j->isa_seg, seg_bytes(seg));
    buf_putc(&j->isa_seg, j->d.term);
    j->isa_end = seg->off + seg_bytes(seg).n + 1;
    j->newline = "";
    if (j->writing) /* until the next segment says what stands behind a terminator */
        parts_isa(j->parts, isa, seg);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct job *j = ctx;
    if (gs->off > j->isa_end)
        j->newline = gs->off - j->isa_end > 1 ? "\r\n" : "\n";
    buf_clear(&j->isa_gs);
    buf_phi(&j->isa_gs, buf_view(&j->isa_seg));
    buf_phi(&j->isa_gs, seg_bytes(seg));
    buf_putc(&j->isa_gs, j->d.term);
    if (!j->writing)
        return;
    parts_newline(j->parts, j->newline);
    parts_gs(j->parts, seg);
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct job *j = ctx;
    phi_str kind = seg_el(st, 1);
    j->sets++;
    while (j->named_at < j->named_n && j->named[j->named_at].set < j->sets)
        j->named_at++;
    bool cut = j->by != BY_ST;
    j->set = cut && phi_is(kind, "837")   ? SET_837
             : cut && phi_is(kind, "835") ? SET_835
                                          : SET_WHOLE;
    if (cut && j->set == SET_WHOLE)
        refuse(j, st->off, "SPLIT_KIND",
               "the set is no 837 and no 835 and can only be split off as a whole: --by st");
    if (j->naming)
        return;
    j->set_claims = 0;
    j->cut.newline = j->newline;
    cut837_begin(&j->cut, &j->d);
    if (j->writing)
        parts_set(j->parts, st);
    if (j->set != SET_835)
        return;
    if (!j->writing) {
        era_cut_begin(&j->era, &(struct era_cut_ask){owner_of_claim, owner_of_adjustment, j},
                      buf_view(&j->isa_gs));
        return;
    }
    j->put = (struct era_put){.cut = &j->plan.cut[j->plan.at++], .to = share_writer, .ctx = j};
    era_put_begin(&j->put);
}

/* A set that goes as it is. */
static void copy_segment(struct job *j, const struct edi_seg *seg)
{
    struct part *q = parts_of(j->parts, j->singles);
    if (seg_is(seg, "ST")) {
        part_in_set(j->parts, q);
        q->in_st = false; /* its own SE comes */
    }
    if (seg_is(seg, "CLM") || seg_is(seg, "CLP"))
        q->claims++;
    int64_t cents;
    if ((seg_is(seg, "CLM") || seg_is(seg, "BPR")) && money_parse(seg_el(seg, 2), &cents))
        q->cents += cents;
    part_copy(q, seg);
    part_settle(j->parts, q);
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct job *j = ctx;
    if (j->naming) {
        if (j->set == SET_835)
            name_provider(j, seg);
    } else if (j->set == SET_837)
        cut837_segment(&j->cut, seg);
    else if (j->set == SET_835 && !j->writing)
        era_cut_segment(&j->era, seg, &j->d);
    else if (j->set == SET_835)
        era_put_segment(&j->put, seg, &j->d);
    else if (j->writing)
        copy_segment(j, seg);
}

static void set_end(void *ctx, uint64_t off)
{
    struct job *j = ctx;
    if (j->set == SET_835 && !j->writing && !j->naming)
        end_cut(j, off);
    if (j->set == SET_837 && !j->naming && j->set_claims == 0)
        refuse(j, off, "SPLIT_EMPTY", "an 837 set holds no claim: --by st moves it as it is");
    if (!j->writing)
        return;
    if (j->set == SET_835)
        end_put(j);
    parts_set_end(j->parts);
    if (j->by == BY_ST)
        j->singles++;
    if (j->by == BY_ST || j->by == BY_CLAIM)
        close_singles(j);
}

static void gs_end(void *ctx, const struct envelope_gs *gs)
{
    struct job *j = ctx;
    (void)gs;
    if (j->writing)
        parts_gs_end(j->parts);
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct job *j = ctx;
    (void)isa;
    if (j->writing)
        parts_isa_end(j->parts, key_name, j);
}

static const struct envelope_events EVENTS = {.isa_begin = isa_begin,
                                              .gs_begin = gs_begin,
                                              .set_begin = set_begin,
                                              .segment = segment,
                                              .set_end = set_end,
                                              .gs_end = gs_end,
                                              .isa_end = isa_end};

/* ---- the command ---- */

struct command {
    enum by by;
    const char *out;
    uint32_t control;
    bool json;
    char **files;
    int files_n;
};

static int usage(const char *why)
{
    fprintf(stderr, "split: %s\nusage: %s", why, SYNOPSIS);
    return EXIT_USAGE;
}

static int say(const struct job *j)
{
    char more[60] = "";
    if (j->fault.faults > 1)
        snprintf(more, sizeof more, " (and %u more)", j->fault.faults - 1);
    fprintf(stderr, "split: cannot split \"%s\": at byte %llu: %s%s%s%s\n", j->name,
            (unsigned long long)j->fault.off, j->fault.rule, *j->fault.rule ? ": " : "",
            j->fault.text, more);
    return EXIT_FINDINGS;
}

/* NAME without folders and ".EXT", and ".EXT"; stdin is "stdin". */
static void names(const char *path, char stem[200], char suffix[20])
{
    const char *base = strrchr(path, '/');
    base = strcmp(path, "-") == 0 ? "stdin" : base ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t n = dot && dot != base && strlen(dot) < 20 ? (size_t)(dot - base) : strlen(base);
    snprintf(stem, 200, "%.*s", (int)(n < 190 ? n : 190), base);
    snprintf(suffix, 20, "%s", base + n);
}

static void job_free(struct job *j)
{
    for (size_t i = 0; i < j->plan.n; i++)
        era_cut_free(&j->plan.cut[i]);
    free(j->plan.cut);
    cut837_free(&j->cut);
    arena_free(&j->mem);
    free(j->key);
    free(j->slot);
    free(j->named);
    buf_free(&j->isa_seg);
    buf_free(&j->isa_gs);
}

static struct job job_new(const struct command *c, const char *name)
{
    struct job j = {.by = c->by, .name = name, .newline = ""};
    j.cut = (struct cut837){.claim = on_claim, .fault = on_claim_fault, .newline = ""};
    return j;
}

/* Reads a file through, and with it opened writes its parts. */
static int split_one(const struct command *c, const char *name, int fd, bool write)
{
    char stem[200], suffix[20];
    struct job j = job_new(c, name);
    j.cut.ctx = &j;
    j.naming = c->by == BY_NPI;
    bool good = !j.naming || whole_read(fd, &EVENTS, &j, &j.fault);
    j.naming = false;
    j.sets = 0;
    j.named_at = 0;
    good = good && whole_read(fd, &EVENTS, &j, &j.fault);
    int rc = good ? EXIT_DONE : say(&j);
    if (good && write) {
        names(name, stem, suffix);
        j.parts = parts_new(&(struct parts_opts){c->out, stem, suffix, c->control, c->json});
        j.writing = true;
        j.singles = 0;
        if (!whole_read(fd, &EVENTS, &j, &j.fault))
            die(EXIT_TRY_LATER, "the file \"%s\" changed while it was read", name);
        parts_finish(j.parts);
        parts_free(j.parts);
    }
    job_free(&j);
    return rc;
}

static int each(const struct command *c, bool write)
{
    int rc = EXIT_DONE;
    for (int i = 0; i < c->files_n; i++) {
        int fd = whole_open(c->files[i]);
        if (fd < 0) {
            fprintf(stderr, "split: cannot read the file \"%s\": %s\n", c->files[i],
                    strerror(errno));
            rc = exit_worse(rc, EXIT_TRY_LATER);
            continue;
        }
        rc = exit_worse(rc, split_one(c, c->files[i], fd, write));
        close(fd);
    }
    return rc;
}

static bool number(const char *s, uint32_t *out)
{
    char *end;
    unsigned long v = strtoul(s, &end, 10);
    *out = (uint32_t)v;
    return *s >= '0' && *s <= '9' && !*end && v >= 1 && v <= 999999999;
}

/* -1: go on; else an exit code. */
static int parse(int argc, char **argv, struct command *c)
{
    c->files = argv;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0)
            return printf("usage: %s", SYNOPSIS), EXIT_DONE;
        if (strcmp(a, "--json") == 0) {
            c->json = true;
        } else if (strncmp(a, "--", 2) != 0) {
            c->files[c->files_n++] = argv[i];
        } else if (!v) {
            return usage("an option lacks its value, or is unknown");
        } else if (strcmp(a, "--by") == 0) {
            for (int k = 1; k <= BY_TIN; k++)
                if (strcmp(v, NAMES[k]) == 0)
                    c->by = (enum by)k;
            if (!c->by)
                return usage("--by is one of st, claim, payer, payee, npi, provider, tin");
            i++;
        } else if (strcmp(a, "--out") == 0) {
            c->out = v;
            i++;
        } else if (strcmp(a, "--control") == 0) {
            if (!number(v, &c->control))
                return usage("--control is a number from 1 to 999999999");
            i++;
        } else {
            return usage("unknown option");
        }
    }
    if (!c->by)
        return usage("--by is missing");
    return c->files_n ? -1 : usage("no file is named");
}

int main(int argc, char **argv)
{
    struct command c = {.out = "."};
    log_open("split");
    int rc = parse(argc, argv, &c);
    if (rc >= 0)
        return rc;
    if (c.files_n > 1) /* nothing is written of any when one is refused */
        rc = each(&c, false);
    if (rc > 0)
        return rc;
    if (fs_mkdirs(c.out))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", c.out);
    return each(&c, true);
}
