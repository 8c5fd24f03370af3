#!/bin/sh
# usage: sim_figures.sh RUN DAY: every money figure of every report on a simulated house at that day, beside
# what report_figures.py works out from the files in RUN/simulate. Exit 1 with the differences.
set -eu
B=${B:-build}
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for name in $("$B/bin/claimwire" report list | awk '{print $1}'); do
    "$B/bin/claimwire" report "$name" --run "$1" --json --now "$2T00:00:00Z" >>"$rows"
done
/usr/bin/python3 tests/readers/report_figures.py "$2" none=0 $(find "$1/simulate/payers" -name '*.837' -o -name '*.835' -o \
    -name '*.277ca' -o -name '*.277' -o -name '*.999' -o -name '*.ta1') $(find "$1/simulate/taken" -name '*.post') <"$rows"
