#!/bin/sh
# 10 MB of claims and the 835 that pays them: every claim is matched, the books balance to the cent of
# the generator's own account, prove finds nothing; and the same two files in the other order give the
# same books.
set -eu
B=${B:-build}
X=$B/bin/claimwire
SHARED=${SHARED:-../shared}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
house() { # RUN FILE...: files one after the other through the clearinghouse
    run=$1
    shift
    for file in "$@"; do
        "$X" run pipelines/clearinghouse.yaml --run "$run" --clock 2026-10-01T08:00:00Z "$file" >"$dir/log" 2>&1 ||
            { cat "$dir/log"; fail "run of $file"; }
    done
}
# the last line of JSON: sums over all claims
books() { "$X" claims --run "$1" --json | tail -n 1; }
number() { printf '%s' "$1" | sed -n "s/.*\"$2\": *\(-\{0,1\}[0-9]*\).*/\1/p"; }
check() { # NAME RUN CLAIMS BILLED PAID
    got=$(books "$2")
    [ "$(number "$got" in)" = "$4" ] || fail "$1: billed $(number "$got" in), not $4"
    [ "$(number "$got" paid)" = "$5" ] || fail "$1: paid $(number "$got" paid), not $5"
    [ "$("$X" claims --run "$2" --json | grep -c '"paid"')" -ge "$3" ] || fail "$1: not every claim is there"
    [ "$("$X" claims --run "$2" --json --exceptions 2>/dev/null | grep -c UNMATCHED)" = 0 ] || fail "$1: unmatched remits"
    "$X" prove --run "$2" >"$dir/proof" || { cat "$dir/proof"; fail "$1: prove"; }
}

# ours: 837 before 835, and after it
/usr/bin/python3 tests/lib/make_claims.py "$dir/ours" --claims 21000 --per-set 500
[ "$(wc -c <"$dir/ours.837")" -gt 9000000 ] || fail "the work is too small"
expected() { /usr/bin/python3 -c "import json; d = json.load(open('$1')); print($2)"; }
claims=$(expected "$dir/ours.json" "len(d['leave'])")
billed=$(expected "$dir/ours.json" "d['billed_cents']")
paid=$(expected "$dir/ours.json" "d['paid_cents']")
house "$dir/forth" "$dir/ours.837" "$dir/ours.835"
check "claims first" "$dir/forth" "$claims" "$billed" "$paid"
house "$dir/back" "$dir/ours.835" "$dir/ours.837"
check "remittances first" "$dir/back" "$claims" "$billed" "$paid"
[ "$(books "$dir/forth")" = "$(books "$dir/back")" ] || fail "the order of files changed the books"
rm -rf "$dir/forth" "$dir/back"

# the public generator's work, where it is
[ -f "$SHARED/bench/gen_x12.py" ] || exit 0
/usr/bin/python3 "$SHARED/bench/gen_x12.py" "$dir" theirs 10000000 >/dev/null
house "$dir/gen" "$dir/theirs.837" "$dir/theirs.835"
check "generated work" "$dir/gen" "$(expected "$dir/theirs.json" "d['claims']")" \
    "$(expected "$dir/theirs.json" "d['billed_cents']")" "$(expected "$dir/theirs.json" "d['paid_cents']")"
