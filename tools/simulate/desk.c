#include "tools/simulate/simulate.h"

void desk_work(struct sim *s)
{
    (void)s;
}
