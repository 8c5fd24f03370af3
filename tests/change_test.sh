# A house is changed while claims run: scaled to three validators and back, stopped and started with a
# stage in another language spliced in, then with an upgraded set of tools. Nothing is lost, nothing
# doubled, and the payers' files are byte for byte those of a house that nobody touched.
set -u
B=${B:-build}
X=$(pwd)/$B/bin/claimwire
T=$(mktemp -d)
R=$T/run
CLOCK=2026-09-01T08:00:00Z
failed=0
fail() { echo "FAILED: $*"; failed=1; }
trap '"$X" down --run "$R" >/dev/null 2>&1; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$T/in"
for p in clearinghouse spliced; do
    sed "s#^  ingest:#&\n    settings: {watch: $T/in, settle: 100}#" pipelines/$p.yaml >"$T/$p.yaml"
done
for n in 1 2 3; do
    /usr/bin/python3 tests/lib/make_claims.py "$T/part$n" --claims "${CLAIMS:-25000}" --per-set 50 --bad-set-every 20 \
        --isa $n --first $((n * 100000)) --seed $n
done
drop() { cp "$T/part$1.837" "$T/in/part$1.tmp" && mv "$T/in/part$1.tmp" "$T/in/part$1.837"; }
field() { "$X" status --run "$R" --json 2>/dev/null | python3 -c 'import json, sys
try:
    s = [p for p in json.load(sys.stdin)["processes"] if p["stage"] == "ingest"][0]["status"]
    print(s.get(sys.argv[1], 0))
except (ValueError, KeyError, TypeError, IndexError):
    print(0)' "$1"; }
# until_taken FILES: so many files have come in, and the last is planned: its sets are on their way
until_taken() { n=0; until [ "$(ls "$R/ingest/spool" 2>/dev/null | wc -l)" -ge "$1" ]; do
    sleep 0.02; n=$((n + 1)); [ $n -lt 3000 ] || { fail "file $1 is not taken in"; return; }; done
    n=0; until [ -n "$(ls "$R/ingest/progress")" ] || [ $n = 100 ]; do sleep 0.02; n=$((n + 1)); done; }
# until_done: everything has been acknowledged
until_done() { n=0; until [ "$(ls "$R/ingest/progress" | wc -l)" = 0 ]; do
    sleep 0.1; n=$((n + 1)); [ $n -lt 1200 ] || { fail "not all is acknowledged: $("$X" status --run "$R")"; return; }; done; }

busy=0 # changes that met claims under way: counted just before each
count() { [ -z "$(ls "$R/ingest/progress")" ] || busy=$((busy + 1)); }

"$X" up "$T/clearinghouse.yaml" --run "$R" --clock $CLOCK || { fail "up"; exit 1; }
drop 1
until_taken 1
count
"$X" scale --run "$R" validator=3 || fail "scale up"
[ "$("$X" status --run "$R" | grep -c '^validator\.')" = 3 ] || fail "not three validators"
"$X" scale --run "$R" validator=1 || fail "scale down"
drop 2
until_taken 2
count
"$X" down --run "$R" || fail "down in mid-run"
"$X" up "$T/spliced.yaml" --run "$R" --clock $CLOCK || { fail "up with a stage spliced in"; exit 1; }
drop 3
until_taken 3
count
"$X" down --run "$R" || fail "down with the stage spliced in"
# The upgrade: the same pipeline from another folder of tools, whose validator says another version.
cp -r "$B/bin" "$T/bin"
sed 's/\.version = "[^"]*"/.version = "next"/' tools/validator/validator.c >"$T/validator.c"
# shellcheck disable=SC2046
gcc -std=c17 -D_GNU_SOURCE -I. -o "$T/bin/claimwire-validator" "$T/validator.c" \
    $(ls tools/validator/*.c | grep -v -e '/validator\.c' -e _test -e _fuzz) "$B/libclaimwire.a" \
    $(pkg-config --cflags --libs libzmq msgpack sqlite3 libsodium yaml-0.1 jansson libzstd lua5.4) -lm -lpthread || fail "cannot build the upgrade"
"$T/bin/claimwire-validator" --describe | grep -q '"version":"next"' || fail "no upgrade"
CLAIMWIRE_BIN=$T/bin "$T/bin/claimwire" up "$T/spliced.yaml" --run "$R" --clock $CLOCK || { fail "up with other tools"; exit 1; }
until_done
[ "$("$X" status --run "$R" --json | grep -o '"state":"running"' | wc -l)" -ge 8 ] || fail "not all run"
"$X" down --run "$R" --finish || fail "finish"

cp -r "$T/in" "$T/quiet.in"
"$X" run pipelines/clearinghouse.yaml --run "$T/quiet" --clock $CLOCK "$T"/in/part[123].837 >"$T/out" 2>&1 || fail "the quiet house: $(cat "$T/out")"
diff -r "$T/quiet/build837/out" "$R/build837/out" >"$T/diff" || fail "files differ: $(head -5 "$T/diff")"
python3 -c "import json; print('\n'.join(sorted(c for n in (1, 2, 3) for c in json.load(open(f'$T/part{n}.json'))['leave'])))" >"$T/want"
cat "$R"/build837/out/* | tr -d '\n' | tr '~' '\n' | sed -n 's/^CLM\*\([^*]*\)\*.*/\1/p' | sort >"$T/got"
cmp -s "$T/got" "$T/want" || fail "$(wc -l <"$T/got") claims left of $(wc -l <"$T/want"): $(diff "$T/got" "$T/want" | head -3)"
/usr/bin/python3 tests/readers/ledger_claims.py "$R" | sort | cmp -s - "$T/want" || fail "the ledger does not hold the same claims"
"$X" prove --run "$R" >"$T/proof" 2>&1 || fail "prove: $(tail -5 "$T/proof")"
[ $busy -ge 2 ] || fail "only $busy of 3 changes met claims under way"
exit $failed
