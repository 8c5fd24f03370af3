#!/bin/sh
# Records of usage T in a production pipeline: refused by every keeper, kept by quarantine, released
# through the port of who refused them when the pipeline is production no more, once.
set -eu
B=${B:-build}
cw=$B/bin/claimwire
q=$B/bin/claimwire-quarantine
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && tail -n 5 "$tmp"/run/log/*.log >&2 && exit 1; }
unset CLAIMWIRE_RUN
mkdir "$tmp/in" && cp fixtures/835/clean.835 "$tmp/in"
pipeline() { # PRODUCTION
    cat <<END
pipeline: released
production: $1
clock: 2026-09-20T08:00:00Z
stages:
  replay:
    settings: {guides: none, folder: $tmp/in}
    to: {sets: remit835, envelope: respond, encounters: quarantine, rejects: quarantine}
  remit835:
    to: {remits: reconciler, rejects: quarantine}
  respond:
    to: {rejects: quarantine}
  reconciler:
    to: {rejects: quarantine}
  quarantine:
    to: {reconciler: reconciler, respond: respond}
END
}
count() { "$q" list --run "$tmp/run" --json | grep -c "\"state\":\"$1\"" || true; }

pipeline true >"$tmp/production.yaml"
pipeline false >"$tmp/test.yaml"
timeout 60 "$cw" run "$tmp/production.yaml" --run "$tmp/run" >"$tmp/out" 2>&1 || fail "run: exit $?"
"$q" list --run "$tmp/run" --json >"$tmp/list"
[ "$(wc -l <"$tmp/list")" = 11 ] || fail "not eleven records: 9 of the 835, interchange and group"
[ "$(grep -c '"rule":"USAGE_T"' "$tmp/list")" = 11 ] || fail "a record of usage T was taken"

# Marked; nothing moves while the pipeline is a production one: they come back and are held again.
# shellcheck disable=SC2046
"$q" release $(seq 1 11) --run "$tmp/run" >/dev/null || fail "release: exit $?"
timeout 60 "$cw" run "$tmp/production.yaml" --run "$tmp/run" >"$tmp/out" 2>&1 || fail "run 2: $?"
[ "$(count held)" = 11 ] || fail "refused again, but not held again"
[ "$("$q" list --run "$tmp/run" --json | grep -c '"tries":1')" = 11 ] || fail "tries"

# shellcheck disable=SC2046
"$q" release $(seq 1 11) --run "$tmp/run" >/dev/null || fail "release: exit $?"
timeout 60 "$cw" run "$tmp/test.yaml" --run "$tmp/run" >"$tmp/out" 2>&1 || fail "run 3: exit $?"
[ "$(count released)" = 11 ] || fail "not all are released: $(count held) held, $(count marked) marked"
timeout 60 "$cw" run "$tmp/test.yaml" --run "$tmp/run" >"$tmp/out" 2>&1 || fail "run 4: exit $?"
[ "$(count released)" = 11 ] || fail "released records came again"
ls "$tmp/run/reconciler/ledger.db" >/dev/null || fail "no ledger"
