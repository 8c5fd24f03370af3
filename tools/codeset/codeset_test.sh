#!/bin/sh
# Every layout on a small file of our own (made-up codes), on the official files where they are,
# and what must be refused.
set -eu
X=${B:-build}/bin/claimwire-codeset
SHARED=${SHARED:-../shared}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
imports() { # LAYOUT EXPECTED-COUNT [OPTION...], the file on stdin
    layout=$1 want=$2
    shift 2
    got=$("$X" --codes "$dir" import "$layout" --release t --from 2025-10-01 "$@" - | sed 's/ codes.*//')
    [ "$got" = "$want" ] || fail "$layout: $got codes, not $want"
}
order() { printf '%s %-7s %s %-60s %s\n' "$1" "$2" "$3" short "$4"; }
row() { "$X" --codes "$dir" show "$@" --json; }

{ order 00001 Q90 0 'made-up heading, long' && order 00002 Q901 1 'made-up leaf, long'; } |
    imports icd10cm-order 2
{ order 00001 0Z1 0 root && order 00002 0Z1ABCD 1 'op, long title'; } |
    imports icd10pcs-order 2
pcs() { # NUMBER-OF-CODES: a table of our own, two rows, the first of 2 x 2 codes
    cat <<EOF
<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.tabular><pcsTable>
<axis pos="1" values="1"><title>Section</title><label code="0">Made up</label></axis>
<axis pos="2" values="1"><title>Body System</title><label code="Z">No body</label></axis>
<axis pos="3" values="1"><title>Operation</title><label code="1">Nothing</label></axis>
<pcsRow codes="$1">
<axis pos="4" values="1"><title>Body Part</title><label code="A">Upper &amp; outer</label></axis>
<axis pos="5" values="2"><title>Approach</title><label code="0">Open</label><label code="3">Closed</label></axis>
<axis pos="6" values="1"><title>Device</title><label code="Z">None</label></axis>
<axis pos="7" values="2"><title>Qualifier</title><label code="X">One</label><label code="Z">Two</label></axis>
</pcsRow><pcsRow codes="1">
<axis pos="4" values="1"><title>Body Part</title><label code="B">Lower</label></axis>
<axis pos="5" values="1"><title>Approach</title><label code="0">Open</label></axis>
<axis pos="6" values="1"><title>Device</title><label code="Z">None</label></axis>
<axis pos="7" values="1"><title>Qualifier</title><label code="Z">Two</label></axis>
</pcsRow></pcsTable></ICD10PCS.tabular>
EOF
}
imports icd10cm-notes 8 <<'EOF'
<?xml version="1.0"?>
<ICD10CM.tabular><chapter><name>1</name><desc>Made up (Q80-Q99)</desc>
<excludes2><note>something else (R00-R09)</note></excludes2>
<section id="Q90-Q92"><desc>Made up (Q90-Q92)</desc><useAdditionalCode><note>code to identify it</note></useAdditionalCode>
<diag><name>Q90</name><desc>x</desc><excludes1><note>this (Q91.0-Q91.3, Q92.-)</note></excludes1>
<codeFirst><note>the cause, if applicable (E10.1)</note></codeFirst>
<sevenChrDef><extension char="A">first</extension><extension char="D">later</extension></sevenChrDef>
<diag><name>Q90.1</name><desc>y</desc><codeAlso><note>that (Z99.81)</note></codeAlso></diag></diag>
</section></chapter></ICD10CM.tabular>
EOF
pcs 4 | imports icd10pcs-tables 5
pcs 3 | "$X" --codes "$dir" import icd10pcs-tables --release bad --from 2025-10-01 - 2>"$dir/err" && fail "a row of another size"
grep -q 'line 11: a row holds another number' "$dir/err" || fail "the size of a row: $(cat "$dir/err")"
pcs 4 | sed 's/pos="5"/pos="2"/' | "$X" --codes "$dir" import icd10pcs-tables --release bad --from 2025-10-01 - 2>"$dir/err" &&
    fail "an axis in the wrong place"
{
    echo '*made-up disclaimer'
    printf 'X0001001003%-80s%-28s\n' 'A made-up supply whose long title goes on' short
    printf 'X0001001014%-80s\n' 'in a second line'
    printf '   ZZ001007%-80s%-28s\n' 'A made-up modifier' short
} | imports hcpcs 2
printf 'Q901    V99   10000\nQ901    V98   10112\n' | imports gem 2 --system gem-test
printf '0010  Q901    00000\nE9999 Q901    10000\n' | imports gem 2 --system gem-back
printf 'MCE_Edit_Type\tICD_Code\tICD_Desc\nNewborn_Only\tQ901\tmade up\n' | imports mce 1
printf 'Order\tPOAexemptCode\tDescription\n1\tQ90.1\tmade up\n' | imports poa-exempt 1
printf 'diagnosis_code,cc,model_name\nQ901,7,TEST Model V1\n' | imports hcc 1
printf 'Column 1\tColumn 2\nX0001\tX0002\t \t20240101\t*\t1\tmade up\nX0001\tX0003\t \t20200101\t20201231\t0\tmade up\n' |
    imports ncci-ptp 2
printf '"(c) of nobody"\nHCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\nX0001,4,"3 Date of Service Edit: Clinical",made up\n' |
    imports ncci-mue 1
printf 'HCPCS,MOD,PCTC IND,GLOB DAYS,BILAT SURG\nX0001,26,1,010,0\nX0009,,,090,1\n' | imports pfs 2
printf 'Add-on Code,Edit Type,Primary Code,Effective Date,Deletion Date\nX0002,1,X0001,20240101,*\n' | imports ncci-addon 1
printf 'Column 1,Column 2,x,Effective,Deletion,Modifier,Why\nX0007,X0008,,20240101,*,1,made up\n' | imports ncci-ptp 1 --system ptp-commas
printf 'procedure,diagnosis,article,from\nX0001,Q90.1,A1,2025-01-01\n' | imports coverage 1
printf 'code,title,from,to\nT-1,"a title, with a comma and ""quotes""",2025-01-01,2025-12-31\n' |
    imports csv 1 --system own
for own in cpt cdt revenue taxonomy; do # lists that only a user may have
    printf 'code,title\n0301,"a made-up title of %s"\n' $own | imports csv 1 --system $own
done
printf '<ICD10CM.index><letter><title>N</title><mainTerm><title>Neoplasm</title><term level="1"><title>snout</title><cell col="2">Q90.1</cell><cell col="5">Q90.2</cell></term></mainTerm></letter></ICD10CM.index>' |
    imports icd10cm-neoplasm 2 --system terms-a
printf 'Level,Term,NonEssModif,MalignantPrimary,MalignantSecondary,CaInSitu,Benign,UncertainBehavior,UnspecifiedBehavior\n0,snout,,Q90.1,,,Q90.2,,\n' |
    imports icd10cm-neoplasm-csv 2 --system terms-b
printf 'Level,Term,NonEssModif,Code\n0,Snout,(long),\n1,red,,Q90.1\n' | imports icd10cm-index-csv 1 --system terms-c
printf '<ICD10CM.index><letter><title>F</title><mainTerm><title>Fall</title><term level="1"><title>from snout</title><code>V99</code></term></mainTerm></letter></ICD10CM.index>' |
    imports icd10cm-index 1 --system terms-d
printf '<ICD10CM.tabular><chapter><diag><name>Q90.1</name><inclusionTerm><note>Snouty</note></inclusionTerm></diag></chapter></ICD10CM.tabular>' |
    imports icd10cm-tabular 1 --system terms-e
printf '<ICD10CM.index><letter><title>F</title><mainTerm><title>Fump</title><cell col="2">Q90.1</cell><cell col="3">--</cell></mainTerm></letter></ICD10CM.index>' |
    imports icd10cm-drug 1 --system terms-f
{
    printf 'Add:         1 %-7s %-60s %s\n' Q902 short 'made-up new leaf'
    printf 'Revise from: 1 %-7s %-60s %s\n' Q901 short old
} |
    imports icd10cm-addenda 1 --system addenda-test
"$X" --codes "$dir" compile
"$X" --codes "$dir" check >/dev/null

row Q901 | grep '"system":"icd10cm"' | grep '"billable":true' | grep -q '"title":"made-up leaf, long"' || fail "leaf"
row Q90 | grep '"system":"icd10cm"' | grep -q '"billable":false' || fail "heading"
row Q90 | grep '"pair":"1Q910-Q913"' | grep -q '"value":1' || fail "Excludes1 range"
row Q90 | grep -q '"pair":"1Q92"' || fail "Excludes1 heading"
row Q90 | grep '"pair":"3E101"' | grep -q '"value":259' || fail "code first, if applicable"
row Q901 | grep -q '"pair":"5Z9981"' || fail "code also"
row Q80-Q99 | grep -q '"pair":"2R00-R09"' || fail "note of a chapter"
row Q90-Q92 | grep -q '"pair":"4\*"' || fail "note without a code"
row Q90 | grep '"system":"icd10cm-seventh"' | grep -q '"pair":"D"' || fail "seventh character"
row 0Z1A3ZX | grep -q '"title":"Made up, No body, Nothing, Upper & outer, Closed, None, One"' || fail "code of a PCS table"
row 0Z1B3ZZ >/dev/null && fail "a PCS code across two rows"
row X0001 | grep '"pair":"X0002"' | grep -q '"indicator":1' || fail "PTP indicator"
row X0001 --on 2026-01-01 | grep -q '"pair":"X0003"' && fail "a deleted pair is still valid"
row X0001 | grep '"system":"mue"' | grep '"indicator":3' | grep -q '"value":4' || fail "MUE"
row X0001 | grep '"system":"hcpcs"' | grep -q 'goes on in a second line' || fail "continued title"
row X0009 | grep -q '"title":"global=090 bilat=1"' || fail "fee schedule indicators"
row X0002 | grep -q '"system":"addon".*"pair":"X0001"' || fail "add-on"
row ZZ | grep -q '"modifier":true' || fail "modifier"
row T-1 | grep -q 'with a comma and \\"quotes\\"' || fail "quoted CSV cell"
row Q901 --on 2025-09-30 >/dev/null && fail "valid before its release"
"$X" --codes "$dir" search leaf made | grep -q Q901 || fail "search"

# a next version: one code ends, one begins, one changes its title; the rest is silent
{
    order 00001 Q90 0 'made-up heading, long'
    order 00002 Q901 1 'made-up leaf, long'
} >"$dir/next.txt"
"$X" --codes "$dir" import icd10cm-order --release t --from 2025-10-01 --to 2026-09-30 - <"$dir/next.txt" >/dev/null
{ order 00001 Q903 1 new && order 00002 Q901 1 changed; } |
    "$X" --codes "$dir" import icd10cm-order --release u --from 2026-10-01 - >/dev/null
"$X" --codes "$dir" compile
got=$("$X" --codes "$dir" diff icd10cm 2026-01-01 2026-12-01 | awk '{print $1 " " $3}' | tr '\n' ';') || true
[ "$got" = "- Q90;~ Q901;+ Q903;" ] || fail "diff says $got"

# against claims: only what they used, with number and money; two claims of our own
{
    printf 'ISA*00*          *00*          *ZZ*RVRBND         *ZZ*CLRHOUSE       *260903*0800*^*00501*000000001*0*T*:~'
    printf 'GS*HC*RVRBND*CLRHOUSE*20260903*0800*1*X*005010X222A1~ST*837*0001*005010X222A1~'
    printf 'CLM*A*100.50***11:B:1*Y*A*Y*Y~HI*ABK:Q903*ABF:Q901~SV1*HC:X0001*100.50*UN*1***1:2~'
    printf 'CLM*B*20***11:B:1*Y*A*Y*Y~HI*ABK:Q90.1*ABF:Q901~SV1*HC:X0001*20*UN*1***1~'
    printf 'SE*9*0001~GE*1*1~IEA*1*000000001~'
} >"$dir/claims.837"
rc=0 && "$X" --codes "$dir" diff icd10cm 2026-12-01 2026-01-01 >"$dir/out" 2>"$dir/err" || rc=$?
[ $rc = 64 ] && grep -q 'wants the earlier date first' "$dir/err" || fail "dates the wrong way round: $rc"
against() { "$X" --codes "$dir" diff icd10cm 2026-01-01 2026-12-01 --against-claims "$@" >"$dir/out" 2>"$dir/err"; }
rc=0 && against "$dir/claims.837" --json || rc=$?
[ $rc = 1 ] || fail "diff against claims: exit $rc"
got=$(sed 's/.*"code":"\([^"]*\)".*"change":"\([a-z]*\)","claims":\([0-9]*\),"cents":\([0-9]*\)}$/\1 \2 \3 \4/' "$dir/out" | tr '\n' ';')
[ "$got" = 'Q901 changes 2 12050;Q903 begins 1 10050;' ] || fail "against claims: $got"
mkdir -p "$dir/run/build837/out" && cp "$dir/claims.837" "$dir/run/build837/out/1.837" && echo hello >"$dir/run/log"
rc=0 && against "$dir/run" || rc=$?
grep -q 'billed on 2 claims, their charges 120.50' "$dir/out" || fail "against a run: $(cat "$dir/out" "$dir/err")"
against "$dir/run/log" && fail "claims in a text"
head -c 300 "$dir/claims.837" >"$dir/run/cut.837"
against "$dir/run" && fail "a cut interchange"
grep -q 'cut.837.*at byte' "$dir/err" || fail "the cut is not named"
"$X" --codes "$dir" diff mue 2020-01-01 2026-12-01 --against-claims "$dir/claims.837" | grep -q 'billed on 2 claims, its lines 120.50' ||
    fail "services"

rc=0 && against "$dir/none.837" || rc=$?
[ $rc = 111 ] && grep -q 'cannot read the claims of "[^"]*none.837": No such file' "$dir/err" || fail "claims that are not there: $rc"

# refused: another layout, a broken line (with its number), a damaged table; the old table stays
printf 'hello\n' | "$X" --codes "$dir" import icd10cm-order --release bad --from 2025-10-01 - 2>"$dir/err" && fail "no order file"
grep -q 'line 1' "$dir/err" || fail "the refusal does not name the line"
[ ! -e "$dir/icd10cm/bad.tsv" ] || fail "a refused file left a release"
printf 'A\t\t2020-01-01\t\t1\t0\tx\nA\t\t2020-01-01\t\t0\t0\ty\n' >"$dir/own/z.tsv"
"$X" --codes "$dir" compile 2>"$dir/err" && fail "contradiction compiled"
grep -q 'code A ' "$dir/err" || fail "the contradiction is not named"
"$X" --codes "$dir" check >/dev/null || fail "the old table is gone"
# a release that is no release, or was cut inside a line or a cell, is refused with file and line
cp "$dir/codes.cwt" "$dir/before"
for row in 'garbage' 'B\t\t\t\t1\t0\tno first day' 'B\t\t2020-01-01\t\t1' 'B\t\t2020-01-01\t\tx\t0\tflags' 'B\t\t2020-01-01\t\t70000\t0\tflags' 'B\t\t2020-01-01\t\t1\t99999999999\tvalue'; do
    printf "$row\n" >"$dir/own/z.tsv"
    "$X" --codes "$dir" compile 2>"$dir/err" && fail "compiled: $row"
    grep -q 'own/z.tsv:1: not a row' "$dir/err" || fail "$row: $(cat "$dir/err")"
    cmp -s "$dir/before" "$dir/codes.cwt" || fail "the old table did not stay: $row"
done
printf 'B\t\t2020-01-01\t\t1\t0\t"Quoted" title\n' >"$dir/own/z.tsv"
"$X" --codes "$dir" compile && "$X" --codes "$dir" show B | grep -qF '"Quoted" title' || fail "a title that begins with a quotation mark"
rm "$dir/own/z.tsv" && "$X" --codes "$dir" compile
head -c 1000 "$dir/codes.cwt" >"$dir/cut" && mv "$dir/cut" "$dir/codes.cwt"
"$X" --codes "$dir" list 2>"$dir/err" && fail "a cut table was opened"
[ -s "$dir/err" ] || fail "no reason"
# one byte of a row, far from the directory, and every command that opens the table refuses it
cp "$dir/before" "$dir/codes.cwt"
printf '\000' | dd of="$dir/codes.cwt" bs=1 seek=$(($(grep -abo 'made-up leaf' "$dir/before" | head -1 | cut -d: -f1) + 3)) conv=notrunc 2>/dev/null
for command in list check 'show Q901' 'search leaf'; do
    rc=0 && "$X" --codes "$dir" $command >"$dir/out" 2>"$dir/err" || rc=$?
    [ $rc = 78 ] && grep -q 'codes.cwt" is damaged: make it again' "$dir/err" || fail "$command of a damaged table: $rc $(cat "$dir/err")"
done
"$X" --codes "$dir" compile && "$X" --codes "$dir" check >/dev/null || fail "compile does not mend it"

# XML in one line, as some tools write it: read as if it stood in many
long() { # NUMBER: terms of the alphabetic index in one line
    printf '<ICD10CM.index><letter><title>N</title>'
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "<mainTerm><title>Snout %d</title><code>Q90.1</code></mainTerm>", i }'
    printf '</letter></ICD10CM.index>'
}
long 2000 | imports icd10cm-index 2000 --system terms-g
{
    printf '<ICD10CM.tabular><chapter><diag><name>Q90</name>'
    awk 'BEGIN { for (i = 0; i < 500; i++) printf "<diag><name>Q90.%d</name><inclusionTerm><note>Snouty %d</note></inclusionTerm><excludes1><note>it (Q91.%d)</note></excludes1></diag>", i % 10, i, i % 10 }'
    printf '</diag></chapter></ICD10CM.tabular>'
} >"$dir/minified.xml"
imports icd10cm-tabular 500 --system terms-h <"$dir/minified.xml"
imports icd10cm-notes 500 --system notes-h <"$dir/minified.xml"
pcs 4 | tr -d '\n' | imports icd10pcs-tables 5 --system pcs-h
long 20000 | head -c 500000 | "$X" --codes "$dir" import icd10cm-index --release bad --from 2025-10-01 - 2>"$dir/err" &&
    fail "a cut XML in one line"
grep -q 'line 1: ' "$dir/err" || fail "the cut is not told: $(cat "$dir/err")"
awk 'BEGIN { while (i++ < 9000) printf "x" }' | "$X" --codes "$dir" import csv --system own --release bad --from 2025-10-01 - 2>"$dir/err" &&
    fail "a row of 9,000 bytes"
grep -q 'line 1: a line is longer' "$dir/err" || fail "a long row: $(cat "$dir/err")"

# no room: told as what may go better later, and the old table stays
mkdir "$dir/small"
if mount -t tmpfs -o size=200k none "$dir/small" 2>/dev/null; then
    trap 'umount "$dir/small" 2>/dev/null; rm -rf "$dir"' EXIT
    mkdir "$dir/small/own"
    printf 'A\t\t2020-01-01\t\t1\t0\told\n' >"$dir/small/own/a.tsv"
    "$X" --codes "$dir/small" compile
    awk 'BEGIN { for (i = 0; i < 2500; i++) printf "N%d\t\t2020-01-01\t\t1\t0\tnew\n", i }' >"$dir/small/own/b.tsv"
    rc=0 && "$X" --codes "$dir/small" compile 2>"$dir/err" || rc=$?
    [ $rc = 111 ] && grep -q 'No space left' "$dir/err" || fail "a full disk: $rc $(cat "$dir/err")"
    "$X" --codes "$dir/small" show A >/dev/null || fail "a full disk took the old table"
    "$X" --codes "$dir/small" show N1 >/dev/null 2>&1 && fail "half a table"
    rc=0 && long 3000 | "$X" --codes "$dir/small" import icd10cm-index --release r --from 2025-10-01 - 2>"$dir/err" >/dev/null || rc=$?
    [ $rc = 111 ] && [ ! -e "$dir/small/icd10cm-terms/r.tsv" ] || fail "import on a full disk: $rc $(cat "$dir/err")"
fi
rc=0 && "$X" --codes "$dir/nowhere" compile 2>"$dir/err" || rc=$?
[ $rc = 78 ] || fail "compile of no folder: $rc"

[ -d "$SHARED/codes" ] || exit 0
count() { # LAYOUT FILE EXPECTED: row counts as the publishers' files have them
    got=$(zcat "$SHARED/codes/$2.gz" | "$X" --codes "$dir/real" import "$1" --release r --from 2020-10-01 - | sed 's/ codes.*//')
    [ "$got" = "$3" ] || fail "$2: $got, not $3"
}
count icd10cm-order icd10cm-order-Jan-2021.txt 95358
count icd10cm-order icd10cm-order-2023-rebuilt.txt 96745
count icd10cm-order icd10cm-order-2025-derived.txt 97464
count mce MCE_Simple_Code_Edits_v37.tsv 14153 # 14,152 in lists of codes, and one rule on length of stay
count gem 2013_I9gem.txt 23912
count icd10cm-neoplasm-csv ICD10CM_2025_neoplasms.csv 9018
count icd10cm-index-csv ICD10CM_2025_ExternalIndex.csv 7538 # 6,650 with a code, 888 cross references
count icd10pcs-index icd10pcs_index_2021.xml 16004
count icd10pcs-order icd10pcs_order_2022-rebuilt.txt 79115
count hcpcs HCPC2019_CONTR_ANWEB.txt 6800
count gem 2013_I10gem.txt 78838
count poa-exempt POAexemptCodes2020.txt 37075
count hcc hcc_ra_dx_to_cc_2026.csv 58985
count icd10cm-addenda icd10cm-order-addenda-2023.txt 1826 # 1,504 added, 287 deleted, 35 revised
count icd10cm-notes icd10cm_tabular_2021.xml 12359
count icd10pcs-tables icd10pcs_tables_2021.xml 78136
count icd10cm-tabular icd10cm_tabular_2021.xml 11612 # inclusion terms
count icd10cm-index-csv ICD10CM_2025_Index.csv 76309 # 62,721 with a code, 13,588 cross references (not those to "condition")
count icd10cm-neoplasm icd10cm-neoplasm-April-1-2026-XML.xml 9207 # 187 of them cross references
count icd10cm-drug icd10cm-drug-April-1-2026-XML.xml 40168 # 132 of them cross references
count icd10cm-index icd10cm-eindex-April-1-2026-XML.xml 7560 # 889 of them cross references
