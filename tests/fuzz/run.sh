#!/bin/sh
# Runs fuzz targets for some seconds each, from their kept corpus; what is new goes to
# $B/fuzz/corpus. usage: run.sh SECONDS TARGET...   ends with 'N passed, N failed'
set -u
B=${B:-build}
seconds=$1
shift
passed=0 failed=0
for target in "$@"; do
    name=$(basename "$target" _fuzz)
    kept=tests/fuzz/corpus/$name
    new=$B/fuzz/corpus/$name
    mkdir -p "$new" "$B/fuzz/found"
    [ -d "$kept" ] || kept=
    # shellcheck disable=SC2086  # no word when there is no corpus
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$B/fuzz/found/$name-" "$new" $kept >"$B/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$B/fuzz/$name.log")
        echo "ok      $name: $runs inputs in $seconds s"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        grep -A 12 -m 1 -E 'ERROR|runtime error|Test unit' "$B/fuzz/$name.log" | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
