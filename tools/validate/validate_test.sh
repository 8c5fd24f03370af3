#!/bin/sh
# validate as a whole: reports, exit codes, values only with --show, files larger than the window.
set -eu
b=${B:-build}
v=$b/bin/claimwire-validate
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "validate_test: $1"; exit 1; }
# expect CODE ARGS...: runs validate, output to $t/out, summary to $t/err
expect() {
    want=$1 rc=0
    shift
    $v "$@" >"$t/out" 2>"$t/err" || rc=$?
    [ $rc = "$want" ] || fail "exit $rc, not $want: $*: $(cat "$t/out" "$t/err")"
}

good=fixtures/837p/clean.837
# odd but legal: fifty lines, twelve diagnoses, two other payers, six adjustments and six PLB pairs
expect 0 --max-level 3 fixtures/837p/unusual.837 fixtures/835/unusual.835
[ -s "$t/out" ] && fail "findings in odd files: $(cat "$t/out")"
expect 0 $good fixtures/835/clean.835
[ -s "$t/out" ] && fail "findings in clean files: $(cat "$t/out")"
grep -q '2 files, .* nothing found' "$t/err" || fail "no summary: $(cat "$t/err")"

# A claim has amounts of ten digits at most (S2-017); what is paid, and the sums that a 277CA tells, may be more.
sed 's/^BPR\*\(.\)\*[0-9.]*/BPR*\1*123456789.00/' fixtures/820/clean.820 >"$t/large.820"
expect 0 "$t/large.820"
sed 's/^CLM\*\([^*]*\)\*[0-9.]*/CLM*\1*99999999.99/' $good >"$t/large.837"
expect 1 --report 277ca "$t/large.837"
grep -q '^AMT\*YY\*499999999.95~' "$t/out" || fail "the sum of five large claims: $(grep AMT "$t/out")"
cp "$t/out" "$t/large.277"
expect 0 "$t/large.277"
sed 's/^CLM\*\([^*]*\)\*[0-9.]*/CLM*\1*100000000.00/' $good >"$t/large.837"
expect 1 "$t/large.837"
grep -q 'S2-017.*more than ten digits' "$t/out" || fail "a claim of eleven digits: $(cat "$t/out")"

# One fault, one line, with every key; the value at fault only when asked for.
sed 's/^N4\*RIVERTON\*UT\*840650001~/N4*RIVERTON*UT*8406500019999999~/' $good >"$t/long.837"
expect 1 --report json "$t/long.837"
/usr/bin/python3 - "$t/out" "$t/long.837" <<'P' || fail "json: $(cat "$t/out")"
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert len(lines) == 1
f = lines[0]
assert list(f) == ["file", "offset", "loop", "segment", "position", "element", "level", "rule",
                   "severity", "report", "text"], list(f)
data = open(sys.argv[2], "rb").read()
assert data[f["offset"]:].startswith(b"8406500019999999~"), "offset"
assert (f["loop"], f["segment"], f["position"], f["element"]) == ("2010AA", "N4", 10, "3"), f
assert (f["level"], f["rule"], f["severity"], f["report"]) == (1, "S1-038", "transaction", "IK403:5")
P
# The offset of a component is its own.
sed 's/^CLM\*CLM-B2\*180\*\*\*11:B:1/CLM*CLM-B2*180***11:A:1/' $good >"$t/component.837"
expect 1 --report json "$t/component.837"
/usr/bin/python3 - "$t/out" "$t/component.837" <<'P' || fail "offset of a component: $(cat "$t/out")"
import json, sys
(f,) = [json.loads(l) for l in open(sys.argv[1])]
assert f["element"] == "5.2", f
assert open(sys.argv[2], "rb").read()[f["offset"]:].startswith(b"A:1*Y*A*Y*Y~"), f
P
expect 1 --report json "$t/long.837"
grep -q 8406500019999999 "$t/out" && fail "a value without --show"
expect 1 --show "$t/long.837"
grep -q 'value "8406500019999999"' "$t/out" || fail "--show shows nothing"
expect 1 --show --report json "$t/long.837"
grep -q '"value":"8406500019999999"}' "$t/out" || fail "--show shows nothing in json"

# The answers to it.
expect 1 --report 999 "$t/long.837"
tr -d '\n' <"$t/out" | grep -q 'IK3\*N4\*10\*2010\*8~.*IK4\*3\*116\*5~.*IK5\*R\*5~.*AK9\*R\*1\*1\*0~' ||
    fail "999: $(cat "$t/out")"
expect 0 --report ta1 $good
grep -q '^TA1\*000000101\*260908\*0800\*A\*000~' "$t/out" || fail "ta1: $(cat "$t/out")"

# A claim out of balance is a finding and loses no set.
sed 's/^CLM\*CLM-A1\*190\*/CLM*CLM-A1*191*/' $good >"$t/out_of_balance.837"
expect 1 "$t/out_of_balance.837"
grep -q 'claim S3-001: 2300 CLM02 .*277CA:A7:178' "$t/out" || fail "balance: $(cat "$t/out")"
grep -q '(1 accepted)' "$t/err" || fail "the set is lost: $(cat "$t/err")"
expect 0 --max-level 2 "$t/out_of_balance.837"

# The 277CA says of each claim whether it stands; ours is clean by our own guide. What is wrong with
# lines is said below the lines. Nothing is said of sets that are rejected.
sed 's/^SVD\*\([^*]*\)\*[0-9.]*\*/SVD*\1*1*/' "$t/out_of_balance.837" >"$t/lines.837"
expect 1 --report 277ca "$t/lines.837"
mv "$t/out" "$t/lines.277"
/usr/bin/python3 - "$t/lines.277" <<'P' || fail "277ca: $(cat "$t/lines.277")"
import sys
seg = [l.rstrip("~\n").split("*") for l in open(sys.argv[1])]
heads = ["%s*%s" % (s[0], s[1]) for s in seg]
levels = [s[3] for s in seg if s[0] == "HL"]
assert levels == ["20", "21", "19", "PT", "PT"], levels
claims, pcn = {}, None
for s in seg:
    if s[0] == "TRN":
        pcn, kind = s[2], "claim"
    elif s[0] == "SVC":
        kind = "line"
    elif s[0] == "STC":
        claims.setdefault(pcn, []).append((kind, s[1], s[3], s[4] if len(s) > 4 else ""))
batch = claims.pop("RB2600101")
assert batch == [("claim", "A1:19:AY", "WQ", "2096.5")], batch
assert claims == {
    "CLM-A1": [("claim", "A7:178", "U", "191")],
    "CLM-A2": [("claim", "A1:19:40", "WQ", "1345.5")],
    "CLM-B1": [("claim", "A3:247", "U", "280"), ("line", "A7:672", "U", ""),
               ("line", "A7:672", "U", "")],
    "CLM-B2": [("claim", "A1:19:40", "WQ", "180")],
    "CLM-B3": [("claim", "A1:19:40", "WQ", "100")]}, claims
totals = ["*".join(s) for s in seg if s[0] in ("QTY", "AMT")]
assert totals == ["QTY*90*3", "QTY*AA*2", "AMT*YU*1625.5", "AMT*YY*471",
                  "QTY*QA*3", "QTY*QC*2", "AMT*YU*1625.5", "AMT*YY*471"], totals
P
expect 0 "$t/lines.277"
expect 1 --report 277ca "$t/long.837"
[ -s "$t/out" ] && fail "claims of a rejected set are answered: $(cat "$t/out")"
expect 1 --report 277ca fixtures/g02/in.837
[ "$(grep -c '^ST\*' "$t/out")" = 1 ] || fail "one set of two stands: $(cat "$t/out")"
grep -q '^QTY\*90\*3~' "$t/out" || fail "three claims stand: $(cat "$t/out")"
expect 0 --report 277ca fixtures/835/clean.835
[ -s "$t/out" ] && fail "a 277CA to an 835: $(cat "$t/out")"
grep -q 'no 277CA is written: it answers claims' "$t/err" || fail "nothing says why: $(cat "$t/err")"
expect 0 --report 277ca fixtures/835/clean.835 $good
grep -q 'no 277CA' "$t/err" && fail "one file has claims: $(cat "$t/err")"

# Several reports of one run are what each is by itself, and only one goes to standard output.
expect 1 --report json --report 999="$t/both.999" --report 277ca="$t/both.277" "$t/lines.837"
grep -q '"rule":"S3-001"' "$t/out" || fail "json beside others: $(cat "$t/out")"
same() { # KIND FILE: but for the time of day
    "$v" --report "$1" "$t/lines.837" 2>"$t/err" | sed '/^ISA/d; /^GS/d; /^BHT/d' >"$t/alone"
    sed '/^ISA/d; /^GS/d; /^BHT/d' "$2" | cmp - "$t/alone" || fail "$1 beside others differs"
}
same 999 "$t/both.999"
same 277ca "$t/both.277"
expect 64 --report 999 --report 277ca $good
grep -q 'only one goes to standard output' "$t/err" || fail "two on one output: $(cat "$t/err")"
expect 64 --report 999="$t/x" --report 277ca="$t/x" $good
expect 64 --report 999= $good
expect 111 --report 999="$t/absent/x" $good
# An answer to an interchange that is rejected in the end is no answer.
sed 's/^IEA\*1\*/IEA*2*/' "$t/lines.837" >"$t/iea.lines"
expect 1 --report text --report 277ca="$t/iea.277" "$t/iea.lines"
[ -s "$t/iea.277" ] && fail "a 277CA for a rejected interchange: $(cat "$t/iea.277")"

# A version that is agreed with this partner only; one that nobody knows.
sed 's/005010X222A1/005010X222A2/' $good >"$t/alias.837"
expect 1 "$t/alias.837"
grep -q 'S1-017.*005010X222A1.*AK905:2' "$t/out" || fail "unknown version: $(cat "$t/out")"
[ "$(wc -l <"$t/out")" = 1 ] || fail "more than one finding for a version: $(cat "$t/out")"
expect 0 --allow-alias "$t/alias.837"
sed 's/005010X222A1/004010X098A1/' $good >"$t/old.837"
expect 1 "$t/old.837"
grep -q 'S1-017.*005010X222A1.*AK905:2' "$t/out" || fail "4010: $(cat "$t/out")"

# What a rejected envelope holds is not accepted, and gets no 999 beside the TA1.
sed 's/^IEA\*1\*/IEA*2*/' $good >"$t/iea.837"
expect 1 --report 999 "$t/iea.837"
[ -s "$t/out" ] && fail "a 999 for a rejected interchange: $(cat "$t/out")"
grep -q '(0 accepted)' "$t/err" || fail "accepted in a rejected interchange: $(cat "$t/err")"
expect 1 --report ta1 "$t/iea.837"
grep -q '^TA1\*000000101\*260908\*0800\*R\*021~' "$t/out" || fail "ta1 of an IEA: $(cat "$t/out")"
sed 's/^GE\*1\*/GE*2*/' $good >"$t/ge.837"
expect 1 "$t/ge.837"
grep -q '(0 accepted)' "$t/err" || fail "accepted in a rejected group: $(cat "$t/err")"

# The same interchange again is no fault, the same control number with other content is one.
cat $good $good >"$t/again.837"
expect 0 "$t/again.837"
sed 's/THREE DAYS/FOUR DAYS/' $good | cat $good - >"$t/other.837"
expect 1 --report ta1 "$t/other.837"
[ "$(grep -c '^TA1.*\*A\*000~' "$t/out")$(grep -c '^TA1.*\*R\*025~' "$t/out")" = 11 ] ||
    fail "control number again: $(cat "$t/out")"

# What cannot be read is told, and the other files are looked at all the same.
expect 100 "$t" $good
grep -q 'cannot read .*Is a directory' "$t/err" || fail "a folder: $(cat "$t/err")"
grep -q '1 file, 1 set (1 accepted)' "$t/err" || fail "a folder stops it: $(cat "$t/err")"

# A file that breaks off in the middle of a segment costs its own interchange, not the next.
{ head -c 1500 $good; sed 's/000000101/000000102/' $good; } >"$t/broken.837"
expect 1 --report ta1 "$t/broken.837"
grep -q '^TA1\*000000101\*260908\*0800\*R\*023~' "$t/out" || fail "broken off: $(cat "$t/out")"
grep -q '^TA1\*000000102\*260908\*0800\*A\*000~' "$t/out" || fail "swallowed: $(cat "$t/out")"

# The same control number twice in a group.
sed 's/^GE\*1\*/GE*2*/' $good |
    awk '/^ST\*/ {p = 1} p && /^GE/ {printf "%s", set; p = 0} {print} p {set = set $0 "\n"}' >"$t/twice.837"
expect 1 "$t/twice.837"
grep -q 'S1-027: ST02 .*IK502:23' "$t/out" || fail "ST02 twice: $(cat "$t/out")"
[ "$(wc -l <"$t/out")" = 1 ] || fail "more than one finding for ST02 twice: $(cat "$t/out")"

# Cut off in the middle: one finding, of the interchange.
head -c 1200 $good >"$t/cut.837"
expect 1 "$t/cut.837"
grep -c . "$t/out" | grep -qx 1 || fail "a cut file: $(cat "$t/out")"
grep -q 'interchange S1-014' "$t/out" || fail "a cut file: $(cat "$t/out")"

# What cannot be done.
echo nothing >"$t/nothing"
expect 100 "$t/nothing"
expect 100 "$t/absent"
expect 64
expect 64 --report xml $good
expect 64 --max-level 8 $good
expect 78 --guides "$t" $good
cp -r config/guides "$t/guides"
sed -i '3s/.*/bogus/' "$t/guides/837P.005010X222A1.guide"
expect 78 --guides "$t/guides" $good
grep -q '837P.005010X222A1.guide:3:1: ' "$t/err" || fail "a guide's fault: $(cat "$t/err")"
expect 0 - <$good
expect 0 -h
grep -q 'claimwire validate \[--report' "$t/out" || fail "no synopsis"

# A file far larger than the window: memory stays small.
/usr/bin/python3 - $good "$t/big.837" <<'P'
import re, sys
text = open(sys.argv[1]).read()
head, st, tail = re.split(r"(?=ST\*837)|(?=GE\*)", text)[:3]
with open(sys.argv[2], "w") as out:
    out.write(head)
    n = 12000
    for i in range(n):
        out.write(re.sub(r"\*0001(?=[*~])", "*%07d" % (i + 1), st))
    out.write(tail.replace("GE*1*", "GE*%d*" % n))
P
/usr/bin/python3 - "$v" "$t/big.837" <<'P' || fail "a large file"
import os, resource, subprocess, sys
p = subprocess.run([sys.argv[1], sys.argv[2]], capture_output=True, text=True)
assert p.returncode == 0 and "12000 accepted" in p.stderr, p.stdout[:500] + p.stderr
kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
size = os.path.getsize(sys.argv[2])
assert size > 30 << 20 and (kb < 32 << 10 or "ASAN_OPTIONS" in os.environ), (size, kb) # a sanitizer keeps what is freed
P
# One set of very many claims: those wait for its end outside of memory, and the answers are as of
# many small sets.
/usr/bin/python3 - $good "$t/long_set.837" <<'P'
import re, sys
text = open(sys.argv[1]).read()
claim = text[text.index("HL*2*1*22*"):text.index("\nSE*") + 1]
head, n = text[:text.index("HL*2*1*22*")], 20000
hls = claim.count("HL*")
with open(sys.argv[2], "w") as out:
    out.write(head)
    for i in range(n):
        def number(m):
            own = int(m[1]) + i * hls
            return "HL*%d*%d*" % (own, 1 if m[2] == "1" else int(m[2]) + i * hls)
        out.write(re.sub(r"HL\*(\d+)\*(\d+)\*", number, claim))
    segments = (head[head.index("ST*"):].count("~") + n * claim.count("~") + 1)
    out.write(re.sub(r"SE\*\d+\*", "SE*%d*" % segments, text[text.index("\nSE*") + 1:]))
P
/usr/bin/python3 - "$v" "$t/long_set.837" "$t" <<'P' || fail "a large set"
import os, re, resource, subprocess, sys
v, file, t = sys.argv[1:]
p = subprocess.run([v, "--report", "999=" + t + "/l.999", "--report", "277ca=" + t + "/l.277", file],
                   capture_output=True, text=True)
kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
size = os.path.getsize(file)
assert p.returncode == 0 and "1 set (1 accepted)" in p.stderr, p.stdout[:500] + p.stderr
text = open(t + "/l.277").read()
claims = int(re.search(r"(\d+) claims", p.stderr)[1])
assert claims >= 60000 and "QTY*90*%d~" % claims in text, text[:600]
assert text.count("A1:19:40") == claims and text.count("TRN*2*") == claims + 1
assert int(re.search(r"SE\*(\d+)", text)[1]) == text.count("~") - 4
assert size > 30 << 20, size
assert kb < 40 << 10 or "ASAN_OPTIONS" in os.environ, kb # a sanitizer keeps what is freed
P
expect 0 "$t/l.277"
# Colours on a terminal only, and not where NO_COLOR is set.
/usr/bin/python3 - "$v" "$t/bad.837" <<'P' || fail "colours"
import os, pty, re, subprocess, sys
text = open("fixtures/837p/clean.837").read().replace("SE*133", "SE*47")
open(sys.argv[2], "w").write(text)
try:
    for end in pty.openpty():
        os.close(end)
except OSError:  # no terminal can be made here
    sys.exit(0)
def said(**env):
    here, there = pty.openpty()
    p = subprocess.Popen(sys.argv[1:], stdout=there, stderr=subprocess.DEVNULL,
                         env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **env})
    os.close(there)
    out = b""
    try:
        while block := os.read(here, 4096):
            out += block
    except OSError:
        pass
    p.wait()
    return out
assert b"S1-026" in said() and b"\x1b[" in said(NO_COLOR=""), said()
assert b"S1-026" in said(NO_COLOR="1") and b"\x1b[" not in said(NO_COLOR="1")
P
# A file that someone indented: taken, with one warning.
sed 's/^/   /;1s/^ *//' $good >"$t/indented.837"
expect 0 --json "$t/indented.837"
[ "$(grep -c S1-045 "$t/out")" = 1 ] && [ "$(wc -l <"$t/out")" = 1 ] || fail "indented: $(cat "$t/out")"
# All seven levels unless told otherwise: an NPI whose check digit is wrong is found without asking.
sed 's/^NM1\*82\(.*\)XX\*2000000028~/NM1*82\1XX*2000000029~/' $good >"$t/npi.837"
cmp -s $good "$t/npi.837" && fail "nothing planted"
"$v" --json "$t/npi.837" >"$t/out" 2>/dev/null || true
grep -q '"segment":"NM1".*"element":"9".*"rule":"S5-001' "$t/out" || fail "the NPI: $(cat "$t/out")"
# What is named must be there, whatever level is asked for.
for o in rules guides codes facts partners lists; do
    expect 78 --max-level 1 --$o "$t/nowhere" $good
    grep -q -- "--$o \".*/nowhere\": No such file" "$t/err" || fail "--$o: $(cat "$t/err")"
done
expect 78 --rules "config/rules:$t/nowhere" $good
echo "validate_test: all good"
