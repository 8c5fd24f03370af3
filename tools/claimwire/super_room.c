/*
 * No room on the disk of the run directory. Processes that cannot commit end with 111, and what they
 * would write into their logs finds no room either: so the supervisor says it. A pipeline that is up
 * tries again until there is room; a run ends, and the same command goes on later.
 */
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <signal.h>
#include <sys/statvfs.h>

enum {
    LEAST_ROOM = 1 << 20, /* bytes: less than what one commit may need */
    RUN_TRIES = 4         /* deaths in a row, of a process of a run */
};

static bool no_room(const char *run_dir)
{
    struct statvfs v;
    return statvfs(run_dir, &v) == 0 && (uint64_t)v.f_bavail * v.f_frsize < LEAST_ROOM;
}

bool super_no_room(struct super *s, const struct proc *p)
{
    bool was = s->no_room;
    s->no_room = was || (p->exit_code != EXIT_DONE && no_room(s->run_dir));
    if (s->no_room && !was)
        log_error("CW-RUN-008",
                  "no space is left on the disk of the run directory: nothing more is "
                  "taken in, and what was taken in is kept",
                  KV("run", s->run_dir));
    if (s->no_room && s->files && p->quick >= RUN_TRIES && s->code == EXIT_DONE) {
        s->code = EXIT_TRY_LATER;
        super_end(s, SIGTERM);
    }
    return s->no_room;
}

void super_room_again(struct super *s)
{
    if (!s->no_room || no_room(s->run_dir))
        return;
    s->no_room = false;
    log_warn("CW-RUN-009", "there is space again on the disk of the run directory",
             KV("run", s->run_dir));
}
