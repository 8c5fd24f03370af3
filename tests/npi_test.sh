#!/bin/sh
# A wrong check digit in every NPI of every clean file, one at a time: one finding, at that element. But
# for the 277CA: it gives back the NPI that the claim came with, wrong or not, and none of it is a fault
# of who writes it.
B=${B:-build}
export B
[ -x "$B/bin/claimwire-validate" ] || { echo "claimwire validate is not built"; exit 77; }
exec "${PYTHON:-/usr/bin/python3}" - fixtures/*/clean* fixtures/*/hospital* fixtures/837d/several* <<'P'
import json, os, re, subprocess, sys, tempfile
tool, bad, places = os.environ["B"] + "/bin/claimwire-validate", 0, set()
with tempfile.TemporaryDirectory() as d:
    for path in sys.argv[1:]:
        if "/277ca/" in path:
            continue
        seg = open(path, encoding="latin-1").read().split("~")
        for i, s in enumerate(seg):
            el = s.strip().split("*")
            at = [k + 1 for k, v in enumerate(el[:-1]) if v == "XX" and el[0] in ("NM1", "N1")]
            if not at:
                continue
            good = el[at[0]]
            el[at[0]] = good[:9] + str((int(good[9]) + 1) % 10)
            name = os.path.join(d, "in")
            with open(name, "w", encoding="latin-1") as f:
                f.write("~".join(seg[:i] + ["\n" + "*".join(el)] + seg[i + 1:]))
            out = subprocess.run([tool, "--json", "--max-level", "6", name], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL).stdout.decode()
            found = [json.loads(x) for x in out.splitlines()]
            st = max(k for k in range(i) if seg[k].strip().startswith("ST*"))
            want = [(el[0], i - st + 1, str(at[0]))]
            got = [(f["segment"], f["position"], f["element"]) for f in found]
            if got != want or not found[0]["rule"].startswith("S5-001"):
                print("%s segment %d %s: wanted %s, found %s" % (path, i, el[:2], want, out[:400]))
                bad += 1
            else:
                places.add((path.split("/")[1], found[0]["loop"]))
print("%d kinds of places, %d not found" % (len(places), bad))
sys.exit(bad > 0 or len(places) < 28)
P
