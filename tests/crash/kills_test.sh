# kill -9 at random over all processes of the clearinghouse: nothing lost, nothing doubled, the files
# byte for byte those of an undisturbed run. KILLS says how many (make check-crash KILLS=200).
exec /usr/bin/python3 tests/crash/kills.py "${KILLS:-20}"
