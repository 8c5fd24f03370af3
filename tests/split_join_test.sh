#!/bin/sh
# split and join: the parts hold what the whole held, to the cent, and each part passes our check;
# joined again they are the same claims. What would break a balance is refused, and nothing written.
# Read back by tests/readers, which shares nothing with the C readers.
set -eu
B=${B:-build}
PY=${PYTHON:-/usr/bin/python3}
R=tests/readers
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
valid() { "$B/bin/claimwire-validate" "$@" >"$T/v" 2>&1 || { head -5 "$T/v"; fail "a part does not pass: $1"; }; }
parts_by() { # BY FILE -> $T/BY, empty before
    rm -rf "$T/$1"
    "$X" split --by "$1" --out "$T/$1" --json "$2" >"$T/$1.list" || fail "split --by $1 $2"
    [ "$(ls "$T/$1" | wc -l)" = "$(wc -l <"$T/$1.list")" ] || fail "$1: a line for each file"
    [ -z "$(find "$T/$1" -name '.*' -type f)" ] || fail "$1: something hidden is left"
    valid "$T/$1"/*
}
sum() { sed -n 's/.*"cents":\(-*[0-9]*\)}.*/\1/p' "$T/$1.list" | awk "{ s += \$1 } END { printf \"%d\\n\", s }"; }

echo "837 of three kinds, by every key: the same claims, each part one key, valid, summed to the cent"
for kind in P I D; do
    "$PY" $R/make_837.py --kind $kind --sets 3 --claims 23 >"$T/$kind.837"
    want=$("$PY" -c 'print(sum(10000 + 100 * n + 50 for n in range(69)))')
    for by in st claim payer payee npi provider tin; do
        parts_by $by "$T/$kind.837"
        "$PY" $R/same_claims.py --plain "$T/$kind.837" -- "$T/$by"/* >"$T/said" || { cat "$T/said"; fail "$kind by $by"; }
        [ "$(sum $by)" = "$want" ] || fail "$kind by $by: cents $(sum $by), not $want"
        "$X" join --out "$T/joined" "$T/$by"/*.837 || fail "join of $by"
        valid "$T/joined"
        "$PY" $R/same_claims.py --plain "$T/$kind.837" -- "$T/joined" >"$T/said" || { cat "$T/said"; fail "$kind by $by, joined"; }
    done
    [ "$(ls "$T/st" | wc -l) $(ls "$T/claim" | wc -l) $(ls "$T/payer" | wc -l) $(ls "$T/npi" | wc -l) $(ls "$T/tin" | wc -l)" = "3 69 4 2 2" ] ||
        fail "how many parts: $(ls "$T"/st "$T"/payer)"
    for f in "$T"/payer/*; do
        [ "$(tr '~' '\n' <"$f" | grep -a '^NM1\*PR' | sort -u | wc -l)" = 1 ] || fail "two payers in $f"
    done
    for f in "$T"/npi/*; do
        [ "$(tr '~' '\n' <"$f" | grep -a '^NM1\*85' | sort -u | wc -l)" = 1 ] || fail "two providers in $f"
    done
done
for f in fixtures/837[pid]/*.837; do
    for by in st claim payer payee npi provider tin; do
        parts_by $by "$f"
        "$PY" $R/same_claims.py --plain "$f" -- "$T/$by"/* >"$T/said" || { cat "$T/said"; fail "$f by $by"; }
        "$X" join "$T/$by"/*.837 >"$T/joined" || fail "join of $f by $by"
        "$PY" $R/same_claims.py --plain "$f" -- "$T/joined" >"$T/said" || fail "$f by $by, joined"
    done
done

echo "more than 100 claims of one patient: the level is repeated"
sed 's/^CLM\*BIG-50.*//' fixtures/837p/clean.837 | "$PY" -c '
import sys
L = [l for l in sys.stdin.read().replace("\n", "").split("~") if l]
clm = [i for i, l in enumerate(L) if l.startswith(("CLM", "HL"))]
at = next(i for i, l in enumerate(L) if l.startswith("CLM"))
end = next(i for i in clm if i > at)
claim = [l for l in L[at:end]]
head = L[:at]
out = head + claim * 100 + ["HL*3*1*22*0"] + head[[i for i, l in enumerate(head) if l.startswith("HL")][1] + 1:] + claim * 60
st = next(i for i, l in enumerate(out) if l.startswith("ST"))
out += ["SE*%d*0001" % (len(out) - st + 1), "GE*1*" + head[1].split("*")[6], "IEA*1*" + head[0].split("*")[13]]
sys.stdout.write("".join(l + "~" for l in out))' >"$T/many.837"
valid "$T/many.837"
parts_by payer "$T/many.837"
"$PY" $R/same_claims.py --plain "$T/many.837" -- "$T/payer"/* || fail "160 claims of one patient"

echo "835 by every key, at random: every claim and adjustment once, every part balances"
for seed in 1 2 3 4 5 6; do
    "$PY" $R/make_835.py --seed $seed --sets 3 --claims 40 --providers 5 >"$T/era.835"
    valid "$T/era.835"
    for by in st payer payee npi provider tin; do
        parts_by $by "$T/era.835"
        owners=$([ $by = provider ] && echo --owners || true)
        # shellcheck disable=SC2086
        "$PY" $R/same_remits.py $owners "$T/era.835" -- "$T/$by"/* >"$T/said" || { cat "$T/said"; fail "835 $seed by $by"; }
        "$X" join --out "$T/joined" "$T/$by"/*.835 || fail "join of $by"
        valid "$T/joined"
        "$PY" $R/same_remits.py "$T/era.835" -- "$T/joined" >"$T/said" || { cat "$T/said"; fail "835 $seed by $by, joined"; }
    done
    [ "$(ls "$T/npi" | wc -l)" -ge 2 ] && [ "$(ls "$T/provider" | wc -l)" -ge 4 ] || fail "an 835 of five providers is cut into $(ls "$T/npi" | wc -l)"
done

echo "by hand: a mixed 835, each provider its own adjustments, TRN in both parts"
era() { # BPR02 PLB... : two providers, 100.00 and 40.00
    total=$1
    shift
    {
        printf '%s\n' 'ISA*00*          *00*          *ZZ*SANDBOX        *ZZ*CLRHOUSE       *260915*0900*^*00501*000000500*0*T*:' \
            'GS*HP*SANDBOX*CLRHOUSE*20260915*0900*500*X*005010X221A1' 'ST*835*0007' \
            "BPR*I*$total*C*ACH*CCP*01*111000025*DA*123456*1512345678**01*222000111*DA*98765*20260917" \
            'TRN*1*EFT77*1512345678' 'DTM*405*20260915' 'N1*PR*SANDBOX HEALTH*XV*SBX01' 'N3*PO BOX 9000' \
            'N4*SALT LAKE CITY*UT*84101' 'REF*2U*SBX01' 'PER*BL*EDI DESK*TE*8005550101' \
            'N1*PE*RIVERBEND*XX*2000000010' 'REF*TJ*001234567' 'LX*1' \
            'CLP*A*1*150*100**12*P1*11*1' 'CAS*CO*45*50' 'NM1*QC*1*TESTER*ANNA****MI*X1' 'NM1*82*1*H*H****XX*2000000010' \
            'CLP*B*1*40*40**12*P2*11*1' 'NM1*QC*1*TESTER*BEN****MI*X2' 'NM1*82*1*H*H****XX*2000000028' "$@"
        printf '%s\n' "SE*$((20 + $#))*0007" 'GE*1*500' 'IEA*1*000000500'
    } | sed 's/$/~/'
}
era 147 'PLB*2000000010*20261231*WO:X*-10.5' 'PLB*2000000028*20261231*L6:Y*-1.5*WO:Z*5' >"$T/era.835"
parts_by npi "$T/era.835"
got=$(for f in "$T"/npi/*; do grep -E '^(BPR|TRN|LX|CLP|PLB|SE)' "$f" | cut -d'*' -f1-4 | cut -d'~' -f1 | tr '\n' ' '; echo; done)
want='BPR*I*110.5*C TRN*1*EFT77*1512345678 LX*1 CLP*A*1*150 PLB*2000000010*20261231*WO:X SE*18*0007 
BPR*I*36.5*C TRN*1*EFT77*1512345678 LX*1 CLP*B*1*40 PLB*2000000028*20261231*L6:Y SE*17*0007 '
[ "$got" = "$want" ] || fail "by hand: $got"
era 100 'PLB*2000000028*20261231*WO:Z*40' >"$T/era.835"
parts_by npi "$T/era.835"
grep -q '^BPR\*H\*0\*C\*NON\*\*\*\*\*\*\*\*\*\*\*\*20260917~' "$T"/npi/era-0002.835 || fail "a part of nothing: $(grep BPR "$T"/npi/*)"

echo "who renders is not who is paid: NM1*82 counts by npi only where an adjustment names it"
era 140 >"$T/era.835"
parts_by npi "$T/era.835"
[ "$(ls "$T/npi")" = era-0001.835 ] || fail "no adjustment names a provider, and the payee's set is cut"
parts_by provider "$T/era.835"
[ "$(ls "$T/provider" | wc -l)" = 2 ] || fail "by provider: $(ls "$T/provider")"
era 130 'PLB*2000000010*20261231*WO:Z*10' | sed 's/XX\*2000000010~$/XX*2000000010~/; /^NM1\*82/s/2000000010/2000000036/' >"$T/era.835"
parts_by npi "$T/era.835"
[ "$(ls "$T/npi")" = era-0001.835 ] || fail "a takeback from the group is its payee's"
era 130 'PLB*2000000044*20261231*WO:Z*10' >"$T/era.835"
parts_by npi "$T/era.835"
[ "$(ls "$T/npi")" = era-0001.835 ] || fail "a set of one owner keeps an adjustment that names another id"

echo "refused with the reason, and nothing is written"
no() { # WHAT MESSAGE ARGS...
    what=$1 message=$2
    shift 2
    rm -rf "$T/no"
    rc=0
    "$X" split --out "$T/no" "$@" >"$T/o" 2>"$T/e" || rc=$?
    [ $rc = 1 ] || fail "$what: exit $rc"
    grep -q "$message" "$T/e" || fail "$what says: $(cat "$T/e")"
    [ ! -d "$T/no" ] || [ -z "$(find "$T/no" -type f)" ] || fail "$what: something was written"
    grep -q 'TESTER\|XYZ1\|EFT77' "$T/e" && fail "$what: a value in the message"
    true
}
era 40 'PLB*2000000028*20261231*WO:Z*100' >"$T/era.835"
no "a takeback larger than the provider's claims" 'S3-017: the part of one owner would be a negative payment' --by npi "$T/era.835"
parts_by payee "$T/era.835" # but whole it balances
era 139 'PLB*2000000010*20261231*L6:Y*1.5' >"$T/era.835"
no "an 835 that does not balance" 'S3-016' --by npi "$T/era.835"
era 138.5 'PLB*2000000010*20261231*L6:Y*1.5' >"$T/era.835"
no "a claim has no adjustments of a provider" 'belongs to a provider and not to a claim' --by claim "$T/era.835"
era 140 | sed 's/^CLP\*B\*1\*40\*40/CLP*B*22*-40*-40/; s/^BPR\*I\*140/BPR*I*60/' >"$T/era.835"
no "a reversal alone" 'S3-017' --by claim "$T/era.835"
"$X" split --by npi --out "$T/fine" fixtures/835/hospital.835 >/dev/null || fail "two payees"
no "a negative owner beside a good file" 'S3-017' --by claim fixtures/837p/clean.837 "$T/era.835"
sed 's/^SE\*[0-9]*\*/SE*12*/' fixtures/837p/clean.837 >"$T/bad.837"
no "a wrong SE01" 'S1-026' --by claim "$T/bad.837"
sed 's/^GE\*1\*/GE*3*/' fixtures/837p/clean.837 >"$T/bad.837"
no "a wrong GE01" 'S1-0' --by st "$T/bad.837"
head -c 900 fixtures/837p/clean.837 >"$T/bad.837"
no "a file cut off" 'S1-0' --by payer "$T/bad.837"
: >"$T/bad.837"
no "an empty file" 'the input is empty' --by payer "$T/bad.837"
sed 's/^SE\*[0-9]*\*/SE*19*/; /^CLM/,/^SE/{/^SE/!d}' fixtures/837d/clean.837 >"$T/bad.837"
no "a set without claims" 'SPLIT_EMPTY' --by npi "$T/bad.837"
no "a kind without claims" 'no 837 and no 835' --by npi fixtures/271/clean.271
parts_by st fixtures/271/clean.271
"$X" split --by st --out "$T/again" fixtures/271/clean.271 >/dev/null
rc=0
"$X" split --by st --out "$T/again" fixtures/271/clean.271 >/dev/null 2>"$T/e" || rc=$?
{ [ $rc = 64 ] && grep -q 'is there already' "$T/e"; } || fail "an old part was written over: exit $rc"
echo "behind the highest control number stands 1: 0 is none"
"$X" split --by claim --control 999999999 --out "$T/last" fixtures/837i/clean.837 >/dev/null
[ "$(grep -a -h -o '^IEA[^~]*' "$T"/last/* | tr '\n' ' ')" = 'IEA*1*999999999 IEA*1*000000001 ' ] || fail "control numbers: $(grep -h ^IEA "$T"/last/*)"
valid "$T"/last/*

for args in "" "--by" "--by x f" "--by st" "--by st --control 0 f" "--bye st f"; do
    rc=0
    # shellcheck disable=SC2086
    "$X" split $args >/dev/null 2>"$T/e" || rc=$?
    [ $rc = 64 ] || fail "split $args: exit $rc"
done

echo "join refuses what does not belong together"
nojoin() { # MESSAGE FILE...
    message=$1
    shift
    rc=0
    "$X" join --out "$T/nojoin" "$@" 2>"$T/e" || rc=$?
    { [ $rc = 1 ] && grep -q "$message" "$T/e" && [ ! -e "$T/nojoin" ]; } || fail "join $*: exit $rc, $(cat "$T/e")"
}
nojoin 'another than in the first' fixtures/837p/clean.837 fixtures/835/clean.835
nojoin 'the same bytes' fixtures/837p/clean.837 fixtures/837p/clean.837
sed 's/\*T\*:~/*P*:~/' fixtures/837p/unusual.837 >"$T/p.837"
nojoin 'T or P' fixtures/837p/clean.837 "$T/p.837"
tr '*' '|' <fixtures/837p/unusual.837 | sed 's/TESTER|ANNA/TES*TER|ANNA/' >"$T/star.837"
nojoin 'holds a delimiter' fixtures/837p/clean.837 "$T/star.837"
nojoin 'S1-026' fixtures/837p/unusual.837 "$(sed 's/^SE\*[0-9]*\*/SE*12*/' fixtures/837p/clean.837 >"$T/bad.837"; echo "$T/bad.837")"

echo "join: two versions are two groups, delimiters and numbers are those of the first"
tr '*~' '|!' <fixtures/837i/several.837 >"$T/i.837"
"$X" join --out "$T/joined" --control 77 --json fixtures/837p/clean.837 "$T/i.837" fixtures/837d/several.837 fixtures/837p/unusual.837 2>"$T/e"
[ "$(cat "$T/e")" = '{"files":4,"groups":3,"sets":5}' ] || fail "join says $(cat "$T/e")"
valid "$T/joined"
"$PY" $R/same_claims.py --plain fixtures/837p/*.837 "$T/i.837" fixtures/837d/several.837 -- "$T/joined" || fail "joined"
[ "$(grep -E '^(GS|GE|IEA)' "$T/joined" | cut -d'*' -f1,2,3,7 | tr '\n' ' ')" = \
    'GS*HC*RVRBND*101 GE*2*101~ GS*HC*RVRBND*102 GE*2*102~ GS*HC*RVRBND*103 GE*1*103~ IEA*3*000000077~ ' ] ||
    fail "$(grep -E '^(GS|GE|IEA)' "$T/joined")"

echo "a pipe is read as well, and 30 MB in flat memory"
"$X" split --by payer --out "$T/pipe" - <"$T/P.837" >/dev/null || fail "from a pipe"
"$PY" $R/same_claims.py --plain "$T/P.837" -- "$T/pipe"/stdin-*
peak() { "$PY" -c 'import resource, subprocess, sys
rc = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(rc, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"; }
"$PY" $R/make_837.py --sets 30 --claims 1000 >"$T/large.837"
"$PY" $R/make_835.py --sets 4 --claims 20000 >"$T/large.835"
for what in "payer $T/large.837" "provider $T/large.835" "claim $T/P.837"; do
    # shellcheck disable=SC2086
    set -- $(peak "$B/bin/claimwire-split" --out "$T/large.${what%% *}" --by $what)
    { [ "$1" = 0 ] && [ "$2" -lt 48000 ]; } || fail "split --by $what: exit $1, $2 KB"
done
"$PY" $R/same_remits.py --owners "$T/large.835" -- "$T/large.provider"/*
echo "split_join_test: all good"
