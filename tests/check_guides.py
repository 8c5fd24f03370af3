#!/usr/bin/env python3
"""Compares the guides as compiled with tables of facts that stand outside of the repository.

usage: check_guides.py FOLDER [NAME ...]      environment: B (build), DUMP (a command that prints
the lines of `claimwire guides --tsv`, called with NAME VERSION)

FOLDER holds one table a guide, NAME.X222A1.tsv, with the columns of docs/guides.md. Loops,
segments, elements and components are matched by path, id and qualifier; then usage (M is R),
repeat, data element, type, lengths, values, syntax notes and the order of segments are compared.
The 278, of which only the base standard stands open, is compared with that: a guide
may narrow it. A difference that a line of config/guides/differences.txt explains is counted, any other is listed,
and so is an explanation that explains nothing. Exit 0: none of either. 1: some. 2: no tables.
"""
import csv
import fnmatch
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GUIDES = os.path.join(ROOT, "config", "guides")


def dump(name, version):
    build = os.environ.get("B", os.path.join(ROOT, "build"))
    command = os.environ.get("DUMP", os.path.join(build, "bin", "claimwire") + " guides --tsv")
    done = subprocess.run(command.split() + [name, version], cwd=ROOT, stdout=subprocess.PIPE,
                          check=True)
    return done.stdout.decode().splitlines()


def usage(row):
    return "R" if row["usage"] == "M" else row["usage"]


def qualifier(row):
    """'HI01-1=ABK|BK' as (place, set of values)."""
    place, _, values = row["qualifier"].partition("=")
    return (place.replace("-01", "-1"), tuple(sorted(values.split("|")))) if values else ("", ())


class Segment:
    def __init__(self, row):
        self.row, self.path, self.id, self.parts = row, row["path"], row["segment"], {}
        self.first = False

    def place(self):
        said = "|".join(qualifier(self.row)[1])
        return "/".join(x for x in (self.path, self.id) if x) + (":" + said if said else "")


def read(lines):
    """Loops by path, and segments in order."""
    loops, segments, opened = {}, [], None
    for row in csv.DictReader(lines, delimiter="\t"):
        if row["row"] == "loop":
            loops[row["path"]] = row
            opened = row["path"]
        elif row["row"] == "segment":
            segments.append(Segment(row))
            segments[-1].first = opened == row["path"] and opened != ""
            opened = None
        else:
            segments[-1].parts[(row["element"], row["component"])] = row
    return loops, segments


def keyed(ours, theirs):
    """Pairs of lists of (key, segment); the qualifier counts only where an id stands twice."""
    count = {}
    for side in (ours, theirs):
        seen = {}
        for s in side:
            seen[(s.path, s.id)] = seen.get((s.path, s.id), 0) + 1
        for k, n in seen.items():
            count[k] = max(count.get(k, 0), n)
    def key(s):
        return (s.path, s.id, qualifier(s.row)[1] if count[(s.path, s.id)] > 1 else ())
    return [(key(s), s) for s in ours], [(key(s), s) for s in theirs]


def compare_row(place, ours, theirs, out, fields):
    for f in fields:
        a, b = (usage(ours), usage(theirs)) if f == "usage" else (ours[f], theirs[f])
        if f in ("codes", "syntax"):
            a, b = (",".join(sorted(x for x in v.split(",") if x)) for v in (a, b))
        if f == "repeat":
            a, b = a or "1", b or "1"
        if f == "external":
            if b and not a and not ours["codes"]:
                out.append((place, f, "-", b))
        elif a != b:
            out.append((place, f, a or "-", b or "-"))


def compare_segment(ours, theirs, out):
    place = theirs.place()
    fields = ["repeat", "syntax"] if theirs.first else ["usage", "repeat", "syntax"]
    compare_row(place, ours.row, theirs.row, out, fields)
    if ours.row["qualifier"] and qualifier(ours.row) != qualifier(theirs.row):
        out.append((place, "qualifier", ours.row["qualifier"], theirs.row["qualifier"] or "-"))
    unused = {e for side in (ours, theirs) for (e, c), r in side.parts.items()
              if not c and usage(r) == "N"}
    for k in sorted(set(ours.parts) | set(theirs.parts)):
        if k[1] and k[0] in unused:
            continue
        name = place + " " + "-".join(x for x in k if x)
        a, b = ours.parts.get(k), theirs.parts.get(k)
        if a is None:
            if usage(b) != "N" or not k[1]:
                out.append((name, "missing", "-", b["usage"]))
        elif b is None:
            if not (k[1] and usage(a) == "N"):
                out.append((name, "extra", a["usage"], "-"))
        else:
            fields = ["usage", "data_element", "repeat", "codes", "external"]
            if a["type"] or b["type"]:
                fields += ["type", "min", "max"]
            if usage(a) == usage(b) == "N":
                fields = ["data_element", "repeat"]
            compare_row(name, a, b, out, fields)


def compare(our_lines, their_lines):
    out = []
    our_loops, ours = read(our_lines)
    their_loops, theirs = read(their_lines)
    for path in list(their_loops) + [p for p in our_loops if p not in their_loops]:
        a, b = our_loops.get(path), their_loops.get(path)
        if a is None or b is None:
            out.append((path, "missing loop" if a is None else "extra loop", "-", "-"))
        else:
            compare_row(path, a, b, out, ["usage", "repeat"])
    ours = [s for s in ours if usage(s.row) != "N"]
    ours, theirs = keyed(ours, theirs)
    known = dict(ours)
    for key, s in theirs:
        if key in known:
            compare_segment(known[key], s, out)
        else:
            out.append((s.place(), "missing segment", "-", s.row["usage"]))
    there = dict(theirs)
    out += [(s.place(), "extra segment", s.row["usage"], "-") for k, s in ours if k not in there]
    order = [k for k, _ in theirs if k in known]
    for (a, s), b in zip([(k, s) for k, s in ours if k in there], order):
        if a != b:
            out.append((s.place(), "order", a[1], b[1]))
            break
    return out, len(theirs)


def base_segments(lines):
    """By segment id: (row, parts) of a table of the base standard; the first of each id."""
    known = {}
    for s in read(lines)[1]:
        if s.id not in known or not known[s.id].parts:
            known[s.id] = s
    return known


def within(base, ours):
    """Is the range of lengths of ours inside that of the base?"""
    try:
        return int(base["min"]) <= int(ours["min"]) and int(ours["max"]) <= int(base["max"])
    except ValueError:
        return base["min"] == ours["min"] and base["max"] == ours["max"]


def compare_base(our_lines, their_lines):
    """A guide against its base standard: it may narrow, and nothing else."""
    out, base = [], base_segments(their_lines)
    ours = [s for s in read(our_lines)[1] if usage(s.row) != "N"]
    for s in ours:
        b = base.get(s.id)
        if b is None:
            out.append((s.place(), "extra segment", s.row["usage"], "-"))
            continue
        if not b.parts:
            continue  # the table names the segment and no more
        notes = [",".join(sorted(r["syntax"].split(","))) for r in (s.row, b.row)]
        if notes[0] != notes[1]:
            out.append((s.place(), "syntax", notes[0] or "-", notes[1] or "-"))
        for k, theirs in sorted(b.parts.items()):
            a, name = s.parts.get(k), s.place() + " " + "-".join(x for x in k if x)
            if a is None or (k[1] and usage(s.parts[(k[0], "")]) == "N"):
                if not k[1]:
                    out.append((name, "missing", "-", theirs["usage"]))
                continue
            if a["data_element"] != theirs["data_element"]:
                out.append((name, "data_element", a["data_element"], theirs["data_element"]))
            if theirs["usage"] == "M" and usage(a) in "SN" and not k[1]:
                out.append((name, "usage", a["usage"], "M"))
            if usage(a) != "N" and a["type"] and not within(theirs, a):
                out.append((name, "length", a["min"] + "/" + a["max"],
                            theirs["min"] + "/" + theirs["max"]))
            more = set(a["codes"].split(",")) - set(theirs["codes"].split(","))
            if theirs["codes"] and more - {""}:
                out.append((name, "codes", ",".join(sorted(more)), "-"))
    return out, len(ours)


def compare_shapes(our_lines, their_lines):
    """A guide without any table against the segments of the standard: numbers of elements, what
    is mandatory, syntax notes."""
    out, base = [], {}
    for line in their_lines:
        w = line.rstrip("\n").split("\t") + [""] * 4
        if w[0] != "segment" and w[1] not in ("", "0"):
            base[w[0]] = (w[2].split(","), {n for n in w[3].split(",") if n})
    ours = [s for s in read(our_lines)[1] if usage(s.row) != "N"]
    for s in ours:
        if s.id not in base:
            out.append((s.place(), "extra segment", s.row["usage"], "-"))
            continue
        parts, notes = base[s.id]
        if {n for n in s.row["syntax"].split(",") if n} != notes:
            out.append((s.place(), "syntax", s.row["syntax"] or "-", ",".join(sorted(notes)) or "-"))
        elements = {k: r for (k, c), r in s.parts.items() if not c}
        if len(elements) > len(parts):
            out.append((s.place(), "extra", str(len(elements)), str(len(parts))))
        for i, part in enumerate(parts, 1):
            de, _, marks = part.partition(":")
            a = elements.get("%02d" % i)
            if a is None:
                out.append(("%s %02d" % (s.place(), i), "missing", "-", part))
            elif a["data_element"] and a["data_element"] != de.split("x")[0]:
                out.append(("%s %02d" % (s.place(), i), "data_element", a["data_element"], de))
            elif marks.startswith("M") and usage(a) in "SN":
                out.append(("%s %02d" % (s.place(), i), "usage", a["usage"], "M"))
    return out, len(ours)


# Tables whose name is not that of a version: NAME -> (file, how it is compared).
OTHER_TABLES = {"TA1": ("TA1.envelope.tsv", compare), "278": ("278.base-standard.tsv", compare_base),
                "278R": ("278.base-standard.tsv", compare_base),
                "278N": ("278.base-standard.tsv", compare_base),
                "275": ("segments.tsv", compare_shapes), "277RFAI": ("segments.tsv", compare_shapes)}


def explanations():
    """Lines 'GUIDE PLACE FIELD: why' with * in each of the three; PLACE may hold a blank."""
    lines = []
    with open(os.path.join(GUIDES, "differences.txt")) as f:
        for n, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            what, _, why = line.partition(": ")
            guide, _, rest = what.partition(" ")
            place, _, field = rest.rpartition(" ")
            if not why or not place:
                sys.exit("differences.txt:%d: not 'GUIDE PLACE FIELD: why'" % n)
            lines.append({"n": n, "guide": guide, "place": place, "field": field, "used": 0})
    return lines


def explained(lines, guide, place, field):
    for e in lines:
        if (fnmatch.fnmatchcase(guide, e["guide"]) and fnmatch.fnmatchcase(place, e["place"])
                and fnmatch.fnmatchcase(field.replace(" ", "-"), e["field"])):
            e["used"] += 1
            return True
    return False


def main():
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__)
        return 2
    folder, only = sys.argv[1], sys.argv[2:]
    notes, bad, seen = explanations(), 0, set()
    print("%-8s %-14s %9s %10s %12s" % ("guide", "version", "segments", "explained", "unexplained"))
    for file in sorted(os.listdir(GUIDES)):
        if not file.endswith(".guide"):
            continue
        name, version = file.split(".")[:2]
        table, how = OTHER_TABLES.get(name, ("%s.%s.tsv" % (name, version[6:]), compare))
        table = os.path.join(folder, table)
        if only and name not in only:
            continue
        if not os.path.exists(table):
            print("%-8s %-14s no table" % (name, version))
            continue
        seen.add(name)
        with open(table, newline="") as f:
            found, segments = how(dump(name, version), f)
        rest = [d for d in found if not explained(notes, name, d[0], d[1])]
        print("%-8s %-14s %9d %10d %12d"
              % (name, version, segments, len(found) - len(rest), len(rest)))
        for place, field, a, b in rest[:60]:
            print("    %s: %s: ours %s, table %s" % (place, field, a, b))
        bad += len(rest)
    for e in notes:
        if not e["used"] and (e["guide"] in seen or e["guide"] == "*"):
            print("differences.txt:%d: explains nothing" % e["n"])
            bad += 1
    if not seen:
        print("no table in " + folder)
        return 2
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
