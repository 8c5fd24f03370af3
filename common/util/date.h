/* Calendar dates as int32_t days since 1970-01-01, proleptic Gregorian. */
#ifndef CLAIMWIRE_UTIL_DATE_H
#define CLAIMWIRE_UTIL_DATE_H

#include "common/util/phi.h"
#include <stdint.h>

/* Reads CCYYMMDD; false unless s is 8 digits and a real date from 1800-01-01 to 2199-12-31. */
bool date_parse(phi_str s, int32_t *days);
/* The same of CCYY-MM-DD. */
bool date_parse_iso(phi_str s, int32_t *day);
/* Reads YYMMDD as ISA09 has it: 00 to 69 is 20xx, 70 to 99 is 19xx. */
bool date_parse_yymmdd(phi_str s, int32_t *days);
/* True for HHMM, HHMMSS, HHMMSSD or HHMMSSDD in range (element type TM). */
bool time_valid(phi_str s);
/* CCYYMMDD and a NUL into out; returns out. */
const char *date_ccyymmdd(int32_t days, char out[9]);

#endif
