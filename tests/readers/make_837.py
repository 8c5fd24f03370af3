#!/usr/bin/env python3
"""A small 837 of invented people on stdout: payers PAY0 to PAY3 in turn, two billing providers,
every fifth patient a dependent; professional unless --kind says I (hospital) or D (dental).
usage: make_837.py [--kind P|I|D] [--sets N] [--claims N] [--first N] [--sender ID]"""
import argparse
import sys

ap = argparse.ArgumentParser()
ap.add_argument("--sets", type=int, default=1)
ap.add_argument("--claims", type=int, default=10)
ap.add_argument("--first", type=int, default=0)
ap.add_argument("--kind", choices="PID", default="P")
ap.add_argument("--sender", default="RVRBND")
a = ap.parse_args()
VERSION = {"P": "005010X222A1", "I": "005010X223A2", "D": "005010X224A2"}[a.kind]


def claim(n):
    """The claim with this number: 2300 and all below it, charged 100.5 and n."""
    if a.kind == "P":
        return ["CLM*PCN%06d*%d.5***11:B:1*Y*A*Y*Y" % (n, 100 + n), "HI*ABK:J029*ABF:R05",
                "NM1*82*1*HEALER*HUGH****XX*2000000036", "LX*1",
                "SV1*HC:99213:25*%d.5*UN*1***1:2" % (60 + n), "DTP*472*D8*20260903", "REF*6R*%dL1" % n,
                "LX*2", "SV1*HC:87880:QW*40*UN*1***1", "DTP*472*D8*20260903", "REF*6R*%dL2" % n]
    if a.kind == "I":
        return ["CLM*PCN%06d*%d.5***13:A:1**A*Y*Y" % (n, 100 + n), "DTP*434*RD8*20260903-20260903",
                "CL1*1*1*01", "HI*ABK:J029", "HI*ABF:R05", "HI*BH:11:D8:20260901",
                "NM1*71*1*ATTENDER*ADA****XX*2000000036", "LX*1",
                "SV2*0450*HC:99283:25*%d.5*UN*1" % (60 + n), "DTP*472*D8*20260903", "REF*6R*%dL1" % n,
                "LX*2", "SV2*0250**40*UN*1"]
    return ["CLM*PCN%06d*%d.5***11:B:1*Y*A*Y*Y" % (n, 100 + n), "DTP*472*D8*20260903", "HI*ABK:K029",
            "NM1*82*1*HEALER*HUGH****XX*2000000036", "LX*1",
            "SV3*AD:D2392*%d.5****1*****1" % (60 + n), "TOO*JP*%d*M:O" % (1 + n % 32), "REF*6R*%dL1" % n,
            "LX*2", "SV3*AD:D1110*40****1", "REF*6R*%dL2" % n]


out = ["ISA*00*          *00*          *ZZ*%-15s*ZZ*CLRHOUSE       *260901*0800*^*00501*"
       "%09d*0*P*:" % (a.sender, a.first + 1),
       "GS*HC*%s*CLRHOUSE*20260901*0800*%d*X*%s" % (a.sender, a.first + 1, VERSION)]
n = a.first
for s in range(a.sets):
    L = ["ST*837*%04d*%s" % (s + 1, VERSION), "BHT*0019*00*BATCH%d*20260901*0800*CH" % (a.first + s),
         "NM1*41*2*RIVERBEND FAMILY MEDICINE*****46*%s" % a.sender, "PER*IC*DESK*TE*8015550100",
         "NM1*40*2*CLEARING HOUSE*****46*CLRHOUSE"]
    hl = 0
    for i in range(a.claims):
        if i % (a.claims // 2 or 1) == 0:
            hl += 1
            bill = hl
            k = i // (a.claims // 2 or 1) % 2
            L += ["HL*%d**20*1" % hl, "PRV*BI*PXC*207Q00000X",
                  "NM1*85*2*RIVERBEND %d*****XX*%s" % (k, ("2000000010", "2000000028")[k]),
                  "N3*1 MAIN ST", "N4*RIVERTON*UT*840650001", "REF*EI*00123456%d" % k]
        dep = i % 5 == 4
        hl += 1
        sub = hl
        L += ["HL*%d*%d*22*%d" % (hl, bill, dep), "SBR*P*%s*G1******CI" % ("" if dep else "18"),
              "NM1*IL*1*TESTER%d*ANNA****MI*XYZ1002%05d" % (n, n), "N3*%d ELM ST" % (n + 1),
              "N4*RIVERTON*UT*84065", "DMG*D8*19800229*F", "NM1*PR*2*PAYER %d*****PI*PAY%d" % (n % 4, n % 4)]
        if dep:
            hl += 1
            L += ["HL*%d*%d*23*0" % (hl, sub), "PAT*19", "NM1*QC*1*TESTER%d*BEN" % n, "N3*%d ELM ST" % (n + 1),
                  "N4*RIVERTON*UT*84065", "DMG*D8*20150607*M"]
        L += claim(n)
        n += 1
    L.append("SE*%d*%04d" % (len(L) + 1, s + 1))
    out += L
out += ["GE*%d*%d" % (a.sets, a.first + 1), "IEA*1*%09d" % (a.first + 1)]
sys.stdout.write("".join(s + "~" for s in out))
