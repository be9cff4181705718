/* SPDX-License-Identifier: ISC
 *
 * A maildrop that is read: what is listed, in which order, under which ids,
 * with which sizes; what other readers may do meanwhile; what a commit
 * removes.  LIST == octets sent is checked for every message of every case.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shapes.h"
#include "store/snapshot.h"
#include "sync.h"
#include "sys/os.h"
#include "../valgrind.h"

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

	os_hook_set(NULL);
	store_free(o->st);
	sync_rmdir(o->root);
	free(o);
	return 0;
}

static void
put(struct office *o, const char *name, const char *text)
{
	sync_file(o->root, "m", name, text, strlen(text));
}

static void
move(struct office *o, const char *from, const char *to)
{
	char a[600], b[600];

	snprintf(a, sizeof(a), "%s/m/%s", o->root, from);
	snprintf(b, sizeof(b), "%s/m/%s", o->root, to);
	assert_int_equal(rename(a, b), 0);
}

static void
drop(struct office *o, const char *name)
{
	char a[600];

	snprintf(a, sizeof(a), "%s/m/%s", o->root, name);
	assert_int_equal(unlink(a), 0);
}

static struct sync_open
must_open(struct office *o, uint32_t count)
{
	struct sync_open s = sync_open(o->st, "m");

	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(s.snap->count, count);
	return s;
}

static void
uidl(char out[STORE_UIDL_MAX + 1], const struct store_snapshot *snap,
    uint32_t i)
{
	uint32_t start = i > 0 ? snap->uidl_end[i - 1] : 0;
	uint32_t n = snap->uidl_end[i] - start;

	assert_true(n >= 1 && n <= STORE_UIDL_MAX);
	memcpy(out, snap->uidls + start, n);
	out[n] = '\0';
	for (uint32_t k = 0; k < n; k++)
		assert_true(out[k] >= 0x21 && out[k] <= 0x7E);
}

static void
check_uidl(const struct store_snapshot *snap, uint32_t i, const char *want)
{
	char id[STORE_UIDL_MAX + 1];

	uidl(id, snap, i);
	assert_string_equal(id, want);
}

/* message i is `text`, and LIST says what the wire gets */
static void
check_body(struct sync_open *s, uint32_t i, const char *text, size_t n)
{
	struct store_body body;
	size_t got_n, wire_n;
	char *got, *wire;

	assert_int_equal(sync_body(s->s, i, &body), STORE_OK);
	got = sync_read(&body, &got_n);
	assert_int_equal(got_n, n);
	assert_memory_equal(got, text, n);
	wire = sync_wire(got, got_n, &wire_n);
	assert_int_equal(s->snap->octets[i], wire_n);
	if (body.flags & STORE_BODY_CRLF)
		assert_int_equal(wire_n, got_n);
	if (body.flags & STORE_BODY_NO_DOTS)
		assert_true((n == 0 || text[0] != '.') &&
		    memmem(text, n, "\n.", 2) == NULL);
	free(wire);
	free(got);
}

/* B-12: sizes without ",W=" are measured, all shapes at once */
static void
test_shapes_measured(void **state)
{
	struct office *o = *state;
	struct sync_open s;
	char name[64];

	for (size_t i = 0; i < SHAPES; i++) {
		snprintf(name, sizeof(name), "%s/%zu.M1P1.h%s",
		    i % 2 ? "cur" : "new", i + 1, i % 2 ? ":2,S" : "");
		sync_file(o->root, "m", name, shapes[i].text, shapes[i].n);
	}
	s = must_open(o, SHAPES);
	for (uint32_t i = 0; i < SHAPES; i++) {
		print_message("%s\n", shapes[i].label);
		assert_int_equal(s.snap->octets[i], shapes[i].wire);
		check_body(&s, i, shapes[i].text, shapes[i].n);
	}
	sync_close(&s);
}

/* Z-1: the listing is the same with sizes in the names */
static void
test_shapes_named(void **state)
{
	struct office *o = *state;
	struct sync_open s;
	char name[64];

	for (size_t i = 0; i < SHAPES; i++) {
		snprintf(name, sizeof(name), "new/%zu.M1P1.h,S=%zu,W=%llu",
		    i + 1, shapes[i].n, (unsigned long long)shapes[i].wire);
		sync_file(o->root, "m", name, shapes[i].text, shapes[i].n);
	}
	s = must_open(o, SHAPES);
	for (uint32_t i = 0; i < SHAPES; i++) {
		print_message("%s\n", shapes[i].label);
		snprintf(name, sizeof(name), "%u.M1P1.h", i + 1);
		check_uidl(s.snap, i, name);
		check_body(&s, i, shapes[i].text, shapes[i].n);
	}
	sync_close(&s);
}

/* absurd ",W=" are not believed: the file is measured */
static void
test_absurd_wire(void **state)
{
	static const char *const names[] = {
		"new/1.h,W=x", "new/2.h,W=5x", "new/3.h,S=9,W=5",
		"new/4.h,S=9,W=500", "new/5.h,W=", "new/6.h,W=1,W=2",
		"new/7.h,S=9", "new/8.h,S=4",
	};
	enum { N = sizeof(names) / sizeof(names[0]) };
	struct office *o = *state;
	struct sync_open s;

	for (size_t i = 0; i < N; i++)
		put(o, names[i], "A: b\n\nhi\n");
	s = must_open(o, N);
	for (uint32_t i = 0; i < N; i++)
		check_body(&s, i, "A: b\n\nhi\n", 9);
	sync_close(&s);
}

/* What the names say is possible but not true: no such message is shown as
 * if it were right. */
static void
test_lying_names(void **state)
{
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;

	/* the size is wrong, the wire size right: nothing is wrong with it */
	put(o, "new/1.h,S=8,W=12", "A: b\n\nhi\n");
	/* both wrong: another file than the one that was named */
	put(o, "new/2.h,S=20,W=22", "A: b\n\nhi\n");
	/* only W, wrong and right */
	put(o, "new/3.h,W=14", "A: b\n\nhi\n");
	put(o, "new/4.h,W=12", "A: b\n\nhi\n");
	s = must_open(o, 4);
	check_body(&s, 0, "A: b\n\nhi\n", 9);
	assert_int_equal(sync_body(s.s, 1, &body), STORE_CORRUPT);
	assert_int_equal(body.fd, -1);
	assert_int_equal(sync_body(s.s, 2, &body), STORE_CORRUPT);
	check_body(&s, 3, "A: b\n\nhi\n", 9);
	sync_close(&s);
}

static void
test_measured_file_changes(void **state)
{
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;

	put(o, "new/1.h", "A: b\n\nhi\n");
	s = must_open(o, 1);
	drop(o, "new/1.h");
	put(o, "new/1.h", "A: b\n\nother\n");
	assert_int_equal(sync_body(s.s, 0, &body), STORE_CORRUPT);
	sync_close(&s);
}

static void
test_order(void **state)
{
	static const char *const sorted[] = {
		"0nothing", "1.a", "1.b", "1.M1P1.b", "1.M2P1.a",
		"1.M10P1.a", "9.a", "10.a", "10.b",
	};
	enum { N = sizeof(sorted) / sizeof(sorted[0]) };
	struct office *o = *state;
	struct sync_open s;
	char name[64];

	for (size_t i = N; i-- > 0;) {
		snprintf(name, sizeof(name), i % 3 ? "new/%s" : "cur/%s:2,",
		    sorted[i]);
		put(o, name, "x\n");
	}
	s = must_open(o, N);
	for (uint32_t i = 0; i < N; i++)
		check_uidl(s.snap, i, sorted[i]);
	sync_close(&s);
}

static int
go_on(void *arg, const struct os_call *call)
{
	(void)arg;
	(void)call;
	return 0;
}

/* a file system that does not say what kind an entry is */
static void
hide_types(void *arg, const struct os_call *call, long result, int err)
{
	(void)arg;
	(void)err;
	for (long at = 0; call->op == OS_GETDENTS && at < result;) {
		struct os_dirent *d = (void *)((char *)call->data + at);

		d->type = DT_UNKNOWN;
		at += d->reclen;
	}
}

/* S45: what is no message is not shown, not opened, and does not block;
 * whether its size must be measured or stands in the name */
static void
test_strange_entries(void **state)
{
	static const struct os_hook no_types = { go_on, hide_types, NULL };
	struct office *o = *state;
	char path[600];
	struct sync_open s;

	put(o, "new/.hidden", "x\n");
	put(o, "tmp/1.tmp", "x\n");
	for (int named = 0; named < 2; named++) {
		const char *sizes = named ? ",S=2,W=3" : "";

		snprintf(path, sizeof(path), "%s/m/new/2.link%s", o->root,
		    sizes);
		assert_int_equal(symlink("/etc/passwd", path), 0);
		snprintf(path, sizeof(path), "%s/m/new/3.lost%s", o->root,
		    sizes);
		assert_int_equal(symlink("nowhere", path), 0);
		snprintf(path, sizeof(path), "%s/m/cur/4.fifo%s", o->root,
		    sizes);
		assert_int_equal(mkfifo(path, 0600), 0);
		snprintf(path, sizeof(path), "%s/m/cur/5.dir%s", o->root,
		    sizes);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put(o, "new/6.real", "x\n");
	for (int round = 0; round < 2; round++) {
		s = must_open(o, 1);
		check_uidl(s.snap, 0, "6.real");
		sync_close(&s);
		os_hook_set(&no_types);
	}
}

/* S45: the file is a message when listed and something else when asked for */
static void
test_replaced_by_link(void **state)
{
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;
	char path[600];

	put(o, "new/1.a,S=2,W=3", "x\n");
	put(o, "new/2.a,S=2,W=3", "x\n");
	s = must_open(o, 2);
	drop(o, "new/1.a,S=2,W=3");
	snprintf(path, sizeof(path), "%s/m/new/1.a,S=2,W=3", o->root);
	assert_int_equal(symlink("2.a,S=2,W=3", path), 0);
	assert_int_equal(sync_body(s.s, 0, &body), STORE_GONE);
	drop(o, "new/2.a,S=2,W=3");
	snprintf(path, sizeof(path), "%s/m/new/2.a,S=2,W=3", o->root);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sync_body(s.s, 1, &body), STORE_GONE);
	sync_close(&s);
}

/* S46: no symbolic link leads to a maildrop or inside of it */
static void
test_linked_directories(void **state)
{
	struct office *o = *state;
	struct sync_open s;
	char path[600];

	for (int missing = 0; missing < 2; missing++) {
		os_openat2_missing(missing);
		snprintf(path, sizeof(path), "%s/link%d", o->root, missing);
		assert_int_equal(symlink("m", path), 0);
		s = sync_open(o->st, missing ? "link1" : "link0");
		assert_int_equal(s.r, STORE_NO_MAILDROP);
	}
	os_openat2_missing(0);
	snprintf(path, sizeof(path), "%s/m/new", o->root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("cur", path), 0);
	s = sync_open(o->st, "m");
	assert_int_not_equal(s.r, STORE_OK);
}

static void
test_uidl_hashed(void **state)
{
	struct office *o = *state;
	char long_name[100], path[120], a[STORE_UIDL_MAX + 1];
	char b[STORE_UIDL_MAX + 1], first[STORE_UIDL_MAX + 1];
	struct sync_open s;

	/* 71 characters: too long for RFC 1939 section 7 */
	snprintf(long_name, sizeof(long_name), "1.%069d", 7);
	snprintf(path, sizeof(path), "new/%s", long_name);
	put(o, path, "x\n");
	put(o, "new/2.with blank", "x\n");
	put(o, "new/3.with\nLF", "x\n");
	put(o, "new/4.\xc3\xa4", "x\n");
	snprintf(path, sizeof(path), "new/5.%068d", 7);
	put(o, path, "x\n");
	s = must_open(o, 5);
	for (uint32_t i = 0; i < 4; i++) {
		uidl(a, s.snap, i);
		assert_int_equal(strlen(a), STORE_UIDL_HASHED);
		if (i == 0)
			memcpy(first, a, sizeof(first));
	}
	uidl(b, s.snap, 4);
	assert_string_equal(b, path + 4);
	sync_close(&s);

	/* a file that bears the hash of another one does not get its id; and
	 * ids stay what they were, in new/ and in cur/ */
	snprintf(path, sizeof(path), "new/%s", first);
	put(o, path, "x\n");
	move(o, "new/2.with blank", "cur/2.with blank:2,S");
	s = must_open(o, 6);
	for (uint32_t i = 0; i < 6; i++) {
		unsigned alike = 0;

		uidl(a, s.snap, i);
		for (uint32_t k = 0; k < 6; k++) {
			uidl(b, s.snap, k);
			alike += strcmp(a, b) == 0;
		}
		assert_int_equal(alike, 1);
		if (s.snap->octets[i] == 3 && strcmp(a, first) == 0)
			first[0] = '\0';
	}
	assert_string_equal(first, "");
	sync_close(&s);
}

/* bases that differ in their sizes only */
static void
test_uidl_clash(void **state)
{
	struct office *o = *state;
	char a[STORE_UIDL_MAX + 1], b[STORE_UIDL_MAX + 1];
	struct sync_open s;

	put(o, "new/1.h,S=2", "x\n");
	put(o, "new/1.h,S=4", "xxx\n");
	put(o, "new/1.i", "y\n");
	s = must_open(o, 3);
	uidl(a, s.snap, 0);
	uidl(b, s.snap, 1);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), STORE_UIDL_HASHED);
	assert_int_equal(strlen(b), STORE_UIDL_HASHED);
	check_uidl(s.snap, 2, "1.i");
	check_body(&s, 0, "x\n", 2);
	check_body(&s, 1, "xxx\n", 4);
	sync_close(&s);
}

/* one base in new/ and cur/, or twice in cur/, is one message, and when it
 * is removed nothing of it comes back */
static void
test_same_base_twice(void **state)
{
	struct office *o = *state;
	struct sync_open s;

	put(o, "new/1.h", "x\n");
	put(o, "cur/1.h:2,S", "x\n");
	put(o, "cur/2.h:2,", "y\n");
	put(o, "cur/2.h:2,S", "y\n");
	put(o, "cur/2.h:2,F", "y\n");
	put(o, "new/3.h", "z\n");
	s = must_open(o, 3);
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\3"),
	    STORE_OK);
	sync_close(&s);
	assert_int_equal(sync_count(o->root, "m", "new"), 1);
	assert_int_equal(sync_count(o->root, "m", "cur"), 0);
	s = must_open(o, 1);
	check_body(&s, 0, "z\n", 2);
	sync_close(&s);
}

/* a colon that begins no info is a part of the base: two messages of one
 * hour are two, and removing one leaves the other */
static void
test_colons_in_base(void **state)
{
	struct office *o = *state;
	struct sync_open s;

	put(o, "new/2026-11-21T10:20:30.h", "x\n");
	put(o, "cur/2026-11-21T10:20:31.h:2,S", "y\n");
	put(o, "cur/2026-11-21T10:20:31.h", "y\n");
	s = must_open(o, 2);
	check_uidl(s.snap, 0, "2026-11-21T10:20:30.h");
	check_uidl(s.snap, 1, "2026-11-21T10:20:31.h");
	move(o, "cur/2026-11-21T10:20:31.h", "cur/2026-11-21T10:20:31.h:2,F");
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\2"),
	    STORE_OK);
	check_body(&s, 0, "x\n", 2);
	sync_close(&s);
	assert_int_equal(sync_count(o->root, "m", "new"), 1);
	assert_int_equal(sync_count(o->root, "m", "cur"), 0);
}

/* Z-2 */
static void
test_renamed_meanwhile(void **state)
{
	struct office *o = *state;
	struct sync_open s;

	put(o, "new/1.h,S=2,W=3", "a\n");
	put(o, "cur/2.h,S=2,W=3:2,", "b\n");
	put(o, "cur/3.h:2,", "c\n");
	put(o, "new/4.h", "d\n");
	s = must_open(o, 4);
	move(o, "new/1.h,S=2,W=3", "cur/1.h,S=2,W=3:2,");
	move(o, "cur/2.h,S=2,W=3:2,", "cur/2.h,S=2,W=3:2,FS");
	move(o, "cur/3.h:2,", "cur/3.h:2,S");
	check_body(&s, 0, "a\n", 2);
	check_body(&s, 1, "b\n", 2);
	check_body(&s, 2, "c\n", 2);
	check_body(&s, 3, "d\n", 2);
	move(o, "cur/1.h,S=2,W=3:2,", "cur/1.h,S=2,W=3:2,S");
	move(o, "cur/3.h:2,S", "cur/3.h:2,ST");
	check_body(&s, 0, "a\n", 2);
	/* and a removal finds them as well: 0, 1 and 2 */
	move(o, "cur/2.h,S=2,W=3:2,FS", "cur/2.h,S=2,W=3:2,S");
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\7"),
	    STORE_OK);
	check_body(&s, 3, "d\n", 2);
	sync_close(&s);
	s = must_open(o, 1);
	check_body(&s, 0, "d\n", 2);
	sync_close(&s);
}

/* Z-3, S44 */
static void
test_removed_meanwhile(void **state)
{
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;

	put(o, "new/1.h,S=2,W=3", "a\n");
	put(o, "new/2.h,S=2,W=3", "b\n");
	s = must_open(o, 2);
	drop(o, "new/1.h,S=2,W=3");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sync_body(s.s, 0, &body), STORE_GONE);
		assert_int_equal(body.fd, -1);
	}
	check_body(&s, 1, "b\n", 2);
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\1"),
	    STORE_OK);
	check_body(&s, 1, "b\n", 2);
	sync_close(&s);
}

/* P2: new mail is for the next session, whose turn no removal takes away */
static void
test_new_mail_invisible(void **state)
{
	struct office *o = *state;
	struct store_body body;
	struct sync_open s;

	put(o, "new/2.h", "b\n");
	s = must_open(o, 1);
	put(o, "new/1.h", "a\n");
	put(o, "new/3.h", "c\n");
	move(o, "new/2.h", "cur/2.h:2,S");
	check_body(&s, 0, "b\n", 2);
	assert_int_equal(sync_body(s.s, 1, &body), STORE_GONE);
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\1"),
	    STORE_OK);
	sync_close(&s);
	s = must_open(o, 2);
	check_uidl(s.snap, 0, "1.h");
	check_uidl(s.snap, 1, "3.h");
	sync_close(&s);
}

/* P4 */
static void
test_nothing_removed_without_commit(void **state)
{
	struct office *o = *state;
	struct sync_open s;

	put(o, "new/1.h", "a\n");
	put(o, "cur/2.h:2,", "b\n");
	s = must_open(o, 2);
	check_body(&s, 0, "a\n", 2);
	sync_close(&s);
	/* no marks: nothing to do */
	s = must_open(o, 2);
	assert_int_equal(sync_commit(s.s, (const unsigned char *)""),
	    STORE_OK);
	sync_close(&s);
	assert_int_equal(sync_count(o->root, "m", "new"), 1);
	assert_int_equal(sync_count(o->root, "m", "cur"), 1);
}

/* P8 */
static void
test_lock(void **state)
{
	struct office *o = *state;
	struct store *other = sync_store("maildir", o->root);
	struct sync_open a = must_open(o, 0), b;

	b = sync_open(o->st, "m");
	assert_int_equal(b.r, STORE_IN_USE);
	assert_null(b.s);
	b = sync_open(other, "m");
	assert_int_equal(b.r, STORE_IN_USE);
	b = sync_open(o->st, "n");
	assert_int_equal(b.r, STORE_OK);
	sync_close(&b);
	sync_close(&a);
	b = sync_open(other, "m");
	assert_int_equal(b.r, STORE_OK);
	sync_close(&b);
	store_free(other);
}

static int
no_directory_locks(void *arg, const struct os_call *call)
{
	struct stat st;

	(void)arg;
	if (call->op == OS_FLOCK && fstat(call->fd, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return EBADF;
	return 0;
}

/* file systems on which a directory takes no lock */
static void
test_lock_file(void **state)
{
	static const struct os_hook hook = { .before = no_directory_locks };
	struct office *o = *state;
	struct sync_open a, b;

	put(o, "new/1.h", "a\n");
	os_hook_set(&hook);
	a = must_open(o, 1);
	b = sync_open(o->st, "m");
	assert_int_equal(b.r, STORE_IN_USE);
	sync_close(&a);
	a = must_open(o, 1);
	sync_close(&a);
}

static void
test_maildrop_is_made(void **state)
{
	struct office *o = *state;
	struct sync_open s;
	struct stat st;
	char path[600];

	for (int missing = 0; missing < 2; missing++) {
		const char *drop = missing ? "x/y/z" : "example.org/ada";

		os_openat2_missing(missing);
		s = sync_open(o->st, drop);
		assert_int_equal(s.r, STORE_OK);
		assert_int_equal(s.snap->count, 0);
		sync_close(&s);
		assert_int_equal(sync_count(o->root, drop, "new"), 0);
		assert_int_equal(sync_count(o->root, drop, "cur"), 0);
		assert_int_equal(sync_count(o->root, drop, "tmp"), 0);
		snprintf(path, sizeof(path), "%s/%s/new", o->root, drop);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	os_openat2_missing(0);
	/* half of one */
	snprintf(path, sizeof(path), "%s/m/cur", o->root);
	assert_int_equal(rmdir(path), 0);
	s = must_open(o, 0);
	sync_close(&s);
	/* a file in its way */
	put(o, "file", "x\n");
	s = sync_open(o->st, "m/file");
	assert_int_equal(s.r, STORE_NO_MAILDROP);
	s = sync_open(o->st, "m/file/sub");
	assert_int_equal(s.r, STORE_NO_MAILDROP);
}

static void
test_messages_max(void **state)
{
	struct office *o = *state;
	const char *error = NULL;
	struct store *st = store_new(&(struct store_config){
	    .engine = "maildir", .root = o->root, .messages_max = 2 },
	    &error);
	struct sync_open s;

	assert_non_null(st);
	put(o, "new/3.h", "c\n");
	put(o, "new/1.h", "a\n");
	put(o, "new/2.h", "b\n");
	s = sync_open(st, "m");
	assert_int_equal(s.snap->count, 2);
	check_uidl(s.snap, 0, "1.h");
	check_uidl(s.snap, 1, "2.h");
	sync_close(&s);
	store_free(st);
}

/* more than one buffer of getdents, in both directories */
static void
test_many(void **state)
{
	enum { N = 3000 };
	struct office *o = *state;
	unsigned char marks[N / 8 + 1];
	struct sync_open s;
	char name[80];

	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "%s/%u.M1P1.h,S=2,W=3%s",
		    i % 2 ? "new" : "cur", i + 1, i % 2 ? "" : ":2,S");
		put(o, name, "x\n");
	}
	s = must_open(o, N);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "%u.M1P1.h", i + 1);
		check_uidl(s.snap, i, name);
	}
	memset(marks, 0x55, sizeof(marks));
	assert_int_equal(sync_commit(s.s, marks), STORE_OK);
	sync_close(&s);
	s = must_open(o, N / 2);
	check_uidl(s.snap, 0, "2.M1P1.h");
	sync_close(&s);
}

/* ---- a directory that takes more than one call --------------------------- */

static void
put_many(struct office *o, unsigned n)
{
	char name[80];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "cur/%u.M1P1.h,S=2,W=3:2,",
		    i + 1);
		put(o, name, "x\n");
	}
}

struct failing {
	unsigned at, n;
};

static int
fail_getdents(void *arg, const struct os_call *call)
{
	struct failing *f = arg;

	return call->op == OS_GETDENTS && f->n++ == f->at ? EIO : 0;
}

/* part of a listing is never taken for all of it */
static void
test_big_listing_fails(void **state)
{
	struct office *o = *state;
	struct failing f = { 0 };
	struct os_hook hook = { .before = fail_getdents, .arg = &f };

	put_many(o, 1000);
	do {
		struct sync_open s;

		f.n = 0;
		os_hook_set(&hook);
		s = sync_open(o->st, "m");
		os_hook_set(NULL);
		assert_int_equal(s.r, f.n > f.at ? STORE_TEMP : STORE_OK);
		if (s.r == STORE_OK)
			assert_int_equal(s.snap->count, 1000);
		sync_close(&s);
	} while (f.n > f.at++);
	assert_true(f.at > 5);
}

struct hider {
	struct office *o;
	unsigned fstats;
};

/* What a rename inside of a big cur/ can do to who reads it: one message is
 * not seen from the beginning to the end of the first pass. */
static int
hide_in_first_pass(void *arg, const struct os_call *call)
{
	struct hider *h = arg;

	if (call->op == OS_OPENAT && strcmp(call->path, "cur") == 0)
		move(h->o, "cur/500.M1P1.h,S=2,W=3:2,", "tmp/500");
	if (call->op == OS_FSTAT && ++h->fstats == 2)
		move(h->o, "tmp/500", "cur/500.M1P1.h,S=2,W=3:2,S");
	return 0;
}

static void
test_hidden_by_rename(void **state)
{
	struct office *o = *state;
	struct hider h = { .o = o };
	struct os_hook hook = { .before = hide_in_first_pass, .arg = &h };
	struct sync_open s;

	put_many(o, 1000);
	os_hook_set(&hook);
	s = sync_open(o->st, "m");
	os_hook_set(NULL);
	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(s.snap->count, 1000);
	check_uidl(s.snap, 499, "500.M1P1.h");
	check_body(&s, 499, "x\n", 2);
	sync_close(&s);
}

/* ---- how many calls ------------------------------------------------------ */

struct counts {
	unsigned by[OS_OPS];
	unsigned all;
};

static int
count_call(void *arg, const struct os_call *call)
{
	struct counts *c = arg;

	c->by[call->op]++;
	c->all++;
	return 0;
}

/* The poll visit: what issue 2 allows for all processes is 80 system calls. */
static void
test_call_budget(void **state)
{
	struct office *o = *state;
	struct counts c = { 0 };
	struct os_hook hook = { .before = count_call, .arg = &c };
	struct store_body body;
	struct sync_open s;
	char name[80];

	NOT_UNDER_VALGRIND("knows no openat2");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%s/%u.M1P1.h,S=2,W=3",
		    i % 2 ? "new" : "cur", i + 1);
		put(o, name, "x\n");
	}
	os_hook_set(&hook);
	s = must_open(o, 20);
	assert_int_equal(c.by[OS_OPENAT2], 1);
	assert_int_equal(c.by[OS_FLOCK], 1);
	assert_int_equal(c.by[OS_GETDENTS], 4);
	assert_int_equal(c.all, 10);
	memset(&c, 0, sizeof(c));
	assert_int_equal(sync_body(s.s, 7, &body), STORE_OK);
	assert_int_equal(c.all, 2);
	close(body.fd);
	memset(&c, 0, sizeof(c));
	/* two of new/, two of cur/ */
	assert_int_equal(sync_commit(s.s, (const unsigned char *)"\17\0\0"),
	    STORE_OK);
	assert_int_equal(c.by[OS_FSYNC], 2);
	assert_int_equal(c.all, 2 * (1 + 2 + 1 + 1));
	memset(&c, 0, sizeof(c));
	sync_close(&s);
	assert_int_equal(c.all, 1);
}

/* ---- a reader that renames while we read --------------------------------- */

struct mover {
	struct office *o;
	unsigned at;		/* before which call */
	unsigned n;
	const char *from, *to;
};

static int
move_at(void *arg, const struct os_call *call)
{
	struct mover *m = arg;

	(void)call;
	if (m->n++ == m->at)
		move(m->o, m->from, m->to);
	return 0;
}

/* At whatever call of open the rename happens, the message is there once,
 * and can be had; with its size in the name and without. */
static void
rename_everywhere(struct office *o, const char *from, const char *to,
    unsigned calls)
{
	for (unsigned at = 0; at < calls; at++) {
		struct mover m = { .o = o, .at = at, .from = from,
			.to = to };
		struct os_hook hook = { .before = move_at, .arg = &m };
		struct sync_open s;

		put(o, "new/1.h", "a\n");
		put(o, from, "b\n");
		put(o, "cur/3.h:2,", "c\n");
		os_hook_set(&hook);
		s = sync_open(o->st, "m");
		os_hook_set(NULL);
		assert_true(m.n > at);
		assert_int_equal(s.r, STORE_OK);
		assert_int_equal(s.snap->count, 3);
		check_body(&s, 0, "a\n", 2);
		check_body(&s, 1, "b\n", 2);
		check_body(&s, 2, "c\n", 2);
		assert_int_equal(sync_commit(s.s,
		    (const unsigned char *)"\7"), STORE_OK);
		sync_close(&s);
		assert_int_equal(sync_count(o->root, "m", "new"), 0);
		assert_int_equal(sync_count(o->root, "m", "cur"), 0);
	}
}

static void
test_renamed_while_listing(void **state)
{
	struct office *o = *state;

	/* 10 calls and 4 for each of 2 or 3 files that are measured */
	rename_everywhere(o, "new/2.h,S=2,W=3", "cur/2.h,S=2,W=3:2,S", 18);
	rename_everywhere(o, "cur/2.h,S=2,W=3:2,", "cur/2.h,S=2,W=3:2,S", 18);
	rename_everywhere(o, "new/2.h", "cur/2.h:2,S", 22);
	rename_everywhere(o, "cur/2.h:2,", "cur/2.h:2,S", 22);
}

/* the same while a commit looks for it */
static void
test_renamed_while_removing(void **state)
{
	struct office *o = *state;

	for (unsigned at = 0; at < 4; at++) {
		struct mover m = { .o = o, .at = at,
			.from = "cur/1.h:2,", .to = "cur/1.h:2,S" };
		struct os_hook hook = { .before = move_at, .arg = &m };
		struct sync_open s;

		put(o, "new/1.h", "a\n");
		put(o, "new/2.h", "b\n");
		s = must_open(o, 2);
		move(o, "new/1.h", "cur/1.h:2,");
		os_hook_set(&hook);
		assert_int_equal(sync_commit(s.s,
		    (const unsigned char *)"\1"), STORE_OK);
		os_hook_set(NULL);
		sync_close(&s);
		assert_int_equal(sync_count(o->root, "m", "cur"), 0);
		assert_int_equal(sync_count(o->root, "m", "new"), 1);
		drop(o, "new/2.h");
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shapes_measured),
		TEST(test_shapes_named),
		TEST(test_absurd_wire),
		TEST(test_lying_names),
		TEST(test_measured_file_changes),
		TEST(test_order),
		TEST(test_strange_entries),
		TEST(test_replaced_by_link),
		TEST(test_linked_directories),
		TEST(test_uidl_hashed),
		TEST(test_uidl_clash),
		TEST(test_same_base_twice),
		TEST(test_colons_in_base),
		TEST(test_renamed_meanwhile),
		TEST(test_removed_meanwhile),
		TEST(test_new_mail_invisible),
		TEST(test_nothing_removed_without_commit),
		TEST(test_lock),
		TEST(test_lock_file),
		TEST(test_maildrop_is_made),
		TEST(test_messages_max),
		TEST(test_many),
		TEST(test_big_listing_fails),
		TEST(test_hidden_by_rename),
		TEST(test_call_budget),
		TEST(test_renamed_while_listing),
		TEST(test_renamed_while_removing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
