# claimwire check: every fault of a pipeline with its line and column, exit 78; graph; dispatch.
set -u
B=${B:-build}
T=$B/tmp/check_test
rm -rf "$T" && mkdir -p "$T"
. tests/lib/fake_tools.sh
fake_tools "$T/bin"
CLAIMWIRE_BIN=$T/bin
export CLAIMWIRE_BIN
failed=0
fail() { echo "FAILED: $*"; failed=1; }

cat >"$T/good.yaml" <<'END'
pipeline: good
stages:
  src:
    to: {sets: pass, rejects: bin}
  pass:
    replicas: 2
    settings: {guides: config/guides, strict: true}
    to: {claims: [keep, audit], verdicts: keep, rejects: bin}
  audit:
    command: [cat]
    to: {out: keep, rejects: bin}
  keep:
    to: {rejects: bin}
  bin:
END
"$B/bin/claimwire" check "$T/good.yaml" >"$T/out" 2>&1 || fail "a good pipeline: $(cat "$T/out")"

# change PLACE WHAT SED: the good file with one fault gives exactly that one line
change() {
    sed "$3" "$T/good.yaml" >"$T/bad.yaml"
    "$B/bin/claimwire" check "$T/bad.yaml" >"$T/out" 2>&1
    rc=$?
    [ $rc = 78 ] || fail "$2: exit $rc, not 78"
    [ "$(wc -l <"$T/out")" = 1 ] || fail "$2: not one line: $(cat "$T/out")"
    grep -q "^$T/bad.yaml:$1: .*$2" "$T/out" || fail "$2 at $1: $(cat "$T/out")"
}
change 3:3 'port "rejects" of "src" leads nowhere' 's/to: {sets: pass, rejects: bin}/to: {sets: pass}/'
change 5:3 'port "verdicts" of "pass" leads nowhere' 's/ verdicts: keep,//'
change 12:3 'port "rejects" of "keep" leads nowhere' '13s/.*//'
change 8:69 '"pass" has no port "more"' 's/rejects: bin}$/rejects: bin, more: bin}/;4s/, more: bin//;11s/, more: bin//;13s/, more: bin//'
change 7:16 '"pass" has no setting "guide"' 's/guides: /guide: /'
change 7:39 'setting "strict" is true or false' 's/strict: true/strict: 3/'
change 7:39 'setting "level" is a number from 1 to 7' 's/strict: true/level: much/'
change 7:39 'setting "level" is a number from 1 to 7' 's/strict: true/level: 8/'
change 7:39 'setting "level" is a number from 1 to 7' "s/strict: true/level: ' 3'/"
change 7:39 'setting "copy" is one of yes no' 's/strict: true/copy: perhaps/'
change 7:39 'setting "hold" is a number from 1 to 100000' 's/strict: true/hold: 0/'
change 12:3 'there is no tool "nobody"' 's/^  keep:/  keep:\n    tool: nobody/'
change 12:3 'does not say what the tool is' 's/^  keep:/  keep:\n    tool: dumb/'
change 12:3 '"keep" is a keeper and runs as one process' 's/^  keep:/  keep:\n    replicas: 2/'
change 3:3 '"src" is a source: nothing may lead to it' 's/verdicts: keep/verdicts: src/'
change 14:3 'nothing leads to stage "keep2"' 's/^  bin:/  keep2:\n    tool: keep\n    to: {rejects: bin}\n  bin:/'
change 11:15 'closes a cycle' 's/out: keep/out: pass/'
change 2:1 'unknown key "stage"' 's/^stages:/stage:/'
# A cycle through a keeper is allowed.
sed 's/^  keep:/  keep:\n    tool: loop/;s/to: {rejects: bin}/to: {out: pass, rejects: bin}/' "$T/good.yaml" >"$T/loop.yaml"
"$B/bin/claimwire" check "$T/loop.yaml" >"$T/out" 2>&1 || fail "a cycle through a keeper: $(cat "$T/out")"
# A keeper with open ports gives refused records back; it still comes last.
sed 's/^  bin:/  bin:\n    tool: open\n    to: {pass: pass, audit: audit}/' "$T/good.yaml" >"$T/open.yaml"
"$B/bin/claimwire" check "$T/open.yaml" >"$T/out" 2>&1 || fail "open ports: $(cat "$T/out")"
# Two faults are two lines.
sed 's/guides: /guide: /;s/ verdicts: keep,//' "$T/good.yaml" >"$T/bad.yaml"
"$B/bin/claimwire" check "$T/bad.yaml" >"$T/out" 2>&1
[ "$(wc -l <"$T/out")" = 2 ] || fail "two faults: $(cat "$T/out")"

"$B/bin/claimwire" graph "$T/good.yaml" >"$T/dot" || fail "graph"
grep -q '"pass" -> "keep" \[label="claims"' "$T/dot" || fail "graph has no edge with its port"
grep -q '"keep" \[shape=cylinder.*RUN/keep/' "$T/dot" || fail "graph has no keeper with its store"
grep -q 'x 2' "$T/dot" || fail "graph does not count replicas"
if command -v dot >/dev/null; then dot -Tsvg "$T/dot" >"$T/svg" || fail "dot cannot read it"; fi

# The front command finds tools as git does.
[ "$("$B/bin/claimwire" keep a "b c")" = "pretend keep: a b c" ] || fail "keep is not run"
"$B/bin/claimwire" nobody >"$T/out" 2>&1
[ $? = 64 ] && grep -q '^  keep$' "$T/out" || fail "an unknown tool: $(cat "$T/out")"
"$B/bin/claimwire" help | grep -q '^  keep$' || fail "help lists no tools"
"$B/bin/claimwire" version | grep -q '^claimwire [0-9]' || fail "version"
"$B/bin/claimwire" check >/dev/null 2>&1; [ $? = 64 ] || fail "check without a file"
"$B/bin/claimwire" check --frob x >/dev/null 2>&1; [ $? = 64 ] || fail "an unknown option"
"$B/bin/claimwire" check "$T/none.yaml" >"$T/out" 2>&1
[ $? = 78 ] && grep -q "none.yaml:1:1: cannot read" "$T/out" || fail "a missing file: $(cat "$T/out")"
exit $failed
