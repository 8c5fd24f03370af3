#!/usr/bin/env python3
"""Reads answers (999, 277CA) with eyes of its own and holds them to the findings they answer.

usage: check_answers.py FINDINGS ANSWER...

FINDINGS is what `validate --report json` said of a file, ANSWER what `--report 999` or 277ca wrote
for the same. Of a 999: every IK3, IK4, IK5 and AK905 is a finding and every finding is one of them,
at its place; IK501, AK901 to AK904 and the counts follow from the findings; implementation (I) and
other codes are told apart in IK5. Of a 277CA: a claim is U exactly when a finding is of it, with
those codes; QTY and AMT add up, for the batch and for each provider. Exit 0: all agree.
"""
import json
import sys

GRAVE = ("transaction", "group", "interchange")


def segments(text):
    if not text.startswith("ISA"):
        return []
    return [s.strip("\r\n").split(text[3]) for s in text.split(text[105]) if s.strip("\r\n")]


def interchanges(text):
    one = []
    for s in segments(text):
        if s[0] == "ISA":
            one = []
        one.append(s)
        if s[0] == "IEA":
            yield one


class Bad(Exception):
    pass


def need(condition, *why):
    if not condition:
        raise Bad(" ".join(str(w) for w in why))


def code(finding, kind):
    r = finding["report"]
    return r[len(kind) + 1:] if r.startswith(kind + ":") else None


def place(text):
    """IK401 as the findings have it: "5.3" of 5:3, "1..2" is not written."""
    return text.replace(":", ".")


def read_set(segs):
    """(IK3 faults, IK4 faults, IK501, IK502 codes) between AK2 and IK5."""
    at, ik3, ik4 = None, [], []
    for s in segs:
        if s[0] == "IK3":
            at = (s[1], int(s[2]), s[3] if len(s) > 3 else "")
            if s[4] != "8":
                ik3.append(at + (s[4],))
            else:
                ik3.append(at + ("8",))
        elif s[0] == "IK4":
            ik4.append((at[0], at[1], place(s[1]), s[3]))
        elif s[0] == "IK5":
            return ik3, ik4, s[1], s[2:]
    raise Bad("a set without IK5")


def check_sets(sets, found):
    """The sets of a group: what is said in all of them is what was found in all of them."""
    read = [read_set(s) for s in sets]
    ik3 = [x for r in read for x in r[0]]
    ik4 = [x for r in read for x in r[1]]
    codes = {c for r in read for c in r[3]}
    found = [f for f in found if f["severity"] == "transaction"]
    want3 = sorted((f["segment"], f["position"], f["loop"][:4], code(f, "IK304"))
                   for f in found if code(f, "IK304"))
    want4 = sorted((f["segment"], f["position"], f["element"], code(f, "IK403"))
                   for f in found if code(f, "IK403"))
    need(sorted(x for x in ik3 if x[3] != "8") == want3, "IK3", ik3, "findings", want3)
    eights = {x[:2] for x in ik3 if x[3] == "8"}
    need(eights == {x[:2] for x in want4}, "IK304 8", eights, "findings", want4)
    need(sorted(ik4) == want4, "IK4", ik4, "findings", want4)
    for r in read:
        need((r[2] == "R") == bool(r[0] or r[1] or r[3]), "IK501", r)
    need(any(r[2] == "R" for r in read) == bool(found), "IK501", [r[2] for r in read])
    want = {code(f, "IK502") for f in found if code(f, "IK502")}
    for f in found:
        c = code(f, "IK304") or code(f, "IK403")
        if c:
            want.add("I5" if c[0] == "I" else "5")
    need(codes == want or len(want) > 5, "IK5", codes, "wanted", want)
    return [r[2] for r in read]


def check_999(segs, found):
    """One 999 against the findings of the group that it answers."""
    group = [f for f in found if f["severity"] == "group"]
    ak9 = next(s for s in segs if s[0] == "AK9")
    sets, own = [], None
    for s in segs:
        if s[0] == "AK2":
            own = []
            sets.append(own)
        if own is not None:
            own.append(s)
        if s[0] == "IK5":
            own = None
    verdicts = check_sets(sets, found) if sets else []
    codes = {code(f, "AK905") for f in group if code(f, "AK905")}
    need(set(ak9[5:]) == codes, "AK905", ak9[5:], "findings", codes)
    taken = sum(v in "AE" for v in verdicts)
    if group:
        need(ak9[1] == "R" and ak9[4] == "0" and not sets, "AK9 of a lost group", ak9)
        return
    need([int(x) for x in ak9[3:5]] == [len(verdicts), taken], "AK903, AK904", ak9, verdicts)
    want = "A" if taken == len(verdicts) else "P" if taken else "R"
    need(ak9[1] == want, "AK901", ak9[1], "wanted", want)


def cents(text):
    whole, _, part = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole or 0)) * 100 + int((part + "00")[:2]))


def sums(segs, names):
    q = {s[1]: int(s[2]) for s in segs if s[0] == "QTY"}
    a = {s[1]: cents(s[2]) for s in segs if s[0] == "AMT"}
    return [(q.get(names[0], 0), a.get("YU", 0)), (q.get(names[1], 0), a.get("YY", 0))]


def check_277ca(segs, found):
    """One 277CA against the findings of severity claim of the set that it answers."""
    levels, own = [], []
    for s in segs:
        if s[0] == "HL":
            own = []
            levels.append((s[3], own))
        own.append(s)
    claims, providers, batch = [], [], None
    for kind, own in levels:
        if kind == "21":
            batch = sums(own, ("90", "AA"))
        elif kind == "19":
            providers.append([sums(own, ("QA", "QC")), [[0, 0], [0, 0]]])
        elif kind == "PT":
            trn = [i for i, s in enumerate(own) if s[0] == "TRN"] + [len(own)]
            for a, b in zip(trn, trn[1:]):
                claims.append((own[a][2], own[a:b], len(providers) - 1))
    refused = set()
    total = [[0, 0], [0, 0]]
    said = []
    for n, (_, part, provider) in enumerate(claims):
        stc = [s for s in part if s[0] == "STC"]
        bad = stc[0][3] == "U"
        refused |= {n} if bad else set()
        for t in (total, providers[provider][1]):
            t[bad][0] += 1
            t[bad][1] += cents(stc[0][4])
        for s in stc:
            said += [c for c in (s[1], *(s[10:12])) if c]
    need([list(x) for x in batch] == total, "2200B", batch, "claims", total)
    for told, counted in providers:
        need([list(x) for x in told] == counted, "2200C", told, "claims", counted)
    faults = [f for f in found if f["severity"] == "claim"]
    need(bool(refused) == bool(faults), "refused", len(refused), "findings", len(faults))
    for f in faults:
        status = code(f, "277CA") or "A7:21"
        need(status in said, "status", status, "not in", said)


def check(text, found):
    """All answers of a text against findings; returns how many there were."""
    n = 0
    for one in interchanges(text):
        gs = next((s for s in one if s[0] == "GS"), None)
        if not gs:
            continue
        starts = [i for i, s in enumerate(one) if s[0] == "ST"] + [len(one)]
        for a, b in zip(starts, starts[1:]):
            check_999(one[a:b], found) if gs[1] == "FA" else check_277ca(one[a:b], found)
            n += 1
    return n


def main():
    with open(sys.argv[1], encoding="latin-1") as f:
        found = [json.loads(x) for x in f if x.strip()]
    for name in sys.argv[2:]:
        with open(name, encoding="latin-1") as f:
            try:
                print("%s: %d answers agree" % (name, check(f.read(), found)))
            except Bad as e:
                print("%s: %s" % (name, e))
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
