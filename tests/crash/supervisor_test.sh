# The supervisor itself is killed while claims run, once with its processes left to drain and once with
# all of them killed at the same instant: the same command goes on at once, to the same files and the
# same ledger. A second run on the directory meanwhile is refused.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
# by the name of this test's own run directory
ours() { pgrep -f "claimwire.* --run $T/(drain|all)" 2>/dev/null; }
trap 'kill -9 $(ours) 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
/usr/bin/python3 tests/lib/make_claims.py "$T/in" --claims 12000 --per-set 50 --bad-set-every 20
play() { "$X" run pipelines/clearinghouse.yaml --run "$1" --clock 2026-09-01T08:00:00Z "$T/in.837" "$T/in.835"; }
play "$T/quiet" >"$T/out" 2>&1 || fail "the quiet run: $(cat "$T/out")"
/usr/bin/python3 tests/readers/ledger_claims.py "$T/quiet" | sort >"$T/want"

for how in drain all; do
    R=$T/$how
    (exec "$X" run pipelines/clearinghouse.yaml --run "$R" --clock 2026-09-01T08:00:00Z "$T/in.837" "$T/in.835") \
        >"$T/out" 2>&1 &
    super=$!
    n=0
    until [ "$(/usr/bin/python3 tests/readers/ledger_claims.py "$R" 2>/dev/null | wc -l)" -gt 0 ]; do
        sleep 0.02; n=$((n + 1)); [ $n -lt 1500 ] || { fail "$how: nothing comes"; break; }
    done
    "$X" run pipelines/clearinghouse.yaml --run "$R" "$T/in.837" >"$T/second" 2>&1
    [ $? = 111 ] && grep -q 'is up already' "$T/second" || fail "$how: a second run is not refused: $(cat "$T/second")"
    [ $how = drain ] || kill -9 $(ours)
    kill -9 $super 2>/dev/null
    wait $super 2>/dev/null
    "$X" status --run "$R" >/dev/null 2>&1 && fail "$how: status finds a supervisor that was killed"
    "$X" down --run "$R" >/dev/null 2>&1; [ $? = 1 ] || fail "$how: down of nothing"
    before=$(/usr/bin/python3 tests/readers/ledger_claims.py "$R" | wc -l)
    play "$R" >"$T/out" 2>&1 || fail "$how: going on: $(tail -3 "$T/out")"
    diff -r "$T/quiet/build837/out" "$R/build837/out" >"$T/diff" || fail "$how: files differ: $(head -3 "$T/diff")"
    /usr/bin/python3 tests/readers/ledger_claims.py "$R" | sort | cmp -s - "$T/want" || fail "$how: the ledger differs"
    "$X" prove --run "$R" >"$T/proof" 2>&1 || fail "$how: prove: $(grep -A1 BROKEN "$T/proof")"
    n=0
    while ours >/dev/null; do sleep 0.1; n=$((n + 1)); [ $n -lt 100 ] || { fail "$how: left running: $(ours)"; break; }; done
    echo "$how: killed with $before of $(wc -l <"$T/want") claims in the ledger"
    [ "$before" -lt "$(wc -l <"$T/want")" ] || fail "$how: killed too late"
done
exit $failed
