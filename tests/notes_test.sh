#!/bin/sh
# The notes of fixtures/notes with the starter table give the codes written beside them, each as
# assigned or suggested, and no other; the inpatient note by the inpatient rule.
set -eu
B=${B:-build}
X=$B/bin/claimwire-code
T=config/codes/starter
fail() { echo "FAIL: $*"; exit 1; }
"$B/bin/claimwire-codeset" --codes $T check >/dev/null || fail "the starter table"
notes=0
for note in fixtures/notes/*.txt; do
    setting=outpatient
    case $note in *discharge*) setting=inpatient ;; esac
    got=$("$X" --codes $T --on 2026-09-03 --setting $setting "$note" |
        sed 's/.*"code":"\([^"]*\)".*"status":"\([^"]*\)".*/\1 \2/' | sort)
    want=$(sort "${note%.txt}.codes")
    [ "$got" = "$want" ] || fail "$note:
$got
-- wanted:
$want"
    notes=$((notes + 1))
done
[ $notes -ge 3 ] || fail "only $notes notes"
# as a suggestion only, where the guidelines forbid coding what is probable
"$X" --codes $T --on 2026-09-03 fixtures/notes/discharge.txt | grep '"code":"J441"' | grep -q suggested ||
    fail "an uncertain diagnosis outpatient"
"$X" --codes $T --on 2026-09-03 --format text fixtures/notes/sore-throat.txt | grep -qF '[Streptococcal pharyngitis]{J020}' ||
    fail "the marked note"
