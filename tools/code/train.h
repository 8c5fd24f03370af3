/* claimwire code train. */
#ifndef CLAIMWIRE_CODE_TRAIN_H
#define CLAIMWIRE_CODE_TRAIN_H

#include "common/coding/learn.h"

/* Learns from file[1..n) and the table file[0], and writes the model. An exit code. */
int do_train(struct coding *c, const char *model, char **file, int n);

#endif
