/* SPDX-License-Identifier: ISC
 *
 * base64, strict (RFC 4648 section 4; check A-6).
 */
#include "../proto/check.h"

#include "base/base64.h"

static const struct {
	const char *raw, *text;
} good[] = {
	/* RFC 4648 section 10 */
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xff\xff", "////" }, { "\xfb\xef\xbe", "++++" },
};

static const char *const bad[] = {
	"A", "AA", "AAA", "AAAAA", "=", "==", "===", "====", "A===", "=AAA",
	"AAA=BBB", "AAA=BBBB", "AA==AAAA", "A A=", "AAAA*", "AAA*", "AA=A",
	"AAA\n", "AAAA\r\n", "AA-_", "Zh==", "Zm9=", "ZR==", "AA\xc3\xa9",
	" AAA", "AAAA=", "AAAA====",
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		size_t raw_n = strlen(good[i].raw), n = 99;
		size_t text_n = strlen(good[i].text);
		struct guarded text = guarded_new(BASE64_ENCODED(raw_n));
		struct guarded raw = guarded_new(BASE64_DECODED(text_n));

		assert_int_equal(base64_encode(text.p, good[i].raw, raw_n),
		    text_n);
		assert_memory_equal(text.p, good[i].text, text_n);
		assert_int_equal(base64_decode(raw.p, &n,
		    span_of(text.p, text_n)), 0);
		assert_int_equal(n, raw_n);
		assert_memory_equal(raw.p, good[i].raw, raw_n);
		/* in place, and without a place */
		assert_int_equal(base64_decode(NULL, &n,
		    span_of(text.p, text_n)), 0);
		assert_int_equal(n, raw_n);
		assert_int_equal(base64_decode(text.p, &n,
		    span_of(text.p, text_n)), 0);
		assert_memory_equal(text.p, good[i].raw, raw_n);
		guarded_free(text);
		guarded_free(raw);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		unsigned char out[16];
		size_t n = 99;

		if (base64_decode(out, &n, span_str(bad[i])) != -1 ||
		    base64_decode(NULL, &n, span_str(bad[i])) != -1)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(n, 99);
	}
	assert_int_equal(base64_decode(NULL, &(size_t){ 0 },
	    span_of("AA\0A", 4)), -1);
}

/* Exactly one text stands for each octet string: whatever of all two-digit
 * endings is accepted is what encoding gives. */
static void
test_one_form(void **state)
{
	unsigned accepted = 0;

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			unsigned char text[4] = { (unsigned char)a,
				(unsigned char)b, '=', '=' }, raw[3], again[4];
			size_t n;

			if (base64_decode(raw, &n, span_of(text, 4)) != 0)
				continue;
			accepted++;
			assert_int_equal(n, 1);
			assert_int_equal(base64_encode(again, raw, n), 4);
			assert_memory_equal(again, text, 4);
		}
	}
	assert_int_equal(accepted, 256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
