/* SPDX-License-Identifier: ISC
 *
 * report: recorded events, played with a clock of our own into each mode, give
 * exactly these texts; no terminal is needed.
 */
#include "stage.h"

/* ---- two visits, as they were ---- */

static const struct event_sum listed = {
	.messages = 340, .octets = 1400000, .fresh = 12
};
static const struct event_sum done = {
	.messages = 340, .octets = 1400000, .fresh = 12, .fetched = 12,
	.fetched_octets = 1400321, .deleted = 3, .milliseconds = 2130
};
static const struct event_sum refused = {
	.milliseconds = 300, .fault = FAULT_AUTH
};

#define WORK .account = "work"
#define HOME .account = "home"

static const struct {
	unsigned after_ms;
	struct event event;
} recorded[] = {
	{ 0, { .kind = EVENT_START, WORK,
	  .text = "wren@pop.example.net" } },
	{ 40, { .kind = EVENT_CONNECTED, WORK,
	  .text = "192.0.2.1:995" } },
	{ 10, { .kind = EVENT_START, HOME,
	  .text = "wren@mail.example.org" } },
	{ 50, { .kind = EVENT_LOGIN, WORK, .text = "SCRAM-SHA-256",
	  .detail = "TLSv1.3" } },
	{ 20, { .kind = EVENT_LISTED, WORK, .sum = &listed } },
	{ 10, { .kind = EVENT_FAULT, HOME, .fault = FAULT_AUTH,
	  .text = "user wren", .server_said = { (const unsigned char *)
	  "-ERR [AUTH] no \033]52;c;eA==\007\xff", 28 } } },
	{ 5, { .kind = EVENT_END, HOME, .sum = &refused } },
	{ 300, { .kind = EVENT_MESSAGE, WORK, .fate = FATE_FETCHED,
	  .number = 329, .uidl = { (const unsigned char *)"aB3", 3 },
	  .octets = 4321, .text = "maildir:~/Mail" } },
	{ 1, { .kind = EVENT_MESSAGE, WORK, .fate = FATE_SKIPPED,
	  .number = 330, .uidl = { (const unsigned char *)"x\xff\"", 3 },
	  .octets = 25000000, .text = "rule big" } },
	{ 1, { .kind = EVENT_MESSAGE, WORK, .fate = FATE_FAILED,
	  .number = 331, .octets = 9, .fault = FAULT_MESSAGE,
	  .server_said = { (const unsigned char *)"-ERR poison", 11 } } },
	{ 1, { .kind = EVENT_WARNING, WORK,
	  .text = "message 7 has 10 octets more than announced" } },
	{ 1, { .kind = EVENT_NOTE, WORK, .text = "a path /x\033[2J" } },
	{ 9, { .kind = EVENT_MESSAGE, WORK, .fate = FATE_DELETED,
	  .number = 2, .octets = 700 } },
	{ 100, { .kind = EVENT_END, WORK, .sum = &done } },
};

static void
play(struct stage *s)
{
	for (size_t i = 0; i < COUNT(recorded); i++) {
		clock_ms += recorded[i].after_ms;
		tell(s, &recorded[i].event);
	}
	report_finish(s->r);
}

#define AUTH_FAULT \
	"home: the server does not accept this name and password: user " \
	"wren\n" \
	"home:   the server said: -ERR [AUTH] no \\x1b]52;c;eA==\\x07\\xff\n" \
	"home:   Check `user' (often the whole address) and the password. " \
	"Many providers want an app password, made in the settings of the " \
	"mailbox, and POP switched on there; some only take OAuth: " \
	"`token_command'.\n"
#define MESSAGE_FAULT \
	"work: message 331: the server did not hand out a message\n" \
	"work:   the server said: -ERR poison\n" \
	"work:   The others were fetched; this one is tried again later. " \
	"`restante status' shows which.\n"
#define HOME_SUMMARY \
	"home: nothing fetched (auth)\n"
#define WORK_SUMMARY \
	"work: 12 new of 340 messages fetched, 1.4 MB in 2.1 s, 3 deleted\n"
#define ALL_SUMMARY \
	"all: 12 new messages from 2 accounts, 1.4 MB in 0.5 s, 3 deleted; " \
	"1 account with trouble\n"

static void
test_people(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	play(&s);
	expect(&s, HOME_SUMMARY WORK_SUMMARY ALL_SUMMARY,
	    AUTH_FAULT MESSAGE_FAULT
	    "work: warning: message 7 has 10 octets more than announced\n"
	    "work: a path /x\\x1b[2J\n");
	stage_close(&s, 1);
}

static void
test_quiet(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_QUIET, true);
	play(&s);
	expect(&s, "", AUTH_FAULT MESSAGE_FAULT);
	stage_close(&s, 1);
}

static void
test_verbose(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_VERBOSE, false);
	play(&s);
	expect(&s, HOME_SUMMARY
	    "work: message 329, 4.3 kB, fetched to maildir:~/Mail\n"
	    "work: message 330, 25.0 MB, skipped: rule big\n"
	    "work: message 2, 700 B, deleted\n" WORK_SUMMARY ALL_SUMMARY,
	    "work: begins: wren@pop.example.net\n"
	    "work: connected to 192.0.2.1:995\n"
	    "home: begins: wren@mail.example.org\n"
	    "work: logged in with SCRAM-SHA-256, TLSv1.3\n"
	    "work: 340 messages, 12 to fetch (1.4 MB)\n"
	    AUTH_FAULT MESSAGE_FAULT
	    "work: warning: message 7 has 10 octets more than announced\n"
	    "work: a path /x\\x1b[2J\n");
	stage_close(&s, 1);
}

static void
test_color(void **state)
{
	static const struct event fault = { .kind = EVENT_FAULT, WORK,
		.fault = FAULT_QUIT, .detail = "Hm." };
	static const struct event warning = { .kind = EVENT_WARNING, WORK,
		.text = "x" };
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	report_color(s.r, true);
	tell(&s, &fault);
	tell(&s, &warning);
	expect(&s, "", "\033[31mwork:\033[0m the server did not confirm its "
	    "deletions\nwork:   Hm.\n\033[33mwork:\033[0m warning: x\n");
	stage_close(&s, 75);
	/* by itself: on a terminal, unless NO_COLOR says no */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(i == 0 ? unsetenv("NO_COLOR") :
		    setenv("NO_COLOR", i == 1 ? "" : "1", 1), 0);
		memset(&s, 0, sizeof(s));
		s.err = open_memstream(&s.err_text, &s.err_n);
		s.r = report_new(REPORT_PEOPLE, s.err, s.err, true,
		    own_clock);
		tell(&s, &warning);
		assert_int_equal(fflush(s.err), 0);
		assert_int_equal(strchr(s.err_text, '\033') != NULL, i < 2);
		report_free(s.r);
		assert_int_equal(fclose(s.err), 0);
		free(s.err_text);
	}
	assert_int_equal(unsetenv("NO_COLOR"), 0);
}

/* Not every terminal can be drawn on. */
static void
test_dumb(void **state)
{
	static const struct event start = { .kind = EVENT_START, WORK };
	struct stage s;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(i == 0 ? unsetenv("TERM") :
		    setenv("TERM", i == 1 ? "dumb" : "vt100", 1), 0);
		stage_open(&s, REPORT_PEOPLE, true);
		tell(&s, &start);
		expect(&s, "", i == 2 ? "work  connecting\033[K\n\033[J" :
		    "");
		stage_close(&s, 0);
	}
}

/* ---- sums ---- */

static const struct {
	struct event_sum sum;
	const char *text;
	int exit_status;
} sums[] = {
	{ { .messages = 0 }, "no messages", 0 },
	{ { .messages = 1 }, "nothing new of 1 message", 0 },
	{ { .messages = 340 }, "nothing new of 340 messages", 0 },
	{ { .messages = 340, .deleted = 3 },
	  "nothing new of 340 messages, 3 deleted", 0 },
	{ { .messages = 0, .deleted = 3 },
	  "nothing new of 0 messages, 3 deleted", 0 },
	{ { .messages = 1, .fresh = 1, .fetched = 1, .fetched_octets = 10 },
	  "1 new of 1 message fetched, 10 B in under 0.1 s", 0 },
	{ { .messages = 9, .fresh = 3, .fetched = 2, .skipped = 1,
	  .fetched_octets = 10, .milliseconds = 65000 },
	  "2 of 3 new messages fetched, 10 B in 1 min 5 s, 1 skipped", 0 },
	{ { .messages = 9, .fresh = 9, .fetched = 4, .quarantined = 1,
	  .adopted = 1, .skipped = 1, .dropped = 1, .deleted = 1,
	  .failed = 1, .fetched_octets = 10, .milliseconds = 3723000 },
	  "4 of 9 new messages fetched, 10 B in 1 h 2 min, 1 quarantined, "
	  "1 recognised under new names, 1 skipped, 1 dropped, 1 deleted, "
	  "1 failed", 75 },
	{ { .messages = 9, .fresh = 5, .fetched = 2, .fetched_octets = 10,
	  .milliseconds = 1000, .fault = FAULT_LOST },
	  "2 of 5 new messages fetched, 10 B in 1.0 s; then the connection "
	  "was lost", 75 },
	{ { .messages = 9, .fresh = 5, .fault = FAULT_LOST },
	  "nothing fetched (lost)", 75 },
	{ { .fault = FAULT_RESOLVE },
	  "nothing fetched (resolve)", 68 },
};

static void
test_sums(void **state)
{
	struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(sums); i++) {
		struct event e = { .kind = EVENT_START, WORK };
		char line[300];

		stage_open(&s, REPORT_PEOPLE, false);
		tell(&s, &e);
		e.kind = EVENT_END;
		e.sum = &sums[i].sum;
		tell(&s, &e);
		report_finish(s.r);
		assert_true(snprintf(line, sizeof(line), "work: %s\n",
		    sums[i].text) > 0);
		expect(&s, line, "");
		stage_close(&s, sums[i].exit_status);
	}
}

static void
test_dry(void **state)
{
	static const struct event_sum sum = { .messages = 340, .fresh = 4,
		.octets = 30000000, .milliseconds = 100 };
	static const struct event events[] = {
		{ .kind = EVENT_START, WORK },
		{ .kind = EVENT_LISTED, WORK, .sum = &sum },
		{ .kind = EVENT_MESSAGE, WORK, .fate = FATE_FETCHED,
		  .number = 3, .octets = 1000, .dry = true,
		  .text = "mbox:/tmp/x" },
		{ .kind = EVENT_MESSAGE, WORK, .fate = FATE_FETCHED,
		  .number = 4, .octets = 1000, .dry = true },
		{ .kind = EVENT_MESSAGE, WORK, .fate = FATE_SKIPPED,
		  .number = 5, .octets = 20000000, .dry = true,
		  .text = "larger than 10 MB" },
		{ .kind = EVENT_MESSAGE, WORK, .fate = FATE_DROPPED,
		  .number = 6, .octets = 5, .dry = true,
		  .text = "rule spam" },
		{ .kind = EVENT_MESSAGE, WORK, .fate = FATE_DELETED,
		  .number = 1, .octets = 5, .dry = true,
		  .text = "older than 14 days" },
		{ .kind = EVENT_END, WORK, .sum = &sum }
	};
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	for (size_t i = 0; i < COUNT(events); i++)
		tell(&s, &events[i]);
	report_finish(s.r);
	expect(&s,
	    "work: message 3, 1.0 kB, would be fetched to mbox:/tmp/x\n"
	    "work: message 4, 1.0 kB, would be fetched\n"
	    "work: message 5, 20.0 MB, would be skipped: larger than 10 MB\n"
	    "work: message 6, 5 B, would be deleted unfetched: rule spam\n"
	    "work: message 1, 5 B, would be deleted: older than 14 days\n"
	    "work: would fetch 2 of 340 messages, 2.0 kB, skip 1, delete 2\n",
	    "");
	stage_close(&s, 0);
}

/* ---- exit status ---- */

static const struct {
	enum fault faults[4];
	unsigned n;
	int exit_status;
} statuses[] = {
	{ { FAULT_NONE }, 0, 0 },
	{ { FAULT_NONE }, 1, 0 },
	{ { FAULT_NONE, FAULT_NONE }, 2, 0 },
	{ { FAULT_AUTH }, 1, 77 },
	{ { FAULT_AUTH, FAULT_AUTH, FAULT_AUTH }, 3, 77 },
	{ { FAULT_AUTH, FAULT_NONE }, 2, 1 },
	{ { FAULT_NONE, FAULT_AUTH }, 2, 1 },
	{ { FAULT_AUTH, FAULT_LOST }, 2, 1 },
};

static void
test_exit_status(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		stage_open(&s, REPORT_QUIET, false);
		for (unsigned j = 0; j < statuses[i].n; j++) {
			struct event_sum sum = {
				.fault = statuses[i].faults[j] };
			struct event e = { .kind = EVENT_START,
				.account = names[j] };

			tell(&s, &e);
			e.kind = EVENT_END;
			e.sum = &sum;
			tell(&s, &e);
		}
		stage_close(&s, statuses[i].exit_status);
	}
	/* a fault before an account began counts as well */
	stage_open(&s, REPORT_QUIET, false);
	tell(&s, &(struct event){ .kind = EVENT_FAULT, WORK,
	    .fault = FAULT_BUSY, .detail = "" });
	stage_close(&s, 75);
}

/* What all of them did together. */
static void
test_together(void **state)
{
	static const struct {
		enum fault faults[2];
		const char *line;
	} both[] = {
		{ { FAULT_NONE, FAULT_NONE },
		  "all: nothing new in 2 accounts\n" },
		{ { FAULT_NONE, FAULT_AUTH },
		  "all: nothing fetched from 2 accounts; 1 account with "
		  "trouble\n" },
		{ { FAULT_AUTH, FAULT_AUTH },
		  "all: nothing fetched from 2 accounts; 2 accounts with "
		  "trouble\n" },
	};
	struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(both); i++) {
		stage_open(&s, REPORT_PEOPLE, false);
		for (int j = 0; j < 2; j++) {
			struct event_sum sum = { .messages = 5,
				.fault = both[i].faults[j] };
			struct event e = { .kind = EVENT_END, .sum = &sum,
				.account = j == 0 ? "a" : "b" };

			tell(&s, &e);
		}
		(void)new_out(&s);
		report_finish(s.r);
		expect(&s, both[i].line, "");
		stage_close(&s, report_exit_status(s.r));
	}
}

/* Some servers show a part at a time: visits follow each other, and all of them
 * count. */
static void
test_visits(void **state)
{
	static const struct event_sum part = { .messages = 250, .fresh = 250,
		.fetched = 250, .fetched_octets = 1000000,
		.milliseconds = 1000 };
	static const struct event_sum rest = { .messages = 10, .fresh = 10,
		.fetched = 10, .fetched_octets = 50000,
		.milliseconds = 1000 };
	struct event e = { .account = "home" };
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	e.kind = EVENT_START;
	tell(&s, &e);
	e.kind = EVENT_END;
	e.sum = &rest;
	tell(&s, &e);
	for (int i = 0; i < 3; i++) {
		e = (struct event){ .kind = EVENT_START, .account = "gmail" };
		tell(&s, &e);
		e.kind = EVENT_END;
		e.sum = i < 2 ? &part : &rest;
		tell(&s, &e);
	}
	(void)new_out(&s);
	clock_ms += 4000;
	report_finish(s.r);
	expect(&s, "all: 520 new messages from 2 accounts, 2.1 MB in "
	    "4.0 s\n", "");
	stage_close(&s, 0);
}

/* For ever: nothing new is no news, and advice is given once. */
static void
test_endless(void **state)
{
	static const struct event_sum nothing = { .messages = 9 };
	static const struct event_sum lost = { .fault = FAULT_LOST };
	static const struct event fault = { .kind = EVENT_FAULT, WORK,
		.fault = FAULT_LOST, .detail = "Wait." };
	static const struct event start = { .kind = EVENT_START, WORK };
	static const struct event end = { .kind = EVENT_END, WORK,
		.sum = &nothing };
	static const struct event end_lost = { .kind = EVENT_END, WORK,
		.sum = &lost };
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	report_endless(s.r);
	tell(&s, &start);
	tell(&s, &end);
	expect(&s, "", "");
	tell(&s, &start);
	tell(&s, &fault);
	tell(&s, &end_lost);
	expect(&s, "work: nothing fetched (lost)\n",
	    "work: the connection was lost\nwork:   Wait.\n");
	tell(&s, &start);
	tell(&s, &fault);
	tell(&s, &end_lost);
	expect(&s, "work: nothing fetched (lost)\n",
	    "work: the connection was lost\n");
	tell(&s, &start);
	tell(&s, &end);
	tell(&s, &start);
	tell(&s, &fault);
	expect(&s, "", "work: the connection was lost\nwork:   Wait.\n");
	tell(&s, &end);
	report_finish(s.r);
	stage_close(&s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_dumb),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_dry),
		cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_visits),
		cmocka_unit_test(test_endless),
	};

	if (setenv("TERM", "xterm", 1) != 0)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
