"""The vignettes of fixtures/vignettes against `claimwire code check`.

usage: vignettes.py CODES [-v]    (B: build folder)

"first" are those that were at hand when the rules were written, "later", "last", "fresh", "newest" and
"outside" those that were written and answered afterwards (sets held-out, held-out-2 to held-out-5).

What is assigned (by a rule or by the note's own assessment) must be right: precision is the share of
assigned diagnoses and lines that stand in the answer; coverage is the share of the answer that was
assigned. What is only suggested, or waits for a person, counts for neither. A line is right when code,
modifiers and units are. What is measured is coding: the office of the vignettes has a price for every code
that they or the rules name, so that nothing waits for a price alone; but for those of lines that came without
one, which is what they are about."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("B", "build")
SETS = {"held-out": "later", "held-out-2": "last", "held-out-3": "fresh", "held-out-4": "newest", "held-out-5": "outside"}
VIGNETTES = sorted(glob.glob("fixtures/vignettes/[0-9]*"))


def practice(folder):
    """The office's own facts, with a price for each code."""
    shutil.copytree("config/practice", folder)
    texts = [open(f).read() for f in glob.glob("config/coding/*") + glob.glob("fixtures/vignettes/*/*.json")]
    unpriced = {l["code"] for d in VIGNETTES for l in json.load(open(os.path.join(d, "encounter.json")))["lines"] if l["chg"] is None}
    named = sorted(set(re.findall(r"\b[0-9A-Z][0-9]{3}[0-9A-Z]\b", " ".join(texts))) - unpriced)
    with open(os.path.join(folder, "charges.yaml"), "w") as f:
        f.write("charges:\n" + "".join('  - {code: "%s", from: 2015-01-01, cents: 10000}\n' % c for c in named))
    return folder


def coded(codes):
    with tempfile.TemporaryDirectory() as t:
        return coded_in(codes, practice(os.path.join(t, "practice")))


def coded_in(codes, office):
    text = b"".join(open(os.path.join(d, "encounter.json"), "rb").read().strip() + b"\n" for d in VIGNETTES)
    done = subprocess.run([os.path.join(BUILD, "bin", "claimwire-code"), "check", "--codes", codes, "--practice", office, "-"], input=text,
                          stdout=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit("claimwire-code: exit %d" % done.returncode)
    return [json.loads(line) for line in done.stdout.splitlines()]


def key(line):
    return line["code"], tuple(sorted(line["mods"])), str(line["units"])


def score(is_, want, more=()):
    """right, wrong, missed; every answer once."""
    left, right, wrong = list(want), 0, []
    for x in is_:
        if x in left:
            left.remove(x)
            right += 1
        elif x not in more:
            wrong.append(x)
    return right, wrong, left


def one(folder, r, sums, verbose):
    """What the coder made of a vignette, added to the sums."""
    answer = json.load(open(os.path.join(folder, "answer.json")))
    dx = [d["code"] for d in r["dx"] if d["status"] == "assigned"]
    lines = [key(l) for l in r["lines"] if l["status"] == "assigned"]
    alternatives = [(l["code"], tuple(sorted(l["mods_or"])), str(l["units"])) for l in answer["lines"] if l.get("mods_or")]
    a = score(dx, [d["code"] for d in answer["dx"]], answer["may"])
    b = score(lines, [key(l) for l in answer["lines"]], alternatives)
    missing_hold = answer["held"] and not r["held"]
    kinds = {f["kind"] for f in r["findings"]}
    for s in (sums["all"], sums[SETS.get(answer["set"], "first")]):
        for name, (right, wrong, missed) in (("dx", a), ("lines", b)):
            s[name][0] += right
            s[name][1] += len(wrong)
            s[name][2] += len(missed)
        s["held"][0] += r["held"]
        s["held"][1] += missing_hold
        s["told"][0] += sum(t["kind"] in kinds for t in answer["told"])
        s["told"][1] += len(answer["told"])
        s["n"][0] += 1
    if verbose and (a[1] or b[1] or missing_hold):
        print(os.path.basename(folder), "WRONG", a[1], b[1], "missed", a[2], b[2],
              "NOT HELD" if missing_hold else "", sorted(kinds))


def show(title, s):
    """Prints a set's figures; returns the precision of its diagnoses and lines together."""
    print("%s, %d vignettes" % (title, s["n"][0]))
    for name in ("dx", "lines"):
        right, wrong, missed = s[name]
        print("%-6s precision %.3f (%d of %d), coverage %.3f (%d of %d)" % (
            name, right / max(1, right + wrong), right, right + wrong, right / (right + missed), right, right + missed))
    right, wrong, missed = (s["dx"][i] + s["lines"][i] for i in range(3))
    print("%-6s precision %.3f, coverage %.3f" % ("all" if title == "all" else "both", right / (right + wrong), right / (right + missed)))
    print("told   %d of %d things that a person must hear are found by their kind" % tuple(s["told"]))
    print("held   %d of %d wait for a person; %d that should are not held" % (s["held"][0], s["n"][0], s["held"][1]))
    return right / (right + wrong)


def main():
    codes, verbose = sys.argv[1], "-v" in sys.argv[2:]
    results = coded(codes)
    assert len(results) == len(VIGNETTES) >= 150, len(results)
    sums = {title: {"n": [0], "dx": [0, 0, 0], "lines": [0, 0, 0], "held": [0, 0], "told": [0, 0]}
            for title in ("first", "later", "last", "fresh", "newest", "outside", "all")}
    for folder, r in zip(VIGNETTES, results):
        one(folder, r, sums, verbose)
    low = min(show(title, s) for title, s in sums.items() if s["n"][0])
    least = float(os.environ.get("PRECISION", ".98"))
    sys.exit(0 if low >= least and not sums["all"]["held"][1] else 1)


main()
