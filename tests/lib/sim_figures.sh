#!/bin/sh
# usage: sim_figures.sh RUN DAY...: every number of every report on a simulated house at each day, beside
# what report_figures.py works out from the files in RUN/simulate. Exit 1 with the differences.
set -eu
B=${B:-build}
run=$1
shift
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for day; do
    for name in $("$B/bin/claimwire" report list | awk '{print $1}'); do
        "$B/bin/claimwire" report "$name" --run "$run" --json --now "${day}T00:00:00Z"
    done >"$rows"
    /usr/bin/python3 tests/readers/report_figures.py "$day" "${START:-2026-01-05T18:00}" none=0 "$run"/simulate/taken/* \
        $(find "$run/simulate/payers" -name '*.837') <"$rows"
done
