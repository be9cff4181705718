/* SPDX-License-Identifier: ISC
 *
 * Several messages at once (store_bodies): which ones come, and what shows
 * that one was touched after it was opened (Z-2, Z-3); which are said to be in
 * wire form.
 */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_backend.h"
#include "sync.h"
#include "sys/os.h"

struct office {
	char *root;
	struct store *st;
};

static int
setup(void **state)
{
	struct office *o = calloc(1, sizeof(*o));

	o->root = sync_tmpdir();
	sync_maildir(o->root, "m");
	o->st = sync_store("maildir", o->root);
	*state = o;
	return 0;
}

static int
teardown(void **state)
{
	struct office *o = *state;

	store_free(o->st);
	sync_rmdir(o->root);
	free(o);
	return 0;
}

static void
path_of(const struct office *o, const char *name, char out[600])
{
	assert_true(snprintf(out, 600, "%s/m/%s", o->root, name) < 600);
}

static void
move(struct office *o, const char *from, const char *to)
{
	char a[600], b[600];

	path_of(o, from, a);
	path_of(o, to, b);
	assert_int_equal(rename(a, b), 0);
}

static void
drop(struct office *o, const char *name)
{
	char a[600];

	path_of(o, name, a);
	assert_int_equal(unlink(a), 0);
}

/* messages 0 to n - 1, message i of the text "i\n" */
static struct sync_open
open_with(struct office *o, unsigned n)
{
	struct sync_open s;

	for (unsigned i = 0; i < n; i++) {
		char name[40], text[8];
		int len = snprintf(text, sizeof(text), "%u\n", i);

		assert_true(snprintf(name, sizeof(name), "cur/%u.h,S=%d:2,",
		    i + 1, len) > 0);
		sync_file(o->root, "m", name, text, (size_t)len);
	}
	s = sync_open(o->st, "m");
	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(s.snap->count, n);
	return s;
}

/* the bodies are those of `first` and its followers; closes them */
static void
check_bodies(const struct store_body *bodies, unsigned n, unsigned first)
{
	for (unsigned k = 0; k < n; k++) {
		char want[8];
		int len = snprintf(want, sizeof(want), "%u\n", first + k);
		size_t got_n;
		char *got = sync_read(&bodies[k], &got_n);

		assert_int_equal(got_n, len);
		assert_memory_equal(got, want, got_n);
		free(got);
	}
}

static void
ask(struct sync_open *s, uint32_t first, unsigned max, unsigned want)
{
	struct store_body bodies[STORE_BODIES_MAX];
	unsigned n;

	assert_int_equal(sync_bodies(s->s, first, max, bodies, &n), STORE_OK);
	assert_int_equal(n, want);
	check_bodies(bodies, n, first);
}

static void
test_in_order(void **state)
{
	struct sync_open s = open_with(*state, 40);

	ask(&s, 0, 1, 1);
	ask(&s, 0, 4, 4);
	ask(&s, 3, 16, 16);
	/* no more than there are, and than one answer holds */
	ask(&s, 36, 16, 4);
	ask(&s, 39, 16, 1);
	ask(&s, 0, 1000, STORE_BODIES_MAX);
	ask(&s, 7, 0, 1);
	sync_close(&s);
}

static void
test_none(void **state)
{
	struct sync_open s = open_with(*state, 2);
	struct store_body bodies[STORE_BODIES_MAX];
	unsigned n = 9;

	assert_int_equal(sync_bodies(s.s, 2, 4, bodies, &n), STORE_GONE);
	assert_int_equal(n, 0);
	assert_int_equal(sync_bodies(s.s, UINT32_MAX, 16, bodies, &n),
	    STORE_GONE);
	assert_int_equal(n, 0);
	drop(*state, "cur/1.h,S=2:2,");
	assert_int_equal(sync_bodies(s.s, 0, 4, bodies, &n), STORE_GONE);
	assert_int_equal(n, 0);
	sync_close(&s);
}

/* Trouble with one that nobody has asked for yet ends the row before it, and
 * is told when it is asked for. */
static void
test_until_trouble(void **state)
{
	struct sync_open s = open_with(*state, 6);
	struct store_body bodies[STORE_BODIES_MAX];
	unsigned n;

	drop(*state, "cur/3.h,S=2:2,");
	ask(&s, 0, 6, 2);
	assert_int_equal(sync_bodies(s.s, 2, 4, bodies, &n), STORE_GONE);
	ask(&s, 3, 6, 3);
	/* renamed: whoever asks for it finds it, and all names are known
	 * again */
	move(*state, "cur/5.h,S=2:2,", "cur/5.h,S=2:2,S");
	move(*state, "cur/6.h,S=2:2,", "cur/6.h,S=2:2,S");
	ask(&s, 3, 6, 1);
	ask(&s, 4, 6, 2);
	sync_close(&s);
}

/* a file that is not as its name says is read before it is believed */
static void
test_doubtful(void **state)
{
	struct office *o = *state;
	struct store_body bodies[STORE_BODIES_MAX];
	struct sync_open s;
	unsigned n;

	sync_file(o->root, "m", "cur/1.h,S=2,W=3:2,", "0\n", 2);
	sync_file(o->root, "m", "cur/2.h,S=1,W=3:2,", "1\n", 2);
	s = sync_open(o->st, "m");
	ask(&s, 0, 2, 1);
	assert_int_equal(sync_bodies(s.s, 1, 2, bodies, &n), STORE_OK);
	assert_int_equal(n, 1);
	check_bodies(bodies, n, 1);
	sync_close(&s);
}

static uint64_t
changed_now(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return os_changed(&st);
}

/* what the front looks at before it sends a body that it has kept */
static void
test_changes_show(void **state)
{
	struct office *o = *state;
	struct sync_open s = open_with(o, 3);
	struct store_body b[STORE_BODIES_MAX];
	struct stat st;
	char other[600], name[600];
	unsigned n, turns = 0;

	assert_int_equal(sync_bodies(s.s, 0, 3, b, &n), STORE_OK);
	assert_int_equal(n, 3);
	for (unsigned i = 0; i < n; i++)
		assert_true(b[i].changed == changed_now(b[i].fd));
	/* times are only as fine as the kernel's tick */
	while (b[0].changed == changed_now(b[0].fd)) {
		assert_true(turns++ < 10000000);
		move(o, "cur/1.h,S=2:2,", "cur/1.h,S=2:2,S");
		move(o, "cur/1.h,S=2:2,S", "cur/1.h,S=2:2,");
	}
	/* removed here, but not everywhere */
	path_of(o, "cur/2.h,S=2:2,", name);
	path_of(o, "tmp/other", other);
	assert_int_equal(link(name, other), 0);
	drop(o, "cur/2.h,S=2:2,");
	assert_true(b[1].changed != changed_now(b[1].fd));
	drop(o, "cur/3.h,S=2:2,");
	assert_int_equal(fstat(b[2].fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	check_bodies(b, n, 0);
	sync_close(&s);
}

/* an engine that cannot tell gives one at a time */
static void
test_mem(void **state)
{
	static const char *const one[] = { "a" };
	char *root = sync_tmpdir();
	struct store *st = sync_store("mem", root);
	struct store_body bodies[STORE_BODIES_MAX];
	struct sync_open s;
	unsigned n;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(sync_deliver(st, one, 1, "x\n", 2).all,
		    STORE_OK);
	s = sync_open(st, "a");
	assert_int_equal(sync_bodies(s.s, 0, 3, bodies, &n), STORE_OK);
	assert_int_equal(n, 1);
	free(sync_read(&bodies[0], &(size_t){ 0 }));
	sync_close(&s);
	store_free(st);
	sync_rmdir(root);
}

/* ",D=0" is believed of a file in wire form that has its name's size. */
static void
test_mark_of_wire_form(void **state)
{
#define GOOD "A: b\r\n\r\nhi\r\n"
	static const struct {
		const char *name, *text;
		bool marked;
	} cases[] = {
		{ "new/1.h,S=12,W=12,D=0", GOOD, true },
		{ "cur/2.h,S=12,W=12,D=0:2,S", GOOD, true },
		{ "new/3.h,S=12,W=12", GOOD, false },
		{ "new/4.h,S=12,W=12,D=1", GOOD, false },
		{ "new/5.h,S=11,W=12,D=0", GOOD, false },
		{ "new/6.h,W=12,D=0", GOOD, false },
		{ "new/7.h,S=12,W=12:2,D=0", GOOD, false },
		/* without sizes it is read at login; who knows until when */
		{ "new/8.h", GOOD, false },
		{ "new/9.h,D=0", GOOD, false },
		/* another file than the one that was delivered, and the same
		 * on the wire */
		{ "new/11.h,S=12,W=12,D=0", "A: b\n\nhi\n", false },
		{ "new/12.h,S=12,W=12,D=0", "A: b\r\n\r\nhi", false },
	};
	enum { N = sizeof(cases) / sizeof(cases[0]) };
	const unsigned wire_form = STORE_BODY_CRLF | STORE_BODY_NO_DOTS;
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;

	for (size_t i = 0; i < N; i++)
		sync_file(o->root, "m", cases[i].name, cases[i].text,
		    strlen(cases[i].text));
	s = sync_open(o->st, "m");
	assert_int_equal(s.snap->count, N);
	for (uint32_t i = 0; i < N; i++) {
		print_message("%s\n", cases[i].name);
		assert_int_equal(sync_body(s.s, i, &body), STORE_OK);
		assert_int_equal(body.flags == wire_form, cases[i].marked);
		assert_int_equal(body.length, strlen(cases[i].text));
		assert_int_equal(s.snap->octets[i], 12);
		close(body.fd);
	}
	sync_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_in_order),
		TEST(test_none),
		TEST(test_until_trouble),
		TEST(test_doubtful),
		TEST(test_changes_show),
		TEST(test_mark_of_wire_form),
		TEST(test_mem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
