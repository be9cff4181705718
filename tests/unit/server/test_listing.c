/* SPDX-License-Identifier: ISC
 *
 * test_listing: a snapshot's way through a frame.  The reader checks all of
 * it: a unique-id with a line end in it would forge lines of UIDL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/listing.h"
#include "store/store.h"

static const uint64_t octets[3] = { 120, 200, 1ULL << 40 };
static const uint32_t ends[3] = { 1, 3, 6 };
static const struct store_snapshot three = { 3, octets, ends, "abbccc" };

static unsigned char *
encoded(const struct store_snapshot *snap, size_t *n_r)
{
	unsigned char *field;

	*n_r = listing_encoded_size(snap);
	field = malloc(*n_r);
	listing_encode(snap, field);
	return field;
}

static void
arrives_as_it_was(void **state)
{
	struct listing *l = listing_of_snapshot(&three);
	struct pop_span id;

	(void)state;
	assert_non_null(l);
	assert_int_equal(l->view.count, 3);
	assert_true(l->view.octets(l->view.ctx, 2) == 1ULL << 40);
	id = l->view.uidl(l->view.ctx, 1);
	assert_int_equal(id.n, 2);
	assert_memory_equal(id.p, "bb", 2);
	assert_int_equal(listing_marks_size(l), 1);
	assert_int_equal(listing_marked(l), 0);
	l->view.marks[0] = 5;
	assert_int_equal(listing_marked(l), 2);
	listing_free(l);
}

static void
empty_is_fine(void **state)
{
	static const struct store_snapshot none = { 0, NULL, NULL, NULL };
	struct listing *l = listing_of_snapshot(&none);

	(void)state;
	assert_non_null(l);
	assert_int_equal(l->view.count, 0);
	assert_int_equal(listing_marks_size(l), 0);
	listing_free(l);
}

static void
refuses_any_other_length(void **state)
{
	size_t n;
	unsigned char *field = encoded(&three, &n);
	unsigned char *longer = calloc(1, n + 1);

	(void)state;
	memcpy(longer, field, n);
	for (size_t i = 0; i < n; i++)
		assert_null(listing_new((struct pop_span){ field, i }));
	assert_null(listing_new((struct pop_span){ longer, n + 1 }));
	free(field);
	free(longer);
}

static void
refuses_counts_that_overflow(void **state)
{
	size_t n;
	unsigned char *field = encoded(&three, &n);

	(void)state;
	memset(field, 0xff, 8);
	assert_null(listing_new((struct pop_span){ field, n }));
	free(field);
}

static void
refuses_illegal_ids(void **state)
{
	static const struct {
		uint32_t ends[3];
		const char *ids;
	} bad[] = {
		{ { 1, 3, 6 }, "ab\nccc" }, { { 1, 3, 6 }, "a bccc" },
		{ { 1, 3, 6 }, "abbcc\x7f" }, { { 0, 3, 6 }, "abbccc" },
		{ { 3, 1, 6 }, "abbccc" }, { { 1, 1, 6 }, "abbccc" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct store_snapshot snap = { 3, octets, bad[i].ends,
			bad[i].ids };
		size_t n;
		unsigned char *field = encoded(&snap, &n);

		if (listing_new((struct pop_span){ field, n }) != NULL)
			fail_msg("row %zu", i);
		free(field);
	}
}

/* RFC 1939 section 7: 70 octets at most */
static void
knows_the_longest_id(void **state)
{
	char id[72];
	uint32_t end[1] = { 70 };
	struct store_snapshot one = { 1, octets, end, id };
	struct listing *l;

	(void)state;
	memset(id, 'x', sizeof(id));
	l = listing_of_snapshot(&one);
	assert_non_null(l);
	listing_free(l);
	end[0] = 71;
	assert_null(listing_of_snapshot(&one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives_as_it_was),
		cmocka_unit_test(empty_is_fine),
		cmocka_unit_test(refuses_any_other_length),
		cmocka_unit_test(refuses_counts_that_overflow),
		cmocka_unit_test(refuses_illegal_ids),
		cmocka_unit_test(knows_the_longest_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
