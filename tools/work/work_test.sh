#!/bin/sh
# work: what is open in the books of tests/lib/ledger_scene.py, by whose it is, what it is worth, when it
# is due; taking, noting, resolving; that it ends when its cause ends; bad configuration.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
/usr/bin/python3 tests/lib/ledger_scene.py "$T/run" entries | "$B/bin/claimwire-reconciler" --run "$T/run" >/dev/null
work() { "$X" work "$@" --run "$T/run"; }
items() { work list --json "$@" | python3 -c '
import json, sys
for line in sys.stdin:
    i = json.loads(line)
    if "item" in i:
        print(i["code"], i["claim"], i["cents"], i["value"], i["role"], i["late"], i["group"], i["reason"])'; }

# On the third of September nothing is late but what was refused on the first is due that day. P7 was
# sent on the first and has no 999 a day later: 600.00, 97 percent of it usually comes. 180.00 of P5 are
# denied by CO-97 (200.00, of which 20.00 are given up): coding, 65 percent. 55.25 for nobody, 18.00
# withheld; the same remittance came twice.
items --now 2026-09-02T14:00:00Z >"$T/got"
cat >"$T/want" <<'END'
NO_ACK P7 60000 58200 biller False  
NOT_SENT P8 10000 9700 engineer False  
DENIAL P5 18000 11700 denial team False coding CO-97
ERA_UNMATCHED ZZ-UNKNOWN-7 5525 5525 poster False  
PLB_OPEN  1800 540 poster False  
EDIT_HOLD P10 0 0 biller False  S3-001
EDIT_HOLD P9 0 0 biller False  S3-001
ERA_DUP  0 0 poster False  
END
sort "$T/want" >"$T/want.s" && sort "$T/got" >"$T/got.s"
diff "$T/want.s" "$T/got.s" || fail "what is open"
head -1 "$T/got" | grep -q '^NO_ACK P7' || fail "the dearest comes first: $(cat "$T/got")"
[ -z "$(items --now 2026-09-02T06:00:00Z | grep NO_ACK)" ] || fail "silence before a day is over"

echo "what is late comes first"
items --now 2026-09-04T00:00:00Z >"$T/got"
grep -q '^EDIT_HOLD P9 0 0 biller True' "$T/got" || fail "late: $(cat "$T/got")"
awk '/True/ && seen { bad = 1 } /False/ { seen = 1 } END { exit bad }' "$T/got" || fail "order: $(cat "$T/got")"
work list --now 2026-09-04 | tail -1 | grep -q '^8 items, [0-9] of them late, 953.25 at risk$' || fail "total: $(work list --now 2026-09-04 | tail -1)"

echo "by role and code"
[ "$(items --role poster --now 2026-09-04 | wc -l)" = 3 ] || fail "poster"
[ "$(items --code DENIAL --now 2026-09-04)" = 'DENIAL P5 18000 11700 denial team False coding CO-97' ] || fail "code"

echo "taken, noted, resolved, and open again when it arises again"
item=$(work list --code NO_ACK --json --now 2026-09-04 | sed -n 's/{"item":"\([^"]*\)".*/\1/p')
work take "$item" --as mary --now 2026-09-04 >/dev/null
work note "$item" "called, they look" --as mary --now 2026-09-04 >/dev/null
work show "$item" --now 2026-09-04 >"$T/shown"
grep -q '^owner     mary$' "$T/shown" && grep -q 'note.*mary.*called, they look' "$T/shown" && grep -q '^facts     claimwire explain P7$' "$T/shown" ||
    fail "show: $(cat "$T/shown")"
work resolve "$item" "their 999 was lost" --as mary --now 2026-09-04 >/dev/null
[ -z "$(items --code NO_ACK --now 2026-09-04)" ] || fail "resolved and listed"
work list --all --code NO_ACK --now 2026-09-04 | grep -q resolved || fail "--all"
work reopen "$item" "it was not" --as mary --now 2026-09-04 >/dev/null
[ -n "$(items --code NO_ACK --now 2026-09-04)" ] || fail "reopened and not listed"
grep -c '"tool":"work"' "$T/run/audit.log" | grep -q '^4$' || fail "audit: $(cat "$T/run/audit.log")"

echo "what a person writes may name a patient: sealed at rest, in no log, shown to who asks"
cp -r "$T/run" "$T/words" # an act that was written before they were sealed is read still
desk() { /usr/bin/python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()' "$T/words/work/work.db" "$1"; }
desk "UPDATE act SET text='long ago' WHERE n=1"
"$X" work note "$item" "QWERTYNAME, member ZZ99887766" --as mary --run "$T/words" --now 2026-09-04 >"$T/out" 2>&1 || fail "note: $(cat "$T/out")"
"$X" work resolve "$item" "QWERTYNAME was called" --as mary --run "$T/words" --now 2026-09-04 >>"$T/out" 2>&1 || fail "resolve"
"$X" work list --all --json --run "$T/words" --now 2026-09-04 >>"$T/out" 2>&1
! grep -rlaE 'QWERTYNAME|ZZ99887766|called, they look' "$T/words" "$T/out" || fail "in clear (files above)"
"$X" work show "$item" --run "$T/words" --now 2026-09-04 >"$T/shown" || fail "show"
for words in 'QWERTYNAME, member ZZ99887766' 'QWERTYNAME was called' 'called, they look' 'long ago'; do
    grep -q "$words" "$T/shown" || fail "no $words: $(cat "$T/shown")"
done
desk "UPDATE act SET text=(SELECT text FROM act WHERE n=2) || x'00' WHERE n=5"
desk "UPDATE act SET text=CAST(text AS BLOB) WHERE n=5"
rc=0; "$X" work show "$item" --run "$T/words" --now 2026-09-04 >"$T/out" 2>&1 || rc=$?
[ $rc = 78 ] && grep -q 'does not open: altered' "$T/out" && ! grep -q 'QWERTYNAME, member' "$T/out" || fail "altered: $rc $(cat "$T/out")"
for word in TESTER ANNA XYZ100200300; do grep -q "$word" "$T/shown" "$T/got" && fail "a patient's name"; done

echo "what is resolved and lasts comes back"
work resolve "$item" "their 999 was lost again" --as mary --now 2026-09-05 >/dev/null
[ -z "$(items --code NO_ACK --now 2026-09-11)" ] || fail "back before a week"
[ -n "$(items --code NO_ACK --now 2026-09-12T00:00:01Z)" ] || fail "resolved, and forgotten"

echo "nothing waits without a timer or an owner"
work check --now 2026-09-02T14:00:00Z >"$T/got" || fail "check: $(cat "$T/got")"
grep -q '^8 claims: 2 ended, 3 on a timer, 3 somebody.s; 8 items; 0 faults$' "$T/got" || fail "check: $(cat "$T/got")"
work check --json --now 2026-09-11 | grep -q '^{"total":{"claims":8,"ended":2,"timed":4,"owned":2,"items":8,"faults":0}}$' || fail "check --json: $(work check --json --now 2026-09-11)"
for day in 2026-09-01 2026-10-01 2026-12-24 2027-06-30 2031-01-01; do
    work check --now $day >"$T/got" || fail "check on $day: $(cat "$T/got")"
done
# where nobody is told who has denials, and they do not come back, check says so
mkdir "$T/bad"
sed -e 's/^  DENIAL:.*/  DENIAL: {role: "", within: 60d, worth: 40, do: x}/' config/work/queues.yaml >"$T/bad/q.yaml"
rc=0; work check --queues "$T/bad" --now 2026-09-11 >"$T/got" || rc=$?
[ $rc = 1 ] && grep -q '^P5 .*waits without a timer or an owner$' "$T/got" || fail "an item of nobody: $rc $(cat "$T/got")"
# a claim on a timer that is longer than any silence may be
sed -e 's/^  patient: .*/  patient: {is: 900d, source: x}/' config/work/queues.yaml >"$T/bad/q.yaml"
rc=0; work check --queues "$T/bad" --now 2027-06-30 >"$T/got" || rc=$?
[ $rc = 1 ] && grep -q '^P1 .*silent for longer than anything may be$' "$T/got" || fail "silence: $rc $(cat "$T/got")"

echo "a refused claim that comes again mended, in another file, is nobody's any more"
house() { # TIME FILE
    "$X" run pipelines/submitted.yaml --run "$T/house" --clock "$1" "$2" >"$T/log" 2>&1 || fail "run: $(cat "$T/log")"; }
holds() { "$X" work list --run "$T/$1" --code EDIT_HOLD --json --now 2026-09-01T12:00:00Z |
    sed -n 's/.*"claim":"\([^"]*\)".*"cents":\([0-9]*\).*/\1 \2/p' | sort | tr '\n' ' '; }
# The first file: charges that are not their lines'. The second: the first claim mended; the second one's
# account for somebody else; and a broken copy of the fourth, which came valid before: it stays open.
sed 's/^CLM\*RB00030001\*1200/CLM*RB00030001*1201/; s/^CLM\*RB00120001\*180/CLM*RB00120001*181/' fixtures/rebill/day.837 >"$T/1.837"
house 2026-09-01T08:00:00Z "$T/1.837"
[ "$(holds house)" = "RB00030001 120100 RB00120001 18100 " ] || fail "refused: $(holds house)"
sed 's/000000301/000000302/; s/\*301\*X/*302*X/; s/^GE\*1\*301/GE*1*302/; s/REBILL01/REBILL02/
     s/^NM1\*IL\*1\*SAMPLE\*BORIS\(.*\)XYZ100200301~/NM1*IL*1*OTHER*OLGA\1XYZ100200999~/
     s/^CLM\*RB00040001\*250/CLM*RB00040001*251/' fixtures/rebill/day.837 >"$T/2.837"
house 2026-09-01T09:00:00Z "$T/2.837"
[ "$(holds house)" = "RB00040001 25100 RB00120001 18100 " ] || fail "mended: $(holds house)"
"$X" work show EDIT_HOLD-3.1 --run "$T/house" >"$T/out" 2>&1 && fail "the mended one is still there: $(cat "$T/out")"
# a run without a quarantine knows it from the verdict and the file
cp -r "$T/house" "$T/bare" && rm -r "$T/bare/quarantine"
[ "$(holds bare)" = "RB00040001 0 RB00120001 0 " ] || fail "without a quarantine: $(holds bare)"

echo "what a payer asks for is due on the day that it names, not after the timer"
cp -r "$T/run" "$T/asked"
asks() { # DAY CONTROL HOUR: the payer asks for records of P7
    /usr/bin/python3 - "$@" <<'END' | "$B/bin/claimwire-reconciler" --run "$T/asked" >/dev/null
import json, sys
sys.path.insert(0, "tests/lib")
import frames
day, control, hour = sys.argv[1:]
file = frames.blake(repr(sys.argv[1:]).encode(), 32)
body = {"answer": "277", "of": "status", "accepted": True, "pcn": "P7", "code": "R4", "codes": ["R4:18804-5"],
        "control": control, "trace": control, "due": day}
frames.write(sys.stdout.buffer, [({"id": frames.blake(file, 16), "kind": "ack", "v": 1, "use": "T",
    "at": 1788220800000000 + int(hour) * 3600000000, "file": file, "off": 0, "len": 7, "seq": 90 + int(hour)},
    json.dumps(body).encode())])
END
}
due() { "$X" work list --run "$T/asked" --code RFAI --json --now "$1" | sed -n 's/.*"due":"\([^"]*\)","late":\([a-z]*\).*/\1 \2/p'; }
asks "" N0 20 # 2026-09-01T20:00Z names no day: 30 days
[ "$(due 2026-09-02)" = "2026-10-01T20:00:00.000000Z false" ] || fail "no day: $(due 2026-09-02)"
asks 20260918 N1 21
[ "$(due 2026-09-18T23:00:00Z)" = "2026-09-18T23:59:59.999999Z false" ] || fail "a day: $(due 2026-09-18T23:00:00Z)"
[ "$(due 2026-09-19)" = "2026-09-18T23:59:59.999999Z true" ] || fail "and then it is late: $(due 2026-09-19)"
asks 20260910 N2 22 # another request: the first day of both
[ "$(due 2026-09-03)" = "2026-09-10T23:59:59.999999Z false" ] || fail "two days: $(due 2026-09-03)"
asks 20260925 N2 23 # and that one is given more time
[ "$(due 2026-09-03)" = "2026-09-18T23:59:59.999999Z false" ] || fail "more time: $(due 2026-09-03)"
asks 20269999 N3 23
[ "$(due 2026-09-03)" = "2026-09-18T23:59:59.999999Z false" ] || fail "no day of a calendar: $(due 2026-09-03)"

echo "a file that TA1 rejects: in the list; its claims go again in a new file, and are no duplicates"
back() { "$X" run pipelines/acknowledged.yaml --run "$T/back" --clock "$1" "$2" >"$T/log" 2>&1 || fail "run: $(cat "$T/log")"; }
codes() { "$X" work list --run "$T/back" --json --now "$1" | sed -n 's/.*"code":"\([^"]*\)".*"claim":"\(RB[^"]*\)".*/\1 \2/p' | sort | tr '\n' ' '; }
back 2026-09-01T08:00:00Z fixtures/rebill/day.837
isa=$(grep -l RB00030001 "$T"/back/build837/out/*.837 | xargs head -c 106 | cut -d'*' -f14)
printf 'ISA*00*          *00*          *ZZ*CLRHOUSE       *ZZ*RVRBND         *260902*0800*^*00501*000000901*0*T*:~TA1*%s*260901*0800*R*006~IEA*0*000000901~' "$isa" >"$T/ta1"
back 2026-09-02T07:00:00Z "$T/ta1"
[ "$(codes 2026-09-02T07:30:00Z)" = "FILE_REJ RB00030001 FILE_REJ RB00120001 " ] || fail "rejected by TA1: $(codes 2026-09-02T07:30:00Z)"
files=$(ls "$T/back/build837/out" | wc -l)
sed 's/000000301/000000888/' fixtures/rebill/day.837 >"$T/again.837"
back 2026-09-02T07:40:00Z "$T/again.837"
# the other two were not rejected: held as duplicates (by the books, and in quarantine: one matter each), in no second file
[ "$(codes 2026-09-02T07:50:00Z)" = "DUP_HOLD RB00040001 DUP_HOLD RB00050001 " ] || fail "again: $(codes 2026-09-02T07:50:00Z)"
[ "$(ls "$T/back/build837/out" | wc -l)" = $((files + 1)) ] || fail "files: $(ls "$T/back/build837/out")"
[ "$(cat "$T"/back/build837/out/*.837 | grep -a '^ISA' | cut -d'*' -f9,14 | sort | uniq -d | wc -l)" = 0 ] || fail "an ISA13 twice"
for n in RB00050001 RB00040001; do [ "$(cat "$T"/back/build837/out/*.837 | grep -ac "CLM[*|]$n[*|]")" = 1 ] || fail "$n went twice"; done
for n in RB00030001 RB00120001; do [ "$(cat "$T"/back/build837/out/*.837 | grep -ac "CLM\*$n\*")" = 2 ] || fail "$n did not go again"; done
"$X" prove --run "$T/back" >"$T/out" || fail "prove: $(cat "$T/out")"

echo "a set that is held: its money, of claims and of a payment; what came again whole waits for nobody"
held() { "$X" work list --run "$T/sets" --json --now "$1" | sed -n 's/.*"code":"\(SET_HELD\)".*"cents":\([0-9]*\).*/\1 \2/p' | sort | tr '\n' ' '; }
sets() { "$X" run pipelines/acknowledged.yaml --run "$T/sets" --clock "$1" "$2" >"$T/log" 2>&1 || fail "run: $(cat "$T/log")"; }
S=fixtures/scenarios/G02/in
sets 2026-09-08T08:00:00Z $S/20260901T080000Z-claims.837
sed 's/^SE\*[0-9]*/SE*99/' fixtures/scenarios/G06/in/20260908T090000Z-EFT0060.835 >"$T/held.835"
sets 2026-09-08T09:00:00Z "$T/held.835"
[ "$(held 2026-09-08T10:00:00Z)" = "SET_HELD 30000 SET_HELD 31000 " ] || fail "held: $(held 2026-09-08T10:00:00Z)"
awk '/^HL\*3/ {skip = 1} /^SE/ {skip = 0; sub(/46/, "31")} !skip' $S/20260901T120000Z-second-set.837 >"$T/half.837"
sets 2026-09-08T12:00:00Z "$T/half.837" # one of its two claims
[ "$(held 2026-09-08T13:00:00Z)" = "SET_HELD 30000 SET_HELD 31000 " ] || fail "half of it: $(held 2026-09-08T13:00:00Z)"
awk '/^HL\*2/ {skip = 1} /^HL\*3/ {skip = 0; sub(/3/, "2")} /^SE/ {sub(/46/, "27")} !skip' $S/20260901T120000Z-second-set.837 |
    sed 's/000000003/000000009/; s/^\(GS.*\)\*3\*X/\1*9*X/; s/^GE\*1\*3/GE*1*9/' >"$T/rest.837"
sets 2026-09-08T14:00:00Z "$T/rest.837"
[ "$(held 2026-09-08T15:00:00Z)" = "SET_HELD 30000 " ] || fail "all of it: $(held 2026-09-08T15:00:00Z)"

echo "timers: what is waited for, whose profile says otherwise, and where"
mkdir "$T/pp" && printf 'partner north\npayer NP001\nenvelope\n  id ZZ NORTHPAY\ncalendar\n  999-hours 6\nfollow-up\n  status-days 5 9\n' >"$T/pp/north.partner"
timers() { "$X" work timers --partners "$T/pp" "$@"; }
timers >"$T/got" || fail "timers: exit $?"
[ "$(wc -l <"$T/got")" = 21 ] || fail "18 timers, a head, two of a payer: $(cat "$T/got")"
grep -q '^ack  *1d  *all  *CAQH CORE' "$T/got" && grep -q '^ack  *6h  *north .*north.partner:6$' "$T/got" &&
    grep -q '^status  *14d 21d 30d  *all ' "$T/got" && grep -q '^status  *5d 9d  *north .*north.partner:8$' "$T/got" ||
    fail "timers: $(cat "$T/got")"
timers --payer NP001 --json >"$T/got" || fail "timers of a payer: exit $?"
[ "$(wc -l <"$T/got")" = 18 ] && grep -q '^{"timer":"ack","span":"6h","payer":"north","source":".*north.partner:6"}$' "$T/got" &&
    grep -q '^{"timer":"ca","span":"2d","payer":"","source":"CAQH' "$T/got" || fail "timers of a payer: $(cat "$T/got")"
timers --payer north --json | cmp -s - "$T/got" || fail "by the name of its profile"

echo "what is wrong"
bad() { # CODE WORDS ARGS...
    want=$1 words=$2 code=0
    shift 2
    "$X" work "$@" >"$T/out" 2>&1 || code=$?
    [ "$code" = "$want" ] && grep -q "$words" "$T/out" || fail "$*: exit $code, $(cat "$T/out")"
}
bad 1 'nothing open' show NOTHING-1 --run "$T/run"
bad 64 usage take "$item" --run "$T/run"
bad 1 'is of a payer "NOBODY"' timers --payer NOBODY
bad 1 'is of a payer "NP001"' timers --payer NP001 --partners none
bad 64 usage timers extra
bad 64 usage list --payer NP001 --run "$T/run"
bad 78 'q.yaml\|no.such' timers --queues "$T/no.such"
bad 64 usage check extra --run "$T/run"
bad 64 usage list extra --run "$T/run"
bad 64 'is a time like' list --run "$T/run" --now soon
bad 78 'there is none' list --run "$T/none"
mkdir "$T/q" && printf 'queues:\n  DENIAL: {role: x, within: soon, worth: 5, do: y}\n' >"$T/q/q.yaml"
bad 78 'q.yaml:2:[0-9]*: "within" is a span' list --run "$T/run" --queues "$T/q"
printf 'queues:\n  DENIAL: {role: x, within: 1d, worth: 500, do: y}\n' >"$T/q/q.yaml"
bad 78 'q.yaml:2:[0-9]*: "worth"' list --run "$T/run" --queues "$T/q"
echo "work_test: all good"
