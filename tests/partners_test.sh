#!/bin/sh
# Profiles in a whole house: what a sender may have repaired is repaired, recorded and explained, with
# the original kept; an unenrolled biller's claims wait in quarantine and leave when the registry is
# mended; nothing is lost.
set -eu
B=${B:-build}
X=$B/bin/claimwire
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
mkdir "$t/partners" "$t/in"
cp config/partners/demo.yaml "$t/partners"
# the clearinghouse, with our folder of partners
sed "s|^  ingest:|&\n    settings: {partners: $t/partners}|;s|^  validator:|&\n    settings: {partners: $t/partners}|
s|^  build837:|&\n    settings: {partners: $t/partners}|" pipelines/clearinghouse.yaml >"$t/house.yaml"
run() { # RUN FILE...: exit status of the house
    r=$1
    shift
    "$X" run "$t/house.yaml" --run "$t/$r" --clock 2026-09-10T08:00:00Z "$@" >"$t/log" 2>&1 ||
        { cat "$t/log"; fail "the house, $r"; }
}
sent() { find "$t/$1/build837/out" -name '*.837' -exec cat {} + 2>/dev/null | grep -a -o 'CLM\*[^*]*' | sort | tr '\n' ' '; }

# three small faults of writing: blanks behind a name, a date the other way round, zeros of SE02
sed 's/^NM1\*IL\*1\*TESTER\*ANNA\*M/NM1*IL*1*TESTER*ANNA  *M/
0,/^DTP\*472\*D8\*20260903/s//DTP*472*D8*09032026/
s/^SE\*\([0-9]*\)\*0001/SE*\1*1/' fixtures/837p/clean.837 >"$t/in/a.837"
cmp -s "$t/in/a.837" fixtures/837p/clean.837 && fail "the fixture has changed"

echo "without the profile's word: findings, and the set is refused"
run plain "$t/in/a.837"
[ -z "$(sent plain)" ] || fail "sent though it is faulty"
echo "with it: repaired, said in the log without a value, and sent"
cat >"$t/partners/riverbend.partner" <<'P'
partner riverbend "a sender whose system writes carelessly"
envelope
  id ZZ RVRBND
repair
  trailing-blanks yes
  dates MMDDYYYY
  leading-zeros yes
P
run mended "$t/in/a.837"
[ "$(sent mended | wc -w)" = 5 ] || fail "sent: $(sent mended)"
cat "$t"/mended/build837/out/*.837 >"$t/out"
grep -a -q 'DTP\*472\*D8\*20260903~' "$t/out" || fail "the date"
grep -a -q 'ANNA \|09032026' "$t/out" && fail "sent unrepaired"
cmp -s "$t/in/a.837" "$t"/mended/ingest/spool/* || fail "the original is not kept as it came"
grep -h 'CW-VAL-001' "$t"/mended/log/* | grep -q 'rule="S1-041" segment="DTP" position=42' || fail "log"
grep -rh 'ANNA\|09032026' "$t"/mended/log >/dev/null && fail "a value in the log"
"$X" explain CLM-A1 --run "$t/mended" >"$t/life" || fail explain
grep -q 'repaired as its sender.s profile allows: NM104 at segment 18 .*rule S1-045' "$t/life" || { cat "$t/life"; fail "explain: blanks"; }
grep -q 'repaired .*: DTP03 at segment 42 .*rule S1-041' "$t/life" || { cat "$t/life"; fail "explain: date"; }
"$X" explain CLM-A1 --run "$t/mended" --json | grep -q '"fact":"repaired"' || fail "explain --json"
"$X" explain CLM-A2 --run "$t/mended" | grep -q 'DTP03' && fail "a repair of another claim"
"$X" prove --run "$t/mended" >/dev/null || fail prove

echo "answers: as the sender wants them"
[ "$(find "$t/mended/respond/out" -name '*.ta1' | wc -l)" = 0 ] || fail "a TA1 that nobody asked for"
[ "$(find "$t/mended/respond/out" -name '*.999' | wc -l)" = 1 ] || fail "no 999"
printf 'answers\n  ta1 always\n  999 no\n' >>"$t/partners/riverbend.partner"
sed -i "s|^  respond:|&\n    settings: {partners: $t/partners}|" "$t/house.yaml"
run answered "$t/in/a.837"
[ "$(find "$t/answered/respond/out" -name '*.ta1' | wc -l)" = 1 ] || fail "no TA1 for who always wants one"
[ "$(find "$t/answered/respond/out" -name '*.999' | wc -l)" = 0 ] || fail "a 999 for who wants none"

echo "not enrolled: held before sending, shown, released when the registry is mended"
cat >"$t/partners/enrollments.csv" <<'P'
payer,npi,tax_id,transaction,status,from,to
SBX01,2000000010,,837,pending,,
P
run held "$t/in/a.837"
[ "$(sent held | wc -w)" = 3 ] || fail "sent: $(sent held)"
"$X" quarantine list --run "$t/held" >"$t/cell"
[ "$(grep -c 'S7-001' "$t/cell")" = 2 ] || { cat "$t/cell"; fail "not two claims in quarantine"; }
"$X" quarantine release 1 2 --run "$t/held" >/dev/null || fail release
run held
[ "$(sent held | wc -w)" = 3 ] || fail "released before the registry was mended, and sent"
sed -i 's/pending/active/' "$t/partners/enrollments.csv"
"$X" quarantine release 1 2 --run "$t/held" >/dev/null || fail "a record that was held again is released"
run held
[ "$(sent held)" = "$(sent mended)" ] || fail "lost: $(sent held)"
"$X" prove --run "$t/held" >/dev/null || fail "prove, held"
echo "5 claims in, 5 out: 2 of them held, none lost"

echo "a person takes it upon themselves, and says why: not enrolled, filed too late; never what is out of balance"
sed -i 's/active/pending/' "$t/partners/enrollments.csv"
run over "$t/in/a.837"
"$X" quarantine release 1 --run "$t/over" --override --reason "enrollment promised by telephone" >/dev/null || fail override
run over
[ "$(sent over | wc -w)" = 4 ] || fail "overridden: $(sent over)"
"$X" quarantine show 1 --run "$t/over" | grep -q 'overridden *S7-001: enrollment promised' || fail "the reason is not kept"
grep -q '"override"' "$t/over/audit.log" || fail "not in the audit log: $(cat "$t/over/audit.log")"
"$X" quarantine list --run "$t/over" --json | grep -c '"state":"held"' | grep -qx 1 || fail "the other is not held any more"
"$X" prove --run "$t/over" >/dev/null || fail "prove, overridden"
rm "$t/partners/enrollments.csv"
printf 'partner sandbox\npayer SBX01\nclaims\n  timely-days 1\n' >"$t/partners/sandbox.partner"
sed '/SBX01/d' config/partners/demo.yaml >"$t/partners/demo.yaml"
sed 's/^CLM\*CLM-B2\*180\*/CLM*CLM-B2*181*/' "$t/in/a.837" >"$t/in/b.837"
run late "$t/in/b.837"
"$X" quarantine list --run "$t/late" --json >"$t/cell"
late=$(grep '"rule":"S7-008"' "$t/cell" | sed 's/{"number":\([0-9]*\),.*/\1/')
out=$(grep '"rule":"S3-001"' "$t/cell" | sed 's/{"number":\([0-9]*\),.*/\1/')
[ -n "$late" ] && [ -n "$out" ] || fail "held: $(cat "$t/cell")"
before=$(sent late | wc -w)
"$X" quarantine release $late --run "$t/late" --override --reason "the payer has agreed" >/dev/null || fail "override of S7-008"
rc=0; "$X" quarantine release $out --run "$t/late" --override --reason "because" >/dev/null 2>"$t/err" || rc=$?
[ $rc = 1 ] && grep -q 'cannot be overridden' "$t/err" || fail "a balance is overridden: $rc $(cat "$t/err")"
run late
[ "$(sent late | wc -w)" = $((before + $(echo "$late" | wc -w))) ] || fail "late ones: $before, then $(sent late)"
"$X" prove --run "$t/late" >/dev/null || fail "prove, late"
