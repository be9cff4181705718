#!/bin/sh
# SPDX-License-Identifier: ISC
#
# symbols.sh SHARED STATIC HEADER LIST: both libraries export what LIST says,
# which is what HEADER declares; and libpop asks the system for nothing: no
# heap, no file, no clock, no locale.
set -eu

LC_ALL=C
export LC_ALL
shared=$1 static=$2 header=$3 list=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

same() {	# WHAT FILE
	if ! diff -u "$list" "$2" >"$work/diff"; then
		echo "$1 differs from $list:"
		cat "$work/diff"
		failed=1
	fi
}

nm -D --defined-only "$shared" | awk '{ print $3 }' | sort >"$work/shared"
same "the shared library" "$work/shared"

nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | sort \
    >"$work/static"
same "the static library" "$work/static"

# a declaration may go over several lines: its name stands before "("
grep -v '^#' "$header" | tr '\n' ' ' | grep -o 'POP_API [^;]*;' | sed 's/(.*//; s/.*[ *]//' |
    sort >"$work/header"
same "the header" "$work/header"

# what the compiler's own hardening and sanitizers call is no business of ours
nm -D --undefined-only "$shared" | awk '$1 == "U" { sub(/@.*/, "", $2)
	print $2 }' | grep -Ev '^(__(asan|ubsan|sanitizer|stack_chk|cyg|gcov)_|(__)?llvm)' |
    grep -Ev '^(__)?(explicit_bzero|memchr|memcmp|bcmp|memcpy|memmove|memset|strchr|strlen)(_chk)?$' \
    >"$work/asks" || :
if [ -s "$work/asks" ]; then
	echo "libpop needs what it should not:"
	cat "$work/asks"
	failed=1
fi
exit $failed
