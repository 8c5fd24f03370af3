/*
 * NAME
 *     patient - looks patients up, and amends what is known of them
 *
 * SYNOPSIS
 *     claimwire patient find WORDS --run DIR [--json]
 *     claimwire patient show NUMBER --run DIR [--json]
 *     claimwire patient history NUMBER --run DIR [--json]
 *     claimwire patient amend NUMBER --run DIR --field F [--payer P] --value V --why TEXT --as WHO
 *         [--from DATE]
 *
 * DESCRIPTION
 *     Over what `registrar` keeps. `find` takes a last name, last and first name, a member id or the
 *     sender's reference, and prints the patients' numbers. `show` prints what holds now, each value
 *     with where it comes from; `history` every value that was ever said, with file digest, bytes and
 *     the days between which it holds. `amend` says a value of its own: the one before stays in the
 *     history, with who and why, and the amended one holds, whatever senders go on to say, until it is
 *     amended again. With --payer it is about the coverage by that payer.
 *
 *     Fields of a patient: last first middle dob sex line1 line2 city state zip reference. Of a
 *     coverage: member group relation rank plan status subscriber_last subscriber_first subscriber_dob.
 *
 *     Every look and every change is noted in RUN/audit.log, without a value.
 *
 * OPTIONS
 *     --field F    what is amended
 *     --payer P    of the coverage by this payer
 *     --value V    what it is
 *     --why TEXT   the reason
 *     --as WHO     who says so
 *     --from DATE  since when it holds, as 2026-09-03 (default: today)
 *     --json       one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 nobody is found, or nothing changes; 64 usage; 78 configuration; 111 try again later
 *
 * EXAMPLES
 *     claimwire patient find "TESTER ANNA" --run run
 */
#include "common/registrar/registrar.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOUND_MOST = 1000 };

struct command {
    const char *run, *field, *payer, *value, *why, *who, *from;
    bool json, history;
    const char *word;
    int64_t patient;
    struct registrar *r;
    struct buf out;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire patient find WORDS --run DIR [--json]\n"
          "       claimwire patient show|history NUMBER --run DIR [--json]\n"
          "       claimwire patient amend NUMBER --run DIR --field F [--payer P] --value V --why "
          "TEXT\n"
          "           --as WHO [--from DATE]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static void look(const struct command *c, const char *action)
{
    char n[24];
    snprintf(n, sizeof n, "%lld", (long long)c->patient);
    audit(c->run, "patient", action, c->patient ? n : "by name or number");
}

static int nobody(void)
{
    fputs("patient: nobody is known by that\n", stderr);
    return EXIT_FINDINGS;
}

static int find(struct command *c)
{
    static int64_t found[FOUND_MOST];
    look(c, "find");
    size_t n = c->r ? registrar_find(c->r, phi_lit(c->word), found, FOUND_MOST) : 0;
    for (size_t i = 0; i < n; i++)
        buf_printf(&c->out, c->json ? "{\"patient\":%lld}\n" : "%lld\n", (long long)found[i]);
    return n ? EXIT_DONE : nobody();
}

/* Control bytes of a sender never reach a terminal. */
static void clean(struct buf *b, phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(b, (unsigned char)s.p[i] < ' ' || s.p[i] == 127 ? '?' : s.p[i]);
}

static void json_value(struct command *c, const struct registrar_value *v)
{
    const struct {
        const char *key;
        phi_str value;
    } list[] = {{"payer", v->payer}, {"field", v->field}, {"value", v->value},
                {"from", v->from},   {"to", v->to},       {"source", v->source},
                {"who", v->who},     {"why", v->why},     {"file", v->file_hex}};
    char t[TIME_TEXT];
    buf_printf(&c->out, "{\"patient\":%lld", (long long)c->patient);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!phi_empty(list[i].value) && !(v->source.p[0] == 'p' && i == 8)) {
            buf_printf(&c->out, ",\"%s\":", list[i].key);
            buf_json(&c->out, list[i].value);
        }
    buf_printf(&c->out, ",\"off\":%lld,\"len\":%lld,\"at\":\"%s\",\"holds\":%s}\n",
               (long long)v->off, (long long)v->len, time_text(v->at_us, t),
               v->present ? "true" : "false");
}

static void text_value(struct command *c, const struct registrar_value *v)
{
    struct buf *b = &c->out;
    char t[TIME_TEXT];
    buf_printf(b, "%-10.*s %-16.*s ", (int)v->payer.n, v->payer.p, (int)v->field.n, v->field.p);
    clean(b, v->value);
    buf_printf(b, "  since %.*s", (int)v->from.n, v->from.p);
    if (!phi_empty(v->to))
        buf_printf(b, " until %.*s", (int)v->to.n, v->to.p);
    if (phi_is(v->source, "person")) {
        buf_printf(b, "  amended on %.10s by ", time_text(v->at_us, t));
        clean(b, v->who);
        buf_puts(b, ": ");
        clean(b, v->why);
    } else {
        buf_printf(b, "  from %.*s %.16s at %lld", (int)v->source.n, v->source.p, v->file_hex.p,
                   (long long)v->off);
    }
    buf_puts(b, c->history && v->present ? "  (holds)\n" : "\n");
}

static void value(void *ctx, const struct registrar_value *v)
{
    struct command *c = ctx;
    if (!c->history && !v->present)
        return;
    if (c->json)
        json_value(c, v);
    else
        text_value(c, v);
}

static int show(struct command *c)
{
    look(c, c->history ? "history" : "show");
    if (!c->r || !registrar_known(c->r, c->patient))
        return nobody();
    registrar_values(c->r, c->patient, value, c);
    return EXIT_DONE;
}

static int history(struct command *c)
{
    c->history = true;
    return show(c);
}

/* CCYYMMDD of --from, or of now. */
static void since(const struct command *c, int64_t now, char out[9])
{
    int32_t days;
    time_ccyymmdd(now, out);
    if (!c->from)
        return;
    snprintf(out, 9, "%.4s%.2s%.2s", c->from, strlen(c->from) == 10 ? c->from + 5 : "",
             strlen(c->from) == 10 ? c->from + 8 : "");
    if (!date_parse(phi_lit(out), &days))
        die(EXIT_USAGE, "--from is a day like 2026-09-03");
}

static int amend(struct command *c)
{
    char from[9];
    int64_t now = time_wall_us();
    if (!c->field || !c->value || !*c->value || !c->why || !*c->why || !c->who || !*c->who)
        return usage(stderr);
    if (!registrar_field(c->field, c->payer != NULL))
        die(EXIT_USAGE, "--field is none of a %s (claimwire patient --help, man page)",
            c->payer ? "coverage" : "patient");
    since(c, now, from);
    look(c, "amend");
    if (!c->r || !registrar_known(c->r, c->patient))
        return nobody();
    struct origin o = {
        .source = "person", .at_us = now, .who = phi_lit(c->who), .why = phi_lit(c->why)};
    bool changed = registrar_say(c->r, c->patient, phi_lit(c->payer ? c->payer : ""), c->field,
                                 phi_lit(c->value), phi_lit(from), phi_lit(""), &o);
    registrar_commit(c->r);
    if (!changed)
        fputs("patient: that is what was said before\n", stderr);
    return changed ? EXIT_DONE : EXIT_FINDINGS;
}

/* -1 when all is well, else the exit code. */
static int options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'},   {"field", required_argument, NULL, 'f'},
        {"payer", required_argument, NULL, 'p'}, {"value", required_argument, NULL, 'v'},
        {"why", required_argument, NULL, 'y'},   {"as", required_argument, NULL, 'a'},
        {"from", required_argument, NULL, 'd'},  {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},        {0}};
    const char **const word[] = {
        ['r'] = &c->run, ['f'] = &c->field, ['p'] = &c->payer, ['v'] = &c->value,
        ['y'] = &c->why, ['a'] = &c->who,   ['d'] = &c->from};
    int k;
    while ((k = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (k == 'h' || k == '?')
            return usage(k == 'h' ? stdout : stderr);
        if (k == 'j')
            c->json = true;
        else
            *word[k] = optarg;
    }
    if (!c->run || argc - optind != 2)
        return usage(stderr);
    c->word = argv[optind + 1];
    return -1;
}

static int (*verb_of(const char *name))(struct command *)
{
    static const struct {
        const char *name;
        int (*run)(struct command *c);
    } verbs[] = {{"find", find}, {"show", show}, {"history", history}, {"amend", amend}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return verbs[i].run;
    return NULL;
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN")};
    struct stat st;
    log_open("patient");
    int code = options(&c, argc, argv);
    if (code >= 0)
        return code;
    int (*verb)(struct command *) = verb_of(argv[optind]);
    if (!verb)
        return usage(stderr);
    if (stat(c.run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_USAGE, "there is no run directory \"%s\"", c.run);
    char *end = NULL;
    if (verb != find) {
        c.patient = strtoll(c.word, &end, 10);
        if (*end || c.patient <= 0)
            die(EXIT_USAGE, "a patient is named by the number that `find` prints");
    }
    c.r = registrar_open_existing(c.run);
    code = verb(&c);
    if (c.out.len && (fwrite(c.out.p, 1, c.out.len, stdout) != c.out.len || fflush(stdout)))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    buf_free(&c.out);
    registrar_close(c.r);
    return code;
}
