#!/bin/sh
# Three submitters, two of them with the same CLM01 and the same charge, one file to the payer. Its
# 999, 277CA and 835 come back to each about its own, as fixtures/mailboxes/expect says (written by
# hand): own GS06, ST02, BHT03 and CLM01, totals and payments that balance, adjustments with their
# owner. Then again with a death at each act, answers out of order and twice, and what is nobody's.
set -eu
B=${B:-build}
X=$B/bin/claimwire
PY=${PYTHON:-/usr/bin/python3}
F=fixtures/mailboxes
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
"$X" check pipelines/mailboxes.yaml >/dev/null || fail "check"
run() { # RUN WHEN FILE...
    r=$1 when=$2
    shift 2
    "$X" run pipelines/mailboxes.yaml --run "$dir/$r" --clock "$when" --json "$@" >"$dir/summary" 2>"$dir/log" ||
        { cat "$dir/log"; fail "run $*"; }
}
claims() { run "$1" 2026-09-01T08:00:00Z $F/alpha.837 $F/beta.837 $F/gamma.837; }
answer() { run "$1" 2026-09-02T09:00:00Z "$2"; }
boxes() { # RUN WHAT: the mailboxes are as written by hand, and nothing else is there
    for who in ALPHA BETA GAMMA; do
        diff -r "$F/expect/$who" "$dir/$1/mailbox/$who" >"$dir/diff" || { cat "$dir/diff"; fail "$2: $who"; }
    done
    [ "$(find "$dir/$1/mailbox" -type f -name '[0-9.]*' | wc -l)" = 9 ] || fail "$2: $(find "$dir/$1/mailbox" -type f)"
}

echo "three submitters, one file, three answers: each gets its own"
claims quiet
[ "$(ls "$dir/quiet/build837/out")" = SBX01-000000001.837 ] || fail "not one file"
[ "$(grep -c '^CLM\*V-1\*100\*' "$dir/quiet/build837/out/SBX01-000000001.837")" = 2 ] || fail "not twice V-1"
for f in 999 277 835; do answer quiet $F/payer.$f; done
boxes quiet "in order"
"$B/bin/claimwire-validate" --rules config/rules "$dir"/quiet/mailbox/*/7* >"$dir/v" || { cat "$dir/v"; fail "an answer does not pass"; }
"$PY" tests/readers/same_remits.py $F/payer.835 -- "$dir"/quiet/mailbox/*/*.835 || fail "the 835s are not the payer's"
"$X" prove --run "$dir/quiet" >"$dir/proof" 2>&1 || { cat "$dir/proof"; fail "prove"; }
"$X" claims --run "$dir/quiet" --json | grep -q '"unapplied":0,' || fail "a payment found no claim: two V-1 are told apart by member and provider"
[ "$("$X" claims --run "$dir/quiet" --json | sed -n 's/.*"claim":"V-1".*"paid":\([0-9]*\).*/\1/p' | sort | tr '\n' ' ')" = '6000 7550 ' ] ||
    fail "the two V-1: $("$X" claims --run "$dir/quiet" --json)"
[ "$(ls "$dir"/quiet/respond/out | grep -cE '^(ALPHA|BETA|GAMMA)[.].*999$')" = 3 ] || fail "the submitters' own acknowledgments are not as they were"

echo "the same words once more, under other control numbers: nothing is put twice"
for f in 999 277 835; do
    sed 's/0000009\(0[0-9]\)/0000008\1/; s/\*9\(0[0-9]\)\*X/*8\1*X/; s/^GE\*1\*9/GE*1*8/' $F/payer.$f >"$dir/again.$f"
    answer quiet "$dir/again.$f"
done
boxes quiet "twice"

echo "a death before and after each act of the mailbox: nothing lost, nothing twice, the same bytes"
grep -rhoE 'kill_point\("mailbox[a-z0-9._]+"\)' tools/mailbox | sed 's/.*("//;s/").*//' | sort -u >"$dir/points"
[ "$(wc -l <"$dir/points")" = 8 ] || fail "kill points: $(cat "$dir/points")"
claims sent
for point in $(cat "$dir/points"); do
    rm -rf "$dir/killed" && cp -r "$dir/sent" "$dir/killed"
    for f in 999 277 835; do
        [ $f = 277 ] && export CLAIMWIRE_KILL_AT="$point"
        answer killed $F/payer.$f
        [ $f = 277 ] && { grep -q '"restarts":[1-9]' "$dir/summary" || fail "$point was not visited"; }
        unset CLAIMWIRE_KILL_AT
    done
    boxes killed "$point"
    "$X" prove --quick --run "$dir/killed" >"$dir/proof" 2>&1 || { cat "$dir/proof"; fail "$point: prove"; }
done

echo "answers before the claims, all in one run: they wait for what they are about"
run early 2026-09-02T09:00:00Z $F/payer.835 $F/payer.277 $F/payer.999 $F/alpha.837 $F/beta.837 $F/gamma.837
[ ! -e "$dir/early/mailbox/unplaced" ] || fail "not waited for"
bodies() { cat "$1"/*."$2" | grep -vE '^(ISA|GS|BHT|GE|IEA)' | sort; }
for who in ALPHA BETA GAMMA; do
    for kind in 999 277ca 835; do
        bodies "$F/expect/$who" $kind >"$dir/a"
        bodies "$dir/early/mailbox/$who" $kind >"$dir/b"
        diff "$dir/a" "$dir/b" || fail "early: $who $kind"
    done
done

echo "what is nobody's goes to unplaced, whole or as a part that balances"
cp -r "$dir/sent" "$dir/odd"
sed 's/^CLP\*G-1/CLP*STRANGER-1/; s/TURNER\*TINA\*\*\*\*MI\*M4/NOBODY*NED****MI*Q9/
     /^CLP\*STRANGER/,/^LX/s/2000000036/2000000044/' $F/payer.835 >"$dir/odd.835"
answer odd "$dir/odd.835"
[ "$(find "$dir/odd/mailbox" -name '*.835' | sed "s|$dir/odd/mailbox/||; s|/.*||" | sort | tr '\n' ' ')" = 'ALPHA BETA GAMMA unplaced ' ] ||
    fail "odd: $(find "$dir/odd/mailbox" -name '*.835')"
grep -q '^CLP\*STRANGER-1\*' "$dir"/odd/mailbox/unplaced/*.835 || fail "the stranger is not in unplaced"
"$PY" tests/readers/same_remits.py "$dir/odd.835" -- "$dir"/odd/mailbox/*/*.835 || fail "odd: not the payer's"
"$B/bin/claimwire-validate" "$dir"/odd/mailbox/*/*.835 >"$dir/v" || { cat "$dir/v"; fail "odd: an 835 does not pass"; }
sed 's/^TRN\*2\*B000000001S0001/TRN*2*NOT-OURS/' $F/payer.277 >"$dir/odd.277"
sed 's/^AK1\*HC\*1\*/AK1*HC*777*/' $F/payer.999 >"$dir/odd.999"
sed 's/000000903/000000913/; s/^BPR\*I\*236.75/BPR*I*236.74/' $F/payer.835 >"$dir/out.835"
for f in odd.277 odd.999 out.835; do
    before=$(find "$dir/odd/mailbox" -type f -name '7*' | wc -l)
    answer odd "$dir/$f"
    [ "$(find "$dir/odd/mailbox" -type f -name '7*' | wc -l)" = $((before + 1)) ] || fail "$f: a submitter got something of it"
done
[ "$(find "$dir/odd/mailbox/unplaced" -type f | sed 's/.*\.//' | sort | tr '\n' ' ')" = '277ca 835 835 999 ' ] ||
    fail "unplaced: $(ls "$dir/odd/mailbox/unplaced")"
grep -rq 'TESTER\|TURNER\|STRANGER' "$dir"/odd/log && fail "a value in a log"

echo "a 999 that refuses a set we never sent: a person's, no submitter is told refused, the ledger neither"
cp -r "$dir/sent" "$dir/never"
sed 's/^AK2\*837\*0001/AK2*837*9999/; s/^IK5\*A/IK5*R*5/; s/^AK9\*A\*1\*1\*1/AK9*R*1*1*0/' $F/payer.999 >"$dir/never.999"
answer never "$dir/never.999"
[ "$(find "$dir/never/mailbox" -type f -name '7*' | sed "s|$dir/never/mailbox/||")" = unplaced/750000001.999 ] ||
    fail "a set never sent: $(find "$dir/never/mailbox" -type f -name '7*')"
[ "$("$X" claims --run "$dir/never" --json | grep -c '"state":"sent, ')" = 5 ] || fail "never: $("$X" claims --run "$dir/never" --json)"

echo "two submitters of one provider: an adjustment goes where its claim is, or to a person"
sed 's/2000000028/2000000010/' $F/beta.837 >"$dir/beta.837"
sed 's/2000000028/2000000010/' $F/payer.835 >"$dir/shared.835"
run shared 2026-09-01T08:00:00Z $F/alpha.837 "$dir/beta.837" $F/gamma.837
answer shared "$dir/shared.835"
[ ! -e "$dir/shared/mailbox/unplaced" ] || fail "shared: SB01 says whose it is"
grep -q '^BPR\*I\*61.25\*' "$dir"/shared/mailbox/ALPHA/*.835 || fail "shared: $(grep -h ^BPR "$dir"/shared/mailbox/*/*.835)"
grep -q '^BPR\*I\*75.5\*' "$dir"/shared/mailbox/BETA/*.835 || fail "shared: $(grep -h ^BPR "$dir"/shared/mailbox/*/*.835)"
sed 's/L6:SB01/L6:NOBODY/; s/000000903/000000923/; s/EFT55/EFT56/' "$dir/shared.835" >"$dir/unsaid.835"
answer shared "$dir/unsaid.835"
[ "$(ls "$dir"/shared/mailbox/unplaced)" = 750000004.835 ] || fail "an adjustment of nobody's: $(find "$dir/shared/mailbox" -name '7*')"
"$B/bin/claimwire-validate" "$dir"/shared/mailbox/*/*.835 >"$dir/v" || { cat "$dir/v"; fail "shared: an 835 does not pass"; }

echo "a TA1 that refuses our file: the ledger says it of each claim, and no submitter is told of our envelope"
cp -r "$dir/sent" "$dir/ta1"
printf '%s~\n' 'ISA*00*          *00*          *ZZ*SANDBOX        *ZZ*CLRHOUSE       *260902*0900*^*00501*000000911*0*T*:' \
    'TA1*000000001*260901*0800*R*023' 'IEA*0*000000911' >"$dir/payer.ta1"
answer ta1 "$dir/payer.ta1"
[ "$("$X" claims --run "$dir/ta1" --json | grep -c '"state":"file rejected, none')" = 5 ] || fail "TA1: $("$X" claims --run "$dir/ta1")"
[ -z "$(find "$dir/ta1/mailbox" -name '7*')" ] || fail "a submitter is told of our envelope"

echo "rejected and taken in part: 999 of a group, and of one of two sets"
cp -r "$dir/sent" "$dir/reject"
sed 's/^IK5\*A/IK5*R*5/; s/^AK9\*A\*1\*1\*1/AK9*R*1*1*0/' $F/payer.999 >"$dir/reject.999"
"$B/bin/claimwire-validate" "$dir/reject.999" >/dev/null || fail "reject.999"
answer reject "$dir/reject.999"
cat "$dir"/reject/mailbox/*/*.999 >"$dir/got"
[ "$(grep -c '^IK5\*R\*5~' "$dir/got") $(grep -cE '^AK9\*R\*(1\*1|2\*2)\*0~' "$dir/got")" = '4 3' ] || { cat "$dir/got"; fail "all rejected"; }
"$B/bin/claimwire-validate" "$dir"/reject/mailbox/*/*.999 >"$dir/v" || { cat "$dir/v"; fail "reject"; }
# two sets of ours: the first three claims and the other two; the payer takes the second only
sed 's/^  build837:$/&\n    settings: {claims-per-set: 3}/' pipelines/mailboxes.yaml >"$dir/two.yaml"
"$X" run "$dir/two.yaml" --run "$dir/part" --clock 2026-09-01T08:00:00Z $F/alpha.837 $F/beta.837 $F/gamma.837 >/dev/null 2>"$dir/log" || fail "two sets"
sed 's/^IK5\*A/IK5*R*I5~\nAK2*837*0002*005010X222A1~\nIK5*A/; s/^AK9\*A\*1\*1\*1/AK9*P*2*2*1/; s/^SE\*6/SE*8/' $F/payer.999 >"$dir/part.999"
"$B/bin/claimwire-validate" "$dir/part.999" >"$dir/v" || { cat "$dir/v"; fail "part.999"; }
"$X" run "$dir/two.yaml" --run "$dir/part" --clock 2026-09-02T09:00:00Z "$dir/part.999" >/dev/null 2>"$dir/log" || fail "part"
said() { grep -hE '^(AK2|IK|AK9|CTX)' "$dir/part/mailbox/$1"/*.999 | tr '\n' ' '; }
[ "$(said ALPHA)$(said BETA)" = 'AK2*837*0001*005010X222A1~ IK3*CLM*18*2300*8~ CTX*CLM01:V-1~ IK3*CLM*31*2300*8~ CTX*CLM01:V-2~ IK5*R*I5*5~ AK9*R*1*1*0~ AK2*837*0001*005010X222A1~ IK3*CLM*18*2300*8~ CTX*CLM01:V-1~ IK5*R*I5*5~ AK9*R*1*1*0~ ' ] ||
    fail "part: $(said ALPHA) $(said BETA)"
[ "$(said GAMMA)" = 'AK2*837*0001*005010X222A1~ IK5*A~ AK2*837*0002*005010X222A1~ IK5*A~ AK9*A*2*2*2~ ' ] || fail "part: $(said GAMMA)"
"$B/bin/claimwire-validate" "$dir"/part/mailbox/*/*.999 >"$dir/v" || { cat "$dir/v"; fail "part: a 999 does not pass"; }
# a set for each claim: of ALPHA's batch the payer takes V-1 and not V-2
sed 's/claims-per-set: 3/claims-per-set: 1/' "$dir/two.yaml" >"$dir/one.yaml"
"$X" run "$dir/one.yaml" --run "$dir/mixed" --clock 2026-09-01T08:00:00Z $F/alpha.837 $F/beta.837 $F/gamma.837 >/dev/null 2>"$dir/log" || fail "five sets"
sed 's/^AK2.*/AK2*837*0001*005010X222A1~\nIK5*A~\nAK2*837*0002*005010X222A1~\nIK5*R*5~\nAK2*837*0003*005010X222A1~\nIK5*A~\nAK2*837*0004*005010X222A1~\nIK5*E*5~\nAK2*837*0005*005010X222A1~/
     s/^AK9\*A\*1\*1\*1/AK9*P*5*5*4/; s/^SE\*6/SE*14/' $F/payer.999 >"$dir/mixed.999"
"$X" run "$dir/one.yaml" --run "$dir/mixed" --clock 2026-09-02T09:00:00Z "$dir/mixed.999" >/dev/null 2>"$dir/log" || fail "mixed"
said() { grep -hE '^(AK2|IK|AK9|CTX)' "$dir/mixed/mailbox/$1"/*.999 | tr '\n' ' '; }
[ "$(said ALPHA)" = 'AK2*837*0001*005010X222A1~ IK3*CLM*31*2300*8~ CTX*CLM01:V-2~ IK5*E*5~ AK9*E*1*1*1~ ' ] || fail "mixed: $(said ALPHA)"
[ "$(said BETA)" = 'AK2*837*0001*005010X222A1~ IK5*A~ AK9*A*1*1*1~ ' ] || fail "mixed: $(said BETA)"
[ "$(said GAMMA)" = 'AK2*837*0001*005010X222A1~ IK5*E*5~ AK2*837*0002*005010X222A1~ IK5*A~ AK9*E*2*2*2~ ' ] || fail "mixed: $(said GAMMA)"
"$B/bin/claimwire-validate" "$dir"/mixed/mailbox/*/*.999 >"$dir/v" || { cat "$dir/v"; fail "mixed: a 999 does not pass"; }
echo "two submitters with the same claims to the letter: our number (REF*D9) tells whose is answered"
sed 's/ALPHA          /BETA           /; s/^GS\*HC\*ALPHA\*/GS*HC*BETA*/; s/ALPHA-BATCH/BETA-BATCH/
     s/000000011/000000077/; s/\*11\*X/*77*X/; s/^GE\*1\*11/GE*1*77/' $F/alpha.837 >"$dir/twin.837"
run twins 2026-09-01T08:00:00Z $F/alpha.837 "$dir/twin.837"
"$B/bin/claimwire-ingest" "$dir"/twins/build837/out/*.837 --rejects "$dir/r1" 2>/dev/null |
    "$B/bin/claimwire-validator" --claims-in-verdict --rejects "$dir/r2" 2>/dev/null |
    "$B/bin/claimwire-respond" --277ca --payer --out "$dir/twinpay" >/dev/null || fail "the twins' payer"
# The payer answers the second V-1 before the first, and refuses it: BETA's, and not ALPHA's.
"$PY" - "$dir"/twinpay/*.277ca "$dir/twin.277" <<'P' || fail "the twins' 277CA: $(cat "$dir"/twinpay/*.277ca)"
import sys
seg = open(sys.argv[1]).read().replace("\n", "").split("~")
at = [i for i, s in enumerate(seg) if s == "TRN*2*V-1"]
d9 = [next(k for k in range(i, len(seg)) if seg[k].startswith("REF*D9*CW")) for i in at]
assert len(at) == 2 and d9[0] < at[1] and seg[d9[0]] != seg[d9[1]], (at, d9)
seg[d9[0]], seg[d9[1]] = seg[d9[1]], seg[d9[0]]
seg[at[0] + 1] = seg[at[0] + 1].replace("A2:20", "A7:562:82").replace("*WQ*", "*U*")
isa = seg[0].split("*")
isa[9] = "260902"  # the day of the answer, by the clock of the house
seg[0] = "*".join(isa)
out = []
for s in seg:
    more = {"QTY*90*4": ["QTY*90*3", "QTY*AA*1"], "AMT*YU*300": ["AMT*YU*200", "AMT*YY*100"],
            "QTY*QA*4": ["QTY*QA*3", "QTY*QC*1"]}.get(s, [s])
    if s.startswith("SE*"):
        e = s.split("*")
        more = ["SE*%d*%s" % (int(e[1]) + 4, e[2])]
    out += more
open(sys.argv[2], "w").write("~".join(out))
P
"$B/bin/claimwire-validate" "$dir/twin.277" >"$dir/v" || { cat "$dir/v"; fail "the twins' 277CA"; }
answer twins "$dir/twin.277"
refused() { cat "$dir/twins/mailbox/$1"/*.277ca | tr -d '\n' | tr '~' '\n' | grep -c '^STC\*A7:562'; }
[ "$(refused ALPHA)" = 0 ] && [ "$(refused BETA)" = 1 ] || fail "the twins: ALPHA $(refused ALPHA), BETA $(refused BETA)"
"$X" prove --quick --run "$dir/twins" >"$dir/proof" 2>&1 || { cat "$dir/proof"; fail "the twins: prove"; }
echo "the payer's TA1 rejects our file: every claim of the three is an item of work, and nobody's mailbox says a word"
cp -r "$dir/sent" "$dir/ta1"
head -c 106 "$dir"/ta1/build837/out/*.837 | awk -F'*' '{
    printf "ISA*00*          *00*          *%s*%s*%s*%s*260902*0900*^*00501*000000911*0*T*:~", $8, $9, $6, $7
    printf "TA1*%s*%s*%s*R*022~IEA*0*000000911~", $14, $10, $11}' >"$dir/r.ta1"
answer ta1 "$dir/r.ta1"
"$X" work list --run "$dir/ta1" --json | grep '"code":"FILE_REJ"' >"$dir/work" || fail "no FILE_REJ"
[ "$(sed 's/.*"claim":"\([^"]*\)".*/\1/' "$dir/work" | sort | tr '\n' ' ')" = 'G-1 G-2 V-1 V-1 V-2 ' ] || fail "FILE_REJ: $(cat "$dir/work")"
grep -vq '"role":"[a-z]' "$dir/work" && fail "nobody has it: $(cat "$dir/work")"
[ -z "$(find "$dir/ta1/mailbox" -type f -name '[0-9]*')" ] || fail "a submitter is blamed: $(find "$dir/ta1/mailbox")"
"$X" prove --run "$dir/ta1" >"$dir/proof" 2>&1 || { cat "$dir/proof"; fail "prove, ta1"; }
echo "mailbox_test: all good"
