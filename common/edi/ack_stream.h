/*
 * ack_stream: the 277CA of sets of any size. What it says of a claim is known when its set ends,
 * and what stands before all claims (their counts and sums) then as well: until then each claim is
 * put aside in short in a spool, so that memory does not grow with the set. The text is the same
 * that ack_277ca.h writes from claims held in memory.
 */
#ifndef CLAIMWIRE_EDI_ACK_STREAM_H
#define CLAIMWIRE_EDI_ACK_STREAM_H

#include "common/edi/ack_277ca.h"
#include "common/util/spool.h"

struct ack_stream;
struct ack_stream *ack_stream_new(void); /* never NULL */
void ack_stream_free(struct ack_stream *s);

/* A set begins. */
void ack_stream_begin(struct ack_stream *s, const struct edi_delims *d);
/* The next segment of the set, ST first. */
void ack_stream_segment(struct ack_stream *s, const struct edi_seg *seg);
/* A finding of the set; those that are not of severity claim are passed over. */
void ack_stream_found(struct ack_stream *s, const struct finding *f);

/* One group that is answered. */
struct ack_stream_out {
    struct spool *to;
    const struct envelope_isa *isa;
    const struct envelope_gs *gs;
    struct ack_277ca_opts opts;
    struct ack_277ca_result result; /* zero at first */
};
/* The set is over and stands: writes what is said of its claims; the first set with claims writes
 * the envelope before it. */
void ack_stream_write(struct ack_stream *s, struct ack_stream_out *out);
/* The group is over: ends the envelope if there is one. */
void ack_stream_end(struct ack_stream_out *out);

#endif
