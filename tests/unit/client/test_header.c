/* SPDX-License-Identifier: ISC
 *
 * header: fields, folds, encoded words (RFC 2047) and dates (RFC 5322) as
 * strangers write them; whatever stands there, no octet too many is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/header.h"
#include "client/rules.h"

/* an exact copy: the sanitizer sees a read too far */
static unsigned char *
exact(struct pop_span s)
{
	unsigned char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static const struct {
	const char *header, *name, *body;	/* NULL: there is none */
} fields[] = {
	{ "Subject: hello\r\n\r\n", "Subject", "hello" },
	{ "Subject: hello\r\n\r\n", "subject", "hello" },
	{ "SUBJECT:hello\r\n", "Subject", "hello" },
	{ "Subject: hello\n\nSubject: no\n", "Subject", "hello" },
	{ "A: 1\r\nSubject: hello", "Subject", "hello" },
	{ "A: 1\r\n\r\nSubject: body\r\n", "Subject", NULL },
	{ "A: 1\n\nSubject: body\r\n", "Subject", NULL },
	/* RFC 5322 section 2.2.3: a fold loses its line end alone */
	{ "S: a\r\n b\r\n\tc\r\n", "S", "a b\tc" },
	{ "S:\r\n a\r\n", "S", "a" },
	{ "S: a\r\n \r\n b\r\n", "S", "a  b" },
	{ "S: a\n b\n", "S", "a b" },
	{ "S: a  \r\n", "S", "a" },
	{ "S:\r\n\r\n", "S", "" },
	{ "S:", "S", "" },
	/* section 4.5: blanks before the colon */
	{ "S \t: a\r\n", "S", "a" },
	/* the first of several */
	{ "S: 1\r\nS: 2\r\n", "S", "1" },
	/* no fields */
	{ "From wren Mon Jan\r\nS: 1\r\n", "S", "1" },
	{ "no colon\r\n S: 1\r\nS: 2\r\n", "S", "2" },
	{ " S: 1\r\nS: 2\r\n", "S", "2" },
	{ ": x\r\nS: 2\r\n", "", NULL },
	{ "S x: 1\r\n", "S", NULL },
	{ "SS: 1\r\n", "S", NULL },
	{ "S: a:b: c\r\n", "S", "a:b: c" },
	/* a CR alone is an octet of the body */
	{ "S: a\rT: b\r\n", "S", "a\rT: b" },
	{ "S: a\rT: b\r\n", "T", NULL },
	{ "", "S", NULL }, { "\r\n", "S", NULL }, { "\n", "S", NULL },
	{ "S", "S", NULL },
};

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct pop_span h = span_str(fields[i].header);
		unsigned char *copy = exact(h), out[64];
		ptrdiff_t n = header_field(span_of(copy, h.n), fields[i].name,
		    out, sizeof(out));

		if (fields[i].body == NULL)
			assert_int_equal(n, -1);
		else {
			assert_int_equal(n, strlen(fields[i].body));
			assert_memory_equal(out, fields[i].body, (size_t)n);
		}
		free(copy);
	}
}

/* every beginning of each header, into every size: no octet too many */
static void
test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct pop_span h = span_str(fields[i].header);

		for (size_t n = 0; n <= h.n; n++) {
			unsigned char *copy = exact(span_of(h.p, n));

			for (size_t size = 0; size < 8; size++) {
				unsigned char *out = malloc(size ? size : 1);
				ptrdiff_t got = header_field(
				    span_of(copy, n), fields[i].name, out,
				    size);

				assert_true(got <= (ptrdiff_t)size);
				free(out);
			}
			free(copy);
		}
	}
}

static const struct {
	const char *text, *plain;
} words[] = {
	{ "plain", "plain" }, { "", "" },
	{ "=?utf-8?Q?caf=C3=A9?=", "caf\xc3\xa9" },
	{ "=?UTF-8?b?Y2Fmw6k=?=", "caf\xc3\xa9" },
	{ "=?iso-8859-1?q?caf=E9?=", "caf\xc3\xa9" },
	{ "=?ISO-8859-1?B?Y2Fm6Q==?=", "caf\xc3\xa9" },
	{ "=?us-ascii?Q?a_b=5F?=", "a b_" },
	{ "=?utf-8*en?Q?a?=", "a" },		/* RFC 2231 section 5 */
	{ "x =?utf-8?q?a?= y", "x a y" },
	/* RFC 2047 section 6.2: blanks between two words go */
	{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
	{ "=?utf-8?q?a?= \t =?utf-8?q?b?= c", "ab c" },
	{ "=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b" },
	{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab" },
	/* a character cut in two by a careless mailer */
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9" },
	{ "=?utf-8?q?" "?=", "" },
	/* what is no word stays */
	{ "=?koi8-r?q?a?=", "=?koi8-r?q?a?=" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "=?utf-8?qq?a?=", "=?utf-8?qq?a?=" },
	{ "=?utf-8?q?a b?=", "=?utf-8?q?a b?=" },
	{ "=?utf-8?q?=4?=", "=?utf-8?q?=4?=" },
	{ "=?utf-8?q?=zz?=", "=?utf-8?q?=zz?=" },
	{ "=?utf-8?b?Y2Fmw6k?=", "=?utf-8?b?Y2Fmw6k?=" },
	{ "=?utf-8?b?*?=", "=?utf-8?b?*?=" },
	{ "=?utf-8?q?a", "=?utf-8?q?a" }, { "=?utf-8?q?a?", "=?utf-8?q?a?" },
	{ "=?utf-8?q?", "=?utf-8?q?" }, { "=?", "=?" }, { "=", "=" },
	{ "=??q?a?=", "=??q?a?=" }, { "=?*?q?a?=", "=?*?q?a?=" },
	{ "=?utf-8?q?a?= =?bad", "a =?bad" },
	{ "=?=?utf-8?q?a?=", "=?a" },
};

static void
test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct pop_span t = span_str(words[i].text);

		for (size_t n = 0; n <= t.n; n++) {
			unsigned char *copy = exact(span_of(t.p, n)), out[64];
			size_t got = header_decode(span_of(copy, n), out,
			    sizeof(out));

			if (n == t.n) {
				assert_int_equal(got, strlen(words[i].plain));
				assert_memory_equal(out, words[i].plain, got);
			}
			assert_true(header_decode(span_of(copy, n), out, 3) <=
			    3);
			free(copy);
		}
	}
}

enum { NONE = -1 };

static const struct {
	const char *text;
	int64_t t;		/* by `date -d`; NONE: no date */
} dates[] = {
	{ "Thu, 01 Jan 1970 00:00:00 +0000", 0 },
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
	{ "1 Jan 1970 00:00 GMT", 0 },			/* no seconds */
	{ "Thu, 1 Jan 1970 01:00:00 +0100", 0 },
	{ "Thu, 1 Jan 1970 00:00:00 +0530", -19800 },
	{ "Tue, 29 Feb 2000 12:00:00 +0000", 951825600 },
	{ "Thu, 29 Feb 2024 23:59:59 +0000", 1709251199 },
	{ "Fri, 1 Mar 2024 00:00:00 +0000", 1709251200 },
	{ "Fri, 31 Dec 9999 23:59:59 +0000", 253402300799 },
	{ "Wed, 31 Dec 1969 23:59:59 +0000", -1 },
	{ "Mon, 1 Jan 1900 00:00:00 +0000", -2208988800 },
	{ "Sat, 31 Dec 2016 23:59:60 +0000", 1483228800 },
	/* section 4.3 */
	{ "21 Nov 97 09:55:06 GMT", 880106106 },
	{ "1 Jan 49 00:00:00 GMT", 2493072000 },
	{ "1 Jan 102 00:00:00 GMT", 1009843200 },
	{ "21 Nov 97 09:55:06 EST", 880124106 },
	{ "21 Nov 97 09:55:06 pdt", 880131306 },
	{ "21 Nov 97 09:55:06 Z", 880106106 },
	{ "21 Nov 97 09:55:06 XYZ", 880106106 },
	{ "21 Nov 97 09:55:06", 880106106 },
	{ " Fri , 21 \r\n Nov 1997 09 : 55 : 06 -0600 (CST)", 880127706 },
	{ "Fri(a(b)\\)c), 21(x)Nov 1997 09:55:06 -0600", 880127706 },
	{ "Fri 21 November 1997 09:55:06 -0600", 880127706 },
	{ "21 Nov 1997 09:55:06 +0000 trailing", 880106106 },
	/* no dates */
	{ "", NONE }, { "yesterday", NONE }, { "Thu, ", NONE },
	{ "29 Feb 2023 00:00:00 +0000", NONE },
	{ "0 Jan 2023 00:00:00 +0000", NONE },
	{ "32 Jan 2023 00:00:00 +0000", NONE },
	{ "1 Foo 2023 00:00:00 +0000", NONE },
	{ "1 Ja 2023 00:00:00 +0000", NONE },
	{ "1 Jan 2023 24:00:00 +0000", NONE },
	{ "1 Jan 2023 00:60:00 +0000", NONE },
	{ "1 Jan 2023 00:00:61 +0000", NONE },
	{ "1 Jan 2023 00:00:00 +000", NONE },
	{ "1 Jan 2023 00:00:00 +00000", NONE },
	{ "1 Jan 2023 00:00:00 +0060", NONE },
	{ "1 Jan 1899 00:00:00 +0000", NONE },
	{ "1 Jan 12345 00:00:00 +0000", NONE },
	{ "1 Jan 2 00:00:00 +0000", NONE },
	{ "123 Jan 2023 00:00:00 +0000", NONE },
	{ "-1 Jan 2023 00:00:00 +0000", NONE },
	{ "2023-01-01T00:00:00Z", NONE },
	{ "((((((((((", NONE },
};

static void
test_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct pop_span t = span_str(dates[i].text);
		/* the one date that is -1 */
		bool good = dates[i].t != NONE ||
		    strstr(dates[i].text, "1969") != NULL;
		int64_t got = 12345;

		for (size_t n = 0; n <= t.n; n++) {
			unsigned char *copy = exact(span_of(t.p, n));
			int r = header_date(span_of(copy, n), &got);

			free(copy);
			if (n < t.n)
				continue;
			if (r != (good ? 0 : -1) || (good &&
			    got != dates[i].t))
				fail_msg("%s: %d, %lld", dates[i].text, r,
				    (long long)got);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
