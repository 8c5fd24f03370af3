/* See reader_fuzz.inc. */
#define FORM READER_FHIR
#include "common/readers/reader_fuzz.inc"
