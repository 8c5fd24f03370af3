/*
 * The interchanges of one file by sender, receiver and control number (S1-010 of DOMAIN.md B.2).
 */
#ifndef CLAIMWIRE_VALIDATE_ISA_LOG_H
#define CLAIMWIRE_VALIDATE_ISA_LOG_H

#include "common/edi/envelope.h"

struct isa_log;
struct isa_log *isa_log_new(void);
void isa_log_free(struct isa_log *l);
/* Notes an interchange that has ended. True when one of the same sender, receiver and control
 * number came before it with other bytes; the same bytes again are no fault. fd is the file, read
 * by offset; where it cannot be (a pipe), what came before counts as other. */
bool isa_log_other(struct isa_log *l, int fd, const struct envelope_isa *isa);

#endif
