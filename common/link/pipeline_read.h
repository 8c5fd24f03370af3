/* What pipeline.c and pipeline_graph.c share; not for others. */
#ifndef CLAIMWIRE_LINK_PIPELINE_READ_H
#define CLAIMWIRE_LINK_PIPELINE_READ_H

#include "common/link/pipeline.h"

/* Appends "FILE:LINE:COLUMN: what" to error; returns false, so that a check can end with it. */
bool pipeline_fault(const struct pipeline *p, struct pipeline_at at, struct buf *error,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Takers exist, and no cycle is made of stages that surely keep nothing. */
bool pipeline_graph_check(const struct pipeline *p, struct buf *error);

#endif
