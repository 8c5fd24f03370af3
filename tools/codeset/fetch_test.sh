#!/bin/sh
# codeset fetch against a server of our own: whole, cut in the middle, gone on with in the same call
# and in the next, without Range, changed in between, another digest, zip, gz, bombs and odd names.
set -eu
X=${B:-build}/bin/claimwire-codeset
PY=${PYTHON:-/usr/bin/python3}
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; cat "$dir/out" "$dir/err" 2>/dev/null; exit 1; }
mkdir "$dir/www"

# an order file of some size in a zip with a folder, a link to elsewhere and a hidden file
"$PY" - "$dir/www" <<'EOF'
import gzip, random, sys, zipfile
www = sys.argv[1]
random.seed(4)
lines = ["%05d %-7s 1 %-60s made-up title %d" % (i, "Q%04dA" % i, "short", random.getrandbits(60)) for i in range(1, 3001)]
order = "\n".join(lines) + "\n"
with zipfile.ZipFile(www + "/order.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("folder/made_up_order.txt", order)
    z.writestr("../../outside.txt", "must not leave the folder")
    z.writestr("/.hidden", "not unpacked")
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    z.writestr(link, "/etc/passwd")
with gzip.open(www + "/list.csv.gz", "wt") as f:
    f.write("code,title\nX0001,made up\n")
with open(www + "/plain.csv", "w") as f:
    f.write("code,title\nX0002,made up\n")
with open(www + "/broken.zip", "wb") as f:
    f.write(open(www + "/order.zip", "rb").read()[:5000])
with gzip.open(www + "/bomb.csv.gz", "wb", 9) as f: # 80 MB in 80 KB
    f.write(b"code,title\n")
    for _ in range(80):
        f.write(b"a" * (1 << 20))
with zipfile.ZipFile(www + "/none.zip", "w") as z:
    pass
with open(www + "/page.zip", "w") as f:
    f.write("<html>not here any more</html>")
with zipfile.ZipFile(www + "/twice.zip", "w") as z:
    z.writestr("a/x.txt", "1")
    z.writestr("b/x.txt", "2")
EOF
"$PY" tests/lib/http_range.py "$dir/www" "$dir/port" "$dir/log" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e "$dir/port" ] && break
    sleep 0.2
done
port=$(cat "$dir/port")
sum=$(sha256sum "$dir/www/order.zip" | cut -d' ' -f1)
size=$(wc -c <"$dir/www/order.zip")
source() { # NAME HOW FILE [MORE]
    printf '  %s:\n    url: http://127.0.0.1:%s/%s/%s\n' "$1" "$port" "$2" "$3"
    [ $# -lt 4 ] || printf '%s\n' "$4"
}
imported='    import:
      - {file: "made_up_*.TXT", layout: icd10cm-order, release: f, from: 2025-10-01}'
{
    echo 'sources:'
    source whole plain order.zip "$imported"
    source cut cut order.zip "$imported"
    source stated cut order.zip "    sha256: $sum"
    source deaf deaf order.zip
    source hops hops order.zip
    source gz plain list.csv.gz '    import: [{file: list.csv, layout: csv, system: own, release: f, from: 2025-10-01}]'
    source text plain plain.csv
    source wrong plain order.zip "    sha256: $(printf '%064d' 7)"
    source missing plain nosuch.zip
    source brokenzip plain broken.zip
    source twice plain twice.zip
    source bomb plain bomb.csv.gz
    source none plain none.zip
    source page plain page.zip
    source busy broken order.zip
    source dead dead/../../x nosuch
} >"$dir/sources.yaml"
fetch() {
    rc=0
    "$X" --codes "$dir/codes" --sources "$dir/sources.yaml" fetch "$@" >"$dir/out" 2>"$dir/err" || rc=$?
}
here() { cmp -s "$dir/www/order.zip" "$dir/codes/fetched/$1/order.zip" || fail "$1: not the file"; }

echo "a whole file is unpacked, its digest recorded, and imported"
fetch whole
[ $rc = 0 ] || fail "exit $rc"
here whole
grep -q 'icd10cm release f: 3000 codes' "$dir/out" || fail "not imported"
(cd "$dir/codes/fetched/whole" && sha256sum -c --quiet order.zip.sha256) || fail "recorded digest"
got=$(cd "$dir/codes/fetched/whole/files" && ls -A | tr '\n' ' ')
[ "$got" = "made_up_order.txt outside.txt " ] || fail "unpacked: $got"
[ ! -e "$dir/outside.txt" ] && [ ! -e "$dir/codes/outside.txt" ] || fail "a file outside of its folder"
"$X" --codes "$dir/codes" compile && "$X" --codes "$dir/codes" show Q0001A >/dev/null || fail "not in the table"

echo "what is here is not fetched again"
: >"$dir/log"
fetch whole
[ $rc = 0 ] && [ ! -s "$dir/log" ] || fail "asked again"
fetch
grep -q '^whole *here' "$dir/out" && grep -q '^cut *- ' "$dir/out" || fail "the list"

echo "cut in the middle: the same call goes on behind the half"
fetch cut
[ $rc = 0 ] || fail "exit $rc"
here cut
grep -q "^cut bytes=$((size / 2))- 206 $((size - size / 2))$" "$dir/log" || fail "$(cat "$dir/log")"
[ ! -e "$dir/codes/fetched/cut/order.zip.part" ] || fail "a part is left"

echo "cut, and one connection only: exit 111, the half stays, the next call goes on"
: >"$dir/log"
sed -i 's|^  stated:|  later:\n    url: http://127.0.0.1:'"$port"'/cut/order.zip?later\n  stated:|' "$dir/sources.yaml"
fetch --tries 1 later
[ $rc = 111 ] || fail "exit $rc"
grep -q "$((size / 2)) bytes are here" "$dir/err" || fail "what is here is not said"
[ "$(wc -c <"$dir/codes/fetched/later/order.zip.part")" = $((size / 2)) ] || fail "no half"
fetch --tries 1 later
[ $rc = 0 ] || fail "exit $rc"
here later
grep -q "bytes=$((size / 2))- 206" "$dir/log" || fail "it began anew"

echo "the file changed in between: it begins anew"
mkdir -p "$dir/codes/fetched/stated"
head -c 1000 /dev/zero >"$dir/codes/fetched/stated/order.zip.part"
printf '"another"' >"$dir/codes/fetched/stated/order.zip.part.version"
: >"$dir/log"
fetch stated
[ $rc = 0 ] || fail "exit $rc"
here stated

echo "a server that knows no Range, redirects, a busy server"
mkdir -p "$dir/codes/fetched/deaf"
head -c 1000 /dev/zero >"$dir/codes/fetched/deaf/order.zip.part"
printf '"x"' >"$dir/codes/fetched/deaf/order.zip.part.version"
for s in deaf hops busy; do
    fetch $s
    [ $rc = 0 ] || fail "$s: exit $rc"
    here $s
done

echo "gz, and a file that is no archive"
fetch gz text
[ $rc = 0 ] || fail "exit $rc"
grep -q 'own release f: 1 codes' "$dir/out" || fail "gz"
cmp "$dir/www/plain.csv" "$dir/codes/fetched/text/files/plain.csv" || fail "plain file"

echo "another digest than the stated one: refused, nothing kept"
fetch wrong
[ $rc = 100 ] || fail "exit $rc"
grep -q "$sum" "$dir/err" || fail "the digest is not said"
[ -z "$(ls -A "$dir/codes/fetched/wrong")" ] || fail "something was kept"

echo "another digest than the recorded one: refused, the old files stay, --renew takes it"
cp "$dir/www/plain.csv" "$dir/plain.old"
printf 'code,title\nX0003,changed\n' >"$dir/www/plain.csv"
rm "$dir/codes/fetched/text/plain.csv"
fetch text
[ $rc = 100 ] || fail "exit $rc"
cmp "$dir/plain.old" "$dir/codes/fetched/text/files/plain.csv" || fail "the old file is gone"
fetch --renew text
[ $rc = 0 ] || fail "exit $rc"
cmp "$dir/www/plain.csv" "$dir/codes/fetched/text/files/plain.csv" || fail "--renew"

echo "a broken archive, two files of one name, a bomb, an empty one, a page in its place, a missing file, an unknown source, a bad address"
for s in brokenzip twice bomb none page; do
    fetch $s
    [ $rc = 100 ] || fail "$s: exit $rc"
    [ ! -e "$dir/codes/fetched/$s/files" ] || fail "$s: something was kept"
done
fetch missing
[ $rc = 111 ] && grep -q 'status 404' "$dir/err" || fail "missing: exit $rc"
fetch nosuch
[ $rc = 64 ] || fail "unknown: exit $rc"
for bad in 'url: file:///etc/passwd' 'url: http://x/y\n    sha256: abc' 'adress: http://x/y'; do
    printf "sources:\n  a:\n    $bad\n" >"$dir/bad.yaml"
    rc=0
    "$X" --codes "$dir/codes" --sources "$dir/bad.yaml" fetch a 2>"$dir/err" || rc=$?
    [ $rc = 78 ] && grep -q 'bad.yaml:[0-9]*:[0-9]*: ' "$dir/err" || fail "accepted: $bad"
done

echo "the addresses that come with claimwire can be read"
"$X" fetch | grep -q '^icd10cm-2026 ' || fail "sources.yaml"
# every layout of a publisher's file has an address; the others are lists of one's own, or as the comment says
for layout in $("$X" layouts | cut -d ' ' -f 1); do
    case $layout in csv | icd10cm-index-csv | icd10cm-neoplasm-csv) continue ;; ncci-addon | coverage) want="codeset import $layout" ;; *) want="layout: $layout," ;; esac
    grep -q "$want" config/codes/sources.yaml || fail "no address for layout $layout"
done

echo "a bar on a terminal, none elsewhere"
if script -qec true /dev/null >/dev/null 2>&1; then
    script -qec "$X --codes $dir/codes --sources $dir/sources.yaml fetch --renew whole" /dev/null </dev/null >"$dir/out"
    grep -q '\[##*\.*\] *[0-9]* %' "$dir/out" || fail "no bar"
fi
fetch --renew whole
! grep -q '\[##*' "$dir/err" || fail "a bar in a file"
