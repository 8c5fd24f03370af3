#!/bin/sh
# Two submitters with the same account number: each is asked about, explained, proved and answered by its
# own; a command that is given the number alone says that it needs the row (--claim).
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires"
printf 'submit:\n  SBX01: {by: folder, usage: T, dir: %s/in}\n  SBX02: {by: folder, usage: T, dir: %s/in}\n' "$T" "$T" >"$T/wires/w.yaml"
mkdir "$T/in"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
run() { "$X" run "$T/house.yaml" --run "$T/house" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $*"; }; }
sed 's/RVRBND/OTHRBN/g; s/2000000010/2000000044/g' fixtures/demo/riverbend.837 >"$T/other.837"
cmp -s fixtures/demo/riverbend.837 "$T/other.837" && fail "the other submitter is the first"
run --clock 2026-10-01T08:00:00Z fixtures/demo/riverbend.837
run --clock 2026-10-01T09:00:00Z "$T/other.837"
"$X" explain RB-1001 --run "$T/house" >"$T/life" || fail explain
rows=$(sed -n 's/^claim in row \([0-9]*\),.*/\1/p' "$T/life")
[ "$(echo "$rows" | wc -l)" = 2 ] || { cat "$T/life"; fail "not two claims of one number: $rows"; }
one=$(echo "$rows" | head -1) two=$(echo "$rows" | tail -1)

echo "the number alone does not say which"
for call in "inquire RB-1001 --run $T/house --now 2026-10-20" "appeal RB-1001 --run $T/house --proof --now 2026-10-20" \
    "attach RB-1001 README.md --run $T/house" "rebill void RB-1001 --run $T/house --reason wrong"; do
    rc=0; "$X" $call >"$T/o" 2>"$T/err" || rc=$?
    [ $rc = 1 ] && grep -q -e '--claim ROW' "$T/err" || fail "$call: $rc $(cat "$T/err")"
    rc=0; "$X" $call --claim 99999 >"$T/o" 2>"$T/err" || rc=$?
    [ $rc = 1 ] && grep -q 'stands in that row' "$T/err" || fail "$call: another row: $rc $(cat "$T/err")"
    rc=0; "$X" $call --claim "$two" >"$T/o" 2>"$T/err" || rc=$?
    grep -q -e '--claim ROW' -e 'stands in that row' "$T/err" && fail "$call --claim $two: $(cat "$T/err")"
done
rc=0; "$X" inquire RB-1001 --run "$T/house" --claim x1 >/dev/null 2>&1 || rc=$?; [ $rc = 64 ] || fail "a row that is no number: $rc"

echo "asked about apart: one within a day does not stand for the other"
"$X" inquire list --run "$T/house" --json >"$T/list"
[ "$(grep -c '"claim":"RB-1001"' "$T/list")" = 1 ] && grep -q "\"row\":$two}" "$T/list" || { cat "$T/list"; fail "asked"; }
"$X" inquire RB-1001 --claim "$two" --run "$T/house" --now 2026-10-20T08:00:00Z >"$T/o" 2>"$T/err" || fail "again: $(cat "$T/err")"
grep -q 'not again' "$T/err" || fail "asked twice in a day"
"$X" inquire --open --run "$T/house" --now 2026-10-20T08:00:00Z >"$T/o" 2>"$T/err" || fail "open: $(cat "$T/err")"
"$X" inquire list --run "$T/house" --json | grep '"claim":"RB-1001"' >"$T/list"
[ "$(wc -l <"$T/list")" = 2 ] && grep -q "\"row\":$one}" "$T/list" || { cat "$T/list"; fail "the first is not asked about"; }
"$X" prove --run "$T/house" >"$T/log" 2>&1 || { cat "$T/log"; fail prove; }
echo "shared_account_test: all good"
