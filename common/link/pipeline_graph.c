/* What the stages of a pipeline file say about each other: takers and cycles. */
#include "common/link/pipeline.h"
#include "common/link/pipeline_read.h"

/*
 * A giver that listens on tcp has exactly one link that leaves this host: one endpoint is one
 * ROUTER, and a name that is mistyped elsewhere is still found.
 */
static bool takers_exist(const struct pipeline *p, const struct pipeline_stage *s,
                         struct buf *error)
{
    const struct pipeline_link *away = NULL;
    for (size_t i = 0; i < s->links_n; i++) {
        const struct pipeline_link *l = &s->links[i];
        if (pipeline_find(p, l->to))
            continue;
        if (!s->listen)
            return pipeline_fault(p, l->at, error,
                                  "port \"%s\" of \"%s\" leads to \"%s\", "
                                  "which is no stage of this file",
                                  l->port, s->name, l->to);
        if (away)
            return pipeline_fault(p, l->at, error,
                                  "\"%s\" is no stage of this file, and the tcp "
                                  "endpoint of \"%s\" serves \"%s\" already",
                                  l->to, s->name, away->to);
        away = l;
    }
    if (s->listen && !away)
        return pipeline_fault(p, s->at, error,
                              "stage \"%s\" listens on tcp, but none of its "
                              "links leads to a stage of another host",
                              s->name);
    return true;
}

struct walk {
    const struct pipeline *p;
    bool (*keeps)(void *ctx, const struct pipeline_stage *s);
    void *ctx;
    unsigned char *state; /* of each stage: 0 new, 1 on the path, 2 finished */
    struct buf *error;
};

static bool walk(struct walk *w, const struct pipeline_stage *s)
{
    size_t me = (size_t)(s - w->p->stages);
    w->state[me] = 1;
    for (size_t i = 0; i < s->links_n; i++) {
        const struct pipeline_stage *to = pipeline_find(w->p, s->links[i].to);
        if (!to || w->keeps(w->ctx, to))
            continue;
        unsigned char seen = w->state[to - w->p->stages];
        if (seen == 1)
            return pipeline_fault(w->p, s->links[i].at, w->error,
                                  "this link closes a cycle of "
                                  "stages that keep nothing (from \"%s\" back to \"%s\"); a cycle "
                                  "must pass through a keeper",
                                  s->name, to->name);
        if (!seen && !walk(w, to))
            return false;
    }
    w->state[me] = 2;
    return true;
}

int pipeline_cycle(const struct pipeline *p,
                   bool (*keeps)(void *ctx, const struct pipeline_stage *s), void *ctx,
                   struct buf *error)
{
    struct arena a = {0};
    struct walk w = {p, keeps, ctx, arena_alloc(&a, p->stages_n), error};
    int rc = 0;
    for (size_t i = 0; i < p->stages_n && !rc; i++)
        if (!w.state[i] && !keeps(ctx, &p->stages[i]) && !walk(&w, &p->stages[i]))
            rc = -1;
    arena_free(&a);
    return rc;
}

/* Without asking the tools: a command on standard streams never keeps, a tool may. */
static bool may_keep(void *ctx, const struct pipeline_stage *s)
{
    (void)ctx;
    return !s->command;
}

bool pipeline_graph_check(const struct pipeline *p, struct buf *error)
{
    for (size_t i = 0; i < p->stages_n; i++)
        if (!takers_exist(p, &p->stages[i], error))
            return false;
    return pipeline_cycle(p, may_keep, NULL, error) == 0;
}
