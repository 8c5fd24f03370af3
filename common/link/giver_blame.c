/*
 * Poison: a record that kills whoever takes it in hand. Frames are never blamed (a taker holds a
 * window of them, and the guilty one would condemn its neighbours); the page that a dead process
 * leaves behind names the record.
 */
#include "common/link/giver_private.h"
#include "common/util/log.h"
#include <stdlib.h>

static struct blame *blame_of(struct held *f, uint32_t index)
{
    for (size_t i = 0; i < f->blames_n; i++)
        if (f->blames[i].index == index)
            return &f->blames[i];
    f->blames = xrealloc(f->blames, (f->blames_n + 1) * sizeof *f->blames);
    f->blames[f->blames_n] = (struct blame){.index = index};
    return &f->blames[f->blames_n++];
}

void giver_stop(struct giver *g, const char *id, const char *why, const struct held *f)
{
    if (!g->stopped)
        log_error(id, why, KV("link", (const char *)g->name), KV("seq", f->seq),
                  KV("losses", f->losses), KV("condemned", g->counts.condemned));
    g->stopped = true;
}

/* Many condemned at once: then it is the stage that is ill, not the records. */
static bool breaker_trips(struct giver *g, const struct held *f)
{
    uint64_t *oldest = &g->condemned_at[g->counts.condemned % BREAKER_CONDEMNED];
    bool many = g->counts.condemned >= BREAKER_CONDEMNED &&
                g->counts.records_done - *oldest < BREAKER_RECORDS;
    if (many) {
        giver_stop(g, "CW-LNK-012",
                   "too many records kill the stage behind this link: the link stops", f);
        return true;
    }
    *oldest = g->counts.records_done;
    g->counts.condemned++;
    return false;
}

/* Copies the records of from but number `without` to a new body; that record goes to *out. */
static struct blob *body_without(struct blob *from, uint32_t without, struct record *out)
{
    struct blob *b = blob_new();
    struct frame_walk w = frame_walk(blob_body(from), from->n);
    struct record r;
    const char *at = w.p;
    for (uint32_t i = 0; frame_next(&w, &r); at = w.p, i++) {
        if (i == without)
            *out = r;
        else {
            buf_add(&b->buf, at, (size_t)(w.p - at));
            b->n++;
        }
    }
    return b;
}

/* Takes the record out: it goes to rejects, the rest goes on under a new seq with the same parent,
 * with what is known against the others. */
static void condemn(struct giver *g, struct held *f, const struct blame *guilty)
{
    struct record r = {0};
    uint32_t index = guilty->index, deaths = guilty->count;
    struct blob *rest = body_without(f->body, index, &r);
    log_warn("CW-LNK-013", "a record was in hand at the deaths of its takers and is taken out",
             KV("link", (const char *)g->name), KV("id", r.id), KV("deaths", deaths));
    g->o.condemn(g->o.ctx, &r, deaths, f->parent);
    if (rest->n) {
        struct held *next = giver_hold(g, rest, f->parent, true);
        for (size_t i = 0; i < f->blames_n; i++)
            if (f->blames[i].index != index)
                *blame_of(next, f->blames[i].index - (f->blames[i].index > index)) =
                    (struct blame){f->blames[i].index - (f->blames[i].index > index),
                                   f->blames[i].count, f->blames[i].dead};
    }
    blob_free(&rest);
    birth_drop(giver_forget(g, f));
}

/* The process that had these frames has said what it died of: the others need not wait, and are not
 * counted against. (One that ended by exit() had nothing in hand, and says so.) */
static void explain_losses(struct giver *g, uint64_t dead)
{
    for (int i = 0; dead && i < SEQ_BUCKETS; i++)
        for (struct held *f = g->buckets[i]; f; f = f->same_bucket)
            if (f->lost_to == dead) {
                f->lost_to = 0;
                f->unexplained -= f->unexplained > 0;
                f->wait_until = 0;
            }
}

void giver_blame(struct giver *g, const struct last_words *last)
{
    explain_losses(g, last->taker);
    struct held *f = last->busy && last->inst == g->inst ? giver_find(g, last->seq) : NULL;
    if (!f || last->index >= f->body->n)
        return;
    struct blame *b = blame_of(f, last->index);
    f->wait_until = 0;
    if (b->count && b->dead == last->taker)
        return; /* the same words again, after a reconnection */
    b->dead = last->taker;
    b->count++;
    log_warn("CW-LNK-014", "a taker died with a record in hand", KV("link", (const char *)g->name),
             KV("seq", f->seq), KV("index", last->index), KV("deaths", b->count));
    bool guilty = g->o.poison_deaths && b->count >= g->o.poison_deaths;
    if (guilty && g->o.condemn && !breaker_trips(g, f))
        condemn(g, f, b);
    else if (!g->o.condemn && b->count >= BREAKER_DEATHS)
        giver_stop(g, "CW-LNK-015", "a record kills its takers and there is no port for it", f);
}
