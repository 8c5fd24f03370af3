#!/bin/sh
# quarantine as a filter and from the command line: keeps, shows, releases once, survives kills.
set -eu
B=${B:-build}
py=/usr/bin/python3
tool=$B/bin/claimwire-quarantine
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
frames() { $py tests/lib/frames.py "$@"; }
unset CLAIMWIRE_RUN

# Three refused records; the second by two stages; one that was sent without any reason.
$py - >"$tmp/lines" <<'PY'
import json
def line(n, kind, body, **more):
    print(json.dumps({"id": "%032x" % (0xabcd0000 << 96 | n), "root": "%032x" % 9, "kind": kind,
                      "v": 1, "use": "T", "at": 1788249600000000, "file": "cd" * 32, "off": 100 * n,
                      "len": 99, "seg": n, "seq": 5, "body": body, **more}))
line(1, "set", "ISA*SECRETNAME~", rule="ERA_TX_OUT", why="BPR, segment 2", stage="remit835")
line(2, "claim", "ISA*SECRETNAME~", rule="CLM_VALUE", why="x", stage="build837", unknown="kept")
line(2, "claim", "ISA*SECRETNAME~", rule="USAGE_T", why="y", stage="reconciler")
line(3, "claim", "ISA*OTHER~")
PY
frames write <"$tmp/lines" >"$tmp/in"
keep() { "$tool" --run "$1" <"$tmp/in" >"$tmp/out" 2>"$tmp/err"; }
list() { "$tool" list --run "$1" --json; }
states() { list "$1" | sed 's/.*"number":\([0-9]*\).*"state":"\([a-z]*\)".*/\1 \2/' | tr '\n' ' '; }

keep "$tmp/run" || fail "exit $?"
[ "$(list "$tmp/run" | wc -l)" = 4 ] || fail "not four records"
list "$tmp/run" | head -n 1 >"$tmp/first"
for want in '"number":1,"id":"abcd0000000000000000000000000001"' '"kind":"set"' '"rule":"ERA_TX_OUT"' \
    '"refused_by":"remit835"' '"why":"BPR, segment 2"' '"state":"held"' '"offset":100,"length":99' \
    '"segment":1' "\"file\":\"$(printf 'cd%.0s' $(seq 32))\"" '"tries":0'; do
    grep -qF "$want" "$tmp/first" || fail "list lacks $want"
done
list "$tmp/run" | tail -n 1 | grep -q '"rule":"SENT_HERE"' || fail "no rule for what was sent here"

# Once more: nothing changes.
list "$tmp/run" >"$tmp/before"
keep "$tmp/run" || fail "again: exit $?"
list "$tmp/run" | cmp -s - "$tmp/before" || fail "a repeat changed something"

# No value without --show, in the store, in a log or on the screen; --show is audited.
! grep -rqa SECRETNAME "$tmp/run" "$tmp/err" || fail "a value stands open"
! "$tool" show 1 --run "$tmp/run" | grep -q SECRETNAME || fail "a value without --show"
[ ! -e "$tmp/run/audit.log" ] || fail "audited without reason"
"$tool" show abcd0000000000000000000000000001 --show --run "$tmp/run" | grep -q 'ISA\*SECRETNAME~' ||
    fail "--show does not show"
grep -q '"tool":"quarantine","action":"show","subject":"1"' "$tmp/run/audit.log" || fail "audit"
! grep -q SECRETNAME "$tmp/run/audit.log" || fail "a value in the audit log"

# Release: once, with a further try, without the notes of the refusal, the rest as it was.
"$tool" release 2 --run "$tmp/run" | grep -q 'marked' || fail "release"
[ "$(states "$tmp/run")" = "1 held 2 marked 3 held 4 held " ] || fail "not marked"
rc=0 && "$tool" release 2 --run "$tmp/run" >/dev/null || rc=$?
[ $rc = 1 ] || fail "a second release exits $rc, not 1"
rc=0 && "$tool" release 77 --run "$tmp/run" 2>/dev/null || rc=$?
[ $rc = 1 ] || fail "a release of nothing exits $rc, not 1"
rc=0 && "$tool" release abcd0000 --run "$tmp/run" 2>/dev/null || rc=$?
[ $rc = 1 ] || fail "an id that is not one exits $rc, not 1"
frames write </dev/null >"$tmp/nothing"
"$tool" --run "$tmp/run" <"$tmp/nothing" >"$tmp/out" || fail "release: exit $?"
frames read <"$tmp/out" >"$tmp/released" || fail "no end mark"
[ "$(wc -l <"$tmp/released")" = 1 ] || fail "not one record was released"
$py - "$tmp/lines" "$tmp/released" <<'PY' || fail "the released record is not the refused one"
import json, sys
was = [json.loads(x) for x in open(sys.argv[1])][1]
now = json.loads(open(sys.argv[2]).read())
assert now.pop("try") == 1
for key in ("rule", "why", "stage"):
    was.pop(key)
    assert key not in now, key
assert was == now, (was, now)
PY
[ "$(states "$tmp/run")" = "1 held 2 released 3 held 4 held " ] || fail "not released"
"$tool" --run "$tmp/run" <"$tmp/nothing" >"$tmp/out" && frames read <"$tmp/out" >"$tmp/released"
[ ! -s "$tmp/released" ] || fail "released twice"

# The first refusal comes again: nothing. The release is refused: it is held again.
keep "$tmp/run"
[ "$(states "$tmp/run")" = "1 held 2 released 3 held 4 held " ] || fail "a repeat holds it again"
sed -n 2p "$tmp/lines" | sed 's/{/{"try": 1, /; s/CLM_VALUE/CLM_OTHER/' | frames write >"$tmp/back"
"$tool" --run "$tmp/run" <"$tmp/back" >/dev/null
[ "$(states "$tmp/run")" = "1 held 2 held 3 held 4 held " ] || fail "refused again and not held"
list "$tmp/run" | grep -q '"rule":"CLM_OTHER".*"tries":1' || fail "the new reason is not kept"

# Killed around each atomic act: what was taken is there once, what was marked leaves.
for point in quarantine.commit.before quarantine.commit.after; do
    rc=0 && CLAIMWIRE_KILL_AT=$point "$tool" --run "$tmp/$point" <"$tmp/in" >/dev/null \
        2>&1 || rc=$?
    [ $rc = 137 ] || fail "no kill point $point"
    keep "$tmp/$point" || fail "after $point: exit $?"
    [ "$(states "$tmp/$point")" = "1 held 2 held 3 held 4 held " ] || fail "after a kill at $point"
done
for point in quarantine.mark.before quarantine.mark.after; do
    rm -rf "$tmp/k" && keep "$tmp/k"
    rc=0 && CLAIMWIRE_KILL_AT=$point "$tool" release 1 --run "$tmp/k" >/dev/null 2>&1 || rc=$?
    [ $rc = 137 ] || fail "no kill point $point"
    "$tool" release 1 --run "$tmp/k" >/dev/null || [ $point = quarantine.mark.after ] || fail "after $point"
    [ "$(states "$tmp/k")" = "1 marked 2 held 3 held 4 held " ] || fail "after a kill at $point"
done
for point in quarantine.release.before quarantine.release.after; do
    rm -rf "$tmp/k" && keep "$tmp/k" && "$tool" release 1 --run "$tmp/k" >/dev/null
    rc=0 && CLAIMWIRE_KILL_AT=$point "$tool" --run "$tmp/k" <"$tmp/nothing" >/dev/null \
        2>&1 || rc=$?
    [ $rc = 137 ] || fail "no kill point $point"
    "$tool" --run "$tmp/k" <"$tmp/nothing" >"$tmp/out" || fail "after $point: exit $?"
    frames read <"$tmp/out" | grep -q '"try": 1' || fail "lost at $point"
    [ "$(states "$tmp/k")" = "1 released 2 held 3 held 4 held " ] || fail "after a kill at $point"
done

# Wrong command lines.
for words in "show --run $tmp/run" "list" "list --bad --run x" "list 3 --run $tmp/run"; do
    # shellcheck disable=SC2086
    rc=0 && "$tool" $words >/dev/null 2>&1 || rc=$?
    [ $rc = 64 ] || fail "\"$words\" exits $rc, not 64"
done
