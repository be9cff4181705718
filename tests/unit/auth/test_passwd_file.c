/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/passwd_table and passwd_file: what a file means, what
 * breaks it and with which message, what a change of the file does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/passwd_file.h"

#define CRYPT "$5$rounds=1000$saltsalt$DoN2WcBhpG46VIH/EyfZvcagZwm42q0Yk." \
	"N4cUSDxm1"

static struct buf messages;

static int
setup(void **state)
{
	(void)state;
	buf_init(&messages, PASSWD_MESSAGES_MAX);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&messages);
	return 0;
}

static struct passwd_table *
table(struct pop_span text)
{
	struct passwd_table *t;
	/* exactly as long as it is, so that reading behind it is caught */
	unsigned char *copy = malloc(text.n > 0 ? text.n : 1);

	assert_non_null(copy);
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	t = passwd_table_new("F", span_of(copy, text.n), &messages);
	free(copy);
	return t;
}

static struct passwd_table *
good(const char *text)
{
	struct passwd_table *t = table(span_str(text));

	assert_non_null(t);
	return t;
}

/* What was said since the last call; empty when nothing. */
static const char *
said(void)
{
	static char text[PASSWD_MESSAGES_MAX + 1];

	if (messages.n > 0)
		memcpy(text, messages.p, messages.n);
	text[messages.n] = '\0';
	buf_release(&messages);
	return text;
}

static void
is_user(const struct passwd_table *t, const char *query, const char *name,
    const char *password)
{
	struct passwd_user u;

	assert_true(passwd_find(t, span_str(query), &u));
	assert_string_equal(u.name, name);
	assert_int_equal(u.password.n, strlen(password));
	assert_memory_equal(u.password.p, password, u.password.n);
	assert_int_equal(u.password.p[u.password.n], 0);
}

static void
is_nobody(const struct passwd_table *t, const char *query)
{
	struct passwd_user u;

	assert_false(passwd_find(t, span_str(query), &u));
}

static void
fields_comments_and_line_ends(void **state)
{
	struct passwd_table *t = good("# users\n\n"
	    "wren:{PLAIN}a\n"
	    "full:" CRYPT ":1000:1000:Full, Name:/home/full:/bin/sh:x=y z\r\n"
	    "#off:{PLAIN}x\n"
	    "bare\n"
	    "part@example.net:" CRYPT ":::\n"
	    "a&b!c%d=e~f{g}h*i'j\"k\\l:{PLAIN}odd\n"
	    "last:{PLAIN}no newline");

	(void)state;
	assert_string_equal(said(), "");
	assert_int_equal(passwd_count(t), 6);
	assert_int_equal(passwd_count_apop(t), 0);
	is_user(t, "wren", "wren", "{PLAIN}a");
	is_user(t, "full", "full", CRYPT);
	is_user(t, "bare", "bare", "");
	is_user(t, "part@example.net", "part@example.net", CRYPT);
	is_user(t, "a&b!c%d=e~f{g}h*i'j\"k\\l", "a&b!c%d=e~f{g}h*i'j\"k\\l",
	    "{PLAIN}odd");
	is_user(t, "last", "last", "{PLAIN}no newline");
	is_nobody(t, "#off");
	is_nobody(t, "off");
	is_nobody(t, "");
	is_nobody(t, "wre");
	is_nobody(t, "wrenn");
	passwd_table_free(t);
}

static void
empty_files(void **state)
{
	static const char *const texts[] = { "", "\n", "# nobody\n\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct passwd_table *t = good(texts[i]);

		assert_int_equal(passwd_count(t), 0);
		is_nobody(t, "wren");
		assert_int_equal(passwd_decoy(t).n, 0);
		passwd_table_free(t);
	}
}

/* exact first, then without regard to ASCII case */
static void
case_of_names(void **state)
{
	struct passwd_table *t = good("Wren:1234567890abc\n"
	    "ROBIN:1234567890abd\nrobin:1234567890abe\n"
	    "Finch:1234567890abf\nfINCH:1234567890abg\n");

	(void)state;
	is_user(t, "Wren", "Wren", "1234567890abc");
	is_user(t, "wren", "Wren", "1234567890abc");
	is_user(t, "WREN", "Wren", "1234567890abc");
	is_user(t, "ROBIN", "ROBIN", "1234567890abd");
	is_user(t, "robin", "robin", "1234567890abe");
	is_user(t, "Robin", "robin", "1234567890abe");
	is_user(t, "fINCH", "fINCH", "1234567890abg");
	is_user(t, "finch", "Finch", "1234567890abf");
	passwd_table_free(t);
}

static void
doubled_names_and_unknown_schemes_warn(void **state)
{
	struct passwd_user u;
	struct passwd_table *t = good("wren:{PLAIN}first\n"
	    "wren:{PLAIN}second\nowl:{ARGON2ID}x\nx:x\n");

	(void)state;
	assert_string_equal(said(),
	    "F:2: 'wren' is there twice; the first line counts\n"
	    "F:3: 'owl' cannot log in: unknown password scheme; known are "
	    "CRYPT, YESCRYPT, SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, PLAIN, "
	    "SHA, SSHA, SHA256, SSHA256, SHA512, SSHA512\n"
	    "F:4: 'x' cannot log in: neither a crypt(3) hash nor "
	    "{SCHEME}value\n");
	is_user(t, "wren", "wren", "{PLAIN}first");
	assert_true(passwd_find(t, span_str("owl"), &u));
	assert_int_equal(u.kind, HASH_UNKNOWN);
	passwd_table_free(t);
}

static void
apop_is_given_by_name(void **state)
{
	struct passwd_user u;
	struct passwd_table *t = good(
	    "a:{PLAIN}s::::::restante_apop=yes\n"
	    "b:{PLAIN}s::::::restante_apop=no\n"
	    "c:{PLAIN}s::::::x=1 restante_apop=yes proxy=n\n"
	    "d:{PLAIN}s::::::xrestante_apop=yes\n"
	    "e:{PLAIN}s:restante_apop=yes\n"
	    "f:{PLAIN}s\n"
	    "g:" CRYPT "::::::restante_apop=yes\n");
	static const struct { const char *name; bool apop; } want[] = {
		{ "a", true }, { "b", false }, { "c", true }, { "d", false },
		{ "e", false }, { "f", false }, { "g", false }
	};

	(void)state;
	assert_string_equal(said(), "F:7: 'g' cannot use APOP: it needs a "
	    "{PLAIN} secret\n");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(passwd_find(t, span_str(want[i].name), &u));
		assert_int_equal(u.apop, want[i].apop);
	}
	assert_int_equal(passwd_count_apop(t), 2);
	passwd_table_free(t);
	assert_null(table(span_str("a:{PLAIN}s::::::restante_apop=maybe\n")));
	assert_string_equal(said(), "F:1: restante_apop is yes or no\n");
}

#define NAME "F:1: not a user name"
#define CTL "F:1: control octet"

static void
broken_lines_break_the_file(void **state)
{
	static const struct { const char *text; size_t n; const char *why; }
	bad[] = {
		{ ":x\n", 3, NAME }, { "a/b:x\n", 6, NAME },
		{ ".a:x\n", 5, NAME }, { "..:x\n", 5, NAME },
		{ "-a:x\n", 5, NAME }, { "a b:x\n", 6, NAME },
		{ " a:x\n", 5, NAME }, { "\xc3\xa9:x\n", 5, NAME },
		{ "a\0b:x\n", 6, CTL }, { "a:x\033\n", 5, CTL },
		{ "a:x\ry\n", 6, CTL }, { "a:\177\n", 4, CTL }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *text;

		assert_null(table(span_of(bad[i].text, bad[i].n)));
		text = said();
		print_message("%s", text);
		assert_memory_equal(text, bad[i].why, strlen(bad[i].why));
	}
	/* all of them are told, the good ones between them are not */
	assert_null(table(span_str("a:\n/b:\nc:\n/d:\n")));
	assert_non_null(strstr(said(), "F:2: not a user name"));
	assert_null(table(span_str("a:\n/b:\nc:\n/d:\n")));
	assert_non_null(strstr(said(), "F:4: not a user name"));
}

static void
limits(void **state)
{
	char text[PASSWD_LINE_MAX + 8];
	struct passwd_table *t;
	struct passwd_user u;

	(void)state;
	memset(text, 'x', sizeof(text));
	t = table(span_of(text, PASSWD_NAME_MAX));
	assert_non_null(t);
	assert_true(passwd_find(t, span_of(text, PASSWD_NAME_MAX), &u));
	passwd_table_free(t);
	assert_null(table(span_of(text, PASSWD_NAME_MAX + 1)));
	assert_non_null(strstr(said(), "F:1: not a user name"));

	memcpy(text, "a:b:::::::", 10);
	t = table(span_of(text, PASSWD_LINE_MAX));
	assert_non_null(t);
	passwd_table_free(t);
	said();
	assert_null(table(span_of(text, PASSWD_LINE_MAX + 1)));
	assert_string_equal(said(), "F:1: line longer than 8192 octets\n");

	memcpy(text, "a:x", 3);
	memset(text + 3, 'x', 10);
	t = table(span_of(text, PASSWD_FIELD_MAX + 2));
	assert_non_null(t);
	passwd_table_free(t);
	said();
	assert_null(table(span_of(text, PASSWD_FIELD_MAX + 3)));
	assert_string_equal(said(),
	    "F:1: password field longer than 1023 octets\n");
	/* many mistakes do not make many messages */
	memset(text, '\n', sizeof(text));
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		text[i] = '/';
	assert_null(table(span_of(text, sizeof(text))));
	assert_in_range(messages.n, 1, PASSWD_MESSAGES_MAX);
}

/* The decoy is of the slow kind most users have. */
static void
decoys(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "a:{PLAIN}x\nb:{SHA.hex}98decc62ece399a22ed30d490ef333be7fde"
		  "7385\nc:{PLAIN}y\n", "{PLAIN}x" },
		{ "a:{PLAIN}x\nb:{PLAIN}y\nc:" CRYPT "\n", CRYPT },
		{ "a:$1$saltsalt$UevX3RQ4rPNbqFqf8dVFn.\nb:{CRYPT}" CRYPT
		  "\nc:" CRYPT "\n", "{CRYPT}" CRYPT },
		{ "a:\nb:!\nc:{ARGON2I}x\n", "" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct passwd_table *t = good(cases[i].text);
		struct pop_span d = passwd_decoy(t);

		assert_true(span_eq(d, span_str(cases[i].want)));
		passwd_table_free(t);
	}
}

/* every one of them is found, none that is not there */
static void
hundred_thousand_users(void **state)
{
	enum { N = 100000 };
	char *text = malloc((size_t)N * 120), name[32];
	struct passwd_table *t;
	struct passwd_user u;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < N; i++)
		n += (size_t)snprintf(text + n, 120, "user%d@example.net:"
		    CRYPT ":::::\n", i);
	t = table(span_of(text, n));
	free(text);
	assert_non_null(t);
	assert_string_equal(said(), "");
	assert_int_equal(passwd_count(t), N);
	for (int i = 0; i < N; i++) {
		(void)!snprintf(name, sizeof(name), "User%d@Example.net", i);
		assert_true(passwd_find(t, span_str(name), &u));
		assert_int_equal(strtol(u.name + 4, NULL, 10), i);
		(void)!snprintf(name, sizeof(name), "user%d@example.ne", i);
		assert_false(passwd_find(t, span_str(name), &u));
	}
	passwd_table_free(t);
}

/* ---- files --------------------------------------------------------------- */

static char dir[] = "/tmp/restante-passwd.XXXXXX", path[64], other[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)!snprintf(path, sizeof(path), "%s/users", dir);
	(void)!snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(other);
	return rmdir(dir);
}

/* Writes `file` and gives it a time of its own, long ago, so that no test
 * depends on the clock's ticks. */
static void
put(const char *file, const char *text)
{
	static time_t when = 1000000000;
	struct timespec tick = { .tv_sec = ++when };
	struct timespec times[2] = { tick, tick };
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(close(fd), 0);
}

static void
a_change_is_seen_and_nothing_else_is_read(void **state)
{
	struct passwd_file *f;

	(void)state;
	put(path, "wren:{PLAIN}a\n");
	f = passwd_file_new(path, &messages);
	assert_non_null(f);
	assert_int_equal(passwd_file_loads(f), 1);
	for (int i = 0; i < 1000; i++)
		is_user(passwd_file_table(f, &messages), "wren", "wren",
		    "{PLAIN}a");
	assert_int_equal(passwd_file_loads(f), 1);
	/* in place, same size */
	put(path, "wren:{PLAIN}b\n");
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}b");
	/* renamed over it */
	put(other, "wren:{PLAIN}c\n");
	assert_int_equal(rename(other, path), 0);
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}c");
	(void)passwd_file_table(f, &messages);
	assert_int_equal(passwd_file_loads(f), 3);
	assert_string_equal(said(), "");
	passwd_file_free(f);
}

static void
a_broken_file_leaves_the_old_users(void **state)
{
	struct passwd_file *f;

	(void)state;
	put(path, "wren:{PLAIN}a\n");
	f = passwd_file_new(path, &messages);
	assert_non_null(f);
	put(path, "wren:{PLAIN}b\n/:\n");
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}a");
	assert_non_null(strstr(said(), "users:2: not a user name"));
	/* told once, parsed once */
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}a");
	assert_string_equal(said(), "");
	assert_int_equal(passwd_file_loads(f), 2);
	assert_int_equal(unlink(path), 0);
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}a");
	assert_non_null(strstr(said(), "the old ones stay in force"));
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}a");
	assert_string_equal(said(), "");
	/* a directory in its place */
	assert_int_equal(mkdir(path, 0700), 0);
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}a");
	assert_non_null(strstr(said(), "not a regular file"));
	assert_int_equal(rmdir(path), 0);
	put(path, "wren:{PLAIN}d\n");
	is_user(passwd_file_table(f, &messages), "wren", "wren", "{PLAIN}d");
	assert_string_equal(said(), "");
	passwd_file_free(f);
}

static void
no_file_no_users(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_null(passwd_file_new(path, &messages));
	assert_non_null(strstr(said(),
	    "users: cannot read the users: No such"));
	put(path, "a b\n");
	assert_null(passwd_file_new(path, &messages));
	assert_non_null(strstr(said(), "users:1: not a user name"));
	assert_int_equal(unlink(path), 0);
	/* opening a FIFO must not hang */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(passwd_file_new(path, &messages));
	assert_non_null(strstr(said(), "not a regular file"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(fields_comments_and_line_ends),
		CASE(empty_files),
		CASE(case_of_names),
		CASE(doubled_names_and_unknown_schemes_warn),
		CASE(apop_is_given_by_name),
		CASE(broken_lines_break_the_file),
		CASE(limits),
		CASE(decoys),
		CASE(hundred_thousand_users),
		CASE(a_change_is_seen_and_nothing_else_is_read),
		CASE(a_broken_file_leaves_the_old_users),
		CASE(no_file_no_users)
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
