# A real nginx on loopback for tests, with a CA of its own, as the present user. usage:
#   . tests/lib/nginx.sh; nginx_certs DIR; nginx_start DIR CORE_SOCKET   sets nginx_port
#   nginx_stop DIR
# Files in DIR: ca.pem, server.pem/.key, client.pem/.key (CN=clinic), stranger.pem/.key (another CA),
# other-ca.pem, old.pem/.key (run out), word/secret files are the test's own.
nginx_free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
nginx_ca() { # DIR NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$2" \
        -keyout "$1/$2.key" -out "$1/$2.pem" 2>>"$1/openssl.log"
}
nginx_cert() { # DIR NAME CN CA [DAYS]
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" \
        -keyout "$1/$2.key" -out "$1/$2.csr" 2>>"$1/openssl.log" &&
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$1/$2.ext" &&
        openssl x509 -req -in "$1/$2.csr" -CA "$1/$4.pem" -CAkey "$1/$4.key" -CAcreateserial \
            -days "${5:-30}" -extfile "$1/$2.ext" -out "$1/$2.pem" 2>>"$1/openssl.log"
}
nginx_certs() {
    mkdir -p "$1"
    nginx_ca "$1" ca && nginx_ca "$1" other-ca && nginx_cert "$1" server localhost ca &&
        nginx_cert "$1" old localhost ca 0 && nginx_cert "$1" client clinic ca &&
        nginx_cert "$1" stranger clinic other-ca || { cat "$1/openssl.log"; return 1; }
    chmod 600 "$1"/*.key
}
nginx_conf() { # DIR CORE_SOCKET CERT: the shipped file, with our names in it
    {
        printf 'pid %s/nginx.pid;\nerror_log %s/nginx.log;\nworker_processes 1;\ndaemon on;\n' "$1" "$1"
        [ "$(id -u)" != 0 ] || echo 'user root root;'
        printf 'events {}\nhttp {\naccess_log off;\n'
        for d in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/tmp-%s;\n' $d "$1" $d; done
        sed -e "s|unix:/run/claimwire/core.sock|unix:$2|" -e "s|listen 443|listen 127.0.0.1:$nginx_port|" \
            -e "s|/etc/claimwire/tls/server|$1/$3|" -e "s|/etc/claimwire/tls/clients-ca.pem|$1/ca.pem|" \
            config/nginx/core-server.conf
        [ ! -f "$1/extra.conf" ] || cat "$1/extra.conf" # further servers
        printf '}\n'
    } >"$1/nginx.conf"
}
nginx_start() { # DIR CORE_SOCKET [CERT]
    nginx_port=${nginx_port:-$(nginx_free_port)}
    nginx_conf "$1" "$2" "${3:-server}"
    "$(command -v nginx || echo /usr/sbin/nginx)" -p "$1" -e "$1/nginx.log" -c "$1/nginx.conf" || { cat "$1/nginx.log"; return 1; }
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$1/nginx.pid" ] && return 0
        sleep 0.1
    done
    return 1
}
nginx_stop() {
    [ -s "$1/nginx.pid" ] && kill "$(cat "$1/nginx.pid")"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$1/nginx.pid" ] || break
        sleep 0.1
    done
}
