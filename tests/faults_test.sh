#!/bin/sh
# Each fault planted by hand gives exactly the one finding written down in tests/faults/faults.tsv,
# the clean files give none, and no fault planted by machine is told twice.
B=${B:-build}
export B
# Level 7 knows an account number again that another set had, and here every set is the same claims.
VALIDATE=${VALIDATE:-$B/bin/claimwire validate --max-level 6}
export VALIDATE
command -v python3 >/dev/null || { echo "python3 is not here"; exit 77; }
[ -x "$B/bin/claimwire-validate" ] || {
    echo "claimwire validate is not built"
    exit 77
}
if VALIDATE=true python3 tests/faults/run.py >/dev/null; then
    echo "a validator that finds nothing passes"
    exit 1
fi
python3 tests/faults/run.py || exit 1
python3 tests/faults/sweep.py || exit 1
# Every kind of fault at every place of every clean file, judged by rule, code and place.
if VALIDATE=true python3 tests/faults/judge.py >/dev/null; then
    echo "a validator that finds nothing is judged right"
    exit 1
fi
python3 tests/faults/judge.py || exit 1
# Whole files made by hand, of every transaction, at levels 1 to 6.
python3 tests/faults/files.py || exit 1
# The 999 and the 277CA of faulty files say what was found, and are clean.
exec python3 tests/faults/answers.py
