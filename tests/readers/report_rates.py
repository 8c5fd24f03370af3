"""Counts, rates, lags and ages of claimwire report, worked out again from plain files by report_figures.py.
Standard library, and nothing of claimwire. Rates are hundredths of a percent, lags hundredths of a day."""
from collections import defaultdict

COUNTS = {  # the columns that are counted
    "clean-claims": ["built", "passed"],
    "first-pass": ["sent", "accepted", "rejected", "no answer", "adjudicated", "resolved"],
    "denial-rate": ["adjudicated", "denied first", "denied now"],
    "scorecard": ["sent", "remits", "matched", "out of balance", "sent twice"],
    "unapplied": ["remits"], "denials": ["lines"], "missed-edits": ["missed", "foreseen"]}
RATES = {  # report: column: (numerator, denominator, scale)
    "clean-claims": {"rate": ("passed", "built", 10000)},
    "first-pass": {"acceptance": ("accepted", "sent", 10000), "resolution": ("resolved", "adjudicated", 10000)},
    "denial-rate": {"initial claims": ("denied first", "adjudicated", 10000),
                    "initial money": ("denied first cents", "charged", 10000),
                    "final claims": ("denied now", "adjudicated", 10000),
                    "final money": ("denied now cents", "charged", 10000)},
    "days-in-ar": {"days": ("receivable", "charges of 90 days", 9000), "over 90": ("over 90 days", "receivable", 10000)},
    "net-collection": {"rate": ("collected", "collectable", 10000)},
    "scorecard": {"auto-match": ("matched", "remits", 10000)}}
LAGS = {  # report: {column before " median" and " p90": which lag}
    "lags": {"charge": "charge", "submit": "submit", "ack": "ack", "pay": "pay"},
    "scorecard": {"277CA": "ack", "paid": "pay"}}
BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"), (180, "121-180"))


def ratio(num, den, scale):
    """Rounded half away from zero; None of nothing."""
    if not den:
        return None
    n, d = abs(num) * scale, abs(den)
    q = (2 * n + d) // (2 * d)
    return -q if (num < 0) != (den < 0) else q


def column(today, day):
    if day is None:
        return "no date"
    age = (today - day).days
    for last, name in BUCKETS:
        if age <= last:
            return name
    return "over 180"


def owned(k):
    """Since when whoever holds what is open has held it, and since when the patient holds the rest."""
    answers = [a for a in k["answers"] if not a["back"]]
    patient = max((a["at"] for a in answers), default=None)
    if k["open"] > 0 and k["rank"] <= 1:
        last = max(k["answers"], key=lambda a: (a["at"], not a["back"]), default=None)
        # a first payer has it since it was sent; of what was taken back and not answered again, since then
        return (last["at"] if last and last["back"] else k["sent"]), patient
    before = [a["at"] for a in k["answers"] if k["open"] <= 0 or a["rank"] < k["rank"]]
    return max(before, default=k["came"]), patient


def aging(today, k, add):
    since, patient = owned(k)
    name = "payer %d" % k["rank"] if k["open"] > 0 else "credit"
    for v, owner, held in ((k["open"], name, since), (k["patient"], "patient", patient or since)):
        if not v:
            continue
        for clock, day in (("service", k["day"]), ("accepted", k["accepted"] and k["accepted"].date()),
                           ("owner", held and held.date())):
            for by, of in (("payer", k["turn"]), ("provider", k["npi"]), ("owner", owner), ("all", "all")):
                if v > 0:
                    add("aging", (clock, by, of), column(today, day), v)
                    add("aging", (clock, by, of), "total", v)
                else:
                    add("aging", (clock, by, of), "credits", v)


def lag(k, of):
    start, end = {"charge": ("service", "came"), "submit": ("came", "sent"), "ack": ("sent", "accepted"),
                  "pay": ("sent", "paid")}[of]
    if k[start] is None or k[end] is None:
        return None
    us = (k[end] - k[start]) // type(k[end] - k[start])(microseconds=1)
    return us // 864000000 if us >= 0 else -(-us // 864000000)


def nearest(values, rank):
    values = sorted(values)
    return values[(len(values) * rank + 99) // 100 - 1] if values else None


def rates(today, want, claims, built, passed):
    """Adds to want what is counted; gives the rows of lags: {(report, words): {column: value}}."""
    lags = defaultdict(lambda: defaultdict(list))

    def add(report, words, name, v):
        want[report][words][name] += v

    add("clean-claims", ("all",), "built", built)
    add("clean-claims", ("all",), "passed", passed)
    for k in claims.values():
        aging(today, k, add)
        denied = k["sum"]["denied first"] > 0
        for w in ((k["turn"],), ("all",)):
            add("first-pass", w, "sent", 1)
            yes = k["accepted"] or k["answers"]
            add("first-pass", w, "rejected" if k["rejected"] else "accepted" if yes else "no answer", 1)
            if k["answers"]:
                add("first-pass", w, "adjudicated", 1)
                add("first-pass", w, "resolved", not denied)
                add("denial-rate", w, "adjudicated", 1)
                add("denial-rate", w, "denied first", denied)
                add("denial-rate", w, "denied now", k["sum"]["denial"] > 0)
        for w in ((k["payer"],), ("all",)):
            add("scorecard", w, "sent", 1)
        for report, of in LAGS.items():
            for w in ((k["turn"] if report == "lags" else k["payer"],), ("all",)):
                for name, which in of.items():
                    v = lag(k, which)
                    lags[report, w][name] += [] if v is None else [v]
    return lags


def expected(want, lags, name, words, column_):
    """What a column of a row must be."""
    row = want[name][words]
    if column_ in RATES.get(name, {}):
        num, den, scale = RATES[name][column_]
        return ratio(row[num], row[den], scale)
    stem, _, end = column_.rpartition(" ")
    if stem in LAGS.get(name, {}):
        return nearest(lags[name, words][stem], 50 if end == "median" else 90)
    return row[column_]


def columns(money):
    """Every number of every report, by report."""
    out = {name: list(v) for name, v in money.items()}
    for name, v in COUNTS.items():
        out[name] = out.get(name, []) + v
    for name, v in RATES.items():
        out[name] += list(v)
    for name, v in LAGS.items():
        out.setdefault(name, [])
        out[name] += [s + end for s in v for end in (" median", " p90")]
    return out
