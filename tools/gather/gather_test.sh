#!/bin/sh
# The messages of one visit, in any order, are one claim: registration, note and charges; what waits is seen;
# the same again is no double; a death around each atomic act loses nothing; late charges go to a person.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
X=$B/bin/claimwire
F=fixtures/readers/parts
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAILED: $*" >&2; [ -s "$T/err" ] && tail -n 5 "$T/err" >&2; exit 1; }
unset CLAIMWIRE_RUN
run() { # RUN FILE...
    r=$1; shift
    "$X" run pipelines/professional.yaml --run "$T/$r" --clock 2026-09-06T08:00:00Z --json "$@" >"$T/summary" 2>"$T/err" || fail "run: $?"
}
claim() { cat "$T/$1"/build837/out/*.837 2>/dev/null | tr '~' '\n' | sed -n '/^SBR/,/^SE/p' | grep -v '^SE' || true; }
claims() { claim "$1" | grep -c '^CLM\*' || true; }
wait_for() { "$X" gather list --run "$T/$1" --json | sed -n 's/.*"waits_for":"\([^"]*\)".*/\1/p'; }

echo "three files in any order: one claim, the same"
n=0
for order in "adt mdm dft" "dft mdm adt" "mdm dft adt"; do
    n=$((n + 1))
    set -- $order
    run o$n $F/$1.hl7 $F/$2.hl7 $F/$3.hl7
    [ "$(claims o$n)" = 1 ] || fail "$order: $(claims o$n) claims; $("$X" gather list --all --run "$T/o$n"; "$X" review list --run "$T/o$n")"
    claim o$n >"$T/c$n"
    cmp -s "$T/c1" "$T/c$n" || fail "$order: another claim: $(diff "$T/c1" "$T/c$n")"
done
grep -q '^HI\*ABK:J020' "$T/c1" && grep -q '^SV1\*HC:99213' "$T/c1" && grep -q 'MI\*XYZ100200300' "$T/c1" ||
    fail "charges, diagnosis of the note, coverage of the registration: $(cat "$T/c1")"
"$X" prove --run "$T/o1" >"$T/proof" || fail "$(cat "$T/proof")"

echo "one by one: what waits is seen with what it waits for; the last one makes the claim"
run one $F/dft.hl7
[ "$(wait_for one)" = "signature coverage patient" ] || fail "charges alone wait for $(wait_for one)"
[ "$(claims one)" = 0 ] || fail "a claim of charges alone"
run one $F/adt.hl7
[ "$(wait_for one)" = "signature" ] || fail "then for $(wait_for one)"
"$X" gather list --run "$T/one" | grep -q 'waiting .*1 lines, waits for signature' || fail "$("$X" gather list --run "$T/one")"
"$X" work list --run "$T/one" --now 2026-09-06 --json | grep '"VISIT_PARTS"' | grep -q signature || fail "work: $("$X" work list --run "$T/one" --now 2026-09-06)"
! "$X" gather list --run "$T/one" | grep -qi tester || fail "a value of the patient"
run one $F/mdm.hl7
[ "$(claims one)" = 1 ] && [ -z "$("$X" gather list --run "$T/one")" ] || fail "joined: $("$X" gather list --all --run "$T/one")"
claim one | cmp -s - "$T/c1" || fail "another claim than at once: $(claim one | diff - "$T/c1")"

echo "again: no double; the note once more under another id is late, and seen"
run one $F/dft.hl7 $F/mdm.hl7 $F/adt.hl7
[ "$(claims one)" = 1 ] || fail "again: $(claims one) claims"
sed 's/M-3003/M-3013/' $F/mdm.hl7 >"$T/mdm2.hl7"
run one "$T/mdm2.hl7"
[ "$(claims one)" = 1 ] || fail "a late note made a claim"
"$X" gather list --run "$T/one" | grep -q 'handed-on.*messages came since' || fail "late: $("$X" gather list --run "$T/one")"

echo "charges that come later go to a person"
sed 's/M-3001/M-3011/; s/99213/87880/g' $F/dft.hl7 >"$T/dft2.hl7"
run one "$T/dft2.hl7"
[ "$(claims one)" = 1 ] || fail "late charges were billed by themselves"
"$X" review show 1 --run "$T/one" --json | grep -q '"kind":"late_charges"' || fail "late charges: $("$X" review list --run "$T/one")"

echo "another patient under the same number is another visit; one that will not be billed is dropped"
sed 's/P-71/P-72/; s/M-3001/M-3021/' $F/dft.hl7 >"$T/other.hl7"
run two $F/adt.hl7 "$T/other.hl7" $F/mdm.hl7
[ "$(claims two)" = 0 ] && [ "$(wait_for two | wc -l)" = 2 ] || fail "two patients: $("$X" gather list --run "$T/two")"
rc=0 && "$X" gather drop 1 --run "$T/two" 2>/dev/null || rc=$?
[ $rc = 64 ] || fail "dropped without a reason: $rc"
"$X" gather drop 1 --reason "no show" --run "$T/two" || fail "drop"
[ "$("$X" gather list --run "$T/two" | wc -l)" = 1 ] && grep -q '"gather".*"drop"' "$T/two/audit.log" || fail "after drop"
rc=0 && "$X" gather drop 1 --reason again --run "$T/two" 2>/dev/null || rc=$?
[ $rc = 1 ] || fail "dropped twice: $rc"
! grep -aqE 'TESTER|XYZ100200300|sore throat' "$T"/two/gather/gather.db* || fail "a value in clear"

echo "a death around each atomic act: one claim"
for point in gather.commit.before gather.commit.after gather.release.before gather.release.after; do
    CLAIMWIRE_KILL_AT=$point run k$point $F/mdm.hl7 $F/adt.hl7 $F/dft.hl7
    grep -q '"stage":"gather"[^}]*"restarts":[1-9]' "$T/summary" || fail "$point was not visited"
    [ "$(claims k$point)" = 1 ] || fail "$point: $(claims k$point) claims"
    claim k$point | cmp -s - "$T/c1" || fail "$point: another claim"
done
