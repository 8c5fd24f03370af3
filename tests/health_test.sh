#!/bin/sh
# /live and /ready of a house that is up, with the reason when it is not ready; the unit for systemd is
# one that systemd takes, and READY=1 comes when every process runs.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
pids=
finish() { code=$?; kill $pids 2>/dev/null || true; "$X" down --run "$T/run" >/dev/null 2>&1 || true; rm -rf "$T"; exit $code; }
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
get() { python3 - "$port" "$1" <<'END'
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
c.request("GET", sys.argv[2])
r = c.getresponse()
print(r.status, r.read().decode().strip().replace("\n", "; "))
END
}
python3 - "$T/notify" >"$T/said" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().strip(), flush=True)
END
pids=$!
until [ -S "$T/notify" ]; do sleep 0.05; done
NOTIFY_SOCKET=$T/notify "$X" up pipelines/clearinghouse.yaml --run "$T/run" --health "$port" >/dev/null 2>&1 || fail up
[ "$(get /live)" = '200 live' ] || fail "live: $(get /live)"
[ "$(get /ready)" = '200 ready' ] || fail "ready: $(get /ready)"
case $(get /else) in 404*) ;; *) fail "else: $(get /else)" ;; esac
grep -qx READY=1 "$T/said" || fail "systemd was told: $(cat "$T/said")"

echo "a client that says nothing holds up nobody"
python3 -c 'import socket, sys, time
s = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(5)]; time.sleep(5)' "$port" &
pids="$pids $!"
sleep 0.3
[ "$(get /live)" = '200 live' ] || fail "a silent client holds up the house"

echo "a process that is stopped and killed: not ready, with its name, and ready again"
python3 - "$port" "$T/run/status/build837.1.json" <<'END' || fail "a death was not seen"
import http.client, json, os, signal, sys, time
def ready():
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    c.request("GET", "/ready")
    r = c.getresponse()
    return r.status, r.read().decode()
end, killed = time.time() + 20, 0
while time.time() < end:  # each further death in a row is followed by a longer pause
    pid = json.load(open(sys.argv[2]))["pid"]
    if pid != killed:
        os.kill(pid, signal.SIGKILL)
        killed = pid
    status, said = ready()
    if status == 503 and "build837.1 does not run: it is started again" in said:
        sys.exit(0)
sys.exit(1)
END
for _ in $(seq 100); do
    [ "$(get /ready)" != '200 ready' ] || break
    sleep 0.1
done
[ "$(get /ready)" = '200 ready' ] || fail "not ready again: $(get /ready)"

echo "a port that is taken, a port that is none"
"$X" up pipelines/clearinghouse.yaml --run "$T/other" --health "$port" >"$T/out" 2>&1 && fail "two on one port"
grep -q "cannot listen at 127.0.0.1:$port" "$T/out" || fail "$(cat "$T/out")"
code=0
"$X" up pipelines/clearinghouse.yaml --run "$T/other" --health x >/dev/null 2>&1 || code=$?
[ $code = 64 ] || fail "no port: exit $code"
"$X" down --run "$T/run" >/dev/null || fail down
if command -v systemd-analyze >/dev/null; then
    sed "s|/usr/local/bin/claimwire|$PWD/$X|; /^User\|^Group/d" config/systemd/claimwire@.service >"$T/claimwire@.service"
    systemd-analyze verify "$T/claimwire@clearinghouse.service" >"$T/out" 2>&1 || ! grep -q "claimwire@" "$T/out" || fail "the unit: $(cat "$T/out")"
fi
echo "health_test: all good"
