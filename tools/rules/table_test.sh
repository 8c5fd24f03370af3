#!/bin/sh
# What the code says of a rule that it carries out - severity, report - is what the rule's file says.
command -v python3 > /dev/null || { echo "no python3"; exit 77; }
python3 - <<'P'
import glob, re, sys

files, bad, seen = {}, [], 0
for path in glob.glob("config/rules/*.rule"):
    text = open(path).read()
    line = lambda key: (re.search(r"^%s (.*)$" % key, text, re.M) or [None, ""])[1]
    reports, prefix = set(), ""
    for part in line("report").replace(" ", ":").split("|"):
        head, colon, code = part.rpartition(":")
        prefix = head + colon if colon else prefix
        reports.add(prefix + code)
    files[line("rule")] = (set(line("severity").split(" or ")), reports)

call = re.compile(r'"(S[1-7]-\d{3})",\s*(?:SEV_(\w+),)?\s*(?:[\w>-]+ \? SEV_\w+ : SEV_\w+,)?\s*"([A-Z0-9:]*:[A-Z0-9:]+|ERA_\w+)"'
                  r'(?:,[^;{}]*?(SEV_[A-Z]+))?')
for path in sorted(glob.glob("common/edi/*.c")):
    if path.endswith("_test.c"):
        continue
    for id, severity, report, later in call.findall(open(path).read()):
        seen += 1
        if id not in files:
            bad.append("%s: %s has no file" % (path, id))
            continue
        severities, reports = files[id]
        told = (severity or later.replace("SEV_", "")).lower()
        if told and told not in severities:
            bad.append("%s: %s is %s, its file says %s" % (path, id, told, severities))
        if report not in reports:
            bad.append("%s: %s is told as %s, its file says %s" % (path, id, report, reports))
if seen < 90:
    bad.append("only %d places were found in the code" % seen)
print("\n".join(bad) or "rules: %d places in the code agree with the files" % seen)
sys.exit(bool(bad))
P
