#!/bin/sh
# OAuth tokens of a partner over CORE REST, behind a real nginx: one that runs out in the middle of a batch
# is fetched anew once and the same bytes go again; a second 401 holds the file; a giver of tokens that
# is down, fails, or gives none lets nothing go. No token and no secret is written anywhere.
set -eu
B=${B:-build}
X=$B/bin/claimwire
T=$(mktemp -d)
. tests/lib/nginx.sh
. tests/lib/core.sh
peer=
finish() {
    code=$?
    [ -z "$peer" ] || kill "$peer" 2>/dev/null || true
    core_stop "$T" || true
    rm -rf "$T"
    exit $code
}
trap finish EXIT
unset CLAIMWIRE_RUN http_proxy https_proxy HTTPS_PROXY ALL_PROXY
fail() { echo "FAIL: $*"; tail -n 5 "$T/log" "$T/peer.err" 2>/dev/null; exit 1; }
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { echo "nginx is missing"; exit 77; }
command -v openssl >/dev/null || { echo "openssl is missing"; exit 77; }
core_set_up "$T" || fail "certificates"

# Gives token-1, token-2 ...; refuses those named in $T/refuse ("all": each); keeps what each post held.
/usr/bin/python3 - "$T" <<'END' 2>"$T/peer.err" &
import http.server, os, re, socketserver, sys
top = sys.argv[1]
count = {"given": 0, "post": 0}
class Peer(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = "given" if self.path == "/token" else "post"
        count[kind] += 1
        open("%s/seen/%s.%d" % (top, kind, count[kind]), "wb").write(body)
        if kind == "given":
            return self.answer(200, '{"access_token":"token-%d-hush","expires_in":1}' % count[kind])
        token = re.fullmatch("Bearer token-([0-9]+)-hush", self.headers["Authorization"]).group(1)
        refused = open(top + "/refuse").read().split()
        if token in refused or "all" in refused:
            return self.answer(401, "")
        self.answer(200, '{"ErrorCode":"Success","PayloadID":"1","PayloadType":"X12_BatchReceiptConfirmation"}')
    def log_message(self, *_):
        pass
class Server(socketserver.UnixStreamServer):
    def get_request(self):
        return super().get_request()[0], ("nginx", 0)
os.mkdir(top + "/seen")
Server(top + "/peer.sock", Peer).serve_forever()
END
peer=$!
port=$(nginx_free_port) nobody=$(nginx_free_port)
cat >"$T/tls/extra.conf" <<END
server { listen 127.0.0.1:$port ssl; ssl_certificate $T/tls/server.pem; ssl_certificate_key $T/tls/server.key;
    location / { proxy_pass http://unix:$T/peer.sock; }
    location = /fails { return 500; }
    location = /words { return 200 "hello"; }
    location = /none { return 200 '{"token_type":"Bearer"}'; }
}
END
core_start "$T" --wait 1 || { echo "nginx cannot be started here"; exit 77; }
wire() { # URL OF TOKENS
    mkdir -p "$T/wires"
    echo "submit: {SBX01: {by: core-rest, url: \"https://localhost:$port/core\", ca: $T/tls/ca.pem, cert: $T/tls/client.pem, key: $T/tls/client.key, token: \"$1\", client: clinic-app, secret: $T/secret, sender: CLINIC, receiver: SBX01, timeout: 2}}" >"$T/wires/w.yaml"
}
for i in 1 2 3 4; do sed "s/\*0\*T\*:/*0*P*:/; s/000000101/00000020$i/" fixtures/837p/clean.837 >"$T/b$i.837"; done
now=2026-09-01T08:00:00Z
send() { "$X" submit send "$@" --to SBX01 --run "$run" --wires "$T/wires" --now "$now" 2>"$T/log"; }
seen() { ls "$T/seen" | grep -c "^$1" || true; }
quiet() { ! grep -rqa 'hush\|app-sesame' "$run" "$T/log" "$T/out" || fail "$1: a secret was written"; }

echo "a token that runs out on the third file of a batch: fetched anew once, the same bytes again"
run=$T/run1
wire "https://localhost:$port/token"
echo 3 >"$T/refuse"
send "$T/b1.837" "$T/b2.837" "$T/b3.837" >"$T/out" || fail "the batch: $(cat "$T/out")"
[ "$(grep -c '^delivered' "$T/out")" = 3 ] || fail "$(cat "$T/out")"
[ "$(seen given)" = 4 ] && [ "$(seen post)" = 4 ] || fail "$(seen given) tokens, $(seen post) posts"
cmp "$T/seen/post.3" "$T/seen/post.4" || fail "other bytes went the second time"
! cmp -s "$T/seen/post.2" "$T/seen/post.3" || fail "the test itself: posts are all alike"
quiet "a batch"

echo "a second 401 is an exception: held, two posts and no more; released, it goes once"
run=$T/run2
echo all >"$T/refuse"
code=0
send "$T/b4.837" >"$T/out" || code=$?
[ $code = 1 ] && grep -q '^held.*CORE_UNAUTHORIZED.*401' "$T/out" || fail "$code $(cat "$T/out")"
[ "$(seen given)" = 6 ] && [ "$(seen post)" = 6 ] || fail "$(seen given) tokens, $(seen post) posts"
quiet "a second 401"
: >"$T/refuse"
"$X" submit retry 1 --run "$run" >/dev/null || fail "retry"
now=2026-09-01T09:00:00Z
send "$T/b4.837" >"$T/out" || fail "released: $(cat "$T/out")"
[ "$(seen post)" = 7 ] || fail "$(seen post) posts"

echo "a giver of tokens that is down, fails, says words, gives none: nothing goes"
n=2
gives() { # URL EXIT TEXT
    n=$((n + 1)) code=0
    run=$T/run$n
    wire "$1"
    send "$T/b1.837" >"$T/out" || code=$?
    [ $code = "$2" ] && grep -q "$3" "$T/out" || fail "$1: wanted $2 $3, got $code $(cat "$T/out")"
    [ "$(seen post)" = 7 ] || fail "$1: the partner was asked without a token"
    quiet "$1"
}
gives "https://localhost:$nobody/token" 111 '^waits.*NET_DOWN'
gives "https://localhost:$port/fails" 111 '^waits.*NET_HTTP.*giver of tokens answered 500'
gives "https://localhost:$port/words" 1 '^held.*CORE_TOKEN.*gave none'
gives "https://localhost:$port/none" 1 '^held.*CORE_TOKEN.*gave none'
echo "token_test: all good"
