#!/bin/sh
# followup: a payer that is silent is asked at its times and not between, by 276 files that are clean; its
# answer (277) makes the claim somebody's; held files and records are somebody's too.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires"
{
    echo "submit:"
    for p in SBX01 SBX02; do echo "  $p: {by: folder, usage: T, dir: $T/payers/$p/in}"; done
    echo "fetch:"
    for p in SBX01 SBX02; do echo "  $p: {by: folder, usage: T, dir: $T/payers/$p/out, archive: $T/payers/$p/archive}"; done
} >"$T/wires/w.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
cat >"$T/script.yaml" <<'END'
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, after: {999: 1h, 277ca: 1d, 835: 300d}}
  SBX02: {name: SANDBOX TWO, isa: SANDBOX2, after: {999: 1h, 277ca: 1d, 835: 300d}}
cases:
  - {when: {pcn: RB-1002}, status: {report: "A4:35"}}
  - {when: {pcn: RB-1004}, mute-277: true}
END
run() { "$X" run "$T/house.yaml" --run "$T/house" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $*: exit $?"; }; }
sim() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>&1; }
bring() {
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/err" || fail "fetch"
    run --clock "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
follow() { "$X" followup --run "$T/house" "$@" >"$T/out" 2>"$T/err" || fail "followup $*: $? $(cat "$T/out" "$T/err")"; }

sim 2026-10-01
run --clock 2026-10-01T08:00:00Z fixtures/demo/riverbend.837
claims=$("$X" claims --run "$T/house" --json | grep -c '"sent":true')
sim 2026-10-01T09:00:00Z
sim 2026-10-03
bring 2026-10-02T12:00:00Z

echo "nobody is asked before the time"
follow --now 2026-10-16T11:59:00Z
grep -q '^ask' "$T/out" && fail "asked before day 14: $(cat "$T/out")"
[ ! -d "$T/house/inquire/out" ] || fail "a 276 before day 14"

echo "day 14: each is asked, once"
follow --now 2026-10-17 --dry
[ "$(grep -c '^ask ' "$T/out")" = "$claims" ] || fail "--dry: $(cat "$T/out")"
[ ! -d "$T/house/inquire/out" ] || fail "--dry asks"
grep -q "^STATUS_DUE  *biller  *$claims," "$T/out" || fail "what is a person's: $(cat "$T/out")"
follow --now 2026-10-17
grep -q "^ask  *RB-1001 of SBX01, time 1, due 2026-10-16T" "$T/out" || fail "$(cat "$T/out")"
ls "$T"/house/inquire/out/*.276 >"$T/files"
"$X" validate "$T"/house/inquire/out/*.276 2>&1 | grep -q 'nothing found' || fail "a 276 is not clean"
follow --now 2026-10-17
grep -q '^ask' "$T/out" && fail "asked twice"
grep -q STATUS_DUE "$T/out" && fail "asked, and a person's as well: $(cat "$T/out")"
ls "$T"/house/inquire/out/*.276 | diff - "$T/files" || fail "another file"

echo "the answers: pended, not found, none"
run --clock 2026-10-17T09:00:00Z
sim 2026-10-17T12:00:00Z
sim 2026-10-17T14:00:00Z
bring 2026-10-17T15:00:00Z
# asked on a Saturday, which counts for Monday: two work days behind that end with Wednesday
"$X" work list --run "$T/house" --now 2026-10-21T23:59:00Z --json >"$T/list"
grep -q '"code":"LOST".*"claim":"RB-1002"' "$T/list" || fail "not found, and nobody is told: $(cat "$T/list")"
grep -q 'RB-1004' "$T/list" && fail "the payer has two work days"
"$X" work list --run "$T/house" --now 2026-10-22T00:00:01Z --json | grep '"code":"STATUS_DUE"' >"$T/list" || fail "no answer, and nobody is told"
grep -q '"claim":"RB-1004".*"reason":"asked, no answer"' "$T/list" || fail "$(cat "$T/list")"
[ "$(wc -l <"$T/list")" = 1 ] || fail "others are told of as well: $(cat "$T/list")"

echo "day 21: only who still waits is asked again"
follow --now 2026-10-24 --json
grep -q '"ask":"RB-1001","payer":"SBX01","time":2,"due":"2026-10-23' "$T/out" || fail "$(cat "$T/out")"
grep -q '"ask":"RB-1002"' "$T/out" && fail "the lost one is a person's"

echo "until a person calls; whatever the hour, nothing is forgotten"
follow --now 2026-11-10
grep -q '^NO_REMIT\|^PENDED' "$T/out" || fail "a month without a remittance: $(cat "$T/out")"
for day in 2026-10-18 2026-11-30 2027-03-01 2028-01-01; do
    "$X" work check --run "$T/house" --now $day >"$T/out" || fail "check on $day: $(cat "$T/out")"
done

echo "what lies elsewhere is somebody's too"
sqlite3 "$T/house/submit/submit.db" "UPDATE box SET state=3, rule='WIRE_DIR' WHERE n=1"
"$X" work list --run "$T/house" --now 2026-10-18 --code FILE_HELD | grep -q '^FILE_HELD-1 .*engineer.*WIRE_DIR' || fail "a held file"
rc=0; "$X" followup >"$T/out" 2>&1 || rc=$?; [ $rc = 64 ] || fail "no run: $rc"
rc=0; "$X" followup --run "$T/none" >"$T/out" 2>&1 || rc=$?; [ $rc = 78 ] || fail "no such run: $rc"
echo "followup_test: all good"
