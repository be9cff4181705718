/* SPDX-License-Identifier: ISC
 *
 * valgrind: what cannot be tested inside it. It knows no openat2, keeps the
 * highest descriptors for itself, and lets a spawn succeed whose exec fails.
 */
#ifndef RESTANTE_TESTS_UNIT_VALGRIND_H
#define RESTANTE_TESTS_UNIT_VALGRIND_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

/* ends a cmocka test as skipped; tools/test-report shows why */
#define NOT_UNDER_VALGRIND(why) \
	do { \
		if (under_valgrind()) { \
			(void)printf("skipped: valgrind %s\n", why); \
			skip(); \
		} \
	} while (0)

#endif
