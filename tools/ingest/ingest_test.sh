#!/bin/sh
# What ingest hands on: sets byte for byte with their ids and numbers, envelopes with their
# findings, encounters by line. The Python reader of tests/lib works it out by itself.
set -eu
b=${B:-build}
ingest=$b/bin/claimwire-ingest
py=/usr/bin/python3
$py -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "ingest_test: $1"; [ -s "$t/err" ] && tail -n 5 "$t/err"; exit 1; }
give() { # FILE... -> lines in $t/out, refused ones in $t/refused, the exit code in $rc
    rc=0
    "$ingest" --clock 2026-09-10T08:00:00Z --rejects "$t/rej" "$@" >"$t/frames" 2>"$t/err" || rc=$?
    [ $rc = 0 ] || return 0
    $py tests/lib/frames.py read <"$t/frames" >"$t/out"
    $py tests/lib/frames.py read <"$t/rej" >"$t/refused"
}
kinds() { $py -c '
import collections, json, sys
c = collections.Counter(json.loads(l)["kind"] for l in open(sys.argv[1]))
print(" ".join("%s=%d" % i for i in sorted(c.items())))' "$1"; }

isa() { # CONTROL [USAGE]
    printf 'ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*%s*0*%s*:~' "$1" "${2:-T}"
}
gs() { printf 'GS*HC*RVRBND*CLRHOUSE*20260901*0800*%s*X*005010X222A1~' "$1"; }
set_() { printf 'ST*837*%s*005010X222A1~\nBHT*0019*00*%s*20260901*0800*CH~\nSE*3*%s~\r\n' "$1" "$2" "$1"; }

# --- sets are the bytes of the file; ids, ranges and numbers are those of an independent reader
{
    isa 000000001; printf '\r\n'
    gs 1; set_ 0001 a; set_ 0002 b; printf 'GE*2*1~'
    gs 2; set_ 0003 c; printf 'GE*1*2~\nIEA*2*000000001~\n'
    isa 000000002; gs 1; set_ 0001 d; printf 'GE*1*1~IEA*1*000000002~'
} >"$t/in.837"
give "$t/in.837" fixtures/837p/clean.837
[ $rc = 0 ] || fail "exit $rc"
$py tests/lib/frames.py sets "$t/in.837" fixtures/837p/clean.837 | $py tests/lib/frames.py read >"$t/want"
$py - "$t" <<'P' || fail "sets differ"
import json, sys
t = sys.argv[1]
got = [json.loads(l) for l in open(t + "/out")]
want = [json.loads(l) for l in open(t + "/want")]
sets = [r for r in got if r["kind"] == "set"]
assert len(sets) == len(want) == 5, len(sets)
for g, w in zip(sets, want):
    for k in "id", "file", "use", "seg", "body":
        assert g[k] == w[k], (k, g[k], w[k])
    for k in "off", "len", "seq":
        assert g.get(k, 0) == w.get(k, 0), (k, g, w)
    assert g["st"] == "837P"
groups = {r["id"]: r for r in got if r["kind"] == "group"}
assert [s["gpos"] for s in sets] == ["0", "1", "0", "0", "0"], [s["gpos"] for s in sets]
assert [groups[s["gid"]].get("seq", 0) for s in sets] == [0, 0, 2, 3, 4]
assert all(g["off"] <= s["off"] < g["off"] + g["len"] for s in sets for g in [groups[s["gid"]]])
g = json.loads(next(iter(groups.values()))["body"])
assert g["forwarded"] == 2 and g["gs"]["sets"] == 2 and g["gs"]["claimed"] == 2, g
assert g["isa"]["control"] == "000000001" and g["gs"]["version"] == "005010X222A1", g
i = [json.loads(r["body"]) for r in got if r["kind"] == "interchange"]
assert [x["isa"]["groups"] for x in i] == [2, 1, 1] and not any(x["findings"] for x in i), i
assert all(x["isa"]["closed"] for x in i)
P
cp "$t/out" "$t/first"
give "$t/in.837" fixtures/837p/clean.837
cmp "$t/first" "$t/out" || fail "the same input gives other records"
cat "$t/in.837" | "$ingest" --clock 2026-09-10T08:00:00Z 2>"$t/err" | $py tests/lib/frames.py read >"$t/out"
[ "$(kinds "$t/out")" = "group=3 interchange=2 set=4" ] || fail "standard input: $(kinds "$t/out")"

# --- usage is ISA15
{ isa 000000003 P; gs 1; set_ 0001 p; printf 'GE*1*1~IEA*1*000000003~'; } >"$t/p.837"
give "$t/p.837"
grep -c '"use": "P"' "$t/out" | grep -qx 3 || fail "usage P"

# --- an interchange with a TA1 fault: its record and nothing else
{ isa 000000004; gs 1; set_ 0001 x; printf 'GE*1*1~IEA*1*000000005~'; cat "$t/p.837"; } >"$t/bad.837"
give "$t/bad.837"
[ $rc = 0 ] || fail "exit $rc"
[ "$(kinds "$t/out")" = "group=1 interchange=2 set=1" ] || fail "TA1 fault: $(kinds "$t/out")"
[ "$(kinds "$t/refused")" = "interchange=1" ] || fail "TA1 fault refused: $(kinds "$t/refused")"
grep -q '\\"report\\":\\"TA1:001\\"' "$t/out" || fail "no TA1:001"
grep -q '"rule": "S1-013"' "$t/refused" || fail "refused for $(cat "$t/refused")"
grep '"kind": "set"' "$t/out" | grep -q '"use": "P"' || fail "the wrong interchange went on"

# --- a group with an AK9 fault: its record and nothing else; 4010 says which versions are known
{
    isa 000000006; gs 1; set_ 0001 x; printf 'GE*1*9~'
    gs 2; set_ 0002 y; printf 'GE*1*2~'
    gs 3 | sed 's/005010X222A1/004010X098A1/'; set_ 0003 z; printf 'GE*1*3~IEA*3*000000006~'
} >"$t/group.837"
give "$t/group.837"
[ "$(kinds "$t/out")" = "group=3 interchange=1 set=1" ] || fail "AK9 fault: $(kinds "$t/out")"
[ "$(kinds "$t/refused")" = "group=2" ] || fail "AK9 fault refused: $(kinds "$t/refused")"
grep -q 'AK905:4' "$t/out" || fail "no AK905:4"
grep 'AK905:2' "$t/out" | grep -q '005010X222A1' || fail "versions not named"
grep '"kind": "set"' "$t/out" | grep -q 'ST\*837\*0002' || fail "the wrong group went on"

# --- bytes of no interchange are not silent
{ printf 'hello '; cat "$t/p.837"; } >"$t/junk.837"
give "$t/junk.837"
[ "$(kinds "$t/refused")" = "interchange=1" ] || fail "junk: $(kinds "$t/refused")"
[ "$(kinds "$t/out")" = "group=1 interchange=1 set=1" ] || fail "behind junk: $(kinds "$t/out")"
printf 'no x12 at all' >"$t/no"
give "$t/no"
grep -q '"rule": "S1-001"' "$t/refused" || fail "a file that is no X12"
rc=0; "$ingest" "$t/no" >"$t/frames" 2>"$t/err" || rc=$?
[ $rc = 1 ] || fail "refused without --rejects gives $rc"

# --- encounters: a record a line; what is no JSON object goes to rejects with its line
printf '\n{"v":"enc.v1","enc":"E-1"}\n{"enc":\n\n{"enc":"E-2","usage":"T"}\n[1]' >"$t/enc"
give "$t/enc"
$py - "$t" <<'P' || fail "encounters"
import json, sys
got = [json.loads(l) for l in open(sys.argv[1] + "/out")]
assert [(r["kind"], r.get("seq", 0), r["off"], r["use"]) for r in got] == \
    [("enc", 0, 1, "P"), ("enc", 1, 37, "T")], got
assert got[0]["body"] == '{"v":"enc.v1","enc":"E-1"}'
why = [json.loads(l)["why"] for l in open(sys.argv[1] + "/refused")]
assert why == ["line 3 is no JSON from column 7 on", "line 6 is no JSON object"], why
P

# --- frames are of 64 records
{ isa 000000007; gs 1; for i in $(seq 1001 1200); do set_ $i n$i; done; printf 'GE*200*1~IEA*1*000000007~'; } >"$t/many.837"
give "$t/many.837"
[ "$(kinds "$t/out")" = "group=1 interchange=1 set=200" ] || fail "many: $(kinds "$t/out")"

# --- wrong command lines
rc=0; "$ingest" "$t/absent" >/dev/null 2>"$t/err" || rc=$?
[ $rc = 100 ] || fail "an absent file gives $rc"
grep -q 'absent' "$t/err" || fail "an absent file is not named"
rc=0; "$ingest" "$t" 2>"$t/err" >/dev/null || rc=$?
[ $rc = 100 ] || fail "a folder gives $rc"
rc=0; "$ingest" --guides /nonexistent "$t/no" 2>"$t/err" >/dev/null || rc=$?
[ $rc = 78 ] || fail "absent guides give $rc"
"$ingest" --help | grep -q 'usage: claimwire ingest' || fail "no synopsis"
