#!/bin/sh
# HL7 over TCP: an answer comes only when the message is stored and synced, says which message it
# is for, and the same message again makes no second record; what cannot be kept is answered AR.
set -eu
b=${B:-build}
py=/usr/bin/python3
$py -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
t=$(mktemp -d)
pid=
# a tracer does not end by itself: what it traces is ended
halt() {
    [ -n "$pid" ] || return 0
    child=$(ps -o pid= --ppid "$pid" | head -n 1)
    kill ${child:-$pid} 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    pid=
}
stop() { halt; rm -rf "$t"; }
trap stop EXIT
fail() { echo "mllp_test: $*"; [ -s "$t/err" ] && tail -n 5 "$t/err"; exit 1; }
ingest=$b/bin/claimwire-ingest

rc=0; "$ingest" --mllp 127.0.0.1:1 2>"$t/err" >/dev/null || rc=$?
[ $rc = 64 ] || fail "without --run: $rc"
rc=0; "$ingest" --run "$t/run" --mllp nowhere 2>"$t/err" >/dev/null || rc=$?
[ $rc = 64 ] || fail "no port: $rc"

port=$($py -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start() {
    "$@" "$ingest" --run "$t/run" --mllp 127.0.0.1:$port --rejects "$t/rej" >"$t/frames.$1" 2>"$t/err" &
    pid=$!
    for _ in $(seq 100); do grep -q CW-ING-020 "$t/err" && return; sleep 0.05; done
    fail "does not listen"
}
start env
cat >"$t/talk.py" <<'P'
import socket, sys, time
port = int(sys.argv[1])
F = 'fixtures/readers/hl7/'
def load(name): return open(F + name, 'rb').read()
def connect(): return socket.create_connection(('127.0.0.1', port), 10)
left = {}
def answer(s):
    got = left.pop(s, b'')
    while b'\x1c\r' not in got:
        part = s.recv(65536)
        if not part: return None
        got += part
    got, left[s] = got.split(b'\x1c\r', 1)  # answers may come together
    assert got[:1] == b'\x0b', got
    return [seg.split(b'|') for seg in got[1:].split(b'\r') if seg]
def send(s, m): s.sendall(b'\x0b' + m + b'\x1c\r'); return answer(s)
def check(a, code, control, text=None):
    msh, msa = a[0], a[1]
    assert msh[0] == b'MSH' and msh[8].startswith(b'ACK'), msh
    assert msa[:2] == [b'MSA', code], (msa, code)
    assert msa[2] == control, msa
    if text is not None: assert msa[3] == text, msa
s = connect()
a = send(s, load('dft.hl7'))
check(a, b'AA', b'M-1001')
assert a[0][2:6] == [b'CLAIMWIRE', b'RIVERBEND', b'RIVEREHR', b'RIVERBEND'], a
assert a[0][8] == b'ACK^P03' and a[0][10:12] == [b'P', b'2.5.1'], a
ids = {a[0][9]}
check(send(s, load('dft.hl7')), b'AA', b'M-1001')                       # the same bytes
resent = load('dft.hl7').replace(b'20260904080000', b'20260904080500')  # sent again later
check(send(s, resent), b'AA', b'M-1001')
other = load('dft.hl7').replace(b'150.00', b'151.00')
check(send(s, other), b'AE', b'M-1001', b'MSH(1)-10: this control id came before with other content')
bad = load('dft.hl7').replace(b'M-1001', b'M-1').replace(b'19800229', b'19800230')
check(send(s, bad), b'AE', b'M-1', b'PID(1)-7: is no date')
check(send(s, bad.replace(b'19800230', b'19800229')), b'AA', b'M-1')    # mended, under its old id
oru = load('dft.hl7').replace(b'DFT^P03^DFT_P03', b'ORU^R01').replace(b'M-1001', b'M-2')
check(send(s, oru), b'AR', b'M-2', b'MSH(1)-9: is none of DFT P03, ADT A04, ADT A08 and MDM T02')
check(send(s, b'hello'), b'AR', b'')
check(send(s, b''), b'AR', b'')
check(send(s, b'\xff\xfe\x00M\x00S'), b'AR', b'')
check(send(s, load('batch.hl7')[4:]), b'AR', b'')
check(send(s, load('dft.hl7') + load('adt.hl7')), b'AR', b'M-1001')
check(send(s, load('adt.hl7')), b'AA', b'M-1003')                       # those two were not kept
a = send(s, load('dft-odd.hl7'))
a = b'#'.join(a[1][0].split(b'#')) if len(a[1]) == 1 else a
assert a == b'MSA#AA#M-1002', a                                         # in the sender's delimiters
# two messages at once, and one in small pieces; several connections
u = connect(); v = connect()
m1 = load('mdm.hl7').replace(b'M-1005', b'M-11'); m2 = load('mdm.hl7').replace(b'M-1005', b'M-12')
u.sendall(b'\x0b' + m1 + b'\x1c\r\x0b' + m2 + b'\x1c\r')
for i in range(0, len(m2) + 3, 100):
    v.sendall((b'\x0b' + m2.replace(b'M-12', b'M-13') + b'\x1c\r')[i:i + 100]); time.sleep(.002)
check(answer(u), b'AA', b'M-11'); check(answer(u), b'AA', b'M-12'); check(answer(v), b'AA', b'M-13')
# a frame whose last segment has no end of its own is whole all the same
check(send(s, m2.rstrip(b'\r\n').replace(b'M-12', b'M-14')), b'AA', b'M-14')
# bytes outside of a frame, and half a message, end the connection without an answer
w = connect(); w.sendall(b'GET / HTTP/1.1\r\n\r\n'); assert w.recv(10) == b''
w = connect(); w.sendall(b'\x0b' + m1[:200]); w.shutdown(socket.SHUT_WR); assert w.recv(10) == b''
check(send(s, load('dft.hl7')), b'AA', b'M-1001')                       # and it still works
P
$py "$t/talk.py" $port || fail "the talk"
halt

echo "records: each message once"
"$b/bin/claimwire-ingest" --run "$t/run" --rejects "$t/rej2" /dev/null >"$t/again" 2>>"$t/err" || fail "restart"
$py - "$t" <<'P' || fail "records"
import subprocess, sys, json, sqlite3
t = sys.argv[1]
read = lambda name: [json.loads(l) for l in subprocess.run(
    ['/usr/bin/python3', 'tests/lib/frames.py', 'read'], stdin=open(name), capture_output=True, text=True).stdout.splitlines()]
encs = [json.loads(r['body'])['enc'] for r in read(t + '/frames.env')]
db = sqlite3.connect(t + '/run/ingest/intake.db')
files, seqs = db.execute('SELECT count(*), sum(seqs) FROM file').fetchone()
# and: resent, other, bad, of another type, the empty file of the restart
assert files == 13, files
# dft, adt, odd, mended, four mdm
assert sorted(encs) == sorted(['V-5001', 'V-5001', 'V-5001', 'V-5002'] + ['V-5001'] * 4), encs
assert seqs == 8, seqs
P

echo "no answer before its sync"
command -v strace >/dev/null || { echo "strace is missing"; exit 77; }
rm -rf "$t/run"
start strace -f -o "$t/trace" -e trace=fsync,fdatasync,rename,sendto,openat
$py - $port <<'P' || fail "one message"
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
s.sendall(b'\x0b' + open('fixtures/readers/hl7/dft.hl7', 'rb').read() + b'\x1c\r')
assert b'MSA|AA|M-1001' in s.recv(65536)
P
halt
$py - "$t/trace" <<'P' || fail "the trace"
import re, sys
calls = [l.split(None, 1)[1] for l in open(sys.argv[1]) if ' ' in l]
ack = next(i for i, c in enumerate(calls) if c.startswith('sendto') and 'MSA' in c or c.startswith('sendto') and '\\vMSH' in c)
named = max(i for i, c in enumerate(calls[:ack]) if c.startswith('rename') and 'spool' in c)
before = [c for c in calls[:named] if re.match(r'f(data)?sync', c)]
after = [c for c in calls[named:ack] if re.match(r'f(data)?sync', c)]
assert before, 'the copy is not synced before it has its name'
assert len(after) >= 2, 'folder and database are not synced before the answer: %s' % after
P
