#!/usr/bin/env python3
"""The answers to every faulty file say what was found, and are clean themselves.

usage: answers.py      environment: B (build)

Every fault of faults.tsv and of files/, and some of those that judge.py plants (ALL=1: every one)
is given to `validate` for its findings, its 999 and its 277CA. What is
written goes through `validate` as well and must give nothing; tests/readers/check_answers.py reads
it without our code and compares it with the findings. Only what an answer gives back of a GS01, GS06
or ST01 that is wrong itself is as wrong as it came: the sender has to know it again.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

import judge
import run
import sweep

sys.path.insert(0, os.path.join(run.ROOT, "tests", "readers"))
import check_answers  # noqa: E402

TOOL = os.path.join(os.environ.get("B", "build"), "bin", "claimwire")


def validate(path):
    """(findings, 999, 277CA) of a file."""
    out = {k: path + "." + k for k in ("json", "999", "277ca")}
    command = [TOOL, "validate", "--max-level", "7"]
    for kind, name in out.items():
        command += ["--report", kind + "=" + name]
    subprocess.run(command + [path], cwd=run.ROOT, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)
    texts = []
    for name in out.values():
        with open(name, encoding="latin-1") as f:
            texts.append(f.read())
        os.unlink(name)
    return [json.loads(x) for x in texts[0].splitlines()], texts[1], texts[2]


def table():
    """faults.tsv, whose edits may hold quotes."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "faults.tsv"), newline="") as f:
        return list(csv.DictReader((x for x in f if not x.startswith("#")), delimiter="\t",
                                   quoting=csv.QUOTE_NONE))


def cases():
    for row in table():
        segments = run.load(row["base"])
        edits = [e for e in row["edits"].split(" ; ") if e.strip()]
        for e in edits:
            run.edit(segments, e)
        if "keep" not in edits:
            run.mend(segments)
        yield row["name"], "".join(s + "~\n" for s in segments)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".x12"):
            with open(os.path.join(folder, name), encoding="latin-1") as f:
                yield name, f.read()
    step = 1 if os.environ.get("ALL") else 89
    for n, (name, segments) in enumerate(judge.faults(judge.Codes())):
        if n % step == 0:
            yield " ".join(map(str, name)), "".join(s + "~\n" for s in segments)


def given_back(name, finding):
    """AK101, AK102, AK201 are those of the file, also where they are what is wrong with it."""
    what = {("AK1", "1"): "gs01", ("AK1", "2"): "gs06", ("AK2", "1"): "st01"}
    word = what.get((finding["segment"], finding["element"]))
    return word is not None and word in name


def main():
    files = answers = bad = 0
    written = []
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "in")
        for name, text in cases():
            with open(path, "w", encoding="latin-1") as f:
                f.write(text)
            found, *both = validate(path)
            files += 1
            for kind, answer in zip(("999", "277ca"), both):
                written.append((name, kind, answer))
                try:
                    answers += check_answers.check(answer, found)
                except (check_answers.Bad, StopIteration, IndexError) as e:
                    bad += 1
                    print("FAIL %s, %s: %s" % (name, kind, e))
        names, found = sweep.validate((((n, k), [s for s in t.replace("~\n", "~").split("~") if s])
                                       for n, k, t in written if t), True)
        for name, fs in zip(names, found):
            fs = [f for f in fs if not given_back(name[0], f)]
            bad += bool(fs)
            for f in fs[:2]:
                print("FAIL %s, our %s is not clean: %s" % (*name, run.brief(f)))
    print("%d files, %d answers read, %d not as found" % (files, answers, bad))
    return 1 if bad or answers < files // 2 else 0


if __name__ == "__main__":
    sys.exit(main())
