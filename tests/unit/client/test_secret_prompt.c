/* SPDX-License-Identifier: ISC
 *
 * test_secret_prompt: accounts without a password share one person and one
 * terminal.  A child with a terminal of its own asks; we type.
 */
#include <sys/wait.h>

#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/secret.h"

/* ---- the child: its sentences are what we look at ---- */

static struct loop *loop;
static struct secret_ask *asks[3];
static unsigned left;

static bool
echoes(void)
{
	struct termios t;

	return tcgetattr(0, &t) == 0 && (t.c_lflag & ECHO) != 0;
}

static void
on_done(void *arg, struct secret *secret, const char *error)
{
	struct secret_ask **ask = arg;

	*ask = NULL;
	if (secret == NULL)
		printf("error: %s\n", error);
	else
		printf("got [%.*s] typed %d fresh %d again %d\n",
		    (int)secret->value.n, (char *)secret->value.p,
		    secret->typed, secret->fresh, secret->again);
	printf("echo %d\n", echoes());
	fflush(stdout);
	if (secret != NULL)
		secret_done(secret);
	if (--left == 0)
		loop_stop(loop);
}

/* once the first one has been asked */
static void
on_stop(struct loop_timer *t)
{
	if (echoes()) {
		if (loop_timer_set(loop, t, loop_now(loop) + 1) != 0)
			exit(3);
		return;
	}
	for (int i = 0; i < 2; i++) {
		secret_cancel(asks[i]);
		left -= asks[i] != NULL;
	}
	puts("cancelled");
	fflush(stdout);
	if (left == 0)
		loop_stop(loop);
}

static int
child(unsigned count, bool again, bool cancel)
{
	static char names[3][2] = { "a", "b", "c" }, server[] = "host";
	static struct account_conf accounts[3];
	struct loop_timer t = { .fn = on_stop };

	setenv("NETRC", "/nonexistent/netrc", 1);
	loop = loop_new();
	left = count;
	for (unsigned i = 0; i < count; i++) {
		accounts[i].name = accounts[i].user = names[i];
		accounts[i].server = server;
		asks[i] = secret_ask(loop, &accounts[i], again, true,
		    on_done, &asks[i]);
		if (asks[i] == NULL)
			return 1;
	}
	if (cancel && loop_timer_set(loop, &t, loop_now(loop) + 1) != 0)
		return 1;
	if (loop_run(loop) != 0)
		return 1;
	loop_free(loop);
	return 0;
}

/* ---- our side ---- */

static char seen[8192], *at;
static int terminal;

static pid_t
start(unsigned count, bool again, bool cancel)
{
	pid_t pid;

	memset(seen, 0, sizeof(seen));
	at = seen;
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0)
		exit(child(count, again, cancel));
	return pid;
}

static void
expect(const char *text)
{
	struct pollfd p = { .fd = terminal, .events = POLLIN };
	size_t n;
	ssize_t got;

	while (strstr(at, text) == NULL) {
		assert_int_equal(poll(&p, 1, 60000), 1);
		n = strlen(seen);
		got = read(terminal, seen + n, sizeof(seen) - 1 - n);
		if (got <= 0)
			fail_msg("\"%s\" is missing: %s", text, at);
	}
	at = strstr(at, text) + strlen(text);
}

static void
type(const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)),
	    (ssize_t)strlen(text));
}

static void
finish(pid_t pid)
{
	size_t n = strlen(seen);
	ssize_t got;
	int status;

	/* a sanitizer's report, too; EIO when nobody has the terminal */
	while ((got = read(terminal, seen + n, sizeof(seen) - 1 - n)) > 0)
		n += (size_t)got;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("status %d: %s", status, seen);
	close(terminal);
}

static void
test_one(void **state)
{
	pid_t pid = start(1, false, false);

	(void)state;
	expect("Password of a at host: ");
	type("se same\n");
	expect("got [se same] typed 1 fresh 1 again 0");
	expect("echo 1");
	finish(pid);
	/* neither by the terminal nor twice */
	assert_ptr_equal(strstr(seen, "se same"), strstr(seen, "[") + 1);
}

static void
test_refused(void **state)
{
	pid_t pid = start(1, true, false);

	(void)state;
	expect("It was refused. Password of a at host: ");
	type("x\n");
	expect("got [x] typed 1 fresh 1 again 1");
	finish(pid);
}

static void
test_empty(void **state)
{
	pid_t pid = start(1, false, false);

	(void)state;
	expect("Password of a");
	type("\n");
	expect("error: the terminal: the first line is empty");
	expect("echo 1");
	finish(pid);
}

static void
test_three(void **state)
{
	pid_t pid = start(3, false, false);

	(void)state;
	expect("Password of a at host: ");
	assert_null(strstr(seen, "Password of b"));
	type("1\n");
	expect("got [1]");
	expect("Password of b at host: ");
	assert_null(strstr(seen, "Password of c"));
	type("2\n");
	expect("got [2]");
	expect("Password of c at host: ");
	type("3\n");
	expect("got [3]");
	expect("echo 1");
	finish(pid);
}

/* the one that has the terminal and one that waits are cancelled */
static void
test_cancel(void **state)
{
	pid_t pid = start(3, false, true);

	(void)state;
	expect("Password of a at host: ");
	expect("cancelled");
	expect("Password of c at host: ");
	assert_null(strstr(seen, "Password of b"));
	type("3\n");
	expect("got [3]");
	expect("echo 1");
	finish(pid);
}

static void
test_no_terminal(void **state)
{
	char text[512] = "";
	int status, p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		dup2(p[1], 1);
		exit(child(2, false, false));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(p[1]);
	assert_true(read(p[0], text, sizeof(text) - 1) > 0);
	close(p[0]);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "error: the password of account a could "
	    "not be read from the terminal"));
	assert_non_null(strstr(text, "error: the password of account b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_three),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests_name("secret_prompt", tests, NULL,
	    NULL);
}
