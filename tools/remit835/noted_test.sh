#!/bin/sh
# A remittance with slips that posting does not need (no technical contact, a payee without an id, a
# date that is none, groups numbered by year, elements that are not used) is accepted and posted to
# the cent; the 999 says E for it where warnings are asked for. One without a claim number is not.
set -eu
B=${B:-build}
cw=$B/bin/claimwire
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN
sed -e '/^PER\*BL/d' -e 's/^N1\*PE\*.*/N1*PE*RIVERBEND FAMILY MEDICINE~/' -e 's/\*20260917~/*20261317~/' \
    -e 's/^LX\*2/LX*112026/' -e 's/^TS3.*/TS3*2000000044*11*20261231*1*18450***18450~/' \
    -e 's/^SE\*81/SE*80/' fixtures/835/clean.835 >"$tmp/slips.835"
"$cw" validate --json "$tmp/slips.835" >"$tmp/found" || fail "rejected: $(cat "$tmp/found")"
[ "$(wc -l <"$tmp/found")" = 5 ] || fail "not five slips: $(cat "$tmp/found")"
grep -qv '"severity":"warning"' "$tmp/found" && fail "more than a warning: $(cat "$tmp/found")"
"$cw" run pipelines/remittance.yaml --run "$tmp/run" --clock 2026-09-20T08:00:00Z \
    "$tmp/slips.835" >"$tmp/out" 2>&1 || fail "run: $(cat "$tmp/out")"
[ -z "$("$cw" quarantine list --run "$tmp/run" --json)" ] || fail "something is held"
cat "$tmp"/run/respond/out/*.999 | tr -d "\n" | grep -qF 'AK2*835*0001~IK5*A~' || fail "no A"
paid=$(/usr/bin/python3 - "$tmp/run/reconciler/ledger.db" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as db:
    print(*db.execute("SELECT count(*), sum(cents) FROM payment").fetchone())
PY
)
[ "$paid" = "1 977665" ] || fail "posted: $paid"
"$cw" prove --run "$tmp/run" >"$tmp/proof" 2>&1 || fail "prove: $(tail -n 3 "$tmp/proof")"
"$cw" validate --report 999 "$tmp/slips.835" | grep -q 'IK5\*[AE]' || fail "the report rejects"
sed 's/^CLP\*CLM-B1/CLP*/' "$tmp/slips.835" >"$tmp/bad.835"
"$cw" validate "$tmp/bad.835" >/dev/null 2>&1 && fail "a claim without a number is taken"
echo "noted ok"
