#!/bin/sh
# acks: what a 999 and a 277CA say, one record for each thing that is answered; and what respond
# writes is read back as what was found.
set -eu
B=${B:-build}
py=/usr/bin/python3
tool=$B/bin/claimwire-acks
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN

isa='ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLRHOUSE       *260902*0900*^*00501*000000055*0*T*:~'
cat >"$tmp/in.999" <<END
$isa
GS*FA*PAYER*CLRHOUSE*20260902*0900*55*X*005010X231A1~
ST*999*0001*005010X231A1~
AK1*HC*17*005010X222A1~
AK2*837*0001*005010X222A1~
IK5*A~
AK2*837*0002*005010X222A1~
IK3*SE*47**8~
IK5*R*4*I5~
AK9*P*2*2*1~
SE*9*0001~
GE*1*55~
IEA*1*000000055~
END
# The second claim is refused for two reasons and a line; the third has no payer's number.
sed 's/\*:~$/*>~/' >"$tmp/in.277" <<END
$isa
GS*HN*PAYER*CLRHOUSE*20260902*0900*56*X*005010X214~
ST*277*0001*005010X214~
BHT*0085*08*X1*20260902*0900*TH~
HL*1**20*1~
NM1*PR*2*SANDBOX HEALTH*****PI*SBX01~
TRN*1*REF1~
DTP*050*D8*20260901~
DTP*009*D8*20260902~
HL*2*1*21*1~
NM1*41*2*CLEARINGHOUSE*****46*CLRHOUSE~
TRN*2*B0017~
STC*A1>19>PR*20260902*WQ*460~
QTY*90*2~
QTY*AA*1~
AMT*YU*280.5~
AMT*YY*180~
HL*3*2*19*1~
NM1*85*2*RIVERBEND*****XX*2000000010~
TRN*1*0~
HL*4*3*PT~
NM1*QC*1*TESTER*ANNA****MI*M1~
TRN*2*PCN1~
STC*A2>20*20260902*WQ*240~
REF*1K*SB2600001~
DTP*472*D8*20260901~
TRN*2*PCN2~
STC*A7>562>82*20260902*U*180******A3>247~
REF*D9*TRACE2~
DTP*472*D8*20260901~
SVC*HC>99213*180~
STC*A7>454*20260902*U~
HL*5*3*PT~
NM1*QC*1*SAMPLE*BEN****MI*M2~
TRN*2*PCN3~
STC*A2>20*20260902*WQ*40.5~
DTP*472*D8*20260901~
SE*36*0001~
GE*1*56~
IEA*1*000000055~
END

$py tests/lib/frames.py sets "$tmp/in.999" "$tmp/in.277" >"$tmp/in"
$tool <"$tmp/in" >"$tmp/out" || fail "exit $?"
$py tests/lib/frames.py read <"$tmp/out" >"$tmp/lines"
$py - "$tmp" <<'PY' || fail "acks: $(cat "$tmp/lines")"
import hashlib, json, sys
lines = [json.loads(l) for l in open(sys.argv[1] + "/lines")]
bodies = [json.loads(l["body"]) for l in lines]
s999, s277 = {"answer": "999", "gs06": "17"}, {"answer": "277CA", "of": "claim", "by": "PR",
                                               "bht03": "B0017"}
want = [
    dict(s999, of="set", st02="0001", accepted=True, code="A", codes=[]),
    dict(s999, of="set", st02="0002", accepted=False, code="R", codes=["4", "I5"]),
    dict(s999, of="group", accepted=True, code="P", codes=[]),
    dict(s277, pcn="PCN1", accepted=True, code="WQ", codes=["A2:20"], charge=24000,
         control="SB2600001"),
    dict(s277, pcn="PCN2", accepted=False, code="U", codes=["A7:562:82", "A3:247", "A7:454"],
         charge=18000, trace="TRACE2"),
    dict(s277, pcn="PCN3", accepted=True, code="WQ", codes=["A2:20"], charge=4050)]
assert bodies == want, bodies
files = {hashlib.blake2b(d, digest_size=32).hexdigest(): d for d in
         (open(sys.argv[1] + "/in." + k, "rb").read() for k in ("999", "277"))}
begins = [b"AK2*837*0001", b"AK2*837*0002", b"AK1*HC", b"TRN*2*PCN1", b"TRN*2*PCN2", b"TRN*2*PCN3"]
ends = [b"IK5*A~", b"IK5*R*4*I5~", b"AK9*P*2*2*1~", b"DTP*472*D8*20260901~",
        b"STC*A7>454*20260902*U~", b"DTP*472*D8*20260901~"]
for l, b, e in zip(lines, begins, ends):
    piece = files[l["file"]][l["off"]:l["off"] + l["len"]].strip()
    assert l["kind"] == "ack" and piece.startswith(b) and piece.endswith(e), (l, piece)
assert len({l["id"] for l in lines}) == 6, "ids"
PY

# Answers to inquiries: two statuses, two requests for documents, one refusal and one coverage.
sed -e 's/^EB\*1\*\*30~/AAA*N**72*C~/' -e '/^EB\*/d' -e 's/^SE\*.*/SE*13*0001~/' fixtures/271/clean.271 \
    >"$tmp/refused.271"
$py tests/lib/frames.py sets fixtures/277/clean.277 fixtures/277rfai/clean.277 "$tmp/refused.271" \
    fixtures/271/clean.271 >"$tmp/in"
$tool <"$tmp/in" >"$tmp/out" || fail "inquiries: exit $?"
$py tests/lib/frames.py read <"$tmp/out" >"$tmp/lines"
$py - "$tmp/lines" <<'PY' || fail "inquiries: $(cat "$tmp/lines")"
import json, sys
acks = [json.loads(json.loads(l)["body"]) for l in open(sys.argv[1])]
said = [(a["answer"], a["of"], a["accepted"], a["code"], a.get("pcn"), a["trace"]) for a in acks]
assert said[:4] == [("277", "status", True, "F1", "CLM-A1", "RVQ1"),
                    ("277", "status", True, "P1", "CLM-B1", "RVQ2"),
                    ("277", "status", True, "R4", "CLM-A1", "SB2600001"),
                    ("277", "status", True, "R3", "CLM-B1", "SB2600002")], said
assert said[4][:4] == ("271", "eligibility", False, "72"), said
assert said[5][:4] == ("271", "eligibility", True, "1") and "C" in acks[5]["codes"], acks[5]
assert acks[0]["charge"] == 19000 and acks[0]["control"] == "SB2600001", acks[0]
assert acks[1]["codes"] == ["P1:20"], acks[1]
PY

# What answers nothing is refused.
$py tests/lib/frames.py sets fixtures/837p/clean.837 >"$tmp/in"
rc=0
$tool <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || rc=$?
[ $rc = 1 ] || fail "an 837 exits $rc, not 1"
grep -q ACK_KIND "$tmp/err" || fail "an 837 is not refused: $(cat "$tmp/err")"

# Our own answers, read by the whole way: ingest, validator, acks.
sed '0,/^CLM\*CLM-A1\*190\*/s//CLM*CLM-A1*191*/' fixtures/837p/clean.837 >"$tmp/in.837"
"$B/bin/claimwire-ingest" "$tmp/in.837" --rejects "$tmp/r1" 2>/dev/null |
    "$B/bin/claimwire-validator" --claims-in-verdict --rejects "$tmp/r2" 2>/dev/null |
    "$B/bin/claimwire-respond" --277ca --out "$tmp/answers" >/dev/null || fail "respond: exit $?"
"$B/bin/claimwire-ingest" "$tmp"/answers/* --rejects "$tmp/r1" 2>/dev/null |
    "$B/bin/claimwire-validator" --rejects "$tmp/r2" 2>/dev/null |
    "$tool" --rejects "$tmp/r3" >"$tmp/out" || fail "acks: exit $?"
$py tests/lib/frames.py read <"$tmp/out" >"$tmp/lines"
$py - "$tmp/lines" <<'PY' || fail "our own answers: $(cat "$tmp/lines")"
import json, sys
acks = [json.loads(r["body"]) for r in map(json.loads, open(sys.argv[1])) if r["kind"] == "ack"]
assert [(a["of"], a["gs06"], a["accepted"]) for a in acks if a["answer"] == "999"] == [
    ("set", "101", True), ("group", "101", True)], acks
assert [(a["pcn"], a["accepted"], a["codes"], a["charge"]) for a in acks
        if a["answer"] == "277CA"] == [
    ("CLM-A1", False, ["A7:178"], 19100), ("CLM-A2", True, ["A1:19:40"], 134550),
    ("CLM-B1", True, ["A1:19:40"], 28000), ("CLM-B2", True, ["A1:19:40"], 18000),
    ("CLM-B3", True, ["A1:19:40"], 10000)], acks
PY
# A TA1, by ingest; an interchange without one is passed on and answers nothing.
printf '%s\nTA1*000000009*260901*0800*R*001~\nIEA*0*000000055~\n' "$isa" | sed 's/000000055/000000056/' >"$tmp/in.ta1"
"$B/bin/claimwire-ingest" "$tmp/in.ta1" fixtures/837p/clean.837 --rejects "$tmp/r1" 2>/dev/null |
    "$tool" --rejects "$tmp/r3" >"$tmp/out" || fail "a TA1: exit $?"
$py tests/lib/frames.py read <"$tmp/out" >"$tmp/lines"
$py - "$tmp/lines" <<'PY' || fail "a TA1: $(cat "$tmp/lines")"
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert sum(r["kind"] == "interchange" for r in lines) == 2, lines
assert [json.loads(r["body"]) for r in lines if r["kind"] == "ack"] == [
    {"answer": "TA1", "of": "interchange", "accepted": False, "code": "R", "codes": ["001"],
     "isa13": "000000009"}], lines
PY
echo "acks_test: all good"
