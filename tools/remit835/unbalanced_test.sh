#!/bin/sh
# An 835 that is a cent out, through the whole pipeline: its sender is told that it was accepted, a
# person finds it in quarantine as an exception, and not a cent of it is posted. The other 835 of
# the same day is posted.
set -eu
B=${B:-build}
cw=$B/bin/claimwire
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN
sed 's/BPR\*I\*9776\.65/BPR*I*9776.66/; s/000000201/000000202/; s/\*201\*X/*202*X/; s/^GE\*1\*201/GE*1*202/' \
    fixtures/835/clean.835 >"$tmp/cent.835"
payments() {
    /usr/bin/python3 - "$tmp/run/reconciler/ledger.db" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as db:
    print(db.execute("SELECT count(*) FROM payment").fetchone()[0])
PY
}
"$cw" run pipelines/remittance.yaml --run "$tmp/run" --clock 2026-09-20T08:00:00Z \
    "$tmp/cent.835" >"$tmp/out" 2>&1 || fail "run: $(cat "$tmp/out")"
"$cw" quarantine list --run "$tmp/run" --json >"$tmp/list"
[ "$(wc -l <"$tmp/list")" = 1 ] || fail "not one record in quarantine: $(cat "$tmp/list")"
grep -q '"kind":"set","refused_by":"remit835","rule":"ERA_TX_OUT"' "$tmp/list" || fail "$(cat "$tmp/list")"
cat "$tmp"/run/respond/out/*.999 | tr -d "\n" | grep -qF 'AK2*835*0001~IK5*A~AK9*A*1*1*1~' ||
    fail "the sender is not told that it was accepted"
[ "$(payments)" = 0 ] || fail "a payment was posted"
"$cw" run pipelines/remittance.yaml --run "$tmp/run" --clock 2026-09-20T09:00:00Z \
    fixtures/835/clean.835 >"$tmp/out" 2>&1 || fail "run 2: $(cat "$tmp/out")"
[ "$(payments)" = 1 ] || fail "the payment that balances was not posted"
"$cw" prove --run "$tmp/run" >"$tmp/proof" 2>&1 || fail "prove: $(tail -n 3 "$tmp/proof")"
