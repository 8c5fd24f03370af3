#!/bin/sh
# submit against folders and a real sshd: delivery, wrong keys, a host that is down, a full disk, a cut
# in mid-file, names that are taken, deaths at every instant, test claims and production wires.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/sftp.sh
finish() {
    code=$?
    sftp_stop "$T/sshd" || true
    [ -z "${cutter:-}" ] || kill "$cutter" 2>/dev/null || true
    umount "$T/small" 2>/dev/null || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; cat "$T/log" 2>/dev/null; exit 1; }
[ -x /usr/sbin/sshd ] || { echo "openssh-server is missing"; exit 77; }
has() { printf '%s' "$1" | grep -q "$2" || fail "$3: no '$2' in: $1"; }

# The house with another payer's wire: everything for SBX01 goes where the test says.
wires() { mkdir -p "$T/wires"; printf 'submit:\n  SBX01: {%s}\n' "$1" >"$T/wires/w.yaml"; }
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
run() { # RUN FILE...
    r=$1
    shift
    "$X" run "$T/house.yaml" --run "$r" "$@" >"$T/log" 2>&1 || fail "run: exit $?"
}
list() { "$X" submit list --run "$1"; }
whole() { # RUN FOLDER: the one file lies there, the same bytes as in the outbox, with its manifest
    cmp "$1/build837/out/SBX01-000000001.837" "$2/SBX01-000000001.837" || fail "other bytes in $2"
    sha=$(sha256sum <"$2/SBX01-000000001.837" | cut -d' ' -f1)
    grep -q "\"sha256\":\"$sha\"" "$2/SBX01-000000001.837.manifest" || fail "the manifest does not say $sha"
    [ "$(ls "$2")" = "$(printf 'SBX01-000000001.837\nSBX01-000000001.837.manifest')" ] || fail "also there: $(ls "$2")"
}
sent() { "$X" claims --run "$1" --json | grep -c '"state":"sent'; }
in=fixtures/demo/riverbend.837

echo "a folder: the file is there whole, then the claims are sent"
mkdir "$T/folder" && wires "by: folder, usage: T, dir: $T/folder"
run "$T/a" $in
whole "$T/a" "$T/folder"
[ "$(sent "$T/a")" = 5 ] || fail "sent: $(sent "$T/a")"
has "$(list "$T/a")" 'delivered SBX01' "list"
has "$("$X" submit list --run "$T/a" --json)" '"state":"delivered"' "list --json"
has "$("$X" quarantine list --run "$T/a")" SUB_NO_WIRE "a payer without a wire"

echo "again: nothing goes twice"
run "$T/a" $in
[ "$(list "$T/a" | grep -c delivered)" = 1 ] || fail "twice: $(list "$T/a")"

echo "a folder that is not there: held, until a person says retry"
wires "by: folder, usage: T, dir: $T/nowhere"
run "$T/b" $in
has "$(list "$T/b")" 'held.*NET_FOLDER' "list"
[ "$(sent "$T/b")" = 0 ] || fail "sent although held"
mkdir "$T/nowhere" && run "$T/b"
has "$(list "$T/b")" 'held' "held is not tried by itself"
"$X" submit retry 1 --run "$T/b" >/dev/null && run "$T/b"
whole "$T/b" "$T/nowhere"
[ "$(sent "$T/b")" = 5 ] || fail "sent: $(sent "$T/b")"
"$X" submit retry 1 --run "$T/b" 2>/dev/null && fail "what is delivered is tried again"

echo "other bytes lie there under the name: held, nothing overwritten"
mkdir "$T/taken" && echo other >"$T/taken/SBX01-000000001.837" && wires "by: folder, usage: T, manifest: false, dir: $T/taken"
run "$T/c" $in
has "$(list "$T/c")" 'held.*NET_TAKEN' "list"
[ "$(cat "$T/taken/SBX01-000000001.837")" = other ] || fail "overwritten"

echo "test claims never take a production wire"
wires "by: folder, usage: P, dir: $T/folder"
run "$T/d" $in
has "$("$X" quarantine list --run "$T/d")" SUB_USAGE "quarantine"
[ "$(list "$T/d" | grep -c .)" = 0 ] || fail "kept: $(list "$T/d")"

echo "a wrong configuration says file, line and column"
for bad in 'by: pigeon, dir: x' 'by: folder' 'by: sftp, dir: x, host: h, user: u, key: k, host-key: MD5' \
    'by: folder, dir: x, port: 99999' 'by: folder, dir: x, colour: red'; do
    wires "$bad"
    "$B/bin/claimwire-submit" --run "$T/e" --wires "$T/wires" </dev/null 2>"$T/log" && fail "$bad passes"
    grep -q "w.yaml:2:[0-9]*: " "$T/log" || fail "no place for: $bad"
done

echo "SFTP: whole, with its manifest, no temporary name left"
sftp_start "$T/sshd"
mkdir "$T/in"
sftp() { echo "by: sftp, usage: T, host: 127.0.0.1, port: ${1:-$sftp_port}, user: $(id -un), key: ${2:-$sftp_key}, host-key: \"${3:-$sftp_host_key}\", dir: ${4:-$T/in}, timeout: 5, retry-first: 1, retry-most: 2"; }
wires "$(sftp)"
run "$T/f" $in
whole "$T/f" "$T/in"
[ "$(sent "$T/f")" = 5 ] || fail "sent: $(sent "$T/f")"

echo "deaths of submit at each instant: the file is there once, the same, and the claims are sent"
for at in keep.before keep.after put.before put.after delivered.before delivered.after tell.before tell.after; do
    rm -rf "$T/in" "$T/f" && mkdir "$T/in"
    CLAIMWIRE_KILL_AT="submit.$at@$T/died.$at" run "$T/f" $in
    [ -f "$T/died.$at" ] || fail "submit.$at was not visited"
    case $at in put.*) sleep 1.1; run "$T/f" ;; esac # the hand died: tried again a second later
    whole "$T/f" "$T/in"
    [ "$(sent "$T/f")" = 5 ] || fail "$at: sent $(sent "$T/f")"
    "$X" prove --run "$T/f" >"$T/log" || fail "prove after $at"
done

echo "a file that no record speaks of: there once, whoever dies when it is taken"
for at in also.before also.after; do
    rm -rf "$T/in" "$T/f" && mkdir -p "$T/in" "$T/f/inquire/out"
    cp fixtures/276/clean.276 "$T/f/inquire/out/SBX01-000000007.276"
    CLAIMWIRE_KILL_AT="submit.$at@$T/died.$at" run "$T/f" $in
    [ -f "$T/died.$at" ] || fail "submit.$at was not visited"
    cmp fixtures/276/clean.276 "$T/in/SBX01-000000007.276" || { list "$T/f"; fail "$at: the inquiry"; }
    [ "$(list "$T/f" | grep -c 'SBX01-000000007.276')" = 1 ] || fail "$at: $(list "$T/f")"
done

echo "a key that the host does not know; a host that is not the pinned one: held"
ssh-keygen -q -t ed25519 -N '' -f "$T/stranger"
rm -rf "$T/in" && mkdir "$T/in"
wires "$(sftp "" "$T/stranger")" && run "$T/g" $in
has "$(list "$T/g")" 'held.*NET_KEY' "a strange key"
wires "$(sftp "" "" SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA)" && run "$T/h" $in
has "$(list "$T/h")" 'held.*NET_HOST_KEY' "a strange host"
[ -z "$(ls "$T/in")" ] || fail "something was written: $(ls "$T/in")"

echo "a host that is down: waits, and goes when it is up"
sftp_stop "$T/sshd"
wires "$(sftp)" && run "$T/i" $in
has "$(list "$T/i")" 'waits.*NET_DOWN' "down"
sftp_start "$T/sshd"
sleep 1.1 && run "$T/i"
whole "$T/i" "$T/in"

echo "a line that is cut in mid-file: nothing under the name, then the whole file"
rm -rf "$T/in" && mkdir "$T/in"
port=$(sftp_free_port)
awk 'BEGIN { for (i = 0; i < 40000; i++) print "a line that is long enough to fill the pipe" }' >"$T/big"
python3 tests/lib/cut.py "$port" "$sftp_port" 300000 4 >"$T/cut.log" 2>&1 &
cutter=$!
until grep -q ready "$T/cut.log" 2>/dev/null; do sleep 0.05; done
wires "$(sftp "$port")"
digest=$(python3 -c 'import hashlib, sys; print(hashlib.blake2b(open(sys.argv[1], "rb").read(), digest_size=32).hexdigest())' "$T/big")
mkdir -p "$T/outbox" && cp "$T/big" "$T/outbox/BIG.837"
/usr/bin/python3 - "$digest" "$(stat -c %s "$T/big")" >"$T/big.frame" <<'END' || { echo "python3-msgpack is missing"; exit 77; }
import sys
sys.path.insert(0, "tests/lib")
import frames
digest, size = sys.argv[1], int(sys.argv[2])
body = ('{"name":"BIG.837","payer":"SBX01","file":"%s"}' % digest).encode()
header = {"id": b"\1" * 16, "root": b"\1" * 16, "kind": "sent", "v": 1, "use": "T", "at": 0, "file": bytes.fromhex(digest), "off": 0, "len": size}
frames.write(sys.stdout.buffer, [(header, body)])
END
"$B/bin/claimwire-submit" --run "$T/j" --wires "$T/wires" --from "$T/outbox" <"$T/big.frame" >/dev/null 2>"$T/log" || fail "submit: exit $?"
has "$(list "$T/j")" 'waits.*NET_CUT' "cut"
[ ! -e "$T/in/BIG.837" ] || fail "half a file has the name"
sleep 1.1
"$B/bin/claimwire-submit" --run "$T/j" --wires "$T/wires" --from "$T/outbox" <"$T/big.frame" >/dev/null 2>"$T/log" || fail "submit: exit $?"
cmp "$T/big" "$T/in/BIG.837" || { list "$T/j"; fail "after the cut"; }

echo "a disk that is full there: waits, and goes when there is room"
mkdir "$T/small"
if mount -t tmpfs -o size=300k tmpfs "$T/small" 2>/dev/null; then
    head -c 250000 /dev/zero >"$T/small/ballast"
    wires "$(sftp "" "" "" "$T/small"), manifest: false"
    run="$B/bin/claimwire-submit --run $T/k --wires $T/wires --from $T/outbox"
    $run <"$T/big.frame" >/dev/null 2>"$T/log" || fail "submit: exit $?"
    has "$(list "$T/k")" 'waits.*NET_FULL' "full"
    [ ! -e "$T/small/BIG.837" ] || fail "half a file has the name"
    mount -o remount,size=4m "$T/small" && sleep 1.1
    $run <"$T/big.frame" >/dev/null 2>"$T/log" || fail "submit: exit $?"
    cmp "$T/big" "$T/small/BIG.837" || { list "$T/k"; fail "after the full disk"; }
else
    echo "no tmpfs can be mounted here: the full disk is not tried"
fi
echo "submit_test: all good"
