"""An independent reader of 837 files, for tests: shares no code and no idea with the C reader.

claims(path) checks every count and number on the way and gives one Claim a CLM."""
from collections import namedtuple

Claim = namedtuple("Claim", "isa gs st head billing subscriber patient claim usage")


class Bad(Exception):
    pass


def segments(data):
    """Yields (elements as lists of bytes, raw bytes without terminator), canonical delimiters."""
    at = 0
    while at < len(data):
        if data[at : at + 3] != b"ISA":
            raise Bad("no ISA at %d" % at)
        el, comp, term = data[at + 3 : at + 4], data[at + 104 : at + 105], data[at + 105 : at + 106]
        rep = data[at + 82 : at + 83]
        swap = bytes.maketrans(el + comp + rep + term, b"*:^~")
        while True:
            end = data.index(term, at)
            raw = data[at:end].translate(swap)
            yield raw.split(b"*"), raw
            at = end + 1
            while data[at : at + 1] in (b"\r", b"\n"):
                at += 1
            if raw.startswith(b"IEA"):
                break


def need(what, *sides):
    if len(set(sides)) != 1:
        raise Bad("%s: %r" % (what, sides))


def number(b):
    return int(b.decode())


class Level:
    """Where we are among the HL of one set."""

    def __init__(self):
        self.n, self.code, self.seen, self.has_child, self.claimed = 0, {}, {}, {}, set()
        self.own = {}

    def hl(self, e):
        self.n += 1
        need("HL01", number(e[1]), self.n)
        parent = number(e[2]) if e[2] else 0
        want = {b"20": 0, b"22": b"20", b"23": b"22"}[e[3]]
        need("HL02 level", self.code.get(parent, 0), want)
        if parent:
            need("HL02 is the latest of its level", self.seen[want], parent)
            self.has_child[parent] = True
        self.code[self.n], self.seen[e[3]], self.own[self.n] = e[3], self.n, e[4]
        self.has_child.setdefault(self.n, False)

    def end(self):
        for n, flag in self.own.items():
            need("HL04 of HL %d" % n, flag, b"1" if self.has_child[n] else b"0")


def claims(path):
    out, isa, gs, st = [], None, None, None
    with open(path, "rb") as f:
        data = f.read()
    parts, part, level, count, sets, groups = {}, None, None, 0, 0, 0
    per_patient = 0
    for e, raw in segments(data):
        tag = e[0]
        count += 1
        if tag == b"ISA":
            need("ISA is 105 bytes", len(raw), 105)
            isa, groups = e, 0
        elif tag == b"GS":
            gs, sets = e, 0
        elif tag == b"ST":
            st, count, parts, part, level = e, 1, {"head": [raw]}, "head", Level()
        elif tag == b"SE":
            need("SE01", number(e[1]), count)
            need("SE02", e[2], st[2])
            level.end()
            sets += 1
            part = None
        elif tag == b"GE":
            need("GE01", number(e[1]), sets)
            need("GE02", e[2], gs[6])
            groups += 1
        elif tag == b"IEA":
            need("IEA01", number(e[1]), groups)
            need("IEA02", e[2], isa[13])
        else:
            if tag == b"HL":
                level.hl(e)
                part = {b"20": "billing", b"22": "subscriber", b"23": "patient"}[e[3]]
                for drop in {"billing": ("billing", "subscriber", "patient"),
                             "subscriber": ("subscriber", "patient"), "patient": ("patient",)}[part]:
                    parts.pop(drop, None)
                parts[part], per_patient = [], 0
                continue
            if tag == b"CLM":
                part = "claim"
                per_patient += 1
                if per_patient > 100:
                    raise Bad("more than 100 CLM under one patient")
                parts["claim"] = []
                out.append([isa, gs, st, parts["head"], parts["billing"], parts["subscriber"],
                            parts.get("patient", []), parts["claim"], isa[15]])
            parts[part].append(raw)
    return [Claim(*c) for c in out]


def body(c):
    """What must come out as it came in."""
    return (tuple(c.billing), tuple(c.subscriber), tuple(c.patient), tuple(c.claim), c.usage)
