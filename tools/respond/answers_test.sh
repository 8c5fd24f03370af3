#!/bin/sh
# What a sender is told, through ingest, validator and respond: TA1 and 999 for files with one fault
# each, planted by hand in a clean 837P; and every 999 passes our own guide of the 999.
set -eu
B=${B:-build}
clean=fixtures/837p/clean.837
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }
unset CLAIMWIRE_RUN

answer() { # FILE: its answers into $tmp/out, without the envelope of the answer
    rm -rf "$tmp/out"
    "$B/bin/claimwire-ingest" "$1" --rejects "$tmp/r1" 2>/dev/null |
        "$B/bin/claimwire-validator" --rejects "$tmp/r2" 2>/dev/null |
        "$B/bin/claimwire-respond" --out "$tmp/out" >/dev/null || fail "respond: exit $?"
    for f in "$tmp"/out/*; do
        [ ! -e "$f" ] || "$B/bin/claimwire-validate" "$f" >"$tmp/v" 2>&1 ||
            fail "our answer does not pass our guide: $(cat "$f" "$tmp/v")"
    done
    cat "$tmp"/out/* 2>/dev/null | grep -E '^(TA1|AK|IK|CTX)' | tr -d '\n' >"$tmp/said" || true
}
planted() { # NAME SED-SCRIPT WANT: the fault, and all that must be said, by hand
    sed "$2" $clean >"$tmp/in.837"
    ! cmp -s $clean "$tmp/in.837" || fail "$1: nothing was planted"
    answer "$tmp/in.837"
    [ "$(cat "$tmp/said")" = "$3" ] || fail "$1: said $(cat "$tmp/said"), not $3"
}
AK1='AK1*HC*101*005010X222A1~'
AK2='AK2*837*0001*005010X222A1~'

answer $clean
[ "$(cat "$tmp/said")" = "${AK1}${AK2}IK5*A~AK9*A*1*1*1~" ] || fail "clean: said $(cat "$tmp/said")"

# The interchange: G02 b, a TA1 and nothing else; and one that only asks for a TA1.
planted "IEA02 is not ISA13" 's/^IEA\*1\*000000101/IEA*1*000000102/' \
    'TA1*000000101*260908*0800*R*001~'
planted "IEA01 counts wrong" 's/^IEA\*1\*/IEA*2*/' 'TA1*000000101*260908*0800*R*021~'
# What is unknown in the ISA is not repeated where it would be refused; what TA101 to TA103 repeat is.
planted "ISA05 is unknown" '1s/\*ZZ\*/*QQ*/' 'TA1*000000101*260908*0800*R*005~'
grep -q '^ISA.*\*ZZ\*[A-Z]* *\*ZZ\*' "$tmp"/out/* || fail "ISA05: $(cat "$tmp"/out/*)"
planted "ISA13 is no number" '1s/000000101/ABCDEFGHI/' 'TA1*ABCDEFGHI*260908*0800*R*018~'
planted "ISA09 is no date" '1s/260908/261399/' 'TA1*000000101*261399*0800*R*014~'
planted "ISA14 asks" '1s/\*0\*T\*/*1*T*/' \
    "${AK1}${AK2}IK5*A~AK9*A*1*1*1~TA1*000000101*260908*0800*A*000~"
# The group: nothing of it is looked at.
planted "GE01 counts wrong" 's/^GE\*1\*/GE*9*/' "${AK1}AK9*R*9*1*0*5~"
planted "GE02 is not GS06" 's/^GE\*1\*101/GE*1*102/' "${AK1}AK9*R*1*1*0*4~"
planted "an old version" 's/005010X222A1/004010X098A1/' 'AK1*HC*101*004010X098A1~AK9*R*1*1*0*2~'
planted "a group without a set" '/^ST/,/^SE/d; s/^GE\*1\*/GE*0*/' 'AK1*HC*101*005010X222A1~AK9*R*0*0*0*5~'
planted "GS01 in small letters" 's/^GS\*HC/GS*hc/' 'AK1*HC*101*005010X222A1~AK9*R*1*1*0*1~'
planted "GS01 is unknown" 's/^GS\*HC/GS*XX/' 'AK1*HC*101*005010X222A1~AK9*R*1*1*0*1~'
planted "GS06 is no number" 's/^\(GS.*\)\*101\*X/\1*A9B*X/' 'AK1*HC*9*005010X222A1~AK9*R*1*1*0*6~'
planted "no GS08" 's/^\(GS.*\*X\)\*.*/\1~/' 'AK1*HC*101~AK9*R*1*1*0*2~'
# The set.
planted "ST01 is unknown" 's/^ST\*837/ST*XYZ/' "${AK1}${AK2}IK5*R*1~AK9*R*1*1*0~"
planted "no ST01" 's/^ST\*837/ST*/' "${AK1}${AK2}IK5*R*6~AK9*R*1*1*0~"
planted "SE01 counts wrong" 's/^SE\*133/SE*134/' "${AK1}${AK2}IK5*R*4~AK9*R*1*1*0~"
planted "SE02 is not ST02" 's/^SE\*133\*0001/SE*133*0002/' "${AK1}${AK2}IK5*R*3~AK9*R*1*1*0~"
# A value that nobody knows (base standard) and one that only this guide does not take (I code).
planted "a code that nobody knows" '0,/^CLM/s/\*11:B:1\*/*11:Q:1*/' \
    "${AK1}${AK2}IK3*CLM*26*2300*8~CTX*CLM01:CLM-A1~IK4*5:2*1332*7*Q~IK5*R*5~AK9*R*1*1*0~"
planted "a code of another guide" '0,/^CLM/s/\*11:B:1\*/*11:A:1*/' \
    "${AK1}${AK2}IK3*CLM*26*2300*8~CTX*CLM01:CLM-A1~IK4*5:2*1332*I6*A~IK5*R*I5~AK9*R*1*1*0~"
# Two faults of one segment share its IK3.
planted "two faults of one segment" '0,/^CLM/s/\*11:B:1\*Y\*A\*/*11:Q:1*Y*X*/' \
    "${AK1}${AK2}IK3*CLM*26*2300*8~CTX*CLM01:CLM-A1~IK4*5:2*1332*7*Q~IK4*7*1359*7*X~IK5*R*5~AK9*R*1*1*0~"
# A claim that is out of balance is no matter of the 999.
planted "a claim out of balance" '0,/^CLM\*CLM-A1\*190\*/s//CLM*CLM-A1*191*/' \
    "${AK1}${AK2}IK5*A~AK9*A*1*1*1~"

# Claims are answered when that is asked for: the one that is refused, with the reason, and the
# others; the 277CA is clean by our own guide, and says what validate --report 277ca says.
sed '0,/^CLM\*CLM-A1\*190\*/s//CLM*CLM-A1*191*/' $clean >"$tmp/in.837"
rm -rf "$tmp/out"
"$B/bin/claimwire-ingest" "$tmp/in.837" --rejects "$tmp/r1" 2>/dev/null |
    "$B/bin/claimwire-validator" --claims-in-verdict --rejects "$tmp/r2" 2>/dev/null |
    "$B/bin/claimwire-respond" --277ca --out "$tmp/out" >/dev/null || fail "277ca: exit $?"
"$B/bin/claimwire-validate" "$tmp"/out/*.277ca >"$tmp/v" 2>&1 ||
    fail "our 277CA does not pass our guide: $(cat "$tmp/v")"
said=$(cat "$tmp"/out/*.277ca | grep -E '^(STC|QTY\*[9A]|TRN\*2)' | sed 's/\*20[0-9]*\*/*D*/' | tr -d '\n')
[ "$said" = 'TRN*2*RB2600101~STC*A1:19:AY*D*WQ*2096.5~QTY*90*4~QTY*AA*1~'\
'TRN*2*CLM-A1~STC*A7:178*D*U*191~TRN*2*CLM-A2~STC*A1:19:40*D*WQ*1345.5~'\
'TRN*2*CLM-B1~STC*A1:19:40*D*WQ*280~TRN*2*CLM-B2~STC*A1:19:40*D*WQ*180~'\
'TRN*2*CLM-B3~STC*A1:19:40*D*WQ*100~' ] || fail "277ca: said $said"
"$B/bin/claimwire-validate" --report 277ca "$tmp/in.837" >"$tmp/alone" 2>/dev/null || [ $? = 1 ]
plain() { sed '/^ISA/d; /^GS/d; /^BHT/d; /^TRN\*1/d; /^DTP\*0/d; /^GE/d; /^IEA/d; s/\*20[0-9]*\*\([WU]\)/*D*\1/' "$1"; }
plain "$tmp"/out/*.277ca >"$tmp/a" && plain "$tmp/alone" >"$tmp/b"
cmp -s "$tmp/a" "$tmp/b" || fail "respond and validate differ: $(diff "$tmp/a" "$tmp/b")"

# A claim with more faults than one STC holds has several; the 277CA is clean, and its sums are of claims.
mkdir "$tmp/partners"
printf '%s\n' 'partner strict' 'payer SBX01' 'guide 837P' '  require 2300/REF[01=D9]' '  values 2300/CLM-05-1 22' \
    '  length 2300/CLM-01 1/4' '  repeat 2400 1' >"$tmp/partners/strict.partner"
"$B/bin/claimwire-validate" --partners "$tmp/partners" --report 277ca $clean >"$tmp/many.277" 2>/dev/null || [ $? = 1 ]
[ "$(sed -n '/^TRN\*2\*CLM-A1~/,/^DTP/p' "$tmp/many.277" | grep -c '^STC\*A[67]:21\*')" = 2 ] || fail "not two STC: $(cat "$tmp/many.277")"
grep -q '^QTY\*QC\*2~' "$tmp/many.277" || fail "not two claims refused: $(grep QTY "$tmp/many.277")"
"$B/bin/claimwire-validate" "$tmp/many.277" >"$tmp/v" 2>&1 || fail "a 277CA with two STC is not clean: $(cat "$tmp/v")"

# An acknowledgment is not acknowledged; a 277CA is a transaction like others.
mkdir "$tmp/theirs" && cp "$tmp"/out/*.999 "$tmp/theirs/in.999" && cp "$tmp"/out/*.277ca "$tmp/theirs/in.277"
answer "$tmp/theirs/in.999"
[ -z "$(ls "$tmp/out" | grep -v claimwire)" ] || fail "a 999 is answered: $(cat "$tmp/said")"
answer "$tmp/theirs/in.277"
[ "$(cat "$tmp/said")" = 'AK1*HN*250000001*005010X214~AK2*277*0001*005010X214~IK5*A~AK9*A*1*1*1~' ] ||
    fail "a 277CA: said $(cat "$tmp/said")"
