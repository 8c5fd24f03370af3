#include "common/util/killpoint.h"
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int kill_point_state;

static const char *named; /* NAME[:COUNT][@FILE] */
static size_t named_len;
static const char *once; /* FILE, NULL: every process dies */
static long left;

static void look(void)
{
    named = getenv("CLAIMWIRE_KILL_AT");
    if (!named || !*named) {
        kill_point_state = -1;
        return;
    }
    named_len = strcspn(named, ":@");
    left = named[named_len] == ':' ? strtol(named + named_len + 1, NULL, 10) : 1;
    once = strchr(named, '@');
    kill_point_state = 1;
}

/* Among all processes that find the same FILE only the one that makes it dies. */
static void die_here(void)
{
    int fd = once ? open(once + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : 0;
    kill_point_state = -1;
    if (fd >= 0)
        raise(SIGKILL);
}

void kill_point_visit(const char *name)
{
    if (kill_point_state == 0)
        look();
    if (kill_point_state < 0 || strlen(name) != named_len || memcmp(name, named, named_len) != 0)
        return;
    if (--left <= 0)
        die_here();
}
