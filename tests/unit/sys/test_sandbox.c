/* SPDX-License-Identifier: ISC
 *
 * test_sandbox: what each role can and cannot do inside.
 *
 * Every case runs in a child of its own and is told how the child must end:
 * CAN (the call works), ERROR (it fails) or KILLED (the kernel ends the
 * process).  Built without sanitizers, so that the real filter is tested.
 * Check S51 and threats 4.2 (1), (4).
 */
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/drop.h"
#include "sys/sandbox.h"
#include "sys/sandbox_mech.h"

enum outcome { CAN, ERROR, KILLED };
enum { EXIT_CAN = 10, EXIT_ERROR, EXIT_SETUP };

static char dir[64];		/* the role's own directory */
static char outside[64];	/* a file beside it */
static int mail;		/* opened before the sandbox */
static int listening;
static struct sockaddr_in listening_at;

/* ---- what is tried: true when it worked ---- */

static bool
try_open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool
try_open_outside(void)
{
	return open(outside, O_RDONLY) >= 0;
}

static bool
try_list_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool
try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool
try_bind(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	return bind(listening, (struct sockaddr *)&sin, sizeof(sin)) == 0;
}

static bool
try_exec(void)
{
	char *argv[] = { (char *)(uintptr_t)"true", NULL };

	execv("/bin/true", argv);
	return false;
}

static bool
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
try_kill_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
try_set_limit(void)
{
	struct rlimit r = { 10, 10 };

	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

static bool
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED &&
	    mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool
try_unshare(void)
{
	return syscall(SYS_unshare, 0) == 0;
}

static bool
try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}

/* a number that no kernel of today has */
static bool
try_younger(void)
{
	return syscall(500) >= 0 || errno != ENOSYS;
}

static bool
try_sendfile(void)
{
	int sv[2];
	off_t at = 0;
	char buf[8];

	if (pipe2(sv, O_CLOEXEC) != 0)
		return false;
	return sendfile(sv[1], mail, &at, 5) == 5 &&
	    read(sv[0], buf, sizeof(buf)) == 5 &&
	    memcmp(buf, "hello", 5) == 0;
}

static bool
try_descriptors(void)
{
	struct stat st;
	char buf[8];

	return fstat(mail, &st) == 0 && st.st_size == 5 &&
	    pread(mail, buf, sizeof(buf), 1) == 4 &&
	    lseek(mail, 0, SEEK_SET) == 0 &&
	    fcntl(mail, F_GETFL) >= 0 && close(mail) == 0;
}

/* epoll, accept4 and the socket calls: a whole connection, whose client is a
 * process outside */
static bool
try_serve(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int ep = epoll_create1(EPOLL_CLOEXEC), fd, on = 1;
	char buf[8];

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listening, &ev) != 0 ||
	    epoll_wait(ep, &ev, 1, -1) != 1)
		return false;
	fd = accept4(listening, (struct sockaddr *)&peer, &len,
	    SOCK_CLOEXEC);
	return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on,
	    sizeof(on)) == 0 && send(fd, "+OK\r\n", 5, MSG_NOSIGNAL) == 5 &&
	    recv(fd, buf, sizeof(buf), 0) == 4 &&
	    shutdown(fd, SHUT_RDWR) == 0 && close(fd) == 0;
}

static bool
try_memory(void)
{
	char *p = malloc(1 << 20), *q;

	if (p == NULL)
		return false;
	p[0] = 1;
	q = realloc(p, 8 << 20);
	if (q == NULL)
		return false;
	free(q);
	return memfd_create("body", MFD_CLOEXEC) >= 0;
}

static bool
try_time_and_chance(void)
{
	struct timespec ts = { 0, 1 };
	unsigned char b[16];

	return clock_gettime(CLOCK_MONOTONIC, &ts) == 0 &&
	    syscall(SYS_getrandom, b, sizeof(b), 0) == sizeof(b);
}

static bool
try_descriptor_passing(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char octet = 'x';
	struct iovec iov = { &octet, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	int fd;

	/* `listening` was replaced by one end of a pair, see enter() */
	memset(&control, 0, sizeof(control));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &mail, sizeof(mail));
	if (sendmsg(listening, &m, MSG_NOSIGNAL) != 1 ||
	    recvmsg(listening + 1, &m, MSG_CMSG_CLOEXEC) != 1)
		return false;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return lseek(fd, 0, SEEK_END) == 5;
}

static void *
thread(void *arg)
{
	*(int *)arg = 1;
	return arg;
}

static bool
try_thread(void)
{
	pthread_t t;
	int ran = 0;

	return pthread_create(&t, NULL, thread, &ran) == 0 &&
	    pthread_join(t, NULL) == 0 && ran == 1;
}

static bool
try_read_inside(void)
{
	char path[80];
	int fd;

	if (snprintf(path, sizeof(path), "%s/users", dir) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, path, 1) == 1;
}

static bool
try_write_inside(void)
{
	char path[80];

	if (snprintf(path, sizeof(path), "%s/users", dir) < 0)
		return false;
	return open(path, O_WRONLY | O_CLOEXEC) >= 0;
}

static bool
try_create_inside(void)
{
	char path[80];

	if (snprintf(path, sizeof(path), "%s/users.new", dir) < 0)
		return false;
	return open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}

/* tmp, fsync, into another directory, fsync, read, remove: a delivery */
static bool
try_deliver(void)
{
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct stat st;

	if (root < 0 || mkdirat(root, "tmp", 0700) != 0 ||
	    mkdirat(root, "new", 0700) != 0)
		return false;
	fd = openat(root, "tmp/1", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd < 0 || write(fd, "hello", 5) != 5 || ftruncate(fd, 4) != 0 ||
	    fsync(fd) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	return renameat(root, "tmp/1", root, "new/1") == 0 &&
	    linkat(root, "new/1", root, "tmp/2", 0) == 0 &&
	    fsync(root) == 0 && fstatat(root, "new/1", &st, 0) == 0 &&
	    st.st_size == 4 && unlinkat(root, "new/1", 0) == 0 &&
	    unlinkat(root, "tmp/2", 0) == 0 &&
	    unlinkat(root, "tmp", AT_REMOVEDIR) == 0 &&
	    unlinkat(root, "new", AT_REMOVEDIR) == 0;
}

static bool
try_move_out(void)
{
	char from[80];

	if (snprintf(from, sizeof(from), "%s/users", dir) < 0)
		return false;
	return rename(from, outside) == 0;
}

static bool
try_abort(void)
{
	/* ends by SIGABRT, not by SIGSYS: see is_outcome */
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* ---- the table ---- */

static const struct attempt {
	const char *name;
	bool (*fn)(void);
	enum outcome front, auth, store;
} attempts[] = {
	{ "open /etc/passwd", try_open_passwd, ERROR, ERROR, ERROR },
	{ "open a file beside", try_open_outside, ERROR, ERROR, ERROR },
	{ "list /", try_list_root, ERROR, ERROR, ERROR },
	{ "socket", try_socket, KILLED, ERROR, KILLED },
	{ "unix socket", try_unix_socket, KILLED, ERROR, KILLED },
	{ "bind", try_bind, KILLED, KILLED, KILLED },
	{ "execve", try_exec, KILLED, KILLED, KILLED },
	{ "ptrace", try_ptrace, KILLED, KILLED, KILLED },
	{ "fork", try_fork, KILLED, KILLED, KILLED },
	{ "kill", try_kill_parent, KILLED, KILLED, KILLED },
	{ "setrlimit", try_set_limit, KILLED, KILLED, KILLED },
	{ "unshare", try_unshare, KILLED, KILLED, KILLED },
	{ "io_uring", try_io_uring, KILLED, KILLED, KILLED },
	{ "mmap PROT_EXEC", try_executable_memory, KILLED, KILLED, KILLED },
	{ "mprotect PROT_EXEC", try_make_executable, KILLED, KILLED, KILLED },
	{ "younger call", try_younger, ERROR, ERROR, ERROR },
	{ "sendfile", try_sendfile, CAN, CAN, CAN },
	{ "descriptors", try_descriptors, CAN, CAN, CAN },
	{ "memory", try_memory, CAN, CAN, CAN },
	{ "time, random", try_time_and_chance, CAN, CAN, CAN },
	{ "serve a client", try_serve, CAN, KILLED, KILLED },
	{ "pass a descriptor", try_descriptor_passing, CAN, CAN, CAN },
	{ "thread", try_thread, KILLED, CAN, CAN },
	{ "read inside", try_read_inside, ERROR, CAN, CAN },
	{ "write inside", try_write_inside, ERROR, KILLED, CAN },
	{ "create inside", try_create_inside, ERROR, KILLED, CAN },
	{ "deliver", try_deliver, ERROR, KILLED, CAN },
	{ "move out", try_move_out, KILLED, KILLED, ERROR },
};

/* paths must be as safe where there is no seccomp */
static const struct attempt landlock_alone[] = {
	{ "open /etc/passwd", try_open_passwd, ERROR, ERROR, ERROR },
	{ "open a file beside", try_open_outside, ERROR, ERROR, ERROR },
	{ "list /", try_list_root, ERROR, ERROR, ERROR },
	{ "execve", try_exec, ERROR, ERROR, ERROR },
	{ "read inside", try_read_inside, ERROR, CAN, CAN },
	{ "write inside", try_write_inside, ERROR, ERROR, CAN },
	{ "create inside", try_create_inside, ERROR, ERROR, CAN },
	{ "deliver", try_deliver, ERROR, ERROR, CAN },
	{ "move out", try_move_out, ERROR, ERROR, ERROR },
};

/* ---- running them ---- */

static void
in_child(enum sandbox_role role, const struct attempt *a,
    int (*enter)(enum sandbox_role, const char *))
{
	int sv[2];

	if (a->fn == try_descriptor_passing) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0 ||
		    sv[1] != sv[0] + 1)
			_exit(EXIT_SETUP);
		listening = sv[0];
	}
	if (drop_common() != 0 || enter(role,
	    role == SANDBOX_FRONT ? NULL : dir) != 0)
		_exit(EXIT_SETUP);
	_exit(a->fn() ? EXIT_CAN : EXIT_ERROR);
}

/* the outside client of try_serve; the kernel queues it for the child */
static int
connect_client(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&listening_at,
	    sizeof(listening_at)), 0);
	assert_int_equal(send(fd, "QUIT", 4, MSG_NOSIGNAL), 4);
	return fd;
}

static bool
is_outcome(enum outcome o, int status)
{
	switch (o) {
	case CAN:
		return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CAN;
	case ERROR:
		return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_ERROR;
	case KILLED:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	}
	return false;
}

static void
run(enum sandbox_role role, const struct attempt *a,
    int (*enter)(enum sandbox_role, const char *))
{
	const enum outcome o = role == SANDBOX_FRONT ? a->front :
	    role == SANDBOX_AUTH ? a->auth : a->store;
	int client = -1, status;
	pid_t pid;

	if (a->fn == try_serve)
		client = connect_client();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		in_child(role, a, enter);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (client >= 0) {
		close(client);
		if (o != CAN)	/* nobody took it from the queue */
			close(accept(listening, NULL, NULL));
	}
	if (!is_outcome(o, status))
		fail_msg("role %d, %s: status %x", (int)role, a->name,
		    (unsigned)status);
}

static void
run_role(enum sandbox_role role)
{
	size_t i;

	for (i = 0; i < sizeof(attempts) / sizeof(*attempts); i++)
		run(role, &attempts[i], sandbox_enter);
	for (i = 0; i < sizeof(landlock_alone) / sizeof(*landlock_alone); i++)
		run(role, &landlock_alone[i], sandbox_landlock);
}

static void
test_front(void **state)
{
	(void)state;
	run_role(SANDBOX_FRONT);
}

static void
test_auth(void **state)
{
	(void)state;
	run_role(SANDBOX_AUTH);
}

static void
test_store(void **state)
{
	(void)state;
	run_role(SANDBOX_STORE);
}

/* abort(3) must still end by its own signal, so that the parent's log tells
 * an assertion from a violation */
static void
test_abort(void **state)
{
	static const struct attempt a = { "abort", try_abort, CAN, CAN, CAN };
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		in_child(SANDBOX_FRONT, &a, sandbox_enter);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* threads that exist already are caught by the filter, too */
static int go[2];

static void *
late_thread(void *arg)
{
	char c;

	if (read(go[0], &c, 1) == 1)
		(void)try_socket();
	return arg;
}

static void
test_other_threads(void **state)
{
	pthread_t t;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (pthread_create(&t, NULL, late_thread, NULL) != 0 ||
		    sandbox_enter(SANDBOX_STORE, dir) != 0 ||
		    write(go[1], "x", 1) != 1)
			_exit(EXIT_SETUP);
		pthread_join(t, NULL);
		_exit(EXIT_CAN);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	close(go[0]);
	close(go[1]);
}

static void
test_bad_path(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(sandbox_enter(SANDBOX_STORE, "/no/such/place") == -1 &&
		    errno == ENOENT ? EXIT_CAN : EXIT_ERROR);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(is_outcome(CAN, status));
}

/* ---- set up ---- */

static void
write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
}

static int
set_up(void **state)
{
	socklen_t len = sizeof(listening_at);
	char path[80];

	(void)state;
	memcpy(dir, "sandbox.XXXXXX", sizeof("sandbox.XXXXXX"));
	assert_non_null(mkdtemp(dir));
	assert_true(snprintf(outside, sizeof(outside), "%s.beside", dir) > 0);
	write_file(outside);
	assert_true(snprintf(path, sizeof(path), "%s/users", dir) > 0);
	write_file(path);
	mail = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(mail >= 0);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listening_at.sin_family = AF_INET;
	listening_at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listening, (struct sockaddr *)&listening_at,
	    sizeof(listening_at)), 0);
	assert_int_equal(listen(listening, 5), 0);
	assert_int_equal(getsockname(listening,
	    (struct sockaddr *)&listening_at, &len), 0);
	return 0;
}

static int
tear_down(void **state)
{
	char path[80];

	(void)state;
	if (snprintf(path, sizeof(path), "%s/users.new", dir) > 0)
		unlink(path);
	if (snprintf(path, sizeof(path), "%s/users", dir) > 0)
		unlink(path);
	unlink(outside);
	return rmdir(dir);
}

/* 77 tells meson that the test was skipped: a machine without Landlock or
 * seccomp cannot show what they do */
static int
probe(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			_exit(1);
		_exit(sandbox_landlock(SANDBOX_FRONT, NULL) == 0 &&
		    sandbox_seccomp(SANDBOX_FRONT) == 0 ? 0 : 77);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_other_threads),
		cmocka_unit_test(test_bad_path),
	};
	int e = probe();

	if (e != 0) {
		fprintf(stderr, "skipped: no Landlock or no seccomp here\n");
		return e;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
