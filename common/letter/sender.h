/* Who sends a letter or statement: a provider of a practice file (docs/messages.md), by NPI. */
#ifndef CLAIMWIRE_LETTER_SENDER_H
#define CLAIMWIRE_LETTER_SENDER_H

#include "common/util/arena.h"
#include "common/util/conf.h"

struct sender {
    phi_str name, street, city, phone, tax; /* empty: not known */
};
/* office NULL: nothing is known but the number, and the name says that. Memory is a's and office's. */
struct sender sender_of(const struct conf *office, phi_str npi, struct arena *a);

#endif
