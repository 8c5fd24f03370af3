#!/bin/sh
# claimwire stage: a program that dies, hangs, babbles or cannot be run costs what it should and no more.
set -eu
B=${B:-build}
W=$B/tmp/stage
rm -rf "$W" && mkdir -p "$W"
make -s B="$B" "$B/bin/claimwire-stage"
stage=$B/bin/claimwire-stage
py=/usr/bin/python3
fail() { echo "$1" && exit 1; }

cat >"$W/lib.py" <<'PY'
import os, struct, sys, time
import msgpack
def command(cmd, n, seq, body=b""):
    return struct.pack("<IBBHIQQII", 32 + len(body), cmd, 1, n, 0, 0, seq, 0, 0) + body
def record(head, body):
    head = msgpack.packb(head)
    return struct.pack("<II", len(head), len(body)) + head + body
def commands(f):
    while True:
        size = f.read(4)
        if len(size) < 4:
            return
        c = f.read(struct.unpack("<I", size)[0])
        cmd, _, n, _, _, seq, _, _ = struct.unpack_from("<BBHIQQII", c)
        at, records = 32, []
        for _ in range(n):
            h, b = struct.unpack_from("<II", c, at)
            records.append((msgpack.unpackb(c[at + 8:at + 8 + h]), c[at + 8 + h:at + 8 + h + b]))
            at += 8 + h + b
        yield cmd, seq, records
PY
cat >"$W/write.py" <<'PY'
from lib import *
bodies = [a.encode() for a in sys.argv[1:]]
out = b"".join(record({"id": bytes([i + 1]) * 16, "kind": "note"}, b) for i, b in enumerate(bodies))
sys.stdout.buffer.write(command(3, len(bodies), 1, out) + command(6, 0, 1))
PY
cat >"$W/read.py" <<'PY'
from lib import *
for cmd, seq, records in commands(sys.stdin.buffer):
    for head, body in records:
        print(body[:20].decode(), len(body), head.get("rule", ""), head.get("port", ""))
    if cmd == 6:
        print("BYE")
PY
cat >"$W/odd.py" <<'PY'
from lib import *
open(os.path.join(os.path.dirname(__file__), "starts"), "a").write("x")
for cmd, seq, records in commands(sys.stdin.buffer):
    if cmd == 6:
        sys.exit(int(os.environ.get("LAST", "0")))
    for head, body in records:
        once = os.path.join(os.path.dirname(__file__), "once")
        if body == b"die" or os.environ.get("ILL"):
            os.kill(os.getpid(), 9)
        if body == b"die once" and not os.path.exists(once):
            open(once, "w").close()
            sys.stdout.buffer.write(command(3, 1, seq, record(head, b"half done")))
            sys.stdout.flush()
            os.kill(os.getpid(), 9)
        if body == b"hang":
            time.sleep(60)
        if body == b"babble":
            sys.stdout.buffer.write(b"hello, I am no frame" * 4)
        elif body == b"many":
            for i in range(300):
                sys.stdout.buffer.write(command(3, 1, seq, record(head, b"m" * 10000)))
        elif body == b"none":
            pass
        else:
            sys.stdout.buffer.write(command(3, 1, seq, record(head, body)))
    sys.stdout.buffer.write(command(6, 0, seq))
    sys.stdout.flush()
PY
run() { # run WORDS...: through odd.py; out to out.txt, rejects to rejects.txt
    $py "$W/write.py" "$@" >"$W/in.frames"
    rm -f "$W/starts" "$W/once"
    rc=0
    "$stage" odd --child_limit 1000 --rejects "$W/r.frames" -- $py "$W/odd.py" \
        <"$W/in.frames" >"$W/out.frames" 2>"$W/err.txt" || rc=$?
    $py "$W/read.py" <"$W/out.frames" >"$W/out.txt"
    $py "$W/read.py" <"$W/r.frames" >"$W/rejects.txt"
}
same() { # same FILE LINES
    printf "$2" | diff - "$W/$1" || fail "$3"
}

run one die two
[ $rc = 0 ] || fail "a record that kills the program ended the stage with $rc"
same out.txt 'one 3  \ntwo 3  \nBYE\n' "the neighbours of a record that kills"
same rejects.txt 'die 3 CHILD \nBYE\n' "the record that kills"
[ "$(cat "$W/starts")" = xxx ] || fail "started again after each death"

run one "die once" two
same out.txt 'one 3  \ndie once 8  \ntwo 3  \nBYE\n' "one death is chance; half an answer is dropped"
same rejects.txt 'BYE\n' "nothing is refused for one death"

run one hang two
same out.txt 'one 3  \ntwo 3  \nBYE\n' "the neighbours of a record that hangs"
same rejects.txt 'hang 4 CHILD \nBYE\n' "the record that hangs"

run one babble two
same out.txt 'one 3  \ntwo 3  \nBYE\n' "the neighbours of a record that is answered with no frame"
same rejects.txt 'babble 6 CHILD \nBYE\n' "the record that is answered with no frame"

run none many
[ "$(grep -c 'mmmm' "$W/out.txt")" = 300 ] || fail "no output, then three hundred"

# more than any pipe holds, both ways at once
$py - "$W" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
from lib import *
out = b"".join(record({"id": bytes([i]) * 16, "kind": "note"}, b"b" * 3000000) for i in range(1, 4))
open(sys.argv[1] + "/in.frames", "wb").write(command(3, 3, 1, out) + command(6, 0, 1))
PY
"$stage" odd -- $py "$W/odd.py" <"$W/in.frames" >"$W/out.frames" || fail "large records"
$py "$W/read.py" <"$W/out.frames" >"$W/out.txt"
[ "$(grep -c 3000000 "$W/out.txt")" = 3 ] || fail "large records"

export ILL=1
run a b c d
unset ILL
[ $rc = 111 ] || fail "a program that dies of everything is ill: exit $rc"
same out.txt '' "an ill program hands on nothing"
grep -q CW-STG-001 "$W/err.txt" || fail "an ill program is said to be ill"

export LAST=3
run one
unset LAST
[ $rc = 111 ] || fail "a program that ends badly: exit $rc"

rc=0
"$stage" odd -- /nonexistent/program <"$W/in.frames" >/dev/null 2>"$W/err.txt" || rc=$?
[ $rc = 78 ] || fail "a program that is not there: exit $rc"
grep -q 'cannot run "/nonexistent/program"' "$W/err.txt" || fail "says which program"
rc=0
"$stage" odd <"$W/in.frames" >/dev/null 2>"$W/err.txt" || rc=$?
[ $rc = 64 ] || fail "no command: exit $rc"
echo ok
