#!/bin/sh
# attach: a payer asks for records (277), which is an exception with the payer's day; the document goes
# as a 275 under the payer's number, byte for byte, once; its 999 ends the exception, and the payer pays.
# What the claim announced (PWK) goes under its number. Deaths give the same file.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires"
cat >"$T/wires/w.yaml" <<END
submit:
  SBX01: {by: folder, usage: T, dir: $T/payers/SBX01/in}
fetch:
  SBX01: {by: folder, usage: T, dir: $T/payers/SBX01/out, archive: $T/payers/SBX01/archive}
END
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|; s/unknown: hold/unknown: pass/" pipelines/office.yaml >"$T/office.yaml"
cat >"$T/script.yaml" <<'END'
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, after: {999: 1h, 277ca: 1d, 835: 10d}}
cases:
  - {when: {code: "70551"}, request: {after: 5d, by: 30d, loinc: "18842-5"}}
END
office() { at=$1; shift; "$X" run "$T/office.yaml" --run "$T/house" --clock "$at" "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run $at: exit $?"; }; }
sim() { "$X" payersim --root "$T/payers" --script "$T/script.yaml" --now "$1" >>"$T/said" 2>&1 || fail "payersim"; }
bring() {
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/err" || fail "fetch"
    office "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
attach() { "$X" attach "$@" --run "$T/house" >"$T/o" 2>"$T/err"; }
claim() { "$X" claims --run "$T/house" --json | sed -n "s/{\"claim\":\"\([^\"]*\)\",\"in\":$1,.*/\1/p"; }
state() { "$X" claims --run "$T/house" --json | sed -n "s/.*\"claim\":\"$1\".*\"state\":\"\([^\"]*\)\".*/\1/p"; }
printf 'Note of the visit.\nHeadache for two months~worse*in:the^morning.\n' >"$T/note.txt"
printf '%%PDF-1.4\n\001\002~*:^binary\377' >"$T/note.pdf"

echo "a claim announces a document: PWK, and the 275 under that number"
head -3 fixtures/demo/office.jsonl | sed '1s/"auth":\[\]/"auth":[],"attach":[{"type":"OZ","number":"ACN-1"}]/' >"$T/three.jsonl"
sim 2026-09-03
office 2026-09-03T18:00:00Z "$T/three.jsonl"
tr '~' '\n' <"$T"/payers/SBX01/in/SBX01-000000001.837 | grep -qx 'PWK\*OZ\*EL\*\*\*AC\*ACN-1' || fail "no PWK"
"$X" validate "$T"/payers/SBX01/in/*.837 >"$T/v" 2>&1 || { cat "$T/v"; fail "the claims are not clean"; }
sore=$(claim 19000) mri=$(claim 120000)
attach "$sore" "$T/note.pdf" --now 2026-09-03T19:00:00Z || fail "announced: $(cat "$T/err")"
"$X" validate "$T"/house/attach/out/*.275 >"$T/v" 2>&1 || { cat "$T/v"; fail "the 275 is not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
grep -aq 'TRN\*1\*ACN-1~' "$T/house/attach/out/SBX01-000000001.275" || fail "TRN02 is not PWK06"
rc=0; attach "$mri" "$T/note.txt" || rc=$?
[ $rc = 1 ] && grep -q 'announces no document' "$T/err" || fail "nobody asked: $rc $(cat "$T/err")"

echo "the payer asks: an exception with its day"
sim 2026-09-03T20:00:00Z
sim 2026-09-09
asked=$(ls "$T"/payers/SBX01/out/*.277 | while read -r f; do grep -lq 005010X213 "$f" && echo "$f"; done)
cp "$asked" "$T/asked.277"
bring 2026-09-09T08:00:00Z
state "$mri" | grep -q 'info' || fail "the MRI: $(state "$mri")"
"$X" work list --run "$T/house" --now 2026-09-10 --json | grep '"RFAI' >"$T/work" || fail "no RFAI: $("$X" work list --run "$T/house" --now 2026-09-10)"
grep -q '"due":"2026-10-0[789]' "$T/work" || { cat "$T/work"; fail "the payer's day"; }

echo "the 275: the payer's number, what it asked for, the bytes as they are; deaths give the same file"
cp -r "$T/house" "$T/before"
attach "$mri" "$T/note.txt" --now 2026-09-10T08:00:00Z || fail "$(cat "$T/err")"
f="$T/house/attach/out/SBX01-000000002.275"
"$X" validate "$f" >"$T/v" 2>&1 || { cat "$T/v"; fail "not clean"; }
grep -q 'nothing found' "$T/v" || fail "$(cat "$T/v")"
number=$(grep -ao 'TRN\*2\*[A-Z0-9]*' "$f" | cut -d'*' -f3)
cat "$T"/payers/SBX01/archive/*.277 "$T"/payers/SBX01/out/*.277 2>/dev/null | grep -q "TRN\*1\*$number~" || fail "number $number is not the payer's"
grep -aq "STC\*R4:18842-5::LOI~" "$f" && grep -aq "REF\*EJ\*$mri~" "$f" || fail "what was asked"
/usr/bin/python3 - "$f" "$T/note.txt" <<'END' || fail "other bytes"
import sys
f, note = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
assert b"BIN*%d*" % len(note) + note + b"~SE*" in f
END
for at in attach.commit.before attach.commit.after attach.write.after; do
    rm -rf "$T/dead" && cp -r "$T/before" "$T/dead"
    CLAIMWIRE_KILL_AT="$at@$T/died.$at" "$X" attach "$mri" "$T/note.txt" --now 2026-09-10T08:00:00Z --run "$T/dead" >/dev/null 2>&1 && fail "$at was not visited"
    "$X" attach "$mri" "$T/note.txt" --now 2026-09-10T08:00:00Z --number "$number" --run "$T/dead" >/dev/null 2>&1 || fail "after a death at $at"
    diff -r "$T/house/attach/out" "$T/dead/attach/out" || fail "other files after a death at $at"
done
rc=0; attach "$mri" "$T/note.txt" --now 2026-09-10T09:00:00Z || rc=$?
[ $rc = 1 ] && [ "$(ls "$T/house/attach/out" | wc -l)" = 2 ] || fail "sent twice: $rc"

echo "sent, acknowledged: the exception ends, the payer pays, the ledger of attachments says when"
office 2026-09-10T10:00:00Z
sim 2026-09-10T12:00:00Z
sim 2026-09-10T14:00:00Z
bring 2026-09-10T15:00:00Z
state "$mri" | grep -q 'pended' || fail "the MRI: $(state "$mri")"
"$X" work list --run "$T/house" --now 2026-09-11 | grep '^RFAI' && fail "the exception lasts"
"$X" attach list --run "$T/house" --json >"$T/list"
sha=$(sed -n '2s/.*"digest":"\([0-9a-f]*\)".*/\1/p' "$T/list")
[ ${#sha} = 64 ] && grep -q "\"number\":\"$number\",\"asked\":true,\"form\":\"TX\".*\"delivered\":\"2026-09-10.*\"acknowledged\":\"2026-09-10" "$T/list" || { cat "$T/list"; fail "the ledger of attachments"; }
"$X" claims --run "$T/house" --exceptions | grep ORPHAN && fail "a 999 to a 275 is an orphan"
sim 2026-09-25
bring 2026-09-25T08:00:00Z
state "$mri" | grep -q 'paid' || fail "the MRI is not paid: $(state "$mri")"
"$X" prove --run "$T/house" >"$T/log" 2>&1 || { cat "$T/log"; fail "prove"; }

echo "a payer that asks in 6020 (006020X313) is answered in 6020 (006020X314): text as it is, a PDF in Base64"
answer_6020() { # FILE FORM: the house before the answer, its request in the other version
    rm -rf "$T/newer" && mkdir "$T/newer"
    tr -d '\n' <"$T/asked.277" | sed 's/005010X213/006020X313/g' >"$T/newer.277"
    "$X" validate "$T/newer.277" >"$T/v" 2>&1 && grep -q 'nothing found' "$T/v" || { cat "$T/v"; fail "the request is not clean"; }
    "$X" run "$T/office.yaml" --run "$T/newer/house" --clock 2026-09-03T18:00:00Z "$T/three.jsonl" >"$T/log" 2>&1 || { cat "$T/log"; fail "6020: bill"; }
    "$X" run "$T/office.yaml" --run "$T/newer/house" --clock 2026-09-09T08:00:00Z "$T/newer.277" >"$T/log" 2>&1 || { cat "$T/log"; fail "6020: request"; }
    "$X" attach "$mri" "$1" --run "$T/newer/house" --now 2026-09-10 >"$T/o" 2>"$T/err" || fail "6020: $(cat "$T/err")"
    "$X" validate "$T"/newer/house/attach/out/*.275 >"$T/v" 2>&1 && grep -q 'nothing found' "$T/v" || { cat "$T/v"; fail "the 6020 275 is not clean"; }
    grep -aq 'GS\*PI\*.*\*006020X314~' "$T"/newer/house/attach/out/*.275 || fail "another version: $(head -c 300 "$T"/newer/house/attach/out/*.275)"
    /usr/bin/python3 - "$T"/newer/house/attach/out/*.275 "$1" "$2" <<'END' || fail "6020: other bytes"
import base64, sys
f, note = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
note = note if sys.argv[3] == "ASC" else base64.b64encode(note)
assert b"BDS*%s*%d*" % (sys.argv[3].encode(), len(note)) + note + b"~SE*" in f and b"BIN*" not in f
assert b"ST*275*0001*006020X314~" in f
END
}
answer_6020 "$T/note.txt" ASC
answer_6020 "$T/note.pdf" B64

echo "wrong calls"
: >"$T/empty"
printf 'a\000b' >"$T/odd"
for x in "$T/empty" "$T/odd"; do rc=0; attach "$mri" "$x" || rc=$?; [ $rc = 1 ] || fail "$x: $rc"; done
rc=0; attach NOBODY "$T/note.txt" || rc=$?; [ $rc = 1 ] && grep -q 'no such claim' "$T/err" || fail "unknown claim: $rc"
rc=0; attach "$mri" "$T/nofile" || rc=$?; [ $rc = 64 ] || fail "no file: $rc"
rc=0; attach "$mri" || rc=$?; [ $rc = 64 ] || fail "one word: $rc"
rc=0; attach "$mri" "$T/note.txt" --number NOPE || rc=$?; [ $rc = 1 ] || fail "a number of nobody: $rc"
for word in TESTER SAMPLE PATTERN Headache; do
    grep -rq "$word" "$T/house/log" "$T/list" "$T/err" && fail "a patient is named: $word"
    grep -aq "$word" "$T/house/attach/attach.db" && fail "$word lies open"
done
echo "attach_test: all good"
