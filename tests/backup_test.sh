# A backup taken while the clearinghouse works passes the proof as it stands, and the house goes on from
# it to the same files and the same ledger as one that was never copied.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
trap '"$X" down --run "$T/run" >/dev/null 2>&1; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
/usr/bin/python3 tests/lib/make_claims.py "$T/in" --claims "${CLAIMS:-12000}" --per-set 50 --bad-set-every 20 --unbalanced-every 300
play() { "$X" run pipelines/clearinghouse.yaml --run "$1" --clock 2026-09-01T08:00:00Z "$T/in.837" "$T/in.835"; }
ledger() { /usr/bin/python3 tests/readers/ledger_claims.py "$1" | sort; }
play "$T/run" >"$T/out" 2>&1 &
run=$!
copies=0
while kill -0 $run 2>/dev/null && [ $copies -lt 4 ]; do
    sleep 0.2
    [ -S "$T/run/control" ] && [ -d "$T/run/quarantine" ] && [ "$(ledger "$T/run" 2>/dev/null | wc -l)" -gt 0 ] || continue
    copies=$((copies + 1))
    "$X" backup --run "$T/run" "$T/copy$copies" >"$T/said" 2>&1 || { fail "backup $copies: $(cat "$T/said")"; break; }
done
wait $run || { fail "the run that was copied: $(cat "$T/out")"; }
[ $copies -ge 2 ] || fail "only $copies copies before the run was over"
"$X" prove --run "$T/run" >"$T/proof" 2>&1 || fail "prove of the run that was copied: $(tail -3 "$T/proof")"
ledger "$T/run" >"$T/want"
early=0
for n in $(seq $copies); do
    "$X" restore "$T/copy$n" --run "$T/back" || { fail "restore $n"; continue; }
    "$X" prove --run "$T/back" >"$T/proof" 2>&1 || fail "prove of copy $n as it stands: $(grep -v holds "$T/proof" | head -5)"
    [ "$(ledger "$T/back" | wc -l)" -lt "$(wc -l <"$T/want")" ] && early=$((early + 1))
    play "$T/back" >"$T/out" 2>&1 || fail "going on from copy $n: $(cat "$T/out")"
    diff -r "$T/run/build837/out" "$T/back/build837/out" >"$T/diff" || fail "copy $n: files differ: $(head -3 "$T/diff")"
    ledger "$T/back" | cmp -s - "$T/want" || fail "copy $n: the ledger differs"
    "$X" prove --run "$T/back" >"$T/proof" 2>&1 || fail "prove after copy $n: $(tail -3 "$T/proof")"
    rm -rf "$T/back"
done
[ $early -gt 0 ] || fail "no copy was taken before everything was done"
echo "$copies copies, $early of them in mid-run"
exit $failed
