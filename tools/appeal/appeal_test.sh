#!/bin/sh
# appeal: letters from templates as text and PDF, with the proof of timely filing; the entry that the
# ledger takes and what the claim is then; levels and deadlines of a payer; what is refused.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; exit 1; }
mkdir "$T/in"
/usr/bin/python3 tests/lib/appeal_scene.py "$T/run" | "$B/bin/claimwire-reconciler" --run "$T/run" >/dev/null
appeal() { "$X" appeal "$@" --run "$T/run" --practice config/practice/demo.yaml; }
flat() { tr -s ' \n\f' ' '; }

echo "a denial for late filing: the letter encloses the proof"
appeal L1 --into "$T/in" --by "Mary Major" --now 2026-09-10 --reason "Twelve days." >"$T/paths"
letter=$(sed -n 1p "$T/paths") pdf=$(sed -n 2p "$T/paths") entry=$(sed -n 3p "$T/paths")
[ "$letter" = "$T/run/appeal/appeal-1-L1-1.txt" ] && [ "$pdf" = "$T/run/appeal/appeal-1-L1-1.pdf" ] || fail "$(cat "$T/paths")"
[ "$(stat -c %a "$letter" "$pdf" | sort -u)" = 600 ] || fail "others can read it"
has() { flat <"$letter" | grep -qF "$1" || fail "no \"$1\" in $(cat "$letter")"; }
has 'RIVERBEND FAMILY MEDICINE 1 MAIN ST RIVERTON, UT 84065 (801) 555-0100 09/10/2026 PAYER NPK01'
has 'Patient ZOË MÜLLER Member id XYZ100200300 Account L1 Claim number ICN-1 Days of service 08/20/2026 Charge $150.00'
has '99213 150.00 CO-29 N30'
# northpeak gives 180 days for the first level; the denial came on the first of September
has 'level 1 of your appeals. You decided it on 09/01/2026; an appeal is in time until 02/28/2027'
has '2026-09-01 09:00 UTC sent in SBX01-000000001.837 ISA13 000000001, GS06 1, ST02 0001, BHT03 B1'
has '2026-09-01 11:00 UTC 277CA: accepted by the payer, A2:20 BHT03 B1, claim number ICN-1'
has 'First accepted on day 12 after the first day of service; the time to file is 180 days.'
has 'Twelve days.'
# the digest of the 277CA is the one of the file in the spool
ca=$(basename "$(grep -l '"277CA".*ICN-1' "$T"/run/ingest/spool/*)")
grep -q "digest $ca" "$letter" || fail "the digest of the acknowledgment: $ca"
awk 'length > 90 { exit 1 }' "$letter" || fail "a long line"

echo "where the letter goes is appeal-to of the payer's profile"
cp -r config/partners "$T/partners" && mkdir "$T/in2"
grep -q '^follow-up' "$T/partners/northpeak.partner" || echo follow-up >>"$T/partners/northpeak.partner"
sed -i 's/^follow-up.*/&\n  appeal-to "PO BOX 9" "DENVER, CO 80201"/' "$T/partners/northpeak.partner"
cp -r "$T/run" "$T/run2"
"$X" appeal L1 --into "$T/in2" --by "Mary Major" --now 2026-09-10 --reason "Twelve days." --run "$T/run2" \
    --practice config/practice/demo.yaml --partners "$T/partners" >"$T/paths2" || fail "appeal-to"
flat <"$(sed -n 1p "$T/paths2")" | grep -qF 'PAYER NPK01 PO BOX 9 DENVER, CO 80201' || fail "appeal-to: $(cat "$(sed -n 1p "$T/paths2")")"
has 'PAYER NPK01'
grep -q 'PO BOX 9' "$letter" && fail "an address that nobody gave"

echo "the same as PDF"
if command -v pdftotext >/dev/null; then
    pdftotext -layout "$pdf" "$T/read"
    flat <"$T/read" >"$T/flat"
    for words in 'APPEAL OF A DENIED CLAIM: FILED IN TIME' 'Patient ZOË MÜLLER' '99213 150.00 CO-29 N30' \
        "digest $ca" 'Twelve days.' 'Sincerely, Mary Major RIVERBEND FAMILY MEDICINE'; do
        grep -qF "$words" "$T/flat" || fail "pdf: no \"$words\": $(cat "$T/read")"
    done
    # the letter takes two pages: the closing has its last paragraph above it, not a page to itself
    [ "$(pdfinfo "$pdf" | sed -n 's/^Pages: *//p')" = 2 ] || fail "pdf: pages"
    pdftotext -f 2 -l 2 -layout "$pdf" - | flat | grep -q 'Please send your decision.*Sincerely, Mary Major' || fail "pdf: the closing alone on a page"
    pdftoppm -r 36 -gray "$pdf" "$T/page"
    for p in "$T"/page*.pgm; do
        /usr/bin/python3 - "$p" <<'PY' || fail "the page as drawn"
import sys
magic, size, top, pixels = open(sys.argv[1], "rb").read().split(b"\n", 3)
w, h = map(int, size.split())
ink = [(i % w, i // w) for i, p in enumerate(pixels) if p < 200]
assert len(ink) > 100, len(ink)
assert min(x for x, y in ink) >= 25 and max(x for x, y in ink) <= w - 25, "margins"
assert min(y for x, y in ink) >= 25 and max(y for x, y in ink) <= h - 15, "margins"
PY
    done
fi

echo "the ledger has it as an event, and the claim waits for the answer"
digest=$(/usr/bin/python3 -c 'import hashlib,sys; print(hashlib.blake2b(open(sys.argv[1],"rb").read(),digest_size=32).hexdigest())' "$letter")
grep -q "\"what\":\"appeal\".*\"account\":\"L1\",\"reference\":\"$digest\",\"origin\":\"timely\",\"method\":\"level 1\",\"by\":\"Mary Major\"" "$entry" || fail "entry: $(cat "$entry")"
appeal L1 --into "$T/in" --by "Mary Major" --now 2026-09-10 --reason "Twelve days." >/dev/null
[ "$(ls "$T/in" | wc -l)" = 1 ] || fail "the same appeal again is another file"
/usr/bin/python3 - "$T/run" "$entry" >"$T/frames" <<'PY'
import sys
sys.path.insert(0, "tests/lib")
import frames, ledger_scene as s
text = open(sys.argv[2]).read()
f = s.File(sys.argv[1], 9 * 24, "")
f.add("post", text, text.strip(), 0)
frames.write(sys.stdout.buffer, f.records(""))
PY
"$B/bin/claimwire-reconciler" --run "$T/run" <"$T/frames" >/dev/null
"$X" claims --run "$T/run" | grep '^L1 ' | grep -q 'appeal, payer 1' || fail "state: $("$X" claims --run "$T/run")"
"$X" work check --run "$T/run" --now 2026-09-20 | grep -q ' 0 faults' || fail "check"
# an answer is due in 60 days: 2026-09-10 08:00 and 60 days
"$X" work list --code APPEAL_OPEN --run "$T/run" --now 2026-11-09T07:59:00Z | grep -q '^0 items' || fail "too early"
"$X" work list --code APPEAL_OPEN --run "$T/run" --now 2026-11-10 --json | grep -q '"claim":"L1","role":"denial team"' || fail "no answer, and nobody is told"
"$X" prove --run "$T/run" >"$T/proved" || fail "prove: $(cat "$T/proved")"
rc=0; appeal L1 --into "$T/in" --by M --now 2026-09-20 2>"$T/err" || rc=$?
[ $rc = 1 ] && grep -q 'an appeal is open' "$T/err" || fail "a second before the answer: $rc"

echo "other letters, drafts, proof by itself"
appeal L2 --draft --now 2026-09-10 --by M | flat | grep -qF 'for want of an authorization or referral: Service Amount Reason 99213 200.00 CO-197 N30' || fail "authorization"
appeal L2 --draft --template records --now 2026-09-10 | grep -q 'The records of the visit are enclosed' || fail "records"
[ "$(ls "$T/run/appeal" | wc -l)" = 2 ] || fail "a draft is kept"
appeal L2 --proof --now 2026-09-10 --out "$T/proofs" | grep -q '^PROOF OF TIMELY FILING$' || fail "proof"
[ -s "$T/proofs/proof-2-L2.pdf" ] && [ -s "$T/proofs/proof-2-L2.txt" ] || fail "proof as files: $(ls "$T/proofs")"
appeal L2 --into "$T/in" --by M --now 2026-09-10 --json | grep -q '"account":"L2","level":1,"template":"authorization","letter":".*appeal-2-L2-1.txt","digest":"[0-9a-f]*","proof":false}' || fail "--json"
grep -q 'MÜLLER' "$T/run/audit.log" "$T/paths" && fail "a name outside the letter"
grep -q '"tool":"appeal","action":"letter","subject":"L1"' "$T/run/audit.log" || fail "not noted"

echo "what is refused"
bad() { # CODE WORDS ARGS...
    want=$1 words=$2 rc=0
    shift 2
    "$X" appeal "$@" >"$T/out" 2>&1 || rc=$?
    [ "$rc" = "$want" ] && grep -q -e "$words" "$T/out" || fail "$*: exit $rc, $(cat "$T/out")"
}
R="--run $T/run --now 2026-09-10"
bad 1 'no acknowledgment that accepts it' L3 $R --into "$T/in" --by M
bad 1 'no acknowledgment that accepts it' L3 $R --proof
bad 1 'nothing of it is denied' L4 $R --draft
bad 1 'knows no such claim' NOBODY $R --draft
bad 1 'time for an appeal is over' L2 --run "$T/run" --now 2027-03-10 --into "$T/in" --by M
appeal L2 --late --now 2027-03-10 --into "$T/in" --by M >/dev/null || fail "--late"
bad 64 usage L2 $R --into "$T/in"
bad 64 usage L2 $R --draft --proof
bad 64 usage --run "$T/run" --draft
bad 64 'without a folder' L2 $R --draft --template ../work/queues
bad 78 'cannot read the template' L2 $R --draft --template nothing
bad 78 'there is none' L2 --run "$T/none" --draft
bad 111 'it is no folder' L2 $R --into "$T/nowhere" --by M
mkdir "$T/letters" && printf 'Dear {nobody}\n' >"$T/letters/odd.letter"
bad 78 'odd.letter:1: a field that is not known: "nobody"' L2 $R --draft --template odd --letters "$T/letters"
echo "appeal_test: all good"
