#!/bin/sh
# SPDX-License-Identifier: ISC
#
# header.sh INCLUDE LANGUAGE COMPILER...: <pop.h> alone is a whole translation
# unit of strict C99, of C11 or of C++, twice over.
set -eu

include=$1 language=$2
shift 2
printf '#include <pop.h>\n#include <pop.h>\nint main(void);\nint main(void) {
	struct pop_span s = { (const unsigned char *)"x", 1 };
	return pop_version() == 0 || s.n != 1; }\n' |
    case $language in
    c99) "$@" -std=c99 -x c -pedantic -Wall -Wextra -Werror \
	-Wstrict-prototypes -fsyntax-only -I "$include" - ;;
    c11) "$@" -std=c11 -x c -pedantic -Wall -Wextra -Werror \
	-fsyntax-only -I "$include" - ;;
    c++) "$@" -std=c++11 -x c++ -pedantic -Wall -Wextra -Werror \
	-fsyntax-only -I "$include" - ;;
    esac
