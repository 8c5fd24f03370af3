#!/bin/sh
# The reconciler as a keeper: killed at its commit it loses nothing and doubles nothing, what it
# cannot read leaves by rejects, a stream without an end is not taken for whole.
set -eu
B=${B:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
tool=$B/bin/claimwire-reconciler

mkdir "$tmp/whole"
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/whole" >"$tmp/frames"
"$tool" --run "$tmp/whole" <"$tmp/frames" >/dev/null || fail "exit $?"
"$B/bin/claimwire-claims" --run "$tmp/whole" --json >"$tmp/want"

# killed before and after the commit, then fed again from the start
for at in before after; do
    mkdir "$tmp/$at"
    CLAIMWIRE_KILL_AT=reconciler.commit.$at "$tool" --run "$tmp/$at" <"$tmp/frames" >/dev/null \
        2>&1 && fail "was not killed $at its commit"
    "$tool" --run "$tmp/$at" <"$tmp/frames" >/dev/null || fail "after a kill: exit $?"
    "$B/bin/claimwire-claims" --run "$tmp/$at" --json | cmp - "$tmp/want" ||
        fail "the books differ after a kill $at the commit"
    "$B/bin/claimwire-prove" --run "$tmp/whole" >/dev/null || fail "prove after a kill"
    /usr/bin/python3 tests/readers/ledger_books.py "$tmp/$at/reconciler/ledger.db" >"$tmp/list" ||
        fail "the independent reader finds the books out"
    [ "$(grep -c '^P[1-8] 1$' "$tmp/list")" = 5 ] || fail "claims lost or doubled"
done

# a record that cannot be read is refused with a reason and no value; the rest is taken
/usr/bin/python3 - "$tmp" <<'PY'
import sys
sys.path.insert(0, "tests/lib")
import frames
head = {"id": b"x" * 16, "parent": b"y" * 16, "kind": "claim", "v": 1, "use": "T", "at": 1,
        "file": b"z" * 32, "off": 5, "len": 9}
bad = dict(head, id=b"w" * 16, kind="remit", off=50)
odd = dict(head, id=b"v" * 16, kind="holiday", off=60)
with open(sys.argv[1] + "/bad", "wb") as f:
    frames.write(f, [(head, b"ISA*SECRETNAME~"), (bad, b"CLP*SECRETNAME~"), (odd, b"")])
with open(sys.argv[1] + "/torn", "wb") as f:
    frames.write(f, frames_in := [], bye=False)
PY
mkdir "$tmp/bad.run"
rc=0
"$tool" --run "$tmp/bad.run" --rejects "$tmp/rejects" <"$tmp/bad" >/dev/null 2>"$tmp/err" || rc=$?
/usr/bin/python3 tests/lib/frames.py read <"$tmp/rejects" >"$tmp/rejects.json"
for rule in LEDGER_CLAIM LEDGER_REMIT; do
    grep -q "\"rule\": \"$rule\"" "$tmp/rejects.json" || fail "not refused by $rule"
done
grep -q SECRETNAME "$tmp/err" && fail "a value in a message"
/usr/bin/python3 - "$tmp/rejects.json" <<'PY' || fail "a value in a reason"
import json, sys
assert all("SECRETNAME" not in json.loads(line).get("why", "") for line in open(sys.argv[1]))
PY

mkdir "$tmp/torn.run"
"$tool" --run "$tmp/torn.run" <"$tmp/torn" >/dev/null 2>&1 && fail "a stream without an end is whole"
"$tool" <"$tmp/frames" >/dev/null 2>&1 && fail "no run directory"

# nothing about a person stands in clear in the store or its log
cat "$tmp"/whole/reconciler/* | grep -a -E 'TESTER|ANNA|XYZ100200300|19800229' && fail "PHI at rest"

# The commands of its manual page: what the ledger has no use for goes by.
"$B/bin/claimwire-ingest" fixtures/837p/clean.837 2>/dev/null | "$B/bin/claimwire-validator" |
    "$tool" --run "$tmp/piped" >/dev/null 2>"$tmp/err" || fail "a pipe: exit $?: $(cat "$tmp/err")"
"$B/bin/claimwire-claims" --run "$tmp/piped" | grep -q '^CLM-B3' || fail "no claims by a pipe"
echo "reconciler: ok"
