/*
 * NAME
 *     claimwire partner - the profiles of trading partners: list, show, check, compare
 *
 * SYNOPSIS
 *     claimwire partner list [--json]
 *     claimwire partner show [--json] NAME
 *     claimwire partner check
 *     claimwire partner diff [--json] A B
 *     claimwire partner due [--json] [--at TIME] NAME
 *
 * DESCRIPTION
 *     list    one line a partner: name, interchange id, payer ids, label
 *     show    the profile of NAME, as a profile file would say it
 *     check   reads all profiles, lays them over the guides and the rules, reads the lists and the
 *             enrollments, and says nothing when they can be used
 *     diff    in words what differs between two partners. Each may be a name, or a file such as an
 *             older version of a profile (NAME.partner)
 *     due     by the calendar of NAME: which day a file sent at TIME counts for, when its 999,
 *             277CA and 835 are due, and whether files are taken at that hour
 *
 * OPTIONS
 *     --partners DIR  folder of the profiles (default config/partners)
 *     --guides DIR    folder of the guides (default config/guides)
 *     --rules DIR     folder of the rules (default config/rules)
 *     --lists DIR     folder of the code lists that they use (default config/codes)
 *     --at TIME       2026-09-01T08:00:00Z (default: now)
 *     --json          for programs
 *     -h, --help      print the synopsis
 *
 * EXIT STATUS
 *     0 done, 1 (diff) the two differ, 64 wrong command line, 78 a profile, guide or rule cannot be
 *     used: file, line, column and reason are said
 *
 * EXAMPLES
 *     claimwire partner list
 *     claimwire partner show northpeak
 *     claimwire partner diff northpeak southvale
 */
#include "common/partner/calendar.h"
#include "common/partner/enroll.h"
#include "common/partner/profile.h"
#include "common/rules/rules.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

struct tool {
    const char *partners, *guides, *rules, *lists, *at;
    bool json;
    struct guide_set *set;
    struct profiles *all;
    struct profiles *file[2]; /* of diff, when a file is named */
};

static _Noreturn void usage(int code)
{
    fputs("usage: claimwire partner list [--json]\n"
          "       claimwire partner show [--json] NAME\n"
          "       claimwire partner check\n"
          "       claimwire partner diff [--json] A B\n"
          "       claimwire partner due [--json] [--at TIME] NAME\n",
          code ? stderr : stdout);
    exit(code);
}

static void print(struct buf *b)
{
    if (b->len)
        fwrite(b->p, 1, b->len, stdout);
    buf_free(b);
}

static const struct profile *need(struct tool *t, const char *name)
{
    const struct profile *p = profiles_find(t->all, phi_lit(name));
    if (!p)
        die(EXIT_USAGE, "there is no profile \"%s\" in \"%s\"", name, t->partners);
    return p;
}

/* --- list and show --- */

static void payers(const struct profile *p, struct buf *out, const char *between, bool json)
{
    const char *before = "";
    for (uint32_t i = 0; i < profile_lines(p); i++) {
        const struct profile_line *l = profile_line(p, i);
        for (uint32_t k = 0; strcmp(l->key, "payer") == 0 && k < l->n; k++) {
            buf_puts(out, before);
            if (json)
                buf_json(out, phi_lit(l->word[k]));
            else
                buf_puts(out, l->word[k]);
            before = between;
        }
    }
}

static void list_one(struct tool *t, const struct profile *p, struct buf *out)
{
    const struct profile_line *id = profile_get(p, "envelope", "id");
    struct buf ids = {0}, isa = {0};
    payers(p, &ids, ",", t->json);
    if (id)
        buf_printf(&isa, "%s/%s", id->word[0], id->word[1]);
    if (t->json) {
        buf_puts(out, "{\"partner\":");
        buf_json(out, phi_lit(profile_name(p)));
        buf_puts(out, ",\"id\":");
        buf_json(out, buf_view(&isa));
        buf_printf(out, ",\"payers\":[%s],\"label\":", buf_cstr(&ids));
        buf_json(out, phi_lit(profile_label(p)));
        buf_puts(out, "}\n");
    } else {
        buf_printf(out, "%-16s %-20s %-20s %s\n", profile_name(p), isa.len ? buf_cstr(&isa) : "-",
                   ids.len ? buf_cstr(&ids) : "-", profile_label(p));
    }
    buf_free(&ids);
    buf_free(&isa);
}

static int list(struct tool *t, char **args)
{
    struct buf out = {0};
    (void)args;
    for (uint32_t i = 0; i < profiles_count(t->all); i++)
        list_one(t, profiles_at(t->all, i), &out);
    print(&out);
    return EXIT_DONE;
}

static int show(struct tool *t, char **args)
{
    struct buf out = {0};
    const struct profile *p = need(t, args[0]);
    if (t->json) {
        profile_json(p, &out);
        buf_putc(&out, '\n');
    } else {
        profile_write(p, &out);
    }
    print(&out);
    return EXIT_DONE;
}

/* --- check --- */

static int check(struct tool *t, char **args)
{
    struct buf error = {0};
    (void)args;
    struct rules *r = rules_load_for(t->rules, t->lists, t->set, NULL, NULL, t->all, &error);
    struct enrollments *e = r ? enrollments_load(t->partners, &error) : NULL;
    if (!r || !e)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    enrollments_free(e);
    rules_free(r);
    return EXIT_DONE;
}

/* --- diff --- */

struct differ {
    struct tool *t;
    const struct profile *a, *b;
    struct buf out;
};

static void put_words(struct buf *out, const struct profile_difference *d,
                      const struct profile_line *l)
{
    if (!l) {
        buf_puts(out, "nothing said");
        return;
    }
    uint32_t from = *d->subject ? 1 : 0;
    if (from == l->n)
        buf_puts(out, "yes");
    for (uint32_t i = from; i < l->n; i++)
        buf_printf(out, "%s%s", i > from ? " " : "", l->word[i]);
}

static void in_words(struct differ *x, const struct profile_difference *d)
{
    struct buf *b = &x->out;
    if (d->guide)
        buf_printf(b, "%s ", d->guide);
    if (*d->subject)
        buf_printf(b, "%s ", d->subject);
    else if (strcmp(d->section, "lists") == 0)
        buf_printf(b, "list %s, ", d->key);
    buf_printf(b, "%s: %s %s", d->says, profile_name(x->a), "");
    put_words(b, d, d->a);
    buf_printf(b, "; %s ", profile_name(x->b));
    put_words(b, d, d->b);
    buf_putc(b, '\n');
}

static void json_side(struct buf *b, const char *key, const struct profile_line *l)
{
    buf_printf(b, ",\"%s\":", key);
    if (!l) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '[');
    for (uint32_t i = 0; i < l->n; i++) {
        buf_puts(b, i ? "," : "");
        buf_json(b, phi_lit(l->word[i]));
    }
    buf_putc(b, ']');
}

static void in_json(struct differ *x, const struct profile_difference *d)
{
    struct buf *b = &x->out;
    buf_puts(b, "{\"section\":");
    buf_json(b, phi_lit(d->section));
    buf_puts(b, ",\"key\":");
    buf_json(b, phi_lit(d->key));
    if (d->guide) {
        buf_puts(b, ",\"guide\":");
        buf_json(b, phi_lit(d->guide));
    }
    if (*d->subject) {
        buf_puts(b, ",\"subject\":");
        buf_json(b, phi_lit(d->subject));
    }
    buf_puts(b, ",\"says\":");
    buf_json(b, phi_lit(d->says));
    json_side(b, "a", d->a);
    json_side(b, "b", d->b);
    buf_puts(b, "}\n");
}

static void difference(void *ctx, const struct profile_difference *d)
{
    struct differ *x = ctx;
    if (x->t->json)
        in_json(x, d);
    else
        in_words(x, d);
}

/* A name, or a file: the same partner of another day. */
static const struct profile *side(struct tool *t, int which, const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    size_t n = strlen(base);
    if (n <= 8 || strcmp(base + n - 8, ".partner") != 0)
        return need(t, name);
    struct buf text = {0}, error = {0};
    char own[40];
    snprintf(own, sizeof own, "%.*s", (int)(n - 8 < 39 ? n - 8 : 39), base);
    if (fs_read(name, 1 << 20, &text))
        die(EXIT_CONFIG, "cannot read \"%s\": %s", name, strerror(errno));
    t->file[which] = profiles_parse(own, buf_view(&text), t->set, &error);
    if (!t->file[which])
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&text);
    return profiles_at(t->file[which], 0);
}

static int diff(struct tool *t, char **args)
{
    struct differ x = {.t = t, .a = side(t, 0, args[0]), .b = side(t, 1, args[1])};
    uint32_t n = profile_diff(x.a, x.b, difference, &x);
    print(&x.out);
    return n ? EXIT_FINDINGS : EXIT_DONE;
}

/* --- due --- */

static int due(struct tool *t, char **args)
{
    const struct profile *p = need(t, args[0]);
    struct buf out = {0};
    int64_t at = time_wall_us();
    if (t->at && !time_parse(t->at, &at))
        die(EXIT_USAGE, "--at is a time, as 2026-09-01T08:00:00Z");
    struct due d = calendar_due(p, at);
    char text[4][TIME_TEXT];
    const int64_t when[] = {d.counts_us, d.ack_us, d.claims_us, d.remit_us};
    static const char *const names[] = {"counts_for", "999", "277ca", "835"};
    static const char *const said[] = {"counts for the day of", "999 due", "277CA due", "835 due"};
    for (int i = 0; i < 4; i++) {
        calendar_local_text(p, when[i], text[i]);
        if (t->json)
            buf_printf(&out, "%s\"%s\":\"%s\"", i ? "," : "{", names[i], text[i]);
        else
            buf_printf(&out, "%-22s %s\n", said[i], text[i]);
    }
    bool takes = calendar_open(p, at);
    if (t->json)
        buf_printf(&out, ",\"open\":%s}\n", takes ? "true" : "false");
    else
        buf_printf(&out, "%-22s %s\n", "takes files then", takes ? "yes" : "no");
    print(&out);
    return EXIT_DONE;
}

static const struct {
    const char *name;
    int args;
    int (*run)(struct tool *t, char **args);
} COMMANDS[] = {
    {"list", 0, list}, {"show", 1, show}, {"check", 0, check}, {"diff", 2, diff}, {"due", 1, due}};

static void read_options(int argc, char **argv, struct tool *t)
{
    const char **to[] = {&t->partners, &t->guides, &t->rules, &t->lists, &t->at};
    static const struct option options[] = {
        {"partners", required_argument, NULL, 0}, {"guides", required_argument, NULL, 1},
        {"rules", required_argument, NULL, 2},    {"lists", required_argument, NULL, 3},
        {"at", required_argument, NULL, 4},       {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {0}};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c >= 0 && c < 5)
            *to[c] = optarg;
        else if (c == 'j')
            t->json = true;
        else
            usage(c == 'h' ? EXIT_DONE : EXIT_USAGE);
    }
}

static void load(struct tool *t)
{
    struct buf error = {0};
    t->set = guides_load(t->guides, &error);
    if (t->set)
        t->all = profiles_load(t->partners, t->set, &error);
    if (!t->all)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
}

int main(int argc, char **argv)
{
    struct tool t = {.partners = fs_shared("config/partners"),
                     .guides = fs_shared("config/guides"),
                     .rules = fs_shared("config/rules"),
                     .lists = fs_shared("config/codes")};
    int code = -1;
    log_open("partner");
    read_options(argc, argv, &t);
    int left = argc - optind - 1;
    for (size_t i = 0; left >= 0 && i < sizeof COMMANDS / sizeof *COMMANDS && code < 0; i++) {
        if (strcmp(argv[optind], COMMANDS[i].name) != 0 || COMMANDS[i].args != left)
            continue;
        load(&t);
        code = COMMANDS[i].run(&t, argv + optind + 1);
    }
    if (code < 0)
        usage(EXIT_USAGE);
    profiles_free(t.all);
    profiles_free(t.file[0]);
    profiles_free(t.file[1]);
    guides_free(t.set);
    return code;
}
