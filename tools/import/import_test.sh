#!/bin/sh
# Open claims of a system before this one are brought forward: late remittances match, nothing is sent
# again, the journal has them against "opening", the same import again changes nothing, what cannot be
# loaded is listed with its reason, and one that was cut off lets nothing else start.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
is() { [ "$1" = "$2" ] || fail "wanted $2 and got $1"; }
S=fixtures/scenarios
run() { "$X" run pipelines/acknowledged.yaml --run "$T/r" --clock "$@" >"$T/log" 2>&1 || fail "run: $(tail -3 "$T/log")"; }
import() { "$X" import --run "$T/r" --clock "$@"; }
prove() { "$X" prove --run "$T/r" >"$T/proof" || fail "prove: $(grep -A1 BROKEN "$T/proof")"; }
account() { /usr/bin/python3 - "$T/r/reconciler/ledger.db" "$1" <<'PY'
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT coalesce(sum(cents),0) FROM journal WHERE account=?", (sys.argv[2],)).fetchone()[0])
PY
}
claim() { "$X" claims --run "$T/r" --json | sed -n "s/{\"claim\":\"$1\",\(.*\)}/\1/p"; }

echo "G03, denied, and G08, not answered yet, of the old system"
# 1,200.00 and 18,450.00 are open; nothing is income or cash of ours.
is "$(import 2026-09-16T08:00:00Z --json "$S"/G03/in/20260901*.837 "$S"/G03/in/20260915*.835 "$S"/G08/in/*.837)" \
    '{"claims":2,"open":2,"charged":1965000,"left":1965000,"payments":1,"waiting":0,"refused":0}'
is "$(account 15)" -1965000
is "$(account 8)" 0
is "$(account 5)" 1845000
is "$(account 6)" 120000
prove
claim RB00080001 | grep -q '"sent":true.*"imported":true,"state":"accepted, waiting, payer 1"' || fail "G08: $(claim RB00080001)"
claim RB00030001 | grep -q '"denied":120000.*"imported":true,"state":"accepted, denied, payer 1"' || fail "G03: $(claim RB00030001)"

echo "the same again, and the same claim in another file"
is "$(import 2026-09-16T09:00:00Z --json "$S"/G08/in/*.837)" \
    '{"claims":2,"open":2,"charged":1965000,"left":1965000,"payments":1,"waiting":0,"refused":0}'
sed 's/000001003/000009003/' "$S"/G03/in/20260901*.837 >"$T/again.837"
printf 'ISA*00*cut' >"$T/cut.837"
sed 's/000001003/000009004/; s/RB00030001/RB00030009/; s/CLM\*RB00030009\*1200/CLM*RB00030009*1201/' \
    "$S"/G03/in/20260901*.837 >"$T/sum.837"
rc=0 && import 2026-09-16T10:00:00Z "$T/again.837" "$T/cut.837" "$T/sum.837" >"$T/out" || rc=$?
is "$rc" 1
grep -q 'IMPORT_KNOWN.*in the books already' "$T/out" || fail "known: $(cat "$T/out")"
grep -q 'ingest .*S1-' "$T/out" || fail "cut off: $(cat "$T/out")"
grep -q 'validator .*S3-' "$T/out" || fail "not balanced: $(cat "$T/out")"
grep -q 'brought forward: 2 claims of 19,650.00, 2 of them open with 19,650.00; 1 payments' "$T/out" || fail "$(cat "$T/out")"
[ "$("$X" quarantine list --run "$T/r" --json 2>/dev/null | wc -l)" = 0 ] || fail "a release could send it"

echo "late remittances match; nothing is sent"
run 2026-10-15T09:00:00Z "$S"/G03/in/20261005*.835 "$S"/G08/in/*.835
claim RB00030001 | grep -q '"paid":41230,"adjusted":68462,"patient":10308,"open":0' || fail "G03: $(claim RB00030001)"
claim RB00080001 | grep -q '"paid":980000,"adjusted":705000,"patient":160000,"open":0' || fail "G08: $(claim RB00080001)"
is "$(ls "$T/r/build837/out" 2>/dev/null | wc -l)" 0
is "$(account 1)" 1025445
is "$(account 12)" -4215
prove
"$X" work list --run "$T/r" --now 2026-10-16 >"$T/work"
grep -E 'NO_ACK|NO_CA|ERA_UNMATCHED' "$T/work" && fail "the work list asks for what was never sent from here"

echo "a remittance that came before its claim was brought forward"
sed 's/00000000[0-9]\*0\*T/000000077*0*T/; s/^\(IEA\*1\*\).*/\1000000077~/' "$S"/G01/in/*.835 >"$T/g01.835"
run 2026-10-16T09:00:00Z "$T/g01.835"
"$X" claims --run "$T/r" --exceptions | grep -q ERA_UNMATCHED || fail "G01 should wait"
import 2026-10-17T09:00:00Z "$S"/G01/in/*.837 >"$T/out" || fail "G01: $(cat "$T/out")"
claim RB00010001 | grep -q '"paid":8650,"adjusted":7850,"patient":2500' || fail "G01: $(claim RB00010001)"
"$X" claims --run "$T/r" --exceptions | grep -q ERA_UNMATCHED && fail "G01 still waits"
prove

echo "a corrected claim goes out from here, and the books are the same in any order"
"$X" rebill correct RB00030001 --run "$T/r" --by me --reason x --now 2026-10-18 >"$T/correct.837" 2>"$T/log" || true
prove

echo "one that was cut off"
: >"$T/r/import.unfinished"
rc=0 && "$X" run pipelines/acknowledged.yaml --run "$T/r" "$S"/G02/in/*claims.837 >"$T/log" 2>&1 || rc=$?
is "$rc" 111
grep -q 'import .* did not end' "$T/log" || fail "it does not say why: $(cat "$T/log")"
import 2026-10-19T09:00:00Z "$S"/G01/in/*.837 >/dev/null
[ ! -e "$T/r/import.unfinished" ] || fail "it ended and is marked all the same"

echo "odd words"
bad() { rc=0 && "$X" import "$@" >"$T/out" 2>&1 || rc=$?; is "$rc" 64; }
bad --run "$T/r"
bad x.837
bad --run "$T/r" --clock
bad --run "$T/r" --nothing x.837
rc=0 && "$X" import --run "$T/r" "$T/none.837" >"$T/out" 2>&1 || rc=$?
is "$rc" 64
echo "import_test: all good"
