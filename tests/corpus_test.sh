#!/bin/sh
# Public files: byte for byte through scan, judged right by validate; and the guides against tables
# of facts. Both stand outside of the repository: skipped where they are not.
B=${B:-build}
SHARED=${SHARED:-../shared}
export B
[ -x "$B/bin/claimwire-validate" ] || { echo "claimwire validate is not built"; exit 77; }
[ -f "$SHARED/corpus/manifest.tsv" ] || { echo "no $SHARED/corpus"; exit 77; }
python3 tests/corpus/check_corpus.py "$SHARED/corpus" || exit 1
[ -d "$SHARED/guides" ] || exit 0
exec python3 tests/check_guides.py "$SHARED/guides"
