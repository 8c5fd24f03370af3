#!/bin/sh
# No floating point in money: neither the types nor the conversions occur in what parses, stores or
# adds amounts. Rates and progress may use them, in the files named here.
set -eu
allowed='tools/claimwire/|tests/bench/|tools/statement/pdf[.]c' # places on a page
bad=$(grep -rnE '\b(float|double|long double|strtod|strtof|atof|sqlite3_(column|bind)_double|json_real)\b' \
    common tools --include='*.c' --include='*.h' | grep -vE "^($allowed)" |
    grep -vE ':[[:space:]]*(/?\*|//)' | grep -vE '"[^"]*\b(double|float)\b[^"]*"' || true)
# a word in a trailing comment is no use of it
bad=$(printf '%s\n' "$bad" | sed 's#/\*.*\*/##; s#//.*##' |
    grep -E '\b(float|double|strtod|strtof|atof|sqlite3_(column|bind)_double|json_real)\b' || true)
[ -z "$bad" ] || { echo "floating point near money:"; echo "$bad"; exit 1; }
# and the test itself can fail
printf 'double charge;\n' | grep -qE '\b(float|double)\b'
