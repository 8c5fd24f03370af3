#!/bin/sh
# For each invariant: one row or one file is altered, and prove names exactly that invariant.
set -eu
B=${B:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

mkdir "$tmp/whole" "$tmp/t"
export TMPDIR="$tmp/t" # its own: another proof may be running
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/whole" all >"$tmp/frames"
"$B/bin/claimwire-reconciler" --run "$tmp/whole" <"$tmp/frames" >/dev/null || fail "reconciler"
"$B/bin/claimwire-prove" --run "$tmp/whole" >"$tmp/text" || fail "untouched books do not hold: \
$(cat "$tmp/text")"
grep -q '^every invariant that applies holds$' "$tmp/text" || fail "the last line"
grep -q '^10 .*holds .*(1 checked)' "$tmp/text" || fail "10: $(grep '^10' "$tmp/text")"
mkdir "$tmp/none"
/usr/bin/python3 tests/lib/ledger_scene.py "$tmp/none" | "$B/bin/claimwire-reconciler" --run "$tmp/none" >/dev/null
"$B/bin/claimwire-prove" --run "$tmp/none" | grep -q 'no bank deposits have been read' || fail "10 is listed with its reason"

# names_it ID WHAT: with the copy in $tmp/run altered, exactly ID is broken, with an example.
names_it() {
    "$B/bin/claimwire-prove" --run "$tmp/run" --json >"$tmp/json" && fail "$2: exit 0"
    /usr/bin/python3 - "$tmp/json" "$1" <<'PY' || fail "$2: not named as $1 alone"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert len(rows) == 21, len(rows)
broken = [r for r in rows if r["holds"] is False]
for r in broken:
    print("   ", r["invariant"], r["example"])
assert [r["invariant"] for r in broken] == [sys.argv[2]], broken
assert broken[0]["example"] and broken[0]["broken"] >= 1
text = json.dumps(rows)
for word in ("TESTER", "ANNA", "XYZ100200300", "19800229"):
    assert word not in text, word
PY
}
alter() { # ID SQL
    rm -rf "$tmp/run" && cp -r "$tmp/whole" "$tmp/run" && chmod 700 "$tmp/run/keys"
    /usr/bin/python3 - "$tmp/run/reconciler/ledger.db" "$2" <<'PY' || fail "cannot alter for $1"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
n = db.execute(sys.argv[2]).rowcount
db.commit()
assert n == 1, "%d rows altered" % n
PY
    names_it "$1" "$2"
}
claim() { echo "(SELECT no FROM claim WHERE pcn='$1' AND chain=no)"; }

alter 1 "UPDATE payment SET cents=cents+1 WHERE trace='T2'"
alter 2 "UPDATE journal SET account=9 WHERE account=1 AND subject=(SELECT no FROM payment WHERE trace='T2')"
alter 3 "UPDATE journal SET account=7 WHERE account=9 AND code='' AND subject=$(claim P1)"
alter 3 "UPDATE claim SET charge=charge+100 WHERE pcn='P7'"
alter 4 "DELETE FROM event WHERE no=$(claim P7)"
alter 4 "DELETE FROM remit WHERE pcn='P1'"
alter 4 "DELETE FROM file WHERE no=(SELECT file FROM event WHERE no=$(claim P7))"
alter 5 "UPDATE journal SET line=2 WHERE subject=$(claim P3) AND code='PAY' AND cents>0"
alter 6 "UPDATE plb SET cents=cents+100 WHERE code='WO'"
alter 7 "UPDATE remit SET paid=paid+100 WHERE pcn='P1'"
alter 8 "UPDATE remit SET prior=prior+100 WHERE pcn='P4' AND status='2'"
alter 9 "UPDATE remit SET patient=patient+100 WHERE pcn='P4' AND status='2'"
alter 10 "UPDATE post SET cents=cents+100 WHERE what='deposit'"
alter 4 "UPDATE post SET cents=cents+100 WHERE what='patient'"
alter 15 "UPDATE journal SET cents=cents+100 WHERE code='RECEIPT' AND account=13"
alter rows "UPDATE post SET by='nobody' WHERE what='write-off'"
alter 11 "INSERT INTO event(file,off,pos,kind,n,len,seg,seq,at,id,parent,mark) SELECT file,off,pos,kind,n+1,len,seg,seq,at,id,parent,mark FROM event WHERE no=$(claim P7)"
alter 12 "UPDATE remit SET later=1 WHERE pcn='P1'"
alter 13 "UPDATE remit SET charge=charge+100 WHERE pcn='P1'"
alter 14 "UPDATE claim SET frequency='8' WHERE pcn='P2' AND frequency='7'"
alter 15 "UPDATE journal SET cents=cents+1 WHERE subject=$(claim P1) AND account=9"
alter 15 "DELETE FROM journal WHERE subject=$(claim P1) AND account=9"
alter sealed "UPDATE claim SET facts=(SELECT facts FROM claim WHERE pcn='P8') WHERE pcn='P7'"
alter arrived "UPDATE verdict SET claims=claims-1 WHERE claims=7"
alter once "UPDATE sent SET claims=claims||(SELECT substr(claims,1,16) FROM sent ORDER BY no LIMIT 1) WHERE no=(SELECT max(no) FROM sent)"

alter files "UPDATE sent SET isa13='000000999' WHERE no=(SELECT min(no) FROM sent)"
alter files "UPDATE sent SET st02=st02||' 9999' WHERE no=(SELECT min(no) FROM sent)"
# What moves no cents: who is billed and paid, under which number.
alter rows "UPDATE claim SET pcn='P77' WHERE pcn='P7'"
alter rows "UPDATE claim SET billing=billing||'0' WHERE pcn='P8'"
alter rows "UPDATE claim SET payer='SBX09' WHERE pcn='P7'"
alter rows "UPDATE remit SET pcn='P11' WHERE pcn='P1'"
alter rows "UPDATE remit SET control='ZZ9' WHERE pcn='P1'"
alter rows "UPDATE payment SET trace='T22' WHERE trace='T2'"
alter rows "UPDATE payment SET payee='1234567893' WHERE trace='T2'"
alter rows "UPDATE payment SET date='20270101' WHERE trace='T2'"
alter rows "UPDATE payment SET payer_name='NOBODY' WHERE trace='T2'"

# What has no remittance beside it: a payment that is nothing but interest, adjustments, answers, sets.
alter rows "UPDATE payment SET trace='T66' WHERE trace='T6'"
alter rows "UPDATE payment SET payer_name='NOBODY' WHERE trace='T6'"
alter rows "UPDATE payment SET parts=parts+1 WHERE trace='T6'"
alter rows "UPDATE plb SET ref='C78' WHERE ref='C77'"
alter rows "UPDATE item SET ref='C78' WHERE ref='C77'"
alter rows "UPDATE ack SET control='SB8' WHERE control='SB7'"
alter rows "UPDATE ack SET accepted=0 WHERE control='SB7'"
alter rows "UPDATE ack SET charge=charge+1 WHERE control='SB7'"
alter rows "UPDATE sent SET payer='SBX09' WHERE no=(SELECT min(no) FROM sent)"
alter rows "UPDATE verdict SET st01='835' WHERE claims=7"
alter rows "UPDATE exception SET cents=cents+1 WHERE closed IS NULL AND no=(SELECT max(no) FROM exception)"
alter 4 "DELETE FROM ack"
alter 4 "DELETE FROM body WHERE no=(SELECT no FROM ack)"
alter 4 "DELETE FROM plb WHERE ref='C77'"
alter 4 "UPDATE event SET at=at+1 WHERE no=$(claim P7)"
alter 4 "UPDATE event SET seq=seq+1 WHERE no=(SELECT no FROM ack)"
alter 4 "UPDATE journal SET code='CO-59' WHERE subject=$(claim P1) AND code='CO-45' AND line=1 AND account=5"
alter 11 "UPDATE copy SET payment=(SELECT no FROM payment WHERE trace='T2') WHERE no=(SELECT min(no) FROM copy)"
alter 11 "UPDATE post SET again=1 WHERE what='patient'"
alter sealed "UPDATE body SET body=(SELECT body FROM body ORDER BY no LIMIT 1) WHERE no=(SELECT max(no) FROM body)"

alter originals "UPDATE event SET off=off+1 WHERE no=$(claim P7)"
alter originals "UPDATE event SET len=len-1 WHERE no=$(claim P7)"
alter originals "UPDATE event SET off=off+1000000 WHERE no=(SELECT max(no) FROM remit)"

alter_file() { # ID FILE COMMAND...
    rm -rf "$tmp/run" && cp -r "$tmp/whole" "$tmp/run" && chmod 700 "$tmp/run/keys"
    id=$1 file=$(ls "$tmp/run/$2"/* | head -1)
    shift 2
    "$@" "$file"
    names_it "$id" "$*"
}
flip() { printf X | dd of="$1" bs=1 seek=60 conv=notrunc 2>/dev/null; }
alter_file originals ingest/spool flip
alter_file originals ingest/spool rm
alter_file files build837/out flip
alter_file files build837/out rm

rm -rf "$tmp/run" && cp -r "$tmp/whole" "$tmp/run" && chmod 700 "$tmp/run/keys"
echo planted >"$tmp/run/build837/out/SBX01-000000099.837"
"$B/bin/claimwire-prove" --run "$tmp/run" | grep -q '1 files are not in the ledger yet' ||
    fail "a file that nobody sent is not said"

"$B/bin/claimwire-prove" --run "$tmp/whole" --quick | grep -q -e '--quick was asked for' ||
    fail "--quick says what it leaves out"
# A copy that cannot be written can be proved all the same.
mkdir "$tmp/still" && cp -r "$tmp/whole/." "$tmp/still"
if mount --bind "$tmp/still" "$tmp/still" 2>/dev/null; then
    trap 'umount "$tmp/still" 2>/dev/null || true; rm -rf "$tmp"' EXIT
    mount -o remount,ro,bind "$tmp/still" &&
        { "$B/bin/claimwire-prove" --run="$tmp/still" >"$tmp/text" 2>&1 || fail "read-only: $(cat "$tmp/text")"; }
    umount "$tmp/still"
fi
rm -rf "$tmp/empty" && mkdir "$tmp/empty"
rc=0 && "$B/bin/claimwire-prove" --run "$tmp/empty" 2>/dev/null || rc=$?
[ $rc = 78 ] || fail "a run without a ledger: exit $rc"
ls "$TMPDIR"/claimwire-prove-* 2>/dev/null && fail "left a ledger behind"
echo "prove: ok"
