/* See reader_fuzz.inc. */
#define FORM READER_BANK
#include "common/readers/reader_fuzz.inc"
