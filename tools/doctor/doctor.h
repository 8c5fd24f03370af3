/* doctor: looks over a run directory. See doctor.c. */
#ifndef CLAIMWIRE_DOCTOR_DOCTOR_H
#define CLAIMWIRE_DOCTOR_DOCTOR_H

#include "common/util/buf.h"

enum ill {
    ILL_MENDED,   /* was wrong, and is right now */
    ILL_MENDABLE, /* --mend would put it right */
    ILL_ITSELF,   /* the next start puts it right; told so that nobody wonders */
    ILL_PERSON    /* a person must look */
};

struct doctor {
    const char *run;
    bool mend, json;
    bool up; /* the house is running: nothing is mended */
    int found[4];
    int looked; /* things */
};

/* Says what is wrong with path (below the run directory). */
void doctor_say(struct doctor *d, enum ill ill, const char *path, const char *why);
/* A file that belongs to nobody: moved to RUN/lost+found, never deleted. */
void doctor_put_aside(struct doctor *d, const char *path, const char *why);

/* The checks; dir is a stage's folder, NAME below the run directory. */
void check_stores(struct doctor *d, const char *dir);
void check_spool(struct doctor *d, const char *dir);
void check_outbox(struct doctor *d, const char *dir);
void check_submit(struct doctor *d, const char *dir);
void check_leftovers(struct doctor *d, const char *dir);
void check_modes(struct doctor *d, const char *dir);

#endif
