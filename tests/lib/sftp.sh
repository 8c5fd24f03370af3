# A real sshd on loopback for tests, as the present user. usage:
#   . tests/lib/sftp.sh; sftp_start DIR   sets sftp_port, sftp_key, sftp_host_key; files below DIR
#   sftp_stop DIR
sftp_free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
sftp_start() {
    mkdir -p "$1"
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    sftp_key=$1/key
    [ -f "$1/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$1/host"
    [ -f "$1/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$1/key"
    cp "$1/key.pub" "$1/allowed"
    sftp_host_key=$(ssh-keygen -l -f "$1/host.pub" | cut -d' ' -f2)
    sftp_port=${sftp_port:-$(sftp_free_port)}
    cat >"$1/sshd.conf" <<END
ListenAddress 127.0.0.1:$sftp_port
HostKey $1/host
AuthorizedKeysFile $1/allowed
PidFile $1/pid
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
END
    "$(command -v sshd || echo /usr/sbin/sshd)" -f "$1/sshd.conf" -E "$1/log"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$1/pid" ] && return 0
        sleep 0.1
    done
    cat "$1/log"
    return 1
}
sftp_stop() {
    [ -s "$1/pid" ] && kill "$(cat "$1/pid")"
    rm -f "$1/pid"
}
