/*
 * Audit: the encounter as it was billed is coded again from its record; every difference is named,
 * with the money of the charge master (what is billed has its own charge).
 */
#include "tools/code/audit.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/code/note.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 1000 }; /* an institutional claim has 999 */

struct audit {
    struct encounter_coder *coder;
    bool json;
    struct buf out;
    int64_t encounters, codes, agreed, cents; /* cents: documented less billed */
    struct buf kept;                          /* lines of the accuracy file */
};
/* The encounter under way. */
struct one {
    phi_str enc, coder, payer;
    const struct remarks *remarks;
    int64_t codes, agreed, cents;
};

static phi_str get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v)) : phi_lit("");
}

static void short_line(const json_t *l, struct buf *out)
{
    json_t *m, *mods = json_object_get(l, "mods");
    size_t i;
    buf_phi(out, get(l, "code"));
    json_array_foreach(mods, i, m) buf_printf(out, "-%s", json_string_value(m));
    const json_t *u = json_object_get(l, "units");
    if (json_is_integer(u) && json_integer_value(u) != 1)
        buf_printf(out, "x%" PRId64, (int64_t)json_integer_value(u));
}

/* What a line costs: its own charge when it was billed so, else the charge master's. */
static int64_t worth(const struct audit *a, const struct one *x, const json_t *l, bool billed)
{
    const json_t *chg = json_object_get(l, "chg"), *u = json_object_get(l, "units");
    int64_t units = json_is_integer(u) ? json_integer_value(u) : 1, cents = 0;
    if (billed && json_is_integer(chg) && json_integer_value(chg) > 0)
        return json_integer_value(chg);
    if (!price_of(a->coder->practice, get(l, "code"), json_object_get(l, "mods"), x->payer,
                  get(l, "dos"), &cents) ||
        __builtin_mul_overflow(cents, units, &cents))
        return 0;
    return cents;
}

/* The rule that speaks of this code, for the reason. */
static const struct remark *reason_for(const struct one *x, phi_str billed, phi_str documented)
{
    const struct remark *found = NULL;
    for (size_t i = 0; i < x->remarks->n && !found; i++) {
        const struct remark *r = &x->remarks->at[i];
        if (r->decided && ((billed.n && (phi_is(billed, r->code) || phi_is(billed, r->other))) ||
                           (documented.n && phi_is(documented, r->code))))
            found = r;
    }
    return found;
}

static void difference(struct audit *a, struct one *x, const char *what, const struct buf *billed,
                       const struct buf *documented, const struct remark *why, int64_t cents)
{
    struct buf *b = &a->out;
    x->cents += cents;
    if (a->json) {
        buf_puts(b, "{\"enc\":");
        buf_json(b, x->enc);
        buf_puts(b, ",\"coder\":");
        buf_json(b, x->coder);
        buf_printf(b, ",\"what\":\"%s\",\"billed\":", what);
        buf_json(b, buf_view(billed));
        buf_puts(b, ",\"documented\":");
        buf_json(b, buf_view(documented));
        buf_printf(b, ",\"cents\":%" PRId64 ",\"rule\":\"%s\",\"why\":", cents,
                   why ? why->rule : "");
        buf_json(b, phi_lit(why ? why->text : ""));
        buf_puts(b, "}\n");
        return;
    }
    buf_phi(b, x->enc);
    buf_printf(b, "  %-9s ", what);
    buf_phi(b, billed->len ? buf_view(billed) : phi_lit("-"));
    buf_puts(b, " -> ");
    buf_phi(b, documented->len ? buf_view(documented) : phi_lit("-"));
    buf_puts(b, "  ");
    money_human(b, cents);
    if (why)
        buf_printf(b, "  %s: %s", why->rule, why->text);
    buf_putc(b, '\n');
}

static bool same_line(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "code"), json_object_get(b, "code")) &&
           json_equal(json_object_get(a, "mods"), json_object_get(b, "mods")) &&
           json_equal(json_object_get(a, "units"), json_object_get(b, "units"));
}

static bool same_code(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "code"), json_object_get(b, "code"));
}

/* Visits have 99 in front: a level that was changed is the same visit. */
static bool both_visits(const json_t *a, const json_t *b)
{
    phi_str x = get(a, "code"), y = get(b, "code");
    return x.n == 5 && y.n == 5 && memcmp(x.p, "99", 2) == 0 && memcmp(y.p, "99", 2) == 0;
}

struct pairing {
    const json_t *billed[LINES], *documented[LINES];
    int pair[LINES]; /* of each billed line: number of the documented one, -1: none */
    bool taken[LINES];
    size_t n, m;
};

static void match(struct pairing *p, bool (*same)(const json_t *, const json_t *))
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->m && p->pair[i] < 0; k++)
            if (!p->taken[k] && same(p->billed[i], p->documented[k])) {
                p->pair[i] = (int)k;
                p->taken[k] = true;
            }
}

static void pair_up(struct pairing *p, const json_t *was, const json_t *is)
{
    json_t *l;
    size_t i;
    *p = (struct pairing){.n = 0};
    json_array_foreach(was, i, l) if (p->n < LINES)
    {
        p->pair[p->n] = -1;
        p->billed[p->n++] = l;
    }
    json_array_foreach(is, i, l) if (p->m < LINES) p->documented[p->m++] = l;
    match(p, same_line);
    match(p, same_code);
    match(p, both_visits);
}

static void compare_lines(struct audit *a, struct one *x, const json_t *was, const json_t *is)
{
    struct pairing p;
    pair_up(&p, was, is);
    for (size_t i = 0; i < p.n; i++) {
        struct buf b = {0}, d = {0};
        const json_t *to = p.pair[i] < 0 ? NULL : p.documented[p.pair[i]];
        bool equal = to && same_line(p.billed[i], to);
        x->codes++;
        x->agreed += equal;
        short_line(p.billed[i], &b);
        if (to)
            short_line(to, &d);
        /* a modifier alone is not priced by itself unless the charge master says so */
        bool code_stays = to && same_code(p.billed[i], to);
        int64_t before = worth(a, x, p.billed[i], true),
                after = to ? worth(a, x, to, code_stays) : 0;
        if (!equal)
            difference(a, x, to ? "line" : "not due", &b, &d,
                       reason_for(x, get(p.billed[i], "code"), to ? get(to, "code") : phi_lit("")),
                       after - before);
        buf_free(&b);
        buf_free(&d);
    }
    for (size_t k = 0; k < p.m; k++) {
        struct buf none = {0}, d = {0};
        if (p.taken[k])
            continue;
        short_line(p.documented[k], &d);
        difference(a, x, "not billed", &none, &d, NULL, worth(a, x, p.documented[k], true));
        buf_free(&d);
    }
}

static bool has_code(const json_t *list, phi_str code)
{
    json_t *o;
    size_t i;
    json_array_foreach(list, i, o) if (phi_eq(get(o, "code"), code)) return true;
    return false;
}

static void compare_dx(struct audit *a, struct one *x, const json_t *was, const json_t *draft)
{
    json_t *d, *is = json_object_get(draft, "dx"), *said = json_object_get(draft, "said");
    size_t i;
    json_array_foreach(was, i, d)
    {
        struct buf b = {0}, none = {0};
        phi_str code = get(d, "code");
        bool agreed = has_code(is, code);
        x->codes++;
        x->agreed += agreed;
        buf_phi(&b, code);
        if (!agreed)
            difference(a, x, "diagnosis", &b, &none, reason_for(x, code, phi_lit("")), 0);
        buf_free(&b);
    }
    json_array_foreach(said, i, d)
    {
        struct buf b = {0}, none = {0};
        phi_str code = get(d, "code");
        bool missing =
            json_is_true(json_object_get(d, "sure")) && !has_code(is, code) && !has_code(was, code);
        buf_phi(&b, code);
        if (missing)
            difference(a, x, "diagnosis", &none, &b, NULL, 0);
        buf_free(&b);
    }
    json_array_foreach(is, i, d)
    {
        struct buf b = {0}, none = {0};
        phi_str code = get(d, "code");
        buf_phi(&b, code);
        if (!has_code(was, code) && !has_code(said, code))
            difference(a, x, "diagnosis", &none, &b, reason_for(x, phi_lit(""), code), 0);
        buf_free(&b);
    }
}

/* ---- a coder's accuracy ---- */

/* A line an encounter: digest of its name, coder, codes, agreed, cents. One that is there is
 * replaced. */
static void keep_one(struct audit *a, const struct one *x)
{
    char hex[DIGEST_HEX];
    struct digest d = digest_of(x->enc.p, x->enc.n);
    struct buf rest = {0};
    digest_hex(&d, hex);
    hex[32] = 0;
    for (size_t at = 0; at < a->kept.len;) {
        const char *nl = memchr(a->kept.p + at, '\n', a->kept.len - at);
        size_t end = nl ? (size_t)(nl - a->kept.p) + 1 : a->kept.len;
        if (end - at < 32 || memcmp(a->kept.p + at, hex, 32) != 0)
            buf_add(&rest, a->kept.p + at, end - at);
        at = end;
    }
    buf_printf(&rest, "%s\t", hex);
    buf_phi(&rest, x->coder.n ? x->coder : phi_lit("-"));
    buf_printf(&rest, "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", x->codes, x->agreed, x->cents);
    buf_free(&a->kept);
    a->kept = rest;
}

struct tally {
    char coder[64];
    int64_t encounters, codes, agreed, cents;
};

static void add_tally(struct tally *t, size_t *n, const char *coder, int64_t codes, int64_t agreed,
                      int64_t cents)
{
    size_t i = 0;
    while (i < *n && strcmp(t[i].coder, coder) != 0)
        i++;
    if (i == *n)
        snprintf(t[(*n)++].coder, sizeof t->coder, "%s", coder);
    t[i].encounters++;
    t[i].codes += codes;
    t[i].agreed += agreed;
    t[i].cents += cents;
}

static void print_accuracy(struct audit *a)
{
    size_t n = 0;
    char coder[64];
    int64_t codes, agreed, cents;
    char *save = NULL, *text = xstrdup(buf_cstr(&a->kept));
    size_t lines = 1;
    for (size_t i = 0; i < a->kept.len; i++)
        lines += a->kept.p[i] == '\n';
    struct tally *t = xcalloc(lines, sizeof *t); /* no more coders than encounters */
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
        if (sscanf(l, "%*32s\t%63[^\t]\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64, coder, &codes, &agreed,
                   &cents) == 4)
            add_tally(t, &n, coder, codes, agreed, cents);
    for (size_t i = 0; i < n; i++) {
        int64_t permille = t[i].codes ? t[i].agreed * 1000 / t[i].codes : 0;
        if (a->json) {
            printf("{\"accuracy\":");
            struct buf b = {0};
            buf_json(&b, phi_lit(t[i].coder));
            printf("%s,\"encounters\":%" PRId64 ",\"codes\":%" PRId64 ",\"agreed\":%" PRId64
                   ",\"permille\":%" PRId64 ",\"cents\":%" PRId64 "}\n",
                   buf_cstr(&b), t[i].encounters, t[i].codes, t[i].agreed, permille, t[i].cents);
            buf_free(&b);
        } else {
            struct buf m = {0};
            money_human(&m, t[i].cents);
            printf("coder %-12s %" PRId64 " encounters, %" PRId64 " of %" PRId64
                   " codes as documented (%" PRId64 ".%" PRId64 " %%), difference %s\n",
                   t[i].coder, t[i].encounters, t[i].agreed, t[i].codes, permille / 10,
                   permille % 10, buf_cstr(&m));
            buf_free(&m);
        }
    }
    free(t);
    free(text);
}

/* ---- files ---- */

static bool audit_one(struct audit *a, phi_str text, struct buf *error)
{
    struct coded coded;
    const char *why;
    json_error_t where;
    json_t *was = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &where);
    was = was ? crule_draft(was, &why) : NULL;
    if (!was || !encounter_code(a->coder, text, &coded, error)) {
        if (!was)
            buf_puts(error, "is no encounter (enc.v1)");
        json_decref(was);
        return false;
    }
    struct one x = {.enc = get(was, "enc"),
                    .coder = get(was, "coder"),
                    .payer = get(json_array_get(json_object_get(was, "cov"), 0), "payer"),
                    .remarks = &coded.findings};
    compare_dx(a, &x, json_object_get(was, "dx"), coded.draft);
    compare_lines(a, &x, json_object_get(was, "lines"), json_object_get(coded.draft, "lines"));
    a->encounters++;
    a->codes += x.codes;
    a->agreed += x.agreed;
    a->cents += x.cents;
    keep_one(a, &x);
    coded_free(&coded);
    json_decref(was);
    return true;
}

static int audit_file(struct audit *a, const char *path)
{
    struct buf text = {0}, error = {0};
    int rc = read_text(path, ENCOUNTERS_MOST_MB, &text), line = 0;
    for (size_t at = 0; rc == EXIT_DONE && at < text.len;) {
        const char *nl = memchr(text.p + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.len;
        line++;
        if (end > at && !audit_one(a, phi_of(text.p + at, end - at), &error)) {
            fprintf(stderr, "claimwire code: \"%s\" line %d %s\n", path, line, buf_cstr(&error));
            rc = EXIT_UNREADABLE;
        }
        at = end + 1;
    }
    buf_free(&text);
    buf_free(&error);
    return rc;
}

static void print_total(const struct audit *a)
{
    struct buf m = {0};
    money_human(&m, a->cents);
    if (a->json)
        printf("{\"total\":true,\"encounters\":%" PRId64 ",\"codes\":%" PRId64
               ",\"agreed\":%" PRId64 ",\"cents\":%" PRId64 "}\n",
               a->encounters, a->codes, a->agreed, a->cents);
    else
        printf("%" PRId64 " encounters, %" PRId64 " of %" PRId64
               " codes as documented, documented less billed %s\n",
               a->encounters, a->agreed, a->codes, buf_cstr(&m));
    buf_free(&m);
}

int audit_files(struct encounter_coder *c, char **file, int files, const char *keep, bool json)
{
    struct audit a = {.coder = c, .json = json};
    int rc = EXIT_DONE;
    if (files == 0)
        die(EXIT_USAGE, "audit wants a FILE of encounters");
    if (keep && fs_read(keep, 1 << 28, &a.kept) && errno != ENOENT)
        die(EXIT_TRY_LATER, "cannot read \"%s\": %s", keep, strerror(errno));
    for (int i = 0; i < files; i++)
        rc = exit_worse(rc, audit_file(&a, file[i]));
    fwrite(buf_cstr(&a.out), 1, a.out.len, stdout);
    if (rc == EXIT_DONE) {
        print_total(&a);
        print_accuracy(&a);
        if (keep && fs_replace(keep, a.kept.p, a.kept.len))
            die(EXIT_TRY_LATER, "cannot write \"%s\": %s", keep, strerror(errno));
        rc = a.out.len ? EXIT_FINDINGS : EXIT_DONE;
    }
    buf_free(&a.out);
    buf_free(&a.kept);
    return rc;
}
