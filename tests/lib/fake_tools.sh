# Makes a folder of pretend tools: they say what they are, so that `claimwire check` can be tested
# alone. usage: . tests/lib/fake_tools.sh; fake_tools DIR
fake() { # DIR NAME KIND PORTS OPTIONS
    cat >"$1/claimwire-$2" <<END
#!/bin/sh
[ "\$1" = --describe ] && exec printf '%s\n' '{"name":"$2","kind":"$3","version":"1","ports":[$4],"options":[$5]}'
echo "pretend $2: \$*"
END
    chmod +x "$1/claimwire-$2"
}
fake_tools() {
    mkdir -p "$1"
    fake "$1" src source '"sets"' '{"name":"watch","flag":false}'
    fake "$1" pass stage '"claims","verdicts"' '{"name":"guides","flag":false},{"name":"strict","flag":true}'
    fake "$1" keep keeper '' ''
    fake "$1" loop keeper '"out"' ''
    fake "$1" bin keeper '' ''
    fake "$1" stage stage '' ''
    printf '#!/bin/sh\necho no JSON\n' >"$1/claimwire-dumb"
    chmod +x "$1/claimwire-dumb"
}
