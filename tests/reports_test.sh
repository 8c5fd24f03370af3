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
# each number of each report is the sum of what --trace names, file, segment and bytes
for name in $("$X" report list | awk '{print $1}'); do
    "$X" report "$name" --run "$T/house" --json --trace --now "$now" --contracts "$T/contracts" >>"$T/traced" || fail "report $name --trace"
done
traced() { /usr/bin/python3 tests/readers/report_trace.py "$T/house"; }
traced <"$T/traced" >"$T/said" || { head -20 "$T/said"; fail "the traces"; }
tail -1 "$T/said"
for other in '/"cash","payer":"all"/s/"cash":\([0-9]*\)/"cash":1\1/' 's/"kind":"remit",\(.*\)"seg":/"kind":"remit",\1"seg":1/' \
    's/"kind":"claim",\(.*\)"off":/"kind":"claim",\1"off":1/' '/"lags"/s/"pay p90":/"pay p90":1/' \
    '/"denial-rate"/s/"initial claims":\([0-9]\)/"initial claims":1\1/'; do
    sed "$other" "$T/traced" | traced >"$T/said" && fail "not noticed: $other"
done
# as text and for spreadsheets it names the same segments
"$X" report cash --run "$T/house" --trace | grep -q 'remit, file [0-9a-f]\{16\}, segment [1-9][0-9]* of its set, bytes' || fail "no segment in text"
"$X" report cash --run "$T/house" --trace --csv | grep -q '^#trace,"claims",.*,remit,[0-9a-f]\{64\},[0-9]*,[0-9]*,[1-9][0-9]*$' ||
    fail "no segment in csv"
# text and csv print the numbers of --json
for name in $("$X" report list | awk '{print $1}'); do
    for form in json csv text; do
        option=--$form && [ $form != text ] || option=
        "$X" report "$name" --run "$T/house" $option --now "$now" --contracts "$T/contracts" >"$T/$form"
    done
    /usr/bin/python3 tests/readers/report_forms.py "$T/json" "$T/csv" "$T/text" || fail "the forms of $name"
done
echo "reports_test: all good"
