#!/bin/sh
# Reports over a circle: claims go to simulated payers that deny, split, take back, pay late with
# interest, pay a stranger (no 277CA told its control number) and keep silent; the front desk takes a copay. Every money figure of every
# report is what tests/readers/report_figures.py works out from the plain files.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN CLAIMWIRE_CONTRACTS
fail() { echo "FAIL: $*"; cat "$T/log" 2>/dev/null; exit 1; }
mkdir "$T/wires" "$T/contracts"
{
    echo "submit:"
    for p in SBX01 SBX02; do echo "  $p: {by: folder, usage: T, dir: $T/payers/$p/in}"; done
    echo "fetch:"
    for p in SBX01 SBX02; do echo "  $p: {by: folder, usage: T, dir: $T/payers/$p/out, archive: $T/payers/$p/archive}"; done
} >"$T/wires/w.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
cat >"$T/script.yaml" <<'END'
seed: 3
payers:
  SBX01:
    name: SANDBOX HEALTH
    isa: SANDBOX
    tax: "1512345678"
    after: {999: 1h, 277ca: 1d, 835: 7d, eft: 2d}
    fees: {"99213": 80.00, "87880": 16.50}
    copay: 15.00
  SBX02: {name: SANDBOX TWO, isa: SANDBOX2, tax: "1512345677", rate: 60, coinsurance: 20, never-277ca: true, after: {999: 1h, 277ca: 1d, 835: 7d, eft: 2d}}
cases:
  - {when: {pcn: RB-1003}, deny: {group: CO, reason: "197"}}
  - {when: {pcn: RB-1002}, take-back: {after: 7d, percent: 60}}
  - {when: {pcn: RB-1004}, late: {after: 14d, percent: 1}}
  - {when: {pcn: RB-1007}, unknown: true}
  - {when: {pcn: RB-1005}, twice: true}
  - {when: {pcn: LP-2002}, never: true}
END
printf 'code,modifier,place,from,to,fee,factor\n99213,,,2026-01-01,,95.00,\n' >"$T/contracts/SBX01.csv"
run() { "$X" run "$T/house.yaml" --run "$T/house" "$@" >"$T/log" 2>&1 || fail "run $*: exit $?"; }
payers() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>"$T/log" || fail "payersim $1"; }
payers 2026-10-01
run fixtures/demo/riverbend.837
mkdir -p "$T/received"
for f in $(find "$T/payers" -path '*/in/*' -type f ! -name '.*'); do cp "$f" "$T/received/$(echo "$f" | tr / _)"; done
payers 2026-10-01T06:00:00Z
payers 2026-10-03
payers 2026-10-20
payers 2026-11-15
"$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/log" || fail "fetch"
run $(ls "$T"/house/fetch/in/* | grep -v '[.]ach$')
mkdir "$T/desk"
"$X" post patient --account RB-1001 --amount 15.00 --date 2026-11-02 --reference R-1 --into "$T/desk" >"$T/log"
run "$T"/desk/*
"$X" prove --run "$T/house" >"$T/log" 2>&1 || fail "prove"
now=$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ) # what came in this second has come
for name in $("$X" report list | awk '{print $1}'); do
    "$X" report "$name" --run "$T/house" --json --now "$now" --contracts "$T/contracts" >>"$T/rows" || fail "report $name"
done
figures() { /usr/bin/python3 tests/readers/report_figures.py "${now%T*}" - 99213=95.00 fixtures/demo/riverbend.837 "$T"/received/* \
    "$T"/payers/*/archive/*.835 "$T"/payers/*/archive/*.277ca "$T"/desk/*; }
figures <"$T/rows" >"$T/said" || { "$X" claims --run "$T/house"; cat "$T/said"; fail "the figures"; }
tail -1 "$T/said"
# what was to happen did: a denial, a reversal, interest, unapplied cash, an underpayment
for what in '"denials".*"CO-197"' '"unapplied".*"remits":1' '"scorecard".*"SBX02".*"interest":[1-9]' \
    '"underpaid".*"UNDERPAID".*"gap":1500' '"trial-balance".*"13 receipts".*"balance":1500'; do
    grep -q "$what" "$T/rows" || fail "nothing of: $what"
done
# and the comparison notices a cent
sed '/"cash","payer":"all"/s/"cash":\([0-9]*\)/"cash":1\1/' "$T/rows" | figures >/dev/null && fail "another sum is not noticed"
echo "reports_test: all good"
