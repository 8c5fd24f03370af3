#!/usr/bin/env python3
"""Holds traces of tests/crash/trace_sync.c against the promise of the links.

usage: trace_check.py DIR KEEPER...    (names as in RUN: claimwire-build837 ...)

For every keeper: a frame that was received and then acknowledged has a sync between the two. For the
source: no frame is sent before its first sync (the spooled original). Prints what was counted; 1
and the first violation otherwise. A trace in which no keeper acknowledged anything proves nothing
and fails.
"""
import pathlib
import sys


def check_keeper(path):
    """Returns (frames acknowledged, syncs); dies on the first acknowledgment without a sync."""
    received, last_sync, acked, syncs = {}, -1, 0, 0
    for number, line in enumerate(path.read_text().splitlines()):
        kind, *rest = line.split()
        if kind == "S":
            last_sync = number
            syncs += 1
        elif kind == "F":
            received[tuple(rest)] = number
        elif kind == "E":
            received[tuple(rest)] = -1
        elif kind == "A":
            got = received.get(tuple(rest))
            if got is None:
                sys.exit(f"{path.name}:{number + 1}: acknowledged a frame never received")
            if last_sync < got:
                sys.exit(f"{path.name}:{number + 1}: acknowledged before a sync")
            acked += 1
    return acked, syncs


def check_source(path):
    for number, line in enumerate(path.read_text().splitlines()):
        if line.startswith("S"):
            return
        if line.startswith("G"):
            sys.exit(f"{path.name}:{number + 1}: a frame was sent before anything was synced")


def main():
    folder, keepers = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for keeper in keepers:
        acked = syncs = 0
        for path in sorted(folder.glob(keeper + ".*")):
            a, s = check_keeper(path)
            acked, syncs = acked + a, syncs + s
        if acked == 0:
            sys.exit(f"{keeper}: acknowledged nothing, so nothing was shown")
        print(f"{keeper}: {acked} frames acknowledged, {syncs} syncs, none too early")
    for path in folder.glob("claimwire-ingest.*"):
        check_source(path)


if __name__ == "__main__":
    main()
