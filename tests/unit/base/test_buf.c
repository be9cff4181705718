/* SPDX-License-Identifier: ISC
 *
 * buf: grows, never past its maximum, and a failed append changes nothing.
 */
#include "../proto/check.h"

#include "base/buf.h"

static void
test_bounds(void **state)
{
	(void)state;
	for (size_t max = 0; max < 600; max += 37) {
		struct buf b;
		size_t n = 0;

		buf_init(&b, max);
		assert_null(b.p);
		while (buf_append(&b, "abcde", 5) == BUF_OK) {
			n += 5;
			assert_int_equal(b.n, n);
			assert_true(b.cap <= max);
		}
		assert_true(n + 5 > max);
		assert_int_equal(b.n, n);
		assert_int_equal(buf_append(&b, "abcde", max - n), BUF_OK);
		assert_int_equal(b.n, max);
		assert_int_equal(buf_append(&b, "x", 1), BUF_EFULL);
		assert_int_equal(buf_append(&b, "", 0), BUF_OK);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(b.p[i], "abcde"[i % 5]);
		buf_release(&b);
		assert_null(b.p);
		assert_int_equal(b.n, 0);
	}
}

/* a size that would wrap round */
static void
test_huge(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_append_str(&b, "abc"), BUF_OK);
	assert_int_equal(buf_reserve(&b, SIZE_MAX), BUF_EFULL);
	assert_int_equal(buf_reserve(&b, SIZE_MAX - 2), BUF_EFULL);
	assert_int_equal(b.n, 3);
	buf_release(&b);
}

static void
test_consume(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_append_str(&b, "abcdef"), BUF_OK);
	buf_consume(&b, 2);
	assert_true(span_eq(buf_span(&b), span_str("cdef")));
	buf_consume(&b, 0);
	assert_int_equal(b.n, 4);
	buf_consume(&b, 4);
	assert_int_equal(b.n, 0);
	assert_int_equal(buf_append_str(&b, "again"), BUF_OK);
	assert_true(span_eq(buf_span(&b), span_str("again")));
	buf_wipe(&b);
	assert_null(b.p);
	buf_wipe(&b);
}

static void
test_printf(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_printf(&b, "%s-%d", "abc", 42), BUF_OK);
	assert_true(span_eq(buf_span(&b), span_str("abc-42")));
	assert_int_equal(buf_printf(&b, "%s", "too long"), BUF_EFULL);
	assert_true(span_eq(buf_span(&b), span_str("abc-42")));
	assert_int_equal(buf_printf(&b, "%s", ""), BUF_OK);
	assert_int_equal(buf_printf(&b, "%c", 'x'), BUF_OK);
	assert_true(span_eq(buf_span(&b), span_str("abc-42x")));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_consume),
		cmocka_unit_test(test_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
