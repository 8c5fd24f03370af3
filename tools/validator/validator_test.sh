#!/bin/sh
# validator as a filter: verdicts, claims with what they stand in, tallies, refusals, lineage.
set -eu
b=${B:-build}
py=/usr/bin/python3
tool=$b/bin/claimwire-validator
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "validator_test: $1"; exit 1; }
cat >"$t/records.py" <<'P'
import json
def records(path):
    """Records in the order in which the tool gives them: verdict, claims or set, tally."""
    order = {"verdict": 0, "claim": 1, "set": 1, "tally": 2}
    return sorted((json.loads(l) for l in open(path)), key=lambda r: order[r["kind"]])
P
export PYTHONPATH="$t" PYTHONDONTWRITEBYTECODE=1
# through FILE...: sets of the files through the tool, records as JSON lines to $t/out and $t/no
through() {
    $py tests/lib/frames.py sets "$@" >"$t/in"
    $tool --rejects "$t/no.frames" <"$t/in" >"$t/out.frames" 2>"$t/err" || true
    $py tests/lib/frames.py read <"$t/out.frames" >"$t/out" || fail "output without an end: $(cat "$t/err")"
    : >"$t/no"
    [ ! -s "$t/no.frames" ] || $py tests/lib/frames.py read <"$t/no.frames" >"$t/no"
}

good=fixtures/837p/clean.837
through $good
$py - "$t/out" "$t/no" $good <<'P' || fail "a clean 837"
import hashlib, json, struct, sys
from records import records
out = records(sys.argv[1])
assert not open(sys.argv[2]).read()
data = open(sys.argv[3], "rb").read()
claims = [r for r in out if r["kind"] == "claim"]
assert [r["kind"] for r in out] == ["verdict"] + ["claim"] * len(claims) + ["tally"], "kinds"
n = data.count(b"\nCLM*")
assert len(claims) == n and all(r["of"] == n for r in claims) and out[-1]["of"] == n, "of"
assert [r.get("pos", 0) for r in claims] == list(range(n)), "pos"
st = data.index(b"ST*837")
segs = data.decode().replace("\n", "").split("~")
for r in claims:
    piece = data[r["off"]:r["off"] + r["len"]]
    assert piece.startswith(b"CLM*") and piece.count(b"CLM*") == 1 and piece.endswith(b"~"), "range"
    assert b"HL*" not in piece and b"SE*" not in piece, "range"
    assert data[st:r["off"]].count(b"~") + 1 == r["seg"], "seg"
    body = r["body"]
    assert body.startswith("ISA*") and body.endswith(piece.decode().replace("\n", "")), "body"
    ids = [s.split("*")[0] for s in body.split("~")]
    assert ids[1:4] == ["GS", "ST", "BHT"] and ids.count("CLM") == 1 and "\n" not in body
    # every level is the nearest one before the claim in the file
    at = data[:r["off"]].decode().replace("\n", "").split("~")[:-1]
    last = {}
    for s in at:
        if s.startswith("HL*"):
            level = s.split("*")[3]
            last = {k: v for k, v in last.items() if k < level}
            last[level] = s
    assert [s for s in body.split("~") if s.startswith("HL*")] == [last[k] for k in sorted(last)], "HL"
for r, pos in zip(out, [0xfffffffe] + list(range(n)) + [0xffffffff]):
    child = bytes.fromhex(r["parent"]) + struct.pack("<Q", pos)
    assert r["id"] == hashlib.blake2b(child, digest_size=16).hexdigest(), "lineage"
v = json.loads(out[0]["body"])
assert v["accepted"] is True and v["claims"] == n and v.get("claims_refused", 0) == 0, v
assert v["segments"] == sum(1 for s in segs if s) - 4, v["segments"]
P

# One claim does not balance: it alone is refused, with its rule.
sed 's/^CLM\*CLM-A2\*1345.5\*/CLM*CLM-A2*1345.6*/' $good >"$t/one.837"
through "$t/one.837"
$py - "$t/out" "$t/no" <<'P' || fail "a claim out of balance: $(cat "$t/no")"
import json, sys
from records import records
out = records(sys.argv[1])
no = [json.loads(l) for l in open(sys.argv[2])]
assert [r["kind"] for r in no] == ["claim"] and no[0]["rule"] == "S3-001", no
assert "*CLM-A2*" in no[0]["body"].replace("CLM*CLM-A2*", "*CLM-A2*") and no[0]["stage"] == "validator"
assert "1345" not in no[0]["why"]
claims = [r for r in out if r["kind"] == "claim"]
assert not any("CLM*CLM-A2*" in r["body"] for r in claims)
assert out[-1]["kind"] == "tally" and out[-1]["of"] == len(claims) == claims[0]["of"]
assert no[0]["pos"] == 1 and 1 not in [r.get("pos", 0) for r in claims]
v = json.loads(out[0]["body"])
assert v["accepted"] is True and v["claims_refused"] == 1
# The records are of a day before the services: of that a rule of level 4 warns, and refuses nobody.
f = [x for x in v["findings"] if x["severity"] == "claim"]
assert [(x["rule"], x["report"]) for x in f] == [("S3-001", "277CA:A7:178")], f
assert {x["rule"] for x in v["findings"]} == {"S3-001", "S4-028"}, v["findings"]
P

# A set that is rejected: nothing of it goes on but its verdict and a tally of none.
sed 's/^BHT.*//' $good >"$t/rejected.837"
through "$t/rejected.837"
$py - "$t/out" "$t/no" <<'P' || fail "a rejected set: $(cat "$t/no")"
import json, sys
from records import records
out = records(sys.argv[1])
no = [json.loads(l) for l in open(sys.argv[2])]
assert [r["kind"] for r in out] == ["verdict", "tally"] and out[1].get("of", 0) == 0, out
assert [(r["kind"], r["rule"]) for r in no] == [("set", "S1-032")], no
assert json.loads(out[0]["body"])["accepted"] is False
P

# Who took the file in saw the ST02 of this set before in its group.
$py tests/lib/frames.py sets $good | $py tests/lib/frames.py read |
    sed 's/"seg":/"st02": "again", "seg":/' | $py tests/lib/frames.py write >"$t/in"
$tool --rejects "$t/no.frames" <"$t/in" >"$t/out.frames" 2>/dev/null || true
$py tests/lib/frames.py read <"$t/no.frames" | grep -q '"rule": "S1-027"' || fail "ST02 twice"

# Other delimiters, no newlines: the same claims, byte for byte.
tr -d '\n' <$good | sed 's/~/'"'"'/g; s/\*/|/g' >"$t/odd.837"
through "$t/odd.837"
$py - "$t/out" $good "$t/odd.837" <<'P' || fail "other delimiters"
import json, sys
from records import records
claims = records(sys.argv[1])[1:-1]
data = open(sys.argv[2]).read().replace("\n", "")
odd = open(sys.argv[3]).read()
assert claims
for r in claims:
    claim = r["body"][r["body"].index("CLM*"):]
    assert claim in data
    assert odd[r["off"]:r["off"] + r["len"]].replace("|", "*").replace("'", "~") == claim
P

# An 835 goes on as it is, also when it does not balance; its tally is 0.
sed 's/^BPR\*I\*[0-9.]*\*/BPR*I*1\*/' fixtures/835/clean.835 >"$t/out.835"
for era in fixtures/835/clean.835 "$t/out.835"; do
    through "$era"
    $py - "$t/out" "$t/in" "$t/no" <<'P' || fail "an 835: $era"
import json, sys
from records import records
out = records(sys.argv[1])
assert [r["kind"] for r in out] == ["verdict", "set", "tally"] and not open(sys.argv[3]).read()
assert out[1]["body"].encode("latin-1") in open(sys.argv[2], "rb").read()
assert out[2].get("of", 0) == 0 and json.loads(out[0]["body"])["accepted"] is True
P
done
grep -q 'ERA_TX_OUT' "$t/out" || fail "an 835 out of balance is not told"

rc=0; $tool --guides "$t" <"$t/in" >/dev/null 2>&1 || rc=$?
[ $rc = 78 ] || fail "exit $rc of bad guides"
$tool -h | grep -q 'validator' || fail "no synopsis"

# With rules: a warning lets the claim pass and stands in the verdict; a fault of a claim refuses it.
sed 's/CLM-A1\*190\*\*\*11:B:1/CLM-A1*190***11:B:7/; s/\(SV1\*HC:99212\*100\*UN\*1\*\*\*\)1/\12/' $good >"$t/ruled.837"
tool="$b/bin/claimwire-validator --rules config/rules"
through "$t/ruled.837"
$py - "$t/out" "$t/no" <<'P' || fail "rules in the validator"
import json, sys
from records import records
out, no = records(sys.argv[1]), [json.loads(l) for l in open(sys.argv[2])]
verdict = json.loads(out[0]["body"])
rules = sorted((f["rule"], f["severity"]) for f in verdict["findings"]
               if f["rule"] != "S4-028")  # the clock of these records stands before the services
assert rules == [("S4-009", "warning"), ("S4-013", "claim")], rules
assert verdict["accepted"] and len([r for r in out if r["kind"] == "claim"]) == 4
assert len(no) == 1 and no[0]["kind"] == "claim", no
P
# A billing provider whose NPI is wrong takes all its claims with it, and no other's.
sed 's/^NM1\*85\*2\*RIVERBEND FAMILY MEDICINE\*\*\*\*\*XX\*2000000010~/NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000011~/' \
    $good >"$t/npi.837"
cmp -s $good "$t/npi.837" && fail "the billing provider is another one"
through "$t/npi.837"
$py - "$t/out" "$t/no" $good <<'P' || fail "a wrong NPI of the billing provider"
import json, sys
from records import records
claims = [r for r in records(sys.argv[1]) if r["kind"] == "claim"]
refused = [json.loads(l) for l in open(sys.argv[2])]
n = open(sys.argv[3]).read().count("\nCLM*")
assert not claims and len(refused) == n, (len(claims), len(refused), n)
assert all("S5-001" in json.dumps(r) for r in refused), refused[0]
P
echo "validator_test: all good"
