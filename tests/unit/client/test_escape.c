/* SPDX-License-Identifier: ISC
 *
 * escape: what a server or a message says cannot reach a terminal's controls
 * (C14, C15 of the threats), and sizes for people.
 */
#include "../proto/check.h"

#include "client/report.h"
#include "client/utf8.h"

#define TEXT(s) (s), sizeof(s) - 1

static const struct {
	const char *text;
	size_t n;
	const char *shown;
} cases[] = {
	{ TEXT(""), "" },
	{ TEXT("+OK ready"), "+OK ready" },
	{ TEXT("100 %s%n%n"), "100 %s%n%n" },
	{ TEXT("\033]52;c;bHM=\007"), "\\x1b]52;c;bHM=\\x07" },
	{ TEXT("\033[2J\033[H"), "\\x1b[2J\\x1b[H" },
	{ TEXT("bell\007"), "bell\\x07" },
	{ TEXT("a\0b"), "a\\x00b" },
	{ TEXT("a\rb\nc\td\x7f"), "a\\x0db\\x0ac\\x09d\\x7f" },
	/* C1: as an octet, as a code point */
	{ TEXT("\x9b" "2J"), "\\x9b2J" },
	{ TEXT("\xc2\x9b" "2J"), "\\u009b2J" },
	{ TEXT("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u0080\\u009f\xc2\xa0" },
	/* direction, and what cannot be seen */
	{ TEXT("\xe2\x80\xaegpj"), "\\u202egpj" },
	{ TEXT("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c"),
	  "\\u2066\\u2069\\u200f\\u061c" },
	{ TEXT("\xe2\x80\xa8\xef\xbb\xbf\xe2\x80\x8b\xc2\xad"),
	  "\\u2028\\ufeff\\u200b\\u00ad" },
	{ TEXT("\xf3\xa0\x81\x81"), "\\U000e0041" },
	{ TEXT("\xef\xbf\xbf\xf0\x9f\xbf\xbe"), "\\uffff\\U0001fffe" },
	/* letters stay */
	{ TEXT("gr\xc3\xbc\xc3\x9f Gott \xe4\xbd\xa0 \xf0\x9f\x93\xac"),
	  "gr\xc3\xbc\xc3\x9f Gott \xe4\xbd\xa0 \xf0\x9f\x93\xac" },
	{ TEXT("\xef\xbf\xbd"), "\xef\xbf\xbd" },
	{ TEXT("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"),
	  "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80" },
	/* not UTF-8 */
	{ TEXT("\xff\xfe"), "\\xff\\xfe" },
	{ TEXT("caf\xe9"), "caf\\xe9" },
	{ TEXT("\xc3"), "\\xc3" },
	{ TEXT("\xe4\xbd"), "\\xe4\\xbd" },
	{ TEXT("\xc0\x80\xc1\xbf"), "\\xc0\\x80\\xc1\\xbf" },
	{ TEXT("\xe0\x80\x9b"), "\\xe0\\x80\\x9b" },
	{ TEXT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
	{ TEXT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
	{ TEXT("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80" },
	/* a backslash is itself: doing it twice changes nothing more */
	{ TEXT("C:\\x1b"), "C:\\x1b" },
};

static void
test_cases(void **state)
{
	char out[256], twice[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct guarded g = guarded_new(cases[i].n);

		memcpy(g.p, cases[i].text, cases[i].n);
		escape_text(span_of(g.p, cases[i].n), out, sizeof(out),
		    ESCAPE_MAX);
		if (strcmp(out, cases[i].shown) != 0)
			fail_msg("case %zu: %s", i, out);
		escape_text(span_str(out), twice, sizeof(twice), 256);
		assert_string_equal(out, twice);
		guarded_free(g);
	}
}

/* Every octet before and after every other: never a control character, never
 * half a letter. */
static void
test_pairs(void **state)
{
	char out[32];
	uint32_t c;

	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		unsigned char two[2] = { (unsigned char)(i >> 8),
			(unsigned char)i };
		struct pop_span rest;

		escape_text(span_of(two, 2), out, sizeof(out), ESCAPE_MAX);
		rest = span_str(out);
		assert_true(rest.n >= 2);
		while (rest.n > 0) {
			size_t n = utf8_decode(rest, &c);

			assert_true(n > 0);
			assert_true(c >= 0x20 && c != 0x7f &&
			    (c < 0x80 || c > 0x9f));
			span_skip(&rest, n);
		}
	}
}

static const struct {
	const char *text;
	size_t size, max;
	const char *shown;
} cuts[] = {
	{ "abcdef", 100, 6, "abcdef" },
	{ "abcdef", 100, 5, "abcde..." },
	{ "abcdef", 100, 0, "..." },
	{ "", 100, 0, "" },
	{ "abcdef", 7, 100, "abcdef" },
	{ "abcdef", 6, 100, "ab..." },
	{ "abcdef", 4, 100, "..." },
	{ "abcdef", 3, 100, ".." },
	{ "abcdef", 1, 100, "" },
	{ "", 1, 100, "" },
	/* no half letter, no half escape */
	{ "a\xc3\xbc" "b", 100, 2, "a..." },
	{ "a\xc3\xbc" "b", 100, 3, "a\xc3\xbc..." },
	{ "a\033b", 6, 100, "a..." },
	{ "a\033bcdefgh", 9, 100, "a\\x1b..." },
	{ "a\033bc", 8, 100, "a\\x1bbc" },
};

static void
test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct guarded g = guarded_new(cuts[i].size);

		escape_text(span_str(cuts[i].text), (char *)g.p,
		    cuts[i].size, cuts[i].max);
		if (strcmp((char *)g.p, cuts[i].shown) != 0)
			fail_msg("case %zu: %s", i, (char *)g.p);
		guarded_free(g);
	}
}

/* C14: 64 KB from a server are 200 octets and "..." */
static void
test_long(void **state)
{
	static unsigned char text[64 << 10];
	char out[4 * ESCAPE_MAX + 4];

	(void)state;
	memset(text, 'x', sizeof(text));
	escape_text(span_of(text, sizeof(text)), out, sizeof(out),
	    ESCAPE_MAX);
	assert_int_equal(strlen(out), ESCAPE_MAX + 3);
	assert_string_equal(out + ESCAPE_MAX, "...");
	memset(text, 0x9b, sizeof(text));
	escape_text(span_of(text, sizeof(text)), out, sizeof(out),
	    ESCAPE_MAX);
	assert_int_equal(strlen(out), 4 * ESCAPE_MAX + 3);
	assert_string_equal(out + 4 * ESCAPE_MAX, "...");
}

/* In another character set \xd0\x9f would be a letter and a C1. */
static void
test_ascii(void **state)
{
	char out[64];

	(void)state;
	escape_ascii(true);
	escape_text(span_str("a \xd0\x9f \xe9~"), out, sizeof(out), 60);
	escape_ascii(false);
	assert_string_equal(out, "a \\u041f \\xe9~");
}

static const struct {
	uint64_t octets;
	const char *text;
} sizes[] = {
	{ 0, "0 B" }, { 1, "1 B" }, { 999, "999 B" }, { 1000, "1.0 kB" },
	{ 1049, "1.0 kB" }, { 1050, "1.1 kB" }, { 1449, "1.4 kB" },
	{ 9949, "9.9 kB" }, { 9950, "10.0 kB" }, { 99949, "99.9 kB" },
	{ 99950, "100 kB" }, { 100000, "100 kB" }, { 100499, "100 kB" },
	{ 100500, "101 kB" }, { 999499, "999 kB" }, { 999500, "1.0 MB" },
	{ 999999, "1.0 MB" }, { 1000000, "1.0 MB" }, { 1400000, "1.4 MB" },
	{ 340000000, "340 MB" }, { 999999999, "1.0 GB" },
	{ 5000000000000, "5.0 TB" }, { UINT64_MAX, "18.4 EB" },
};

static void
test_sizes(void **state)
{
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		format_octets(sizes[i].octets, out);
		assert_string_equal(out, sizes[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
