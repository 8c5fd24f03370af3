/*
 * judge: what a rebilled claim is held against before it goes out: the guide, balance, and the rules
 * of levels 4 to 7 with the profiles of payers, as `validate` has them.
 */
#ifndef CLAIMWIRE_REBILL_JUDGE_H
#define CLAIMWIRE_REBILL_JUDGE_H

#include "common/edi/check.h"

struct judge;
/* partners "none": no profiles. Where there are no rules levels 1 to 3 are what is looked at. Dies with
 * EXIT_CONFIG and a sentence. */
struct judge *judge_open(const char *guides, const char *partners, int64_t now_us);
/* True when a file of one set has nothing graver than a warning; else what it has is appended. */
bool judge_file(struct judge *j, phi_str file, struct buf *said);
void judge_close(struct judge *j);

#endif
