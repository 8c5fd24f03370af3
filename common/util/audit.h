/*
 * The audit log: RUN/audit.log, one JSON line for each time that a person was shown values of
 * patients or changed the course of a record. Lines carry no value themselves.
 */
#ifndef CLAIMWIRE_UTIL_AUDIT_H
#define CLAIMWIRE_UTIL_AUDIT_H

/* Appends when, who (login name and uid), which tool, what was done and to what ("quarantine",
 * "show", "17"); synced. Dies with EXIT_TRY_LATER when it cannot: what is not noted is not shown. */
void audit(const char *run_dir, const char *tool, const char *action, const char *subject);

#endif
