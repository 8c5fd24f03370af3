#!/usr/bin/env python3
"""What 835 files say, by an independent hand: one line a payment, CLP and PLB, in order of the files'
control numbers. Exits 1 when a line, claim or payment does not balance and --lies is not given.
usage: read_835.py [--lies] FILE..."""
import sys
from decimal import Decimal as D

lies = sys.argv[1] == "--lies"
bad = 0


def say(ok, what):
    global bad
    if not ok:
        bad += 1
        if not lies:
            print("OUT " + what)


for path in sorted(sys.argv[1 + lies:]):
    segs = [s.strip().split("*") for s in open(path).read().split("~") if s.strip()]
    bpr = trn = clp = svc = None
    total = plb = D(0)

    def close_line():
        if svc:
            say(svc["charge"] - svc["cas"] == svc["paid"], "line")
            clp["lines"] += svc["paid"]
            clp["cas"] += svc["cas"]

    def close_claim():
        if clp:
            say(clp["charge"] - clp["cas"] == clp["paid"], "claim %s" % clp["pcn"])
            say(clp["n"] == 0 or clp["lines"] == clp["paid"], "claim lines %s" % clp["pcn"])

    for s in segs:
        if s[0] == "BPR":
            bpr = D(s[2])
        elif s[0] == "TRN":
            print("PAY %s %s" % (s[2], bpr))
        elif s[0] == "CLP":
            close_line()
            svc = None
            close_claim()
            clp = {"pcn": s[1], "charge": D(s[3]), "paid": D(s[4]), "cas": D(0), "lines": D(0), "n": 0}
            total += clp["paid"]
            print("CLP %s %s %s %s %s" % (s[1], s[2], s[3], s[4], (s[5] or "0")))
        elif s[0] == "SVC":
            close_line()
            svc = {"charge": D(s[2]), "paid": D(s[3]), "cas": D(0)}
            clp["n"] += 1
        elif s[0] == "CAS":
            to = svc or clp
            to["cas"] += sum(D(v) for v in s[3::3])
        elif s[0] == "PLB":
            for code, amount in zip(s[3::2], s[4::2]):
                plb += D(amount)
                print("PLB %s %s" % (code, amount))
    close_line()
    close_claim()
    say(total - plb == bpr, "payment")
sys.exit(1 if bad and not lies else 0)
