/* SPDX-License-Identifier: ISC
 *
 * report on a terminal: what stands on the screen after each event.  A small
 * terminal of our own takes the octets, knows the few sequences that are used,
 * and fails when a line would wrap or the screen would scroll inside the
 * picture.
 */
#include <pty.h>
#include <sys/ioctl.h>

#include "stage.h"

enum { ROWS = 60, COLUMNS = 200 };

struct screen {
	char cells[ROWS][COLUMNS + 1];
	unsigned rows, columns, row, column;
	unsigned scrolled;
};

static void
screen_init(struct screen *t, unsigned rows, unsigned columns)
{
	memset(t, 0, sizeof(*t));
	t->rows = rows;
	t->columns = columns;
}

static void
screen_line_feed(struct screen *t)
{
	t->column = 0;
	if (++t->row < t->rows)
		return;
	t->row--;
	t->scrolled++;
	memmove(t->cells[0], t->cells[1], sizeof(t->cells[0]) * t->row);
	memset(t->cells[t->row], 0, sizeof(t->cells[0]));
}

/* ESC [ n X */
static const char *
screen_sequence(struct screen *t, const char *p)
{
	unsigned n = 0;

	assert_int_equal(*p++, '[');
	while (*p >= '0' && *p <= '9')
		n = n * 10 + (unsigned)(*p++ - '0');
	if (*p == 'A') {
		/* never above the screen: the top would be drawn twice */
		assert_true(n <= t->row);
		t->row -= n;
	} else if (*p == 'K') {
		memset(t->cells[t->row] + t->column, 0,
		    COLUMNS + 1 - t->column);
	} else {
		assert_int_equal(*p, 'J');
		memset(t->cells[t->row] + t->column, 0,
		    COLUMNS + 1 - t->column);
		for (unsigned i = t->row + 1; i < t->rows; i++)
			memset(t->cells[i], 0, sizeof(t->cells[0]));
	}
	return p + 1;
}

static void
screen_write(struct screen *t, const char *p)
{
	while (*p != '\0') {
		if (*p == '\033') {
			p = screen_sequence(t, p + 1);
			continue;
		}
		if (*p == '\r')
			t->column = 0;
		else if (*p == '\n')
			screen_line_feed(t);
		else {
			/* the last column would be a wrap to come */
			assert_true(t->column + 1 < t->columns);
			t->cells[t->row][t->column++] = *p;
		}
		p++;
	}
}

/* The screen takes what was written; does it look so now? Blanks at the ends
 * of lines do not count. */
static void
screen_expect(struct screen *t, struct stage *s, const char *wanted)
{
	char text[ROWS * (COLUMNS + 2)];
	size_t n = 0;

	screen_write(t, new_err(s));
	for (unsigned i = 0; i < t->row; i++) {
		size_t len = strlen(t->cells[i]);

		while (len > 0 && t->cells[i][len - 1] == ' ')
			len--;
		memcpy(text + n, t->cells[i], len);
		n += len;
		text[n++] = '\n';
	}
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static void
tell_at(struct stage *s, unsigned after_ms, const char *account,
    enum event_kind kind, const struct event_sum *sum)
{
	struct event e = { .kind = kind, .account = account, .sum = sum,
		.text = "x" };

	clock_ms += after_ms;
	tell(s, &e);
}

static void
test_one(void **state)
{
	struct event_sum sum = { .messages = 400, .octets = 45100000,
		.fresh = 340 };
	struct screen t;
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, true);
	report_color(s.r, false);
	report_screen(s.r, 80, 24);
	screen_init(&t, 24, 80);
	tell_at(&s, 0, "work", EVENT_START, NULL);
	screen_expect(&t, &s, "work  connecting\n");
	/* too soon for another picture */
	tell_at(&s, 99, "work", EVENT_CONNECTED, NULL);
	screen_expect(&t, &s, "work  connecting\n");
	tell_at(&s, 1, "work", EVENT_CONNECTED, NULL);
	screen_expect(&t, &s, "work  logging in\n");
	tell_at(&s, 100, "work", EVENT_LOGIN, NULL);
	screen_expect(&t, &s, "work  asking what is there\n");
	tell_at(&s, 100, "work", EVENT_LISTED, &sum);
	screen_expect(&t, &s, "work        0/340        0 B/45.1 MB"
	    "      0 B/s    -:-- left\n");
	sum.fetched = 120;
	/* not all that came is delivered yet */
	sum.fetched_octets = 12000000;
	sum.came_octets = 12300000;
	tell_at(&s, 10000, "work", EVENT_PROGRESS, &sum);
	/* 12.3 MB in 10 s; 32.8 MB are to come */
	screen_expect(&t, &s, "work      120/340    12.3 MB/45.1 MB"
	    "   1.2 MB/s    0:27 left\n");
	/* a line goes above the picture */
	tell_at(&s, 1, "work", EVENT_NOTE, NULL);
	screen_expect(&t, &s, "work: x\n");
	sum.fetched = 340;
	sum.fetched_octets = 46000000;	/* more than was announced */
	tell_at(&s, 100, "work", EVENT_PROGRESS, &sum);
	screen_expect(&t, &s, "work: x\n"
	    "work      340/340    46.0 MB/45.1 MB   4.6 MB/s    0:00 left\n");
	tell_at(&s, 1, "work", EVENT_END, &sum);
	screen_expect(&t, &s, "work: x\n");
	report_finish(s.r);
	screen_expect(&t, &s, "work: x\n");
	assert_int_equal(t.scrolled, 0);
	stage_close(&s, 0);
}

/* Several: a line for each at work, one for all with those that are done. */
static void
test_some(void **state)
{
	struct event_sum a = { .messages = 10, .octets = 10000, .fresh = 10 };
	struct event_sum b = { .messages = 5, .octets = 90000, .fresh = 5 };
	struct screen t;
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, true);
	report_color(s.r, false);
	report_screen(s.r, 80, 24);
	screen_init(&t, 24, 80);
	tell_at(&s, 0, "home", EVENT_START, NULL);
	tell_at(&s, 0, "gr\xc3\xbc\xc3\x9f" "e", EVENT_START, NULL);
	tell_at(&s, 100, "home", EVENT_LISTED, &a);
	tell_at(&s, 0, "gr\xc3\xbc\xc3\x9f" "e", EVENT_LISTED, &b);
	a.fetched = 10;
	a.fetched_octets = 10000;
	b.fetched = 1;
	b.fetched_octets = 10000;
	tell_at(&s, 1000, "gr\xc3\xbc\xc3\x9f" "e", EVENT_PROGRESS, &b);
	screen_expect(&t, &s,
	    "home          0/10        0 B/10.0 kB      0 B/s    "
	    "-:-- left\n"
	    "gr\xc3\xbc\xc3\x9f" "e          1/5    10.0 kB/90.0 kB  "
	    "10.0 kB/s    0:08 left\n"
	    "all           1/15     10.0 kB/100 kB  10.0 kB/s    "
	    "0:09 left  0 of 2 done\n");
	tell_at(&s, 1, "home", EVENT_END, &a);
	screen_expect(&t, &s, "");
	tell_at(&s, 999, "gr\xc3\xbc\xc3\x9f" "e", EVENT_PROGRESS, &b);
	screen_expect(&t, &s,
	    "gr\xc3\xbc\xc3\x9f" "e          1/5    10.0 kB/90.0 kB   "
	    "5.0 kB/s    0:16 left\n"
	    "all          11/15     20.0 kB/100 kB   5.0 kB/s    "
	    "0:16 left  1 of 2 done\n");
	tell_at(&s, 1, "gr\xc3\xbc\xc3\x9f" "e", EVENT_END, &b);
	screen_expect(&t, &s, "");
	stage_close(&s, 0);
}

/* More accounts than lines, in screens of every size: nothing wraps, nothing
 * scrolls, and the picture ends above the last line. */
static void
test_small(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f",
		"a-name-of-more-than-twenty-octets-\033[2J" };
	static const struct event_sum sum = { .messages = 4000000,
		.octets = UINT64_MAX, .fresh = 4000000 };
	struct screen t;
	struct stage s;

	(void)state;
	for (unsigned rows = 1; rows <= 12; rows++)
		for (unsigned columns = 1; columns <= 90; columns++) {
			stage_open(&s, REPORT_PEOPLE, true);
			report_color(s.r, false);
			report_screen(s.r, columns, rows);
			screen_init(&t, rows, columns);
			for (int round = 0; round < 3; round++)
				for (size_t i = 0; i < COUNT(names); i++) {
					tell_at(&s, 100, names[i],
					    round == 0 ? EVENT_START :
					    EVENT_PROGRESS,
					    round == 0 ? NULL : &sum);
					screen_write(&t, new_err(&s));
				}
			assert_int_equal(t.scrolled, 0);
			if (rows > 1 && columns > 1)
				assert_int_equal(t.row, rows - 1 <
				    COUNT(names) + 1 ? rows - 1 :
				    COUNT(names) + 1);
			if (rows == 4 && columns == 80)
				screen_expect(&t, &s,
				    "a                       0/4000000        "
				    "0 B/18.4 EB      0 B/s    -:-- left\n"
				    "...                   6 more\n"
				    "all                    0/28000000        "
				    "0 B/18.4 EB      0 B/s    -:-- left  0\n");
			/* one more than there is room for */
			if (rows == 8 && columns == 7)
				screen_expect(&t, &s, "a\nb\nc\nd\ne\n...\n"
				    "all\n");
			stage_close(&s, 0);
		}
}

/* The rate is that of some seconds, however often and in whatever bursts it is
 * told; and it follows when the line becomes slower. */
static void
test_rate(void **state)
{
	struct event_sum sum = { .messages = 1, .octets = 100000000,
		.fresh = 1 };
	struct screen t;
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, true);
	report_color(s.r, false);
	report_screen(s.r, 80, 24);
	screen_init(&t, 24, 80);
	tell_at(&s, 0, "work", EVENT_START, NULL);
	tell_at(&s, 0, "work", EVENT_LISTED, &sum);
	for (int i = 0; i < 50; i++) {
		sum.came_octets += 100000;
		for (int j = 0; j < 10; j++)
			tell_at(&s, j == 9 ? 100 : 0, "work", EVENT_PROGRESS,
			    &sum);
	}
	screen_expect(&t, &s, "work          0/1      5.0 MB/100 MB   "
	    "1.0 MB/s    1:35 left\n");
	for (int i = 0; i < 50; i++) {
		sum.came_octets += 10000;
		tell_at(&s, 100, "work", EVENT_PROGRESS, &sum);
	}
	screen_expect(&t, &s, "work          0/1      5.5 MB/100 MB   "
	    "100 kB/s   15:45 left\n");
	stage_close(&s, 0);
}

/* No terminal: a line every ten seconds. */
static void
test_plain(void **state)
{
	struct event_sum sum = { .messages = 400, .octets = 45100000,
		.fresh = 340 };
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_PEOPLE, false);
	tell_at(&s, 0, "work", EVENT_START, NULL);
	tell_at(&s, 0, "work", EVENT_LISTED, &sum);
	sum.fetched = 120;
	sum.fetched_octets = 12300000;
	tell_at(&s, 9999, "work", EVENT_PROGRESS, &sum);
	expect(&s, "", "");
	tell_at(&s, 1, "work", EVENT_PROGRESS, &sum);
	expect(&s, "", "work: 120 of 340 messages, 12.3 MB of 45.1 MB\n");
	tell_at(&s, 9999, "work", EVENT_PROGRESS, &sum);
	expect(&s, "", "");
	tell_at(&s, 1, "home", EVENT_START, NULL);
	expect(&s, "", "all: 2 at work, 120 of 340 messages, 12.3 MB of "
	    "45.1 MB\n");
	stage_close(&s, 0);
}

/* what comes out of the other end; each write may come by itself */
static void
expect_read(int fd, const char *wanted)
{
	char got[200];
	size_t n = 0;
	ssize_t r;

	while (n < strlen(wanted)) {
		r = read(fd, got + n, sizeof(got) - 1 - n);
		assert_true(r > 0);
		n += (size_t)r;
	}
	got[n] = '\0';
	assert_string_equal(got, wanted);
}

/* The terminal itself is asked how large it is. */
static void
test_terminal(void **state)
{
	struct winsize w = { .ws_row = 24, .ws_col = 12 };
	struct event e = { .kind = EVENT_START, .account = "work" };
	int master, slave;
	struct report *r;
	FILE *f;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &w), 0);
	f = fdopen(slave, "w");
	assert_non_null(f);
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	assert_false(report_terminal(f));
	assert_int_equal(unsetenv("TERM"), 0);
	assert_false(report_terminal(f));
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_true(report_terminal(f));
	r = report_new(REPORT_PEOPLE, f, f, true, own_clock);
	assert_non_null(r);
	report_color(r, false);
	report_sink(r)->tell(report_sink(r), &e);
	expect_read(master, "work  conne\033[K\r\n\033[J");
	/* it has grown */
	w.ws_col = 80;
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &w), 0);
	clock_ms += 100;
	e.kind = EVENT_NOTE;
	e.text = "n";
	e.account = "work";
	report_sink(r)->tell(report_sink(r), &e);
	expect_read(master, "\r\033[1A\033[Jwork: n\r\n"
	    "work  connecting\033[K\r\n\033[J");
	report_finish(r);
	expect_read(master, "\r\033[1A\033[J");
	report_free(r);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(close(master), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_some),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_terminal),
	};

	if (setenv("TERM", "xterm", 1) != 0)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
