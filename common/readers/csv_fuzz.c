/* See reader_fuzz.inc. */
#define FORM READER_CSV
#include "common/readers/reader_fuzz.inc"
