#!/bin/sh
# SPDX-License-Identifier: ISC
#
# archive.sh OUT LD OBJCOPY AR ARCHIVE: makes of the objects in ARCHIVE a
# static library that defines nothing but pop_*, as the shared one does, so
# that a program may have a base64_decode of its own.
set -eu

out=$1 ld=$2 objcopy=$3 ar=$4 in=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$ld" -r --whole-archive "$in" -o "$work/pop.o"
"$objcopy" --wildcard --keep-global-symbol='pop_*' "$work/pop.o"
rm -f "$out"
"$ar" rcs "$out" "$work/pop.o"
