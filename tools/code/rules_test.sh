#!/bin/sh
# claimwire code rules: every rule has a passing and a failing fixture and both are right; faults in a
# rule file are said with their line; a rule that is broken is found out by its fixtures.
set -eu
X=${B:-build}/bin/claimwire-code
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }

"$X" rules test >"$dir/out" || { tail -5 "$dir/out"; fail "fixtures"; }
n=$(sed -n 's/^\([0-9]*\) rules, .* 0 failed$/\1/p' "$dir/out")
[ "${n:-0}" -ge 120 ] || fail "only ${n:-0} rules"
"$X" rules list >"$dir/out"
for kind in unbillable_code seventh_character excludes1 excludes2 code_first use_additional code_also manifestation_first \
    laterality unspecified_side acute_chronic integral_sign external_cause_first first_listed principal poa unspecified \
    em_level em_new_patient modifier_missing modifier_wrong ncci_ptp mue addon_without_primary global_period units \
    medical_necessity missing_charge query_physician drug_waste clia_waived telehealth noncovered no_price unsigned; do
    grep -q " $kind " "$dir/out" || fail "no rule of kind $kind"
done
# every modifier that is promised stands in a rule
for m in 22 24 25 26 33 50 51 52 53 57 58 59 XE XS XP XU 62 76 77 78 79 80 82 AS 91 93 95 FS JW JZ KX QW LT RT TC GA GX GY GZ; do
    grep -qE "[^0-9A-Za-z]$m([^0-9A-Za-z]|\$)" config/coding/*.rule || fail "no rule speaks of modifier $m"
done
"$X" rules why C20-040 | grep -q 'external cause is never first' || fail "why"
rc=0 && "$X" rules why C99-999 2>/dev/null || rc=$?
[ $rc = 64 ] || fail "an unknown rule: exit $rc"
"$X" rules list --json | "${PYTHON:-/usr/bin/python3}" -c 'import json,sys
assert all(json.loads(l)["decides"] in ("rule", "person") for l in sys.stdin)' || fail "list --json"

echo "a rule that is broken fails its fixtures"
mkdir "$dir/rules"
cp config/coding/em.csv "$dir/rules"
sed 's/and patient_kind() = "est" and/and/' config/coding/em.rule >"$dir/rules/em.rule"
rc=0 && "$X" rules test --rules "$dir/rules" >"$dir/out" || rc=$?
[ $rc = 1 ] && grep -q 'FAILED C30-010 .*em.rule:[0-9]*: the rule fires' "$dir/out" || fail "exit $rc, $(cat "$dir/out")"

echo "a stay is a stay with and without the leading zero of its bill type"
for tob in 111 0111 0121 117; do
    printf '{"v":"enc.v1","enc":"T","dos":{"from":"2026-03-02"},"inst":{"tob":"%s"},"dx":[{"code":"I10"}],"lines":[]}\n' $tob |
        "$X" check --codes fixtures/coding/codes - | grep -q '"setting":"inpatient"' || fail "$tob is no stay"
done
for tob in 131 0131 0851; do
    printf '{"v":"enc.v1","enc":"T","dos":{"from":"2026-03-02"},"inst":{"tob":"%s"},"dx":[{"code":"I10"}],"lines":[]}\n' $tob |
        "$X" check --codes fixtures/coding/codes - | grep -q '"setting":"outpatient"' || fail "$tob is a stay"
done

echo "a fault in a rule file is said with file and line"
bad() { # TEXT MESSAGE
    printf 'rule C99-001\nkind k\nfrom 2020-01-01\nper dx\nsource s\ntext t\nwhen 1 = 1\n%b\n' "$1" >"$dir/rules/em.rule"
    rc=0 && "$X" rules test --rules "$dir/rules" >"$dir/out" 2>"$dir/err" || rc=$?
    [ $rc = 78 ] || fail "accepted: $1 (exit $rc)"
    grep -q "em.rule:[0-9]*: .*$2" "$dir/err" || fail "$1: $(cat "$dir/err")"
}
bad 'when d.code within (A00' 'parenthesis'
bad 'when nosuch(1)' 'no function'
bad 'when says()' 'too few'
bad 'when 1 = 1 1' 'left behind'
bad 'per claim' 'per:'
bad 'from 2020-13-01' 'date'
bad 'do it\nchange drop d' 'only a rule that decides'
bad 'colour blue' 'unknown word'
bad 'do {d.code' 'brace'
bad "when $(printf '(%.0s' $(seq 200))1" 'deep'
bad 'do it\ndo it again' 'stands twice'
rm "$dir"/rules/*.rule
rc=0 && "$X" rules test --rules "$dir/rules" 2>"$dir/err" || rc=$?
[ $rc = 78 ] || fail "a folder without rules: exit $rc"
