#!/bin/sh
# Runs tests one after the other and counts. usage: run.sh TEST...   ends with 'N passed, N failed'
# A test is a cmocka program or a shell script; it passes when it exits 0, is skipped with 77.
set -u
passed=0 failed=0 skipped=0
log=${B:-build}/check.log
mkdir -p "$(dirname "$log")"
: >"$log"
for t in "$@"; do
    start=$(date +%s)
    case $t in
    *.sh) timeout "${TEST_LIMIT:-600}" sh "$t" >"$log.one" 2>&1 ;;
    *) timeout "${TEST_LIMIT:-600}" "$t" >"$log.one" 2>&1 ;;
    esac
    rc=$?
    took=$(($(date +%s) - start))
    cat "$log.one" >>"$log"
    case $rc in
    0) passed=$((passed + 1)) && echo "ok      $t (${took}s)" ;;
    77) skipped=$((skipped + 1)) && echo "skipped $t: $(tail -n 1 "$log.one")" ;;
    *)
        failed=$((failed + 1))
        echo "FAILED  $t (exit $rc)"
        sed 's/^/    /' "$log.one" | tail -n 40
        ;;
    esac
done
rm -f "$log.one"
if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ]
