# eligibility: inquiries from encounters, the simulated payer's answers, benefits that a person can
# read; a member id with a typo (AAA 72) is corrected and asked again; what is fresh is not asked twice;
# numbers are never given twice; nothing of a patient lies open or is said in an error.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
has() { grep -qF -- "$2" "$1" || { cat "$1"; fail "no \"$2\" in $1"; }; }
unset CLAIMWIRE_RUN
mkdir "$T/run"
cat >"$T/script.yaml" <<'END_SCRIPT'
payers:
  SBX01: {name: SANDBOX HEALTH, isa: CLRHOUSE, copay: 25.00, deductible: 1000.00, deductible-left: 400.00, plan: PPO GOLD, authorize: "62"}
  PAX01: {name: PRIMARY ALPHA, isa: CLRHOUSE, coinsurance: 12.5}
  SEX01: {name: SECOND ECHO, isa: CLRHOUSE, after: {271: 2h}}
  MCREX: {name: MEDICARE LIKE, isa: CLRHOUSE}
cases:
  - {when: {patient: XYZ100200301}, aaa: {reason: "72"}}
  - {when: {patient: 1EG4TE5MK73}, inactive: true}
  - {when: {patient: 1EG4TE5MK74}, aaa: {reason: "42", follow: R}}
  - {when: {code: "99213"}, deny: {group: CO, reason: "197"}}
END_SCRIPT
sim() { "$X" payersim --root "$T/sim" --script "$T/script.yaml" --now "$1" >>"$T/log"; }
ask() { "$X" eligibility ask --run "$T/run" "$@" >"$T/asked" 2>"$T/err"; }
bring() { for p in SBX01 PAX01 SEX01 MCREX; do
    for f in "$T"/run/eligibility/out/$p-*.270; do
        [ -f "$f" ] && mv "$f" "$T/sim/$p/in/"
    done
done; return 0; }

echo "encounters to inquiries"
sed '1s/XYZ100200300/XYZ100200301/' fixtures/encounters/day.jsonl >"$T/typo.jsonl"
sim 2026-09-01
ask --now 2026-09-01T08:00:00Z "$T/typo.jsonl" || fail "ask: $(cat "$T/err")"
[ "$(grep -c '^ask ' "$T/asked")" = 5 ] && [ "$(grep -c '^wrote ' "$T/asked")" = 4 ] || { cat "$T/asked"; fail "five coverages, four payers"; }
"$X" validate "$T"/run/eligibility/out/*.270 >"$T/v" 2>&1 || { cat "$T/v"; fail "an inquiry is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
ben=$(tr '~' '\n' <"$T/run/eligibility/out/PAX01-000000002.270")
for seg in 'NM1*PR*2*PRIMARY ALPHA*****PI*PAX01' 'NM1*1P*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010' \
    'HL*3*2*22*1' 'NM1*IL*1*SAMPLE*CARLA****MI*PAX77001' 'DMG*D8*19841130*F' 'HL*4*3*23*0' \
    'TRN*1*E000000003*9RVRBND000' 'NM1*03*1*SAMPLE*BEN' 'DMG*D8*20150607*M' 'INS*N*19' 'DTP*291*D8*20260903' 'EQ*30'; do
    echo "$ben" | grep -qxF "$seg" || { echo "$ben"; fail "no $seg"; }
done

echo "deaths: the same files under the same numbers"
for at in commit.before commit.after write.after; do
    rm -rf "$T/dead" && mkdir "$T/dead"
    CLAIMWIRE_KILL_AT="eligibility.$at@$T/died.$at" "$X" eligibility ask --run "$T/dead" --now 2026-09-01T08:00:00Z "$T/typo.jsonl" >/dev/null 2>&1 &&
        fail "eligibility.$at was not visited"
    "$X" eligibility ask --run "$T/dead" --now 2026-09-01T08:00:00Z "$T/typo.jsonl" >/dev/null 2>"$T/err" || fail "after a death at $at: $(cat "$T/err")"
    diff -r "$T/run/eligibility/out" "$T/dead/eligibility/out" || fail "other files after a death at $at"
done

echo "asked and not answered: not asked again; still waiting is said"
ask --now 2026-09-01T09:00:00Z "$T/typo.jsonl"
[ "$(grep -c '^asked ' "$T/asked")" = 5 ] && ! grep -q '^wrote' "$T/asked" || { cat "$T/asked"; fail "asked twice"; }
"$X" eligibility show --run "$T/run" XYZ100200301 >"$T/o" && has "$T/o" "no answer yet"

echo "the payer answers: clean, and the same bytes again"
cp -r "$T/sim" "$T/sim2"
bring
for p in SBX01 PAX01 SEX01 MCREX; do cp "$T"/sim/$p/in/* "$T/sim2/$p/in/"; done
sim 2026-09-01T10:00:00Z
"$X" payersim --root "$T/sim2" --script "$T/script.yaml" --now 2026-09-01T10:00:00Z >/dev/null
for p in SBX01 PAX01 SEX01 MCREX; do diff -r "$T/sim/$p/out" "$T/sim2/$p/out" || fail "not the same bytes"; done
[ -z "$(ls "$T"/sim/SEX01/out | grep 271)" ] || fail "SEX01 answers two hours later"
sim 2026-09-01T12:00:00Z
"$X" validate "$T"/sim/*/out/*.271 >"$T/v" 2>&1 || { cat "$T/v"; fail "an answer is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
pax=$(tr '~' '\n' <"$(ls "$T"/sim/PAX01/out/*.271)")
for seg in 'BHT*0022*11*E000000003*20260901*1000' 'TRN*2*E000000003*9RVRBND000' 'NM1*03*1*SAMPLE*BEN' \
    'EB*1**30**STANDARD' 'EB*A*IND*30*****.125****Y'; do
    echo "$pax" | grep -qxF "$seg" || { echo "$pax"; fail "no $seg in the answer"; }
done

echo "answers read: benefits, what to fix"
rc=0; "$X" eligibility read --run "$T/run" --now 2026-09-01T12:00:00Z "$T"/sim/*/out/*.271 >"$T/o" || rc=$?
[ $rc = 1 ] || fail "refusals are told by exit code 1, not $rc"
has "$T/o" "AAA 72 at 2100C: the member id is missing or wrong"
has "$T/o" "to do (front desk): take the member id from the card, digit by digit"
has "$T/o" "the payer says: correct it and send it again"
has "$T/o" "AAA 42 at 2100A: the payer cannot answer now"
has "$T/o" "2026-09-03: inactive"
has "$T/o" "coinsurance 12.5 %, individual; whole plan (30); network: in"
"$X" eligibility show --run "$T/run" 1EG4TE5MK74 --json >"$T/o"
grep -q '"member":"1EG4TE5MK74"' "$T/o" && grep -q '"again":"later"' "$T/o" || { cat "$T/o"; fail "a refusal above the person is that of the inquiry"; }

echo "G11: the member id corrected, asked again, active with copay and what is left"
ask --now 2026-09-02 fixtures/encounters/day.jsonl || fail "ask: $(cat "$T/err")"
cat >"$T/want" <<'END_WANT'
fresh PAX01
fresh SEX01
fresh MCREX
ask MCREX
ask SBX01
END_WANT
awk '$1 != "wrote" { print $1, $3 }' "$T/asked" | sort >"$T/got"; sort "$T/want" | cmp -s - "$T/got" || { cat "$T/asked"; fail "fresh or not"; }
bring; sim 2026-09-02T01:00:00Z
"$X" eligibility read --run "$T/run" --now 2026-09-02T01:00:00Z "$T"/sim/SBX01/out/SBX01-00000000[3-9].271 >"$T/o" || fail "refused again: $(cat "$T/o")"
cat >"$T/want" <<'END_WANT'
E000000007  SBX01 SANDBOX HEALTH  member XYZ100200300  TESTER, ANNA  born 1980-02-29
  2026-09-03: active, plan PPO GOLD; said on 2026-09-02
    active; whole plan (30)
    copay 25.00 a visit, individual; office visit (98); network: in
    deductible 1,000.00 a calendar year, individual; whole plan (30); network: in
    deductible left 400.00, individual; whole plan (30); network: in
    active; MRI or CAT scan (62); network: in; PRIOR AUTHORIZATION NEEDED
END_WANT
diff "$T/want" "$T/o" || fail "benefits"
"$X" eligibility show --run "$T/run" E000000007 >"$T/o" && diff "$T/want" "$T/o" || fail "show by trace"
"$X" eligibility show --run "$T/run" XYZ100200300 --json | grep -q '"means":"copay".*"cents":2500' || fail "show --json"

echo "the same answer twice changes nothing; an older one that comes late does not win"
"$X" eligibility read --run "$T/run" "$T"/sim/SBX01/out/SBX01-00000000[3-9].271 >/dev/null
[ "$("$X" eligibility show --run "$T/run" XYZ100200300 --all --json | wc -l)" = 1 ] || fail "kept twice"
sed 's/\*20260902\*/*20260829*/g; s/EB\*1\*\*30\*/EB*6**30*/' "$T"/sim/SBX01/out/SBX01-00000000[3-9].271 >"$T/late.271"
"$X" eligibility read --run "$T/run" "$T/late.271" >/dev/null
[ "$("$X" eligibility show --run "$T/run" XYZ100200300 --all --json | wc -l)" = 2 ] || fail "the late one is not kept"
"$X" eligibility show --run "$T/run" XYZ100200300 | grep -q ': active, plan PPO GOLD; said on 2026-09-02' || fail "an older answer won"

echo "fresh by age and by day of service"
ask --now 2026-09-08 fixtures/encounters/day.jsonl; grep -q '^fresh .*SBX01' "$T/asked" || fail "6 days are fresh"
ask --now 2026-09-10 fixtures/encounters/day.jsonl; grep -q '^ask .*SBX01' "$T/asked" || { cat "$T/asked"; fail "8 days are not fresh"; }
sed 's/"dos":{"from":"2026-09-03","thru":"2026-09-03"}/"dos":{"from":"2026-09-05","thru":"2026-09-05"}/' fixtures/encounters/day.jsonl >"$T/other.jsonl"
ask --now 2026-09-03 "$T/other.jsonl"; grep -q '^ask .*SBX01' "$T/asked" || fail "another day of service is another question"

echo "facts, as rule S7-010 asks them"
mkdir "$T/facts" && "$X" eligibility facts --run "$T/run" >"$T/facts/eligibility.csv"
cat >"$T/want" <<'END_WANT'
payer,member,last,first,birth,relation,status,answered,from,to
"MCREX","1EG4TE5MK73","MOCK","DORA","1951-12-01","18","inactive","2026-09-01","20260903","20260903"
"PAX01","PAX77001","SAMPLE","BEN","2015-06-07","19","active","2026-09-01","20260903","20260903"
"SBX01","XYZ100200300","TESTER","ANNA","1980-02-29","18","active","2026-09-02","20260903","20260903"
"SEX01","SEX88001","SAMPLE","BEN","2015-06-07","18","active","2026-09-01","20260903","20260903"
END_WANT
(head -1 "$T/facts/eligibility.csv"; sed 1d "$T/facts/eligibility.csv" | sort) | diff "$T/want" - || fail "facts"

echo "batch, one person by options, numbers never twice"
ask --batch --now 2026-10-01 fixtures/encounters/day.jsonl
f=$(sed -n 's/^wrote *//p' "$T/asked" | grep MCREX)
[ "$(tr '~' '\n' <"$f" | grep -c '^ST')" = 1 ] && [ "$(tr '~' '\n' <"$f" | grep -c '^TRN')" = 2 ] || fail "one set for two people"
ask --again --now 2026-10-01 --payer SBX01 --member abc1234 --last doe --first jane --dob 1990-01-02 --npi 2000000028 --date 2026-10-02 --type 98 || fail "$(cat "$T/err")"
f=$(sed -n 's/^wrote *//p' "$T/asked")
tr '~' '\n' <"$f" | grep -qxF 'NM1*1P*1*HEALER*HELEN****XX*2000000028' && tr '~' '\n' <"$f" | grep -qxF 'EQ*98' || fail "one person"
"$X" validate "$T"/run/eligibility/out/*.270 >"$T/v" 2>&1 || { cat "$T/v"; fail "not clean"; }
all=$(cat "$T"/run/eligibility/out/*.270 "$T"/sim/*/archive/*.270 | tr '~' '\n')
[ "$(echo "$all" | grep -c '^ISA')" -gt 10 ] && [ -z "$(echo "$all" | sed -n 's/^ISA.*\*\([0-9]\{9\}\)\*0\*T.*/\1/p; s/^TRN\*1\*\([^*]*\).*/\1/p' | sort | uniq -d)" ] || fail "a number came twice"

echo "a refusal of a batch, above the people, is that of each"
mkdir "$T/b" && "$X" eligibility ask --run "$T/b" --batch --now 2026-10-01 fixtures/encounters/day.jsonl >/dev/null
ref=$(tr '~' '\n' <"$T/b/eligibility/out/MCREX-000000001.270" | sed -n 's/^BHT\*0022\*13\*\([^*]*\).*/\1/p')
sed "s/EL2600001/$ref/; s/SBX01/MCREX/" fixtures/271/clean.271 | awk '/^HL\*2/ { print "AAA*N**42*R~"; skip = 1 } /^SE/ { skip = 0; print "SE*6*0001~"; next } !skip' | sed 's/HL\*1\*\*20\*1/HL*1**20*0/' >"$T/up.271"
"$X" validate "$T/up.271" >"$T/v" 2>&1 || { cat "$T/v"; fail "the fixture"; }
"$X" eligibility read --run "$T/b" "$T/up.271" --json >"$T/o" || true
[ "$(grep -c '"status":"refused".*"code":"42"' "$T/o")" = 2 ] && grep -q 1EG4TE5MK73 "$T/o" && grep -q 1EG4TE5MK74 "$T/o" || { cat "$T/o"; fail "both of the batch"; }

echo "as a keeper in a pipeline"
mkdir "$T/k"
"$X" ingest fixtures/271/clean.271 --rejects "$T/r1" | "$X" validator --rejects "$T/r2" | "$X" eligibility --run "$T/k" >/dev/null
"$X" eligibility show --run "$T/k" XYZ100200300 >"$T/o" && has "$T/o" "deductible left 400.00"

echo "nothing of a patient lies open, is logged, or is in an error"
cat "$T"/run/eligibility/eligibility.db* "$T/run/audit.log" "$T/log" | grep -aqE 'XYZ1002003|TESTER|1EG4TE5|19800229' && fail "a value lies open"
[ "$(grep -c '"tool":"eligibility"' "$T/run/audit.log")" -ge 8 ] || fail "looks are not audited"
rc=0; ask --payer SBX01 --member 'SECRET*1' --last SECRETNAME --first 'Zoé' --dob 19X0 --npi 2000000028 --date 2026-10-02 || rc=$?
[ $rc = 1 ] && grep -q -- '--member' "$T/err" && grep -q -- '--first' "$T/err" && grep -q -- '--dob' "$T/err" || fail "what is wrong: $rc $(cat "$T/err")"
grep -q SECRET "$T/err" && fail "a value in an error: $(cat "$T/err")"
sed 's/"payer":"SBX01"/"payer":"NOBODY"/; s/"dob":"1951-12-01"/"dob":"SECRET"/' fixtures/encounters/day.jsonl >"$T/bad.jsonl"
rc=0; ask --again "$T/bad.jsonl" || rc=$?
[ $rc = 1 ] && has "$T/err" "bad.jsonl:1: cov.payer: not among" && has "$T/err" "bad.jsonl:3: pt: dob" && [ "$(grep -c '^ask' "$T/asked")" = 3 ] || fail "the others are asked: $(cat "$T/asked" "$T/err")"

echo "wrong calls"
: >"$T/empty"
rc=0; "$X" eligibility read "$T/empty" 2>/dev/null || rc=$?; [ $rc = 100 ] || fail "an empty file: $rc"
head -c 500 fixtures/271/clean.271 >"$T/cut"
rc=0; "$X" eligibility read "$T/cut" >"$T/o" 2>/dev/null || rc=$?; [ $rc = 100 ] && [ ! -s "$T/o" ] || fail "half an answer: $rc"
rc=0; "$X" eligibility read fixtures/270/clean.270 2>/dev/null || rc=$?; [ $rc = 100 ] || fail "a 270 read: $rc"
rc=0; "$X" eligibility ask --run "$T/nowhere" "$T/typo.jsonl" 2>/dev/null || rc=$?; [ $rc = 64 ] || fail "no run directory: $rc"
rc=0; "$X" eligibility ask --run "$T/run" 2>/dev/null || rc=$?; [ $rc = 64 ] || fail "nothing to ask: $rc"
rc=0; "$X" eligibility show --run "$T/run" NOBODY99 2>/dev/null || rc=$?; [ $rc = 1 ] || fail "unknown member: $rc"
for bad in '{reason: "99"}' '{reason: "72", follow: Q}'; do
    printf 'payers: {P: {}}\ncases: [{aaa: %s}]\n' "$bad" >"$T/bad.yaml"
    "$X" payersim --root "$T/x" --script "$T/bad.yaml" 2>"$T/err" && fail "$bad"
    grep -q 'bad.yaml:2:[0-9]*: ' "$T/err" || fail "no place: $(cat "$T/err")"
done
echo "eligibility_test: all good"
