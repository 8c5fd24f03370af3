/* remit835 --json: what is in an 835, line by line, without a pipeline. */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/remit835/era.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { FILE_LIMIT = 1 << 30 };

/* A file being printed. */
struct show {
    struct buf line;
    const char *path;
    bool values; /* --show */
    const struct edi_delims *d;
    uint32_t set, position, claim, service;
    int code;
};

static void begin(struct show *j, const char *segment, const struct edi_seg *seg)
{
    buf_clear(&j->line);
    buf_puts(&j->line, "{\"file\":");
    buf_json(&j->line, phi_lit(j->path));
    buf_printf(&j->line, ",\"offset\":%" PRIu64 ",\"set\":%u,\"segment\":\"%s\",\"position\":%u",
               seg->off, j->set, segment, j->position);
    if (j->claim)
        buf_printf(&j->line, ",\"claim\":%u", j->claim);
    if (j->service)
        buf_printf(&j->line, ",\"line\":%u", j->service);
}

static void end(struct show *j)
{
    puts(buf_cstr((buf_putc(&j->line, '}'), &j->line)));
}

static void member(struct show *j, const char *name, phi_str v)
{
    if (phi_empty(v))
        return;
    buf_printf(&j->line, ",\"%s\":", name);
    buf_json(&j->line, v);
}

/* An amount goes out as the payer wrote it, in a string: JSON numbers are floats to most readers. */
static void element(struct show *j, const char *name, const struct edi_seg *seg, uint32_t e)
{
    member(j, name, seg_el(seg, e));
}

/* A value that may be about a patient, a bank account or a trace. */
static void value(struct show *j, const char *name, const struct edi_seg *seg, uint32_t e)
{
    if (j->values)
        element(j, name, seg, e);
}

static void show_bpr(struct show *j, const struct edi_seg *seg)
{
    begin(j, "BPR", seg);
    element(j, "handling", seg, 1);
    element(j, "amount", seg, 2);
    element(j, "flag", seg, 3);
    element(j, "method", seg, 4);
    value(j, "date", seg, 16);
    end(j);
}

static void show_trn(struct show *j, const struct edi_seg *seg)
{
    if (!j->values)
        return;
    begin(j, "TRN", seg);
    value(j, "trace", seg, 2);
    value(j, "origin", seg, 3);
    end(j);
}

static void show_clp(struct show *j, const struct edi_seg *seg)
{
    j->claim++;
    j->service = 0;
    begin(j, "CLP", seg);
    value(j, "account", seg, 1);
    element(j, "status", seg, 2);
    element(j, "charge", seg, 3);
    element(j, "paid", seg, 4);
    element(j, "patient", seg, 5);
    element(j, "filing", seg, 6);
    value(j, "payer_control", seg, 7);
    end(j);
}

static void show_svc(struct show *j, const struct edi_seg *seg)
{
    phi_str what = seg_el(seg, 1);
    j->service++;
    begin(j, "SVC", seg);
    member(j, "qualifier", edi_part(what, j->d->comp, 1));
    member(j, "code", edi_part(what, j->d->comp, 2));
    for (uint32_t c = 3; c <= 6; c++) {
        static const char *const names[] = {"modifier1", "modifier2", "modifier3", "modifier4"};
        member(j, names[c - 3], edi_part(what, j->d->comp, c));
    }
    element(j, "charge", seg, 2);
    element(j, "paid", seg, 3);
    element(j, "units", seg, 5);
    member(j, "billed_code", edi_part(seg_el(seg, 6), j->d->comp, 2));
    end(j);
}

static void show_cas(struct show *j, const struct edi_seg *seg)
{
    for (uint32_t e = 2; e < seg->n && e <= 17; e += 3) {
        begin(j, "CAS", seg);
        element(j, "group", seg, 1);
        element(j, "reason", seg, e);
        element(j, "amount", seg, e + 1);
        element(j, "quantity", seg, e + 2);
        end(j);
    }
}

static void show_plb(struct show *j, const struct edi_seg *seg)
{
    j->claim = j->service = 0;
    for (uint32_t e = 3; e < seg->n && e <= 13; e += 2) {
        phi_str what = seg_el(seg, e);
        begin(j, "PLB", seg);
        value(j, "provider", seg, 1);
        value(j, "fiscal", seg, 2);
        member(j, "code", edi_part(what, j->d->comp, 1));
        if (j->values)
            member(j, "reference", edi_part(what, j->d->comp, 2));
        element(j, "amount", seg, e + 1);
        end(j);
    }
}

/* The set from `from` to `to` in the file, with the ISA and GS before it, is balanced. */
static void show_balance(struct show *j, phi_str file, phi_str isa, phi_str gs,
                         const struct edi_seg *se, uint64_t from)
{
    struct buf body = {0};
    struct era_count n;
    struct era_fault f = {0};
    buf_phi(&body, isa);
    buf_putc(&body, j->d->term);
    buf_phi(&body, gs);
    buf_putc(&body, j->d->term);
    buf_add(&body, file.p + from, se->off + seg_bytes(se).n - from);
    buf_putc(&body, j->d->term);
    bool ok = era_check(buf_view(&body), &n, &f);
    j->claim = j->service = 0;
    begin(j, "SE", se);
    buf_printf(&j->line, ",\"claims\":%u,\"adjustments\":%u,\"balances\":%s", n.claims,
               n.adjustments, ok ? "true" : "false");
    if (!ok) {
        j->code = EXIT_FINDINGS;
        buf_printf(&j->line, ",\"exception\":\"%s\",\"at\":\"%s\",\"at_position\":%u", f.rule,
                   f.segment, f.position);
        member(j, "rule", phi_lit(f.detail));
        member(j, "text", phi_lit(f.text));
    }
    end(j);
    buf_free(&body);
}

static void show_segment(struct show *j, const struct edi_seg *seg)
{
    static const struct {
        const char *id;
        void (*show)(struct show *j, const struct edi_seg *seg);
    } shows[] = {{"BPR", show_bpr}, {"TRN", show_trn}, {"CLP", show_clp},
                 {"SVC", show_svc}, {"CAS", show_cas}, {"PLB", show_plb}};
    for (size_t i = 0; i < sizeof shows / sizeof *shows; i++)
        if (seg_is(seg, shows[i].id))
            shows[i].show(j, seg);
}

static void show_fault(struct show *j, const struct scan_fault *f)
{
    fprintf(stderr, "remit835: %s: offset %" PRIu64 ": %s: %s\n", j->path, f->off, f->rule,
            f->text);
    j->code = exit_worse(j->code, EXIT_UNREADABLE);
}

static void show_file(struct show *j, phi_str file)
{
    struct scan *s = scan_memory(file.p, file.n);
    struct edi_seg seg;
    enum scan_event ev;
    phi_str isa = {0}, gs = {0};
    uint64_t from = 0;
    bool in = false;
    while ((ev = scan_next(s, &seg)) != SCAN_END) {
        if (ev == SCAN_FAULT) {
            show_fault(j, scan_fault(s));
            continue;
        }
        j->d = scan_delims(s);
        if (seg_is(&seg, "ISA"))
            isa = seg_bytes(&seg);
        else if (seg_is(&seg, "GS"))
            gs = seg_bytes(&seg);
        else if (seg_is(&seg, "ST")) {
            in = phi_is(seg_el(&seg, 1), "835");
            from = seg.off;
            j->set++;
            j->position = j->claim = j->service = 0;
        }
        j->position++;
        if (in)
            show_segment(j, &seg);
        if (in && seg_is(&seg, "SE"))
            show_balance(j, file, isa, gs, &seg, from), in = false;
    }
    scan_free(s);
}

int era_json(const char *path, bool show)
{
    struct show j = {.path = path, .values = show};
    struct buf file = {0};
    if (fs_read(path, FILE_LIMIT, &file) < 0) {
        fprintf(stderr, "remit835: cannot read \"%s\": %s\n", path, strerror(errno));
        j.code = EXIT_TRY_LATER;
    } else {
        show_file(&j, buf_view(&file));
    }
    buf_free(&file);
    buf_free(&j.line);
    return j.code;
}
