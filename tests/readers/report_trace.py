#!/usr/bin/python3
"""Every number of every report and what its --trace says of it: the parts add up to the number (the values
of a lag have it as their median or 90th percentile), and each part names a file that is kept under its
digest, and in it a segment, counted in its set from ST as 1, that stands in the bytes it names and is of the
kind that says such a thing. What a part is worth stands in those bytes. Standard library, and nothing of
claimwire.

usage: report_trace.py RUN < rows of `claimwire report NAME --trace --json`; exit 1 with what is wrong
"""
import hashlib
import json
import os
import sys
from collections import defaultdict
from decimal import Decimal

from report_rates import LAGS, RATES, nearest, ratio

# what a part of a kind begins with: the first segment of what it names
FIRST = {"claim": ("CLM",), "payment": ("BPR",), "remit": ("CLP",), "plb": ("PLB",), "verdict": ("ST",),
         "ack": ("TA1", "AK1", "AK2", "AK9", "IK5", "STC", "TRN")}
SENT = {}


def cents(s):
    return int(Decimal(s or "0") * 100)


class File:
    def __init__(self, data):
        self.data, self.place = data, {}  # of the first byte of each segment: its position in its set
        if not data.startswith(b"ISA"):
            return
        n, at = 0, 0
        for raw in data.split(data[105:106]):
            text = raw.lstrip(b"\r\n")
            n = 1 if text.startswith(b"ST*") else n + 1
            self.place[at + len(raw) - len(text)] = (n, text.decode("latin-1").split("*"))
            at += len(raw) + 1

    def within(self, off, size):
        return [s for at, (_, s) in sorted(self.place.items()) if off <= at < off + size]


def files(run, known={}):
    if not known:
        for folder in ("ingest/spool", "build837/out"):
            top = os.path.join(run, folder)
            for name in os.listdir(top) if os.path.isdir(top) else ():
                data = open(os.path.join(top, name), "rb").read()
                digest = hashlib.blake2b(data, digest_size=32).hexdigest()
                assert folder != "ingest/spool" or digest in name, name
                known[digest] = File(data)
    return known


def worth(kind, segs):
    """Amounts that a part of this kind can have, by what they are said to be."""
    out = defaultdict(set)
    for s in segs:
        if s[0] == "CLM":
            out["charges"].add(-cents(s[2]) if s[5].endswith(":8") else cents(s[2]))  # a void gives them back
            out["collectable"] |= out["charges"]
        elif s[0] == "BPR":
            out["cash"].add(cents(s[2]))
        elif s[0] == "CLP" and len(s) > 4:
            out["claims"].add(cents(s[4]))
            out["unapplied"].add(cents(s[4]))
            out["to come"].add(-cents(s[4]))
            out["payers"].add(cents(s[4]))
        elif s[0] == "SVC":
            out["payers"].add(cents(s[3]))
        elif s[0] == "CAS":
            for i in range(2, len(s) - 1, 3):
                out["denied"].add(cents(s[i + 1]))
                out["undone"].add(-cents(s[i + 1]))
        elif s[0] == "PLB":
            for i in range(4, len(s), 2):
                for name in ("adjusted", "interest"):
                    out[name].add(-cents(s[i]))
    return out


def part_is_wrong(run, report, part):
    of, kind = part["of"], part["kind"]
    f = files(run).get(part["file"])
    if f is None:
        return "no such file"
    off, size, seg = part["off"], part["len"], part["seg"]
    if kind in ("sent", "post"):  # a whole file; an entry is a line or a file
        return "" if 0 < size <= len(f.data) - off else "beyond its file"
    # a payment's bytes begin with the ST, its own first segment is the BPR; a TA1 stands in no set
    own = [s for at, (n, s) in f.place.items() if off <= at < off + size and (n == seg or not seg)]
    if off not in f.place or not any(s[0] in FIRST[kind] for s in own):
        return "segment %d is not there" % seg
    if report in ("cash", "denials", "unapplied", "net-collection"):
        can = worth(kind, f.within(off, size))
        if of in can and part["amount"] not in can[of]:
            return "%d is not in it" % part["amount"]
    return ""


def sum_is_wrong(report, row, column, parts):
    v = row[column]
    if column in RATES.get(report, {}):
        num, den, scale = RATES[report][column]
        return "" if v == ratio(row[num], row[den], scale) else "no rate of what it is of"
    stem, _, end = column.rpartition(" ")
    if stem in LAGS.get(report, {}):
        values = [p["amount"] for p in parts]
        return "" if v == nearest(values, 50 if end == "median" else 90) else "is not of its values"
    if report == "underpaid" and column in ("units", "percent"):
        return ""
    return "" if sum(p["amount"] for p in parts) == v else "its parts sum to %d" % sum(p["amount"] for p in parts)


def main(run):
    wrong, numbers, parts_n, reports = [], 0, 0, set()
    for line in sys.stdin:
        row = json.loads(line)
        name, parts = row.pop("report"), defaultdict(list)
        reports.add(name)
        for p in row.pop("trace"):
            parts[p["of"]].append(p)
        for column, v in row.items():
            if isinstance(v, str):
                continue
            numbers += 1
            said = sum_is_wrong(name, row, column, parts[column])
            wrong += ["%s %s: %s" % (name, column, said)] if said else []
        for p in (p for of in parts.values() for p in of):
            parts_n += 1
            said = part_is_wrong(run, name, p)
            wrong += ["%s %s event %d %s: %s" % (name, p["of"], p["event"], p["kind"], said)] if said else []
    print("\n".join(wrong + ["%d reports, %d numbers, %d parts, %d wrong" % (len(reports), numbers, parts_n, len(wrong))]))
    return 1 if wrong or not parts_n else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
