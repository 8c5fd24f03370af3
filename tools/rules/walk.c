/* A file through levels 1 to 7, for tests of rules and for `why`. */
#include "common/edi/envelope.h"
#include "tools/rules/edits.h"
#include "tools/rules/rules_tool.h"

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

struct pass {
    struct tool *t;
    struct check *check;
    struct finding_sink sink;
    const struct profiles *profiles;
    struct rules_run *run;
    struct envelope_isa isa;
    struct envelope_gs gs;
    bool lost;
};

static void isa_begin(void *ctx, const struct envelope_isa *isa, const struct edi_seg *seg)
{
    struct pass *p = ctx;
    (void)seg;
    p->isa = *isa;
    const struct profile *partner = profiles_of_isa(p->profiles, isa);
    struct check_terms terms = profile_terms(partner);
    check_agree(p->check, &terms);
    rules_run_sender(p->run, partner);
    rules_interchange(p->t->rules, isa, p->sink);
}

static void gs_begin(void *ctx, const struct envelope_gs *gs, const struct edi_seg *seg)
{
    struct pass *p = ctx;
    (void)seg;
    p->gs = *gs;
    p->lost = false;
}

static void set_begin(void *ctx, const struct edi_seg *st)
{
    struct pass *p = ctx;
    (void)st;
    if (!p->lost)
        check_begin(p->check, &p->isa.delims, phi_lit(p->gs.code), phi_lit(p->gs.version));
}

static void set_again(void *ctx, const struct edi_seg *st)
{
    struct pass *p = ctx;
    (void)st;
    if (!p->lost)
        check_repeated(p->check);
}

static void segment(void *ctx, const struct edi_seg *seg)
{
    struct pass *p = ctx;
    if (seg_is(seg, "TA1"))
        rules_ta1(p->t->rules, seg, p->sink);
    else if (!p->lost)
        check_segment(p->check, seg);
}

static void set_end(void *ctx, uint64_t end_off)
{
    struct pass *p = ctx;
    (void)end_off;
    if (!p->lost)
        check_end(p->check);
}

static void found(void *ctx, const struct finding *f)
{
    struct pass *p = ctx;
    p->lost |= f->severity >= SEV_GROUP;
    p->sink.found(p->sink.ctx, f);
}

int rules_walk(struct tool *t, struct scan *s, struct finding_sink sink)
{
    static const struct envelope_events events = {.isa_begin = isa_begin,
                                                  .gs_begin = gs_begin,
                                                  .set_begin = set_begin,
                                                  .set_again = set_again,
                                                  .segment = segment,
                                                  .set_end = set_end,
                                                  .found = found};
    struct rules_run *run = rules_run_new(t->rules, 0, t->today_us ? t->today_us : time_wall_us());
    struct check_opts o = {
        .guides = t->guides, .extended_charset = true, .watch = rules_run_watch(run)};
    struct envelope_opts e = {
        .guides = t->guides, .agreed = profiles_agreed, .agreed_ctx = t->profiles};
    struct pass p = {
        .t = t, .check = check_new(&o, sink), .sink = sink, .profiles = t->profiles, .run = run};
    int code = envelope_read(s, &e, &events, &p);
    check_free(p.check);
    rules_run_free(run);
    return code;
}

/* --- test --- */

/* 2026-10-01, so that fixtures do not grow old. */
static const int64_t TEST_DAY = 20727 * (int64_t)86400000000;

/* Rules with the tables that some fixtures go by; made once for each folder of tables. */
struct world {
    const char *name;
    struct tool t;
    struct world *more;
};
static struct world *worlds;

/* The tool as fixtures of that folder see it; ends the program when the folder cannot be used. */
static struct tool *world_of(struct tool *t, const char *name)
{
    if (!name)
        return t;
    struct world *w = worlds;
    while (w && strcmp(w->name, name) != 0)
        w = w->more;
    if (w)
        return &w->t;
    struct buf path = {0}, error = {0};
    w = xcalloc(1, sizeof *w);
    *w = (struct world){.name = name, .t = *t, .more = worlds};
    buf_printf(&path, "%s/facts/%s", t->fixtures, name);
    w->t.facts = facts_new();
    w->t.rules = NULL;
    if (facts_load(w->t.facts, buf_cstr(&path), &error))
        w->t.rules =
            rules_load_for(t->dir, t->lists, t->guides, t->codes, w->t.facts, t->profiles, &error);
    if (!w->t.rules)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    rules_starter(w->t.rules, t->starter);
    buf_free(&path);
    buf_free(&error);
    return &(worlds = w)->t;
}

static void end_worlds(void)
{
    while (worlds) {
        struct world *w = worlds;
        worlds = w->more;
        rules_free(w->t.rules);
        facts_free(w->t.facts);
        free(w);
    }
}

struct outcome {
    const struct rule_info *u;
    const char *also; /* what the facts of guides are told as, blank separated */
    enum severity severity;
    uint32_t own, others;
    const char *contradicts; /* what the finding has otherwise than the file of the rule */
    char other[12];
    uint32_t position; /* of the other */
};

/* The report is one of those of the file: "IK403:8|9" is IK403:8 or IK403:9, "*" any. */
static bool reported(const char *file, const char *told)
{
    size_t prefix = 0, n;
    const char *head = file;
    if (strcmp(file, "*") == 0)
        return *told != 0;
    for (const char *p = file;; p += n + 1) {
        n = strcspn(p, "|");
        const char *colon = memrchr(p, ':', n);
        if (colon) {
            head = p;
            prefix = (size_t)(colon - p) + 1;
        }
        size_t skip = colon ? prefix : 0;
        if (strncmp(told, head, prefix) == 0 && strlen(told) == prefix + n - skip &&
            memcmp(told + prefix, p + skip, n - skip) == 0)
            return true;
        if (!p[n])
            return false;
    }
}

static const char *contradiction(const struct outcome *o, const struct finding *f)
{
    if (f->severity != o->severity && !(o->u->severities >> f->severity & 1))
        return "it is told with another severity than its file says";
    if (f->level != o->u->level)
        return "it is told with another level than its file says";
    if (!reported(o->u->report, f->report))
        return "it is told with another report than its file says";
    return NULL;
}

static void count(void *ctx, const struct finding *f)
{
    struct outcome *o = ctx;
    bool own = strcmp(f->rule, o->u->id) == 0;
    if (own || (o->also && strstr(o->also, f->rule))) {
        o->own++;
        if (own && !o->contradicts)
            o->contradicts = contradiction(o, f);
    } else {
        o->others++;
        memcpy(o->other, f->rule, sizeof o->other);
        o->position = f->position;
    }
}

static bool base_file(struct tool *t, const char *name, struct buf *out)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", t->fixtures, name);
    int bad = fs_read(buf_cstr(&path), 1 << 20, out);
    buf_free(&path);
    return bad == 0;
}

/* What is wrong with what the rules say of a text; NULL: nothing. */
static const char *wrong(struct tool *t, const struct rule_info *u, bool fail, phi_str text,
                         struct outcome *o)
{
    *o = (struct outcome){.u = u, .severity = u->profiled ? u->checked : u->severity};
    if (u->by && u->why && u->why[0] == 'S')
        o->also = u->why;
    struct scan *s = scan_memory(text.p, text.n);
    rules_walk(t, s, (struct finding_sink){count, o});
    scan_free(s);
    return fail && !o->own   ? "the rule does not fire"
           : !fail && o->own ? "the rule fires"
           : o->contradicts  ? o->contradicts
           : o->others       ? "another rule fires:"
                             : NULL;
}

/* The same of the text with unrelated values changed, each time otherwise. */
static const char *wrong_varied(struct tool *t, const struct rule_info *u, bool fail, phi_str text,
                                struct outcome *o, uint32_t *seed)
{
    uint32_t own = o->own;
    const char *what = NULL;
    for (*seed = 1; !what && *seed <= t->vary; ++*seed) {
        struct buf varied = {0};
        edits_vary(text, *seed, t->facts, &varied);
        what = wrong(t, u, fail, buf_view(&varied), o);
        if (!what && o->own != own)
            what = "it is told another number of times";
        buf_free(&varied);
        if (what)
            return what;
    }
    *seed = 0;
    return what;
}

static bool fixture(struct tool *t, const struct rule_info *u, const struct rule_fixture *f)
{
    struct buf base = {0}, text = {0}, error = {0};
    struct outcome o = {0};
    const char *what = NULL;
    uint32_t seed = 0;
    t = world_of(t, u->facts);
    if (!base_file(t, f->base, &base))
        buf_printf(&error, "cannot read %s/%s", t->fixtures, f->base);
    else
        edits_apply(buf_view(&base), f->edits, &text, &error);
    if (!error.len && !(what = wrong(t, u, f->fail, buf_view(&text), &o)))
        what = wrong_varied(t, u, f->fail, buf_view(&text), &o, &seed);
    if (error.len || what)
        printf("%s:%d: %s: %s", u->path, f->line, u->id, what ? what : buf_cstr(&error));
    if (what && o.others)
        printf(" %s at segment %u", o.other, o.position);
    if (seed)
        printf(" (with other values, seed %u)", seed);
    if (error.len || what)
        putchar('\n');
    bool good = !error.len && !what;
    buf_free(&base);
    buf_free(&text);
    buf_free(&error);
    return good;
}

static bool asked(const char *id, char **ids)
{
    if (!*ids)
        return true;
    for (; *ids; ids++)
        if (strcmp(*ids, id) == 0)
            return true;
    return false;
}

/* A rule that is asked for and is not there. */
static uint32_t unknown(const struct tool *t, char **ids)
{
    uint32_t n = 0;
    for (; *ids; ids++) {
        uint32_t i = 0;
        while (i < rules_count(t->rules) && strcmp(rules_at(t->rules, i).id, *ids) != 0)
            i++;
        if (i < rules_count(t->rules))
            continue;
        fprintf(stderr, "rules: there is no rule \"%s\"\n", *ids);
        n++;
    }
    return n;
}

int rules_test(struct tool *t, char **ids)
{
    if (unknown(t, ids))
        return EXIT_USAGE;
    if (!t->today_us)
        t->today_us = TEST_DAY;
    uint32_t n = 0, bad = 0, rules = 0;
    for (uint32_t i = 0; i < rules_count(t->rules); i++) {
        struct rule_info u = rules_at(t->rules, i);
        if (!asked(u.id, ids) || (t->level && t->level != u.level))
            continue;
        rules += u.fixtures > 0;
        for (uint32_t k = 0; k < u.fixtures; k++, n++) {
            struct rule_fixture f = rules_fixture(t->rules, i, k);
            bad += !fixture(t, &u, &f);
        }
    }
    end_worlds();
    printf("%u rules, %u fixtures, %u wrong\n", rules, n, bad);
    return bad || !n ? EXIT_FINDINGS : EXIT_DONE;
}

/* --- why --- */

struct why {
    struct tool *t;
    const char *path;
    uint32_t n;
    struct buf line;
};

/* The line of validate --json; the value behind it when it may be shown. */
static void explain_json(struct why *w, const struct finding *f)
{
    buf_clear(&w->line);
    finding_json(&w->line, w->path, f);
    if (w->t->show && f->bad.n) {
        w->line.len -= 2; /* "}" and the newline */
        buf_puts(&w->line, ",\"value\":");
        buf_json(&w->line, f->bad);
        buf_puts(&w->line, "}\n");
    }
    fputs(buf_cstr(&w->line), stdout);
}

static void explain(void *ctx, const struct finding *f)
{
    struct why *w = ctx;
    if (w->t->level && f->level != w->t->level)
        return;
    w->n++;
    if (w->t->json) {
        explain_json(w, f);
        return;
    }
    buf_clear(&w->line);
    finding_element(&w->line, f);
    printf("%s:%" PRIu64 ": %s %s: %s%s%s%s%s at segment %u", w->path, f->offset, f->rule,
           severity_name(f->severity), f->loop, *f->loop ? "/" : "", f->segment,
           w->line.len ? "-" : "", buf_cstr(&w->line), f->position);
    if (f->claim)
        printf(", claim %u", f->claim);
    printf(": %s%s%s\n", f->text, *f->report ? "; told as " : "", f->report);
    if (!w->t->show || !f->bad.n)
        return;
    buf_clear(&w->line);
    buf_json(&w->line, f->bad);
    printf("    value %s\n", buf_cstr(&w->line));
}

int rules_why(struct tool *t, char **files)
{
    struct why w = {.t = t};
    int code = EXIT_DONE;
    for (; *files; files++) {
        int fd = strcmp(*files, "-") == 0 ? STDIN_FILENO : open(*files, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            fprintf(stderr, "rules: cannot read \"%s\": %s\n", *files, strerror(errno));
            code = EXIT_UNREADABLE;
            continue;
        }
        w.path = *files;
        struct scan *s = scan_fd(fd, 0);
        int read = rules_walk(t, s, (struct finding_sink){explain, &w});
        code = exit_worse(code, read == EXIT_FINDINGS ? EXIT_DONE : read);
        scan_free(s);
        if (fd != STDIN_FILENO)
            close(fd);
    }
    buf_free(&w.line);
    return exit_worse(code, w.n ? EXIT_FINDINGS : EXIT_DONE);
}
