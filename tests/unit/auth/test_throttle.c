/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/throttle (threats S29): growing delays, one attempt of an
 * address at a time, IPv6 by /64, bounded memory.  Time is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/throttle.h"

static const unsigned char a4[16] = { [10] = 255, [11] = 255, 192, 0, 2, 1 };
static const unsigned char b4[16] = { [10] = 255, [11] = 255, 192, 0, 2, 2 };

static struct throttle *
fresh(size_t addresses)
{
	struct throttle *t = throttle_new(addresses, 2000, 15000);

	assert_non_null(t);
	return t;
}

/* One whole attempt that may go at once; its delay. */
static uint64_t
guess(struct throttle *t, const unsigned char *address, bool right,
    uint64_t now)
{
	struct throttle_ticket k = { 0 };
	uint64_t delay = 0;

	assert_int_equal(throttle_enter(t, &k, address, now), THROTTLE_GO);
	if (right)
		throttle_right(t, &k);
	else
		delay = throttle_wrong(t, &k, now);
	assert_null(throttle_leave(t, &k));
	return delay;
}

/* S29 */
static void
delays_double_up_to_the_maximum(void **state)
{
	static const uint64_t want[] = { 2000, 4000, 8000, 15000, 15000 };
	struct throttle *t = fresh(8);
	uint64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(guess(t, a4, false, now), want[i]);
		now += want[i];
		/* nobody else pays */
		assert_int_equal(guess(t, b4, true, now), 0);
	}
	assert_int_equal(guess(t, b4, false, now), 2000);
	throttle_free(t);
}

/* S29 */
static void
success_forgets(void **state)
{
	struct throttle *t = fresh(8);

	(void)state;
	assert_int_equal(guess(t, a4, false, 0), 2000);
	assert_int_equal(guess(t, a4, false, 0), 4000);
	assert_int_equal(throttle_count(t), 1);
	assert_int_equal(guess(t, a4, true, 0), 0);
	assert_int_equal(throttle_count(t), 0);
	assert_int_equal(guess(t, a4, false, 0), 2000);
	throttle_free(t);
}

static uint64_t
guess_at(struct throttle *t, uint32_t who, bool right, uint64_t now)
{
	struct throttle_ticket k = { .who = who };
	uint64_t delay = 0;

	assert_int_equal(throttle_enter(t, &k, a4, now), THROTTLE_GO);
	if (right)
		throttle_right(t, &k);
	else
		delay = throttle_wrong(t, &k, now);
	assert_null(throttle_leave(t, &k));
	return delay;
}

/* S29: an account of one's own buys no faster guessing at others' */
static void
success_forgets_its_own_name_only(void **state)
{
	struct throttle *t = fresh(8);

	(void)state;
	assert_int_equal(guess_at(t, 1, false, 0), 2000);
	assert_int_equal(guess_at(t, 9, true, 0), 0);
	assert_int_equal(guess_at(t, 1, false, 0), 4000);
	/* nor does a wrong one for it in between */
	assert_int_equal(guess_at(t, 9, false, 0), 8000);
	assert_int_equal(guess_at(t, 9, true, 0), 0);
	assert_int_equal(guess_at(t, 1, true, 0), 0);
	assert_int_equal(guess_at(t, 9, false, 0), 15000);
	/* what time has forgiven is forgotten with its names */
	assert_int_equal(guess_at(t, 9, false, 10 * 60000), 2000);
	assert_int_equal(guess_at(t, 9, true, 10 * 60000), 0);
	assert_int_equal(throttle_count(t), 0);
	throttle_free(t);
}

static void
time_forgives_one_a_minute(void **state)
{
	struct throttle *t = fresh(8);

	(void)state;
	assert_int_equal(guess(t, a4, false, 0), 2000);
	assert_int_equal(guess(t, a4, false, 0), 4000);
	assert_int_equal(guess(t, a4, false, THROTTLE_FORGIVE_MS - 1), 8000);
	/* three were wrong; two minutes later one is left */
	assert_int_equal(guess(t, a4, false, 3 * THROTTLE_FORGIVE_MS - 1),
	    4000);
	/* a clock that goes back forgives nothing */
	assert_int_equal(guess(t, a4, false, 0), 8000);
	assert_int_equal(guess(t, a4, false, 1000 * THROTTLE_FORGIVE_MS),
	    2000);
	throttle_free(t);
}

/* S29: N guesses at the same time: the second begins when the first has left */
static void
attempts_stand_in_line(void **state)
{
	enum { N = 50 };
	struct throttle *t = fresh(8);
	struct throttle_ticket k[N], other = { 0 };

	(void)state;
	memset(k, 0, sizeof(k));
	assert_int_equal(throttle_enter(t, &k[0], a4, 0), THROTTLE_GO);
	for (int i = 1; i < N; i++)
		assert_int_equal(throttle_enter(t, &k[i], a4, 0),
		    THROTTLE_WAIT);
	assert_int_equal(throttle_enter(t, &other, b4, 0), THROTTLE_GO);
	assert_null(throttle_leave(t, &other));
	for (int i = 0; i < N - 1; i++) {
		assert_true(throttle_wrong(t, &k[i], 0) >= 2000);
		assert_ptr_equal(throttle_leave(t, &k[i]), &k[i + 1]);
	}
	assert_null(throttle_leave(t, &k[N - 1]));
	throttle_free(t);
}

/* Who gives up waiting leaves the line whole: first, middle and last. */
static void
leaving_the_line(void **state)
{
	(void)state;
	for (int gone = 1; gone < 4; gone++) {
		struct throttle *t = fresh(8);
		struct throttle_ticket k[4];
		int at = 0;

		memset(k, 0, sizeof(k));
		assert_int_equal(throttle_enter(t, &k[0], a4, 0),
		    THROTTLE_GO);
		for (int i = 1; i < 4; i++)
			assert_int_equal(throttle_enter(t, &k[i], a4, 0),
			    THROTTLE_WAIT);
		assert_null(throttle_leave(t, &k[gone]));
		assert_null(k[gone].address);
		for (int i = 1; i < 4; i++) {
			if (i == gone)
				continue;
			assert_ptr_equal(throttle_leave(t, &k[at]), &k[i]);
			at = i;
		}
		assert_null(throttle_leave(t, &k[at]));
		assert_int_equal(throttle_count(t), 0);
		throttle_free(t);
	}
}

static void
the_line_is_bounded(void **state)
{
	struct throttle *t = fresh(8);
	struct throttle_ticket *k = calloc(THROTTLE_LINE_MAX + 2, sizeof(*k));

	(void)state;
	assert_non_null(k);
	assert_int_equal(throttle_enter(t, &k[0], a4, 0), THROTTLE_GO);
	for (int i = 1; i <= THROTTLE_LINE_MAX; i++)
		assert_int_equal(throttle_enter(t, &k[i], a4, 0),
		    THROTTLE_WAIT);
	assert_int_equal(throttle_enter(t, &k[THROTTLE_LINE_MAX + 1], a4, 0),
	    THROTTLE_FULL);
	assert_null(k[THROTTLE_LINE_MAX + 1].address);
	throttle_free(t);
	free(k);
}

static void
ipv6_counts_by_64(void **state)
{
	unsigned char a[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 };
	unsigned char b[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9 };
	unsigned char c[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1 };
	struct throttle *t = fresh(8);

	(void)state;
	assert_int_equal(guess(t, a, false, 0), 2000);
	assert_int_equal(guess(t, b, false, 0), 4000);
	assert_int_equal(guess(t, c, false, 0), 2000);
	/* but IPv4, whose first 64 bits are all alike, by the address */
	assert_int_equal(guess(t, a4, false, 0), 2000);
	assert_int_equal(guess(t, b4, false, 0), 2000);
	throttle_free(t);
}

static void
numbered(unsigned char out[16], unsigned i)
{
	memcpy(out, a4, 16);
	out[13] = (unsigned char)(i >> 16);
	out[14] = (unsigned char)(i >> 8);
	out[15] = (unsigned char)i;
}

/* S29: The one that was idle for longest gives way, never a busy one. */
static void
memory_is_bounded(void **state)
{
	struct throttle *t = fresh(4);
	struct throttle_ticket busy[4], more = { 0 };
	unsigned char address[16];

	(void)state;
	memset(busy, 0, sizeof(busy));
	for (unsigned i = 0; i < 100000; i++) {
		numbered(address, i);
		assert_int_equal(guess(t, address, false, 0), 2000);
		assert_in_range(throttle_count(t), 1, 4);
	}
	/* the last four are remembered, oldest first out */
	numbered(address, 99996);
	assert_int_equal(guess(t, address, false, 0), 4000);
	numbered(address, 7);
	assert_int_equal(guess(t, address, false, 0), 2000);
	numbered(address, 99996);
	assert_int_equal(guess(t, address, false, 0), 8000);
	numbered(address, 99997);
	assert_int_equal(guess(t, address, false, 0), 2000);
	for (unsigned i = 0; i < 4; i++) {
		numbered(address, i);
		assert_int_equal(throttle_enter(t, &busy[i], address, 0),
		    THROTTLE_GO);
	}
	numbered(address, 4);
	assert_int_equal(throttle_enter(t, &more, address, 0),
	    THROTTLE_FULL);
	for (unsigned i = 0; i < 4; i++)
		assert_null(throttle_leave(t, &busy[i]));
	assert_int_equal(throttle_count(t), 0);
	assert_int_equal(throttle_enter(t, &more, address, 0), THROTTLE_GO);
	throttle_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_double_up_to_the_maximum),
		cmocka_unit_test(success_forgets),
		cmocka_unit_test(success_forgets_its_own_name_only),
		cmocka_unit_test(time_forgives_one_a_minute),
		cmocka_unit_test(attempts_stand_in_line),
		cmocka_unit_test(leaving_the_line),
		cmocka_unit_test(the_line_is_bounded),
		cmocka_unit_test(ipv6_counts_by_64),
		cmocka_unit_test(memory_is_bounded)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
