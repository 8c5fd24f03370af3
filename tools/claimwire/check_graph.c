/* claimwire check and claimwire graph. */
#include "tools/claimwire/parts.h"
#include <stdio.h>

static int open_or_say(const char *path, struct plan *plan)
{
    struct buf error = {0};
    int rc = plan_open(path, plan, &error);
    fputs(buf_cstr(&error), stderr);
    buf_free(&error);
    return rc;
}

int cmd_check(int argc, char **argv)
{
    static const char synopsis[] = "claimwire check PIPELINE...";
    int worst = EXIT_DONE;
    words_take(&argc, argv, NULL, synopsis);
    if (argc < 2)
        words_wrong(synopsis, "which pipeline file?");
    for (int i = 1; i < argc; i++) {
        struct plan plan;
        int rc = open_or_say(argv[i], &plan);
        if (rc == EXIT_DONE) {
            printf("%s: %zu stages, all ports lead somewhere\n", argv[i], plan.pipeline.stages_n);
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

int cmd_graph(int argc, char **argv)
{
    static const char synopsis[] = "claimwire graph PIPELINE";
    struct plan plan;
    words_take(&argc, argv, NULL, synopsis);
    if (argc != 2)
        words_wrong(synopsis, "which pipeline file?");
    int rc = open_or_say(argv[1], &plan);
    if (rc != EXIT_DONE)
        return rc;
    const struct pipeline *p = &plan.pipeline;
    printf("digraph \"%s\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
           "  edge [fontname=\"sans-serif\", fontsize=10];\n",
           p->name);
    for (size_t i = 0; i < p->stages_n; i++)
        node(&plan, &p->stages[i]);
    for (size_t i = 0; i < p->stages_n; i++)
        for (size_t j = 0; j < p->stages[i].links_n; j++)
            edge(&p->stages[i], &p->stages[i].links[j]);
    printf("}\n");
    plan_free(&plan);
    return EXIT_DONE;
}
