/* SPDX-License-Identifier: ISC
 *
 * schedule: when the daemon comes again; LOGIN-DELAY is kept (RFC 2449 6.5,
 * check C-15), [IN-USE] and its like are waited for (C-14), and no account is
 * tried so often that it is locked.
 */
#include "../proto/check.h"

#include "client/schedule.h"

#define LOW 0u
#define MIDDLE 0x80000000u
#define HIGH 0xffffffffu

/* visits in a row: how each ended, then the wait in seconds without jitter */
static const struct {
	const char *name;
	unsigned interval_s, login_delay_s;
	struct { enum fault fault; uint64_t wait_s; } visits[10];
} rows[] = {
	{ "all is well", 300, 0, { { FAULT_NONE, 300 },
	  { FAULT_NONE, 300 }, { FAULT_NONE, 300 } } },
	{ "one message that fails is no reason to stay away", 300, 0,
	  { { FAULT_MESSAGE, 300 }, { FAULT_MESSAGE, 300 } } },
	{ "back-off doubles, to an hour", 300, 0, {
	  { FAULT_CONNECT, 300 }, { FAULT_CONNECT, 600 },
	  { FAULT_TIMEOUT, 1200 }, { FAULT_LOST, 2400 },
	  { FAULT_RESOLVE, 3600 }, { FAULT_CONNECT, 3600 },
	  { FAULT_NONE, 300 }, { FAULT_CONNECT, 300 },
	  { FAULT_CONNECT, 600 } } },
	{ "an interval above the hour stays", 7200, 0, {
	  { FAULT_CONNECT, 7200 }, { FAULT_CONNECT, 7200 },
	  { FAULT_CONNECT, 7200 }, { FAULT_NONE, 7200 } } },
	{ "a password is not tried often", 300, 0, {
	  { FAULT_AUTH, 900 }, { FAULT_AUTH, 3600 }, { FAULT_AUTH, 21600 },
	  { FAULT_AUTH, 86400 }, { FAULT_AUTH, 86400 },
	  { FAULT_NONE, 300 }, { FAULT_AUTH, 900 } } },
	{ "a network that fails between does not forget that", 300, 0, {
	  { FAULT_AUTH, 900 }, { FAULT_CONNECT, 300 },
	  { FAULT_AUTH, 3600 }, { FAULT_CONNECT, 300 },
	  { FAULT_CONNECT, 600 }, { FAULT_SECRET, 21600 } } },
	{ "patience is never less than the interval", 7200, 0, {
	  { FAULT_AUTH, 7200 }, { FAULT_AUTH, 7200 },
	  { FAULT_AUTH, 21600 } } },
	{ "IN-USE (C-14)", 60, 0, { { FAULT_IN_USE, 60 },
	  { FAULT_IN_USE, 120 }, { FAULT_IN_USE, 240 },
	  { FAULT_NONE, 60 } } },
	{ "LOGIN-DELAY of unknown length (C-14)", 60, 0, {
	  { FAULT_LOGIN_DELAY, 300 }, { FAULT_LOGIN_DELAY, 600 },
	  { FAULT_NONE, 60 } } },
	{ "being stopped is no failure", 300, 0, { { FAULT_STOPPED, 300 } } },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct schedule s = { FAULT_NONE, 0, 0, 0 };

		for (size_t j = 0; rows[i].visits[j].wait_s != 0; j++) {
			uint64_t wanted = rows[i].visits[j].wait_s * 1000;
			uint64_t low, middle, high;

			schedule_note(&s, rows[i].visits[j].fault,
			    rows[i].login_delay_s);
			low = schedule_wait(&s, rows[i].interval_s, LOW);
			middle = schedule_wait(&s, rows[i].interval_s,
			    MIDDLE);
			high = schedule_wait(&s, rows[i].interval_s, HIGH);
			if (middle != wanted)
				fail_msg("%s: visit %zu: %llu ms",
				    rows[i].name, j,
				    (unsigned long long)middle);
			/* +-10 % */
			assert_int_equal(low, wanted * 9 / 10);
			assert_true(high > wanted * 109 / 100);
			assert_true(high <= wanted * 11 / 10);
		}
	}
}

/* C-15: never sooner, whatever chance says; and it may change or end. */
static void
test_login_delay(void **state)
{
	struct schedule s = { FAULT_NONE, 0, 0, 0 };

	(void)state;
	schedule_note(&s, FAULT_NONE, 900);
	for (unsigned i = 0; i < 100; i++)
		assert_true(schedule_wait(&s, 60, i * 0x028f5c28u) >=
		    900000);
	/* not more often just because it did not get so far */
	schedule_note(&s, FAULT_CONNECT, 0);
	assert_int_equal(schedule_wait(&s, 60, LOW), 900000);
	schedule_note(&s, FAULT_LOGIN_DELAY, 0);
	assert_int_equal(schedule_wait(&s, 60, LOW), 900000);
	schedule_note(&s, FAULT_STOPPED, 0);
	assert_int_equal(schedule_wait(&s, 60, LOW), 900000);
	/* a longer interval has its jitter, and stays above */
	assert_int_equal(schedule_wait(&s, 1000, LOW), 900000);
	assert_true(schedule_wait(&s, 1000, HIGH) > 1090000);
	schedule_note(&s, FAULT_NONE, 120);
	assert_int_equal(schedule_wait(&s, 60, HIGH), 120000);
	schedule_note(&s, FAULT_NONE, 0);
	assert_int_equal(schedule_wait(&s, 60, MIDDLE), 60000);
}

/* Absurd settings stay what they are: no overflow. */
static void
test_extremes(void **state)
{
	struct schedule s = { FAULT_CONNECT, 4000000000u, 0, 0 };

	(void)state;
	assert_int_equal(schedule_wait(&s, 1, MIDDLE), 3600000);
	assert_int_equal(schedule_wait(&s, UINT32_MAX, LOW),
	    (uint64_t)UINT32_MAX * 900);
	assert_true(schedule_wait(&s, UINT32_MAX, HIGH) >
	    (uint64_t)UINT32_MAX * 1090);
	s.login_delay_s = UINT32_MAX;
	assert_int_equal(schedule_wait(&s, 1, LOW),
	    (uint64_t)UINT32_MAX * 1000);
	s = (struct schedule){ FAULT_AUTH, 0, UINT32_MAX, 0 };
	assert_int_equal(schedule_wait(&s, 1, MIDDLE), 86400000);
}

static void
test_first(void **state)
{
	(void)state;
	/* the first at once, the others one after the other */
	assert_int_equal(schedule_first(0, 3, 300, HIGH), 0);
	assert_int_equal(schedule_first(1, 3, 300, LOW), 1000);
	assert_int_equal(schedule_first(1, 3, 300, HIGH), 1999);
	assert_int_equal(schedule_first(2, 3, 300, LOW), 2000);
	/* many of them: all within one interval */
	assert_int_equal(schedule_first(999, 1000, 60, LOW), 59940);
	assert_true(schedule_first(999, 1000, 60, HIGH) < 60000);
	assert_int_equal(schedule_first(0, 0, 60, HIGH), 0);
	for (size_t i = 1; i < 100; i++)
		assert_true(schedule_first(i, 100, 300, LOW) >
		    schedule_first(i - 1, 100, 300, HIGH));
}

static void
test_host(void **state)
{
	(void)state;
	assert_int_equal(schedule_host(500, 0), 500);
	assert_int_equal(schedule_host(10000, 9999), 11999);
	assert_int_equal(schedule_host(10000, 8000), 10000);
	assert_int_equal(schedule_host(10000, 20000), 22000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_login_delay),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
