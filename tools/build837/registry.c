#include "tools/build837/registry.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <sys/stat.h>

struct registry {
    char *dir;
    struct buf path;
    struct timespec changed;
    int64_t size; /* -1: there is no file */
    struct enrollments *e;
};

/* True when the file is another one than at the last look. */
static bool look(struct registry *r)
{
    struct stat st;
    int64_t size = -1;
    struct timespec changed = {0};
    if (stat(buf_cstr(&r->path), &st) == 0) {
        size = st.st_size;
        changed = st.st_mtim;
    }
    bool other = size != r->size || changed.tv_sec != r->changed.tv_sec ||
                 changed.tv_nsec != r->changed.tv_nsec;
    r->size = size;
    r->changed = changed;
    return other;
}

struct registry *registry_open(const char *dir)
{
    struct registry *r = xcalloc(1, sizeof *r);
    struct buf error = {0};
    r->dir = xstrdup(dir);
    buf_printf(&r->path, "%s/enrollments.csv", dir);
    look(r);
    r->e = enrollments_load(dir, &error);
    if (!r->e)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return r;
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    enrollments_free(r->e);
    buf_free(&r->path);
    free(r->dir);
    free(r);
}

/* A file that is wrong now changes nothing: what was read before holds on. */
static void refresh(struct registry *r)
{
    struct buf error = {0};
    if (!look(r))
        return;
    struct enrollments *e = enrollments_load(r->dir, &error);
    if (e) {
        enrollments_free(r->e);
        r->e = e;
        log_info("CW-BLD-003", "enrollments read again", KV("bytes", r->size));
    } else {
        log_error("CW-BLD-004", "enrollments cannot be used; those read before hold on",
                  KV("why", buf_cstr(&error)));
    }
    buf_free(&error);
}

const char *registry_holds(struct registry *r, const struct profile *p, const struct claim *c,
                           int64_t now_us)
{
    static const char *const kinds[] = {
        [CLAIM_PROFESSIONAL] = "837P", [CLAIM_INSTITUTIONAL] = "837I", [CLAIM_DENTAL] = "837D"};
    refresh(r);
    enum enrolled x = enrollments_ask(r->e, p, c->payer_id, c->billing.npi, c->tax_id,
                                      kinds[c->kind], (int32_t)(now_us / 86400000000LL));
    return x == ENROLLED ? NULL : enrolled_text(x);
}
