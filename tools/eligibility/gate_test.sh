#!/bin/sh
# The gate of an office: encounters wait until their coverage holds on the day of service, and until what
# their payer wants authorized is; what is not known is asked (270, 278) and sent by submit; an answer
# or a person releases them. Member ids come from the payer or a person where the encounter is wrong.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires" "$T/needs"
cat >"$T/wires/w.yaml" <<END
submit:
  SBX01: {by: folder, usage: T, dir: $T/payers/SBX01/in}
fetch:
  SBX01: {by: folder, usage: T, dir: $T/payers/SBX01/out, archive: $T/payers/SBX01/archive}
END
echo 'payers: {SBX01: {authorize: ["70551", "20610"]}}' >"$T/needs/n.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|; s|config/clearance|$T/needs|" pipelines/office.yaml >"$T/office.yaml"
cat >"$T/script.yaml" <<'END'
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, after: {999: 1h, 277ca: 1d, 835: 14d, 271: 1h, 278: 2h}}
cases:
  - {when: {patient: XYZ100200302}, inactive: true}
  - {when: {patient: XYZ100200309}, aaa: {reason: "72"}}
  - {when: {code: "20610"}, pend: {after: 3d, then: certify}}
  - {when: {code: "70551"}, certify-part: {units: 1}}
END
office() { # RUN TIME FILE...
    r=$1 at=$2
    shift 2
    "$X" run "$T/office.yaml" --run "$r" --clock "$at" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $at: exit $?"; }
}
sim() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>&1 || fail "payersim"; }
bring() {
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/err" || fail "fetch"
    office "$T/house" "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
held() { "$X" eligibility held --run "$T/house" --json >"$T/held"; }
codes() { held; sed -n 's/.*"code":"\([A-Z_]*\)".*/\1/p' "$T/held" | sort | tr '\n' ' '; }
sent() { "$X" claims --run "$T/house" --json | grep -c '"sent":true' || true; }

echo "nothing is known: asked, held, sent by submit; nothing is billed"
sim 2026-09-03T08:00:00Z
head -4 fixtures/demo/office.jsonl >"$T/four.jsonl"
office "$T/house" 2026-09-03T18:00:00Z "$T/four.jsonl"
[ "$(codes)" = "AUTH_WAIT AUTH_WAIT ELIG_UNKNOWN ELIG_UNKNOWN " ] || [ "$(codes)" = "ELIG_UNKNOWN ELIG_UNKNOWN ELIG_UNKNOWN ELIG_UNKNOWN " ] || fail "held: $(cat "$T/held")"
[ "$(sent)" = 0 ] || fail "billed without knowing"
[ "$(ls "$T"/payers/SBX01/in/*.270 | wc -l)" = 1 ] || fail "one file a payer: $(ls "$T/payers/SBX01/in")"
[ "$(cat "$T"/payers/SBX01/in/*.270 | tr '~' '\n' | grep -c '^TRN')" = 4 ] || fail "four inquiries in it"
[ "$(ls "$T"/payers/SBX01/in/*.278 | wc -l)" = 2 ] || fail "two requests: $(ls "$T/payers/SBX01/in")"
"$X" validate "$T"/payers/SBX01/in/*.27? >"$T/v" 2>&1 || { cat "$T/v"; fail "not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
"$X" work list --run "$T/house" --now 2026-09-03T19:00:00Z >"$T/work"
[ "$(grep -c '^ELIG_UNKNOWN' "$T/work")" = 4 ] || { cat "$T/work"; fail "work list"; }

echo "started again: asked once, held once"
office "$T/house" 2026-09-03T18:30:00Z
[ "$(ls "$T"/payers/SBX01/in | wc -l)" = 6 ] || fail "asked again: $(ls "$T/payers/SBX01/in")"

echo "answers: active goes on, inactive and refused say what to fix; one is certified, one pended"
sim 2026-09-03T21:00:00Z
sim 2026-09-03T23:30:00Z
"$X" validate "$T"/payers/SBX01/out/*.27? >"$T/v" 2>&1 || { cat "$T/v"; fail "an answer is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
bring 2026-09-04T08:00:00Z
[ "$(codes)" = "ELIG_INACTIVE ELIG_REFUSED " ] || { cat "$T/held"; fail "held: $(codes)"; }
grep 'ELIG_REFUSED' "$T/held" | grep -q 'AAA 72' || { cat "$T/held"; fail "what to fix is not said"; }
[ "$(sent)" = 2 ] || fail "two go on: $("$X" claims --run "$T/house")"
g1=$(cat "$T"/payers/SBX01/in/*.837 | tr '~' '\n' | grep '^REF\*G1')
[ "$(echo "$g1" | wc -l)" = 1 ] && echo "$g1" | grep -q '^REF\*G1\*SBA000000[12]$' || fail "REF G1: $g1"
"$X" claims --run "$T/house" --exceptions | grep 'ORPHAN' && fail "answers of ours are orphans"

echo "the pended one is on a timer; then certified"
"$X" work list --run "$T/house" --now 2026-09-04T09:00:00Z >"$T/work"
grep -q '^AUTH_PENDED' "$T/work" || { cat "$T/work"; fail "AUTH_PENDED"; }

echo "a person mends the member id, another releases; looks are audited"
"$X" patient find "MODEL DORA" --run "$T/house" --json >"$T/o" 2>&1 || fail "find: $(cat "$T/o")"
p=$(sed -n 's/.*"patient": *\([0-9]*\).*/\1/p' "$T/o" | head -1)
"$X" patient amend "$p" --payer SBX01 --field member --value XYZ100200319 --why "card" --as clerk1 --run "$T/house" >"$T/o" 2>&1 || fail "amend: $(cat "$T/o")"
office "$T/house" 2026-09-05T08:00:00Z
[ "$(codes)" = "ELIG_INACTIVE ELIG_UNKNOWN " ] || { cat "$T/held"; fail "the new id is asked: $(codes)"; }
sim 2026-09-05T10:00:00Z
sim 2026-09-06T02:00:00Z
bring 2026-09-06T08:00:00Z
[ "$(codes)" = "ELIG_INACTIVE " ] || fail "active under the right id: $(cat "$T/held")"
cat "$T"/payers/SBX01/*/*.837 | tr '~' '\n' | grep -q 'NM1\*IL\*1\*MODEL\*DORA\*\*\*\*MI\*XYZ100200319' || fail "the claim has the old id"
"$X" eligibility held --run "$T/house" --all | grep -q 'member from person of ' || fail "no origin: $("$X" eligibility held --run "$T/house" --all)"
n=$(sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$T/held")
rc=0; "$X" eligibility release "$n" --run "$T/house" >/dev/null 2>&1 || rc=$?; [ $rc = 64 ] || fail "release without who and why: $rc"
rc=0; "$X" eligibility release 99 --as boss --why x --run "$T/house" >/dev/null 2>&1 || rc=$?; [ $rc = 1 ] || fail "release of nothing: $rc"
rc=0; "$X" eligibility release "$n" --as boss --why "card xyz100200302 seen" --run "$T/house" >/dev/null 2>"$T/err" || rc=$?
[ $rc = 64 ] && grep -q 'names the patient' "$T/err" || fail "a reason that names the member: $rc $(cat "$T/err")"
grep -qi 'xyz1002003' "$T/house/audit.log" "$T/err" && fail "a member in the audit log"
"$X" eligibility release "$n" --as boss --why "card seen" --run "$T/house" >/dev/null || fail "release"
grep -q '"release".*boss' "$T/house/audit.log" || fail "the release is not audited"
office "$T/house" 2026-09-07T08:00:00Z
[ -z "$(codes)" ] && [ "$(sent)" = 4 ] || fail "released: $(cat "$T/held") $(sent)"

echo "deaths: asked once, held once, billed once"
for at in eligibility.decide.before eligibility.decide.after eligibility.write.after; do
    rm -rf "$T/dead"
    CLAIMWIRE_KILL_AT="$at@$T/died.$at" "$X" run "$T/office.yaml" --run "$T/dead" --clock 2026-09-03T18:00:00Z "$T/four.jsonl" >/dev/null 2>&1 || true
    [ -e "$T/died.$at" ] || fail "$at was not visited"
    [ "$(ls "$T/dead/eligibility/out" "$T/dead/authorization/out" | grep -c '27[08]$')" = 3 ] || office "$T/dead" 2026-09-03T18:00:00Z
    [ "$(ls "$T/dead/eligibility/out" "$T/dead/authorization/out" | grep -c '27[08]$')" = 3 ] || fail "$at: not three files asked"
    [ "$("$X" eligibility held --run "$T/dead" | wc -l)" = 4 ] || fail "$at: not four held"
done
sed 's/unknown: hold/unknown: pass/; s|needs: [^,]*|needs: config/clearance|' "$T/office.yaml" >"$T/pass.yaml"
for at in eligibility.release.before eligibility.release.after; do
    rm -rf "$T/dead"
    CLAIMWIRE_KILL_AT="$at:2@$T/died.$at" "$X" run "$T/pass.yaml" --run "$T/dead" --clock 2026-09-03T18:00:00Z "$T/four.jsonl" >"$T/log" 2>&1 || { cat "$T/log"; fail "a death at $at"; }
    [ -e "$T/died.$at" ] || fail "$at was not visited"
    [ "$("$X" claims --run "$T/dead" --json | grep -c '"sent":true')" = 4 ] || fail "after a death at $at: $("$X" claims --run "$T/dead")"
done
"$X" prove --run "$T/house" >"$T/log" 2>&1 || { cat "$T/log"; fail "prove"; }
for word in TESTER SAMPLE PATTERN MODEL XYZ1002003; do
    grep -rq "$word" "$T/house/log" "$T/held" "$T/work" && fail "a patient is named: $word"
    grep -aq "$word" "$T/house/eligibility/eligibility.db" "$T/house/authorization/authorization.db" && fail "$word lies open"
done
echo "gate_test: all good"
