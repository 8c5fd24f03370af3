#!/bin/sh
# The stages of docs/writing-a-stage.md, built and run from the text of that page: as filters, and in
# a pipeline with kills (tests/crash/links.c).
set -eu
B=${B:-build}
W=$B/tmp/writing
rm -rf "$W" && mkdir -p "$W"
fail() { echo "$1" && exit 1; }
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" docs/writing-a-stage.md | sed '1d;$d'; }

block c >"$W/stamp.c"
block python >"$W/audit.py"
cmp "$W/audit.py" fixtures/stages/audit.py || fail "the page and fixtures/stages/audit.py differ"
[ "$(wc -l <"$W/stamp.c")" -lt 60 ] || fail "the C stage has 60 lines or more"
[ "$(wc -l <"$W/audit.py")" -lt 30 ] || fail "the Python stage has 30 lines or more"
make -s B="$B" "$B/bin/claimwire-stage"
sh tests/lib/docs_stage.sh "$W"

cat >"$W/make.py" <<'PY'
"""Writes or reads a stream of frames, with nothing of ours: struct and msgpack only."""
import struct, sys
import msgpack
def command(cmd, n, seq, body=b""):
    h = struct.pack("<BBHIQQII", cmd, 1, n, 0, 0, seq, 0, 0)
    return struct.pack("<I", 32 + len(body)) + h + body
def record(i, body):
    head = msgpack.packb({"id": bytes([i]) * 16, "kind": "note", "odd": [1, {"x": None}]})
    return struct.pack("<II", len(head), len(body)) + head + body
if sys.argv[1] == "write":
    bodies = [a.encode() for a in sys.argv[2:]]
    out = b"".join(record(i + 1, b) for i, b in enumerate(bodies))
    sys.stdout.buffer.write(command(3, len(bodies), 1, out) + command(6, 0, 1))
else:
    data, at = sys.stdin.buffer.read(), 0
    while at < len(data):
        size, = struct.unpack_from("<I", data, at)
        cmd, _, n, _, _, _, _, _ = struct.unpack_from("<BBHIQQII", data, at + 4)
        p = at + 36
        for _ in range(n):
            h, b = struct.unpack_from("<II", data, p)
            head = msgpack.unpackb(data[p + 8:p + 8 + h])
            assert cmd == 3 and head.get("odd") == [1, {"x": None}], "an unknown key was lost"
            print(head["id"][0], data[p + 8 + h:p + 8 + h + b].decode(),
                  *(f"{k}={head[k]}" for k in ("stamped_by", "audited", "port", "rule", "stage") if k in head))
            p += 8 + h + b
        if cmd == 6:
            print("BYE")
        at += 4 + size
PY
py=/usr/bin/python3
$py "$W/make.py" write one "" three >"$W/in.frames"

# each alone, then one behind the other
"$W/claimwire-stamp" --by desk --rejects "$W/r.frames" <"$W/in.frames" >"$W/out.frames"
printf '1 one stamped_by=desk\n3 three stamped_by=desk\nBYE\n' >"$W/want"
$py "$W/make.py" read <"$W/out.frames" | diff "$W/want" - || fail "stamp"
printf '2  rule=STAMP_EMPTY stage=stamp\nBYE\n' >"$W/want"
$py "$W/make.py" read <"$W/r.frames" | diff "$W/want" - || fail "stamp's rejects"

"$B/bin/claimwire-stage" audit --rejects "$W/r.frames" -- $py fixtures/stages/audit.py \
    <"$W/in.frames" >"$W/out.frames"
printf '1 one audited=yes\n3 three audited=yes\nBYE\n' >"$W/want"
$py "$W/make.py" read <"$W/out.frames" | diff "$W/want" - || fail "audit"
printf '2  rule=AUDIT stage=audit\nBYE\n' >"$W/want"
$py "$W/make.py" read <"$W/r.frames" | diff "$W/want" - || fail "audit's rejects"

"$W/claimwire-stamp" --rejects "$W/r.frames" <"$W/in.frames" |
    "$B/bin/claimwire-stage" audit -- $py fixtures/stages/audit.py >"$W/out.frames"
printf '1 one stamped_by=nobody audited=yes\n3 three stamped_by=nobody audited=yes\nBYE\n' >"$W/want"
$py "$W/make.py" read <"$W/out.frames" | diff "$W/want" - || fail "both"
echo ok
