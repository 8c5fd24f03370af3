#!/bin/sh
# A medical office: encounters in, claims out by payer, what a person must look at in quarantine, and
# nothing waits for the encounters that were refused in between.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
X=$B/bin/claimwire
fail() { echo "FAILED: $*" >&2; exit 1; }

"$X" run pipelines/professional.yaml --run "$T/run" --clock 2026-09-04T08:00:00Z --json \
    fixtures/encounters/day.jsonl >"$T/summary" 2>"$T/err" || fail "exit $?: $(cat "$T/err")"

echo "two encounters went out, one file a payer"
[ "$(cd "$T/run/build837/out" && echo *)" = "PAX01-000000002.837 SBX01-000000001.837" ] ||
    fail "files: $(ls "$T/run/build837/out")"
PYTHONPATH=tests/readers "$PY" - "$T"/run/build837/out/*.837 <<'EOF'
import sys, x12claims
got = sorted((c.subscriber[-1].split(b"*")[9].decode(), c.claim[0].split(b"*")[2].decode(),
              len(c.patient) > 0, c.isa[9].decode()) for p in sys.argv[1:] for c in x12claims.claims(p))
assert got == [("PAX01", "150", True, "260904"), ("SBX01", "190", False, "260904")], got
EOF

echo "two went to a person, with rule and path: one is not signed, one has no price"
"$X" quarantine list --run "$T/run" >"$T/list" || fail "quarantine list"
grep -q ENC_UNSIGNED "$T/list" || fail "$(cat "$T/list")"
"$X" code review list --run "$T/run" --json >"$T/list" || fail "review list"
grep -q '"state":"held".*"open":1,' "$T/list" || fail "$(cat "$T/list")"
"$X" code review show 1 --run "$T/run" | grep -q '^C80-010 *hold *line ' || fail "no price is not shown"

echo "the books hold both"
# The original of a claim is the line of its encounter, from the brace to the brace.
for n in 1 2; do
    pcn=$("$X" claims --run "$T/run" --json | sed -n "${n}s/^{\"claim\":\"\([^\"]*\)\".*/\1/p")
    "$X" explain "$pcn" --run "$T/run" --json >"$T/life" || fail "explain"
    /usr/bin/python3 - "$T/life" "$T/run" <<'PY' || fail "explain names other bytes than the encounter's"
import glob, json, sys
facts = [json.loads(line) for line in open(sys.argv[1])]
fact = next(f for f in facts if f["fact"] == "claim")
name, = glob.glob(sys.argv[2] + "/ingest/spool/" + fact["file"] + "*")
data = open(name, "rb").read()[fact["off"]:fact["off"] + fact["len"]]
assert json.loads(data)["v"] == "enc.v1"
PY
done
"$X" prove --run "$T/run" >"$T/proof" || fail "$(cat "$T/proof")"
"$X" claims --run "$T/run" | grep -q '^total  *340.00  *2  *2 ' || fail "$("$X" claims --run "$T/run")"
