/* What every cmocka test file includes, in the order that cmocka wants. */
#ifndef CLAIMWIRE_TESTS_UNIT_H
#define CLAIMWIRE_TESTS_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#endif
