/* SPDX-License-Identifier: ISC
 *
 * check: what every cmocka file needs before it can include cmocka.h, and
 * memory that ends where the process may not read.
 */
#ifndef RESTANTE_TESTS_CHECK_H
#define RESTANTE_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* `n` octets whose last one is followed by a PROT_NONE page. */
struct guarded {
	unsigned char *p;
	unsigned char *map;
	size_t map_n;
};

static inline struct guarded
guarded_new(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct guarded g;

	g.map_n = (n / page + 2) * page;
	g.map = mmap(NULL, g.map_n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.map != MAP_FAILED);
	assert_int_equal(mprotect(g.map + g.map_n - page, page, PROT_NONE), 0);
	g.p = g.map + g.map_n - page - n;
	return g;
}

static inline void
guarded_free(struct guarded g)
{
	assert_int_equal(munmap(g.map, g.map_n), 0);
}

/* A small generator: the same numbers in each run. */
static inline uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33);
}

#endif
