/*
 * change: what a person wants to be different in a claim, as PATH=VALUE.
 *
 *     [Ln/]ID[*QUALIFIER][.EE[-C]]=VALUE
 *
 * ID is a segment of the claim above its lines, or of the line n that LX01 names; QUALIFIER is its
 * first element (first component); EE an element, C a component of it. A REF without .EE means its
 * second element; a REF that is not there is put in; without a value it is taken out.
 */
#ifndef CLAIMWIRE_REBILL_CHANGE_H
#define CLAIMWIRE_REBILL_CHANGE_H

#include "tools/rebill/segs.h"

/* Carries out one change on the segments of a claim (CLM first). NULL, or why not, without value. */
const char *change(struct segs *claim, const char *wish);
/* CLM02 becomes the sum of the lines. False when an amount cannot be read. */
bool change_total(struct segs *claim);
/* Element 2 of the claim's REF with this qualifier, put in when it is not there, taken out when
 * value is empty. */
void change_ref(struct segs *claim, const char *qualifier, phi_str value);

#endif
