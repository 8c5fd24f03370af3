#include "common/link/setting.h"
#include "common/link/stage_private.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct stage_opt common_options[OPT_COMMON] = {
    [OPT_RUN] = {"run", NULL, "run directory (default: CLAIMWIRE_RUN)", false},
    [OPT_STAGE] = {"stage", NULL, "stage of RUN/pipeline.yaml to run as", false},
    [OPT_REPLICA] = {"replica", "1", "which of its replicas, from 1", false, 1, 9999},
    [OPT_REJECTS] = {"rejects", NULL, "as a filter: file for refused records", false},
    [OPT_PORT] = {"port", NULL, "as a filter: NAME=PATH, file for one port; may be repeated",
                  false},
    [OPT_CLOCK] = {"clock", NULL, "time that the pipeline's clock stands at", false},
    [OPT_WINDOW] = {"window", NULL, "frames in hand, 8 (keeper 16)", false, 1, 1024},
    [OPT_HOLD] = {"hold", "64", "frames given and not done, a link", false, 1, 100000},
    [OPT_POISON] = {"poison_deaths", "2", "deaths that condemn a record", false, 0, 1000},
    [OPT_HANDLER_LIMIT] = {"handler_limit", "30000", "ms that one record may take", false, 0,
                           86400000},
    [OPT_DRAIN_LIMIT] = {"drain_limit", "30000", "ms that draining may take", false, 0, 86400000},
    [OPT_HEARTBEAT] = {"heartbeat", "5000", "ms after which a silent peer is gone", false, 50,
                       600000},
    [OPT_LAST_WORDS] = {"last_words", "1000", "ms to wait for those of a dead taker", false, 0,
                        600000},
};

static size_t options_count(const struct stage_def *def)
{
    size_t n = 0;
    while (def->options && def->options[n].name)
        n++;
    return n;
}

static void print_options(const struct stage_opt *o, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("  --%-24s %s%s%s%s\n", o[i].name, o[i].help ? o[i].help : "",
               o[i].fallback ? " (default: " : "", o[i].fallback ? o[i].fallback : "",
               o[i].fallback ? ")" : "");
}

static _Noreturn void help(const struct stage *s)
{
    const char *args = s->def->args ? s->def->args : "";
    printf("usage: claimwire %s [OPTION]...%s%s\n", s->def->name, *args ? " " : "", args);
    printf("Frames on stdin and stdout, or a stage of a pipeline (--run DIR --stage NAME).\n");
    print_options(s->def->options, s->options_n);
    printf("every tool:\n");
    print_options(common_options, OPT_COMMON);
    fflush(stdout);
    _exit(EXIT_DONE); /* what is allocated goes with the process */
}

static void json_opt(struct buf *out, const struct stage_opt *o)
{
    buf_puts(out, "{\"name\":");
    buf_json(out, phi_lit(o->name));
    buf_puts(out, ",\"fallback\":");
    if (o->fallback)
        buf_json(out, phi_lit(o->fallback));
    else
        buf_puts(out, "null");
    buf_puts(out, ",\"help\":");
    buf_json(out, phi_lit(o->help ? o->help : ""));
    buf_puts(out, o->flag ? ",\"flag\":true" : ",\"flag\":false");
    if (o->most)
        buf_printf(out, ",\"least\":%ld,\"most\":%ld", o->least, o->most);
    if (o->words) {
        buf_puts(out, ",\"words\":");
        buf_json(out, phi_lit(o->words));
    }
    buf_puts(out, "}");
}

static void json_words(struct buf *out, const char *key, const char *const *words)
{
    buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; words && words[i]; i++) {
        buf_puts(out, i ? "," : "");
        buf_json(out, phi_lit(words[i]));
    }
    buf_puts(out, "]");
}

/* One JSON object for the runner: what may stand in a pipeline file about this tool. */
static _Noreturn void describe(const struct stage *s)
{
    static const char *const kinds[] = {"source", "stage", "keeper"};
    struct buf b = {0};
    buf_puts(&b, "{\"name\":");
    buf_json(&b, phi_lit(s->def->name));
    buf_printf(&b, ",\"kind\":\"%s\",\"version\":", kinds[s->def->kind]);
    buf_json(&b, phi_lit(s->def->version ? s->def->version : "1"));
    json_words(&b, "ports", s->def->ports);
    json_words(&b, "may_ports", s->def->may_ports);
    json_words(&b, "kinds", s->def->kinds);
    if (s->def->open_ports)
        buf_puts(&b, ",\"open_ports\":true");
    buf_puts(&b, ",\"options\":[");
    for (size_t i = 0; i < s->options_n; i++) {
        buf_puts(&b, i ? "," : "");
        json_opt(&b, &s->def->options[i]);
    }
    for (enum common_opt o = OPT_WINDOW; o < OPT_COMMON; o++) {
        buf_puts(&b, o > OPT_WINDOW || s->options_n ? "," : "");
        json_opt(&b, &common_options[o]);
    }
    buf_puts(&b, "]}\n");
    fputs(buf_cstr(&b), stdout);
    buf_free(&b);
    fflush(stdout);
    _exit(EXIT_DONE); /* what is allocated goes with the process */
}

/* Where the value of the option of this name goes, NULL when there is none; *opt: what it is.
 * A tool's own option comes before a common one of that name. */
static const char **slot(struct stage *s, const char *name, size_t n, const struct stage_opt **opt)
{
    for (size_t i = 0; i < s->options_n; i++)
        if (strlen(s->def->options[i].name) == n && !memcmp(s->def->options[i].name, name, n)) {
            *opt = &s->def->options[i];
            return &s->values[i];
        }
    for (int i = 0; i < OPT_COMMON; i++)
        if (strlen(common_options[i].name) == n && !memcmp(common_options[i].name, name, n)) {
            *opt = &common_options[i];
            return &s->common[i];
        }
    return NULL;
}

static void add_port(struct stage *s, const char *value)
{
    s->port_args = xrealloc(s->port_args, (s->port_args_n + 2) * sizeof *s->port_args);
    s->port_args[s->port_args_n++] = value;
    s->port_args[s->port_args_n] = NULL;
}

static bool fits(const struct stage_opt *o, const char *value, struct buf *what)
{
    return setting_fits(&(struct setting_kind){o->flag, o->least, o->most, o->words}, value, what);
}

/* Reads the option at argv[i]; returns the index of the last word that it took. */
static int read_option(struct stage *s, int argc, char **argv, int i)
{
    const char *word = argv[i] + 2, *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    const struct stage_opt *opt;
    struct buf what = {0};
    const char **into = slot(s, word, n, &opt);
    if (!into)
        die(EXIT_USAGE, "unknown option \"%s\" (see claimwire %s --help)", argv[i], s->def->name);
    if (opt->flag && equals)
        die(EXIT_USAGE, "option \"--%.*s\" takes no value", (int)n, word);
    if (!opt->flag && !equals && i + 1 >= argc)
        die(EXIT_USAGE, "option \"%s\" needs a value", argv[i]);
    const char *value = opt->flag ? "true" : equals ? equals + 1 : argv[++i];
    if (!fits(opt, value, &what))
        die(EXIT_USAGE, "option \"--%s\" is %s", opt->name, buf_cstr(&what));
    if (into == &s->common[OPT_PORT])
        add_port(s, value);
    *into = value;
    return i;
}

void options_read(struct stage *s, int argc, char **argv)
{
    char **words = xcalloc((size_t)argc + 1, sizeof *words);
    size_t n = 0;
    s->args = words;
    s->options_n = options_count(s->def);
    s->values = xcalloc(s->options_n + 1, sizeof *s->values);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            help(s);
        else if (strcmp(argv[i], "--describe") == 0)
            describe(s);
        else if (strcmp(argv[i], "--") == 0) {
            while (++i < argc)
                words[n++] = argv[i];
        } else if (strncmp(argv[i], "--", 2) == 0)
            i = read_option(s, argc, argv, i);
        else if (argv[i][0] == '-' && argv[i][1])
            die(EXIT_USAGE, "unknown option \"%s\" (see claimwire %s --help)", argv[i],
                s->def->name);
        else
            words[n++] = argv[i];
    }
    if (n && !s->def->args && s->def->kind != STAGE_SOURCE)
        die(EXIT_USAGE,
            "unexpected word: it takes none beside its options (see claimwire %s --help)",
            s->def->name);
    if (!s->common[OPT_RUN])
        s->common[OPT_RUN] = getenv("CLAIMWIRE_RUN");
    if (s->common[OPT_RUN] && !*s->common[OPT_RUN])
        s->common[OPT_RUN] = NULL;
}

void options_settings(struct stage *s)
{
    for (size_t i = 0; i < s->conf->settings_n; i++) {
        const struct pipeline_setting *set = &s->conf->settings[i];
        const struct stage_opt *opt;
        struct buf what = {0};
        const char **into = slot(s, set->key, strlen(set->key), &opt);
        if (!into && s->conf->command)
            continue; /* for the program, see stage_settings_to_env() */
        if (!into || into == &s->common[OPT_RUN] || into == &s->common[OPT_STAGE] ||
            into == &s->common[OPT_REPLICA] || into == &s->common[OPT_PORT] ||
            into == &s->common[OPT_REJECTS])
            die(EXIT_CONFIG, "%s:%d:%d: tool %s has no setting \"%s\"", s->pipeline.path,
                set->at.line, set->at.column, s->def->name, set->key);
        if (!fits(opt, set->value, &what))
            die(EXIT_CONFIG, "%s:%d:%d: setting \"%s\" is %s", s->pipeline.path, set->at.line,
                set->at.column, set->key, buf_cstr(&what));
        if (!*into && !(opt->flag && strcmp(set->value, "false") == 0))
            *into = set->value;
    }
}

static long number(const struct stage *s, const char *name, const char *text, long lo, long hi)
{
    long v;
    if (!setting_number(text, lo, hi, &v))
        die(s->conf ? EXIT_CONFIG : EXIT_USAGE, "option \"%s\" is a number from %ld to %ld", name,
            lo, hi);
    return v;
}

long option_int(const struct stage *s, enum common_opt o)
{
    const char *text = s->common[o] ? s->common[o] : common_options[o].fallback;
    return number(s, common_options[o].name, text, common_options[o].least, common_options[o].most);
}

/* What comes with the programs is looked for where they were installed. */
static const char *own_fallback(const struct stage *s, size_t i)
{
    const char *text = s->def->options[i].fallback;
    return text && strncmp(text, "config/", 7) == 0 ? (s->values[i] = fs_shared(text)) : text;
}

const char *stage_get(const struct stage *s, const char *name)
{
    for (size_t i = 0; i < s->options_n; i++)
        if (strcmp(s->def->options[i].name, name) == 0)
            return s->values[i] ? s->values[i] : own_fallback(s, i);
    BUG("a tool asks for an option that it does not have");
}

bool stage_on(const struct stage *s, const char *flag)
{
    const char *v = stage_get(s, flag);
    return v && strcmp(v, "true") == 0;
}

long stage_get_int(const struct stage *s, const char *name, long lo, long hi)
{
    return number(s, name, stage_get(s, name), lo, hi);
}

long stage_number(const struct stage *s, const char *name)
{
    for (size_t i = 0; i < s->options_n; i++)
        if (strcmp(s->def->options[i].name, name) == 0)
            return number(s, name, stage_get(s, name), s->def->options[i].least,
                          s->def->options[i].most);
    BUG("a tool asks for an option that it does not have");
}
