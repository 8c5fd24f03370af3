#!/usr/bin/env python3
"""Whole faulty files made by hand: each gives exactly the finding of files/expected.tsv.

usage: files.py [-v]      environment: B (build), VALIDATE (the command)
"""
import csv
import json
import os
import subprocess
import sys

import run

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
KEYS = ["rule", "severity", "loop", "segment", "position", "element", "report"]


def findings(path):
    build = os.environ.get("B", "build")
    command = os.environ.get("VALIDATE", os.path.join(build, "bin", "claimwire") +
                             " validate --max-level 7")
    done = subprocess.run(command.split() + ["--report", "json", path], cwd=run.ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    return [json.loads(x) for x in done.stdout.decode("latin-1").splitlines() if x]


def main():
    with open(os.path.join(HERE, "expected.tsv"), newline="") as f:
        rows = list(csv.DictReader((x for x in f if not x.startswith("#")), delimiter="\t"))
    bad = 0
    for row in rows:
        found = findings(os.path.join(HERE, row["file"]))
        want = [row[k] for k in KEYS]
        if [[str(f[k]) for k in KEYS] for f in found] == [want]:
            continue
        bad += 1
        print("FAIL %s: %s\n     expected %s" % (row["file"], row["what"], " ".join(want)))
        for f in found[:5] or [None]:
            print("     found    %s" % (" ".join(str(f[k]) for k in KEYS) if f else "nothing"))
    names = {r["file"] for r in rows}
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".x12") and name not in names:
            bad += 1
            print("FAIL %s is in no line of expected.tsv" % name)
    print("%d whole files, %d not as written down" % (len(rows), bad))
    return 1 if bad or len(rows) < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
