#!/bin/sh
# simulate: invented houses live through their days against simulated payers. Their books are proved, at
# random moments too; they are the same for another order of arrival and when processes are killed on the
# way, uploads too; nobody received anything twice; every figure of every report is the one that an
# independent reader works out from the plain files. Three seeds.
set -eu
B=${B:-build}
X=$B/bin/claimwire
CLAIMS=${CLAIMS:-300} DAYS=${DAYS:-20}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN CLAIMWIRE_CONTRACTS CLAIMWIRE_KILL_AT
fail() { echo "FAIL: $*"; exit 1; }
sim() { # NAME OPTION...
    at=$T/$1
    shift
    "$X" simulate --claims "$CLAIMS" --days "$DAYS" --json --run "$at" "$@" >"$at.json" 2>"$at.err" ||
        fail "simulate $*: $(cat "$at.json" "$at.err")"
}
sent_once() { /usr/bin/python3 tests/readers/sim_files.py "$T/$1" >"$T/files" || fail "$1: $(cat "$T/files")"; }
figure() { /usr/bin/python3 -c 'import json, sys
for k in sys.argv[2:]: o = json.load(open(sys.argv[1])) if k == sys.argv[2] else o; o = o[k]
print(o)' "$@"; }

sim a --seed 11 --check-every 4
sim b --seed 11 --shuffle 3
export CLAIMWIRE_KILL_AT="submit.put.after@$T/killed" # and one upload, when the bytes are there
sim c --seed 11 --kill 12
unset CLAIMWIRE_KILL_AT
for k in b c; do
    diff "$T/a/simulate/books.txt" "$T/$k/simulate/books.txt" >"$T/diff" || fail "other books in $k: $(head -5 "$T/diff")"
done
[ -e "$T/killed" ] || fail "no upload was cut off"
[ "$(figure "$T/c.json" killed)" -ge 6 ] || fail "nobody was killed"
[ "$(figure "$T/a.json" checks)" -ge 2 ] || fail "checked at the end alone"
# where the time goes: the phases are all of the days, and the pipeline's processor is that of its stages
/usr/bin/python3 - "$T/a.json" <<'E' || fail "the times do not add up"
import json, sys
o = json.load(open(sys.argv[1]))
t = o["tools"]
stages = sum(v["processor_ms"] for k, v in t.items() if k.startswith("run."))
sys.exit(not (o["ms"] * .98 - 10 <= sum(o["phases"].values()) <= o["ms"] and len(o["phases"]) == 5
              and .4 * t["run"]["processor_ms"] < stages < t["run"]["processor_ms"]))
E
sim d --seed 12
sim e --seed 13
for k in a b c d e; do
    sent_once "$k"
    grep -q '^account cash [1-9]' "$T/$k/simulate/books.txt" || fail "no payer of $k has paid"
    "$X" prove --run "$T/$k" --quick >"$T/proof" || fail "prove $k: $(cat "$T/proof")"
done
cmp -s "$T/a/simulate/books.txt" "$T/d/simulate/books.txt" && fail "another seed gives the same books"
# what is to happen does
for what in 'denied, payer' 'rejected by payer' 'paid, patient' 'paid, zero' '^item EDIT_HOLD' '^account interest'; do
    cat "$T"/[ade]/simulate/books.txt | grep -q "$what" || fail "nothing of: $what"
done
# each kind of the mix has happened, by the payers' files
/usr/bin/python3 - "$T/a.json" "$T/b.json" "$T/d.json" "$T/e.json" <<'E' || fail "a kind of the mix did not happen"
import collections, json, sys
n = collections.Counter()
for path in sys.argv[1:]:
    n.update(json.load(open(path))["kinds"])
want = ["sets rejected", "files rejected", "claims rejected by payer", "denied 197", "denied 16", "denied 18", "denied 96",
        "denied 97", "denied 50", "denied 22", "denied 29", "denied B7", "reversals", "split", "crossovers", "secondary claims",
        "answers of second payers", "replacements", "voids", "PLB WO given", "PLB WO taken", "PLB 72 given", "PLB L6 given",
        "remittances of nothing", "remittances twice", "remittances out of balance", "unknown accounts", "status inquiries",
        "status P1", "status A4", "files held back", "receipts of patients"]
lost = [k for k in want if n[k] < 1]
answered = sum(v for k, v in n.items() if k.startswith("status ") and k != "status inquiries")
if lost or not 0 < answered < n["status inquiries"]:
    print(lost, answered, dict(n))
    sys.exit(1)
E
# every number of every report, money, counts, rates, lags and ages, by another reader, young and old; which
# notices a dollar
for k in d e; do
    sh tests/lib/sim_figures.sh "$T/$k" 2026-01-20 2026-03-20 2026-06-30 >"$T/said" ||
        fail "the figures of $k: $(head -20 "$T/said")"
done
for k in a d e; do
    sh tests/lib/desk_figures.sh "$T/$k" 2026-06-30 >"$T/said" || fail "claims, work and statements of $k: $(head -20 "$T/said")"
done
# what --trace names is there: file, segment, bytes
for name in $("$X" report list | awk '{print $1}'); do
    "$X" report "$name" --run "$T/e" --json --trace --now 2026-03-20
done | /usr/bin/python3 tests/readers/report_trace.py "$T/e" >"$T/said" || fail "the traces: $(head -20 "$T/said")"
f=$(find "$T/d/simulate/taken" -name '*.post' | head -1)
sed '1s/"cents":\([0-9]*\)/"cents":1\1/' "$f" >"$T/post" && mv "$T/post" "$f"
sh tests/lib/sim_figures.sh "$T/d" 2026-06-30 >"$T/said" && fail "another payment is not noticed"
sh tests/lib/desk_figures.sh "$T/d" 2026-06-30 >"$T/said" && fail "another payment is not noticed on a statement"
# the comparison of files notices a second sending and other bytes
f=$(ls "$T"/a/simulate/payers/*/archive/*.837 | head -1)
cp "$f" "$f.837" && cp "$f.manifest" "$f.837.manifest"
/usr/bin/python3 tests/readers/sim_files.py "$T/a" >"$T/files" && fail "a second sending is not noticed"
"$X" simulate --claims 10 --run "$T/a" >"$T/said" 2>&1 && fail "a house that is there is gone over"
for wrong in '--claims 0' '--claims x' '--days 0' '--start never' '--nonsense' '--pipeline /nowhere'; do
    code=0
    "$X" simulate $wrong --run "$T/w" >"$T/said" 2>&1 || code=$?
    [ $code -ge 64 ] || fail "$wrong: exit $code"
done
echo "simulate_test: all good"
