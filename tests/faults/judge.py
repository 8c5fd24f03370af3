#!/usr/bin/env python3
"""Plants every kind of fault of sweep.tsv at every place of the clean files, and judges each.

usage: judge.py [-v] [BASE | KIND ...]      environment: B (build), VALIDATE (the command)

What a fault must give is said by sweep.tsv for its kind, and where by this program, which reads the
guides as tables (walk.py) and looks at no finding. A fault is planted only where the guide leaves
one reading of it. Each must give exactly one finding, with that rule, code and place; all go through
the validator in one run, an interchange each. unjudged.tsv lists places with more than one reading.
"""
import csv
import json
import os
import sys

import run
import sweep
import walk

HERE = os.path.dirname(os.path.abspath(__file__))
# clean file, guide, version
BASES = (("837p/clean.837", "837P", "005010X222A1"), ("837i/clean.837", "837I", "005010X223A2"),
         ("837d/clean.837", "837D", "005010X224A2"), ("835/clean.835", "835", "005010X221A1"),
         ("999/clean.999", "999", "005010X231A1"), ("277ca/clean.277", "277CA", "005010X214"),
         ("276/clean.276", "276", "005010X212"), ("277/clean.277", "277", "005010X212"),
         ("270/clean.270", "270", "005010X279A1"), ("271/clean.271", "271", "005010X279A1"),
         ("278/clean.278", "278", "005010X217"), ("278r/clean.278", "278R", "005010X217"),
         ("278n/clean.278", "278N", "005010X216"), ("275/clean.275", "275", "005010X210"),
         ("275/clean-6020.275", "275", "006020X314"),
         ("277rfai/clean.277", "277RFAI", "005010X213"),
         ("277rfai/clean-6020.277", "277RFAI", "006020X313"),
         ("834/clean.834", "834", "005010X220A1"), ("820/clean.820", "820", "005010X218"))
NUMBERED = ("ST", "SE", "HL", "LX")
SEVERITY = {"I": "interchange", "G": "group", "T": "transaction", "W": "warning"}


def table(name):
    with open(os.path.join(HERE, name), newline="") as f:
        return list(csv.DictReader((x for x in f if not x.startswith("#")), delimiter="\t"))


# Elements of which a fault is told and costs nothing (docs/guides.md).
NOTED, ANY = {}, set()
for r in table("noted.tsv"):
    which = ANY if r["kind"] == "*" else NOTED.setdefault(r["kind"], set())
    which.add((r["base"], r["loop"], r["segment"], r["element"]))


class Codes:
    """Every value that is known for a data element, from elements.dict and all guides."""

    def __init__(self):
        self.known = {}
        with open(os.path.join(run.ROOT, "config", "guides", "elements.dict")) as f:
            for line in f:
                head, _, values = line.split("#")[0].partition(" = ")
                if values and head.split():
                    self.known.setdefault(head.split()[0], set()).update(values.split())
        for file in os.listdir(os.path.join(run.ROOT, "config", "guides")):
            if file.endswith(".guide"):
                for row in walk.rows_of(*file.split(".")[:2]):
                    if row["codes"]:
                        values = row["codes"].split(",")
                        self.known.setdefault(row["data_element"], set()).update(values)

    def nobody(self, row):
        known = self.known.get(row["data_element"], set())
        for word in ("Q", "0", "QQ", "0Q", "QQQ", "0QQ", "J", "9", "?", "Q0Q0", "=", "(Q"):
            if int(row["min"]) <= len(word) <= int(row["max"]) and word not in known:
                return word
        return None

    def another(self, row):
        more = self.known.get(row["data_element"], set()) - set(row["codes"].split(","))
        more = sorted(v for v in more if int(row["min"]) <= len(v) <= int(row["max"])
                      and " " not in v and "_" not in v)
        return more[0] if more else None


class Base:
    """A clean file with its places, and the edits that plant a fault."""

    def __init__(self, file, name, version, codes):
        self.file, self.codes = file, codes
        self.clean = run.load(file)
        tags = [s.split("*")[0] for s in self.clean]
        self.st, self.se = tags.index("ST"), tags.index("SE")
        self.root = walk.tree(name, version)
        self.places = walk.lay(self.root, self.clean[self.st:self.se + 1])

    def node(self, i):
        return self.places[i - self.st].node

    def body(self):
        return range(self.st + 1, self.se)

    def position(self, i):
        return i - self.st + 1

    def instance(self, i):
        return self.places[i - self.st].instance

    def put(self, i, e, v, c=0):
        place = "%d-%d" % (e, c) if c else str(e)
        return self.clean[:i] + [run.put_element(self.clean[i], place, v)] + self.clean[i + 1:]

    def replace(self, i, text):
        return self.clean[:i] + [text] + self.clean[i + 1:]


# --- elements -----------------------------------------------------------------------------------

def simple_kinds(codes, row, v):
    """(kind, value) of faults in one simple value; v is what stands there."""
    t, lo, hi = row["type"], int(row["min"] or 0), int(row["max"] or 0)
    de, listed = row["data_element"], bool(row["codes"])
    if t in ("AN", "ID") and de != "1250" and hi < 300:
        yield "too-long-claim" if de == "1028" and hi == 20 else "too-long", "Q" * (hi + 1)
        if lo > 1:
            yield "too-short", "Q" * (lo - 1)
    if t == "AN" and not listed and de != "1251" and len(v) + 1 <= hi:
        yield "leading-blank", " " + v
        yield "trailing-blank", v + " "
    if t == "AN" and not listed and de != "1251":
        yield "control-byte", v[:-1] + "\x01"
    if t in ("N", "R", "N0") and de not in ("96", "97", "28"):
        yield "no-number", v[:-1] + "A"
        yield "plus-sign", "+" + v if len(v) < hi else "+" + v[1:]
        if t == "R":
            yield "two-points", "1.2.3"
        if hi < 60:
            yield "too-long", "1" * (hi + 1)
    if t == "DT":
        yield "no-date", v[:-4] + "0231"
    if t == "TM":
        yield "no-time", "2560"
    if listed and t in ("AN", "ID"):
        if codes.nobody(row):
            yield "unknown-code", codes.nobody(row)
        if codes.another(row):
            yield "other-code", codes.another(row)


def qualifies(node, e, c=0):
    return node.qual and node.qual[0] == e and node.qual[1] in (0, c)


def element_faults(b):
    for i in b.body():
        node, els = b.node(i), b.clean[i].split("*")
        if node.id in NUMBERED:
            continue
        for row in node.elements():
            e = int(row["element"])
            v = els[e] if e < len(els) else ""
            parts = node.components(e)
            for kind, segs, comp in in_element(b, i, node, els, row, e, v, parts):
                yield kind, segs, b.position(i), "%d.%d" % (e, comp) if comp else str(e), node
        last = len(node.elements())
        if els[0] not in ("BIN", "BDS"):
            yield ("element-more", b.put(i, last + 1, "X"), b.position(i), str(last + 1), node)
            if els[-1]:
                yield ("trailing-separator", b.replace(i, b.clean[i] + "*"), b.position(i),
                       str(len(els)), node)


def in_note(node, e, kinds="PRCLE"):
    return any("%02d" % e in (n[k:k + 2] for k in range(1, len(n), 2)) for n in node.notes()
               if n[0] in kinds)


def in_element(b, i, node, els, row, e, v, parts):
    binary = els[0] in ("BIN", "BDS")
    if row["usage"] == "N":
        if not v and not parts and not in_note(node, e):
            yield "unused-sent", b.put(i, e, good_value(b.codes, row)), 0
        return
    if not v or binary:
        return
    if row["usage"] in "MR" and not qualifies(node, e) and not (
            parts and any(qualifies(node, e, int(r["component"])) for r in parts)):
        yield "element-missing", b.put(i, e, ""), 0
    if parts:
        yield from in_composite(b, i, node, row, e, v, parts)
        return
    if row["repeat"] == "1" and not qualifies(node, e):
        yield "repeated-element", b.put(i, e, v + "^" + v), 0
    if not qualifies(node, e) and "^" not in v:
        yield "component-in-simple", b.put(i, e, v + ":" + v), 0
    if qualifies(node, e) or "^" in v:
        return
    for kind, value in simple_kinds(b.codes, row, v):
        yield kind, b.put(i, e, value), 0
    if row["data_element"] == "1251" and e > 1 and els[e - 1] in ("D8", "RD8"):
        yield "no-date-of-form", b.put(i, e, v[:-4] + "0231"), 0


def in_composite(b, i, node, row, e, v, parts):
    have = v.split(":")
    n = len(parts)
    yield "component-more", b.put(i, e, ":".join(have + [""] * (n - len(have)) + ["X"])), n + 1
    if row["repeat"] == "1":
        if not any(qualifies(node, e, int(r["component"])) for r in parts):
            yield "repeated-element", b.put(i, e, v + "^" + v), 0
    if have[-1] and len(have) < n:
        yield "trailing-component", b.put(i, e, v + ":"), 0
    for r in parts:
        c = int(r["component"])
        cv = have[c - 1] if c <= len(have) else ""
        if r["usage"] == "N":
            if not cv and b.codes.known is not None and not composite_note(row):
                yield "unused-component", b.put(i, e, good_value(b.codes, r), c), c
            continue
        if not cv or qualifies(node, e, c):
            continue
        if r["usage"] in "MR" and any(have[:c - 1] + have[c:]):
            if c != 1 or len(have) > 1:
                yield "component-missing", b.replace(i, keep(b.clean[i], e, c)), c
        for kind, value in simple_kinds(b.codes, r, cv):
            yield kind, b.put(i, e, value, c), c
        if r["data_element"] == "1251" and have[c - 2] in ("D8", "RD8"):
            yield "no-date-of-form", b.put(i, e, cv[:-4] + "0231", c), c


def composite_note(row):
    """Composites with syntax notes of their own: an unused component may break one."""
    return row["data_element"] in ("C003", "C022", "C040", "C001")


def keep(segment, e, c):
    els = segment.split("*")
    have = els[e].split(":")
    have[c - 1] = ""
    while len(have) > 1 and not have[-1]:
        have.pop()
    els[e] = ":".join(have)
    return "*".join(els)


def good_value(codes, row):
    if row["codes"]:
        return row["codes"].split(",")[0]
    known = sorted(codes.known.get(row["data_element"], ()))
    known = [k for k in known if " " not in k and "_" not in k]
    if known:
        return known[0]
    t = row["type"]
    size = max(int(row["min"] or 1), 1)
    return {"DT": "20260901", "TM": "0800", "R": "1", "N": "1" * size, "N0": "1" * size}.get(t, "A" * size)


# --- syntax notes -------------------------------------------------------------------------------

def note_faults(b):
    for i in b.body():
        node, els = b.node(i), b.clean[i].split("*")
        for note in node.notes():
            at = [int(note[k:k + 2]) for k in range(1, len(note), 2)]
            if max(at) > len(node.elements()):
                continue
            usage = [node.element(e)["usage"] for e in at]
            have = [e < len(els) and els[e] != "" for e in at]
            for segment, named in broken(b, node, els, note[0], at, usage, have):
                if only(node, segment.split("*"), note) and not any(qualifies(node, e) for e in at):
                    yield "note-" + note[0], b.replace(i, segment), b.position(i), str(named), node


def note_holds(note, els):
    at = [int(note[k:k + 2]) for k in range(1, len(note), 2)]
    have = [e < len(els) and els[e] != "" for e in at]
    return {"P": all(have) or not any(have), "R": any(have), "E": sum(have) <= 1,
            "C": not have[0] or all(have), "L": not have[0] or any(have[1:])}[note[0]]


def only(node, els, note):
    """No other note, and no element that must or may not be sent, is broken by it."""
    return all(n == note or note_holds(n, els) for n in node.notes()) and not any(
        r["usage"] in "MR" and not (els + [""] * 99)[int(r["element"])] for r in node.elements())


def changed(segment, sets):
    for e, v in sets:
        segment = run.put_element(segment, str(e), v)
    return segment


def with_it(node, e):
    """e, and what must be sent with it."""
    more = [e]
    for n in node.notes():
        if n[0] == "C" and int(n[1:3]) == e:
            more += [int(n[k:k + 2]) for k in range(3, len(n), 2)]
    return more


def broken(b, node, els, kind, at, usage, have):
    """(segment, element that the finding names) of the ways to break a note."""
    text = "*".join(els)
    if any(node.components(e) for e in at):
        return
    if kind == "P":
        for k, e in enumerate(at):
            if all(have) and usage[k] == "S":
                yield changed(text, [(e, "")]), e
            if not any(have) and usage[k] == "S":
                yield (changed(text, [(e, good_value(b.codes, node.element(e)))]),
                       next(x for x in at if x != e))
    elif kind == "R" and all(u != "M" and u != "R" for u in usage) and any(have):
        yield changed(text, [(e, "") for e, h in zip(at, have) if h]), at[0]
    elif kind == "E" and sum(have) == 1:
        for k, e in enumerate(at):
            if not have[k] and usage[k] != "N":
                sets = [(x, good_value(b.codes, node.element(x))) for x in with_it(node, e)]
                yield changed(text, sets), max(e, at[have.index(True)])
    elif kind in "CL" and usage[0] != "N":
        rest = [e for e, u in zip(at[1:], usage[1:]) if u == "S"]
        if len(rest) < len(at) - 1:
            return
        sets = [(e, "") for e, h in zip(at[1:], have[1:]) if h]
        if not have[0]:
            sets.append((at[0], good_value(b.codes, node.element(at[0]))))
        if not node.components(at[0]):
            yield changed(text, sets), at[1]


# --- segments and loops -------------------------------------------------------------------------

def block(b, i):
    """Indexes of the loop instance that segment i begins: i to the end."""
    deep = len(b.instance(i))
    end = i + 1
    while end < b.se and b.instance(end)[:deep] == b.instance(i):
        end += 1
    return end


def opens(b, i):
    node = b.node(i)
    return node.parent.row is not None and node.parent.children[0] is node


def siblings(b, i):
    """Segments of the same node in the same loop instance."""
    return [k for k in b.body() if b.node(k) is b.node(i) and b.instance(k) == b.instance(i)]


def behind_place(b, i, child):
    """Position where it is known that nothing came at the place of child, which segment i was to
    be: neighbours of one id share it and come in any order."""
    loop = child.parent
    group = next(g for g in walk.runs(loop) if any(c is child for c in g))
    deep = len(b.instance(i)) - (1 if child.loop else 0)
    k = i
    while k < b.se and b.instance(k)[:deep] == b.instance(i)[:deep]:
        n = b.node(k)
        while n.parent is not loop:
            n = n.parent
        if not any(n is c for c in group):
            break
        k += 1
    return k


def like_neighbours(b, i):
    """Other nodes of the same loop with this id: left out, one may be taken for the other."""
    node = b.node(i)
    return any(c is not node and not c.loop and c.id == node.id for c in node.parent.children)


def segment_faults(b):
    for i in b.body():
        node = b.node(i)
        pos = b.position(i)
        if node.id in ("HL", "LX"):
            continue
        if opens(b, i):
            yield from loop_faults(b, i, node, pos)
            continue
        if node.usage in "MR" and len(siblings(b, i)) == 1:
            kind = "segment-missing-" + node.usage
            at = b.position(behind_place(b, i, node)) - 1
            yield kind, b.clean[:i] + b.clean[i + 1:], at, "", node
        same = siblings(b, i)
        if node.max and node.max < 30 and i == same[-1] and not like_neighbours(b, i):
            more = [b.clean[i]] * (node.max - len(same) + 1)
            yield ("segment-repeated", b.clean[:i + 1] + more + b.clean[i + 1:],
                   pos + len(more), "", node)
        yield from order_faults(b, i, node)


def loop_faults(b, i, node, pos):
    loop, end = node.parent, block(b, i)
    inside = [b.node(k).id for k in range(i, end)]
    if "HL" in inside or "LX" in inside:
        return
    count = [k for k in b.body() if b.node(k) is node and b.instance(k)[:-1] == b.instance(i)[:-1]]
    kin = [c for c in loop.parent.children if c is not loop and c.first().id == node.id]
    if loop.usage in "MR" and len(count) == 1:
        kind = "loop-missing-" + ("M" if node.usage == "M" else "R")
        at = b.position(behind_place(b, i, loop)) - (end - i)
        yield kind, b.clean[:i] + b.clean[end:], at, "", node
    rest = loop.children[1:]
    alone = len(inside) == 1 and not any(c.usage in "MR" for c in rest)
    if loop.max and loop.max < 30 and i == count[-1] and (node.qual or not kin):
        if len(inside) > 1 or alone:
            more = b.clean[i:end] * (loop.max - len(count) + 1)
            yield ("loop-repeated", b.clean[:end] + more + b.clean[end:],
                   b.position(end) + (loop.max - len(count)) * (end - i), "", node)


def order_faults(b, i, node):
    """Two neighbours of one loop change places, when each has one of its own."""
    k = i + 1
    if k >= b.se or b.instance(k) != b.instance(i) or b.node(k).id == node.id:
        return
    if not opens(b, i) and b.node(k).id not in NUMBERED and len(siblings(b, i)) == 1 and \
            len(siblings(b, k)) == 1:
        yield ("order-wrong", b.clean[:i] + [b.clean[k], b.clean[i]] + b.clean[k + 1:],
               b.position(k), "", node)


def stray_faults(b):
    """Segments that stand where none of their kind may: behind each one of the body."""
    tags = {b.node(i).id for i in b.body()}
    ids = all_ids(b.root)
    head = b.clean[b.st + 1]
    deep = [i for i in b.body() if len(b.instance(i)) > 2]
    for i in b.body():
        yield ("segment-unknown", b.clean[:i + 1] + ["ZZ9*1"] + b.clean[i + 1:],
               b.position(i) + 1, "", "ZZ9")
        foreign = next(x for x in ("PO1*1", "CLP*1", "EB*1", "TD5*1") if x.split("*")[0] not in ids)
        yield ("segment-foreign", b.clean[:i + 1] + [foreign] + b.clean[i + 1:],
               b.position(i) + 1, "", foreign.split("*")[0])
    if head.split("*")[0] not in [b.node(i).id for i in b.body()][1:]:
        for i in deep:
            yield ("segment-elsewhere", b.clean[:i + 1] + [head] + b.clean[i + 1:],
                   b.position(i) + 1, "", head.split("*")[0])
    assert tags


def all_ids(node):
    return {node.id} if not node.loop else set().union(*[all_ids(c) for c in node.children])


# --- levels, set, group, interchange ------------------------------------------------------------

def number_faults(b):
    for i in b.body():
        els, pos = b.clean[i].split("*"), b.position(i)
        if els[0] == "HL":
            below = any(b.clean[k].split("*")[:1] == ["HL"] and b.clean[k].split("*")[2] == els[1]
                        for k in b.body())
            if not below:
                yield "hl01-jumps", b.put(i, 1, "99"), pos, "1", b.node(i)
            if els[2] and not below:
                yield "hl02-nowhere", b.put(i, 2, "98"), pos, "2", b.node(i)
            may = b.node(i).element(4)["codes"].split(",")
            if len(els) > 4 and els[4] == "0" and not below and "1" in may:
                yield "hl04-promises", b.put(i, 4, "1"), pos, "4", b.node(i)
            if len(els) > 4 and els[4] == "1" and below and "0" in may:
                yield "hl04-denies", b.put(i, 4, "0"), pos, "4", b.node(i)
        elif els[0] == "LX" and b.root.children[0].element(1)["codes"] not in ("834", "835"):
            yield "lx01-jumps", b.put(i, 1, "77"), pos, "1", b.node(i)


def set_faults(b):
    st, se = b.st, b.se
    n, last = int(b.clean[se].split("*")[1]), b.position(se)
    yield "se01-less", b.put(se, 1, str(n - 1)), last, "1", "SE"
    yield "se01-more", b.put(se, 1, str(n + 1)), last, "1", "SE"
    yield "se01-letters", b.put(se, 1, "AB"), last, "1", "SE"
    yield "se02-other", b.put(se, 2, "0009"), last, "2", "SE"
    yield "se-missing", b.clean[:se] + b.clean[se + 1:], last, "", "SE"
    short = b.put(st, 2, "001")
    short[se] = run.put_element(short[se], "2", "001")
    yield "st02-short", short, 1, "2", "ST"
    body = b.clean[st:se + 1]
    twice = b.clean[:se + 1] + body + b.clean[se + 1:]
    twice[-2] = run.put_element(twice[-2], "1", "2")
    yield "st02-twice", twice, 1, "2", "ST"
    if len(b.clean[st].split("*")) > 3:
        yield "st03-other", b.put(st, 3, "005010X999"), 1, "3", "ST"
    yield "st01-unknown", b.put(st, 1, "850"), 1, "1", "ST"
    yield "st01-empty", b.put(st, 1, ""), 1, "1", "ST"
    other = "835" if not b.file.startswith("835") else "837"
    yield "st01-other-group", b.put(st, 1, other), 1, "1", "ST"


def group_faults(b):
    gs, ge = 1, len(b.clean) - 2
    for kind, e, v in (("gs01-unknown", 1, "QQ"), ("gs02-empty", 2, ""), ("gs03-empty", 3, ""),
                       ("gs04-no-date", 4, "20260231"), ("gs05-no-time", 5, "2460"),
                       ("gs07-other", 7, "T"), ("gs08-unknown", 8, "005010X999")):
        yield kind, b.put(gs, e, v), 0, str(e), "GS"
    letters = b.put(gs, 6, "A1")
    letters[ge] = run.put_element(letters[ge], "2", "A1")
    yield "gs06-letters", letters, 0, "6", "GS"
    yield "ge01-other", b.put(ge, 1, "2"), 0, "1", "GE"
    yield "ge02-other", b.put(ge, 2, "99"), 0, "2", "GE"
    yield "ge-missing", b.clean[:ge] + b.clean[ge + 1:], 0, "", "GE"
    stray = b.clean[:b.se + 1] + ["NTE**X"] + b.clean[b.se + 1:]
    yield "stray-segment", stray, 0, "", "NTE"


def interchange_faults(b):
    iea = len(b.clean) - 1
    for kind, e, v in (("isa01-other", 1, "09"), ("isa03-other", 3, "09"), ("isa05-other", 5, "QQ"),
                       ("isa06-empty", 6, " " * 15), ("isa07-other", 7, "QQ"),
                       ("isa08-empty", 8, " " * 15), ("isa09-no-date", 9, "260231"),
                       ("isa10-no-time", 10, "2460"), ("isa12-other", 12, "00801"),
                       ("isa14-other", 14, "2"), ("isa15-other", 15, "X")):
        yield kind, b.put(0, e, v), 0, str(e), "ISA"
    yield "isa13-zero", b.put(0, 13, "000000000"), 0, "13", "ISA"
    yield "iea01-other", b.put(iea, 1, "7"), 0, "1", "IEA"
    yield "iea02-other", b.put(iea, 2, "999999998"), 0, "2", "IEA"
    yield "iea-missing", b.clean[:iea], 0, "", "IEA"


def ta1_faults():
    clean = run.load("ta1/clean.ta1")
    for i in (1, 2):
        def put(e, v):
            return clean[:i] + [run.put_element(clean[i], str(e), v)] + clean[i + 1:]
        for e in range(1, 6):
            yield "ta1-missing", put(e, ""), 0, str(e), "TA1"
        for e, v in ((1, "10101"), (2, "26090"), (3, "08")):
            yield "ta1-too-short" if e == 1 else "ta1-no-date" if e == 2 else "ta1-no-time", \
                put(e, v), 0, str(e), "TA1"
        yield "ta1-no-number", put(1, "00000010A"), 0, "1", "TA1"
        yield "ta1-no-date", put(2, "260231"), 0, "2", "TA1"
        yield "ta1-no-time", put(3, "2460"), 0, "3", "TA1"
        yield "ta1-code", put(4, "X"), 0, "4", "TA1"
        yield "ta1-code", put(5, "999"), 0, "5", "TA1"
        yield "ta1-more", put(6, "X"), 0, "6", "TA1"


MAKERS = (element_faults, note_faults, segment_faults, stray_faults, number_faults, set_faults,
          group_faults, interchange_faults)
KEEP = {"se01-less", "se01-more", "se01-letters", "se02-other", "st02-short", "ge01-other",
        "ge02-other", "iea01-other", "iea02-other", "st02-twice", "gs06-letters"}


def faults(codes):
    """((base, kind, position, element, segment), segments)"""
    for file, name, version in BASES:
        b = Base(file, name, version, codes)
        for make in MAKERS:
            for kind, segments, position, element, where in make(b):
                if kind not in KEEP:
                    run.mend(segments)
                segment = where if isinstance(where, str) else where.id
                yield (file, kind, position, element, segment), segments
    for kind, segments, position, element, segment in ta1_faults():
        yield ("ta1/clean.ta1", kind, position, element, segment), segments


def numbered(all_faults):
    """Gives each interchange a number of its own, at both of its ends."""
    for n, (name, segments) in enumerate(all_faults, 1):
        control = "%09d" % n
        if name[1] != "isa13-zero":
            isa = segments[0].split("*")
            segments[0] = "*".join(isa[:13] + [control] + isa[14:])
        else:
            control = "000000000"
        if segments[-1].startswith("IEA") and name[1] != "iea02-other":
            segments[-1] = run.put_element(segments[-1], "2", control)
        yield name, segments


def judge(name, found, kinds):
    file, kind, position, element, segment = name
    k = kinds[kind]
    want = (k["rule"], k["report"], position, element, segment)
    got = [(f["rule"], f["report"], f["position"], f["element"], f["segment"]) for f in found]
    severity = SEVERITY[k["severity"]]
    loop = found[0]["loop"] if found else ""
    if (file.split("/")[0], loop, segment, element.split(".")[0]) in NOTED.get(kind, ANY):
        severity = "warning"
    noted = file.startswith("835/") and severity == "transaction"
    return got == [want] and (found[0]["severity"] == severity
                              or noted and found[0]["severity"] == "warning"), want


def main():
    verbose = "-v" in sys.argv
    words = [a for a in sys.argv[1:] if a != "-v"]
    kinds = {r["kind"]: r for r in table("sweep.tsv")}
    excused = {(r["base"], r["kind"], r["position"], r["element"]) for r in table("unjudged.tsv")}
    chosen = [(n, s) for n, s in faults(Codes()) if not words or n[0] in words or n[1] in words]
    names, found = sweep.validate(numbered(chosen), renumber=False)
    per_kind, bad, used = {}, 0, set()
    for name, fs in zip(names, found):
        ok, want = judge(name, fs, kinds)
        key = (name[0], name[1], str(name[2]), name[3])
        if key in excused and not ok:
            used.add(key)
            continue
        per_kind.setdefault(name[1], [0, 0])[0] += 1
        per_kind[name[1]][1] += not ok
        bad += not ok
        if not ok:
            print("FAIL %s %s segment %d %s: wanted %s" % (name[0], name[1], name[2], name[3], want))
            for f in fs[:4]:
                print("     found %s" % run.brief(f))
            if not fs:
                print("     found nothing")
    for kind in kinds:
        n = per_kind.get(kind, [0, 0])
        if verbose:
            print("%-20s %5d planted, %d wrong" % (kind, n[0], n[1]))
        if not n[0] and not words:
            bad += 1
            print("FAIL no place for a fault of kind " + kind)
    for key in sorted(excused - used if not words else []):
        bad += 1
        print("FAIL unjudged.tsv: %s is as it should be" % " ".join(key))
    total = sum(n for n, _ in per_kind.values())
    print("%d faults judged, %d not as written down; %d places of more than one reading"
          % (total, bad, len(used)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
