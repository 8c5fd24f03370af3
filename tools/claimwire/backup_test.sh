# claimwire backup takes one instant of a working house, restore puts it back, and neither believes a
# file that was altered. Two stores and a file are written one after the other, without pause: a copy
# that is not of one instant shows them further apart than one step.
set -u
B=${B:-build}
T=$B/tmp/backup_test
rm -rf "$T" && mkdir -p "$T"
. tests/lib/fake_tools.sh
fake_tools "$T/bin"
CLAIMWIRE_BIN=$T/bin
export CLAIMWIRE_BIN
failed=0
fail() { echo "FAILED: $*"; failed=1; }
cw() { "$B/bin/claimwire" "$@"; }
cat >"$T/bin/claimwire-steps" <<'END'
#!/usr/bin/env python3
import json, os, signal, sqlite3, sys
if sys.argv[1] == "--describe":
    print('{"name":"steps","kind":"keeper","version":"1","ports":[],"options":[]}')
    sys.exit()
run, stage = sys.argv[2], sys.argv[4]
home = f"{run}/{stage}"
os.makedirs(home + "/out", exist_ok=True)
going = True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
stores = []
for name in "ab":
    db = sqlite3.connect(f"{home}/{name}.db", isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("create table if not exists t (k integer primary key, filler text)")
    stores.append(db)
k = stores[0].execute("select coalesce(max(k), 0) from t").fetchone()[0]
with open(f"{run}/status/{stage}.1.json.new", "w") as f:
    json.dump({"pid": os.getpid(), "state": "running"}, f)
os.rename(f"{run}/status/{stage}.1.json.new", f"{run}/status/{stage}.1.json")
while going:
    k += 1
    with open(f"{home}/count.new", "w") as f:
        f.write(str(k))
    os.rename(f"{home}/count.new", f"{home}/count")
    for db in stores:
        db.execute("insert or ignore into t values (?, ?)", (k, "x" * 4000))
    if k % 100 == 0:
        with open(f"{home}/out/{k}", "w") as f:
            f.write(str(k) * 100)
END
chmod +x "$T/bin/claimwire-steps"
printf 'pipeline: p\nstages:\n  src: {to: {sets: steps, rejects: steps}}\n  steps:\n' >"$T/p.yaml"
R=$T/run
cw up "$T/p.yaml" --run "$R" || fail up
trap 'for d in run back; do cw down --run "$T/$d" >/dev/null 2>&1; done' EXIT
trap 'exit 1' HUP INT TERM
far() { # DIR: prints the counter, and how far the stores are behind it
    python3 - "$1" <<'END'
import sqlite3, sys
d = sys.argv[1]
k = int(open(d + "/steps/count").read())
top = [sqlite3.connect(f"{d}/steps/{n}.db").execute("select max(k), count(*) from t").fetchone() for n in "ab"]
good = all(m == c for m, c in top) and k >= top[0][0] >= top[1][0] >= k - 1
print(k, "consistent" if good else f"NOT of one instant: {k} {top}")
END
}
last=0
for n in 1 2 3 4 5; do
    sleep 0.3
    cw backup --run "$R" "$T/copy$n" >"$T/out" 2>&1 || fail "backup $n: $(cat "$T/out")"
    far "$T/copy$n/data" >"$T/far"
    grep -q 'consistent$' "$T/far" || fail "copy $n: $(cat "$T/far")"
    k=$(cut -d' ' -f1 "$T/far")
    [ "$k" -gt "$last" ] || fail "nothing was written between two copies: the processes stand still"
    last=$k
done
ls "$R"/.backup* >/dev/null 2>&1 && fail "something of the copy is left in the run directory"
cw status --run "$R" >/dev/null || fail "not every process runs after the copies"
cw down --run "$R" || fail down
cw backup --run "$R" "$T/still" >/dev/null || fail "backup of a house that is down"
far "$T/still/data" | grep -q 'consistent$' || fail "the still copy"
[ -e "$T/still/data/status" ] && fail "the copy has what processes make anew"

cw restore "$T/still" --run "$T/back" || fail restore
[ "$(far "$T/back")" = "$(far "$T/still/data")" ] || fail "what was restored differs"
[ "$(stat -c %a "$T/back")" = 700 ] || fail "the restored directory is open to others"
cw up "$T/back/pipeline.yaml" --run "$T/back" && sleep 0.2 && cw down --run "$T/back" || fail "up on what was restored"
cw restore "$T/still" --run "$T/back" >/dev/null 2>&1; [ $? = 64 ] || fail "restored over something"
cw backup --run "$R" "$T/still" >/dev/null 2>&1; [ $? = 64 ] || fail "backup over something"
cw backup --run "$T/none" "$T/x" >/dev/null 2>&1; [ $? = 64 ] || fail "backup of nothing"
printf x | dd of="$T/still/data/steps/a.db" bs=1 seek=5000 conv=notrunc 2>/dev/null
cw restore "$T/still" --run "$T/back2" >/dev/null 2>"$T/err"; [ $? = 100 ] || fail "an altered copy was restored"
grep -q 'a.db" is not what the manifest says' "$T/err" || fail "$(cat "$T/err")"
[ -e "$T/back2/steps" ] && fail "a part of an altered copy was restored"
rm "$T/copy1/MANIFEST"
cw restore "$T/copy1" --run "$T/back2" >/dev/null 2>&1; [ $? = 100 ] || fail "an unfinished copy was restored"
exit $failed
