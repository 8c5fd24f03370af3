/* submit list, retry: for people, while the keeper runs or not. */
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "common/wire/box.h"
#include "tools/submit/submit.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct command {
    const char *run;
    bool json;
    char **words;
    int words_n;
    struct box *box;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire submit list --run DIR [--json]\n"
          "       claimwire submit retry NUMBER... --run DIR\n"
          "       claimwire submit send FILE... --to PARTNER --run DIR [--wires DIR]"
          " [--answers DIR] [--now TIME] [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static void json_row(struct buf *b, const struct box_row *r)
{
    char hex[DIGEST_HEX], t[TIME_TEXT];
    buf_printf(b, "{\"number\":%" PRId64 ",\"state\":\"%s\",\"partner\":", r->n,
               box_state_name(r->state));
    buf_json(b, r->partner);
    buf_puts(b, ",\"name\":");
    buf_json(b, r->name);
    buf_printf(b, ",\"file\":\"%s\",\"bytes\":%" PRId64 ",\"tries\":%" PRId64 ",\"came\":\"%s\"",
               digest_hex(&r->file, hex), r->bytes, r->tries, time_text(r->came_us, t));
    if (r->state == BOX_DELIVERED)
        buf_printf(b, ",\"delivered\":\"%s\"", time_text(r->delivered_us, t));
    else if (r->next_us)
        buf_printf(b, ",\"next\":\"%s\"", time_text(r->next_us, t));
    buf_puts(b, ",\"rule\":");
    buf_json(b, r->rule);
    buf_puts(b, ",\"why\":");
    buf_json(b, r->why);
    buf_putc(b, '}');
}

static void text_row(struct buf *b, const struct box_row *r)
{
    buf_printf(b, "%5" PRId64 "  %-9s %-12.*s %9" PRId64 " %5" PRId64 "  %.*s", r->n,
               box_state_name(r->state), (int)r->partner.n, r->partner.p, r->bytes, r->tries,
               (int)r->name.n, r->name.p);
    if (r->rule.n)
        buf_printf(b, "  %.*s: %.*s", (int)r->rule.n, r->rule.p, (int)r->why.n, r->why.p);
}

static int list(struct command *c)
{
    struct arena mem = {0};
    struct box_row r = {0};
    struct buf b = {0};
    if (!c->json && box_next(c->box, 0, -1, &mem, &r))
        printf("%5s  %-9s %-12s %9s %5s  %s\n", "no", "state", "partner", "bytes", "tries", "name");
    for (r.n = 0; box_next(c->box, r.n, -1, &mem, &r); buf_clear(&b)) {
        if (c->json)
            json_row(&b, &r);
        else
            text_row(&b, &r);
        puts(buf_cstr(&b));
        arena_clear(&mem);
    }
    buf_free(&b);
    arena_free(&mem);
    return EXIT_DONE;
}

static int retry(struct command *c)
{
    int code = EXIT_DONE;
    for (int i = 0; i < c->words_n; i++) {
        char *end;
        long long n = strtoll(c->words[i], &end, 10);
        bool good = end != c->words[i] && !*end;
        if (good) /* a word that is no number may be anything */
            audit(c->run, "submit", "retry", c->words[i]);
        if (good && box_retry(c->box, n)) {
            printf("%lld is tried again\n", n);
            continue;
        }
        fprintf(stderr, "submit: no file \"%s\" waits or is held\n", c->words[i]);
        code = EXIT_FINDINGS;
    }
    return code;
}

static bool options(struct command *c, int argc, char **argv)
{
    static const struct option known[] = {
        {"run", required_argument, NULL, 'r'}, {"json", no_argument, NULL, 'j'}, {0}};
    int o;
    c->run = getenv("CLAIMWIRE_RUN");
    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == 'r')
            c->run = optarg;
        else if (o == 'j')
            c->json = true;
        else
            return false;
    }
    c->words = argv + optind;
    c->words_n = argc - optind;
    return true;
}

static int run(int (*verb)(struct command *), bool wants_words, struct command *c)
{
    struct buf dir = {0};
    if (!c->run || wants_words != (c->words_n > 0))
        return usage(stderr);
    buf_printf(&dir, "%s/submit", c->run);
    c->box = box_open_existing(buf_cstr(&dir));
    buf_free(&dir);
    if (!c->box) {
        fprintf(stderr, "submit: \"%s\" has sent nothing yet\n", c->run);
        return wants_words ? EXIT_FINDINGS : EXIT_DONE;
    }
    int code = verb(c);
    box_close(c->box);
    return code;
}

int submit_command(int argc, char **argv)
{
    struct command c = {0};
    bool list_it = argc > 1 && strcmp(argv[1], "list") == 0;
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        usage(stdout);
    if (argc > 1 && strcmp(argv[1], "send") == 0)
        return submit_send(argc - 1, argv + 1);
    if (!list_it && (argc < 2 || strcmp(argv[1], "retry") != 0))
        return -1;
    if (!options(&c, argc - 1, argv + 1))
        return usage(stderr);
    return run(list_it ? list : retry, !list_it, &c);
}
