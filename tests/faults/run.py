#!/usr/bin/env python3
"""Plants one fault at a time and compares what the validator says with what was written down.

usage: run.py [-v] [NAME ...]      environment: B (build), VALIDATE (the command)

faults.tsv has one fault a line: name, base (a file of fixtures), edits, and the one finding that is
expected. Edits are parted by ` ; `, a segment is named by how it begins, the second of that kind by
a `#2` behind it:

  set SEGMENT|3=VALUE|5=           elements, also 1-2 for a component; "2=" empties
  put SEGMENT|TEXT                 the whole segment anew
  del SEGMENT                      away with it
  cut SEGMENT|SEGMENT              away with all from the first to before the second
  dup SEGMENT                      once more, behind itself
  before SEGMENT|TEXT, after SEGMENT|TEXT   a new segment
  move SEGMENT|SEGMENT             the first goes before the second
  keep                             SE01, GE01 and IEA01 stay as they were

`\\xHH` in a text is that byte. Counts are mended after the edits, so that there is one fault only.
Exit 0 when the clean bases give no finding and each fault gives exactly the finding expected.
"""
import csv
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEYS = ["rule", "level", "severity", "loop", "segment", "position", "element", "report"]


def unescape(text):
    return re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), text)


def load(base):
    with open(os.path.join(ROOT, "fixtures", base), encoding="latin-1") as f:
        return [s.strip("\r\n") for s in f.read().split("~") if s.strip("\r\n")]


def find(segments, name):
    text, _, nth = name.strip().partition("#")
    hits = [i for i, s in enumerate(segments) if s == text or s.startswith(text)]
    if nth == "" and len(hits) != 1:
        sys.exit("%r names %d segments" % (name, len(hits)))
    return hits[int(nth or 1) - 1]


def put_element(segment, place, value):
    els = segment.split("*")
    e, _, c = place.partition("-")
    els += [""] * (int(e) + 1 - len(els))
    if c:
        parts = els[int(e)].split(":")
        parts += [""] * (int(c) - len(parts))
        parts[int(c) - 1] = value
        while len(parts) > 1 and parts[-1] == "":
            parts.pop()
        value = ":".join(parts)
    els[int(e)] = value
    while els[-1] == "" and not value.endswith("*"):
        els.pop()
    return "*".join(els)


def edit(segments, line):
    op, _, rest = line.strip().partition(" ")
    name, *args = [unescape(x) for x in rest.split("|")]
    if op == "keep":
        return
    i = find(segments, name)
    if op == "set":
        for a in args:
            place, _, value = a.partition("=")
            segments[i] = put_element(segments[i], place, value)
    elif op == "put":
        segments[i] = args[0]
    elif op == "del":
        del segments[i]
    elif op == "cut":
        del segments[i:find(segments, args[0])]
    elif op == "dup":
        segments.insert(i, segments[i])
    elif op in ("before", "after"):
        segments.insert(i + (op == "after"), args[0])
    elif op == "move":
        moved = segments.pop(i)
        segments.insert(find(segments, args[0]), moved)
    else:
        sys.exit("unknown edit " + op)


def mend(segments):
    """SE01, GE01 and IEA01 as they should be."""
    start, sets, groups = 0, 0, 0
    for i, s in enumerate(segments):
        tag = s.split("*")[0]
        if tag == "ST":
            start, sets = i, sets + 1
        elif tag == "GS":
            sets, groups = 0, groups + 1
        elif tag == "SE":
            segments[i] = put_element(s, "1", str(i - start + 1))
        elif tag == "GE":
            segments[i] = put_element(s, "1", str(sets))
        elif tag == "IEA":
            segments[i] = put_element(s, "1", str(groups))


def validate(segments, base):
    build = os.environ.get("B", "build")
    command = os.environ.get("VALIDATE", os.path.join(build, "bin", "claimwire") + " validate")
    with tempfile.NamedTemporaryFile(suffix=".x12", delete=False) as f:
        f.write("".join(s + "~\n" for s in segments).encode("latin-1"))
    try:
        done = subprocess.run(command.split() + ["--report", "json", f.name], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.unlink(f.name)
    found = [json.loads(line) for line in done.stdout.decode("latin-1").splitlines() if line]
    if done.returncode not in (0, 1):
        found.append({k: "" for k in KEYS})
        found[-1]["rule"] = "exit %d" % done.returncode
        found[-1]["report"] = done.stderr.decode("latin-1").strip()[:100]
    return found


def brief(f):
    return " ".join("%s=%s" % (k, f.get(k, "?")) for k in KEYS)


def check(row, verbose):
    segments = load(row["base"])
    for line in [e for e in row["edits"].split(" ; ") if e.strip()]:
        edit(segments, line)
    if "keep" not in row["edits"].split(" ; "):
        mend(segments)
    found = validate(segments, row["base"])
    wanted = {k: row[k] for k in KEYS}
    same = len(found) == 1 and all(str(found[0].get(k, "?")) == wanted[k] for k in KEYS)
    if same and not verbose:
        return True
    print("%s %s" % ("ok  " if same else "FAIL", row["name"]))
    if not same or verbose:
        print("     expected %s" % brief(wanted))
        for f in found[:8]:
            print("     found    %s" % brief(f))
        if not found:
            print("     found    nothing")
    return same


def main():
    args = sys.argv[1:]
    verbose = "-v" in args
    names = [a for a in args if a != "-v"]
    with open(os.path.join(HERE, "faults.tsv"), newline="") as f:
        rows = list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t",
                                   quoting=csv.QUOTE_NONE))
    bad = 0
    for base in sorted({r["base"] for r in rows}):
        found = validate(load(base), base)
        for f in found:
            print("FAIL %s is not clean: %s" % (base, brief(f)))
        bad += bool(found)
    chosen = [r for r in rows if not names or r["name"] in names]
    bad += sum(not check(r, verbose) for r in chosen)
    print("%d faults, %d not as written down" % (len(chosen), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
