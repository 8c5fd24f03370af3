#!/bin/sh
# Many seeds by hand: usage: simulate.sh SEEDS CLAIMS [FIRST]. Each house is lived through as its files come,
# in another order, and with kills: proved each time, the same books, nothing sent twice. 90 days each.
set -eu
B=${B:-build}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
bad=0
for seed in $(seq "${3:-1}" $((${3:-1} + $1 - 1))); do
    for how in '' "--shuffle $seed --check-every 9" '--kill 60'; do
        [ -z "$how" ] && run=$T/first || run=$T/again
        rm -rf "$run"
        line=$("$B/bin/claimwire" simulate --claims "$2" --seed "$seed" $how --run "$run" 2>"$T/err" | tail -1) || true
        echo "seed $seed $how: $line"
        case $line in *', proved') ;; *) cat "$T/err"; bad=$((bad + 1)); continue ;; esac
        python3 tests/readers/sim_files.py "$run" || bad=$((bad + 1))
        sh tests/lib/sim_figures.sh "$run" 2027-01-01 || bad=$((bad + 1))
        cmp "$T/first/simulate/books.txt" "$run/simulate/books.txt" || bad=$((bad + 1))
    done
done
echo "$1 seeds, $bad faults"
[ $bad = 0 ]
