/* SPDX-License-Identifier: ISC
 *
 * test_secret: each source of a secret, what is refused of it (C16, C25,
 * C-32), and the sentences that a person gets.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "client/secret.h"
#include "client/secret_internal.h"
#include "../valgrind.h"

static char dir[] = "/tmp/restante-secret-XXXXXX";
static struct loop *loop;
static struct account_conf account;

static unsigned calls;
static bool got;
static struct secret secret;
static char error[SECRET_ERROR];

static void
on_done(void *arg, struct secret *s, const char *why)
{
	assert_ptr_equal(arg, &calls);
	calls++;
	got = s != NULL;
	error[0] = '\0';
	if (s != NULL)
		secret = *s;
	else
		text_format(error, sizeof(error), "%s", why);
	loop_stop(loop);
}

static void
ask(bool again)
{
	secret_done(&secret);
	calls = 0;
	assert_non_null(secret_ask(loop, &account, again, false, on_done,
	    &calls));
	assert_int_equal(calls, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 1);
}

static void
expect(const char *text)
{
	ask(false);
	if (!got)
		fail_msg("%s", error);
	assert_int_equal(secret.value.n, strlen(text));
	assert_memory_equal(secret.value.p, text, strlen(text));
}

static void
expect_error(const char *part)
{
	ask(false);
	assert_false(got);
	if (strstr(error, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, error);
}

static char *
in_dir(const char *name)
{
	static char path[4][256];
	static unsigned n;
	char *p = path[n++ % 4];

	text_format(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static char *
file(const char *name, const void *text, size_t n, mode_t mode)
{
	char *path = in_dir(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static int
setup(void **state)
{
	static char name[] = "work", server[] = "pop.example.net",
	    user[] = "wren";

	(void)state;
	loop = loop_new();
	memset(&account, 0, sizeof(account));
	account.name = name;
	account.server = server;
	account.user = user;
	setenv("NETRC", in_dir("no-netrc"), 1);
	buf_init(&secret.value, SECRET_MAX);
	return loop == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	secret_done(&secret);
	loop_free(loop);
	return 0;
}

/* ---- files ---- */

static void
test_file(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *secret, *error;
	} cases[] = {
#define TEXT(s) s, sizeof(s) - 1
		{ TEXT("sesame\n"), "sesame", NULL },
		{ TEXT("sesame"), "sesame", NULL },
		{ TEXT("sesame\r\n"), "sesame", NULL },
		{ TEXT("sesame\nsecond\n"), "sesame", NULL },
		{ TEXT(" se same \n"), " se same ", NULL },
		{ TEXT("s\xc3\xa9same\n"), "s\xc3\xa9same", NULL },
		{ TEXT(""), NULL, "is empty" },
		{ TEXT("\n"), NULL, "is empty" },
		{ TEXT("\r\nx"), NULL, "is empty" },
		{ TEXT("a\rb\n"), NULL, "line end or a NUL" },
		{ TEXT("a\0b\n"), NULL, "line end or a NUL" },
		{ TEXT("a\r\r\n"), NULL, "line end or a NUL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		account.password_file = file("pw", cases[i].text, cases[i].n,
		    0600);
		if (cases[i].secret != NULL)
			expect(cases[i].secret);
		else
			expect_error(cases[i].error);
		assert_false(got && (secret.fresh || secret.is_token ||
		    secret.typed || secret.again));
	}
}

static void
test_file_long(void **state)
{
	static char text[(1 << 20) + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	account.password_file = file("pw", text, SECRET_MAX, 0600);
	ask(false);
	assert_true(got);
	assert_int_equal(secret.value.n, SECRET_MAX);
	account.password_file = file("pw", text, SECRET_MAX + 1, 0600);
	expect_error("longer than 65536 octets");
	account.password_file = file("pw", text, sizeof(text), 0600);
	expect_error("too large");
}

/* C25: a file that others can read holds no secret */
static void
test_file_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool good;
	} cases[] = {
		{ 0600, true }, { 0400, true }, { 0700, true },
		{ 0640, false }, { 0604, false }, { 0620, false },
		{ 0602, false }, { 0644, false }, { 0666, false },
		{ 0610, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		account.password_file = file("pw", "sesame\n", 7,
		    cases[i].mode);
		if (cases[i].good) {
			expect("sesame");
			continue;
		}
		expect_error("can be read or changed by others");
		assert_non_null(strstr(error, "chmod 600 "));
		assert_non_null(strstr(error, account.password_file));
	}
}

static void
test_file_kinds(void **state)
{
	char *link = in_dir("link"), *fifo = in_dir("fifo");

	(void)state;
	assert_int_equal(symlink(file("pw", "sesame\n", 7, 0600), link), 0);
	account.password_file = link;
	expect("sesame");
	file("pw", "sesame\n", 7, 0644);
	expect_error("can be read");
	account.password_file = in_dir("missing");
	expect_error("does not exist");
	account.password_file = dir;
	expect_error("is not a regular file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	account.password_file = fifo;	/* and it must not wait for anybody */
	expect_error("is not a regular file");
	account.password_file = file("pw", "sesame\n", 7, 0600);
	if (geteuid() == 0 && chown(account.password_file, 4711, -1) == 0)
		expect_error("belongs to somebody else (user id 4711)");
	unlink(account.password_file);
}

static void
test_plain_setting(void **state)
{
	static char good[] = "correct horse", bad[] = "a\nb", none[] = "";

	(void)state;
	account.password = good;
	expect("correct horse");
	account.password = bad;
	expect_error("line end or a NUL");
	account.password = none;
	expect_error("is empty");
}

static void
test_external_needs_none(void **state)
{
	static char external[] = "external", certificate[] = "cert.pem";

	(void)state;
	account.auth = external;
	expect("");
	account.auth = NULL;
	account.client_certificate = certificate;
	expect("");
	account.client_certificate = NULL;
	expect_error("there is no password for account work: set "
	    "password_command");
}

/* ---- commands ---- */

#define COMMAND(...) ((struct conf_argv){ (char **)(uintptr_t) \
	(const char *const []){ __VA_ARGS__, NULL }, 1 })

static void
test_command(void **state)
{
	static const struct {
		const char *script, *secret, *error;
	} cases[] = {
		{ "echo sesame", "sesame", NULL },
		{ "printf 'sesame'", "sesame", NULL },
		{ "printf 'sesame\\r\\nuser: wren\\n'", "sesame", NULL },
		{ "echo sesame; echo oops >&2", "sesame", NULL },
		{ "head -c 8192 /dev/zero | tr '\\0' t | head -c 3", "ttt",
		  NULL },
		{ "true", NULL, "is empty" },
		{ "echo", NULL, "is empty" },
		{ "printf 'a\\rb\\n'", NULL, "line end or a NUL" },
		{ "head -c 300000 /dev/zero | tr '\\0' x", NULL,
		  "longer than 65536" },
		/* what it printed before it failed is no password */
		{ "echo sesame; exit 3", NULL,
		  "password_command (sh) exited with status 3" },
		{ "echo 'AADSTS65001: consent' >&2; echo 'second' >&2; "
		  "exit 1", NULL, "status 1: AADSTS65001: consent|second" },
		{ "printf 'a\\033]0;b\\007\\n' >&2; exit 1", NULL,
		  "status 1: a ]0;b" },
		{ "echo sesame; kill -SEGV $$", NULL, "killed by SIGSEGV" },
	};

	(void)state;
	NOT_UNDER_VALGRIND("hides that an exec has failed");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		account.password_command = COMMAND("sh", "-c",
		    cases[i].script);
		if (cases[i].secret != NULL)
			expect(cases[i].secret);
		else
			expect_error(cases[i].error);
		if (cases[i].secret == NULL)
			assert_null(strstr(error, "sesame"));
		else
			assert_true(secret.fresh && !secret.is_token &&
			    !secret.typed);
	}
	account.password_command = COMMAND("/nonexistent/pass", "x");
	expect_error("password_command (/nonexistent/pass) could not be "
	    "started: No such file");
}

static void
test_token_command(void **state)
{
	(void)state;
	account.token_command = COMMAND("sh", "-c",
	    "echo t${RESTANTE_REFUSED-0}");
	expect("t0");
	assert_true(secret.is_token && secret.fresh && !secret.again);
	ask(true);
	assert_true(got);
	assert_int_equal(secret.value.n, 2);
	assert_memory_equal(secret.value.p, "t1", 2);
	assert_true(secret.is_token && secret.fresh && secret.again);
}

struct stopper {
	struct loop_task task;
	struct secret_ask *ask;
};

static void
stop_fn(struct loop_task *t)
{
	secret_cancel(((struct stopper *)(void *)t)->ask);
	loop_stop(loop);
}

static void
test_cancel(void **state)
{
	struct stopper s = { .task = { .fn = stop_fn } };

	(void)state;
	calls = 0;
	account.password_command = COMMAND("sleep", "1000");
	secret_cancel(secret_ask(loop, &account, false, false, on_done,
	    &calls));
	secret_cancel(NULL);
	s.ask = secret_ask(loop, &account, false, false, on_done, &calls);
	assert_non_null(s.ask);
	loop_later(loop, &s.task);	/* the command runs by then */
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* a program of that name in front of PATH */
static void
test_keyring(void **state)
{
	static const struct {
		const char *script, *secret, *error;
	} cases[] = {
		{ "#!/bin/sh\nprintf '%s ' \"$@\"\n",
		  "lookup service pop3 server pop.example.net user wren ",
		  NULL },
		{ "#!/bin/sh\nexit 1\n", NULL, "secret-tool store "
		  "--label=restante service pop3 server pop.example.net user "
		  "wren" },
		{ "#!/bin/sh\n", NULL, "the keyring has no password of wren" },
		{ "#!/bin/sh\necho 'no bus' >&2; exit 1\n", NULL,
		  "keyring (secret-tool) exited with status 1: no bus" },
	};
	char *old, path[4096], *tool;

	(void)state;
	NOT_UNDER_VALGRIND("hides that an exec has failed");
	old = strdup(getenv("PATH"));
	account.keyring = true;
	text_format(path, sizeof(path), "%s:%s", dir, old);
	setenv("PATH", path, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tool = file("secret-tool", cases[i].script,
		    strlen(cases[i].script), 0700);
		if (cases[i].secret != NULL)
			expect(cases[i].secret);
		else
			expect_error(cases[i].error);
	}
	assert_int_equal(unlink(tool), 0);
	setenv("PATH", dir, 1);
	expect_error("libsecret-tools");
	setenv("PATH", old, 1);
	free(old);
}

/* ---- netrc ---- */

static void
test_netrc(void **state)
{
	static const struct {
		const char *text;
		enum secret_found found;
		const char *password;	/* or line of the mistake: "#2" */
	} cases[] = {
#define M "machine pop.example.net "
		{ "", SECRET_NONE, NULL },
		{ M "login wren password x", SECRET_FOUND, "x" },
		{ M "login wren password x\n", SECRET_FOUND, "x" },
		{ M "\n\tlogin wren\r\n\tpassword x\r\n", SECRET_FOUND, "x" },
		{ M "password x login wren\n", SECRET_FOUND, "x" },
		{ "machine POP.Example.NET login wren password x",
		  SECRET_FOUND, "x" },
		{ M "login WREN password x", SECRET_NONE, NULL },
		{ M "login robin password x", SECRET_NONE, NULL },
		{ M "password x", SECRET_FOUND, "x" },
		{ M "login wren", SECRET_NONE, NULL },
		{ M, SECRET_NONE, NULL },
		{ "machine", SECRET_NONE, NULL },
		{ M "login wren password", SECRET_NONE, NULL },
		{ "machine other.example.net login wren password x",
		  SECRET_NONE, NULL },
		{ "machine other.example.net login wren password x\n"
		  M "login wren password y", SECRET_FOUND, "y" },
		{ M "login robin password x " M "login wren password y",
		  SECRET_FOUND, "y" },
		{ M "login wren password x " M "login wren password y",
		  SECRET_FOUND, "x" },
		{ M "login robin password x default login wren password y",
		  SECRET_FOUND, "y" },
		{ "default login wren password y " M "login wren password x",
		  SECRET_FOUND, "y" },
		{ "default login robin password y", SECRET_NONE, NULL },
		{ M "login wren account a password x", SECRET_FOUND, "x" },
		{ M "login wren account password password x", SECRET_FOUND,
		  "x" },
		{ "# " M "login wren password n\n" M "# one\n login wren "
		  "#two password z\n password x", SECRET_FOUND, "x" },
		{ M "login wren password a#b", SECRET_FOUND, "a#b" },
		{ M "login wren password \"a b\"", SECRET_FOUND, "a b" },
		{ M "login \"wren\" password \"#\\\"\\\\\\t\\x\"",
		  SECRET_FOUND, "#\"\\\tx" },
		{ M "login wren password \"\"", SECRET_FOUND, "" },
		{ M "login wren password \"machine\" machine x",
		  SECRET_FOUND, "machine" },
		{ M "login wren\npassword \"a b\n", SECRET_BAD, "#2" },
		{ M "login wren\npassword \"a", SECRET_BAD, "#2" },
		{ M "login wren\n\npassword \"a\\", SECRET_BAD, "#3" },
		{ "macdef init\n" M "login wren password n\n\n" M
		  "login wren password x", SECRET_FOUND, "x" },
		{ M "login robin password n\nmacdef init\ncd /\r\n\r\n" M
		  "login wren password x", SECRET_FOUND, "x" },
		{ "macdef init\n" M "login wren password n\n", SECRET_NONE,
		  NULL },
		{ M "login wren passwort p password x", SECRET_FOUND, "x" },
	};
	struct buf password;
	unsigned line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum secret_found f;

		buf_init(&password, SECRET_MAX);
		f = secret_netrc(span_str(cases[i].text), "pop.example.net",
		    "wren", &password, &line);
		if (f != cases[i].found)
			fail_msg("%s: %d", cases[i].text, f);
		if (f == SECRET_FOUND)
			assert_true(span_eq(buf_span(&password),
			    span_str(cases[i].password)));
		else
			assert_int_equal(password.n, 0);
		if (f == SECRET_BAD)
			assert_int_equal(line, cases[i].password[1] - '0');
		buf_wipe(&password);
	}
}

static void
test_netrc_file(void **state)
{
	static const char mine[] = M "login wren password sesame\n",
	    other[] = "machine x login y password z\n",
	    odd[] = "machine x\nlogin \"y\n";
	char *path;

	(void)state;
	setenv("NETRC", file("netrc", mine, sizeof(mine) - 1, 0600), 1);
	expect("sesame");
	assert_false(secret.fresh);
	/* others can read a password that is used: refused */
	path = file("netrc", mine, sizeof(mine) - 1, 0644);
	expect_error("can be read or changed by others");
	/* the passwords of others are not ours to mind */
	file("netrc", other, sizeof(other) - 1, 0644);
	expect_error("there is no password for account work");
	file("netrc", odd, sizeof(odd) - 1, 0600);
	expect_error("line 2: a quote that is not closed");
	unlink(path);
	/* without NETRC it is ~/.netrc */
	unsetenv("NETRC");
	setenv("HOME", dir, 1);
	path = file(".netrc", mine, sizeof(mine) - 1, 0600);
	expect("sesame");
	unlink(path);
	/* a setting goes before it */
	account.password_command = COMMAND("echo", "other");
	expect("other");
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "pw", "link", "fifo" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		unlink(in_dir(names[i]));
	return rmdir(dir);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_file_long),
		TEST(test_file_modes),
		TEST(test_file_kinds),
		TEST(test_plain_setting),
		TEST(test_external_needs_none),
		TEST(test_command),
		TEST(test_token_command),
		TEST(test_cancel),
		TEST(test_keyring),
		TEST(test_netrc),
		TEST(test_netrc_file),
	};

	return cmocka_run_group_tests_name("secret", tests, make_dir,
	    remove_dir);
}
