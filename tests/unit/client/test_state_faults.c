/* SPDX-License-Identifier: ISC
 *
 * test_state_faults: the state on a disk that fails at any system call, that
 * is full, and whose power goes between any two of them.  What was committed is
 * there, all of it; what was not is not, not a part of it.  C22, P15.
 */
#include "state_help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "client/state_private.h"
#include "state_disk.h"

/* ---- a history ----------------------------------------------------------- */

static int
put(struct state *s, const char *uidl, enum state_kind kind)
{
	struct state_row row = help_row(uidl, 1, kind);

	return state_put(s, &row);
}

static int64_t
id_of(struct state *s, const char *uidl)
{
	struct state_row row;
	sqlite3_stmt *st = STATE_BOUND(s, SQL_FIND, V_BLOB(span_str(uidl)),
	    V_INT(1));

	if (!st || state_step(s, st) != 1)
		return -1;
	state_row_read(st, &row);
	state_reset(s, SQL_FIND);
	return row.id;
}

static int
step_fetch(struct state *s)
{
	return put(s, "a", STATE_FETCHED) != 0 ||
	    put(s, "b", STATE_FETCHED) != 0 ||
	    put(s, "c", STATE_SKIPPED) != 0 ||
	    put(s, "d", STATE_FAILED) != 0 ||
	    state_set_fact(s, "uidl", span_str("1")) != 0 ? -1 : 0;
}

static int
step_intents(struct state *s)
{
	struct state_row d = help_row("d", 1, STATE_FETCHED);
	struct state_row e = help_row("e", 1, STATE_FETCHED);
	int64_t intent;

	d.id = id_of(s, "d");
	return d.id < 0 || state_put_intent(s, &d, "maildir:x",
	    span_str("ticket of d"), HELP_NOW, &intent) != 0 ||
	    state_put_intent(s, &e, "mbox:y", span_str("ticket of e"),
	    HELP_NOW, &intent) != 0 ? -1 : 0;
}

static int
take_intent(void *arg, const struct state_intent *intent)
{
	int64_t *ids = arg;

	ids[ids[0] == 0 ? 0 : 1] = intent->id;
	return 0;
}

static int
step_delivered(struct state *s)
{
	int64_t ids[2] = { 0, 0 }, row;

	return state_intents(s, take_intent, ids) != 0 ||
	    state_put_delivered(s, ids[0], &row) != 0 ||
	    state_put_delivered(s, ids[1], &row) != 0 ? -1 : 0;
}

static int
list(struct state *s, const char *uidls, int64_t now)
{
	struct state_tally tally;
	struct state_row row;
	bool wrote;

	if (state_listing_begin(s) != 0)
		return -1;
	for (; *uidls != '\0'; uidls++)
		if (state_listing_row(s, span_of(uidls, 1), &row) < 0)
			return -1;
	return state_listing_end(s, &tally) != 0 ||
	    state_put_listing(s, now, &wrote) != 0 ? -1 : 0;
}

static int
step_listing(struct state *s)
{
	return list(s, "acdefg", HELP_NOW);
}

static int
step_rename(struct state *s)
{
	int64_t a = id_of(s, "a"), b = id_of(s, "b");

	return a < 0 || b < 0 || state_put_deleted(s, &a, 1, HELP_NOW) != 0 ||
	    state_adopt(s, b, span_str("f"), 1, 77) != 0 ? -1 : 0;
}

/* many pages of both trees, and one overflowing */
static int
step_many(struct state *s)
{
	static char value[9000];
	char uidl[80] = "";

	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < 120; i++) {
		text_format(uidl, sizeof(uidl), "%02u-%060u", i * 37 % 100, i);
		if (put(s, uidl, STATE_FETCHED) != 0)
			return -1;
	}
	return state_set_fact(s, "capa", span_of(value, sizeof(value)));
}

static int
step_forget(struct state *s)
{
	return list(s, "dg", HELP_NOW + 31 * (int64_t)HELP_DAY) != 0 ||
	    state_set_fact(s, "uidl", span_str("")) != 0 ? -1 : 0;
}

static int
step_end(struct state *s)
{
	return list(s, "d", HELP_NOW + 70 * (int64_t)HELP_DAY);
}

static const struct {
	int (*run)(struct state *s);
	bool reopen;		/* before it */
} steps[] = {
	{ step_fetch, false }, { step_intents, false },
	{ step_delivered, true }, { step_listing, false },
	{ step_rename, true }, { step_many, false }, { step_forget, false },
	{ step_end, true },
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* ---- all that is in it --------------------------------------------------- */

static void
dump_sql(struct state *s, const char *sql, FILE *f)
{
	sqlite3_stmt *st = NULL;
	int r;

	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &st, NULL), 0);
	while ((r = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			fprintf(f, "%.20s ", sqlite3_column_text(st, i) ?
			    (const char *)sqlite3_column_text(st, i) : "-");
		fputc('\n', f);
	}
	assert_int_equal(r, SQLITE_DONE);
	sqlite3_finalize(st);
}

static char *
dump(struct state *s)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	dump_sql(s, "SELECT * FROM message ORDER BY id", f);
	dump_sql(s, "SELECT * FROM intent ORDER BY id", f);
	dump_sql(s, "SELECT name, length(value), value FROM fact"
	    " WHERE name != 'ident' ORDER BY name", f);
	dump_sql(s, "PRAGMA integrity_check", f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static char *wanted[STEPS + 1];		/* after so many steps */

static bool
is_after(struct state *s, int step)
{
	char *text = dump(s);
	bool same = step <= STEPS && strcmp(text, wanted[step]) == 0;

	free(text);
	return same;
}

/* ---- running ------------------------------------------------------------- */

struct run {
	struct state *s;
	int done;		/* steps committed */
	bool committing;	/* the commit of the next one failed */
	char ident[STATE_IDENT + 1];
	char error[STATE_ERROR_MAX];
};

static int
run_open(struct run *r)
{
	enum state_open o = state_open(help_dir(), "work", false, r->error,
	    sizeof(r->error), &r->s);

	if (o != STATE_OK) {
		/* a disk that fails is not a file that is damaged */
		if (o == STATE_BROKEN)
			fail_msg("broken: %s", r->error);
		return -1;
	}
	/* once said, it never changes */
	if (r->ident[0] != '\0')
		assert_string_equal(r->ident, state_ident(r->s));
	memcpy(r->ident, state_ident(r->s), sizeof(r->ident));
	return 0;
}

static int
run_step(struct run *r, int i)
{
	struct state *s = r->s;

	disk_note(2 * i + 1);
	if (state_begin(s) == 0 && steps[i].run(s) == 0) {
		r->committing = true;
		if (state_commit(s) == 0) {
			r->done = i + 1;
			r->committing = false;
			disk_note(2 * i + 2);
			return 0;
		}
	}
	text_format(r->error, sizeof(r->error), "%s", state_error(s));
	return -1;
}

/* From where it stands to the end, or to the first call that failed. */
static int
run_on(struct run *r)
{
	for (int i = r->done; i < STEPS; i++) {
		if (r->s && steps[i].reopen) {
			state_close(r->s);
			r->s = NULL;
		}
		if (!r->s) {
			if (run_open(r) != 0)
				return -1;
			if (i == 0)
				disk_note(0);
		}
		r->committing = false;
		if (run_step(r, i) != 0)
			return -1;
	}
	return 0;
}

static void
run_close(struct run *r)
{
	state_close(r->s);
	r->s = NULL;
}

static int
learn(void **arg)
{
	struct run r = { 0 };

	(void)arg;
	if (help_setup(NULL) != 0)
		return -1;
	assert_int_equal(run_open(&r), 0);
	wanted[0] = dump(r.s);
	for (int i = 0; i < STEPS; i++) {
		if (run_step(&r, i) != 0)
			fail_msg("step %d: %s", i, r.error);
		wanted[i + 1] = dump(r.s);
		/* or the steps would prove nothing */
		assert_string_not_equal(wanted[i], wanted[i + 1]);
		assert_non_null(strstr(wanted[i], "ok \n"));
	}
	run_close(&r);
	help_teardown(NULL);
	return 0;
}

static int
unlearn(void **arg)
{
	(void)arg;
	for (int i = 0; i <= STEPS; i++)
		free(wanted[i]);
	return 0;
}

/* ---- calls that fail ----------------------------------------------------- */

/* The history with its nth call failing; false when there are not so many. */
static bool
fail_at(unsigned calls, uint64_t at, int error, bool lasting)
{
	struct run r = { 0 };
	bool failed, in_commit;

	assert_int_equal(help_setup(NULL), 0);
	disk_watch(help_dir());
	disk_fail(calls, at, error, lasting);
	if (run_on(&r) != 0) {
		assert_true(disk_failed());
		/* it is said what it is about */
		if (!strstr(r.error, help_dir()))
			fail_msg("call %u: \"%s\"", (unsigned)at, r.error);
		in_commit = r.committing;
		if (r.s) {
			uint64_t count = 0;

			if (lasting)
				count = at;
			disk_fail(0, 0, 0, false);
			/* undone, in the eyes of whoever goes on */
			assert_true(is_after(r.s, r.done));
			disk_fail(calls, count > 0, error, true);
			run_close(&r);
		}
		disk_fail(0, 0, 0, false);
		assert_int_equal(run_open(&r), 0);
		/* When the fsync of a commit fails and it cannot even be
		 * taken back, it may have been done after all: as a whole. */
		if (in_commit && is_after(r.s, r.done + 1))
			r.done++;
		if (!is_after(r.s, r.done)) {
			char *text = dump(r.s);

			fail_msg("call %u, step %d: \"%s\"\n%s",
			    (unsigned)at, r.done, r.error, text);
		}
		failed = true;
	} else {
		failed = disk_failed();
		disk_fail(0, 0, 0, false);
	}
	if (run_on(&r) != 0)
		fail_msg("call %u: afterwards: %s", (unsigned)at, r.error);
	assert_true(is_after(r.s, STEPS));
	run_close(&r);
	help_teardown(NULL);
	disk_watch(NULL);
	return failed;
}

static void
fail_everywhere(const char *name, unsigned calls, int error, bool lasting)
{
	uint64_t at = 1;

	while (fail_at(calls, at, error, lasting))
		at++;
	print_message("%s: %u calls\n", name, (unsigned)at - 1);
	assert_true(at > 1);
}

static const unsigned writing = 1u << DISK_OPEN | 1u << DISK_WRITE |
	1u << DISK_TRUNCATE | 1u << DISK_SYNC | 1u << DISK_MAP |
	1u << DISK_UNLINK;

static void
test_fails_once(void **arg)
{
	(void)arg;
	fail_everywhere("any call fails", writing | 1u << DISK_READ |
	    1u << DISK_LOCK, EIO, false);
}

static void
test_fails_for_good(void **arg)
{
	(void)arg;
	fail_everywhere("the disk fails for good", writing | 1u << DISK_READ,
	    EIO, true);
}

static void
test_fsync_fails(void **arg)
{
	(void)arg;
	fail_everywhere("fsync fails once", 1u << DISK_SYNC, EIO, false);
	fail_everywhere("fsync fails for good", 1u << DISK_SYNC, EIO, true);
}

static void
test_full(void **arg)
{
	(void)arg;
	fail_everywhere("the disk is full", 1u << DISK_WRITE |
	    1u << DISK_TRUNCATE, ENOSPC, true);
	fail_everywhere("the disk is full for a moment", 1u << DISK_WRITE,
	    ENOSPC, false);
}

/* what a person reads then */
static void
test_full_text(void **arg)
{
	struct run r = { 0 };

	(void)arg;
	disk_watch(help_dir());
	assert_int_equal(run_open(&r), 0);
	disk_fail(1u << DISK_WRITE, 1, ENOSPC, true);
	assert_int_equal(run_step(&r, 0), -1);
	assert_non_null(strstr(r.error, "work.db: the disk is full"));
	disk_fail(1u << DISK_SYNC, 1, EIO, true);
	assert_int_equal(run_step(&r, 0), -1);
	if (!strstr(r.error, "Input/output error"))
		fail_msg("%s", r.error);
	disk_fail(0, 0, 0, false);
	assert_int_equal(run_step(&r, 0), 0);
	run_close(&r);
	disk_watch(NULL);
}

/* ---- the power goes ------------------------------------------------------ */

static void
cut_at(size_t at, enum disk_cut cut, uint64_t seed, const char *ident)
{
	struct run r = { 0 };
	int noted = disk_noted(at), done = noted / 2;

	assert_int_equal(help_setup(NULL), 0);
	disk_restore(at, cut, seed, help_dir());
	if (noted >= 0)
		memcpy(r.ident, ident, sizeof(r.ident));
	if (run_open(&r) != 0)
		fail_msg("after %u calls: %s", (unsigned)at, r.error);
	if (noted > 0 && noted % 2 == 1 && is_after(r.s, done + 1))
		done++;
	if (noted < 0)
		done = 0;
	if (!is_after(r.s, done)) {
		char *text = dump(r.s);

		fail_msg("after %u calls, cut %d, seed %u: not step %d\n%s",
		    (unsigned)at, cut, (unsigned)seed, done, text);
	}
	run_close(&r);
	help_teardown(NULL);
}

static void
test_power(void **arg)
{
	struct run r = { 0 };
	size_t n;
	unsigned tried = 0;

	(void)arg;
	assert_int_equal(help_setup(NULL), 0);
	disk_watch(help_dir());
	disk_record(true);
	assert_int_equal(run_on(&r), 0);
	run_close(&r);
	disk_record(false);
	n = disk_length();
	help_teardown(NULL);
	for (size_t at = 0; at <= n; at++) {
		cut_at(at, DISK_CUT_SYNCED, 0, r.ident);
		cut_at(at, DISK_CUT_ALL, 0, r.ident);
		for (uint64_t seed = 0; seed < 4; seed++)
			cut_at(at, DISK_CUT_SOME, seed * 1000 + at, r.ident);
		tried += 6;
	}
	print_message("power cuts: %u between %u calls\n", tried, (unsigned)n);
	disk_watch(NULL);
}

/* ---- nothing new, nothing written ---------------------------------------- */

static void
test_nothing_new(void **arg)
{
	struct state *s = help_open(false);
	struct pop_span v;

	(void)arg;
	help_done(s, state_begin(s));
	help_done(s, step_fetch(s));
	help_done(s, state_commit(s));
	state_close(s);

	disk_watch(help_dir());
	disk_record(true);
	s = help_open(false);
	assert_int_equal(state_fact(s, "uidl", &v), 1);
	help_done(s, state_begin(s));
	help_done(s, list(s, "abcd", HELP_NOW));
	help_done(s, state_set_fact(s, "uidl", span_str("1")));
	help_done(s, state_set_fact(s, "last_fault", span_str("")));
	help_done(s, state_put_deleted(s, NULL, 0, HELP_NOW));
	help_done(s, state_commit(s));
	state_close(s);
	assert_int_equal(disk_count(DISK_SYNC), 0);
	/* the -shm file, and the one octet of the lock */
	assert_true(disk_count(DISK_WRITE) <= 9);
	print_message("a visit without news: %u open, %u read, %u write, "
	    "%u locks, %u sync\n", (unsigned)disk_count(DISK_OPEN),
	    (unsigned)disk_count(DISK_READ),
	    (unsigned)disk_count(DISK_WRITE),
	    (unsigned)disk_count(DISK_LOCK),
	    (unsigned)disk_count(DISK_SYNC));
	disk_watch(NULL);
}

/* Two commits of any size cost two fsyncs. */
static void
test_one_sync_a_commit(void **arg)
{
	struct state *s = help_open(false);

	(void)arg;
	disk_watch(help_dir());
	state_close(s);
	s = help_open(false);
	help_done(s, state_begin(s));
	help_done(s, step_fetch(s));
	help_done(s, state_commit(s));
	disk_fail(0, 0, 0, false);
	help_done(s, state_begin(s));
	help_done(s, step_intents(s));
	help_done(s, state_commit(s));
	assert_int_equal(disk_count(DISK_SYNC), 1);
	help_done(s, state_begin(s));
	help_done(s, step_delivered(s));
	help_done(s, state_commit(s));
	assert_int_equal(disk_count(DISK_SYNC), 2);
	state_close(s);
	disk_watch(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fails_once),
		cmocka_unit_test(test_fails_for_good),
		cmocka_unit_test(test_fsync_fails),
		cmocka_unit_test(test_full), TEST(test_full_text),
		cmocka_unit_test(test_power), TEST(test_nothing_new),
		TEST(test_one_sync_a_commit),
	};

	state_patience_ms = 0;
	return cmocka_run_group_tests(tests, learn, unlearn);
}
