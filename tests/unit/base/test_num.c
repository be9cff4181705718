/* SPDX-License-Identifier: ISC
 *
 * num and span: decimal numbers exactly (the numbers of check B-13), and
 * comparison without regard to ASCII case.
 */
#include "../proto/check.h"

#include "base/num.h"

static const struct {
	const char *text;
	uint64_t max;
	int result;
	uint64_t value;
} numbers[] = {
	{ "0", 9, 0, 0 },
	{ "7", 9, 0, 7 },
	{ "0007", 9, 0, 7 },
	{ "00000000000000000000000000000000007", 9, 0, 7 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, -1, 0 },
	{ "18446744073709551625", UINT64_MAX, -1, 0 },
	{ "99999999999999999999", UINT64_MAX, -1, 0 },
	{ "184467440737095516150", UINT64_MAX, -1, 0 },
	{ "10", 9, -1, 0 },
	{ "9", 9, 0, 9 },
	{ "4294967296", UINT32_MAX, -1, 0 },
	{ "", 9, -1, 0 },
	{ "-1", 9, -1, 0 }, { "+1", 9, -1, 0 }, { " 1", 9, -1, 0 },
	{ "1 ", 9, -1, 0 }, { "1x", 9, -1, 0 }, { "x", 9, -1, 0 },
	{ "0x1", 9, -1, 0 }, { "1.0", 9, -1, 0 }, { "\xb2", 9, -1, 0 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		size_t n = strlen(numbers[i].text);
		struct guarded g = guarded_new(n);
		uint64_t v = 77;

		memcpy(g.p, numbers[i].text, n);
		if (num_parse_u64(span_of(g.p, n), numbers[i].max, &v) !=
		    numbers[i].result)
			fail_msg("%s", numbers[i].text);
		assert_int_equal(v, numbers[i].result == 0 ?
		    numbers[i].value : 77);
		guarded_free(g);
	}
}

static void
test_format(void **state)
{
	uint64_t v = 1;

	(void)state;
	for (int i = 0; i < 200; i++, v = v * 3 + 1) {
		unsigned char have[NUM_U64_DIGITS];
		char want[32];
		int n = snprintf(want, sizeof(want), "%llu",
		    (unsigned long long)(i == 0 ? 0 : v));

		assert_int_equal(num_format_u64(have, i == 0 ? 0 : v), n);
		assert_memory_equal(have, want, (size_t)n);
	}
	{
		unsigned char have[NUM_U64_DIGITS];

		assert_int_equal(num_format_u64(have, UINT64_MAX), 20);
		assert_memory_equal(have, "18446744073709551615", 20);
	}
}

static void
test_spans(void **state)
{
	struct pop_span s = span_str("abc"), none = { NULL, 0 };

	(void)state;
	assert_true(span_eq(none, span_str("")));
	assert_false(span_eq(s, span_str("abd")));
	assert_false(span_eq(s, span_str("ab")));
	assert_true(span_eq_nocase(span_str("UsEr"), span_str("uSeR")));
	assert_true(span_eq_nocase(none, none));
	assert_false(span_eq_nocase(span_str("user"), span_str("use")));
	/* "@" and "`", "[" and "{" differ in the same bit as letters do */
	assert_false(span_eq_nocase(span_str("@["), span_str("`{")));
	/* whatever a locale thinks of it */
	assert_false(span_eq_nocase(span_str("\xc9"), span_str("\xe9")));
	assert_false(span_eq_nocase(span_of("a\0b", 3), span_of("a\0c", 3)));
	span_skip(&s, 2);
	assert_true(span_eq(s, span_str("c")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
