#!/bin/sh
# The ledger of a run as tables, and a pipeline whose validator asks them: a claim that is sent once
# more while it is open is refused, one that was paid is not.
set -u
X="${B:-build}/bin/claimwire"
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
fail() { echo "FAILED: $1"; exit 1; }

"$X" run pipelines/clearinghouse.yaml --run "$t/run" fixtures/demo/riverbend.837 > "$t/out" 2>&1 || fail "run: $(tail -2 "$t/out")"
"$X" run pipelines/clearinghouse.yaml --run "$t/run" fixtures/demo/sandbox.835 > "$t/out" 2>&1 || fail "run 835"
"$X" rules facts --run "$t/run" --to "$t/facts" || fail "rules facts"
[ "$(stat -c %a "$t/facts")" = 700 ] || fail "others can read the folder"
[ "$(stat -c %a "$t/facts/lines.csv")" = 600 ] || fail "others can read a table"
grep -qx 'RB-1001,SBX01,SB26010001,190,1,closed' "$t/facts/ledger.csv" || fail "a claim that was paid"
grep -q '^RB-1007,.*,150,1,sent$' "$t/facts/ledger.csv" || fail "a claim that is open"
grep -q '^RB-1006' "$t/facts/ledger.csv" && fail "a claim that was never sent"
grep -qx 'RB-1001,RB-1001-1,SBX01,2000000010,XYZ100200300,20260810,99213,,,,,1,150,closed' "$t/facts/lines.csv" ||
    fail "a line: $(sed -n 2p "$t/facts/lines.csv")"
grep -qx 'XYZ100200300,19800229,2000000010,20260810,99213,' "$t/facts/history.csv" || fail "a visit"
grep -qx 'SB26010001,190,96.5' "$t/facts/posted.csv" || fail "a payment"
grep -q '^000000001,1,HC,0001,' "$t/facts/sent.csv" || fail "a file"

# A run without a ledger has tables without rows; no run is said.
mkdir "$t/empty"
"$X" rules facts --run "$t/empty" --to "$t/none" || fail "an empty run"
[ "$(wc -l < "$t/none/ledger.csv")" = 1 ] || fail "an empty run has rows"
"$X" rules facts --run "$t/nowhere" --to "$t/none" 2> "$t/err"
[ $? = 78 ] || fail "no run directory: $(cat "$t/err")"
"$X" rules facts --run "$t/run" 2> "$t/err"
[ $? = 64 ] || fail "no folder is named"

# The same claims once more, in a pipeline that knows what was sent.
sed "s#^  validator:#  validator:\n    settings: {facts: $t/facts, rules: config/rules}#" pipelines/clearinghouse.yaml > "$t/p.yaml"
sed 's/\*000000501\*/*000000777*/; s/RB-1007/RB-2007/g' fixtures/demo/riverbend.837 |
    sed "$(grep -o '^IEA.*' fixtures/demo/riverbend.837 | sed 's/IEA\*[0-9]*\*\([0-9]*\).*/s#\1#000000777#/')" > "$t/again.837"
"$X" run "$t/p.yaml" --run "$t/run2" "$t/again.837" > "$t/out" 2>&1 || fail "run with facts: $(tail -2 "$t/out")"
"$X" claims --run "$t/run2" > "$t/out"
grep -q '^RB-2007 .* no: S7-007$' "$t/out" || fail "a claim that is open, again: $(cat "$t/out")"
grep -q '^RB-1001 .* yes  *yes' "$t/out" || fail "a claim that is closed, again"
echo "rules: tables from the ledger, asked by a pipeline"
