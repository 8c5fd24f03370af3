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

for f in fixtures/837p/*.837; do
    echo "$f"
    round "$(basename "$f" .837)" "$f"
done

if [ -f "$SHARED/bench/gen_x12.py" ]; then
    echo "10 MB of generated work"
    "$PY" "$SHARED/bench/gen_x12.py" "$T" gen 10000000 >/dev/null
    round gen "$T/gen.837"
fi
