#!/bin/sh
# Round trip: the claims of the files that build837 writes are the claims that came in, segment for
# segment, but for HL numbers and envelopes. Read back by tests/readers/x12claims.py, which shares
# nothing with the C readers.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
SHARED=${SHARED:-../shared}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
R=tests/readers
"$PY" -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
[ -x "$B/bin/claimwire-validator" ] || { echo "the validator is not there yet"; exit 77; }

round() { # NAME FILE...
    name=$1
    shift
    mkdir "$T/$name"
    for tool in ingest validator build837; do : >"$T/$name.$tool.rc"; done
    {
        "$B"/bin/claimwire-ingest "$@" 2>>"$T/log" || echo $? >"$T/$name.ingest.rc"
    } | {
        "$B"/bin/claimwire-validator --rejects "$T/$name.rejects" 2>>"$T/log" ||
            echo $? >"$T/$name.validator.rc"
    } | "$B"/bin/claimwire-build837 --out "$T/$name" --rejects "$T/$name.rejects2" \
        >"$T/$name.sent" 2>>"$T/log"
    cat "$T/$name".ingest.rc "$T/$name".validator.rc >"$T/rc"
    [ ! -s "$T/rc" ] || { cat "$T/rc" "$T/log"; return 1; }
    "$PY" $R/same_claims.py "$@" -- "$T/$name"/*.837
}

echo "a made file: four payers, two billing providers, dependents"
"$PY" $R/make_837.py --sets 3 --claims 40 >"$T/made.837"
round made "$T/made.837"

echo "other delimiters, a newline after each segment"
tr '*:~^' "|>'!" <"$T/made.837" | sed "s/'/'\n/g" >"$T/odd.837"
round odd "$T/odd.837"

echo "two files together"
"$PY" $R/make_837.py --sets 2 --claims 7 --first 1000 >"$T/more.837"
round both "$T/made.837" "$T/more.837"

for kind in I D; do
    echo "the same of kind $kind"
    "$PY" $R/make_837.py --kind $kind --sets 3 --claims 40 >"$T/made$kind.837"
    round "made$kind" "$T/made$kind.837"
    tr '*:~^' "|>'!" <"$T/made$kind.837" | sed "s/'/'\n/g" >"$T/odd$kind.837"
    round "odd$kind" "$T/odd$kind.837"
done

echo "the three kinds together: no file and no group has two of them, every file passes the check"
round mixed "$T/made.837" "$T/madeI.837" "$T/madeD.837"
for f in "$T"/mixed/*.837; do
    n=$(tr '~' '\n' <"$f" | sed -n 's/^GS\*.*\*\(00[^*]*\)$/\1/p; s/^ST\*837\*[0-9]*\*//p' | sort -u | wc -l)
    [ "$n" = 1 ] || { echo "$f: $n versions"; exit 1; }
    "$B/bin/claimwire-validate" "$f" >"$T/said" || { head -5 "$T/said"; exit 1; }
done
[ "$(cat "$T"/mixed/*.837 | tr '~' '\n' | sed -n 's/^GS\*.*\*//p' | sort -u | tr '\n' ' ')" = \
    '005010X222A1 005010X223A2 005010X224A2 ' ] || { echo "not the three versions"; exit 1; }

for f in fixtures/837[pid]/*.837; do
    echo "$f"
    round "$(echo "$f" | tr / _)" "$f"
done

if [ -f "$SHARED/bench/gen_x12.py" ]; then
    echo "10 MB of generated work"
    "$PY" "$SHARED/bench/gen_x12.py" "$T" gen 10000000 >/dev/null
    round gen "$T/gen.837"
fi
