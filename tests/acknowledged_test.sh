#!/bin/sh
# Scenario G02 with its answers: the submitter gets a 277CA for the set that stands; the payer's 999
# and 277CA for what we sent move the claims in the ledger; an answer to nothing that we sent is
# told. The payer is a second house: what it receives is the file that the first one built.
set -eu
B=${B:-build}
X=$B/bin/claimwire
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
house() { "$X" run pipelines/acknowledged.yaml --run "$dir/house" "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "run $*"; }; }
states() { "$X" claims --run "$dir/house" --json | grep -o '"claim":"[^"]*"\|"state":"[^"]*"' | sed 's/"[a-z]*"://' | tr -d '"' | tr '\n' ' '; }

"$X" check pipelines/acknowledged.yaml >/dev/null || fail "check"
house fixtures/g02/in.837
[ "$("$X" quarantine list --run "$dir/house" | grep -c ' acks ')" = 0 ] || fail "acks refuses: $("$X" quarantine list --run "$dir/house")"
"$B/bin/claimwire-validate" "$dir"/house/respond/out/*.277ca >"$dir/v" 2>&1 || fail "our 277CA: $(cat "$dir/v")"
said=$(cat "$dir"/house/respond/out/*.277ca | grep -E '^(QTY\*9|AMT|TRN\*2)' | tr -d '\n')
[ "$said" = 'TRN*2*B202609010001~QTY*90*3~AMT*YU*640~AMT*YU*640~TRN*2*RVR20260901A~TRN*2*RVR20260902A~TRN*2*RVR20260903A~' ] ||
    fail "the submitter is told $said"
[ "$(states)" = 'RVR20260901A sent, none, payer 1 RVR20260902A sent, none, payer 1 RVR20260903A sent, none, payer 1 ' ] ||
    fail "before any answer: $(states)"

# The payer takes two of the three and gives them numbers; the third it refuses.
"$B/bin/claimwire-ingest" "$dir"/house/build837/out/*.837 --rejects "$dir/r1" 2>/dev/null |
    "$B/bin/claimwire-validator" --claims-in-verdict --rejects "$dir/r2" 2>/dev/null |
    "$B/bin/claimwire-respond" --277ca --payer --out "$dir/payer" >/dev/null || fail "the payer: exit $?"
awk '/^TRN\*2\*RVR20260903A~/ {p = 1} p && /^STC/ {sub(/A2:20/, "A7:562:82"); sub(/WQ/, "U"); p = 0} {print}' \
    "$dir"/payer/*.277ca |
    sed 's/^QTY\*90\*3~/QTY*90*2~\nQTY*AA*1~/; s/^QTY\*QA\*3~/QTY*QA*2~\nQTY*QC*1~/
         s/^AMT\*YU\*640~/AMT*YU*460~\nAMT*YY*180~/; s/^SE\*37\*/SE*41*/' >"$dir/payer.277"
"$B/bin/claimwire-validate" "$dir/payer.277" >"$dir/v" 2>&1 || fail "the payer's 277CA: $(cat "$dir/v")"
house "$dir"/payer/*.999
[ "$(states)" = 'RVR20260901A syntax ok, none, payer 1 RVR20260902A syntax ok, none, payer 1 RVR20260903A syntax ok, none, payer 1 ' ] ||
    fail "after the 999: $(states)"
house "$dir/payer.277"
want='RVR20260901A accepted, waiting, payer 1 RVR20260902A accepted, waiting, payer 1 RVR20260903A rejected by payer, none, payer 1 '
[ "$(states)" = "$want" ] || fail "after the 277CA: $(states)"
"$X" claims --run "$dir/house" --exceptions | grep -q ACK_ORPHAN && fail "an orphan: $("$X" claims --run "$dir/house" --exceptions)"

# The same again under another control number changes nothing; an answer about another batch is told.
sed 's/^\(ISA.*\*\)[0-9]*\*0\*\([TP]\)\*:~/\1000000777*0*\2*:~/; s/^IEA\*1\*.*/IEA*1*000000777~/' "$dir/payer.277" >"$dir/again.277"
sed 's/000000777/000000778/; s/^TRN\*2\*B[0-9S]*~/TRN*2*NOTOURS~/' "$dir/again.277" >"$dir/other.277"
house "$dir/again.277" "$dir/other.277"
[ "$(states)" = "$want" ] || fail "answered twice: $(states)"
[ "$("$X" claims --run "$dir/house" --exceptions | grep -c ACK_ORPHAN)" = 3 ] ||
    fail "an answer about another batch is not told: $("$X" claims --run "$dir/house" --exceptions)"
"$X" prove --run "$dir/house" >"$dir/proof" 2>&1 || fail "prove: $(cat "$dir/proof")"

# Behind a house of our own making: its numbers (REF*D9) stay, and the payer's answers to them count.
"$X" run pipelines/acknowledged.yaml --run "$dir/next" "$dir"/house/build837/out/*.837 >"$dir/log" 2>&1 || fail "the next house: $(cat "$dir/log")"
d9() { cat "$1"/build837/out/*.837 | tr '~' '\n' | grep '^REF\*D9\*CW' | sort; }
[ "$(d9 "$dir/next" | wc -l)" = 3 ] && [ "$(d9 "$dir/next")" = "$(d9 "$dir/house")" ] || fail "the next house gives $(d9 "$dir/next")"
"$B/bin/claimwire-ingest" "$dir"/next/build837/out/*.837 --rejects "$dir/r3" 2>/dev/null |
    "$B/bin/claimwire-validator" --claims-in-verdict --rejects "$dir/r4" 2>/dev/null |
    "$B/bin/claimwire-respond" --277ca --payer --out "$dir/payer2" >/dev/null || fail "the payer behind"
"$X" run pipelines/acknowledged.yaml --run "$dir/next" "$dir"/payer2/*.277ca >"$dir/log" 2>&1 || fail "the answer: $(cat "$dir/log")"
[ "$("$X" claims --run "$dir/next" --json | grep -c '"state":"accepted, waiting')" = 3 ] || fail "behind: $("$X" claims --run "$dir/next")"
echo "acknowledged_test: all good"
