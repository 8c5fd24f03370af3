# A receiving side of CAQH CORE for tests: core-server behind a real nginx. usage:
#   . tests/lib/nginx.sh; . tests/lib/core.sh
#   core_set_up DIR              certificates, secrets, clients, folders of the receiver SBX01
#   core_start DIR [ARGS...]     core-server, then nginx before it; sets nginx_port
#   core_stop DIR
#   core_wire DIR FORM [KEYS]    prints a wire (FORM: mime soap rest)
core_set_up() {
    mkdir -p "$1/root/SBX01/in" "$1/root/SBX01/out" "$1/root/SBX01/archive"
    nginx_certs "$1/tls" >/dev/null || return 1
    (umask 077; echo open-sesame >"$1/word"; echo app-sesame >"$1/secret")
    cat >"$1/clients.yaml" <<END
clients:
  CLINIC: {user: clinic, password: $1/word, certificate: "CN=clinic", client: clinic-app, secret: $1/secret}
END
}
core_server() { # DIR [ARGS...]
    core_dir=$1
    shift
    : >"$core_dir/server.out" # what the one before said is not what this one says
    "$B/bin/claimwire-core-server" --root "$core_dir/root" --clients "$core_dir/clients.yaml" \
        --socket "$core_dir/core.sock" "$@" >"$core_dir/server.out" 2>>"$core_dir/server.err" &
    echo $! >"$core_dir/server.pid"
    for _ in $(seq 100); do
        grep -q listens "$core_dir/server.out" 2>/dev/null && return 0
        sleep 0.1
    done
    cat "$core_dir/server.err"
    return 1
}
core_start() { core_server "$@" && nginx_start "$1/tls" "$1/core.sock"; }
core_server_stop() {
    [ -s "$1/server.pid" ] && kill "$(cat "$1/server.pid")" 2>/dev/null && wait "$(cat "$1/server.pid")" 2>/dev/null
    rm -f "$1/server.pid"
}
core_stop() {
    nginx_stop "$1/tls"
    core_server_stop "$1" || true
}
core_wire() { # DIR FORM [KEYS]
    case $2 in
    mime) core_who="user: clinic, password: $1/word" ;;
    soap) core_who="cert: $1/tls/client.pem, key: $1/tls/client.key" ;;
    rest) core_who="cert: $1/tls/client.pem, key: $1/tls/client.key, token: \"https://localhost:$nginx_port/token\", client: clinic-app, secret: $1/secret" ;;
    esac
    echo "{by: core-$2, usage: T, url: \"https://localhost:$nginx_port/core\", ca: $1/tls/ca.pem, $core_who, sender: CLINIC, receiver: SBX01${3:+, $3}}"
}
