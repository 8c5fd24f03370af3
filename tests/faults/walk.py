"""Guides as a tree, read from `claimwire guides --tsv`, and the segments of a clean file laid on it.

A reader of its own: it knows nothing of how the validator walks. It is meant for clean files only:
each segment goes to the first place behind the one before that has its id, its qualifying value and
room for one more.
"""
import csv
import os
import subprocess

import run


class Node:
    """A loop or a segment of a guide."""

    def __init__(self, row, parent):
        self.row, self.parent, self.children, self.parts = row, parent, [], {}
        self.loop = row is None or row["row"] == "loop"
        self.id = "" if row is None else row["loop"] if self.loop else row["segment"]
        self.usage = "" if row is None else row["usage"]
        self.max = 0 if row is None or row["repeat"] == ">1" else int(row["repeat"] or 1)
        place, _, values = ("" if row is None else row["qualifier"]).partition("=")
        place = place[len(self.id):]
        element, _, component = place.partition("-")
        self.qual = (int(element), int(component or 0), values.split("|")) if values else None

    def first(self):
        return self.children[0].first() if self.loop else self

    def loop_id(self):
        n = self if self.loop else self.parent
        return n.id

    def element(self, e):
        return self.parts.get(("%02d" % e, ""))

    def components(self, e):
        return [r for (k, c), r in sorted(self.parts.items()) if k == "%02d" % e and c]

    def elements(self):
        return [r for (_, c), r in sorted(self.parts.items()) if not c]

    def notes(self):
        return [n for n in self.row["syntax"].split(",") if n]


def rows_of(name, version):
    tool = os.path.join(os.environ.get("B", "build"), "bin", "claimwire")
    done = subprocess.run([tool, "guides", "--tsv", name, version], cwd=run.ROOT,
                          stdout=subprocess.PIPE, check=True)
    return list(csv.DictReader(done.stdout.decode().splitlines(), delimiter="\t"))


def copy(node, parent):
    new = Node(node.row, parent)
    new.parts = node.parts
    new.children = [copy(c, new) for c in node.children]
    return new


def fill(node, known):
    """A loop without content has that of the loop of its id before it."""
    for c in node.children:
        if c.loop and not c.children and c.id in known:
            c.children = [copy(k, c) for k in known[c.id].children]
        elif c.loop:
            fill(c, known)
            known[c.id] = c


def tree(name, version):
    root = Node(None, None)
    at = {"": root}
    seg = None
    for row in rows_of(name, version):
        if row["row"] == "loop":
            parent = at[row["path"].rpartition("/")[0]]
            at[row["path"]] = Node(row, parent)
            parent.children.append(at[row["path"]])
        elif row["row"] == "segment":
            seg = Node(row, at[row["path"]])
            seg.parent.children.append(seg)
        else:
            seg.parts[(row["element"], row["component"])] = row
    fill(root, {})
    return root


def fits(node, els):
    if node.id != els[0] or node.usage == "N":
        return False
    if not node.qual:
        return True
    e, c, values = node.qual
    v = els[e] if e < len(els) else ""
    if c:
        v = (v.split(":") + [""] * c)[c - 1]
    return v in values


class Place:
    """A segment of the file: its node, and the instances of the loops around it."""

    def __init__(self, node, instance):
        self.node, self.instance = node, instance


def runs(loop):
    """Children in places: neighbours of one id share one."""
    out = []
    for c in loop.children:
        if out and out[-1][0].first().id == c.first().id and c is not loop.children[1:0]:
            out[-1].append(c)
        else:
            out.append([c])
    return out


def lay(root, segments):
    """A Place for each segment, ST first; segments that fit nowhere end it with an error."""
    stack = [frame_of(root)]  # loops around, each with its place and counts
    out = []
    for s in segments:
        els = s.split("*")
        place = step(stack, els)
        if not place:
            raise SystemExit("%r fits nowhere" % s)
        out.append(place)
    return out


INSTANCES = iter(range(1, 1 << 30))


def frame_of(loop):
    return {"loop": loop, "at": 0, "n": {}, "instance": next(INSTANCES)}


def step(stack, els):
    for depth in range(len(stack) - 1, -1, -1):
        frame = stack[depth]
        for i, group in enumerate(runs(frame["loop"])[frame["at"]:], frame["at"]):
            for c in group:
                opener = i == 0 and c is frame["loop"].children[0] and frame["loop"].row
                if opener or not fits(c.first(), els) or c.max and frame["n"].get(id(c), 0) >= c.max:
                    continue
                del stack[depth + 1:]
                frame["at"] = i
                frame["n"][id(c)] = frame["n"].get(id(c), 0) + 1
                while c.loop:
                    stack.append(frame_of(c))
                    c = c.children[0]
                return Place(c, tuple(f["instance"] for f in stack))
    return None
