#include "common/ledger/ask.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static _Noreturn void wrong(const char *tool, const char *synopsis, const char *why,
                            const char *what)
{
    fprintf(stderr, "%s: %s \"%s\"\nusage: %s", tool, why, what, synopsis);
    exit(EXIT_USAGE);
}

/* Not the word itself: it may be a name, and errors are kept in logs. */
static _Noreturn void word_too_many(const char *tool, const char *synopsis, int words)
{
    fprintf(stderr,
            "%s: unexpected word: it takes %d beside its options, and this is number %d\nusage: %s",
            tool, words, words + 1, synopsis);
    exit(EXIT_USAGE);
}

static bool *flag_of(struct ask *a, const char *name)
{
    const struct {
        const char *name;
        bool *at;
    } flags[] = {{"json", &a->json},
                 {"show", &a->show},
                 {"exceptions", &a->exceptions},
                 {"quick", &a->quick},
                 {"life", &a->life}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].name, name) == 0)
            return flags[i].at;
    return NULL;
}

void ask(int argc, char **argv, const char *tool, const char *synopsis, const char *flags,
         int words, struct ask *a)
{
    struct stat st;
    *a = (struct ask){.run = getenv("CLAIMWIRE_RUN"), .words = argv + 1};
    log_open(tool);
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i];
        if (strcmp(w, "-h") == 0 || strcmp(w, "--help") == 0) {
            printf("usage: %s", synopsis);
            exit(EXIT_DONE);
        }
        if (strcmp(w, "--run") == 0 && i + 1 < argc)
            a->run = argv[++i];
        else if (strncmp(w, "--run=", 6) == 0)
            a->run = w + 6;
        else if (strncmp(w, "--", 2) == 0 && w[2] && strstr(flags, w + 2) && flag_of(a, w + 2))
            *flag_of(a, w + 2) = true;
        else if (w[0] == '-' && w[1])
            wrong(tool, synopsis, "unknown option", w);
        else
            a->words[a->words_n++] = argv[i];
    }
    a->words[a->words_n] = NULL;
    if (a->words_n > words)
        word_too_many(tool, synopsis, words);
    if (a->words_n < words)
        wrong(tool, synopsis, "a word is missing behind", tool);
    if (!a->run || !*a->run)
        wrong(tool, synopsis, "which run directory? give", "--run DIR");
    if (stat(a->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", a->run);
    a->l = ledger_open_ro(a->run, NULL);
}
