/* SPDX-License-Identifier: ISC
 *
 * test_log: the shape of a line and that nobody can forge one (S49).
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/log.h"

static char path[64], moved[80];

/* all that is in the file, which is emptied */
static const char *
taken(const char *from)
{
	static char text[16384];
	ssize_t n;
	int fd = open(from, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	return text;
}

/* what follows "event=e " in the only line there is */
static const char *
pairs(void)
{
	static char text[4096];
	const char *s = taken(path), *p, *end;

	end = strchr(s, '\n');
	assert_non_null(end);
	assert_int_equal(end[1], '\0');
	p = strstr(s, " event=e");
	assert_non_null(p);
	p += strlen(" event=e");
	memcpy(text, p, (size_t)(end - p));
	text[end - p] = '\0';
	return text;
}

static const char *
one(const char *value, size_t n)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "e");
	log_span(&l, "k", span_of(value, n));
	log_end(&l);
	return pairs();
}

static void
test_escaping(void **state)
{
	static const struct { const char *in; size_t n; const char *out; }
	cases[] = {
		{ "bob", 3, " k=bob" },
		{ "bob@example.org", 15, " k=bob@example.org" },
		{ "[::1]:110", 9, " k=[::1]:110" },
		{ "", 0, " k=\"\"" },
		{ "a b", 3, " k=\"a b\"" },
		{ "a\r\nOK login", 11, " k=\"a\\x0d\\x0aOK login\"" },
		{ "x\nevent=login user=a", 20,
		    " k=\"x\\x0aevent\\x3dlogin user\\x3da\"" },
		{ "\033]52;c\a", 7, " k=\"\\x1b]52;c\\x07\"" },
		{ "a\"b", 3, " k=\"a\\x22b\"" },
		{ "a'b", 3, " k=\"a\\x27b\"" },
		{ "a\\x41", 5, " k=\"a\\x5cx41\"" },
		{ "a\tb", 3, " k=\"a\\x09b\"" },
		{ "a\0b", 3, " k=\"a\\x00b\"" },
		{ "\x7f", 1, " k=\"\\x7f\"" },
		{ "\xc3\xa9\x9b", 3, " k=\"\\xc3\\xa9\\x9b\"" },
		{ "\xe2\x80\xa8", 3, " k=\"\\xe2\\x80\\xa8\"" },
		{ "%s%n", 4, " k=%s%n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(one(cases[i].in, cases[i].n),
		    cases[i].out);
}

/* S49: no octet at all may end the line, the quotes or begin a key */
static void
test_every_octet(void **state)
{
	const char *out;
	char in[2];
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		in[0] = in[1] = (char)c;
		out = one(in, 2);
		assert_memory_equal(out, " k=", 3);
		out += 3;
		assert_null(strchr(out, '='));
		assert_null(strchr(out, '\''));
		if (*out == '"') {
			assert_ptr_equal(strchr(out + 1, '"'),
			    out + strlen(out) - 1);
			assert_null(strpbrk(out + 1, "\r\n\t\033"));
		} else {
			assert_int_equal(strlen(out), 2);
		}
	}
}

static void
test_numbers(void **state)
{
	struct log_line l;

	(void)state;
	log_begin(&l, LOG_LEVEL_INFO, "e");
	log_u64(&l, "a", 0);
	log_u64(&l, "b", UINT64_MAX);
	log_str(&l, "c", NULL);
	log_end(&l);
	assert_string_equal(pairs(), " a=0 b=18446744073709551615 c=\"\"");
}

/* 2026-11-21T21:58:55.123Z test[123]: level=info event=e */
static void
test_shape(void **state)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ test[";
	char rest[64];
	const char *s;
	size_t i;

	(void)state;
	log_msg(LOG_LEVEL_WARN, "port %d", 110);
	s = taken(path);
	for (i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == 'd')
			assert_true(s[i] >= '0' && s[i] <= '9');
		else
			assert_int_equal(s[i], form[i]);
	}
	assert_true(snprintf(rest, sizeof(rest),
	    "%ld]: level=warn event=message msg=\"port 110\"\n",
	    (long)getpid()) > 0);
	assert_string_equal(s + i, rest);
}

static void
test_long_value(void **state)
{
	char in[300], out[400];

	(void)state;
	memset(in, 'a', sizeof(in));
	memcpy(out, " k=", 3);
	memset(out + 3, 'a', 256);
	out[3 + 256] = '\0';
	assert_string_equal(one(in, 256), out);
	out[3] = '"';
	memset(out + 4, 'a', 256);
	memcpy(out + 4 + 256, "\"...", 5);
	assert_string_equal(one(in, 257), out);
	assert_string_equal(one(in, 300), out);
}

/* whatever is added, the line ends in order and says that it is cut */
static void
test_full_line(void **state)
{
	struct log_line l;
	char value[256];
	const char *s, *end;
	size_t n, i;

	(void)state;
	memset(value, '\n', sizeof(value));
	for (n = 1; n <= sizeof(value); n++) {
		log_begin(&l, LOG_LEVEL_INFO, "e");
		for (i = 0; i < 600; i++)
			log_span(&l, "key", span_of(value, n));
		log_end(&l);
		s = taken(path);
		end = strchr(s, '\n');
		assert_non_null(end);
		assert_int_equal(end[1], '\0');
		assert_true((size_t)(end - s) < sizeof(l.text));
		assert_true(end - s > 1900);
		assert_memory_equal(end - 12, " truncated=1", 12);
		/* quotes are closed */
		for (i = 0; s < end; s++)
			i += *s == '"';
		assert_int_equal(i % 2, 0);
	}
}

static void
test_long_message(void **state)
{
	char text[1500];
	const char *s;

	(void)state;
	memset(text, 'm', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_msg(LOG_LEVEL_ERROR, "%s", text);
	s = taken(path);
	assert_non_null(strstr(s, "mmm\"...\n"));
}

static void
test_levels(void **state)
{
	struct log_line l;

	(void)state;
	log_set_level(LOG_LEVEL_WARN);
	log_msg(LOG_LEVEL_INFO, "no");
	log_begin(&l, LOG_LEVEL_DEBUG, "no");
	log_str(&l, "a", "b");
	log_u64(&l, "a", 1);
	log_end(&l);
	assert_string_equal(taken(path), "");
	log_msg(LOG_LEVEL_WARN, "yes");
	assert_non_null(strstr(taken(path), "level=warn"));
	log_set_level(LOG_LEVEL_DEBUG);
	log_msg(LOG_LEVEL_DEBUG, "yes");
	assert_non_null(strstr(taken(path), "level=debug"));
	log_set_level(LOG_LEVEL_INFO);
}

static void
test_reopen(void **state)
{
	struct stat st;
	int flags, fd;

	(void)state;
	assert_int_equal(rename(path, moved), 0);
	log_msg(LOG_LEVEL_INFO, "old");
	log_reopen();
	log_msg(LOG_LEVEL_INFO, "new");
	assert_non_null(strstr(taken(moved), "msg=old"));
	assert_non_null(strstr(taken(path), "msg=new"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	flags = fcntl(log_fd(), F_GETFL);
	assert_true((flags & O_APPEND) && (flags & O_ACCMODE) == O_WRONLY);
	assert_int_equal(fcntl(log_fd(), F_GETFD), FD_CLOEXEC);

	/* somebody else opened it for us */
	assert_int_equal(unlink(moved), 0);
	fd = open(moved, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	log_adopt(fd);
	log_msg(LOG_LEVEL_INFO, "adopted");
	assert_non_null(strstr(taken(moved), "msg=adopted"));
	assert_string_equal(taken(path), "");
	assert_int_equal(unlink(moved), 0);
	log_reopen();
}

/* the old file stays in use, and says why */
static void
test_reopen_fails(void **state)
{
	(void)state;
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	log_reopen();
	log_msg(LOG_LEVEL_INFO, "still here");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(moved, path), 0);
	assert_non_null(strstr(taken(path), "msg=\"still here\""));
	assert_int_equal(log_open("/no/such/place/log", "x"), -1);
	assert_int_equal(errno, ENOENT);
	log_msg(LOG_LEVEL_INFO, "unmoved");
	assert_non_null(strstr(taken(path), "test["));
}

/* standard error is the journal only when it is the very file that
 * $JOURNAL_STREAM names */
static void
test_journal(void **state)
{
	char stream[64];
	struct stat st;
	int saved = dup(STDERR_FILENO), fd;
	const char *s;

	(void)state;
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino) > 0);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	assert_int_equal(log_open("stderr", "front"), 0);
	log_msg(LOG_LEVEL_INFO, "a");
	log_msg(LOG_LEVEL_ERROR, "b");
	/* a changed standard error under the same environment */
	assert_int_equal(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	assert_int_equal(log_open(NULL, "front"), 0);
	log_msg(LOG_LEVEL_INFO, "c");
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	s = taken(path);
	assert_memory_equal(s, "<6>front[", 9);
	s = strchr(s, '\n') + 1;
	assert_memory_equal(s, "<3>front[", 9);
	s = strchr(s, '\n') + 1;
	assert_int_equal(*s, '2');
	assert_int_equal(log_open(path, "test"), 0);
}

static int
set_up(void **state)
{
	int fd;

	(void)state;
	memcpy(path, "log.XXXXXX", sizeof("log.XXXXXX"));
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_true(snprintf(moved, sizeof(moved), "%s.1", path) > 0);
	return log_open(path, "test");
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_full_line),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_reopen),
		cmocka_unit_test(test_reopen_fails),
		cmocka_unit_test(test_journal),
	};

	(void)umask(0);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
