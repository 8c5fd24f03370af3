#!/bin/sh
# A word that a tool does not understand may be a patient's name, typed in the wrong place: no tool repeats
# it. What may be named is a file that cannot be read, an option, and what stands in a settled list (a report).
set -eu
B=${B:-build}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
said=0
try() { # WORDS...: the last is the name
    rc=0
    timeout 20 "$B/bin/claimwire" "$@" </dev/null >"$T/out" 2>"$T/err" || rc=$?
    [ $rc != 0 ] || { echo "FAILED: $1 took it" >&2; exit 1; }
    [ -s "$T/err" ] || { echo "FAILED: $1 said nothing" >&2; exit 1; }
    if grep -v -e 'cannot read' -e 'there is no report' "$T/err" | grep -qi quillfeather; then
        echo "FAILED: claimwire $* repeats the word" >&2 && said=1
    fi
}
mkdir "$T/run" "$T/run/reconciler" "$T/run/quarantine"
for tool in acks build837 claims explain gather mailbox prove quarantine rebill reconciler registrar remit835 \
    respond review submit work; do
    try $tool "QUILLFEATHER^ADA"
done
for tool in claims prove followup work; do
    try $tool --run "$T/run" "QUILLFEATHER^ADA"
done
try work show "QUILLFEATHER^ADA" --run "$T/run"
try explain --run "$T/run" "QUILLFEATHER^ADA"
try statement "QUILLFEATHER^ADA" --run "$T/run" --as biller
try quarantine show "QUILLFEATHER^ADA" --run "$T/run"
exit $said
