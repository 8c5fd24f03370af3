# make install puts what is needed where it is found, and the programs work from any folder.
set -u
B=${B:-build}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
failed=0
fail() { echo "FAILED: $*"; failed=1; }
make -s install B="$B" DESTDIR="$T" PREFIX=/usr >"$T/log" 2>&1 || fail "make install: $(tail -3 "$T/log")"
cp fixtures/demo/riverbend.837 "$T/in.837"
bin=$T/usr/bin
[ -s "$T/usr/share/man/man1/claimwire-ingest.1" ] || fail "no manual page"
cd "$T" || exit 1
"$bin/claimwire" validate in.837 >out 2>&1; [ $? = 1 ] || fail "validate: $(head -3 out)"
grep -q S1-026 out || fail "validate finds nothing: $(head -3 out)"
"$bin/claimwire" run usr/share/claimwire/pipelines/clearinghouse.yaml --run run in.837 >out 2>&1 || fail "run: $(tail -5 out)"
[ "$(find run/build837/out -type f | wc -l)" -ge 2 ] || fail "no files were built"
exit $failed
