#!/usr/bin/env python3
"""An 835 of invented providers on stdout, balanced: claims of several providers in each set (NM1*82,
or TS3 for a whole group), reversals, adjustments of each provider that never take more than its
claims bring. usage: make_835.py [--seed N] [--sets N] [--claims N] [--providers N]"""
import argparse
import random
import sys

ap = argparse.ArgumentParser()
for name, value in (("seed", 1), ("sets", 2), ("claims", 30), ("providers", 4)):
    ap.add_argument("--" + name, type=int, default=value)
a = ap.parse_args()
rnd = random.Random(a.seed)
NPIS = ["20000000%02d" % (10 + i) for i in range(a.providers)]


def amount(c):
    s = "%d.%02d" % divmod(abs(c), 100)
    s = s.rstrip("0").rstrip(".") or "0"
    return ("-" if c < 0 else "") + s


def claim(n, npi, own, took):
    charge = rnd.randrange(1000, 90000)
    paid = rnd.randrange(0, charge)
    sign = -1 if took[npi] > 200000 and rnd.random() < 0.2 else 1
    charge, paid = charge * sign, paid * sign
    took[npi] += paid
    L = ["CLP*C%d*%s*%s*%s**12*P%d*11*1" % (n, "22" if sign < 0 else "1", amount(charge), amount(paid), n),
         "NM1*QC*1*TESTER*ANNA****MI*XYZ%d" % n]
    L += ["NM1*82*1*HEALER*HELEN****XX*" + npi] if own else []
    L += ["SVC*HC:99213*%s*%s" % (amount(charge), amount(paid)), "DTM*472*20260903"]
    return L + (["CAS*CO*45*" + amount(charge - paid)] if charge != paid else [])


out = ["ISA*00*          *00*          *ZZ*SANDBOX        *ZZ*CLRHOUSE       *260915*0900*^*00501*"
       "000000500*0*T*:", "GS*HP*SANDBOX*CLRHOUSE*20260915*0900*500*X*005010X221A1"]
n = 0
for s in range(a.sets):
    took = dict.fromkeys(NPIS, 0)
    body, lx = [], 0
    left = a.claims
    while left:
        k = min(left, rnd.randrange(1, 8))
        lx += 1
        body.append("LX*%d" % lx)
        one = rnd.choice(NPIS) if rnd.random() < 0.4 else None
        at, charged = len(body), 0
        for _ in range(k):
            npi = one or rnd.choice(NPIS)
            body += claim(n, npi, not one, took)
            charged += 1
            n += 1
        if one:
            body.insert(at, "TS3*%s*11*20261231*%d*0" % (one, charged))
        left -= k
    plb = 0
    for npi in NPIS:
        if took[npi] > 0:
            back, more = rnd.randrange(0, took[npi] + 1), rnd.randrange(1, 5000)
            body.append("PLB*%s*20261231*WO:R%d*%s*L6:R%d*%s" % (npi, n, amount(back), n, amount(-more)))
            plb += back - more
    total = sum(took.values()) - plb
    L = ["ST*835*%04d" % (s + 1),
         "BPR*I*%s*C*ACH*CCP*01*111000025*DA*123456*1512345678**01*222000111*DA*98765*20260917" % amount(total),
         "TRN*1*EFT%d*1512345678" % s, "DTM*405*20260915", "N1*PR*SANDBOX HEALTH*XV*SBX01", "N3*PO BOX 9000",
         "N4*SALT LAKE CITY*UT*84101", "REF*2U*SBX01", "PER*BL*EDI DESK*TE*8005550101",
         "N1*PE*RIVERBEND*XX*" + NPIS[0], "REF*TJ*001234567"] + body
    out += L + ["SE*%d*%04d" % (len(L) + 1, s + 1)]
out += ["GE*%d*500" % a.sets, "IEA*1*000000500"]
sys.stdout.write("".join(x + "~\n" for x in out))
