/*
 * sets: answers of a payer to the sets of one group that are no claims, as ST to SE one behind the
 * other, and the envelope around them.
 */
#ifndef CLAIMWIRE_PAYERSIM_SETS_H
#define CLAIMWIRE_PAYERSIM_SETS_H

#include "common/edi/envelope.h"
#include "common/outgoing/outgoing.h"
#include "tools/payersim/script.h"
#include "tools/payersim/state.h"

/* Zero-initialise, sets_free() at the end. */
struct sets {
    struct buf text;
    uint32_t n; /* ST to SE in it */
};
/* Who asks what of whom, and when it is answered. */
struct asking {
    const struct script *s;
    struct state *state;
    const struct script_payer *p;
    phi_str body;       /* ISA GS ST ... SE as it came */
    const char *sender; /* ISA06 */
    int64_t now, at_us; /* it came; the day of the answer */
};
/* The whole interchange to `out`, and s is empty again; false, and nothing, when it was empty. */
bool sets_write(struct sets *s, struct buf *out, const struct envelope_isa *isa,
                const struct envelope_gs *gs, const char *code, const char *version, int64_t at_us,
                uint32_t control);
void sets_free(struct sets *s);
/* v with '.' for each byte that may not stand in our answer, in the arena. */
phi_str sets_clean(struct arena *a, phi_str v);
/* ST and BHT of the next set. */
void sets_begin(struct edi_writer *w, struct sets *s, const char *st01, const char *version);

/* status: what became of claims: the 277 to a 276. A claim that is not known is A4:35, one that waits
 * P1:20, one that waits for records P3:294, a paid one F1:65, one that was paid nothing F2:65. */
void status_set(struct sets *to, const struct asking *a);

/* review: the 278 to a request for prior authorization. What is decided later is appended to *later,
 * to be sent after_us later than the answer. */
void review_set(struct sets *to, const struct asking *a, struct sets *later, int64_t *after_us);

/* records: what a payer wants to see of a claim before it pays: a 277 (005010X213). `by`: CCYYMMDD */
struct records_wish {
    const struct claim *c;
    const struct script_payer *p;
    const struct script_case *k;
    const char *icn;
    int64_t at_us;
};
void records_set(struct sets *to, const struct records_wish *w);
/* Of a 275: calls back for each attachment with the claim's account (REF*EJ) and the number under which
 * it was asked for or sent (TRN02). */
void records_read(phi_str body,
                  void (*each)(void *ctx, phi_str account, bool asked, phi_str number), void *ctx);

#endif
