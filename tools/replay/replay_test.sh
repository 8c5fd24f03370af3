#!/bin/sh
# replay: order and virtual times, usage T, the same bytes twice, resumption, refusal in production.
set -eu
B=${B:-build}
py=/usr/bin/python3
tool=$B/bin/claimwire-replay
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
read_frames() { $py tests/lib/frames.py read; }
replay() { "$tool" --guides none --from "$from" "$@" 2>"$tmp/err"; }
from=2026-09-20T08:00:00Z # the fixtures are not of the future then
unset CLAIMWIRE_RUN

# A folder: a claim file that says P, a remittance, notes that are not traffic.
mkdir "$tmp/in"
sed 's/\*0\*T\*:~/*0*P*:~/' fixtures/g02/in.837 >"$tmp/in/b.837"
cp fixtures/835/clean.835 "$tmp/in/a.835"
cp fixtures/g02/README.md "$tmp/in/README.md"
grep -q '\*0\*P\*:~' "$tmp/in/b.837" || fail "the fixture does not say P"

replay "$tmp/in" >"$tmp/one" || fail "exit $?"
sleep 1.1 # the machine's clock goes on
replay "$tmp/in" >"$tmp/two" || fail "exit $?"
cmp "$tmp/one" "$tmp/two" || fail "two runs differ"
read_frames <"$tmp/one" >"$tmp/lines" || fail "no end mark"
$py - "$tmp/lines" <<'PY' || fail "order, time or usage"
import json, sys
r = [json.loads(x) for x in open(sys.argv[1])]
sets = [x for x in r if x["kind"] == "set"]
assert len(sets) == 3, len(sets)
assert ["ST*835" in x["body"] for x in sets] == [True, False, False], "order of names"
assert [x.get("seq", 0) for x in sets] == [0, 1, 2], "seq"
t0 = 1789891200 * 1000000
assert {x["at"] for x in r} == {t0, t0 + 60 * 1000000}, "virtual times"
assert all(x["use"] == "T" for x in r), "usage"
PY

# traffic.tsv says order and times; a time that goes backwards is said with its line.
printf '# arrival\n2026-09-21T07:00:00Z\tb.837\n2026-09-22T09:30:00Z\ta.835\n' >"$tmp/in/traffic.tsv"
replay "$tmp/in" | read_frames >"$tmp/lines" || fail "traffic.tsv: exit $?"
$py - "$tmp/lines" <<'PY' || fail "traffic.tsv is not followed"
import json, sys
sets = [json.loads(x) for x in open(sys.argv[1]) if '"kind": "set"' in x]
assert [(x["at"] // 1000000, "ST*835" in x["body"]) for x in sets] == \
    [(1789974000, False), (1789974000, False), (1790069400, True)], [x["at"] for x in sets]
PY
printf '2026-09-22T09:30:00Z\ta.835\n2026-09-21T07:00:00Z\tb.837\n' >"$tmp/in/traffic.tsv"
rc=0 && replay "$tmp/in" >/dev/null || rc=$?
[ $rc = 78 ] || fail "times that go backwards exit $rc, not 78"
grep -q 'traffic.tsv:2: ' "$tmp/err" || fail "the line is not said"
rm "$tmp/in/traffic.tsv"

# A rate holds back; --from and --step say times.
start=$(date +%s%N)
replay --rate 10 "$tmp/in" >"$tmp/slow" || fail "--rate: exit $?"
took=$((($(date +%s%N) - start) / 1000000))
[ $took -ge 250 ] || fail "seven records at 10 a second took $took ms"
cmp "$tmp/slow" "$tmp/one" || fail "the rate changes the bytes"
replay --from 2026-10-01 --step 0 "$tmp/in" | read_frames | grep -c '"at": 1790812800000000' >"$tmp/n"
[ "$(cat "$tmp/n")" = 7 ] || fail "--from"

# With a run directory: stored first, not played twice, resumed after a kill with the same bytes.
replay --run "$tmp/run" "$tmp/in" >"$tmp/stored" || fail "--run: exit $?"
cmp "$tmp/stored" "$tmp/one" || fail "a run directory changes the bytes"
replay --run "$tmp/run" "$tmp/in" | read_frames >"$tmp/lines" || fail "again: exit $?"
[ ! -s "$tmp/lines" ] || fail "played twice"
rc=0 && CLAIMWIRE_KILL_AT=ingest.take.after:2 replay --run "$tmp/k" "$tmp/in" >/dev/null || rc=$?
[ $rc = 137 ] || fail "no kill point: exit $rc"
replay --run "$tmp/k" "$tmp/in" | read_frames >"$tmp/lines" || fail "resumed: exit $?"
read_frames <"$tmp/one" | cmp - "$tmp/lines" || fail "resumed with other records"

# Nothing to play, nothing there.
mkdir "$tmp/empty"
for words in "$tmp/empty" "$tmp/missing" ""; do
    # shellcheck disable=SC2086
    rc=0 && replay $words >/dev/null || rc=$?
    [ $rc = 100 ] || fail "\"$words\" exits $rc, not 100"
done

# A shipped pipeline as a production one, fed by replay: every sink refuses what is played, quarantine
# keeps it, nothing leaves and nothing is posted, and the run ends.
sed 's/^pipeline: .*/&\nproduction: true/; s/ingest/replay/g' pipelines/clearinghouse.yaml >"$tmp/production.yaml"
timeout 60 "$B/bin/claimwire" run "$tmp/production.yaml" --run "$tmp/p" --clock 2026-09-20T08:00:00Z \
    fixtures/837p/clean.837 >"$tmp/out" 2>&1 || fail "a production pipeline: exit $?: $(tail -n 3 "$tmp/out")"
"$B/bin/claimwire" quarantine list --run "$tmp/p" --json >"$tmp/held"
[ "$(grep -c '"rule":"USAGE_T"' "$tmp/held")" = "$(wc -l <"$tmp/held")" ] && [ -s "$tmp/held" ] ||
    fail "held: $(cat "$tmp/held")"
[ -z "$(ls "$tmp/p/build837/out" "$tmp/p/respond/out" 2>/dev/null | grep -v ':$')" ] || fail "something left"
