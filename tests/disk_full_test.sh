# The disk of the run directory fills up under a run and under a house that is up: intake stops, the
# reason is said, the exit code is 111; with room again the same command goes on and nothing is lost
# or doubled.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
trap '"$X" down --run "$T/small/up" >/dev/null 2>&1; umount "$T/small" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$T/small" "$T/in"
mount -t tmpfs -o size=5m none "$T/small" 2>/dev/null || { echo "no right to mount a small disk"; exit 77; }
CLOCK=2026-09-01T08:00:00Z
/usr/bin/python3 tests/lib/make_claims.py "$T/in" --claims 5000 --per-set 50
rm -rf "$T/in" && mkdir "$T/in"
run() { timeout 90 "$X" run pipelines/clearinghouse.yaml --clock $CLOCK --run "$1" "$T/in.837" >"$T/out" 2>"$T/err"; }
run "$T/quiet" || fail "the undisturbed run: $(cat "$T/err")"

run "$T/small/run"
rc=$?
[ $rc = 111 ] || fail "a full disk gives $rc, not 111"
grep -q 'CW-RUN-008 no space is left on the disk' "$T/err" || fail "it is not said: $(tail -3 "$T/err")"
[ "$(grep -c CW-RUN-008 "$T/err")" = 1 ] || fail "it is said more than once"
grep -q 'NOT everything is accounted for' "$T/out" || fail "the summary says that all is well"
mount -o remount,size=200m "$T/small"
run "$T/small/run" || fail "with room again: $(tail -3 "$T/err")"
diff -r "$T/quiet/build837/out" "$T/small/run/build837/out" >"$T/diff" || fail "files differ: $(head -3 "$T/diff")"
"$X" prove --run "$T/small/run" >"$T/proof" 2>&1 || fail "prove: $(tail -3 "$T/proof")"
rm -rf "$T/small/run"

# A house that is up outlasts it: it waits for room, status says why, and it goes on by itself.
sed "s#^  ingest:#&\n    settings: {watch: $T/in, settle: 100}#" pipelines/clearinghouse.yaml >"$T/p.yaml"
mount -o remount,size=5m "$T/small"
"$X" up "$T/p.yaml" --run "$T/small/up" --clock $CLOCK || fail "up"
cp "$T/in.837" "$T/in/part.tmp" && mv "$T/in/part.tmp" "$T/in/part.837"
n=0
until "$X" status --run "$T/small/up" --json 2>/dev/null | grep -q '"disk_full":true'; do
    sleep 0.1; n=$((n + 1)); [ $n -lt 300 ] || { fail "status does not say that the disk is full"; break; }
done
"$X" status --run "$T/small/up" >"$T/out" && fail "status of a house with a full disk is 0"
grep -q 'no space is left' "$T/out" || fail "status: $(cat "$T/out")"
mount -o remount,size=200m "$T/small"
n=0
until [ -d "$T/small/up/ingest/spool" ] && [ "$(ls "$T/small/up/ingest/spool" | wc -l)" = 1 ] &&
    [ "$(ls "$T/small/up/ingest/progress" | wc -l)" = 0 ] && "$X" status --run "$T/small/up" >"$T/out" 2>&1; do
    sleep 0.1; n=$((n + 1)); [ $n -lt 600 ] || { fail "it does not go on: $(cat "$T/out")"; break; }
done
"$X" status --run "$T/small/up" --json | grep -q '"disk_full":false' || fail "status says full for ever"
timeout 60 "$X" down --run "$T/small/up" --finish || fail "finish"
diff -r "$T/quiet/build837/out" "$T/small/up/build837/out" >"$T/diff" || fail "up: files differ: $(head -3 "$T/diff")"
"$X" prove --run "$T/small/up" >"$T/proof" 2>&1 || fail "up: prove: $(tail -3 "$T/proof")"
[ -e "$T/small/up/control" ] && fail "the socket is left behind"
exit $failed
