#!/bin/sh
# Ingest in a running pipeline: it dies before and after each of its atomic acts and goes on from
# there; every record arrives, numbers are dense, and a file is done when all of it is.
set -eu
b=${B:-build}
py=/usr/bin/python3
$py -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "pipeline_test: $1"; tail -n 20 "$t"/run*/log/ingest* 2>/dev/null; exit 1; }
cat >"$t/p.yaml" <<'Y'
pipeline: keepall
stages:
  ingest:
    to: {sets: quarantine, envelope: quarantine, encounters: quarantine, rejects: quarantine}
  quarantine:
Y
$py - "$t" <<'P'
import sys
isa = 'ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260901*0800*^*00501*%09d*0*T*:~'
gs = 'GS*HC*RVRBND*CLRHOUSE*20260901*0800*1*X*005010X222A1~'
for f, n in (1, 700), (2, 300):
    with open('%s/%d.837' % (sys.argv[1], f), 'w') as o:
        o.write(isa % f + gs)
        for i in range(1, n + 1):
            o.write('ST*837*%04d*005010X222A1~BHT*0019*00*%d%d*20260901*0800*CH~SE*3*%04d~' % (i, f, i, i))
        o.write('GE*%d*1~IEA*1*%09d~' % (n, f))
P
for at in none ingest.spool.before ingest.spool.after:2 ingest.take.before:2 ingest.take.after \
    ingest.done.before:3 ingest.done.after:7 ingest.finish.before ingest.finish.after; do
    CLAIMWIRE_KILL_AT=$at "$b/bin/claimwire" run "$t/p.yaml" --run "$t/run.$at" --json \
        "$t/1.837" "$t/2.837" >"$t/out" 2>"$t/err" || fail "$at: exit $? $(cat "$t/err")"
    [ "$at" = none ] || grep -q '"restarts":1' "$t/out" || fail "$at: not visited $(cat "$t/out")"
    $py - "$t/run.$at" "$at" <<'P' || fail "$at: kept"
import sqlite3, sys
run, at = sys.argv[1:]
rows = list(sqlite3.connect(run + "/ingest/intake.db").execute("SELECT number, seq0, seqs, done FROM file"))
assert rows == [(1, 0, 700, 1), (2, 700, 300, 1)], rows
q = sqlite3.connect(run + "/quarantine/quarantine.db")
kinds = dict(q.execute("SELECT kind, count(DISTINCT id) FROM cell GROUP BY kind"))
assert kinds == {"interchange": 2, "group": 2, "set": 1000}, kinds
P
    [ -z "$(ls "$t/run.$at/ingest/progress")" ] || fail "$at: progress is left"
    [ "$(ls "$t/run.$at/ingest/spool" | wc -l)" = 2 ] || fail "$at: spool"
    rm -rf "$t/run.$at"
done
