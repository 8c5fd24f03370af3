#!/bin/sh
# The scenarios of fixtures/scenarios, and that what is not as expected is found.
set -eu
B=${B:-build}
export B
python3 tests/scenarios.py
# An expected cent, state or exception that is not there fails the scenario.
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
mkdir -p "$T/fixtures/scenarios" "$T/tests"
cp -r fixtures/scenarios/G01 "$T/fixtures/scenarios/"
ln -s "$PWD/pipelines" "$PWD/config" "$T/"
bin=$(cd "$B" && pwd)
wrong() { # FILE FROM TO
    cp "fixtures/scenarios/G01/expect/$1" "$T/fixtures/scenarios/G01/expect/$1"
    sed -i "s/$2/$3/" "$T/fixtures/scenarios/G01/expect/$1"
    (cd "$T" && B=$bin python3 "$OLDPWD/tests/scenarios.py" G01) >"$T/log" && { echo "FAIL: not found: $*"; exit 1; }
    cp "fixtures/scenarios/G01/expect/$1" "$T/fixtures/scenarios/G01/expect/$1"
}
(cd "$T" && B=$bin python3 "$OLDPWD/tests/scenarios.py" G01) >"$T/log" || { echo "FAIL: G01 alone: $(cat "$T/log")"; exit 1; }
wrong claims.tsv 86.50 86.51
wrong journal.tsv 'cash.86.50' 'receivable	86.50'
wrong rows.tsv 'PR-3	-25.00' 'PR-2	-25.00'
wrong exceptions.tsv '$' '\nDENIAL	1.00'
echo "scenarios_test: all good"
