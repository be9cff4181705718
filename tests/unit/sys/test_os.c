/* SPDX-License-Identifier: ISC
 *
 * os: the seam of file-system calls: nothing leads out of a directory, with
 * openat2 and without; interrupted and short calls are nobody else's
 * business; a hook sees every call and can fail it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/os.h"
#include "../valgrind.h"

struct place {
	char path[64];
	int fd;		/* of path/in */
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char name[128];
	int fd;

	snprintf(p->path, sizeof(p->path), "/tmp/restante-os-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	snprintf(name, sizeof(name), "%s/in", p->path);
	assert_int_equal(mkdir(name, 0700), 0);
	p->fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->fd >= 0);
	assert_int_equal(mkdirat(p->fd, "a", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "a/b", 0700), 0);
	fd = openat(p->fd, "a/b/file", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "inside", 6), 6);
	close(fd);
	fd = openat(p->fd, "../out", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "out", 3), 3);
	close(fd);
	assert_int_equal(symlinkat("b", p->fd, "a/link"), 0);
	assert_int_equal(symlinkat("b/file", p->fd, "a/last"), 0);
	assert_int_equal(symlinkat("../..", p->fd, "a/up"), 0);
	*state = p;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct place *p = *state;
	int r;

	os_hook_set(NULL);
	os_openat2_missing(0);
	close(p->fd);
	r = nftw(p->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return r;
}

/* ---- paths --------------------------------------------------------------- */

static int
seccomp_like(void *arg, const struct os_call *call)
{
	return call->op == OS_OPENAT2 ? *(int *)arg : 0;
}

/* Each way of opening: the kernel's, walking, and what two kinds of
 * seccomp filter make of it. */
static void
in_each_way(struct place *p, void (*fn)(struct place *p))
{
	static const int errnos[] = { 0, 0, ENOSYS, EPERM };

	for (size_t i = 0; i < 4; i++) {
		int err = errnos[i];
		struct os_hook hook = { .before = seccomp_like, .arg = &err };

		os_openat2_missing(i == 1);
		os_hook_set(&hook);
		fn(p);
		os_hook_set(NULL);
		os_openat2_missing(0);
	}
}

static void
good_paths(struct place *p)
{
	char buf[16];
	int fd = os_open_beneath(p->fd, "a/b/file", O_RDONLY, 0);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(os_read(fd, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "inside", 6);
	assert_int_equal(os_close(fd), 0);
	fd = os_open_beneath(p->fd, "a", O_RDONLY | O_DIRECTORY, 0);
	assert_true(fd >= 0);
	assert_int_equal(os_close(fd), 0);
	fd = os_open_beneath(p->fd, "a/new", O_WRONLY | O_CREAT | O_EXCL,
	    0600);
	assert_true(fd >= 0);
	assert_int_equal(os_close(fd), 0);
	assert_int_equal(os_open_beneath(p->fd, "a/new",
	    O_WRONLY | O_CREAT | O_EXCL, 0600), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(unlinkat(p->fd, "a/new", 0), 0);
	assert_int_equal(os_open_beneath(p->fd, "a/none/x", O_RDONLY, 0),
	    -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_good_paths(void **state)
{
	in_each_way(*state, good_paths);
}

static void
bad_paths(struct place *p)
{
	static const char *const bad[] = {
		"../out", "a/../../out", "a/up/out", "a/link/file", "a/last",
		"/etc/passwd", "..", "a/b/file/x", "",
	};
	int before = dup(0), after;

	close(before);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = os_open_beneath(p->fd, bad[i], O_RDONLY, 0);

		if (fd != -1)
			fail_msg("\"%s\" was opened", bad[i]);
	}
	/* and nothing on the way stays open */
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	assert_int_equal(os_openat(p->fd, "a", O_RDONLY, 0) >= 0, 1);
	close(after);
}

static void
test_bad_paths(void **state)
{
	in_each_way(*state, bad_paths);
}

static void
test_openat_does_not_follow(void **state)
{
	struct place *p = *state;
	int a = os_openat(p->fd, "a", O_RDONLY | O_DIRECTORY, 0);

	assert_true(a >= 0);
	assert_int_equal(os_openat(a, "last", O_RDONLY, 0), -1);
	assert_int_equal(errno, ELOOP);
	close(a);
}

/* ---- interrupted and short calls ----------------------------------------- */

struct script {
	int verdict;
	unsigned times;		/* calls that get it; then none */
	unsigned n;
	unsigned results;	/* calls of after() */
	long last;
	int last_err;
};

static int
by_script(void *arg, const struct os_call *call)
{
	struct script *s = arg;

	(void)call;
	return s->n++ < s->times ? s->verdict : 0;
}

static void
note_result(void *arg, const struct os_call *call, long result, int err)
{
	struct script *s = arg;

	(void)call;
	s->results++;
	s->last = result;
	s->last_err = err;
}

static void
test_eintr(void **state)
{
	struct place *p = *state;
	struct script s = { .verdict = EINTR, .times = 5 };
	struct os_hook hook = { by_script, note_result, &s };
	struct stat st;
	int fd;

	NOT_UNDER_VALGRIND("knows no openat2");
	os_hook_set(&hook);
	fd = os_open_beneath(p->fd, "a/b/file", O_RDONLY, 0);
	assert_true(fd >= 0);
	assert_int_equal(s.n, 6);
	assert_int_equal(s.results, 6);
	assert_int_equal(s.last, fd);
	/* a call that is interrupted for ever ends */
	s = (struct script){ .verdict = EINTR, .times = UINT32_MAX };
	assert_int_equal(os_fstat(fd, &st), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(s.n, OS_EINTR_MAX + 1);
	assert_int_equal(s.last_err, EINTR);
	/* a close is not repeated, and closes */
	s = (struct script){ .verdict = EINTR, .times = UINT32_MAX };
	assert_int_equal(os_close(fd), -1);
	assert_int_equal(s.n, 1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
test_short_writes(void **state)
{
	struct place *p = *state;
	struct script s = { .verdict = OS_HOOK_SHORT, .times = UINT32_MAX };
	struct os_hook hook = { .before = by_script, .arg = &s };
	int fd = openat(p->fd, "a/short", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char buf[32];

	assert_true(fd >= 0);
	os_hook_set(&hook);
	assert_int_equal(os_write_all(fd, "eleven octs", 11), 0);
	assert_int_equal(s.n, 11);
	assert_int_equal(os_rewind(fd), 0);
	assert_int_equal(os_read(fd, buf, 8), 1);
	os_hook_set(NULL);
	assert_int_equal(os_pread(fd, buf, sizeof(buf), 0), 11);
	assert_memory_equal(buf, "eleven octs", 11);
	assert_int_equal(os_write_all(fd, "", 0), 0);
	close(fd);
}

static int
no_copying(void *arg, const struct os_call *call)
{
	return call->op == OS_COPY_FILE_RANGE ? *(int *)arg : 0;
}

/* copy_file_range and every reason to do without it */
static void
test_copy(void **state)
{
	static const int errnos[] = { 0, EXDEV, EINVAL, ENOSYS, EOPNOTSUPP,
		EPERM };
	enum { N = 100000 };
	struct place *p = *state;
	char *text = malloc(N), *got = malloc(N + 10);
	int in = openat(p->fd, "a/in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	for (size_t i = 0; i < N; i++)
		text[i] = (char)(i * 7 % 251);
	assert_int_equal(os_write_all(in, text, N), 0);
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		int err = errnos[i];
		struct os_hook hook = { .before = no_copying, .arg = &err };
		int out = openat(p->fd, "a/out", O_RDWR | O_CREAT | O_TRUNC |
		    O_CLOEXEC, 0600);

		os_hook_set(&hook);
		assert_int_equal(os_write_all(out, "head", 4), 0);
		assert_int_equal(os_copy(in, 1000, out, N - 1000), 0);
		assert_int_equal(os_pread(out, got, N + 10, 0), N - 996);
		assert_memory_equal(got, "head", 4);
		assert_memory_equal(got + 4, text + 1000, N - 1000);
		/* the source is shorter than was said */
		assert_int_equal(os_copy(in, N - 10, out, 11), -1);
		assert_int_equal(errno, EIO);
		os_hook_set(NULL);
		close(out);
	}
	close(in);
	free(text);
	free(got);
}

static void
test_copy_fails(void **state)
{
	struct place *p = *state;
	int err = ENOSPC;
	struct os_hook hook = { .before = no_copying, .arg = &err };
	int in = openat(p->fd, "a/b/file", O_RDONLY | O_CLOEXEC);
	int out = openat(p->fd, "a/out", O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600);

	os_hook_set(&hook);
	assert_int_equal(os_copy(in, 0, out, 6), -1);
	assert_int_equal(errno, ENOSPC);
	close(in);
	close(out);
}

/* ---- for the client ------------------------------------------------------ */

/* octets at a place, cut short, and away again */
static void
test_pwrite_and_truncate(void **state)
{
	struct place *p = *state;
	struct script s = { .verdict = OS_HOOK_SHORT, .times = UINT32_MAX };
	struct os_hook hook = { .before = by_script, .arg = &s };
	int fd = openat(p->fd, "a/b/file", O_RDWR | O_CLOEXEC);
	char buf[16];

	assert_true(fd >= 0);
	os_hook_set(&hook);
	assert_int_equal(os_pwrite_all(fd, "out", 3, 2), 0);
	assert_int_equal(s.n, 3);
	os_hook_set(NULL);
	assert_int_equal(os_pread(fd, buf, sizeof(buf), 0), 6);
	assert_memory_equal(buf, "inoute", 6);
	assert_int_equal(os_ftruncate(fd, 5), 0);
	assert_int_equal(os_pread(fd, buf, sizeof(buf), 0), 5);
	assert_int_equal(os_start_writing(fd), 0);
	s = (struct script){ .verdict = ENOSPC, .times = UINT32_MAX };
	os_hook_set(&hook);
	assert_int_equal(os_pwrite_all(fd, "out", 3, 2), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(os_ftruncate(fd, 0), -1);
	assert_int_equal(os_start_writing(fd), -1);
	os_hook_set(NULL);
	close(fd);
}

/* The lock belongs to the open file: also another one of the same process
 * does not get it, and closing that one does not end it. */
static void
test_lock(void **state)
{
	struct place *p = *state;
	int a = openat(p->fd, "a/b/file", O_RDWR | O_CLOEXEC);
	int b = openat(p->fd, "a/b/file", O_RDWR | O_CLOEXEC);

	assert_int_equal(os_lock(a), 0);
	assert_int_equal(os_lock(a), 0);
	assert_int_equal(os_lock(b), -1);
	assert_int_equal(errno, EAGAIN);
	close(b);
	b = openat(p->fd, "a/b/file", O_RDWR | O_CLOEXEC);
	assert_int_equal(os_lock(b), -1);
	close(a);
	assert_int_equal(os_lock(b), 0);
	close(b);
}

static void
test_link(void **state)
{
	struct place *p = *state;

	assert_int_equal(os_linkat(p->fd, "a/b/file", p->fd, "twin"), 0);
	assert_int_equal(os_linkat(p->fd, "a/b/file", p->fd, "twin"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(os_unlinkat(p->fd, "twin"), 0);
	assert_int_equal(faccessat(p->fd, "a/b/file", F_OK, 0), 0);
}

/* ---- renaming ------------------------------------------------------------ */

static int
no_renaming(void *arg, const struct os_call *call)
{
	return call->op == OS_RENAMEAT2 ? *(int *)arg : 0;
}

static void
test_rename(void **state)
{
	static const int errnos[] = { 0, EINVAL, ENOSYS };
	struct place *p = *state;

	for (size_t i = 0; i < 3; i++) {
		int err = errnos[i];
		struct os_hook hook = { .before = no_renaming, .arg = &err };
		int fd = openat(p->fd, "from", O_WRONLY | O_CREAT | O_CLOEXEC,
		    0600);

		close(fd);
		os_hook_set(&hook);
		/* what is there is never replaced */
		assert_int_equal(os_rename_noreplace(p->fd, "from", p->fd,
		    "a/b/file"), -1);
		assert_int_equal(errno, EEXIST);
		assert_int_equal(os_rename_noreplace(p->fd, "from", p->fd,
		    "to"), 0);
		os_hook_set(NULL);
		assert_int_equal(faccessat(p->fd, "from", F_OK, 0), -1);
		assert_int_equal(unlinkat(p->fd, "to", 0), 0);
	}
}

/* On a network a link is made, the reply is lost, and the second request finds
 * what the first has made: that is a success. */
static int
reply_lost(void *arg, const struct os_call *call)
{
	(void)arg;
	if (call->op == OS_RENAMEAT2)
		return EINVAL;
	if (call->op != OS_LINKAT)
		return 0;
	assert_int_equal(linkat(call->fd, call->path, call->fd2, call->path2,
	    0), 0);
	return EEXIST;
}

static void
test_rename_reply_lost(void **state)
{
	static const struct os_hook hook = { .before = reply_lost };
	struct place *p = *state;
	int fd = openat(p->fd, "from", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	close(fd);
	os_hook_set(&hook);
	assert_int_equal(os_rename_noreplace(p->fd, "from", p->fd, "to"), 0);
	os_hook_set(NULL);
	assert_int_equal(faccessat(p->fd, "from", F_OK, 0), -1);
	assert_int_equal(unlinkat(p->fd, "to", 0), 0);
}

/* ---- the rest, once ------------------------------------------------------ */

static void
test_entries_and_locks(void **state)
{
	struct place *p = *state;
	int a = os_openat(p->fd, "a", O_RDONLY | O_DIRECTORY, 0);
	int again = os_openat(p->fd, "a", O_RDONLY | O_DIRECTORY, 0);
	_Alignas(8) char buf[4096];
	struct stat st;

	for (int pass = 0; pass < 2; pass++) {
		ssize_t n = os_getdents(a, buf, sizeof(buf));
		bool found = false;

		assert_true(n > 0);
		for (ssize_t at = 0; at < n;) {
			struct os_dirent *d = (void *)(buf + at);

			found |= strcmp(d->name, "last") == 0 &&
			    d->type == DT_LNK;
			at += d->reclen;
		}
		assert_true(found);
		assert_int_equal(os_rewind(a), 0);
	}
	assert_int_equal(os_fstatat(a, "last", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(os_flock(a, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(os_flock(again, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(os_fsync(a), 0);
	assert_int_equal(os_mkdirat(a, "dir", 0700), 0);
	assert_int_equal(os_mkdirat(a, "dir", 0700), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(os_unlinkat(a, "dir"), -1);
	assert_int_equal(os_unlinkat(a, "last"), 0);
	close(a);
	close(again);
	for (int op = 0; op <= OS_OPS; op++)
		assert_non_null(os_op_name((enum os_op)op));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good_paths),
		TEST(test_bad_paths),
		TEST(test_openat_does_not_follow),
		TEST(test_eintr),
		TEST(test_short_writes),
		TEST(test_copy),
		TEST(test_copy_fails),
		TEST(test_pwrite_and_truncate),
		TEST(test_lock),
		TEST(test_link),
		TEST(test_rename),
		TEST(test_rename_reply_lost),
		TEST(test_entries_and_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
