#!/usr/bin/env python3
"""Runs a corpus of public X12 files through scan and validate.

usage: check_corpus.py [-v] FOLDER [WORD ...]     environment: B (build)

FOLDER has manifest.tsv (file, kind, version, label, envelope_check ...) and files/. Every file goes
through `claimwire scan --write` and must come back byte for byte. Every file of a kind and version
that config/guides has goes through `claimwire validate`:

  valid, envelope right   not rejected: no finding graver than a warning at levels 1 to 3; a
                          remittance may be held for a person (exception), if held.tsv names it
  valid, counts wrong     found; whether it passes once the counts are mended is told, not demanded
  valid, ISA16 wrong      found: its composites are parted by another sign than the ISA says
  invalid                 found, and found again after its counts (SE01, GE01, IEA01) are mended, by
                          the fault that invalid.tsv names for it
  else                    an end without a crash
  not supported           a kind or version without a guide: found, with AK905:1 or AK905:2

exceptions.tsv names at most five files of the 837P and the 835 that are labelled valid but have a
fault, with its rule and segment; held.tsv those that are accepted and held; each file must still
have what is said of it. faulty.tsv lists files of other kinds that are labelled valid and break
their guide: a line a fault, with the reason; every fault of such a file must stand there, and each
line must be needed by each of its files. All three are counted apart. A rule "-" in invalid.tsv:
the file only speaks of another that is invalid.
Words choose files by a part of the name. Exit 0: as wanted. 1: not. 2: no corpus there.
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
TOOL = os.path.join(os.environ.get("B", os.path.join(ROOT, "build")), "bin", "claimwire")
MOST_EXCEPTIONS = 5
SPINE = ("837P", "835", "837-unknown")


def run(*command):
    done = subprocess.run([TOOL] + list(command), cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout, done.stderr


def known_versions():
    """Versions of config/guides with their aliases, by transaction."""
    known = {}
    for name in os.listdir(os.path.join(ROOT, "config", "guides")):
        if name.endswith(".guide"):
            words = {}
            with open(os.path.join(ROOT, "config", "guides", name)) as f:
                for line in f:
                    w = line.split("#")[0].split()
                    if w and w[0] in ("guide", "version", "alias"):
                        words.setdefault(w[0], []).extend(w[1:])
            versions = words["version"] + words.get("alias", [])
            known.setdefault(words["guide"][0], set()).update(versions)
    return known


def round_trip(path):
    with tempfile.TemporaryDirectory() as d:
        out = os.path.join(d, "out")
        code, _, _ = run("scan", "--write", out, path)
        with open(path, "rb") as a, open(out, "rb") as b:
            return code in (0, 1, 100) and a.read() == b.read()


def mend(data):
    """The bytes with SE01, GE01 and IEA01 right, or None where there is no ISA to read."""
    at = data.find(b"ISA")
    if at < 0 or len(data) < at + 106:
        return None
    elem, term = data[at + 3:at + 4], data[at + 105:at + 106]
    if term == b"\r" or term == b"\n":
        term = b"\n"
    out, start, sets, groups = [], 0, 0, 0
    for i, s in enumerate(data.split(term)):
        els = s.split(elem)
        tag = els[0].strip()
        if tag == b"ST":
            start, sets = i, sets + 1
        elif tag == b"ISA":
            groups = 0
        elif tag == b"GS":
            sets, groups = 0, groups + 1
        counts = {b"SE": i - start + 1, b"GE": sets, b"IEA": groups}
        if tag in counts and len(els) > 1:
            els[1] = str(counts[tag]).encode()
        out.append(elem.join(els))
    return term.join(out)


def separator_wrong(path):
    """Whether ISA16 names a sign that parts nothing, and the place of service or type of bill of each
    claim (CLM05) is parted by another."""
    with open(path, "rb") as f:
        data = f.read()
    elem, comp, term = data[3:4], data[104:105], data[105:106]
    claims = [s.strip().split(elem)[5] for s in data[106:].split(term)
              if s.strip().startswith(b"CLM" + elem) and s.count(elem) >= 5]
    other = re.compile(rb"[0-9]{2,3}([^0-9A-Za-z])[A-Z]\1[0-9]$")
    return bool(claims) and comp not in data[106:] and all(other.match(c) for c in claims)


def validate(path, told=None):
    """Findings at levels 1 to 3 graver than a warning, and those of the rule told; or a word that says
    what went wrong."""
    code, out, err = run("validate", "--allow-alias", "--report", "json", path)
    if code not in (0, 1, 65, 100):
        return ["exit %d: %s" % (code, err.decode("latin-1").strip()[:120])]
    found = []
    for line in out.decode("latin-1").splitlines():
        if line.strip():
            f = json.loads(line)
            if f["severity"] != "warning" and f["level"] <= 3 or f["rule"] == told:
                found.append(f)
    if code == 100 and not found:
        found.append({"rule": "S1-001", "loop": "", "segment": "", "position": 0, "element": "",
                      "report": "unreadable", "severity": "interchange", "level": 1})
    return found


def brief(f):
    if isinstance(f, str):
        return f
    return "%s %s %s/%s at %s el %s %s" % (f["severity"], f["rule"], f["loop"], f["segment"],
                                           f["position"], f["element"], f["report"])


def is_crash(found):
    return any(isinstance(f, str) for f in found)


def mended_findings(path, told=None):
    with open(path, "rb") as f:
        data = mend(f.read())
    if data is None:
        return None
    with tempfile.NamedTemporaryFile(delete=False) as t:
        t.write(data)
    try:
        return validate(t.name, told)
    finally:
        os.unlink(t.name)


def table(name):
    with open(os.path.join(HERE, name), newline="") as f:
        lines = (line for line in f if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t"))


def has(found, row):
    want = (row["rule"], row["segment"])
    return any(not isinstance(f, str) and (f["rule"], f["segment"]) == want for f in found)


def judge(row, path, all_known, named):
    """(class, ok, findings): what the file is, whether it went as wanted, and what was found."""
    told = named.get(row["file"])
    found = validate(path, told and told["rule"])
    if is_crash(found):
        return "crash", False, found
    if told and told["rule"] == "-":
        found = mended_findings(path)
        return "speaks of another", not found, found
    if row["label"] == "invalid":
        again = mended_findings(path, told and told["rule"])
        again = found if again is None else again
        ok = bool(found) and bool(again)
        if told:
            ok = ok and has(again, told)
        return "invalid", ok, again
    versions = re.split("[/,]", row["version"])
    if row["kind"] != "TA1" and not all(v in all_known for v in versions):
        reports = ("AK905:1", "AK905:2", "TA1")
        return "not supported", any(f["report"].startswith(reports) for f in found), found
    if row["label"] == "valid":
        if row["envelope_check"] == "ok":
            if separator_wrong(path):
                return "valid, ISA16 wrong", bool(found), found
            return "valid", not found, found
        return "valid, counts wrong", bool(found), mended_findings(path)
    return "other", True, found


def exceptions():
    """By file: the line of exceptions.tsv that names it."""
    rows = table("exceptions.tsv")
    if len(rows) > MOST_EXCEPTIONS:
        sys.exit("exceptions.tsv has more than %d files" % MOST_EXCEPTIONS)
    named = {r["file"]: r for r in rows}
    named.update({r["file"]: dict(r, held=True) for r in table("held.tsv")})
    for row in table("faulty.tsv"):
        for name in row["files"].split():
            fault = (row["rule"], row["segment"], row["element"])
            named.setdefault(name, {"faults": set()})["faults"].add(fault)
    return named


def told_apart(folder, names):
    """(files, different texts, different faults) of those named that are rejected: held.tsv is not."""
    held = {r["file"] for r in table("held.tsv")}
    named, texts, faults = exceptions(), [], set()
    for name in sorted(names - held):
        why = named[name]
        faults.add(frozenset(why.get("faults") or {(why["rule"], why["segment"], "")}))
        with open(os.path.join(folder, "files", name), "rb") as f:
            texts.append(f.read())
    return len(texts), len({bare(t) for t in texts}), len(faults)


def bare(data):
    """The elements of all sets, without what stands between them."""
    elem, term = data[3:4], data[105:106]
    sets = [s.strip().split(elem) for s in data[106:].split(term) if s.strip()]
    return tuple(tuple(s) for s in sets if s[0] not in (b"GS", b"GE", b"IEA"))


def excused(row, found):
    if row and "faults" in row:
        return row["faults"] == {(f["rule"], f["segment"], f["element"]) for f in found}
    if not row or not has(found, row):
        return False
    return not row.get("held") or all(f["severity"] == "exception" for f in found)


def main():
    args = [a for a in sys.argv[1:] if a != "-v"]
    verbose = "-v" in sys.argv
    if not args or not os.path.exists(os.path.join(args[0], "manifest.tsv")):
        print("no corpus: a folder with manifest.tsv and files/ is wanted")
        return 2
    with open(os.path.join(args[0], "manifest.tsv"), newline="") as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t")
                if len(args) == 1 or any(w in r["file"] for w in args[1:])]
    known = known_versions()
    all_known = set().union(*known.values())
    allowed, used, cells, bad, trips = exceptions(), set(), {}, 0, 0
    named = {r["file"]: r for r in table("invalid.tsv")}
    for row in rows:
        path = os.path.abspath(os.path.join(args[0], "files", row["file"]))
        if round_trip(path):
            trips += 1
        else:
            print("NOT BYTE-EXACT %s" % row["file"])
            bad += 1
        kind, ok, found = judge(row, path, all_known, named)
        cell = cells.setdefault((row["kind"], kind), [0, 0, 0, 0, 0])
        cell[0] += 1
        if ok:
            cell[1] += 1
        elif excused(allowed.get(row["file"]), found):
            why = allowed[row["file"]]
            cell[3 if "held" in why else 4 if "faults" in why else 2] += 1
            used.add(row["file"])
        else:
            bad += 1
        if not ok and row["file"] not in used or verbose:
            print("%s %s: %s" % ("ok  " if ok else "FAIL", kind, row["file"]))
            for f in (found or ["nothing"])[:6]:
                print("       %s" % (f if isinstance(f, str) else brief(f)))
    print("%-12s %-20s %6s %8s %9s %6s %6s" %
          ("kind", "class", "files", "wanted", "excepted", "held", "faulty"))
    order = sorted(cells.items(), key=lambda x: (x[0][0] not in SPINE, x[0]))
    for (kind, cls), numbers in order:
        print("%-12s %-20s %6d %8d %9d %6d %6d" % (kind, cls, *numbers))
    print("labelled valid, envelope right, rejected: %d files, %d when copies with other line ends "
          "or delimiters count once, %d ways of being wrong" % told_apart(args[0], used))
    print("%d of %d files come back byte for byte" % (trips, len(rows)))
    for name in sorted(set(allowed) - used if len(args) == 1 else []):
        print("exceptions.tsv, held.tsv, faulty.tsv: %s needs no exception" % name)
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
