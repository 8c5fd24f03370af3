"""The vignettes of fixtures/vignettes against `claimwire code check`.

usage: vignettes.py CODES [-v]    (B: build folder)

What is assigned (by a rule or by the note's own assessment) must be right: precision is the share of
assigned diagnoses and lines that stand in the answer; coverage is the share of the answer that was
assigned. What is only suggested, or waits for a person, counts for neither. A line is right when code,
modifiers and units are."""
import glob
import json
import os
import subprocess
import sys

BUILD = os.environ.get("B", "build")
VIGNETTES = sorted(glob.glob("fixtures/vignettes/[0-9]*"))


def coded(codes):
    text = b"".join(open(os.path.join(d, "encounter.json"), "rb").read().strip() + b"\n" for d in VIGNETTES)
    done = subprocess.run([os.path.join(BUILD, "bin", "claimwire-code"), "check", "--codes", codes, "-"], input=text,
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


def main():
    codes, verbose = sys.argv[1], "-v" in sys.argv[2:]
    results = coded(codes)
    assert len(results) == len(VIGNETTES) == 150, len(results)
    total = {"dx": [0, 0, 0], "lines": [0, 0, 0]}
    held = [0, 0, 0]
    told = [0, 0]
    for folder, r in zip(VIGNETTES, results):
        answer = json.load(open(os.path.join(folder, "answer.json")))
        dx = [d["code"] for d in r["dx"] if d["status"] == "assigned"]
        lines = [key(l) for l in r["lines"] if l["status"] == "assigned"]
        if r["held"] and not dx and not lines:
            held[2] += 1
        want = [d["code"] for d in answer["dx"]]
        alternatives = [(l["code"], tuple(sorted(l["mods_or"])), str(l["units"])) for l in answer["lines"] if l.get("mods_or")]
        a = score(dx, want, answer["may"])
        b = score(lines, [key(l) for l in answer["lines"]], alternatives)
        for name, (right, wrong, missed) in (("dx", a), ("lines", b)):
            total[name][0] += right
            total[name][1] += len(wrong)
            total[name][2] += len(missed)
        held[0] += r["held"]
        held[1] += answer["held"] and not r["held"]
        kinds = {f["kind"] for f in r["findings"]}
        told[0] += sum(t["kind"] in kinds for t in answer["told"])
        told[1] += len(answer["told"])
        if verbose and (a[1] or b[1] or (answer["held"] and not r["held"])):
            print(os.path.basename(folder), "WRONG", a[1], b[1], "missed", a[2], b[2],
                  "NOT HELD" if answer["held"] and not r["held"] else "", sorted(kinds))
    for name, (right, wrong, missed) in total.items():
        print("%-6s precision %.3f (%d of %d), coverage %.3f (%d of %d)" % (
            name, right / max(1, right + wrong), right, right + wrong, right / (right + missed), right, right + missed))
    right = sum(t[0] for t in total.values())
    wrong = sum(t[1] for t in total.values())
    missed = sum(t[2] for t in total.values())
    print("all    precision %.3f, coverage %.3f" % (right / (right + wrong), right / (right + missed)))
    print("told   %d of %d things that a person must hear are found by their kind" % tuple(told))
    print("held   %d of 150 wait for a person; %d that should are not held" % (held[0], held[1]))
    least = float(os.environ.get("PRECISION", ".98"))
    sys.exit(0 if right / (right + wrong) >= least and not held[1] else 1)


main()
