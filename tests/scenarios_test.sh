#!/bin/sh
# The scenarios of fixtures/scenarios; that each of their expected files is compared: altered once, it is found by name;
# that the sum of the whole set is that of the 835 files.
set -eu
B=${B:-build}
export B
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
python3 tests/scenarios.py >"$T/log" || { cat "$T/log"; fail "the scenarios"; }
for of in files books; do
    grep -q "$of: BPR02 1442662 = CLP04 1438447 - PLB (-4215), in cents" "$T/log" || fail "the sum of the $of"
done

echo "every expected file altered once: each is found"
cp -r fixtures/scenarios "$T/altered"
python3 tests/lib/alter.py "$T/altered" | sort >"$T/names"
[ "$(wc -l <"$T/names")" -gt 200 ] || fail "few are expected: $(wc -l <"$T/names")"
rc=0; python3 tests/scenarios.py --home "$T/altered" >"$T/log" || rc=$?
[ $rc = 1 ] || fail "altered: exit $rc"
sed -n 's/^FAILED  \(G[0-9a-z]*\/[^: ]*\): .*/\1/p' "$T/log" | sort >"$T/found"
diff "$T/names" "$T/found" || fail "not found, or found and not altered"

echo "a file that went out and is not expected, one that nobody compares, another sum: found"
G=$T/one/G04
mkdir "$T/one" && cp -r fixtures/scenarios/G04 "$T/one/"
wrong() { # WHAT
    rc=0; python3 tests/scenarios.py --home "$T/one" G04 >"$T/log" || rc=$?
    [ $rc = 1 ] && grep -q "$1" "$T/log" || fail "not found: $1: $(cat "$T/log")"
    rm -rf "$G" && cp -r fixtures/scenarios/G04 "$T/one/"
}
rm "$G/expect/out/20260925T090000Z-MGP0004.999"; wrong 'G04/out: 1 other files went out'
cp "$G/expect/claims.tsv" "$G/expect/20260916T100000Z-claim.tsv"; wrong '20260916T100000Z-claim.tsv: compared with nothing'
rm "$G/expect/rows.tsv"; wrong 'rows.tsv'
/usr/bin/python3 - <<'END' || fail "the sum"
import sys
sys.path.insert(0, "tests")
import scenarios as s
names = sorted(n for n in s.os.listdir(s.HOME) if n[0] == "G" and not n[-1].isalpha())
assert s.remitted(names, s.HOME) == s.TOTAL
assert s.remitted(names[1:], s.HOME) == (1434012, 1429797, -4215)  # without the 86.50 of G01
END
echo "scenarios_test: all good"
