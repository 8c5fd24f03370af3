#!/usr/bin/env python3
"""Holds `sent` records against the files that they name. usage: check_sent.py FRAMES FOLDER"""
import hashlib
import json
import os
import sys

import frames
import x12claims

seen, ids, n = set(), set(), 0
for h, body in frames.read(open(sys.argv[1], "rb").read()):
    assert h["kind"] == "sent", h["kind"]
    j = json.loads(body)
    path = os.path.join(sys.argv[2], j["name"])
    with open(path, "rb") as f:
        data = f.read()
    assert hashlib.blake2b(data, digest_size=32).hexdigest() == j["file"] == h["file"].hex()
    cs = x12claims.claims(path)
    sets = {}
    for c in cs:
        sets[c.st[2].decode()] = sets.get(c.st[2].decode(), 0) + 1
        assert c.head[1].split(b"*")[3].decode() == j["bht03"][j["st02"].index(c.st[2].decode())]
    assert list(sets) == j["st02"] and list(sets.values()) == j["set_claims"], j
    assert len(cs) == len(j["claims"]) and j["bytes"] == len(data)
    assert cs[0].isa[13].decode() == j["isa13"] and cs[0].gs[6].decode() == j["gs06"]
    assert {c.subscriber[-1].split(b"*")[9].decode() for c in cs} == {j["payer"]}
    assert sum(round(float(c.claim[0].split(b"*")[2]) * 100) for c in cs) == j["cents"]
    assert not ids & set(j["claims"]) and j["name"] not in seen
    ids |= set(j["claims"])
    seen.add(j["name"])
    n += 1
assert seen == {f for f in os.listdir(sys.argv[2]) if f.endswith(".837")}
print(n, "files,", len(ids), "claims")
