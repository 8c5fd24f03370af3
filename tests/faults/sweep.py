#!/usr/bin/env python3
"""Plants thousands of faults by machine and wants at most one finding for each.

usage: sweep.py [-v]      environment: B (build), VALIDATE (the command)

In the clean files every segment between ST and SE is left out, doubled, and swapped with the next;
every element is emptied, made too long, and given a value that nobody knows. Which finding a fault
gets is the matter of faults.tsv; here is only seen that none is told twice, and that too long is
always told. All faults go through the validator in one run, an interchange each. allowed.tsv lists
those that may have more than one finding, with the reason; such a line that is not needed fails.
"""
import bisect
import csv
import json
import os
import subprocess
import sys
import tempfile

import run

HERE = os.path.dirname(os.path.abspath(__file__))
BASES = ("837p/clean.837", "837i/clean.837", "837d/clean.837", "835/clean.835", "999/clean.999",
         "277ca/clean.277", "276/clean.276", "277/clean.277", "270/clean.270", "271/clean.271",
         "278/clean.278", "278r/clean.278", "278n/clean.278", "275/clean.275",
         "277rfai/clean.277", "834/clean.834", "820/clean.820")


def segment_faults(clean, first, last):
    for i in range(first, last):
        yield "del", i, "", clean[:i] + clean[i + 1:]
        yield "dup", i, "", clean[:i + 1] + clean[i:]
        if i + 1 < last:
            yield "swap", i, "", clean[:i] + [clean[i + 1], clean[i]] + clean[i + 2:]


def element_faults(clean, first, last):
    for i in range(first, last):
        for e, value in enumerate(clean[i].split("*")):
            if e == 0 or value == "":
                continue
            for op, new in (("empty", ""), ("long", "X" * 300), ("odd", "ZQ9")):
                changed = run.put_element(clean[i], str(e), new)
                yield op, i, str(e), clean[:i] + [changed] + clean[i + 1:]


def faults():
    """(name, segments), the name being base, kind of fault, segment, element."""
    for base in BASES:
        clean = run.load(base)
        tags = [s.split("*")[0] for s in clean]
        first, last = tags.index("ST") + 1, tags.index("SE")
        for make in (segment_faults, element_faults):
            for op, i, element, segments in make(clean, first, last):
                run.mend(segments)
                yield (base, op, str(i - first + 2), clean[i], element), segments


def validate(all_faults, renumber=True):
    """(names, findings of each): all faults in one run, an interchange each."""
    names, starts, at = [], [], 0
    with tempfile.NamedTemporaryFile(suffix=".x12", delete=False) as f:
        for n, (name, segments) in enumerate(all_faults, 1):
            if renumber:
                control = "%09d" % n
                segments[0] = segments[0][:90] + control + segments[0][99:]
                segments[-1] = run.put_element(segments[-1], "2", control)
            data = "".join(s + "~\n" for s in segments).encode("latin-1")
            names.append(name)
            starts.append(at)
            at += len(data)
            f.write(data)
    command = os.environ.get("VALIDATE", os.path.join(os.environ.get("B", "build"), "bin",
                                                      "claimwire") + " validate")
    try:
        done = subprocess.run(command.split() + ["--report", "json", f.name], cwd=run.ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    finally:
        os.unlink(f.name)
    found = [[] for _ in names]
    for line in done.stdout.decode("latin-1").splitlines():
        x = json.loads(line)
        i = bisect.bisect_right(starts, x["offset"]) - 1
        # What an interchange lacks is found where the next one begins.
        late = i and x["offset"] == starts[i] and x["rule"] == "S1-014"
        found[i - 1 if late else i].append(x)
    return names, found


def main():
    verbose = "-v" in sys.argv
    with open(os.path.join(HERE, "allowed.tsv"), newline="") as f:
        lines = (line for line in f if not line.startswith("#"))
        allowed = {(r["base"], r["op"], r["position"]) for r in csv.DictReader(lines, delimiter="\t")}
    names, found = validate(faults())
    bad, used, told = 0, set(), 0
    for name, fs in zip(names, found):
        key = name[:3]
        told += bool(fs)
        if len(fs) > 1 and key in allowed:
            used.add(key)
        elif len(fs) > 1 or (not fs and name[1] == "long"):
            bad += 1
            print("FAIL %s -> %d" % (" ".join(name), len(fs)))
            for x in fs[:5] if verbose else []:
                print("     %s" % run.brief(x))
    for key in sorted(allowed - used):
        bad += 1
        print("FAIL allowed.tsv allows %s, which gives one finding or none" % " ".join(key))
    print("%d faults, %d told, %d of them more than once as allowed, %d wrong"
          % (len(names), told, len(used), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
