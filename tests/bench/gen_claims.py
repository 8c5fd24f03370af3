#!/usr/bin/env python3
"""Work for the benches: an 837P of at least so many bytes and the 835 that pays it.

usage: gen_claims.py OUT BYTES [--claims N]     writes OUT.837, OUT.835, OUT.json

The claims are those of tests/lib/make_claims.py (invented, seeded). With BYTES one interchange of
at most 20,000 claims is made and repeated under new control numbers until the 837 is long enough;
with --claims every claim is another one.
"""
import os
import pathlib
import subprocess
import sys

ISA_CONTROL = slice(90, 99)
PART = 20000


def make(out, claims, *more):
    lib = pathlib.Path(__file__).resolve().parent.parent / "lib" / "make_claims.py"
    subprocess.run([sys.executable, str(lib), out, "--claims", str(claims), "--per-set", "500",
                    "--usage", "P", *more], check=True)


def renumber(data, number):
    """The interchange under another ISA13 and IEA02."""
    head = data[:ISA_CONTROL.start] + b"%09d" % number + data[ISA_CONTROL.stop:]
    at = head.rindex(b"IEA*")
    return head[:at] + b"IEA*1*%09d~\n" % number


def repeat(path, size):
    """Repeats the one interchange of path until the file has size bytes."""
    data = pathlib.Path(path).read_bytes()
    with open(path, "wb") as f:
        number = 0
        while f.tell() < size:
            number += 1
            f.write(renumber(data, number))


def main():
    out, size = sys.argv[1], int(sys.argv[2])
    if "--claims" in sys.argv:
        make(out, int(sys.argv[sys.argv.index("--claims") + 1]))
        return
    make(out, PART if size > 9_000_000 else max(20, size // 450))
    ratio = os.path.getsize(out + ".835") / os.path.getsize(out + ".837")
    repeat(out + ".837", size)
    repeat(out + ".835", int(size * ratio))


if __name__ == "__main__":
    main()
