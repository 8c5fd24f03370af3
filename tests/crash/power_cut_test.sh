#!/bin/sh
# A power cut loses nothing that was acknowledged. The run directory lies on an ext4 file system in
# an image; while claims run, all processes are stopped for a moment and the image is copied as it
# stands: what a disk holds when the power goes. The source's marks of what it had been told is DONE
# at that moment are carried over to the copy (on the disk they may be older, which would only hide a
# loss), so it never gives those claims again: whatever the keepers acknowledged without having it on
# the disk is missing at the end. Going on from the copy loses nothing and doubles nothing.
set -eu
B=${B:-build}
X=$B/bin/claimwire
[ "$(id -u)" = 0 ] || { echo "needs root for a loop mount"; exit 77; }
cuts=${CUTS:-3}
dir=$(mktemp -d)
cleanup() {
    "$X" down --run "$dir/live/run" >/dev/null 2>&1 || true
    for m in "$dir/live" "$dir/after"; do umount "$m" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap cleanup EXIT
fail() { echo "FAIL: $*"; exit 1; }
mkdir "$dir/live" "$dir/after"
truncate -s 1G "$dir/disk"
mkfs.ext4 -q "$dir/disk"
mount -o loop "$dir/disk" "$dir/live" 2>/dev/null || { echo "no loop mount here"; exit 77; }

/usr/bin/python3 tests/lib/make_claims.py "$dir/in" --claims 30000 --per-set 100
"$X" run pipelines/clearinghouse.yaml --run "$dir/live/run" --clock 2026-09-01T08:00:00Z "$dir/in.837" >"$dir/log" 2>&1 &
run=$!
pids() { pgrep -f "$dir/live/run" || true; }
taken=0
while [ $taken -lt "$cuts" ] && kill -0 $run 2>/dev/null; do
    sleep "0.$(shuf -i 3-9 -n 1)"
    # shellcheck disable=SC2046  # a list of numbers
    kill -STOP $(pids) 2>/dev/null || true
    taken=$((taken + 1))
    cp --sparse=always "$dir/disk" "$dir/cut$taken"
    cp -r "$dir/live/run/ingest/progress" "$dir/progress$taken" 2>/dev/null || mkdir "$dir/progress$taken"
    # shellcheck disable=SC2046
    kill -CONT $(pids) 2>/dev/null || true
done
wait $run || { cat "$dir/log"; fail "the live run"; }
[ $taken -gt 0 ] || fail "the run was over before the first cut"

for n in $(seq $taken); do
    mount -o loop "$dir/cut$n" "$dir/after"
    done_frames=$(cat "$dir/progress$n"/* 2>/dev/null | tr -d '\000' | wc -c)
    if [ -n "$(ls "$dir/progress$n")" ] && [ -d "$dir/after/run/ingest/progress" ]; then
        cp "$dir/progress$n"/* "$dir/after/run/ingest/progress/"
    fi
    "$X" run pipelines/clearinghouse.yaml --run "$dir/after/run" --clock 2026-09-01T08:00:00Z "$dir/in.837" >"$dir/log" 2>&1 ||
        { cat "$dir/log"; fail "going on after cut $n"; }
    cat "$dir"/after/run/build837/out/* | tr -d '\n' | tr '~' '\n' | sed -n 's/^CLM\*\([^*]*\)\*.*/\1/p' | sort >"$dir/got"
    /usr/bin/python3 -c "import json; print('\n'.join(sorted(json.load(open('$dir/in.json'))['leave'])))" >"$dir/want"
    cmp -s "$dir/got" "$dir/want" || { diff "$dir/got" "$dir/want" | head -5; fail "after cut $n claims are lost or doubled"; }
    "$X" prove --run "$dir/after/run" >"$dir/log" || { cat "$dir/log"; fail "prove after cut $n"; }
    echo "cut $n: $done_frames frames were acknowledged, all there; went on to the same claims"
    umount "$dir/after"
    rm "$dir/cut$n"
done
