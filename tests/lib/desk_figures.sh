#!/bin/sh
# usage: desk_figures.sh RUN DAY: claims, work list and statements of a simulated house at that day, beside what
# desk_figures.py works out from the files in RUN/simulate. Exit 1 with the differences.
set -eu
X=${B:-build}/bin/claimwire
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
"$X" claims --run "$1" --json >"$t/claims"
"$X" work list --run "$1" --now "$2" --json >"$t/work"
"$X" statement --run "$1" --now "$2" --all >"$t/statements"
/usr/bin/python3 tests/readers/desk_figures.py "$2" "${START:-2026-01-05T18:00}" "$t/claims" "$t/work" "$t/statements" \
    "$1"/simulate/taken/* $(find "$1/simulate/payers" -name '*.837')
