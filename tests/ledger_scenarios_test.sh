#!/bin/sh
# The money of all scenarios with money in the design's scenarios.json, through the reconciler, in
# three orders: every payment shared out, every claim's charge accounted for, the sums of the set.
set -eu
B=${B:-build}
S=${SHARED:-../shared}/domain/scenarios.json
[ -f "$S" ] || { echo "scenarios.json is not here"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

for order in as-written backwards shuffled; do
    mkdir "$tmp/$order"
    /usr/bin/python3 - "$S" "$tmp/$order" $order >"$tmp/frames" <<'PY'
import json, random, sys
sys.path.insert(0, "tests/lib")
import frames, ledger_scene as scene

def x12(cents):
    s = "%d.%02d" % divmod(abs(cents), 100)
    return ("-" if cents < 0 else "") + s

class Cents:
    """An amount that sums exactly and is written as X12 writes it."""
    def __init__(self, cents):
        self.cents = cents
    def __str__(self):
        return x12(self.cents)
    def __add__(self, other):
        return Cents(self.cents + other.cents)
    def __radd__(self, other):
        return Cents(self.cents + other)

# What the claims were billed to, by the lines that their remits answer.
charges, records = {}, []
groups = json.load(open(sys.argv[1]))
for remits in groups.values():
    for r in remits:
        for c in r["clps"]:
            if c["chg"] > 0 and not c["pcn"].startswith("ZZ"):
                lines = c["lines"] or [{"proc": "99999", "chg": c["chg"]}]
                have = charges.setdefault(c["pcn"], {})
                for l in lines:
                    have[l["proc"]] = l["chg"]
claims = [(pcn, "SBX01", "P", "1", "", [(p, Cents(v)) for p, v in lines.items()])
          for pcn, lines in charges.items()]

records += scene.bill(sys.argv[2], 1, claims, sent=False)
seq = 10
for name, remits in groups.items():
    for r in remits:
        clps = []
        for c in r["clps"]:
            cas = lambda rows: "".join("CAS*%s*%s*%s~" % (g, n, x12(a)) for g, n, a in rows)
            clps.append(scene.clp(c["pcn"], c["st"], x12(c["chg"]), x12(c["paid"]),
                                  x12(c["pr"]) if c["pr"] else "", c["icn"],
                                  [(l["proc"], x12(l["chg"]), x12(l["paid"]), cas(l["cas"]))
                                   for l in c["lines"]], cas(c["cas"])))
        plbs = ["%s:%s*%s" % (code, ref, x12(a)) for code, ref, a in r["plb"]]
        bpr = x12(r["bpr"]) if r["bpr"] else "0"
        records += scene.era(sys.argv[2], seq, "SBX01", r["trn"], bpr, clps, plbs)
        seq += 1
if sys.argv[3] == "backwards":
    records.reverse()
elif sys.argv[3] == "shuffled":
    random.Random(7).shuffle(records)
frames.write(sys.stdout.buffer, records)
PY
    "$B/bin/claimwire-reconciler" --run "$tmp/$order" <"$tmp/frames" >/dev/null || fail "exit $?"
    "$B/bin/claimwire-prove" --run "$tmp/$order" >"$tmp/proof" || fail "$order: $(cat "$tmp/proof")"
    "$B/bin/claimwire-claims" --run "$tmp/$order" --json | sort >"$tmp/$order.json"
    cmp "$tmp/as-written.json" "$tmp/$order.json" || fail "$order: other books"
done

/usr/bin/python3 - "$tmp/as-written.json" <<'PY' || fail "the sums"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
total = [r["total"] for r in rows if "total" in r][0]
row = {r["claim"]: r for r in rows if "claim" in r}
# the line that DOMAIN.md G gives: BPR02 14,426.62, CLP04 14,384.47, PLB -42.15
assert total["cash"] == 1442662, total
assert total["paid"] + total["unapplied"] == 1438447, total
assert total["unapplied"] == 5525 and total["interest"] == 4215 and total["payer_ledger"] == 0
want = {  # claim: paid, adjusted, patient, open
    "RB00010001": (8650, 7850, 2500, 0), "RB00030001": (41230, 68462, 10308, 0),
    "RB00040001": (12792, 12208, 0, 0), "RB00050001": (15000, 11500, 1500, 0),
    "RB00060001": (18000, 32000, 0, 0), "RB00060002": (9000, 5000, 0, 0),
    "RB00060003": (20000, 6000, 0, 0), "RB00070001": (15000, 17000, 0, 0),
    "RB00070002": (40000, 12000, 0, 0), "RB00070003": (12550, 5450, 0, 0),
    "RB00070004": (6000, 4000, 0, 0), "RB00080001": (980000, 705000, 160000, 0),
    "RB00090001": (19500, 26000, 2000, 20000), "RB00100001": (41200, 18800, 0, 0),
    "RB00100002": (100000, 40000, 0, 0), "RB00110001": (64000, 10000, 16000, 0),
    "RB00120001": (0, 0, 0, 18000), "RB00120002": (30000, 10000, 0, 0)}
for pcn, w in want.items():
    r = row[pcn]
    assert (r["paid"], r["adjusted"], r["patient"], r["open"]) == w, (pcn, r)
assert len(row) == len(want)
PY
echo "scenarios: ok"
