# claimwire run, up, down, status, scale, with pretend tools: what is started, kept up and ended, and
# in which order.
set -u
B=${B:-build}
T=$B/tmp/runner_test
rm -rf "$T" && mkdir -p "$T"
. tests/lib/fake_tools.sh
fake_tools "$T/bin"
CLAIMWIRE_BIN=$T/bin
export CLAIMWIRE_BIN
failed=0
fail() { echo "FAILED: $*"; failed=1; }
cw() { "$B/bin/claimwire" "$@"; }
field() { python3 -c 'import json,sys
v = json.load(sys.stdin)
for k in sys.argv[1].split("."): v = v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }

cat >"$T/p.yaml" <<'END'
pipeline: pretend
stages:
  bin:
  keep:
    to: {rejects: bin}
  pass:
    replicas: 2
    to: {claims: keep, verdicts: keep, rejects: bin}
  src:
    to: {sets: pass, rejects: bin}
END
echo one >"$T/one.edi"

# run: all start, the source gets the files, the end goes along the arrows, numbers are summed.
R=$T/run
cw run "$T/p.yaml" --run "$R" --clock 2026-09-01T08:00:00Z --json "$T/one.edi" >"$T/out" 2>"$T/err"
[ $? = 0 ] || fail "run: $(cat "$T/err")"
[ "$(stat -c %a "$R")" = 700 ] || fail "the run directory is open to others"
grep -q '^clock: 2026-09-01T08:00:00Z$' "$R/pipeline.yaml" || fail "the clock is not in RUN/pipeline.yaml"
grep -q "^start $T/one.edi src.1\$" "$R/events" || grep -q "^start -- $T/one.edi src.1\$" "$R/events" || fail "the source got no file"
[ "$(grep -c '^start' "$R/events")" = 5 ] || fail "not five starts"
grep USR1 "$R/events" | sed 's/pass\../pass/' | uniq | tr '\n' ' ' >"$T/order"
[ "$(cat "$T/order")" = "USR1 src.1 USR1 pass USR1 keep.1 USR1 bin.1 " ] || fail "order: $(cat "$T/order")"
[ "$(field stages.1.stage <"$T/out")" = pass ] || fail "the summary is not in order"
[ "$(field stages.1.in <"$T/out")" = 20 ] || fail "two replicas are not summed"
[ "$(field refused <"$T/out")" = 5 ] || fail "refused records are not summed"
[ "$(field exit <"$T/out")" = 0 ] || fail "exit in the summary"

# A process that dies is started again, also in run, and the run still ends well.
R=$T/again
mkdir -p "$R" && echo 3 >"$R/die.keep"
cw run "$T/p.yaml" --run "$R" --json "$T/one.edi" >"$T/out" 2>"$T/err" || fail "run after a death"
[ "$(field stages.2.restarts <"$T/out")" = 1 ] || fail "one restart: $(cat "$T/out")"

# A process that cannot run with what it was given ends the run at once with its code.
R=$T/bad
mkdir -p "$R" && echo 78 >"$R/die.pass"
cw run "$T/p.yaml" --run "$R" "$T/one.edi" >"$T/out" 2>"$T/err"
rc=$?
[ $rc = 78 ] || fail "exit $rc, not 78"
grep -q 'CW-RUN-002.*stage="pass"' "$T/err" || fail "it is not said which stage: $(cat "$T/err")"
grep -q 'NOT everything' "$T/out" || fail "the summary says that all is well"

# A link that has stopped ends the run, instead of waiting for ever; status says it.
R=$T/stopped
mkdir -p "$R" && printf ',"links":[{"port":"claims","to":"keep","stopped":true}]' >"$R/more.pass"
cw up "$T/p.yaml" --run "$R" || fail "up with a stopped link"
cw status --run "$R" >"$T/out"; [ $? = 1 ] || fail "status of a stopped link"
grep -q '^pass: the link from port "claims" to "keep" has stopped' "$T/out" || fail "status: $(cat "$T/out")"
sleep 1.2
grep -q CW-RUN-008 "$R/log/supervisor.log" || fail "a stopped link is not in the log"
cw down --run "$R"
touch "$R/slow.src"
cw run "$T/p.yaml" --run "$R" "$T/one.edi" >"$T/out" 2>"$T/err"; rc=$?
[ $rc = 111 ] || fail "run with a stopped link: exit $rc"
grep -q CW-RUN-008 "$T/err" || fail "run does not say that a link has stopped: $(cat "$T/err")"

# On a terminal there is a bar (where the system can make one: a bare chroot may have no devpts).
if python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
python3 - "$B/bin/claimwire" "$T" >"$T/bar" 2>&1 <<'END'
import os, pty, sys
status = pty.spawn([sys.argv[1], "run", sys.argv[2] + "/p.yaml", "--run", sys.argv[2] + "/barred", sys.argv[2] + "/one.edi"])
sys.exit(os.waitstatus_to_exitcode(status))
END
[ $? = 0 ] || fail "run on a terminal"
grep -q '\[#* *\] *[0-9]* %' "$T/bar" || fail "no progress bar: $(cat "$T/bar")"
fi

# Wrong words.
cw run "$T/p.yaml" "$T/one.edi" >/dev/null 2>&1; [ $? = 64 ] || fail "run without --run"
cw run "$T/p.yaml" --run "$T/x" "$T/none.edi" >/dev/null 2>&1; [ $? = 64 ] || fail "a missing file"
cw run "$T/p.yaml" --run "$T/x" --clock noon >/dev/null 2>&1; [ $? = 64 ] || fail "a bad clock"
sed 's/sets: pass/sets: pss/' "$T/p.yaml" >"$T/bad.yaml"
cw run "$T/bad.yaml" --run "$T/x" >/dev/null 2>"$T/err"; [ $? = 78 ] || fail "run of a bad pipeline"
grep -q "$T/bad.yaml:10:16" "$T/err" || fail "no place: $(cat "$T/err")"

# up, status, scale, down.
R=$T/up
cw status --run "$R" >/dev/null 2>&1; [ $? = 1 ] || fail "status of nothing"
cw down --run "$R" >/dev/null 2>&1; [ $? = 1 ] || fail "down of nothing"
cw up "$T/p.yaml" --run "$R" || fail "up"
trap 'cw down --run "$T/up" >/dev/null 2>&1' EXIT
trap 'exit 1' HUP INT TERM
cw status --run "$R" >"$T/out" || fail "status: $(cat "$T/out")"
[ "$(grep -c ' running ' "$T/out")" = 5 ] || fail "five processes run: $(cat "$T/out")"
cw up "$T/p.yaml" --run "$R" >/dev/null 2>"$T/err"; [ $? = 111 ] || fail "up twice"
grep -q 'is up already' "$T/err" || fail "up twice says: $(cat "$T/err")"
pid=$(cw status --run "$R" --json | field processes.1.pid)
kill -9 "$pid"
i=0
until [ "$(cw status --run "$R" --json | field processes.1.restarts)" = 1 ] && cw status --run "$R" >/dev/null; do
    sleep 0.1; i=$((i + 1)); [ $i -gt 50 ] && { fail "a killed process does not come back"; break; }
done
cw scale --run "$R" pass=4 || fail "scale up"
until [ "$(cw status --run "$R" | grep -c ' running ')" = 7 ]; do
    sleep 0.1; i=$((i + 1)); [ $i -gt 100 ] && { fail "scaled to 4: $(cw status --run "$R")"; break; }
done
cw scale --run "$R" pass=1 || fail "scale down"
until [ "$(cw status --run "$R" | grep -c ' running ')" = 4 ]; do
    sleep 0.1; i=$((i + 1)); [ $i -gt 150 ] && { fail "scaled to 1: $(cw status --run "$R")"; break; }
done
[ -f "$R/status/pass.2.json" ] && fail "the status of a process that has gone is still there"
cw scale --run "$R" keep=2 2>"$T/scale.err"; [ $? = 64 ] || fail "a keeper was scaled"
[ "$(wc -l <"$T/scale.err")" = 1 ] || fail "not one line: $(cat "$T/scale.err")"
cw scale --run "$R" nobody=2 2>/dev/null; [ $? = 64 ] || fail "nobody was scaled"
cw scale --run "$R" pass=0 2>/dev/null; [ $? = 64 ] || fail "scaled to 0"
cw down --run "$R" || fail "down"
grep TERM "$R/events" | tail -4 | tr '\n' ' ' >"$T/order"
[ "$(cat "$T/order")" = "TERM src.1 TERM pass.1 TERM keep.1 TERM bin.1 " ] || fail "drain: $(cat "$T/order")"
cw status --run "$R" >/dev/null 2>&1; [ $? = 1 ] || fail "status after down"
# What was scaled stays so.
cw up "$T/p.yaml" --run "$R" && [ "$(cw status --run "$R" | grep -c 'pass\.')" = 1 ] || fail "scale is forgotten"
# A supervisor that is killed takes its processes along, and the pipeline can be started again.
super=$(cw status --run "$R" --json | field supervisor)
old=$(cw status --run "$R" --json | field processes.1.pid)
kill -STOP "$old" # it will not hear that its supervisor is gone
kill -9 $super || fail "no supervisor: $super"
sleep 0.5
cw up "$T/p.yaml" --run "$R" || fail "up after the supervisor was killed"
kill -0 "$old" 2>/dev/null && [ "$(cut -d' ' -f3 "/proc/$old/stat")" != Z ] && fail "a process of the old supervisor is left"
: >"$R/events"
cw down --run "$R" --finish || fail "down --finish"
grep -c USR1 "$R/events" | grep -qx 4 || fail "down --finish asks for the end of input: $(cat "$R/events")"
# A kill from outside is nobody's fault: it is started again at once, however often.
R=$T/kills
cw up "$T/p.yaml" --run "$R" || fail up
for k in $(seq 25); do
    pid=$(cw status --run "$R" --json | field processes.1.pid)
    [ "$pid" = 0 ] || kill -9 "$pid"
    sleep 0.15
done
sleep 0.3
cw status --run "$R" >/dev/null || fail "not up again after kills: $(cw status --run "$R")"
cw down --run "$R" || fail "down after kills"

# A source that watches nothing ends when it has given what it had: it stays ended, and that is no fault.
R=$T/given
mkdir -p "$R" && echo 0 >"$R/die.src"
cw up "$T/p.yaml" --run "$R" || fail "up of a source with nothing to give"
i=0
until cw status --run "$R" | grep -q '^src.1 .* ended '; do
    sleep 0.1; i=$((i + 1)); [ $i -gt 50 ] && { fail "the source has not ended: $(cw status --run "$R")"; break; }
done
cw status --run "$R" >/dev/null || fail "status of a house whose source has ended"
cw status --run "$R" --json >"$T/out" || fail "status --json of it"
cw down --run "$R" || fail "down of it"
[ "$(grep -c '^start src' "$R/events")" = 1 ] || fail "the source was started $(grep -c '^start src' "$R/events") times"
cw status --run "$R" --json >"$T/out" 2>/dev/null; [ $? = 1 ] || fail "status --json of nothing"
[ "$(field state <"$T/out")" = down ] || fail "status --json of nothing says: $(cat "$T/out")"
[ -e "$R/control" ] && fail "the socket is left behind"

# In the foreground it tells systemd; SIGTERM drains it.
R=$T/fg
python3 - "$T" <<'END' &
import socket, sys, os
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/notify")
s.settimeout(20)
with open(sys.argv[1] + "/notified", "w") as f:
    for _ in range(2):
        f.write(s.recv(100).decode())
        f.flush()
END
while [ ! -S "$T/notify" ]; do sleep 0.05; done
NOTIFY_SOCKET=$T/notify "$B/bin/claimwire" up "$T/p.yaml" --run "$R" --foreground 2>"$T/err" &
fg=$!
i=0
until grep -qs READY=1 "$T/notified"; do sleep 0.1; i=$((i + 1)); [ $i -gt 100 ] && { fail "no READY=1"; break; }; done
kill -TERM $fg
wait $fg || fail "foreground: exit $?"
sleep 0.2
grep -q STOPPING=1 "$T/notified" || fail "no STOPPING=1"
grep -q CW-RUN-011 "$T/err" || fail "the log is not on standard error"
exit $failed
