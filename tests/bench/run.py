#!/usr/bin/env python3
"""Measures each figure beside its limit, in the same run, and writes $B/bench.json.

usage: run.py [--short] [--strict] [NAME...]

A limit is a floor program under tests/bench that does the least that the work needs, or a figure
that is wanted. Each is the median of several runs, product and floor in turn. bench.json: name ->
value, unit, limit, ratio, wanted, met. A figure is told, not demanded, as the machine may be busy:
exit 1 when one cannot be measured; with --strict also when one misses what is wanted by more than a
factor of two.
"""
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

B = pathlib.Path(os.environ.get("B", "build"))
CLAIMWIRE = str(B / "bin" / "claimwire")
SHARED = pathlib.Path(os.environ.get("SHARED", "../shared"))
SHORT, STRICT = "--short" in sys.argv, "--strict" in sys.argv
ONLY = [a for a in sys.argv[1:] if not a.startswith("-")]
RUNS = 3 if SHORT else 5
MB = 1_000_000
ISA_CONTROL = slice(90, 99)


class Missed(Exception):
    """A figure that cannot be measured, and why."""


def starter(requests, answers):
    """Starts processes and waits for them: a process is charged with the memory of the one that it was
    forked from, so this one is forked before anything is read."""
    for line in requests:
        r = json.loads(line)
        start = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                if r["one_core"]:
                    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
                for fd, path in ((1, r["out"]), (2, r["err"])):
                    os.dup2(os.open(path, os.O_WRONLY), fd)
                os.execvp(r["args"][0], r["args"])
            finally:
                os._exit(127)
        _, status, usage = os.wait4(pid, 0)
        answers.write(json.dumps({"code": os.waitstatus_to_exitcode(status), "kb": usage.ru_maxrss,
                                  "seconds": time.monotonic() - start,
                                  "cpu": usage.ru_utime + usage.ru_stime}) + "\n")
        answers.flush()


def start_starter():
    """Where requests are written, and where answers are read."""
    (asked, ask), (told, tell) = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(ask)
        os.close(told)
        starter(os.fdopen(asked), os.fdopen(tell, "w"))
        os._exit(0)
    os.close(asked)
    os.close(tell)
    return os.fdopen(ask, "w"), os.fdopen(told)


ASK, TOLD = start_starter()


def timed(args, one_core=True, ok=(0,)):
    """Runs a process to its end: (seconds, peak resident KB, what it printed). On one core these are
    the seconds that it had the core, start and end included: what else the machine does in the
    meantime is no part of the figure."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        ASK.write(json.dumps({"args": [str(a) for a in args], "one_core": one_core, "out": out.name,
                              "err": err.name}) + "\n")
        ASK.flush()
        r = json.loads(TOLD.readline())
        if r["code"] not in ok:
            raise Missed(f"{' '.join(map(str, args))}: exit {r['code']}: {err.read()[-300:].decode()}")
        return r["cpu"] if one_core else r["seconds"], r["kb"], out.read().decode()


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


class Work:
    """Files to work on, made when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.made = {}

    def x12(self, size):
        """(837, 835) of about size bytes of 837."""
        if size not in self.made:
            base = self.folder / f"x{size}"
            subprocess.run([sys.executable, "tests/bench/gen_claims.py", str(base), str(size)], check=True)
            self.made[size] = pathlib.Path(f"{base}.837"), pathlib.Path(f"{base}.835")
        return self.made[size]

    def one_set(self, size):
        """An 837 of about size bytes that is one transaction set; no account number stands in it twice."""
        path, _ = self.x12(10 * MB)
        data = path.read_bytes()
        first = data.index(b"HL*1**20*")
        body = data[first:data.index(b"\nSE*") + 1]
        out, levels, segments = self.folder / f"one{size}.837", 0, data[data.index(b"ST*"):first].count(b"~") + 1
        with open(out, "wb") as f:
            f.write(data[:first])
            while f.tell() < size:
                parts = []
                own_body = body.replace(b"\nCLM*", b"\nCLM*%x" % levels)
                for part in own_body.split(b"HL*")[1:]:
                    own, parent, rest = part.split(b"*", 2)
                    up = b"%d" % (int(parent) + levels) if parent else b""
                    parts.append(b"HL*%d*%s*%s" % (int(own) + levels, up, rest))
                f.write(b"".join(parts))
                levels += len(parts)
                segments += body.count(b"~")
            st02 = data[data.index(b"ST*837*") + 7:].split(b"*", 1)[0]
            group = data[data.index(b"\nGE*"):].split(b"~", 1)[0].split(b"*")[2]
            f.write(b"SE*%d*%s~GE*1*%s~IEA*1*%s~" % (segments, st02, group, data[ISA_CONTROL]))
        return out

    def claims(self, count):
        """An 837 with so many claims, every one another."""
        base = self.folder / f"claims{count}"
        if not os.path.exists(f"{base}.837"):
            subprocess.run([sys.executable, "tests/bench/gen_claims.py", str(base), "0", "--claims", str(count)],
                           check=True)
        return pathlib.Path(f"{base}.837")


def in_turn(product, floor):
    """Medians of product() and floor(), run one after the other."""
    pairs = [(product(), floor()) for _ in range(RUNS)]
    return statistics.median(p for p, _ in pairs), statistics.median(f for _, f in pairs)


def scan(work):
    """The scan as a whole process against a program that writes offsets with the same SIMD."""
    path, _ = work.x12(200 * MB if SHORT else 1000 * MB)
    size = path.stat().st_size
    timed([CLAIMWIRE, "scan", path])  # brings the file into memory
    value, limit = in_turn(lambda: size / timed([CLAIMWIRE, "scan", path])[0] / 1e9,
                           lambda: size / timed([B / "bench" / "scan_floor", path])[0] / 1e9)
    return {"value": value, "unit": "GB/s", "limit": limit, "wanted": 0.6 * limit}


def validate(which, wanted):
    def measure(work):
        path = work.x12(50 * MB if SHORT else 100 * MB)[which]
        size = path.stat().st_size
        value = statistics.median(size / timed([CLAIMWIRE, "validate", "--max-level", 3, path])[0] / MB for _ in range(RUNS))
        return {"value": value, "unit": "MB/s", "limit": wanted, "wanted": wanted}
    return measure


def answered(work, level, path):
    """Arguments of validate with both answers written."""
    out = work.folder / "answer"
    return [CLAIMWIRE, "validate", "--max-level", level, "--report", f"999={out}.999", "--report", f"277ca={out}.277",
            path]


def all_rules(work):
    """837P through levels 1 to 6, 999 and 277CA written."""
    path, _ = work.x12(100 * MB)
    size = path.stat().st_size
    timed([CLAIMWIRE, "scan", path])
    value = statistics.median(size / timed(answered(work, 6, path))[0] / MB for _ in range(RUNS))
    return {"value": value, "unit": "MB/s", "limit": 120, "wanted": 120}


def level_costs(work):
    """Nanoseconds a claim at each --max-level, levels 0 (scan and envelopes, by `scan`) to 7; what a level
    costs by itself is the difference to the one below. Levels 1 to 3 are one walk: what the levels leave
    out is telling, so that level 1 has nearly all of it."""
    if "costs" not in work.made:
        path, _ = work.x12(50 * MB)
        claims = path.read_bytes().count(b"\nCLM*")
        runs = [[CLAIMWIRE, "scan", path]] + [[CLAIMWIRE, "validate", "--max-level", n, path] for n in range(1, 8)]
        rounds = [[timed(r)[0] for r in runs] for _ in range(RUNS)]
        work.made["costs"] = [min(t) * 1e9 / claims for t in zip(*rounds)]
    return work.made["costs"]


def cost_level(n):
    def measure(work):
        costs = level_costs(work)
        return {"value": max(0.0, costs[n] - costs[n - 1]), "unit": "ns/claim", "limit": costs[7]}
    return measure


def answers_rss(work):
    """Resident memory of answering one set larger than it may have, with everything that is asked of it."""
    size = 200 * MB if SHORT else 1000 * MB
    path = work.one_set(size)
    _, kb, _ = timed([CLAIMWIRE, "validate", "--max-level", 7, "--report", f"277ca={work.folder}/one_set.277", path])
    (work.folder / "one_set.277").unlink()
    return {"value": kb / 1024, "unit": "MB", "limit": 64, "wanted": 64, "less": True}


def lone_record(work):
    """One record after the other from a source through three stages to a keeper, until it is acknowledged
    at the source; beside what the design measured with counting keepers."""
    count = 1000 if SHORT else 5000
    with tempfile.TemporaryDirectory(dir=work.folder) as d:
        figures = last_json(timed([B / "bench" / "links_chain", d, count, "lone"], one_core=False)[2])
    return {"value": figures["p50_ms"], "unit": "ms", "limit": 0.36, "wanted": 0.72, "less": True,
            "p99": figures["p99_ms"]}


def peak_rss(work):
    """Resident memory of validating a file far larger than it may have."""
    path, _ = work.x12(200 * MB if SHORT else 1000 * MB)
    _, kb, _ = timed([CLAIMWIRE, "validate", "--max-level", 3, path])
    return {"value": kb / 1024, "unit": "MB", "limit": 64, "wanted": 64, "less": True}


def links(work):
    """Three stages of links against a bare ZeroMQ chain of the same shape that keeps nothing."""
    count = 200_000 if SHORT else 1_000_000

    def rate(name):
        with tempfile.TemporaryDirectory(dir=work.folder) as d:
            return last_json(timed([B / "bench" / name, d, count], one_core=False)[2])["records_s"]
    value, limit = in_turn(lambda: rate("links_chain"), lambda: rate("links_floor"))
    return {"value": value, "unit": "records/s", "limit": limit, "wanted": 0.5 * limit}


def clearinghouse(work):
    """The whole house, durable and sealed, against five processes that only scan and store."""
    count = 50_000 if SHORT else 500_000
    path = work.claims(count)

    def product():
        run = work.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        seconds, _, _ = timed([CLAIMWIRE, "run", "pipelines/clearinghouse.yaml", "--run", run, "--json", path],
                              one_core=False)
        return count / seconds

    def floor():
        with tempfile.TemporaryDirectory(dir=work.folder) as d:
            return last_json(timed([B / "bench" / "clearinghouse_floor", d, count], one_core=False)[2])["claims_s"]
    runs = 1 if not SHORT else 3
    value = statistics.median(product() for _ in range(runs))
    limit = statistics.median(floor() for _ in range(runs))
    return {"value": value, "unit": "claims/s", "limit": limit, "wanted": min(25_000, 0.5 * limit)}


def simulate(work, memory=False):
    """Claims through their whole life, 90 virtual days of it, checks apart; beside the floor that scans and
    stores each claim once. On disk, or in memory, where nothing waits for a disk that others use too.
    Wanted: 1,000. The short form is as long: with fewer claims it is the starts of the tools that are measured."""
    count = 10_000
    with tempfile.TemporaryDirectory(dir="/dev/shm" if memory else work.folder) as d:
        _, _, text = timed([CLAIMWIRE, "simulate", "--claims", count, "--days", 90, "--run", d + "/run", "--json"],
                           one_core=False)
        limit = last_json(timed([B / "bench" / "clearinghouse_floor", d, count], one_core=False)[2])["claims_s"]
    return {"value": float(last_json(text)["claims_s"]), "unit": "claims/s", "limit": limit, "wanted": 1000}


def code_tables(work):
    """The publishers' tables where they are, else the starter table."""
    shared = pathlib.Path(os.environ.get("SHARED", "../shared")) / "codes"
    table = work.folder / "codes"
    order = shared / "icd10cm-order-Jan-2021.txt.gz"
    if not order.is_dir() and order.exists() and not table.exists():
        for layout, name in (("icd10cm-order", order.name),
                             ("icd10cm-tabular", "icd10cm_tabular_2021.xml.gz"),
                             ("icd10cm-index-csv", "ICD10CM_2025_Index.csv.gz"),
                             ("icd10cm-neoplasm-csv", "ICD10CM_2025_neoplasms.csv.gz"),
                             ("icd10pcs-order", "icd10pcs_order_2022-rebuilt.txt.gz")):
            with gzip.open(shared / name) as text:
                subprocess.run([B / "bin" / "claimwire-codeset", "--codes", table, "import", layout, "--release",
                                layout, "--from", "2020-10-01", "-"], input=text.read(), check=True,
                               stdout=subprocess.DEVNULL)
        subprocess.run([B / "bin" / "claimwire-codeset", "--codes", table, "compile"], check=True)
    return table if table.exists() else pathlib.Path("config/codes/starter")


def codes(key, unit, wanted):
    """Opening and asking code tables."""
    def measure(work):
        value = last_json(timed([B / "bench" / "codes_lookup", code_tables(work)])[2])[key]
        return {"value": value, "unit": unit, "limit": wanted, "wanted": wanted, "less": True}
    return measure


def notes_of_2_kb(work):
    """The notes of the vignettes, joined and cut into files of 2 KB."""
    if "notes" not in work.made:
        text = "".join(json.loads(p.read_text()).get("note", {}).get("text", "") + "\n"
                       for p in sorted(pathlib.Path("fixtures/vignettes").glob("*/encounter.json")))
        data, work.made["notes"] = text.encode(), []
        (work.folder / "notes").mkdir()
        for i in range(1000):
            at = i % (len(data) // 2048) * 2048
            name = work.folder / "notes" / f"n{i}.txt"
            name.write_bytes(data[at:at + 2048])
            work.made["notes"].append(name)
    return work.made["notes"]


def note_model(work):
    """A model learned from what is found in the notes without one."""
    model = work.folder / "model"
    if not model.exists():
        notes = list({n.read_bytes(): n for n in notes_of_2_kb(work)}.values())  # each text once
        said = timed(code_arguments(work, []) + notes)[2]
        rows = [json.loads(line) for line in said.splitlines()]
        table = work.folder / "note_codes.tsv"
        table.write_text("".join(f"{pathlib.Path(r['file']).stem}\t{r['code']}\n" for r in rows))
        timed([CLAIMWIRE, "code", "train", "--model", model, "--on", "2021-01-01", "--codes", code_tables(work), table]
              + notes)
    return model


def code_arguments(work, more):
    return [CLAIMWIRE, "code", "--setting", "mentions", "--on", "2021-01-01", "--codes", code_tables(work), *more]


def code_notes(trained):
    """Notes of 2 KB a second of one core, without the start that one note shows; beside reading them and
    taking them apart into words. rss_mb: resident memory."""
    def measure(work):
        notes = notes_of_2_kb(work)
        coder = code_arguments(work, ["--model", note_model(work)] if trained else [])
        resident = timed(coder + notes)[1]

        def rate(args):
            return (len(notes) - 1) / max(1e-3, timed(args + notes)[0] - timed(args + notes[:1])[0])
        value, limit = in_turn(lambda: rate(coder), lambda: rate([B / "bench" / "notes_floor"]))
        return {"value": value, "unit": "notes/s", "limit": limit, "wanted": 5000, "rss_mb": resident // 1024}
    return measure


FIGURES = {"code_notes_s": code_notes(False), "code_notes_trained_s": code_notes(True),
           "codes_open_ms": codes("open_ms", "ms", 20), "codes_lookup_ns": codes("lookup_ns", "ns", 1000),
           "scan_gb_s": scan, "validate_837p_mb_s": validate(0, 150), "validate_835_mb_s": validate(1, 200),
           "peak_rss_mb": peak_rss, "validate_837p_levels_1_6_mb_s": all_rules,
           **{f"cost_level_{n}": cost_level(n) for n in range(1, 8)},
           "validate_277ca_peak_rss_mb": answers_rss, "links_records_s": links, "links_lone_record_ms": lone_record,
           "clearinghouse_claims_s": clearinghouse, "simulate_claims_s": simulate,
           "simulate_memory_claims_s": lambda work: simulate(work, memory=True)}


def judge(f):
    """Adds ratio to the limit and how far what is wanted is met (1 and above: met)."""
    f["ratio"] = f["value"] / f["limit"]
    f.setdefault("wanted", f["value"])  # nothing: it is told
    f["met"] = f["wanted"] / f["value"] if f.pop("less", False) else f["value"] / f["wanted"] if f["wanted"] else 1.0
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in f.items()}


def main():
    results, passed, failed = {}, 0, 0
    with tempfile.TemporaryDirectory(prefix="bench-", dir=B) as folder:
        work = Work(pathlib.Path(folder))
        for name, measure in FIGURES.items():
            if ONLY and name not in ONLY:
                continue
            try:
                results[name] = f = judge(measure(work))
                good = f["met"] >= 0.5 or not STRICT
                print(f"{'ok     ' if good else 'FAILED '} {name:24} {f['value']:12,.2f} {f['unit']:10} "
                      f"limit {f['limit']:12,.2f}  ratio {f['ratio']:.2f}  wanted {f['wanted']:,.2f}"
                      f"{'' if f['met'] >= 1 else '  MISSED'}", flush=True)
            except (Missed, OSError, ValueError, KeyError, subprocess.CalledProcessError) as e:
                good = False
                results[name] = {"error": str(e)}
                print(f"FAILED  {name}: {e}", flush=True)
            passed, failed = passed + good, failed + (not good)
    (B / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
