/* SPDX-License-Identifier: ISC
 *
 * test_prompt: a child with a terminal of its own asks; we type.  The terminal
 * must not echo while it asks, and must echo again whatever ended it.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/prompt.h"

enum { LINE_MAX_HERE = 8 };

static char seen[4096];
static size_t seen_n;
static int terminal, keeper;

/* ---- the children ---- */

static int
child_asks(void)
{
	struct buf line;
	int fd, r;

	buf_init(&line, LINE_MAX_HERE);
	fd = prompt_open();
	if (fd < 0 || prompt_say("word? ") != 0)
		return 90;
	if (prompt_open() != -1 || errno != EBUSY)
		return 91;
	r = prompt_line(fd, &line) == 0 ? (int)line.n : 80 + (errno ==
	    EFBIG);
	if (r == 6 && memcmp(line.p, "sesame", 6) != 0)
		r = 92;
	prompt_newline();
	prompt_close();
	buf_wipe(&line);
	return r;
}

static void
on_term(int sig)
{
	(void)sig;
	(void)!write(1, "handled\n", 8);
}

/* a program that survives the signal may not go on reading aloud */
static int
child_survives(void)
{
	struct sigaction act = { .sa_handler = on_term };
	struct buf line;
	int fd, r;

	sigaction(SIGTERM, &act, NULL);
	buf_init(&line, LINE_MAX_HERE);
	fd = prompt_open();
	if (fd < 0 || prompt_say("word? ") != 0)
		return 90;
	r = prompt_line(fd, &line);
	prompt_close();
	buf_wipe(&line);
	return r == -1 && errno == EINTR ? 7 : 93;
}

static int
child_ignores(void)
{
	signal(SIGHUP, SIG_IGN);
	return child_asks();
}

/* ---- our side of the terminal ---- */

static pid_t
start(int (*child)(void))
{
	char name[64];
	pid_t pid;

	seen_n = 0;
	pid = forkpty(&terminal, name, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		/* a shell ignores some of them for what it starts with & */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		_exit(child());
	}
	/* so that the terminal can be looked at when the child is gone */
	keeper = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(keeper >= 0);
	return pid;
}

static void
expect(const char *text)
{
	struct pollfd p = { .fd = terminal, .events = POLLIN };
	ssize_t got;

	seen[seen_n] = '\0';
	while (strstr(seen, text) == NULL) {
		assert_int_equal(poll(&p, 1, 60000), 1);
		got = read(terminal, seen + seen_n,
		    sizeof(seen) - 1 - seen_n);
		assert_true(got > 0);
		seen_n += (size_t)got;
		seen[seen_n] = '\0';
	}
}

static bool
echoes(void)
{
	struct termios t;

	assert_int_equal(tcgetattr(keeper, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

static void
type(const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)),
	    (ssize_t)strlen(text));
}

static int
finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(echoes());
	close(terminal);
	close(keeper);
	return status;
}

static void
test_answers(void **state)
{
	static const struct {
		const char *typed;
		int exits;
	} cases[] = {
		{ "sesame\n", 6 }, { "\n", 0 }, { "12345678\n", 8 },
		{ "123456789\n", 81 }, { "\004", 0 }, { "ses\004ame\n", 6 },
	};
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid = start(child_asks);
		expect("word? ");
		assert_false(echoes());
		type(cases[i].typed);
		status = finish(pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), cases[i].exits);
		assert_null(strstr(seen, "sesame"));
	}
}

static void
test_signals(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		pid = start(child_asks);
		expect("word? ");
		type("half");
		kill(pid, signals[i]);
		status = finish(pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
	}
	pid = start(child_asks);
	expect("word? ");
	type("half\003");	/* the terminal's own way */
	status = finish(pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void
test_signal_survived(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = start(child_survives);
	expect("word? ");
	kill(pid, SIGTERM);
	expect("handled");
	status = finish(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void
test_signal_ignored(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = start(child_ignores);
	expect("word? ");
	kill(pid, SIGHUP);
	assert_false(echoes());
	type("abc\n");
	status = finish(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}

static void
test_no_terminal(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		_exit(prompt_open() == -1 && errno == ENXIO &&
		    prompt_open() == -1 && errno == ENXIO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* what follows the line is not taken; the end ends a line too */
static void
test_line_alone(void **state)
{
	struct buf line;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "ab\ncd\nef", 8), 8);
	close(p[1]);
	for (size_t i = 0; i < 3; i++) {
		buf_init(&line, LINE_MAX_HERE);
		assert_int_equal(prompt_line(p[0], &line), 0);
		assert_int_equal(line.n, 2);
		assert_memory_equal(line.p, &"abcdef"[2 * i], 2);
		buf_wipe(&line);
	}
	close(p[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_signal_survived),
		cmocka_unit_test(test_signal_ignored),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_line_alone),
	};

	return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
