/* SPDX-License-Identifier: ISC
 *
 * measure: the wire size of stored text, whole, octet by octet and split at
 * every point, against hand-counted sizes, against a naive model and against
 * libpop, whose codec will send the message (RFC 1939 section 11; B-12).
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "shapes.h"
#include "store/measure.h"
#include "sync.h"

static uint64_t
by_libpop(const char *text, size_t n)
{
	struct pop_measure m = { 0 };

	pop_measure(&m, span_of(text, n));
	return pop_measure_end(&m);
}

static void
check_text(const char *text, size_t n, uint64_t wire)
{
	size_t wire_n;
	char *model = sync_wire(text, n, &wire_n);

	assert_int_equal(wire_n, wire);
	assert_int_equal(by_libpop(text, n), wire);
	for (size_t cut = 0; cut <= n; cut++) {
		struct measure m = { 0 };

		measure_feed(&m, text, cut);
		measure_feed(&m, text + cut, n - cut);
		assert_int_equal(measure_wire(&m), wire);
		assert_int_equal(measure_crlf(&m), wire_n == n &&
		    memcmp(model, text, n) == 0);
	}
	struct measure m = { 0 };
	bool dots = n > 0 && text[0] == '.';

	for (size_t i = 0; i < n; i++) {
		measure_feed(&m, text + i, 1);
		if (i > 0 && text[i] == '.' && text[i - 1] == '\n')
			dots = true;
	}
	assert_int_equal(measure_wire(&m), wire);
	assert_int_equal(m.dots, dots);
	free(model);
}

static void
test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		print_message("%s\n", shapes[i].label);
		check_text(shapes[i].text, shapes[i].n, shapes[i].wire);
	}
}

/* every text of up to 6 octets over the four that matter */
static void
test_all_short_texts(void **state)
{
	static const char octets[] = "\r\n.x";

	(void)state;
	for (size_t n = 0; n <= 6; n++) {
		for (unsigned v = 0; v < 1U << (2 * n); v++) {
			char text[6];
			size_t wire;

			for (size_t i = 0; i < n; i++)
				text[i] = octets[v >> (2 * i) & 3];
			free(sync_wire(text, n, &wire));
			check_text(text, n, wire);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_all_short_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
