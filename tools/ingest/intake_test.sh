#!/bin/sh
# What ingest keeps: the spool before anything else, repeats that change nothing, duplicates of
# control numbers, a full disk, death before and after each atomic act, the watched folder, memory.
set -eu
b=${B:-build}
ingest=$b/bin/claimwire-ingest
py=/usr/bin/python3
$py -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
t=$(mktemp -d)
mounted=
trap '[ -z "$mounted" ] || umount "$t/small"; rm -rf "$t"' EXIT
fail() { echo "intake_test: $1"; [ -s "$t/err" ] && tail -n 5 "$t/err"; exit 1; }
give() { # RUN FILE... -> $t/out, $t/refused, $rc
    run=$1; shift
    rc=0
    "$ingest" --run "$run" --clock 2026-09-10T08:00:00Z --rejects "$t/rej" "$@" \
        >"$t/frames" 2>"$t/err" </dev/null || rc=$?
    $py tests/lib/frames.py read <"$t/frames" >"$t/out" 2>/dev/null || :
    $py tests/lib/frames.py read <"$t/rej" >"$t/refused" 2>/dev/null || :
}
db() { $py - "$1" "$2" <<'P'
import sqlite3, sys
print(*[" ".join(map(str, r)) for r in sqlite3.connect(sys.argv[1] + "/ingest/intake.db").execute(sys.argv[2])], sep="\n")
P
}
sets() { grep -c '"kind": "set"' "$t/out" || :; }
x12() { # CONTROL WORD SETS
    printf 'ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*%s*0*T*:~' "$1"
    printf 'GS*HC*RVRBND*CLRHOUSE*20260901*0800*1*X*005010X222A1~'
    for i in $(seq 1 "$3"); do
        printf 'ST*837*%04d*005010X222A1~BHT*0019*00*%s*20260901*0800*CH~SE*3*%04d~' "$i" "$2" "$i"
    done
    printf 'GE*%d*1~IEA*1*%s~\n' "$3" "$1"
}

x12 000000001 a 3 >"$t/a.837"
x12 000000002 b 2 >"$t/b.837"
r=$t/run

# --- stored under its digest, byte for byte; numbers go on from file to file
give "$r" "$t/a.837" "$t/b.837"
[ $rc = 0 ] && [ "$(sets)" = 5 ] || fail "first intake: exit $rc, $(sets) sets"
digest=$($py -c 'import hashlib,sys; print(hashlib.blake2b(open(sys.argv[1],"rb").read(),digest_size=32).hexdigest())' "$t/a.837")
cmp "$t/a.837" "$r/ingest/spool/$digest" || fail "the spool differs"
[ "$(db "$r" 'SELECT number, name, seq0, seqs, done FROM file')" = "1 a.837 0 3 1
2 b.837 3 2 1" ] || fail "rows: $(db "$r" 'SELECT number, name, seq0, seqs, done FROM file')"
cp "$t/out" "$t/first"

# --- the same bytes again: a no-op that says so; --again hands on the same records
cp "$t/a.837" "$t/other_name"
give "$r" "$t/other_name"
[ $rc = 0 ] && [ "$(wc -l <"$t/out")" = 0 ] || fail "the same bytes again: exit $rc"
grep -q 'same bytes were taken before' "$t/err" || fail "the same bytes again: nothing said"
cat "$t/a.837" | "$ingest" --run "$r" 2>"$t/err" | $py tests/lib/frames.py read >"$t/out"
[ "$(sets)" = 0 ] && grep -q 'taken before' "$t/err" || fail "again on standard input"
give "$r" --again "$t/a.837" "$t/b.837"
cmp "$t/first" "$t/out" || fail "--again gives other records"

# --- the same control number: other bytes are refused, the same bytes in another file passed over
x12 000000001 other 3 >"$t/dup.837"
give "$r" "$t/dup.837"
[ "$(sets)" = 0 ] || fail "a duplicate control number went on"
grep '"kind": "interchange"' "$t/out" | grep -q 'TA1:025' || fail "no TA1:025"
grep -q '"rule": "S1-010"' "$t/refused" || fail "the duplicate is not among the rejects"
{ cat "$t/a.837"; x12 000000009 c 1; } >"$t/both.837"
give "$r" "$t/both.837"
[ "$(sets)" = 1 ] && [ "$(wc -l <"$t/refused")" = 0 ] || fail "the same interchange in another file"
grep '"kind": "set"' "$t/out" | grep -q '"seq": 5' || fail "numbers are not dense"
# one that was refused may come again, mended, under its number
x12 000000020 m 1 | sed 's/GE\*1/GE*7/; s/IEA\*1/IEA*5/' >"$t/broken.837"
x12 000000020 m 1 >"$t/mended.837"
give "$r" "$t/broken.837" "$t/mended.837"
[ "$(sets)" = 1 ] || fail "a mended interchange is refused"

# --- death before and after each atomic act: the next start gives what an undisturbed one gives
for at in ingest.spool.before ingest.spool.after ingest.take.before ingest.take.after; do
    k=$t/kill.$at
    rc=0
    CLAIMWIRE_KILL_AT=$at "$ingest" --run "$k" --clock 2026-09-10T08:00:00Z "$t/a.837" "$t/b.837" \
        >"$t/frames" 2>"$t/err" || rc=$?
    [ $rc = 137 ] || fail "$at: not visited (exit $rc)"
    give "$k" "$t/a.837" "$t/b.837"
    [ $rc = 0 ] || fail "$at: exit $rc"
    cmp "$t/first" "$t/out" || fail "$at: other records"
    [ "$(db "$k" 'SELECT count(*), sum(done) FROM file')" = "2 2" ] || fail "$at: rows"
    [ "$(ls "$k/ingest/spool" | wc -l)" = 2 ] && [ -z "$(ls "$k/ingest/progress")" ] ||
        fail "$at: left overs"
done
# what was stored and not yet taken is not lost when nobody offers it again
k=$t/orphan
CLAIMWIRE_KILL_AT=ingest.spool.after "$ingest" --run "$k" "$t/a.837" >/dev/null 2>&1 || :
rc=0
"$ingest" --run "$k" --clock 2026-09-10T08:00:00Z "$t/b.837" 2>"$t/err" |
    $py tests/lib/frames.py read >"$t/out"
[ "$(sets)" = 5 ] || fail "a stored file was lost: $(sets) sets"

# --- a pipe that breaks marks nothing done: the next call gives it again
k=$t/broken
"$ingest" --run "$k" "$t/a.837" 2>/dev/null >/dev/full && fail "a full pipe gives 0"
give "$k"
[ "$(sets)" = 3 ] || fail "after a broken pipe: $(sets) sets"

# --- guides that change under a file in hand
k=$t/change
"$ingest" --run "$k" "$t/a.837" 2>/dev/null >/dev/full || :
cp -r config/guides "$t/guides" && rm "$t/guides"/837P*.guide
give "$k" --guides "$t/guides"
[ $rc = 78 ] || fail "changed guides give $rc"

# --- two at once
mkdir -p "$r/ingest"
( flock 9; give "$r" "$t/a.837"; [ $rc = 111 ] ) 9>"$r/ingest/lock" || fail "two ingests at once"

# --- the watched folder
mkdir "$t/in"
"$ingest" --run "$t/watch" --watch "$t/in" --settle 300 >"$t/frames" 2>"$t/err" &
pid=$!
cp "$t/a.837" "$t/in/.hidden"
cp "$t/a.837" "$t/in/part.tmp"
head -c 100 "$t/b.837" >"$t/in/b.837"
sleep 0.2
tail -c +101 "$t/b.837" >>"$t/in/b.837"
n=0
until [ "$(db "$t/watch" 'SELECT name, seqs FROM file' 2>/dev/null)" = "b.837 2" ]; do
    n=$((n + 1))
    [ $n -lt 50 ] || { kill $pid; fail "watched file: $(db "$t/watch" 'SELECT name, seqs FROM file')"; }
    sleep 0.1
done
mv "$t/in/part.tmp" "$t/in/a.837"
n=0
until [ "$(db "$t/watch" 'SELECT group_concat(name) FROM file')" = "b.837,a.837" ]; do
    n=$((n + 1))
    [ $n -lt 50 ] || { kill $pid; fail "second watched file"; }
    sleep 0.1
done
kill $pid
wait $pid 2>/dev/null || :

# --- memory: 64 MB for a large file of many sets
x12 000000030 big 2000 >"$t/part"
$py - "$t/part" "$t/big" <<'P'
import sys
p = open(sys.argv[1], "rb").read().rstrip()
a, z = p.index(b"ST*"), p.index(b"GE*")
n = (200 << 20) // (z - a)
with open(sys.argv[2], "wb") as f:
    f.write(p[:a])
    for _ in range(n):
        f.write(p[a:z])
    f.write(b"GE*%d*1~IEA*1*000000030~" % (n * 2000 % 1000000))
P
$py - "$ingest" "$t/big" <<'P' || fail "memory"
import os, resource, subprocess, sys
subprocess.run([*sys.argv[1:], "--guides", "none"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("resident", kb, "KB")
sys.exit(kb > 64 * 1024 and "ASAN_OPTIONS" not in os.environ)
P

# --- a full disk: a clear error, exit 111, nothing half taken; it goes on when there is room
mkdir "$t/small"
if mount -t tmpfs -o size=2m none "$t/small" 2>/dev/null; then
    mounted=1
    x12 000000040 disk 30000 >"$t/large.837"
    give "$t/small/run" "$t/b.837"
    [ $rc = 0 ] || fail "small disk: exit $rc"
    give "$t/small/run" "$t/large.837"
    [ $rc = 111 ] || fail "a full disk gives $rc"
    grep -q 'No space left' "$t/err" && grep -q 'large.837' "$t/err" || fail "a full disk is not said"
    [ "$(ls -A "$t/small/run/ingest/spool" | wc -l)" = 1 ] || fail "half a file in the spool"
    mount -o remount,size=64m "$t/small"
    give "$t/small/run" "$t/large.837"
    [ $rc = 0 ] && [ "$(sets)" = 30000 ] || fail "with room again: exit $rc, $(sets) sets"
else
    echo "no right to mount: the full disk was not tried"
fi
