#!/bin/sh
# post: bank files of three forms and entries by hand, to lines that the ledger takes; what is wrong is
# told with its line, and then nothing of the file is taken.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
is() { [ "$1" = "$2" ] || fail "wanted $2 and got $1"; }

is "$("$X" post deposit fixtures/bank/day.ach)" \
    '{"v":"post.v1","what":"deposit","date":"2026-09-17","cents":49680,"reference":"EFTSBX01000001","origin":"1512345678","method":"ach"}'
is "$("$X" post deposit fixtures/bank/day.bai)" \
    '{"v":"post.v1","what":"deposit","date":"2026-09-17","cents":41200,"reference":"EFT0100","origin":"1512345678","method":"bank"}
{"v":"post.v1","what":"deposit","date":"2026-09-17","cents":8800,"reference":"CR88","method":"bank"}'
is "$("$X" post deposit fixtures/bank/day.csv)" \
    '{"v":"post.v1","what":"deposit","date":"2026-09-17","cents":105525,"reference":"EFT0101","origin":"1512345678"}'
is "$("$X" post patient --csv fixtures/bank/front-desk.csv | wc -l)" 2
is "$("$X" post patient --account RB-1 --amount 25 --date 20260905 --reference R-1 --method card)" \
    '{"v":"post.v1","what":"patient","date":"2026-09-05","cents":2500,"account":"RB-1","reference":"R-1","method":"card"}'
is "$("$X" post write-off --account RB-1 --amount 3.50 --date 2026-09-05 --reference W-1 --from denial --by lead --reason 'too late')" \
    '{"v":"post.v1","what":"write-off","date":"2026-09-05","cents":350,"account":"RB-1","reference":"W-1","from":"denial","by":"lead","reason":"too late"}'

is "$("$X" post match --account RB-1 --reference OLD-7 --date 2026-09-05 --by me --reason 'old number')" \
    '{"v":"post.v1","what":"match","date":"2026-09-05","cents":0,"account":"RB-1","reference":"OLD-7","by":"me","reason":"old number"}'

echo "into a folder: one whole file, the same again is the same file"
mkdir "$T/in"
p=$("$X" post deposit fixtures/bank/day.ach fixtures/bank/day.bai --into "$T/in")
is "$("$X" post deposit fixtures/bank/day.ach fixtures/bank/day.bai --into "$T/in")" "$p"
is "$(ls "$T/in" | wc -l)" 1
is "$(wc -l <"$p")" 3

echo "what is wrong"
bad() { # CODE WORDS COMMAND...
    want=$1 words=$2 code=0
    shift 2
    "$@" >"$T/out" 2>"$T/err" || code=$?
    is "$code" "$want"
    [ ! -s "$T/out" ] || fail "something of it was taken: $(cat "$T/out")"
    grep -q "$words" "$T/err" || fail "no '$words' in: $(cat "$T/err")"
}
head -4 fixtures/bank/day.ach >"$T/cut.ach"
bad 100 'cut.ach:0: .*cut off' "$X" post deposit "$T/cut.ach"
sed '3s/0000049680/00000x9680/' fixtures/bank/day.ach >"$T/x.ach"
bad 100 'x.ach:3: .*no number' "$X" post deposit "$T/x.ach"
sed 's/^16,142,8800/16,142,88.00/' fixtures/bank/day.bai >"$T/x.bai"
bad 100 'x.bai:6: .*no number' "$X" post deposit "$T/x.bai"
grep -v '^99' fixtures/bank/day.bai >"$T/cut.bai"
bad 100 'cut off' "$X" post deposit "$T/cut.bai"
sed 's/2026-09-17/someday/' fixtures/bank/day.csv >"$T/x.csv"
bad 100 'x.csv:2: "date"' "$X" post deposit "$T/x.csv"
echo 'when,what' >"$T/y.csv"
bad 100 'y.csv:1: .*columns' "$X" post deposit "$T/y.csv"
: >"$T/empty"
bad 100 'empty' "$X" post deposit "$T/empty"
bad 100 'cannot read' "$X" post deposit "$T/none"
bad 64 amount "$X" post patient --account A --amount -5 --date 2026-09-05 --reference R
bad 64 amount "$X" post patient --account A --amount 1.555 --date 2026-09-05 --reference R
bad 64 date "$X" post patient --account A --amount 5 --date 2026-02-30 --reference R
bad 64 reference "$X" post patient --account A --amount 5 --date 2026-02-20
bad 64 'by and --reason' "$X" post write-off --account A --amount 5 --date 2026-02-20 --reference R --from patient
bad 64 'match needs' "$X" post match --account A --reference R --date 2026-02-20
bad 64 'no --amount' "$X" post match --account A --amount 5 --reference R --date 2026-02-20 --by me --reason x
bad 64 usage "$X" post match --csv x
bad 64 usage "$X" post
bad 64 usage "$X" post gift x
bad 64 usage "$X" post deposit
echo "post_test: all good"
