#!/usr/bin/env python3
"""837 files in, frames of `claim` and `tally` records out, as a validator would hand them on.
usage: claim_frames.py [--seed N] [--twice] [--no-tally SEQ] [--usage T] [--end-early] FILE... >frames
--seed: the order of records is shuffled; --twice: every record comes twice."""
import argparse
import hashlib
import random
import sys

import frames
import x12claims


def child(parent, kind, pos):
    return hashlib.blake2b(parent + kind + pos.to_bytes(8, "little"), digest_size=16).digest()


def body(c):
    head = [b"*".join(c.isa), b"*".join(c.gs)] + c.head
    hl = [b"HL*1**20*1"] + c.billing + [b"HL*2*1*22*%d" % bool(c.patient)] + c.subscriber
    if c.patient:
        hl += [b"HL*3*2*23*0"] + c.patient
    return b"".join(s + b"~" for s in head + hl + c.claim)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int)
    ap.add_argument("--twice", action="store_true")
    ap.add_argument("--no-tally", type=int, action="append", default=[])
    ap.add_argument("--usage")
    ap.add_argument("--spoil", type=int, help="ordinal of a claim whose charge becomes no amount")
    ap.add_argument("--first-seq", type=int, default=0)
    ap.add_argument("files", nargs="+")
    a = ap.parse_args()
    out, seq = [], a.first_seq
    for path in a.files:
        with open(path, "rb") as f:
            digest = hashlib.blake2b(f.read(), digest_size=32).digest()
        sets = {}
        for c in x12claims.claims(path):
            sets.setdefault((c.isa[13], c.gs[6], c.st[2]), []).append(c)
        for key, members in sets.items():
            parent = child(digest, b"s" + b"/".join(key), 0)
            head = {"root": parent, "parent": parent, "v": 1, "use": a.usage or members[0].usage.decode(),
                    "at": 1788249600000000 + seq, "file": digest, "seq": seq}
            for pos, c in enumerate(members):
                if len([h for h, _ in out if h["kind"] == "claim"]) == a.spoil:
                    c.claim[0] = c.claim[0].replace(b"*1", b"*X", 1)
                out.append((dict(head, id=child(parent, b"c", pos), kind="claim", pos=pos, of=1), body(c)))
            if seq not in a.no_tally:
                out.append((dict(head, id=child(parent, b"t", 0), kind="tally", of=len(members)), b""))
            seq += 1
    if a.twice:
        out = out + out
    if a.seed is not None:
        random.Random(a.seed).shuffle(out)
    frames.write(sys.stdout.buffer, out)


main()
