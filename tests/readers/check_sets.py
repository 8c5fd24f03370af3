#!/usr/bin/env python3
"""Holds what coder hands on against the encounters that came: same ids, counts right, the account
number is the one that an own reading of docs gives, money adds up. usage: check_sets.py ENC_FRAMES
SET_FRAMES       prints one line a claim"""
import hashlib
import json
import struct
import sys

import frames
import x12claims

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(s):  # ISO 7064 MOD 37,36
    p = 36
    for c in s:
        p = ((p + LETTERS.index(c)) % 36 or 36) * 2 % 37
    return LETTERS[(37 - p) % 36]


def account(office, system, encounter):
    parts = b"".join(struct.pack("<I", len(x)) + x for x in (office, system, encounter))
    h = hashlib.blake2b(parts, digest_size=32).digest()
    s = "".join(LETTERS[(h[2 * i] << 8 | h[2 * i + 1]) % 36] for i in range(16))
    return s + check_character(s)


enc = {h["id"]: json.loads(b) for h, b in frames.read(open(sys.argv[1], "rb").read()) if h["kind"] == "enc"}
for h, b in frames.read(open(sys.argv[2], "rb").read()):
    if h["kind"] == "tally":
        assert h["parent"] in enc and h.get("of", 0) == 0
        print(enc[h["parent"]]["enc"], "none")
        continue
    assert h["kind"] == "set", h["kind"]
    e = enc[h["id"]]
    segs = list(x12claims.segments(b + b"GE*1*%d~IEA*1*%09d~" % (h.get("seq", 0) + 1, h.get("seq", 0) + 1)))
    se = [s for s, _ in segs if s[0] == b"SE"][0]
    assert int(se[1]) == len(segs) - 4, (se, len(segs))
    clm = [s for s, _ in segs if s[0] == b"CLM"]
    assert len(clm) == 1
    pcn = clm[0][1].decode()
    assert pcn == account(b"RVRBND", e["src"]["sys"].encode(), e["enc"].encode()), pcn
    lines = [s[2] for s, _ in segs if s[0] == b"SV1"]
    controls = [s[2].decode() for s, _ in segs if s[0] == b"REF" and s[1] == b"6R"]
    assert controls == [pcn + "L%d" % (i + 1) for i in range(len(lines))]
    assert sum(map(int, lines)) == int(clm[0][2])
    payers = [s[9].decode() for s, _ in segs if s[0] == b"NM1" and s[1] == b"PR"]
    print(e["enc"], clm[0][2].decode(), *payers)
