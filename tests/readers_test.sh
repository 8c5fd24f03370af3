#!/bin/sh
# A medical office whose systems send HL7, FHIR, C-CDA and tables: claims come out with the practice's
# places and prices; a line that nobody has a price for goes to a person, whatever form it came in,
# and never out at 0.00; the same files again change nothing.
set -eu
B=${B:-build}
PY=/usr/bin/python3
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
X=$B/bin/claimwire
F=fixtures/readers
fail() { echo "FAILED: $*" >&2; [ -s "$T/err" ] && tail -n 5 "$T/err" >&2; exit 1; }
office() { # RUN FILE...
    run=$1; shift
    "$X" run pipelines/professional.yaml --run "$T/$run" --clock 2026-09-06T08:00:00Z --json "$@" \
        >"$T/summary" 2>"$T/err" || fail "exit $?: $(tail -n 3 "$T/err")"
}

# a patient of another number than the one of HL7: the same visit from two systems would be held as a duplicate
sed 's/XYZ100200300/XYZ100200388/' $F/fhir/visit.json >"$T/visit.json"
office run $F/hl7/dft.hl7 "$T/visit.json" $F/ccda/visit.xml $F/csv/visits.csv
echo "one claim of each, with prices of the charge master where none was sent"
PYTHONPATH=tests/readers "$PY" - "$T"/run/build837/out/*.837 <<'P' || fail "claims"
import sys, x12claims
got = sorted((c.claim[0].split(b"*")[2].decode(), c.claim[0].split(b"*")[5].decode(),
              c.isa[15].decode()) for p in sys.argv[1:] for c in x12claims.claims(p))
# hl7, fhir, first of the table: 150 as sent and 40 of the charge master (87880 with QW); C-CDA knows
# no modifier: 150 and 35; second of the table: 150 of the charge master
assert got == [("150", "11:B:1", "P"), ("185", "11:B:1", "P")] + [("190", "11:B:1", "P")] * 3, got
P
[ "$(tr '~' '\n' <"$(ls "$T"/run/build837/out/SBX01*.837)" | grep -c '^REF\*X4\*46D0000010$')" = 4 ] ||
    fail "the CLIA number of the place stands where a test is, and there alone"
n=$("$X" quarantine list --run "$T/run" | grep -c CSV_FIELD) || fail "the row that cannot be mapped is not in quarantine"
[ "$n" = 1 ] || fail "$n in quarantine"
"$X" prove --run "$T/run" >"$T/proof" || fail "$(cat "$T/proof")"

echo "again: nothing new"
cat "$T"/run/build837/out/*.837 >"$T/before"
office run $F/hl7/dft.hl7 "$T/visit.json" $F/ccda/visit.xml $F/csv/visits.csv
cat "$T"/run/build837/out/*.837 | cmp -s - "$T/before" || fail "the same files again made other claims"

echo "no price: to a person, in each form"
sed 's/99213/99299/; s/|150.00|/||/' $F/hl7/dft.hl7 | sed 's/99213/99299/' >"$T/a.hl7"
sed 's/|150.00|/|0.00|/; s/99213/99299/g' $F/hl7/dft.hl7 | sed "s/M-1001/M-9/; s/V-5001/V-5009/" >"$T/b.hl7"
sed 's/"code": "99213"/"code": "99299"/; s/"priceOverride": {[^}]*},//' $F/fhir/visit.json >"$T/c.json"
sed 's/99213/99299/' $F/ccda/visit.xml >"$T/d.xml"
sed 's/99213/99299/; s/,150.00,/,0,/; s/\$150//; s/99213/99299/' $F/csv/visits.csv >"$T/e.csv"
cp $F/csv/S-1.note "$T/"
office none "$T/a.hl7" "$T/b.hl7" "$T/c.json" "$T/d.xml" "$T/e.csv"
[ -z "$(ls "$T/none/build837/out")" ] || fail "a claim without a price went out"
for i in 1 2 3 4 5 6 7; do
    "$X" review show $i --run "$T/none" --json >"$T/held" || fail "review has no $i: $("$X" review list --run "$T/none")"
    grep -q '"kind":"no_price"' "$T/held" || fail "review $i: $(cat "$T/held")"
done
[ "$("$X" review list --run "$T/none" | wc -l)" = 7 ] || fail "$("$X" review list --run "$T/none")"
"$X" prove --run "$T/none" >"$T/proof" || fail "$(cat "$T/proof")"

echo "a system that is not known to sign: nobody has signed"
sed 's/RIVEREHR/OTHEREHR/' $F/hl7/dft.hl7 >"$T/f.hl7"
office unsigned "$T/f.hl7"
[ -z "$(ls "$T/unsigned/build837/out" 2>/dev/null)" ] || fail "an unsigned encounter went out"
"$X" gather list --run "$T/unsigned" >"$T/list" 2>&1
grep -q 'waiting .*waits for signature$' "$T/list" || fail "an unsigned encounter does not wait for the signed note: $(cat "$T/list")"

echo "a line of another provider says so"
awk 'BEGIN { RS = ORS = "\r" } /^FT1.2/ { sub(/2000000028/, "2000000036") } { print }' $F/hl7/dft.hl7 | sed 's/M-1001/M-8/' >"$T/g.hl7"
office two "$T/g.hl7"
tr '~' '\n' <"$(ls "$T"/two/build837/out/SBX01*.837)" |
    awk '/^LX/ { lx = $0 } /^NM1\*82/ { print lx, $0 }' >"$T/rend"
grep -qx ' NM1\*82\*1\*HEALER\*HELEN\*\*\*\*XX\*2000000028' "$T/rend" &&
    grep -qx 'LX\*2 NM1\*82\*1\*MENDER\*MARK\*\*\*\*XX\*2000000036' "$T/rend" && [ "$(wc -l <"$T/rend")" = 2 ] ||
    fail "rendering providers: $(cat "$T/rend")"
