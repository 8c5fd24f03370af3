#!/usr/bin/env python3
"""Claims in = claims out, segment for segment but for HL numbers and envelope.
usage: same_claims.py [--payers] IN... -- OUT...     prints the difference and exits 1"""
import collections
import sys

import x12claims


def main():
    cut = sys.argv.index("--")
    came, went = collections.Counter(), collections.Counter()
    for counter, paths in ((came, sys.argv[1:cut]), (went, sys.argv[cut + 1 :])):
        for p in paths:
            for c in x12claims.claims(p):
                counter[x12claims.body(c)] += 1
    lost, more = came - went, went - came
    print("%d claims in, %d out, %d lost, %d too many"
          % (sum(came.values()), sum(went.values()), sum(lost.values()), sum(more.values())))
    for what, some in (("lost", lost), ("too many", more)):
        for b in list(some)[:3]:
            print(what, b[3][0].decode("latin-1"))
    sys.exit(1 if lost or more else 0)


main()
