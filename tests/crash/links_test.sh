#!/bin/sh
# Links under kills, stalls and hostile bytes. Short form; LINKS_LONG=1 for the long one.
set -eu
B=${B:-build}
make -s B="$B" "$B/crash/links"
exec "$B/crash/links"
