/* SPDX-License-Identifier: ISC
 *
 * test_meter: limits on connections over several fronts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/meter.h"

static const unsigned char v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
static const unsigned char v4b[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };
static const unsigned char v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
static const unsigned char v6_same_64[16] = { 0x20, 1, 0xd, 0xb8, [8] = 9 };
static const unsigned char v6_other_64[16] = { 0x20, 1, 0xd, 0xb8, [7] = 1 };
static const unsigned char local[16];

static void
limits_one_address_over_all_fronts(void **state)
{
	struct meter *m = meter_new(2);

	(void)state;
	assert_non_null(m);
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_OK);
	assert_int_equal(meter_enter(m, 1, v4, 0, 2), METER_OK);
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_ADDRESS);
	assert_int_equal(meter_enter(m, 1, v4, 0, 2), METER_ADDRESS);
	assert_int_equal(meter_enter(m, 1, v4b, 0, 2), METER_OK);
	meter_leave(m, 1, v4);
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_OK);
	meter_free(m);
}

static void
limits_the_total(void **state)
{
	struct meter *m = meter_new(2);

	(void)state;
	assert_int_equal(meter_enter(m, 0, v4, 2, 0), METER_OK);
	assert_int_equal(meter_enter(m, 1, local, 2, 0), METER_OK);
	assert_int_equal(meter_enter(m, 1, v6, 2, 0), METER_TOTAL);
	meter_leave(m, 0, v4);
	assert_int_equal(meter_enter(m, 1, v6, 2, 0), METER_OK);
	meter_free(m);
}

static void
counts_ipv6_by_its_64(void **state)
{
	struct meter *m = meter_new(1);

	(void)state;
	assert_int_equal(meter_enter(m, 0, v6, 0, 1), METER_OK);
	assert_int_equal(meter_enter(m, 0, v6_same_64, 0, 1), METER_ADDRESS);
	assert_int_equal(meter_enter(m, 0, v6_other_64, 0, 1), METER_OK);
	meter_free(m);
}

static void
lets_local_peers_in(void **state)
{
	struct meter *m = meter_new(1);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(meter_enter(m, 0, local, 0, 1), METER_OK);
	meter_free(m);
}

/* a front was killed: what it had counted is gone, what others had is not */
static void
forgets_a_front_that_starts_again(void **state)
{
	struct meter *m = meter_new(2);

	(void)state;
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_OK);
	assert_int_equal(meter_enter(m, 1, v4, 0, 2), METER_OK);
	meter_reset(m, 0);
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_OK);
	assert_int_equal(meter_enter(m, 0, v4, 0, 2), METER_ADDRESS);
	meter_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_one_address_over_all_fronts),
		cmocka_unit_test(limits_the_total),
		cmocka_unit_test(counts_ipv6_by_its_64),
		cmocka_unit_test(lets_local_peers_in),
		cmocka_unit_test(forgets_a_front_that_starts_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
