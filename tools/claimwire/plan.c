/* From a pipeline file to a plan that can be started: what the file says against what the tools
 * say. */
#include "common/link/pipeline_read.h"
#include "common/util/fs.h"
#include "tools/claimwire/parts.h"
#include <errno.h>

enum { FILE_LIMIT = 1 << 20 };

const struct tool_info *plan_info(const struct plan *p, const struct pipeline_stage *s)
{
    return &p->info[s - p->pipeline.stages];
}

static bool describe_all(struct plan *p, struct buf *error)
{
    bool ok = true;
    struct pipeline *pl = &p->pipeline;
    p->info = arena_alloc(&pl->arena, pl->stages_n * sizeof *p->info);
    for (size_t i = 0; i < pl->stages_n; i++)
        if (!pl->stages[i].command)
            tool_ask(pl->stages[i].tool); /* all at once */
    for (size_t i = 0; i < pl->stages_n; i++) {
        const struct pipeline_stage *s = &pl->stages[i];
        struct buf why = {0};
        if (s->command) {
            p->info[i] = (struct tool_info){.name = "stage", .kind = TOOL_PASS, .any = true};
            if (!tool_exists("stage"))
                ok = pipeline_fault(pl, s->at, error,
                                    "stage \"%s\" is a command, and the tool "
                                    "\"stage\" that runs it is missing\n",
                                    s->name);
        } else if (!tool_describe(s->tool, &pl->arena, &p->info[i], &why)) {
            ok = pipeline_fault(pl, s->at, error, "stage \"%s\": %s\n", s->name, buf_cstr(&why));
        }
        buf_free(&why);
    }
    return ok;
}

static bool has_port(const struct tool_info *t, const char *port)
{
    if (t->any || t->open_ports || strcmp(port, "rejects") == 0)
        return true;
    for (const char **p = t->ports; *p; p++)
        if (strcmp(*p, port) == 0)
            return true;
    for (const char **p = t->may_ports; p && *p; p++)
        if (strcmp(*p, port) == 0)
            return true;
    return false;
}

static const struct pipeline_link *link_of(const struct pipeline_stage *s, const char *port)
{
    for (size_t i = 0; i < s->links_n; i++)
        if (strcmp(s->links[i].port, port) == 0)
            return &s->links[i];
    return NULL;
}

/* A stage that takes other stages' rejects is where refusals end: it needs no rejects itself. */
static bool takes_rejects(const struct pipeline *p, const struct pipeline_stage *s)
{
    for (size_t i = 0; i < p->stages_n; i++)
        for (size_t j = 0; j < p->stages[i].links_n; j++)
            if (!strcmp(p->stages[i].links[j].port, "rejects") &&
                !strcmp(p->stages[i].links[j].to, s->name))
                return true;
    return false;
}

static bool leads_nowhere(const struct pipeline *p, const struct pipeline_stage *s,
                          const char *port, struct buf *error)
{
    return pipeline_fault(p, s->at, error, "port \"%s\" of \"%s\" leads nowhere\n", port, s->name);
}

static bool ports_fit(const struct plan *p, const struct pipeline_stage *s, struct buf *error)
{
    const struct tool_info *t = plan_info(p, s);
    bool ok = true;
    for (size_t i = 0; i < s->links_n; i++)
        if (!has_port(t, s->links[i].port))
            ok = pipeline_fault(&p->pipeline, s->links[i].at, error, "\"%s\" has no port \"%s\"\n",
                                t->name, s->links[i].port);
    for (const char **port = t->ports; port && *port; port++)
        if (!link_of(s, *port))
            ok = leads_nowhere(&p->pipeline, s, *port, error);
    if (!link_of(s, "rejects") && !takes_rejects(&p->pipeline, s))
        ok = leads_nowhere(&p->pipeline, s, "rejects", error);
    return ok;
}

static bool settings_fit(const struct plan *p, const struct pipeline_stage *s, struct buf *error)
{
    const struct tool_info *t = plan_info(p, s);
    bool ok = true;
    for (size_t i = 0; i < s->settings_n && !t->any; i++) {
        const struct pipeline_setting *set = &s->settings[i];
        const struct tool_option *o = NULL;
        struct buf what = {0};
        for (size_t j = 0; j < t->options_n && !o; j++)
            if (strcmp(t->options[j].name, set->key) == 0)
                o = &t->options[j];
        if (!o)
            ok = pipeline_fault(&p->pipeline, set->at, error, "\"%s\" has no setting \"%s\"\n",
                                t->name, set->key);
        else if (!setting_fits(&o->kind, set->value, &what))
            ok = pipeline_fault(&p->pipeline, set->at, error, "setting \"%s\" is %s\n", set->key,
                                buf_cstr(&what));
        buf_free(&what);
    }
    return ok;
}

static bool has_giver(const struct pipeline *p, const struct pipeline_stage *s)
{
    if (s->connect)
        return true;
    for (size_t i = 0; i < p->stages_n; i++)
        for (size_t j = 0; j < p->stages[i].links_n; j++)
            if (strcmp(p->stages[i].links[j].to, s->name) == 0)
                return true;
    return false;
}

static bool kind_fits(const struct plan *p, const struct pipeline_stage *s, struct buf *error)
{
    const struct pipeline *pl = &p->pipeline;
    const struct tool_info *t = plan_info(p, s);
    bool fed = has_giver(pl, s);
    if (t->kind == TOOL_SOURCE && fed)
        return pipeline_fault(pl, s->at, error, "\"%s\" is a source: nothing may lead to it\n",
                              s->name);
    if (t->kind != TOOL_SOURCE && !fed)
        return pipeline_fault(pl, s->at, error, "nothing leads to stage \"%s\"\n", s->name);
    if (t->kind != TOOL_PASS && s->replicas > 1)
        return pipeline_fault(pl, s->at, error, "\"%s\" is a %s and runs as one process\n", s->name,
                              t->kind == TOOL_SOURCE ? "source" : "keeper");
    return true;
}

/* A source that something leads to has been refused by itself; it need not be said twice. */
static bool is_keeper(void *ctx, const struct pipeline_stage *s)
{
    return plan_info(ctx, s)->kind != TOOL_PASS;
}

static bool checks(struct plan *p, struct buf *error)
{
    bool ok = true;
    for (size_t i = 0; i < p->pipeline.stages_n; i++) {
        const struct pipeline_stage *s = &p->pipeline.stages[i];
        ok = ports_fit(p, s, error) && ok; /* each of them says its faults */
        ok = settings_fit(p, s, error) && ok;
        ok = kind_fits(p, s, error) && ok;
    }
    if (pipeline_cycle(&p->pipeline, is_keeper, p, error) < 0) {
        buf_putc(error, '\n');
        ok = false;
    }
    return ok;
}

struct visit {
    struct plan *p;
    bool *seen;
    size_t at; /* order is filled from its end: a stage goes before all that it leads to */
};

static void visit(struct visit *v, size_t i)
{
    const struct pipeline_stage *s = &v->p->pipeline.stages[i];
    /* Where refusals end comes last, also when it gives them back to who refused. */
    size_t links = takes_rejects(&v->p->pipeline, s) ? 0 : s->links_n;
    v->seen[i] = true;
    for (size_t j = 0; j < links; j++) {
        const struct pipeline_stage *to = pipeline_find(&v->p->pipeline, s->links[j].to);
        if (to && !v->seen[to - v->p->pipeline.stages])
            visit(v, (size_t)(to - v->p->pipeline.stages));
    }
    v->p->order[--v->at] = i;
}

static void put_in_order(struct plan *p)
{
    struct pipeline *pl = &p->pipeline;
    struct visit v = {p, arena_alloc(&pl->arena, pl->stages_n * sizeof *v.seen), pl->stages_n};
    p->order = arena_alloc(&pl->arena, pl->stages_n * sizeof *p->order);
    /* Sources last here, so that they come first in the order. */
    for (int sources = 0; sources < 2; sources++)
        for (size_t i = pl->stages_n; i-- > 0;)
            if (!v.seen[i] && (p->info[i].kind == TOOL_SOURCE) == (sources == 1))
                visit(&v, i);
}

int plan_parse(const char *path, phi_str text, struct plan *out, struct buf *error)
{
    *out = (struct plan){0};
    if (pipeline_parse(path, text, &out->pipeline, error) < 0) {
        buf_putc(error, '\n');
        return EXIT_CONFIG;
    }
    if (!describe_all(out, error) || !checks(out, error)) {
        plan_free(out);
        return EXIT_CONFIG;
    }
    put_in_order(out);
    return EXIT_DONE;
}

int plan_open(const char *path, struct plan *out, struct buf *error)
{
    struct buf text = {0};
    int rc = EXIT_CONFIG;
    *out = (struct plan){0};
    if (fs_read(path, FILE_LIMIT, &text) < 0)
        buf_printf(error, "%s:1:1: cannot read the file: %s\n", path, strerror(errno));
    else
        rc = plan_parse(path, buf_view(&text), out, error);
    buf_free(&text);
    return rc;
}

void plan_free(struct plan *p)
{
    pipeline_free(&p->pipeline);
    *p = (struct plan){0};
}
