/* SPDX-License-Identifier: ISC
 *
 * test_dial: a host to a connection (RFC 8305), and away from it at any
 * moment.  Names are answered here (getaddrinfo is wrapped), threads are
 * counted and waited for, and connect can be told to fail.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "net/dial.h"

/* ---- the resolver ---- */

static struct {
	const char *addresses[20];	/* of every name; none: `error` */
	int error, err;
	bool hang;			/* until `go` */
} names;
static sem_t go;
static atomic_int threads, no_threads, signals_open;
static sem_t ended;

int __real_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);
int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

int
__wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **list_r)
{
	struct addrinfo numeric = *hints, **end = list_r;
	sigset_t blocked;
	int i;

	if (hints->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(host, service, hints, list_r);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (!sigismember(&blocked, SIGTERM))
		signals_open++;
	if (names.hang)
		while (sem_wait(&go) != 0)
			;
	numeric.ai_flags |= AI_NUMERICHOST;
	for (i = 0; names.addresses[i] != NULL; i++) {
		if (__real_getaddrinfo(names.addresses[i], service, &numeric,
		    end) != 0)
			abort();
		while (*end != NULL)
			end = &(*end)->ai_next;
	}
	errno = names.err;
	return i > 0 ? 0 : names.error;
}

static void
answer(const char *a, const char *b, const char *c)
{
	memset(&names, 0, sizeof(names));
	names.addresses[0] = a;
	names.addresses[1] = b;
	names.addresses[2] = c;
}

/* ---- threads ---- */

struct start {
	void *(*fn)(void *);
	void *arg;
};

int __real_pthread_create(pthread_t *, const pthread_attr_t *,
    void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *,
    void *(*)(void *), void *);

static void *
trampoline(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	s.fn(s.arg);
	sem_post(&ended);
	return NULL;
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg)
{
	struct start *s;

	if (no_threads)
		return EAGAIN;
	s = malloc(sizeof(*s));
	if (s == NULL)
		abort();
	s->fn = fn;
	s->arg = arg;
	threads++;
	return __real_pthread_create(t, attr, trampoline, s);
}

/* Every thread has ended; how many there were. */
static int
threads_done(void)
{
	int n = threads, i;

	if (names.hang)
		for (i = 0; i < n; i++)
			sem_post(&go);
	for (i = 0; i < n; i++)
		while (sem_wait(&ended) != 0)
			;
	while (sem_trywait(&go) == 0)
		;
	threads = 0;
	return n;
}

/* ---- connect ---- */

static int families[32];
static size_t tries;
static int (*verdict)(const struct sockaddr *);	/* errno, or 0: really */

int __real_connect(int, const struct sockaddr *, socklen_t);
int __wrap_connect(int, const struct sockaddr *, socklen_t);

int
__wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int err = verdict != NULL ? verdict(sa) : 0;

	if (tries < 32)
		families[tries++] = sa->sa_family;
	if (err == 0)
		return __real_connect(fd, sa, len);
	errno = err;
	return -1;
}

/* ---- the fixture ---- */

static struct loop *loop;
static struct dial_result result;
static unsigned calls;
static unsigned open_port, closed_port, full_port;

static void
on_done(void *arg, const struct dial_result *r)
{
	assert_ptr_equal(arg, &result);
	result = *r;
	calls++;
	loop_stop(loop);
}

static void
begin(void)
{
	memset(&result, 0, sizeof(result));
	result.fd = -1;
	calls = 0;
	tries = 0;
	verdict = NULL;
}

static struct dial *
start(const char *host, unsigned port, unsigned ms)
{
	struct dial *d;

	begin();
	d = dial_start(loop, host, port, ms, on_done, &result);
	assert_non_null(d);
	assert_int_equal(calls, 0);	/* never from inside */
	return d;
}

static void
finish(enum dial_error error)
{
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(result.error, error);
	assert_int_equal(result.fd >= 0, error == DIAL_OK);
	assert_int_equal(result.text[0] == '\0', error == DIAL_OK);
}

static void
drop(void)
{
	if (result.fd >= 0)
		close(result.fd);
	result.fd = -1;
}

static void
need_address(const char *host, unsigned port)
{
	char want[64];

	assert_false(text_format(want, sizeof(want), "%s:%u", host, port));
	assert_string_equal(result.address, want);
}

static int
bound(unsigned *port_r, int type)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port_r = ntohs(sin.sin_port);
	return fd;
}

/* ---- addresses ---- */

static void
test_address(void **state)
{
	socklen_t len = sizeof(int);
	int on = 0;

	(void)state;
	start("127.0.0.1", open_port, 60000);
	finish(DIAL_OK);
	need_address("127.0.0.1", open_port);
	assert_true(fcntl(result.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(result.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(result.fd, IPPROTO_TCP, TCP_NODELAY, &on,
	    &len), 0);
	assert_int_equal(on, 1);
	drop();
	assert_int_equal(threads_done(), 0);
}

static int
refuse_all(const struct sockaddr *sa)
{
	(void)sa;
	return ECONNREFUSED;
}

static void
test_address_v6(void **state)
{
	(void)state;
	start("2001:db8::1", 995, 60000);
	verdict = refuse_all;
	finish(DIAL_CONNECT);
	assert_string_equal(result.address, "[2001:db8::1]:995");
	assert_string_equal(result.text, "Connection refused");
	assert_int_equal(tries, 1);
	assert_int_equal(threads_done(), 0);
}

static void
test_refused(void **state)
{
	(void)state;
	start("127.0.0.1", closed_port, 0);
	finish(DIAL_CONNECT);
	need_address("127.0.0.1", closed_port);
	assert_string_equal(result.text, "Connection refused");
}

/* ---- names ---- */

static void
test_name(void **state)
{
	(void)state;
	answer("127.0.0.1", NULL, NULL);
	start("pop.example.net", open_port, 60000);
	finish(DIAL_OK);
	need_address("127.0.0.1", open_port);
	drop();
	assert_int_equal(threads_done(), 1);
	assert_int_equal(signals_open, 0);	/* all blocked in there */
}

static void
test_no_name(void **state)
{
	static const struct { int error, err; const char *text; } cases[] = {
		{ EAI_NONAME, 0, "there is no such host name" },
		{ EAI_AGAIN, 0, "try again later" },
		{ EAI_SYSTEM, EMFILE, "Too many open files" },
		{ EAI_FAIL, 0, "Non-recoverable" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer(NULL, NULL, NULL);
		names.error = cases[i].error;
		names.err = cases[i].err;
		start("nobody.example", 995, 60000);
		finish(DIAL_RESOLVE);
		assert_non_null(strstr(result.text, cases[i].text));
		assert_string_equal(result.address, "");
		assert_int_equal(tries, 0);
		assert_int_equal(threads_done(), 1);
	}
}

static void
test_no_thread(void **state)
{
	(void)state;
	begin();
	no_threads = 1;
	assert_null(dial_start(loop, "pop.example.net", 995, 60000, on_done,
	    &result));
	start("127.0.0.1", open_port, 60000);	/* needs none */
	finish(DIAL_OK);
	drop();
	no_threads = 0;
	assert_int_equal(calls, 1);
}

/* ---- the race ---- */

static int
refuse_second_net(const struct sockaddr *sa)
{
	const struct sockaddr_in *sin = (const void *)sa;

	return (ntohl(sin->sin_addr.s_addr) & 0xff) == 2 ? ECONNREFUSED : 0;
}

/* the next one at once, whether connect itself fails or the peer refuses */
static void
test_first_is_dead(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		answer("127.0.0.2", "127.0.0.1", NULL);
		start("pop.example.net", open_port, 60000);
		verdict = refuse_second_net;
		finish(DIAL_OK);
		need_address("127.0.0.1", open_port);
		assert_int_equal(tries, 2);
		drop();
		assert_int_equal(threads_done(), 1);
	}
	answer("127.0.0.2", "127.0.0.1", NULL);
	start("pop.example.net", closed_port, 60000);
	finish(DIAL_CONNECT);
	need_address("127.0.0.1", closed_port);
	assert_int_equal(tries, 2);
	assert_int_equal(threads_done(), 1);
}

static int
unreachable_v6(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? ENETUNREACH : 0;
}

/* "no IPv6 here" is not the reason that somebody wants to read */
static void
test_telling_error(void **state)
{
	(void)state;
	answer("127.0.0.1", "2001:db8::1", NULL);
	start("pop.example.net", closed_port, 60000);
	verdict = unreachable_v6;
	finish(DIAL_CONNECT);
	need_address("127.0.0.1", closed_port);
	assert_string_equal(result.text, "Connection refused");
	assert_int_equal(threads_done(), 1);
	answer("2001:db8::1", NULL, NULL);
	start("pop.example.net", 995, 60000);
	verdict = unreachable_v6;
	finish(DIAL_CONNECT);
	assert_string_equal(result.text, "Network is unreachable");
	assert_int_equal(threads_done(), 1);
}

/* RFC 8305 section 4: families in turn, beginning with the system's first */
static void
test_order(void **state)
{
	static const struct {
		const char *addresses[7];
		int families[7];
	} cases[] = {
		{ { "2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2" },
		    { AF_INET6, AF_INET, AF_INET6, AF_INET } },
		{ { "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1" },
		    { AF_INET, AF_INET6, AF_INET, AF_INET } },
		{ { "192.0.2.1", "2001:db8::1", "2001:db8::2",
		    "2001:db8::3" },
		    { AF_INET, AF_INET6, AF_INET6, AF_INET6 } },
		{ { "192.0.2.1", "192.0.2.2" }, { AF_INET, AF_INET } },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer(NULL, NULL, NULL);
		for (n = 0; cases[i].addresses[n] != NULL; n++)
			names.addresses[n] = cases[i].addresses[n];
		start("pop.example.net", 995, 60000);
		verdict = refuse_all;
		finish(DIAL_CONNECT);
		assert_int_equal(tries, n);
		assert_memory_equal(families, cases[i].families,
		    n * sizeof(int));
		assert_int_equal(threads_done(), 1);
	}
}

/* a host may claim any number of addresses */
static void
test_many_addresses(void **state)
{
	int i;

	(void)state;
	answer(NULL, NULL, NULL);
	for (i = 0; i < 19; i++)
		names.addresses[i] = "127.0.0.1";
	start("pop.example.net", closed_port, 60000);
	finish(DIAL_CONNECT);
	assert_int_equal(tries, 16);
	assert_int_equal(threads_done(), 1);
}

/* one that hangs delays the next by 250 ms, and loses */
static void
test_first_hangs(void **state)
{
	uint64_t before;

	(void)state;
	answer("127.0.0.3", "127.0.0.2", "127.0.0.1");
	before = loop_now(loop);
	start("pop.example.net", full_port, 600000);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(tries, 3);
	assert_true(loop_now(loop) - before >= 500);
	assert_int_equal(result.error, DIAL_OK);
	need_address("127.0.0.1", full_port);
	drop();
	assert_int_equal(threads_done(), 1);
}

/* ---- time ---- */

static void
test_timeout(void **state)
{
	(void)state;
	start("127.0.0.2", full_port, 50);
	finish(DIAL_TIMEOUT);
	need_address("127.0.0.2", full_port);
	assert_string_equal(result.text, "no answer within 0.05 s");
	answer("127.0.0.1", NULL, NULL);
	names.hang = true;
	start("pop.example.net", open_port, 50);
	finish(DIAL_TIMEOUT);
	assert_string_equal(result.address, "");
	assert_non_null(strstr(result.text, "name servers"));
	assert_int_equal(threads_done(), 1);
}

/* ---- cancelled ---- */

static struct walker {
	struct loop_task task;
	struct dial *dial;
	unsigned left;
	bool cancelled;
} walker;

static void
on_walk(struct loop_task *t)
{
	struct walker *w = (struct walker *)t;

	if (calls > 0)
		return;
	if (w->left-- == 0) {
		dial_cancel(w->dial);
		w->cancelled = true;
		loop_stop(loop);
		return;
	}
	loop_later(loop, t);
}

/* after `rounds` rounds of the loop; false: it was done before */
static bool
cancel_after(const char *host, unsigned port, unsigned rounds)
{
	walker = (struct walker){ .task.fn = on_walk, .left = rounds };
	walker.dial = start(host, port, 60000);
	loop_later(loop, &walker.task);
	assert_int_equal(loop_run(loop), 0);
	loop_cancel(loop, &walker.task);
	assert_int_equal(calls, walker.cancelled ? 0 : 1);
	drop();
	return walker.cancelled;
}

static void
test_cancel(void **state)
{
	static const char *hosts[] = { "127.0.0.1", "pop.example.net" };
	unsigned ports[] = { open_port, closed_port };
	unsigned i, n;

	(void)state;
	dial_cancel(NULL);
	for (i = 0; i < 4; i++) {
		answer("127.0.0.2", "127.0.0.1", NULL);
		dial_cancel(start(hosts[i / 2], ports[i % 2], 60000));
		for (n = 0; cancel_after(hosts[i / 2], ports[i % 2], n); n++)
			;
		assert_true(n > 0);
		threads_done();
	}
	/* while the resolver hangs, and while connects hang */
	answer("127.0.0.1", NULL, NULL);
	names.hang = true;
	for (n = 0; n < 20; n++)
		assert_true(cancel_after("pop.example.net", open_port, n));
	assert_int_equal(threads_done(), 20);
	for (n = 0; n < 20; n++)
		assert_true(cancel_after("127.0.0.3", full_port, n));
}

static struct dial *victim;

static void
on_done_cancel(void *arg, const struct dial_result *r)
{
	on_done(arg, r);
	dial_cancel(victim);
	victim = NULL;
}

/* from the `done` of another, with events of the same round still to come */
static void
test_cancel_other(void **state)
{
	unsigned ports[] = { open_port, closed_port };
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		begin();
		assert_non_null(dial_start(loop, "127.0.0.1", ports[i % 2], 0,
		    on_done_cancel, &result));
		victim = dial_start(loop, "127.0.0.1", ports[i / 2], 0,
		    on_done, &result);
		assert_non_null(victim);
		assert_int_equal(loop_run(loop), 0);
		assert_int_equal(calls, 1);
		assert_null(victim);
		drop();
	}
}

/* ---- local sockets ---- */

static void
local(const char *path, enum dial_error error, const char *text)
{
	struct dial *d;
	int fd;

	begin();
	d = dial_start_local(loop, path, on_done, &result);
	assert_non_null(d);
	assert_int_equal(calls, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(result.error, error);
	assert_string_equal(result.text, text);
	assert_int_equal(strncmp(result.address, path, 30), 0);
	drop();
	begin();
	fd = dup(0);
	close(fd);
	d = dial_start_local(loop, path, on_done, &result);
	dial_cancel(d);
	assert_int_equal(calls, 0);
	assert_int_equal(dup(0), fd);	/* it is free again */
	close(fd);
}

static void
test_local(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/restante-dial-XXXXXX", path[64], too_long[200];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_false(text_format(path, sizeof(path), "%s/lmtp", dir));
	memcpy(sun.sun_path, path, strlen(path) + 1);
	local(path, DIAL_CONNECT, "No such file or directory");
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	local(path, DIAL_CONNECT, "Connection refused");
	assert_int_equal(listen(fd, 8), 0);
	local(path, DIAL_OK, "");
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	local(too_long, DIAL_CONNECT, "File name too long");
	close(fd);
	unlink(path);
	rmdir(dir);
}

/* ---- */

static int open_fd, closed_fd, full_fd[8];

/* A listener whose queue is full on 127.0.0.2 and .3 drops what comes: a
 * connection to it stays under way.  The one on 127.0.0.1 is open. */
static void
make_full(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int i, host;

	full_fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(full_fd[0], (struct sockaddr *)&sin,
	    sizeof(sin)), 0);
	assert_int_equal(listen(full_fd[0], 16), 0);
	assert_int_equal(getsockname(full_fd[0], (struct sockaddr *)&sin,
	    &(socklen_t){ sizeof(sin) }), 0);
	full_port = ntohs(sin.sin_port);
	for (i = 1, host = 2; host <= 3; host++) {
		sin.sin_addr.s_addr = htonl(0x7f000000u + (unsigned)host);
		full_fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(full_fd[i], (struct sockaddr *)&sin,
		    sizeof(sin)), 0);
		assert_int_equal(listen(full_fd[i++], 0), 0);
		full_fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(__real_connect(full_fd[i++],
		    (struct sockaddr *)&sin, sizeof(sin)), 0);
	}
}

static int
set_up(void **state)
{
	(void)state;
	sem_init(&go, 0, 0);
	sem_init(&ended, 0, 0);
	loop = loop_new();
	assert_non_null(loop);
	open_fd = bound(&open_port, SOCK_STREAM);
	assert_int_equal(listen(open_fd, 256), 0);
	closed_fd = bound(&closed_port, SOCK_STREAM);	/* nobody listens */
	make_full();
	return 0;
}

static int
tear_down(void **state)
{
	size_t i;

	(void)state;
	loop_free(loop);
	close(open_fd);
	close(closed_fd);
	for (i = 0; i < 5; i++)
		close(full_fd[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_address_v6),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_no_thread),
		cmocka_unit_test(test_first_is_dead),
		cmocka_unit_test(test_telling_error),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_first_hangs),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_other),
		cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
