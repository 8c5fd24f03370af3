#!/usr/bin/python3
"""A small run for tests of the ledger's readers: original files in RUN/ingest/spool, sent files in
RUN/build837/out, and on standard output the frames of records that the reconciler would take.

usage: ledger_scene.py RUN [entries|all] > FRAMES

The people and the money are invented; the balances that the tests expect are worked out by hand:

  claim   charge   what happens                                   paid   adj   patient  open
  P1      190.00   paid in full, copay (G01)                      86.50  78.50  25.00    0.00
  P2     1200.00   denied, replaced, reversed and paid (G03)     412.30 684.62 103.08    0.00
  P3      500.00   paid 300, taken back, paid 180 (G06)          180.00 320.00   0.00    0.00
  P4      280.00   two payers (G05)                              150.00 115.00  15.00    0.00
  P5      675.00   split over two CLPs, a line denied (G09)      195.00 260.00  20.00  200.00
  P6      180.00   voided, taken back (G12): nothing is left       0.00   0.00   0.00    0.00
  P7      600.00   sent, no answer                                 0.00   0.00   0.00  600.00
  P8      100.00   not sent yet                                    0.00   0.00   0.00  100.00
  and 55.25 for an account that nobody knows, a forward balance of 120.00 opened and closed, a
  withholding of 18.00 open, interest of 1.50, one 835 that came twice.
"""
import hashlib
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(__file__))
import frames  # noqa: E402

DAY = 1788249600000000
ISA = ("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*260901*0800*^*00501*%09d*0*T*:~"
       "GS*%s*%s*%s*20260901*0800*1*X*%s~")
BILLER = "NM1*85*2*RIVERBEND FAMILY MEDICINE*****XX*2000000010~N3*1 MAIN ST~" \
         "N4*RIVERTON*UT*840650001~REF*EI*001234567~"
WHO = "NM1*QC*1*TESTER*ANNA****MI*XYZ100200300~DTM*232*20260903~"


def keep(run, folder, name, data):
    path = os.path.join(run, folder)
    os.makedirs(path, mode=0o700, exist_ok=True)
    with open(os.path.join(path, name), "wb") as f:
        f.write(data)


class File:
    """An original file that grows; records point into it."""

    def __init__(self, run, seq, head):
        self.run, self.seq, self.data, self.head, self.waiting = run, seq, head, head, []

    def add(self, kind, text, body, pos, of=0, set_off=0):
        """A piece of the file and the record that it becomes."""
        self.waiting.append((kind, len(self.data), len(text), body, pos, of, set_off))
        self.data += text

    def records(self, tail):
        data = (self.data + tail).encode()
        digest = frames.blake(data, 32)
        keep(self.run, "ingest/spool", digest.hex(), data)
        for kind, off, size, body, pos, of, set_off in self.waiting:
            parent = frames.blake(digest + struct.pack("<Q", set_off), 16)
            head = {"id": frames.blake(parent + struct.pack("<Q", (off << 8) + pos), 16),
                    "parent": parent, "kind": kind, "v": 1, "use": "T",
                    "at": DAY + self.seq * 3600000000, "file": digest, "off": off, "len": size,
                    "seq": self.seq, "pos": pos, "of": of}
            yield head, body.encode()


def bill(run, seq, claims, sent=True):
    """claims: (pcn, payer, rank, frequency, f8, [(code, charge)])"""
    head = ISA % ("RVRBND", "CLRHOUSE", seq, "HC", "RVRBND", "CLRHOUSE", "005010X222A1")
    st = "ST*837*0001*005010X222A1~BHT*0019*00*B%d*20260901*0800*CH~NM1*41*2*RIVERBEND*****46*" \
         "RVRBND~PER*IC*DESK*TE*8005550100~NM1*40*2*CLRHOUSE*****46*CLRHOUSE~" % seq
    f = File(run, seq, head + st)
    for n, (pcn, payer, rank, freq, f8, lines) in enumerate(claims):
        loops = "HL*1**20*1~" + BILLER + "HL*2*1*22*0~SBR*%s*18*******CI~" % rank + \
            "NM1*IL*1*TESTER*ANNA****MI*XYZ100200300~N3*2 MAIN ST~N4*RIVERTON*UT*840650001~" \
            "DMG*D8*19800229*F~NM1*PR*2*PAYER %s*****PI*%s~" % (payer, payer)
        clm = "CLM*%s*%s***11:B:%s*Y*A*Y*Y~" % (pcn, sum(c for _, c in lines), freq)
        clm += "REF*F8*%s~" % f8 if f8 else ""
        clm += "HI*ABK:J029~"
        for k, (code, charge) in enumerate(lines, 1):
            clm += "LX*%d~SV1*HC:%s*%s*UN*1***1~DTP*472*D8*20260903~REF*6R*%sL%d~" % (
                k, code, charge, pcn, k)
        f.data += loops
        f.add("claim", clm, head + st + loops + clm, n)
    records = list(f.records("SE*99*0001~GE*1*1~IEA*1*%09d~" % seq))
    for record in records:
        yield record
    start = len(head)
    body = {"st01": "837", "st02": "0001", "accepted": True, "claims": len(claims), "findings": []}
    digest = records[0][0]["file"]
    yield ({"id": frames.blake(digest + b"verdict", 16), "kind": "verdict", "v": 1, "use": "T",
            "at": DAY + seq * 3600000000, "file": digest, "off": start,
            "len": len(f.data) - start, "seq": seq}, json.dumps(body).encode())
    if sent:
        yield sent_file(run, seq, records)


def sent_file(run, seq, records):
    body = records[0][1].split(b"CLM*")[0]
    data = body + b"".join(b"CLM*" + r[1].split(b"CLM*")[1] for r in records) + \
        b"SE*99*0001~GE*1*1~IEA*1*%09d~" % seq
    digest, name = frames.blake(data, 32), "SBX01-%09d.837" % seq
    keep(run, "build837/out", name, data)
    text = json.dumps({"name": name, "file": digest.hex(), "isa13": "%09d" % seq, "gs06": "1",
                       "st02": ["0001"], "bht03": ["B%d" % seq], "payer": "SBX01",
                       "claims": [r[0]["id"].hex() for r in records]})
    return ({"id": frames.blake(digest + struct.pack("<Q", 0), 16), "kind": "sent", "v": 1,
             "use": "T", "at": DAY + seq * 3600000000, "file": digest, "len": len(data)},
            text.encode())


def era(run, seq, payer, trace, bpr, clps, plbs=(), again=False):
    head = ISA % (payer, "RVRBND", seq, "HP", payer, "RVRBND", "005010X221A1")
    top = "ST*835*0001~BPR*%s*%s*C*%s************20260905~TRN*1*%s*1512345678~" \
          "DTM*405*20260903~N1*PR*PAYER %s~N3*1 PAY ST~N4*COLUMBUS*OH*43215~REF*2U*%s~" \
          "N1*PE*RIVERBEND FAMILY MEDICINE*XX*2000000010~REF*TJ*001234567~" % (
              "I" if bpr != "0" else "H", bpr, "ACH" if bpr != "0" else "NON", trace, payer, payer)
    f = File(run, seq, head)
    at = len(head)
    f.add("payment", top, head + top, 0, len(clps) + len(plbs), at)
    f.data += "LX*1~"
    for n, clp in enumerate(clps):
        f.add("remit", clp, head + top + "LX*1~" + clp, n, 0, at)
    for n, plb in enumerate(plbs):
        text = "PLB*2000000010*20261231*%s~" % plb
        f.add("plb", text, head + top + text, len(clps) + n, 0, at)
    yield from f.records("SE*99*0001~GE*1*1~IEA*1*%09d~" % seq)


def clp(pcn, status, charge, paid, patient, control, lines, claim_cas=""):
    """lines: (code, charge, paid, "CAS*..~")"""
    return "CLP*%s*%s*%s*%s*%s*12*%s~" % (pcn, status, charge, paid, patient, control) + \
        claim_cas + WHO + "".join("SVC*HC:%s*%s*%s~%s" % line for line in lines)


def verdict(run, seq):
    """A set of which both claims were refused."""
    data = b"ST*refused~"
    digest = frames.blake(data, 32)
    keep(run, "ingest/spool", digest.hex(), data)
    body = {"st01": "837", "st02": "0001", "gs08": "005010X222A1", "accepted": True,
            "segments": 47, "claims": 2, "claims_refused": 2,
            "findings": [{"rule": "S3-001", "level": 3, "severity": "claim", "claim": 2,
                          "segment": "CLM", "position": 30, "unit": "P9", "text": "no"},
                         {"rule": "S3-001", "level": 3, "severity": "claim", "claim": 1,
                          "segment": "CLM", "position": 20, "unit": "P10", "text": "no"}]}
    return ({"id": frames.blake(digest, 16), "kind": "verdict", "v": 1, "use": "T", "at": DAY,
             "file": digest, "off": 0, "len": len(data), "seq": seq}, json.dumps(body).encode())


def scene(run):
    yield from bill(run, 1, [("P1", "SBX01", "P", "1", "", [("99213", 150), ("87880:QW", 40)]),
                             ("P2", "SBX01", "P", "1", "", [("70551", 1200)]),
                             ("P3", "SBX01", "P", "1", "", [("20610", 500)]),
                             ("P4", "PAX01", "P", "1", "", [("99214", 220), ("93000", 60)]),
                             ("P5", "SBX01", "P", "1", "", [("11042", 300), ("97597", 200),
                                                           ("99213:25", 175)]),
                             ("P6", "SBX01", "P", "1", "", [("99213", 180)]),
                             ("P7", "SBX01", "P", "1", "", [("99215", 600)])])
    yield from bill(run, 2, [("P8", "SBX01", "P", "1", "", [("99212", 100)])], sent=False)
    yield verdict(run, 3)
    first = [clp("P1", 1, 190, "86.5", 25, "C1", [("99213", 150, 70, "CAS*CO*45*55~CAS*PR*3*25~"),
                                                  ("87880:QW", 40, "16.5", "CAS*CO*45*23.5~")]),
             clp("P2", 1, 1200, 0, "", "C2", [("70551", 1200, 0, "CAS*CO*197*1200~")]),
             clp("P3", 1, 500, 300, "", "C3", [("20610", 500, 300, "CAS*CO*45*200~")])]
    yield from era(run, 4, "SBX01", "T1", "386.5", first)
    yield from era(run, 5, "SBX01", "T1", "386.5", first)  # again, in another interchange
    yield from era(run, 6, "PAX01", "T2", "92", [
        clp("P4", 1, 280, 92, 73, "C4", [("99214", 220, 72, "CAS*CO*45*80~CAS*PR*1*50**2*18~"),
                                         ("93000", 60, 20, "CAS*CO*45*35~CAS*PR*2*5~")])])
    yield from bill(run, 7, [("P2", "SBX01", "P", "7", "C2", [("70551", 1200)]),
                             ("P4", "SEX01", "S", "1", "", [("99214", 220), ("93000", 60)]),
                             ("P6", "SBX01", "P", "8", "C6", [("99213", 180)])])
    yield from era(run, 8, "SBX01", "T3", "0", [
        clp("P3", 22, -500, -300, "", "C3", [("20610", -500, -300, "CAS*CO*45*-200~")]),
        clp("P3", 1, 500, 180, "", "C3B", [("20610", 500, 180, "CAS*CO*45*320~")]),
        clp("P6", 1, 180, 110, "", "C6", [("99213", 180, 110, "CAS*CO*45*70~")]),
        clp("P6", 22, -180, -110, "", "C6", [("99213", -180, -110, "CAS*CO*45*-70~")])],
        ["FB:T3*-120"])
    yield from era(run, 9, "SBX01", "T4", "526.05", [
        clp("P2", 22, -1200, 0, "", "C2", [("70551", -1200, 0, "CAS*CO*197*-1200~")]),
        clp("P2", 1, 1200, "412.3", "103.08", "C2B",
            [("70551", 1200, "412.3", "CAS*CO*45*684.62~CAS*PR*2*103.08~")]),
        clp("P5", 1, 500, 120, "", "C5", [("11042", 300, 120, "CAS*CO*45*180~"),
                                         ("97597", 200, 0, "CAS*CO*97*200~")]),
        clp("P5", 1, 175, 75, 20, "C5B", [("99213", 175, 75, "CAS*CO*45*80~CAS*PR*3*20~")]),
        clp("ZZ-UNKNOWN-7", 1, 90, "55.25", "", "C9", [("99213", 90, "55.25",
                                                       "CAS*CO*45*34.75~")])],
        ["FB:T3*120", "WO:C77*18", "L6:P2*-1.5"])
    yield from era(run, 10, "SEX01", "T5", "58", [
        clp("P4", 2, 280, 58, 15, "S4", [("99214", 220, 53, "CAS*OA*23*152~CAS*PR*3*15~"),
                                        ("93000", 60, 5, "CAS*OA*23*55~")])])


def entries(run):
    """What has no 835: the patient of P1 pays 10.00, 20.00 of P5 are given up, T1 is at the bank."""
    f = File(run, 11, "")
    for what, more in (("patient", '"account":"P1","cents":1000,"reference":"R-1"'),
                       ("write-off", '"account":"P5","cents":2000,"reference":"W-1","from":"denial",'
                                     '"by":"lead","reason":"small"'),
                       ("deposit", '"cents":38650,"reference":"T1","origin":"1512345678"')):
        body = '{"v":"post.v1","what":"%s","date":"2026-09-05",%s}' % (what, more)
        f.add("post", body + "\n", body, 0)
    yield from f.records("")


def more(run):
    """A payment that is nothing but interest, and an answer to P7: neither has a remittance."""
    yield from era(run, 12, "SBX01", "T6", "3", [], ["L6:P7*-3"])
    digest = frames.blake(b"ST*277~", 32)
    keep(run, "ingest/spool", digest.hex(), b"ST*277~")
    body = {"answer": "277CA", "of": "claim", "accepted": True, "pcn": "P7", "by": "PR",
            "control": "SB7", "codes": ["A2:20"], "bht03": "B1", "charge": 60000}
    yield ({"id": frames.blake(digest, 16), "kind": "ack", "v": 1, "use": "T", "at": DAY + 1,
            "file": digest, "off": 0, "len": 7, "seq": 13}, json.dumps(body).encode())


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    records = list(scene(sys.argv[1]))
    if len(sys.argv) == 3:
        records += entries(sys.argv[1])
    if sys.argv[2:] == ["all"]:
        records += more(sys.argv[1])
    frames.write(sys.stdout.buffer, records)
