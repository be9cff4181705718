/* SPDX-License-Identifier: ISC
 *
 * Delivery into Maildir: one and many recipients, what each copy holds, that
 * names tell the truth, that a failure leaves nothing visible, and that file
 * and directory are durable before anybody hears of success (L-2, threats
 * P1, P10).  tests/fault/ does the same with each call failing.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shapes.h"
#include "store/maildir_name.h"
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

static const char *const three[] = { "a", "b/c", "d" };

static void
check_empty(struct office *o, const char *drop)
{
	assert_true(sync_count(o->root, drop, "new") <= 0);
	assert_true(sync_count(o->root, drop, "tmp") <= 0);
}

/* message `i` of the maildrop is header X: <copy>, then text */
static void
check_copy(struct office *o, const char *drop, uint32_t i, uint32_t count,
    unsigned copy, const char *text, size_t n)
{
	struct sync_open s = sync_open(o->st, drop);
	struct store_body body;
	char head[16], *got, *wire;
	size_t got_n, head_n, wire_n;

	snprintf(head, sizeof(head), "X: %u\n", copy);
	head_n = strlen(head);
	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(s.snap->count, count);
	assert_int_equal(sync_body(s.s, i, &body), STORE_OK);
	got = sync_read(&body, &got_n);
	assert_int_equal(got_n, head_n + n);
	assert_memory_equal(got, head, head_n);
	assert_memory_equal(got + head_n, text, n);
	wire = sync_wire(got, got_n, &wire_n);
	assert_int_equal(s.snap->octets[i], wire_n);
	free(wire);
	free(got);
	sync_close(&s);
	assert_int_equal(sync_count(o->root, drop, "tmp"), 0);
}

/* the only name in new/ */
static void
only_name(struct office *o, const char *drop, char out[256])
{
	char path[600];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s/new", o->root, drop);
	d = opendir(path);
	assert_non_null(d);
	out[0] = '\0';
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		assert_string_equal(out, "");
		snprintf(out, 256, "%s", e->d_name);
		assert_int_equal(fstatat(dirfd(d), out, &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(st.st_nlink, 1);
	}
	closedir(d);
}

static void
test_one(void **state)
{
	struct office *o = *state;

	for (size_t i = 0; i < SHAPES; i++) {
		struct sync_outcome r;
		struct maildir_name v;
		const char *to[1];
		char drop[16], name[256];

		print_message("%s\n", shapes[i].label);
		snprintf(drop, sizeof(drop), "m%zu", i);
		to[0] = drop;
		r = sync_deliver(o->st, to, 1, shapes[i].text, shapes[i].n);
		assert_int_equal(r.all, STORE_OK);
		assert_int_equal(r.told, 1);
		assert_int_equal(r.each[0], STORE_OK);
		only_name(o, drop, name);
		maildir_name_parse(&v, name, strlen(name));
		assert_true(v.has_disk && v.has_wire);
		assert_int_equal(v.disk, shapes[i].n + 5);
		assert_int_equal(v.wire, shapes[i].wire + 6);
		assert_non_null(strstr(name, ".test.example,S="));
		check_copy(o, drop, 0, 1, 0, shapes[i].text, shapes[i].n);
	}
}

static void
test_three(void **state)
{
	static const char text[] = "Subject: x\n\n.dot\nlast";
	struct office *o = *state;
	struct sync_outcome r;

	for (uint32_t round = 0; round < 2; round++) {
		r = sync_deliver(o->st, three, 3, text, strlen(text));
		assert_int_equal(r.all, STORE_OK);
		assert_int_equal(r.told, 3);
		assert_int_equal(r.in_order, 3);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(r.each[i], STORE_OK);
			check_copy(o, three[i], round, round + 1, i, text,
			    strlen(text));
		}
	}
}

/* more than one copy_file_range, more than one buffer of the slow way */
static void
test_big(void **state)
{
	struct office *o = *state;
	size_t n = 3000001;
	char *text = malloc(n);
	struct sync_outcome r;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 61 == 60 ? '\n' : (char)('a' + i % 23);
	r = sync_deliver(o->st, three, 3, text, n);
	assert_int_equal(r.all, STORE_OK);
	for (unsigned i = 0; i < 3; i++)
		check_copy(o, three[i], 0, 1, i, text, n);
	free(text);
}

/* two addresses, one maildrop */
static void
test_same_maildrop_twice(void **state)
{
	static const char *const to[] = { "a", "a" };
	struct office *o = *state;
	struct sync_outcome r = sync_deliver(o->st, to, 2, "x\n", 2);

	assert_int_equal(r.all, STORE_OK);
	check_copy(o, "a", 0, 2, 0, "x\n", 2);
	check_copy(o, "a", 1, 2, 1, "x\n", 2);
}

/* the first that can carry does; the others hear what is wrong with theirs */
static void
test_some_impossible(void **state)
{
	static const char *const to[] = { "../up", "file", "b", "/abs" };
	struct office *o = *state;
	struct sync_outcome r;

	sync_file(o->root, ".", "file", "", 0);
	r = sync_deliver(o->st, to, 4, "x\n", 2);
	assert_int_equal(r.told, 4);
	assert_int_equal(r.in_order, 4);
	assert_int_equal(r.each[0], STORE_NO_MAILDROP);
	assert_int_equal(r.each[1], STORE_NO_MAILDROP);
	assert_int_equal(r.each[2], STORE_OK);
	assert_int_equal(r.each[3], STORE_NO_MAILDROP);
	assert_int_equal(r.all, STORE_NO_MAILDROP);
	check_copy(o, "b", 0, 1, 2, "x\n", 2);
	r = sync_deliver(o->st, to, 2, "x\n", 2);
	assert_int_equal(r.all, STORE_NO_MAILDROP);
	assert_int_equal(r.told, 0);
}

static void
test_wrong_length(void **state)
{
	static const struct store_copy copies[3] = {
		{ "H: 1\n", 5, 6 }, { "H: 2\n", 5, 6 }, { "H: 3\n", 5, 6 },
	};
	/* what is written is 7 octets */
	static const uint64_t lengths[] = { 0, 4, 6, 8, UINT64_MAX };
	struct office *o = *state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct sync_begin b = sync_begin(o->st, three, 3);
		struct sync_outcome r;

		assert_int_equal(b.r, STORE_OK);
		assert_int_equal(write(b.fd, "H: 1\nx\n", 7), 7);
		close(b.fd);
		r = sync_deliver_commit(b.d, copies, lengths[i], 3);
		assert_int_equal(r.told, 3);
		for (unsigned k = 0; k < 3; k++) {
			assert_int_equal(r.each[k], STORE_TEMP);
			check_empty(o, three[k]);
		}
	}
}

static void
test_abort(void **state)
{
	struct office *o = *state;
	struct sync_begin b = sync_begin(o->st, three, 3);

	assert_int_equal(b.r, STORE_OK);
	assert_int_equal(write(b.fd, "x", 1), 1);
	assert_int_equal(sync_count(o->root, "a", "tmp"), 1);
	close(b.fd);
	sync_abort(b.d);
	for (unsigned k = 0; k < 3; k++)
		check_empty(o, three[k]);
}

/* the descriptor that is handed out cannot read */
static void
test_write_only(void **state)
{
	struct office *o = *state;
	struct sync_begin b = sync_begin(o->st, three, 1);
	char c;

	assert_int_equal(fcntl(b.fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(fcntl(b.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(read(b.fd, &c, 1), -1);
	close(b.fd);
	sync_abort(b.d);
}

/* ---- with a file system that says no ------------------------------------- */

struct fault {
	enum os_op op;
	unsigned at;	/* of the calls of that kind */
	int err;
	unsigned n;
};

static int
fail_one(void *arg, const struct os_call *call)
{
	struct fault *f = arg;

	return call->op == f->op && f->n++ == f->at ? f->err : 0;
}

static struct sync_outcome
deliver_with(struct office *o, enum os_op op, unsigned at, int err)
{
	struct fault f = { op, at, err, 0 };
	struct os_hook hook = { .before = fail_one, .arg = &f };
	struct sync_outcome r;

	os_hook_set(&hook);
	r = sync_deliver(o->st, three, 3, "x\n", 2);
	os_hook_set(NULL);
	assert_true(f.n > at);
	return r;
}

/* D05, D07, P10: one recipient's failure is nobody else's; nothing half is
 * shown, tmp is clean */
static void
test_full(void **state)
{
	struct office *o = *state;
	struct sync_outcome r;

	/* make the maildrops, so that fsyncs are those of the delivery */
	r = sync_deliver(o->st, three, 3, "x\n", 2);
	assert_int_equal(r.all, STORE_OK);
	/* the first two are the caller's own */
	r = deliver_with(o, OS_WRITE, 2, ENOSPC);
	assert_int_equal(r.each[0], STORE_OK);
	assert_int_equal(r.each[1], STORE_FULL);
	assert_int_equal(r.each[2], STORE_OK);
	r = deliver_with(o, OS_COPY_FILE_RANGE, 1, EDQUOT);
	assert_int_equal(r.each[1], STORE_OK);
	assert_int_equal(r.each[2], STORE_FULL);
	/* file, directory; file, directory; ... */
	r = deliver_with(o, OS_FSYNC, 0, ENOSPC);
	assert_int_equal(r.each[0], STORE_FULL);
	assert_int_equal(r.each[1], STORE_OK);
	r = deliver_with(o, OS_FSYNC, 3, EIO);
	assert_int_equal(r.each[0], STORE_OK);
	assert_int_equal(r.each[1], STORE_TEMP);
	assert_int_equal(r.each[2], STORE_OK);
	assert_int_equal(sync_count(o->root, "a", "new"), 4);
	assert_int_equal(sync_count(o->root, "b/c", "new"), 3);
	assert_int_equal(sync_count(o->root, "d", "new"), 4);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(sync_count(o->root, three[i], "tmp"), 0);
}

static int
taken_name(void *arg, const struct os_call *call)
{
	struct fault *f = arg;

	/* what is made in tmp, not what is opened there */
	if (call->op != f->op || call->path == NULL ||
	    strstr(call->path, ".M") == NULL)
		return 0;
	return f->n++ < f->at ? EEXIST : 0;
}

/* D10: somebody has that name: another one is taken, nothing is overwritten */
static void
test_name_is_taken(void **state)
{
	struct office *o = *state;
	struct fault tmp = { OS_OPENAT2, 2, EEXIST, 0 };
	struct fault new = { OS_RENAMEAT2, 0, EEXIST, 0 };
	struct os_hook hook = { .before = taken_name, .arg = &tmp };
	struct sync_outcome r;

	NOT_UNDER_VALGRIND("knows no openat2");
	sync_maildir(o->root, "a");
	os_hook_set(&hook);
	r = sync_deliver(o->st, three, 1, "x\n", 2);
	os_hook_set(NULL);
	assert_int_equal(r.all, STORE_OK);
	assert_int_equal(tmp.n, 3);
	assert_int_equal(sync_count(o->root, "a", "new"), 1);
	/* in new the name would be that of a stored message: refused for now */
	hook = (struct os_hook){ .before = fail_one, .arg = &new };
	new.err = EEXIST;
	os_hook_set(&hook);
	r = sync_deliver(o->st, three, 1, "x\n", 2);
	os_hook_set(NULL);
	assert_int_equal(r.each[0], STORE_TEMP);
	assert_int_equal(sync_count(o->root, "a", "new"), 1);
	assert_int_equal(sync_count(o->root, "a", "tmp"), 0);
}

static int
no_modern_calls(void *arg, const struct os_call *call)
{
	(void)arg;
	switch ((int)call->op) {
	case OS_COPY_FILE_RANGE:
		return EXDEV;
	case OS_RENAMEAT2:
		return EINVAL;
	case OS_OPENAT2:
		return ENOSYS;
	default:
		return OS_HOOK_SHORT;
	}
}

/* the other ways to the same end, one octet a call */
static void
test_fallbacks(void **state)
{
	static const struct os_hook hook = { .before = no_modern_calls };
	struct office *o = *state;
	struct sync_outcome r;

	os_hook_set(&hook);
	r = sync_deliver(o->st, three, 3, "Subject: x\n\nhello\n", 18);
	assert_int_equal(r.all, STORE_OK);
	for (unsigned i = 0; i < 3; i++)
		check_copy(o, three[i], 0, 1, i, "Subject: x\n\nhello\n", 18);
	os_hook_set(NULL);
	os_openat2_missing(0);
}

/* ---- durability ---------------------------------------------------------- */

enum { EVENTS_MAX = 128, TMP_MADE = 1 };

/* What happened, in order: fsyncs by inode, renames, outcomes. */
struct record {
	struct {
		enum os_op op;
		ino_t ino;
	} v[EVENTS_MAX];
	unsigned n;
};

static int
record_call(void *arg, const struct os_call *call)
{
	struct record *rec = arg;
	struct stat st = { 0 };

	if (call->op == OS_FSYNC)
		fstat(call->fd, &st);
	if (call->op == OS_RENAMEAT2)
		fstatat(call->fd, call->path, &st, 0);
	if (call->op == OS_MKDIRAT && strcmp(call->path, "tmp") == 0)
		st.st_ino = TMP_MADE;
	if (rec->n < EVENTS_MAX) {
		rec->v[rec->n].op = call->op;
		rec->v[rec->n++].ino = st.st_ino;
	}
	return 0;
}

static ino_t
inode(struct office *o, const char *drop, const char *name)
{
	char path[600];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s/%s", o->root, drop, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static unsigned
find(const struct record *rec, unsigned from, enum os_op op, ino_t ino)
{
	unsigned i = from;

	while (i < rec->n && (rec->v[i].op != op || rec->v[i].ino != ino))
		i++;
	return i;
}

/* P1: file fsynced, renamed, new/ fsynced; on the very first delivery all
 * directories above as well, before there is a tmp/ */
static void
test_durable(void **state)
{
	struct office *o = *state;
	struct record rec = { 0 };
	struct os_hook hook = { .before = record_call, .arg = &rec };
	const char *const to[] = { "x/y" };
	struct sync_outcome r;
	char name[256], file[300];
	unsigned at;

	os_hook_set(&hook);
	r = sync_deliver(o->st, to, 1, "x\n", 2);
	os_hook_set(NULL);
	assert_int_equal(r.all, STORE_OK);
	only_name(o, "x/y", name);
	snprintf(file, sizeof(file), "new/%s", name);
	at = find(&rec, 0, OS_FSYNC, inode(o, ".", "."));
	at = find(&rec, at, OS_FSYNC, inode(o, "x", "."));
	at = find(&rec, at, OS_FSYNC, inode(o, "x/y", "."));
	/* nobody finds a tmp/ before that */
	assert_true(at < find(&rec, 0, OS_MKDIRAT, TMP_MADE));
	at = find(&rec, at, OS_MKDIRAT, TMP_MADE);
	at = find(&rec, at, OS_FSYNC, inode(o, "x/y", file));
	at = find(&rec, at, OS_RENAMEAT2, inode(o, "x/y", file));
	at = find(&rec, at, OS_FSYNC, inode(o, "x/y", "new"));
	assert_true(at < rec.n);
}

/* whoever died while making the maildrop: the next one makes it durable */
static void
test_half_made(void **state)
{
	struct office *o = *state;
	struct record rec = { 0 };
	struct os_hook hook = { .before = record_call, .arg = &rec };
	const char *const to[] = { "x" };
	char path[600];
	unsigned at;

	snprintf(path, sizeof(path), "%s/x", o->root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/x/new", o->root);
	assert_int_equal(mkdir(path, 0700), 0);
	os_hook_set(&hook);
	assert_int_equal(sync_deliver(o->st, to, 1, "x\n", 2).all, STORE_OK);
	os_hook_set(NULL);
	at = find(&rec, 0, OS_FSYNC, inode(o, ".", "."));
	at = find(&rec, at, OS_FSYNC, inode(o, "x", "."));
	assert_true(at < rec.n);
}

/* ---- spring cleaning ----------------------------------------------------- */

static void
make_old(struct office *o, const char *name, time_t hours)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - hours * 3600 } };
	char path[600];

	t[1] = t[0];
	sync_file(o->root, "a", name, "x", 1);
	snprintf(path, sizeof(path), "%s/a/%s", o->root, name);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void
test_sweep(void **state)
{
	struct office *o = *state;

	sync_maildir(o->root, "a");
	make_old(o, "tmp/old", 37);
	make_old(o, "tmp/young", 35);
	make_old(o, "new/old", 1000);
	assert_int_equal(sync_deliver(o->st, three, 1, "x\n", 2).all,
	    STORE_OK);
	assert_int_equal(sync_count(o->root, "a", "tmp"), 1);
	assert_int_equal(sync_count(o->root, "a", "new"), 2);
	/* once a day */
	make_old(o, "tmp/old", 37);
	assert_int_equal(sync_deliver(o->st, three, 1, "x\n", 2).all,
	    STORE_OK);
	assert_int_equal(sync_count(o->root, "a", "tmp"), 2);
}

/* what SMTP's one reply wants: see STORE_TOGETHER */
static void
all_or_none(struct office *o, const char *text)
{
	struct sync_outcome r;
	char path[512], away[540];
	FILE *f;

	sync_together = true;
	r = sync_deliver(o->st, three, 3, text, strlen(text));
	assert_int_equal(r.all, STORE_OK);
	assert_int_equal(r.in_order, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(sync_count(o->root, three[i], "new"), 1);
	/* the last cannot have it: its new is no directory */
	snprintf(path, sizeof(path), "%s/d/new", o->root);
	snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(rename(path, away), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	r = sync_deliver(o->st, three, 3, text, strlen(text));
	sync_together = false;
	assert_int_equal(r.told, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_not_equal(r.each[i], STORE_OK);
		assert_int_equal(sync_count(o->root, three[i], "tmp"), 0);
	}
	assert_int_equal(sync_count(o->root, "a", "new"), 1);
	assert_int_equal(sync_count(o->root, "b/c", "new"), 1);
}

static void
test_all_or_none(void **state)
{
	all_or_none(*state, "text\n");
}

/* what is taken back has the mark in its name, too */
static void
test_all_or_none_marked(void **state)
{
	sync_wire_form = true;
	all_or_none(*state, "text\r\n");
	sync_wire_form = false;
}

/* A file in wire form is marked, in the names of all copies, and the mark
 * comes back with the body; any other is not. */
static void
test_wire_form(void **state)
{
	struct office *o = *state;

	sync_wire_form = true;
	for (size_t i = 0; i < 2 * SHAPES; i++) {
		const struct shape *shape = &shapes[i / 2];
		bool no_dots = (shape->n == 0 || shape->text[0] != '.') &&
		    memmem(shape->text, shape->n, "\n.", 2) == NULL;
		bool marked = no_dots && shape->wire == shape->n;

		print_message("%s\n", shape->label);
		sync_together = i % 2 != 0;
		assert_int_equal(sync_deliver(o->st, three, 3, shape->text,
		    shape->n).all, STORE_OK);
		for (unsigned k = 0; k < 3; k++) {
			struct store_body body;
			struct sync_open s;
			char name[256], *got, *wire;
			size_t got_n, wire_n;

			only_name(o, three[k], name);
			assert_int_equal(strstr(name, ",D=0") != NULL,
			    marked);
			s = sync_open(o->st, three[k]);
			assert_int_equal(sync_body(s.s, 0, &body), STORE_OK);
			assert_int_equal(body.flags == (STORE_BODY_CRLF |
			    STORE_BODY_NO_DOTS), marked);
			got = sync_read(&body, &got_n);
			wire = sync_wire(got, got_n, &wire_n);
			assert_int_equal(s.snap->octets[0], wire_n);
			if (marked) {
				assert_int_equal(got_n, wire_n);
				assert_memory_equal(got, wire, wire_n);
			}
			free(wire);
			free(got);
			assert_int_equal(sync_commit_one(s.s, 1, 0),
			    STORE_OK);
			sync_close(&s);
		}
	}
	sync_wire_form = sync_together = false;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one),
		TEST(test_three),
		TEST(test_big),
		TEST(test_same_maildrop_twice),
		TEST(test_some_impossible),
		TEST(test_wrong_length),
		TEST(test_abort),
		TEST(test_write_only),
		TEST(test_full),
		TEST(test_name_is_taken),
		TEST(test_fallbacks),
		TEST(test_durable),
		TEST(test_half_made),
		TEST(test_sweep),
		TEST(test_all_or_none),
		TEST(test_all_or_none_marked),
		TEST(test_wire_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
