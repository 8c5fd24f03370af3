/*
 * json_part: one member of a JSON object without reading the others, where a body is long and what is
 * wanted of it short.
 */
#ifndef CLAIMWIRE_UTIL_JSON_PART_H
#define CLAIMWIRE_UTIL_JSON_PART_H

#include "common/util/buf.h"

/* The bytes of the value of member `key` of the object in text, blanks around it left out; the last
 * one where there are several, as jansson has it. Empty when there is none, or when text is no object
 * as far as it had to be read: it is not checked beyond that. key: plain letters, as they stand in the
 * text. Borrowed from text. */
phi_str json_part(phi_str text, const char *key);

#endif
