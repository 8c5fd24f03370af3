#!/usr/bin/python3
"""What the payers of a simulation received, by itself: each file is what its manifest says, no name and
no interchange came twice, and no claim was sent twice as the same thing, unless a TA1 or 999 refused the
file or set that it was in. Standard library, nothing of claimwire.

usage: sim_files.py RUN     (RUN/simulate/payers/*/archive, in)  says how many; exit 1 with what is wrong
"""
import hashlib
import json
import pathlib
import sys


def segments(path):
    return [s.split("*") for s in path.read_text().replace("\n", "").split("~") if s]


payers = pathlib.Path(sys.argv[1], "simulate", "payers")
wrong, files, claims, isas, refused = [], 0, {}, {}, set()
for path in payers.glob("*/*/*.ta1"):
    refused |= {(path.parent.parent.name, s[1]) for s in segments(path) if s[0] == "TA1" and s[4] == "R"}
for path in payers.glob("*/*/*.999"):
    for s in segments(path):
        if s[0] == "AK1":
            group = s[2]
        elif s[0] == "AK2":
            number = s[2]
        elif s[0] == "IK5" and s[1] == "R":
            refused.add((path.parent.parent.name, group, number))
for path in sorted(payers.glob("*/*/*.837")):
    if path.parent.name not in ("archive", "in"):
        continue
    data, files = path.read_bytes(), files + 1
    said = json.loads(pathlib.Path(f"{path}.manifest").read_text())
    if (said["name"], said["bytes"], said["sha256"]) != (path.name, len(data), hashlib.sha256(data).hexdigest()):
        wrong.append(f"{path.name}: not the bytes of its manifest")
    all_of_it, payer, claim, rank = segments(path), path.parent.parent.name, None, None
    if isas.setdefault(all_of_it[0][13], path) != path:
        wrong.append(f"{path.name}: its ISA13 was in {isas[all_of_it[0][13]].name}")
    for s in all_of_it + [["SE"]]:
        if s[0] in ("CLM", "SE", "HL") and claim:
            if not refused & {(payer, all_of_it[0][13]), (payer, group, number)} and \
                    claims.setdefault(claim, path.name) != path.name:
                wrong.append(f"{path.name}: a claim that was in {claims[claim]}")
            claim = None
        if s[0] == "GS":
            group = s[6]
        elif s[0] == "ST":
            number = s[2]
        elif s[0] == "HL":
            rank = None
        elif s[0] == "SBR" and claim is None:
            rank = s[1]
        elif s[0] == "CLM":
            claim = (s[1], s[5], rank, False)
        elif s[0] == "REF" and s[1] == "G1" and claim:
            claim = (*claim[:3], True)  # mended: another version
print(f"{files} files, {len(claims)} claims" if not wrong else "\n".join(wrong[:20]))
sys.exit(1 if wrong or not claims else 0)
