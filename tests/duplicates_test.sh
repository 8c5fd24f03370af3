#!/bin/sh
# Duplicates are held before anything is sent: the same patient, provider, payer, day, procedure and amount
# under another account, and under the same; a person releases one with a reason and it goes, once. What
# came back rejected may go again, and so may another day, a replacement, another submitter.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
run() { "$X" run pipelines/acknowledged.yaml --run "$T/house" "$@" >"$T/log" 2>&1 || [ $? = 1 ] || { cat "$T/log"; fail "run $*"; }; }
# NAME ISA13 ACCOUNT DAY SUBMITTER FREQUENCY
bill() {
    /usr/bin/python3 - "$@" >"$T/$1.837" <<'PY'
import sys
name, number, account, day, who, frequency = sys.argv[1:]
f8 = "REF*F8*ICN-1~" if frequency != "1" else ""
body = "ST*837*0001*005010X222A1~BHT*0019*00*B%s*20260901*0800*CH~NM1*41*2*RIVERBEND*****46*%s~" \
    "PER*IC*DESK*TE*8005550100~NM1*40*2*CLRHOUSE*****46*CLRHOUSE~HL*1**20*1~" \
    "NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~N3*1 MAIN ST~N4*RIVERTON*UT*840650001~" \
    "REF*EI*001234567~HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*TESTER*ANNA****MI*XYZ100200300~" \
    "N3*2 MAIN ST~N4*RIVERTON*UT*840650001~DMG*D8*19800229*F~NM1*PR*2*SANDBOX HEALTH*****PI*SBX01~" \
    "CLM*%s*150***11:B:%s*Y*A*Y*Y~%sHI*ABK:J029~LX*1~SV1*HC:99213*150*UN*1***1~DTP*472*D8*%s~" \
    % (number, who, account, frequency, f8, day)
n = body.count("~") + 1
print("ISA*00*          *00*          *ZZ*%-15s*ZZ*CLRHOUSE       *260901*0800*^*00501*%09d*0*T*:~"
      "GS*HC*%s*CLRHOUSE*20260901*0800*%s*X*005010X222A1~%sSE*%d*0001~GE*1*%s~IEA*1*%09d~"
      % (who, int(number), who, number, body, n, number, int(number)), end="")
PY
}
out() { cat "$T"/house/build837/out/*.837 2>/dev/null | tr '~' '\n' | grep -c "^CLM[*]$1[*]" || true; }
held() { "$X" quarantine list --run "$T/house" --json | grep -c '"rule":"DUP_HOLD".*"state":"held"' || true; }

bill first 1 A-1 20260901 RVRBND 1; bill again 2 A-2 20260901 RVRBND 1; bill same 3 A-1 20260901 RVRBND 1
bill day 4 A-3 20260902 RVRBND 1; bill other 5 A-1 20260901 OTHERS 1; bill seven 6 A-1 20260901 RVRBND 7
run --clock 2026-09-10T08:00:00Z "$T/first.837"
[ "$(out A-1)" = 1 ] || fail "the first is not sent"

echo "the same service under another account, and under the same, waits"
run --clock 2026-09-10T09:00:00Z "$T/again.837"
[ "$(out A-2)" = 0 ] && [ "$(held)" = 1 ] || fail "another account: sent $(out A-2), held $(held)"
run --clock 2026-09-10T10:00:00Z "$T/same.837"
[ "$(out A-1)" = 1 ] && [ "$(held)" = 2 ] || fail "the same account: sent $(out A-1), held $(held)"
"$X" work list --run "$T/house" --code DUP_HOLD --json >"$T/work"
grep -q '"claim":"A-2","role":"biller","cents":15000' "$T/work" || fail "nobody is told: $(cat "$T/work")"

echo "another day, a replacement, another submitter are none"
run --clock 2026-09-10T11:00:00Z "$T/day.837" "$T/other.837" "$T/seven.837"
[ "$(out A-3)" = 1 ] && [ "$(out A-1)" = 3 ] && [ "$(held)" = 2 ] || fail "held: $(held), A-3 $(out A-3), A-1 $(out A-1)"

echo "a person says why it is none, and it goes, once"
n=$("$X" quarantine list --run "$T/house" --json | sed -n 's/^{"number":\([0-9]*\),.*"rule":"DUP_HOLD".*/\1/p' | head -1)
rc=0; "$X" quarantine release "$n" --run "$T/house" >"$T/out" 2>&1 || rc=$?
[ $rc = 64 ] && grep -q 'say why it is none' "$T/out" || fail "released without a reason: $rc"
last=$("$X" quarantine show "$n" --run "$T/house" --show | tr '~' '\n' | sed -n 's/^NM1[*]IL[*]1[*]\([^*]*\).*/\1/p' | head -1)
[ "${#last}" -gt 2 ] || fail "whose claim is held?"
rc=0; "$X" quarantine release "$n" --run "$T/house" --reason "$last came twice" >"$T/out" 2>&1 || rc=$?
[ $rc = 64 ] && grep -q 'names the patient' "$T/out" && ! grep -q "$last" "$T/out" "$T/house/audit.log" ||
    fail "a reason with a name: $rc, $(cat "$T/out")"
"$X" quarantine release "$n" --run "$T/house" --reason "two visits that day" >/dev/null || fail "release"
grep -q '"tool":"quarantine","action":"release","subject":"[0-9]*: two visits that day"' "$T/house/audit.log" || fail "not noted"
run --clock 2026-09-10T12:00:00Z
[ "$(out A-2)" = 1 ] && [ "$(held)" = 1 ] || fail "released: sent $(out A-2), held $(held)"
run --clock 2026-09-10T13:00:00Z
[ "$(out A-2)" = 1 ] || fail "sent twice"
"$X" prove --run "$T/house" >"$T/proved" 2>&1 || fail "prove: $(cat "$T/proved")"

echo "what came back rejected may go again"
rm -rf "$T/house"
run --clock 2026-09-10T08:00:00Z "$T/first.837"
bht=$(cat "$T"/house/build837/out/*.837 | tr '~' '\n' | sed -n 's/^BHT[*]0019[*]00[*]\([^*]*\).*/\1/p')
/usr/bin/python3 - "$T/house" "$bht" <<'PY' >"$T/frames"
import json, sys
sys.path.insert(0, "tests/lib")
import frames, ledger_scene as s
f = s.File(sys.argv[1], 300, "")
text = json.dumps({"answer": "277CA", "of": "claim", "by": "PR", "accepted": False, "codes": ["A7:562"],
                   "bht03": sys.argv[2], "pcn": "A-1", "charge": 15000})
f.add("ack", text, text, 0)
frames.write(sys.stdout.buffer, f.records(""))
PY
"$B/bin/claimwire-reconciler" --run "$T/house" <"$T/frames" >/dev/null
"$X" claims --run "$T/house" | grep -q 'rejected by payer' || fail "not rejected: $("$X" claims --run "$T/house")"
run --clock 2026-09-20T10:00:00Z "$T/same.837"
[ "$(held)" = 0 ] && [ "$(out A-1)" = 2 ] || fail "a rejected claim is held: $(held)"
echo "duplicates_test: all good"
