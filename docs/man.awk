# Makes a manual page of the comment at the top of a tool: awk -v name=NAME -f docs/man.awk TOOL.c
# Words in capitals at the margin are sections; the rest is set as it stands.
NR == 1 { printf ".TH %s 1 \"\" \"claimwire\" \"claimwire manual\"\n", toupper(name); next }
/^ \*\// { exit }
{
    line = substr($0, 4)
    if (line ~ /^[A-Z][A-Z ]*$/) {
        if (open)
            print ".fi"
        print ".SH " line "\n.nf"
        open = 1
        next
    }
    sub(/^    /, "", line)
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    if (line ~ /^[.']/)
        line = "\\&" line
    print line
}
END { if (open) print ".fi" }
