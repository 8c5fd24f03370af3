#!/bin/sh
# build837 as a whole: order, repeats, refusals, restarts, kill points, sent records.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
R=tests/readers
build837=$B/bin/claimwire-build837
fail() { echo "FAILED: $*" >&2; exit 1; }
"$PY" -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }

# Two sets of ten claims, four payers in turn, one dependent in each set; two billing providers.
"$PY" $R/make_837.py --sets 2 --claims 10 >"$T/in.837"
"$PY" $R/claim_frames.py "$T/in.837" >"$T/in.frames"
go() { # OUT FRAMES [OPTION...]
    out=$1 in=$2
    shift 2
    "$build837" --out "$out" --batch-claims 3 "$@" <"$in" >"$out.sent" 2>>"$T/log"
}

echo "claims in are claims out, grouped, counted and numbered"
mkdir "$T/a" && go "$T/a" "$T/in.frames"
"$PY" $R/same_claims.py "$T/in.837" -- "$T"/a/*.837
[ "$(ls "$T/a" | wc -l)" = 8 ] || fail "20 claims of 4 payers by threes are 8 files: $(ls "$T/a")"

echo "any order of arrival, and every record twice: the same bytes"
for seed in 1 2 3; do
    "$PY" $R/claim_frames.py --seed $seed --twice "$T/in.837" >"$T/b.frames"
    rm -rf "$T/b" && mkdir "$T/b" && go "$T/b" "$T/b.frames"
    diff -r -x .claimwire "$T/a" "$T/b"
    cmp "$T/a.sent" "$T/b.sent"
done

echo "the same input again changes nothing and says sent again"
cp -r "$T/a" "$T/again" && go "$T/again" "$T/in.frames"
diff -r -x .claimwire "$T/a" "$T/again"
cmp "$T/a.sent" "$T/again.sent"

echo "control numbers go on and are never used again"
"$PY" $R/make_837.py --sets 1 --claims 4 --first 100 >"$T/more.837"
"$PY" $R/claim_frames.py "$T/more.837" >"$T/more.frames"
go "$T/again" "$T/more.frames"
"$PY" $R/same_claims.py "$T/in.837" "$T/more.837" -- "$T"/again/*.837
[ "$(cat "$T"/again/*.837 | tr '~' '\n' | grep -a '^ISA' | cut -c91-99 | sort | uniq -d)" = "" ] ||
    fail "an ISA13 was used twice"

echo "two submitters with the same CLM01: both claims go out"
sed 's/RVRBND/OTHERS/g' "$T/in.837" >"$T/other.837"
"$PY" $R/claim_frames.py "$T/in.837" "$T/other.837" >"$T/two.frames"
mkdir "$T/two" && go "$T/two" "$T/two.frames" --batch-claims 1000
"$PY" $R/same_claims.py "$T/in.837" "$T/other.837" -- "$T"/two/*.837

echo "sets hold at most --claims-per-set claims"
mkdir "$T/sets" && go "$T/sets" "$T/in.frames" --batch-claims 5 --claims-per-set 2
"$PY" $R/same_claims.py "$T/in.837" -- "$T"/sets/*.837
"$PY" $R/check_sent.py "$T/sets.sent" "$T/sets"
[ "$(cat "$T"/sets/*.837 | tr '~' '\n' | grep -ac '^ST')" = 12 ] || fail "five claims by twos are three sets"

echo "sent says which claims are in which file"
"$PY" $R/check_sent.py "$T/a.sent" "$T/a"

echo "test and production claims share no file"
"$PY" $R/claim_frames.py "$T/in.837" --usage T >"$T/t.frames"
mkdir "$T/t" && go "$T/t" "$T/t.frames"
for f in "$T"/t/*.837; do
    [ "$(cut -c103 "$f" | head -n 1)" = T ] || fail "usage T became P in $f"
done

echo "a claim that cannot be read is refused with rule and place, the others go on"
"$PY" $R/claim_frames.py --spoil 3 "$T/in.837" >"$T/bad.frames"
mkdir "$T/bad"
rc=0
go "$T/bad" "$T/bad.frames" --rejects "$T/rejects" || rc=$?
[ $rc = 0 ] || fail "refused to a file, so exit 0 and not $rc"
"$PY" $R/show_rejects.py "$T/rejects" >"$T/rejects.txt"
[ "$(cat "$T/rejects.txt")" = "claim CLM_VALUE CLM02 at segment 19 of the record: charge of the claim is no amount" ] ||
    fail "rejects: $(cat "$T/rejects.txt")"
rm -rf "$T/bad" && mkdir "$T/bad" && rc=0
go "$T/bad" "$T/bad.frames" || rc=$?
[ $rc = 1 ] || fail "refused to nowhere, so exit 1 and not $rc"

echo "a payer's delimiters that stand in a value are refused"
mkdir "$T/partners"
cat >"$T/partners/p.yaml" <<'EOF'
us: {qualifier: ZZ, id: US, name: US, contact: DESK, phone: "1"}
payers:
  PAY1: {delimiters: "|:^~", newline: crlf}
  PAY2: {usage: T}
EOF
sed 's/TESTER1\*ANNA/TES|TER*ANNA/' "$T/in.837" >"$T/pipe.837"
"$PY" $R/claim_frames.py "$T/pipe.837" >"$T/pipe.frames"
mkdir "$T/pipe"
go "$T/pipe" "$T/pipe.frames" --partners "$T/partners" --rejects "$T/rejects"
"$PY" $R/show_rejects.py "$T/rejects" | cut -d' ' -f2 | sort | uniq -c >"$T/rejects.txt"
[ "$(tr -s ' \n' ' ' <"$T/rejects.txt")" = " 1 BLD_DELIMITER 5 BLD_USAGE " ] || fail "$(cat "$T/rejects.txt")"
grep -qa '^ISA|00|' "$T"/pipe/PAY1-*.837 || fail "PAY1 wants |"

echo "bad settings are refused with file, line and column"
printf 'us: {qualifier: ZZ, id: US}\npayers:\n  A: {nam: B}\n' >"$T/partners/p.yaml"
rc=0
go "$T/pipe" "$T/in.frames" --partners "$T/partners" 2>/dev/null || rc=$?
[ $rc = 78 ] || fail "exit 78 for a bad partner file, not $rc"

echo "a stream without its end mark closes nothing"
head -c 4000 "$T/in.frames" >"$T/torn.frames"
mkdir "$T/torn" && rc=0
go "$T/torn" "$T/torn.frames" || rc=$?
[ $rc = 100 ] || fail "exit 100 for a torn stream, not $rc"
[ -z "$(ls "$T/torn")" ] || fail "files from a torn stream"
go "$T/torn" "$T/in.frames"
diff -r -x .claimwire "$T/a" "$T/torn"

echo "a death before and after each atomic act, and the next run gives the same bytes"
for at in insert.before insert.after seal.before seal.after seal.before:3 seal.after:3 \
    write.before write.after sync.before sync.after rename.before rename.after rename.after:5 \
    rendered.before rendered.after release.before release.after release.after:4; do
    rm -rf "$T/k" && mkdir "$T/k" && rc=0
    (CLAIMWIRE_KILL_AT=build837.$at go "$T/k" "$T/in.frames") >/dev/null 2>&1 || rc=$?
    [ $rc = 137 ] || fail "build837.$at was not visited (exit $rc)"
    for f in "$T"/k/*.837; do # what is there is whole
        [ ! -e "$f" ] || cmp "$f" "$T/a/${f##*/}" || fail "half a file after $at"
    done
    go "$T/k" "$T/in.frames"
    diff -r -x .claimwire "$T/a" "$T/k" || fail "other bytes after a death at $at"
    cmp "$T/a.sent" "$T/k.sent" || fail "other sent records after a death at $at"
done

echo "what waits for a set that does not come goes out by age, while the input is still open"
"$PY" $R/claim_frames.py --no-tally 0 "$T/in.837" >"$T/gap.frames"
mkdir "$T/age"
{ head -c -36 "$T/gap.frames" && sleep 2.5; } | # 36 bytes: the end mark
    "$build837" --out "$T/age" --batch-claims 1000 --batch-age 1 2>>"$T/log" >/dev/null || rc=$?
[ $rc = 100 ] || fail "the end mark was cut off, so exit 100 and not $rc"
"$PY" $R/same_claims.py "$T/in.837" -- "$T"/age/*.837
mkdir "$T/young" && rc=0
{ head -c -36 "$T/gap.frames" && sleep 1; } |
    "$build837" --out "$T/young" --batch-claims 3 2>>"$T/log" >/dev/null || rc=$?
[ -z "$(ls "$T/young")" ] || fail "a batch was closed over a gap"

echo "a payer that does not want our number of a claim gets none; the others do"
mkdir "$T/forbids"
printf 'partner zero "Zero"\npayer PAY0\nwrite\n  trace no\n' >"$T/forbids/zero.partner"
cp config/partners/demo.yaml "$T/forbids/us.yaml"
mkdir "$T/free" && go "$T/free" "$T/in.frames" --partners "$T/forbids"
for f in "$T"/free/*.837; do
    n=$(tr '~' '\n' <"$f" | grep -ac '^REF\*D9\*CW' || true) m=$(tr '~' '\n' <"$f" | grep -ac '^CLM')
    case ${f##*/} in
    PAY0-*) [ "$n" = 0 ] || fail "PAY0 gets $n numbers of ours" ;;
    *) [ "$n" = "$m" ] || fail "${f##*/}: $n numbers for $m claims" ;;
    esac
done
[ "$(ls "$T"/free/PAY0-*.837 | wc -l)" -ge 1 ] || fail "nothing for PAY0"

echo "no claim stands in clear in the store, and no value in the log"
if grep -qa 'TESTER1\|XYZ1002' "$T"/a/.claimwire/outbox.db*; then fail "the store is not sealed"; fi
if grep -qa 'TESTER\|XYZ1002\|19800229' "$T/log"; then fail "a value of a patient in the log"; fi
