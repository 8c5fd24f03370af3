#!/bin/sh
# coder as a filter behind ingest: claims out, the rest refused by rule and path and without a value.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
R=tests/readers
IN=fixtures/encounters/day.jsonl
fail() { echo "FAILED: $*" >&2; exit 1; }
"$PY" -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }

"$B"/bin/claimwire-ingest $IN >"$T/enc" 2>>"$T/log"
"$B"/bin/claimwire-coder --rejects "$T/rejects" <"$T/enc" >"$T/sets" 2>>"$T/log"

echo "two encounters become claims that an independent reader finds right"
"$PY" $R/check_sets.py "$T/enc" "$T/sets" >"$T/out"
printf '%s\n' 'E-1001 190 SBX01' 'E-1002 150 PAX01 SEX01' 'E-1003 none' 'E-1004 none' | diff - "$T/out"

echo "one without a signature and one without a price go to a person"
"$PY" $R/show_rejects.py "$T/rejects" >"$T/out"
diff - "$T/out" <<'EOF'
enc ENC_UNSIGNED signed: nobody has signed this encounter
enc CODE_REVIEW lines[0].chg: has no price here and none in the charge master for that day
EOF

echo "the same encounters again are the same bytes"
"$B"/bin/claimwire-coder --rejects "$T/rejects" <"$T/enc" >"$T/again" 2>>"$T/log"
cmp "$T/sets" "$T/again"

echo "refused to nowhere is exit 1, and no value is said"
rc=0
"$B"/bin/claimwire-coder <"$T/enc" >"$T/again" 2>>"$T/log" || rc=$?
[ $rc = 1 ] || fail "exit $rc"
if grep -qE 'TESTER|SAMPLE|MOCK|XYZ1|1EG4|1951|1980' "$T/log"; then fail "a value of a patient in the log"; fi

echo "a fault in config/practice is said with file, line and column"
mkdir "$T/practice"
sed 's/cents: 4000/cents: 40.00/' config/practice/demo.yaml >"$T/practice/p.yaml"
rc=0
"$B"/bin/claimwire-coder --practice "$T/practice" <"$T/enc" >/dev/null 2>"$T/out" || rc=$?
[ $rc = 78 ] || fail "exit $rc"
grep -q 'p.yaml:[0-9]*:[0-9]*: expected whole cents' "$T/out" || fail "$(cat "$T/out")"

if [ -x "$B/bin/claimwire-validator" ]; then
    echo "what coder makes stands before the validator and goes out"
    "$B"/bin/claimwire-validator --rejects "$T/rejects" <"$T/sets" 2>>"$T/log" |
        "$B"/bin/claimwire-build837 --out "$T/o" >"$T/sent" 2>>"$T/log"
    [ "$(cat "$T"/o/*.837 | grep -ao 'CLM\*' | wc -l)" = 2 ] || fail "two claims were to go out"
fi
