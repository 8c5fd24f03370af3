#!/bin/sh
# G08: an encounter of a hospital becomes an 837I, written down before by hand; it goes through the office's
# pipeline to a file for the payer, and the payer's 835 with interest is posted.
set -eu
B=${B:-build}
X=$B/bin/claimwire
G=fixtures/g08
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
unset CLAIMWIRE_RUN
office() { "$X" run pipelines/professional.yaml --run "$T/run" --clock "$@" >"$T/log" 2>&1 || { cat "$T/log"; fail "run"; }; }
claims() { "$X" claims --run "$T/run" --json; }

echo "the claim is the one written by hand, and our validator finds it clean at every level"
office 2026-08-06T08:00:00Z $G/stay.jsonl
pcn=$(claims | sed -n 's/^{"claim":"\([^"]*\)","in":1845000,.*/\1/p')
[ ${#pcn} = 17 ] || fail "no claim of 18,450.00: $(claims; "$X" quarantine list --run "$T/run")"
set -- "$T"/run/build837/out/*.837
[ $# = 1 ] && [ -f "$1" ] || fail "files: $*"
case $1 in */HPX01-*) ;; *) fail "for whom is $1" ;; esac
tr -d '\n' <"$1" | tr '~' '\n' | sed "s/$pcn/PCN/;s/^REF\*D9\*CW[0-9A-F]*$/REF*D9*OURS/;s/$/~/" | sed -n '/^HL\*1/,$p' | grep -v '^\(SE\|GE\|IEA\)\*\|^~$' >"$T/got"
diff $G/claim.segments "$T/got" || fail "the claim is another"
tr '~' '\n' <"$1" | grep -q '^GS\*HC\*.*\*X\*005010X223A2$' || fail "version"
"$B/bin/claimwire-validate" --max-level 7 "$1" >"$T/v" 2>&1 || fail "$(cat "$T/v")"

echo "the 835: paid 9,800.00, interest beside it, 1,600.00 of the patient"
sed "s/\*PCN\*/*$pcn*/;s/^CLP\*PCN/CLP*$pcn/" $G/remit.835 >"$T/remit.835"
office 2026-09-16T08:00:00Z "$T/remit.835"
claims | grep -q "^{\"claim\":\"$pcn\",\"in\":1845000,.*\"paid\":980000,\"adjusted\":705000,\"patient\":160000,\"open\":0," ||
    fail "$(claims)"
claims | grep -q '"cash":984215,"unapplied":0,.*"interest":4215,.*"balanced":true' || fail "$(claims | tail -1)"
"$X" prove --run "$T/run" >"$T/proof" 2>&1 || fail "$(cat "$T/proof")"
echo "g08_test: all good"
