#!/bin/sh
# Two invented payers that differ by data files alone: one claim file, two verdicts, two files out.
# A bad profile is refused with its place; an unenrolled biller is held, and released when the
# registry is mended.
set -eu
b=${B:-build}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "partner_test: $1"; exit 1; }
tool() { n=$1; shift; "$b/bin/claimwire-$n" "$@"; }

mkdir "$t/partners"
cat >"$t/partners/us.yaml" <<'P'
us: {qualifier: ZZ, id: CLRHOUSE, name: DEMO CLEARINGHOUSE, contact: EDI DESK, phone: "8015550100"}
P
cat >"$t/partners/alder.partner" <<'P'
partner alder "Alder Health (invented)"
payer PAY01
envelope
  id ZZ ALDER
write
  newline lf
P
cat >"$t/partners/birch.partner" <<'P'
partner birch "Birch Mutual (invented)"
payer PAY02
envelope
  id 30 BIRCH
  group BIRCHGS
  our-id 30 HOUSE
write
  delimiters | > ! ~
  newline crlf
  case upper
  refs EA G1
limits
  claims-per-file 1
claims
  frequency 1
guide 837P
  require 2010AA/PER
  values 2300/CLM-05-1 11
P
one=fixtures/837p/clean.837
# The one claim file, for the one payer and for the other: nothing else is changed.
sed 's/SBX01/PAY01/' $one >"$t/PAY01.837"
sed 's/SBX01/PAY02/' $one >"$t/PAY02.837"
for p in PAY01 PAY02; do
    tool ingest --partners "$t/partners" "$t/$p.837" 2>/dev/null >"$t/in"
    tool validator --partners "$t/partners" --rejects "$t/$p.no" <"$t/in" >"$t/$p.claims" 2>/dev/null ||
        [ $? = 1 ] || fail "validator"
    tool build837 --partners "$t/partners" --out "$t/$p" <"$t/$p.claims" >/dev/null 2>&1 ||
        fail "build837 for $p"
done
echo "a verdict each: the one takes both claims, the other refuses the replacement (S7-006)"
/usr/bin/python3 tests/lib/frames.py read <"$t/PAY01.no" >"$t/no"
[ ! -s "$t/no" ] || fail "the first payer refuses something"
/usr/bin/python3 tests/lib/frames.py read <"$t/PAY02.no" >"$t/no"
[ "$(wc -l <"$t/no")" = 1 ] || fail "the second payer refuses $(wc -l <"$t/no") claims, not 1"
grep -q 'S7-006' "$t/no" || fail "not by S7-006"
echo "files each: ids, delimiters, line ends, capitals, the order of REF"
f1=$t/PAY01/PAY01-000000001.837
f2=$(ls "$t"/PAY02/PAY02-*.837)
[ -f "$f1" ] && [ -f "$f2" ] || fail "no file for a payer"
head -c 106 "$f1" | grep -q '\*ZZ\*CLRHOUSE       \*ZZ\*ALDER          \*' || fail "ISA of the first"
head -c 106 "$f2" | grep -q '|30|HOUSE          |30|BIRCH          |' || fail "ISA of the second"
grep -q '^GS|HC|HOUSE|BIRCHGS|' "$f2" || fail "GS of the second"
[ "$(tr -cd '\r' <"$f2" | wc -c)" = "$(tr -cd '\n' <"$f2" | wc -c)" ] || fail "line ends"
[ "$(grep -c '^CLM\*' "$f1")" = 2 ] && [ "$(grep -c '^CLM|' "$f2")" = 1 ] || fail "claims"
awk -F'|' '/^CLM/ {c=1} /^LX/ {c=0} c && /^REF/ {printf "%s ", $2}' "$f2" | grep -q '^EA G1 ' ||
    fail "the order of REF: $(grep '^REF' "$f2" | tr '\r\n' '  ')"
tool validate "$f1" "$f2" >"$t/said" 2>&1 || fail "a file that we wrote is not clean: $(cat "$t/said")"

echo "an interchange with its partner: the profile is laid over the guide"
sed 's/\*ZZ\*CLRHOUSE       \*/*30*BIRCH          */;s/:11:B:\|\*11\*/&/' "$t/PAY02.837" |
    sed 's/\*\*\*11:B:1/***22:B:1/' >"$t/wrong.837"
tool validate --partners "$t/partners" "$t/wrong.837" >"$t/said" 2>/dev/null && fail "not refused"
grep -q 'S2-003.*2300 CLM05-1\|2300 CLM05-1.*IK403:I6\|S2-003.*CLM05' "$t/said" || fail "walk: $(cat "$t/said")"
tool validate --partners none "$t/wrong.837" >/dev/null 2>&1 || fail "refused without a profile"
tool validate --max-level 3 --partners "$t/partners" --partner alder "$t/wrong.837" >/dev/null 2>&1 ||
    fail "refused by another profile"

echo "list, show, diff, check"
tool partner --partners "$t/partners" list | grep -q '^birch  *30/BIRCH  *PAY02 ' || fail list
tool partner --partners "$t/partners" show birch >"$t/birch.partner"
tool partner --partners "$t/partners" diff birch "$t/birch.partner" || fail "shown is another profile"
rc=0; tool partner --partners "$t/partners" diff alder birch >"$t/diff" || rc=$?
[ $rc = 1 ] || fail "diff ends with $rc"
grep -q '^claims in a file: alder nothing said; birch 1$' "$t/diff" || fail "diff: $(cat "$t/diff")"
grep -q '^837P 2010AA/PER must be sent: alder nothing said; birch yes$' "$t/diff" || fail "diff of a path"
tool partner --partners "$t/partners" --json diff alder birch 2>&1 | /usr/bin/python3 -c '
import json, sys
d = [json.loads(l) for l in sys.stdin]
assert any(x["key"] == "claims-per-file" and x["a"] is None and x["b"] == ["1"] for x in d), d
' || fail "diff --json"
tool partner --partners "$t/partners" --json show birch | /usr/bin/python3 -m json.tool >/dev/null || fail json
tool partner --partners "$t/partners" check || fail check

echo "a bad profile is refused at start by everyone, with file, line and column: 78"
cp -r "$t/partners" "$t/bad"
printf 'partner alder\nlimits\n  claims-per-set none\n' >"$t/bad/alder.partner"
for c in "partner list" "partner check" "validate $one" "ingest $one" validator "build837 --out $t/x"; do
    set -- $c
    n=$1; shift
    rc=0; tool "$n" --partners "$t/bad" "$@" >/dev/null 2>"$t/err" </dev/null || rc=$?
    [ $rc = 78 ] || fail "$c ends with $rc"
    grep -q 'alder.partner:3:18: claims-per-set is a number' "$t/err" || fail "$c: $(cat "$t/err")"
done
printf 'partner alder\npayer PAY02\n' >"$t/bad/alder.partner"
tool partner --partners "$t/bad" list 2>"$t/err" && fail "one payer id, two partners"
grep -q ':2:1: the payer id is also that of' "$t/err" || fail "$(cat "$t/err")"
printf 'partner alder\nrules\n  warn S9-999\n' >"$t/bad/alder.partner"
tool partner --partners "$t/bad" check 2>"$t/err" && fail "a rule that is not there"
grep -q 'alder.partner:3:8: there is no rule' "$t/err" || fail "$(cat "$t/err")"

rc=0; tool validate --partners "$t/nowhere" $one >/dev/null 2>"$t/err" || rc=$?
[ $rc = 78 ] && grep -q 'nowhere' "$t/err" || fail "a folder that is not there: $rc"
rc=0; tool validate --partners "$t/partners" --partner nobody $one >/dev/null 2>"$t/err" || rc=$?
[ $rc = 78 ] && grep -q 'no profile "nobody"' "$t/err" || fail "a partner that is not there: $rc"

echo "when answers are due"
printf 'partner alder\ncalendar\n  zone eastern\n  cut-off 17:00\n  holidays 2026-11-26\n  hours 06:00-22:00\n' \
    >"$t/bad/alder.partner"
tool partner --partners "$t/bad" --at 2026-11-25T22:00:00Z due alder >"$t/due" || fail due
printf '%-22s %s\n' 'counts for the day of' 2026-11-27T00:00-05:00 '999 due' 2026-11-25T18:00-05:00 \
    '277CA due' 2026-12-02T00:00-05:00 '835 due' 2026-12-28T00:00-05:00 'takes files then' yes >"$t/want"
cmp -s "$t/due" "$t/want" || { cat "$t/due"; fail "due"; }
tool partner --partners "$t/bad" --json --at 2026-11-26T03:30:00Z due alder | grep -q '"open":false' || fail "hours"

echo "rules in the folder of a partner are for it alone"
mkdir -p "$t/partners/birch/rules"
cat >"$t/partners/birch/rules/BIRCH-1.rule" <<'P'
rule BIRCH-1
level 7
on 837P
per claim
severity claim
source companion guide of Birch Mutual, invented
text no note goes with a claim
need not exists(2300/NTE)
P
for p in PAY01 PAY02; do
    tool validate --max-level 7 --partners "$t/partners" --json "$t/$p.837" >"$t/$p.said" 2>/dev/null || true
done
grep -q 'BIRCH-1' "$t/PAY01.said" && fail "a rule of one partner is tried for another"
[ "$(grep -c 'BIRCH-1' "$t/PAY02.said")" = 1 ] || fail "a partner's rule: $(cat "$t/PAY02.said")"

echo "files within the limits: one claim a file"
sed -i 's/frequency 1/frequency 1 7/' "$t/partners/birch.partner"
tool validator --partners "$t/partners" <"$t/in" 2>/dev/null |
    tool build837 --partners "$t/partners" --out "$t/split" >/dev/null 2>&1 || fail "split"
rm -r "$t/partners/birch"
tool validator --partners "$t/partners" <"$t/in" 2>/dev/null |
    tool build837 --partners "$t/partners" --out "$t/split" >/dev/null 2>&1 || fail "split"
[ "$(ls "$t"/split/PAY02-*.837 | wc -l)" = 2 ] || fail "two claims, one a file: $(ls "$t/split")"

echo "an unenrolled biller is held before anything is sent, and goes when the registry is mended"
cat >"$t/partners/enrollments.csv" <<'P'
payer,npi,tax_id,transaction,status,from,to
PAY01,2000000010,001234567,837,pending,2026-01-01,
P
tool build837 --partners "$t/partners" --out "$t/held" --rejects "$t/held.no" \
    <"$t/PAY01.claims" >/dev/null 2>&1 || [ $? = 1 ] || fail "build837"
ls "$t/held" | grep -q PAY01 && fail "sent though not enrolled"
/usr/bin/python3 tests/lib/frames.py read <"$t/held.no" >"$t/no"
[ "$(grep -c 'S7-001' "$t/no")" = 2 ] || fail "not two claims held: $(cat "$t/no")"
grep -q 'not active' "$t/no" || fail "the reason"
sed -i 's/pending/active/' "$t/partners/enrollments.csv"
tool build837 --partners "$t/partners" --out "$t/held" <"$t/held.no" >/dev/null 2>&1 || fail "released"
grep -q '^CLM\*CLM-A2' "$t"/held/PAY01-*.837 || fail "what was held is lost"
printf 'payer,npi,tax_id,transaction,status,from,to\nPAY01,12,,837,active,,\n' >"$t/partners/enrollments.csv"
rc=0; tool partner --partners "$t/partners" check 2>"$t/err" || rc=$?
[ $rc = 78 ] && grep -q 'enrollments.csv:2:1: npi is not ten digits' "$t/err" || fail "$rc $(cat "$t/err")"
printf 'payer,npi,tax_id,transaction,status,from,to\nPAY01,2000000011,,837,active,,\n' >"$t/partners/enrollments.csv"
rc=0; tool partner check --partners "$t/partners" 2>"$t/err" || rc=$?
[ $rc = 78 ] && grep -q 'enrollments.csv:2:1: npi is none' "$t/err" || fail "a slip in an NPI: $rc $(cat "$t/err")"
for row in '83P,active,,@transaction is one of' '837P,actve,,@status is one of' \
    '837,active,2026-05-01,2026-04-30@to is before from' '837,active,2026-02-30,@a day is written'; do
    printf 'payer,npi,tax_id,transaction,status,from,to\nPAY01,,,%s\n' "${row%@*}" >"$t/partners/enrollments.csv"
    rc=0
    tool partner check --partners "$t/partners" >/dev/null 2>"$t/err" || rc=$?
    [ $rc = 78 ] && grep -q "enrollments.csv:2:.*${row#*@}" "$t/err" || fail "$row: $rc $(cat "$t/err")"
done
mkdir "$t/own"
printf 'partner rvr\nenvelope\n  id ZZ RVRBND\nguide 837P\n  forbid 2300/NTE\n  require 2310E\n' >"$t/own/rvr.partner"
rc=0
tool validate --partners "$t/own" $one >"$t/v" 2>&1 || rc=$?
[ $rc = 1 ] && grep -q "segment NTE is not used by the partner's profile" "$t/v" &&
    grep -q "loop 2310E is missing .*; the partner's profile wants it" "$t/v" || fail "whose wish it is: $rc $(cat "$t/v")"
sed -i 's/^  \(forbid\|require\).*/& warn/' "$t/own/rvr.partner"
tool validate --partners "$t/own" $one >"$t/v" 2>&1 || fail "warn refuses a file: $(cat "$t/v")"
[ "$(grep -c ': warning S2-00[24]:' "$t/v")" = 6 ] || fail "not six warnings: $(cat "$t/v")"
echo "two payers, one claim file: different verdicts, different files"
