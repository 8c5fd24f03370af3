#!/bin/sh
# Builds the C stage of docs/writing-a-stage.md from the text of that page. usage: docs_stage.sh FOLDER
set -eu
B=${B:-build}
mkdir -p "$1"
make -s B="$B" "$B/libclaimwire.a"
sed -n '/^```c$/,/^```$/p' docs/writing-a-stage.md | sed '1d;$d' >"$1/stamp.c"
libs=$(pkg-config --libs libzmq msgpack sqlite3 libsodium yaml-0.1 jansson libzstd)
# shellcheck disable=SC2086
gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-missing-field-initializers -I. ${SAN:-} \
    -o "$1/claimwire-stamp" "$1/stamp.c" "$B/libclaimwire.a" ${SAN:-} $libs -lm -lpthread
