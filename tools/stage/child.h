/* A program with frames on its standard streams: started, fed, watched, ended. */
#ifndef CLAIMWIRE_TOOLS_STAGE_CHILD_H
#define CLAIMWIRE_TOOLS_STAGE_CHILD_H

#include "common/util/buf.h"
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: not running */
    int in, out;
};
enum child_end { CHILD_DONE, CHILD_DIED, CHILD_SILENT, CHILD_BABBLED };

/* Starts the program; false after saying why when it cannot be run. It dies with its parent. */
bool child_start(struct child *c, char *const *command);
/* False when it has ended by itself. */
bool child_alive(struct child *c);
/* Gives it the command (with its length) and collects the frames that it writes (with theirs) until
 * the BYE of seq. */
enum child_end child_turn(struct child *c, const struct buf *command, uint64_t seq, int limit_ms,
                          struct buf *out);
/* Kills it and waits for it. */
void child_kill(struct child *c);
/* BYE, end of its input, and at most so long for its end. 0, its exit code, or 128 + signal. */
int child_end(struct child *c, int limit_ms);

#endif
