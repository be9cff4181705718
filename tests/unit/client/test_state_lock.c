/* SPDX-License-Identifier: ISC
 *
 * test_state_lock: two processes and one account; other programs that have the
 * file open.  C23 of the checks for clients.
 */
#include "state_help.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "client/state_private.h"

/* ---- two at once --------------------------------------------------------- */

struct holder {
	pid_t pid;
	int go;			/* closed: the child ends */
};

/* Another process that has the state open. */
static struct holder
hold(void)
{
	int ready[2], go[2];
	char c;
	struct holder h;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	h.pid = fork();
	assert_true(h.pid >= 0);
	if (h.pid == 0) {
		struct state *s = NULL;
		char error[512];

		close(go[1]);
		if (state_open(help_dir(), "work", false, error,
		    sizeof(error), &s) != STATE_OK ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)!read(go[0], &c, 1);
		/* killed rather than closed: the lock dies with it */
		raise(SIGKILL);
	}
	close(go[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	h.go = go[1];
	return h;
}

static void
let_go(struct holder *h)
{
	int status;

	close(h->go);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	assert_true(WIFSIGNALED(status));
}

/* C23 */
static void
test_locked(void **arg)
{
	struct holder h = hold();
	char error[512] = "", process[32];
	struct state *s = NULL;

	(void)arg;
	assert_int_equal(state_open(help_dir(), "work", false, error,
	    sizeof(error), &s), STATE_BUSY);
	assert_non_null(strstr(error, "another restante"));
	assert_non_null(strstr(error, "account work"));
	text_format(process, sizeof(process), "process %d", (int)h.pid);
	if (access("/proc/locks", R_OK) == 0)
		assert_non_null(strstr(error, process));
	/* reading is allowed meanwhile */
	s = help_open(true);
	if (access("/proc/locks", R_OK) == 0)
		assert_int_equal(state_holder(s), h.pid);
	state_close(s);
	let_go(&h);
	s = help_open(false);
	state_close(s);
	s = help_open(true);
	assert_int_equal(state_holder(s), 0);
	state_close(s);
}

/* one process is no exception */
static void
test_locked_by_ourselves(void **arg)
{
	struct state *s = help_open(false), *t = NULL;
	char error[512];

	(void)arg;
	assert_int_equal(state_open(help_dir(), "work", false, error,
	    sizeof(error), &t), STATE_BUSY);
	state_close(s);
	state_close(help_open(false));
}

/* Reading beside a writer sees what is committed, and cannot write. */
static void
test_read_only(void **arg)
{
	struct state *s = help_open(false), *t;
	struct state_row rows[] = { help_row("a", 1, STATE_FETCHED),
		help_row("b", 1, STATE_FAILED) };
	struct state_counts c;

	(void)arg;
	help_put(s, rows, 1);
	help_done(s, state_begin(s));
	help_done(s, state_put(s, &rows[1]));
	t = help_open(true);
	help_done(t, state_counts(t, &c));
	assert_int_equal(c.fetched, 1);
	assert_int_equal(c.failed, 0);
	help_failed(t, state_begin(t), "reading only");
	help_done(s, state_commit(s));
	help_done(t, state_counts(t, &c));
	assert_int_equal(c.failed, 1);
	state_close(t);
	state_close(s);
}

/* ---- busy ---------------------------------------------------------------- */

/* "SQLite busy": another program, without our lock, writes to the file. */
static void
test_busy(void **arg)
{
	struct state *s = help_open(false);
	struct state_row rows[] = { help_row("a", 1, STATE_FETCHED),
		help_row("b", 1, STATE_FETCHED) };
	struct state_row found;
	sqlite3 *shell = NULL;
	bool wrote;

	(void)arg;
	help_put(s, rows, 1);
	assert_int_equal(sqlite3_open(help_path("work.db"), &shell), 0);
	assert_int_equal(sqlite3_exec(shell, "BEGIN IMMEDIATE;"
	    "INSERT INTO fact VALUES('x', x'01')", NULL, NULL, NULL), 0);

	help_done(s, state_begin(s));
	help_failed(s, state_put(s, &rows[1]), "in use by another program");
	assert_non_null(strstr(state_error(s), help_path("work.db")));
	/* the transaction is gone, and says so */
	help_failed(s, state_commit(s), "without a beginning");
	/* reading goes on */
	assert_int_equal(help_find(s, "a", 1, &found), 1);
	/* and a visit that has nothing to write does not notice */
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("a"), &found), 1);
	help_done(s, state_listing_end(s, &(struct state_tally){ 0 }));
	help_done(s, state_begin(s));
	help_done(s, state_put_listing(s, HELP_NOW, &wrote));
	assert_false(wrote);
	help_done(s, state_commit(s));

	assert_int_equal(sqlite3_exec(shell, "COMMIT", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(shell), 0);
	help_put(s, &rows[1], 1);
	assert_int_equal(help_find(s, "b", 1, &found), 1);
	state_close(s);
}

/* Somebody has the whole file to himself when it is opened. */
static void
test_busy_at_open(void **arg)
{
	sqlite3 *shell = NULL;
	struct state *s = NULL;
	char error[512] = "";

	(void)arg;
	state_close(help_open(false));
	assert_int_equal(sqlite3_open(help_path("work.db"), &shell), 0);
	assert_int_equal(sqlite3_exec(shell, "PRAGMA locking_mode = EXCLUSIVE;"
	    "BEGIN EXCLUSIVE", NULL, NULL, NULL), 0);
	assert_int_equal(state_open(help_dir(), "work", false, error,
	    sizeof(error), &s), STATE_BUSY);
	assert_non_null(strstr(error, "in use by another program"));
	assert_int_equal(sqlite3_close(shell), 0);
	state_close(help_open(false));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_locked), TEST(test_locked_by_ourselves),
		TEST(test_read_only), TEST(test_busy),
		TEST(test_busy_at_open),
	};

	state_patience_ms = 20;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
