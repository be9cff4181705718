/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/due: whatever the order of coming, the earliest is first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "auth/due.h"

static void
earliest_first(void **state)
{
	enum { N = 1000 };
	static struct due dues[N];
	struct due_heap h = { 0 };
	uint32_t x = 1;

	(void)state;
	for (size_t n = 0; n < N; n = n < 20 ? n + 1 : n * 3) {
		uint64_t last = 0;

		for (size_t i = 0; i < n; i++) {
			x = x * 1664525u + 1013904223u;
			/* many are equal */
			dues[i].at_ms = (x >> 16) % (n + 1);
			assert_int_equal(due_add(&h, &dues[i]), 0);
			assert_true(due_first(&h)->at_ms <= dues[i].at_ms);
		}
		assert_int_equal(h.n, n);
		while (h.n > 0) {
			struct due *d = due_first(&h);

			assert_ptr_equal(due_take(&h), d);
			assert_true(d->at_ms >= last);
			last = d->at_ms;
			/* each one comes out once */
			d->at_ms = UINT64_MAX;
		}
		for (size_t i = 0; i < n; i++)
			assert_true(dues[i].at_ms == UINT64_MAX);
	}
	due_done(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_first)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
