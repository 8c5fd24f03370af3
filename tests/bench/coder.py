"""How well `claimwire code` reads: precision, recall, F1 by code and by category, MAP, with a
bootstrap interval, on the development splits of a gold folder; and negation on its sentences.

usage: coder.py GOLD CODES    (B: build folder; KEEP: work folder to keep tables and model in)

GOLD holds codiesp/{train,dev} (texts, SPLIT + "D.tsv": file, code) and negex/negex_dev.tsv; CODES the
publishers' files. Nothing is tuned here: the program is run and its answers are counted. The notes
were coded with the set of 2018. That list is rebuilt from the leaves of 2013 (first column of the
mapping file) and what was added since without splitting one of them."""
import csv
import gzip
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile

BUILD = os.environ.get("B", "build")
DAY = "2018-01-01"


def tool(name, *args, **kw):
    done = subprocess.run([os.path.join(BUILD, "bin", "claimwire-" + name), *args],
                          stdout=subprocess.PIPE, **kw)
    if done.returncode:
        sys.exit("claimwire-%s %s: exit %d" % (name, " ".join(args[:6]), done.returncode))
    return done.stdout


def unzip(codes, name):
    with gzip.open(os.path.join(codes, name + ".gz")) as f:
        return f.read()


def set_of_2018(codes):
    old = {l[:7].strip() for l in unzip(codes, "2013_I10gem.txt").decode().splitlines()}
    new = {l[6:13].strip(): (l[14], l[77:].strip())
           for l in unzip(codes, "icd10cm-order-Jan-2021.txt").decode("latin1").splitlines()}
    rows = ["code,title,flags"]
    for code, (flag, title) in new.items():
        if code in old:
            flag = "1"
        elif any(code[:n] in old for n in range(3, len(code))):
            continue
        rows.append('%s,"%s",%s' % (code, title.replace('"', '""'), flag))
    rows += ['%s,"",1' % c for c in sorted(old - set(new))]
    return "\n".join(rows).encode()


def make_table(codes, out):
    def take(layout, release, day, text, *more):
        tool("codeset", "--codes", out, "import", layout, "--release", release, "--from", day, *more,
             "-", input=text)
    take("csv", "2018", "2012-10-01", set_of_2018(codes), "--to", "2020-09-30", "--system", "icd10cm")
    take("icd10cm-order", "2021", "2020-10-01", unzip(codes, "icd10cm-order-Jan-2021.txt"))
    for layout, name in (("icd10cm-tabular", "icd10cm_tabular_2021.xml"),
                         ("icd10cm-index-csv", "ICD10CM_2025_Index.csv"),
                         ("icd10cm-neoplasm-csv", "ICD10CM_2025_neoplasms.csv")):
        take(layout, layout, "2012-10-01", unzip(codes, name))
    tool("codeset", "--codes", out, "compile")


def load(gold, split, work):
    folder = os.path.join(gold, "codiesp", split)
    with tarfile.open(os.path.join(folder, "text_files_en.tar.gz")) as t:
        members = [m for m in t.getmembers() if m.isfile() and m.name.endswith(".txt")
                   and not os.path.basename(m.name).startswith(".")]
        texts = {os.path.basename(m.name)[:-4]: t.extractfile(m).read() for m in members}
    where = os.path.join(work, split)
    os.makedirs(where, exist_ok=True)
    for name, text in texts.items():
        with open(os.path.join(where, name + ".txt"), "wb") as f:
            f.write(text)
    answers = {name: set() for name in texts}
    with open(os.path.join(folder, split + "D.tsv")) as f:
        for row in csv.reader(f, delimiter="\t"):
            answers.setdefault(row[0], set()).add(row[1].strip().upper().replace(".", ""))
    return where, {n: a for n, a in answers.items() if n in texts}


def run(where, table, *more):
    files = sorted(os.path.join(where, f) for f in os.listdir(where))
    lines = tool("code", "--setting", "mentions", "--on", DAY, "--codes", table, *more, *files)
    said = {os.path.basename(f)[:-4]: [] for f in files}
    for line in lines.splitlines():
        p = json.loads(line)
        said[os.path.basename(p["file"])[:-4]].append(p)
    return said


def speed(title, where, table, *more):
    """Notes a second on one core, without the start, which one note shows."""
    files = sorted(os.path.join(w, f) for w in where for f in os.listdir(w)) * 4

    def took(names):
        child = subprocess.Popen([os.path.join(BUILD, "bin", "claimwire-code"), "--setting",
                                  "mentions", "--on", DAY, "--codes", table, *more, *names],
                                 stdout=subprocess.DEVNULL)
        used = os.wait4(child.pid, 0)[2]
        return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    start = min(took(files[:1])[0] for _ in range(3))
    runs = [took(files) for _ in range(2)]
    took_all = min(r[0] for r in runs) - start
    notes = sum(os.path.getsize(f) for f in files) / 2048
    resident = runs[0][1]
    print("%-22s %d notes of 2 KB a second of one core, after a start of %d ms; %d MB "
          "resident" % (title, notes / took_all, start * 1000, resident))


def f1(tp, fp, fn):
    p, r = tp / (tp + fp or 1), tp / (tp + fn or 1)
    return p, r, 2 * p * r / (p + r or 1)


def average_precision(ranked, answers):
    hits, total = 0, 0.0
    for n, code in enumerate(ranked, 1):
        if code in answers:
            hits += 1
            total += hits / n
    return total / len(answers) if answers else None


def counts(said, answers):
    """Of one note: hits, false, missed by code and by category, average precision."""
    ranked = list(dict.fromkeys(p["code"] for p in said))
    sure = {p["code"] for p in said if p["status"] == "assigned"}
    row = []
    for n in (9, 3):
        a, b = {c[:n] for c in sure}, {c[:n] for c in answers}
        row += [len(a & b), len(a - b), len(b - a)]
    return row + [average_precision(ranked, answers)]


def measure(rows):
    total = [sum(r[i] for r in rows) for i in range(6)]
    ap = [r[6] for r in rows if r[6] is not None]
    return f1(*total[:3]) + (f1(*total[3:])[2], sum(ap) / (len(ap) or 1))


def show(title, said, answers):
    rows = [counts(said[n], answers[n]) for n in sorted(answers)]
    rng = random.Random(1)
    draws = [measure([rows[rng.randrange(len(rows))] for _ in rows]) for _ in range(300)]
    p, r, f, cat, ap = measure(rows)
    low = [sorted(d[i] for d in draws)[7] for i in (2, 3, 4)]
    high = [sorted(d[i] for d in draws)[292] for i in (2, 3, 4)]
    print("%-22s P %.3f R %.3f F1 %.3f [%.3f-%.3f] category F1 %.3f [%.3f-%.3f] MAP %.3f "
          "[%.3f-%.3f]" % (title, p, r, f, low[0], high[0], cat, low[1], high[1], ap, low[2],
                           high[2]))


def negation(gold):
    with open(os.path.join(gold, "negex", "negex_dev.tsv"), encoding="latin1") as f:
        rows = [l.rstrip("\n").split("\t") for l in f][1:]
    text = "".join("%s\t%s\n" % (r[1], r[2]) for r in rows)
    said = tool("code", "context", "-", input=text.encode()).decode().splitlines()
    n = [0, 0, 0]
    for row, flags in zip(rows, said, strict=True):
        gold_no, ours = row[3] == "Negated", "negated" in flags
        n[0] += gold_no and ours
        n[1] += ours and not gold_no
        n[2] += gold_no and not ours
        if os.environ.get("SHOW") and gold_no != ours:
            print("MISSED" if gold_no else "FALSE", row[1], "|", row[2], "|", flags)
    print("negation               P %.3f R %.3f F1 %.3f (%d sentences)" % (f1(*n) + (len(rows),)))


def main():
    gold, codes = sys.argv[1:3]
    if not os.path.isdir(gold) or not os.path.isdir(codes):
        print("no gold or no code tables there")
        sys.exit(77)
    keep = os.environ.get("KEEP")
    work = keep or tempfile.mkdtemp()
    table = os.path.join(work, "codes")
    if not os.path.exists(os.path.join(table, "codes.cwt")):
        make_table(codes, table)
    dev, answers = load(gold, "dev", work)
    show("untrained, dev", run(dev, table), answers)
    train, _ = load(gold, "train", work)
    model = os.path.join(work, "model")
    print(tool("code", "train", "--model", model, "--on", DAY, "--codes", table,
               os.path.join(gold, "codiesp", "train", "trainD.tsv"),
               *sorted(os.path.join(train, f) for f in os.listdir(train))).decode().strip())
    show("trained, dev", run(dev, table, "--model", model), answers)
    negation(gold)
    speed("speed", [dev, train], table)
    speed("speed with the model", [dev, train], table, "--model", model)


main()
