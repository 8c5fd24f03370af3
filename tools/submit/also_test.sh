#!/bin/sh
# Files that are no claims go out by their names: once, over the partner's wire, whatever dies in between;
# what no wire leads to, or test traffic for a production wire, is held with the reason.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; cat "$T/log" 2>/dev/null; exit 1; }
unset CLAIMWIRE_RUN
mkdir "$T/wires" "$T/there"
cat >"$T/wires/w.yaml" <<END
submit:
  SBX01: {by: folder, usage: T, dir: $T/there}
  PAX01: {by: folder, usage: P, dir: $T/there}
END
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
run() { "$X" run "$T/house.yaml" --run "$1" --clock 2026-10-01T08:00:00Z >"$T/log" 2>&1 || fail "run"; }
lay() { # RUN: inquiries lie there, one of them half-written, one that is no file of ours
    mkdir -p "$1/eligibility/out" "$1/inquire/out"
    cp fixtures/270/clean.270 "$1/eligibility/out/SBX01-000000001.270"
    cp fixtures/276/clean.276 "$1/inquire/out/SBX01-000000001.276"
    cp fixtures/270/clean.270 "$1/eligibility/out/PAX01-000000002.270"
    cp fixtures/270/clean.270 "$1/eligibility/out/NOWIRE-000000003.270"
    printf 'ISA*00' >"$1/eligibility/out/SBX01-000000004.270.tmp"
    echo x >"$1/eligibility/out/notes"
}
lay "$T/a"
run "$T/a"
[ "$(ls "$T/there" | grep -vc manifest)" = 2 ] || fail "there: $(ls "$T/there")"
cmp fixtures/276/clean.276 "$T/there/SBX01-000000001.276" || fail "other bytes"
"$X" submit list --run "$T/a" >"$T/list"
grep -q 'delivered SBX01 .*SBX01-000000001.270' "$T/list" || fail "$(cat "$T/list")"
grep -q 'held .*PAX01.*SUB_USAGE' "$T/list" || fail "test traffic for production: $(cat "$T/list")"
grep -q 'held .*NOWIRE.*SUB_NO_WIRE' "$T/list" || fail "no wire: $(cat "$T/list")"
rm "$T"/there/*
run "$T/a"
[ -z "$(ls "$T/there")" ] || fail "sent twice: $(ls "$T/there")"
for at in submit.also.before submit.also.after submit.delivered.after; do
    rm -rf "$T/dead" "$T"/there/*
    lay "$T/dead"
    CLAIMWIRE_KILL_AT="$at@$T/died.$at" "$X" run "$T/house.yaml" --run "$T/dead" --clock 2026-10-01T08:00:00Z >"$T/log" 2>&1 || fail "$at"
    [ -e "$T/died.$at" ] || fail "$at was not visited"
    [ "$(ls "$T/there" | grep -vc manifest)" = 2 ] || run "$T/dead"
    cmp fixtures/270/clean.270 "$T/there/SBX01-000000001.270" || fail "$at: other bytes"
    [ "$("$X" submit list --run "$T/dead" --json | grep -c '"state":"delivered"')" = 2 ] || fail "$at: $("$X" submit list --run "$T/dead")"
done
echo "also_test: all good"
