/* also: files for partners that no record speaks of: inquiries, requests and documents that lie in
 * RUN/TOOL/out (common/outgoing). Each is kept as a row of the box and goes as any other; nobody is
 * told when it is there but who looks at the list. */
#ifndef CLAIMWIRE_SUBMIT_ALSO_H
#define CLAIMWIRE_SUBMIT_ALSO_H

#include "common/wire/wire.h"
#include "common/wire/box.h"

struct also;
struct also *also_open(const char *run);
void also_close(struct also *a);
/* Takes what is new. Returns how many. */
int also_look(struct also *a, struct box *b, const struct wires *w, int64_t now_us);

#endif
