#!/bin/sh
# post remittance: a remittance on paper, typed into a CSV, becomes an 835 that is clean and goes the way of
# every other: matched by account and lines, posted to the cent, known when it comes again; what does not
# balance is refused with its line and the sums, and nothing of it is taken.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
csv=fixtures/bank/paper.csv

echo "an 835 of two lines, clean under our own validator"
mkdir "$T/in"
f=$("$X" post remittance "$csv" --test --into "$T/in")
[ "$(ls "$T/in")" = "$(basename "$f")" ] && [ "$f" = "$T/in/$(basename "$f")" ] || fail "file: $f"
"$X" post remittance "$csv" --test --into "$T/in" >/dev/null && [ "$(ls "$T/in" | wc -l)" = 1 ] || fail "again is another file"
tr '~' '\n' <"$f" >"$T/segs"
for seg in 'BPR\*I\*86.5\*C\*CHK\*\**20260920' 'TRN\*1\*CHK7001\*1[0-9]*' 'CLP\*RB-1001\*1\*190\*86.5\*25\*12\*SB2600001' \
    'SVC\*HC:99213\*150\*70\*\*1' 'SVC\*HC:87880:QW\*40\*16.5\*\*1' 'CAS\*PR\*3\*25' 'CAS\*CO\*45\*23.5' 'DTM\*472\*20260903'; do
    grep -qx "$seg" "$T/segs" || { cat "$T/segs"; fail "no $seg"; }
done
"$X" validate "$f" >"$T/v" 2>&1 || { cat "$T/v"; fail "not accepted"; }

echo "posted as every other remittance, once"
run() { "$X" run pipelines/clearinghouse.yaml --run "$T/run" --clock "$1" "$2" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $2"; }; }
run 2026-09-04T08:00:00Z fixtures/demo/riverbend.837
run 2026-09-22T08:00:00Z "$f"
"$X" claims --run "$T/run" --json | grep '"claim":"RB-1001"' >"$T/claim"
grep -q '"paid":8650,"adjusted":7850,"patient":2500' "$T/claim" || { cat "$T/claim"; "$X" claims --run "$T/run" --exceptions; fail "posted"; }
cp "$f" "$T/again.835"
run 2026-09-23T08:00:00Z "$T/again.835"
"$X" claims --run "$T/run" --json | grep '"claim":"RB-1001"' | grep -q '"paid":8650,' || fail "posted twice"
"$X" prove --run "$T/run" >"$T/log" 2>&1 || { cat "$T/log"; fail prove; }

echo "its cheque is held against the bank's deposit, as every payment"
"$X" post deposit --into "$T/in" /dev/stdin >"$T/o" 2>&1 <<END || { cat "$T/o"; fail deposit; }
date,amount,reference
2026-09-22,86.50,CHK7001
END
run 2026-10-01T08:00:00Z "$(grep -l CHK7001 "$T"/in/*.post)"
"$X" claims --run "$T/run" --exceptions >"$T/o"
grep -q 'EFT_NO_ERA\|ERA_NO_EFT' "$T/o" && { cat "$T/o"; fail "the deposit of the cheque is not found"; }

echo "what a payer keeps: PLB, and a cheque of nothing"
head=$(head -1 "$csv")
printf '%s\nSBX01,2000000010,CHK7002,2026-09-21,0.00,RB-1003,100.00,80.00,CO-45 20.00,SB9,,,,,\nSBX01,2000000010,CHK7002,2026-09-21,0.00,,,80.00,,,,,,,WO SB7\n' "$head" >"$T/plb.csv"
"$X" post remittance "$T/plb.csv" --test >"$T/plb.835" || fail plb
tr '~' '\n' <"$T/plb.835" | grep -qx 'PLB\*2000000010\*20261231\*WO:SB7\*80' || fail "PLB: $(tr '~' '\n' <"$T/plb.835")"
tr '~' '\n' <"$T/plb.835" | grep -q '^BPR\*H\*0\*C\*NON' || fail "a cheque of nothing"
"$X" validate "$T/plb.835" >"$T/v" 2>&1 || { cat "$T/v"; fail "PLB is not accepted"; }

echo "what is wrong is refused with its line, and the sums"
bad() { # CODE WORDS SED
    sed "$3" "$csv" >"$T/x.csv"
    cmp -s "$csv" "$T/x.csv" && fail "nothing is changed by $3"
    rc=0
    "$X" post remittance "$T/x.csv" --test >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = "$1" ] && [ ! -s "$T/out" ] && grep -q "$2" "$T/err" || fail "wanted $1, '$2': $rc $(cat "$T/err")"
    grep -q 'RB-1001' "$T/err" && fail "an account in an error"
    return 0
}
bad 100 'x.csv:2: it does not balance: charge 150.00 less adjustments 80.00 is 70.00, and paid says 71.00' '2s/,70.00,/,71.00,/'
bad 100 'x.csv:2: the cheque does not balance: its claims pay 86.50, plb takes 0.00, which is 86.50, and its amount is 96.50' 's/,86.50,/,96.50,/'
bad 100 'x.csv:3: "adjustments" are pairs' '3s/CO-45 23.50/CO-45/'
bad 100 'x.csv:3: the group' '3s/CO-45/XX-45/'
bad 100 'x.csv:2: "amount" is no amount' '2s/,86.50,/,lots,/'
bad 100 'x.csv:2: "date"' '2s/2026-09-20/2026-13-20/'
bad 100 'x.csv:2: the practice knows no such payer' 's/SBX01/NOBODY/'
bad 100 'x.csv:2: the practice knows no such payee' 's/2000000010/1999999984/'
bad 100 'x.csv:2: neither an account' '2s/RB-1001//'
bad 100 'x.csv:2: "account" is too long' '2s/RB-1001/RB*1001/'
bad 100 'no remittance' '2,3d'
rc=0; "$X" post remittance "$T/none" >"$T/out" 2>"$T/err" || rc=$?; [ $rc = 100 ] && grep -q 'cannot read' "$T/err" || fail "no file: $rc"
rc=0; "$X" post remittance >"$T/out" 2>"$T/err" || rc=$?; [ $rc = 64 ] || fail "no file named: $rc"
: >"$T/empty.csv"
rc=0; "$X" post remittance "$T/empty.csv" >"$T/out" 2>"$T/err" || rc=$?; [ $rc = 100 ] || fail "an empty file: $rc"
echo "paper_test: all good"
