# Every command in README.md and docs/*.md works when pasted: code blocks marked sh are run, each by
# itself, from the repository root, with the tools in PATH. (Blocks marked console are not run.)
set -u
B=${B:-build}
PATH=$(cd "$B/bin" && pwd):$PATH
export PATH
T=$B/tmp/docs_test
rm -rf "$T" "$B/paste" && mkdir -p "$T"
failed=0 ran=0
for doc in README.md docs/*.md; do
    awk -v out="$T/$(basename "$doc" .md)" '
        /^```sh$/ { n++; inside = 1; next }
        /^```/ { inside = 0 }
        inside { print > (out "." n ".sh") }' "$doc"
done
for tool in tools/*/; do
    grep -q "^| \`$(basename "$tool")\` |" README.md || { echo "FAILED: README has no line for $(basename "$tool")"; failed=1; }
done
for block in "$T"/*.sh; do
    [ -f "$block" ] || continue
    ran=$((ran + 1))
    sh -eu "$block" >"$block.out" 2>&1 </dev/null || {
        echo "FAILED (exit $?): $block"
        sed 's/^/    /' "$block"
        tail -n 15 "$block.out"
        failed=1
    }
done
[ "$ran" -ge 5 ] || { echo "only $ran blocks"; failed=1; }
echo "$ran blocks"
exit $failed
