/* claimwire check and claimwire graph. */
#include "tools/claimwire/parts.h"
#include <jansson.h>
#include <stdio.h>

static void print_json(json_t *o)
{
    json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

/* One line of a fault, FILE:LINE:COLUMN: TEXT. */
static void fault_json(const char *file, const char *line, size_t n)
{
    int row = 1, column = 1, at = 0;
    size_t skip = strlen(file);
    if (n > skip && sscanf(line + skip, ":%d:%d: %n", &row, &column, &at) < 2)
        at = 0;
    skip = at ? skip + (size_t)at : 0;
    print_json(json_pack("{s:s, s:i, s:i, s:o}", "file", file, "line", row, "column", column,
                         "text", json_stringn(line + skip, n - skip)));
}

static void say_faults(const char *file, const struct buf *error, bool as_json)
{
    const char *p = error->p, *end = p + error->len;
    if (!as_json)
        fwrite(p ? p : "", 1, error->len, stderr);
    while (as_json && p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl)
            nl = end;
        fault_json(file, p, (size_t)(nl - p));
        p = nl + 1;
    }
}

static int open_or_say(const char *path, struct plan *plan, bool as_json)
{
    struct buf error = {0};
    int rc = plan_open(path, plan, &error);
    buf_cstr(&error);
    say_faults(path, &error, as_json);
    buf_free(&error);
    return rc;
}

static void say_good(const char *path, const struct plan *plan, bool as_json)
{
    const struct pipeline *p = &plan->pipeline;
    if (as_json)
        print_json(json_pack("{s:s, s:s, s:I, s:b}", "file", path, "pipeline", p->name, "stages",
                             (json_int_t)p->stages_n, "ok", 1));
    else
        printf("%s: %zu stages, all ports lead somewhere\n", path, p->stages_n);
}

int cmd_check(int argc, char **argv)
{
    static const char synopsis[] = "claimwire check [--json] PIPELINE...";
    int worst = EXIT_DONE;
    bool as_json = false;
    const struct word_option options[] = {{"json", NULL, &as_json}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc < 2)
        words_wrong(synopsis, "which pipeline file?");
    for (int i = 1; i < argc; i++) {
        struct plan plan;
        int rc = open_or_say(argv[i], &plan, as_json);
        if (rc == EXIT_DONE) {
            say_good(argv[i], &plan, as_json);
            plan_free(&plan);
        }
        worst = exit_worse(worst, rc);
    }
    return worst;
}

static void node(const struct plan *p, const struct pipeline_stage *s)
{
    static const char *const shape[] = {
        [TOOL_SOURCE] = "cds", [TOOL_PASS] = "box", [TOOL_KEEPER] = "cylinder"};
    static const char *const fill[] = {
        [TOOL_SOURCE] = "#fff2cc", [TOOL_PASS] = "#dae8fc", [TOOL_KEEPER] = "#d5e8d4"};
    enum tool_kind k = plan_info(p, s)->kind;
    printf("  \"%s\" [shape=%s, style=filled, fillcolor=\"%s\", label=\"%s", s->name, shape[k],
           fill[k], s->name);
    if (s->tool && strcmp(s->tool, s->name) != 0)
        printf("\\n(%s)", s->tool);
    if (s->command)
        printf("\\n(a command)");
    if (s->replicas > 1)
        printf("\\nx %d", s->replicas);
    if (k == TOOL_KEEPER)
        printf("\\nRUN/%s/", s->name);
    if (s->listen)
        printf("\\n%s", s->listen);
    printf("\"];\n");
}

static void edge(const struct pipeline_stage *s, const struct pipeline_link *l)
{
    bool rejects = strcmp(l->port, "rejects") == 0;
    printf("  \"%s\" -> \"%s\" [label=\"%s\"%s];\n", s->name, l->to, l->port,
           rejects ? ", style=dashed, color=\"#b85450\", fontcolor=\"#b85450\", weight=0" : "");
}

static void graph_json(const struct plan *plan)
{
    static const char *const kind[] = {
        [TOOL_SOURCE] = "source", [TOOL_PASS] = "stage", [TOOL_KEEPER] = "keeper"};
    const struct pipeline *p = &plan->pipeline;
    json_t *stages = json_array(), *links = json_array();
    for (size_t i = 0; i < p->stages_n; i++) {
        const struct pipeline_stage *s = &p->stages[i];
        json_array_append_new(stages,
                              json_pack("{s:s, s:s, s:s, s:i}", "stage", s->name, "kind",
                                        kind[plan_info(plan, s)->kind], "tool",
                                        s->command ? "stage" : s->tool, "replicas", s->replicas));
        for (size_t j = 0; j < s->links_n; j++)
            json_array_append_new(links, json_pack("{s:s, s:s, s:s}", "from", s->name, "port",
                                                   s->links[j].port, "to", s->links[j].to));
    }
    print_json(json_pack("{s:s, s:o, s:o}", "pipeline", p->name, "stages", stages, "links", links));
}

static void graph_dot(const struct plan *plan)
{
    const struct pipeline *p = &plan->pipeline;
    printf("digraph \"%s\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
           "  edge [fontname=\"sans-serif\", fontsize=10];\n",
           p->name);
    for (size_t i = 0; i < p->stages_n; i++)
        node(plan, &p->stages[i]);
    for (size_t i = 0; i < p->stages_n; i++)
        for (size_t j = 0; j < p->stages[i].links_n; j++)
            edge(&p->stages[i], &p->stages[i].links[j]);
    printf("}\n");
}

int cmd_graph(int argc, char **argv)
{
    static const char synopsis[] = "claimwire graph [--json] PIPELINE";
    struct plan plan;
    bool as_json = false;
    const struct word_option options[] = {{"json", NULL, &as_json}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 2)
        words_wrong(synopsis, "which pipeline file?");
    int rc = open_or_say(argv[1], &plan, as_json);
    if (rc != EXIT_DONE)
        return rc;
    if (as_json)
        graph_json(&plan);
    else
        graph_dot(&plan);
    plan_free(&plan);
    return EXIT_DONE;
}
