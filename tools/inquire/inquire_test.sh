#!/bin/sh
# inquire: a 276 for each open claim, clean under our own validator, brought by submit, answered by the
# simulated payer, read by acks into the ledger: pended, paid, not found, silent. Nothing is asked twice;
# deaths between commit and write give the same file; a 999 to a 276 is no answer to claims.
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
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, after: {999: 1h, 277ca: 1d, 835: 30d}}
  SBX02: {name: SANDBOX TWO, isa: SANDBOX2, after: {999: 1h, 277ca: 1d, 835: 30d}}
cases:
  - {when: {pcn: RB-1002}, status: {report: "A4:35"}}
  - {when: {pcn: RB-1003}, status: {report: "R4:294"}}
  - {when: {pcn: RB-1004}, mute-277: true}
END
run() { "$X" run "$T/house.yaml" --run "$T/house" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $*: exit $?"; }; }
sim() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>&1; }
bring() {
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/err" || fail "fetch"
    run --clock "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
state() { "$X" claims --run "$T/house" --json | sed -n "s/.*\"claim\":\"$1\".*\"state\":\"\([^\"]*\)\".*/\1/p"; }
ask() { "$X" inquire --run "$T/house" "$@" >"$T/asked" 2>"$T/err"; }

sim 2026-10-01
run --clock 2026-10-01T08:00:00Z fixtures/demo/riverbend.837
claims=$("$X" claims --run "$T/house" --json | grep -c '"sent":true')
sim 2026-10-01T09:00:00Z
sim 2026-10-03
bring 2026-10-03T08:00:00Z
accepted=$("$X" claims --run "$T/house" --json | grep -c '"state":"accepted, waiting' || true)
[ "$accepted" = "$claims" ] || fail "$accepted of $claims are accepted: $("$X" claims --run "$T/house")"

echo "one set for every open claim, one file for each payer, clean at every level"
cp -r "$T/house" "$T/before"
ask --open --now 2026-10-15T08:00:00Z || fail "$(cat "$T/err")"
[ "$(grep -c '^ask ' "$T/asked")" = "$claims" ] || { cat "$T/asked"; fail "not every open claim"; }
[ "$(grep -c '^wrote ' "$T/asked")" = 2 ] || { cat "$T/asked"; fail "two payers, two files"; }
"$X" validate "$T"/house/inquire/out/*.276 >"$T/v" 2>&1 || { cat "$T/v"; fail "not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
f=$(tr '~' '\n' <"$T/house/inquire/out/SBX01-000000001.276$(test -f "$T/house/inquire/out/SBX01-000000001.276" || echo .no)" 2>/dev/null || tr '~' '\n' <"$T/house/inquire/out/SBX01-000000002.276")
echo "$f" | grep -q '^GS\*HR\*.*\*30000000[12]\*X\*005010X212$' || { echo "$f"; fail "GS"; }
for seg in 'REF\*1K\*SB26[0-9]*' 'REF\*EJ\*RB-1001' 'NM1\*PR\*2\*[A-Z ]*\*\*\*\*\*PI\*SBX01' 'AMT\*T3\*[0-9.]*' 'DTP\*472\*D8\*2026[0-9]*'; do
    echo "$f" | grep -qx "$seg" || { echo "$f"; fail "no $seg"; }
done

echo "deaths: the same file; asked within a day: not again"
for at in inquire.commit.before inquire.commit.after inquire.write.after; do
    rm -rf "$T/dead" && cp -r "$T/before" "$T/dead"
    CLAIMWIRE_KILL_AT="$at@$T/died.$at" "$X" inquire --run "$T/dead" --open --now 2026-10-15T08:00:00Z >/dev/null 2>&1 && fail "$at was not visited"
    "$X" inquire --run "$T/dead" --open --now 2026-10-15T08:00:00Z >/dev/null 2>&1 || fail "after a death at $at"
    diff -r "$T/house/inquire/out" "$T/dead/inquire/out" || fail "other files after a death at $at"
done
ask --open --now 2026-10-15T20:00:00Z || fail "again"
grep -q '^ask ' "$T/asked" && fail "asked twice in a day"
[ "$("$X" inquire list --run "$T/house" --json | grep -c '"asked":"2026-10-15')" = "$claims" ] || fail "list"

echo "submit brings them, once"
run --clock 2026-10-15T09:00:00Z
ls "$T/payers/SBX01/in" | grep -q '[.]276$' || fail "not brought: $("$X" submit list --run "$T/house")"
sim 2026-10-15T12:00:00Z
run --clock 2026-10-15T13:00:00Z
ls "$T"/payers/*/in | grep '[.]276$' && fail "brought twice"

echo "answers: clean, and each claim stands where the payer says"
sim 2026-10-15T14:00:00Z
ls "$T"/payers/SBX01/out/*.277 "$T"/payers/SBX01/out/*.999 >/dev/null || fail "no answer"
"$X" validate "$T"/payers/*/out/*.277 >"$T/v" 2>&1 || { cat "$T/v"; fail "a 277 is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
cat "$T"/payers/SBX01/out/*.277 | tr '~' '\n' >"$T/277"
grep -q '^STC\*P1:20\*20261015' "$T/277" || { cat "$T/277"; fail "pended"; }
grep -q 'REF\*EJ\*RB-1004' "$T/277" && fail "RB-1004 is not answered"
bring 2026-10-15T15:00:00Z
[ "$(state RB-1001)" = "accepted, pended, payer 1" ] || fail "RB-1001: $(state RB-1001)"
state RB-1002 | grep -q 'lost' || fail "RB-1002: $(state RB-1002)"
state RB-1003 | grep -q 'info' || fail "RB-1003: $(state RB-1003)"
state RB-1004 | grep -q 'waiting' || fail "RB-1004: $(state RB-1004)"
"$X" claims --run "$T/house" --exceptions | grep ACK_ORPHAN && fail "a 999 to a 276 is taken for an answer to claims"
"$X" claims --run "$T/house" --exceptions | grep RESP_ORPHAN && fail "an answer of ours is an orphan"
"$X" work list --run "$T/house" --now 2026-10-16 >"$T/work"
grep -q '^LOST' "$T/work" && grep -q '^RFAI' "$T/work" || { cat "$T/work"; fail "work list"; }

echo "explain tells what the payer said, with its file and bytes"
"$X" explain RB-1002 --run "$T/house" >"$T/life"
grep -q 'status from the payer (277): not found, A4:35' "$T/life" || { cat "$T/life"; fail "explain: A4"; }
"$X" explain RB-1003 --run "$T/house" --json | grep '"fact":"status"' | grep -q 'more information wanted.*R4:' || fail "explain: R4"
"$X" explain RB-1004 --run "$T/house" | grep -q 'status from the payer' && fail "explain: a payer that is silent said something"

echo "wrong calls"
rc=0; ask NO-SUCH || rc=$?; [ $rc = 1 ] && grep -q 'no such claim' "$T/err" || fail "unknown claim: $rc"
rc=0; ask || rc=$?; [ $rc = 64 ] || fail "nothing named: $rc"
rc=0; ask --open RB-1001 || rc=$?; [ $rc = 64 ] || fail "both: $rc"
rc=0; ask --open --now never || rc=$?; [ $rc = 64 ] || fail "no time: $rc"
rc=0; "$X" inquire --run "$T/nowhere" --open >/dev/null 2>&1 || rc=$?; [ $rc = 78 ] || fail "no run: $rc"
rc=0; ask --claims "$T/nofile" || rc=$?; [ $rc = 64 ] || fail "no file: $rc"
mkdir "$T/empty" && "$X" inquire --run "$T/empty" --open >"$T/asked" || fail "an empty house has nothing to ask"
printf 'RB-1001\r\n\nRB-1005\n' | "$X" inquire --run "$T/house" --claims - --again --into "$T/into" --now 2026-10-20 >"$T/asked" || fail "--claims -"
[ "$(ls "$T/into")" ] && [ "$(grep -c '^ask ' "$T/asked")" = 2 ] || fail "--into: $(cat "$T/asked")"
"$X" prove --run "$T/house" >"$T/log" 2>&1 || { cat "$T/log"; fail "prove"; }
for word in TESTER SAMPLE PATTERN; do grep -rq "$word" "$T/house/log" "$T/asked" "$T/err" && fail "a name is logged"; done
echo "inquire_test: all good"
