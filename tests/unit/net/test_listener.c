/* SPDX-License-Identifier: ISC
 *
 * test_listener: addresses as the configuration writes them, the options of
 * the sockets, stale unix sockets, socket activation (Z-13) and sd_notify.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
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

#include "net/listener.h"

static const char *error;

static void
close_fds(int *fds, int n)
{
	while (n > 0)
		close(fds[--n]);
}

static int
option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	assert_int_equal(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

static const char *
own_name(int fd)
{
	static char name[128];
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	listener_name(&ss, len, name, sizeof(name));
	return name;
}

static unsigned
own_port(int fd)
{
	const char *s = strrchr(own_name(fd), ':');

	return (unsigned)strtoul(s + 1, NULL, 10);
}

static int
connect_to(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int c;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	c = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c >= 0);
	assert_int_equal(connect(c, (struct sockaddr *)&ss, len), 0);
	return c;
}

/* what an accepted socket inherits costs no call per connection */
static void
test_options(void **state)
{
	int fds[LISTENER_MAX], c, a;

	(void)state;
	assert_int_equal(listener_open("127.0.0.1:0", false, fds, &error), 1);
	assert_memory_equal(own_name(fds[0]), "127.0.0.1:", 10);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(option(fds[0], SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_int_equal(option(fds[0], SOL_SOCKET, SO_REUSEADDR), 1);
	assert_int_equal(option(fds[0], SOL_SOCKET, SO_REUSEPORT), 0);
	c = connect_to(fds[0]);
	a = accept(fds[0], NULL, NULL);
	assert_true(a >= 0);
	assert_int_equal(option(a, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(a, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(a, IPPROTO_TCP, TCP_KEEPIDLE), 300);
	assert_int_equal(option(a, IPPROTO_TCP, TCP_KEEPINTVL), 60);
	assert_int_equal(option(a, IPPROTO_TCP, TCP_KEEPCNT), 5);
	close(a);
	close(c);
	close(fds[0]);
}

static bool
have_ipv6(void)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), ok;

	ok = fd >= 0 && bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static void
test_ipv6(void **state)
{
	int fds[LISTENER_MAX], c;

	(void)state;
	if (!have_ipv6())
		skip();
	assert_int_equal(listener_open("[::1]:0", false, fds, &error), 1);
	assert_memory_equal(own_name(fds[0]), "[::1]:", 6);
	assert_int_equal(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	c = connect_to(fds[0]);
	close(c);
	close(fds[0]);
	assert_int_equal(listener_open("[::]:0", false, fds, &error), 1);
	assert_int_equal(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	close(fds[0]);
}

static void
test_both_families(void **state)
{
	int fds[LISTENER_MAX], n;

	(void)state;
	n = listener_open("*:0", false, fds, &error);
	assert_int_equal(n, have_ipv6() ? 2 : 1);
	if (n == 2)
		assert_int_equal(own_port(fds[0]), own_port(fds[1]));
	assert_true(own_port(fds[0]) != 0);
	close_fds(fds, n);
	n = listener_open("localhost:0", false, fds, &error);
	assert_true(n >= 1 && n <= 2);
	if (n == 2)
		assert_int_equal(own_port(fds[0]), own_port(fds[1]));
	close_fds(fds, n);
}

static void
test_reuseport(void **state)
{
	int first[LISTENER_MAX], second[LISTENER_MAX];
	char address[64];

	(void)state;
	assert_int_equal(listener_open("127.0.0.1:0", true, first, &error),
	    1);
	assert_true(snprintf(address, sizeof(address), "127.0.0.1:%u",
	    own_port(first[0])) > 0);
	assert_int_equal(listener_open(address, true, second, &error), 1);
	close(second[0]);
	/* without it the address is taken, and the message says so */
	second[0] = -7;
	assert_int_equal(listener_open(address, false, second, &error), -1);
	assert_memory_equal(error, address, strlen(address));
	assert_non_null(strstr(error, "in use"));
	assert_int_equal(second[0], -7);
	close(first[0]);
}

static void
test_mistakes(void **state)
{
	static const char *const bad[] = {
		"", ":", "110", "127.0.0.1", "127.0.0.1:", ":110", "::1:110",
		"[::1]", "[::1]110", "[::1:110", "[]:110", "127.0.0.1:65536",
		"127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1",
		"127.0.0.1:99999999999999999999", "127.0.0.1:no-such-service",
		"[zz::1]:0", "unix:", "unix:relative", "192.0.2.1:0",
	};
	int fds[LISTENER_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		error = NULL;
		fds[0] = -7;
		assert_int_equal(listener_open(bad[i], false, fds, &error),
		    -1);
		assert_int_equal(fds[0], -7);
		assert_memory_equal(error, bad[i], strlen(bad[i]));
		assert_memory_equal(error + strlen(bad[i]), ": ", 2);
	}
}

/* ---- unix ---- */

static char dir[32], sock[64], address[80];

static void
test_unix(void **state)
{
	int fds[LISTENER_MAX], more[LISTENER_MAX], c;
	struct stat st;

	(void)state;
	assert_int_equal(listener_open(address, false, fds, &error), 1);
	assert_string_equal(own_name(fds[0]), address);
	assert_int_equal(stat(sock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	c = connect_to(fds[0]);
	close(c);
	/* a live one is not taken away */
	assert_int_equal(listener_open(address, false, more, &error), -1);
	assert_non_null(strstr(error, "in use"));
	c = connect_to(fds[0]);
	close(c);
	/* a stale one is replaced */
	close(fds[0]);
	assert_int_equal(stat(sock, &st), 0);
	assert_int_equal(listener_open(address, false, fds, &error), 1);
	c = connect_to(fds[0]);
	close(c);
	close(fds[0]);
	assert_int_equal(unlink(sock), 0);
}

/* a full queue is a live server, too */
static void
test_unix_busy(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, fds[LISTENER_MAX], c[2], i;

	(void)state;
	memcpy(sun.sun_path, sock, strlen(sock));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (i = 0; i < 2; i++) {
		c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0);
		(void)!connect(c[i], (struct sockaddr *)&sun, sizeof(sun));
	}
	assert_int_equal(listener_open(address, false, fds, &error), -1);
	assert_non_null(strstr(error, "in use"));
	close_fds(c, 2);
	close(fd);
	assert_int_equal(unlink(sock), 0);
}

static void
test_unix_other_file(void **state)
{
	char longer[200] = "unix:/";
	int fds[LISTENER_MAX], fd;
	struct stat st;

	(void)state;
	fd = open(sock, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listener_open(address, false, fds, &error), -1);
	assert_int_equal(stat(sock, &st), 0);
	assert_int_equal(unlink(sock), 0);
	memset(longer + 6, 'x', 150);
	assert_int_equal(listener_open(longer, false, fds, &error), -1);
	assert_non_null(strstr(error, "too long"));
	assert_int_equal(listener_open("unix:/no/such/dir/s", false, fds,
	    &error), -1);
}

/* ---- names ---- */

static void
test_names(void **state)
{
	static const unsigned char mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0xff, 0xff, 192, 0, 2, 7 }, zero[16];
	struct sockaddr_storage ss;
	struct sockaddr_in *sin = (void *)&ss;
	struct sockaddr_in6 *sin6 = (void *)&ss;
	struct sockaddr_un *sun = (void *)&ss;
	unsigned char a[16];
	char out[128];

	(void)state;
	memset(&ss, 0, sizeof(ss));
	sin->sin_family = AF_INET;
	sin->sin_port = htons(110);
	assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &sin->sin_addr), 1);
	listener_name(&ss, sizeof(*sin), out, sizeof(out));
	assert_string_equal(out, "192.0.2.7:110");
	listener_name(&ss, sizeof(*sin), out, 6);
	assert_string_equal(out, "192.0");
	listener_address16(&ss, a);
	assert_memory_equal(a, mapped, 16);

	memset(&ss, 0, sizeof(ss));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(995);
	memcpy(&sin6->sin6_addr, mapped, 16);
	listener_name(&ss, sizeof(*sin6), out, sizeof(out));
	assert_string_equal(out, "192.0.2.7:995");
	listener_address16(&ss, a);
	assert_memory_equal(a, mapped, 16);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1",
	    &sin6->sin6_addr), 1);
	listener_name(&ss, sizeof(*sin6), out, sizeof(out));
	assert_string_equal(out, "[2001:db8::1]:995");
	listener_address16(&ss, a);
	assert_memory_equal(a, &sin6->sin6_addr, 16);

	memset(&ss, 0, sizeof(ss));
	sun->sun_family = AF_UNIX;
	listener_name(&ss, sizeof(sa_family_t), out, sizeof(out));
	assert_string_equal(out, "unix:");
	memset(sun->sun_path, 'p', sizeof(sun->sun_path));
	listener_name(&ss, sizeof(*sun), out, sizeof(out));
	assert_int_equal(strlen(out), 5 + sizeof(sun->sun_path));
	listener_address16(&ss, a);
	assert_memory_equal(a, zero, 16);
}

/* ---- socket activation ---- */

static char seen[400];

static void
see(void *arg, int fd, const char *name)
{
	size_t n = strlen(seen);

	assert_ptr_equal(arg, &error);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(snprintf(seen + n, sizeof(seen) - n, "%d=%s;", fd,
	    name) > 0);
}

struct inheritance {
	const char *pid;	/* NULL: ours */
	const char *fds, *names;
	int count;
	const char *seen;
};

static const struct inheritance inheritances[] = {
	{ NULL, "2", "pop3:pop3s", 2, "3=pop3;4=pop3s;" },
	{ NULL, "2", "pop3", 2, "3=pop3;4=unknown;" },
	{ NULL, "2", "::x", 2, "3=;4=;" },
	{ NULL, "1", NULL, 1, "3=unknown;" },
	{ NULL, "0", NULL, 0, "" },
	/* Z-13: for somebody else */
	{ "1", "2", "pop3:pop3s", 0, "" },
	{ "", "2", NULL, 0, "" },
	{ "x", "2", NULL, 0, "" },
	/* announced and not there, or nonsense */
	{ NULL, "3", NULL, -1, "" },
	{ NULL, "-1", NULL, -1, "" },
	{ NULL, "999999999", NULL, -1, "" },
	{ NULL, NULL, NULL, -1, "" },
};

static int
put_env(const char *name, const char *value)
{
	return value != NULL ? setenv(name, value, 1) : unsetenv(name);
}

/* in a child, whose descriptors 3 and 4 are ours to set */
static int
inherit(const struct inheritance *h)
{
	char pid[32];
	int null = open("/dev/null", O_RDONLY), count;

	if (null < 0 || dup2(null, 3) != 3 || dup2(null, 4) != 4 ||
	    (close(5), snprintf(pid, sizeof(pid), "%ld",
	    (long)getpid())) < 0 ||
	    put_env("LISTEN_PID", h->pid != NULL ? h->pid : pid) != 0 ||
	    put_env("LISTEN_FDS", h->fds) != 0 ||
	    put_env("LISTEN_FDNAMES", h->names) != 0)
		return 2;
	count = listener_inherited(see, &error);
	if (count != h->count || strcmp(seen, h->seen) != 0)
		return 3;
	if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
	    getenv("LISTEN_FDNAMES") != NULL)
		return 4;
	/* they are gone: a second call finds nothing */
	return listener_inherited(see, &error) == 0 ? 0 : 5;
}

static void
test_inherited(void **state)
{
	size_t i;
	int status;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof(inheritances) / sizeof(*inheritances); i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(inherit(&inheritances[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("case %zu: status %x", i, (unsigned)status);
	}
}

static void
notified(const struct sockaddr_un *sun, socklen_t len, const char *variable)
{
	char got[64] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)sun, len), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", variable, 1), 0);
	listener_notify("READY=1\nSTATUS=open");
	assert_int_equal(recv(fd, got, sizeof(got), 0), 19);
	assert_string_equal(got, "READY=1\nSTATUS=open");
	close(fd);
}

static void
test_notify(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char abstract[64];
	int n;

	(void)state;
	memcpy(sun.sun_path, sock, strlen(sock));
	notified(&sun, sizeof(sun), sock);
	assert_int_equal(unlink(sock), 0);
	n = snprintf(abstract, sizeof(abstract), "@restante-test-%ld",
	    (long)getpid());
	assert_true(n > 0);
	memset(sun.sun_path, 0, sizeof(sun.sun_path));
	memcpy(sun.sun_path + 1, abstract + 1, (size_t)n - 1);
	notified(&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    (size_t)n), abstract);
	/* nobody there, nonsense, nothing: no harm */
	listener_notify("READY=1");
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	listener_notify("READY=1");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	listener_notify("READY=1");
}

static int
set_up(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/listen.XXXXXX", sizeof("/tmp/listen.XXXXXX"));
	if (mkdtemp(dir) == NULL)
		return -1;
	return snprintf(sock, sizeof(sock), "%s/s", dir) > 0 &&
	    snprintf(address, sizeof(address), "unix:%s", sock) > 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_both_families),
		cmocka_unit_test(test_reuseport),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_busy),
		cmocka_unit_test(test_unix_other_file),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
