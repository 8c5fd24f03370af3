#!/usr/bin/python3
"""Every number that claimwire report prints, worked out again from the plain files: the 837s of the office
and those that payers received, what payers sent, the entries of the front desk. Standard library, and
nothing of claimwire. report_rates.py has the counts, rates, lags and ages.

usage: report_figures.py TODAY START CODE=FEE,... FILE... < rows of `claimwire report NAME --json`
TODAY is a day like 2026-11-20; a fee is that of the contract with every payer in force. FILEs are known
by what they begin with: ISA with an 837, a TA1, 999, 277CA, 277 or 835 in it, or {. When a file came in is
START (2026-01-05T18:00) and the days that its name begins with, as 0012-; with START - it came TODAY.
Says what it compared; exit 1 when a figure differs, a row is missing, or a column was not looked at.
"""
import json
import os
import re
import sys
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import report_rates

LATER = ("2", "3", "20", "21")  # CLP02: somebody has answered before
KEPT = {"24", "44", "45", "59", "104", "131", "237", "253"}  # given up by contract
GROUPS = {"197": "authorization", "97": "coding", "16": "coding", "18": "duplicate", "22": "registration",
          "29": "timely", "50": "documentation", "96": "benefit", "B7": "credentialing"}
MONEY = {  # the columns that are cents
    "aging": ["0-30", "31-60", "61-90", "91-120", "121-180", "over 180", "no date", "total", "credits"],
    "denial-rate": ["charged", "denied first cents", "denied now cents"],
    "days-in-ar": ["receivable", "credits", "charges of 90 days", "over 90 days"],
    "net-collection": ["charges", "contractual", "collectable", "payers", "patients", "collected"],
    "scorecard": ["interest"],
    "cash": ["cash", "claims", "unapplied", "adjusted", "interest", "to come"],
    "unapplied": ["unapplied"], "trial-balance": ["debit", "credit", "balance"],
    "denials": ["denied", "undone", "open"], "missed-edits": ["charged"],
    "underpaid": ["expected", "allowed", "gap", "underpaid"]}


def cents(s):
    v = Decimal(s or "0") * 100
    assert v == int(v)
    return int(v)


def segments(text):
    end = text[105]
    return [s.strip().split("*") for s in text.split(end) if s.strip()]


def day(s):
    return date(int(s[:4]), int(s[4:6]), int(s[6:8]))


def kind(group, reason):
    if group == "PR":
        return "patient"
    if (group, reason) == ("OA", "23"):
        return "prior"
    return "contractual" if group in ("CO", "PI") and reason in KEPT else "denial"


def moment(d, t):
    return datetime.combine(day(d), time(int(t[:2]), int(t[2:4])))


def read_office(segs, came):
    """When the office billed what; how many claims, and how many whose charge is that of their lines: a
    charge that is not is the one fault of its own that a claim of these houses has."""
    at = next(moment(s[4], s[5]) for s in segs if s[0] == "GS")
    left = []
    for s in segs:
        if s[0] == "CLM":
            came[s[1]].append(at)
            left.append(cents(s[2]))
        elif s[0] == "SV1":
            left[-1] -= cents(s[2])
    return len(left), left.count(0)


def read_837(segs, claims, places):
    npi = payer = claim = rank = None
    for s in segs:
        if s[0] == "GS":
            group, sent = s[6], moment(s[4], s[5])
        elif s[0] == "ST":
            number = s[2]
        elif s[0] == "NM1" and s[1] == "85":
            npi = s[9]
        elif s[0] == "HL":
            claim = rank = None
        elif s[0] == "SBR" and not claim:
            rank = s[1]
        elif s[0] == "NM1" and s[1] == "PR" and not claim:
            payer = s[9]
        elif s[0] == "NM1" and s[1] == "PR" and rank == "P":
            claim["next"] = s[9]
        elif s[0] == "CLM":
            claim = claims.setdefault(s[1], {"charge": cents(s[2]), "npi": npi, "payer": payer, "day": None,
                                             "next": None, "void": False, "sent": sent,
                                             "accepted": None, "paid": None, "answers": [], "rejected": False})
            claim["sent"] = min(sent, claim["sent"])
            places[segs[0][13]].append(s[1])
            places[group, number].append(s[1])
            claim["void"] |= s[5].endswith(":8")
            if rank == "P":
                claim["payer"] = payer
            else:
                claim["next"] = payer
        elif s[0] == "DTP" and s[1] == "472":
            d = day(s[3])
            claim["day"] = min(d, claim["day"] or d)


def read_277ca(segs, rejected, told, accepted, at):
    pcn = control = None
    if not any(s[0] == "ST" and s[3] == "005010X214" for s in segs):  # what it answered about its claims
        for s in segs:
            if s[0] == "TRN":
                control = None
            elif s[0] == "REF" and s[1] == "1K":
                control = s[2]
            elif s[0] == "REF" and s[1] == "EJ" and control:
                told.append((s[2], control))
        return
    for s in segs:
        if s[0] == "TRN" and s[1] == "2":
            pcn = s[2]
        elif s[0] == "STC" and pcn and s[1][:2] in ("A3", "A6", "A7", "A8"):
            rejected.append((pcn, "277CA", s[1]))
        elif s[0] == "STC" and pcn and s[1][:2] in ("A1", "A2"):
            accepted.append((pcn, at))
        elif s[0] == "REF" and s[1] == "1K" and pcn:
            told.append((pcn, s[2]))


def read_refusals(segs, refused):
    for s in segs:
        if s[0] == "TA1" and s[4] == "R":
            refused.append((s[1], "TA1", s[5]))
        elif s[0] == "AK1":
            group = s[2]
        elif s[0] == "AK2":
            number = s[2]
        elif s[0] == "IK5" and s[1] == "R":
            refused.append(((group, number), "999", s[2]))


def read_835(segs, payments, at, liars):
    pay = clp = svc = None
    for s in segs:
        if s[0] == "ST":
            pay = {"bpr": 0, "clps": [], "plbs": [], "number": "", "at": at, "copies": 0}
            clp = svc = None
        elif s[0] == "BPR":
            pay["bpr"], pay["tax"], pay["date"] = cents(s[2]), s[10] if len(s) > 10 else "", s[16]
        elif s[0] == "TRN":
            pay["trace"], pay["origin"] = s[2], s[3]
        elif s[0] == "REF" and s[1] == "2U" and not pay["number"]:
            pay["number"] = s[2]
        elif s[0] == "N1" and s[1] == "PR" and len(s) > 4:
            pay["n104"] = s[4]
        elif s[0] == "CLP":
            clp, svc = {"pcn": s[1], "status": s[2], "paid": cents(s[4]), "icn": s[7],
                        "cas": [], "svc": []}, None
            pay["clps"].append(clp)
        elif s[0] == "SVC":
            svc = {"code": s[1].split(":")[1], "charge": cents(s[2]), "paid": cents(s[3]), "cas": [], "b6": None}
            clp["svc"].append(svc)
        elif s[0] == "AMT" and s[1] == "B6" and svc:
            svc["b6"] = cents(s[2])
        elif s[0] == "CAS":
            trios = [(s[1], s[i], cents(s[i + 1])) for i in range(2, len(s) - 1, 3)]
            (svc or clp)["cas"].extend(trios)
        elif s[0] == "PLB":
            svc = clp = None
            for i in range(3, len(s) - 1, 2):
                pay["plbs"].append((s[i].split(":")[0], cents(s[i + 1])))
        elif s[0] == "SE" and pay["bpr"] != sum(c["paid"] for c in pay["clps"]) - sum(v for _, v in pay["plbs"]):
            clp = svc = None  # it lies about its sum, and is refused whole
            liars.append(pay["bpr"])
        elif s[0] == "SE":
            pay["payer"] = pay["number"] or pay.get("n104") or pay["tax"] or pay["origin"]
            key = (pay["trace"], pay["origin"], pay["bpr"], pay["date"])
            known = payments.setdefault(key, pay)
            known["copies"] += known is not pay
            known["at"] = min(known["at"], at)


def figures(instant, fees, claims, payments, receipts, rejected):
    today = instant.date()
    want = {name: defaultdict(lambda: defaultdict(int)) for name in report_rates.columns(MONEY)}

    def add(report, words, column, v):
        want[report][words][column] += v

    def post(account, v):  # a row of the journal
        for words in ((account,), ("all",)):
            add("trial-balance", words, "debit" if v > 0 else "credit", abs(v))
            add("trial-balance", words, "balance", v)

    for k in claims.values():
        k.update(sum=defaultdict(int), first=None, answered=0, crossed=0)
        post("05 receivable", k["charge"])
        post("08 charges", -k["charge"])
        if k["void"]:
            post("05 receivable", -k["charge"])
            post("08 charges", k["charge"])
    for pcn, answer, code in rejected:
        if pcn in claims:
            for w in ((claims[pcn]["payer"], answer, code), ("all", "", "")):
                add("missed-edits", w, "charged", claims[pcn]["charge"])
                add("missed-edits", w, "missed", 1)
    owed = defaultdict(lambda: [0, 0, 0])
    second = {(c["pcn"], p["payer"]) for p in payments for c in p["clps"] if c["status"] in LATER}
    for n, p in enumerate(payments):
        post("01 cash", p["bpr"])
        post("02 clearing", -p["bpr"])
        rows = [(p["payer"],), ("all",)]
        for r in rows:
            add("cash", r, "cash", p["bpr"])
            add("cash", r, "to come", p["bpr"])
            add("scorecard", r, "sent twice", p["copies"])
        for code, amount in p["plbs"]:
            post("02 clearing", -amount)
            post("12 interest" if code == "L6" else "11 payer ledger", amount)
            for r in rows:
                add("cash", r, "interest" if code == "L6" else "adjusted", -amount)
                add("cash", r, "to come", amount)
                if code == "L6":
                    add("scorecard", r, "interest", -amount)
        for c in p["clps"]:
            k = claims.get(c["pcn"])
            post("02 clearing", c["paid"])
            for r in rows:
                add("cash", r, "to come", -c["paid"])
                add("cash", r, "claims" if k else "unapplied", c["paid"])
                add("scorecard", r, "remits", 1)
                add("scorecard", r, "matched", k is not None)
            if not k:
                post("03 unapplied", -c["paid"])
                if c["paid"]:
                    add("unapplied", (p["payer"], p["trace"], p["date"]), "unapplied", c["paid"])
                    add("unapplied", ("all", "", ""), "unapplied", c["paid"])
                    add("unapplied", (p["payer"], p["trace"], p["date"]), "remits", 1)
                    add("unapplied", ("all", "", ""), "remits", 1)
                continue
            moved, payers = defaultdict(int), [(k["payer"],), ("all",)]
            later = c["status"] in LATER or (c["status"] == "22" and (c["pcn"], p["payer"]) in second)
            rank = 3 if c["status"] in ("3", "21") else 2 if later else 1
            k["answered"] = max(k["answered"], rank)
            back = c["status"] == "22"
            k["answers"].append({"at": p["at"], "rank": rank, "back": back})
            if c["paid"] > 0 and not back:
                k["paid"] = min(k["paid"] or p["at"], p["at"])
            if c["status"] in ("19", "20", "21"):
                k["crossed"] = max(k["crossed"], int(c["status"]) - 17)
            # it pays out of what the first left to the patient
            pool = "07 patient" if later else "05 receivable"
            for part in [c] + c["svc"]:
                if part is not c or not c["svc"]:
                    post(pool, -part["paid"])
                    k["sum"]["patient"] -= part["paid"] if later else 0
                for group, reason, v in part["cas"]:
                    to = kind(group, reason)
                    if later and to in ("prior", "patient"):
                        continue
                    k["sum"]["patient"] -= v if later else 0
                    post(pool, -v)
                    moved[to] += v
                    if to == "denial":
                        for w in ((k["payer"], GROUPS.get(reason, "other"), group + "-" + reason), ("all", "", "")):
                            add("denials", w, "denied" if v > 0 else "undone", abs(v))
                            add("denials", w, "open", v)
                            add("denials", w, "lines", v > 0)
            for group, reason in {(g, r) for part in [c] + c["svc"] for g, r, v in part["cas"]
                                  if v > 0 and kind(g, r) == "denial" and c["status"] != "22"}:
                for w in ((k["payer"], "835", group + "-" + reason), ("all", "", "")):
                    add("missed-edits", w, "charged", k["charge"])
                    add("missed-edits", w, "missed", 1)
            for name, v in moved.items():
                post({"contractual": "09 contractual", "denial": "06 denial", "patient": "07 patient",
                      "prior": "10 prior payer"}[name], v)
                k["sum"][name] += v
            k["sum"]["paid"] += c["paid"]
            if k["first"] is None:
                k["first"] = n
            if k["first"] == n and c["status"] != "22":
                k["sum"]["denied first"] += moved["denial"]
    taken = {(c["pcn"], tuple(s["code"] for s in c["svc"]), abs(sum(s["charge"] for s in c["svc"])))
             for p in payments for c in p["clps"] if c["status"] == "22"}
    for p in payments:  # what stands: of a claim that was taken back the last answer
        for c in p["clps"]:
            k, later = claims.get(c["pcn"]), False
            if k is None or c["status"] == "22":
                continue
            key = (c["pcn"], tuple(s["code"] for s in c["svc"]), sum(s["charge"] for s in c["svc"]))
            if key in taken:
                taken.discard(key)  # the first such answer is the one that was taken back
                continue
            for s in c["svc"]:
                denied = s["paid"] == 0 and any(kind(g, r) == "denial" for g, r, v in s["cas"])
                if k["payer"] == "SBX01" and s["code"] in fees and not denied:
                    allowed = s["paid"] + sum(v for g, r, v in s["cas"] if g == "PR" or (g, r) == ("CO", "253"))
                    o = owed[c["pcn"]]
                    o[0] += min(fees[s["code"]], s["charge"])
                    o[1] += s["b6"] if s["b6"] is not None else allowed
                    o[2] = 1
    for pcn, (expected, allowed, _) in owed.items():
        gap = expected - allowed
        for w in ((pcn, "SBX01", "sum", "", None), ("all", "", "", "", "")):
            add("underpaid", w, "expected", expected)
            add("underpaid", w, "allowed", allowed)
            add("underpaid", w, "gap", gap)
            add("underpaid", w, "underpaid", gap if gap > max(100, expected // 100) else 0)
    for pcn, v in receipts:
        claims[pcn]["sum"]["received"] += v
        post("07 patient", -v)
        post("13 receipts", v)
    for k in claims.values():
        s = k["sum"]
        patient = s["patient"] - s["received"]
        k["charge"] = 0 if k["void"] else k["charge"]
        open_ = k["charge"] - s["paid"] - s["contractual"] - s["prior"] - s["patient"]
        age = (today - k["day"]).days
        # whose turn it is: the payer that answered last while anything is open, then the next one that is billed
        rank = max(k["answered"], 1) if open_ > 0 else 1
        if (k["answered"] == 1 and k["next"]) or k["crossed"] > k["answered"]:
            rank = k["answered"] + 1 if open_ <= 0 < patient else rank
            open_, patient = open_ + patient, 0
        now = k["next"] if rank > 1 and k["next"] else k["payer"]
        payers = [(now,), ("all",)]
        k.update(turn=now, rank=rank, open=open_, patient=patient)
        for w in payers:
            all_ = open_ + patient
            add("days-in-ar", w, "receivable", max(all_, 0))
            add("days-in-ar", w, "credits", min(all_, 0))
            add("days-in-ar", w, "charges of 90 days", k["charge"] if instant - timedelta(days=90) < k["came"] <= instant else 0)
            add("days-in-ar", w, "over 90 days", max(all_, 0) if age > 90 else 0)
            add("net-collection", w, "charges", k["charge"])
            add("net-collection", w, "contractual", s["contractual"] + s["prior"])
            add("net-collection", w, "collectable", k["charge"] - s["contractual"] - s["prior"])
            add("net-collection", w, "payers", s["paid"])
            add("net-collection", w, "patients", s["received"])
            add("net-collection", w, "collected", s["paid"] + s["received"])
            if k["first"] is not None:
                add("denial-rate", w, "charged", k["charge"])
                add("denial-rate", w, "denied first cents", s["denied first"])
                add("denial-rate", w, "denied now cents", s["denial"])
    return want


def read_all(today, start, paths):
    x = {"claims": {}, "payments": {}, "receipts": [], "rejected": [], "told": [], "refused": [], "accepted": [],
         "places": defaultdict(list), "came": defaultdict(list), "built": 0, "passed": 0, "liars": []}
    for path in paths:
        text, name = open(path).read(), re.match(r"(\d{4})-", os.path.basename(path))
        at = start + timedelta(days=int(name[1])) if start and name else datetime.combine(today, time())
        if text.startswith("ISA"):
            segs = segments(text)
            sets = {s[1] for s in segs if s[0] == "ST"}
            if "837" in sets and segs[0][8].strip() == "CLRHOUSE":
                built, passed = read_office(segs, x["came"])
                x["built"], x["passed"] = x["built"] + built, x["passed"] + passed
            elif "837" in sets:
                read_837(segs, x["claims"], x["places"])
            if "277" in sets:
                read_277ca(segs, x["rejected"], x["told"], x["accepted"], at)
            read_refusals(segs, x["refused"])
            if "835" in sets:
                read_835(segs, x["payments"], at, x["liars"])
        elif text.startswith("{"):
            for line in text.splitlines():
                entry = json.loads(line)
                x["receipts"] += [(entry["account"], entry["cents"])] if entry.get("what") == "patient" else []
    return x


def settle(x, all_at):
    """What files say about claims of other files. all_at: when all came that is not dated by its name."""
    claims = x["claims"]
    for place, answer, code in x["refused"]:
        x["rejected"] += [(pcn, answer, code) for pcn in x["places"][place]]
    for pcn, _, _ in x["rejected"]:
        if pcn in claims:
            claims[pcn]["rejected"] = True
    for pcn, at in x["accepted"]:
        if pcn in claims:
            claims[pcn]["accepted"] = min(claims[pcn]["accepted"] or at, at)
    for pcn, k in claims.items():
        k["service"] = datetime.combine(k["day"], time())
        k["sent"] = all_at or k["sent"]
        k["came"] = all_at or max((d for d in x["came"][pcn] if d <= k["sent"]), default=k["sent"])
    # an account that nobody has, under a number that the payer gave to a claim of ours, is that claim
    numbers = {(claims[pcn]["payer"], control): pcn for pcn, control in x["told"] if pcn in claims}
    for p in x["payments"].values():
        for c in p["clps"]:
            if c["pcn"] not in claims:
                c["pcn"] = numbers.get((p["payer"], c["icn"]), c["pcn"])


def differences(rows, want, lags, skip):
    """Compares each row; gives what is wrong, and how many figures of each column it looked at."""
    all_, compared, bad, seen = report_rates.columns(MONEY), defaultdict(int), [], set()
    for row in rows:
        name = row.pop("report")
        words = tuple(v for v in row.values() if isinstance(v, str))
        if name == "underpaid" and words[2] not in ("sum", ""):
            continue
        if name == "underpaid" and words[2] == "sum":
            words = words[:4] + (None,)
        seen.add((name, words))
        for column in (c for c, v in row.items() if not isinstance(v, str)):
            if (name, column) in skip:
                continue
            if column not in all_.get(name, ()):
                bad.append("%s, %s: nobody works it out again" % (name, column))
                continue
            compared[name, column] += 1
            is_ = report_rates.expected(want, lags, name, words, column)
            if row[column] != is_:
                bad.append("%s %s %s: %s, by the files %s" % (name, words, column, row[column], is_))
    for name in want:
        for words, columns in want[name].items():
            if any(columns.values()) and (name, words) not in seen:
                bad.append("%s %s: no such row" % (name, words))
    bad += ["%s, %s: not looked at" % (n, c) for n in all_ for c in all_[n]
            if not compared[n, c] and (n, c) not in skip]
    return bad, compared


# of the sum of a claim there is neither
SKIP = {("underpaid", c) for c in ("fee", "units", "percent")}


def main(today, start, fees, paths):
    x = read_all(today, start, paths)
    settle(x, None if start else datetime.combine(today, time()))
    claims, order = x["claims"], sorted(x["payments"].values(), key=lambda p: p["date"])
    want = figures(datetime.combine(today, time()), fees, claims, order, x["receipts"], x["rejected"])
    # of the demo a set is refused whole besides: what stood is what went out
    passed = x["passed"] if start else len(claims)
    lags = report_rates.rates(today, want, claims, x["built"], passed)
    # without START the clock ran while the test did
    skip = SKIP | (set() if start else {("lags", "charge median"), ("lags", "charge p90")})
    bad, compared = differences(map(json.loads, sys.stdin), want, lags, skip)
    if bad:
        print("\n".join(bad))
    print("%d claims, %d payments, %d figures" % (len(claims), len(order), sum(compared.values())))
    if os.environ.get("FIGURES"):
        print("\n".join("%-14s %-20s %5d" % (*k, n) for k, n in sorted(compared.items())))
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    FEES = {k: cents(v) for k, v in (w.split("=") for w in sys.argv[3].split(","))}
    START = None if sys.argv[2] == "-" else datetime.fromisoformat(sys.argv[2])
    sys.exit(main(date.fromisoformat(sys.argv[1]), START, FEES, sys.argv[4:]))
