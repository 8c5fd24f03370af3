#!/usr/bin/python3
"""An independent look into a ledger: sqlite3 of the standard library and nothing of claimwire.

usage: ledger_books.py LEDGER.DB

Prints each account number with how many versions of it the ledger has, one a line ("PCN N", sorted),
then "claims N" (claim records) and "journal CENTS" (the trial balance). Exit 1 when the journal, or
the rows of one event in it, do not sum to zero, or when one record was taken twice.
"""
import sqlite3
import sys


def main(path):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    db.execute("BEGIN")
    total = 0
    for pcn, n in db.execute("SELECT pcn, count(*) FROM claim GROUP BY pcn ORDER BY pcn"):
        print(pcn, n)
        total += n
    print("claims", total)
    trial = db.execute("SELECT coalesce(sum(cents), 0) FROM journal").fetchone()[0]
    print("journal", trial)
    out = db.execute("SELECT count(*) FROM (SELECT event FROM journal GROUP BY event"
                     " HAVING sum(cents) <> 0)").fetchone()[0]
    twice = db.execute("SELECT count(*) FROM (SELECT id FROM event GROUP BY id, kind"
                       " HAVING count(*) > 1)").fetchone()[0]
    if out or twice:
        print("events out of balance %d, records taken twice %d" % (out, twice), file=sys.stderr)
    return 1 if trial or out or twice else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
