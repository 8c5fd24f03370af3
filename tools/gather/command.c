#include "tools/gather/command.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include "tools/gather/visits.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct command {
    const char *run, *reason, *word;
    bool all, json;
    struct visits *visits;
};

static const char usage[] =
    "usage: claimwire gather list --run DIR [--all] [--json]\n"
    "       claimwire gather drop N --reason TEXT --run DIR\n"
    "       claimwire gather --run DIR [--practice DIR] [--settle SECONDS]\n";

static void print(struct command *c, const struct visit *x)
{
    struct arena mem = {0};
    char came[TIME_TEXT];
    json_t *e = visits_joined(c->visits, x, &mem, NULL);
    int64_t late = visits_late(c->visits, x->n);
    time_text(x->came_us, came);
    if (c->json)
        printf("{\"number\":%" PRId64 ",\"state\":\"%s\",\"came\":\"%s\",\"lines\":%zu,"
               "\"waits_for\":\"%s\",\"late\":%" PRId64 ",\"after\":%" PRId64 "}\n",
               x->n, visit_state_name(x->state), came, json_array_size(json_object_get(e, "lines")),
               x->missing, late, x->after);
    else
        printf("%5" PRId64 "  %-9s %s  %zu lines%s%s%s\n", x->n, visit_state_name(x->state), came,
               json_array_size(json_object_get(e, "lines")), *x->missing ? ", waits for " : "",
               x->missing, late ? ", and messages came since" : "");
    json_decref(e);
    arena_free(&mem);
}

static int list(struct command *c)
{
    struct visit x = {0};
    while (visits_next(c->visits, x.n, -1, &x))
        if (c->all || x.state < VISIT_GIVEN || visits_late(c->visits, x.n))
            print(c, &x);
    return EXIT_DONE;
}

static int drop(struct command *c)
{
    struct visit x;
    char *end, subject[24];
    int64_t n = strtoll(c->word, &end, 10);
    if (*end || n < 1 || !visits_next(c->visits, n - 1, VISIT_WAITING, &x) || x.n != n) {
        fprintf(stderr, "gather: no visit \"%s\" waits\n", c->word);
        return EXIT_FINDINGS;
    }
    snprintf(subject, sizeof subject, "%" PRId64, n);
    audit(c->run, "gather", "drop", subject);
    visits_state(c->visits, n, VISIT_DROPPED);
    visits_commit(c->visits);
    return EXIT_DONE;
}

static bool options(struct command *c, int argc, char **argv)
{
    c->run = getenv("CLAIMWIRE_RUN");
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--run") == 0 && i + 1 < argc)
            c->run = argv[++i];
        else if (strcmp(argv[i], "--reason") == 0 && i + 1 < argc)
            c->reason = argv[++i];
        else if (strcmp(argv[i], "--all") == 0)
            c->all = true;
        else if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (*argv[i] == '-' || c->word)
            return false;
        else
            c->word = argv[i];
    }
    return c->run != NULL;
}

static int wrong(void)
{
    fputs(usage, stderr);
    return EXIT_USAGE;
}

int gather_command(int argc, char **argv)
{
    struct command c = {0};
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    bool lists = argc > 1 && strcmp(argv[1], "list") == 0;
    bool drops = argc > 1 && strcmp(argv[1], "drop") == 0;
    if (!lists && !drops)
        return -1;
    if (!options(&c, argc, argv) || (lists && c.word) ||
        (drops && (!c.word || !c.reason || !*c.reason)))
        return wrong();
    struct buf dir = {0};
    buf_printf(&dir, "%s/gather", c.run);
    c.visits = visits_open_existing(buf_cstr(&dir), c.run);
    buf_free(&dir);
    if (!c.visits) {
        fprintf(stderr, "gather: \"%s\" has kept no visit yet\n", c.run);
        return lists ? EXIT_DONE : EXIT_FINDINGS;
    }
    int code = lists ? list(&c) : drop(&c);
    visits_close(c.visits);
    return code;
}
