/* SPDX-License-Identifier: ISC
 *
 * Drafts: read again for a scan, moved to another destination, and what they
 * cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dest_fixture.h"
#include "sys/os.h"

static int
setup(void **state)
{
	struct fix *f = malloc(sizeof(*f));

	fix_init(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	os_hook_set(NULL);
	fix_done(*state);
	free(*state);
	return 0;
}

/* ---- discard, moving ----------------------------------------------------- */

static void
test_discard(void **state)
{
	struct fix *f = *state;
	struct dest_error error;
	enum dest_outcome r = DEST_TEMPORARY;
	struct draft *dr;
	struct dest *d;
	char text[64];
	int fd;

	fix_use(f, CONF_DEST_DISCARD);
	d = fix_open(f);
	assert_true(dest_is_local(d));
	dr = fix_stage(d, fix_message(0, false), 7, &error);
	assert_int_equal(fix_left(f), 0);
	assert_int_equal(dest_sync(d, &dr, 1, &error), 0);
	assert_int_equal(dest_show(d, &dr, 1, &r, &error), 0);
	assert_int_equal(r, DEST_DELIVERED);
	draft_done(dr);
	dest_close(d);
	/* somebody wants to read it first */
	f->account.scan.argc = 1;
	d = fix_open(f);
	dr = fix_stage(d, fix_message(0, false), 7, &error);
	fd = draft_open(dr);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, 13), 13);
	assert_memory_equal(text, "Return-Path: ", 13);
	close(fd);
	draft_abort(dr);
	assert_int_equal(fix_left(f), 0);
	dest_close(d);
}

/* quarantine: any kind to any kind, and the scan sees the message */
static void
test_move(void **state)
{
	static const enum conf_dest_kind kinds[] = { CONF_DEST_MAILDIR,
		CONF_DEST_MBOX };
	struct fix *f = *state;

	for (int k = 0; k < 8; k++) {
		struct dest *from, *to;
		struct dest_error error;
		enum dest_outcome r;
		unsigned seen[FIX_MESSAGES];
		struct draft *dr;
		char text[8];
		int fd;

		fix_clear(f);
		f->account.line_ends = k & 4 ? ACCOUNT_LINES_CRLF :
		    ACCOUNT_LINES_LF;
		fix_use(f, kinds[k & 1]);
		from = fix_open(f);
		f->account.line_ends = ACCOUNT_LINES_LF;
		fix_use(f, kinds[k >> 1 & 1]);
		to = fix_open(f);
		dr = fix_stage(from, fix_message(1, true), 4097, &error);
		fd = draft_open(dr);
		assert_int_equal(read(fd, text, 8), 8);
		assert_memory_equal(text, "Subject:", 8);
		close(fd);
		dr = draft_move(dr, to, &error);
		assert_non_null(dr);
		assert_int_equal(fix_left(f), 1);
		assert_int_equal(dest_sync(to, &dr, 1, &error), 0);
		assert_int_equal(dest_show(to, &dr, 1, &r, &error), 0);
		draft_done(dr);
		assert_null(fix_seen(f, true, seen));
		assert_int_equal(seen[1], 1);
		assert_int_equal(fix_left(f), 0);
		dest_close(from);
		dest_close(to);
	}
}

/* ---- the calls ----------------------------------------------------------- */

static unsigned calls[OS_OPS];

static int
count_call(void *arg, const struct os_call *call)
{
	(void)arg;
	calls[call->op]++;
	return 0;
}

/* What a small message costs; printed, as it is promised. */
static void
count_batch(struct fix *f, const char *name)
{
	enum { N = 100 };
	static const struct os_hook hook = { .before = count_call };
	enum dest_outcome outcomes[N];
	struct draft *drafts[N];
	struct dest_error error;
	struct dest *d = fix_open(f);
	unsigned sum = 0;

	memset(calls, 0, sizeof(calls));
	os_hook_set(&hook);
	for (int i = 0; i < N; i++) {
		drafts[i] = fix_stage(d, fix_message(0, false), 4096, &error);
		assert_non_null(drafts[i]);
	}
	assert_int_equal(dest_sync(d, drafts, N, &error), 0);
	assert_int_equal(dest_show(d, drafts, N, outcomes, &error), 0);
	for (int i = 0; i < N; i++)
		draft_done(drafts[i]);
	os_hook_set(NULL);
	dest_close(d);
	printf("%s, %d messages:", name, N);
	for (int op = 0; op < OS_OPS; op++) {
		sum += calls[op];
		if (calls[op] > 0)
			printf(" %u %s", calls[op],
			    os_op_name((enum os_op)op));
	}
	printf("; %u in all\n", sum);
	if (f->conf.kind == CONF_DEST_MAILDIR)
		assert_int_equal(sum, 6 * N + 2);
	else
		assert_in_range(sum, 9 * N, 9 * N + 50);
}

static void
test_calls(void **state)
{
	struct fix *f = *state;

	count_batch(f, "Maildir");
	fix_use(f, CONF_DEST_MBOX);
	count_batch(f, "mbox");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_discard),
		TEST(test_move),
		TEST(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
