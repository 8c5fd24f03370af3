# A record that kills who handles it, in the whole clearinghouse: it ends in quarantine, alone, with
# rule POISON; every other claim leaves. In turn it kills the validator (its set goes), build837 (that
# claim), the reconciler (that claim), and a stage in another language together with its harness.
# Then the cause is mended, the record is released, once, and it leaves too.
set -u
B=${B:-build}
X=$B/bin/claimwire
case $(ldd "$B/bin/claimwire-build837") in *libasan*) echo "not with a sanitizer preloaded"; exit 77 ;; esac
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
trap 'rm -rf "$T"' EXIT
gcc -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC -o "$T/poison.so" tests/crash/poison.c || exit 1
/usr/bin/python3 tests/lib/make_claims.py "$T/in" --claims 600 --per-set 20
# A claim of which no rule has anything to say: a verdict names those of which one has, and is the
# death of the reconciler as well then.
sed -i 's/CLM\*C000000334\*/CLM*POISON333*/' "$T/in.837"
sed '/^CLM/!d; s/^CLM\*\([^*]*\).*/\1/' "$T/in.837" | sort >"$T/all"
[ "$(grep -c POISON "$T/all")" = 1 ] || { echo "no poison was made"; exit 1; }

cat >"$T/deadly.py" <<'END'
import os, re, signal, sys
text = open("fixtures/stages/audit.py").read()
kill = 'os.kill(os.getppid(), 9) if b"CLM*POISON" in body else None'
exec("import os\n" + re.sub(r"(\n +)(fine = )", lambda m: m[1] + kill + m[0], text, 1))
END
left() { cat "$1"/build837/out/*.837 | tr -d '\n' | tr '~' '\n' | sed -n 's/^CLM\*\([^*]*\).*/\1/p' | sort; }

# play NAME PIPELINE COMM KIND GONE: GONE claims stay behind, in one record of KIND
play() {
    R=$T/$1
    cp "pipelines/$2.yaml" "$T/$1.yaml"
    [ "$1" != audit ] || sed "s#fixtures/stages/audit.py#$T/deadly.py#" "$T/$1.yaml" >"$T/$1.deadly.yaml"
    [ "$1" = audit ] || cp "$T/$1.yaml" "$T/$1.deadly.yaml"
    POISON_IN=$3 LD_PRELOAD=$T/poison.so timeout 120 "$X" run "$T/$1.deadly.yaml" --run "$R" "$T/in.837" \
        >"$T/out" 2>&1 || fail "$1: run: $(tail -3 "$T/out")"
    "$X" quarantine list --run "$R" --json >"$T/list"
    [ "$(wc -l <"$T/list")" = 1 ] || fail "$1: $(wc -l <"$T/list") records in quarantine, not one"
    grep -q "\"kind\":\"$4\".*\"rule\":\"POISON\"" "$T/list" || fail "$1: $(head -1 "$T/list")"
    grep -q '"why":"..*","state"' "$T/list" || fail "$1: no reason"
    left "$R" >"$T/left"
    [ "$(comm -13 "$T/left" "$T/all" | wc -l)" = "$5" ] || fail "$1: $(comm -13 "$T/left" "$T/all" | wc -l) claims stay behind, not $5"
    [ -z "$(uniq -d "$T/left")" ] || fail "$1: doubled: $(uniq -d "$T/left" | head -3)"
    # Released too early it is held again, alone.
    "$X" quarantine release 1 --run "$R" >"$T/said" || fail "$1: release"
    POISON_IN=$3 LD_PRELOAD=$T/poison.so timeout 120 "$X" run "$T/$1.deadly.yaml" --run "$R" >"$T/out" 2>&1 || fail "$1: released too early: $(tail -3 "$T/out")"
    "$X" quarantine list --run "$R" --json >"$T/list"
    grep -c '"state":"held"' "$T/list" | grep -qx 1 && [ "$(wc -l <"$T/list")" = 1 ] || fail "$1: not held again: $(cat "$T/list")"
    "$X" quarantine release 1 --run "$R" >"$T/said" || fail "$1: release again"
    "$X" quarantine release 1 --run "$R" >"$T/said" 2>&1 && fail "$1: released twice"
    timeout 120 "$X" run "$T/$1.yaml" --run "$R" >"$T/out" 2>&1 || fail "$1: run again: $(tail -3 "$T/out")"
    left "$R" | cmp -s - "$T/all" || fail "$1: after the release $(left "$R" | wc -l) claims left, not 600, each once"
    "$X" quarantine list --run "$R" --json | grep -q '"state":"released"' || fail "$1: not released"
    "$X" prove --run "$R" >"$T/proof" 2>&1 || fail "$1: prove: $(grep -A1 BROKEN "$T/proof")"
    /usr/bin/python3 tests/readers/ledger_claims.py "$R" | sort | cmp -s - "$T/all" || fail "$1: the ledger does not hold each claim once"
}
play validator clearinghouse claimwire-validator set 20
play build837 clearinghouse claimwire-build837 claim 1
play reconciler clearinghouse claimwire-reconciler claim 0
play audit spliced nobody claim 1
exit $failed
