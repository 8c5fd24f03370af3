#!/bin/sh
# A code that does not exist, or not any more on the day of the service, is found where it stands: with
# complete tables, here small ones of our own. With the starter table it is said that nobody looked.
set -u
B=${B:-build}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "codes_test: $*"; exit 1; }
import() { "$B/bin/claimwire-codeset" --codes "$t/codes" import csv --system "$1" --release "$2" --from "$3" $4 - >/dev/null || fail "import $1"; }
good=fixtures/837p/clean.837 stay=fixtures/837i/clean.837
mkdir "$t/codes"
{
    echo code,title
    for c in J029 R509 M5416 I10 Z0000 S72001A W010XXA; do echo "$c,made up"; done
} | import icd10cm all 2025-10-01 ""
printf 'code,title\nI152,made up\n' | import icd10cm ended 2020-10-01 "--to 2025-09-30"
printf 'code,title\nJ1100,made up\nE0730,made up\n' | import hcpcs all 2025-10-01 ""
printf 'code,title\nJ1055,made up\n' | import hcpcs ended 2010-01-01 "--to 2025-12-31"
printf 'code,title\n0SR90JZ,made up\n' | import icd10pcs all 2025-10-01 ""
"$B/bin/claimwire-codeset" --codes "$t/codes" compile || fail "compile"
check() { "$B/bin/claimwire-validate" --codes "$t/codes/codes.cwt" --json "$@" >"$t/out" 2>"$t/err"; }
one() { # WHAT LOOP SEGMENT POSITION ELEMENT RULE: the only finding
    want="\"loop\":\"$2\",\"segment\":\"$3\",\"position\":$4,\"element\":\"$5\",\"level\":5,\"rule\":\"$6\","
    { [ "$(wc -l <"$t/out")" = 1 ] && grep -qF "$want" "$t/out"; } || fail "$1: not $want but $(cat "$t/out")"
}
mkdir "$t/a:b" && cp -r "$t/codes" "$t/a:b/"
"$B/bin/claimwire-validate" --codes "$t/a:b/codes/codes.cwt" $good $stay >"$t/out" 2>"$t/err" || fail "a colon in the path: $(cat "$t/err")"
"$B/bin/claimwire-validate" --codes "$t/a:c/codes.cwt" $good >"$t/out" 2>"$t/err"
[ $? = 78 ] && grep -qF -- "--codes \"$t/a:c/codes.cwt\"" "$t/err" || fail "not there: $(cat "$t/err")"
check $good $stay || fail "exit $?"
[ -s "$t/out" ] && fail "clean files: $(cat "$t/out")"
at() { # FILE TEXT: its place in its set, ST being 1
    awk -v w="$2" '/^ST/ {n = 0} {n++} index($0, w) == 1 {print n; exit}' "$1"
}
sed 's/^HI\*ABK:J029\*ABF:R509~/HI*ABK:J029*ABF:R999~/' $good >"$t/in"
check "$t/in" && one "a diagnosis that does not exist" 2300 HI "$(at $good 'HI*ABK:J029*')" 2.2 S5-004
sed 's/^HI\*ABK:I10~/HI*ABK:I152~/' $good >"$t/in"
check "$t/in" && one "a diagnosis that ended" 2300 HI "$(at $good 'HI*ABK:I10')" 1.2 S5-004
sed 's/^SV1\*HC:J1100/SV1*HC:J1199/' $good >"$t/in"
check "$t/in" && one "a service that does not exist" 2400 SV1 "$(at $good 'SV1*HC:J1100')" 1.2 S5-008
sed 's/^SV1\*HC:J1100/SV1*HC:J1055/' $good >"$t/in"
check "$t/in" && one "a service that ended" 2400 SV1 "$(at $good 'SV1*HC:J1100')" 1.2 S5-008
sed 's/^HI\*ABF:I10:/HI*ABF:I19:/' $stay >"$t/in"
check "$t/in" && one "a diagnosis of a stay" 2300 HI "$(at $stay 'HI*ABF:I10')" 1.2 S5-004B
sed 's/^HI\*BBR:0SR90JZ/HI*BBR:0SR90JX/' $stay >"$t/in"
check "$t/in" && one "an operation that does not exist" 2300 HI "$(at $stay 'HI*BBR')" 1 S5-006
sed 's/^SV2\*0450\*HC:99283/SV2*0450*HC:J1055/' $stay >"$t/in"
check "$t/in"
grep -q '"loop":"2400","segment":"SV2".*"element":"2.2".*"rule":"S5-008C"' "$t/out" || fail "a service of a hospital that ended: $(cat "$t/out")"
# The table that comes with claimwire is not complete: nothing is blamed, and that is said.
sed 's/^HI\*ABK:I10~/HI*ABK:Q9999~/' $good >"$t/in"
"$B/bin/claimwire-validate" --codes config/codes/starter/codes.cwt "$t/in" >"$t/out" 2>"$t/err"
grep -q S5-004 "$t/out" || fail "named with --codes, a table is complete"
[ -f config/codes/codes.cwt ] || {
    "$B/bin/claimwire-validate" "$t/in" >"$t/out" 2>"$t/err" || fail "blamed by the starter table: $(cat "$t/out")"
    grep -q 'not in the starter table.*icd10cm.*codeset fetch' "$t/err" || fail "not said: $(cat "$t/err")"
}
echo "codes_test: all good"
