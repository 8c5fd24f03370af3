/* Inside of the acknowledgment writers: what ack.c, ack_999.c and ack_277ca.c share. */
#ifndef CLAIMWIRE_EDI_ACK_PARTS_H
#define CLAIMWIRE_EDI_ACK_PARTS_H

#include "common/edi/ack.h"

/* The code behind prefix in a finding's report ("IK304:8" with "IK304:" gives "8"); NULL when the
 * report begins otherwise. */
const char *ack_code(const struct finding *f, const char *prefix);
/* True when every byte may stand in an answer: basic character set, none of our delimiters. */
bool ack_writable(phi_str s);
/* The next element: s with each byte that may not stand there as '.', fallback when s is empty. */
void ack_echo(struct edi_writer *w, const char *s, const char *fallback);
/* ISA of the answer: sender and receiver change places. */
void ack_isa(struct edi_writer *w, const struct envelope_isa *to, const struct ack_opts *o);
/* GS of the answer to a group: this GS01 and GS08, application ids change places. */
void ack_gs(struct edi_writer *w, const struct envelope_gs *gs, const char *code,
            const char *version, const struct ack_opts *o);
/* GE with this number of sets. */
void ack_ge(struct edi_writer *w, uint32_t sets, const struct ack_opts *o);
/* IEA with this number of groups. */
void ack_iea(struct edi_writer *w, uint32_t groups, const struct ack_opts *o);
/* True for findings that a 999 reports: not those of claims, exceptions, unwanted warnings. */
static inline bool ack_reported(const struct finding *f, bool warnings)
{
    return f->severity >= SEV_TRANSACTION || (warnings && f->severity == SEV_WARNING);
}

#endif
