#!/bin/sh
# Encounters of every form become the enc.v1 that was written down by hand beside them; what cannot
# be mapped is refused with its place and reason, and nothing of it goes on.
set -eu
b=${B:-build}
py=/usr/bin/python3
$py -c 'import msgpack' 2>/dev/null || { echo "python3-msgpack is missing"; exit 77; }
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "forms_test: $1"; [ -s "$t/err" ] && tail -n 5 "$t/err"; exit 1; }
give() { # FILE... -> $t/out, $t/refused
    rc=0
    "$b/bin/claimwire-ingest" --clock 2026-09-10T08:00:00Z --rejects "$t/rej" "$@" >"$t/frames" 2>"$t/err" || rc=$?
    [ $rc = 0 ] || fail "exit $rc for $*"
    $py tests/lib/frames.py read <"$t/frames" >"$t/out"
    $py tests/lib/frames.py read <"$t/rej" >"$t/refused"
}
bodies() { $py -c '
import json, sys
for l in sys.stdin:
    sys.stdout.buffer.write(json.loads(l)["body"].encode("latin-1") + b"\n")' <"$t/out" >"$t/bodies"; }
refused() { # RULE WHY: this alone was refused, and nothing went on
    [ -s "$t/out" ] && fail "$2: something went on: $(cut -c1-200 "$t/out")"
    $py - "$t/refused" "$1" "$2" <<'P' || fail "$2: refused otherwise"
import json, sys
got = [json.loads(l) for l in open(sys.argv[1])]
want = [(sys.argv[2], sys.argv[3])]
have = [(r["rule"], r["why"]) for r in got]
assert have == want, (have, want)
P
}
try() { # RULE WHY FILE
    give "$3"
    refused "$1" "$2"
}
F=fixtures/readers

echo "the expected encounters"
for want in $F/*/*.enc; do
    in=$(ls "${want%.enc}".* | grep -v -e '\.enc$' -e '\.note$')
    give "$in"
    bodies
    cmp -s "$want" "$t/bodies" || { diff "$want" "$t/bodies" || true; fail "$in"; }
done

echo "a test message is a test record, and ids are those of the place"
give $F/hl7/dft-odd.hl7
grep -q '"use": "T"' "$t/out" || fail "usage"
cp "$t/out" "$t/first"
give $F/hl7/dft-odd.hl7
cmp -s "$t/first" "$t/out" || fail "the same bytes give other records"

echo "hl7: batches"
give $F/hl7/batch.hl7
grep -c '"enc\\":\\"V-7001' "$t/out" | grep -qx 1 || fail "batch"
grep -q '"why": "FT1(1)-11: is no amount of whole cents from 0 on"' "$t/refused" || fail "batch refused: $(cat "$t/refused")"
sed 's/BTS|2/BTS|3/' $F/hl7/batch.hl7 >"$t/b.hl7"
give "$t/b.hl7"
grep -q 'BTS-1: is not the number of messages in the batch' "$t/refused" || fail "BTS"
sed 's/FTS|1//' $F/hl7/batch.hl7 >"$t/b.hl7"
give "$t/b.hl7"
grep -q 'the file ends before its BTS or FTS' "$t/refused" || fail "FTS"
{ printf '\013'; cat $F/hl7/dft.hl7; printf '\034\r\n\013'; cat $F/hl7/adt.hl7; printf '\034\r'; } >"$t/b.hl7"
give "$t/b.hl7"
[ "$(wc -l <"$t/out")" = 2 ] || fail "framed messages in a file"
tr '\r' '\n' <$F/hl7/dft.hl7 >"$t/b.hl7"
give "$t/b.hl7"; bodies
cmp -s $F/hl7/dft.enc "$t/bodies" || fail "line ends of unix"

echo "hl7: refused with place and reason"
edit() { sed "$1" "${2:-$F/hl7/dft.hl7}" >"$t/x.hl7"; }
edit 's/DFT^P03^DFT_P03/ORU^R01/'; try HL7_TYPE "MSH(1)-9: is none of DFT^P03, ADT^A04, ADT^A08 and MDM^T02" "$t/x.hl7"
edit 's/|P|2.5.1/|X|2.5.1/'; try HL7_TYPE "MSH(1)-11: is not P, T or D" "$t/x.hl7"
edit 's/|P|2.5.1/|P|3/'; try HL7_TYPE "MSH(1)-12: is no version 2" "$t/x.hl7"
edit 's/|P|2.5.1/|P|2.5.1||||||8859\/1/'; try HL7_CHARSET "MSH(1)-18: is not UNICODE UTF-8 or ASCII" "$t/x.hl7"
edit 's/UNICODE UTF-8/ASCII/' $F/hl7/mdm.hl7; try HL7_CHARSET "MSH(1)-18: says ASCII, and the message is not" "$t/x.hl7"
edit 's/|CG|87880/|CR|87880/'; try HL7_FIELD "FT1(2)-6: is not CG: only charges become lines, no credits or payments" "$t/x.hl7"
edit 's/19800229/19800230/'; try HL7_FIELD "PID(1)-7: is no date" "$t/x.hl7"
edit 's/|150.00|/|150.001|/'; try HL7_FIELD "FT1(1)-11: is no amount of whole cents from 0 on" "$t/x.hl7"
edit 's/|150.00|/|-150|/'; try HL7_FIELD "FT1(1)-11: is no amount of whole cents from 0 on" "$t/x.hl7"
edit 's/|SEL|/|XYZ|/'; try HL7_FIELD "IN1(1)-17: is no relationship that is known" "$t/x.hl7"
edit 's/pharyngitis^I10C|||F/pharyngitis^I9|||F/'; try HL7_FIELD "DG1(1)-3.3: is not ICD-10-CM" "$t/x.hl7"
edit 's/V-5001//;s/A-9//'; try HL7_FIELD "PV1(1)-19: no visit number, and PID-18 has no account number" "$t/x.hl7"
edit 's/TESTER^ANNA/TES\\Q\\TER^ANNA/'; try HL7_FIELD "PID(1)-5: has an escape that is not known" "$t/x.hl7"
edit 's/PID|1/PID/;s/PID/pid/'; try HL7_FORM "message: has a line that is no segment" "$t/x.hl7"
edit 's/MSH|^~\\&/MSH|^^\\\&/'; try HL7_FORM "MSH-2: has no five different delimiters" "$t/x.hl7"
$py -c "print('MSH|^~\\\\&|A|B|||||DFT^P03|1|P|2.5\rPID|1||P|' + '|' + 'X' * 2000 + '^Y', end='\r')" >"$t/x.hl7"
try HL7_FIELD "PID(1)-5: is longer than a value may be" "$t/x.hl7"
for n in 600 640 700; do # a file that was cut off loses no coverage in silence
    head -c $n $F/hl7/dft.hl7 >"$t/x.hl7"
    try HL7_FORM "the last segment of the file has no end (CR): the message may be cut off" "$t/x.hl7"
done
edit "s/TX|/ED|/" $F/hl7/mdm.hl7; try HL7_FIELD "OBX(1)-2: is no text (TX, FT, ST)" "$t/x.hl7"
iconv -f UTF-8 -t LATIN1 $F/hl7/mdm.hl7 >"$t/x.hl7"; try HL7_FORM "is not UTF-8 (Latin-1, or damaged); send UTF-8" "$t/x.hl7"
{ cat $F/hl7/dft.hl7; printf 'OBX|1|TX|||a\000b\r'; } >"$t/x.hl7"
try HL7_FORM "has bytes of 0 (UTF-16, or no text); send UTF-8" "$t/x.hl7"

echo "fhir: refused with path and reason"
fedit() { sed "$1" $F/fhir/visit.json >"$t/x.json"; }
fedit 's/"finished"/"in-progress"/'; try FHIR_FIELD "entry[0].resource.status: is not finished" "$t/x.json"
fedit 's/150.00/150.005/'; try FHIR_FIELD "entry[9].resource.priceOverride.value: is no amount of whole cents from 0 on" "$t/x.json"
fedit 's/150.00/1e2/'; try FHIR_FIELD "entry[9].resource.priceOverride.value: is no amount of whole cents from 0 on" "$t/x.json"
fedit 's/"USD"/"EUR"/'; try FHIR_FIELD "entry[9].resource.priceOverride.currency: is not USD" "$t/x.json"
fedit 's#Patient/p1"}, *$#Patient/p9"},#'; try FHIR_FIELD "entry[0].resource.subject: leads to no Patient of the bundle" "$t/x.json"
fedit 's#us-npi", "value": "2000000028#local", "value": "2000000028#'; try FHIR_FIELD "entry[0].resource.participant.individual: names nobody by an NPI" "$t/x.json"
fedit 's#"code": "87880"#"code": "8788"#'; try FHIR_FIELD "entry[10].resource.code: has no CPT, HCPCS or CDT code" "$t/x.json"
fedit 's/"UGxh/"U*xh/'; try FHIR_FIELD "entry[14].resource.content.attachment.data: is no base 64" "$t/x.json"
fedit 's#"data": "[^"]*"#"url": "http://notes.example/1"#'; try FHIR_FIELD "entry[14].resource.content.attachment.url: is an address; the text itself is wanted (data)" "$t/x.json"
fedit 's/"Bundle"/"Claim"/'; try FHIR_FORM "resourceType: is not Bundle" "$t/x.json"
fedit 's/"Encounter", "id"/"Appointment", "id"/'; try FHIR_FORM "entry: there is no Encounter in the bundle" "$t/x.json"
$py -c "print('{\"resourceType\":\"Bundle\",\"a\":' + '[' * 100 + ']' * 100 + '}')" >"$t/x.json"
try FHIR_FORM "byte 92: it is nested deeper than 64" "$t/x.json"
$py -c "print('{\"resourceType\":\"Bundle\",\"a\":\"' + 'x' * 3000000 + '\"}')" >"$t/x.json"
try FHIR_FORM "byte 29: a text is longer than 2 MB" "$t/x.json"
head -c 500 $F/fhir/visit.json >"$t/x.json"; give "$t/x.json"
grep -q '"why": "line [0-9]*: is no JSON from column [0-9]* on"' "$t/refused" || fail "half a bundle: $(cat "$t/refused")"
iconv -f UTF-8 -t UTF-16LE $F/fhir/visit.json >"$t/x.json"
"$b/bin/claimwire-ingest" --format fhir --rejects "$t/rej" "$t/x.json" >"$t/frames" 2>/dev/null
$py tests/lib/frames.py read <"$t/rej" | grep -q 'has bytes of 0 (UTF-16' || fail "UTF-16 bundle"
sed 's/F-9001/F-\xff/' $F/fhir/visit.json >"$t/x.json"; try FHIR_FORM "is not UTF-8 (Latin-1, or damaged); send UTF-8" "$t/x.json"

echo "c-cda: refused with line or path, and reason"
cedit() { sed "$1" $F/ccda/visit.xml >"$t/x.xml"; }
cedit 's/UTF-8/ISO-8859-1/'; try CCDA_FORM "line 1: declares an encoding that is not UTF-8" "$t/x.xml"
cedit '2i <!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
try CCDA_FORM "line 2: has a DOCTYPE; documents are taken without" "$t/x.xml"
cedit 's/19800229/1980/'; try CCDA_FIELD "ClinicalDocument/recordTarget/patientRole/patient/birthTime: is no date" "$t/x.xml"
cedit 's/"SELF"/"NEIGHBOR"/'; try CCDA_FIELD "act/participant/participantRole/code: is no relationship that is known" "$t/x.xml"
cedit 's/extension="C-9002"//'; try CCDA_FIELD "ClinicalDocument/componentOf/encompassingEncounter/id: has no extension" "$t/x.xml"
cedit '/<assignedEntity><id/s/113883.4.6" extension="2000000028"\/><\/assignedEntity><\/legal/1.2" extension="9"\/><\/assignedEntity><\/legal/'; try CCDA_FIELD "ClinicalDocument/legalAuthenticator/assignedEntity: names nobody by an NPI" "$t/x.xml"
cedit '$d'; give "$t/x.xml"
grep -q '"why": "line [0-9]*: no element found"' "$t/refused" || fail "half a document: $(cat "$t/refused")"
$py -c "print('<a>' * 100 + '</a>' * 100)" >"$t/x.xml"; try CCDA_FORM "line 1: is nested deeper than 64" "$t/x.xml"
echo '<Claim/>' >"$t/x.xml"; try CCDA_FORM "the root element is not ClinicalDocument" "$t/x.xml"
iconv -f UTF-8 -t UTF-16 $F/ccda/visit.xml >"$t/x.xml"; try CCDA_FORM "is UTF-16; send UTF-8" "$t/x.xml"
cedit 's/RIVERTON/R\xf6VERTON/'; try CCDA_FORM "is not UTF-8 (Latin-1, or damaged); send UTF-8" "$t/x.xml"

echo "csv: refused with row and column"
give $F/csv/visits.csv
grep -q '"rule": "CSV_FIELD"' "$t/refused" && grep -q 'row 4 column chg: is no amount in dollars' "$t/refused" || fail "csv chg"
grep -q 'XYZ700' "$t/refused" && ! grep -q 'XYZ900' "$t/refused" || fail "the body of a refused row is not its rows"
cp $F/csv/visits.csv "$t/v.csv"
try CSV_FORM "row 2 column note_file: names no text file beside the table; nothing of the table was taken" "$t/v.csv"
mkdir "$t/sub"; cp $F/csv/S-1.note "$t/"
sed 's/S-1.note/..\/S-1.note/' $F/csv/visits.csv >"$t/sub/v.csv"
try CSV_FORM "row 2 column note_file: names no text file beside the table; nothing of the table was taken" "$t/sub/v.csv"
printf 'enc,code,colour\n' >"$t/v.csv"
try CSV_FORM "row 1: column 3 has no name that is known (docs/readers.md has the list)" "$t/v.csv"
printf 'enc,code,enc\n' >"$t/v.csv"; try CSV_FORM "row 1: column 3 has the name of an earlier one" "$t/v.csv"
printf 'enc,code\nA,99213\nB,99213\nA,99214\n' >"$t/v.csv"; give "$t/v.csv"
grep -q 'row 4 column enc: stood further up already' "$t/refused" || fail "apart: $(cat "$t/refused")"
printf 'enc,code\nA,99213\nB,"99213\n' >"$t/v.csv"
give "$t/v.csv"; refused CSV_FORM "row 3: has a quote that is not closed, or text behind one; it and what stands behind it, and the encounter above it, were not read"
printf 'enc;code;chg\r\nA;99213;12.50\r\n' >"$t/v.csv"; give "$t/v.csv"
grep -q '\\"chg\\":1250' "$t/out" || fail "semicolons"
printf 'enc,code\nA,99213\nA,99214\n' >"$t/v.csv"; give "$t/v.csv"
[ "$(wc -l <"$t/out")" = 1 ] || fail "two rows of one encounter"

echo "forced forms, and a name that is none"
printf 'hello\n' >"$t/x"
for f in hl7 fhir ccda csv enc x12; do
    "$b/bin/claimwire-ingest" --format $f --rejects "$t/rej" "$t/x" >/dev/null 2>"$t/err" || fail "--format $f"
    $py tests/lib/frames.py read <"$t/rej" | grep -q '"rule"' || fail "--format $f refused nothing"
done
rc=0; "$b/bin/claimwire-ingest" --format docx "$t/x" >/dev/null 2>"$t/err" || rc=$?
[ $rc = 64 ] || fail "--format docx gives $rc"
for f in hl7 fhir ccda csv; do
    : >"$t/empty"
    "$b/bin/claimwire-ingest" --format $f --rejects "$t/rej" "$t/empty" >"$t/frames" 2>"$t/err" || fail "empty $f"
done
