/* SPDX-License-Identifier: ISC
 *
 * test_loop_guard: Delivered-To fields (RFC 9228) in a header that streams
 * by, whole, octet by octet and split at every point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/loop_guard.h"

static char seen[1024];

static void
note(void *arg, struct pop_span address)
{
	(void)arg;
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
	    "[%.*s]", (int)address.n, (const char *)address.p);
}

#define FIFTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const char long_value[] = "Delivered-To: " FIFTY FIFTY FIFTY FIFTY FIFTY
    FIFTY FIFTY "\r\n\r\n";

static const struct {
	const char *message, *seen;
} cases[] = {
	{ "Delivered-To: wren@example.net\r\n\r\nx\r\n",
	    "[wren@example.net]" },
	{ "From: a\r\ndelivered-TO:wren@example.net \r\nTo: b\r\n\r\n",
	    "[wren@example.net]" },
	{ "Delivered-To: a@b\r\nDelivered-To: c@d\r\n\r\n", "[a@b][c@d]" },
	{ "Delivered-To: a@b\n\nDelivered-To: c@d\n", "[a@b]" },
	{ "From: a\r\n\r\nDelivered-To: in the text\r\n", "" },
	{ "\r\nDelivered-To: in the text\r\n", "" },
	{ "Delivered-To:\r\n\r\n", "[]" },
	{ "X-Delivered-To: a@b\r\nDelivered-Tox: a@b\r\n\r\n", "" },
	{ "Delivered-To: not ended", "" },
	{ long_value, "" },
	{ "", "" },
};

static void
play(size_t row, size_t first, size_t each)
{
	struct loop_guard g = { 0 };
	struct pop_span in = span_str(cases[row].message);
	size_t n = first;

	seen[0] = '\0';
	while (in.n > 0) {
		if (n > in.n)
			n = in.n;
		loop_guard(&g, span_of(in.p, n), note, NULL);
		span_skip(&in, n);
		n = each;
	}
	if (strcmp(seen, cases[row].seen) != 0)
		fail_msg("row %zu, first %zu, each %zu: %s", row, first, each,
		    seen);
}

static void
finds_the_addresses(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof(cases) / sizeof(cases[0]); row++) {
		size_t len = strlen(cases[row].message);

		play(row, len + 1, len + 1);
		play(row, 1, 1);
		for (size_t cut = 1; cut < len; cut++)
			play(row, cut, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
