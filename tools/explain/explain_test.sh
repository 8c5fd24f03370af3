#!/bin/sh
# explain: each fact stands where it says; nothing of the patient is printed but with --show.
set -eu
B=${B:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

mkdir "$tmp/run"
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/run" >"$tmp/frames"
"$B/bin/claimwire-reconciler" --run "$tmp/run" <"$tmp/frames" >/dev/null || fail "reconciler"
"$B/bin/claimwire-explain" P2 --run "$tmp/run" --json >"$tmp/json" || fail "exit $?"
"$B/bin/claimwire-explain" P2 --run "$tmp/run" >"$tmp/text" || fail "exit $?"

/usr/bin/python3 - "$tmp/json" "$tmp/run" <<'PY' || fail "facts of P2"
import json, os, sys
facts = [json.loads(line) for line in open(sys.argv[1])]
state = facts.pop()
assert state == {"state": "sent, paid, patient", "in": 120000, "paid": 41230, "adjusted": 68462,
                 "patient": 10308, "open": 0}, state
kinds = [f["fact"] for f in facts]
assert kinds == ["claim", "sent", "remit", "claim", "sent", "remit", "remit"], kinds
assert [f["at"] for f in facts] == sorted(f["at"] for f in facts)
starts = {"claim": b"CLM*P2*1200*", "remit": b"CLP*P2*"}
for f in facts:
    folder = "build837/out" if f["fact"] == "sent" else "ingest/spool"
    paths = [os.path.join(sys.argv[2], folder, n) for n in os.listdir(os.path.join(sys.argv[2], folder))]
    import hashlib
    data = [d for d in (open(p, "rb").read() for p in paths)
            if hashlib.blake2b(d, digest_size=32).hexdigest() == f["file"]]
    assert len(data) == 1, "file of the fact"
    piece = data[0][f["off"]:f["off"] + f["len"]]
    if f["fact"] != "sent":
        assert piece.startswith(starts[f["fact"]]) and piece.endswith(b"~"), piece[:20]
assert "denial +1,200.00" in facts[2]["text"], "the denial"
assert "reversal of event %d" % facts[2]["event"] in facts[5]["text"], "the reversal"
assert "denial -1,200.00" in facts[5]["text"]
assert "contractual +684.62" in facts[6]["text"] and "patient +103.08" in facts[6]["text"]
PY
grep -E 'TESTER|ANNA|XYZ100200300|19800229' "$tmp/text" "$tmp/json" && fail "names the patient"
"$B/bin/claimwire-explain" P2 --run "$tmp/run" --show | grep -q 'NM1\*QC\*1\*TESTER' || fail "--show"
grep -q '"explain"' "$tmp/run/audit.log" || fail "what was shown is not in the audit log"

id=$(/usr/bin/python3 -c "
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(
    'SELECT lower(hex(id)) FROM event WHERE no=(SELECT min(no) FROM claim WHERE pcn=\"P2\")'
).fetchone()[0])" "$tmp/run/reconciler/ledger.db")
"$B/bin/claimwire-explain" "$id" --run "$tmp/run" --json | cmp - "$tmp/json" || fail "by record id"

"$B/bin/claimwire-explain" P9 --run "$tmp/run" | grep -q 'claim 2 of its set breaks rule S3-001' ||
    fail "a refused claim"
rc=0 && "$B/bin/claimwire-explain" NOBODY --run "$tmp/run" 2>/dev/null || rc=$?
[ $rc = 1 ] || fail "an unknown claim: exit $rc"
rc=0 && "$B/bin/claimwire-explain" --run "$tmp/run" 2>/dev/null || rc=$?
[ $rc = 64 ] || fail "no claim named: exit $rc"
echo "explain: ok"
