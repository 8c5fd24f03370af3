#!/bin/sh
# The circle: a house bills what lies in fixtures/demo, sends it to the payers of fixtures/payers over a
# real sshd, fetches their answers and remittances, and posts them; each claim is paid what the payer's
# own files say, and the books are proved. The payers live some weeks earlier: what is dated in the future is refused.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/sftp.sh
finish() {
    code=$?
    sftp_stop "$T/sshd" || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; cat "$T/log" 2>/dev/null; exit 1; }
[ -x /usr/sbin/sshd ] || { echo "openssh-server is missing"; exit 77; }
sftp_start "$T/sshd"
mkdir "$T/wires"
ends="by: sftp, usage: T, host: 127.0.0.1, port: $sftp_port, user: $(id -un), key: $sftp_key, host-key: \"$sftp_host_key\", timeout: 5, retry-first: 1"
{
    echo "submit:"
    for p in SBX01 SBX02 PAX01; do echo "  $p: {$ends, dir: $T/payers/$p/in}"; done
    echo "fetch:"
    for p in SBX01 SBX02 PAX01; do echo "  $p: {$ends, dir: $T/payers/$p/out, archive: $T/payers/$p/archive}"; done
} >"$T/wires/w.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
sed 's/^  PAX01:/  SBX02: {name: SANDBOX TWO, isa: SANDBOX2, tax: "1512345677"}\n  PAX01:/' fixtures/payers/demo.yaml >"$T/script.yaml"
run() { "$X" run "$T/house.yaml" --run "$T/house" "$@" >"$T/log" 2>&1 || fail "run $*: exit $?"; }
payers() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said"; }
fetch() { # brings what is there and takes it in
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/log" || fail "fetch: exit $?"
    [ -s "$T/came" ] || fail "nothing came"
    run $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
count() { "$X" claims --run "$T/house" --json | grep -c "$1" || true; }

payers 2026-10-01
run fixtures/demo/riverbend.837
[ "$(count '"state":"sent')" = 8 ] || fail "sent: $(count '"state":"sent')"
payers 2026-10-01T06:00:00Z
payers 2026-10-01T08:00:00Z
fetch
[ "$(count '"state":"syntax ok')" = 8 ] || fail "after the 999: $("$X" claims --run "$T/house")"
payers 2026-10-03
fetch
[ "$(count '"state":"accepted, waiting')" = 8 ] || fail "after the 277CA: $("$X" claims --run "$T/house")"
payers 2026-11-01
fetch
[ "$(count '"state":"accepted, paid')" = 8 ] || fail "after the 835: $("$X" claims --run "$T/house")"

# What the payers' files say that they paid, by another reader, is what the house says.
theirs=$(python3 tests/readers/read_835.py "$T"/payers/*/archive/*.835 | awk '/^CLP/ { printf "%s %.2f\n", $2, $5 }' | sort)
ours=$("$X" claims --run "$T/house" --json | python3 -c '
import json, sys
for line in sys.stdin:
    c = json.loads(line)
    if c.get("claim") and c.get("paid"):
        print(c["claim"], "%d.%02d" % divmod(c["paid"], 100))' | sort)
[ "$ours" = "$theirs" ] && [ -n "$ours" ] || fail "paid: ours $ours, theirs $theirs"
echo "$ours" | grep -q '^RB-1001 86.50$' || fail "RB-1001 is paid 86.50: $ours"
# The bank says what came in; the front desk takes what patients owe.
mkdir "$T/desk"
"$X" post patient --account RB-1001 --amount 25.00 --date 2026-11-02 --reference R-1 --into "$T/desk" >"$T/log"
run "$T"/house/fetch/in/*.ach "$T"/desk/*
[ "$("$X" claims --run "$T/house" --json | grep '"RB-1001"' | grep -c '"patient":0,.*"received":2500')" = 1 ] ||
    fail "the patient paid: $("$X" claims --run "$T/house" --json | grep RB-1001)"
"$X" claims --run "$T/house" --exceptions | grep -E 'EFT_|ERA_NO' && fail "bank and payers disagree"
"$X" prove --run "$T/house" >"$T/log" 2>&1 || fail "prove"
grep -q '^10 .*holds .*(3 checked)' "$T/log" || fail "deposits: $(grep '^10' "$T/log")"
echo "circle_test: all good"
