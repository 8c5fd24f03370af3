#include "tools/validate/report.h"
#include "tools/validate/isa_log.h"

#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUT_FLUSH = 64 << 10 };

static void flush(struct job *j)
{
    if (j->out.len && fs_write_all(STDOUT_FILENO, j->out.p, j->out.len))
        die(EXIT_TRY_LATER, "cannot write the report");
    buf_clear(&j->out);
}

/* --- findings --- */

static void show_value(struct job *j, const struct finding *f)
{
    bool json = j->report == REPORT_JSON;
    size_t tail = json ? 2 : 1; /* "}\n" or "\n" goes behind the value */
    if (!j->show || !f->bad.n || j->out.len < tail)
        return;
    j->out.len -= tail;
    buf_puts(&j->out, json ? ",\"value\":" : " value ");
    buf_json(&j->out, f->bad);
    buf_puts(&j->out, json ? "}\n" : "\n");
}

static void print(struct job *j, const struct finding *f)
{
    if (j->report == REPORT_JSON)
        finding_json(&j->out, j->path, f);
    else if (j->report == REPORT_TEXT)
        finding_text(&j->out, j->path, f, j->color);
    else
        return;
    show_value(j, f);
    if (j->out.len > OUT_FLUSH)
        flush(j);
}

static void *grow(void *p, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return p;
    *room = *room ? *room * 2 : 64;
    return xrealloc(p, *room * size);
}

static void keep(struct arena *mem, const struct finding *f, struct finding *to)
{
    *to = *f;
    to->text = arena_strdup(mem, f->text ? f->text : "");
    to->bad = arena_phi(mem, f->bad);
}

/* True when what is printed answers whole groups, so that their findings are kept. */
static bool for_group(const struct job *j)
{
    return j->report == REPORT_999 || j->report == REPORT_277CA;
}

/* A finding of a set. */
static void in_set(void *ctx, const struct finding *f)
{
    struct job *j = ctx;
    j->by_severity[f->severity]++;
    print(j, f);
    if (!for_group(j))
        return;
    j->found = grow(j->found, j->found_n, &j->found_room, sizeof *j->found);
    struct ack_finding *to = &j->found[j->found_n++];
    *to = (struct ack_finding){0};
    keep(&j->mem, f, &to->f);
    if (f->claim && f->claim <= j->unit_n)
        to->unit = j->unit[f->claim - 1];
    else if (j->unit_n && strcmp(j->set[j->group.sets_n].st01, "837") != 0)
        to->unit = j->unit[0];
}

/* A finding of an envelope. */
static void of_envelope(void *ctx, const struct finding *f)
{
    struct job *j = ctx;
    j->by_severity[f->severity]++;
    print(j, f);
    j->group_lost |= f->severity >= SEV_GROUP;
    j->isa_lost |= f->severity == SEV_INTERCHANGE;
    if (j->report == REPORT_999 && f->severity != SEV_INTERCHANGE) {
        j->outer = grow(j->outer, j->outer_n, &j->outer_room, sizeof *j->outer);
        keep(&j->mem, f, &j->outer[j->outer_n++]);
    }
    if (j->report == REPORT_TA1) {
        j->isa_found = grow(j->isa_found, j->isa_n, &j->isa_room, sizeof *j->isa_found);
        keep(&j->isa_mem, f, &j->isa_found[j->isa_n++]);
    }
}

/* --- envelopes --- */

/* Holds the interchange against the profile of its partner. */
static void agree(struct job *j)
{
    const struct profile *p = j->partner ? j->partner : profiles_of_isa(j->profiles, &j->isa);
    struct check_terms t = profile_terms(p);
    check_agree(j->walk, &t);
    if (j->run)
        rules_run_sender(j->run, p);
}

static struct envelope_terms agreed(void *ctx, const struct envelope_isa *isa)
{
    struct job *j = ctx;
    return profile_envelope(j->partner ? j->partner : profiles_of_isa(j->profiles, isa));
}

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct job *j = ctx;
    (void)seg;
    j->interchanges++;
    j->isa = *isa;
    agree(j);
    j->isa_lost = j->group_lost = false;
    j->isa_n = 0;
    j->isa_accepted = 0;
    arena_clear(&j->isa_mem);
    buf_clear(&j->answer);
}

static struct ack_opts answer(struct job *j)
{
    return (struct ack_opts){
        .at_us = time_wall_us(), .control = ++j->answers, .bad_values = j->show};
}

/* S1-010 as far as one file tells: the same control number again, with other content. */
static void check_again(struct job *j, const struct envelope_isa *isa)
{
    struct finding f = {.rule = "S1-010",
                        .level = 1,
                        .severity = SEV_INTERCHANGE,
                        .segment = "ISA",
                        .element = 13,
                        .offset = isa->off + 90,
                        .report = "TA1:025",
                        .text = "an interchange of this sender, receiver and control number stands "
                                "before this one in the file, with other content"};
    f.bad = phi_of(isa->control, strlen(isa->control));
    if (!j->isa_lost && isa_log_other(j->seen, j->fd, isa))
        of_envelope(j, &f);
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct job *j = ctx;
    check_again(j, isa);
    if (j->rules && !j->isa_lost)
        rules_interchange(j->rules, isa, (struct finding_sink){of_envelope, j});
    if (!j->isa_lost) {
        j->accepted += j->isa_accepted;
        buf_add(&j->out, j->answer.p, j->answer.len);
        flush(j);
    }
    if (j->report != REPORT_TA1)
        return;
    struct ack_opts o = answer(j);
    ack_write_ta1(&j->out, isa, j->isa_found, j->isa_n, &o);
    flush(j);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct job *j = ctx;
    (void)seg;
    arena_clear(&j->mem);
    j->group = (struct ack_group){.gs = *gs};
    j->outer_n = j->batch_n = 0;
    j->group_accepted = 0;
    j->group_lost = j->isa_lost;
}

/* Claims are answered of sets that stand; a group that falls takes its sets with it. */
static void answer_claims(struct job *j, const struct envelope_gs *gs)
{
    struct ack_opts o = answer(j);
    struct ack_277ca_opts ca = {.at_us = o.at_us, .control = o.control};
    if (!j->group_lost)
        ack_write_277ca(&j->answer, &j->isa, gs, j->batch, j->batch_n, &ca);
}

static void gs_end(void *ctx, const struct envelope_gs *gs)
{
    struct job *j = ctx;
    if (!j->group_lost)
        j->isa_accepted += j->group_accepted;
    if (!for_group(j) || j->isa_lost)
        return;
    if (j->report == REPORT_277CA) {
        answer_claims(j, gs);
        return;
    }
    struct ack_opts o = answer(j);
    j->group.gs = *gs;
    j->group.sets = j->set;
    j->group.findings = j->outer;
    j->group.findings_n = j->outer_n;
    ack_write_999(&j->answer, &j->isa, &j->group, &o);
}

/* --- sets --- */

static void copy_word(char *to, size_t room, phi_str v)
{
    size_t n = v.n < room - 1 ? v.n : room - 1;
    memcpy(to, v.p, n);
    to[n] = 0;
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct job *j = ctx;
    j->sets++;
    j->in_set = !j->group_lost;
    j->position = 0;
    if (j->in_set)
        check_begin(j->walk, &j->isa.delims, phi_lit(j->group.gs.code),
                    phi_lit(j->group.gs.version));
    if (!for_group(j))
        return;
    ack_gather_begin(&j->gather, &j->mem, &j->isa.delims);
    j->set = grow(j->set, j->group.sets_n, &j->set_room, sizeof *j->set);
    struct ack_set *s = &j->set[j->group.sets_n];
    *s = (struct ack_set){0};
    copy_word(s->st01, sizeof s->st01, seg_el(st, 1));
    copy_word(s->st02, sizeof s->st02, seg_el(st, 2));
    copy_word(s->st03, sizeof s->st03, seg_el(st, 3));
    j->found_n = j->unit_n = 0;
}

/* What a person finds the claim or payment by (CTX of the 999). */
static void note_unit(struct job *j, const struct edi_seg *seg)
{
    bool clm = seg_is(seg, "CLM");
    if (!clm && !(j->position == 3 && seg_is(seg, "TRN")))
        return;
    j->unit = grow(j->unit, j->unit_n, &j->unit_room, sizeof *j->unit);
    j->unit[j->unit_n++] = arena_phi(&j->mem, seg_el(seg, clm ? 1 : 2));
}

static void set_again(void *ctx, const struct edi_seg *st)
{
    struct job *j = ctx;
    (void)st;
    if (j->in_set)
        check_repeated(j->walk);
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct job *j = ctx;
    j->segments++;
    j->position++;
    if (j->rules && seg_is(seg, "TA1"))
        rules_ta1(j->rules, seg, (struct finding_sink){of_envelope, j});
    if (!j->in_set)
        return;
    if (j->report == REPORT_999)
        note_unit(j, seg);
    if (j->report == REPORT_277CA)
        ack_gather_segment(&j->gather, seg);
    check_segment(j->walk, seg);
}

/* What an accepted set came to, for the answer to its group. */
static void keep_set(struct job *j, bool accepted)
{
    struct ack_set *s = &j->set[j->group.sets_n];
    if (j->report == REPORT_277CA) {
        if (accepted && strcmp(s->st01, "837") == 0) {
            j->batch = grow(j->batch, j->batch_n, &j->batch_room, sizeof *j->batch);
            j->batch[j->batch_n++] = ack_gather_end(&j->gather, j->found, j->found_n);
        }
        return;
    }
    struct ack_finding *own = arena_alloc(&j->mem, (j->found_n + 1) * sizeof *own);
    if (j->found_n)
        memcpy(own, j->found, j->found_n * sizeof *own);
    s->findings = own;
    s->findings_n = j->found_n;
    j->group.sets_n++;
}

static void set_end(void *ctx, uint64_t end_off)
{
    struct job *j = ctx;
    (void)end_off;
    bool accepted = false;
    if (j->in_set) {
        /* The fault that ends an interchange in the middle of a set came before: it is told. */
        struct check_result r = j->isa_lost ? check_cut(j->walk) : check_end(j->walk);
        accepted = r.accepted;
        j->group_accepted += r.accepted;
        j->claims += r.claims;
    }
    j->in_set = false;
    if (for_group(j))
        keep_set(j, accepted);
}

int report_file(struct job *j, int fd, const char *path)
{
    static const struct envelope_events events = {.isa_begin = isa_begin,
                                                  .gs_begin = gs_begin,
                                                  .set_begin = set_begin,
                                                  .set_again = set_again,
                                                  .segment = segment,
                                                  .set_end = set_end,
                                                  .gs_end = gs_end,
                                                  .isa_end = isa_end,
                                                  .found = of_envelope};
    struct envelope_opts o = {.guides = j->check.guides,
                              .allow_alias = j->check.allow_alias,
                              .agreed = j->profiles ? agreed : NULL,
                              .agreed_ctx = j};
    uint64_t before = 0, after = 0;
    for (int s = SEV_EXCEPTION; s <= SEV_INTERCHANGE; s++)
        before += j->by_severity[s];
    j->path = path;
    j->files++;
    j->walk = check_new(&j->check, (struct finding_sink){in_set, j});
    j->fd = fd;
    j->seen = isa_log_new();
    struct scan *s = scan_fd(fd, 0);
    int code = envelope_read(s, &o, &events, j);
    scan_free(s);
    check_free(j->walk);
    isa_log_free(j->seen);
    flush(j);
    for (int k = SEV_EXCEPTION; k <= SEV_INTERCHANGE; k++)
        after += j->by_severity[k];
    if (code == EXIT_UNREADABLE)
        fprintf(stderr, "validate: \"%s\" holds no interchange\n", path);
    return exit_worse(code, after > before ? EXIT_FINDINGS : EXIT_DONE);
}

void report_summary(const struct job *j)
{
    fprintf(stderr,
            "validate: %" PRIu64 " file%s, %" PRIu64 " set%s (%" PRIu64 " accepted), %" PRIu64
            " claim%s, %" PRIu64 " segment%s",
            j->files, j->files == 1 ? "" : "s", j->sets, j->sets == 1 ? "" : "s", j->accepted,
            j->claims, j->claims == 1 ? "" : "s", j->segments, j->segments == 1 ? "" : "s");
    bool any = false;
    for (int s = SEV_INTERCHANGE; s >= SEV_WARNING; s--)
        if (j->by_severity[s]) {
            fprintf(stderr, "%s%" PRIu64 " %s", any ? ", " : "; findings: ", j->by_severity[s],
                    severity_name((enum severity)s));
            any = true;
        }
    fputs(any ? "\n" : "; nothing found\n", stderr);
}

void report_free(struct job *j)
{
    free(j->set);
    free(j->found);
    free(j->outer);
    free(j->unit);
    free(j->isa_found);
    free(j->batch);
    ack_gather_free(&j->gather);
    arena_free(&j->mem);
    arena_free(&j->isa_mem);
    buf_free(&j->answer);
    buf_free(&j->out);
}
