#!/bin/sh
# Runs fuzz targets for some seconds each, as many at a time as there are cores, from their kept
# corpus; what is new goes to $B/fuzz/corpus. usage: run.sh SECONDS TARGET...
# ends with 'N passed, N failed'
set -u
B=${B:-build}
seconds=$1
shift
mkdir -p "$B/fuzz/found"
export B seconds
# shellcheck disable=SC2016  # expanded by the shell that runs one target
one='
name=$(basename "$1" _fuzz)
kept=tests/fuzz/corpus/$name
new=$B/fuzz/corpus/$name
mkdir -p "$new"
[ -d "$kept" ] || kept=
if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$B/fuzz/found/$name-" "$new" $kept >"$B/fuzz/$name.log" 2>&1; then
    runs=$(sed -n "s/^stat::number_of_executed_units: *//p" "$B/fuzz/$name.log")
    echo "ok      $name: $runs inputs in $seconds s"
else
    { echo "FAILED  $name"
      grep -A 12 -m 1 -E "ERROR|runtime error|Test unit" "$B/fuzz/$name.log" | sed "s/^/    /"; } >"$B/fuzz/$name.failed"
    cat "$B/fuzz/$name.failed"
fi
'
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c "$one" fuzz-one '{}' | tee "$B/fuzz/verdicts"
passed=$(grep -c '^ok ' "$B/fuzz/verdicts") failed=$(grep -c '^FAILED ' "$B/fuzz/verdicts")
echo "$passed passed, $failed failed"
[ "$passed" = $# ]
