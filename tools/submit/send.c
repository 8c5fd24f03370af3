/* submit send: files that a person or a script sends now. */
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/wire/wire.h"
#include "common/wire/box.h"
#include "tools/submit/deliver.h"
#include "tools/submit/submit.h"
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 30, ISA15_AT = 102 };

struct send {
    const char *run, *to, *wires, *now_text;
    char *answers;
    bool json;
    int64_t now_us;
    const struct wire *wire;
    struct box *box;
    struct arena mem;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire submit send FILE... --to PARTNER --run DIR [--wires DIR]\n"
          "                             [--answers DIR] [--now TIME] [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* What has become of a file; rule and why are empty when it is there. */
static int say(const struct send *s, const struct box_row *r)
{
    struct buf b = {0}, answer = {0};
    const char *state = box_state_name(r->state);
    answer_name(r, &answer);
    bool came = false;
    if (r->state == BOX_DELIVERED) {
        struct buf path = {0};
        buf_printf(&path, "%s/%s", s->answers, buf_cstr(&answer));
        came = access(buf_cstr(&path), F_OK) == 0;
        buf_free(&path);
    }
    if (s->json) {
        buf_printf(&b, "{\"number\":%lld,\"state\":\"%s\",\"name\":", (long long)r->n, state);
        buf_json(&b, r->name);
        buf_puts(&b, ",\"answer\":");
        buf_json(&b, came ? buf_view(&answer) : phi_of("", 0));
        buf_puts(&b, ",\"rule\":");
        buf_json(&b, r->rule);
        buf_puts(&b, ",\"why\":");
        buf_json(&b, r->why);
        buf_putc(&b, '}');
    } else {
        buf_printf(&b, "%-9s  ", state);
        buf_phi(&b, r->name);
        if (came)
            buf_printf(&b, "  answer: %s", buf_cstr(&answer));
        if (r->rule.n)
            buf_printf(&b, "  %.*s: %.*s", (int)r->rule.n, r->rule.p, (int)r->why.n, r->why.p);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
    buf_free(&answer);
    return r->state == BOX_DELIVERED ? EXIT_DONE
           : r->state == BOX_HELD    ? EXIT_FINDINGS
                                     : EXIT_TRY_LATER;
}

static void go(struct send *s, const struct box_row *r)
{
    struct buf path = {0}, answer = {0};
    struct wire_fault f = {0};
    struct box_row now;
    enum wire_result rc = WIRE_DONE;
    box_path(s->box, &r->file, &path);
    box_answer_path(s->box, r, &answer);
    box_going(s->box, r->n, s->now_us);
    if (access(buf_cstr(&answer), F_OK) != 0)
        rc = wire_send(s->wire, arena_strndup(&s->mem, r->name.p, r->name.n), buf_cstr(&path),
                       buf_cstr(&answer), s->now_us, &f);
    if (!box_row(s->box, r->n, &s->mem, &now))
        BUG("a file that is sent has no row");
    if (rc == WIRE_DONE)
        deliver(s->box, &now, s->answers, s->now_us);
    else
        box_failed(s->box, r->n, rc == WIRE_WRONG,
                   s->now_us + wire_wait(s->wire, now.tries, false, &f) * 1000000, f.rule, f.why);
    buf_free(&path);
    buf_free(&answer);
}

/* What a death left in going may go again, once no process sends it. */
static bool may_go(const struct send *s, const struct box_row *r)
{
    int64_t least = r->gone_us ? r->gone_us + wire_least_pause(s->wire) * 1000000LL : 0;
    struct buf path = {0};
    box_path(s->box, &r->file, &path);
    bool free_now =
        r->state == BOX_WAITS || (r->state == BOX_GOES && !wire_sending(buf_cstr(&path)));
    buf_free(&path);
    return free_now && s->now_us >= r->next_us && s->now_us >= least;
}

static int refuse(const char *path, const char *why)
{
    fprintf(stderr, "submit: \"%s\": %s\n", path, why);
    return EXIT_FINDINGS;
}

/* Our copy first, then the row, which goes in the same transaction. */
static int64_t keep(struct send *s, const char *name, phi_str bytes)
{
    struct digest d = digest_of(bytes.p, bytes.n);
    struct buf path = {0};
    struct box_row r;
    box_path(s->box, &d, &path);
    if (access(buf_cstr(&path), F_OK) && fs_replace(buf_cstr(&path), bytes.p, bytes.n))
        die(EXIT_TRY_LATER, "cannot keep a file in \"%s\": %m", buf_cstr(&path));
    buf_free(&path);
    int64_t n =
        box_keep_plain(s->box, phi_lit(s->to), phi_lit(name), &d, (int64_t)bytes.n, s->now_us);
    if (n)
        return n;
    n = box_find(s->box, phi_lit(s->to), phi_lit(name));
    bool same = box_row(s->box, n, &s->mem, &r) && memcmp(r.file.b, d.b, DIGEST_LEN) == 0;
    return same ? n : 0;
}

static int send_file(struct send *s, const char *path)
{
    struct buf bytes = {0};
    struct box_row r;
    char *copy = xstrdup(path);
    const char *name = basename(copy);
    int code = EXIT_FINDINGS;
    int64_t n = 0;
    audit(s->run, "submit", "send", name);
    if (fs_read(path, FILE_MOST, &bytes))
        code = refuse(path, strerror(errno));
    else if (!wire_name_ok(name))
        code = refuse(path, "the name has characters that cannot stand with a partner");
    else if (bytes.len <= ISA15_AT || memcmp(bytes.p, "ISA", 3) != 0)
        code = refuse(path, "it is no X12 file: it does not begin with ISA");
    else if (bytes.p[ISA15_AT] != s->wire->usage)
        code = refuse(path, s->wire->usage == 'P' ? "it is for tests, and the wire for production"
                                                  : "it is for production, and the wire for tests");
    else if (!(n = keep(s, name, buf_view(&bytes))))
        code = refuse(path, "another file went to this partner under the same name");
    if (n && box_row(s->box, n, &s->mem, &r)) {
        if (may_go(s, &r))
            go(s, &r);
        box_commit(s->box);
        box_row(s->box, n, &s->mem, &r);
        code = say(s, &r);
    }
    free(copy);
    buf_free(&bytes);
    return code;
}

/* -1 when all is well, else the exit code. */
static int options(struct send *s, int argc, char **argv)
{
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'},   {"to", required_argument, NULL, 't'},
        {"wires", required_argument, NULL, 'w'}, {"answers", required_argument, NULL, 'a'},
        {"now", required_argument, NULL, 'n'},   {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},        {0}};
    const char *answers = NULL;
    const char **const to[] = {
        ['r'] = &s->run, ['t'] = &s->to, ['w'] = &s->wires, ['a'] = &answers, ['n'] = &s->now_text};
    int c;
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (c == 'h')
            return usage(stdout);
        if (c == '?')
            return usage(stderr);
        if (c == 'j')
            s->json = true;
        else
            *to[c] = optarg;
    }
    if (!s->run || !s->to || optind == argc)
        return usage(stderr);
    struct buf b = {0};
    buf_printf(&b, answers ? "%s" : "%s/fetch/in", answers ? answers : s->run);
    s->answers = xstrdup(buf_cstr(&b));
    buf_free(&b);
    return -1;
}

static void open_all(struct send *s)
{
    struct buf b = {0};
    s->now_us = time_wall_us();
    if (s->now_text && !time_parse(s->now_text, &s->now_us))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    const struct wires *w = wires_load(s->wires, &s->mem, &b);
    if (!w)
        die(EXIT_CONFIG, "%s", buf_cstr(&b));
    s->wire = wire_to(w, s->to, strlen(s->to));
    if (!s->wire)
        die(EXIT_CONFIG, "no wire leads to \"%s\" (%s)", s->to, s->wires);
    buf_clear(&b);
    buf_printf(&b, "%s/submit", s->run);
    s->box = box_open_existing(buf_cstr(&b)); /* a keeper may be at work in it */
    if (!s->box)
        s->box = box_open(buf_cstr(&b));
    buf_free(&b);
}

int submit_send(int argc, char **argv)
{
    struct send s = {.run = getenv("CLAIMWIRE_RUN"), .wires = "config/wires"};
    int code = options(&s, argc, argv);
    if (code >= 0)
        return code;
    open_all(&s);
    for (code = EXIT_DONE; optind < argc; optind++)
        code = exit_worse(code, send_file(&s, argv[optind]));
    box_close(s.box);
    arena_free(&s.mem);
    free(s.answers);
    return code;
}
