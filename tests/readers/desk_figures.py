#!/usr/bin/python3
"""The money of a simulated house that is printed elsewhere than in reports, worked out again from the plain
files as report_figures.py does: each claim of `claims --json` and its totals, each item of `work list --json`
and its sum, each statement of `statement --all`. Standard library, and nothing of claimwire.

usage: desk_figures.py DAY START CLAIMS WORK STATEMENTS FILE...; exit 1 with what differs
"""
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, time

from report_figures import cents, figures, read_all, segments, settle

# items of a claim: what is at risk
AT_RISK = {"DENIAL": lambda k: k["sum"]["denial"], "PATIENT_DUE": lambda k: k["patient"],
           "CREDIT_BAL": lambda k: abs(k["open"] + k["patient"]), "DUP_HOLD": lambda k: k["charge"]}
NO_MONEY = {"ERA_DUP"}


def held_back(paths, claims):
    """Claims that the office billed and that went to no payer yet: account to the latest charge."""
    out = {}
    for path in paths:
        text = open(path).read()
        if text.startswith("ISA") and segments(text)[0][8].strip() == "CLRHOUSE":
            out.update({s[1]: cents(s[2]) for s in segments(text) if s[0] == "CLM" and s[1] not in claims})
    return out


def claims_wrong(path, claims, refused_n, order):
    rows = [json.loads(line) for line in open(path)]
    total, sums, refused = rows.pop()["total"], Counter(), 0
    for r in rows:
        if not r["validated"]:
            refused += 1
            continue
        k = claims[r["claim"]]
        s = k["sum"]
        want = {"in": k["charge"], "paid": s["paid"], "adjusted": s["contractual"] + s["prior"], "patient": k["patient"],
                "open": k["open"], "denied": s["denial"], "received": s["received"], "written_off": 0}
        sums.update(want)
        yield from ("%s %s: %d, by the files %d" % (r["claim"], c, r[c], v) for c, v in want.items() if r[c] != v)
    if refused != refused_n:
        yield "%d refused, by the files %d" % (refused, refused_n)
    plb = [(c, v) for p in order for c, v in p["plbs"]]
    want = {"claims": len(claims), "sent": len(claims), "refused": refused_n, "payments": len(order),
            "cash": sum(p["bpr"] for p in order), "payer_ledger": -sum(v for c, v in plb if c != "L6"),
            "interest": -sum(v for c, v in plb if c == "L6"), "in_transit": 0,
            "unapplied": sum(c["paid"] for p in order for c in p["clps"] if c["pcn"] not in claims)}
    want.update({c: sums[c] for c in ("in", "paid", "adjusted", "patient", "open")})
    yield from ("claims, all %s: %d, by the files %d" % (c, total[c], v) for c, v in want.items() if total[c] != v)


def ledgers(order):
    """What stays open of each payer's ledger: by payer, reference and what it is for."""
    out = defaultdict(int)
    for p in order:
        for c, v in p["plbs"]:
            if c != "L6":
                out[p["payer"]] += v
    return sum(abs(v) for v in out.values())


def work_wrong(path, claims, held, order, liars):
    rows = [json.loads(line) for line in open(path)]
    total, money, open_items, sets_held = rows.pop()["total"], defaultdict(dict), 0, 0
    for r in rows:
        k, code, is_ = claims.get(r["claim"]), r["code"], r["cents"]
        if code == "PLB_OPEN":
            open_items += is_
        elif code == "SET_HELD":
            sets_held += is_
        elif code in NO_MONEY:
            if is_:
                yield "%s: %d, and it is no money" % (r["item"], is_)
        else:
            kept = "-q" in r["item"] and k  # a version that did not go out
            want = k["charge"] if kept else AT_RISK.get(code, lambda k: abs(k["open"]))(k) if k else held.get(r["claim"])
            if is_ != want:
                yield "%s %s: %d, by the files %s" % (r["item"], r["claim"], is_, want)
            what = "patient" if code == "PATIENT_DUE" else "kept" if kept else "open"
            money[r["claim"]][what] = max(money[r["claim"]].get(what, 0), is_)
    if sets_held != liars:
        yield "SET_HELD: %d, by the files %d" % (sets_held, liars)
    if open_items != ledgers(order):
        yield "PLB_OPEN: %d, by the files %d" % (open_items, ledgers(order))
    all_ = open_items + sets_held + sum(v for parts in money.values() for v in parts.values())
    if (total["items"], total["cents"]) != (len(rows), all_):
        yield "at risk: %d, by the files %d" % (total["cents"], all_)
    # whatever a patient owes, was denied, or was refused is on the list
    for pcn, k in claims.items():
        for what, v in (("patient", k["patient"]), ("open", k["sum"]["denial"])):
            if v > 0 and money[pcn].get(what, 0) < v:
                yield "%s: %d of %s is nobody's" % (pcn, v, what)
    yield from ("%s: refused, and nobody's" % pcn for pcn in held if pcn not in money)


def statements_wrong(path, claims):
    visit, sums, seen, pay = None, [0] * 5, {}, 0
    for line in open(path):
        words = re.split(r"\s{2,}", line.strip())
        numbers = [cents(w.replace(",", "")) for w in words[1:]] if re.match(r"(\d\d/|Total)", line) else []
        account = re.match(r"\s+account ([^\s;]+)", line)
        if line.startswith("STATEMENT"):
            sums = [0] * 5
        elif line.startswith("Total"):
            pay = numbers[4]
            if numbers != sums:
                yield "a statement of %s, its visits %s" % (numbers, sums)
        elif numbers:
            visit, sums = numbers, [a + b for a, b in zip(sums, numbers)]
        elif account:
            k = claims[account[1]]
            s = k["sum"]
            seen[account[1]] = visit
            want = [k["charge"], s["paid"], s["contractual"] + s["prior"], s["received"], k["patient"]]
            if visit != want:
                yield "%s: %s, by the files %s" % (account[1], visit, want)
        elif line.startswith("PLEASE PAY") and cents(words[-1].split()[-1].replace(",", "")) != pay:
            yield "%s to pay, and the total is %d" % (line.strip(), pay)
    yield from ("%s: owed, and on no statement" % pcn for pcn, k in claims.items() if k["patient"] > 0 and pcn not in seen)
    if not seen:
        yield "no statement"


def main(day, start, claims_path, work_path, statements_path, *paths):
    today = date.fromisoformat(day)
    x = read_all(today, datetime.fromisoformat(start), paths)
    settle(x, None)
    claims, order = x["claims"], sorted(x["payments"].values(), key=lambda p: p["date"])
    figures(datetime.combine(today, time()), {}, claims, order, x["receipts"], x["rejected"])
    held = held_back(paths, claims)
    refused_n = x["built"] - x["passed"]
    wrong = [*claims_wrong(claims_path, claims, refused_n, order), *work_wrong(work_path, claims, held, order, sum(x["liars"])),
             *statements_wrong(statements_path, claims)]
    print("\n".join(wrong + ["%d claims, %d refused, %d differ" % (len(claims), len(held), len(wrong))]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 6 else __doc__)
