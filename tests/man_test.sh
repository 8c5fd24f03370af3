# Every tool has a manual page with its sections, and -h agrees with it: what SYNOPSIS offers -h
# offers, and every option that the tool reads is in the page.
set -u
B=${B:-build}
failed=0
fail() { echo "FAILED: $*"; failed=1; }
make -s man B="$B" || fail "make man"
options() { grep -oE -- '--[a-z][a-z0-9-]*' | sort -u; }
tools=0
for c in tools/*/; do
    name=$(basename "$c")
    tool=claimwire-$name
    [ "$name" = claimwire ] && tool=claimwire
    page=$B/man/$tool.1
    tools=$((tools + 1))
    for section in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES; do
        grep -q "^\.SH $section\$" "$page" || fail "$tool has no $section"
    done
    sed 's/\\-/-/g' "$page" >"$B/tmp.page"
    sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$B/tmp.page" >"$B/tmp.synopsis"
    "$B/bin/$tool" -h >"$B/tmp.help" 2>&1 || fail "$tool -h: exit $?"
    if [ "$name" = claimwire ]; then
        for word in check graph run up down status scale backup restore; do
            usage=$("$B/bin/claimwire" $word --help | sed -n 's/^usage: //p')
            grep -qxF "$usage" "$B/tmp.synopsis" || fail "SYNOPSIS does not say: $usage"
        done
        continue
    fi
    for o in $(options <"$B/tmp.synopsis"); do
        grep -qF -e "$o" "$B/tmp.help" || fail "$tool: SYNOPSIS offers $o, -h does not"
    done
    "$B/bin/$tool" --describe 2>/dev/null </dev/null | grep -oE '"name": ?"[a-z0-9-]+"' | sed '1d;s/.*"name": *"/--/;s/"$//' |
        grep -vxE -e '--(window|hold|heartbeat)' | # the skeleton's own, in -h of every tool
        while read -r o; do grep -qF -e "$o" "$B/tmp.page" || echo "$o"; done >"$B/tmp.missing"
    [ -s "$B/tmp.missing" ] && fail "$tool: the page does not tell of $(tr '\n' ' ' <"$B/tmp.missing")"
done
[ "$tools" -gt 3 ] || fail "only $tools tools"
rm -f "$B"/tmp.page "$B"/tmp.synopsis "$B"/tmp.help "$B"/tmp.missing
exit $failed
