#!/bin/sh
# SPDX-License-Identifier: ISC
#
# install.sh MESON BUILD SOURCE SANITIZERS COMPILER...: what `meson install`
# puts down is enough to build a program against: header, both libraries and
# libpop.pc.
set -eu

meson=$1 build=$2 program=$3 sanitize=$4
shift 4
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
if ! command -v pkg-config >/dev/null; then
	echo "SKIP: pkg-config is not installed"
	exit 77
fi

DESTDIR=$root "$meson" install -C "$build" --no-rebuild --quiet --tags devel,runtime
pc=$(find "$root" -name libpop.pc)
so=$(find "$root" -name libpop.so.0)
lib=$(dirname "$so")
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$root"
[ "$sanitize" = none ] || set -- "$@" "-fsanitize=$sanitize"

# Words are meant to be split: they are flags.
# shellcheck disable=SC2046
"$@" -o "$root/shared" "$program" $(pkg-config --cflags --libs libpop)
# shellcheck disable=SC2046
"$@" -o "$root/static" "$program" $(pkg-config --cflags libpop) "$lib/libpop.a"

printf 'a\n.b\nc' >"$root/message"
for kind in shared static; do
	got=$(LD_LIBRARY_PATH=$lib "$root/$kind" "$root/message")
	if [ "$got" != "10 $root/message" ]; then
		echo "$kind: $got"
		exit 1
	fi
done
readelf -d "$so" | grep -q 'SONAME.*\[libpop\.so\.0\]'
