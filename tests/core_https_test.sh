#!/bin/sh
# submit and fetch over CAQH CORE against a real nginx that misbehaves: certificates of every wrong kind,
# 5xx, silence, slow bodies, cuts; secrets that others may read; deaths at each instant of an upload.
# Each gives its exception; nothing is lost, nothing goes twice, nothing goes before 90 s. Time is what
# --now and --clock say.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/nginx.sh
. tests/lib/core.sh
deaf=
finish() {
    code=$?
    [ -z "$deaf" ] || kill "$deaf" 2>/dev/null || true
    core_stop "$T" || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN http_proxy https_proxy HTTPS_PROXY ALL_PROXY
fail() { echo "FAIL: $*"; tail -n 5 "$T/server.err" "$T/log" 2>/dev/null; exit 1; }
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { echo "nginx is missing"; exit 77; }
command -v openssl >/dev/null || { echo "openssl is missing"; exit 77; }
core_set_up "$T" || fail "certificates"
in=$T/root/SBX01/in
head -c 20000 /dev/zero | tr '\0' x >"$T/slow.txt"
sed 's/\*0\*T\*:/*0*P*:/' fixtures/837p/clean.837 >"$T/claims.837"
sed 's/\*0\*T\*:/*0*P*:/' fixtures/270/clean.270 >"$T/ask.270"

# nobody answers there, though somebody listens
python3 - "$T/deaf.sock" <<'END' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(50)
time.sleep(600)
END
deaf=$!
bad_port=$(nginx_free_port) mtls_port=$(nginx_free_port) old_port=$(nginx_free_port)
tls() { echo "listen 127.0.0.1:$1 ssl; ssl_certificate $T/tls/$2.pem; ssl_certificate_key $T/tls/$2.key;"; }
cat >"$T/tls/extra.conf" <<END
log_format seen '\$uri';
server { $(tls "$bad_port" server) listen 127.0.0.3:$bad_port ssl;
    access_log $T/seen.log seen;
    location /503 { return 503; }
    location /429 { return 429; }
    location /busy { add_header Retry-After 3600 always; return 429; }
    location /soon { add_header Retry-After 5 always; return 503; }
    location /year { add_header Retry-After "Wed, 21 Oct 2099 07:28:00 GMT" always; return 503; }
    location /404 { return 404; }
    location /cut { return 444; }
    location /words { return 200 "hello"; }
    location /silent { proxy_pass http://unix:$T/deaf.sock; proxy_read_timeout 60s; }
    location /gateway { proxy_pass http://unix:$T/deaf.sock; proxy_read_timeout 1s; }
    location /slow { root $T; try_files /slow.txt =404; limit_rate 30; error_page 405 =200 /slow/again; }
    location /small { client_max_body_size 10; proxy_pass http://unix:$T/deaf.sock; }
    location = /sum { default_type application/json; return 200 '{"ErrorCode":"ChecksumMismatched"}'; }
    location = /version { default_type application/json; return 200 '{"ErrorCode":"VersionMismatch"}'; }
    location = /field { default_type application/json; return 200 '{"ErrorCode":"PayloadTypeRequired","ErrorMessage":"TESTER ANNA"}'; }
    location = /theirs { default_type application/json; return 500 '{"ErrorCode":"Receiver"}'; }
}
server { $(tls "$mtls_port" server)
    ssl_client_certificate $T/tls/ca.pem; ssl_verify_client on;
    location / { proxy_pass http://unix:$T/core.sock; }
}
server { $(tls "$old_port" old)
    location / { proxy_pass http://unix:$T/core.sock; }
}
END
core_start "$T" --wait 1 || { echo "nginx cannot be started here"; exit 77; }

number=0
# A wire of production with who we are; KEYS may say another url, ca ...
wire() { # URL [KEYS]
    mkdir -p "$T/wires"
    case ${2:-} in *ca:*) ca= ;; *) ca="ca: $T/tls/ca.pem," ;; esac
    case ${2:-} in *cert:* | *password:*) who= ;; *) who="user: clinic, password: $T/word," ;; esac
    echo "submit: {SBX01: {by: core-soap, url: \"$1\", $ca $who sender: CLINIC, receiver: SBX01, timeout: 1${2:+, $2}}}" >"$T/wires/w.yaml"
}
send() { # FILE NOW: into the present run
    "$X" submit send "$1" --to SBX01 --run "$run" --wires "$T/wires" --now "$2" 2>"$T/log"
}
new_run() { number=$((number + 1)); run=$T/run$number; }
good=https://localhost:$nginx_port/core
bad=https://localhost:$bad_port
asked() { "$X" core-server list --home "$T/root/core-server" --json 2>/dev/null | grep -c "\"sender\"" || true; }
gives() { # EXIT TEXT WHAT: a file under the present wire, in a run of its own
    new_run
    code=0
    out=$(send "${file:-$T/claims.837}" 2026-09-01T08:00:00Z) || code=$?
    [ "$code" = "$1" ] && printf '%s' "$out" | grep -q "$2" || fail "$3: wanted $1 $2, got $code $out"
    "$X" submit list --run "$run" | grep -q "$2" || fail "$3: not in the list"
    ! grep -rqa 'open-sesame\|TESTER ANNA' "$run/submit/submit.db" "$T/log" || fail "$3: a secret or a partner's words were written"
}
lost_nothing() { # WHAT: it goes once the wire is good, and lies there once
    rm -rf "$in" && mkdir "$in"
    wire "$good"
    "$X" submit retry 1 --run "$run" >/dev/null || fail "$1: retry"
    sent=$(send "${file:-$T/claims.837}" 2026-09-01T09:00:00Z) || fail "$1: $sent"
    rm -rf "$in" && mkdir "$in"
}

echo "certificates: another CA, another name, run out, nobody there, ours missing, ours of a stranger"
wire "$good" "ca: $T/tls/other-ca.pem" && gives 1 'held.*NET_CERT:' "another CA" && lost_nothing "another CA"
wire "https://127.0.0.3:$bad_port/503" && gives 1 'held.*NET_CERT:' "another name"
wire "https://127.0.0.2:$nginx_port/" && gives 111 'waits.*NET_DOWN' "nobody is there"
wire "https://localhost:$old_port/" && gives 111 'waits.*NET_CERT_EXPIRED' "run out"
wire "https://localhost:$mtls_port/" && gives 1 'held.*NET_CLIENT_CERT' "no certificate of ours"
wire "https://localhost:$mtls_port/" "cert: $T/tls/stranger.pem, key: $T/tls/stranger.key" && gives 1 'held.*NET_CLIENT_CERT' "a stranger's certificate"
wire "$good" "cert: $T/tls/stranger.pem, key: $T/tls/stranger.key" && gives 1 'held.*\(NET_CLIENT_CERT\|CORE_UNAUTHORIZED\)' "a stranger where one is optional"
wire "$good" "cert: $T/tls/client.pem, key: $T/tls/stranger.key" && gives 1 'held.*NET_OUR_CERT' "a key that is not the certificate's"
wire "$good" "ca: $T/nowhere.pem" && gives 1 'held.*NET_OUR_CERT' "no file of the CA"

echo "what the host answers: 5xx, 4xx, words, silence, a slow body, a cut"
wire "$bad/503" && gives 111 'waits.*NET_HTTP.*503' 503
wire "$bad/429" && gives 111 'waits.*NET_HTTP.*429' 429
wire "$bad/busy" && gives 111 'waits.*NET_HTTP.*429, and asks to wait 3600 s' "a busy host"
wire "$bad/year" && gives 111 'waits.*NET_HTTP.*503, and asks to wait [0-9]* s, of which a day is waited' "a host that asks for a year"
wire "$bad/gateway" && gives 111 'waits.*NET_HTTP.*504' "a gateway that waited in vain"
wire "$bad/404" && gives 1 'held.*CORE_REFUSED.*404' 404
wire "$bad/small" && gives 1 'held.*CORE_TOO_LARGE' 413
wire "$bad/words" && gives 111 'waits.*CORE_ANSWER' "no envelope"
wire "$bad/cut" && gives 111 'waits.*NET_CUT' "a cut"
file=$T/ask.270 # in real time the second of the wire is for all of it
wire "$bad/silent" && gives 111 'waits.*NET_TIMEOUT' silence
wire "$bad/slow" && gives 111 'waits.*NET_TIMEOUT' "a slow body"
file=
echo "the errors that the rule names: to wait or to hold, the field named, their words never written"
wire "$bad/sum" && gives 111 'waits.*CORE_CHECKSUM' ChecksumMismatched
wire "$bad/theirs" && gives 111 'waits.*CORE_RECEIVER' Receiver
wire "$bad/version" && gives 1 'held.*CORE_VERSION' VersionMismatch
wire "$bad/field" && gives 1 'held.*CORE_REQUIRED.*PayloadType$' PayloadTypeRequired
wire "$good" "user: clinic, password: $T/secret" && gives 1 'held.*CORE_UNAUTHORIZED' "a wrong password" && lost_nothing "a wrong password"

echo "secrets that others may read, or that are not there"
cp "$T/word" "$T/open" && chmod 644 "$T/open" && cp "$T/tls/client.key" "$T/open.key" && chmod 640 "$T/open.key" && : >"$T/none" && chmod 600 "$T/none"
before=$(asked)
for bad_word in "$T/open" "$T/nowhere" "$T/none" "$T"; do
    wire "$good" "user: clinic, password: $bad_word" && gives 1 'held.*NET_SECRET' "$bad_word"
done
wire "$good" "cert: $T/tls/client.pem, key: $T/open.key" && gives 1 'held.*NET_SECRET' "an open key"
[ "$(asked)" = "$before" ] || fail "something was sent under a secret that is none"

echo "5xx, then well: not before 90 seconds of the pipeline's clock, then at once, once, the same bytes"
rm -rf "$in" && mkdir "$in"
sed 's/000000101/000000199/' "$T/claims.837" >"$T/fresh.837" # bytes that the partner has not seen
file=$T/fresh.837
wire "$bad/503" && gives 111 'waits.*NET_HTTP.*503' 503
wire "$good"
before=$(asked)
send "$T/fresh.837" 2026-09-01T08:01:29Z >/dev/null && fail "sent again after 89 seconds"
"$X" submit retry 1 --run "$run" >/dev/null
send "$T/fresh.837" 2026-09-01T08:01:29Z >/dev/null && fail "a person's retry shortened the 90 seconds"
[ "$(asked)" = "$before" ] || fail "the partner was asked before 90 seconds"
send "$T/fresh.837" 2026-09-01T08:01:30Z >/dev/null || fail "not sent after 90 seconds"
[ "$(ls "$in" | wc -l)" = 1 ] && cmp "$T/fresh.837" "$in"/core-*.x12 || fail "there: $(ls "$in")"

echo "Retry-After: heeded when it is longer than our pause, at most a day, and never shortens the 90 seconds"
waits_until() { # PATH INSTANT THE-SECOND-BEFORE
    rm -rf "$in" && mkdir "$in"
    number_of=$(printf '%03d' $((number + 200)))
    sed "s/000000101/000000$number_of/" "$T/claims.837" >"$T/asked.837"
    file=$T/asked.837
    wire "$bad/$1" && gives 111 'waits.*NET_HTTP' "$1"
    "$X" submit list --run "$run" --json | grep -q "\"next\":\"$2" || fail "$1: $("$X" submit list --run "$run" --json)"
    wire "$good"
    send "$file" "$3" >/dev/null && fail "$1: sent at $3"
    [ -z "$(ls "$in")" ] || fail "$1: it lies there too early"
    send "$file" "$2Z" >/dev/null || fail "$1: not sent at $2"
    [ "$(ls "$in" | wc -l)" = 1 ] && cmp "$file" "$in"/core-*.x12 || fail "$1: there: $(ls "$in")"
}
waits_until busy 2026-09-01T09:00:00 2026-09-01T08:59:59Z
waits_until soon 2026-09-01T08:01:30 2026-09-01T08:01:29Z
waits_until year 2026-09-02T08:00:00 2026-09-02T07:59:59Z

echo "deaths of an upload at each instant: there once, the same bytes, under one PayloadID, 90 seconds apart"
cp fixtures/271/clean.271 "$T/answer.271"
died() { # FILE POINT
    rm -rf "$in" && mkdir "$in"
    rm -f "$T/root/core-server/core-server.db"* "$T/root/core-server/answers"/*
    core_server "$T" --wait 1 || fail "start"
    cp "$T/answer.271" "$T/root/SBX01/out/a.271"
    new_run
    wire "$good"
    ! CLAIMWIRE_KILL_AT=$2 send "$1" 2026-09-01T08:00:00Z >/dev/null 2>&1 || fail "$2 was not visited"
    seen=$(asked)
    # an answer that came is placed without a second asking; all else waits for its 90 seconds
    send "$1" 2026-09-01T08:01:29Z >/dev/null && fail "$2: again before 90 seconds"
    [ "$(asked)" = "$seen" ] || fail "$2: asked again before 90 seconds"
    if [ $2 = submit.answer.before ]; then # the answer lies in the box: it is told, and let lie
        "$X" doctor --run "$run" --mend >"$T/log" 2>&1 || true
        grep -q 'answer.*handed on with its row' "$T/log" || fail "doctor: $(cat "$T/log")"
    fi
    out=$(send "$1" 2026-09-01T08:01:30Z) || fail "$2: $out"
    [ "$(ls -A "$in" | wc -l)" = 1 ] && cmp "$1" "$in"/core-*.x12 || fail "$2: there: $(ls -A "$in")"
    [ "$("$X" core-server list --home "$T/root/core-server" --json | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | sort -u | wc -l)" = 1 ] || fail "$2: more than one PayloadID"
    case $1 in *.270) cmp "$T/answer.271" "$run/fetch/in/SBX01.ask.270.answer" && [ "$(ls -A "$run/fetch/in" | wc -l)" = 1 ] || fail "$2: the answer: $(ls -A "$run/fetch/in")" ;; esac
    core_server_stop "$T" || true
}
core_server_stop "$T" || true
for at in wire.post.before wire.post.mid wire.post.after; do died "$T/claims.837" $at; done
for at in wire.post.mid wire.post.after submit.answer.before submit.answer.after submit.delivered.before; do died "$T/ask.270" $at; done

echo "the keeper: its hand dies in mid-send, it waits by the clock; an open circuit lets nothing else go"
core_server "$T" || fail "start"
/usr/bin/python3 - "$T" <<'END' || { echo "python3-msgpack is missing"; exit 77; }
import hashlib, os, sys
sys.path.insert(0, "tests/lib")
import frames
top = sys.argv[1]
data = open(top + "/claims.837", "rb").read()
os.mkdir(top + "/outbox")
records = []
for i in (1, 2):
    bytes_ = data.replace(b"*000000101*", b"*00000010%d*" % i)
    open("%s/outbox/K%d.837" % (top, i), "wb").write(bytes_)
    digest = hashlib.blake2b(bytes_, digest_size=32).digest()
    body = ('{"name":"K%d.837","payer":"SBX01","file":"%s"}' % (i, digest.hex())).encode()
    records.append(({"id": bytes([i]) * 16, "root": bytes([i]) * 16, "kind": "sent", "v": 1, "use": "P", "at": 0, "file": digest, "off": 0, "len": len(bytes_)}, body))
frames.write(open(top + "/one", "wb"), records[:1])
frames.write(open(top + "/two", "wb"), records)
END
keeper() { "$B/bin/claimwire-submit" --run "$run" --wires "$T/wires" --from "$T/outbox" --clock "$2" <"$T/$1" >/dev/null 2>"$T/log" || fail "keeper: $?"; }
list() { "$X" submit list --run "$run"; }
rm -rf "$in" && mkdir "$in"
new_run
wire "$good"
CLAIMWIRE_KILL_AT="wire.post.mid@$T/hand" keeper one 2026-09-01T08:00:00Z
list | grep -q 'waits.*NET_DIED' || fail "a hand that died: $(list)"
keeper one 2026-09-01T08:01:29Z
list | grep -q 'waits' || fail "again before 90 seconds: $(list)"
keeper one 2026-09-01T08:01:30Z
list | grep -q 'delivered' && [ "$(ls -A "$in" | wc -l)" = 1 ] && cmp "$T/outbox/K1.837" "$in"/core-*.x12 || fail "after 90 seconds: $(list)"
new_run
wire "$bad/503" "trip: 1"
: >"$T/seen.log"
keeper two 2026-09-01T08:00:00Z
[ "$(grep -c . "$T/seen.log")" = 1 ] || fail "an open circuit let $(grep -c . "$T/seen.log") go"
[ "$(list | grep -c waits)" = 2 ] || fail "$(list)"
wire "$good" && keeper two 2026-09-01T09:00:00Z
[ "$(list | grep -c delivered)" = 2 ] || fail "after the circuit: $(list)"

echo "fetch: a partner that fails is named, exit 1; what comes damaged is not kept"
printf 'fetch: {SBX01: {by: core-rest, usage: T, url: "%s", ca: %s, cert: %s, key: %s, sender: CLINIC, receiver: SBX01, timeout: 1, take: "835"}}\n' \
    "$bad/503" "$T/tls/ca.pem" "$T/tls/client.pem" "$T/tls/client.key" >"$T/wires/w.yaml"
look() { "$X" fetch --run "$T/fetched" --wires "$T/wires" --once 2>"$T/log"; }
look && fail "all is well with 503"
grep -q 'SBX01: NET_HTTP: the host answered 503' "$T/log" || fail "not said"
sed -i 's|/503|/damaged|' "$T/wires/w.yaml"
sed -i "s|location = /sum|location = /damaged { default_type application/json; return 200 '{\"ErrorCode\":\"Success\",\"PayloadID\":\"1\",\"CheckSum\":\"a9993e364706816aba3e25717850c26c9cd0d89d\",\"Payload\":\"SVNB\"}'; }\n    &|" "$T/tls/extra.conf"
nginx_stop "$T/tls" && nginx_start "$T/tls" "$T/core.sock" || fail "nginx"
look && fail "what came damaged was taken"
grep -q 'NET_TORN' "$T/log" && [ -z "$(ls -A "$T/fetched/fetch/in" | grep -v part)" ] || fail "damaged: $(cat "$T/log"; ls -A "$T/fetched/fetch/in")"
! grep -rqa 'open-sesame\|app-sesame' "$T/server.err" "$T/root/core-server" || fail "a secret was written"
echo "core_https_test: all good"
