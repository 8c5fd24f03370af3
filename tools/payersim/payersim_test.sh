#!/bin/sh
# payersim: every behaviour of the script with the money that it must give, worked out by hand; many
# small steps or one long one, deaths in between: the same bytes; and a house that bills it, sends,
# fetches and posts until the books are proved.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset CLAIMWIRE_RUN
python3 tests/readers/make_837.py --claims 10 | sed 's/PAY[123]~/PAY0~/g; s/\*0\*P\*:~/*0*T*:~/' >"$T/in.837"
# Claim n is charged 60.50 + n and 40.00; 60 percent is allowed: 0.6 n + 36.30, and 24.00.
cat >"$T/script.yaml" <<'END'
payers:
  PAY0: {name: PAYER ZERO, isa: PAYZERO, after: {999: 1h, 277ca: 1d, 835: 10d, eft: 2d}}
  PAY9: {name: PAYER NINE, isa: PAYNINE}
cases:
  - {when: {pcn: PCN000000}, reject: {report: "A7:562:82"}}
  - {when: {pcn: PCN000001}, deny: {group: CO, reason: "197", remark: N54}}
  - {when: {pcn: PCN000002}, never: true}
  - {when: {pcn: PCN000003}, late: {after: 30d, percent: 10}}
  - {when: {pcn: PCN000004}, split: true}
  - {when: {pcn: PCN000005}, bundle: true}
  - {when: {pcn: PCN000006}, take-back: {after: 20d, percent: 50}}
  - {when: {pcn: PCN000007}, twice: true}
  - {when: {pcn: PCN000008}, unknown: true}
END
step() { "$X" payersim --root "$1" --script "$T/script.yaml" --now "$2" >>"$T/log"; }
begin() { rm -rf "$1" && step "$1" 2026-09-01 && cp "$T/in.837" "$1/PAY0/in/" && step "$1" 2026-09-01T06:00:00Z; }

echo "each behaviour"
begin "$T/a"
[ -z "$(ls "$T/a/PAY0/out")" ] || fail "an answer before its time: $(ls "$T/a/PAY0/out")"
step "$T/a" 2026-09-01T07:00:00Z
[ "$(ls "$T/a/PAY0/out")" = PAY0-000000001.999 ] || fail "after an hour: $(ls "$T/a/PAY0/out")"
step "$T/a" 2026-12-01
"$X" validate "$T/a"/PAY0/out/*.999 "$T/a"/PAY0/out/*.277ca "$T/a"/PAY0/out/*.835 >"$T/v" || fail "not clean: $(cat "$T/v")"
ca=$(cat "$T"/a/PAY0/out/*.277ca | tr -d '\n' | tr '~' '\n')
[ "$(echo "$ca" | grep -c 'STC\*A2:20')" = 9 ] || fail "277CA accepts: $ca"
echo "$ca" | grep -A1 'TRN\*2\*PCN000000' | grep -q 'STC\*A7:562:82\*.*\*U\*' || fail "277CA rejects nothing: $ca"
[ "$(echo "$ca" | grep -c 'REF\*1K\*PA26')" = 9 ] || fail "payer control numbers: $ca"
python3 tests/readers/read_835.py "$T"/a/PAY0/out/*.835 >"$T/got" || fail "out of balance: $(cat "$T/got")"
# The first run, day 10. 1: denied. 4 in two: 64.50 (38.70) and 40 (24). 5: 65.50 (39.30), 40 into it.
# 6: 66.50 (39.90) + 24. 7: 67.50 (40.50) + 24. 8: 68.50 (41.10) + 24 under another account.
# 9: 69.50 (41.70) + 24. The two billing providers have the claims 0 to 4 and 5 to 9.
# (4 and 6 have two numbers of the payer, so 8 has the tenth.) Day 12: the second payment again, for claim 7. Day 30: 6 back, 31.95 instead of 63.90: it carries
# -31.95 forward. Day 40: 3 with its 61.80... 63.50 (38.10) + 24 = 62.10 and interest 6.21.
cat >"$T/want" <<'END'
PAY EFTPAY0000001 62.7
CLP PCN000001 1 101.5 0 0
CLP PCN000004 1 64.5 38.7 0
CLP PCN000004 1 40 24 0
PAY EFTPAY0000002 298.5
CLP PCN000005 1 105.5 39.3 0
CLP PCN000006 1 106.5 63.9 0
CLP PCN000007 1 107.5 64.5 0
CLP ZZ-UNKNOWN-PA2600010 1 108.5 65.1 0
CLP PCN000009 1 109.5 65.7 0
PAY EFTPAY0000002 298.5
CLP PCN000005 1 105.5 39.3 0
CLP PCN000006 1 106.5 63.9 0
CLP PCN000007 1 107.5 64.5 0
CLP ZZ-UNKNOWN-PA2600010 1 108.5 65.1 0
CLP PCN000009 1 109.5 65.7 0
PAY EFTPAY0000003 0
CLP PCN000006 22 -106.5 -63.9 0
CLP PCN000006 1 106.5 31.95 0
PLB FB:EFTPAY0000003 -31.95
PAY EFTPAY0000004 68.31
CLP PCN000003 1 103.5 62.1 0
PLB L6:PCN000003 -6.21
END
cmp -s "$T/want" "$T/got" || { diff "$T/want" "$T/got"; fail "the remittances"; }
[ "$(ls "$T"/a/PAY0/out/*.ach | wc -l)" = 3 ] || fail "EFT files: $(ls "$T/a/PAY0/out")"
awk 'length != 94 { bad = 1 } END { exit bad || NR % 10 }' "$T/a/PAY0/out/PAY0-EFTPAY0000002.ach" || fail "no NACHA file"
grep -q '^622.*0000029850 ' "$T/a/PAY0/out/PAY0-EFTPAY0000002.ach" || fail "EFT amount"
grep -q '^705TRN\*1\*EFTPAY0000002\*1999999999' "$T/a/PAY0/out/PAY0-EFTPAY0000002.ach" || fail "EFT trace"

echo "a hundred steps are one long step"
begin "$T/b"
for day in 01 02 03 05 08 09 10 11 12 13 14 15 20 25 30; do step "$T/b" 2026-09-${day}T12:00:00Z; done
for day in 01 02 05 10 11 12 20; do step "$T/b" 2026-10-$day; done
step "$T/b" 2026-12-01
diff -r "$T/a/PAY0/out" "$T/b/PAY0/out" || fail "steps matter"

echo "deaths: the same bytes"
for at in take.before take.after write.before write.after; do
    rm -rf "$T/c" && step "$T/c" 2026-09-01 && cp "$T/in.837" "$T/c/PAY0/in/"
    CLAIMWIRE_KILL_AT=payersim.$at "$X" payersim --root "$T/c" --script "$T/script.yaml" --now 2026-09-01T06:00:00Z >/dev/null 2>&1 || true
    step "$T/c" 2026-09-01T06:00:00Z
    CLAIMWIRE_KILL_AT=payersim.$at:2 "$X" payersim --root "$T/c" --script "$T/script.yaml" --now 2026-12-01 >/dev/null 2>&1 || true
    step "$T/c" 2026-12-01
    diff -r "$T/a/PAY0/out" "$T/c/PAY0/out" || fail "after a death at $at"
done

echo "the same file again under another name: TA1 R 025, and nothing else"
cp "$T/in.837" "$T/a/PAY0/in/again.837" && before=$(ls "$T/a/PAY0/out" | wc -l)
step "$T/a" 2026-12-02
[ "$(ls "$T/a/PAY0/out" | wc -l)" = $((before + 1)) ] && grep -q 'TA1\*000000001\*.*\*R\*025' "$T"/a/PAY0/out/*.ta1 || fail "again: $(ls "$T/a/PAY0/out")"

echo "replacement and void take back what was said; forward balances are taken; WO and 72"
cat >"$T/script.yaml" <<'END'
payers:
  PAY0: {name: PAYER ZERO, isa: PAYZERO, after: {835: 10d}, recoup: WO}
cases:
  - {when: {pcn: PCN000001, frequency: "1"}, deny: {group: CO, reason: "197"}}
  - {when: {pcn: PCN000006}, take-back: {after: 20d, percent: 50}}
  - {when: {pcn: PCN000007}, refund: {after: 20d, percent: 0}}
END
begin "$T/d" && step "$T/d" 2026-09-12
python3 tests/readers/make_837.py --claims 2 --first 0 | sed 's/PAY[123]~/PAY0~/g; s/:B:1\*Y/:B:7*Y/g; s/\*0\*P\*:~/*0*T*:~/; s/000000001/000000055/g; s/\(GS.*\*0800\*\)1\*/\155*/; s/GE\*1\*1~/GE*1*55~/' |
    awk 'BEGIN { RS = ORS = "~" } /^CLM\*PCN000000/ { sub(/:B:7/, ":B:8") } { print } ' | sed 's/~*$/~/; s/~~$/~/' >"$T/d/PAY0/in/replace.837"
step "$T/d" 2026-09-13 && step "$T/d" 2026-10-25
python3 tests/readers/make_837.py --claims 10 --first 50 | sed 's/PAY[123]~/PAY0~/g; s/\*0\*P\*:~/*0*T*:~/' >"$T/d/PAY0/in/more.837"
step "$T/d" 2026-10-26 && step "$T/d" 2026-12-01
python3 tests/readers/read_835.py "$T"/d/PAY0/out/*.835 >"$T/got" || fail "out of balance: $(cat "$T/got")"
grep -A3 'CLP PCN000000 22 -100.5 -60.3' "$T/got" | grep -q 'CLP PCN000001 22 -101.5 0 0' || { cat "$T/got"; fail "a void and a replacement"; }
grep -q 'CLP PCN000001 1 101.5 60.9 0' "$T/got" || fail "what is replaced is paid"
[ "$(grep -c 'PLB WO:' "$T/got")" = 6 ] && grep -q 'PLB WO:[A-Z0-9]* -31.95' "$T/got" && grep -q 'PLB WO:[A-Z0-9]* 31.95' "$T/got" || { cat "$T/got"; fail "delayed recoupment"; }
grep -q 'PLB 72:[A-Z0-9]* -64.5' "$T/got" && grep -q 'PLB WO:[A-Z0-9]* 64.5' "$T/got" || { cat "$T/got"; fail "a refund by cheque"; }

echo "a bad script says file, line and column"
for bad in 'payers: {}' 'payers: {P: {rate: 200}}' 'payers: {P: {}}
cases: [{dance: true}]' 'payers: {P: {}}
cases: [{pay: true, deny: {}}]' 'payers: {P: {after: {835: soon}}}'; do
    echo "$bad" >"$T/bad.yaml"
    "$X" payersim --root "$T/x" --script "$T/bad.yaml" 2>"$T/e" && fail "$bad"
    grep -q 'bad.yaml:[0-9]*:[0-9]*: ' "$T/e" || fail "no place: $(cat "$T/e")"
done
echo "payersim_test: all good"
