#!/bin/sh
# An 835 whose trace and amount are those of a payment that is known, under another date: nothing of it
# is posted, it lies in quarantine as ERA_DUP, and a person who releases it has it posted.
set -eu
B=${B:-build}
cw=$B/bin/claimwire
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN
again() { # CONTROL DATE: clean.835 once more, under another ISA13 and BPR16
    sed "s/000000201/$1/; s/\\*20260917~/*$2~/" fixtures/835/clean.835
}
again 000000901 20260917 >"$tmp/same.835"
again 000000902 20260918 >"$tmp/other.835"
paid() {
    /usr/bin/python3 - "$tmp/run/reconciler/ledger.db" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as db:
    print(*db.execute("SELECT count(*), sum(cents) FROM payment").fetchone())
PY
}
play() {
    "$cw" run pipelines/remittance.yaml --run "$tmp/run" --clock "$1" $2 >"$tmp/out" 2>&1 ||
        fail "run: $(cat "$tmp/out")"
    "$cw" prove --run "$tmp/run" >"$tmp/proof" 2>&1 || fail "prove: $(tail -n 3 "$tmp/proof")"
}
play 2026-09-20T08:00:00Z fixtures/835/clean.835
play 2026-09-20T09:00:00Z "$tmp/same.835"
[ "$(paid)" = "1 977665" ] || fail "the same payment again: $(paid)"
[ -z "$("$cw" quarantine list --run "$tmp/run" --json)" ] || fail "the same payment is held"
"$cw" claims --run "$tmp/run" --exceptions --json | grep -q ERA_DUP || fail "it is not listed"
play 2026-09-20T10:00:00Z "$tmp/other.835"
[ "$(paid)" = "1 977665" ] || fail "posted silently: $(paid)"
"$cw" quarantine list --run "$tmp/run" --json >"$tmp/held"
[ "$(grep -c '"rule":"ERA_DUP"' "$tmp/held")" = 9 ] || fail "not the head, 6 claims, 2 adjustments: $(cat "$tmp/held")"
grep -q 'another date' "$tmp/held" || fail "the reason is not said"
# A person says that it is another payment.
"$cw" quarantine release --run "$tmp/run" $(sed 's/.*"number":\([0-9]*\).*/\1/' "$tmp/held") >/dev/null
play 2026-09-20T11:00:00Z ""
[ "$(paid)" = "2 1955330" ] || fail "released and not posted: $(paid)"
echo "suspect ok"
