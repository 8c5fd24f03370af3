# Every kill point, just before and just after each atomic act, visited in turn: the process dies there
# once, comes back, and the run ends with the same files, the same ledger and a proof. Points that
# only a release from quarantine visits are left to the test of that tool, which must name them.
set -u
B=${B:-build}
X=$B/bin/claimwire
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0 points=0
fail() { echo "FAILED: $*"; failed=1; }
/usr/bin/python3 tests/lib/make_claims.py "$dir/in" --claims 400 --per-set 40 --bad-set-every 4 --unbalanced-every 50
play() {
    "$X" run pipelines/clearinghouse.yaml --run "$1" --clock 2026-09-01T08:00:00Z --json \
        "$dir/in.837" "$dir/in.835" >"$dir/summary" 2>"$dir/err"
}
ledger() { /usr/bin/python3 tests/readers/ledger_claims.py "$1" | sort; }
play "$dir/quiet" || { cat "$dir/err"; fail "the undisturbed run"; }
ledger "$dir/quiet" >"$dir/want"
[ -s "$dir/want" ] || fail "nothing in the ledger"
for point in $(grep -rhoE 'kill_point\("[a-z0-9._-]+"\)' tools common --include='*.c' --exclude='*_test.c' |
    sed 's/.*("//;s/").*//' | sort -u); do
    points=$((points + 1))
    case $point in
    quarantine.release.* | quarantine.mark.*)
        grep -q "${point%.*}" tools/quarantine/*_test.sh || fail "nobody visits $point"
        continue ;;
    review.*) # not in this pipeline
        grep -q "${point%.*}" tools/review/review_test.sh || fail "nobody visits $point"
        continue ;;
    gather.*) # nor this one
        grep -q "for point in.* $point" tools/gather/gather_test.sh || fail "nobody visits $point"
        continue ;;
    mailbox.*) # not in this pipeline
        grep -q 'kill_point("mailbox' tests/mailbox_test.sh || grep -q 'mailbox\[a-z' tests/mailbox_test.sh ||
            fail "nobody visits $point"
        continue ;;
    wire.* | submit.answer.*) # over HTTPS
        grep -q "$point" tests/core_https_test.sh || fail "nobody visits $point"
        continue ;;
    core-server.*)
        grep -q "for at in .*${point#*.}" tools/core-server/core-server_test.sh || fail "nobody visits $point"
        continue ;;
    inquire.* | attach.* | authorization.* | eligibility.decide.* | eligibility.release.* | submit.also.*)
        cat "tools/${point%%.*}"/*_test.sh | grep -qF "$point" || fail "nobody visits $point"
        continue ;;
    submit.* | fetch.* | payersim.* | eligibility.* | registrar.*) # nor are these: each is visited, by its name, in its tool's own test
        tool=${point%%.*}
        grep -q "KILL_AT=.*$tool\." "tools/$tool/${tool}_test.sh" && grep -q "${point#*.}" "tools/$tool/${tool}_test.sh" ||
            fail "nobody visits $point"
        continue ;;
    esac
    rm -rf "$dir/run"
    CLAIMWIRE_KILL_AT=$point play "$dir/run" || { fail "$point: exit $?"; tail -5 "$dir/err"; continue; }
    grep -q '"restarts":[1-9]' "$dir/summary" || fail "$point was not visited"
    diff -r "$dir/quiet/build837/out" "$dir/run/build837/out" >"$dir/diff" || fail "$point: files differ: $(head -3 "$dir/diff")"
    diff -r "$dir/quiet/respond/out" "$dir/run/respond/out" >"$dir/diff" || fail "$point: answers differ: $(head -3 "$dir/diff")"
    ledger "$dir/run" | cmp -s - "$dir/want" || fail "$point: the ledger differs"
    "$X" prove --run "$dir/run" >"$dir/proof" 2>&1 || fail "$point: $(tail -3 "$dir/proof")"
done
[ "$points" -ge 10 ] || fail "only $points kill points"
echo "$points kill points"
exit $failed
