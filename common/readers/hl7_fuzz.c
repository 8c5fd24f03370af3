/* See reader_fuzz.inc. */
#define FORM READER_HL7
#include "common/readers/reader_fuzz.inc"
