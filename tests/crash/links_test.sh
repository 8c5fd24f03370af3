#!/bin/sh
# Links under kills, stalls and hostile bytes. Short form; LINKS_LONG=1 for the long one.
set -eu
B=${B:-build}
make -s B="$B" "$B/crash/links" "$B/crash/links_wire" "$B/bin/claimwire-stage"
sh tests/lib/docs_stage.sh "$B/tmp/writing"
STAMP=$B/tmp/writing/claimwire-stamp HARNESS=$B/bin/claimwire-stage "$B/crash/links"
exec "$B/crash/links_wire"
