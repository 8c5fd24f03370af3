#!/bin/sh
# remit835 as a filter, on the clean 835 and on the same with one cent too many.
set -eu
B=${B:-build}
py=/usr/bin/python3
tool=$B/bin/claimwire-remit835
era=fixtures/835/clean.835
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

# Odd but legal: six adjustments in one segment, eight PLB amounts in two, a claim without lines.
$tool --json fixtures/835/unusual.835 >"$tmp/odd" || fail "exit $? on the odd set"
$py - "$tmp/odd" <<'PY' || fail "the odd set is read otherwise than it is written"
import json, sys
from decimal import Decimal
lines = [json.loads(line) for line in open(sys.argv[1])]
plb = [x for x in lines if x.get("segment") == "PLB"]
assert [x["code"] for x in plb] == ["L6", "WO", "72", "CS", "FB", "50", "J1", "AH"], plb
assert sum(Decimal(x["amount"]) for x in plb) == Decimal("47.85")
six = [x for x in lines if x.get("segment") == "CAS" and x.get("claim") == 4]
assert len(six) == 6 + 5 and sum(Decimal(x["amount"]) for x in six) == 600, six
assert sum(Decimal(x["paid"]) for x in lines if x.get("segment") == "CLP") == Decimal("10224.5")
PY

$py tests/lib/frames.py sets $era >"$tmp/in"
$tool <"$tmp/in" >"$tmp/out" || fail "exit $? on a set that balances"
$py tests/lib/frames.py read <"$tmp/out" >"$tmp/lines"

# Each record: its kind, its place among the others, its bytes in the original, its lineage.
$py - "$tmp/lines" $era <<'PY' || fail "records are not what the file holds"
import hashlib, json, struct, sys
records = [json.loads(line) for line in open(sys.argv[1])]
data = open(sys.argv[2], "rb").read()
assert [r["kind"] for r in records] == ["payment"] + ["remit"] * 6 + ["plb"] * 2, "kinds"
assert all(r["of"] == 8 for r in records), "of"
assert [r.get("pos", 0) for r in records[1:]] == list(range(8)), "pos"
accounts = [b"CLM-A1", b"CLM-B1", b"CLM-D1"]
for r in records[1:7]:
    piece = data[r["off"]:r["off"] + r["len"]]
    assert piece.startswith(b"CLP*") and piece.endswith(b"~") and piece.count(b"CLP*") == 1, r["pos"]
    body = r["body"].encode("latin-1")
    assert body.startswith(b"ISA*") and body.endswith(piece.replace(b"\n", b"")), r["pos"]
    st = data.index(b"ST*835")
    assert data[st:r["off"]].count(b"~") + 1 == r["seg"], "seg"
for r, account in zip(records[1:4], accounts):
    assert data[r["off"]:].split(b"*")[1] == account
plb = [line for line in data.decode().split("~\n") if line.startswith("PLB")][0].split("*")
assert [r["body"].split("~")[-2].split("*") for r in records[7:]] == \
    [plb[:3] + plb[3:5], plb[:3] + plb[5:7]], "plb"
for r, pos in zip(records, [0xfffffffe] + list(range(8))):
    child = bytes.fromhex(r["parent"]) + struct.pack("<Q", pos)
    assert r["id"] == hashlib.blake2b(child, digest_size=16).hexdigest(), "lineage"
assert len({r["id"] for r in records}) == 9, "ids"
PY

# The same input gives the same bytes.
$tool <"$tmp/in" | cmp - "$tmp/out" || fail "two runs differ"

# One cent too many: the set is refused whole, with the rule; nothing of it is handed on.
sed 's/BPR\*I\*9776\.65/BPR*I*9776.66/' $era >"$tmp/cent.835"
$py tests/lib/frames.py sets "$tmp/cent.835" >"$tmp/cent"
$tool --rejects "$tmp/rejects" <"$tmp/cent" >"$tmp/none" || fail "a refusal with a place to go"
[ "$($py tests/lib/frames.py read <"$tmp/none" | wc -l)" = 0 ] || fail "part of it was handed on"
$py tests/lib/frames.py read <"$tmp/rejects" >"$tmp/refused"
[ "$(wc -l <"$tmp/refused")" = 1 ] || fail "not one record was refused"
grep -q '"rule": "ERA_TX_OUT"' "$tmp/refused" || fail "the rule is not ERA_TX_OUT"
grep -q '"why": "BPR, segment 2, rule S3-016' "$tmp/refused" || fail "the reason has no place"
grep -q '"kind": "set"' "$tmp/refused" || fail "the kind has changed"
rc=0 && $tool <"$tmp/cent" >/dev/null 2>"$tmp/err" || rc=$?
[ $rc = 1 ] || fail "a refusal without a place to go exits $rc, not 1"

# --json: amounts and codes, and no account, name or date unless --show.
$tool --json $era >"$tmp/json" || fail "--json exits $? on a set that balances"
[ "$(grep -c '"segment":"CLP"' "$tmp/json")" = 6 ] || fail "not six CLP"
[ "$(grep -c '"segment":"PLB"' "$tmp/json")" = 2 ] || fail "not two PLB"
grep -q '"segment":"SE".*"claims":6,"adjustments":2,"balances":true' "$tmp/json" || fail "balance"
! grep -q 'CLM-A1\|TESTER\|SB2600001\|20260915\|EFT0001' "$tmp/json" || fail "a value without --show"
$tool --json --show $era | grep -q '"account":"CLM-A1"' || fail "no account with --show"
rc=0 && $tool --json "$tmp/cent.835" >"$tmp/json" || rc=$?
[ $rc = 1 ] || fail "--json on a set that does not balance exits $rc, not 1"
grep -q '"balances":false,"exception":"ERA_TX_OUT","at":"BPR","at_position":2' "$tmp/json" ||
    fail "--json does not say what is out"
rc=0 && $tool --json 2>/dev/null || rc=$?
[ $rc = 64 ] || fail "--json without files exits $rc, not 64"
