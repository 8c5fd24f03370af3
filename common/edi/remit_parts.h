/* Inside of the remit readers: what remit.c, remit_head.c and remit_claim.c share. */
#ifndef CLAIMWIRE_EDI_REMIT_PARTS_H
#define CLAIMWIRE_EDI_REMIT_PARTS_H

#include "common/edi/remit.h"

/* Makes room for one more entry of size bytes; returns the list, *n counts it. Lists grow by
 * doubling inside the arena: a list is full when its length is a power of two. */
void *remit_push(struct arena *mem, void *list, uint32_t *n, size_t size);
/* The new last entry of list of n entries. */
#define PUSH(mem, list, n) ((list) = remit_push(mem, list, &(n), sizeof *(list)), &(list)[(n)-1])

/* Says what cannot be read; always false. */
bool remit_fail(struct remit_fault *why, const struct edi_seg *seg, uint32_t element,
                const char *text);
struct remit_date remit_date_make(phi_str qual, phi_str value);
static inline struct remit_date remit_no_date(void)
{
    return (struct remit_date){.days = REMIT_NO_DATE};
}
void remit_push_ref(struct arena *mem, struct remit_ref **list, uint32_t *n,
                    const struct edi_seg *seg);

#endif
