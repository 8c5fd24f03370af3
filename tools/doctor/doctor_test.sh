#!/bin/sh
# doctor: a sound run is sound; each thing that can be wrong is told, with who mends it; --mend mends what
# is safe, deletes nothing, and does nothing while the house is up.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
finish() { code=$?; "$X" down --run "$T/up" >/dev/null 2>&1 || true; rm -rf "$T"; exit $code; }
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
mkdir -p "$T/wires" "$T/partner"
printf 'submit:\n  SBX01: {by: folder, usage: T, dir: %s}\n' "$T/partner" >"$T/wires/w.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/p.yaml"
"$X" run "$T/p.yaml" --run "$T/run" fixtures/demo/riverbend.837 >/dev/null 2>&1 || fail run
doctor() { "$X" doctor --run "$T/run" "$@" >"$T/out" 2>&1; }
doctor || fail "a sound run: $(cat "$T/out")"
cp -r "$T/run" "$T/sound"
again() { rm -rf "$T/run" && cp -r "$T/sound" "$T/run" && chmod 700 "$T/run"; }
says() { grep -q "$1" "$T/out" || fail "no '$1' in: $(cat "$T/out")"; }
original=$(ls "$T/run/ingest/spool" | head -1)

echo "a person must look"
printf x | dd of="$T/run/ingest/spool/$original" bs=1 seek=50 conv=notrunc 2>/dev/null
doctor --mend && fail "an altered original is well"
says "^person .*ingest/spool/$original: the original was altered"
again && rm "$T/run/ingest/spool/$original"
doctor && fail "a lost original is well"
says "^person .*$original: the original of a file that was taken is gone"
again && printf x | dd of="$T/run/reconciler/ledger.db" bs=1 seek=5000 count=3000 conv=notrunc 2>/dev/null
head -c 3000 /dev/urandom | dd of="$T/run/reconciler/ledger.db" bs=1 seek=8200 conv=notrunc 2>/dev/null
doctor && fail "a damaged store is well"
says '^person .*reconciler/ledger.db: the store'
again && echo x >>"$T/run/build837/out/SBX01-000000001.837"
doctor && fail "an altered file is well"
says '^person .*SBX01-000000001.837: the file was altered after it was sealed'

echo "by itself"
again && echo "half" >"$T/x" && d=$(python3 -c 'import hashlib; print(hashlib.blake2b(b"half\n", digest_size=32).hexdigest())')
cp "$T/x" "$T/run/ingest/spool/$d"
doctor || fail "what the next start mends is no reason: $(cat "$T/out")"
says "^by itself .*$d: stored and not yet taken"

echo "mended: put aside, never deleted"
again && echo half >"$T/run/build837/out/NEXT.837.tmp" && echo half >"$T/run/ingest/spool/abc" && chmod 755 "$T/run/keys"
doctor && fail "leftovers are well"
says '^mendable .*build837/out/NEXT.837.tmp: half a file'
says '^mendable .*keys: others'
doctor --mend || fail "mending leaves something: $(cat "$T/out")"
[ "$(cat "$T/run/lost+found/build837.out.NEXT.837.tmp" "$T/run/lost+found/ingest.spool.abc")" = "$(printf 'half\nhalf')" ] ||
    fail "something was deleted: $(ls "$T/run/lost+found")"
[ "$(stat -c %a "$T/run/keys")" = 700 ] || fail "the keys stay open to others"
doctor || fail "not well after mending: $(cat "$T/out")"
doctor --json && says '"person":0,"up":false'
"$X" prove --run "$T/run" >/dev/null || fail prove

echo "a house that is up is only looked at"
"$X" up pipelines/clearinghouse.yaml --run "$T/up" >/dev/null 2>&1 || fail up
echo half >"$T/up/build837/half.tmp"
"$X" doctor --run "$T/up" --mend >"$T/out" 2>&1 && fail "mended while it is up"
says 'nothing was mended'
[ -e "$T/up/build837/half.tmp" ] || fail "moved while it is up"
"$X" down --run "$T/up" >/dev/null

code=0
"$X" doctor --run "$T/none" 2>/dev/null || code=$?
[ $code = 78 ] || fail "no run directory: exit $code"
echo "doctor_test: all good"
