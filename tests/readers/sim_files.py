#!/usr/bin/python3
"""What the payers of a simulation received, by itself: each file is what its manifest says, no name and
no interchange came twice, and no claim was sent twice as the same thing. Standard library, nothing of
claimwire.

usage: sim_files.py RUN     (RUN/simulate/payers/*/archive, in)  says how many; exit 1 with what is wrong
"""
import hashlib
import json
import pathlib
import sys

wrong, files, claims, isas = [], 0, {}, {}
for path in sorted(pathlib.Path(sys.argv[1], "simulate", "payers").glob("*/*/*.837")):
    if path.parent.name not in ("archive", "in"):
        continue
    data, files = path.read_bytes(), files + 1
    said = json.loads(pathlib.Path(f"{path}.manifest").read_text())
    if (said["name"], said["bytes"], said["sha256"]) != (path.name, len(data), hashlib.sha256(data).hexdigest()):
        wrong.append(f"{path.name}: not the bytes of its manifest")
    segments = [s.split("*") for s in data.decode().replace("\n", "").split("~") if s]
    if isas.setdefault(segments[0][13], path) != path:
        wrong.append(f"{path.name}: its ISA13 was in {isas[segments[0][13]].name}")
    claim = None
    for s in segments + [["SE"]]:
        if s[0] in ("CLM", "SE") and claim:
            if claims.setdefault(claim, path.name) != path.name:
                wrong.append(f"{path.name}: a claim that was in {claims[claim]}")
            claim = None
        if s[0] == "CLM":
            claim = (s[1], s[5], False)
        if s[0] == "REF" and s[1] == "G1" and claim:
            claim = (*claim[:2], True)  # mended: another version
print(f"{files} files, {len(claims)} claims" if not wrong else "\n".join(wrong[:20]))
sys.exit(1 if wrong or not claims else 0)
