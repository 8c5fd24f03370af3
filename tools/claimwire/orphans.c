/*
 * Processes that a killed supervisor left behind. They got SIGTERM when it died and drain, but each
 * at once and in no order, so that some wait for others until their limit; meanwhile they hold the
 * names that the new ones need. We hold the supervisor's lock, so nobody else's they can be: after a
 * moment they are killed. What they had in hand is still held upstream.
 */
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/claimwire/super.h"
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_US = 2 * 1000 * 1000, LOOK_US = 20 * 1000, LIMIT = 1 << 16 };

/* True when pid runs as --stage STAGE of this run directory. */
static bool is_ours(const struct super *s, pid_t pid, const char *stage)
{
    char path[64];
    struct buf words = {0}, want = {0};
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    buf_printf(&want, "--run%c%s%c--stage%c%s%c", 0, s->run_dir, 0, 0, stage, 0);
    bool yes = pid > 1 && fs_read(path, LIMIT, &words) == 0 &&
               memmem(words.p, words.len, want.p, want.len) != NULL;
    buf_free(&words);
    buf_free(&want);
    return yes;
}

/* Sends a signal (0: none) to the one of this status file, if it is here; true when it is. */
static bool tell_one(const struct super *s, const char *stage, int replica, int sig)
{
    struct process_status st;
    bool here = process_status_read(s->run_dir, stage, replica, &st) && is_ours(s, st.pid, stage);
    if (here && sig) {
        log_warn("CW-RUN-009", "a process of a supervisor that was killed is still here",
                 KV("stage", stage), KV("replica", replica), KV("signal", sig));
        kill(st.pid, sig);
    }
    buf_free(&st.json);
    return here;
}

/* How many are here. */
static int tell_all(const struct super *s, int sig)
{
    char path[PATH_MAX], stage[64];
    int replica, here = 0;
    const struct dirent *e;
    snprintf(path, sizeof path, "%s/status", s->run_dir);
    DIR *d = opendir(path);
    while (d && (e = readdir(d)))
        if (sscanf(e->d_name, "%63[a-z0-9_-].%d.json", stage, &replica) == 2)
            here += tell_one(s, stage, replica, sig);
    if (d)
        closedir(d);
    return here;
}

void orphans_end(const struct super *s)
{
    int64_t start = time_mono_us();
    int here = tell_all(s, SIGTERM);
    while (here && time_mono_us() - start < PATIENCE_US) {
        usleep(LOOK_US);
        here = tell_all(s, 0);
    }
    if (here)
        tell_all(s, SIGKILL);
}
