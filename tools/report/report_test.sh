#!/bin/sh
# report: each report over the books of tests/lib/ledger_scene.py against figures worked out by hand from
# its table of claims; that each traced number is the sum of its sources, and they lie where they say;
# contracts and UNDERPAID; forms and wrong usage.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN CLAIMWIRE_CONTRACTS
fail() { echo "FAIL: $*"; exit 1; }
/usr/bin/python3 tests/lib/ledger_scene.py "$T/run" entries | "$B/bin/claimwire-reconciler" --run "$T/run" >/dev/null
report() { "$X" report "$@" --run "$T/run"; }
row() { # NAME WORDS...: the JSON row whose texts begin with the words
    name=$1; shift
    report "$name" --json --now 2026-11-10 --contracts fixtures/contracts | /usr/bin/python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
for r in rows:
    texts = [v for v in r.values() if isinstance(v, str)][1:]
    if texts[:len(sys.argv) - 1] == sys.argv[1:]:
        print(*[v if v is not None else "-" for v in r.values() if not isinstance(v, str)])
        break
else:
    sys.exit("no row")' "$@"
}
is() { # WANT NAME WORDS...
    want=$1; shift
    got=$(row "$@") || fail "$*: no such row"
    [ "$got" = "$want" ] || fail "$*: $got, not $want"
}

# A/R 1,033.08: P1 25-10, P2 103.08, P4 15, P5 20 + 180, P7 600, P8 100. Serviced 2026-09-03: 68 days.
is "0 0 103308 0 0 0 0 103308 0" aging service all all
is "0 0 15308 0 0 0 0 15308 0" aging service owner patient
is "0 0 78000 0 0 0 0 78000 0" aging service owner "payer 1"
is "0 0 10000 0 0 0 0 10000 0" aging service owner unbilled
is "0 0 1500 0 0 0 0 1500 0" aging owner payer PAX01
is "0 0 0 0 0 0 103308 103308 0" aging accepted all all
report aging --json --now 2026-09-20 | grep '"owner","by":"all"' | grep -q '"0-30":103308,' || fail "young"
report aging --json --now 2027-09-20 | grep '"owner","by":"all"' | grep -q '"over 180":103308,' || fail "old"
# 13 claims were judged, both of one set refused: 84.62 percent.
is "13 11 8462" clean-claims all
# Seven were sent (P8 was not); P7 has no answer. P2 denied and P5 denied in part: 4 of 6 resolved at once.
is "7 6 0 1 8571 6 4 6667" first-pass all
# 1,400.00 of 2,845.00 at first (P2 1,200, P5 200); P5 alone in the end.
is "6 284500 2 140000 1 20000 3333 4921 1667 703" denial-rate all
# 1,033.08 * 90 / 3,545.00 = 26.23 days
is "103308 0 354500 2623 0 0" days-in-ar all
# (1,023.80 + 10.00) / (3,545.00 - 1,458.12)
is "354500 145812 208688 102380 1000 103380 4954" net-collection all
is "106255 102380 5525 -1800 150 0" cash all
is "1 5525" unapplied SBX01 T4
is "1197530 1197530 0" trial-balance all
is "1 20000 0 20000" denials SBX01 coding CO-97
is "1 120000 120000 0" denials SBX01 authorization CO-197
is "2 140000 122000 18000" denials all
is "1 0 120000" missed-edits SBX01 835 CO-197
# sent 02:00, paid by the 835s of hours 4 (P1, P3), 8 (P6), 9 (P2, P5) after hour 1: 3, 3, 7, 8, 8
[ "$(row lags SBX01 | cut -d' ' -f7-8)" = "29 33" ] || fail "lags: $(row lags SBX01)"
[ "$(row scorecard SBX01 | cut -d' ' -f6-)" = "12 11 9167 150 0 1" ] || fail "scorecard: $(row scorecard SBX01)"

echo "contracts"
# 11042: 150.00 agreed, 120.00 allowed (G09); 97597 is denied, 99213 at 95.00 as agreed.
is "15000 100 10000 15000 12000 3000 0" underpaid P5 SBX01 11042
is "0 0 0 24500 21500 3000 3000" underpaid P5 SBX01 sum
is "0 0 0 0 0 0 0" underpaid P5 SBX01 97597
is "0 0 0 85538 82538 3000 3000" underpaid all
report underpaid --contracts fixtures/contracts | grep -q '^P5 .*sum.*UNDERPAID' || fail "P5 is not flagged"
CLAIMWIRE_CONTRACTS=fixtures/contracts "$X" claims --run "$T/run" --exceptions --json |
    grep -q '"exception":"UNDERPAID".*"cents":3000}' || fail "no exception"
"$X" claims --run "$T/run" --exceptions | grep UNDERPAID && fail "an exception without a contract"
CLAIMWIRE_CONTRACTS=fixtures/contracts "$X" work list --run "$T/run" --json | grep '"UNDERPAID"' |
    grep -q '"role":"contracts"' || fail "nobody has the underpayment"
mkdir "$T/c"
contract() { report underpaid --contracts "$T/c" --json | grep '"code":"sum"' | grep '"P5"'; }
# as CSV; up to one percent (1.21 of 121.21) there is nothing to say, beyond it there is
printf 'code,modifier,place,from,to,fee,factor\n11042,,,2026-01-01,,121.21,\n' >"$T/c/SBX01.csv"
contract | grep -q 'within tolerance' || fail "1.21 is within the tolerance: $(contract)"
printf 'code,modifier,place,from,to,fee,factor\n11042,,,2026-01-01,,121.22,\n' >"$T/c/SBX01.csv"
contract | grep -q 'UNDERPAID.*"gap":122,' || fail "1.22 is not: $(contract)"
printf 'code,modifier,place,from,to,fee,factor\n11042,,,2026-01-01,2026-09-02,150,\n' >"$T/c/SBX01.csv"
contract | grep -q '"expected":0' || fail "a fee that ended"
printf 'code,modifier,place,from,to,fee,factor\n11042,,,,,900,\n' >"$T/c/SBX01.csv"
contract | grep -q '"expected":30000' || fail "lesser of fee and charge: $(contract)"
printf 'code,modifier,place,from,to,fee,factor\n99213,25,,,,200,\n99213,,,,,10,\n,25,,,,,60\n' >"$T/c/SBX01.csv"
contract | grep -q '"expected":17500' || fail "the fee of a modifier: $(contract)"
printf 'code,modifier,place,from,to,fee,factor\n99213,,,,,200,\n,25,,,,,60\n' >"$T/c/SBX01.csv"
contract | grep -q '"expected":12000' || fail "a factor: $(contract)"
rm "$T/c/SBX01.csv"
bad() { # what must be complained of
    rc=0; report underpaid --contracts "$T/c" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = 78 ] && grep -q "$1" "$T/err" || fail "$1: exit $rc, $(cat "$T/err")"
}
echo 'payer: SBX01' >"$T/c/a.yaml"; bad 'a.yaml:1:1: a contract has a list of fees'
printf 'payer: A\nfees:\n  - {code: "1", fee: ten}\n' >"$T/c/a.yaml"; bad 'a.yaml:3:.*amount'
printf 'payer: A\nfees:\n  - {code: "1", fee: 1, form: 2026-01-01}\n' >"$T/c/a.yaml"; bad 'a.yaml:3:.*form'
rm "$T/c/a.yaml"; printf 'code,fee\n' >"$T/c/A.csv"; bad 'A.csv:1: the first line'
printf 'code,modifier,place,from,to,fee,factor\nX,,,2026-13-01,,1,\n' >"$T/c/A.csv"; bad 'A.csv:2: .*days'

echo "every number is the sum of what it comes from, and that lies where it says"
for name in $("$X" report list | awk '{print $1}'); do
    report "$name" --trace --json --now 2026-11-10 --contracts fixtures/contracts >"$T/traced"
    /usr/bin/python3 - "$T/traced" "$T/run" <<'PY' || fail "trace of $name"
import json, os, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    sums = {}
    for s in r["trace"]:
        sums.setdefault(s["of"], []).append(s["amount"])
        for folder in ("ingest/spool/" + s["file"],):
            path = os.path.join(sys.argv[2], folder)
            if s["kind"] == "sent":
                continue
            data = open(path, "rb").read()[s["off"]:s["off"] + s["len"]]
            if s["kind"] == "remit":
                assert data.startswith(b"CLP*"), (s, data)
            elif s["kind"] == "claim":
                assert data.startswith(b"CLM*"), (s, data)
    for k, v in r.items():
        if isinstance(v, int) and v and not (k.endswith(("rate", "auto-match", "over 90", "days",
                "acceptance", "resolution")) or k.startswith(("initial", "final"))):
            if k.endswith(("median", "p90")):
                assert v in sums[k], (k, v)
            else:
                assert sum(sums[k]) == v, (k, v, sums.get(k))
PY
done
report unapplied --trace | grep -q 'unapplied: 55.25  event .* remit, file [0-9a-f]\{16\}, bytes' || fail "trace as text"

echo "forms and usage"
report cash --csv | tail -1 | grep -qx '"all",1062.55,1023.80,55.25,-18.00,1.50,0.00' || fail "csv"
rc_of() { rc=0; "$X" report "$@" >"$T/out" 2>"$T/err" || rc=$?; }
rc_of nonsense --run "$T/run"; [ $rc = 64 ] || fail "no such report: $rc"
rc_of; [ $rc = 64 ] || fail "no words: $rc"
rc_of cash; [ $rc = 64 ] || fail "no run: $rc"
rc_of cash --run "$T/none"; [ $rc = 78 ] || fail "no such run: $rc"
rc_of cash --run "$T/run" --json --csv; [ $rc = 64 ] || fail "two forms: $rc"
rc_of cash --run "$T/run" --now yesterday; [ $rc = 64 ] || fail "no time: $rc"
mkdir "$T/empty"
rc_of aging --run "$T/empty"; [ $rc = 0 ] && [ "$(wc -l <"$T/out")" = 1 ] || fail "an empty run: $rc"
before=$(cksum <"$T/run/reconciler/ledger.db")
report aging >/dev/null
[ "$before" = "$(cksum <"$T/run/reconciler/ledger.db")" ] || fail "a report wrote into the ledger"
grep -q 'TESTER' "$T"/run/audit.log 2>/dev/null && fail "a name in the audit log"
echo "report_test: all good"

echo "pages"
for name in $("$X" report list | cut -d' ' -f1); do
    report "$name" --now 2026-11-10 --contracts fixtures/contracts >"$T/text"
    report "$name" --now 2026-11-10 --contracts fixtures/contracts --pdf "$T/$name.pdf" || fail "$name: no pages"
    [ "$(stat -c %a "$T/$name.pdf")" = 600 ] || fail "$name: others can read it"
    command -v pdftotext >/dev/null || continue
    pdftotext -layout "$T/$name.pdf" "$T/read"
    # every row of the text stands there, word for word and in its order; the first line are the heads
    /usr/bin/python3 - "$T/text" "$T/read" "$name" <<'PY' || fail "$name: the page is not the report"
import sys
text = [" ".join(l.split()) for l in open(sys.argv[1])][1:]
read = [" ".join(l.split()) for l in open(sys.argv[2])]
at = 0
for row in text:
    if row not in read[at:]:
        sys.exit(print("no row", row))
    at = read.index(row, at) + 1
if "as of 11/10/2026" not in read[0] or "page 1 of 1" not in " ".join(read):
    sys.exit(print("title or foot", read[0]))
PY
done
report aging --now 2026-11-10 --pdf "$T/a.pdf" --json >/dev/null 2>&1 && fail "two forms at once"
report aging --pdf "$T/a.pdf" --trace >/dev/null 2>&1 && fail "pages with a trace"
rc=0; report aging --pdf "$T/nowhere/a.pdf" 2>"$T/err" || rc=$?
[ $rc = 111 ] && [ -s "$T/err" ] || fail "a folder that is not there: exit $rc"
mkdir -p "$T/none" && "$X" report denials --run "$T/none" --pdf "$T/none.pdf" || fail "a run without books"
if command -v pdftotext >/dev/null; then
    pdftotext "$T/none.pdf" - | grep -q 'There is nothing to report' || fail "an empty report"
fi
ls "$T"/*.half 2>/dev/null && fail "half a file is left"
exit 0
