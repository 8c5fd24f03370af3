#!/bin/sh
# A set that was refused, released when its cause is mended (here: a guide that was too narrow): its
# claims leave once, the books count them, its first answer stands, and prove finds no fault. A second
# release of what still does not stand is held again.
set -eu
B=${B:-build}
cw=$B/bin/claimwire
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN
guide=837P.005010X222A1.guide
cp -r config/guides "$tmp/guides"
narrow() {
    awk '/segment PER S 2 like PER when 01=IC/ { in_per = 1 }
         in_per && /03 R = EM FX TE/ { sub(/EM FX TE/, "EM FX"); in_per = 0 }
         { print }' config/guides/$guide >"$tmp/guides/$guide"
}
sed "s|    replicas: 2|&\n    settings: {guides: $tmp/guides}|" pipelines/clearinghouse.yaml >"$tmp/p.yaml"
play() { # HOUR FILE...
    hour=$1
    shift
    "$cw" run "$tmp/p.yaml" --run "$tmp/run" --clock "2026-09-20T$hour:00:00Z" "$@" >"$tmp/out" 2>&1 ||
        fail "run: $(cat "$tmp/out")"
    "$cw" prove --run "$tmp/run" >"$tmp/proof" || fail "prove: $(grep -A1 BROKEN "$tmp/proof")"
}
release() { "$cw" quarantine release 1 --run "$tmp/run" >/dev/null || fail "release"; }
sent() { cat "$tmp"/run/build837/out/*.837 2>/dev/null | grep -o 'CLM\*[A-Z0-9-]*' | sort; }
narrow
play 08 fixtures/837p/clean.837
"$cw" claims --run "$tmp/run" | grep -q '1 whole set' || fail "the set is not refused"
release
play 09 # still too narrow: held again
"$cw" quarantine list --run "$tmp/run" --json | grep -q '"state":"held".*"tries":1' || fail "not held again"
[ -z "$(sent)" ] || fail "claims of a refused set left"
cp config/guides/$guide "$tmp/guides/"
release
play 10
[ "$(sent)" = "$(grep -o 'CLM\*[A-Z0-9-]*' fixtures/837p/clean.837 | sort)" ] || fail "sent: $(sent)"
"$cw" claims --run "$tmp/run" --json >"$tmp/claims"
[ "$(grep -c '"sent":true' "$tmp/claims")" = 5 ] || fail "not five claims: $(cat "$tmp/claims")"
"$cw" claims --run "$tmp/run" | grep -q 'refused:' && fail "it counts as refused still"
[ "$(ls "$tmp/run/respond/out" | wc -l)" = 1 ] || fail "the group is answered twice"
play 11 fixtures/837p/clean.837
[ "$(sent | wc -l)" = 5 ] || fail "sent again"

# A claim refused alone for a rule that is mended later: the same. Out of balance, it stays.
mkdir "$tmp/rules"
rule() { # PLACE: of claim B1, that must be there
    cat >"$tmp/rules/X7-001.rule" <<END
rule S7-999
on 837P
per claim
severity claim
report 277CA A7:249
source V4
text one claim is wanted with a number that it has not
when 2300/CLM-01 in (CLM-B1)
need exists($1)
END
}
sed "s|    replicas: 2|&\n    settings: {partners: none, rules: $tmp/rules}|" pipelines/clearinghouse.yaml >"$tmp/p.yaml"
rm -rf "$tmp/run"
rule '2300/REF[01=P4]'
sed 's/CLM\*CLM-A1\*190/CLM*CLM-A1*191/' fixtures/837p/clean.837 >"$tmp/two.837"
play 08 "$tmp/two.837"
[ "$(sent | wc -l)" = 3 ] || fail "three claims stand: $(sent)"
[ "$("$cw" claims --run "$tmp/run" | grep -c 'refused: 2 claims alone')" = 1 ] || fail "not two refused"
rule 2300/CLM-01
"$cw" quarantine release 1 2 --run "$tmp/run" >/dev/null || fail "release of claims"
play 09
[ "$(sent | wc -l)" = 4 ] || fail "the claim whose rule was mended is not sent: $(sent)"
[ "$("$cw" claims --run "$tmp/run" | grep -c 'refused: 1 claims alone')" = 1 ] || fail "not one refused"
"$cw" quarantine list --run "$tmp/run" --json | grep '"state":"held"' >"$tmp/held"
[ "$(wc -l <"$tmp/held")" = 1 ] && grep -q '"rule":"S3-001".*"tries":1' "$tmp/held" ||
    fail "the claim out of balance is not held again, for its reason: $(cat "$tmp/held")"
echo "released_set ok"
