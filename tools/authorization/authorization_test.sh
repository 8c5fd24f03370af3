#!/bin/sh
# authorization: requests (278) that are clean, the payer's every word on them, units that are used up, days
# that have passed; what came by telephone; nothing of a patient lies open.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/run"
auth() { v=$1; shift; "$X" authorization "$v" --run "$T/run" "$@" >"$T/o" 2>"$T/err"; }
sim() { "$X" payersim --root "$T/sim" --script "$T/script.yaml" --now "$1" >>"$T/log" 2>&1 || fail "payersim"; }
cat >"$T/script.yaml" <<'END'
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX}
  HPX01: {name: HOSPITAL PLAN, isa: HPX01}
cases:
  - {when: {code: "20610"}, modify: {units: 3, by: 60d}}
  - {when: {code: "70551"}, not-certified: {reason: "0V"}}
  - {when: {code: "11042"}, pend: {after: 2d, then: deny}}
  - {when: {code: "99213", patient: XYZ100200300}, aaa-278: {reason: "72"}}
  - {when: {code: "0120"}, contact: true}
END

echo "requests: one set an encounter, one file a payer, clean"
sim 2026-09-01
auth ask --now 2026-09-01T08:00:00Z fixtures/demo/office.jsonl || fail "$(cat "$T/err")"
[ "$(grep -c '^ask ' "$T/o")" = 5 ] && [ "$(grep -c '^wrote ' "$T/o")" = 2 ] || { cat "$T/o"; fail "five requests, two payers"; }
"$X" validate "$T"/run/authorization/out/*.278 >"$T/v" 2>&1 || { cat "$T/v"; fail "not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
f=$(tr '~' '\n' <"$(ls "$T"/run/authorization/out/SBX01*)")
for seg in 'NM1*X3*2*SANDBOX HEALTH*****PI*SBX01' 'NM1*IL*1*SAMPLE*BORIS****MI*XYZ100200301' 'UM*HS*I**11:B' 'DTP*AAH*D8*20260903' \
    'HI*ABK:R519' 'SV1*HC:70551*1200*UN*1' 'SV1*HC:87880:QW*40*UN*1'; do
    echo "$f" | grep -qxF "$seg" || { echo "$f"; fail "no $seg"; }
done
echo "$f" | grep -q '^GS\*HI\*RVRBND\*CLRHOUSE\*20260901\*0800\*40000000[12]\*X\*005010X217$' || fail "GS"
"$X" validate "$T"/run/authorization/out/HPX01* 2>&1 | grep -q 'nothing found' || fail "a hospital's"
auth ask --now 2026-09-01T09:00:00Z fixtures/demo/office.jsonl || fail "again"
grep -q '^ask' "$T/o" && fail "asked twice"

echo "deaths: the same files"
for at in authorization.commit.before authorization.commit.after authorization.write.after; do
    rm -rf "$T/dead" && mkdir "$T/dead"
    CLAIMWIRE_KILL_AT="$at@$T/died.$at" "$X" authorization ask --run "$T/dead" --now 2026-09-01T08:00:00Z fixtures/demo/office.jsonl >/dev/null 2>&1 && fail "$at was not visited"
    "$X" authorization ask --run "$T/dead" --now 2026-09-01T08:00:00Z fixtures/demo/office.jsonl >/dev/null 2>&1 || fail "after $at"
    diff -r "$T/run/authorization/out" "$T/dead/authorization/out" || fail "other files after $at"
done

echo "answers: each word, the same bytes again"
for p in SBX01 HPX01; do cp "$T"/run/authorization/out/$p-* "$T/sim/$p/in/"; done
cp -r "$T/sim" "$T/sim2"
sim 2026-09-01T12:00:00Z
"$X" payersim --root "$T/sim2" --script "$T/script.yaml" --now 2026-09-01T12:00:00Z >/dev/null
diff -r "$T/sim/SBX01/out" "$T/sim2/SBX01/out" || fail "not the same bytes"
"$X" validate "$T"/sim/*/out/*.278 >"$T/v" 2>&1 || { cat "$T/v"; fail "an answer is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
auth read "$T"/sim/*/out/*.278 --now 2026-09-01T13:00:00Z || fail "read: $(cat "$T/err")"
list() { auth list --now "$1" --json || fail list; }
is() { grep "\"code\":\"$1\"" "$T/o" | grep -q "$2" || { cat "$T/o"; fail "$1 is not $2"; }; }
list 2026-09-02
is 20610 '"standing":"modified".*"decision":"A6","authorization":"SBA0000.*"from":"20260903","to":"20261031","asked":1000,"units":3000,"used":0'
is 70551 '"standing":"denied".*"reason":"0V"'
is 11042 '"standing":"pended"'
is 87880 '"standing":"refused".*"reason":"72"'
is 0120 '"standing":"call the payer"'
list 2026-12-01
is 20610 '"standing":"expired"'

echo "pended, then denied; an older answer changes nothing"
sim 2026-09-04
auth read "$T"/sim/SBX01/out/*.278 --now 2026-09-04T08:00:00Z || fail "read: $(cat "$T/err")"
list 2026-09-04
is 11042 '"standing":"denied"'
auth read "$(ls "$T"/sim/SBX01/out/*.278 | head -1)" --now 2026-09-05 || fail "read again"
list 2026-09-05
is 11042 '"standing":"denied"'

echo "an approval by telephone; who looks is noted"
auth add --payer SBX01 --member XYZ100200301 --first BORIS --dob 1971-06-07 --code 70551 --number AU778 --units 1 --from 2026-09-01 --to 2026-09-30 --as clerk1 --now 2026-09-05 || fail "add: $(cat "$T/err")"
list 2026-09-05
grep -q '"authorization":"AU778"' "$T/o" || fail "not added"
auth show XYZ100200301 || fail "show"
grep -q 'BORIS' "$T/o" && grep -q '"tool":"authorization".*show' "$T/run/audit.log" || { cat "$T/o" "$T/run/audit.log"; fail "show, noted"; }

echo "at the gate: the number fits procedure, day and units; used up and expired ones stop the claim"
mkdir "$T/needs"
echo 'payers: {SBX01: {ask: "no", authorize: ["70551"]}}' >"$T/needs/n.yaml"
sed "s|config/clearance|$T/needs|" pipelines/professional.yaml >"$T/house.yaml"
sed -n 2p fixtures/demo/office.jsonl >"$T/1.jsonl"
sed 's/E-2002/E-2102/' "$T/1.jsonl" >"$T/2.jsonl"
sed 's/E-2002/E-2202/; s/"from":"2026-09-03","thru":"2026-09-03"/"from":"2026-10-03","thru":"2026-10-03"/; s/2026-09-03T17/2026-10-03T17/' "$T/1.jsonl" >"$T/3.jsonl"
"$X" run "$T/house.yaml" --run "$T/run" --clock 2026-10-04T08:00:00Z "$T/1.jsonl" "$T/2.jsonl" "$T/3.jsonl" >"$T/log" 2>&1 || { cat "$T/log"; fail "run"; }
[ "$(cat "$T"/run/build837/out/*.837 | tr '~' '\n' | grep -c '^REF\*G1\*AU778$')" = 1 ] || fail "REF G1: $(tr '~' '\n' <"$(ls "$T"/run/build837/out/*.837)")"
"$X" eligibility held --run "$T/run" --json >"$T/held"
grep -q AUTH_USED_UP "$T/held" && grep -q AUTH_EXPIRED "$T/held" && [ "$(wc -l <"$T/held")" = 2 ] || { cat "$T/held"; fail "used up, expired"; }
"$X" work list --run "$T/run" --now 2026-10-04 >"$T/work"
grep -q '^AUTH_USED_UP' "$T/work" && grep -q '^AUTH_EXPIRED' "$T/work" || { cat "$T/work"; fail "work list"; }
list 2026-09-05
grep '"authorization":"AU778"' "$T/o" | grep -q '"standing":"used up".*"used":1000' || { cat "$T/o"; fail "used"; }

echo 'payers: {SBX01: {ask: "no", authorize: ["99213"]}}' >"$T/needs/n.yaml"
sed -n 1p fixtures/demo/office.jsonl >"$T/4.jsonl"
"$X" run "$T/house.yaml" --run "$T/run" --clock 2026-10-05T08:00:00Z "$T/4.jsonl" >"$T/log" 2>&1 || { cat "$T/log"; fail "run"; }
"$X" eligibility held --run "$T/run" --json | grep AUTH_REFUSED >"$T/o" || fail "a refused request holds nothing"
fix=$(sed -n '/"72":/,/fix:/s/.*fix: *"*\([a-z ]*\).*/\1/p' config/eligibility/refusals.yaml | head -1)
[ -n "$fix" ] && grep -q "AAA 72): $fix" "$T/o" || { cat "$T/o"; fail "what to fix is not said: $fix"; }

echo "wrong calls"
rc=0; auth ask || rc=$?; [ $rc = 64 ] || fail "no file: $rc"
: >"$T/empty"
rc=0; auth ask "$T/empty" || rc=$?; [ $rc = 1 ] || fail "empty: $rc"
echo '{"v":"enc.v1"}' >"$T/bare"
rc=0; auth ask "$T/bare" || rc=$?; [ $rc = 1 ] || fail "bare: $rc"
rc=0; auth read fixtures/271/clean.271 || rc=$?; [ $rc = 100 ] || fail "a 271: $rc"
rc=0; auth read fixtures/278r/clean.278 || rc=$?; [ $rc = 1 ] || fail "an answer to nobody: $rc"
rc=0; auth add --payer SBX01 || rc=$?; [ $rc = 64 ] || fail "add: $rc"
rc=0; auth show NOBODY || rc=$?; [ $rc = 1 ] || fail "nobody: $rc"
for word in TESTER SAMPLE BORIS PATTERN XYZ1002003; do
    grep -aq "$word" "$T/run/authorization/authorization.db" && fail "$word lies open"
    grep -rq "$word" "$T/run/log" "$T/err" && fail "$word is logged"
done
echo "authorization_test: all good"
