#!/bin/sh
# core-server behind a real nginx: three forms, batch and real time, answered by payersim and picked up
# by fetch; each fault of an envelope by its name; repeats; bodies too large and too slow; its deaths.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/nginx.sh
. tests/lib/core.sh
sim=
finish() {
    code=$?
    [ -z "$sim" ] || kill "$sim" 2>/dev/null || true
    core_stop "$T" || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN
fail() { echo "FAIL: $*"; cat "$T/server.err" 2>/dev/null; exit 1; }
has() { printf '%s' "$1" | grep -q "$2" || fail "$3: no '$2' in: $(printf "%s" "$1" | tail -n 5)"; }
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { echo "nginx is missing"; exit 77; }
command -v openssl >/dev/null || { echo "openssl is missing"; exit 77; }
core_set_up "$T" || fail "certificates"
core_start "$T" --wait 2 --most 200000 || { echo "nginx cannot be started here"; exit 77; }
in=$T/root/SBX01/in
claims=fixtures/837p/clean.837
inquiry=fixtures/270/clean.270

echo "a batch in each form: there once, the same bytes; sent again, nothing more"
mkdir "$T/wires"
{
    echo submit:
    for f in mime soap rest; do echo "  $f: $(core_wire "$T" $f)"; done
    echo fetch:
    for f in mime soap rest; do echo "  $f: $(core_wire "$T" $f)"; done
} >"$T/wires/w.yaml"
send() { "$X" submit send "$1" --to "$2" --run "$T/${3:-run}" --wires "$T/wires" 2>&1; }
for f in mime soap rest; do
    rm -f "$in"/*
    [ "$(send $claims $f)" = "delivered  clean.837" ] || fail "$f: $(send $claims $f)"
    [ "$(ls "$in" | wc -l)" = 1 ] && cmp $claims "$in"/core-*.x12 || fail "$f: there: $(ls "$in")"
    send $claims $f run2 >/dev/null || fail "$f: from another place, the same PayloadID"
    [ "$(ls "$in" | wc -l)" = 1 ] || fail "$f: taken twice"
done

echo "a real-time inquiry in each form: the 271 of the payer comes back in the answer"
cat >"$T/payers.yaml" <<'END'
seed: 1
payers:
  SBX01: {name: SANDBOX HEALTH, isa: SANDBOX, tax: "1512345678", after: {999: 0h, 277ca: 0h, 835: 0h, eft: 0h, 271: 0h}, fees: {"99213": 95.00}, rate: 60}
END
rm -f "$in"/*
"$B/bin/claimwire-payersim" --root "$T/root" --script "$T/payers.yaml" --watch >"$T/sim.log" 2>&1 &
sim=$!
for f in mime soap rest; do
    # each its own trace, as eligibility gives them
    trace=EL26$(echo $f | tr a-z A-Z)
    number=$((${number:-500} + 1))
    sed "s/EL2600001/$trace/; s/000000401/000000$number/" $inquiry >"$T/ask-$f.270"
    out=$(send "$T/ask-$f.270" $f) || fail "$f: $out; $(ls -R "$T/root/SBX01")"
    [ "$out" = "delivered  ask-$f.270  answer: $f.ask-$f.270.answer" ] || fail "$f: $out"
    answer=$T/run/fetch/in/$f.ask-$f.270.answer
    grep -q 'ST\*271\*' "$answer" && grep -q "$trace" "$answer" || fail "$f: $(cat "$answer")"
    [ "$(grep -l "$trace" "$T/root/SBX01/archive"/*.271 | wc -l)" = 1 ] ||
        fail "$f: the answer was not put aside: $(ls "$T/root/SBX01/archive")"
done

sed "s/EL2600001/EL26AGAIN/" "$T/ask-mime.270" >"$T/number.270" # its ISA13 came before
out=$(send "$T/number.270" soap) && grep -q '^TA1\*000000501\*.*\*R\*025~' "$T/run/fetch/in/soap.number.270.answer" ||
    fail "what the payer refuses does not come back: $out"

echo "what waits is picked up in each form, kept, confirmed, and comes once"
for f in mime soap rest; do
    rm -f "$T/root/SBX01/out"/*
    cp fixtures/999/clean.999 "$T/root/SBX01/out/a.999" && cp fixtures/835/clean.835 "$T/root/SBX01/out/b.835"
    printf '{"name":"b.835"}' >"$T/root/SBX01/out/b.835.manifest"
    mkdir -p "$T/wires.$f" && printf 'fetch:\n  %s: %s\n' $f "$(core_wire "$T" $f)" >"$T/wires.$f/f.yaml"
    look() { "$X" fetch --run "$T/run.$f" --wires "$T/wires.$f" --once 2>&1; }
    out=$(look) || fail "$f: $out"
    [ "$(printf '%s\n' "$out" | wc -l)" = 2 ] || fail "$f: came: $out"
    cmp fixtures/999/clean.999 "$T/run.$f/fetch/in/$f.999."*.x12 && cmp fixtures/835/clean.835 "$T/run.$f/fetch/in/$f.835."*.x12 || fail "$f: other bytes"
    [ ! -e "$T/root/SBX01/out/b.835" ] && [ ! -e "$T/root/SBX01/out/a.999" ] || fail "$f: confirmed and still there"
    [ -z "$(look)" ] || fail "$f: twice"
done

echo "from a question to its answer in words: eligibility asks, submit sends, eligibility reads"
mkdir "$T/office"
"$X" eligibility ask --run "$T/office" --payer SBX01 --member XYZ100200300 --last TESTER --first ANNA --dob 1980-02-29 \
    --npi 2000000010 --date 2026-09-08 --now 2026-09-08 >/dev/null || fail "ask"
out=$("$X" submit send "$T"/office/eligibility/out/*.270 --to mime --run "$T/office" --wires "$T/wires") || fail "send: $out"
"$X" eligibility read "$T"/office/fetch/in/mime.*.answer --run "$T/office" --now 2026-09-08 >"$T/log" || fail "read"
has "$("$X" eligibility show --run "$T/office" XYZ100200300)" 'active' "show"
kill "$sim" && wait "$sim" 2>/dev/null || true
sim=
rm -f "$T/root/SBX01/out"/* # its 999s

echo "a confirmation that was lost: the batch comes again, is known, and is confirmed"
cp fixtures/999/clean.999 "$T/root/SBX01/out/c.999"
again() { "$X" fetch --run "$T/run.k" --wires "$T/wires.mime" --once; }
CLAIMWIRE_KILL_AT=fetch.noted.after again >/dev/null 2>&1 && fail "fetch.noted.after was not visited"
[ -e "$T/root/SBX01/out/c.999" ] || fail "put aside before it was confirmed"
again >/dev/null || fail "again"
[ ! -e "$T/root/SBX01/out/c.999" ] && [ "$(ls -A "$T/run.k/fetch/in" | wc -l)" = 1 ] || fail "after a lost confirmation: $(ls -A "$T/run.k/fetch/in")"

echo "what is wrong with an envelope is named"
url=https://localhost:$nginx_port/core
sum=$(sha1sum <$claims | cut -d' ' -f1)
len=$(stat -c %s $claims)
# fields of a good batch; a test changes one: name=value, or name= to leave it out
post() { # [NAME=VALUE...]
    set -- PayloadType=X12_837_Request_005010X222A1 ProcessingMode=Batch PayloadID=11111111-2222-4333-8444-555555555555 \
        "PayloadLength=$len" TimeStamp=2026-09-01T08:00:00Z UserName=clinic Password=open-sesame SenderID=CLINIC \
        ReceiverID=SBX01 CORERuleVersion=2.2.0 "CheckSum=$sum" "Payload=<$claims" "$@"
    fields=
    for pair in "$@"; do
        name=${pair%%=*}
        fields=$(printf '%s\n' "$fields" | grep -v "^$name=" || true)
        [ -z "${pair#*=}" ] || fields=$(printf '%s\n%s' "$fields" "$pair")
    done
    printf '%s\n' "$fields" | sed '/^$/d; s/"/\\"/g; s/^/form = "/; s/$/"/' >"$T/curl.conf"
    curl -s --cacert "$T/tls/ca.pem" -K "$T/curl.conf" -o "$T/reply" -w '%{http_code}' "$url" >"$T/status" || fail "curl: $?"
    tr -d '\r' <"$T/reply" | sed -n '/name="ErrorCode"/{n;n;p;}'
}
expect() { # CODE STATUS [NAME=VALUE...]
    want=$1 status=$2
    shift 2
    got=$(post "$@")
    [ "$got" = "$want" ] && [ "$(cat "$T/status")" = "$status" ] || fail "$*: wanted $want $status, got $got $(cat "$T/status"): $(cat "$T/reply")"
}
before=$(ls -A "$in" | wc -l)
expect PayloadTypeRequired 200 PayloadType=
expect PayloadTypeIllegal 200 PayloadType=X12_000_Request
expect PayloadTypeIllegal 200 PayloadType=X12_270_Request_005010X279A1
expect ProcessingModeRequired 200 ProcessingMode=
expect ProcessingModeIllegal 200 ProcessingMode=Sometimes
expect PayloadIDRequired 200 PayloadID=
expect PayloadIDIllegal 200 PayloadID=../../etc
expect PayloadLengthRequired 200 PayloadLength=
expect PayloadLengthIllegal 200 PayloadLength=7
expect TimeStampRequired 200 TimeStamp=
expect TimeStampIllegal 200 TimeStamp=now
expect SenderIDRequired 200 SenderID=
expect ReceiverIDRequired 200 ReceiverID=
expect ReceiverIDIllegal 200 ReceiverID=NOBODY
expect ReceiverIDIllegal 200 ReceiverID=..
expect VersionMismatch 200 CORERuleVersion=1.1.0
expect CheckSumRequired 200 CheckSum=
expect ChecksumMismatched 200 CheckSum=da39a3ee5e6b4b0d3255bfef95601890afd80709
expect PayloadRequired 200 Payload=
expect PayloadIllegal 200 Payload=hello PayloadLength=5 CheckSum=aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d
expect UnAuthorized 403 Password=wrong
expect UnAuthorized 403 Password=
expect UnAuthorized 403 SenderID=STRANGER
[ "$(ls -A "$in" | wc -l)" = "$before" ] || fail "something that was refused was kept: $(ls -A "$in")"

echo "the same PayloadID: the same bytes get the same answer, other bytes are refused"
expect Success 202
cp "$T/reply" "$T/first"
expect Success 202
cmp "$T/first" "$T/reply" >/dev/null || [ "$(grep -a -A2 TimeStamp "$T/first")" = "$(grep -a -A2 TimeStamp "$T/reply")" ] || fail "another answer"
[ "$(ls -A "$in" | wc -l)" = $((before + 1)) ] || fail "taken twice"
claims_was=$claims claims=$T/other.837
sed 's/:1\*P\*/:1*T*/; s/CLM\*/CLM*9/' "$claims_was" >"$claims"
sum=$(sha1sum <"$claims" | cut -d' ' -f1) len=$(stat -c %s "$claims")
expect PayloadIDIllegal 200
claims=$claims_was sum=$(sha1sum <"$claims_was" | cut -d' ' -f1)
[ "$(ls -A "$in" | wc -l)" = $((before + 1)) ] || fail "other bytes were taken"

echo "who a caller says to be is not believed: headers of its own are overwritten"
code=$(curl -s --cacert "$T/tls/ca.pem" -H 'X-Client-Verify: SUCCESS' -H 'X-Client-Subject: CN=clinic' -H 'Content-Type: application/soap+xml' \
    -o "$T/reply" -w '%{http_code}' "$url" -d '<s:Envelope xmlns:s="x"><s:Body><COREEnvelopeRealTimeRequest><SenderID>CLINIC</SenderID></COREEnvelopeRealTimeRequest></s:Body></s:Envelope>')
[ "$code" = 403 ] && grep -q UnAuthorized "$T/reply" || fail "a header was believed: $code $(cat "$T/reply")"
token=$(curl -s --cacert "$T/tls/ca.pem" -u clinic-app:app-sesame -d grant_type=client_credentials "https://localhost:$nginx_port/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
rest() { curl -s --cacert "$T/tls/ca.pem" "$@" -H 'Content-Type: application/json' -d '{"SenderID":"CLINIC"}' -o "$T/reply" -w '%{http_code}' "$url"; }
cert="--cert $T/tls/client.pem --key $T/tls/client.key"
# shellcheck disable=SC2086  # words on purpose
[ "$(rest $cert -H "Authorization: Bearer $token")" = 400 ] && grep -q PayloadTypeRequired "$T/reply" || fail "a good token: $(cat "$T/reply")"
# shellcheck disable=SC2086
[ "$(rest $cert -H "Authorization: Bearer ${token%?}x")" = 401 ] || fail "a forged token: $(cat "$T/reply")"
# shellcheck disable=SC2086
[ "$(rest $cert)" = 401 ] || fail "no token: $(cat "$T/reply")"
[ "$(rest -H "Authorization: Bearer $token")" = 401 ] || fail "a token without the certificate: $(cat "$T/reply")"
[ "$(curl -s --cacert "$T/tls/ca.pem" -u clinic-app:wrong -d grant_type=client_credentials -o /dev/null -w '%{http_code}' "https://localhost:$nginx_port/token")" = 401 ] || fail "a wrong secret got a token"

echo "bodies that are no envelope, too large, of another method; nobody answers in time"
code() { curl -s --cacert "$T/tls/ca.pem" -o "$T/reply" -w '%{http_code}' "$@"; }
[ "$(code "$url" -H 'Content-Type: text/plain' -d x)" = 400 ] || fail "text/plain: $(cat "$T/reply")"
[ "$(code "$url" -H 'Content-Type: application/json' -d '{')" = 400 ] && grep -q '"ErrorCode":"Sender"' "$T/reply" || fail "no JSON: $(cat "$T/reply")"
[ "$(code "$url" -X DELETE)" = 405 ] || fail "DELETE: $(cat "$T/reply")"
[ "$(code "https://localhost:$nginx_port/nothing")" = 404 ] || fail "GET of nothing: $(cat "$T/reply")"
head -c 300000 /dev/zero >"$T/huge"
[ "$(code "$url" --data-binary "@$T/huge" -H 'Content-Type: application/json')" = 413 ] || fail "too large: $(cat "$T/reply")"
sed "s/EL2600001/EL26LATE/" $inquiry >"$T/late.270"
out=$(send "$T/late.270" mime) && fail "an answer from nobody: $out"
has "$out" 'waits.*CORE_RECEIVER' "no answer in time"
has "$("$X" core-server list --home "$T/root/core-server")" 'RealTime .*Receiver$' "list"
has "$("$X" core-server list --home "$T/root/core-server" --json)" '"real_time":6,"in_time":5' "months"

echo "the SOAP form is described to toolkits (WSDL), for whoever asks"
[ "$(code "https://localhost:$nginx_port/?wsdl")" = 200 ] || fail "?wsdl: $(cat "$T/reply")"
/usr/bin/python3 - "$T/reply" "$nginx_port" <<'PY' || fail "the WSDL"
import sys, xml.etree.ElementTree as tree
w = "{http://schemas.xmlsoap.org/wsdl/}"
xs = "{http://www.w3.org/2001/XMLSchema}"
top = tree.parse(sys.argv[1]).getroot()
said = {m.get("name"): m.find(w + "part").get("element").split(":")[1] for m in top.findall(w + "message")}
elements = {e.get("name") for e in top.find(w + "types")[0].findall(xs + "element")}
calls = {o.get("name"): [said[o.find(w + k).get("message").split(":")[1]] for k in ("input", "output")]
         for o in top.find(w + "portType")}
assert calls["RealTimeTransaction"] == ["COREEnvelopeRealTimeRequest", "COREEnvelopeRealTimeResponse"], calls
assert calls["GenericBatchSubmissionTransaction"][0] == "COREEnvelopeBatchSubmission", calls
assert len(calls) == 5 and elements == set(said.values()), elements
assert {o.get("name") for o in top.find(w + "binding").findall(w + "operation")} == set(calls)
address = top.find(w + "service")[0][0].get("location")
assert address.startswith("https://localhost"), address
PY

echo "a caller that says nothing more is dropped, and others are served meanwhile"
core_server_stop "$T"
core_server "$T" --slow 1 || fail "start"
python3 - "$T/core.sock" >"$T/slow.log" <<'END' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"POST /core HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: application/json\r\n\r\n{")
began = time.time()
s.settimeout(10)
try:
    rest = s.recv(1000)
except ConnectionResetError:
    rest = b""
print("dropped" if rest == b"" and 0.5 < time.time() - began < 5 else "not dropped %r" % rest)
END
slow=$!
sleep 0.2
[ "$(code "https://localhost:$nginx_port/live")" = 200 ] || fail "one slow caller holds up all"
wait $slow
[ "$(cat "$T/slow.log")" = dropped ] || fail "$(cat "$T/slow.log")"

echo "its deaths: a batch is there once, the same bytes, whoever dies when"
for at in keep.before keep.after name.after; do
    rm -rf "$in" && mkdir "$in"
    core_server_stop "$T"
    rm -f "$T/root/core-server/core-server.db"* # so that the same is new to it
    CLAIMWIRE_KILL_AT="core-server.$at@$T/died.$at" core_server "$T" || fail "start"
    send $claims mime "run.$at" >"$T/log" && fail "core-server.$at was not visited"
    has "$(cat "$T/log")" 'waits.*NET_HTTP' "$at"
    [ -e "$T/died.$at" ] || fail "$at was not visited"
    core_server "$T" || fail "start again"
    "$X" submit send $claims --to mime --run "$T/run.$at" --wires "$T/wires" --now 2030-01-01 >"$T/log" 2>&1 || fail "$at: $(cat "$T/log")"
    [ "$(ls -A "$in" | wc -l)" = 1 ] && cmp $claims "$in"/core-*.x12 || fail "after a death at $at: $(ls -A "$in")"
done
for at in answer.before answer.after; do
    rm -rf "$in" && mkdir "$in"
    core_server_stop "$T"
    rm -f "$T/root/core-server/core-server.db"*
    cp fixtures/271/clean.271 "$T/root/SBX01/out/now.271"
    CLAIMWIRE_KILL_AT="core-server.$at@$T/died.$at" core_server "$T" || fail "start"
    send $inquiry mime "run.$at" >"$T/log" && fail "core-server.$at was not visited"
    core_server "$T" || fail "start again"
    "$X" submit send $inquiry --to mime --run "$T/run.$at" --wires "$T/wires" --now 2030-01-01 >"$T/log" 2>&1 || fail "$at: $(cat "$T/log")"
    cmp fixtures/271/clean.271 "$T/run.$at/fetch/in/mime.clean.270.answer" || fail "$at: another answer"
    [ "$(ls -A "$in" | wc -l)" = 1 ] && cmp $inquiry "$in"/core-*.x12 || fail "after a death at $at: $(ls -A "$in")"
    rm -f "$T/root/SBX01/out/now.271"
done

! grep -rq 'open-sesame\|app-sesame' "$T/server.err" "$T/server.out" "$T/root/core-server" || fail "a secret was written"
echo "core-server_test: all good"
