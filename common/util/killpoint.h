/*
 * Kill points: named places just before and just after each atomic act, where a crash test lets
 * the process die. CLAIMWIRE_KILL_AT=NAME[:COUNT][@FILE] in the environment names one; the process
 * kills itself with SIGKILL at its COUNT-th visit (default 1). With @FILE only if it can make FILE,
 * which must not be there: so a process that is started again in a pipeline does not die again.
 * Unset, a kill point costs one load.
 *
 *   kill_point("build837.seal.before");
 *   store_commit(s);
 *   kill_point("build837.seal.after");
 */
#ifndef CLAIMWIRE_UTIL_KILLPOINT_H
#define CLAIMWIRE_UTIL_KILLPOINT_H

/* 0: not looked yet, 1: armed, -1: none is named. */
extern int kill_point_state;
/* The slow way; use kill_point(). */
void kill_point_visit(const char *name);

/* Dies here when this place is named. name is a literal: TOOL.ACT.before or TOOL.ACT.after. */
static inline void kill_point(const char *name)
{
    if (__builtin_expect(kill_point_state >= 0, 0))
        kill_point_visit(name);
}

#endif
