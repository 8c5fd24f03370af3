#!/bin/sh
# Corrected (7), void (8) and secondary claims against simulated payers, over folders: denied for want
# of an authorization and corrected (G03), void (G12), billed to the next payer out of what the first
# answered (G05), forwarded and therefore left alone (G04). Every cent, and the guards.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; cat "$T/log" 2>/dev/null; exit 1; }
S=fixtures/rebill/payers.yaml
mkdir "$T/wires" "$T/in"
{
    echo "submit:"
    for p in SBX01 PAX01 SEX01 MCREX MGX01; do echo "  $p: {by: folder, usage: T, dir: $T/payers/$p/in}"; done
    echo "fetch:"
    for p in SBX01 PAX01 SEX01 MCREX MGX01; do echo "  $p: {by: folder, dir: $T/payers/$p/out, archive: $T/payers/$p/archive}"; done
} >"$T/wires/w.yaml"
sed "s|^  submit:|  submit:\n    settings: {wires: $T/wires}|" pipelines/submitted.yaml >"$T/house.yaml"
run() { # TIME FILE...
    at=$1 && shift
    "$X" run "$T/house.yaml" --run "$T/house" --clock "$at" "$@" >"$T/log" 2>&1 || fail "run $*: exit $?"
}
payers() { "$X" payersim --root "$T/payers" --script "$S" --now "$1" >>"$T/said" 2>&1; }
fetch() { # TIME: brings what is there and takes it in
    rm -rf "$T/house/fetch/in"
    "$X" fetch --run "$T/house" --wires "$T/wires" --settle 0 --once >"$T/came" 2>"$T/log" || fail "fetch"
    [ -s "$T/came" ] || fail "nothing came"
    run "$1" $(ls "$T"/house/fetch/in/* | grep -v "[.]ach$")
}
rebill() { "$X" rebill "$@" --run "$T/house"; }
refused() { # WORDS ARGUMENTS...: exit 1, nothing on standard output, and the reason
    words=$1 && shift
    rc=0 && rebill "$@" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = 1 ] && [ ! -s "$T/out" ] && grep -q "$words" "$T/err" || fail "$*: exit $rc, $(cat "$T/err")"
}
usage() { # ARGUMENTS...: exit 64
    rc=0 && rebill "$@" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = 64 ] && [ ! -s "$T/out" ] && [ -s "$T/err" ] || fail "$*: exit $rc, not 64"
}
row() { # ACCOUNT paid adjusted patient open state
    "$X" claims --run "$T/house" --json >"$T/rows"
    python3 - "$T/rows" "$@" <<'PY' || fail "$1 is not paid $2 adjusted $3 patient $4 open $5 ($6)"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
c = [r for r in rows if r.get("claim") == sys.argv[2]]
want = tuple(int(v) for v in sys.argv[3:7])
got = [(r["paid"], r["adjusted"], r["patient"], r["open"]) for r in c]
if got != [want] or sys.argv[7] not in c[0]["state"]:
    sys.exit(print(got, [r["state"] for r in c]))
PY
}

payers 2026-09-01
run 2026-09-01T08:00:00Z fixtures/rebill/day.837
refused "no payer has answered or accepted" correct RB00030001 --reason early
refused "has not answered yet" secondary RB00050001
payers 2026-09-01T09:00:00Z
payers 2026-10-01
fetch 2026-10-01T08:00:00Z
row RB00030001 0 0 0 120000 denied
row RB00120001 11000 4250 2750 0 paid
row RB00050001 9200 11500 0 7300 "paid, payer 2"
row RB00040001 13000 12000 0 0 paid # the payer forwarded it, and the next one paid the 26.00

# What is asked for wrongly.
usage correct RB00030001
usage correct RB00030001 --reason x --set REF
usage correct RB00030001 --reason x --set CLM.02=1
usage correct RB00030001 --reason x --set 'REF*F8=MINE'
usage correct RB00030001 --reason x --set 'REF*G1=A~B'
usage correct RB00030001 --reason x --set 'L9/SV1.01-3=25'
usage void RB00120001 --reason x --set 'REF*G1=A'
usage lose RB00030001
usage correct --reason x
refused "knows no such claim" void NOBODY --reason x
refused "not clean" correct RB00030001 --reason x --set 'L1/DTP*472.03=20261340'
# levels 4 to 7 as well: a payer that takes no replacements electronically (S7-006)
mkdir "$T/partners"
printf 'partner narrow "Narrow"\npayer SBX01\n\nclaims\n  frequency 1\n' >"$T/partners/narrow.partner"
refused "S7-006" correct RB00030001 --reason x --set 'REF*G1=AU778' --partners "$T/partners"
rc=0 && rebill correct RB00030001 --reason x --guides "$T/noguides" >"$T/out" 2>"$T/err" || rc=$?
[ $rc = 78 ] && [ ! -s "$T/out" ] || fail "wrong --guides: exit $rc"
refused "forwarded the claim" secondary RB00040001
refused "30 days have not passed" secondary RB00040001 --by-hand lead "no answer" --now 2026-10-02
[ ! -e "$T/house/rebill/rebill.db" ] || fail "what is refused is not noted"

[ ! -e "$T/house/audit.log" ] || ! grep -q '"tool":"rebill"' "$T/house/audit.log" || fail "audited: what was refused"
# A reason is no place for a name, an id or a day of birth: it stands in the audit log.
last=$(tr -d '\n' <fixtures/rebill/day.837 | tr '~' '\n' | sed -n '/^NM1[*]IL/h;/^CLM[*]RB00030001/{x;p;q;}' | cut -d'*' -f4)
[ "${#last}" -gt 2 ] || fail "the fixture's subscriber: $last"
usage correct RB00030001 --reason "$last called again" --set 'REF*G1=AU778' --now 2026-10-02T08:00:00Z
grep -q 'names the patient' "$T/err" && ! grep -q "$last" "$T/err" || fail "said: $(cat "$T/err")"
[ ! -e "$T/house/audit.log" ] || ! grep -q "$last" "$T/house/audit.log" || fail "a name in the audit log"

# G03: the authorization was found.
rebill correct RB00030001 --reason "authorization found" --by "A. Biller" --set 'REF*G1=AU778' \
    --now 2026-10-02T08:00:00Z >"$T/in/g03.837" || fail "correct"
icn=$(sed -n 's/^CLP\*RB00030001\*1\*1200\*0\*\*12\*\([^*~]*\).*/\1/p' "$T"/payers/SBX01/archive/*.835 2>/dev/null |
    head -1)
[ -n "$icn" ] || icn=$(cat "$T"/payers/SBX01/archive/*.835 | tr '~' '\n' | sed -n 's/^CLP\*RB00030001\*.*\*12\*\([^*]*\).*/\1/p' | head -1)
[ -n "$icn" ] || fail "the payer's number of the claim"
tr '~' '\n' <"$T/in/g03.837" >"$T/segs"
grep -q '^CLM\*RB00030001\*1200\*\*\*11:B:7\*' "$T/segs" && grep -qx "REF\*F8\*$icn" "$T/segs" &&
    grep -qx 'REF\*G1\*AU778' "$T/segs" || fail "the replacement: $(cat "$T/segs")"
"$X" validate "$T/in/g03.837" >"$T/log" 2>&1 && grep -q 'nothing found' "$T/log" || fail "not clean"
# nothing else changed: the same segments below the envelope but for BHT, CLM, the two REF and SE
tr -d '\n' <fixtures/rebill/day.837 | tr '~' '\n' | sed -n '/^CLM\*RB00030001/,/^HL/p' | grep -v '^HL' >"$T/was"
sed -n '/^CLM/,/^SE/p' "$T/segs" | grep -v -e '^SE' -e '^REF\*F8' -e '^REF\*G1' |
    sed 's/:B:7\*/:B:1*/' >"$T/is"
cmp "$T/was" "$T/is" || fail "other segments changed: $(diff "$T/was" "$T/is")"
# the same act again gives the same bytes, another day too; another act is refused
rebill correct RB00030001 --reason "again" --set 'REF*G1=AU778' --now 2026-10-05 >"$T/again" && cmp "$T/again" "$T/in/g03.837" ||
    fail "asked again, other bytes"
refused "something else was rebilled" void RB00030001 --reason x
grep -q '"rebill","action":"correct","subject":"RB00030001, act 1, by A. Biller: authorization found"' "$T/house/audit.log" ||
    fail "audit: $(cat "$T/house/audit.log")"
# into a folder: the same bytes under a name
mkdir "$T/folder"
name=$(rebill correct RB00030001 --reason "again" --set 'REF*G1=AU778' --into "$T/folder")
cmp "$name" "$T/in/g03.837" || fail "--into"

# G12: the wrong member. G05: the next payer.
rebill void RB00120001 --reason "wrong member" --now 2026-10-02T08:00:00Z >"$T/in/g12.837" || fail "void"
tr '~' '\n' <"$T/in/g12.837" | grep -q '^CLM\*RB00120001\*180\*\*\*11:B:8\*' || fail "the void"
rebill secondary RB00050001 --now 2026-10-02T08:00:00Z >"$T/in/g05.837" || fail "secondary"
"$X" validate "$T/in/g05.837" >"$T/log" 2>&1 && grep -q 'nothing found' "$T/log" || fail "the secondary is not clean"
icn5=$(cat "$T"/payers/PAX01/archive/*.835 | tr '~' '\n' | sed -n 's/^CLP\*RB00050001\*.*\*12\*\([^*]*\).*/\1/p')
paid_on=$(cat "$T"/payers/PAX01/archive/*.835 | tr '~' '\n' | sed -n 's/^DTM\*405\*//p')
tr '~' '\n' <"$T/in/g05.837" | sed -n '/^HL\*2/,/^SE/p' | grep -v '^SE' >"$T/is"
cat >"$T/want" <<END
HL*2*1*22*0
SBR*S*18*SG5******CI
NM1*IL*1*PATTERN*CORA****MI*SX20000033
N3*2 MAIN ST
N4*RIVERTON*UT*840650001
DMG*D8*19650311*F
NM1*PR*2*SECOND ECHO*****PI*SEX01
CLM*RB00050001*280***11:B:1*Y*A*Y*Y
HI*ABK:I10
NM1*82*1*HEALER*HELEN****XX*2000000028
PRV*PE*PXC*207Q00000X
SBR*P*18*G100******CI
AMT*D*92
AMT*EAF*73
OI***Y***Y
NM1*IL*1*PATTERN*CORA****MI*PX10000022
N3*2 MAIN ST
N4*RIVERTON*UT*840650001
NM1*PR*2*PRIMARY ALPHA*****PI*PAX01
REF*F8*$icn5
LX*1
SV1*HC:99214*220*UN*1***1
DTP*472*D8*20260810
REF*6R*RB00050001-1
SVD*PAX01*72*HC:99214**1
CAS*CO*45*80
CAS*PR*1*50**2*18
DTP*573*D8*$paid_on
LX*2
SV1*HC:93000*60*UN*1***1
DTP*472*D8*20260810
REF*6R*RB00050001-2
SVD*PAX01*20*HC:93000**1
CAS*CO*45*35
CAS*PR*2*5
DTP*573*D8*$paid_on
END
diff "$T/want" "$T/is" >"$T/log" || fail "the secondary"

run 2026-10-02T09:00:00Z "$T"/in/*.837 fixtures/rebill/later.837
refused "a replacement is on its way" correct RB00030001 --reason x --set 'REF*G1=AU779'
refused "cannot both be open" void RB00030001 --reason x
refused "cannot both be open" correct RB00120001 --reason x
refused "billed already" secondary RB00050001
payers 2026-10-02T10:00:00Z
payers 2026-11-01
fetch 2026-11-01T08:00:00Z
row RB00030001 41230 68462 10308 0 "paid, patient"
row RB00120001 0 0 0 0 "voided, zero"
row RB00120002 30000 2500 7500 0 paid
row RB00050001 15000 11500 1500 0 "paid, patient"
row RB00040001 13000 12000 0 0 paid
refused "is void" correct RB00120001 --reason x
refused "answered already\|billed already\|names no payer" secondary RB00050001
"$X" claims --run "$T/house" --exceptions >"$T/log"
grep -E 'DENIAL|ERA_|CREDIT|COB_|DUP_' "$T/log" && fail "exceptions are left"
"$X" prove --run "$T/house" >"$T/log" 2>&1 || fail "prove"
cat "$T"/payers/*/archive/*.835 | tr '~' '\n' | grep -q '^CLP\*RB00030001\*22\*-1200\*0\*' || fail "no reversal was sent"
echo "rebill_test: all good"
