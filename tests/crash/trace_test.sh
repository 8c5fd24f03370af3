#!/bin/sh
# No acknowledgment leaves before the fsync it stands for: the whole clearinghouse runs under a
# preloaded library that writes down syncs and acknowledgments in their order.
set -eu
B=${B:-build}
case $(ldd "$B/bin/claimwire-build837") in *libasan*) echo "not with a sanitizer preloaded"; exit 77 ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
gcc -std=c17 -D_GNU_SOURCE -shared -fPIC -O1 -o "$dir/trace_sync.so" tests/crash/trace_sync.c -ldl
mkdir "$dir/trace"
/usr/bin/python3 tests/lib/make_claims.py "$dir/in" --claims 2000 --per-set 50
TRACE_DIR=$dir/trace LD_PRELOAD=$dir/trace_sync.so \
    "$B/bin/claimwire" run pipelines/clearinghouse.yaml --run "$dir/run" "$dir/in.837" "$dir/in.835"
/usr/bin/python3 tests/crash/trace_check.py "$dir/trace" claimwire-build837 claimwire-reconciler claimwire-respond

# the check itself can fail: one acknowledgment moved before its sync is found
for trace in "$dir"/trace/claimwire-build837.*; do sed -i '/^S/d' "$trace"; done
if /usr/bin/python3 tests/crash/trace_check.py "$dir/trace" claimwire-build837 >/dev/null 2>&1; then
    echo "acknowledgments without any sync were not noticed"
    exit 1
fi
