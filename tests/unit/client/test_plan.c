/* SPDX-License-Identifier: ISC
 *
 * What is planned for each message of a listing: against a real state.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/plan.h"

enum { NOW = 2000000000, DAY = 86400 };

static char dir[64];
static struct state *state;

static int
set_up(void **unused)
{
	char error[256];

	(void)unused;
	text_format(dir, sizeof(dir), "/tmp/test-plan-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(state_open(dir, "wren", false, error, sizeof(error),
	    &state), STATE_OK);
	return 0;
}

static int
tear_down(void **unused)
{
	static const char *const endings[] = { "db", "db-wal", "db-shm",
	    "lock" };
	char path[128];

	(void)unused;
	state_close(state);
	for (size_t i = 0; i < 4; i++) {
		text_format(path, sizeof(path), "%s/wren.%s", dir,
		    endings[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static void
know(const char *uidl, enum state_kind kind, int64_t first_seen,
    int64_t not_before)
{
	struct state_row row = { .kind = kind, .uidl = span_str(uidl),
		.nth = 1, .announced = 10, .octets = 10,
		.first_seen = first_seen, .tries = kind == STATE_FAILED,
		.not_before = not_before };

	assert_int_equal(state_begin(state), 0);
	assert_int_equal(state_put(state, &row), 0);
	assert_int_equal(state_commit(state), 0);
}

/* "F1 D3" for: fetch 1, delete 3; "F1x": and delete it afterwards; I: to be
 * identified */
static const char *
plan_of(const struct account_conf *account, bool reconsider,
    const char *const *uidls, size_t n)
{
	static char text[512];
	static const char letters[] = "-FID";
	struct state_tally tally;
	struct plan p;
	size_t at = 0;

	assert_int_equal(state_listing_begin(state), 0);
	assert_int_equal(plan_begin(&p, account, state, reconsider, NOW), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(plan_uidl(&p, (uint32_t)i + 1,
		    span_str(uidls[i])), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(plan_list(&p, (uint32_t)i + 1, 100 + i,
		    false), 0);
	plan_listed(&p);
	text[0] = '\0';
	for (size_t i = 0; i < p.n; i++) {
		const struct plan_item *item = &p.items[i];

		assert_int_equal(item->announced, 100 + item->number - 1);
		text_format(text + at, sizeof(text) - at, "%s%c%u%s",
		    at ? " " : "", letters[item->what], item->number,
		    item->drop ? "x" : "");
		at = strlen(text);
	}
	plan_done(&p);
	assert_int_equal(state_listing_end(state, &tally), 0);
	return text;
}

#define PLAN(account, ...) plan_of(account, false, \
	(const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
new_ones_are_fetched(void **unused)
{
	struct account_conf keep = { .keep = ACCOUNT_KEEP };
	struct account_conf away = { .keep = ACCOUNT_KEEP_NOT };

	(void)unused;
	know("a", STATE_FETCHED, NOW - DAY, 0);
	assert_string_equal(PLAN(&keep, "a", "b", "c"), "F2 F3");
	/* one that we have and that is still there: its QUIT was lost */
	assert_string_equal(PLAN(&away, "a", "b", "c"), "D1 F2x F3x");
	/* nothing new costs nothing */
	assert_string_equal(PLAN(&keep, "a"), "");
}

static void
their_time_is_over(void **unused)
{
	struct account_conf days = { .keep = ACCOUNT_KEEP_DAYS,
		.keep_seconds = 14 * DAY };

	(void)unused;
	know("old", STATE_FETCHED, NOW - 14 * DAY, 0);
	know("young", STATE_FETCHED, NOW - 14 * DAY + 1, 0);
	/* a clock that was set back is no reason to delete */
	know("future", STATE_FETCHED, NOW + 100 * DAY, 0);
	know("skipped", STATE_SKIPPED, NOW - 100 * DAY, 0);
	know("dropped", STATE_DROPPED, NOW, 0);
	assert_string_equal(PLAN(&days, "old", "young", "future", "skipped",
	    "dropped", "new"), "D1 D5 F6");
}

static void
the_newest_stay(void **unused)
{
	struct account_conf two = { .keep = ACCOUNT_KEEP_NEWEST,
		.keep_newest = 2 };
	struct account_conf none = { .keep = ACCOUNT_KEEP_NEWEST };

	(void)unused;
	know("a", STATE_FETCHED, NOW, 0);
	know("b", STATE_FETCHED, NOW, 0);
	know("s", STATE_SKIPPED, NOW, 0);
	assert_string_equal(PLAN(&two, "a", "b"), "");
	assert_string_equal(PLAN(&two, "a", "b", "c"), "D1 F3");
	assert_string_equal(PLAN(&two, "c", "a", "b", "d", "e"),
	    "F1x D2 D3 F4 F5");
	/* what was left on the server by a rule is not ours to delete */
	assert_string_equal(PLAN(&two, "s", "a", "b", "c"), "D2 F4");
	assert_string_equal(PLAN(&none, "a", "c"), "D1 F2x");
}

static void
failed_ones_wait(void **unused)
{
	struct account_conf keep = { .keep = ACCOUNT_KEEP };
	const char *const uidls[] = { "soon", "now", "skipped" };

	(void)unused;
	know("soon", STATE_FAILED, NOW - DAY, NOW + 1);
	know("now", STATE_FAILED, NOW - DAY, NOW);
	know("skipped", STATE_SKIPPED, NOW - DAY, 0);
	assert_string_equal(plan_of(&keep, false, uidls, 3), "F2");
	/* the rules have changed */
	assert_string_equal(plan_of(&keep, true, uidls, 3), "F2 F3");
}

static void
odd_rows(void **unused)
{
	struct account_conf keep = { .keep = ACCOUNT_KEEP };
	struct state_tally tally;
	struct plan p;

	(void)unused;
	assert_int_equal(state_listing_begin(state), 0);
	assert_int_equal(plan_begin(&p, &keep, state, false, NOW), 0);
	/* numbers out of order, twice, huge, nought (C08); no UIDL (C-11) */
	assert_int_equal(plan_uidl(&p, 4294967295u, span_str("h")), 0);
	assert_int_equal(plan_uidl(&p, 7, span_str("g")), 0);
	assert_int_equal(plan_uidl(&p, 7, span_str("again")), 0);
	assert_int_equal(plan_uidl(&p, 0, span_str("z")), 0);
	assert_int_equal(plan_uidl(&p, 2, span_str("")), 0);
	assert_int_equal(plan_list(&p, 7, UINT64_MAX, false), 0);
	assert_int_equal(plan_list(&p, 2, UINT64_MAX, false), 0);
	assert_int_equal(plan_list(&p, 99, 5, false), 0);
	plan_listed(&p);
	assert_int_equal(p.rows, 4);
	assert_int_equal(p.rows_bad, 1);
	assert_int_equal(p.octets, UINT64_MAX);
	assert_int_equal(p.n, 4);
	assert_int_equal(p.items[0].number, 2);
	assert_int_equal(p.items[0].what, PLAN_IDENTIFY);
	assert_int_equal(p.items[1].what, PLAN_FETCH);
	assert_int_equal(p.items[2].what, PLAN_NOTHING);
	assert_int_equal(p.items[3].number, 4294967295u);
	assert_null(plan_find(&p, 99));
	plan_done(&p);
	assert_int_equal(state_listing_end(state, &tally), 0);
}

/* C-10: two messages of one UIDL are two messages */
static void
one_uidl_for_two(void **unused)
{
	struct account_conf keep = { .keep = ACCOUNT_KEEP };

	(void)unused;
	assert_string_equal(PLAN(&keep, "twin", "twin"), "F1 F2");
	know("twin", STATE_FETCHED, NOW, 0);
	assert_string_equal(PLAN(&keep, "twin", "twin"), "F2");
}

static void
more_than_a_plan_holds(void **unused)
{
	struct account_conf keep = { .keep = ACCOUNT_KEEP };
	struct state_tally tally;
	struct plan p;
	char uidl[32];

	(void)unused;
	assert_int_equal(state_listing_begin(state), 0);
	assert_int_equal(plan_begin(&p, &keep, state, false, NOW), 0);
	for (uint32_t i = 1; i <= PLAN_MAX + 10; i++) {
		text_format(uidl, sizeof(uidl), "u%u", i);
		assert_int_equal(plan_uidl(&p, i, span_str(uidl)), 0);
	}
	assert_int_equal(p.n, PLAN_MAX);
	assert_true(p.more);
	plan_done(&p);
	assert_int_equal(state_listing_end(state, &tally), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_ones_are_fetched),
		TEST(their_time_is_over),
		TEST(the_newest_stay),
		TEST(failed_ones_wait),
		TEST(odd_rows),
		TEST(one_uidl_for_two),
		TEST(more_than_a_plan_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
