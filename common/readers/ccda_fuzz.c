/* See reader_fuzz.inc. */
#define FORM READER_CCDA
#include "common/readers/reader_fuzz.inc"
