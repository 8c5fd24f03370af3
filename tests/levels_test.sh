#!/bin/sh
# Every pipeline that comes with the programs checks levels 1 to 6 without being told: a claim that breaks
# a rule of level 4 is refused alone, one of level 5 as well, a warning of level 6 is said and stops nobody.
# rules: none leaves them out. What a profile says (level 7) is in force beside them; an account number that
# comes twice (S7-007B) is no matter of a stage.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAILED: $*" >&2; exit 1; }
# CLM-A1: an NPI whose check digit is wrong; CLM-B2: a pointer to no diagnosis; CLM-B1: a waived test
# without its certificate; CLM-B3 is named as B1 is.
sed -e 's/^\(NM1\*DN\*1\*REFERRER.*XX\*\)[0-9]*/\12000000037/' -e 's/^SV1\*HC:99213\*180\*UN\*1\*\*\*1/&:9/' \
    -e 's/^SV1\*HC:93000/SV1*HC:81002:QW/' -e 's/^CLM\*CLM-B3/CLM*CLM-B1/' fixtures/837p/clean.837 >"$T/in.837"
for p in clearinghouse acknowledged mailboxes submitted spliced office professional remittance; do
    "$X" run "pipelines/$p.yaml" --run "$T/$p" --clock 2026-09-20T08:00:00Z "$T/in.837" >"$T/out" 2>&1 ||
        fail "$p: $(tail -3 "$T/out")"
    "$X" quarantine list --run "$T/$p" --json >"$T/list" || fail "$p: quarantine"
    got=$(grep -o '"refused_by":"validator","rule":"[^"]*"' "$T/list" | cut -d'"' -f8 | sort | tr '\n' ' ')
    [ "$got" = "S4-013 S5-001B " ] || fail "$p: refused for $got"
    "$X" explain CLM-B1 --run "$T/$p" >"$T/life" 2>&1 || fail "$p: $(cat "$T/life")"
    grep -q CLM-A2 "$T/$p"/build837/out/*.837 2>/dev/null || [ $p = remittance ] || fail "$p: nothing is sent"
done

# The verdict says the warning, and not the number that came twice.
"$X" ingest "$T/in.837" 2>/dev/null >"$T/sets" || fail ingest
rules() { # OPTION...: ids in the verdict
    "$B/bin/claimwire-validator" --rejects "$T/no" "$@" <"$T/sets" 2>"$T/err" | grep -a -o '"rule":"S[4-7][^"]*"' |
        cut -d'"' -f4 | sort -u | tr '\n' ' '
}
got=$(rules)
case $got in *S4-013*S5-001B*"S6-005 "*) ;; *) fail "the verdict says $got" ;; esac
case $got in *S7-007B*) fail "level 7, unasked: $got" ;; esac
case $(rules --level 7) in *S7-007B*) ;; *) fail "level 7 is asked for and not there" ;; esac
[ -z "$(rules --rules none)" ] || fail "rules: none: $(rules --rules none)"
[ -z "$(rules --level 3)" ] || fail "level 3: $(rules --level 3)"
mkdir "$T/partners"
printf 'partner sandbox\npayer SBX01\nclaims\n  timely-days 1\n' >"$T/partners/sandbox.partner"
for o in "" "--level 4" "--rules none"; do
    # shellcheck disable=SC2086
    case $(rules --partners "$T/partners" $o) in *S7-008*) ;; *) fail "what a profile says is left out: $o" ;; esac
done
echo "levels_test: all good"
