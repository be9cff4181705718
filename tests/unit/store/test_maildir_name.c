/* SPDX-License-Identifier: ISC
 *
 * maildir_name: what names say, what they must not be believed, in which
 * order they stand, and that new ones are unique.
 */
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/maildir_name.h"

static const struct {
	const char *name;
	uint64_t secs;
	uint32_t usec;
	const char *base;
	const char *stripped;
	int64_t disk, wire;	/* -1: not said */
} names[] = {
	{ "1.M2P3.h,S=10,W=12:2,S", 1, 2, "1.M2P3.h,S=10,W=12", "1.M2P3.h",
	    10, 12 },
	{ "1.M2P3.h,W=12,S=10", 1, 2, "1.M2P3.h,W=12,S=10", "1.M2P3.h", 10,
	    12 },
	{ "1700000000.M000123P1Q1_x.h", 1700000000, 123,
	    "1700000000.M000123P1Q1_x.h", "1700000000.M000123P1Q1_x.h", -1,
	    -1 },
	{ "1.P3.h,S=10", 1, 0, "1.P3.h,S=10", "1.P3.h", 10, -1 },
	{ "1.P3.h,W=10", 1, 0, "1.P3.h,W=10", "1.P3.h", -1, 10 },
	/* not digits, trailing garbage, empty, sign: part of the name */
	{ "1.h,W=12x", 1, 0, "1.h,W=12x", "1.h,W=12x", -1, -1 },
	{ "1.h,W=", 1, 0, "1.h,W=", "1.h,W=", -1, -1 },
	{ "1.h,W=-1", 1, 0, "1.h,W=-1", "1.h,W=-1", -1, -1 },
	{ "1.h,W=+1", 1, 0, "1.h,W=+1", "1.h,W=+1", -1, -1 },
	{ "1.h,S=0x10", 1, 0, "1.h,S=0x10", "1.h,S=0x10", -1, -1 },
	{ "1.h,W=99999999999999999999", 1, 0, "1.h,W=99999999999999999999",
	    "1.h,W=99999999999999999999", -1, -1 },
	{ "1.h,W=9223372036854775808", 1, 0, "1.h,W=9223372036854775808",
	    "1.h,W=9223372036854775808", -1, -1 },
	{ "1.h,w=12,s=1", 1, 0, "1.h,w=12,s=1", "1.h,w=12,s=1", -1, -1 },
	/* sizes behind the colon are flags */
	{ "1.h:2,S=1", 1, 0, "1.h", "1.h", -1, -1 },
	/* a wire size that such a file cannot have is not believed */
	{ "1.h,S=10,W=9", 1, 0, "1.h,S=10,W=9", "1.h", 10, -1 },
	{ "1.h,S=10,W=21", 1, 0, "1.h,S=10,W=21", "1.h", 10, 21 },
	{ "1.h,S=10,W=22", 1, 0, "1.h,S=10,W=22", "1.h", 10, -1 },
	{ "1.h,S=0,W=0", 1, 0, "1.h,S=0,W=0", "1.h", 0, 0 },
	{ "1.h,S=0,W=2", 1, 0, "1.h,S=0,W=2", "1.h", 0, -1 },
	/* said twice is not said */
	{ "1.h,W=12,W=13", 1, 0, "1.h,W=12,W=13", "1.h", -1, -1 },
	{ "1.h,S=1,S=2,W=2", 1, 0, "1.h,S=1,S=2,W=2", "1.h", -1, 2 },
	/* the mark of a file without dots is one of the sizes */
	{ "1.h,S=5,W=5,D=0", 1, 0, "1.h,S=5,W=5,D=0", "1.h", 5, 5 },
	{ "1.h,D=0,X", 1, 0, "1.h,D=0,X", "1.h,X", -1, -1 },
	/* nobody else means that by a field of this letter */
	{ "1.h,D=7,X", 1, 0, "1.h,D=7,X", "1.h,D=7,X", -1, -1 },
	{ "1.h,D=00", 1, 0, "1.h,D=00", "1.h,D=00", -1, -1 },
	{ "1.h,D=", 1, 0, "1.h,D=", "1.h,D=", -1, -1 },
	/* other fields stay */
	{ "1.h,X=1,S=5,Y", 1, 0, "1.h,X=1,S=5,Y", "1.h,X=1,Y", 5, -1 },
	{ "1.h,", 1, 0, "1.h,", "1.h,", -1, -1 },
	{ "1.h,,S=5", 1, 0, "1.h,,S=5", "1.h,", 5, -1 },
	/* names of no form at all */
	{ "x", 0, 0, "x", "x", -1, -1 },
	{ "", 0, 0, "", "", -1, -1 },
	/* what is not ":1," or ":2," is no info, and nothing has no info */
	{ ":2,S", 0, 0, ":2,S", ":2,S", -1, -1 },
	{ ":2,S:2,F", 0, 0, ":2,S", ":2,S", -1, -1 },
	{ "1.h:1,S", 1, 0, "1.h", "1.h", -1, -1 },
	{ "1.h:2,S:2,F", 1, 0, "1.h", "1.h", -1, -1 },
	{ "1.h:2", 1, 0, "1.h:2", "1.h:2", -1, -1 },
	{ "1.h:3,S", 1, 0, "1.h:3,S", "1.h:3,S", -1, -1 },
	{ "1T10:20:30:2,", 1, 0, "1T10:20:30", "1T10:20:30", -1, -1 },
	{ "1T10:20,S=5:2,S", 1, 0, "1T10:20,S=5", "1T10:20", 5, -1 },
	{ ",S=5", 0, 0, ",S=5", "", 5, -1 },
	{ "5", 5, 0, "5", "5", -1, -1 },
	{ "5.M", 5, 0, "5.M", "5.M", -1, -1 },
	{ "5.M7", 5, 7, "5.M7", "5.M7", -1, -1 },
	{ "5xM7", 5, 0, "5xM7", "5xM7", -1, -1 },
	{ "5.M99999999999", 5, 0, "5.M99999999999", "5.M99999999999", -1,
	    -1 },
	{ "99999999999999999999.M1", 0, 0, "99999999999999999999.M1",
	    "99999999999999999999.M1", -1, -1 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* exact size, so that a sanitizer sees an octet too far */
		size_t n = strlen(names[i].name);
		char *p = malloc(n + 1), out[256];
		struct maildir_name v;

		print_message("\"%s\"\n", names[i].name);
		assert_non_null(p);
		p = realloc(p, n > 0 ? n : 1);
		memcpy(p, names[i].name, n);
		maildir_name_parse(&v, p, n);
		assert_int_equal(v.secs, names[i].secs);
		assert_int_equal(v.usec, names[i].usec);
		assert_int_equal(v.base_n, strlen(names[i].base));
		assert_int_equal(v.has_disk, names[i].disk >= 0);
		assert_int_equal(v.has_wire, names[i].wire >= 0);
		if (names[i].disk >= 0)
			assert_int_equal(v.disk, names[i].disk);
		if (names[i].wire >= 0)
			assert_int_equal(v.wire, names[i].wire);
		n = maildir_name_strip(out, p, v.base_n);
		assert_int_equal(n, strlen(names[i].stripped));
		assert_memory_equal(out, names[i].stripped, n);
		free(p);
	}
}

/* Only one ",D=0" in the base says that no line begins with a dot. */
static void
test_no_dots(void **state)
{
	static const struct {
		const char *name;
		bool no_dots;
	} cases[] = {
		{ "1.h,D=0", true }, { "1.h,D=0:2,S", true },
		{ "1.h,D=00", false }, { "1.h,D=0,S=1", true },
		{ "1.h", false }, { "1.h,D=1", false }, { "1.h,D=", false },
		{ "1.h,D=0x", false }, { "1.h,D=-0", false },
		{ "1.h,d=0", false }, { "1.h,D=0,D=0", false },
		{ "1.h,D=0,D=1", true }, { "1.h:2,D=0", false },
		{ "1.h,D=99999999999999999999", false },
		{ "1.hD=0", false }, { "1.h,XD=0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct maildir_name v;

		print_message("\"%s\"\n", cases[i].name);
		maildir_name_parse(&v, cases[i].name, strlen(cases[i].name));
		assert_int_equal(v.no_dots, cases[i].no_dots);
	}
}

/* every name before all those behind it */
static void
test_order(void **state)
{
	static const char *const sorted[] = {
		"x", "1.a", "1.b", "1.b,S=1", "1.M1P1.b", "1.M2P1.a",
		"1.M10P1.a", "2.M1P1.a", "9.a", "10.a", "10.b:2,S",
	};
	enum { N = sizeof(sorted) / sizeof(sorted[0]) };
	struct maildir_name v[N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		maildir_name_parse(&v[i], sorted[i], strlen(sorted[i]));
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < N; k++) {
			int r = maildir_name_compare(&v[i], sorted[i], &v[k],
			    sorted[k]);

			assert_int_equal(r < 0, i < k);
			assert_int_equal(r > 0, i > k);
		}
	}
}

static void
test_flags_are_not_identity(void **state)
{
	struct maildir_name a, b;

	(void)state;
	maildir_name_parse(&a, "1.h:2,", 6);
	maildir_name_parse(&b, "1.h:2,FS", 8);
	assert_int_equal(maildir_name_compare(&a, "1.h:2,", &b, "1.h:2,FS"),
	    0);
}

/* D10: a host's name may hold what a file's name may not */
static void
test_host(void **state)
{
	static const struct {
		const char *host, *escaped;
	} cases[] = {
		{ "mail.example.org", "mail.example.org" },
		{ "a/b:c", "a\\057b\\072c" },
		{ "a,b c\n", "a\\054b\\040c\\012" },
		{ "\xff", "\\377" },
		{ "a\\b", "a\\134b" },
		{ "", "localhost" },
	};
	char out[MAILDIR_HOST_MAX + 1], big[400];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		maildir_host_escape(out, cases[i].host);
		assert_string_equal(out, cases[i].escaped);
	}
	maildir_host_escape(out, NULL);
	assert_string_equal(out, "localhost");
	memset(big, '/', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	maildir_host_escape(out, big);
	assert_true(strlen(out) <= MAILDIR_HOST_MAX);
}

enum { THREADS = 8, EACH = 2000 };

static char made[THREADS * EACH][MAILDIR_UNIQUE_MAX];

static void *
make_names(void *arg)
{
	char (*mine)[MAILDIR_UNIQUE_MAX] = arg;

	for (size_t i = 0; i < EACH; i++)
		if (maildir_unique(mine[i], "h.example") != 0)
			mine[i][0] = '\0';
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* D10 */
static void
test_unique_among_threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, make_names,
		    &made[i * EACH]), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	qsort(made, THREADS * EACH, MAILDIR_UNIQUE_MAX, compare);
	for (size_t i = 1; i < THREADS * EACH; i++)
		assert_string_not_equal(made[i - 1], made[i]);
	assert_string_not_equal(made[0], "");
}

/* ---- a clock that stands still, process ids that come again -------------- */

static bool frozen;

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (!frozen)
		return (int)syscall(SYS_clock_gettime, clock, ts);
	*ts = (struct timespec){ .tv_sec = 1700000000 };
	return 0;
}

pid_t
getpid(void)
{
	return frozen ? 77 : (pid_t)syscall(SYS_getpid);
}

/* D10: processes with one process id, one time and one count, as after a
 * clock that was set back, or in two containers: names differ by chance, and
 * creation is exclusive (test_deliver.c) */
static void
test_unique_with_one_clock(void **state)
{
	enum { PROCESSES = 50 };
	static char drawn[PROCESSES][MAILDIR_UNIQUE_MAX];
	int p[2], status;

	(void)state;
	for (size_t i = 0; i < PROCESSES; i++) {
		assert_int_equal(pipe(p), 0);
		pid_t child = fork();

		if (child == 0) {
			char name[MAILDIR_UNIQUE_MAX] = "";

			frozen = true;
			_exit(maildir_unique(name, "h.example") == 0 &&
			    write(p[1], name, sizeof(name)) ==
			    sizeof(name) ? 0 : 1);
		}
		assert_int_equal(read(p[0], drawn[i], sizeof(drawn[i])),
		    sizeof(drawn[i]));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		close(p[0]);
		close(p[1]);
		assert_memory_equal(drawn[i], "1700000000.M000000P77Q", 22);
	}
	qsort(drawn, PROCESSES, MAILDIR_UNIQUE_MAX, compare);
	for (size_t i = 1; i < PROCESSES; i++)
		assert_string_not_equal(drawn[i - 1], drawn[i]);
}

/* What a name of ours says is what we wrote into it, and its unique-id is
 * its own text. */
static void
test_final_name(void **state)
{
	char host[MAILDIR_HOST_MAX + 1], unique[MAILDIR_UNIQUE_MAX];
	char name[MAILDIR_NAME_MAX], long_host[300];
	struct maildir_name v;

	(void)state;
	memset(long_host, 'h', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	maildir_host_escape(host, long_host);
	assert_int_equal(maildir_unique(unique, host), 0);
	assert_int_equal(maildir_final_name(name, unique, INT64_MAX / 2,
	    INT64_MAX, true), 0);
	assert_true(strlen(name) < 255);
	maildir_name_parse(&v, name, strlen(name));
	assert_true(v.has_disk && v.has_wire);
	assert_int_equal(v.disk, INT64_MAX / 2);
	assert_int_equal(v.wire, INT64_MAX);
	assert_int_equal(maildir_name_strip(name, name, v.base_n),
	    strlen(unique));

	/* an impossible wire size is not written down */
	assert_int_equal(maildir_final_name(name, "1.h", 10, 5, true), 0);
	assert_string_equal(name, "1.h,S=10");
	assert_int_equal(maildir_final_name(name, "1.h", 10, 12, true), 0);
	assert_string_equal(name, "1.h,S=10,W=12");
	/* what can be sent as it is has a mark */
	assert_int_equal(maildir_final_name(name, "1.h", 12, 12, false), 0);
	assert_string_equal(name, "1.h,S=12,W=12");
	assert_int_equal(maildir_final_name(name, "1.h", 12, 12, true), 0);
	assert_string_equal(name, "1.h,S=12,W=12,D=0");
	maildir_name_parse(&v, name, strlen(name));
	assert_true(v.no_dots);
	/* there is room for the longest */
	assert_int_equal(maildir_final_name(name, unique, INT64_MAX,
	    INT64_MAX, true), 0);
	maildir_name_parse(&v, name, strlen(name));
	assert_true(v.no_dots && v.wire == INT64_MAX);
	assert_int_equal(maildir_name_strip(name, name, v.base_n),
	    strlen(unique));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_no_dots),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_flags_are_not_identity),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_unique_among_threads),
		cmocka_unit_test(test_unique_with_one_clock),
		cmocka_unit_test(test_final_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
