#!/bin/sh
# What a person must code: kept sealed, decided by a coder whose credential is in force, with reason;
# a question to the physician stops it until an addendum answers; decided encounters become claims;
# nothing leaves twice, and a kill in the middle of a decision leaves it undone or whole.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
unset CLAIMWIRE_RUN
run() { "$X" run pipelines/professional.yaml --run "$T/run" --clock 2026-09-04T08:00:00Z --json "$@" >"$T/summary" 2>"$T/err" || fail "run: $(cat "$T/err")"; }
R="--run $T/run"
review() { rc=0; "$X" code review "$@" $R >"$T/out" 2>"$T/err" || rc=$?; }
state() { "$X" code review list $R --json | sed -n "s/^{\"number\":$1,\"state\":\"\([a-z]*\)\".*/\1/p"; }
claims() { cat "$T"/run/build837/out/*.837 2>/dev/null | tr '~' '\n' | grep -c '^CLM\*' || true; }

# four encounters: one clean, and three that a person must look at
"$PY" - fixtures/encounters/day.jsonl >"$T/day.jsonl" <<'EOF'
import copy, json, sys
base = json.loads(open(sys.argv[1]).readline())
def one(name, dx, note, **more):
    e = copy.deepcopy(base)
    e["cov"][0]["member"] = "MB-" + name # a patient of its own: the same visit twice would be held
    e["enc"], e["dx"], e["note"] = name, [dict(n=i + 1, code=c, by="physician") for i, c in enumerate(dx)], dict(type="progress", text=note)
    for l in e["lines"]:
        l["dx"] = [1] if dx else []
    e.update(more)
    print(json.dumps(e))
one("R-1", ["J029"], "Assessment: Acute pharyngitis.")
one("R-2", ["J0390X"], "SECRETWORD tonsils red.")
one("R-3", [], "Sore throat, SECRETWORD. Assessment: probable streptococcal pharyngitis.")
one("R-4", ["W540XXA"], "Bite.")
EOF
run "$T/day.jsonl"
[ "$(claims)" = 1 ] || fail "$(claims) claims"
[ "$(state 1) $(state 2) $(state 3)" = "held held held" ] || fail "not held: $(state 1) $(state 2) $(state 3)"

echo "who decides must be known, with a credential in force, and say why"
review accept 1 --coder C99 --reason x
[ $rc = 64 ] && grep -q 'not in coders.csv' "$T/err" || fail "unknown coder: $rc"
review accept 1 --coder C02 --reason x
[ $rc = 64 ] && grep -q 'no credential that is in force' "$T/err" || fail "expired: $rc"
review accept 1 --coder C01
[ $rc = 64 ] || fail "no reason: $rc"
for nothing in "" " "; do
    review accept 1 --coder C01 --reason "$nothing"
    [ $rc = 64 ] || fail "a reason without words: $rc"
    review query 1 "$nothing" --coder C01
    [ $rc = 64 ] || fail "a question without words: $rc"
    review answer 1 "$nothing" --by 2000000028
    [ $rc = 64 ] && grep -q 'have words' "$T/err" || fail "an answer without words: $rc"
done
review accept 77 --coder C01 --reason x
[ $rc = 1 ] || fail "no such encounter: $rc"
[ "$(state 1)" = held ] || fail "decided by nobody"

echo "replace: only what fits; then it goes"
review replace 1 "dx 1" j03 --coder C01 --reason "not valid"
[ $rc = 1 ] || fail "a code in small letters: $rc"
for line in '99213-~*' '99213-*A' 99213-gt 99213--- 99213- 99213x0 99213x10000000; do
    review replace 1 "line 1" "$line" --coder C01 --reason "not a modifier"
    [ $rc = 1 ] && grep -q 'CODE\[-MODIFIER' "$T/err" || fail "line $line: $rc"
done
review replace 1 "dx 9" J0390 --coder C01 --reason "not there"
[ $rc = 1 ] || fail "dx 9: $rc"
review replace 1 "dx 1" J0390 --coder C01 --reason "tonsillitis REASONWORD"
[ $rc = 0 ] && [ "$(state 1)" = marked ] || fail "replace: $rc $(cat "$T/out" "$T/err")"
review replace 1 "dx 1" J029 --coder C01 --reason again
[ $rc = 1 ] || fail "decided twice: $rc"

echo "a question to the physician stops it; only a provider answers; the answer is an addendum"
review add 2 J029 --coder C01 --reason "sore throat is documented"
review query 2 "Was the rapid test positive?" --coder C01
review accept 2 --coder C01 --reason "as said"
[ $rc = 0 ] && [ "$(state 2)" = held ] || fail "left with an open question"
review answer 2 "Test negative: acute pharyngitis." --by 1111111111
[ $rc = 64 ] || fail "answered by a stranger: $rc"
review answer 2 "Test negative: acute pharyngitis." --by 2000000028
[ $rc = 0 ] && [ "$(state 2)" = marked ] || fail "answer: $rc $(state 2) $(cat "$T/out")"
review show 2 --show
grep -q 'ADDENDUM (2000000028): Test negative' "$T/out" || fail "no addendum: $(cat "$T/out")"

echo "reject: the whole encounter is not billed"
review reject 3 --coder C01 --reason "no service"
[ $rc = 0 ] && [ "$(state 3)" = rejected ] || fail "reject: $rc"

echo "what was decided becomes claims, once"
run
[ "$(claims)" = 3 ] || fail "$(claims) claims: $("$X" code review show 2 $R)"
[ "$(state 1) $(state 2) $(state 3)" = "released released rejected" ] || fail "$(state 1) $(state 2) $(state 3)"
run
[ "$(claims)" = 3 ] || fail "a claim came again"
cat "$T"/run/build837/out/*.837 | tr '~' '\n' | grep -q 'ABK:J0390' || fail "the replaced code is not on the claim"
"$X" prove $R >"$T/out" || fail "$(cat "$T/out")"

echo "sealed at rest, noted in the audit log, values only with --show"
! grep -aqE 'SECRETWORD|REASONWORD' "$T"/run/review/review.db* || fail "a note or a reason in clear"
for verb in replace query accept answer reject show; do
    grep -q "\"review\".*\"$verb\"" "$T/run/audit.log" || fail "$verb is not in the audit log"
done
review show 2
! grep -q SECRETWORD "$T/out" || fail "the note without --show"
review show 1 --json
"$PY" -c 'import json,sys; d=json.load(open(sys.argv[1])); assert "pt" not in d["draft"] and d["findings"], d' "$T/out" || fail "show --json"

echo "decided notes feed training"
review export "$T/export"
grep -q '^2 notes' "$T/out" || fail "$(cat "$T/out")"
grep -q "^1	J0390$" "$T/export/codes.tsv" || fail "$(cat "$T/export/codes.tsv")"
"$X" code train --model "$T/model" --codes config/codes/starter "$T/export/codes.tsv" "$T/export/1.txt" "$T/export/2.txt" >/dev/null || fail "train"

echo "a kill in the middle of a decision leaves it undone; behind its commit it is whole"
"$PY" -c 'import json,sys
e = json.loads(open(sys.argv[1]).readlines()[1]); e["enc"] = e["cov"][0]["member"] = "R-5"; print(json.dumps(e))' "$T/day.jsonl" >"$T/more.jsonl"
run "$T/more.jsonl"
rc=0 && CLAIMWIRE_KILL_AT=review.decide.before "$X" code review replace 4 "dx 1" J0390 --coder C01 --reason x $R >/dev/null 2>&1 || rc=$?
[ $rc != 0 ] && [ "$(state 4)" = held ] || fail "killed before its commit: $rc $(state 4)"
rc=0 && CLAIMWIRE_KILL_AT=review.decide.after "$X" code review replace 4 "dx 1" J0390 --coder C01 --reason x $R >/dev/null 2>&1 || rc=$?
[ $rc != 0 ] && [ "$(state 4)" = marked ] || fail "killed behind its commit: $rc $(state 4)"
run
[ "$(claims)" = 4 ] || fail "$(claims) claims at the end"

echo "a death around each atomic act of the keeper: nothing lost, nothing twice"
want=4
for point in review.commit.before review.commit.after review.release.before review.release.after; do
    want=$((want + 1))
    "$PY" -c 'import json,sys
e = json.loads(open(sys.argv[1]).readlines()[1]); e["enc"] = e["cov"][0]["member"] = "K-" + sys.argv[2]; print(json.dumps(e))' "$T/day.jsonl" $want >"$T/k.jsonl"
    case $point in review.commit.*) CLAIMWIRE_KILL_AT=$point run "$T/k.jsonl" ;; *) run "$T/k.jsonl" ;; esac
    n=$("$X" code review list $R --json | sed -n 's/^{"number":\([0-9]*\),"state":"held".*/\1/p')
    [ -n "$n" ] || fail "$point: not kept"
    "$X" code review replace "$n" "dx 1" J0390 --coder C01 --reason x $R >/dev/null || fail "$point: replace"
    case $point in review.release.*) CLAIMWIRE_KILL_AT=$point run ;; *) run ;; esac
    case $point in review.release.*) grep -q '"stage":"review"[^}]*"restarts":[1-9]' "$T/summary" || fail "$point was not visited" ;; esac
    [ "$(state "$n")" = released ] && [ "$(claims)" = $want ] || fail "$point: $(state "$n"), $(claims) claims"
done
