#!/bin/sh
# No PHI where it has no business: after a full run with accepted, refused, rejected and quarantined
# claims and a remittance, every name, member id and birth date of the fixtures is looked for in
# every log, status file and output of a command without --show, and, in clear, in every store.
set -eu
B=${B:-build}
X=$B/bin/claimwire
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
mkdir "$dir/out"
/usr/bin/python3 tests/lib/make_claims.py "$dir/in" --claims 300 --per-set 20 --bad-set-every 4 --unbalanced-every 37
# a line that breaks rules on patient fields, so that findings are made about them
sed 's/^DMG\*D8\*\([0-9]*\)\*F~/DMG*D8*\1X*F~/; s/^NM1\*IL\*1\*TESTER\*ANNA/NM1*IL*1*TESTER*ANNA*****BADQ/' "$dir/in.837" >"$dir/faulty.837"
for report in text json; do
    "$X" validate --report $report "$dir/faulty.837" >"$dir/out/validate.$report" 2>&1 || true
done
[ -s "$dir/out/validate.json" ] || fail "the faulty file gave no finding"
X_RUN="--run $dir/run"
# shellcheck disable=SC2086  # two words on purpose
{
    "$X" run pipelines/clearinghouse.yaml $X_RUN --json "$dir/in.837" >"$dir/out/run" 2>&1 || true
    "$X" run pipelines/clearinghouse.yaml $X_RUN --json "$dir/in.835" >"$dir/out/run2" 2>&1 || true
    for command in status claims prove 'quarantine list' 'explain C000000001'; do
        # shellcheck disable=SC2086
        "$X" $command $X_RUN >"$dir/out/$(echo "$command" | tr ' ' _)" 2>&1 || true
        # shellcheck disable=SC2086
        "$X" $command $X_RUN --json >"$dir/out/$(echo "$command" | tr ' ' _).json" 2>&1 || true
    done
}
grep -q "came in" "$dir/out/explain_C000000001" || fail "explain said nothing: $(cat "$dir/out/explain_C000000001")"
[ -n "$(ls "$dir/run/log")" ] || fail "no logs were written"

cat > "$dir/tokens.py" <<'END'
import re, sys
tokens = set()
for path in sys.argv[1:]:
    for segment in re.split(r"[~\n]+", open(path).read()):
        e = segment.split("*")
        if e[0] == "NM1" and e[1] in ("IL", "QC"):
            tokens |= {e[3], e[9]} | {e[4] + "*" + e[3], e[3] + "*" + e[4]}
        if e[0] == "DMG":
            tokens |= {e[2], f"{e[2][:4]}-{e[2][4:6]}-{e[2][6:8]}"}
print("\n".join(sorted(t for t in tokens if len(t) > 4)))
END
/usr/bin/python3 "$dir/tokens.py" "$dir/in.837" "$dir/in.835" >"$dir/tokens"
[ "$(wc -l <"$dir/tokens")" -gt 300 ] || fail "the fixtures gave too few tokens"
if grep -rlaFf "$dir/tokens" "$dir/out" "$dir/run/log" "$dir/run/status"; then
    grep -rhaoFf "$dir/tokens" "$dir/out" "$dir/run/log" "$dir/run/status" | sort | uniq -c | head -5
    fail "values of patients in what people and logs see (files above)"
fi
# at rest: everything but the partner's own bytes: files as they came (spool) and as they go (out)
if find "$dir/run" -type f ! -path '*/out/*' ! -path '*/spool/*' -print0 | xargs -0 grep -laFf "$dir/tokens"; then
    fail "values of patients in clear at rest (files above)"
fi
# and the search itself finds them where they must be
grep -qaFf "$dir/tokens" "$dir"/run/build837/out/* || fail "the search finds nothing even in the claims"
