#!/bin/sh
# The second act of the demo, as `make demo` plays it: what each claim came to, and that the books hold.
set -eu
B=${B:-build}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; tail -40 "$T/out"; exit 1; }
sh fixtures/demo/circle.sh "$T/circle" >"$T/out" 2>&1 || fail "exit $?"
grep -q '^SBX01 .*[.]999$' "$T/out" || fail "no 999 was fetched"
grep -q 'CO-197 - find or ask for the authorization' "$T/out" || fail "the denial is not in the work list"
# The last table. Sore throat: 70.00 and 16.50 of the payer, 25.00 of the patient. The knee: 275.00 paid,
# taken back, 165.00 paid; 25.00 stay with the patient.
awk '/^claim .*validated/ { t = "" } { t = t $0 "\n" } /^total/ { last = t } END { printf "%s", last }' "$T/out" >"$T/table"
grep -Eq ' 190\.00 +yes +yes +111\.50 +78\.50 +0\.00 +0\.00 +accepted, paid, zero' "$T/table" || fail "the sore throat: $(cat "$T/table")"
# The MRI, denied and corrected: 515.38 allowed, 25.00 of them the patient's.
grep -Eq ' 1,200\.00 +yes +yes +490\.38 +684\.62 +25\.00 +0\.00 +accepted, paid, patient' "$T/table" || fail "the MRI: $(cat "$T/table")"
grep -Eq ' 500\.00 +yes +yes +165\.00 +310\.00 +25\.00 +0\.00 +accepted, paid, patient' "$T/table" || fail "the knee: $(cat "$T/table")"
# A wound: 215.00 allowed, 25.00 of them the patient's; one service is in another (CO-97), which a person must accept.
grep -Eq ' 675\.00 +yes +yes +190\.00 +260\.00 +25\.00 +200\.00 +accepted, partial, payer 1' "$T/table" || fail "the wound: $(cat "$T/table")"
# A stay in hospital as an 837I: 11,400.00 allowed, 1,600.00 of them the patient's, and interest beside.
grep -Eq ' 18,450\.00 +yes +yes +9,800\.00 +7,050\.00 +1,600\.00 +0\.00 +accepted, paid, patient' "$T/table" || fail "the stay: $(cat "$T/table")"
cat "$T"/circle/build837/out/HPX01-*.837 | grep -q '005010X223A2' || fail "the stay is no 837I"
# Coverage was asked for before the visits, the debridement authorized, and its number stands on the claim.
grep -Eq '^ +1 +A000000001 +SBX01 +11042 +certified +SBA[0-9]+ +0 of 1' "$T/out" || fail "no authorization"
cat "$T"/circle/build837/out/SBX01-*.837 | tr '~' '\n' | grep -q '^REF\*G1\*SBA[0-9]*$' || fail "no REF G1 on the claim"
[ "$(grep -c '^ask      E' "$T/out")" = 5 ] && [ "$(ls "$T"/circle/eligibility/out | wc -l)" = 2 ] || fail "five inquiries in two files"
# One row a claim: coded, submitted, followed up, paid, open.
awk '/^claim .*followed up/ { t = "" } { t = t $0 "\n" } /^total/ { last = t } END { printf "%s", last }' "$T/out" >"$T/life"
[ "$(grep -Ec ' yes +yes +asked 1' "$T/life")" = 5 ] || fail "five claims, coded, submitted and asked about: $(cat "$T/life")"
grep -Eq ' yes +yes +asked 1, corrected 1 +490\.38 +0\.00 ' "$T/life" || fail "the MRI is corrected: $(cat "$T/life")"
grep -Eq ' yes +yes +asked 1 +190\.00 +200\.00 ' "$T/life" || fail "the wound is open: $(cat "$T/life")"
grep -q 'refused$' "$T/out" && grep 'accounted for' "$T/out" | grep -vq ' 0 records refused' && fail "something was refused"
grep -q '^every invariant that applies holds$' "$T/out" || fail "prove"
grep -q 'no SFTP server' "$T/out" && [ -x /usr/sbin/sshd ] && fail "the SFTP server did not start"
for word in TESTER SAMPLE PATTERN MODEL XYZ1002003; do grep -q "$word" "$T/out" && fail "a patient's name is printed"; done
echo "demo_test: all good"
