#!/bin/sh
# The table of claims on a small run: amounts, states and totals worked out by hand (see
# tests/lib/ledger_scene.py), and the exit status when a cent is missing.
set -eu
B=${B:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

mkdir "$tmp/run"
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/run" >"$tmp/frames"
"$B/bin/claimwire-reconciler" --run "$tmp/run" <"$tmp/frames" >/dev/null || fail "reconciler"
"$B/bin/claimwire-claims" --run "$tmp/run" --json >"$tmp/json" || fail "exit $? on balanced books"
"$B/bin/claimwire-claims" --run "$tmp/run" >"$tmp/text" || fail "exit $?"

/usr/bin/python3 - "$tmp/json" <<'PY' || fail "rows"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
want = [  # claim, in, sent, paid, adjusted, patient, open, state
    ("P1", 19000, True, 8650, 7850, 2500, 0, "sent, paid, patient"),
    ("P2", 120000, True, 41230, 68462, 10308, 0, "sent, paid, patient"),
    ("P3", 50000, True, 18000, 32000, 0, 0, "sent, paid, zero"),
    ("P4", 28000, True, 15000, 11500, 1500, 0, "sent, paid, patient"),
    ("P5", 67500, True, 19500, 26000, 2000, 20000, "sent, partial, payer 1"),
    ("P6", 0, True, 0, 0, 0, 0, "sent, voided, zero"),
    ("P7", 60000, True, 0, 0, 0, 60000, "sent, none, payer 1"),
    ("P8", 10000, False, 0, 0, 0, 10000, "ready, none, unbilled")]
got = [(r["claim"], r["in"], r["sent"], r["paid"], r["adjusted"], r["patient"], r["open"],
        r["state"]) for r in rows if r.get("validated")]
for w, g in zip(want, got):
    assert w == g, (w, g)
assert len(got) == len(want)
refused = [r for r in rows if r.get("validated") is False]
assert [(r["claim"], r["rule"]) for r in refused] == [("P9", "S3-001"), ("P10", "S3-001")], refused
total = rows[-1]["total"]
assert total["balanced"] is True
assert total["in"] == sum(w[1] for w in want) == 354500
assert total["paid"] + total["adjusted"] + total["patient"] + total["open"] == total["in"]
assert total["cash"] == 106255 and total["unapplied"] == 5525, total
assert total["payer_ledger"] == -1800 and total["interest"] == 150, total
assert total["payments"] == 5 and total["payments_open"] == 0
PY

grep -q '^the books balance: 5 payments, cash 1,062.55 = claims 1,023.80' "$tmp/text" ||
    fail "the line about the books"
grep -q '^P5  *675.00  yes  *yes  *195.00  *260.00  *20.00  *200.00  sent, partial, payer 1$' \
    "$tmp/text" || fail "the row of P5"

# the same records again change nothing
"$B/bin/claimwire-reconciler" --run "$tmp/run" <"$tmp/frames" >/dev/null || fail "again"
"$B/bin/claimwire-claims" --run "$tmp/run" --json | cmp - "$tmp/json" || fail "a repeat changed it"

# a cent that went astray is said
/usr/bin/python3 - "$tmp/run/reconciler/ledger.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE journal SET cents=cents+1 WHERE code='PAY' AND account=5 AND"
           " subject=(SELECT no FROM claim WHERE pcn='P1') AND line=1")
db.commit()
PY
"$B/bin/claimwire-claims" --run "$tmp/run" >"$tmp/text" && fail "exit 0 on a lost cent"
[ $? = 1 ] || true
grep -q '^THE BOOKS DO NOT BALANCE' "$tmp/text" || fail "the lost cent is not said"

"$B/bin/claimwire-claims" --run "$tmp/none" 2>/dev/null && fail "exit 0 without a run"
"$B/bin/claimwire-claims" --nonsense 2>/dev/null && fail "exit 0 on a wrong option"
"$B/bin/claimwire-claims" --help | grep -q '^usage: claimwire claims --run DIR' || fail "help"
echo "claims: ok"
