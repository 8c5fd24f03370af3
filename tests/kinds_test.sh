#!/bin/sh
# Claims of hospitals and dentists through the whole house: validated, sent in files of their own
# version, answered by an 835 (G08: a stay with interest; lines by revenue code), in either order.
set -eu
B=${B:-build}
X=$B/bin/claimwire
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
said() { "$X" claims --run "$dir/$1" --json | sed -n 's/.*"claim":"\([^"]*\)","in":\([0-9]*\),.*"sent":\([a-z]*\),.*"paid":\(-*[0-9]*\),"adjusted":\([0-9]*\),"patient":\([0-9]*\),"open":\([0-9]*\),.*"state":"\([^"]*\)".*/\1 \2 \3 \4 \5 \6 \7 \8/p' | sort; }
cat >"$dir/want" <<'END'
DEN-2 29000 true 25000 4000 0 0 sent, paid, zero
DEN-3 340050 true 0 0 0 340050 sent, none, payer 1
DEN-4 7500 true 0 0 0 7500 sent, none, payer 1
DEN-5 21000 true 0 0 0 21000 sent, none, payer 1
HDEP-1 90000 true 0 0 0 90000 sent, none, payer 1
HIN-1 1845000 true 980000 705000 160000 0 sent, paid, patient
HOUT-1 54000 true 34000 10000 10000 0 sent, paid, patient
HREP-1 8000 true 0 0 0 8000 sent, none, payer 1
HSEC-1 54000 true 0 0 0 54000 sent, none, payer 1
END
for order in "fixtures/837i/several.837 fixtures/837d/several.837 fixtures/835/hospital.835" \
    "fixtures/835/hospital.835 fixtures/837d/several.837 fixtures/837i/several.837"; do
    rm -rf "$dir/run"
    # shellcheck disable=SC2086
    "$X" run pipelines/clearinghouse.yaml --run "$dir/run" $order >"$dir/log" 2>&1 || { cat "$dir/log"; fail "run"; }
    said run >"$dir/got"
    diff "$dir/want" "$dir/got" || fail "claims after $order"
    "$X" claims --run "$dir/run" --json | grep -q '"cash":1043215,"unapplied":0,.*"interest":4215,.*"balanced":true' ||
        fail "totals: $("$X" claims --run "$dir/run" --json | tail -1)"
    "$X" prove --run "$dir/run" >"$dir/proof" 2>&1 || fail "prove: $(cat "$dir/proof")"
    for f in "$dir"/run/build837/out/*.837; do
        "$B/bin/claimwire-validate" "$f" >"$dir/v" 2>&1 || fail "$f: $(cat "$dir/v")"
    done
    versions=$(cat "$dir"/run/build837/out/*.837 | tr '~|' '\n*' | sed -n 's/^GS\*.*\*X\*//p' | sort | uniq -c | tr -s ' \n' ' ')
    [ "$versions" = ' 3 005010X223A2 2 005010X224A2 ' ] || fail "groups by version: $versions"
done

echo "a death while files of these kinds are made: the same bytes"
play() { "$X" run pipelines/clearinghouse.yaml --run "$1" --clock 2026-09-10T08:00:00Z --json fixtures/837i/several.837 fixtures/837d/several.837 >"$dir/summary" 2>"$dir/log" || { cat "$dir/log"; fail "run"; }; }
play "$dir/quiet"
for point in build837.insert.after build837.seal.after:2 build837.rename.before build837.release.after; do
    rm -rf "$dir/killed"
    CLAIMWIRE_KILL_AT=$point play "$dir/killed"
    grep -q '"restarts":[1-9]' "$dir/summary" || fail "$point was not visited"
    diff -r "$dir/quiet/build837/out" "$dir/killed/build837/out" || fail "$point: other bytes"
done
echo "kinds_test: all good"
