#!/bin/sh
# Each column of each table of the books, altered by itself in its first and in its last row: prove says
# that something is wrong. What it does not see stands in NO_EFFECT, with the reason.
set -eu
B=${B:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/whole" "$tmp/t"
export TMPDIR="$tmp/t" B
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/whole" all >"$tmp/frames"
"$B/bin/claimwire-reconciler" --run "$tmp/whole" <"$tmp/frames" >/dev/null
/usr/bin/python3 - "$tmp" <<'PY'
import concurrent.futures, os, shutil, sqlite3, subprocess, sys

TMP, PROVE = sys.argv[1], os.path.join(os.environ["B"], "bin", "claimwire-prove")
NO_EFFECT = {
    "remit.tier": "says what was known when the remittance was placed",
    "journal.k": "tells rows of one event apart and says nothing",
    "exception.no": "a number, and nothing names it",
    "exception.event": "what had come when it was opened: another order has another",
    "setting.name": "says how to post from now on, and nothing of what was posted",
    "setting.value": "the same",
}


def altered(v):
    if isinstance(v, int):
        return v + 1
    return v + "1" if isinstance(v, str) else bytes([v[0] ^ 1]) + v[1:]


def places(db):
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE"
                               " 'sqlite%'").fetchall():
        info = db.execute(f"PRAGMA table_info({table})").fetchall()
        key = ",".join(c[1] for c in info if c[5]) or "rowid"
        for column in (c[1] for c in info):
            rows = [r for r in db.execute(f"SELECT {column},{key} FROM {table}") if r[0] is not None]
            for n in sorted({0, len(rows) - 1} if rows else ()):
                yield table, column, rows[n], key.split(",")


def prove(run):
    return subprocess.run([PROVE, "--run", run], capture_output=True, text=True)


def sees(n, place):
    table, column, row, key = place
    run = f"{TMP}/{n}"
    shutil.copytree(TMP + "/whole", run)
    os.chmod(run + "/keys", 0o700)
    db = sqlite3.connect(run + "/reconciler/ledger.db")
    try:
        done = db.execute(f"UPDATE {table} SET {column}=? WHERE " + " AND ".join(k + "=?" for k in key),
                          (altered(row[0]), *row[1:]))
        assert done.rowcount == 1, place
        db.commit()
        p = prove(run)
    except sqlite3.IntegrityError:  # the table itself does not take it
        return True
    finally:
        db.close()
        shutil.rmtree(run)
    return p.returncode != 0 or f"{table}.{column}: exit 0"


assert prove(TMP + "/whole").returncode == 0, "untouched books do not hold"
db = sqlite3.connect(TMP + "/whole/reconciler/ledger.db")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
todo = [p for p in places(db) if p[0] + "." + p[1] not in NO_EFFECT]
db.close()
assert len(todo) > 200, len(todo)
assert {p[0] for p in todo} >= {"file", "event", "claim", "verdict", "sent", "payment", "copy", "remit",
                                "plb", "item", "journal", "exception", "ack", "post", "body"}
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    bad = [s for s in pool.map(sees, range(len(todo)), todo) if s is not True]
if bad:
    sys.exit("FAILED: not seen: " + ", ".join(bad))
print(f"sweep_test: {len(todo)} alterations, each seen")
PY
