/* SPDX-License-Identifier: ISC
 *
 * test_drop: what is given away cannot be taken back.
 *
 * Every case runs in a child, because there is no way back.  Those that need
 * root are skipped without it.  Check S51, threats 4.2 (1).
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/drop.h"
#include "../valgrind.h"

enum { NOBODY = 65534, OTHER = 4242 };

/* 0, or the number of the line in the child that was not as it must be */
#define MUST(x) do { if (!(x)) return __LINE__; } while (0)

static void
in_child(int (*fn)(void))
{
	int status, fds[2], line = -1;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		line = fn();
		_exit(write(fds[1], &line, sizeof(line)) == sizeof(line) ?
		    0 : 1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &line, sizeof(line)), sizeof(line));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (line != 0)
		fail_msg("not so: line %d", line);
}

static void
need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static int
becomes_somebody(void)
{
	gid_t groups[2] = { 7, 8 };
	uid_t r, e, s;

	MUST(setgroups(2, groups) == 0);
	MUST(drop_identity(NOBODY, OTHER) == 0);
	MUST(getresuid(&r, &e, &s) == 0);
	MUST(r == NOBODY && e == NOBODY && s == NOBODY);
	MUST(getgroups(2, groups) == 1 && groups[0] == OTHER);
	MUST(getegid() == OTHER);
	MUST(setuid(0) == -1 && seteuid(0) == -1 && setgid(0) == -1);
	MUST(setreuid((uid_t)-1, 0) == -1);
	MUST(chroot("/") == -1 && errno == EPERM);
	/* the same once more changes nothing; another one cannot be had */
	MUST(drop_identity(NOBODY, OTHER) == 0);
	MUST(drop_identity(OTHER, OTHER) == -1 && errno == EPERM);
	MUST(drop_identity(0, 0) == -1);
	return 0;
}

static void
test_identity(void **state)
{
	(void)state;
	need_root();
	in_child(becomes_somebody);
}

/* a process whose saved id is still root must not pass for dropped */
static int
half_dropped(void)
{
	MUST(setresuid(NOBODY, NOBODY, 0) == 0);
	MUST(drop_identity(NOBODY, getgid()) == -1);
	return 0;
}

static void
test_half_dropped(void **state)
{
	(void)state;
	need_root();
	in_child(half_dropped);
}

static int
common(void)
{
	struct rlimit r;

	MUST(drop_common() == 0);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	MUST(getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0);
#ifndef SYS_SANITIZED
	MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
#endif
	return 0;
}

/* S51 */
static void
test_common(void **state)
{
	(void)state;
	in_child(common);
}

static int
capabilities(void)
{
	MUST(drop_capabilities(1ull << CAP_NET_BIND_SERVICE) == 0);
	MUST(prctl(PR_CAPBSET_READ, CAP_SYS_CHROOT, 0, 0, 0) == 0);
	MUST(prctl(PR_CAPBSET_READ, CAP_NET_BIND_SERVICE, 0, 0, 0) == 1);
	MUST(chroot("/") == -1 && errno == EPERM);
	MUST(setuid(NOBODY) == -1 && errno == EPERM);
	MUST(drop_capabilities(0) == 0);
	/* what is gone is not given back, and not believed to be */
	MUST(drop_capabilities(1ull << CAP_SYS_CHROOT) == 0);
	MUST(chroot("/") == -1 && errno == EPERM);
	return 0;
}

static void
test_capabilities(void **state)
{
	(void)state;
	need_root();
	in_child(capabilities);
}

static char cage[64];

static int
chrooted(void)
{
	struct stat st;

	MUST(drop_chroot("/no/such/place") == -1 && errno == ENOENT);
	MUST(drop_chroot(cage) == 0);
	MUST(stat("/etc", &st) == -1 && errno == ENOENT);
	MUST(stat("../../../etc", &st) == -1);
	MUST(stat("/here", &st) == 0);
	return 0;
}

static void
test_chroot(void **state)
{
	char here[80];

	(void)state;
	need_root();
	memcpy(cage, "cage.XXXXXX", sizeof("cage.XXXXXX"));
	assert_non_null(mkdtemp(cage));
	assert_true(snprintf(here, sizeof(here), "%s/here", cage) > 0);
	assert_int_equal(mkdir(here, 0700), 0);
	in_child(chrooted);
	assert_int_equal(rmdir(here), 0);
	assert_int_equal(rmdir(cage), 0);
}

static int
files(void)
{
	struct rlimit r = { 20, 50 };

	MUST(setrlimit(RLIMIT_NOFILE, &r) == 0);
	/* root in a container may lack the right to raise limits */
	if (geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0,
	    0) == 1) {
		MUST(drop_raise_files(60) == 60);
		MUST(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 60);
		r.rlim_cur = r.rlim_max = 50;
		MUST(setrlimit(RLIMIT_NOFILE, &r) == 0);
	}
	if (geteuid() == 0)
		MUST(drop_identity(NOBODY, OTHER) == 0);
	MUST(drop_raise_files(1000) == 50);
	MUST(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 50);
	return 0;
}

static void
test_files(void **state)
{
	(void)state;
	NOT_UNDER_VALGRIND("keeps descriptors for itself");
	in_child(files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_half_dropped),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_chroot),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
