#!/usr/bin/python3
"""Frames by an independent hand: what tools say to each other on pipes, for tests.

usage: frames.py write < LINES > FRAMES     JSON lines to frames, ended by BYE
       frames.py read < FRAMES              frames to JSON lines; exit 1 when no BYE ends them
       frames.py sets FILE... > FRAMES      one `set` record for each ST to SE of X12 files

A line is the header of a record with ids and digests in hex, and its body as text in "body" (bytes
0 to 255 stand for themselves) or in the file that "body_file" names.
"""
import hashlib
import json
import struct
import sys

import msgpack

IDS = ("id", "root", "parent", "file")
FRAME, BYE = 3, 6


def blake(data, size):
    return hashlib.blake2b(data, digest_size=size).digest()


def header(cmd, n, seq):
    return struct.pack("<BBHIQQII", cmd, 1, n, 0, 0, seq, 0, 0)


def record(head, body):
    packed = msgpack.packb(head, use_bin_type=True)
    return struct.pack("<II", len(packed), len(body)) + packed + body


def write(out, records, per_frame=64, bye=True):
    """records: pairs of header dict (bytes for ids) and body bytes."""
    records, seq = list(records), 0
    for at in range(0, len(records), per_frame):
        part = records[at:at + per_frame]
        seq += 1
        data = header(FRAME, len(part), seq) + b"".join(record(h, b) for h, b in part)
        out.write(struct.pack("<I", len(data)) + data)
    if bye:
        data = header(BYE, 0, seq)
        out.write(struct.pack("<I", len(data)) + data)
    out.flush()


def read(stream):
    """Yields (header dict, body bytes); ends with None when a BYE came."""
    data, at, bye = stream.read(), 0, False
    while at + 4 <= len(data):
        (size,) = struct.unpack_from("<I", data, at)
        cmd, _, n = struct.unpack_from("<BBH", data, at + 4)
        part = at + 36
        bye = cmd == BYE
        for _ in range(n if cmd == FRAME else 0):
            hlen, blen = struct.unpack_from("<II", data, part)
            head = msgpack.unpackb(data[part + 8:part + 8 + hlen], raw=False)
            yield head, data[part + 8 + hlen:part + 8 + hlen + blen]
            part += 8 + hlen + blen
        at += 4 + size
    if bye:
        yield None


def to_json(head, body):
    line = {k: v.hex() if isinstance(v, bytes) else v for k, v in head.items()}
    line["body"] = body.decode("latin-1")
    return json.dumps(line, sort_keys=True)


def from_json(text):
    line = json.loads(text)
    path = line.pop("body_file", None)
    body = open(path, "rb").read() if path else line.pop("body", "").encode("latin-1")
    return {k: bytes.fromhex(v) if k in IDS else v for k, v in line.items()}, body


def sets(paths, at=1788249600000000):
    """As ingest makes them: ISA, GS, ST to SE as they stand in the file."""
    seq = 0
    for path in paths:
        data = open(path, "rb").read()
        digest = blake(data, 32)
        elem, term = data[3:4], data[105:106]
        pos, isa, gs, start = 0, b"", b"", None
        while pos < len(data):
            end = data.find(term, pos)
            if end < 0:
                break
            seg = data[pos:end + 1]
            lead = len(seg) - len(seg.lstrip(b"\r\n"))
            seg, first = seg[lead:], pos + lead
            if seg.startswith(b"ISA" + elem):
                isa = seg
            elif seg.startswith(b"GS" + elem):
                gs = seg
            elif seg.startswith(b"ST" + elem):
                start = first
            elif seg.startswith(b"SE" + elem) and start is not None:
                head = {"id": blake(digest + struct.pack("<Q", start), 16), "kind": "set", "v": 1,
                        "use": "T", "at": at, "file": digest, "off": start,
                        "len": end + 1 - start, "seg": 1, "seq": seq}
                yield head, isa + gs + data[start:end + 1]
                seq, start = seq + 1, None
            pos = end + 1


def main(argv):
    if len(argv) < 2 or argv[1] not in ("write", "read", "sets"):
        sys.exit(__doc__)
    if argv[1] == "write":
        write(sys.stdout.buffer, (from_json(line) for line in sys.stdin if line.strip()))
    elif argv[1] == "sets":
        write(sys.stdout.buffer, sets(argv[2:]))
    else:
        last = False
        for item in read(sys.stdin.buffer):
            last = item is None
            if item:
                print(to_json(*item))
        sys.exit(0 if last else 1)


if __name__ == "__main__":
    main(sys.argv)
