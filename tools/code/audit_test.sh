#!/bin/sh
# claimwire code audit: every difference between billed and documented codes, with its money from the
# charge master, and each coder's accuracy, in which an encounter counts once.
set -eu
X=${B:-build}/bin/claimwire-code
PY=${PYTHON:-/usr/bin/python3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; cat "$dir/out" 2>/dev/null; exit 1; }
mkdir "$dir/practice"
cat >"$dir/practice/p.yaml" <<'E2'
payers:
  SBX01: {name: SANDBOX, id: SBX01, filing: CI}
charges:
  - {code: "99213", from: 2026-01-01, cents: 15000}
  - {code: "99213", payer: SBX01, from: 2026-01-01, cents: 14000}
  - {code: "99214", from: 2026-01-01, cents: 21000}
  - {code: "90471", from: 2026-01-01, cents: 2500}
E2
"$PY" - >"$dir/billed.jsonl" <<'EOF'
import json
def one(name, coder, dx, lines, em=None, note=""):
    print(json.dumps(dict(v="enc.v1", enc=name, coder=coder, dos={"from": "2026-03-02"}, facility={"pos": "11"}, pt={"dob": "1980-01-01", "sex": "F"},
        cov=[dict(rank=1, payer="SBX01")], note=dict(text=note), em=em or {}, signed=dict(by="2000000028", at="2026-03-02"),
        dx=[dict(n=i + 1, code=c) for i, c in enumerate(dx)],
        lines=[dict(ln=i + 1, code=c, mods=m, units=1, chg=chg, dx=[1]) for i, (c, m, chg) in enumerate(lines)])))
low = dict(family="office", patient="established", problems="low", data="minimal", risk="low")
moderate = dict(family="office", patient="established", problems="moderate", data="moderate", risk="low")
one("A-1", "C01", ["J029"], [("99214", [], 21000)], low)                   # overcoded by 70.00
one("A-2", "C01", ["J029"], [("99213", [], 14000)], low)                   # right
one("A-3", "C02", ["J029"], [("90715", [], 6000)], note="Tdap given.")     # administration and Z23 not billed
one("A-4", "C02", ["K3580", "R1031"], [("99214", [], 21000)], moderate)    # the sign belongs to the appendicitis
EOF
audit() { rc=0; "$X" audit --codes fixtures/coding/codes --practice "$dir/practice" "$@" >"$dir/out" 2>"$dir/err" || rc=$?; }

audit --json --keep "$dir/kept" "$dir/billed.jsonl"
[ $rc = 1 ] || fail "exit $rc: $(cat "$dir/err")"
"$PY" - "$dir/out" <<'EOF' || fail "differences"
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
diff = sorted((r["enc"], r["what"], r["billed"], r["documented"], r["cents"], r["rule"]) for r in rows if "what" in r)
assert diff == [("A-1", "line", "99214", "99213", -7000, "C30-020"), ("A-3", "diagnosis", "", "Z23", 0, ""),
                ("A-3", "not billed", "", "90471", 2500, ""), ("A-4", "diagnosis", "R1031", "", 0, "C20-080")], diff
total = [r for r in rows if "total" in r]
assert total == [dict(total=True, encounters=4, codes=9, agreed=7, cents=-4500)], total
who = {r["accuracy"]: (r["encounters"], r["codes"], r["agreed"], r["permille"], r["cents"]) for r in rows if "accuracy" in r}
assert who == {"C01": (2, 4, 3, 750, -7000), "C02": (2, 5, 4, 800, 2500)}, who
EOF

echo "audited again, an encounter counts once; corrected, it counts as it is now"
audit --json --keep "$dir/kept" "$dir/billed.jsonl"
grep -q '"accuracy":"C01","encounters":2,"codes":4,"agreed":3' "$dir/out" || fail "counted twice"
sed -n 's/"code": "99214"/"code": "99213"/;s/"chg": 21000/"chg": 14000/;1p' "$dir/billed.jsonl" >"$dir/corrected.jsonl"
audit --json --keep "$dir/kept" "$dir/corrected.jsonl"
[ $rc = 0 ] || fail "corrected: exit $rc"
grep -q '"accuracy":"C01","encounters":2,"codes":4,"agreed":4,"permille":1000,"cents":0' "$dir/out" || fail "not replaced"
! grep -q 'A-1' "$dir/kept" || fail "the encounter's name in the kept file"

echo "many lines and many coders: none is left out"
"$PY" - "$dir/billed.jsonl" "$dir/many.jsonl" <<'EOF'
import json, sys
one = json.loads(open(sys.argv[1]).readlines()[1])
with open(sys.argv[2], "w") as f:
    for k in range(90):
        f.write(json.dumps(dict(one, enc="M-%d" % k, coder="K%02d" % k)) + "\n")
    lines = [dict(one["lines"][0], ln=i + 1, code="A%04d" % i, units=1) for i in range(200)]
    f.write(json.dumps(dict(one, enc="LONG", coder="K00", lines=lines)) + "\n")
EOF
audit --json "$dir/many.jsonl"
[ "$(grep -c '"accuracy":"K' "$dir/out")" = 90 ] || fail "coders: $(grep -c '"accuracy"' "$dir/out")"
grep -q '"encounters":91,"codes":381,' "$dir/out" || fail "lines: $(grep '"total"' "$dir/out")"

echo "fewer units are worth their part of the charge, both lines of a split one what it was"
"$PY" - "$dir/billed.jsonl" "$dir/units.jsonl" <<'EOF'
import json, sys
one = json.loads(open(sys.argv[1]).readlines()[1])
def write(f, name, code, units, chg, text):
    f.write(json.dumps(dict(one, enc=name, em={}, note={"text": text}, dx=[{"n": 1, "code": "I10"}],
                            lines=[dict(ln=1, code=code, mods=[], units=units, chg=chg, dx=[1])])) + "\n")
with open(sys.argv[2], "w") as f:
    write(f, "U-1", "36415", 3, 3000, "-")                  # an absolute limit of 1: 20.00 too much
    write(f, "U-2", "73630", 2, 10001, "Both feet, right and left.")
EOF
audit --json "$dir/units.jsonl"
"$PY" - "$dir/out" <<'EOF' || fail "units"
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
diff = [(r["enc"], r["billed"], r["documented"], r["cents"]) for r in rows if r.get("what") in ("line", "not billed", "not due")]
assert ("U-1", "36415x3", "36415", -2000) in diff, diff
assert sum(d[3] for d in diff if d[0] == "U-2") == 0 and len([d for d in diff if d[0] == "U-2"]) == 2, diff
EOF

echo "for people; and what is no encounter"
audit --format text "$dir/billed.jsonl"
grep -q '^A-1  line      99214 -> 99213  -70.00  C30-020: billed at another level' "$dir/out" || fail "text"
grep -q 'coder C02 .*(80.0 %)' "$dir/out" || fail "accuracy in text"
echo '{"v":1' >"$dir/bad"
audit "$dir/bad"
[ $rc = 100 ] && grep -q 'bad" line 1' "$dir/err" || fail "bad: $rc"
audit
[ $rc = 64 ] || fail "no file: $rc"
