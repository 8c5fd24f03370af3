#!/usr/bin/env python3
"""Plays the scenarios of fixtures/scenarios through real pipelines and compares to the cent.

usage: scenarios.py [--home DIR] [NAME...]   (all of them when none is named)

A scenario is a folder. in/: what arrives, named TIME-what.ext, in order of time; files of one time come together.
NAME.do is a command of a person, one a line: what it prints is compared with expect/NAME.837 or, line by line, with
expect/NAME.txt, with --- between the answers of several; without NAME.txt, what rebill and post print comes in. NAME.no is a command that must be
refused (exit 1, nothing printed) with the words of its second line. NAME.read is handed to the commands alone, as is a
file without a time. Contracts are those of in/contracts, profiles of payers those of in/partners.

expect/: every folder has
    claims.tsv      each claim in the end, exceptions.tsv what is open in the books, journal.tsv the accounts,
    rows.tsv        each row of the journal,
    work.tsv        what waits for a person: code, claim, role, due, amount,
    out/            every file that goes out, a segment a line, # for control numbers and times of our own,
    report-NAME.csv reports: aging, denial-rate, unapplied, trial-balance
and held.txt, what lies in quarantine. TIME-claims.tsv, TIME-exceptions.tsv, TIME-work.tsv and TIME-report-NAME.csv are
at that time. Nothing in expect/ may be there that is not compared. All money is dollars and cents, compared as cents.

Over all scenarios but variants (a name that ends with a letter), from the 835 files themselves: BPR02 14,426.62 =
CLP04 14,384.47 - PLB (-42.15); the books say the same.
"""
import concurrent.futures, glob, json, os, re, shlex, shutil, sqlite3, subprocess, sys, tempfile

BIN = os.path.abspath(os.path.join(os.environ.get("B", "build"), "bin", "claimwire"))
HOME = "fixtures/scenarios"
PIPELINE = "pipelines/acknowledged.yaml"
ACCOUNTS = [None, "cash", "clearing", "unapplied", "suspense", "receivable", "denial", "patient",
            "charges", "contractual", "prior", "item", "interest", "receipt", "writeoff", "opening"]
TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(.*)")
NEEDED = ["claims.tsv", "exceptions.tsv", "journal.tsv", "rows.tsv", "work.tsv", "report-aging.csv",
          "report-denial-rate.csv", "report-unapplied.csv", "report-trial-balance.csv"]
TOTAL = (1442662, 1438447, -4215)
RUN_WORDS = {"rebill": ["--now"], "work": ["--now"], "inquire": ["--now"], "appeal": ["--now"], "report": [],
             "explain": [], "eligibility": ["--now"], "authorization": ["--now"], "attach": ["--now"], "followup": ["--now"]}

COMES_IN = ("rebill", "post") # what these print comes in


class Wrong(Exception):
    pass


def cents(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((part + "00")[:2]))


def instant(when):
    return "%s-%s-%sT%s:%s:%sZ" % when[:6]


def claimwire(*words, contracts="/nonexistent"):
    return subprocess.run([BIN, *words], capture_output=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "CLAIMWIRE_CONTRACTS": contracts})


def unnumbered(text):
    """Lines without the rows of the ledger, which are numbered as records happen to come."""
    return re.sub(r'("item":"[A-Z_]+)-\d+|("row":)\d+', r"\1\2", text).splitlines()


def ours(text):
    """Segments of a file of ours, without its control numbers and the times at which it was made."""
    keep = {"ISA": (6, 8, 15), "GS": (1, 2, 3, 8)}
    blank = {"ST": (2,), "SE": (2,), "GE": (2,), "IEA": (2,)}
    between, out = text[3], []
    for f in (s.strip().split(between) for s in text.split(text[105]) if s.strip()):
        if f[0] in keep:
            f = f[:1] + [f[i].strip() for i in keep[f[0]]]
        for i in blank.get(f[0], ()):
            f[i] = "#"
        at = {"BHT": slice(3, 6), "BGN": slice(2, 5)}.get(f[0], slice(0))
        f[at] = "#" * len(f[at])
        if f[:2] == ["REF", "D9"] or f[:2] == ["TRN", "1"] and re.match(r"[A-Z]?\d{9}(-\d{1,4})?$", f[2]):
            f[2] = "#"
        out.append(between.join(f))
    return out


class Play:
    def __init__(self, name, tmp, home):
        self.name, self.home = name, os.path.join(home, name)
        self.tmp, self.run = tmp, os.path.join(tmp, "run")
        self.compared, self.wrong = set(), {}
        self.checked = 0

    def expected(self, name):
        """The text of what is expected, None when nothing is; from now on it is looked at."""
        path = os.path.join(self.home, "expect", name)
        if not os.path.exists(path):
            return None
        self.compared.add(name)
        with open(path) as f:
            return f.read()

    def same(self, name, want, got):
        self.checked += 1
        if want == got:
            return
        lost = [w for w in want if w not in got]
        more = [g for g in got if g not in want]
        self.wrong[name] = (f"expected and not there {lost}; there and not expected {more}" if lost or more
                            else f"another order or number: {got}")

    def table(self, text):
        return [line.split("\t") for line in text.splitlines()[1:]]

    def take(self, at, files):
        done = claimwire("run", PIPELINE, "--run", self.run, "--clock", at, *files)
        if done.returncode:
            raise Wrong(f"run at {at}: exit {done.returncode}: {done.stderr.decode()[-400:]}")

    def claimwire(self, *words):
        return claimwire(*words, contracts=os.path.join(self.home, "in/contracts"))

    def partners(self):
        own = os.path.join(self.home, "in/partners")
        return ["--partners", own] if os.path.isdir(own) else []

    def command(self, line, at):
        words = [os.path.join(self.home, w) if w.startswith("in/") else w for w in shlex.split(line)]
        if words[0] in RUN_WORDS:
            words += ["--run", self.run] + [w for flag in RUN_WORDS[words[0]] for w in (flag, at)]
        return self.claimwire(*words)

    def lines(self, name):
        with open(os.path.join(self.home, "in", name)) as f:
            return f.read().splitlines()

    def do(self, name, at):
        """What a person does; the 837 that it makes, if it makes one."""
        said = []
        for line in self.lines(name + ".do"):
            line, _, ends = line.partition(" # exit ")
            done = self.command(line, at)
            if done.returncode != int(ends or 0):
                raise Wrong(f"{name}: exit {done.returncode}: {done.stderr.decode()}")
            said.append(done.stdout.decode())
        text = self.expected(name + ".txt")
        if text is not None:
            self.same(name + ".txt", unnumbered(text), unnumbered("---\n".join(said)))
            return None
        if line.split()[0] not in COMES_IN:
            return None
        text = self.expected(name + ".837")
        if text is not None:
            self.same(name + ".837", text.split("~"), said[0].split("~"))
        out = os.path.join(self.tmp, name)
        with open(out, "w") as f:
            f.write(said[0])
        return out

    def refused(self, name, at):
        line, words = self.lines(name + ".no")[:2]
        done = self.command(line, at)
        if done.returncode != 1 or done.stdout or words not in done.stderr.decode():
            raise Wrong(f"{name}: exit {done.returncode}, {done.stdout[:80]}, {done.stderr.decode()}")
        self.checked += 1

    def work(self, prefix, at):
        text = self.expected(prefix + "work.tsv")
        if text is None:
            return
        done = self.claimwire("work", "list", "--run", self.run, "--now", at, "--json", *self.partners())
        rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
        got = [(r["code"], r["claim"], r["role"], r["due"][:19] + "Z", r["cents"]) for r in rows if "code" in r]
        self.same(prefix + "work.tsv", sorted((*r[:4], cents(r[4])) for r in self.table(text)), sorted(got))

    def reports(self, prefix, at):
        for path in glob.glob(os.path.join(self.home, "expect", prefix + "report-*.csv")):
            name = os.path.basename(path)
            done = self.claimwire("report", name[len(prefix) + 7:-4], "--csv", "--run", self.run, "--now", at)
            self.same(name, self.expected(name).splitlines(), done.stdout.decode().splitlines())

    def books(self):
        done = self.claimwire("claims", "--run", self.run, "--json", "--exceptions")
        if done.returncode:
            raise Wrong("the books do not balance")
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def compare(self, prefix, at):
        self.work(prefix, at)
        self.reports(prefix, at)
        rows = self.books()
        text = self.expected(prefix + "claims.tsv")
        if text is not None:
            want = [(r[0], *map(cents, r[1:6]), r[6]) for r in self.table(text)]
            got = [(r["claim"], r["in"], r["paid"], r["adjusted"], r["patient"], r["open"], r["state"])
                   for r in rows if r.get("validated")]
            self.same(prefix + "claims.tsv", sorted(want), sorted(got))
        text = self.expected(prefix + "exceptions.tsv")
        if text is not None:
            got = [(r["exception"], r["cents"]) for r in rows if "exception" in r]
            self.same(prefix + "exceptions.tsv", sorted((r[0], cents(r[1])) for r in self.table(text)), sorted(got))
        return rows

    def ledger(self):
        return sqlite3.connect(f"file:{self.run}/reconciler/ledger.db?mode=ro", uri=True)

    def journal(self):
        db = self.ledger()
        got = {ACCOUNTS[a]: n for a, n in
               db.execute("SELECT account,sum(cents) FROM journal GROUP BY account") if n}
        db.close()
        want = {r[0]: cents(r[1]) for r in self.table(self.expected("journal.tsv"))}
        self.same("journal.tsv", sorted(want.items()), sorted(got.items()))

    def rows(self):
        """Each row of the journal: what it comes from (a claim as it is billed, a payment by its trace), whose it
        is (an item of the payer ledger by code and reference), account, line, reason, amount."""
        db = self.ledger()
        name = dict(db.execute("SELECT no,pcn FROM claim")) | dict(db.execute("SELECT no,trace FROM payment"))
        name |= dict(db.execute("SELECT no,family||' '||ref FROM item"))
        comes = name | {no: name[payment] for what in ("remit", "plb")
                        for no, payment in db.execute(f"SELECT no,payment FROM {what}")}
        got = [(comes.get(event, "?"), name.get(subject, "?"), ACCOUNTS[account], str(line), code, amount)
               for event, subject, account, amount, line, code in
               db.execute("SELECT event,subject,account,cents,line,code FROM journal")]
        db.close()
        want = [(*r[:5], cents(r[5])) for r in self.table(self.expected("rows.tsv"))]
        self.same("rows.tsv", sorted(want), sorted(got))

    def out(self):
        """Every file that went out, segment by segment; whatever its name."""
        got = {}
        for path in sorted(glob.glob(self.run + "/*/out/*")):
            with open(path, newline="") as f:
                got[os.path.relpath(path, self.run)] = ours(f.read())
        lost = {}
        for path in sorted(glob.glob(os.path.join(self.home, "expect/out/*"))):
            name = "out/" + os.path.basename(path)
            want = self.expected(name).splitlines()
            found = next((g for g in got if got[g] == want), None)
            self.checked += 1
            if found:
                del got[found]
            else:
                lost[name] = want
        for name, want in lost.items():
            near = max(got, key=lambda g: len(set(got[g]) & set(want)), default=None)
            self.same(name, want, got[near] if near else [])
        if len(got) > len(lost):
            self.wrong["out"] = f"{len(got)} other files went out, expected {len(lost)}: {sorted(got)}"

    def held(self):
        """What lies in quarantine, by rule: nothing, or what held.txt says."""
        done = claimwire("quarantine", "list", "--run", self.run, "--json").stdout.decode()
        got = [json.loads(line)["rule"] for line in done.splitlines()]
        self.same("held.txt", (self.expected("held.txt") or "").split(), got)

    def steps(self):
        steps = {}
        for f in sorted(os.listdir(self.home + "/in")):
            if TIME.match(f):
                steps.setdefault(TIME.match(f).groups()[:6], []).append(f)
        if not steps:
            raise Wrong("nothing in in/")
        for f in os.listdir(self.home + "/expect"):
            if TIME.match(f) and f.endswith((".tsv", ".csv")):
                steps.setdefault(TIME.match(f).groups()[:6], [])
        return sorted(steps.items())

    def step(self, at, files):
        take = []
        for f in files:
            name, ext = os.path.splitext(f)
            if ext == ".do":
                made = self.do(name, at)
                take += [made] if made else []
            elif ext == ".no":
                self.refused(name, at)
            elif ext != ".read":
                take.append(os.path.join(self.home, "in", f))
        if take:
            self.take(at, take)

    def play(self):
        missing = [n for n in NEEDED if not os.path.exists(os.path.join(self.home, "expect", n))]
        if missing:
            raise Wrong(f"expect/ lacks {missing}")
        os.mkdir(self.run) # a person's command may be the first to look for it
        for when, files in self.steps():
            at = instant(when)
            self.step(at, files)
            self.compare("%s%s%sT%s%s%sZ-" % when, at)
        rows = self.compare("", at)
        self.journal()
        self.rows()
        self.out()
        self.held()
        there = {os.path.relpath(os.path.join(d, f), self.home + "/expect")
                 for d, _, fs in os.walk(self.home + "/expect") for f in fs}
        for name in there - self.compared:
            self.wrong[name] = "compared with nothing"
        proof = claimwire("prove", "--run", self.run)
        if proof.returncode:
            raise Wrong("prove: " + proof.stdout.decode())
        return [r["total"] for r in rows if "total" in r][0]


def one(name, home):
    """(what to print, its totals or None)"""
    tmp = tempfile.mkdtemp()
    p = Play(name, tmp, home)
    try:
        t = p.play()
        if p.wrong:
            return "\n".join(f"FAILED  {name}/{what}: {text}" for what, text in sorted(p.wrong.items())), None
        return f"ok      {name}: {p.checked} compared", t
    except (Wrong, OSError, ValueError, KeyError, IndexError) as e:
        return f"FAILED  {name}: {e}", None
    finally:
        shutil.rmtree(tmp)


def remitted(names, home):
    """BPR02, CLP04 and PLB of all payments in the 835 files of these scenarios; the same payment again is not counted."""
    sums, seen = [0, 0, 0], set()
    for path in sorted(p for n in names for p in glob.glob(f"{home}/{n}/in/*.835")):
        with open(path) as f:
            text = f.read().replace("\n", "")
        for part in text.split("~ST*835*")[1:]:
            rows = [s.split("*") for s in part.split("~SE*")[0].split("~")]
            bpr = next(r[2] for r in rows if r[0] == "BPR")
            key = (bpr, *next(r[2:4] for r in rows if r[0] == "TRN"))
            if key in seen:
                continue
            seen.add(key)
            sums[0] += cents(bpr)
            sums[1] += sum(cents(r[4]) for r in rows if r[0] == "CLP")
            sums[2] += sum(cents(a) for r in rows if r[0] == "PLB" for a in r[4::2])
    return tuple(sums)


def whole(todo, totals, home):
    """Whether the set as a whole is what it must be, in its files and in the books."""
    files = remitted(todo, home)
    books = (sum(t["cash"] for t in totals), sum(t["paid"] + t["unapplied"] for t in totals),
             -sum(t["payer_ledger"] + t["interest"] for t in totals))
    for what, sums in (("the 835 files", files), ("the books", books)):
        print("%s: BPR02 %d = CLP04 %d - PLB (%d), in cents" % (what, *sums))
    if files == books == TOTAL and TOTAL[0] == TOTAL[1] - TOTAL[2]:
        return True
    print("FAILED  the whole set is not %d = %d - (%d)" % TOTAL)
    return False


def main(names):
    home = HOME
    if names[:1] == ["--home"]:
        home, names = names[1], names[2:]
    todo = names or sorted(n for n in os.listdir(home) if os.path.isdir(os.path.join(home, n)))
    bad, totals = 0, []
    with concurrent.futures.ThreadPoolExecutor(4) as pool: # they wait for disks more than they work
        for name, (text, t) in zip(todo, pool.map(lambda n: one(n, home), todo)):
            print(text)
            bad += t is None
            if t and not name[-1].isalpha():
                totals.append(t)
    if not names and not bad:
        bad += not whole([n for n in todo if not n[-1].isalpha()], totals, home)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
