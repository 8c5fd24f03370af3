#!/bin/sh
# respond as a filter: scenario G02 half lost, in every order, repeated, and killed at every point.
set -eu
B=${B:-build}
py=/usr/bin/python3
tool=$B/bin/claimwire-respond
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

# The records of a file with two interchanges: one group of two sets (the second has a wrong SE01
# and a bad code), one that asks for a TA1 and holds a group rejected as a whole, and one that is
# itself rejected.
$py - >"$tmp/lines" <<'PY'
import json
isa = {"sender_qual": "30", "sender": "RVRBND", "receiver_qual": "ZZ", "receiver": "CLRHOUSE",
       "date": "260901", "time": "0800", "version": "00501", "control": "000000905", "ack": "0",
       "usage": "T", "closed": True}
gs = {"code": "HC", "sender": "RVB", "receiver": "CLR", "control": "905",
      "version": "005010X222A1", "sets": 2, "claimed": 2, "closed": True}
def line(n, kind, off, size, seq, body, **more):
    print(json.dumps({"id": "%032x" % n, "kind": kind, "v": 1, "use": "T", "file": "ab" * 32,
                      "at": 1788249900000000, "off": off, "len": size, "seq": seq,
                      "body": json.dumps(body), **more}))
line(1, "interchange", 0, 5000, 0, {"isa": isa, "findings": []})
line(2, "group", 106, 4800, 0, {"isa": isa, "gs": gs, "forwarded": 2, "findings": []})
line(3, "verdict", 150, 2000, 0, {"st01": "837", "st02": "0001", "st03": "005010X222A1",
     "accepted": True, "findings": []})
line(4, "verdict", 2150, 2700, 1, {"st01": "837", "st02": "0002", "st03": "005010X222A1",
     "accepted": False, "findings": [
        {"rule": "S1-026", "severity": "transaction", "segment": "SE", "position": 48, "element": 1,
         "report": "IK502:4", "bad": "49"},
        {"rule": "S2-003", "severity": "transaction", "segment": "CLM", "position": 22,
         "loop": "2300", "element": 5, "component": 3, "data_element": 1325,
         "report": "IK403:I6", "bad": "SECRET9", "unit": "PCNSECRET"}]})
asks = dict(isa, control="000000906", ack="1")
lost = dict(gs, control="906", sets=1, claimed=3)
line(5, "interchange", 5000, 400, 2, {"isa": asks, "findings": []})
line(6, "group", 5106, 200, 2, {"isa": asks, "gs": lost, "forwarded": 0, "findings": [
    {"severity": "group", "report": "AK905:5"}]})
line(7, "interchange", 5400, 400, 3, {"isa": dict(isa, control="000000907"), "findings": [
    {"severity": "interchange", "report": "TA1:001"}]})
PY

# What must come of it, by hand.
mkdir "$tmp/want"
isa='ISA*00*          *00*          *ZZ*CLRHOUSE       *30*RVRBND         *260901*0805*^*00501*'
cat >"$tmp/want/RVRBND.000000001.999" <<END
${isa}000000001*0*T*:~
GS*FA*CLR*RVB*20260901*0805*1*X*005010X231A1~
ST*999*0001*005010X231A1~
AK1*HC*905*005010X222A1~
AK2*837*0001*005010X222A1~
IK5*A~
AK2*837*0002*005010X222A1~
IK3*CLM*22*2300*8~
CTX*CLM01:PCNSECRET~
IK4*5:3*1325*I6*SECRET9~
IK5*R*4*I5~
AK9*P*2*2*1~
SE*11*0001~
GE*1*1~
IEA*1*000000001~
END
cat >"$tmp/want/RVRBND.000000003.999" <<END
${isa}000000003*0*T*:~
GS*FA*CLR*RVB*20260901*0805*3*X*005010X231A1~
ST*999*0001*005010X231A1~
AK1*HC*906*005010X222A1~
AK9*R*3*1*0*5~
SE*4*0001~
GE*1*3~
IEA*1*000000003~
END
cat >"$tmp/want/RVRBND.500000003.ta1" <<END
${isa}500000003*0*T*:~
TA1*000000906*260901*0800*A*000~
IEA*0*500000003~
END
cat >"$tmp/want/RVRBND.500000004.ta1" <<END
${isa}500000004*0*T*:~
TA1*000000907*260901*0800*R*001~
IEA*0*500000004~
END

frames() { $py tests/lib/frames.py write; }
respond() { "$tool" "$@" >/dev/null; }
frames <"$tmp/lines" >"$tmp/in"
check() { diff -r "$tmp/want" "$1" || fail "$2"; }

respond --run "$tmp/run" <"$tmp/in" || fail "exit $?"
check "$tmp/run/respond/out" "answers are not those written by hand"

# Any order, verdicts before their group, everything twice.
sed '1!G;h;$!d' "$tmp/lines" >"$tmp/backwards"
cat "$tmp/backwards" "$tmp/lines" | frames | respond --run "$tmp/back" || fail "backwards: exit $?"
check "$tmp/back/respond/out" "the order of records changes an answer"

# A group whose verdict is missing gets no 999, says so, and gets it when the verdict comes.
grep -v '"verdict", .*2150\|"off": 2150' "$tmp/lines" >"$tmp/less"
rc=0 && frames <"$tmp/less" | respond --run "$tmp/part" 2>"$tmp/err" || rc=$?
[ $rc = 1 ] || fail "an open group exits $rc, not 1"
grep -q CW-RSP-002 "$tmp/err" || fail "an open group is not said"
[ ! -e "$tmp/part/respond/out/RVRBND.000000001.999" ] || fail "a 999 without all verdicts"
grep '"off": 2150' "$tmp/lines" | frames | respond --run "$tmp/part" || fail "late verdict: exit $?"
check "$tmp/part/respond/out" "late verdict"

# Killed at each point and run again: the same bytes.
for point in commit.before commit.after write.before write.after mark.before mark.after; do
    for visit in 1 2 3; do
        dir=$tmp/kill.$point.$visit
        rc=0
        CLAIMWIRE_KILL_AT=respond.$point:$visit respond --run "$dir" <"$tmp/in" 2>/dev/null || rc=$?
        [ $rc = 0 ] || [ $rc = 137 ] || fail "$point:$visit exits $rc"
        [ $visit != 1 ] || [ $rc = 137 ] || fail "no kill point $point"
        respond --run "$dir" <"$tmp/in" || fail "after $point:$visit: exit $?"
        check "$dir/respond/out" "after a kill at $point:$visit"
        [ -z "$(find "$dir" -name '*.tmp*')" ] || fail "a temporary file is left after $point"
    done
done

# A file that was written and taken away is not written again.
rm "$tmp/run/respond/out/RVRBND.000000001.999"
respond --run "$tmp/run" <"$tmp/in" || fail "again: exit $?"
[ ! -e "$tmp/run/respond/out/RVRBND.000000001.999" ] || fail "an answer was written twice"

# Values rest sealed, and are left out of IK404 when told so; faults only on demand.
! grep -rqa 'SECRET' "$tmp/run/respond/"*.db* || fail "a value stands open in the store"
respond --out "$tmp/o" --bad-values no --only-faults <"$tmp/in" || fail "--out: exit $?"
grep -q 'IK4\*5:3\*1325\*I6~' "$tmp/o/RVRBND.000000001.999" || fail "IK404 is there"

# What is no such body is refused; the exit code says so.
sed 's/"body": ".*"/"body": "{]"/' "$tmp/lines" | head -n 1 | frames >"$tmp/bad"
rc=0 && $tool --run "$tmp/bad.run" <"$tmp/bad" >/dev/null 2>&1 || rc=$?
[ $rc = 1 ] || fail "a body that cannot be read exits $rc, not 1"
