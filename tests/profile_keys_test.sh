#!/bin/sh
# Each line that a partner's profile may have does something: without it one thing is seen, with it
# another. A key that profiles come to have and that has no row here, nor a test named here, fails.
set -u
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
bad=0
fail() { echo "FAILED: $*"; bad=1; }
mkdir "$T/with" "$T/plain"
for d in with plain; do grep -v SBX01 config/partners/demo.yaml >"$T/$d/demo.yaml"; done
IN=$T/in.837
sed 's/REFERRER\*RALPH/REFERRER*Ralph/' fixtures/837p/clean.837 >"$IN"
head='partner zed "Zed"\npayer SBX01\n'
printf "$head" >"$T/plain/zed.partner"
: >"$T/err"
written() { # FOLDER: what is built for the payer, on one line; FILES=n behind it
    rm -rf "$T/out"
    "$B/bin/claimwire-validator" --partners "$T/$1" --rejects "$T/no" <"$T/sets" 2>/dev/null |
        "$B/bin/claimwire-build837" --partners "$T/$1" --out "$T/out" --rejects "$T/no" >/dev/null 2>"$T/err"
    cat "$T"/out/SBX01-*.837 2>/dev/null | tr '\r\n' '$ '
    echo "FILES=$(ls "$T/out" 2>/dev/null | grep -c SBX01)"
}
checked() { "$X" validate --partners "$T/$1" --partner zed "$IN" 2>&1; }
answered() { # kinds of answers that the sender gets
    rm -rf "$T/answers"
    "$B/bin/claimwire-ingest" "$IN" 2>/dev/null | "$B/bin/claimwire-validator" --claims-in-verdict 2>/dev/null |
        "$B/bin/claimwire-respond" --277ca --partners "$T/$1" --out "$T/answers" >/dev/null 2>"$T/err"
    ls "$T/answers"
}
timers() { "$X" work timers --partners "$T/$1" --payer SBX01 2>&1; }
due() { "$X" partner --partners "$T/$1" --at 2026-11-25T23:30:00Z due zed 2>&1; }
"$X" ingest "$IN" 2>/dev/null >"$T/sets"
for w in written checked due answered timers; do $w plain >"$T/$w.plain"; done
row() { # SECTION KEY HOW PATTERN LINES: with the lines the pattern is there and else not; !PATTERN the reverse
    echo "$1 $2" >>"$T/seen"
    { printf "$head"; printf "$5\n"; } >"$T/with/zed.partner"
    "$3" with >"$T/now"
    grep -q '[.]partner:[0-9]*:[0-9]' "$T/now" "$T/err" && fail "$1 $2: the profile is refused: $(cat "$T/now" "$T/err")"
    case $4 in
    !*) want="${4#!}"; grep -q -- "$want" "$T/$3.plain" || fail "$1 $2: without it no $want"
        grep -q -- "$want" "$T/now" && fail "$1 $2: $want all the same" ;;
    *) grep -q -- "$4" "$T/$3.plain" && fail "$1 $2: $4 without it"
       grep -q -- "$4" "$T/now" || fail "$1 $2: no $4: $(head -c 300 "$T/now")" ;;
    esac
}
row '' payer checked S7-006 'payer OTHER\nclaims\n  frequency 1'
row envelope id written 'ZZ\*ZEDPAY ' 'envelope\n  id ZZ ZEDPAY'
row envelope group written 'GS\*HC\*CLRHOUSE\*ZEDGRP\*' 'envelope\n  group ZEDGRP'
row envelope etin written 'NM1\*40\*[^~]*\*46\*ZETIN~' 'envelope\n  etin ZETIN'
row envelope name written 'NM1\*40\*2\*ZED NAME\*' 'envelope\n  name "ZED NAME"'
row envelope our-id written 'ZZ\*OURZED ' 'envelope\n  our-id ZZ OURZED'
row envelope our-group written 'GS\*HC\*OURGRP\*' 'envelope\n  our-group OURGRP'
row envelope our-etin written 'NM1\*41\*[^~]*\*46\*OETIN~' 'envelope\n  our-etin OETIN'
row envelope usage checked S1-011 'envelope\n  usage P'
row envelope isa12 checked TA1:017 'envelope\n  isa12 00401'
row write version written '\*X\*005010X222~' 'write\n  version 005010X222'
row write delimiters written '^ISA|00|' 'write\n  delimiters | ; ! @'
row write newline written '~\$ ' 'write\n  newline crlf'
row write case written 'REFERRER\*RALPH' 'write\n  case upper'
row write trace written '!REF\*D9' 'write\n  trace no'
row write refs written 'REF\*D9[^~]*~ *REF\*EA' 'write\n  refs D9 EA'
row limits claims-per-file written 'FILES=2' 'limits\n  claims-per-file 1'
row limits claims-per-set checked S7-009 'limits\n  claims-per-set 2'
row limits bytes-per-file checked S7-009 'limits\n  bytes-per-file 1000'
row limits lines-per-claim checked S7-009B 'limits\n  lines-per-claim 1'
row claims member-id checked S7-004 'claims\n  member-id Nd{8}'
row claims frequency checked S7-006 'claims\n  frequency 1'
row claims timely-days checked S7-008 'claims\n  timely-days 1'
row claims attachments checked S7-012 'claims\n  attachments FX'
row claims rendering checked S7-011 'claims\n  rendering @roster\nlists\n  roster 2000000044'
row guide require checked 'S2-00[0-9].*REF' 'guide 837P\n  require 2300/REF[01=G1]'
row guide forbid checked 'S2-00[0-9].*REF' 'guide 837P\n  forbid 2300/REF[01=EA]'
row guide values checked 'CLM05-1' 'guide 837P\n  values 2300/CLM-05-1 12'
row guide length checked 'CLM01' 'guide 837P\n  length 2300/CLM-01 1/3'
row guide repeat checked '2400 LX' 'guide 837P\n  repeat 2400 1'
row lists '' checked 'CLM05-1' 'guide 837P\n  values 2300/CLM-05-1 @places\nlists\n  places 12'
row rules warn checked 'warning S7-006' 'claims\n  frequency 1\nrules\n  warn S7-006'
row rules refuse checked 'claim S7-006' 'claims\n  frequency 1\nrules\n  refuse S7-006'
row calendar zone due '2026-11-25T.*-0[0-9]:00' 'calendar\n  zone mountain'
row calendar work-days due '2026-11-30' 'calendar\n  work-days mon\n  277ca-days 1'
row calendar holidays due '277CA due *2026-12-0' 'calendar\n  holidays 2026-11-26 2026-11-27 2026-11-30\n  277ca-days 2'
row calendar cut-off due 'day of  2026-11-26' 'calendar\n  cut-off 17:00'
row calendar hours due 'takes files then *no' 'calendar\n  hours 06:00-22:00'
row calendar 999-hours due '999 due *2026-11-26T09' 'calendar\n  999-hours 10'
row calendar 277ca-days due '277CA due *2026-12-0' 'calendar\n  277ca-days 5'
row calendar 835-days due '835 due *2026-12-06T00:00' 'calendar\n  835-days 10'

row claims enrollment written '!CLM\*' 'claims\n  enrollment required'
# what it sends is answered as the profile of RVRBND says
row answers ta1 answered '[.]ta1' 'envelope\n  id ZZ RVRBND\nanswers\n  ta1 always'
row answers 999 answered '![.]999' 'envelope\n  id ZZ RVRBND\nanswers\n  999 no'
row answers 277ca answered '![.]277ca' 'envelope\n  id ZZ RVRBND\nanswers\n  277ca no'
while read -r key timer days; do
    row follow-up "$key" timers "^$timer  *$(echo "$days" | sed 's/$/d/; s/ /d /g')  *zed " "follow-up\n  $key $days"
done <<'END'
status-days status 3 4
status-again-days status-again 5
answer-days answer 3
pended-days pended 11
final-days final 12
rest-days rest 13
information-days information 14
appeal-days appeal 15 25
appeal-answer-days appeal-answer 16
crossover-days crossover 17
END
row follow-up status-most timers '^status-most  *2  *zed ' 'follow-up\n  status-most 2'

# The others are seen in partners_test.sh, repair_test.c, profile_test.c, appeal_test.sh and, by fixtures of
# their rules (S7-009, S7-014B), in rules_test.sh.
cat >>"$T/seen" <<'END'
 partner
limits sets-per-file
guide version
repair trailing-blanks
repair upper-case
repair dates
repair leading-zeros
follow-up appeal-to
quirks denies-as-paid
END
sed -n 's/^    {"\([^"]*\)", "\([^"]*\)", LINE_.*/\1 \2/p' common/partner/profile_keys.c | sort -u >"$T/keys"
[ "$(wc -l <"$T/keys")" -gt 40 ] || fail "the keys are not read"
sort -u "$T/seen" >"$T/known"
comm -23 "$T/keys" "$T/known" >"$T/new"
[ -s "$T/new" ] && fail "keys without a row: $(tr '\n' ';' <"$T/new")"
[ $bad = 0 ] && echo "profile_keys_test: $(wc -l <"$T/keys") keys"
exit $bad
