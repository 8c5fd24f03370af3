/* give: the second pass. Hands the items of a plan on as records, a frame at a time. */
#ifndef CLAIMWIRE_INTAKE_GIVE_H
#define CLAIMWIRE_INTAKE_GIVE_H

#include "common/link/stage.h"
#include "common/intake/intake.h"

struct giver {
    struct stage *s;
    const struct plan_opts *o;
    struct buf head;     /* ISA and GS of head_group, as they came */
    uint32_t head_group; /* plus one; 0: none */
    uint64_t head_file;
    char forced;              /* usage of every record, whatever the file says; 0: as it says */
    struct edi_delims delims; /* of head */
    const struct guide_set *guides; /* those of the partner of the interchange */
    char version[13], usage;
    struct buf body, json;
    uint32_t unit; /* plus one, whose items are at hand; 0: none */
    uint64_t unit_file;
    phi_str raw;               /* its bytes */
    struct reader_items items; /* what a reader made of them */
    struct arena mem;          /* of both */
};

/* Emits every item of frame f of the file. 0, or -1 with errno when the original cannot be read. */
int give_frame(struct giver *g, struct in_hand *h, size_t f);
void giver_free(struct giver *g);

#endif
