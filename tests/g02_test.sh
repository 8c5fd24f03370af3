#!/bin/sh
# Scenario G02, the whole-set rule: no claim of a rejected set leaves, the others leave once; with
# three validators, and with kills while many sets run.
set -eu
B=${B:-build}
X=$B/bin/claimwire
dir=$(mktemp -d)
trap '"$X" down --run "$dir/many" >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
pipeline() { sed "s/replicas: 2/replicas: 3/" pipelines/clearinghouse.yaml; }
pipeline >"$dir/three.yaml"
grep -q "replicas: 3" "$dir/three.yaml" && "$X" check "$dir/three.yaml" || fail "the pipeline with three validators"
claims() { cat "$1"/build837/out/* | tr -d '\n' | tr '~' '\n' | sed -n 's/^CLM\*\([^*]*\)\*.*/\1/p' | sort; }

"$X" run "$dir/three.yaml" --run "$dir/small" --clock 2026-09-01T08:00:00Z fixtures/g02/in.837 || fail "run"
[ "$(claims "$dir/small" | tr '\n' ' ')" = "RVR20260901A RVR20260902A RVR20260903A " ] ||
    fail "left: $(claims "$dir/small" | tr '\n' ' ')"
# the 999 says so: set 0001 accepted, 0002 rejected for its count, the group in part
ack=$(cat "$dir"/small/respond/out/*999* | tr -d '\n')
for want in 'AK2*837*0001*005010X222A1~IK5*A~' 'AK2*837*0002*005010X222A1~IK5*R*4~' 'AK9*P*2*2*1~'; do
    case $ack in *"$want"*) ;; *) fail "the 999 lacks $want" ;; esac
done
"$X" quarantine list --run "$dir/small" | grep -q S1-026 || fail "the lost set is not in quarantine"

# the same bytes again: a no-op that says so
"$X" run "$dir/three.yaml" --run "$dir/small" --clock 2026-09-01T09:00:00Z fixtures/g02/in.837 >"$dir/again" 2>&1 || fail "again"
[ "$(claims "$dir/small" | wc -l)" = 3 ] || fail "the same file twice left claims twice"

# many sets, every third lost, kills at random
/usr/bin/python3 tests/lib/make_claims.py "$dir/in" --claims 6000 --per-set 40 --bad-set-every 3
"$X" run "$dir/three.yaml" --run "$dir/many" --clock 2026-09-01T08:00:00Z "$dir/in.837" >"$dir/log" 2>&1 &
run=$!
kills=0
while kill -0 $run 2>/dev/null && [ $kills -lt 25 ]; do
    pid=$(pgrep -f "claimwire-[a-z0-9]* .*--run $dir/many " | shuf -n 1) || true
    [ -n "$pid" ] && [ "$pid" != $run ] && kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
    sleep 0.1
done
wait $run || { cat "$dir/log"; fail "the run with $kills kills"; }
echo "$kills kills"
claims "$dir/many" >"$dir/left"
/usr/bin/python3 -c "
import json, sys
want = sorted(json.load(open('$dir/in.json'))['leave'])
got = open('$dir/left').read().split()
lost, more = set(want) - set(got), [c for c in got if got.count(c) > 1 or c not in set(want)]
sys.exit(f'lost {len(lost)}, doubled or of a lost set {len(more)}' if lost or more else 0)" || fail "after kills"
