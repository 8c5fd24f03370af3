#!/bin/sh
# fetch against folders and a real sshd: each file once, whole, named by its partner; torn and growing
# files wait; deaths; a host that is down; and by itself in a pipeline that ingests what it brings.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/sftp.sh
finish() {
    code=$?
    "$X" down --run "$T/up" >/dev/null 2>&1 || true
    sftp_stop "$T/sshd" || true
    [ -z "${cutter:-}" ] || kill "$cutter" 2>/dev/null || true
    umount "$T/small" 2>/dev/null || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; cat "$T/err" 2>/dev/null; exit 1; }
[ -x /usr/sbin/sshd ] || { echo "openssh-server is missing"; exit 77; }
wires() { mkdir -p "$T/wires"; printf 'fetch:\n  SBX01: {%s}\n' "$1" >"$T/wires/w.yaml"; }
once() { "$X" fetch --run "$T/run" --wires "$T/wires" --settle 0 --once "$@" 2>"$T/err"; }
sum() { printf '{"name":"%s","bytes":%s,"sha256":"%s"}\n' "$(basename "$1")" "$(stat -c %s "$1")" "$(sha256sum <"$1" | cut -d' ' -f1)" >"$1.manifest"; }
era=fixtures/demo/sandbox.835

try() { # WIRE: out and archive below $T/there
    rm -rf "$T/there" "$T/run" && mkdir -p "$T/there/out" "$T/there/archive"
    wires "$1"
    cp $era "$T/there/out/a.835"
    sum "$T/there/out/a.835"
    cp $era "$T/there/out/.hidden" && cp $era "$T/there/out/b.835.tmp" && cp $era "$T/there/out/no good.835"
    out=$(once) || fail "once: exit $?"
    [ "$out" = "$(printf '%-12s %9s  %s' SBX01 "$(stat -c %s $era)" SBX01.a.835)" ] || fail "said: $out"
    cmp $era "$T/run/fetch/in/SBX01.a.835" || fail "other bytes"
    [ "$(ls -A "$T/run/fetch/in")" = SBX01.a.835 ] || fail "also here: $(ls -A "$T/run/fetch/in")"
    [ "$(ls "$T/there/archive")" = "$(printf 'a.835\na.835.manifest')" ] || fail "archive: $(ls "$T/there/archive")"
    [ -z "$(once)" ] || fail "brought twice"

    cp $era "$T/there/out/a.835" && [ -z "$(once)" ] || fail "the same bytes again are brought again"
    [ -e "$T/there/archive/a.835.1" ] || fail "an archived file took the place of another"
    sed 's/SBX/SBY/' $era >"$T/there/out/a.835" && [ "$(once --json)" = '{"partner":"SBX01","name":"SBX01.a.835.2","bytes":'"$(stat -c %s $era)"'}' ] ||
        fail "other bytes under the same name: $(once)"
    cmp $era "$T/run/fetch/in/SBX01.a.835" || fail "overwritten"

    cp $era "$T/there/out/torn.835" && sum "$T/there/out/torn.835" && truncate -s -10 "$T/there/out/torn.835"
    cp $era "$T/there/out/whole.835"
    [ -z "$(once | grep torn)" ] || fail "a torn file was taken"
    [ -e "$T/run/fetch/in/SBX01.whole.835" ] || fail "a torn file holds up others"
    cp $era "$T/there/out/torn.835" && once | grep -q torn || fail "what is whole now is not taken"

    for at in rename.before rename.after noted.after; do
        cp fixtures/demo/riverbend.837 "$T/there/out/$at"
        CLAIMWIRE_KILL_AT="fetch.$at" once >/dev/null && fail "fetch.$at was not visited"
        once >/dev/null || fail "after a death at $at"
        cmp fixtures/demo/riverbend.837 "$T/run/fetch/in/SBX01.$at" || fail "death at $at"
        [ -z "$(ls -A "$T/run/fetch/in" | grep -v '^SBX01\.')" ] || fail "left behind at $at: $(ls -A "$T/run/fetch/in")"
        [ ! -e "$T/run/fetch/in/SBX01.$at.2" ] || fail "twice after a death at $at"
    done
}

echo "a folder"
try "by: folder, usage: T, dir: $T/there/out, archive: $T/there/archive"

echo "SFTP"
sftp_start "$T/sshd"
ends="by: sftp, usage: T, host: 127.0.0.1, port: $sftp_port, user: $(id -un), key: $sftp_key, host-key: \"$sftp_host_key\", timeout: 5"
try "$ends, dir: $T/there/out, archive: $T/there/archive"

echo "files that stay there come once, and a growing one when it stands still"
rm -rf "$T/there" "$T/run" && mkdir -p "$T/there/out" && wires "$ends, dir: $T/there/out"
head -c 700 $era >"$T/there/out/c.835"
slow() { "$X" fetch --run "$T/run" --wires "$T/wires" --settle 1 --once 2>"$T/err"; }
[ -z "$(slow)" ] || fail "taken at first sight"
sleep 1.1 && cp $era "$T/there/out/c.835"
[ -z "$(slow)" ] || fail "taken while it grows"
sleep 1.1 && [ -n "$(slow)" ] || fail "not taken when it stands still"
cmp $era "$T/run/fetch/in/SBX01.c.835"
[ -z "$(slow)" ] && [ -e "$T/there/out/c.835" ] || fail "brought twice"

echo "a key that the host does not know, a host that is not the pinned one: named, nothing is brought"
refuses() { # RULE ENDS
    rm -rf "$T/run" && wires "$2, dir: $T/there/out"
    once && fail "$1: all is well"
    grep -q "SBX01: $1: " "$T/err" || fail "$1 is not said"
    [ -z "$(ls -A "$T/run/fetch/in")" ] || fail "$1: came: $(ls -A "$T/run/fetch/in")"
}
ssh-keygen -q -t ed25519 -N '' -f "$T/stranger"
refuses NET_KEY "$(echo "$ends" | sed "s|key: $sftp_key|key: $T/stranger|")"
refuses NET_HOST_KEY "$(echo "$ends" | sed 's|SHA256:[^"]*|SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA|')"

echo "a line that is cut in mid-file: nothing is taken, then the whole file"
rm -rf "$T/there" "$T/run" && mkdir -p "$T/there/out"
head -c 2000000 /dev/urandom >"$T/there/out/big.835"
port=$(sftp_free_port)
python3 tests/lib/cut.py "$port" "$sftp_port" 500000 2 down >"$T/cut.log" 2>&1 &
cutter=$!
until grep -q ready "$T/cut.log" 2>/dev/null; do sleep 0.05; done
wires "$(echo "$ends" | sed "s|port: $sftp_port|port: $port|"), dir: $T/there/out" # the first is the list
once && fail "half a file and all is well"
grep -q 'SBX01: NET_CUT: ' "$T/err" || fail "a cut is not said"
[ -z "$(ls -A "$T/run/fetch/in")" ] || fail "cut: came: $(ls -A "$T/run/fetch/in")"
once >/dev/null || fail "after the cut"
cmp "$T/there/out/big.835" "$T/run/fetch/in/SBX01.big.835" || fail "other bytes after the cut"

echo "a disk that is full here: said, nothing half is left, and it comes when there is room"
mkdir "$T/small"
if mount -t tmpfs -o size=1m tmpfs "$T/small" 2>/dev/null; then
    rm -rf "$T/run" && wires "$ends, dir: $T/there/out"
    once --into "$T/small" && fail "a full disk and all is well"
    grep -q 'SBX01: NET_LOCAL: ' "$T/err" || fail "a full disk is not said"
    [ -z "$(ls -A "$T/small")" ] || fail "full: $(ls -A "$T/small")"
    mount -o remount,size=8m "$T/small"
    once --into "$T/small" >/dev/null || fail "when there is room"
    cmp "$T/there/out/big.835" "$T/small/SBX01.big.835" || fail "other bytes after the full disk"
else
    echo "no tmpfs can be mounted here: the full disk is not tried"
fi

echo "a host that is down is named, exit 1"
sftp_stop "$T/sshd"
once && fail "nobody is there and all is well"
grep -q 'SBX01: NET_DOWN: ' "$T/err" || fail "what is wrong is not said"

echo "by itself in a pipeline: what lies there is ingested"
rm -rf "$T/there" && mkdir -p "$T/there/out" "$T/there/archive" "$T/inbox"
wires "by: folder, usage: T, dir: $T/there/out, archive: $T/there/archive"
sed "s|^  ingest:|  fetch:\n    settings: {wires: $T/wires, into: $T/inbox, every: 1, settle: 0}\n    to: {rejects: quarantine}\n  ingest:\n    settings: {watch: $T/inbox, settle: 100}|" pipelines/clearinghouse.yaml >"$T/p.yaml"
"$X" up "$T/p.yaml" --run "$T/up" >"$T/err" 2>&1 || fail "up"
cp fixtures/demo/riverbend.837 "$T/there/out/"
for _ in $(seq 100); do
    n=$("$X" claims --run "$T/up" --json 2>/dev/null | grep -c '"claim"') || true
    [ "$n" -lt 8 ] || break
    sleep 0.1
done
[ "$n" -ge 8 ] || fail "claims: $n"
"$X" down --run "$T/up" >/dev/null
echo "fetch_test: all good"
