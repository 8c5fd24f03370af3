#!/usr/bin/env python3
"""Claims in = claims out, segment for segment but for HL numbers, envelope and our own number of a
claim (REF*D9): each claim that came without one leaves with one, and no two with the same.
usage: same_claims.py [--plain] IN... -- OUT...     prints the difference and exits 1
--plain: nothing of ours is in OUT"""
import collections
import re
import sys

import x12claims


OURS = re.compile(rb"REF\*D9\*CW[0-9A-F]{16}$")


def without_ours(c, traces):
    """The claim without our number, which is kept in traces."""
    ours = [s for s in c.claim if OURS.match(s)]
    if sum(s.startswith(b"REF*D9*") for s in c.claim) != 1:
        print("a claim has no number of its own, or two", c.claim[0])
        sys.exit(1)
    traces.extend(ours)
    return c._replace(claim=[s for s in c.claim if s not in ours])


def main():
    traces = []
    plain = "--plain" in sys.argv
    if plain:
        sys.argv.remove("--plain")
    cut = sys.argv.index("--")
    came, went = collections.Counter(), collections.Counter()
    for counter, paths in ((came, sys.argv[1:cut]), (went, sys.argv[cut + 1 :])):
        for p in paths:
            for c in x12claims.claims(p):
                if counter is went and not plain:
                    c = without_ours(c, traces)
                counter[x12claims.body(c)] += 1
    lost, more = came - went, went - came
    print("%d claims in, %d out, %d lost, %d too many"
          % (sum(came.values()), sum(went.values()), sum(lost.values()), sum(more.values())))
    for what, some in (("lost", lost), ("too many", more)):
        for b in list(some)[:3]:
            print(what, b[3][0].decode("latin-1"))
    if len(set(traces)) != len(traces):
        sys.exit("two claims have the same number of ours")
    sys.exit(1 if lost or more else 0)


main()
