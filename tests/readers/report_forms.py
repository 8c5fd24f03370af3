#!/usr/bin/python3
"""usage: report_forms.py JSON CSV TEXT: one report in three forms has the same numbers, row by row. Exit 1 when not."""
import csv
import json
import re
import sys

rows = [list(json.loads(line).values())[1:] for line in open(sys.argv[1])]
sheet = list(csv.reader(open(sys.argv[2])))
names = [list(json.loads(line))[1:] for line in open(sys.argv[1])]
text = open(sys.argv[3]).read().splitlines()[1:]
assert len(rows) == len(sheet) - 1 == len(text), (len(rows), len(sheet), len(text))


def digits(word):
    """A number without what forms differ in; None: none."""
    return None if word in ("", "-") else int(re.sub(r"[,. %]", "", word))


for row, name, cells, line in zip(rows, names, sheet[1:], text):
    assert name == sheet[0], (name, sheet[0])
    numbers = [v for v in row if not isinstance(v, str)]
    n = len(numbers)
    assert [digits(c) for c in cells[len(cells) - n:]] == numbers, (cells, numbers)
    assert [c.lstrip("'") for c in cells[:len(cells) - n]] == [v.lstrip("'") for v in row[:len(row) - n]], (cells, row)
    printed = re.split(r"\s{2,}", line.replace(" %", "").rstrip())
    assert [digits(c) for c in printed[len(printed) - n:]] == numbers, (printed, numbers)
