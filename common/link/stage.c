#include "common/link/stage_private.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { COMMIT_ROWS = 1000, COMMIT_US = 10000 };

/* A port that the pipeline names and the tool does not. */
static void add_link_port(struct stage *s, const char *name)
{
    if (strcmp(name, "rejects") == 0 || stage_port(s, name))
        return;
    if (s->ports_n >= STAGE_PORTS - 1)
        die(EXIT_CONFIG, "stage \"%s\" has more than %d ports", s->name, STAGE_PORTS - 1);
    s->ports[s->ports_n++].name = name;
}

static void add_ports(struct stage *s)
{
    const char *const *p = s->def->ports;
    for (; p && *p && s->ports_n < STAGE_PORTS - 1; p++)
        s->ports[s->ports_n++].name = *p;
    for (p = s->def->may_ports; p && *p && s->ports_n < STAGE_PORTS - 1; p++)
        s->ports[s->ports_n++].name = *p;
    if (s->def->open_ports && !s->conf)
        s->ports[s->ports_n++].name = "release";
    for (size_t i = 0; s->def->open_ports && s->conf && i < s->conf->links_n; i++)
        add_link_port(s, s->conf->links[i].port);
    s->ports[s->ports_n++].name = "rejects";
}

struct port *stage_port(struct stage *s, const char *name)
{
    for (size_t i = 0; i < s->ports_n; i++)
        if (s->ports[i].name == name || strcmp(s->ports[i].name, name) == 0)
            return &s->ports[i];
    return NULL;
}

static void set_clock(struct stage *s)
{
    s->clock = clock_machine();
    if (s->conf)
        s->clock.fixed_us = s->pipeline.clock_us;
    if (s->common[OPT_CLOCK] && !time_parse(s->common[OPT_CLOCK], &s->clock.fixed_us))
        die(EXIT_USAGE, "option \"clock\" is a time like 2026-09-01T08:00:00Z");
}

/* Takes its place in RUN/pipeline.yaml. */
static void join_pipeline(struct stage *s)
{
    struct buf path = {0}, error = {0};
    if (!s->common[OPT_RUN])
        die(EXIT_USAGE, "option \"--stage\" needs \"--run\" as well");
    buf_printf(&path, "%s/pipeline.yaml", s->common[OPT_RUN]);
    char *kept = xstrdup(buf_cstr(&path));
    if (pipeline_read(kept, &s->pipeline, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    s->conf = pipeline_find(&s->pipeline, s->common[OPT_STAGE]);
    if (!s->conf)
        die(EXIT_CONFIG, "%s has no stage \"%s\"", kept, s->common[OPT_STAGE]);
    s->replica = (int)option_int(s, OPT_REPLICA);
    s->name = s->conf->name;
    snprintf(s->process, sizeof s->process, "%s.%d", s->name, s->replica);
    options_settings(s);
    free(kept);
    buf_free(&path);
}

int stage_main(int argc, char **argv, const struct stage_def *def)
{
    static struct stage stage;
    struct stage *s = &stage;
    s->def = def;
    s->name = def->name;
    s->replica = 1;
    snprintf(s->process, sizeof s->process, "%s", def->name);
    umask(077);
    setlocale(LC_ALL, "C");
    signal(SIGPIPE, SIG_IGN); /* a write that fails says more than a death does */
    log_open(s->process);
    options_read(s, argc, argv);
    if (s->common[OPT_STAGE])
        join_pipeline(s);
    set_clock(s);
    add_ports(s);
    int rc = s->conf ? loop_run(s) : filter_run(s);
    if (def->stop && s->state)
        def->stop(s, s->state);
    arena_free(&s->arena);
    return rc;
}

char *const *stage_args(const struct stage *s)
{
    return s->args;
}

char *const *stage_command(struct stage *s)
{
    if (s->conf)
        return s->conf->command;
    if (!s->args[0])
        return NULL;
    s->name = s->args[0];
    return s->args + 1;
}

void stage_settings_to_env(const struct stage *s)
{
    char name[128];
    for (size_t i = 0; s->conf && i < s->conf->settings_n; i++) {
        snprintf(name, sizeof name, "CLAIMWIRE_%s", s->conf->settings[i].key);
        for (char *p = name; *p; p++)
            *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p == '-' ? '_' : *p);
        setenv(name, s->conf->settings[i].value, 1);
    }
}

const char *stage_run_dir(const struct stage *s)
{
    return s->common[OPT_RUN];
}

const char *stage_home(struct stage *s)
{
    struct buf path = {0};
    if (s->home || !s->common[OPT_RUN])
        return s->home;
    buf_printf(&path, "%s/%s", s->common[OPT_RUN], s->name);
    s->home = xstrdup(buf_cstr(&path));
    buf_free(&path);
    if (fs_mkdirs(s->home))
        die(EXIT_TRY_LATER, "cannot make folder \"%s\": %m", s->home);
    return s->home;
}

const char *stage_name(const struct stage *s)
{
    return s->name;
}

const char *stage_process(const struct stage *s)
{
    return s->process;
}

struct clock *stage_clock(struct stage *s)
{
    return &s->clock;
}

bool stage_is_filter(const struct stage *s)
{
    return s->conf == NULL;
}

struct arena *stage_arena(struct stage *s)
{
    return &s->arena;
}

static void port_flush(struct stage *s, struct port *p)
{
    if (!p->open)
        return;
    struct blob *b = p->open;
    p->open = NULL;
    for (size_t i = 0; i < p->ends_n; i++)
        p->ends[i].frame(p->ends[i].self, b, s->parent);
    blob_free(&b);
}

void stage_flush(struct stage *s)
{
    for (size_t i = 0; i < s->ports_n; i++)
        port_flush(s, &s->ports[i]);
}

static void port_add(struct stage *s, struct port *p, const struct record *r)
{
    if (p->open && p->open->buf.len + r->body.n > FRAME_BYTES)
        port_flush(s, p);
    if (!p->open)
        p->open = blob_new();
    record_write(&p->open->buf, r);
    p->records++;
    if (++p->open->n >= FRAME_RECORDS || p->open->buf.len >= FRAME_BYTES)
        port_flush(s, p);
}

void stage_emit(struct stage *s, const char *port, const struct record *r)
{
    struct port *p = stage_port(s, port);
    if (!p)
        BUG("a tool emits through a port that it does not have");
    if (p->ends_n == 0 && s->conf)
        die(EXIT_CONFIG, "%s:%d:%d: port \"%s\" of stage \"%s\" leads nowhere", s->pipeline.path,
            s->conf->at.line, s->conf->at.column, port, s->name);
    if (p->ends_n)
        port_add(s, p, r);
}

bool stage_leads(struct stage *s, const char *port)
{
    const struct port *p = stage_port(s, port);
    return p && p->ends_n > 0;
}

void stage_frame(struct stage *s, uint64_t token)
{
    s->end_frame(s, token);
}

void stage_refuse(struct stage *s, const struct record *r, const char *rule, const char *why)
{
    struct record out = *r;
    struct port *p = &s->ports[s->ports_n - 1];
    record_note_set(&out, "rule", phi_lit(rule), &s->arena);
    record_note_set(&out, "why", phi_lit(why), &s->arena);
    record_note_set(&out, "stage", phi_lit(s->name), &s->arena);
    s->refused++;
    if (p->ends_n == 0 && !s->conf) {
        log_error("CW-LNK-001", "record refused, and there is no --rejects FILE", KV("rule", rule),
                  KV("why", why), KV("kind", (const char *)out.kind), KV("id", out.id));
        s->exit_code = exit_worse(s->exit_code, EXIT_FINDINGS);
        return;
    }
    stage_emit(s, "rejects", &out);
}

void stage_note(struct stage *s, struct record *r, const char *key, phi_str value)
{
    record_note_set(r, key, value, &s->arena);
}

void stage_count(struct stage *s, const char *name, int64_t more)
{
    for (size_t i = 0; i < s->counters_n; i++)
        if (s->counters[i].name == name || strcmp(s->counters[i].name, name) == 0) {
            s->counters[i].value += more;
            return;
        }
    if (s->counters_n < STAGE_COUNTERS)
        s->counters[s->counters_n++] = (struct counter){name, more};
}

void stage_progress(struct stage *s, int64_t done, int64_t total, const char *unit)
{
    s->progress_done = done;
    s->progress_total = total;
    s->progress_unit = unit;
}

static bool takes_kind(const struct stage_def *def, const struct record *r)
{
    for (size_t i = 0; def->kinds && def->kinds[i]; i++)
        if (record_is(r, def->kinds[i]))
            return true;
    return def->kinds == NULL;
}

/* A kind that the tool does not take: a filter hands it on, a pipeline should not have sent it. */
static void pass_by(struct stage *s, const struct record *r)
{
    if (s->conf)
        stage_refuse(s, r, "KIND", "this stage takes no records of this kind");
    else if (s->ports[0].ends_n || s->ports_n > 1)
        stage_emit(s, s->ports_n > 1 ? s->ports[0].name : "rejects", r);
    stage_count(s, "passed_by", 1);
}

/* Where refused records end: a keeper whose own rejects lead nowhere, or to which those of others
 * lead. */
static bool keeps_the_refused(const struct stage *s)
{
    if (s->ports[s->ports_n - 1].ends_n == 0)
        return true;
    for (size_t i = 0; i < s->pipeline.stages_n; i++)
        for (size_t j = 0; j < s->pipeline.stages[i].links_n; j++)
            if (strcmp(s->pipeline.stages[i].links[j].port, "rejects") == 0 &&
                strcmp(s->pipeline.stages[i].links[j].to, s->name) == 0)
                return true;
    return false;
}

/* Fixtures never reach a production store but that of the refused. */
static bool is_test_in_production(const struct stage *s, const struct record *r)
{
    return s->conf && s->pipeline.production && s->def->kind == STAGE_KEEPER && r->usage == 'T' &&
           !keeps_the_refused(s);
}

int stage_record(struct stage *s, const struct record *r)
{
    int rc = 0;
    s->in++;
    if (s->def->kind == STAGE_KEEPER && s->rows++ == 0)
        s->rows_since = time_mono_us();
    if (!takes_kind(s->def, r))
        pass_by(s, r);
    else if (is_test_in_production(s, r))
        stage_refuse(s, r, "USAGE_T", "a test record in a production pipeline");
    else
        rc = s->def->record(s, s->state, r);
    arena_clear(&s->arena);
    return rc;
}

int stage_commit(struct stage *s)
{
    if (s->rows == 0)
        return 0;
    s->rows = 0;
    return s->def->commit ? s->def->commit(s, s->state) : 0;
}

bool stage_commit_due(const struct stage *s)
{
    return s->rows >= COMMIT_ROWS || (s->rows && time_mono_us() - s->rows_since >= COMMIT_US);
}
