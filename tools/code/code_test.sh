#!/bin/sh
# claimwire code on a made-up code set: index from XML, inclusion terms, evidence in both formats,
# what is refused.
set -eu
B=${B:-build}
X=$B/bin/claimwire-code
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
order() { printf '%s %-7s %s %-60s %s\n' 00001 "$1" "$2" short "$3"; }
import() { "$B/bin/claimwire-codeset" --codes "$dir" import "$@" --from 2025-10-01 - >/dev/null; }

{ order Q90 0 'Glorp of nose' && order Q901 1 'Glorp of nose, left side' &&
    order Q909 1 'Glorp of nose, unspecified side'; } | import icd10cm-order --release a
printf '<ICD10CM.index><letter><title>S</title><mainTerm><title>Snuffles<nemod>(chronic)</nemod></title><term level="1"><title>glorpic</title><code>Q90.1</code></term></mainTerm></letter></ICD10CM.index>\n' |
    import icd10cm-index --release i
printf '<ICD10CM.tabular><chapter><diag><name>Q90</name><diag><name>Q90.9</name><inclusionTerm><note>Beaky fuddle</note></inclusionTerm></diag></diag></chapter></ICD10CM.tabular>\n' |
    import icd10cm-tabular --release t
"$B/bin/claimwire-codeset" --codes "$dir" compile

printf 'Glorpic snuffles. No beaky fuddle.\n' >"$dir/n1"
printf 'Suspected fuddle, beaky type\n' >"$dir/n2"
code() { "$X" --codes "$dir" --on 2026-01-01 "$@"; }
code "$dir/n1" "$dir/n2" >"$dir/out"
grep -qF '"code":"Q901","title":"Glorp of nose, left side","begin":0,"end":16' "$dir/out" || fail "$(cat "$dir/out")"
grep -qF '"status":"assigned","why":"index: Snuffles (chronic) > glorpic"' "$dir/out" || fail "why"
grep -F '"file":"'"$dir/n2"'","code":"Q909"' "$dir/out" | grep -F '"status":"suggested"' |
    grep -qF 'inclusion: Beaky fuddle; uncertain' || fail "an uncertain diagnosis"
[ "$(wc -l <"$dir/out")" = 2 ] || fail "a denied condition was coded"
# what a note doubts is never assigned outpatient, however it is written
while read -r doubt; do
    printf '%b\n' "$doubt" >"$dir/doubt"
    code "$dir/doubt" | grep -qF '"status":"suggested"' || fail "not suggested: $doubt"
    if code "$dir/doubt" | grep -qF '"status":"assigned"'; then fail "assigned: $doubt"; fi
done <<'END'
Beaky fuddle?
?beaky fuddle
Ddx: beaky fuddle, something else
Pain. Ddx: something, beaky fuddle.
Differential diagnosis:\n- something\n- beaky fuddle
R/O beaky fuddle
Beaky fuddle vs. something
something vs. beaky fuddle
something versus beaky fuddle
possible beaky fuddle
Beaky fuddle possible, look again
likely beaky fuddle
Beaky fuddle is likely.
consistent with beaky fuddle
suspected beaky fuddle
END
printf 'Beaky fuddle. Any pain? No.\n' >"$dir/doubt"
code "$dir/doubt" | grep -qF '"status":"assigned"' || fail "what is not doubted is assigned"
[ "$(code --setting mentions "$dir/n1" | wc -l)" = 2 ] || fail "mentions"
code --setting inpatient "$dir/n2" | grep -q '"status":"assigned"' || fail "inpatient"
code --format text "$dir/n1" | grep -qF '[Glorpic snuffles]{Q901}. No beaky fuddle.' || fail "marks"
code --format text "$dir/n2" | grep -qF '{Q909?}' || fail "marks of a suggestion"
code - <"$dir/n1" | grep -qF '"file":"-","code":"Q901"' || fail "standard input"
[ -z "$(code --setting mentions --on 2020-01-01 "$dir/n1")" ] || fail "a code before its release"
printf 'fever\tNo fever, but cough.\ncough\tNo fever, but cough.\nrash\tNothing\n' >"$dir/c"
[ "$("$X" context "$dir/c" | tr '\n' ' ')" = "negated affirmed - " ] || fail "context"

# what is no UTF-8 text, or no file, is refused with its reason; names that begin with a dash
rejects() { # CODE WORDS ARGUMENTS...
    want=$1 words=$2 && shift 2
    rc=0 && code "$@" >"$dir/out" 2>"$dir/err" || rc=$?
    [ "$rc" = "$want" ] && grep -q "$words" "$dir/err" || fail "$*: exit $rc, $(cat "$dir/err")"
}
printf '\377\376g\0l\0' >"$dir/u16" && rejects 100 'is UTF-16' "$dir/u16"
head -c 17000000 /dev/zero | tr '\0' a >"$dir/big"
rejects 100 'larger than 16 MB' "$dir/big"
rejects 100 'larger than 16 MB' - <"$dir/big"
rejects 100 'is UTF-16' check "$dir/u16"
rejects 64 'no FILE' check
rejects 64 'unknown option "-x"' -x "$dir/n1"
whole=$(cd "$B/bin" && pwd)/claimwire-code
cp "$dir/n1" "$dir/-n.note"
(cd "$dir" && "$whole" --codes . --on 2026-01-01 -- -n.note) >"$dir/out"
grep -qF '"file":"-n.note","code":"Q901"' "$dir/out" || fail "a name behind --"
printf 'Glorpic snuffles \033[31m\302\233.\n' >"$dir/screen"
code --format text "$dir/screen" | grep -qF '{Q901} ?[31m?.' || fail "a note steers the terminal"

mkdir "$dir/folder" "$dir/folder/deeper" && ln -s . "$dir/folder/self" && cp "$dir/n1" "$dir/n2" "$dir/folder"
[ "$(code "$dir/folder" | wc -l)" = 2 ] || fail "a folder"

# a drug by name and dose, when it was given
printf 'code,title,flags\nJ9901,"Injection, glumpomycin sodium, per 10 mg",1\n' | import csv --release h --system hcpcs
"$B/bin/claimwire-codeset" --codes "$dir" compile
printf 'Gave glumpomycin 25 mg IM. At home glumpomycin 40 mg.\n' >"$dir/dose"
code "$dir/dose" >"$dir/out"
grep -qF '"code":"J9901"' "$dir/out" && grep -qF '"begin":5,"end":22' "$dir/out" && grep -qF '"status":"suggested","why":"dose: 3 units","units":3' "$dir/out" || fail "a dose: $(cat "$dir/out")"
[ "$(wc -l <"$dir/out")" = 1 ] || fail "a dose that was not given"
code --format text "$dir/dose" | grep -qF 'J9901' || fail "a dose as text"

# the drug table, when the note says what the drug did
{ for c in 1 2 5 6; do order T990X$c 0 'Glumpomycin, a heading'; done && order T990X1A 1 'Poisoning by glumpomycin, accidental, initial encounter' &&
    order T990X2A 1 'Poisoning by glumpomycin, intentional self-harm, initial encounter' &&
    order T990X5A 1 'Adverse effect of glumpomycin, initial encounter' &&
    order T990X6A 1 'Underdosing of glumpomycin, initial encounter'; } | import icd10cm-order --release t
printf '<ICD10CM.index><letter><title>F</title><mainTerm><title>Fumplocin</title><cell col="2">T99.0X1</cell><cell col="3">T99.0X2</cell><cell col="6">T99.0X5</cell><cell col="7">T99.0X6</cell></mainTerm></letter></ICD10CM.index>\n' |
    import icd10cm-drug --release d
"$B/bin/claimwire-codeset" --codes "$dir" compile
while IFS='|' read -r said want; do
    printf '%s\n' "$said" >"$dir/drug"
    got=$(code "$dir/drug" | sed -n 's/.*"code":"\([^"]*\)".*/\1/p' | tr '\n' ' ')
    [ "$got" = "$want" ] || fail "$said: $got, not $want"
done <<'END'
Rash, adverse effect of fumplocin.|T990X5A 
Adverse reaction to fumplocin.|T990X5A 
Accidental overdose of fumplocin.|T990X1A 
Intentional overdose of fumplocin.|T990X2A 
Underdosing of fumplocin.|T990X6A 
Takes fumplocin.|
No adverse effect of fumplocin.|
END

# cross references of the index are followed: from a main term, to what stands below its target, through
# another reference, from XML and from the flattened file; the path tells it
mkdir "$dir/see"
{ order R910 0 Drubble && order R9101 1 'Drubble, wettish' && order R9109 1 'Drubble, unspecified'; } |
    "$B/bin/claimwire-codeset" --codes "$dir/see" import icd10cm-order --release a --from 2025-10-01 - >/dev/null
printf '<ICD10CM.index><letter><mainTerm><title>Drubble</title><code>R91.09</code><term level="1"><title>wettish</title><code>R91.01</code></term><term level="1"><title>specified NEC</title><code>R91.01</code></term></mainTerm><mainTerm><title>Drubblement</title><see>Drubble</see></mainTerm><mainTerm><title>Zonk</title><seeAlso>Drubblement</seeAlso></mainTerm><mainTerm><title>Round</title><see>Roundish</see></mainTerm><mainTerm><title>Roundish</title><see>Round</see></mainTerm></letter></ICD10CM.index>\n' |
    "$B/bin/claimwire-codeset" --codes "$dir/see" import icd10cm-index --release i --from 2025-10-01 - >/dev/null
printf 'Level,Term,See,SeeAlso,NonEssModif,Code\n0,Drubbly spell,"Drubble, wettish",,,\n0,Nothing known,condition,,,\n' |
    "$B/bin/claimwire-codeset" --codes "$dir/see" import icd10cm-index-csv --release c --from 2025-10-01 - >"$dir/out"
grep -q '^1 codes' "$dir/out" || fail "rows of references: $(cat "$dir/out")"
"$B/bin/claimwire-codeset" --codes "$dir/see" compile
while IFS='|' read -r said want; do
    printf '%s\n' "$said" >"$dir/ref"
    "$X" --codes "$dir/see" --on 2026-01-01 --setting mentions "$dir/ref" >"$dir/out"
    grep -qF "$want" "$dir/out" || fail "$said: $(cat "$dir/out")"
done <<'END'
Drubblement, wettish.|"begin":0,"end":20,"score":350,"status":"assigned","why":"index: Drubblement > wettish => Drubble > wettish"
A wettish zonk.|Zonk > wettish => 
Drubbly spell.|"code":"R9101"
END

# combination codes: two places of a note that the index joins give one code with both as evidence; a
# link is presumed for "with", must be said for "due to", and falls when the note denies it
mkdir "$dir/with"
{ order M91 0 'Grumble' && order M919 1 'Grumble without complications' && order M912 1 'Grumble joined by wheeze' &&
    order M913 1 'Grumble of mites' && order J91 0 'Chronic wheeze (CW)' && order J911 1 'Chronic wheeze, stage 1' &&
    order J919 1 'Chronic wheeze, unspecified' && order B919 1 'Mite bite' && order L919 1 'Itch'; } |
    "$B/bin/claimwire-codeset" --codes "$dir/with" import icd10cm-order --release a --from 2025-10-01 - >/dev/null
printf '<ICD10CM.index><letter><mainTerm><title>Grumble</title><code>M91.9</code><term level="1"><title>with</title><term level="2"><title>chronic wheeze</title><code>M91.2</code></term></term><term level="1"><title>due to</title><term level="2"><title>mite bite</title><code>M91.3</code></term></term></mainTerm></letter></ICD10CM.index>\n' |
    "$B/bin/claimwire-codeset" --codes "$dir/with" import icd10cm-index --release i --from 2025-10-01 - >/dev/null
"$B/bin/claimwire-codeset" --codes "$dir/with" compile
while IFS='|' read -r setting said want; do
    printf '%b\n' "$said" >"$dir/two"
    "$X" --codes "$dir/with" --on 2026-01-01 --setting "$setting" "$dir/two" >"$dir/out"
    got=$(sed -n 's/.*"code":"\([^"]*\)".*"status":"\(.\).*/\1\2/p' "$dir/out" | sort | tr '\n' ' ')
    [ "$got" = "$want" ] || fail "$setting: $said: $got, not $want: $(cat "$dir/out")"
done <<'END'
outpatient|Grumble.|M919a 
outpatient|Grumble.\nItch.\nChronic wheeze, stage 1.|J911a L919a M912a 
outpatient|Chronic wheeze, stage 1.\nStill has grumble.|J911a M912a 
outpatient|Grumble.\nChronic wheeze, unrelated to grumble.|J919a M919a 
outpatient|Grumble.\nNo chronic wheeze.|M919a 
outpatient|Grumble.\nProbable chronic wheeze.|J919s M912s M919a 
inpatient|Grumble.\nProbable chronic wheeze.|J919a M912a 
mentions|Grumble.\nChronic wheeze.|J919a M919a 
outpatient|Grumble.\nMite bite.|B919a M919a 
outpatient|Grumble that is probably due to a mite bite.|B919s M913s M919a 
END
printf 'Bad grumble.\nNow chronic wheeze too.\n' >"$dir/two"
"$X" --codes "$dir/with" --on 2026-01-01 "$dir/two" >"$dir/out"
grep -F '"code":"M912"' "$dir/out" | grep -F '"begin":4,"end":11,"also_begin":17,"also_end":31' | grep -qF 'index: Grumble > with > chronic wheeze; \"with\" is presumed' || fail "both places: $(cat "$dir/out")"
"$X" --codes "$dir/with" --on 2026-01-01 --format text "$dir/two" | tr '\n' ' ' | grep -qF 'Bad [grumble]{M912}. Now [chronic wheeze]{' || fail "both places as text"

# procedures, inpatient: by the terms of the PCS index, by operation and body part; approach and side choose
mkdir "$dir/pcs"
take() { "$B/bin/claimwire-codeset" --codes "$dir/pcs" import "$@" --release r --from 2025-10-01 - >"$dir/out"; }
{ order M91 0 'Grumble' && order M919 1 'Grumble without complications'; } | take icd10cm-order
{ order 0ZT 0 'Section, System, Resection' && order 0ZTJ0ZZ 1 'Resection of Snood, Open Approach' &&
    order 0ZTJ4ZZ 1 'Resection of Snood, Percutaneous Endoscopic Approach' && order 0ZBJ4ZX 1 'Excision of Snood, Percutaneous Endoscopic Approach, Diagnostic' &&
    order 0ZR90JZ 1 'Replacement of Right Gizzard Joint with Synthetic Substitute, Open Approach' &&
    order 0ZRB0JZ 1 'Replacement of Left Gizzard Joint with Synthetic Substitute, Open Approach'; } | take icd10pcs-order
printf '<ICD10PCS.index><letter><mainTerm><title>Other</title><term level="1"><title>thing</title><code>0ZR90JZ</code></term></mainTerm><mainTerm><title>Snoodectomy</title><term level="1"><see>Excision, Snood<codes>0ZBJ</codes></see></term><term level="1"><see>Resection, Snood<codes>0ZTJ</codes></see></term></mainTerm></letter></ICD10PCS.index>\n' | take icd10pcs-index
grep -q '^3 codes' "$dir/out" || fail "the index of procedures: $(cat "$dir/out")"
printf 'code,title,flags\nE9143,"Trundle, folding, wheeled",1\nE9144,"Trundle, rigid",1\nG9908,Administration of glump virus vaccine,1\n' | take csv --system hcpcs
"$B/bin/claimwire-codeset" --codes "$dir/pcs" compile
while IFS='|' read -r setting said want; do
    printf '%b\n' "$said" >"$dir/did"
    "$X" --codes "$dir/pcs" --on 2026-01-01 --setting "$setting" "$dir/did" >"$dir/out"
    got=$(sed -n 's/.*"code":"\([^"]*\)".*"begin":\([0-9]*\),"end":\([0-9]*\).*"status":"\(.\).*/\1@\2-\3\4/p' "$dir/out" | tr '\n' ' ')
    [ "$got" = "$want" ] || fail "$setting: $said: $got, not $want"
done <<'END'
inpatient|Laparoscopic snoodectomy without event.|0ZTJ4ZZ@13-24s 
inpatient|Open snoodectomy.|0ZTJ0ZZ@5-16s 
inpatient|Laparoscopic snoodectomy, partial, excision for biopsy.|0ZBJ4ZX@13-24s 
inpatient|The snood was hard. Resection of the snood, open.|0ZTJ0ZZ@20-42s 
inpatient|Gizzard replacement on the left.|0ZRB0JZ@0-19s 
inpatient|Replacement of right gizzard joint.|0ZR90JZ@0-34s 
inpatient|Status post snoodectomy.|
inpatient|Snoodectomy is scheduled.|
inpatient|No snoodectomy was done.|
inpatient|Her mother had a snoodectomy.|
outpatient|Open snoodectomy.|
mentions|Open snoodectomy. Dispensed a trundle.|
outpatient|Dispensed a folding trundle with wheels.|E9143@20-27s 
outpatient|Rigid trundle provided.|E9144@6-13s 
outpatient|Uses a folding trundle.|
outpatient|Administration of glump virus vaccine, no event.|G9908@0-37s 
END
printf 'Open snoodectomy.\n' >"$dir/did"
"$X" --codes "$dir/pcs" --on 2026-01-01 --setting inpatient "$dir/did" | grep -qF '"why":"procedure: Snoodectomy"' || fail "the path to a procedure"
# CPT is the office's own list: without it the tool says so
"$X" --codes "$dir/pcs" --on 2026-01-01 --format text "$dir/did" | grep -q 'no CPT list is imported: CPT codes come from charges' || fail "no word about CPT"
printf 'code,title,flags\n00000,Own words,1\n' | take csv --system cpt
"$B/bin/claimwire-codeset" --codes "$dir/pcs" compile
if "$X" --codes "$dir/pcs" --on 2026-01-01 --format text "$dir/did" | grep -q 'no CPT list'; then fail "a CPT list is there"; fi

# a terminal sees the evidence in colour, unless it asks for none; a file never
on_terminal() { python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$@"; }
esc=$(printf '\033')
marked() { "$@" "$X" --codes "$dir" --on 2026-01-01 --format text "$dir/n1"; }
marked on_terminal | grep -qF "$esc[1;32m[" || fail "no colour on a terminal"
if NO_COLOR=1 marked on_terminal | grep -qF "$esc"; then fail "NO_COLOR"; fi
if marked env | grep -qF "$esc"; then fail "colour in a file"; fi

# learning: a phrase that no term has, from notes that had its code
i=0
while [ $i -lt 12 ]; do
    printf 'Visit %d. The purple elbow again.\n' $i >"$dir/p$i.txt"
    printf 'Visit %d. All is well.\n' $i >"$dir/w$i.txt"
    printf 'p%d\tQ90.9\n' $i
    i=$((i + 1))
done >"$dir/table"
code train --model "$dir/model" "$dir/table" "$dir"/p*.txt "$dir"/w*.txt | grep -q '^24 notes, 1 codes' || fail "train"
# the table with a head, Windows line ends and a note that is not there gives the same model, and says so
{ printf 'note\tcode\r\n'; sed 's/$/\r/' "$dir/table"; printf 'p99\tQ90.9\r\n'; } >"$dir/table2"
code train --model "$dir/model2" "$dir/table2" "$dir"/p*.txt "$dir"/w*.txt 2>"$dir/err" >/dev/null
cmp "$dir/model" "$dir/model2" || fail "another model of the same notes"
grep -q 'not among the files: 2 (the first in line 1)' "$dir/err" || fail "missing notes: $(cat "$dir/err")"
code train --model "$dir/model2" "$dir/table" $(ls -r "$dir"/p*.txt "$dir"/w*.txt) >/dev/null 2>&1
cmp "$dir/model" "$dir/model2" || fail "the order of the notes makes another model"
rc=0; "$X" --codes config/codes/starter --on 2026-01-01 --model "$dir/model" "$dir/n1" >/dev/null 2>"$dir/err" || rc=$?
[ $rc = 78 ] || fail "a model of other tables: $rc"
grep -q 'was learned with other tables: none of its 1 codes' "$dir/err" || fail "a model of other tables: $(cat "$dir/err")"
: >"$dir/none.tsv"
rc=0; code train --model "$dir/model3" "$dir/none.tsv" "$dir"/p*.txt >/dev/null 2>&1 || rc=$?
[ $rc = 100 ] || fail "an empty table: $rc"
printf 'p1\tZZZ99\n' >>"$dir/table2"
code train --model "$dir/model2" "$dir/table2" "$dir"/p*.txt "$dir"/w*.txt 2>"$dir/err" >/dev/null
grep -q 'with a code that the code set of the day has not: 1 (the first in line 15)' "$dir/err" || fail "no such code: $(cat "$dir/err")"
printf 'Has a purple elbow.\n' >"$dir/n3"
[ -z "$(code "$dir/n3")" ] || fail "a phrase was known before it was learned"
code --model "$dir/model" "$dir/n3" | grep -F '"code":"Q909"' | grep -F '"begin":6,"end":18' |
    grep -qF '"status":"suggested","why":"learned from coded notes"' || fail "learned: $(code --model "$dir/model" "$dir/n3")"
code --setting mentions --model "$dir/model" "$dir/n3" | grep -q '"status":"assigned"' || fail "learned mention"

code --on 2090-01-01 "$dir/n1" 2>"$dir/err" >/dev/null
grep -q 'newest diagnosis of the tables is of 2025-10-01: codes of 2090-01-01 may have changed' "$dir/err" || fail "far beyond the table: $(cat "$dir/err")"
code --on 2026-01-01 "$dir/n1" 2>"$dir/err" >/dev/null
[ ! -s "$dir/err" ] || fail "within the table: $(cat "$dir/err")"
status() { "$@" >/dev/null 2>"$dir/err" || echo $?; }
[ "$(status code)" = 64 ] || fail "no file"
[ "$(status code --setting x "$dir/n1")" = 64 ] || fail "unknown setting"
[ "$(status code --on 2026-13-01 "$dir/n1")" = 64 ] || fail "no date"
[ "$(status "$X" --codes "$dir/none" "$dir/n1")" = 78 ] || fail "no table"
[ "$(status code "$dir/missing" "$dir/n1")" = 111 ] || fail "a missing file"
printf 'no tab\n' >"$dir/bad-table"
[ "$(status code train --model "$dir/m" "$dir/bad-table" "$dir/n1")" = 100 ] || fail "a table without tabs"
[ ! -e "$dir/m" ] || fail "a model of nothing"
[ "$(status code train "$dir/table" "$dir/n1")" = 64 ] || fail "train without --model"
[ "$(status code --model "$dir/table" "$dir/n1")" = 78 ] || fail "a table for a model"
printf 'a\0b' >"$dir/zero"
[ "$(status code "$dir/zero")" = 100 ] || fail "a zero byte"
grep -q 'zero byte' "$dir/err" || fail "no reason"
# XML that is none of these files
bad() {
    "$B/bin/claimwire-codeset" --codes "$dir" import icd10cm-index --release bad --from 2025-10-01 - 2>"$dir/err" && fail "$1 taken"
    grep -q "$1" "$dir/err" || fail "$1: $(cat "$dir/err")"
    [ ! -e "$dir/icd10cm-terms/bad.tsv" ] || fail "a refused file left a release"
}
printf '<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>\n' | bad DOCTYPE
printf '<ICD10CM.index><letter>\n' | bad 'line 1'
{ i=0; while [ $i -lt 60 ]; do printf '<term>\n'; i=$((i + 1)); done; } | bad nested
