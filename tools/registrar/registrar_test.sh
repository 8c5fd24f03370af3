# registrar and patient: what encounters, a 271 and an 835 say of a patient, each value with its file,
# bytes and day; the same records twice change nothing; an amendment keeps the old value, who and why,
# and holds against senders; every look is audited; nothing lies open.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/run"
P() { "$X" patient "$@" --run "$T/run"; }
encounters() { "$X" ingest "$1" 2>>"$T/log" | "$X" registrar --run "$T/run" >/dev/null 2>>"$T/log"; }
answer() { "$X" ingest "$1" 2>>"$T/log" | "$X" validator 2>>"$T/log" | "$X" registrar --run "$T/run" >/dev/null 2>>"$T/log"; }

echo "encounters"
encounters fixtures/encounters/day.jsonl
anna=$(P find "tester anna") || fail "find by name"
[ "$(P find TESTER)" = "$anna" ] && [ "$(P find XYZ100200300)" = "$anna" ] && [ "$(P find P-AN)" = "$anna" ] || fail "find by last name, member, reference"
ben=$(P find PAX77001)
[ "$ben" = "$(P find SEX88001)" ] && [ "$ben" != "$anna" ] || fail "two coverages of one patient"
digest=$(/usr/bin/python3 -c 'import hashlib, sys; print(hashlib.blake2b(open(sys.argv[1], "rb").read(), digest_size=32).hexdigest())' fixtures/encounters/day.jsonl)
cat >"$T/check.py" <<'END_PY'
import json, sys
rows = [json.loads(l) for l in sys.stdin]
now = {(r.get("payer", ""), r["field"]): r for r in rows if r["holds"]}
for want in sys.argv[1:]:
    payer, field, value, source, since = want.split("|")
    r = now.get((payer, field))
    assert r and (r["value"], r["source"], r["from"]) == (value, source, since), (want, r)
END_PY
P show "$anna" --json >"$T/o"
/usr/bin/python3 "$T/check.py" "|last|TESTER|enc|20260903" "|dob|19800229|enc|20260903" "|city|RIVERTON|enc|20260903" \
    "SBX01|member|XYZ100200300|enc|20260903" "SBX01|relation|18|enc|20260903" "SBX01|rank|1|enc|20260903" <"$T/o" || fail "what the encounter says"
grep -q "\"file\":\"$digest\",\"off\":0," "$T/o" || fail "provenance: $(head -1 "$T/o")"
P show "$ben" --json | /usr/bin/python3 "$T/check.py" "PAX01|subscriber_first|CARLA|enc|20260903" "SEX01|rank|2|enc|20260903" || fail "a dependent"

echo "deaths around the commit: the same is known"
for at in commit.before commit.after; do
    rm -rf "$T/dead" && mkdir "$T/dead"
    "$X" ingest fixtures/encounters/day.jsonl 2>>"$T/log" >"$T/enc.frames"
    CLAIMWIRE_KILL_AT="registrar.$at@$T/died.$at" "$X" registrar --run "$T/dead" <"$T/enc.frames" >/dev/null 2>>"$T/log" && fail "registrar.$at was not visited"
    "$X" registrar --run "$T/dead" <"$T/enc.frames" >/dev/null 2>>"$T/log" || fail "after a death at $at"
    "$X" patient show "$("$X" patient find TESTER --run "$T/dead")" --run "$T/dead" --json | sed 's/"at":"[^"]*"//' >"$T/again"
    P show "$anna" --json | sed 's/"at":"[^"]*"//' | cmp -s - "$T/again" || fail "not the same after a death at $at"
done

echo "the same again changes nothing"
P history "$anna" --json >"$T/before"
encounters fixtures/encounters/day.jsonl
P history "$anna" --json | cmp -s - "$T/before" || fail "a repeat"

echo "a 271"
answer fixtures/271/clean.271
P show "$anna" --json | /usr/bin/python3 "$T/check.py" "SBX01|status|active|271|20260908" "SBX01|member|XYZ100200300|271|20260908" || fail "the answer of the payer"

echo "an 835 corrects the member id; an older encounter that comes late does not win"
cat >"$T/remit.835" <<'END_835'
ISA*00*          *00*          *ZZ*SANDBOX        *ZZ*RVRBND         *260920*0800*^*00501*000000077*0*T*:~
GS*HP*SANDBOX*RVRBND*20260920*0800*77*X*005010X221A1~
ST*835*0001~
BPR*I*70*C*ACH*CCP*01*021000021*DA*1*1512345678**01*021000021*DA*2*20260920~
TRN*1*EFT0077*1512345678~
N1*PR*SANDBOX HEALTH*XV*SBX01~
N3*1 PAY ST~
N4*COLUMBUS*OH*43215~
PER*BL*HELP*TE*8005550100~
N1*PE*RIVERBEND FAMILY MEDICINE*XX*2000000010~
LX*1~
CLP*PCN1*1*70*70**12*SB1*11*1~
NM1*QC*1*TESTER*ANNA****MI*XYZ100200300~
NM1*74*1******C*XYZ100200399~
DTM*232*20260910~
SVC*HC:99213*70*70~
DTM*472*20260910~
SE*16*0001~
GE*1*77~
IEA*1*000000077~
END_835
"$X" ingest "$T/remit.835" 2>>"$T/log" | "$X" validator 2>>"$T/log" | "$X" remit835 2>>"$T/log" | "$X" registrar --run "$T/run" >/dev/null 2>>"$T/log" || fail "remit: $(tail -3 "$T/log")"
sed 's/2026-09-03"/2026-08-01"/g; s/XYZ100200300/XYZ000000000/' fixtures/encounters/day.jsonl >"$T/old.jsonl"
encounters "$T/old.jsonl"
P show "$anna" --json | /usr/bin/python3 "$T/check.py" "SBX01|member|XYZ100200399|835|20260910" || fail "the corrected member: $(P show "$anna")"
[ "$(P find XYZ100200399)" = "$anna" ] && [ "$(P find XYZ000000000)" = "$anna" ] || fail "found by each number"
P history "$anna" | grep -q 'member *XYZ000000000  since 20260801  from enc' || fail "history: $(P history "$anna")"

echo "an amendment"
P amend "$anna" --field sex --value X --why "asked the patient" --as clerk1 --from 2026-09-04 || fail "amend"
P amend "$anna" --field member --payer SBX01 --value XYZ1 --why "read from the card" --as clerk1 || fail "amend a coverage"
sed 's/2026-09-03"/2026-12-01"/g' fixtures/encounters/day.jsonl >"$T/new.jsonl"
encounters "$T/new.jsonl"
P show "$anna" | grep -q 'sex *X  since 20260904  amended on .* by clerk1: asked the patient' || fail "the amendment does not hold: $(P show "$anna")"
P show "$anna" --json | grep -q '"field":"member","value":"XYZ1"' || fail "coverage amended"
P history "$anna" | grep -q 'sex *F  since 20260903  from enc' || fail "the old value is gone"
rc=0; P amend "$anna" --field sex --value X --why again --as clerk1 --from 2026-09-04 2>/dev/null || rc=$?; [ $rc = 1 ] || fail "the same again: $rc"
for bad in "--field shoe --value 1 --why x --as y" "--field sex --value M --as y" "--field sex --value M --why x --as y --from soon" "--field member --value M --why x --as y"; do
    rc=0; P amend "$anna" $bad 2>/dev/null || rc=$?; [ $rc = 64 ] || fail "$bad: $rc"
done

echo "nobody, wrong words, audit, sealing"
rc=0; P find SECRETNAME >"$T/o" 2>&1 || rc=$?; [ $rc = 1 ] && ! grep -q SECRET "$T/o" || fail "nobody: $rc"
rc=0; P show 999 2>/dev/null || rc=$?; [ $rc = 1 ] || fail "no such patient: $rc"
rc=0; P show SECRETNAME 2>"$T/o" || rc=$?; [ $rc = 64 ] && ! grep -q SECRET "$T/o" || fail "no number: $rc"
for act in find show history amend; do grep -q "\"tool\":\"patient\",\"action\":\"$act\"" "$T/run/audit.log" || fail "$act is not audited"; done
cat "$T"/run/registrar/* "$T/run/audit.log" "$T/log" | grep -aqE 'TESTER|XYZ1002003|RIVERTON|19800229|asked the patient' && fail "a value lies open"
echo '{"v":"enc.v1","enc":"E-9","pt":{"last":"SECRET"}}' >"$T/bad.jsonl"
"$X" ingest "$T/bad.jsonl" 2>/dev/null | "$X" registrar --run "$T/run" >/dev/null 2>"$T/o" && fail "an encounter without a birth date"
grep -q REG_BODY "$T/o" && ! grep -q SECRET "$T/o" || fail "refused how: $(cat "$T/o")"
echo "registrar_test: all good"
