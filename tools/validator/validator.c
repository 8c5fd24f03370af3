/*
 * NAME
 *     claimwire validator - check transaction sets against their guides; take claims apart
 *
 * SYNOPSIS
 *     claimwire validator [--guides DIR] [--partners DIR] [--rules DIR] [--lists DIR] [--codes FILE]
 *                         [--facts DIR] [--alias] [--basic] [--level N] [--claims-in-verdict]
 *
 * DESCRIPTION
 *     Takes `set` records (ISA GS ST ... SE) and walks each once through the guide of its version:
 *     integrity (level 1), guide (level 2), balance (level 3), and through the rules as text: between
 *     segments (level 4), code sets (5), kinds of claims (6). What it says of a set goes out as one
 *     `verdict`, from which the 999 is made; a warning stands in it and stops nothing.
 *
 *     An 837 that is accepted is taken apart: one `claim` record for each claim that stands, with
 *     the loops that it stands in; a claim that does not balance is refused, alone. Behind the
 *     claims follows a `tally` that says how many of them stand; every set has one, of any kind and
 *     also when it is rejected, so that whoever waits for whole sets knows when one is whole. An
 *     835 that is accepted goes on as it is: what does not balance in it is for tools/remit835 and
 *     a person. A set that is rejected is refused as a whole, and nothing of it goes on.
 *
 *     What a person releases from quarantine comes back: a set is judged anew, with a verdict and a
 *     tally of their own; a `claim` that was refused alone is looked at alone and goes on as it is, or
 *     is refused again.
 *
 * OPTIONS
 *     --guides DIR  folder of the guides (default config/guides)
 *     --partners DIR
 *                   profiles of partners (default config/partners): a set is held against that of
 *                     its sender (ISA06), a claim against that of its payer; "none": no profile
 *     --rules DIR   folder of the rules of levels 4 to 7 (default config/rules; "none": of these
 *                   levels only what profiles say)
 *     --lists DIR   folder of the code lists that they use (default config/codes)
 *     --codes FILE  code tables that they use, as claimwire codeset makes them (default: those
 *                 imported to config/codes, else the starter table)
 *     --facts DIR   tables that they ask, NAME.csv (docs/rules.md); several parted by colons
 *     --alias       accept versions that a guide names as aliases
 *     --basic       only the basic character set is agreed: no lower case
 *     --level N     highest level to check (default 6; 7 when --rules or --facts is given; what
 *                   profiles say is held against claims from 4 on). The rest of level 7 asks what other
 *                   claims and tables say: a claim is not judged by that unasked
 *     --claims-in-verdict
 *                   the verdict of an accepted 837 names its claims, who they are about, and what is
 *                   wrong with those that are refused: respond writes 277CA from it
 *     -h, --help    print the synopsis
 *
 * PORTS
 *     claims    `claim`, `tally`
 *     remits    `set` of an 835
 *     verdicts  `verdict`
 *     answers   `set` of a 999, 277CA, 277, 271 or 278, for acks. A pipeline may leave this port out: they are
 *               then refused
 *     rejects   sets and claims refused, rule and reason in the header; also sets of other kinds,
 *               which nobody here can take further
 *
 * EXIT STATUS
 *     0 done, 64 wrong command line, 78 the guides cannot be used
 *
 * EXAMPLES
 *     claimwire ingest a.837 | claimwire validator | claimwire build837 --run /tmp/r
 */
#include "common/edi/check.h"
#include "common/edi/split.h"
#include "common/edi/verdict.h"
#include "common/edi/write.h"
#include "common/link/stage.h"
#include "common/partner/repair.h"
#include "common/partner/terms.h"
#include "common/rules/rules.h"
#include "common/util/arena.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

enum { FINDINGS_MOST = 10000, REPAIRS_LOGGED = 20 };
/* Child numbers of a set's verdict and tally; claims have their position. */
static const uint64_t CHILD_VERDICT = 0xfffffffe, CHILD_TALLY = 0xffffffff;

/* A set that a person released is judged anew: what is said of it then is another record than what was
 * said before, or keepers would take it for a repeat. */
static struct record judgment(const struct record *set, const char *kind, uint64_t child)
{
    return record_child(set, kind, (uint64_t)set->tries << 32 | child);
}

struct validator {
    struct guide_set *guides;
    struct codes *codes;
    struct facts *facts;
    struct profiles *profiles;
    struct rules *rules;
    struct rules_run *run; /* NULL: no rules */
    struct check *check;
    struct split split;
    struct repaired mended; /* n: repairs in the present set */
    bool carry;             /* the claims travel in the verdict */
    struct ack_gather gather;
    struct stage *stage; /* while a record is handled */
    struct ack_finding *found;
    uint32_t found_n, found_room;
    uint32_t grave; /* findings that reject, also beyond FINDINGS_MOST */
    struct buf body;
};

/* Offset in the set as it came. */
static uint64_t origin(const struct validator *v, uint64_t off)
{
    return v->mended.n ? repair_origin(&v->mended, off) : off;
}

static void found(void *ctx, const struct finding *f)
{
    struct validator *v = ctx;
    v->grave += f->severity >= SEV_TRANSACTION;
    if (v->found_n == FINDINGS_MOST && f->severity != SEV_CLAIM)
        return;
    if (v->found_n == v->found_room) {
        v->found_room = v->found_room ? v->found_room * 2 : 32;
        v->found = xrealloc(v->found, v->found_room * sizeof *v->found);
    }
    struct arena *mem = stage_arena(v->stage);
    struct ack_finding *to = &v->found[v->found_n++];
    *to = (struct ack_finding){.f = *f};
    to->f.offset = origin(v, f->offset);
    to->f.text = arena_strdup(mem, f->text);
    to->f.bad = arena_phi(mem, f->bad);
}

static const struct stage_opt OPTIONS[] = {
    {"guides", "config/guides", "folder of the guides", false},
    {"partners", "config/partners", "folder of the profiles of partners; none", false},
    {"rules", NULL, "folder of the rules; none; left out: config/rules, to level 6", false},
    {"lists", "config/codes", "folder of the code lists that the rules use", false},
    {"codes", NULL, "file of code tables that the rules use", false},
    {"facts", NULL, "folders of tables that rules ask, parted by colons", false},
    {"alias", NULL, "accept versions that a guide names as aliases", true},
    {"basic", NULL, "only the basic character set is agreed", true},
    {"level", NULL, "highest level to check", false, 1, 7},
    {"claims-in-verdict", NULL, "the verdict names its claims, for the 277CA", true},
    {0}};

/* Rules of level 7 are for those who have rules of their own, or tables that these ask. */
static uint8_t level_of(const struct stage *s)
{
    if (stage_get(s, "level"))
        return (uint8_t)stage_number(s, "level");
    return stage_get(s, "facts") || stage_get(s, "rules") ? 7 : 6;
}

static void load_rules(struct validator *v, struct stage *s, struct check_opts *o)
{
    struct buf error = {0};
    const char *dir = stage_get(s, "rules"), *tables = stage_get(s, "codes");
    if (!dir)
        dir = fs_shared("config/rules");
    if (strcmp(dir, "none") == 0)
        dir = NULL;
    if (o->max_level < 4 || (!dir && !profiles_count(v->profiles)))
        return;
    bool starter;
    v->codes = rules_codes(tables, &starter, &error);
    if (error.len)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    const char *facts = stage_get(s, "facts");
    v->facts = facts ? facts_new() : NULL;
    if (facts && !facts_load(v->facts, facts, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    v->rules = (dir ? rules_load_for : rules_load_profiled)(
        dir ? dir : fs_shared("config/rules"), stage_get(s, "lists"), v->guides, v->codes, v->facts,
        v->profiles, &error);
    if (!v->rules)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    rules_starter(v->rules, starter);
    buf_free(&error);
    v->run = rules_run_new(v->rules, o->max_level, 0);
    rules_run_profiles(v->run);
    o->max_level = 7; /* it is the run that leaves out levels, but for what profiles say */
    o->watch = rules_run_watch(v->run);
}

static void load_profiles(struct validator *v, struct stage *s)
{
    struct buf error = {0};
    const char *dir = stage_get(s, "partners");
    if (strcmp(dir, "none") != 0 && !(v->profiles = profiles_load(dir, v->guides, &error)))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
}

static int start(struct stage *s, void **state)
{
    struct validator *v = xcalloc(1, sizeof *v);
    struct buf error = {0};
    *state = v;
    v->guides = guides_load(stage_get(s, "guides"), &error);
    if (!v->guides)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    struct check_opts o = {.guides = v->guides,
                           .allow_alias = stage_on(s, "alias"),
                           .extended_charset = !stage_on(s, "basic"),
                           .max_level = level_of(s)};
    load_profiles(v, s);
    load_rules(v, s, &o);
    v->check = check_new(&o, (struct finding_sink){found, v});
    v->carry = stage_on(s, "claims-in-verdict");
    return 0;
}

/* --- walking --- */

struct walked {
    struct check_result r;
    phi_str st03, gs08, trn02;
    bool claims; /* the set is an 837 and split */
};

static void not_writable(struct validator *v, const struct edi_seg *seg, uint32_t position)
{
    struct finding f = {.rule = "S1-039",
                        .level = 1,
                        .severity = SEV_TRANSACTION,
                        .position = position,
                        .offset = seg->off,
                        .report = "IK304:8",
                        .text = "a value holds a character that separates elsewhere (* : ^ ~)",
                        .bad = {"", 0}};
    phi_str id = seg_el(seg, 0);
    memcpy(f.segment, id.p, id.n < 3 ? id.n : 3);
    found(v, &f);
}

/* One segment from ST to SE. */
static void walk_segment(struct validator *v, struct walked *w, const struct edi_seg *seg,
                         const struct edi_delims *d, uint32_t position)
{
    if (position == 1) {
        w->claims = phi_is(seg_el(seg, 1), "837");
        w->st03 = seg_el(seg, 3);
    } else if (position == 3 && seg_is(seg, "TRN")) {
        w->trn02 = seg_el(seg, 2);
    }
    check_segment(v->check, seg);
    if (v->carry && w->claims)
        ack_gather_segment(&v->gather, seg);
    if (w->claims && !v->split.failed && !split_segment(&v->split, seg, d))
        not_writable(v, seg, position);
}

/* Holds what follows against the profile of who sends it, else of who it is for. */
static const struct profile *agree(struct validator *v, const struct edi_seg *isa)
{
    const struct profile *p = profiles_of_id(v->profiles, seg_el(isa, 5), seg_el(isa, 6));
    if (!p)
        p = profiles_of_id(v->profiles, seg_el(isa, 7), seg_el(isa, 8));
    struct check_terms t = profile_terms(p);
    check_agree(v->check, &t);
    if (v->run)
        rules_run_sender(v->run, p);
    return p;
}

/* Mends what the partner allows to be mended; the body that is to be walked. */
static phi_str mend(struct validator *v, const struct profile *p, phi_str body)
{
    if (!repair_allowed(p) || !repair_body(p, body, &v->mended))
        return body;
    stage_count(v->stage, "repairs", v->mended.n);
    for (uint32_t i = 0; i < v->mended.n && i < REPAIRS_LOGGED; i++) {
        const struct verdict_repair *r = &v->mended.list[i];
        log_info("CW-VAL-001", "repaired as the partner allows", KV("partner", profile_name(p)),
                 KV("rule", (const char *)r->rule), KV("segment", (const char *)r->segment),
                 KV("position", r->position), KV("element", (uint32_t)r->element));
    }
    return buf_view(&v->mended.body);
}

/* Who took the file in has seen the whole group, and says so when an ST02 stands in it twice. */
static void begin_set(struct validator *v, const struct record *r, const struct edi_delims *d,
                      phi_str gs01, phi_str gs08)
{
    check_begin(v->check, d, gs01, gs08);
    if (v->carry)
        ack_gather_begin(&v->gather, stage_arena(v->stage), d);
    if (phi_is(record_note(r, "st02"), "again"))
        check_repeated(v->check);
}

static bool walk(struct validator *v, const struct record *r, struct walked *w, phi_str body)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    phi_str gs01 = {"", 0};
    uint32_t position = 0;
    *w = (struct walked){0};
    v->found_n = v->grave = 0;
    if (v->run)
        rules_run_today(v->run, r->at_us);
    split_begin(&v->split, body);
    for (enum scan_event e; (e = scan_next(s, &seg)) != SCAN_END;) {
        if (e == SCAN_FAULT)
            break;
        const struct edi_delims *d = scan_delims(s);
        if (position == 0 && seg_is(&seg, "ST"))
            begin_set(v, r, d, gs01, w->gs08);
        else if (position == 0) {
            if (seg_is(&seg, "GS")) {
                gs01 = seg_el(&seg, 1);
                w->gs08 = seg_el(&seg, 8);
            }
            split_segment(&v->split, &seg, d);
            continue;
        }
        walk_segment(v, w, &seg, d, ++position);
    }
    if (position) /* while the last segment can still be read: rules speak at the end of the set */
        w->r = check_end(v->check);
    scan_free(s);
    return position > 0;
}

/* The profile of the set's partner is in force from here on. */
static const struct profile *partner_of(struct validator *v, phi_str body)
{
    struct edi_seg isa;
    if (!profiles_count(v->profiles))
        return NULL;
    struct scan *s = scan_fragment(body.p, body.n);
    bool is = scan_next(s, &isa) == SCAN_SEG && seg_is(&isa, "ISA");
    const struct profile *p = is ? agree(v, &isa) : NULL;
    scan_free(s);
    return p;
}

/* --- what follows from it --- */

static void give_verdict(struct validator *v, const struct record *set, const struct walked *w,
                         uint32_t refused)
{
    struct verdict out = {.accepted = v->grave == 0,
                          .segments = w->r.segments,
                          .claims = w->r.claims,
                          .claims_refused = refused,
                          .repairs = v->mended.list,
                          .repairs_n = v->mended.n};
    for (uint32_t i = 0; i < v->found_n; i++) {
        uint32_t c = v->found[i].f.claim;
        if (c && w->claims && c <= v->split.claims)
            v->found[i].unit = v->split.claim[c - 1].pcn;
        else if (!w->claims && w->trn02.n)
            v->found[i].unit = w->trn02;
    }
    struct ack_batch batch;
    if (v->carry && out.accepted && w->claims) {
        batch = ack_gather_end(&v->gather, v->found, v->found_n);
        out.batch = &batch;
    }
    out.set.findings = v->found;
    out.set.findings_n = v->found_n;
    memcpy(out.set.st01, w->r.st01, sizeof out.set.st01);
    memcpy(out.set.st02, w->r.st02, sizeof out.set.st02);
    snprintf(out.set.st03, sizeof out.set.st03, "%.*s", (int)w->st03.n, w->st03.p);
    snprintf(out.gs08, sizeof out.gs08, "%.*s", (int)w->gs08.n, w->gs08.p);
    buf_clear(&v->body);
    verdict_write(&v->body, &out);
    struct record r = judgment(set, "verdict", CHILD_VERDICT);
    r.off = set->off;
    r.len = set->len;
    r.seg = 1;
    r.schema = 1;
    r.body = buf_view(&v->body);
    stage_emit(v->stage, "verdicts", &r);
}

/* The first finding of severity claim of each claim, NULL where it stands. */
static const struct finding **refusals(struct validator *v, uint32_t *refused)
{
    uint32_t n = v->split.claims;
    const struct finding **why = arena_alloc(stage_arena(v->stage), (n + 1) * sizeof *why);
    *refused = 0;
    for (uint32_t i = 0; i < v->found_n; i++) {
        const struct finding *f = &v->found[i].f;
        uint32_t from = f->claim ? f->claim - 1 : 0, to = f->claim ? f->claim : n;
        for (uint32_t k = from; f->severity == SEV_CLAIM && k < to && k < n; k++) {
            const struct split_claim *s = &v->split.claim[k];
            struct finding_claim c = {{s->hl[0], s->hl[1], s->hl[2]}, s->position, k + 1};
            if (why[k] || !finding_hits(f, &c))
                continue;
            why[k] = f;
            (*refused)++;
        }
    }
    return why;
}

static void give_claims(struct validator *v, const struct record *set,
                        const struct finding *const *why, uint32_t standing)
{
    const struct split *s = &v->split;
    bool made = !phi_empty(record_note(set, "made")); /* then the range is that of the encounter */
    for (uint32_t i = 0; i < s->claims; i++) {
        const struct split_claim *c = &s->claim[i];
        struct record r = record_child(set, "claim", i);
        uint64_t from = origin(v, c->off);
        r.off = made ? set->off : set->off + (from - s->st_off);
        r.len = made ? set->len : origin(v, c->off + c->len) - from;
        r.seg = c->position;
        r.pos = i;
        r.of = standing;
        r.schema = 1;
        buf_clear(&v->body);
        split_write(s, i, &v->body);
        r.body = buf_view(&v->body);
        if (why[i])
            stage_refuse(v->stage, &r, why[i]->rule, why[i]->text);
        else
            stage_emit(v->stage, "claims", &r);
    }
    stage_count(v->stage, "claims", standing);
    stage_count(v->stage, "claims_refused", s->claims - standing);
}

static void give_tally(struct validator *v, const struct record *set, uint32_t standing)
{
    struct record r = judgment(set, "tally", CHILD_TALLY);
    r.off = set->off;
    r.len = set->len;
    r.seg = 1;
    r.schema = 1;
    r.of = standing;
    stage_emit(v->stage, "claims", &r);
}

/* A set that is rejected goes back as a whole, for its first fault. */
static void refuse_set(struct validator *v, const struct record *set)
{
    const struct finding *f = NULL;
    for (uint32_t i = 0; i < v->found_n && !f; i++)
        if (v->found[i].f.severity >= SEV_TRANSACTION)
            f = &v->found[i].f;
    char why[600] = "the set has too many faults";
    if (f)
        snprintf(why, sizeof why, "segment %u (%s%s%s): %s", f->position, f->segment,
                 f->loop[0] ? " in " : "", f->loop, f->text);
    stage_refuse(v->stage, set, f ? f->rule : "S1-036", why);
    stage_count(v->stage, "sets_rejected", 1);
}

static void give_set(struct validator *v, const struct record *came, const struct walked *w,
                     phi_str body)
{
    struct record out = *came;
    const struct record *set = &out;
    out.body = body;
    bool answer = strcmp(w->r.st01, "999") == 0 || strcmp(w->r.st01, "277") == 0 ||
                  strcmp(w->r.st01, "271") == 0 || strcmp(w->r.st01, "278") == 0;
    if (strcmp(w->r.st01, "835") == 0)
        stage_emit(v->stage, "remits", set);
    else if (answer && stage_leads(v->stage, "answers"))
        stage_emit(v->stage, "answers", set);
    else
        stage_refuse(v->stage, set, "SET_OTHER",
                     "the set is in order, but no stage takes transactions of its kind");
}

/* --- a claim that a person released --- */

/* The claim as a set of its own: an SE behind it. */
static struct record as_set(struct validator *v, const struct record *claim)
{
    struct scan *s = scan_fragment(claim->body.p, claim->body.n);
    struct edi_seg seg;
    struct record set = *claim;
    uint32_t n = 0;
    phi_str st02 = {"", 0};
    while (scan_next(s, &seg) == SCAN_SEG)
        if (seg_is(&seg, "ST") || n) {
            n++;
            st02 = seg_is(&seg, "ST") ? seg_el(&seg, 2) : st02;
        }
    buf_clear(&v->body);
    buf_phi(&v->body, claim->body);
    buf_printf(&v->body, "SE*%u*", n + 1);
    buf_phi(&v->body, st02);
    buf_puts(&v->body, "~");
    scan_free(s);
    set.body = arena_phi(stage_arena(v->stage), buf_view(&v->body));
    return set;
}

/* The levels that stood around it are numbered as in the set it came in: no fault of the claim. */
static bool of_the_cut(const struct finding *f)
{
    return !strcmp(f->rule, "S1-046") || !strcmp(f->rule, "S1-047") || !strcmp(f->rule, "S1-048");
}

/* It was refused alone; it goes on, under its own id, when what refused it is mended. */
static int take_claim(struct validator *v, const struct record *claim)
{
    struct walked w;
    struct record set = as_set(v, claim);
    const struct finding *f = NULL;
    v->mended.n = 0; /* it was mended with its set */
    partner_of(v, set.body);
    bool read = walk(v, &set, &w, set.body);
    for (uint32_t i = 0; i < v->found_n && !f; i++)
        if (v->found[i].f.severity >= SEV_CLAIM && !of_the_cut(&v->found[i].f) &&
            !record_overrides(claim, v->found[i].f.rule))
            f = &v->found[i].f;
    if (!read || v->split.claims != 1)
        stage_refuse(v->stage, claim, "SET_BODY", "the record holds no claim");
    else if (f)
        stage_refuse(v->stage, claim, f->rule, f->text);
    else
        stage_emit(v->stage, "claims", claim);
    stage_count(v->stage, f ? "claims_refused" : "claims", 1);
    return 0;
}

static int take(struct stage *s, void *state, const struct record *set)
{
    struct validator *v = state;
    struct walked w;
    uint32_t refused = 0;
    v->stage = s;
    if (record_is(set, "claim"))
        return take_claim(v, set);
    v->mended.n = 0;
    phi_str body = mend(v, partner_of(v, set->body), set->body);
    if (!walk(v, set, &w, body)) {
        stage_refuse(s, set, "SET_BODY", "the record holds no transaction set");
        give_tally(v, set, 0);
        return 0;
    }
    const struct finding **why = refusals(v, &refused);
    bool accepted = v->grave == 0;
    uint32_t standing = accepted && w.claims ? v->split.claims - refused : 0;
    stage_count(s, "sets", 1);
    give_verdict(v, set, &w, refused);
    if (!accepted)
        refuse_set(v, set);
    else if (w.claims)
        give_claims(v, set, why, standing);
    else
        give_set(v, set, &w, body);
    give_tally(v, set, standing);
    return 0;
}

static void stop(struct stage *s, void *state)
{
    struct validator *v = state;
    (void)s;
    check_free(v->check);
    rules_run_free(v->run);
    rules_free(v->rules);
    profiles_free(v->profiles);
    facts_free(v->facts);
    codes_close(v->codes);
    guides_free(v->guides);
    split_free(&v->split);
    repair_free(&v->mended);
    ack_gather_free(&v->gather);
    buf_free(&v->body);
    free(v->found);
    free(v);
}

static const char *const PORTS[] = {"claims", "remits", "verdicts", NULL};
static const char *const MAY[] = {"answers", NULL};
static const char *const KINDS[] = {"set", "claim", NULL};
static const struct stage_def VALIDATOR = {.name = "validator",
                                           .kind = STAGE_PASS,
                                           .version = "1",
                                           .ports = PORTS,
                                           .may_ports = MAY,
                                           .options = OPTIONS,
                                           .kinds = KINDS,
                                           .start = start,
                                           .record = take,
                                           .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &VALIDATOR);
}
