#!/bin/sh
# Rules that go by values which came out clean before are not tried again for these, and for others
# they are: a fault among many lines alike is found, each time it comes.
set -u
B=${B:-build}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

python3 - "$dir" <<'P' || exit 1
import sys
segments = open("fixtures/837p/clean.837").read().replace("\n", "").split("~")
cases = {"clean": [("25", "1")] * 8,
         "two": [("25", "1")] * 3 + [("25:25", "1"), ("25", "1"), ("25:25", "1"), ("25", "3"), ("25", "3")]}
for name, lines in cases.items():
    out = list(segments)
    at = out.index("REF*X4*46D0000001") + 1
    more = []
    for i, (modifiers, pointer) in enumerate(lines):
        more += [f"LX*{i + 3}", f"SV1*HC:99213:{modifiers}*10*UN*1***{pointer}", "DTP*472*D8*20260903",
                 f"REF*6R*A1-{i + 3}"]
    out[at:at] = more
    out = [s.replace("CLM*CLM-A1*190*", "CLM*CLM-A1*270*") for s in out]
    out = ["SE*%d*%s" % (int(s.split("*")[1]) + len(more), s.split("*")[2]) if s.startswith("SE*") else s for s in out]
    open(f"{sys.argv[1]}/{name}.837", "w").write("~".join(out))
P
"$B/bin/claimwire-validate" --max-level 7 --report json="$dir/clean.json" "$dir/clean.837" >/dev/null 2>&1
"$B/bin/claimwire-validate" --max-level 7 --report json="$dir/two.json" "$dir/two.837" >/dev/null 2>&1
grep -q . "$dir/clean.json" && { echo "a clean file has findings: $(cat "$dir/clean.json")"; exit 1; }
# The first line that is added begins at position 49 of the set: its SV1 is 50, the next 54.
found=$(python3 -c "
import json, sys
found = sorted((json.loads(l) for l in open(sys.argv[1])), key=lambda f: f['position'])
print(*(f['rule'] + '@' + str(f['position']) for f in found))
" "$dir/two.json")
[ "$found" = "S5-009@62 S5-009@70 S4-013@74 S4-013@78" ] || { echo "found: $found"; exit 1; }
