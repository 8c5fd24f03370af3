/* What lies in other stores of the run: quarantine, and files that submit holds. */
#include "common/followup/gather.h"

void stores_gather(struct followup *f)
{
    (void)f;
}
