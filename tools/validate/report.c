#include "tools/validate/report.h"
#include "tools/validate/isa_log.h"

#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OUT_FLUSH = 64 << 10,
    UNIT_MOST = 35, /* of CTX01-2; what is longer is not said */
    UNIT_ROOM = UNIT_MOST + 1
};

static bool wants(const struct job *j, enum report_kind k)
{
    return j->report[k].wanted;
}

static void flush(struct report_out *o)
{
    if (o->text.len && fs_write_all(o->fd, o->text.p, o->text.len))
        die(EXIT_TRY_LATER, "cannot write the report: %s", strerror(errno));
    buf_clear(&o->text);
}

void report_open(struct job *j)
{
    for (int k = 0; k < REPORTS; k++) {
        struct report_out *o = &j->report[k];
        o->fd =
            o->path ? open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;
        if (o->wanted && o->fd < 0)
            die(EXIT_TRY_LATER, "cannot write \"%s\": %s", o->path, strerror(errno));
    }
    if (wants(j, REPORT_277CA))
        j->stream = ack_stream_new();
}

/* --- findings --- */

static void show_value(struct job *j, struct buf *out, const struct finding *f, bool json)
{
    size_t tail = json ? 2 : 1; /* "}\n" or "\n" goes behind the value */
    if (!j->show || !f->bad.n || out->len < tail)
        return;
    out->len -= tail;
    buf_puts(out, json ? ",\"value\":" : " value ");
    buf_json(out, f->bad);
    buf_puts(out, json ? "}\n" : "\n");
}

static void print(struct job *j, const struct finding *f)
{
    for (int k = REPORT_TEXT; k <= REPORT_JSON; k++) {
        struct report_out *o = &j->report[k];
        if (!o->wanted)
            continue;
        if (k == REPORT_JSON)
            finding_json(&o->text, j->path, f);
        else
            finding_text(&o->text, j->path, f, j->color);
        show_value(j, &o->text, f, k == REPORT_JSON);
        if (o->text.len > OUT_FLUSH)
            flush(o);
    }
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

/* CLM01 of a claim of the set, or the number of its payment. */
static phi_str unit_of(struct job *j, uint32_t number)
{
    struct spool_reader r = {.of = &j->units};
    const char *p = spool_at(&r, (uint64_t)number * UNIT_ROOM, UNIT_ROOM);
    phi_str v = arena_phi(&j->mem, phi_of(p + 1, (size_t)(unsigned char)p[0]));
    spool_reader_free(&r);
    return v;
}

/* Keeps a finding for the 999 of its group, which tells no warnings and nothing about claims. */
static void keep_found(struct job *j, const struct finding *f)
{
    if (f->severity < SEV_TRANSACTION)
        return;
    j->found = grow(j->found, j->found_n, &j->found_room, sizeof *j->found);
    struct ack_finding *to = &j->found[j->found_n++];
    *to = (struct ack_finding){0};
    keep(&j->mem, f, &to->f);
    if (f->claim && f->claim <= j->unit_n)
        to->unit = unit_of(j, f->claim - 1);
    else if (j->unit_n && strcmp(j->set[j->group.sets_n].st01, "837") != 0)
        to->unit = unit_of(j, 0);
}

/* A finding of a set. */
static void in_set(void *ctx, const struct finding *f)
{
    struct job *j = ctx;
    j->by_severity[f->severity]++;
    print(j, f);
    if (wants(j, REPORT_277CA))
        ack_stream_found(j->stream, f);
    if (wants(j, REPORT_999))
        keep_found(j, f);
}

/* A finding of an envelope. */
static void of_envelope(void *ctx, const struct finding *f)
{
    struct job *j = ctx;
    j->by_severity[f->severity]++;
    print(j, f);
    j->group_lost |= f->severity >= SEV_GROUP;
    j->isa_lost |= f->severity == SEV_INTERCHANGE;
    if (wants(j, REPORT_999) && f->severity != SEV_INTERCHANGE) {
        j->outer = grow(j->outer, j->outer_n, &j->outer_room, sizeof *j->outer);
        keep(&j->mem, f, &j->outer[j->outer_n++]);
    }
    if (wants(j, REPORT_TA1)) {
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
    for (int k = 0; k < REPORTS; k++)
        spool_cut(&j->report[k].answer, 0);
}

static struct ack_opts answer(struct job *j, enum report_kind k)
{
    return (struct ack_opts){
        .at_us = time_wall_us(), .control = ++j->report[k].answers, .bad_values = j->show};
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

static void send_answers(struct job *j)
{
    j->accepted += j->isa_accepted;
    for (int k = 0; k < REPORTS; k++) {
        struct report_out *o = &j->report[k];
        flush(o);
        if (spool_len(&o->answer) && spool_write(&o->answer, o->fd))
            die(EXIT_TRY_LATER, "cannot write the report: %s", strerror(errno));
    }
}

static void isa_end(void *ctx, const struct envelope_isa *isa)
{
    struct job *j = ctx;
    check_again(j, isa);
    if (j->rules && !j->isa_lost)
        rules_interchange(j->rules, isa, (struct finding_sink){of_envelope, j});
    if (!j->isa_lost)
        send_answers(j);
    if (!wants(j, REPORT_TA1))
        return;
    struct ack_opts o = answer(j, REPORT_TA1);
    ack_write_ta1(&j->report[REPORT_TA1].text, isa, j->isa_found, j->isa_n, &o);
    flush(&j->report[REPORT_TA1]);
}

/* Claims are answered of sets that stand. */
static void begin_claims(struct job *j)
{
    struct ack_opts o = answer(j, REPORT_277CA);
    j->ca = (struct ack_stream_out){.to = &j->report[REPORT_277CA].answer,
                                    .isa = &j->isa,
                                    .gs = &j->group.gs,
                                    .opts = {.at_us = o.at_us, .control = o.control}};
    j->ca_from = spool_len(j->ca.to);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct job *j = ctx;
    (void)seg;
    arena_clear(&j->mem);
    j->group = (struct ack_group){.gs = *gs};
    j->outer_n = 0;
    j->group_accepted = 0;
    j->group_lost = j->isa_lost;
    if (wants(j, REPORT_277CA) && !j->isa_lost)
        begin_claims(j);
}

static void answer_group(struct job *j)
{
    struct report_out *out = &j->report[REPORT_999];
    struct ack_opts o = answer(j, REPORT_999);
    struct buf text = {0};
    j->group.sets = j->set;
    j->group.findings = j->outer;
    j->group.findings_n = j->outer_n;
    ack_write_999(&text, &j->isa, &j->group, &o);
    spool_add(&out->answer, text.p, text.len);
    buf_free(&text);
}

static void gs_end(void *ctx, const struct envelope_gs *gs)
{
    struct job *j = ctx;
    if (!j->group_lost)
        j->isa_accepted += j->group_accepted;
    if (j->isa_lost)
        return;
    j->group.gs = *gs;
    if (wants(j, REPORT_277CA) && !j->group_lost)
        ack_stream_end(&j->ca);
    else if (wants(j, REPORT_277CA)) /* a group that falls takes its sets with it */
        spool_cut(j->ca.to, j->ca_from);
    if (wants(j, REPORT_999) && strcmp(gs->code, "FA") != 0) /* an answer is not answered */
        answer_group(j);
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
    if (wants(j, REPORT_277CA))
        ack_stream_begin(j->stream, &j->isa.delims);
    j->set = grow(j->set, j->group.sets_n, &j->set_room, sizeof *j->set);
    struct ack_set *s = &j->set[j->group.sets_n];
    *s = (struct ack_set){0};
    copy_word(s->st01, sizeof s->st01, seg_el(st, 1));
    j->claim_sets += strcmp(s->st01, "837") == 0;
    copy_word(s->st02, sizeof s->st02, seg_el(st, 2));
    copy_word(s->st03, sizeof s->st03, seg_el(st, 3));
    j->found_n = j->unit_n = 0;
    spool_cut(&j->units, 0);
}

/* What a person finds the claim or payment by (CTX of the 999). */
static void note_unit(struct job *j, const struct edi_seg *seg, char first)
{
    bool clm = first == 'C' && seg_is(seg, "CLM");
    if (!clm && !(first == 'T' && j->position == 3 && seg_is(seg, "TRN")))
        return;
    phi_str v = seg_el(seg, clm ? 1 : 2);
    char record[UNIT_ROOM] = {0};
    if (v.n <= UNIT_MOST) {
        record[0] = (char)v.n;
        memcpy(record + 1, v.p, v.n);
    }
    spool_add(&j->units, record, sizeof record);
    j->unit_n++;
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
    char first = seg->base[seg->start];
    j->segments++;
    j->position++;
    if (first == 'T' && j->rules && seg_is(seg, "TA1"))
        rules_ta1(j->rules, seg, (struct finding_sink){of_envelope, j});
    if (!j->in_set)
        return;
    if (wants(j, REPORT_999))
        note_unit(j, seg, first);
    if (wants(j, REPORT_277CA))
        ack_stream_segment(j->stream, seg);
    check_segment(j->walk, seg);
}

/* What a set came to, for the answers to its group. */
static void keep_set(struct job *j, bool accepted)
{
    struct ack_set *s = &j->set[j->group.sets_n];
    if (wants(j, REPORT_277CA) && accepted && !j->isa_lost && strcmp(s->st01, "837") == 0)
        ack_stream_write(j->stream, &j->ca);
    if (!wants(j, REPORT_999))
        return;
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
    for (int k = 0; k < REPORTS; k++)
        flush(&j->report[k]);
    for (int k = SEV_EXCEPTION; k <= SEV_INTERCHANGE; k++)
        after += j->by_severity[k];
    if (code == EXIT_UNREADABLE)
        fprintf(stderr, "validate: \"%s\" holds no interchange\n", path);
    return exit_worse(code, after > before ? EXIT_FINDINGS : EXIT_DONE);
}

/* What was not found out, so that "nothing found" does not say more than it knows. */
static void say_unlisted(const struct job *j)
{
    const char *system;
    for (uint32_t i = 0; j->run && (system = rules_run_unlisted(j->run, i)); i++)
        fprintf(stderr, "%s%s",
                i ? ", " : "validate: not in the starter table, and so not looked up: codes of ",
                system);
    if (j->run && rules_run_unlisted(j->run, 0))
        fputs("; claimwire codeset fetch and compile, or --codes, bring the official tables\n",
              stderr);
}

void report_summary(const struct job *j)
{
    say_unlisted(j);
    if (wants(j, REPORT_277CA) && j->sets && !j->claim_sets)
        fputs("validate: no 277CA is written: it answers claims, and no set here is an 837\n",
              stderr);
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
    free(j->isa_found);
    ack_stream_free(j->stream);
    spool_free(&j->units);
    for (int k = 0; k < REPORTS; k++) {
        struct report_out *o = &j->report[k];
        if (o->wanted && o->path && close(o->fd))
            die(EXIT_TRY_LATER, "cannot write \"%s\": %s", o->path, strerror(errno));
        spool_free(&o->answer);
        buf_free(&o->text);
    }
    arena_free(&j->mem);
    arena_free(&j->isa_mem);
}
