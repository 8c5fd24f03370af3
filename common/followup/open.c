/* What the tools of the follow-up read before they begin. */
#include "common/followup/followup.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <sys/stat.h>

void followup_open(struct followup *f, const char *run, const char *queues, const char *partners,
                   int64_t now_us, struct arena *a)
{
    struct buf error = {0};
    struct stat st;
    *f = (struct followup){.run = run, .now_us = now_us, .a = a};
    if (stat(run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", run);
    f->q = queues_load(queues, a, &error);
    if (f->q && strcmp(partners, "none") != 0)
        f->profiles = profiles_load(partners, NULL, &error);
    if (error.len)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    f->l = ledger_open_ro(run, NULL);
    if (f->l)
        followup_gather(f);
}

void followup_close(struct followup *f)
{
    if (f->single)
        report_free(f->single);
    ledger_close(f->l);
    profiles_free(f->profiles);
}
