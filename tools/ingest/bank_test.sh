#!/bin/sh
# Files of a bank go straight into a pipeline: stored first, known by their first bytes, one entry for
# each deposit with its own bytes; what is wrong gives nothing of the file and says its line.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
is() { [ "$1" = "$2" ] || fail "wanted $2 and got $1"; }
run() { "$X" run pipelines/remittance.yaml --run "$T/r" "$@" >"$T/log" 2>&1 || fail "run: $(tail -5 "$T/log")"; }
bank() { "$X" claims --run "$T/r" --exceptions --json | sed -n 's/.*"EFT_NO_ERA".*"cents":\([0-9]*\).*/\1/p' | sort -n | tr '\n' ' '; }

run fixtures/bank/day.ach fixtures/bank/day.bai fixtures/bank/day.csv
is "$(bank)" "8800 41200 49680 105525 "
for f in day.ach day.bai day.csv; do
    for kept in "$T"/r/ingest/spool/* none; do cmp -s "fixtures/bank/$f" "$kept" && break; done
    [ "$kept" != none ] || fail "$f is not stored as it came"
done
"$X" prove --run "$T/r" >"$T/proof" || fail "prove: $(cat "$T/proof")"
grep -q '^originals holds.*(3 checked)' "$T/proof" || fail "originals"

echo "the same again, by hand and by pipeline: no second effect"
mkdir "$T/desk"
"$X" post deposit fixtures/bank/day.ach --into "$T/desk" >/dev/null
run fixtures/bank/day.bai "$T"/desk/*
is "$(bank)" "8800 41200 49680 105525 "

echo "CTX: the trace stands in an 820 over several addenda; lines without ends; a debit; no money"
/usr/bin/python3 - "$T" <<'PY'
import sys
isa = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*RVRBND         *260917*1000*^*00501*000000001*0*P*:~"
x12 = isa + "GS*RA*A*B*20260917*1000*1*X*005010X218~ST*820*0001*005010X218~BPR*C*75.25*C*ACH*CTX~TRN*1*CTX0001*1999999999~SE*4*0001~"
pieces = [x12[i:i + 80] for i in range(0, len(x12), 80)]
lines = ["101 222000111 1110000252609170900A094101PROVIDER BANK          SANDBOX HEALTH",
         "5200SANDBOX HEALTH                      1512345678CTXHCCLAIMPMT      260917   1111000020000001",
         "62222200011198765            0000007525               %04dRIVERBEND        1111000020000001" % len(pieces)]
lines += ["705%-80s%04d0000001" % (p, i + 1) for i, p in enumerate(pieces)]
lines += ["62722200011198765            0000000300               RIVERBEND               0111000020000002",
          "62322200011198765            0000000000               RIVERBEND               0111000020000003"]
n = len(pieces) + 3
lines += ["8200%06d%010d%012d%012d1512345678%25s111000020000001" % (n, 66600033, 300, 7525, ""),
          "9000001000001%08d%010d%012d%012d" % (n, 66600033, 300, 7525)]
open(sys.argv[1] + "/ctx.ach", "w").write("".join("%-94s" % l for l in lines))
open(sys.argv[1] + "/short.ach", "w").write("\n".join(l for l in lines if not l.startswith("627")) + "\n")
PY
is "$("$X" post deposit "$T/ctx.ach")" \
    '{"v":"post.v1","what":"deposit","date":"2026-09-17","cents":7525,"reference":"CTX0001","origin":"1999999999","method":"ach"}'
run "$T/ctx.ach"
is "$(bank)" "7525 8800 41200 49680 105525 "

echo "what is wrong gives nothing, with its line"
refused() { # LINE WORDS FILE
    run "$3"
    "$X" quarantine list --run "$T/r" | grep 'BANK_FORM' | grep -q "line $1: .*$2" || fail "no 'line $1 $2': $("$X" quarantine list --run "$T/r")"
}
refused 0 'cut off' "$(head -4 fixtures/bank/day.ach >"$T/cut.ach" && echo "$T/cut.ach")"
refused 5 'not those of its entries' "$(sed '3s/49680/49681/' fixtures/bank/day.ach >"$T/sum.ach" && echo "$T/sum.ach")"
grep -q . "$T/short.ach" && refused '[0-9]*' 'not those of its entries' "$T/short.ach"
refused 9 'counts other records' "$(grep -v '^16,142,8800' fixtures/bank/day.bai >"$T/n.bai" && echo "$T/n.bai")"
refused 1 'what each row is' fixtures/bank/front-desk.csv
is "$(bank)" "7525 8800 41200 49680 105525 "

echo "a list that says what each row is"
printf 'what,account,amount,date,reference,from,by,reason\npatient,RB-1,$5.00,9/5/2026,R-1,,,\ndeposit,,9.00,2026-09-05,D-1,,,\n' >"$T/list.csv"
"$B/bin/claimwire-ingest" "$T/list.csv" >"$T/frames" 2>"$T/err" || fail "list: $(cat "$T/err")"
grep -aq '"what":"patient","date":"2026-09-05","cents":500,"account":"RB-1"' "$T/frames" || fail "patient of a list"
grep -aq '"what":"deposit","date":"2026-09-05","cents":900,"reference":"D-1"' "$T/frames" || fail "deposit of a list"
printf 'Posting Date,Description,Debit,Credit\n2026-09-05,ACH TRN*1*T77*1512345678,,12.00\n2026-09-05,FEE,3.00,\n2026-09-06,out,,(4.00)\n' >"$T/export.csv"
is "$("$X" post deposit "$T/export.csv")" \
    '{"v":"post.v1","what":"deposit","date":"2026-09-05","cents":1200,"reference":"T77","origin":"1512345678"}'

echo "a day without a deposit is no fault"
printf 'date,amount,reference\n' >"$T/none.csv"
"$B/bin/claimwire-ingest" "$T/none.csv" >"$T/frames" 2>"$T/err" || fail "none: $(cat "$T/err")"
grep -aq 'post.v1' "$T/frames" && fail "something came of nothing"
echo "bank_test: all good"
