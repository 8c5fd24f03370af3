#!/bin/sh
# Guides as data: all of them compile, the two of professional claims and remittances are complete,
# a reader's change to one line changes what is found, and a new version needs no C.
set -u
B=${B:-build}
cw=$B/bin/claimwire
[ -x "$B/bin/claimwire-validate" ] || { echo "claimwire validate is not built"; exit 77; }
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}

# Every file of config/guides is listed, under its name and version.
"$cw" guides >"$d/list" || fail "the guides do not load"
for g in config/guides/*.guide; do
    name=$(basename "$g" | cut -d. -f1) version=$(basename "$g" | cut -d. -f2)
    grep -q "$name.*$version" "$d/list" || fail "$name $version is not listed"
done

# Complete: loops and segments that the guide uses, counted by hand from the published tables.
count() { # NAME VERSION ROW
    "$cw" guides --tsv "$1" "$2" | awk -F'\t' -v row="$3" '$1 == row && $5 != "N"' | wc -l
}
[ "$(count 837P 005010X222A1 loop)" -eq 39 ] || fail "837P has $(count 837P 005010X222A1 loop) loops"
[ "$(count 837P 005010X222A1 segment)" -eq 214 ] || fail "837P segments"
[ "$(count 835 005010X221A1 loop)" -eq 5 ] || fail "835 loops"
[ "$(count 835 005010X221A1 segment)" -eq 53 ] || fail "835 segments"

# A change of one line: the billing provider's telephone is now required to be a fax.
cp -r config/guides "$d/changed"
rules() { "$cw" validate --guides "$1" --report json "$2" | sed 's/.*"rule": *"\([^"]*\)".*/\1/'; }
[ -z "$(rules "$d/changed" fixtures/837p/clean.837)" ] || fail "the clean file is not clean"
awk '/segment PER S 2 like PER when 01=IC/ { in_per = 1 }
     in_per && /03 R = EM FX TE/ { sub(/EM FX TE/, "EM FX"); in_per = 0 }
     { print }' config/guides/837P.005010X222A1.guide >"$d/changed/837P.005010X222A1.guide"
[ "$(rules "$d/changed" fixtures/837p/clean.837)" = S2-003 ] ||
    fail "a narrower code list finds: $(rules "$d/changed" fixtures/837p/clean.837)"

# A new version: a file more, no program more.
sed 's/005010X221A1/008020X322/g' fixtures/835/clean.835 >"$d/new.835"
[ "$(rules config/guides "$d/new.835")" = S1-017 ] || fail "an unknown version is not refused"
sed -e 's/^version .*/version 008020X322/' -e '/^alias/d' config/guides/835.005010X221A1.guide \
    >"$d/changed/835.008020X322.guide"
[ -z "$(rules "$d/changed" "$d/new.835")" ] || fail "a version added as a file is not read"

# Every transaction has a clean file, and nothing is found in it.
for f in 270/clean.270 271/clean.271 275/clean.275 275/clean-6020.275 275/unusual.275 276/clean.276 \
    277/clean.277 277ca/clean.277 277rfai/clean.277 277rfai/clean-6020.277 278/clean.278 \
    278r/clean.278 278n/clean.278 820/clean.820 834/clean.834 835/clean.835 837d/clean.837 \
    837i/clean.837 837p/clean.837 999/clean.999 ta1/clean.ta1; do
    "$cw" validate "fixtures/$f" >"$d/out" 2>"$d/err" || fail "fixtures/$f: $(cat "$d/out" "$d/err")"
    grep -q "nothing found" "$d/err" || fail "fixtures/$f is not clean: $(cat "$d/out")"
done
# Inquiry and answer of one version are told apart by BHT02, several guides of one ST01 by GS08.
[ "$(sed 's/BHT\*0007\*13/BHT*0007*11/' fixtures/278/clean.278 >"$d/x" && rules config/guides "$d/x" |
    sort -u | head -1)" ] || fail "an inquiry passes as an answer"
sed 's/005010X214/005010X213/' fixtures/277ca/clean.277 >"$d/x"
[ "$(rules config/guides "$d/x")" ] || fail "a 277CA passes as a request for information"
# A TA1 is checked like the others, and what is wrong with it is a fault of the interchange.
ta1() { sed "$1" fixtures/ta1/clean.ta1 >"$d/x" && "$cw" validate --report json "$d/x" 2>/dev/null |
    sed 's/.*"severity": *"\([^"]*\)".*"rule": *"\([^"]*\)".*/\1 \2/; s/.*"rule": *"\([^"]*\)".*"severity": *"\([^"]*\)".*/\2 \1/'; }
[ "$(ta1 's/\*A\*000/*Q*000/')" = "interchange S1-042" ] || fail "TA104: $(ta1 's/\*A\*000/*Q*000/')"
[ "$(ta1 's/\*R\*021/*R*999/')" = "interchange S1-042" ] || fail "TA105: $(ta1 's/\*R\*021/*R*999/')"
[ "$(ta1 's/\*R\*021/*R/')" = "interchange S1-035" ] || fail "no TA105: $(ta1 's/\*R\*021/*R/')"
[ "$(ta1 's/TA1\*000000101/TA1*00000A101/')" = "interchange S1-040" ] || fail "TA101 is no number"
[ "$(ta1 's/TA1\*000000101\*260908/TA1*000000101*260931/')" = "interchange S1-041" ] || fail "TA102"
# The document of a 275 is counted: with another count the file cannot be read on.
sed 's/BIN\*35/BIN*34/' fixtures/275/clean.275 >"$d/x"
rules config/guides "$d/x" | grep -q S1-014 || fail "a wrong count of BIN: $(rules config/guides "$d/x")"

# A bad line is refused with file, line and column.
echo "  segment XYZ Q 1" >>"$d/changed/835.008020X322.guide"
"$cw" validate --guides "$d/changed" fixtures/835/clean.835 >/dev/null 2>"$d/err"
[ $? -eq 78 ] || fail "a bad guide does not exit 78"
grep -q '835.008020X322.guide:[0-9]*:[0-9]*: ' "$d/err" || fail "no place in: $(cat "$d/err")"
echo "guides ok"
