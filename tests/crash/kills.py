#!/usr/bin/env python3
"""Kills processes of clearinghouse.yaml at random while claims run, and counts what became of them.

usage: kills.py KILLS [--claims N] [--seed N] [--keep DIR]

First an undisturbed run, then runs with kill -9 over all processes, sources and keepers included,
until KILLS have been dealt. After each, with readers that share no code with the product: every
claim that must leave is in the output files and in the ledger once; nothing else is; the files are
byte for byte those of the undisturbed run; and claimwire prove finds nothing.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

B = os.environ.get("B", "build")
CLAIMWIRE = f"{B}/bin/claimwire"
PIPELINE = "pipelines/clearinghouse.yaml"
SUPERVISOR = "(supervisor)"
CLOCK = "2026-09-01T08:00:00Z"
MUST_DIE = {"ingest", "validator", "build837", "remit835", "reconciler", "respond", "quarantine"}


def command(run, *files):
    return [CLAIMWIRE, "run", PIPELINE, "--run", str(run), "--clock", CLOCK, "--json", *files]


def make_work(work, claims, seed):
    subprocess.run(["/usr/bin/python3", "tests/lib/make_claims.py", f"{work}/in", "--claims", str(claims),
                    "--per-set", "50", "--bad-set-every", "37", "--unbalanced-every", "501",
                    "--seed", str(seed)], check=True)
    return json.loads((work / "in.json").read_text())


def files_of(folder):
    """Name to bytes of everything below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith(".tmp")}


def claims_in_files(files):
    """Counts CLM01 over the files: cut at the terminator that the ISA tells, nothing more."""
    count = collections.Counter()
    for data in files.values():
        text = data.decode("latin-1")
        if not text.startswith("ISA"):
            continue
        element, terminator = text[3], text[105]
        for segment in text.split(terminator):
            fields = segment.strip("\r\n").split(element)
            if fields[0] == "CLM":
                count[fields[1]] += 1
    return count


def processes(run):
    """Processes of the run by the supervisor's own account, itself included; empty while it is not up."""
    out = subprocess.run([CLAIMWIRE, "status", "--run", str(run), "--json"], capture_output=True, text=True)
    try:
        said = json.loads(out.stdout)
        return [(p["stage"], p["pid"]) for p in said["processes"] if p["pid"] > 0] + [(SUPERVISOR, said["supervisor"])]
    except (ValueError, KeyError):
        return []


def kill_while(child, run, rnd, limit, killed):
    """Kills until the run is over, its supervisor is dead or limit is reached; returns the number dealt."""
    dealt, stage = 0, None
    while child.poll() is None and dealt < limit and stage != SUPERVISOR:
        time.sleep(rnd.uniform(0.01, 0.12))
        alive = processes(run)
        if not alive:
            continue
        stage, pid = rnd.choice(alive)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed[stage] += 1
        dealt += 1
    return dealt


def fail(text):
    sys.exit(f"FAIL: {text}")


def ledger_counts(run):
    """Counts account numbers of claims in the ledger, by a reader of its own."""
    out = subprocess.run(["/usr/bin/python3", "tests/readers/ledger_claims.py", str(run)], capture_output=True,
                         text=True)
    if out.returncode:
        fail(f"the ledger cannot be read: {out.stderr}")
    return collections.Counter(out.stdout.split())


def check(run, expected, undisturbed, what):
    out = files_of(run / "build837" / "out")
    want = collections.Counter(expected["leave"])
    for where, got in (("the output files", claims_in_files(out)), ("the ledger", ledger_counts(run))):
        lost, more = want - got, got - want
        print(f"{what}: {sum(got.values())} claims in {where}, lost {sum(lost.values())}, "
              f"doubled or of a lost set {sum(more.values())}", flush=True)
        if lost or more:
            fail(f"{what}: {where}: lost {list(lost)[:5]} doubled {list(more)[:5]}")
    if undisturbed is not None and out != undisturbed:
        names = [n for n in set(out) | set(undisturbed) if out.get(n) != undisturbed.get(n)]
        fail(f"{what}: files differ from those of the undisturbed run: {sorted(names)[:5]}")
    proof = subprocess.run([CLAIMWIRE, "prove", "--run", str(run)], capture_output=True, text=True)
    if proof.returncode:
        fail(f"{what}: prove: {proof.stdout[-2000:]}{proof.stderr[-2000:]}")
    return out


def options():
    p = argparse.ArgumentParser()
    p.add_argument("kills", type=int)
    p.add_argument("--claims", type=int, default=20000)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--keep")
    return p.parse_args()


def one_round(o, work, number, rnd, want, undisturbed, killed, expected, files):
    """One run under kills; returns how many were dealt."""
    run = work / f"kills{number}"
    dealt = 0
    while True:  # again after its supervisor was killed: the same command goes on
        with open(work / "said", "w+", encoding="utf-8") as err:
            child = subprocess.Popen(command(run, *files), stdout=subprocess.DEVNULL, stderr=err)
            dealt += kill_while(child, run, rnd, want - dealt, killed)
            child.wait(timeout=900)
        if child.returncode != -signal.SIGKILL:
            break
    said = (work / "said").read_text()
    if child.returncode:
        fail(f"round {number} with {dealt} kills: exit {child.returncode}\n{said[-3000:]}")
    if dealt == 0:
        fail("a whole run without a kill")
    check(run, expected, undisturbed, f"round {number}, {dealt} kills")
    if not o.keep:
        shutil.rmtree(run)
    return dealt


def main():
    o = options()
    work = pathlib.Path(o.keep or tempfile.mkdtemp(prefix="claimwire-kills-"))
    work.mkdir(exist_ok=True)
    print(f"seed {o.seed}", flush=True)
    rnd = random.Random(o.seed)
    expected = make_work(work, o.claims, o.seed)
    files = [f"{work}/in.837", f"{work}/in.835"]
    quiet = subprocess.run(command(work / "quiet", *files), capture_output=True, text=True)
    if quiet.returncode:
        fail(f"the undisturbed run: exit {quiet.returncode}\n{quiet.stderr[-3000:]}")
    undisturbed = check(work / "quiet", expected, None, "undisturbed")
    if len(undisturbed) < 2:
        fail(f"only {len(undisturbed)} files: the comparison says little")
    killed, dealt, rounds = collections.Counter(), 0, 0
    while dealt < o.kills:
        rounds += 1
        dealt += one_round(o, work, rounds, rnd, o.kills - dealt, undisturbed, killed, expected, files)
    print(f"{dealt} kills in {rounds} rounds: " + ", ".join(f"{k} {v}" for k, v in sorted(killed.items())))
    if o.kills >= 100 and MUST_DIE - set(killed):
        fail(f"never killed: {MUST_DIE - set(killed)}")
    if not o.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
