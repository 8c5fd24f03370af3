/*
 * The end of input where a keeper gives back to stages that end before it (quarantine, when a
 * person has released something): such a stage is ended only when the keeper owes nothing.
 */
#include "common/util/clock.h"
#include "tools/claimwire/super.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    ASK_AGAIN_US = 100 * 1000,
    QUIET_LIMIT_US = 10 * 1000 * 1000
}; /* it may be that nobody takes it: then it stays there */

static bool gives_to(const struct pipeline_stage *from, const char *to)
{
    for (size_t i = 0; i < from->links_n; i++)
        if (strcmp(from->links[i].to, to) == 0)
            return true;
    return false;
}

/* True when the status of p was written since the end began and says that it owes nothing; one that
 * is older is asked for. What is released later than that waits for the next start. */
static bool quiet(const struct super *s, struct proc *p, int64_t since_us)
{
    char path[4096];
    struct stat st;
    struct process_status now;
    snprintf(path, sizeof path, "%s/status/%s.%d.json", s->run_dir, p->stage->name, p->replica);
    if (!p->pid || stat(path, &st))
        return p->ended;
    int64_t written = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    bool fresh = time_wall_us() - written < since_us;
    bool read = process_status_read(s->run_dir, p->stage->name, p->replica, &now);
    bool owes = !read || now.pid != p->pid || now.open > 0;
    buf_free(&now.json);
    if (!fresh && p->ready && time_mono_us() - p->hup_us > ASK_AGAIN_US) {
        p->hup_us = time_mono_us();
        kill(p->pid, SIGHUP);
    }
    return fresh && !owes;
}

bool super_given_back(struct super *s)
{
    const struct pipeline_stage *stage = &s->plan->pipeline.stages[s->plan->order[s->at]];
    int64_t turn_us = time_mono_us() - s->stage_since_us;
    if (turn_us > QUIET_LIMIT_US)
        return true;
    for (size_t at = s->at + 1; at < s->plan->pipeline.stages_n; at++) {
        const struct pipeline_stage *later = &s->plan->pipeline.stages[s->plan->order[at]];
        for (size_t i = 0; gives_to(later, stage->name) && i < s->procs_n; i++)
            if (s->procs[i].stage == later &&
                !quiet(s, &s->procs[i], time_mono_us() - s->end_since_us))
                return false;
    }
    return true;
}
