# Commands agree: help is 0 and on standard output, an unknown option is 64 on standard error, and a
# report that cannot be written is 111, of every command and tool. No colour and no bar into a file.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
rc_of() { timeout 20 "$X" "$@" >"$T/out" 2>"$T/err" </dev/null; rc=$?; }
tools=$(ls "$B/bin" | sed -n 's/^claimwire-//p')
for c in $tools check graph run up down status scale backup restore; do
    for h in -h --help; do
        rc_of "$c" $h
        [ $rc = 0 ] && [ -s "$T/out" ] && [ ! -s "$T/err" ] || fail "$c $h: $rc"
    done
    rc_of "$c" --no-such-option
    [ $rc = 64 ] && [ -s "$T/err" ] && [ ! -s "$T/out" ] || fail "$c --no-such-option: $rc"
done

"$X" run pipelines/clearinghouse.yaml --run "$T/run" fixtures/demo/riverbend.837 >"$T/out" 2>"$T/err" || fail "run"
[ -s "$T/err" ] && fail "a run says on standard error, which is no terminal: $(head -1 "$T/err")"
full() { "$X" "$@" >/dev/full 2>"$T/err"; rc=$?; [ $rc = 111 ] || fail "$1 on a full disk: $rc"; }
full claims --run "$T/run"
full prove --run "$T/run" --json
full explain RB-1001 --run "$T/run"
full quarantine list --run "$T/run"
full report aging --run "$T/run"
full report list
full validate fixtures/demo/riverbend.837
full scan fixtures/demo/riverbend.837
full remit835 --json fixtures/demo/sandbox.835
full guides
full graph pipelines/clearinghouse.yaml
full check pipelines/clearinghouse.yaml
full run pipelines/clearinghouse.yaml --run "$T/run" fixtures/demo/sandbox.835

lines() { # one JSON value a line
    "$X" "$@" 2>/dev/null | /usr/bin/python3 -c 'import json, sys
n = [json.loads(line) for line in sys.stdin]
assert n' 2>/dev/null || fail "$*: not JSON line by line"
}
lines claims --run "$T/run" --json
lines prove --run="$T/run" --json
CLAIMWIRE_RUN=$T/run lines explain RB-1001 --json
CLAIMWIRE_RUN=$T/run lines quarantine list --json
CLAIMWIRE_RUN=$T/run lines quarantine show 1 --json
CLAIMWIRE_RUN=$T/run lines status --json
lines validate --report json fixtures/demo/riverbend.837
lines validate --json fixtures/demo/riverbend.837
lines scan --json fixtures/demo/riverbend.837
lines check --json pipelines/clearinghouse.yaml pipelines/remittance.yaml
lines graph --json pipelines/clearinghouse.yaml
sed 's/replicas: 2/replicas: two/' pipelines/clearinghouse.yaml >"$T/bad.yaml"
lines check --json "$T/bad.yaml"
"$X" check --json "$T/bad.yaml" 2>/dev/null | grep -q "\"file\":\"$T/bad.yaml\",\"line\":8,\"column\":15,\"text\":\"replicas is" ||
    fail "check --json: $("$X" check --json "$T/bad.yaml" 2>&1)"
"$X" check --json "$T/bad.yaml" >/dev/null 2>&1; [ $? = 78 ] || fail "check --json of a bad file is not 78"
"$X" claims --run "$T/run" | grep -q "$(printf '\033')" && fail "colour into a pipe"
exit $failed
