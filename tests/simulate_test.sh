#!/bin/sh
# simulate: an invented house lives through its days against simulated payers, and its books are proved.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
"$X" simulate --claims 100 --days 6 --seed 7 --run "$T/a" >"$T/said" || fail "simulate: $(cat "$T/said")"
"$X" prove --run "$T/a" >"$T/proof" || fail "prove: $(cat "$T/proof")"
[ "$(grep -c '"claim":' "$T/a/simulate/books.txt")" -ge 97 ] || fail "the books do not have the claims"
grep -q '"state":"[a-z ]*, paid, ' "$T/a/simulate/books.txt" || fail "no claim is paid"
grep -q '^account cash [1-9]' "$T/a/simulate/books.txt" || fail "no payer has paid"
"$X" simulate --claims 10 --run "$T/a" >"$T/said" 2>&1 && fail "a house that is there is gone over"
"$X" simulate --claims 0 --run "$T/b" >"$T/said" 2>&1 && fail "no claims at all"
echo "simulate_test: all good"
