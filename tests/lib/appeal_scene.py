#!/usr/bin/python3
"""A run with denied claims, for tests of letters: frames of records, as ledger_scene.py has them.

usage: appeal_scene.py RUN > FRAMES

  L1  150.00  filed, 999 and 277CA accepted, denied as late (CO-29)
  L2  200.00  the same file; denied for want of an authorization (CO-197)
  L3  90.00   another file, whose answers never came; denied as late
  L4  60.00   paid
The patient's name has letters beyond ASCII.
"""
import json
import sys

sys.path.insert(0, "tests/lib")
import frames  # noqa: E402
import ledger_scene as s  # noqa: E402


def renamed(records):
    for head, body in records:
        yield head, body.replace(b"TESTER*ANNA", "MÜLLER*ZOË".encode()).replace(b"20260903", b"20260820")


def ack(run, seq, body):
    f = s.File(run, seq, "")
    text = json.dumps(body)
    f.add("ack", text, text, 0)
    return f.records("")


def denied(pcn, charge, control, code):
    return s.clp(pcn, 1, charge, 0, "", control, [("99213", charge, 0, "CAS*CO*%s*%d~LQ*HE*N30~" % (code, charge))])


def scene(run):
    yield from renamed(s.bill(run, 1, [("L1", "NPK01", "P", "1", "", [("99213", 150)]),
                                      ("L2", "NPK01", "P", "1", "", [("99214", 200)]),
                                      ("L4", "NPK01", "P", "1", "", [("99212", 60)])]))
    yield from ack(run, 2, {"answer": "999", "of": "set", "code": "A", "accepted": True,
                            "gs06": "1", "st02": "0001"})
    for pcn, cents, control in (("L1", 15000, "ICN-1"), ("L2", 20000, "ICN-2")):
        yield from ack(run, 3, {"answer": "277CA", "of": "claim", "by": "PR", "accepted": True,
                                "codes": ["A2:20"], "bht03": "B1", "pcn": pcn, "charge": cents,
                                "control": control})
    yield from renamed(s.bill(run, 5, [("L3", "NPK01", "P", "1", "", [("99213", 90)])]))
    yield from renamed(s.era(run, 6, "NPK01", "T1", "60", [
        denied("L1", 150, "ICN-1", "29"), denied("L2", 200, "ICN-2", "197"),
        denied("L3", 90, "ICN-3", "29"),
        s.clp("L4", 1, 60, 60, "", "ICN-4", [("99212", 60, 60, "")])]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    frames.write(sys.stdout.buffer, scene(sys.argv[1]))
