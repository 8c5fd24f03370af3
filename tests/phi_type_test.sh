#!/bin/sh
# PHI has a type that no log call accepts: a program that logs a phi_str must not compile, and the
# same program with an integer in its place must, so that the failure is for that reason.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
program() {
    cat >"$dir/try.c" <<END
#include "common/util/log.h"
#include "common/util/phi.h"
void try_it(phi_str name);
void try_it(phi_str name)
{
    log_info("CW-TST-001", "seen", KV("value", $1));
}
END
    gcc -std=c17 -D_GNU_SOURCE -I. -fsyntax-only "$dir/try.c" 2>"$dir/err"
}
program name.n || { cat "$dir/err"; echo "an integer must compile"; exit 1; }
if program name; then
    echo "a phi_str was accepted by a log call"
    exit 1
fi
grep -q "_Generic" "$dir/err" || { cat "$dir/err"; echo "it failed for another reason"; exit 1; }
# die() takes printf arguments: -Wformat refuses a struct there
cat >"$dir/try.c" <<'END'
#include "common/util/log.h"
#include "common/util/phi.h"
void try_it(phi_str name);
void try_it(phi_str name)
{
    die(1, "bad name \"%s\"", name);
}
END
if gcc -std=c17 -D_GNU_SOURCE -I. -Wall -Werror -fsyntax-only "$dir/try.c" 2>/dev/null; then
    echo "a phi_str was accepted by die()"
    exit 1
fi
# the slice's pointer is the hole that a type cannot close: no log call may take .p
if grep -rnE '(log_(debug|info|warn|error)|KV)\(.*\.p[,)]' common tools --include='*.c'; then
    echo "a log call takes the pointer of a slice"
    exit 1
fi
