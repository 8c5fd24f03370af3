#!/bin/sh
# The gate looks at every coverage of an encounter, asks again what was answered before the visit or too long
# ago, and takes two authorizations onto one claim; used up and expired ones hold it.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires" "$T/needs"
for p in SBX01 SEX01; do
    printf 'submit:\n  %s: {by: folder, usage: T, dir: %s}\nfetch:\n  %s: {by: folder, usage: T, dir: %s, archive: %s}\n' \
        $p "$T/payers/$p/in" $p "$T/payers/$p/out" "$T/payers/$p/archive" >"$T/wires/$p.yaml"
done
echo 'payers: {SBX01: {authorize: ["70551", "20610"]}}' >"$T/needs/n.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|; s|config/clearance|$T/needs|" pipelines/office.yaml >"$T/office.yaml"
script() { # CASES
    cat >"$T/script.yaml" <<END2
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, after: {999: 1h, 277ca: 1d, 835: 14d, 271: 1h, 278: 2h}}
  SEX01: {name: SECOND HEALTH, isa: SECOND, after: {999: 1h, 277ca: 1d, 835: 14d, 271: 1h}}
cases: [$1]
END2
}
office() { # TIME FILE...
    at=$1
    shift
    "$X" run "$T/office.yaml" --run "$T/house" --clock "$at" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $at"; }
}
sim() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>&1 || { cat "$T/said"; fail payersim; }; }
bring() {
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/err" || { cat "$T/err"; fail fetch; }
    office "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
held() { "$X" eligibility held --run "$T/house" --json >"$T/held"; }
codes() { held; sed -n 's/.*"code":"\([A-Z_]*\)".*/\1/p' "$T/held" | sort | tr '\n' ' '; }
sent() { "$X" claims --run "$T/house" --json | grep -c '"sent":true' || true; }
about() { find "$T/payers/SBX01" -name "*.270" -exec cat {} + | tr "~" "\n" | grep -c "$1"; }
asked() { find "$T/payers/$1" -name '*.270' | wc -l; }
# ENC DAY COVERAGES LINES: one encounter of an invented patient
enc() {
    cat <<END2
{"v":"enc.v1","usage":"T","enc":"$1","src":{"sys":"ehr1"},"facility":{"npi":"2000000010","pos":"11"},"pt":{"last":"TESTER","first":"ANNA","dob":"1980-02-29","sex":"F","addr":{"l1":"1 MAIN ST","city":"RIVERTON","st":"UT","zip":"840650001"}},"cov":[$3],"prov":{"bill":"2000000010","rend":"2000000028"},"dos":{"from":"$2","thru":"$2"},"dx":[{"n":1,"code":"J029","by":"physician"}],"lines":[$4],"signed":{"by":"2000000028","at":"$2T17:10:00-06:00"}}
END2
}
ONE='{"rank":1,"payer":"SBX01","member":"XYZ100200300","group":"G1","rel":"18","sbr09":"CI"}'
TWO='{"rank":2,"payer":"SEX01","member":"SEC700700","rel":"18","sbr09":"CI"}'
VISIT='{"ln":1,"code":"99213","mods":[],"units":1,"chg":15000,"dx":[1]}'

echo "both coverages are asked about; the second, which has ended, holds the claim"
script '{when: {patient: SEC700700}, inactive: true}'
sim 2026-09-03T08:00:00Z
enc C-1 2026-09-03 "$TWO,$ONE" "$VISIT" >"$T/c1.jsonl"
office 2026-09-03T18:00:00Z "$T/c1.jsonl"
[ "$(asked SBX01) $(asked SEX01)" = "1 1" ] || fail "asked: $(find "$T/payers" -name '*.270')"
[ "$(codes)" = "ELIG_UNKNOWN " ] || fail "held: $(cat "$T/held")"
sim 2026-09-03T18:30:00Z
sim 2026-09-03T21:00:00Z
bring 2026-09-03T22:00:00Z
[ "$(codes)" = "ELIG_INACTIVE " ] && [ "$(sent)" = 0 ] || { cat "$T/held"; fail "the second coverage was not looked at"; }
grep -q '"payer":"SEX01"' "$T/held" && grep -q 'second coverage: not insured' "$T/held" || { cat "$T/held"; fail "which one is not said"; }

echo "answered days before the visit: asked again before the claim goes out, and what ended holds it"
script '{when: {patient: NOBODY}, inactive: true}'
enc C-2 2026-10-05 "$ONE" "$VISIT" >"$T/c2.jsonl"
"$X" eligibility ask --run "$T/house" --now 2026-10-02 "$T/c2.jsonl" >"$T/o" 2>&1 || { cat "$T/o"; fail ask; }
office 2026-10-02T09:00:00Z

sim 2026-10-02T10:00:00Z
sim 2026-10-02T12:00:00Z
bring 2026-10-02T13:00:00Z
"$X" eligibility show --run "$T/house" XYZ100200300 | grep -qi 'active' || fail "no answer before the visit"
before=$(asked SBX01)
office 2026-10-05T18:00:00Z "$T/c2.jsonl"
codes | grep -q 'ELIG_UNKNOWN' && [ "$(sent)" = 0 ] || { cat "$T/held"; fail "an answer of before the visit let it go"; }
[ "$(asked SBX01)" = $((before + 1)) ] || fail "not asked again: $(asked SBX01), before $before"
script '{when: {patient: XYZ100200300}, inactive: true}'
sim 2026-10-05T19:00:00Z
sim 2026-10-05T22:00:00Z
bring 2026-10-06T08:00:00Z
[ "$(codes)" = "ELIG_INACTIVE ELIG_INACTIVE " ] && [ "$(sent)" = 0 ] || { cat "$T/held"; fail "ended coverage let it go"; }

echo "answered on the day, billed twenty days later: asked again, then it goes out"
script '{when: {patient: NOBODY}, inactive: true}'
OTHER='{"rank":1,"payer":"SBX01","member":"XYZ100200377","rel":"18","sbr09":"CI"}'
enc C-3 2026-10-12 "$OTHER" "$VISIT" >"$T/c3.jsonl"
"$X" eligibility ask --run "$T/house" --now 2026-10-12 "$T/c3.jsonl" >"$T/o" 2>&1 || { cat "$T/o"; fail ask; }
office 2026-10-12T09:00:00Z
sim 2026-10-12T10:00:00Z
sim 2026-10-12T12:00:00Z
bring 2026-10-12T13:00:00Z
before=$(about XYZ100200377)
office 2026-11-02T09:00:00Z "$T/c3.jsonl"
codes | grep -q 'ELIG_UNKNOWN' && [ "$(about XYZ100200377)" = $((before + 1)) ] || { cat "$T/held"; fail "an answer of three weeks ago let it go"; }
sim 2026-11-02T10:00:00Z
sim 2026-11-02T12:00:00Z
bring 2026-11-02T13:00:00Z
[ "$(sent)" = 1 ] || { cat "$T/held"; fail "active, and it does not go out"; }

echo "two authorizations on one claim; then one is used up, the other has expired"
auth() { "$X" authorization add --run "$T/house" --payer SBX01 --member XYZ100200377 --first ANNA --dob 1980-02-29 --code "$1" --number "$2" --units 1 --from 2026-11-01 --to "$3" --as clerk1 --now 2026-11-02 >"$T/o" 2>&1 || { cat "$T/o"; fail "authorization add"; }; }
auth 70551 AU1 2026-12-31
auth 20610 AU2 2026-11-10
MRI='{"ln":1,"code":"70551","mods":[],"units":1,"chg":120000,"dx":[1]}'
JOINT='{"ln":2,"code":"20610","mods":[],"units":1,"chg":18000,"dx":[1]}'
pass() { # ENC DAY LINES: asked, answered
    enc "$1" "$2" "$OTHER" "$3" >"$T/$1.jsonl"
    office "$2T18:00:00Z" "$T/$1.jsonl"
    sim "$2T19:00:00Z"
    sim "$2T21:00:00Z"
    bring "$2T22:00:00Z"
}
pass C-4 2026-11-03 "$MRI,$JOINT"
[ "$(sent)" = 2 ] || { cat "$T/held"; fail "two authorizations hold a claim"; }
cat "$T"/payers/SBX01/*/*.837 | tr '~' '\n' | sed -n '/^CLM/,/^SE/p' >"$T/claims"
[ "$(grep '^REF\*G1' "$T/claims" | tr '\n' ' ')" = "REF*G1*AU1 REF*G1*AU2 " ] || fail "REF G1: $(grep '^REF' "$T/claims")"
sed -n '/^LX\*2/,$p' "$T/claims" | grep -q '^REF\*G1\*AU2' || fail "the second is not in its line"
"$X" validate "$T"/payers/SBX01/*/*.837 >"$T/v" 2>&1 && grep -q 'nothing found' "$T/v" || { cat "$T/v"; fail "not clean"; }
pass C-5 2026-11-04 "$MRI"
codes | grep -q AUTH_USED_UP || { cat "$T/held"; fail "used up twice"; }
pass C-6 2026-11-20 "$(echo "$JOINT" | sed 's/"ln":2/"ln":1/')"
codes | grep -q AUTH_EXPIRED || { cat "$T/held"; fail "expired, and it goes out"; }
[ "$(sent)" = 2 ] || fail "sent: $(sent)"
"$X" prove --run "$T/house" >"$T/log" 2>&1 || { cat "$T/log"; fail prove; }
echo "cover_test: all good"
