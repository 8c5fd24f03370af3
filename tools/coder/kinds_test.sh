#!/bin/sh
# Encounters of a hospital and of a dentist through the office's pipeline: an 837I and an 837D that our
# validator finds clean at level 7; what such a claim must have and is missing is refused by path.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
unset CLAIMWIRE_RUN
"$X" run pipelines/professional.yaml --run "$T/run" --clock 2026-08-06T08:00:00Z fixtures/encounters/kinds.jsonl \
    >"$T/log" 2>&1 || { cat "$T/log"; fail "run"; }

echo "a file of each version, clean at level 7"
cat "$T"/run/build837/out/*.837 | tr -d '\n' | tr '~' '\n' >"$T/all"
[ "$(sed -n 's/^GS\*HC.*\*X\*//p' "$T/all" | sort | tr '\n' ' ')" = "005010X223A2 005010X224A2 " ] || fail "$(cat "$T/all")"
for f in "$T"/run/build837/out/*.837; do
    "$B/bin/claimwire-validate" --max-level 7 "$f" >"$T/v" 2>&1 || fail "$f: $(cat "$T/v")"
done

echo "the segments that only these claims have"
sed 's/^CLM\*[0-9A-Z]*/CLM*PCN/;s/^REF\*6R.*L/REF*6R*PCNL/' "$T/all" | grep -E '^(CLM|DTP|DN|CL1|HI|SV|TOO|REF.6R)' >"$T/got"
cat >"$T/want" <<'END'
CLM*PCN*452.5***13:A:1**A*Y*Y
DTP*434*RD8*20260803-20260803
CL1*1*1*01
HI*ABK:J029
HI*APR:R509
SV2*0450*HC:99283*400*UN*1
DTP*472*D8*20260803
REF*6R*PCNL1
SV2*0300*HC:87880:QW*40*UN*1
DTP*472*D8*20260803
REF*6R*PCNL2
SV2*0250**12.5*UN*2
DTP*472*D8*20260803
REF*6R*PCNL3
CLM*PCN*510***11:B:1*Y*A*Y*Y
HI*ABK:K029
SV3*AD:D2392*190****1*****1
TOO*JP*3*M:O
DTP*472*D8*20260803
REF*6R*PCNL1
SV3*AD:D4341*220**10**1*****1
DTP*472*D8*20260803
REF*6R*PCNL2
SV3*AD:D1110*100****1*****1
DTP*472*D8*20260803
REF*6R*PCNL3
CLM*PCN*3400.5***11:B:1*Y*A*Y*Y
DTP*452*D8*20260601
DN1*24*18
DN2*16*M****JP
SV3*AD:D8080*3400.5****1
DTP*472*D8*20260803
REF*6R*PCNL1
END
diff "$T/want" "$T/got" || fail "other segments"

echo "what is missing is said with its place"
"$X" quarantine list --run "$T/run" --json >"$T/list" || fail "quarantine list"
for want in 'ENC_MISSING.*inst.admit.date: is missing: this is a stay' 'ENC_MISSING.*lines\[0\].rev: is missing' \
    'ENC_MISSING.*inst.tob: is missing'; do
    grep -q "$want" "$T/list" || fail "not said: $want: $(cat "$T/list")"
done
echo "a line of a hospital without a price waits for a person"
"$X" code review list --run "$T/run" --json >"$T/list" || fail "review list"
[ "$(grep -c '"state":"held"' "$T/list")" = 1 ] || fail "$(cat "$T/list")"
"$X" code review show 1 --run "$T/run" | grep -q '^C80-010 *hold *line ' || fail "no price is not shown"
echo "kinds_test: all good"
