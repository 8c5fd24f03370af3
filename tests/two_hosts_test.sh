# Stages on two hosts over tcp with CURVE: two network namespaces, a link between them, one pipeline
# on each side. Nothing is lost, also when the wire is cut for a moment; a stranger's key gets nothing.
set -u
B=${B:-build}
X=$(pwd)/$B/bin/claimwire
[ "$(id -u)" = 0 ] || { echo "needs root for network namespaces"; exit 77; }
a=cwa$$ b=cwb$$
ip netns add "$a" 2>/dev/null || { echo "no network namespaces here"; exit 77; }
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
cleanup() {
    "$X" down --run "$T/front" >/dev/null 2>&1
    "$X" down --run "$T/build" >/dev/null 2>&1
    ip netns del "$a" 2>/dev/null
    ip netns del "$b" 2>/dev/null
    rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
ip netns add "$b"
ip link add "v$a" netns "$a" type veth peer name "v$b" netns "$b" 2>"$T/err" || { echo "no veth here: $(cat "$T/err")"; exit 77; }
nsenter --net="/run/netns/$a" ip addr add 10.77.0.1/24 dev "v$a" && nsenter --net="/run/netns/$a" ip link set "v$a" up && nsenter --net="/run/netns/$a" ip link set lo up
nsenter --net="/run/netns/$b" ip addr add 10.77.0.2/24 dev "v$b" && nsenter --net="/run/netns/$b" ip link set "v$b" up && nsenter --net="/run/netns/$b" ip link set lo up
mkdir "$T/in"
sed "s#/var/spool/claimwire/in#$T/in#;s/watch: .*in/&, settle: 100/" pipelines/two-hosts-front.yaml >"$T/front.yaml"
up() {
    nsenter --net="/run/netns/$a" "$X" up "$T/front.yaml" --run "$T/front" --clock 2026-09-01T08:00:00Z || { fail "front up"; exit 1; }
    nsenter --net="/run/netns/$b" "$X" up pipelines/two-hosts-build.yaml --run "$T/build" --clock 2026-09-01T08:00:00Z || { fail "build up"; exit 1; }
}
# Keys are made at first use; then each side is told the other's.
up
for side in front build; do [ -s "$T/$side/keys/curve/own.public" ] || { fail "no key of $side"; exit 1; }; done
"$X" down --run "$T/front" && "$X" down --run "$T/build" || fail "down"
mkdir -p "$T/front/keys/curve/takers" "$T/front/keys/curve/givers" "$T/build/keys/curve/takers" "$T/build/keys/curve/givers"
cp "$T/build/keys/curve/own.public" "$T/front/keys/curve/takers/build.public"
cp "$T/build/keys/curve/own.public" "$T/front/keys/curve/givers/10.77.0.2:7002.public"
cp "$T/front/keys/curve/own.public" "$T/build/keys/curve/givers/10.77.0.1:7001.public"
cp "$T/front/keys/curve/own.public" "$T/build/keys/curve/takers/front.public"
up
/usr/bin/python3 tests/lib/make_claims.py "$T/in.tmp" --claims 2000 --per-set 50
mv "$T/in.tmp.837" "$T/in/claims.837"
sleep 1
nsenter --net="/run/netns/$a" ip link set "v$a" down
sleep 2
nsenter --net="/run/netns/$a" ip link set "v$a" up
# Everything taken in is acknowledged, across the wire, before the front side finishes.
left() { "$X" status --run "$T/front" --json | python3 2>/dev/null -c 'import json, sys
s = {p["stage"]: p for p in json.load(sys.stdin)["processes"]}
i = s["ingest"]["status"] or {}
print(i.get("total", 1) - i.get("done", 0) + (i.get("total", 0) == 0))'; }
n=0
until [ "$(left)" = 0 ]; do
    sleep 0.5
    n=$((n + 1))
    [ $n -lt 80 ] || { fail "not acknowledged after 40 s: $("$X" status --run "$T/front")"; exit 1; }
done
"$X" down --run "$T/build" --finish || fail "finish build"
"$X" down --run "$T/front" --finish || fail "finish front"
cat "$T"/build/build837/out/* | tr -d '\n' | tr '~' '\n' | sed -n 's/^CLM\*\([^*]*\)\*.*/\1/p' | sort >"$T/got"
python3 -c "import json; print('\n'.join(sorted(json.load(open('$T/in.tmp.json'))['leave'])))" >"$T/want"
cmp -s "$T/got" "$T/want" || fail "$(wc -l <"$T/got") claims built of $(wc -l <"$T/want"): $(diff "$T/got" "$T/want" | head -3)"
/usr/bin/python3 tests/readers/ledger_claims.py "$T/front" | sort | cmp -s - "$T/want" || fail "the ledger does not hold the same claims"
# A key that is not on the list: an error on both sides, and no claim crosses.
rm "$T"/front/keys/curve/takers/* && cp "$T/front/keys/curve/own.public" "$T/front/keys/curve/takers/other.public"
up
n=0
until "$X" status --run "$T/build" --json | grep -q '"fault"' || [ $n -ge 150 ]; do sleep 0.1; n=$((n + 1)); done
"$X" status --run "$T/build" --json | grep -q '"fault"' || fail "a wrong key is no fault in the status"
grep -qi 'key' "$T"/build/log/build837.1.log || fail "a wrong key is not in the log"
exit $failed
