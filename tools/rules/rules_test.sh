#!/bin/sh
# The fixtures of all rules; that a rule which never fires, or always, is found out; why and cover.
R="${B:-build}/bin/claimwire-rules"
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
fail() { echo "FAILED: $1"; exit 1; }

$R test --vary 8 > "$t/out" || { cat "$t/out"; fail "rules test"; }
$R cover > "$t/cover" || { cat "$t/cover"; fail "rules cover"; }
grep -q '^all          246' "$t/cover" || fail "cover has no total: $(grep ^all "$t/cover")"
grep -q '^waiting for --facts dental.csv.*licensed.*S6-018' "$t/cover" || fail "cover: what waits"
sed -n 's/^waiting for --facts \([^. ]*\).*/\1/p' "$t/cover" | sort > "$t/asked"
sed -n '/^| table/,/^$/s/^| `\([a-z_]*\)`.*/\1/p' docs/rules.md | sort > "$t/told"
cmp -s "$t/asked" "$t/told" || fail "docs/rules.md has other tables: $(diff "$t/asked" "$t/told")"
$R --facts fixtures/facts/codes cover | grep -q 'dental.csv' && fail "cover: a table that is there"

# Every rule of the catalogue, as it was written down by hand, is there, and none is graver than
# its source allows.
grep -v '^#' tools/rules/catalogue.txt > "$t/catalogue"
[ "$(wc -l < "$t/catalogue")" = 246 ] || fail "the catalogue has not 246 rules"
while read -r id lost source; do
    f=config/rules/$id.rule
    [ -f "$f" ] || fail "$id is not declared"
    case $id:$source in
    S4-037:R | S7-009:R) ;; # what a guide or a profile says has been checked by who wrote that
    S[4-7]*:R)
        grep -q '^severity warning$' "$f" || fail "$id is only recalled and no warning ($lost)"
        grep -q '^source recalled$' "$f" || fail "$id does not say that it is recalled" ;;
    esac
done < "$t/catalogue" || exit 1

# cover: what is missing, has no fixture, or is done by nobody.
mkdir "$t/less"
cp config/rules/*.rule "$t/less"
rm "$t/less/S4-009.rule"
$R --rules "$t/less" cover > "$t/out"
[ $? = 1 ] || fail "cover: a rule that is missing"
grep -q '^missing: S4-009' "$t/out" || fail "cover: which is missing: $(tail -1 "$t/out")"
sed '/^fail/d' config/rules/S4-009.rule > "$t/less/S4-009.rule"
$R --rules "$t/less" cover > "$t/out"
[ $? = 1 ] || fail "cover: a rule without a failing fixture"
grep -q 'failing fixture: S4-009' "$t/out" || fail "cover: which has no fixture"
sed '/^need/,$d; s/^severity .*/&\nby nobody yet/' config/rules/S4-009.rule > "$t/less/S4-009.rule"
$R --rules "$t/less" cover > "$t/out"
[ $? = 1 ] || fail "cover: a rule that nobody carries out"
grep -q 'nobody: S4-009, yet' "$t/out" || fail "cover: who does not: $(tail -1 "$t/out")"

$R test S9-999 2> "$t/err"
[ $? = 64 ] || fail "a rule that there is not is tested"
grep -q 'no rule "S9-999"' "$t/err" || fail "a rule that there is not: not said"
mkdir "$t/little"
printf 'id\nEX001\n' > "$t/little/payers.csv"
$R --facts "$t/little" cover | grep -q 'payers.csv.*S5-018 (column plans)' || fail "cover: a column that lacks"

# A rule whose fixtures do not do what it says is a finding of `test`.
cat > "$t/S4-900.rule" <<'R'
rule S4-900
on 837P
per claim
severity warning
source V1
text there is always a claim number
need exists(2300/CLM-01)
pass 837p/clean.837
fail 837p/clean.837 set CLM*CLM-A1|5-3=7 ; after REF*EA|REF*F8*SB260001
R
$R --rules "$t" test > "$t/out"
[ $? = 1 ] || fail "a rule that never fires is not found out"
grep -q 'S4-900.rule:9: S4-900: the rule does not fire' "$t/out" || fail "no place: $(cat "$t/out")"
sed -i 's/exists(2300.CLM-01)/not exists(2300\/CLM-01)/' "$t/S4-900.rule"
$R --rules "$t" test > "$t/out"
grep -q 'S4-900.rule:8: S4-900: the rule fires' "$t/out" || fail "a rule that always fires"

# why: rule, place, no value unless asked for.
sed 's/NM1\*85\(.*\)2000000010/NM1*85\12000000011/' fixtures/837p/clean.837 > "$t/in"
$R why "$t/in" > "$t/out"
[ $? = 1 ] || fail "why found nothing"
grep -q 'S5-001 claim: 2010AA/NM1-9 at segment 8' "$t/out" || fail "why: $(cat "$t/out")"
grep -q 2000000011 "$t/out" && fail "why shows a value unasked"
$R why --show "$t/in" | grep -q 'value "2000000011"' || fail "why --show shows no value"
$R why --json "$t/in" > "$t/out" && fail "why --json found nothing"
$R why --json --show "$t/in" > "$t/shown" && fail "why --json --show found nothing"
$R list --json --level 3 > "$t/list" || fail "list --json"
$R cover --json > /dev/null 2>&1 && fail "cover --json is taken and gives no JSON"
/usr/bin/python3 - "$t" <<'P' || fail "json: $(cat "$t/out" "$t/shown")"
import json, sys
read = lambda name: [json.loads(l) for l in open(sys.argv[1] + "/" + name)]
plain, shown, rules = read("out"), read("shown"), read("list")
(f,) = [x for x in plain if x["rule"] == "S5-001"]
assert (f["loop"], f["segment"], f["element"], f["position"]) == ("2010AA", "NM1", "9", 8), f
assert all("value" not in x for x in plain), plain
assert [x["value"] for x in shown if x["rule"] == "S5-001"] == ["2000000011"], shown
assert rules and all(x["level"] == 3 for x in rules), rules
(r,) = [x for x in rules if x["id"] == "S3-001"]
assert (r["severity"], r["on"], r["report"]) == ("claim", "837P", "277CA:A7:178"), r
P
sed 's/^CLM\*CLM-A1\*190\*/CLM*CLM-A1*200*/' fixtures/837p/clean.837 > "$t/sum"
$R why "$t/sum" > "$t/out"
[ $? = 1 ] && grep -q 'S3-001 claim: 2300/CLM-2 at segment 26' "$t/out" || fail "why: level 3: $(cat "$t/out")"
grep -q 200 "$t/out" && fail "why shows an amount unasked"
$R why --show "$t/sum" | grep -qx '    value "200"' || fail "why --show shows no amount"
$R why --level 4 "$t/sum" > "$t/out" || fail "why --level 4 tells of level 3"
printf '%s' "$(cat "$t/in")" | sed "s/2000000011/200000001$(printf '\033')/" | $R why --show - | grep -q "$(printf '\033')" &&
    fail "a value steers the terminal"
$R why fixtures/837p/clean.837 || fail "why on a clean file"

# The rules of a partner beside those of all; an id that stands in both.
$R --rules "config/rules:$t" list | grep -c '^S4-900\|^S4-009' | grep -qx 2 || fail "two folders"
$R --rules "$t:$t" check 2> "$t/err"
[ $? = 78 ] || fail "an id that stands twice"
grep -q 'stands in' "$t/err" || fail "not said where: $(cat "$t/err")"

# A rule that cannot be read: where.
echo 'need exists(' >> "$t/S4-900.rule"
$R --rules "$t" check 2> "$t/err"
[ $? = 78 ] || fail "a bad rule is not refused"
grep -q 'S4-900.rule:10:1: ' "$t/err" || fail "no place: $(cat "$t/err")"

# A rule that asks a table of facts: not tried without it, and told what it waits for.
mkdir -p "$t/facts" "$t/asks"
cat > "$t/asks/S7-900.rule" <<'R'
rule S7-900
on 837P
per subscriber
severity warning
source V1
text the payer is one we know
need row(payers, id=2010BB/NM1-09)
R
printf 'id,name\nEX009,Nobody\n' > "$t/facts/payers.csv"
$R --rules "config/rules:$t/asks" why fixtures/837p/clean.837 || fail "a rule without its table is tried"
$R --rules "config/rules:$t/asks" --facts "$t/facts" why fixtures/837p/clean.837 > "$t/out"
grep -q ' S7-900 warning' "$t/out" || fail "a table of facts is not asked"
"${B:-build}/bin/claimwire-validate" --rules "config/rules:$t/asks" --facts "$t/facts" --max-level 7 \
    fixtures/837p/clean.837 | grep -q 'S7-900' || fail "validate --facts"
echo 'EX001,"Example' >> "$t/facts/payers.csv"
$R --rules "config/rules:$t/asks" --facts "$t/facts" check 2> "$t/err"
[ $? = 78 ] || fail "a table that cannot be read is not refused"
grep -q 'payers.csv:4: a quote' "$t/err" || fail "a table: not said where: $(cat "$t/err")"

# The rule in Lua of the document, as it stands there; one that runs away is told of itself.
mkdir "$t/lua"
sed -n '/^rule HALVES-001/,/^```/p' docs/rules.md | sed '/^```/d; s/HALVES-001/HALVES-002/' > "$t/lua/HALVES-002.rule"
$R --rules "config/rules:$t/lua" --facts fixtures/facts/units why fixtures/837p/clean.837 > "$t/out"
grep -c ' HALVES-002 claim' "$t/out" | grep -qx 3 || fail "the rule of the document: $(cat "$t/out")"
sed '/^lua/,$d; s/HALVES-001/HALVES-003/' fixtures/partners/halves/rules/HALVES-001.rule > "$t/lua/HALVES-003.rule"
printf 'lua\n  while true do end\n' >> "$t/lua/HALVES-003.rule"
"${B:-build}/bin/claimwire-validate" --rules "config/rules:$t/lua" --max-level 7 fixtures/837p/clean.837 > "$t/out"
grep -c 'exception HALVES-003.*RULE_STOPPED' "$t/out" | grep -qx 1 || fail "a rule that runs away"
sed -i 's/while/whale/' "$t/lua/HALVES-003.rule"
$R --rules "config/rules:$t/lua" check 2> "$t/err"
[ $? = 78 ] || fail "a text that is no Lua is not refused"
grep -q 'HALVES-003.rule:13:' "$t/err" || fail "Lua: not said where: $(cat "$t/err")"

# validate: warnings do not fail a file, a fault of a claim does, and levels can be left out.
V="${B:-build}/bin/claimwire-validate"
$V --max-level 7 "$t/in" > "$t/out" 2> /dev/null
[ $? = 1 ] || fail "validate lets a wrong NPI pass"
$V --max-level 3 "$t/in" > /dev/null 2>&1 || fail "level 5 is tried with --max-level 3"
sed 's/CLM-A1\*190\*\*\*11:B:1/CLM-A1*190***11:B:7/' fixtures/837p/clean.837 > "$t/in"
$V --max-level 7 "$t/in" > "$t/out" 2> /dev/null || fail "a warning fails the file"
grep -q 'warning S4-009' "$t/out" || fail "the warning is not told"

# An account number twice: in one set, and over the files of one run; each once is good.
sed 's/^CLM\*CLM-B2/CLM*CLM-B1/' fixtures/837p/clean.837 > "$t/twice"
$V --max-level 7 --report json "$t/twice" > "$t/out" 2> /dev/null
[ "$(grep -c . "$t/out")" = 1 ] || fail "an account number twice: $(cat "$t/out")"
grep -q '"loop":"2300","segment":"CLM","position":108,"element":"1","level":7,"rule":"S7-007B","severity":"warning","report":"277CA:A7:478"' \
    "$t/out" || fail "an account number twice, where: $(cat "$t/out")"
cp fixtures/837p/clean.837 "$t/again"
$V --max-level 7 fixtures/837p/clean.837 "$t/again" > "$t/out" 2> /dev/null
[ "$(grep -c "^$t/again:.* warning S7-007B: " "$t/out")" = 4 ] || fail "the same in another file: $(cat "$t/out")"
[ "$(wc -l < "$t/out")" = 4 ] || fail "a finding is more than a line: $(cat "$t/out")"
$V --max-level 7 fixtures/837p/clean.837 fixtures/837d/clean.837 > "$t/out" 2> /dev/null
[ -s "$t/out" ] && fail "other numbers: $(cat "$t/out")"

# Words that a command does not take, and the one that it needs.
for words in "list extra" "cover x" "check x" why "facts x" nope ""; do
    rc=0
    $R $words > "$t/out" 2> "$t/err" || rc=$?
    [ $rc = 64 ] || fail "rules $words: exit $rc"
    [ -s "$t/err" ] || [ -s "$t/out" ] || fail "rules $words: says nothing"
done
echo "rules: fixtures, cover, why, places of faults"
