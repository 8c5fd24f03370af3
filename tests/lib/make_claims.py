#!/usr/bin/env python3
"""Makes 837P files and the 835s that pay them, from a seed: invented people, test identifiers.

usage: make_claims.py OUT --claims N [--per-set N] [--bad-set-every K] [--unbalanced-every K]
                      [--payers N] [--isa N] [--seed N] [--usage T|P]

Writes OUT.837, OUT.835 and OUT.json. Every K-th set says one segment too many in SE01, every K-th
claim charges one cent more than its lines. OUT.json says what must come of it, by the generator's
own account: `leave` (claim ids that must reach a payer), `rejected` (of lost sets), `refused`
(unbalanced), cents billed and paid of those that leave.
"""
import argparse
import json
import random

LAST = "TESTER SAMPLE MODEL PATTERN EXAMPLE DRAFT PROBE TRIAL SKETCH MOCKUP".split()
FIRST = "ANNA BEN CARA DAN EVE FINN GINA HUGO IRIS JACK".split()
NPIS = ["2000000010", "2000000028", "2000000036", "2000000044"]
CODES = [("99213", 15000), ("99214", 22000), ("87880:QW", 4000), ("93000", 6000), ("81002", 1500)]


def money(cents):
    text = f"{cents // 100}.{cents % 100:02d}"
    text = text.rstrip("0").rstrip(".")
    return text[1:] if text.startswith("0.") else text


class Writer:
    """Segments with '~' and newline; counts from ST."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="ascii", newline="")
        self.count = 0

    def seg(self, *elements):
        text = "*".join(str(e) for e in elements).rstrip("*")
        self.file.write(text + "~\n")
        self.count += 1


def isa(sender, receiver, number, usage):
    return ("ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender.ljust(15), "ZZ", receiver.ljust(15),
            "260901", "0800", "^", "00501", f"{number:09d}", "0", usage, ":")


def write_isa(w, *args):
    w.file.write("*".join(isa(*args)) + "~\n")


def claim(w, rnd, hl, parent, number, payer, unbalanced):
    """Writes one subscriber and claim; returns what the 835 needs."""
    pcn = f"C{number:09d}"
    last, first = rnd.choice(LAST), rnd.choice(FIRST)
    member = f"M{rnd.randrange(10**9):09d}"
    day = f"2026{rnd.randrange(1, 9):02d}{rnd.randrange(1, 29):02d}"
    lines = [rnd.choice(CODES) for _ in range(rnd.randrange(1, 4))]
    total = sum(c for _, c in lines)
    w.seg("HL", hl, parent, 22, 0)
    w.seg("SBR", "P", 18, f"G{rnd.randrange(10**5)}", "", "", "", "", "", "CI")
    w.seg("NM1", "IL", 1, last, first, "", "", "", "MI", member)
    w.seg("N3", f"{rnd.randrange(1, 999)} MAIN ST")
    w.seg("N4", "RIVERTON", "UT", "840650001")
    w.seg("DMG", "D8", f"{rnd.randrange(1940, 2020)}0{rnd.randrange(1, 10)}15", rnd.choice("FM"))
    w.seg("NM1", "PR", 2, f"SANDBOX PAYER {payer}", "", "", "", "", "PI", f"SBX{payer:02d}")
    w.seg("CLM", pcn, money(total + (1 if unbalanced else 0)), "", "", "11:B:1", "Y", "A", "Y", "Y")
    w.seg("HI", "ABK:J029", "ABF:I10")
    w.seg("NM1", 82, 1, "STONE", "RUTH", "", "", "", "XX", NPIS[1])
    w.seg("PRV", "PE", "PXC", "207Q00000X")
    for k, (code, cents) in enumerate(lines, 1):
        w.seg("LX", k)
        w.seg("SV1", f"HC:{code}", money(cents), "UN", 1, "", "", 1)
        w.seg("DTP", 472, "D8", day)
        w.seg("REF", "6R", f"{pcn}L{k}")
    return {"pcn": pcn, "total": total, "lines": lines, "last": last, "first": first,
            "member": member, "day": day, "payer": payer}


def claim_set(w, rnd, o, st, first, count, expected):
    w.count = 0
    payer = rnd.randrange(1, o.payers + 1)
    w.seg("ST", 837, f"{st:04d}", "005010X222A1")
    w.seg("BHT", "0019", "00", f"B{o.isa}S{st}", "20260901", "0800", "CH")
    w.seg("NM1", 41, 2, "RIVERBEND FAMILY MEDICINE", "", "", "", "", 46, "RVRBND")
    w.seg("PER", "IC", "BILLING DESK", "TE", "8015550100")
    w.seg("NM1", 40, 2, "CLEARING HOUSE", "", "", "", "", 46, "CLRHOUSE")
    hl, claims = 0, []
    bad = o.bad_set_every and st % o.bad_set_every == 0
    for k in range(count):
        if k % 20 == 0:
            hl += 1
            provider = hl
            w.seg("HL", hl, "", 20, 1)
            w.seg("PRV", "BI", "PXC", "207Q00000X")
            w.seg("NM1", 85, 2, f"RIVERBEND CLINIC {provider}", "", "", "", "", "XX", NPIS[provider % 4])
            w.seg("N3", f"{provider} RIVER RD")
            w.seg("N4", "RIVERTON", "UT", "840650001")
            w.seg("REF", "EI", "001234567")
        number = first + k
        hl += 1
        unbalanced = o.unbalanced_every and number % o.unbalanced_every == 0
        c = claim(w, rnd, hl, provider, number, payer, unbalanced)
        where = "rejected" if bad else "refused" if unbalanced else "leave"
        expected[where].append(c["pcn"])
        if where == "leave":
            claims.append(c)
    w.seg("SE", w.count + 1 + (1 if bad else 0), f"{st:04d}")
    return claims


def remit_lines(rnd, c):
    """Splits each line into paid, contractual and patient part; one claim in ten is denied."""
    denied = rnd.random() < 0.1
    out = []
    for code, cents in c["lines"]:
        contract = cents if denied else cents * 3 // 10
        patient = 0 if denied else min(2000, cents - contract)
        out.append((code, cents, cents - contract - patient, contract, patient, "197" if denied else "45"))
    return out


def remit_set(w, rnd, st, claims, expected):
    w.count = 0
    body = [(c, remit_lines(rnd, c)) for c in claims]
    paid = sum(line[2] for _, lines in body for line in lines)
    w.seg("ST", 835, f"{st:04d}")
    w.seg("BPR", "I" if paid else "H", money(paid), "C", "ACH" if paid else "NON", "CCP" if paid else "",
          *(("01", "011900445", "DA", "0123456789", "1512345678", "", "01", "021000021", "DA", "9876543210")
            if paid else [""] * 10), "20260920")
    w.seg("TRN", 1, f"EFT{st:06d}", "1512345678")
    w.seg("DTM", 405, "20260919")
    payer = claims[0]["payer"]
    w.seg("N1", "PR", f"SANDBOX PAYER {payer}")
    w.seg("N3", "PO BOX 1")
    w.seg("N4", "HARTFORD", "CT", "06101")
    w.seg("REF", "2U", f"SBX{payer:02d}")
    w.seg("PER", "BL", "EDI DESK", "TE", "8005550101")
    w.seg("N1", "PE", "RIVERBEND FAMILY MEDICINE", "XX", NPIS[0])
    w.seg("LX", 1)
    for c, lines in body:
        total_paid = sum(line[2] for line in lines)
        patient = sum(line[4] for line in lines)
        w.seg("CLP", c["pcn"], 1, money(c["total"]), money(total_paid), money(patient) if patient else "",
              12, f"ICN{c['pcn'][1:]}", "11", "1")
        w.seg("NM1", "QC", 1, c["last"], c["first"], "", "", "", "MI", c["member"])
        for k, (code, cents, line_paid, contract, line_patient, reason) in enumerate(lines, 1):
            w.seg("SVC", f"HC:{code}", money(cents), money(line_paid), "", 1)
            w.seg("DTM", 472, c["day"])
            w.seg("CAS", "CO", reason, money(contract))
            if line_patient:
                w.seg("CAS", "PR", 3, money(line_patient))
            w.seg("REF", "6R", f"{c['pcn']}L{k}")
        expected["paid_cents"] += total_paid
    w.seg("SE", w.count + 1, f"{st:04d}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--claims", type=int, required=True)
    p.add_argument("--per-set", type=int, default=100)
    p.add_argument("--bad-set-every", type=int, default=0)
    p.add_argument("--unbalanced-every", type=int, default=0)
    p.add_argument("--payers", type=int, default=3)
    p.add_argument("--isa", type=int, default=1)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--usage", default="T")
    o = p.parse_args()
    rnd = random.Random(o.seed)
    expected = {"leave": [], "rejected": [], "refused": [], "billed_cents": 0, "paid_cents": 0}
    w, r = Writer(o.out + ".837"), Writer(o.out + ".835")
    write_isa(w, "RVRBND", "CLRHOUSE", o.isa, o.usage)
    w.seg("GS", "HC", "RVRBND", "CLRHOUSE", "20260901", "0800", o.isa, "X", "005010X222A1")
    write_isa(r, "CLRHOUSE", "RVRBND", o.isa, o.usage)
    r.seg("GS", "HP", "CLRHOUSE", "RVRBND", "20260920", "0800", o.isa, "X", "005010X221A1")
    sets = remits = 0
    for first in range(o.first, o.first + o.claims, o.per_set):
        sets += 1
        count = min(o.per_set, o.first + o.claims - first)
        claims = claim_set(w, rnd, o, sets, first, count, expected)
        expected["billed_cents"] += sum(c["total"] for c in claims)
        if claims:
            remits += 1
            remit_set(r, rnd, remits, claims, expected)
    for out, number in ((w, sets), (r, remits)):
        out.seg("GE", number, o.isa)
        out.seg("IEA", 1, f"{o.isa:09d}")
        out.file.close()
    with open(o.out + ".json", "w", encoding="ascii") as f:
        json.dump(expected, f)


if __name__ == "__main__":
    main()
