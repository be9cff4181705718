/* SPDX-License-Identifier: ISC
 *
 * test_smtp_path: the grammar of domains, address literals and UTF-8
 * (RFC 5321 section 4.1.2 and 4.1.3, RFC 4291 section 2.2, RFC 3629), and
 * that canonical paths mean what they meant before.
 */
#include "check.h"

#include "proto/smtp_path.h"

static int
valid(const char *s, int utf8)
{
	/* exactly as much memory as text */
	size_t n = strlen(s);
	unsigned char *p = malloc(n + 1);
	int v;

	assert_non_null(p);
	memcpy(p + 1, s, n);
	v = smtp_domain_valid(span_of(p + 1, n), utf8);
	free(p);
	return v;
}

static void
test_domains(void **state)
{
	static const char *const good[] = { "a", "a.b", "A-1.b2", "1.2",
		"xn--4ca.example", "[1.2.3.4]", "[0.0.0.0]",
		"[255.255.255.255]", "[IPv6:::]", "[IPv6:::1]", "[ipv6:1::]",
		"[IPv6:1:2:3:4:5:6:7:8]", "[IPv6:1::8]",
		"[IPv6:2001:db8::ffff:1]", "[IPv6:::ffff:1.2.3.4]",
		"[IPv6:1:2:3:4:5:6:1.2.3.4]", "[IPv6:1:2:3:4:5:6:7::]" };
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "-a",
		"a-", "a.-b", "a-.b", "a_b", "a b", "a@b", "a/b", "[]", "[",
		"[1.2.3]", "[1.2.3.4", "[1.2.3.256]", "[1.2.3.4.5]",
		"[1.2.3.]", "[.1.2.3]", "[1.2.3.0004]", "[IPv6:]",
		"[IPv6::]", "[IPv6:1]", "[IPv6:1:2:3:4:5:6:7:8:9]",
		"[IPv6:1:2:3:4:5:6:7:8::]", "[IPv6:::1::2]", "[IPv6::::]",
		"[IPv6:12345::]", "[IPv6:g::]", "[IPv6:1:]", "[IPv6::1]",
		"[IPv6:1.2.3.4]", "[IPv6:1::1.2.3.4:5]", "[x:y]", "[::1]",
		"[IPv6:fe80::1%eth0]", "\xc3\xa4.example" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!valid(good[i], 0))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (valid(bad[i], 0))
			fail_msg("accepted: %s", bad[i]);
	assert_true(valid("\xc3\xa4.example", 1));
	assert_false(valid("\xc3.example", 1));
	assert_false(valid("-\xc3\xa4", 1));
}

static void
test_label_length(void **state)
{
	char label[65];

	(void)state;
	memset(label, 'a', sizeof(label));
	assert_true(smtp_domain_valid(span_of(label, 63), 0));
	assert_false(smtp_domain_valid(span_of(label, 64), 0));
}

/* RFC 3629 section 4, all code points and all wrong second octets */
static void
test_utf8(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x11ffff; c++) {
		unsigned char u[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		int good = c >= 0xa0 && !(c >= 0xd800 && c < 0xe000) &&
		    c < 0x110000;
		static const unsigned char first[] = { 0, 0, 0xc0, 0xe0,
			0xf0 };

		for (size_t i = n; i-- > 1;)
			u[i] = (unsigned char)(0x80 |
			    ((c >> (6 * (n - 1 - i))) & 0x3f));
		u[0] = (unsigned char)(n == 1 ? c :
		    first[n] | (c >> (6 * (n - 1))));
		assert_int_equal(smtp_utf8_length(span_of(u, n)),
		    good ? n : 0);
		if (good)
			assert_int_equal(smtp_utf8_length(span_of(u, n - 1)),
			    0);
	}
}

static void
test_utf8_malformed(void **state)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
		"\xf5\x80\x80\x80", "\xff", "\xc3\x28", "\xe2\x28\xa1",
		"\xe2\x82\x28",
		"\xf0\x90\x28\xbc", "\xf0\x90\x80\x28", "\xc3\xc3" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(smtp_utf8_length(span_of(bad[i],
		    strlen(bad[i]))), 0);
	assert_int_equal(smtp_utf8_length(span_of("", 0)), 0);
}

/* Any accepted path, given again in its canonical form, is the same. */
static void
test_canonical(void **state)
{
	static const char alphabet[] = "ab.@\"\\<> :,[]1\xc3\xa4\t";
	uint64_t seed = 7;
	unsigned accepted = 0;

	(void)state;
	for (int round = 0; round < 300000; round++) {
		char text[40] = "<";
		size_t n = 1 + (round & 1 ? (size_t)snprintf(text + 1, 30,
		    "\"") : 0);
		size_t len = n + 1 + next_random(&seed) % 8;
		struct smtp_path a, b;
		struct pop_span s;

		while (n < len)
			text[n++] = alphabet[next_random(&seed) %
			    (sizeof(alphabet) - 1)];
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    round & 1 ? "\"@b>" : "@b>");
		s = span_of(text, n);
		if (smtp_path_parse(&s, SMTP_PATH_FORWARD, &a) != 0)
			continue;
		accepted++;
		for (size_t i = 0; i < a.text_n; i++)
			assert_true(a.text[i] >= 0x20 && a.text[i] != 0x7f);
		assert_true(a.local_n > 0);
		n = (size_t)snprintf(text, sizeof(text), "<%.*s>",
		    (int)a.text_n, (const char *)a.text);
		s = span_of(text, n);
		assert_int_equal(smtp_path_parse(&s, SMTP_PATH_FORWARD, &b),
		    0);
		assert_int_equal(s.n, 0);
		assert_true(span_eq(smtp_path_text(&a), smtp_path_text(&b)));
		assert_true(span_eq(smtp_path_local(&a),
		    smtp_path_local(&b)));
		assert_true(span_eq(smtp_path_domain(&a),
		    smtp_path_domain(&b)));
	}
	assert_true(accepted > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_label_length),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_malformed),
		cmocka_unit_test(test_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
