#!/bin/sh
# Runs tests, JOBS of them at a time (as many as there are cores), and counts.
# usage: run.sh TEST...   ends with 'N passed, N failed'
# A test is a cmocka program or a shell script; it passes when it exits 0, is skipped with 77. Tests
# share nothing: each has a folder and ports of its own.
set -u
B=${B:-build}
JOBS=${JOBS:-$(nproc)}
logs=$B/check.logs
rm -rf "$logs"
mkdir -p "$logs"

# one TEST: its output into a file of its own, its verdict as one line
export B logs TEST_LIMIT="${TEST_LIMIT:-600}"
# shellcheck disable=SC2016  # expanded by the shell that runs one test
one='
t=$1
log=$logs/$(echo "$t" | tr / .)
start=$(date +%s)
case $t in
*.sh) timeout "$TEST_LIMIT" sh "$t" >"$log" 2>&1 ;;
*) timeout "$TEST_LIMIT" "$t" >"$log" 2>&1 ;;
esac
rc=$?
took=$(($(date +%s) - start))
case $rc in
0) echo "ok      $t (${took}s)" ;;
77) echo "skipped $t: $(tail -n 1 "$log")" ;;
*) { echo "FAILED  $t (exit $rc)"; tail -n 40 "$log" | sed "s/^/    /"; } >"$log.failed"
   cat "$log.failed" ;;
esac
'
printf '%s\n' "$@" | xargs -P "$JOBS" -I '{}' sh -c "$one" run-one '{}' | tee "$logs/verdicts"
find "$logs" -type f ! -name verdicts -exec cat {} + >"$B/check.log"
count() { grep -c "^$1 " "$logs/verdicts" || true; }
passed=$(count ok) failed=$(count FAILED) skipped=$(count skipped)
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ] && [ $((passed + skipped)) = $# ]
