#!/bin/sh
# Odd notes and odd questions: each is coded or refused with a reason, nothing dies, what is printed as JSON is JSON.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
X=$B/bin/claimwire
S="--codes config/codes/starter"
fail() { echo "FAILED: $*" >&2; exit 1; }

echo "encounters: empty, missing, gigantic, CRLF, no UTF-8, a zero byte, unsigned, before every table, wrong types"
"$PY" - fixtures/demo/office.jsonl "$T/odd.jsonl" <<'END'
import json, sys
first = json.loads(open(sys.argv[1]).readline())
def with_(name, **k):
    return json.dumps(dict(json.loads(json.dumps(first)), enc=name, **k)).encode()
note = lambda text: {"type": "progress", "text": text}
open(sys.argv[2], "wb").write(b"\n".join([
    with_("EMPTY", note=note("")), with_("NONE", note=None),
    with_("BIG", note=note("Assessment: Acute pharyngitis.\n" * 33000)),
    with_("CRLF", note=note("CC: sore throat\r\nAssessment: Acute pharyngitis.\r\nPlan: rest\r\n")),
    with_("UTF", note=note("Assessment: XX")).replace(b"XX", b"\xff\xfe"),
    with_("NUL", note=note("Assessment: \0 Acute pharyngitis.")),
    with_("UNSIGNED", signed=None), with_("AHEAD", signed={"by": "2000000028", "at": "2199-09-03"}), with_("BEFORE", signed={"by": "2000000028", "at": "2026-09-02"}), with_("OLD", dos={"from": "1990-09-03", "thru": "1990-09-03"}),
    with_("TYPES", note=["x"], inst="111"), with_("LINES", lines=[None]), b'{"v":"enc.v1"}']) + b"\n")
END
"$B/bin/claimwire-ingest" --rejects "$T/rejects" "$T/odd.jsonl" >"$T/enc" 2>"$T/log" || fail "ingest: $(tail -1 "$T/log")"
"$B/bin/claimwire-coder" --rejects "$T/refused" <"$T/enc" >"$T/sets" 2>"$T/log" || fail "coder: $(tail -1 "$T/log")"
[ "$(grep -ao 'HI\*ABK:J029~' "$T/sets" | wc -l)" = 2 ] || fail "the gigantic note and the one with CRLF are coded"
if "$PY" -c 'import msgpack' 2>/dev/null; then
    { "$PY" tests/readers/show_rejects.py "$T/rejects"; "$PY" tests/readers/show_rejects.py "$T/refused"; } |
        cut -d ' ' -f 2 | sort | uniq -c | tr -s ' \n' ' ' >"$T/rules"
    # EMPTY, NONE: review; OLD: no diagnosis; UTF and NUL: no JSON; the object without anything: ENC_MISSING
    grep -q '2 ENC_JSON .*3 ENC_UNSIGNED' "$T/rules" || fail "$(cat "$T/rules")"
    [ "$("$PY" -c 'import sys; print(sum(int(w) for w in open(sys.argv[1]).read().split() if w.isdigit()))' "$T/rules")" = 11 ] ||
        fail "$(cat "$T/rules")"
fi

echo "a value of another type is refused by name, and never passed over: what it says would be lost"
"$PY" - fixtures/demo/office.jsonl "$T/types.jsonl" <<'END'
import copy, json, sys
first = json.loads(open(sys.argv[1]).readline())
def with_(**k):
    e = copy.deepcopy(first)
    for key, value in k.items():
        (e["lines"][0] if key in ("mods", "units", "pointers", "code") else e)[{"pointers": "dx"}.get(key, key)] = value
    return json.dumps(e)
dx = lambda n, c: {"n": n, "code": c, "by": "physician"}
open(sys.argv[2], "w").write("\n".join([
    with_(mods="25"), with_(mods=[25]), with_(units="3"), with_(pointers="1"), with_(pointers=["1"]), with_(code=99213),
    with_(dx=[dx(1, 29)]), with_(dx=[dx("1", "J029")]), with_(dx=[dx(1, "J029"), dx(1, "I10")]), with_(em="low"),
    with_(lines={"ln": 1}), with_(pt=dict(first["pt"], dob="2026-09-04"))]) + "\n")
END
"$B/bin/claimwire-ingest" "$T/types.jsonl" 2>"$T/log" | "$B/bin/claimwire-coder" --codes config/codes/starter --rejects "$T/refused" >"$T/sets" 2>"$T/log" || fail "types"
! grep -aq "CLM\*" "$T/sets" || fail "billed: $(tr "~" "\n" <"$T/sets" | grep -a "^SV1")"
if "$PY" -c 'import msgpack' 2>/dev/null; then
    "$PY" tests/readers/show_rejects.py "$T/refused" | cut -d ' ' -f 2- >"$T/why"
    [ "$(wc -l <"$T/why")" = 12 ] || fail "$(cat "$T/why")"
    for why in 'modifiers are no list of texts' 'units are no number' 'pointers are no list of numbers' 'dx\[0\].code: expected a text' \
        'dx\[0\].n: expected a whole number' 'dx\[1\]: number or code stands here twice' 'an em that is no object' 'pt.dob: is after the first day'; do
        grep -q "$why" "$T/why" || fail "$why: $(cat "$T/why")"
    done
fi

echo "code check: a signature of tomorrow is one, of the year 2199 is none; and one before the visit is none"
signature() { # DAY, what is held because of it is printed
    printf '{"v":"enc.v1","enc":"S","pt":{"dob":"1980-01-01","sex":"F"},"dos":{"from":"2026-09-03","thru":"2026-09-04"},"facility":{"pos":"11"},"dx":[{"code":"J029"}],"lines":[{"code":"99213","units":1,"dx":[1]}],"signed":{"by":"2000000028","at":"%s"}}\n' "$1" >"$T/signed"
    "$X" code check $S "$T/signed" 2>"$T/log" | grep -c '"rule":"C80-031"' || true
}
[ "$(signature "$(date -u +%Y-%m-%d)")$(signature "$(date -u -d tomorrow +%Y-%m-%d)")$(signature 2026-09-04T09:00:00-06:00)" = 000 ] || fail "good signatures are held"
[ "$(signature 2199-01-01)$(signature 2026-09-03T23:59:00-06:00)" = 11 ] || fail "signatures ahead and before"

echo "a fault in the practice is told by everything that reads it, with its line"
mkdir "$T/practice"
printf 'charges:\n  - {code: "99213", from: 2026-01-01, cents: 150.00}\n' >"$T/practice/p.yaml"
faulty() { rc=0; "$@" </dev/null >"$T/out" 2>"$T/log" || rc=$?
    [ $rc = 78 ] && grep -q 'p.yaml:2.*whole cents' "$T/log" || fail "$*: $rc $(cat "$T/log")"; }
faulty "$X" code check $S --practice "$T/practice" "$T/signed"
faulty "$B/bin/claimwire-coder" --practice "$T/practice"
faulty "$B/bin/claimwire-gather" --run "$T/run" --practice "$T/practice"

echo "notes as files: JSON that is JSON, and a reason where there is none"
printf 'Assessment: Acute \377\376pharyngitis. Type 2 diabetes \303\n' >"$T/bad.txt"
: >"$T/empty.txt"
printf 'CC: sore throat\r\nAssessment:\r\n1. Acute pharyngitis\r\n' >"$T/crlf.txt"
"$X" code $S "$T/bad.txt" "$T/empty.txt" "$T/crlf.txt" >"$T/out" 2>"$T/log" || fail "$(cat "$T/log")"
"$PY" -c 'import json, sys; print(*sorted(json.loads(l)["code"] for l in open(sys.argv[1], encoding="utf-8")))' "$T/out" >"$T/codes"
grep -q 'E119.*J029' "$T/codes" || fail "$(cat "$T/codes")"
printf 'a\0b' >"$T/nul.txt"
rc=0; "$X" code $S "$T/nul.txt" >"$T/out" 2>"$T/log" || rc=$?
[ $rc = 100 ] && grep -q 'zero byte' "$T/log" || fail "zero byte: $rc $(cat "$T/log")"
"$X" code $S --on 1990-01-01 "$T/crlf.txt" >"$T/out" 2>"$T/log" || fail "1990"
[ ! -s "$T/out" ] && grep -q 'no diagnosis that was valid on 1990-01-01' "$T/log" || fail "1990: $(cat "$T/log")"

echo "wrong questions are said, by exit code and reason"
asks() { want=$1; word=$2; shift 2; rc=0; "$X" "$@" >"$T/out" 2>"$T/log" || rc=$?
    [ $rc = "$want" ] && grep -q -- "$word" "$T/log" || fail "$*: exit $rc: $(cat "$T/log")"; }
asks 64 usage code
asks 64 usage code rules
asks 64 usage code context
asks 64 bogus code --bogus "$T/crlf.txt"
asks 64 2026-13-01 code --on 2026-13-01 "$T/crlf.txt"
asks 78 codes.cwt code --codes "$T/none" "$T/crlf.txt"
asks 78 'no model' code $S --model "$T/crlf.txt" "$T/crlf.txt"
asks 100 'line 1 is no JSON' code check $S "$T/crlf.txt"
asks 64 NOPE code rules why NOPE
asks 1 'no such code' codeset show NOPE $S
asks 1 'on 1990-01-01' codeset show J029 --on 1990-01-01 $S
asks 1 'nothing in the tables' codeset search zzzz $S
asks 78 codes.cwt codeset list --codes "$T/none"
printf 'no table' >"$T/codes.cwt"
asks 78 'no code table\|cut short' codeset show J029 --codes "$T"
"$X" codeset show j02.9 $S | grep -q '^icd10cm  *J029 ' || fail "j02.9 is J029"
"$X" codeset search "sore throat" $S | grep -q ' J029 ' || fail "a term is shown with its code"
"$X" codeset search "sore throat" $S --json | "$PY" -c 'import json, sys; assert "J029" in [json.loads(l)["code"] for l in sys.stdin]'
echo "odd_test: all good"
