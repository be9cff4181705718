/* SPDX-License-Identifier: ISC
 *
 * test_status: `restante status`: what it says about states that are there,
 * not there and damaged, to people and to programs.
 */
#include "state_help.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "client/client.h"
#include "client/state_facts.h"

/* ---- running it ---------------------------------------------------------- */

struct said {
	char out[65536], err[4096];
	int status;
};

static void
read_back(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
}

/* fd to a file, as long as `saved` is kept */
static int
redirect(int fd, const char *path)
{
	int saved = dup(fd), to = open(path, O_WRONLY | O_CREAT | O_TRUNC,
	    0600);

	assert_true(saved >= 0 && to >= 0);
	assert_int_equal(dup2(to, fd), fd);
	close(to);
	return saved;
}

static void
restore(int fd, int saved)
{
	assert_int_equal(dup2(saved, fd), fd);
	close(saved);
}

static struct said *
status(enum report_mode mode, char *const *names, size_t nnames)
{
	static struct said said;
	struct account_conf accounts[] = { { .name = (char *)"work" },
		{ .name = (char *)"home", .enabled = true } };
	struct client_conf conf = { .state_dir = (char *)help_dir(),
		.accounts = accounts, .naccounts = 2 };
	struct client_args args = { .program = "restante", .mode = mode,
		.names = names, .nnames = nnames };
	char out_path[512], err_path[512];
	int out, err;

	text_format(out_path, sizeof(out_path), "%s/out", help_dir());
	text_format(err_path, sizeof(err_path), "%s/err", help_dir());
	fflush(stdout);
	fflush(stderr);
	out = redirect(STDOUT_FILENO, out_path);
	err = redirect(STDERR_FILENO, err_path);
	said.status = client_status(&args, &conf);
	fflush(stdout);
	fflush(stderr);
	restore(STDOUT_FILENO, out);
	restore(STDERR_FILENO, err);
	read_back(out_path, said.out, sizeof(said.out));
	read_back(err_path, said.err, sizeof(said.err));
	return &said;
}

static void
assert_says(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text ? text : "");
}

static json_t *
line_of(const char *text, const char *account)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(o);
		if (strcmp(json_string_value(json_object_get(o, "account")),
		    account) == 0)
			return o;
		json_decref(o);
		text += n + (text[n] == '\n');
	}
	fail();
	return NULL;
}

static int64_t
number(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		fail_msg("%s is no number", key);
	return json_integer_value(v);
}

/* ---- cases --------------------------------------------------------------- */

static void
fact(struct state *s, const char *name, const char *value)
{
	help_done(s, state_set_fact(s, name, span_str(value)));
}

/* account work has seen much */
static void
fill(void)
{
	struct state *s = help_open(false);
	struct state_row rows[] = { help_row("a", 1, STATE_FETCHED),
		help_row("b", 1, STATE_FETCHED),
		help_row("c", 1, STATE_SKIPPED),
		help_row("esc\033[2J", 1, STATE_FAILED),
		help_row("d", 1, STATE_DROPPED) };
	struct timespec times[2] = { { HELP_NOW, 0 }, { HELP_NOW, 0 } };
	int64_t intent;

	rows[3].tries = 2;
	rows[3].not_before = HELP_NOW + 3600;
	help_put(s, rows, 5);
	help_done(s, state_listing_begin(s));
	help_done(s, state_begin(s));
	help_done(s, state_put_deleted(s, &rows[0].id, 1, HELP_NOW));
	rows[0] = help_row("e", 1, STATE_FETCHED);
	help_done(s, state_put_intent(s, rows, "d", span_str("t"), HELP_NOW,
	    &intent));
	fact(s, FACT_LAST_FAULT, "timeout");
	fact(s, FACT_LAST_FAULT_TEXT, "nothing came for 60 seconds");
	fact(s, FACT_LAST_FAULT_TIME, "1790003600");
	fact(s, FACT_PIPELINING_OFF, "1780000000");
	help_done(s, state_commit(s));
	state_close(s);
	assert_int_equal(utimensat(AT_FDCWD, help_path("work.lock"), times,
	    0), 0);
}

static void
test_people(void **arg)
{
	struct said *said;

	(void)arg;
	fill();
	said = status(REPORT_PEOPLE, NULL, 0);
	assert_int_equal(said->status, 0);
	assert_string_equal(said->err, "");
	assert_string_equal(said->out,
	    "ACCOUNT  LAST VISIT        OUTCOME          FETCHED  SKIPPED  "
	    "FAILED   DELETED\n"
	    "work     2026-09-21 15:13  timeout                2        1"
	    "       1         1\n"
	    "  the last visit failed, 2026-09-21 15:13: nothing came for 60 "
	    "seconds\n"
	    "  message esc\\x1b[2J could not be fetched: 2 tries, again after "
	    "2026-09-21 15:13\n"
	    "  the server cannot take several commands at once (found out "
	    "2026-05-28 20:26): one at a time is sent\n"
	    "  1 delivery was cut short: the next fetch finishes it\n"
	    "home     never             -                      0        0"
	    "       0         0\n");
}

static void
test_names(void **arg)
{
	char *const names[] = { (char *)"home" };
	struct said *said;

	(void)arg;
	said = status(REPORT_PEOPLE, names, 1);
	assert_says(said->out, "home");
	assert_null(strstr(said->out, "work"));
	/* nothing was made by looking */
	assert_int_equal(access(help_path("home.db"), F_OK), -1);
}

static void
test_json(void **arg)
{
	struct said *said;
	json_t *o, *v;

	(void)arg;
	fill();
	said = status(REPORT_JSON, NULL, 0);
	assert_int_equal(said->status, 0);
	o = line_of(said->out, "work");
	assert_true(json_is_true(json_object_get(o, "known")));
	assert_true(number(o, "last_visit") == 1790003600);
	assert_true(json_is_null(json_object_get(o, "process")));
	assert_int_equal(number(o, "fetched"), 2);
	assert_int_equal(number(o, "skipped"), 1);
	assert_int_equal(number(o, "failed"), 1);
	assert_int_equal(number(o, "dropped"), 1);
	assert_int_equal(number(o, "deleted"), 1);
	assert_int_equal(number(o, "missing"), 0);
	assert_int_equal(number(o, "unfinished"), 1);
	assert_true(number(o, "pipelining_off") == 1780000000);
	v = json_object_get(o, "fault");
	assert_string_equal(json_string_value(json_object_get(v, "name")),
	    "timeout");
	assert_true(number(v, "time") == 1790003600);
	v = json_object_get(o, "failed_messages");
	assert_int_equal(json_array_size(v), 1);
	v = json_array_get(v, 0);
	assert_int_equal(number(v, "tries"), 2);
	assert_true(number(v, "not_before") == HELP_NOW + 3600);
	json_decref(o);
	o = line_of(said->out, "home");
	assert_true(json_is_false(json_object_get(o, "known")));
	assert_true(json_is_null(json_object_get(o, "last_visit")));
	assert_true(json_is_null(json_object_get(o, "fault")));
	json_decref(o);
}

/* While a fetch holds the lock and writes. */
static void
test_at_work(void **arg)
{
	struct state *s;
	struct said *said;
	struct state_row row = help_row("x", 1, STATE_FETCHED);
	json_t *o;

	(void)arg;
	fill();
	s = help_open(false);
	help_done(s, state_begin(s));
	help_done(s, state_put(s, &row));
	said = status(REPORT_JSON, NULL, 0);
	assert_int_equal(said->status, 0);
	o = line_of(said->out, "work");
	if (access("/proc/locks", R_OK) == 0)
		assert_int_equal(number(o, "process"), getpid());
	assert_int_equal(number(o, "fetched"), 2);
	json_decref(o);
	state_close(s);
}

static void
test_damaged(void **arg)
{
	struct said *said;
	json_t *o;

	(void)arg;
	fill();
	assert_int_equal(truncate(help_path("work.db"), 5000), 0);
	said = status(REPORT_PEOPLE, NULL, 0);
	assert_int_not_equal(said->status, 0);
	assert_says(said->out, "unreadable");
	assert_says(said->err, "work.db is damaged");
	/* the others are told all the same */
	assert_says(said->out, "\nhome ");
	said = status(REPORT_JSON, NULL, 0);
	assert_int_not_equal(said->status, 0);
	o = line_of(said->out, "work");
	assert_says(json_string_value(json_object_get(o, "error")),
	    "is damaged");
	json_decref(o);
}

static void
test_many_failed(void **arg)
{
	struct state *s = help_open(false);
	struct said *said;
	char uidl[32] = "";

	(void)arg;
	help_done(s, state_begin(s));
	for (int i = 0; i < 25; i++) {
		struct state_row row = help_row(uidl, 1, STATE_FAILED);

		text_format(uidl, sizeof(uidl), "m%d", i);
		row.uidl = span_str(uidl);
		row.tries = 1;
		help_done(s, state_put(s, &row));
	}
	help_done(s, state_commit(s));
	state_close(s);
	said = status(REPORT_PEOPLE, NULL, 0);
	assert_says(said->out, "message m9 could not be fetched: 1 try, "
	    "again next time");
	assert_null(strstr(said->out, "m10 "));
	assert_says(said->out, "and 15 more");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_people), TEST(test_names), TEST(test_json),
		TEST(test_at_work), TEST(test_damaged),
		TEST(test_many_failed),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
