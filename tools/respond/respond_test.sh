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
     "accepted": True, "claims": 2, "claims_refused": 1, "findings": [], "batch": {
        "bht03": "B1", "date": "20260901",
        "submitter": {"person": False, "last": "RIVERBEND", "qual": "46", "id": "RVRBND"},
        "receiver": {"person": False, "last": "HOUSE", "qual": "46", "id": "CLRHOUSE"},
        "providers": [{"person": False, "last": "RIVERBEND", "qual": "XX", "id": "2000000010"}],
        "patients": [{"person": True, "last": "SECRETNAME", "first": "ANNA", "qual": "MI",
                      "id": "M1"}],
        "claims": [{"pcn": "OK1", "charge": 19000, "from": "20260901", "thru": "20260901"},
                   {"pcn": "NO1", "charge": 12050, "from": "20260901", "thru": "20260902",
                    "faults": [["A7:454", 1], ["A7:562:82", 0]],
                    "lines": [{"number": 2, "qualifier": "HC", "code": "87880", "mods": ["QW"],
                               "charge": 4000, "control": "L2"}]}]}})
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
cat >"$tmp/want/RVRBND.250000001.277ca" <<END
${isa}250000001*0*T*:~
GS*HN*CLR*RVB*20260901*0805*250000001*X*005010X214~
ST*277*0001*005010X214~
BHT*0085*08*250000001-0001*20260901*0805*TH~
HL*1**20*1~
NM1*AY*2*HOUSE*****46*CLRHOUSE~
TRN*1*250000001-0001~
DTP*050*D8*20260901~
DTP*009*D8*20260901~
HL*2*1*21*1~
NM1*41*2*RIVERBEND*****46*RVRBND~
TRN*2*B1~
STC*A1:19:AY*20260901*WQ*310.5~
QTY*90*1~
QTY*AA*1~
AMT*YU*190~
AMT*YY*120.5~
HL*3*2*19*1~
NM1*85*2*RIVERBEND*****XX*2000000010~
TRN*1*0~
QTY*QA*1~
QTY*QC*1~
AMT*YU*190~
AMT*YY*120.5~
HL*4*3*PT~
NM1*QC*1*SECRETNAME*ANNA****MI*M1~
TRN*2*OK1~
STC*A1:19:40*20260901*WQ*190~
DTP*472*D8*20260901~
TRN*2*NO1~
STC*A7:562:82*20260901*U*120.5******A3:247~
DTP*472*RD8*20260901-20260902~
SVC*HC:87880:QW*40~
STC*A7:454*20260901*U~
REF*FJ*L2~
SE*34*0001~
GE*1*250000001~
IEA*1*250000001~
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
respond() { "$tool" --277ca "$@" >/dev/null; }
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
    for visit in 1 2 3 4; do
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
respond --out "$tmp/o" --bad-values no --only-faults --payer <"$tmp/in" || fail "--out: exit $?"
grep -q 'IK4\*5:3\*1325\*I6~' "$tmp/o/RVRBND.000000001.999" || fail "IK404 is there"
grep -q '^STC\*A2:20\*' "$tmp/o/RVRBND.250000001.277ca" || fail "a payer accepts by A2:20"

# Claims are answered only when that is asked for; that the verdicts do not name them is said.
"$tool" --out "$tmp/plain" <"$tmp/in" >/dev/null || fail "without --277ca: exit $?"
[ ! -e "$tmp/plain/RVRBND.250000001.277ca" ] || fail "a 277CA that nobody wants"
cmp -s "$tmp/plain/RVRBND.000000001.999" "$tmp/want/RVRBND.000000001.999" || fail "the 999 without"
$py - "$tmp/lines" >"$tmp/unnamed" <<'PY'
import json, sys
for l in open(sys.argv[1]):
    r = json.loads(l)
    r["body"] = json.dumps({k: v for k, v in json.loads(r["body"]).items() if k != "batch"})
    print(json.dumps(r))
PY
frames <"$tmp/unnamed" | respond --out "$tmp/none" 2>"$tmp/err" || fail "unnamed: exit $?"
grep -q CW-RSP-003 "$tmp/err" || fail "verdicts without claims are not said"

# What is no such body is refused; the exit code says so.
sed 's/"body": ".*"/"body": "{]"/' "$tmp/lines" | head -n 1 | frames >"$tmp/bad"
rc=0 && $tool --run "$tmp/bad.run" <"$tmp/bad" >/dev/null 2>&1 || rc=$?
[ $rc = 1 ] || fail "a body that cannot be read exits $rc, not 1"
