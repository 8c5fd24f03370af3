# Makes a folder of pretend tools: they say what they are and behave as common/link/process.h asks
# of a process, so that the front command can be tested alone. They write what happens to them to
# RUN/events. RUN/more.STAGE is added to their status, RUN/slow.STAGE makes them finish never.
# RUN/die.STAGE holds an exit code: the process ends with it (once, unless
# RUN/die_always is there). usage: . tests/lib/fake_tools.sh; fake_tools DIR
fake() { # DIR NAME KIND PORTS OPTIONS
    cat >"$1/claimwire-$2" <<END
#!/bin/sh
[ "\$1" = --describe ] && exec printf '%s\n' '{"name":"$2","kind":"$3","version":"1","ports":[$4],"options":[$5]}'
[ "\$1" = --run ] || { echo "pretend $2: \$*"; exit 0; }
run=\$2 stage=\$4 n=\$6 state=running asked=
shift 6
status() {
    printf '{"stage":"%s","replica":%s,"pid":%s,"kind":"$3","state":"%s","in":10,"out":{"x":7},"refused":1,"open":0,"done":50,"total":100%s}' \
        "\$stage" "\$n" \$\$ "\$state" "\$(cat "\$run/more.\$stage" 2>/dev/null)" >"\$run/status/\$stage.\$n.tmp.\$\$"
    mv "\$run/status/\$stage.\$n.tmp.\$\$" "\$run/status/\$stage.\$n.json"
}
event() { echo "\$1 \$stage.\$n" >>"\$run/events"; }
trap 'asked=TERM' TERM
trap 'asked=USR1' USR1
event "start\${1:+ \$*}"
if [ -f "\$run/die.\$stage" ]; then
    code=\$(cat "\$run/die.\$stage")
    [ -f "\$run/die_always" ] || rm "\$run/die.\$stage"
    exit "\$code"
fi
status
while [ -z "\$asked" ]; do sleep 0.02; done
[ -f "\$run/slow.\$stage" ] && [ "\$asked" = USR1 ] && while [ "\$asked" = USR1 ]; do sleep 0.05; done
sleep 0.1
event "\$asked"
state=stopped
status
END
    chmod +x "$1/claimwire-$2"
}
fake_tools() {
    mkdir -p "$1"
    fake "$1" src source '"sets"' '{"name":"watch","flag":false}'
    fake "$1" pass stage '"claims","verdicts"' '{"name":"guides","flag":false},{"name":"strict","flag":true},{"name":"level","flag":false,"least":1,"most":7},{"name":"copy","flag":false,"words":"yes no"},{"name":"hold","flag":false,"least":1,"most":100000}'
    fake "$1" keep keeper '' ''
    fake "$1" loop keeper '"out"' ''
    fake "$1" open keeper '' ''
    sed -i 's/"ports":\[\],/&"open_ports":true,/' "$1/claimwire-open"
    fake "$1" bin keeper '' ''
    fake "$1" stage stage '' ''
    printf '#!/bin/sh\necho no JSON\n' >"$1/claimwire-dumb"
    chmod +x "$1/claimwire-dumb"
}
