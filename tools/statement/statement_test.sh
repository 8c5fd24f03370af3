#!/bin/sh
# statement: what patients of tests/lib/ledger_scene.py owe, by hand from its table of claims: the last
# payer's share only; pages as text and PDF, read back and drawn; names nowhere else; wrong usage.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
/usr/bin/python3 tests/lib/ledger_scene.py "$T/run" entries | "$B/bin/claimwire-reconciler" --run "$T/run" >/dev/null
statement() { "$X" statement --run "$T/run" --now 2026-11-10 "$@"; }
flat() { tr -s ' \n\f' ' '; }

# G05: the first payer left 73.00, the second 15.00: 15.00 is due.
statement --account P4 >"$T/p4"
flat <"$T/p4" | grep -q '09/03/2026 280.00 150.00 115.00 0.00 15.00 account P4' || fail "P4: $(cat "$T/p4")"
grep -q '^PLEASE PAY: 15.00$' "$T/p4" || fail "P4 owes 15.00: $(cat "$T/p4")"
grep -E '73[.]00|88[.]00' "$T/p4" && fail "the first payer's share"
grep -q 'For: ANNA TESTER' "$T/p4" || fail "whose it is"
grep -A2 'For: ANNA TESTER' "$T/p4" | flat | grep -q '2 MAIN ST RIVERTON, UT 84065-0001' || fail "where the patient lives: $(cat "$T/p4")"
# G01 with 10.00 paid of a copay of 25.00; G03: coinsurance 103.08
statement --account P1 | flat | grep -q '190.00 86.50 78.50 10.00 15.00 account P1; your part: copay 25.00' ||
    fail "P1: $(statement --account P1)"
statement --account P2 | flat | grep -q 'your part: coinsurance 103.08' || fail "P2"
# nothing answered yet: nothing due
statement --account P7 | flat | grep -q 'PLEASE PAY: 0.00 Still with your insurance, not due from you now: 600.00' || fail "P7"
# everything: 15 + 103.08 + 15 + 20; P3 and P7 leave the patient nothing
statement --all --practice config/practice/demo.yaml >"$T/all"
grep -q '^PLEASE PAY: 153.08$' "$T/all" || fail "all: $(cat "$T/all")"
grep -q '^RIVERBEND FAMILY MEDICINE$' "$T/all" || fail "who sends it"
grep -E 'account P(3|6|7|8)' "$T/all" && fail "visits that leave nothing"
[ "$(tr -cd '\f' <"$T/all" | wc -c)" = 1 ] || fail "one page a patient"
grep -q '^Questions? Please call (801) 555-0100$' "$T/all" || fail "whom to call"
statement --now 2026-11-10 >"$T/plain"; grep -q '^Provider 2000000010$' "$T/plain" || fail "a sender without a practice"

echo "as PDF"
statement --all --pdf --out "$T/letters" --practice config/practice/demo.yaml >"$T/paths" 2>"$T/err"
[ "$(cat "$T/paths")" = "$T/letters/statement-1-P1.pdf" ] || fail "files: $(cat "$T/paths")"
[ "$(stat -c %a "$T/letters/statement-1-P1.pdf")" = 600 ] || fail "others can read it"
grep -q TESTER "$T/paths" "$T/err" "$T/run/audit.log" && fail "a name outside the page"
if command -v pdftotext >/dev/null; then
    pdftotext -layout "$T/letters/statement-1-P1.pdf" "$T/read"
    flat <"$T/read" | grep -q 'Total 2,345.00 843.80 1,158.12 10.00 153.08 Please pay: $153.08' || fail "pdf: $(cat "$T/read")"
    grep -q 'ANNA TESTER' "$T/read" || fail "pdf: whose it is"
    [ "$(pdfinfo "$T/letters/statement-1-P1.pdf" | sed -n 's/^Pages: *//p')" = 1 ] || fail "one page"
    flat <"$T/read" | grep -q 'ANNA TESTER 2 MAIN ST RIVERTON, UT 84065-0001' || fail "pdf: where the patient lives: $(cat "$T/read")"
    # drawn: ink inside the margins only
    pdftoppm -r 36 -gray "$T/letters/statement-1-P1.pdf" "$T/page"
    /usr/bin/python3 - "$T"/page*.pgm <<'PY' || fail "the page as drawn"
import sys
data = open(sys.argv[1], "rb").read()
magic, size, top, pixels = data.split(b"\n", 3)
w, h = map(int, size.split())
ink = [(i % w, i // w) for i, p in enumerate(pixels) if p < 200]
assert len(ink) > 300, len(ink)
assert min(x for x, y in ink) >= 25 and max(x for x, y in ink) <= w - 25, "margins"
assert min(y for x, y in ink) >= 25 and max(y for x, y in ink) <= h - 20, "margins"
PY
fi

echo "many visits, a second patient, letters beyond ASCII"
/usr/bin/python3 - "$T/many" >"$T/frames" <<'PY'
import sys
sys.path.insert(0, "tests/lib")
import frames, ledger_scene as s
run, n = sys.argv[1], 30
claims = [("M%d" % i, "SBX01", "P", "1", "", [("99213", 100)]) for i in range(n)]
records = list(s.bill(run, 1, claims, sent=False))
records += s.era(run, 2, "SBX01", "T", str(60 * n), [
    s.clp("M%d" % i, 1, 100, 60, 15, "C%d" % i, [("99213", 100, 60, "CAS*CO*45*25~CAS*PR*3*15~")])
    for i in range(n)])
data = [("Q1", "SBX01", "P", "1", "", [("99213", 100)])]
records += [(h, b.replace("TESTER*ANNA".encode(), "MÜLLER*ZOË".encode())) for h, b in s.bill(run, 3, data, sent=False)]
records += [(h, b.replace("TESTER*ANNA".encode(), "MÜLLER*ZOË".encode())) for h, b in s.era(run, 4, "SBX01", "T2", "60", [
    s.clp("Q1", 1, 100, 60, 15, "CQ", [("99213", 100, 60, "CAS*CO*45*25~CAS*PR*3*15~")])])]
frames.write(sys.stdout.buffer, records)
PY
"$B/bin/claimwire-reconciler" --run "$T/many" <"$T/frames" >/dev/null
"$X" statement --run "$T/many" --all >"$T/text"
[ "$(tr -cd '\f' <"$T/text" | wc -c)" = 2 ] || fail "two patients: $(cat "$T/text")"
grep -q '^PLEASE PAY: 450.00$' "$T/text" && grep -q '^PLEASE PAY: 15.00$' "$T/text" || fail "30 x 15.00 and 15.00"
flat <"$T/text" | grep -q 'earlier visits 1,700.00 1,020.00 425.00 0.00 255.00 17 of them' || fail "17 in one row: $(cat "$T/text")"
"$X" statement --run "$T/many" --all --pdf --out "$T/pdf" >/dev/null
[ "$(ls "$T/pdf" | wc -l)" = 2 ] || fail "two files"
if command -v pdftotext >/dev/null; then
    for f in "$T"/pdf/*; do pdftotext "$f" -; done >"$T/read"
    grep -q 'ZOË MÜLLER' "$T/read" || fail "letters: $(cat "$T/read")"
    for f in "$T"/pdf/*; do [ "$(pdfinfo "$f" | sed -n 's/^Pages: *//p')" = 1 ] || fail "one page a patient"; done
fi

echo "usage"
rc_of() { rc=0; "$X" statement "$@" >"$T/out" 2>"$T/err" || rc=$?; }
rc_of --run "$T/run" --account NONE; [ $rc = 1 ] && [ -s "$T/err" ] || fail "no such account: $rc"
rc_of --run "$T/run" --pdf; [ $rc = 64 ] || fail "a PDF needs a folder: $rc"
rc_of --run "$T/run" --all --account P1; [ $rc = 64 ] || fail "both: $rc"
rc_of; [ $rc = 64 ] || fail "no run: $rc"
rc_of --run "$T/none"; [ $rc = 78 ] || fail "no such run: $rc"
rc_of --run "$T/run" --practice "$T/none.yaml"; [ $rc = 78 ] || fail "no practice: $rc"
rc_of --run "$T/run" --all --pdf --out /dev/null/x; [ $rc = 111 ] || fail "no place: $rc"
grep -q '"tool":"statement","action":"pdf","subject":"P5"' "$T/run/audit.log" || fail "not noted"
echo "statement_test: all good"
