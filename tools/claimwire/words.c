/* Command lines of the front command's own commands. */
#include "tools/claimwire/parts.h"
#include <stdio.h>
#include <stdlib.h>

void words_wrong(const char *synopsis, const char *fmt, ...)
{
    va_list ap;
    fputs("claimwire: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nusage: %s\n", synopsis);
    exit(EXIT_USAGE);
}

static const struct word_option *find(const struct word_option *options, const char *word)
{
    size_t n = strcspn(word, "=");
    for (; options && options->name; options++)
        if (strlen(options->name) == n && memcmp(options->name, word, n) == 0)
            return options;
    return NULL;
}

/* Takes the option at argv[i]; returns how many words it used. */
static int take(const struct word_option *o, int argc, char **argv, int i, const char *synopsis)
{
    const char *equals = strchr(argv[i], '=');
    if (o->flag) {
        if (equals)
            words_wrong(synopsis, "--%s takes no value", o->name);
        *o->flag = true;
        return 1;
    }
    if (!equals && i + 1 >= argc)
        words_wrong(synopsis, "--%s needs a value", o->name);
    *o->value = equals ? equals + 1 : argv[i + 1];
    return equals ? 1 : 2;
}

void words_take(int *argc, char **argv, const struct word_option *options, const char *synopsis)
{
    int kept = 1, i = 1;
    while (i < *argc) {
        char *w = argv[i];
        if (strcmp(w, "--") == 0) {
            i++;
            break;
        }
        if (strcmp(w, "-h") == 0 || strcmp(w, "--help") == 0) {
            printf("usage: %s\n", synopsis);
            exit(EXIT_DONE);
        }
        if (w[0] != '-' || !w[1]) {
            argv[kept++] = argv[i++];
            continue;
        }
        const struct word_option *o = w[1] == '-' ? find(options, w + 2) : NULL;
        if (!o)
            words_wrong(synopsis, "unknown option \"%s\"", w);
        i += take(o, *argc, argv, i, synopsis);
    }
    while (i < *argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
}
