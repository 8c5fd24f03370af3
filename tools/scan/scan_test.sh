#!/bin/sh
# The scan tool: counts, faults with offset and reason, exact write back, memory on a large file.
set -eu
b=${B:-build}
scan=$b/bin/claimwire-scan
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "scan_test: $1"; exit 1; }

isa='ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260901*0800*^*00501*000000001*0*T*:~'
printf '%s\r\nGS*HC*A~\nGE*0*1~IEA*1*000000001~\n' "$isa" >"$t/good"
[ "$($scan "$t/good")" = "$t/good: 141 bytes, 1 interchanges, 4 segments, 22 elements, 0 faults" ] ||
    fail "counts: $($scan "$t/good")"

printf '\357\273\277junk\n%s\r\nBIN*9*~IEA*x*~~~\n\nIEA*1*000000001~\n~~trail' "$isa" >"$t/odd"
set +e
$scan --json --write "$t/back" "$t/odd" >"$t/out"
rc=$?
set -e
[ $rc = 1 ] || fail "faults give exit $rc"
cmp "$t/odd" "$t/back" || fail "write back differs"
grep -q '"offset":3,"rule":"S1-001","report":"TA1:022"' "$t/out" || fail "leading junk not said"
grep -q '"rule":"S1-014","report":"TA1:023"' "$t/out" || fail "trailing junk not said"
grep -q '"interchanges":1,"segments":3' "$t/out" || fail "segments: $(cat "$t/out")"
for simd in avx2 portable; do
    CLAIMWIRE_SIMD=$simd $scan --json "$t/odd" >"$t/out2" || true
    cmp "$t/out" "$t/out2" || fail "$simd differs"
done
$scan - <"$t/good" | grep -q '4 segments' || fail "standard input"

rc=0; printf 'hello' >"$t/no"; $scan "$t/no" >/dev/null || rc=$?
[ $rc = 100 ] || fail "no interchange gives exit $rc"
rc=0; $scan 2>/dev/null || rc=$?
[ $rc = 64 ] || fail "no file gives exit $rc"
$scan -h | grep -q 'claimwire scan \[--json\]' || fail "no synopsis"

# A file of 200 MB through the window: resident memory stays far below it.
/usr/bin/python3 - "$t/good" "$t/big" <<'P'
import sys
isa = open(sys.argv[1], 'rb').read()[:106]
seg = b'CLM*A1*100***11:B:1*Y*A*Y*Y~HI*ABK:J069~SV1*HC:99213*100*UN*1***1~'
with open(sys.argv[2], 'wb') as f:
    f.write(isa)
    for _ in range(200):
        f.write(seg * ((1 << 20) // len(seg)))
    f.write(b'IEA*0*000000001~')
P
/usr/bin/python3 - "$scan" "$t/big" <<'P' || fail "memory"
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print('resident', kb, 'KB')
sys.exit(kb > 64 * 1024 and "ASAN_OPTIONS" not in os.environ)
P

# A folder is no file, and what cannot be opened is said by name.
rc=0 && $scan "$t" >/dev/null 2>"$t/err" || rc=$?
[ $rc = 100 ] && grep -q '^scan: cannot read ".*": Is a directory$' "$t/err" || fail "a folder: $rc $(cat "$t/err")"

shared=${SHARED:-../shared}
for f in "$shared"/corpus/files/*; do
    [ -f "$f" ] || continue
    $scan --write "$t/back" "$f" >/dev/null || [ $? -le 100 ]
    cmp "$f" "$t/back" || fail "$f does not come back"
done
