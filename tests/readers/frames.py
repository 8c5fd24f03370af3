"""Frames of the stdio filter, read and written from docs/messages.md alone. Needs msgpack."""
import struct
import msgpack

FRAME, BYE = 3, 6
HEADER = "<BBHIQQII"  # cmd version n window inst seq sess handled


def record(header, body=b""):
    h = msgpack.packb(header, use_bin_type=True)
    return struct.pack("<II", len(h), len(body)) + h + body


def frame(records, seq):
    b = struct.pack(HEADER, FRAME, 1, len(records), 0, 0, seq, 0, 0) + b"".join(records)
    return struct.pack("<I", len(b)) + b


def bye(seq=0):
    b = struct.pack(HEADER, BYE, 1, 0, 0, 0, seq, 0, 0)
    return struct.pack("<I", len(b)) + b


def write(out, records, per_frame=64):
    """records: (header, body) pairs."""
    seq = 0
    for i in range(0, len(records), per_frame):
        seq += 1
        out.write(frame([record(h, b) for h, b in records[i : i + per_frame]], seq))
    out.write(bye(seq))


def read(data):
    """Yields (header, body) of every record; raises when the stream is not whole."""
    at, over = 0, False
    while at < len(data):
        if over:
            raise ValueError("bytes behind BYE")
        (n,) = struct.unpack_from("<I", data, at)
        cmd, version, count = struct.unpack_from("<BBH", data, at + 4)
        p, end = at + 4 + struct.calcsize(HEADER), at + 4 + n
        if version != 1 or cmd not in (FRAME, BYE):
            raise ValueError("not a frame")
        for _ in range(count if cmd == FRAME else 0):
            hn, bn = struct.unpack_from("<II", data, p)
            yield msgpack.unpackb(data[p + 8 : p + 8 + hn], raw=False), data[p + 8 + hn : p + 8 + hn + bn]
            p += 8 + hn + bn
        if p != end and cmd == FRAME:
            raise ValueError("a frame is not as long as its records")
        over = cmd == BYE
        at = end
    if not over:
        raise ValueError("no BYE")
