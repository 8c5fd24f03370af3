#!/usr/bin/env python3
"""Plays the scenarios of fixtures/scenarios through real pipelines and compares to the cent.

usage: scenarios.py [NAME...]   (all of them when none is named)

A scenario is a folder. in/: what arrives, named TIME-what.ext, in order of time; files of one time come
together. NAME.do is a command of a person: what it prints is compared with expect/NAME.837, when that is
there, and comes in; or with expect/NAME.txt, line by line, and does not; of an inquiry the file that it wrote with NAME.276. Contracts are those of in/contracts. NAME.no is a command that must be refused (exit 1, nothing printed) with the words of
its second line. Files without a time are read by commands only. expect/: claims.tsv, journal.tsv, rows.tsv (each row of the journal),
exceptions.tsv at the end, TIME-claims.tsv and TIME-exceptions.tsv at that time, work.tsv and TIME-work.tsv:
code, claim and money of what waits for a person then, answers.txt: segments of the TA1s and 999s that we
answered with. All money is dollars and cents, compared as cents.

Over all scenarios but variants (a name that ends with a letter): BPR02 = CLP04 - PLB, 14,426.62.
"""
import concurrent.futures, glob, json, os, re, shlex, shutil, sqlite3, subprocess, sys, tempfile

BIN = os.path.join(os.environ.get("B", "build"), "bin", "claimwire")
HOME = "fixtures/scenarios"
PIPELINE = "pipelines/acknowledged.yaml"
ACCOUNTS = [None, "cash", "clearing", "unapplied", "suspense", "receivable", "denial", "patient",
            "charges", "contractual", "prior", "item", "interest", "receipt", "writeoff", "opening"]
TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(.*)")


class Wrong(Exception):
    pass


def cents(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((part + "00")[:2]))


def claimwire(*words, contracts="/nonexistent"):
    return subprocess.run([BIN, *words], capture_output=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "CLAIMWIRE_CONTRACTS": contracts})


RUN_WORDS = {"rebill": ["--now"], "work": ["--now"], "inquire": ["--now"], "appeal": ["--now"], "report": [], "explain": []}


def unnumbered(text):
    """Lines without the rows of the ledger, which are numbered as records happen to come."""
    return re.sub(r'("item":"[A-Z_]+)-\d+|("row":)\d+', r"\1\2", text).splitlines()


class Play:
    def __init__(self, name, tmp):
        self.name, self.home = name, os.path.join(HOME, name)
        self.tmp, self.run = tmp, os.path.join(tmp, "run")
        self.checked = 0

    def take(self, at, files):
        done = claimwire("run", PIPELINE, "--run", self.run, "--clock", at, *files)
        if done.returncode:
            raise Wrong(f"run at {at}: exit {done.returncode}: {done.stderr.decode()[-400:]}")

    def command(self, name, line, at):
        words = [os.path.join(self.home, w) if w.startswith("in/") else w for w in shlex.split(line)]
        if words[0] in RUN_WORDS:
            words += ["--run", self.run] + [w for flag in RUN_WORDS[words[0]] for w in (flag, at)]
        return self.claimwire(*words)

    def claimwire(self, *words):
        return claimwire(*words, contracts=os.path.join(self.home, "in/contracts"))

    def do(self, name, at):
        with open(os.path.join(self.home, "in", name + ".do")) as f:
            done = self.command(name, f.read(), at)
        if done.returncode:
            raise Wrong(f"{name}: exit {done.returncode}: {done.stderr.decode()}")
        want = os.path.join(self.home, "expect", name + ".276")
        if os.path.exists(want):
            made = max(glob.glob(self.run + "/inquire/out/*.276"))
            self.same(name, open(want).read().split("~"), open(made).read().split("~"))
            return None
        want = os.path.join(self.home, "expect", name + ".txt")
        if os.path.exists(want):
            self.same(name, unnumbered(open(want).read()), unnumbered(done.stdout.decode()))
            return None
        want = os.path.join(self.home, "expect", name + ".837")
        if os.path.exists(want):
            self.same(name, open(want).read().split("~"), done.stdout.decode().split("~"))
        out = os.path.join(self.tmp, name)
        with open(out, "wb") as f:
            f.write(done.stdout)
        return out

    def refused(self, name, at):
        with open(os.path.join(self.home, "in", name + ".no")) as f:
            line, words = f.read().splitlines()[:2]
        done = self.command(name, line, at)
        if done.returncode != 1 or done.stdout or words not in done.stderr.decode():
            raise Wrong(f"{name}: exit {done.returncode}, {done.stdout[:80]}, {done.stderr.decode()}")
        self.checked += 1

    def same(self, what, want, got):
        self.checked += 1
        if want != got:
            lost = [w for w in want if w not in got]
            more = [g for g in got if g not in want]
            raise Wrong(f"{what}: expected and not there {lost}; there and not expected {more}"
                        + ("" if lost or more else f": another order {got}"))

    def books(self):
        done = self.claimwire("claims", "--run", self.run, "--json", "--exceptions")
        if done.returncode:
            raise Wrong("the books do not balance")
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def table(self, path):
        with open(path) as f:
            return [line.rstrip("\n").split("\t") for line in f][1:]

    def work(self, prefix, at):
        path = os.path.join(self.home, "expect", prefix + "work.tsv")
        if not os.path.exists(path):
            return
        done = self.claimwire("work", "list", "--run", self.run, "--now", at, "--json")
        rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
        got = [(r["code"], r["claim"], r["cents"]) for r in rows if "code" in r]
        want = [(r[0], r[1], cents(r[2])) for r in self.table(path)]
        self.same(prefix + "work", sorted(want), sorted(got))

    def compare(self, prefix, at):
        self.work(prefix, at)
        expect = os.path.join(self.home, "expect", prefix)
        rows = self.books()
        if os.path.exists(expect + "claims.tsv"):
            want = [(r[0], *map(cents, r[1:6]), r[6]) for r in self.table(expect + "claims.tsv")]
            got = [(r["claim"], r["in"], r["paid"], r["adjusted"], r["patient"], r["open"], r["state"])
                   for r in rows if r.get("validated")]
            self.same(prefix + "claims", sorted(want), sorted(got))
        if os.path.exists(expect + "exceptions.tsv"):
            want = [(r[0], cents(r[1])) for r in self.table(expect + "exceptions.tsv")]
            got = [(r["exception"], r["cents"]) for r in rows if "exception" in r]
            self.same(prefix + "exceptions", sorted(want), sorted(got))
        return rows

    def journal(self):
        db = sqlite3.connect(f"file:{self.run}/reconciler/ledger.db?mode=ro", uri=True)
        got = {ACCOUNTS[a]: n for a, n in
               db.execute("SELECT account,sum(cents) FROM journal GROUP BY account") if n}
        db.close()
        want = {r[0]: cents(r[1]) for r in self.table(os.path.join(self.home, "expect/journal.tsv"))}
        if sum(want.values()):
            raise Wrong("journal.tsv does not sum to zero")
        self.same("journal", sorted(want.items()), sorted(got.items()))

    def rows(self):
        """Each row of the journal: what it comes from (a claim as it is billed, a payment by its trace), whose it
        is (an item of the payer ledger by code and reference), account, line, reason, amount."""
        path = os.path.join(self.home, "expect/rows.tsv")
        if not os.path.exists(path):
            return
        db = sqlite3.connect(f"file:{self.run}/reconciler/ledger.db?mode=ro", uri=True)
        name = dict(db.execute("SELECT no,pcn FROM claim")) | dict(db.execute("SELECT no,trace FROM payment"))
        name |= dict(db.execute("SELECT no,family||' '||ref FROM item"))
        comes = name | {no: name[payment] for what in ("remit", "plb")
                        for no, payment in db.execute(f"SELECT no,payment FROM {what}")}
        got = [(comes.get(event, "?"), name.get(subject, "?"), ACCOUNTS[account], str(line), code, amount)
               for event, subject, account, amount, line, code in
               db.execute("SELECT event,subject,account,cents,line,code FROM journal")]
        db.close()
        want = [(*r[:5], cents(r[5])) for r in self.table(path)]
        self.same("rows", sorted(want), sorted(got))

    def answers(self):
        path = os.path.join(self.home, "expect/answers.txt")
        if not os.path.exists(path):
            return
        got = []
        for f in sorted(glob.glob(self.run + "/respond/out/*")):
            got += [s.strip() for s in open(f).read().split("~")]
        got = "\n".join(s for s in got if s[:3] in ("TA1", "AK2", "IK5", "AK9", "IK3", "IK4"))
        want = open(path).read().strip()
        self.checked += 1
        if not got.startswith(want):
            raise Wrong(f"999: {got}")

    def held(self):
        """What lies in quarantine, by rule: nothing, or what held.txt says."""
        path = os.path.join(self.home, "expect/held.txt")
        want = open(path).read().split() if os.path.exists(path) else []
        done = claimwire("quarantine", "list", "--run", self.run, "--json").stdout.decode()
        got = [json.loads(line)["rule"] for line in done.splitlines()]
        self.same("held", want, got)

    def play(self):
        steps = {}
        for f in sorted(os.listdir(self.home + "/in")):
            m = TIME.match(f)
            if m:
                steps.setdefault(m.groups()[:6], []).append(f)
        marks = sorted({f[:17] for f in os.listdir(self.home + "/expect")
                        if TIME.match(f) and f.endswith(".tsv")})
        if not steps:
            raise Wrong("nothing in in/")
        for m in marks:
            steps.setdefault(TIME.match(m).groups()[:6], [])
        for when, files in sorted(steps.items()):
            at = "%s-%s-%sT%s:%s:%sZ" % when
            take = []
            for f in files:
                name, ext = os.path.splitext(f)
                if ext == ".do":
                    out = self.do(name, at)
                    take += [out] if out else []
                elif ext == ".no":
                    self.refused(name, at)
                else:
                    take.append(os.path.join(self.home, "in", f))
            if take:
                self.take(at, take)
            stamp = "%s%s%sT%s%s%sZ-" % when
            if stamp in marks:
                marks.remove(stamp)
                self.compare(stamp, at)
        rows = self.compare("", at)
        self.journal()
        self.rows()
        self.answers()
        self.held()
        proof = claimwire("prove", "--run", self.run)
        if proof.returncode:
            raise Wrong("prove: " + proof.stdout.decode())
        return [r["total"] for r in rows if "total" in r][0]


def one(name):
    """(what to print, its totals or None)"""
    tmp = tempfile.mkdtemp()
    p = Play(name, tmp)
    try:
        t = p.play()
        return f"ok      {name}: {p.checked} compared", t
    except (Wrong, OSError, ValueError, KeyError, IndexError) as e:
        return f"FAILED  {name}: {e}", None
    finally:
        shutil.rmtree(tmp)


def main(names):
    bad, sums = 0, [0, 0, 0]
    todo = names or sorted(n for n in os.listdir(HOME) if os.path.isdir(os.path.join(HOME, n)))
    with concurrent.futures.ThreadPoolExecutor(4) as pool: # they wait for disks more than they work
        for name, (text, t) in zip(todo, pool.map(one, todo)):
            print(text)
            bad += t is None
            if t and not name[-1].isalpha():
                sums[0] += t["cash"]
                sums[1] += t["paid"] + t["unapplied"]
                sums[2] -= t["payer_ledger"] + t["interest"]
    if not names and not bad:
        print("BPR02 %d = CLP04 %d - PLB (%d), in cents" % tuple(sums))
        bad += sums != [1442662, 1438447, -4215] or sums[0] != sums[1] - sums[2]
    return 1 if bad else 0


sys.exit(main(sys.argv[1:]))
