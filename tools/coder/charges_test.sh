#!/bin/sh
# What a line costs when a rule has changed it: a split line costs together what it did, of fewer
# units their part, another code what the charge master says; without a price it goes to a person.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
cp -r config/practice "$T/practice"
cat >"$T/practice/charges.yaml" <<'END'
charges:
  - {code: "J3301", from: 2026-01-01, cents: 1200}
END
bill() { # FIELDS: the lines of the claim that comes of the office visit with these fields
    "$PY" - "$1" <<'END' | "$B/bin/claimwire-ingest" 2>>"$T/log" | "$B/bin/claimwire-coder" --codes fixtures/coding/codes --practice "$T/practice" --rejects "$T/rejects" 2>>"$T/log" >"$T/out"
import json, sys
e = json.loads(open("fixtures/demo/office.jsonl").readline())
e.update(json.loads(sys.argv[1]))
print(json.dumps(e))
END
    tr '~' '\n' <"$T/out" | grep -a '^SV1' | cut -d '*' -f 2-5 | tr '\n' ' '
}
is() { got=$(bill "$2"); [ "$got" = "$3" ] || fail "$1: $got, not $3"; }
dx='"dx":[{"n":1,"code":"M17.11","by":"physician"}]'
line() { printf '"lines":[{"ln":1,"code":"%s","mods":[],"units":%s,"chg":%s,"dx":[1]}]' "$@"; }
is 'a visit as it is' "{$dx,\"note\":{\"text\":\"-\"},$(line 99213 1 15000)}" 'HC:99213*150*UN*1 '
is 'both sides are one line, one unit, and cost what two did' "{$dx,\"note\":{\"text\":\"Both knees injected, right and left.\"},$(line 20610 2 30001)}" 'HC:20610:50*300.01*UN*1 '
is 'two lines of a split one cost what it did, to the cent' "{\"dx\":[{\"n\":1,\"code\":\"I10\",\"by\":\"physician\"}],\"note\":{\"text\":\"Both feet, right and left.\"},$(line 73630 2 10001)}" 'HC:73630:RT*50.01*UN*1 HC:73630:LT*50*UN*1 '
is 'an absolute limit takes its part of the charge along' "{$dx,\"note\":{\"text\":\"-\"},$(line 36415 2 3000)}" 'HC:36415*15*UN*1 '
is 'more units than were charged: the charge master' "{$dx,\"note\":{\"text\":\"Triamcinolone acetonide 40 mg into the knee.\"},\"lines\":[{\"ln\":1,\"code\":\"J3301\",\"units\":1,\"chg\":5000,\"dx\":[1]},{\"ln\":2,\"code\":\"20610\",\"mods\":[\"RT\"],\"units\":1,\"chg\":9000,\"dx\":[1]}]}" 'HC:J3301*48*UN*4 HC:20610:RT*90*UN*1 '
low='"em":{"family":"office","patient":"established","problems":"low","data":"minimal","risk":"low"}'
is 'another level has its own price' "{$dx,$low,\"note\":{\"text\":\"-\"},$(line 99214 1 21000)}" 'HC:99213*150*UN*1 '
new='"em":{"family":"office","patient":"new","problems":"low","data":"minimal","risk":"low"}'
is 'a level without a price goes to a person' "{$dx,$new,\"note\":{\"text\":\"-\"},$(line 99204 1 30000)}" ''
"$PY" -c 'import msgpack' 2>/dev/null && { "$PY" tests/readers/show_rejects.py "$T/rejects" | grep -q 'CODE_REVIEW lines\[0\].chg: has no price' || fail "$("$PY" tests/readers/show_rejects.py "$T/rejects")"; }
echo "charges_test: all good"
