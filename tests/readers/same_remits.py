#!/usr/bin/env python3
"""What was paid is what was paid: every CLP with all below it, every pair of a PLB and every cent of
BPR02 of the files before -- stands once in those behind it, and each set of them balances. Prints
the difference and exits 1. usage: same_remits.py [--owners] IN... -- OUT...
--owners: each file behind -- holds one provider only (TS301, else NM1*82, else N104 of N1*PE)"""
import collections
import decimal
import sys

import x12claims

D = decimal.Decimal


def sets(path):
    with open(path, "rb") as f:
        data = f.read()
    gs = st = None
    for e, raw in x12claims.segments(data):
        if e[0] == b"ISA":
            groups = 0
        elif e[0] == b"GS":
            gs, n, groups = e, 0, groups + 1
        elif e[0] == b"ST":
            st = [(e, raw)]
            n += 1
        elif e[0] == b"GE":
            x12claims.need("GE", (int(e[1]), e[2]), (n, gs[6]))
        elif e[0] == b"IEA":
            x12claims.need("IEA01", int(e[1]), groups)
        else:
            st.append((e, raw))
            if e[0] == b"SE":
                x12claims.need("SE", (int(e[1]), e[2]), (len(st), st[0][0][2]))
                yield st


def read(paths):
    claims, plbs, paid, owners = collections.Counter(), collections.Counter(), D(0), []
    for path in paths:
        mine = set()
        for st in sets(path):
            bpr, total, block, summary, payee, last, lx = D(0), D(0), None, b"", b"", None, 0
            blocks = []
            for e, raw in st:
                if e[0] == b"BPR":
                    bpr = D(e[2].decode())
                elif e[0] == b"N1" and e[1] == b"PE":
                    payee = e[4]
                elif e[0] == b"LX":
                    summary, lx = b"", lx + 1
                    x12claims.need("LX01", int(e[1]), lx)
                elif e[0] == b"TS3":
                    summary = e[1]
                if e[0] in (b"LX", b"CLP", b"PLB", b"SE"):
                    block = None
                if e[0] == b"CLP":
                    block = [summary, []]
                    blocks.append(block)
                    total += D(e[4].decode())
                if block:
                    block[1].append(raw)
                if e[0] == b"PLB":
                    mine.add(e[1])
                    for k in range(3, len(e) - 1, 2):
                        plbs[(e[1], e[2], e[k], e[k + 1])] += 1
                        total -= D(e[k + 1].decode())
            x12claims.need("BPR02 of a set of " + path, bpr, total)
            if bpr < 0:
                raise x12claims.Bad("a negative payment in " + path)
            paid += bpr
            for summary, raws in blocks:
                claims[(summary, tuple(raws))] += 1
                named = [r.split(b"*")[9] for r in raws if r.startswith(b"NM1*82")]
                mine.add(summary or (named or [payee])[0])
        owners.append(mine)
    return claims, plbs, paid, owners


args = sys.argv[1:]
one = args[0] == "--owners"
args = args[1:] if one else args
cut = args.index("--")
a, b = read(args[:cut]), read(args[cut + 1:])
print("%d claims, %d adjustments, %s paid; out: %d, %d, %s" % (sum(a[0].values()), sum(a[1].values()), a[2],
                                                               sum(b[0].values()), sum(b[1].values()), b[2]))
bad = a[:3] != b[:3]
if one and any(len(m) != 1 for m in b[3]):
    print("a part has several providers:", b[3])
    bad = True
sys.exit(1 if bad else 0)
