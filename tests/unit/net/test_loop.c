/* SPDX-License-Identifier: ISC
 *
 * test_loop: order and safety of a round, and that it makes no needless
 * system call.  epoll_ctl and epoll_wait are counted by wrappers (linked
 * with --wrap), time is the real clock but no case depends on its speed.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"

static unsigned ctl_calls, wait_calls;
static int wait_error;		/* errno of the next epoll_wait, once */

int __real_epoll_ctl(int, int, int, struct epoll_event *);
int __wrap_epoll_ctl(int, int, int, struct epoll_event *);
int __real_epoll_wait(int, struct epoll_event *, int, int);
int __wrap_epoll_wait(int, struct epoll_event *, int, int);

int
__wrap_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	ctl_calls++;
	return __real_epoll_ctl(ep, op, fd, ev);
}

int
__wrap_epoll_wait(int ep, struct epoll_event *ev, int n, int ms)
{
	wait_calls++;
	if (wait_error != 0) {
		errno = wait_error;
		wait_error = 0;
		return -1;
	}
	return __real_epoll_wait(ep, ev, n, ms);
}

static struct loop *loop;

static void
stop_fn(struct loop_timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void
stop_task_fn(struct loop_task *t)
{
	(void)t;
	loop_stop(loop);
}

/* one round that does not wait for events */
static void
one_round(void)
{
	struct loop_task t = { .fn = stop_task_fn };

	loop_later(loop, &t);
	assert_int_equal(loop_run(loop), 0);
}

/* ---- descriptors ---- */

struct watcher {
	struct loop_io io;
	int peer;
	unsigned got, calls;
	void (*then)(struct watcher *);
};

static void
watcher_fn(struct loop_io *io, unsigned events)
{
	struct watcher *w = (struct watcher *)(void *)io;

	w->got = events;
	w->calls++;
	if (w->then != NULL)
		w->then(w);
}

static void
watcher_init(struct watcher *w)
{
	int sv[2];

	memset(w, 0, sizeof(*w));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	w->io.fd = sv[0];
	w->io.fn = watcher_fn;
	w->peer = sv[1];
}

static void
watcher_done(struct watcher *w)
{
	loop_unwatch(loop, &w->io, true);
	close(w->io.fd);
	if (w->peer >= 0)
		close(w->peer);
}

static void
hang_up(struct watcher *w)
{
	close(w->peer);
	w->peer = -1;
}

static void
test_events(void **state)
{
	struct watcher w;

	(void)state;
	watcher_init(&w);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	one_round();
	assert_int_equal(w.calls, 0);
	assert_int_equal(write(w.peer, "x", 1), 1);
	one_round();
	assert_int_equal(w.got, LOOP_READ);
	one_round();		/* level-triggered: it was not read */
	assert_int_equal(w.calls, 2);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ | LOOP_WRITE), 0);
	one_round();
	assert_int_equal(w.got, LOOP_READ | LOOP_WRITE);
	/* half closed: the end can be read, and is a hang-up for who asks */
	assert_int_equal(shutdown(w.peer, SHUT_WR), 0);
	one_round();
	assert_int_equal(w.got, LOOP_READ | LOOP_WRITE);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_HANGUP), 0);
	one_round();
	assert_int_equal(w.got, LOOP_HANGUP);
	/* gone: everything that is waited for shall be tried */
	hang_up(&w);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_WRITE), 0);
	one_round();
	assert_int_equal(w.got, LOOP_WRITE);
	watcher_done(&w);
}

static void
test_bad_fd(void **state)
{
	struct watcher w = { .io = { .fd = -1, .fn = watcher_fn } };

	(void)state;
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(w.io.events, 0);
	loop_unwatch(loop, &w.io, false);
}

static void
test_no_needless_calls(void **state)
{
	struct watcher w;

	(void)state;
	watcher_init(&w);
	ctl_calls = 0;
	assert_int_equal(loop_watch(loop, &w.io, 0), 0);
	assert_int_equal(ctl_calls, 0);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(ctl_calls, 1);
	/* paused while nothing comes, and resumed: free */
	assert_int_equal(loop_watch(loop, &w.io, 0), 0);
	one_round();
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(ctl_calls, 1);
	/* paused while something comes: told once, not called, no spinning */
	assert_int_equal(loop_watch(loop, &w.io, 0), 0);
	assert_int_equal(write(w.peer, "x", 1), 1);
	one_round();
	assert_int_equal(ctl_calls, 2);
	assert_int_equal(w.calls, 0);
	one_round();
	assert_int_equal(ctl_calls, 2);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	one_round();
	assert_int_equal(ctl_calls, 3);
	assert_int_equal(w.calls, 1);
	/* the same with another event still wanted */
	assert_int_equal(loop_watch(loop, &w.io, LOOP_HANGUP), 0);
	assert_int_equal(ctl_calls, 4);
	one_round();
	assert_int_equal(ctl_calls, 4);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ | LOOP_WRITE), 0);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(ctl_calls, 5);
	loop_unwatch(loop, &w.io, true);
	assert_int_equal(ctl_calls, 5);
	watcher_done(&w);
}

static void
test_paused_hangup(void **state)
{
	struct watcher w;

	(void)state;
	watcher_init(&w);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(loop_watch(loop, &w.io, 0), 0);
	hang_up(&w);
	ctl_calls = 0;
	one_round();
	one_round();
	assert_int_equal(w.calls, 0);
	assert_int_equal(ctl_calls, 1);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	one_round();
	assert_int_equal(w.got, LOOP_READ);
	watcher_done(&w);
}

/* ---- removal while the event is still to come ---- */

enum { MANY = 200 };
static struct watcher *many[MANY];
static unsigned fired;

/* frees all the others */
static void
free_others(struct watcher *w)
{
	size_t i;

	fired++;
	for (i = 0; i < MANY; i++) {
		if (many[i] == NULL || many[i] == w)
			continue;
		watcher_done(many[i]);
		free(many[i]);
		many[i] = NULL;
	}
}

/* frees the whole of itself */
static void
free_itself(struct watcher *w)
{
	size_t i;

	fired++;
	for (i = 0; i < MANY; i++)
		if (many[i] == w)
			many[i] = NULL;
	watcher_done(w);
	free(w);
}

static void
make_many(void (*then)(struct watcher *))
{
	size_t i;

	fired = 0;
	for (i = 0; i < MANY; i++) {
		many[i] = malloc(sizeof(*many[i]));
		assert_non_null(many[i]);
		watcher_init(many[i]);
		many[i]->then = then;
		assert_int_equal(loop_watch(loop, &many[i]->io, LOOP_READ),
		    0);
		assert_int_equal(write(many[i]->peer, "x", 1), 1);
	}
}

static void
test_remove_others(void **state)
{
	size_t i, left = 0;

	(void)state;
	make_many(free_others);
	one_round();
	assert_int_equal(fired, 1);
	for (i = 0; i < MANY; i++) {
		if (many[i] == NULL)
			continue;
		left++;
		watcher_done(many[i]);
		free(many[i]);
	}
	assert_int_equal(left, 1);
}

static void
test_remove_itself(void **state)
{
	(void)state;
	make_many(free_itself);
	while (fired < MANY)
		one_round();
	assert_int_equal(fired, MANY);
}

/* the struct and the descriptor are used again at once: the event of the old
 * one must not reach the new one */
static struct watcher again;

static void
reuse(struct watcher *w)
{
	int sv[2], fd = again.io.fd;

	w->then = NULL;
	loop_unwatch(loop, &again.io, true);
	close(fd);
	close(again.peer);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	again.io.fd = sv[0];
	again.peer = sv[1];
	again.calls = 0;
	assert_int_equal(loop_watch(loop, &again.io, LOOP_READ), 0);
	assert_int_equal(read(w->io.fd, (char[1]){ 0 }, 1), 1);
}

static void
test_reuse(void **state)
{
	struct watcher w;

	(void)state;
	watcher_init(&w);
	watcher_init(&again);
	w.then = reuse;
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(loop_watch(loop, &again.io, LOOP_READ), 0);
	/* epoll reports in the order of readiness */
	assert_int_equal(write(w.peer, "x", 1), 1);
	assert_int_equal(write(again.peer, "x", 1), 1);
	one_round();
	assert_int_equal(w.calls, 1);
	assert_int_equal(again.calls, 0);
	one_round();
	assert_int_equal(again.calls, 0);
	assert_int_equal(write(again.peer, "x", 1), 1);
	one_round();
	assert_int_equal(again.calls, 1);
	watcher_done(&w);
	watcher_done(&again);
}

/* not closing: the descriptor may live on elsewhere and must leave the set */
static void
test_unwatch_duplicate(void **state)
{
	struct watcher w;
	int copy;

	(void)state;
	watcher_init(&w);
	copy = dup(w.io.fd);
	assert_true(copy >= 0);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	loop_unwatch(loop, &w.io, false);
	assert_int_equal(write(w.peer, "x", 1), 1);
	close(w.io.fd);
	w.io.fd = copy;
	one_round();
	assert_int_equal(w.calls, 0);
	watcher_done(&w);
}

/* ---- timers ---- */

static unsigned timer_calls;
static struct loop_timer *order[64];

static void
timer_fn(struct loop_timer *t)
{
	if (timer_calls < 64)
		order[timer_calls] = t;
	timer_calls++;
}

static void
test_timer_order(void **state)
{
	struct loop_timer t[40], stop = { .fn = stop_fn };
	uint64_t now = loop_now(loop);
	size_t i;

	(void)state;
	memset(t, 0, sizeof(t));
	timer_calls = 0;
	for (i = 0; i < 40; i++) {
		t[i].fn = timer_fn;
		/* 17 and 40 have no common divisor: every place once */
		assert_int_equal(loop_timer_set(loop, &t[i],
		    now + 1 + (i * 17) % 40), 0);
	}
	for (i = 0; i < 40; i += 5)
		loop_timer_stop(loop, &t[i]);
	loop_timer_stop(loop, &t[0]);
	assert_int_equal(loop_timer_set(loop, &stop, now + 41), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(timer_calls, 32);
	for (i = 1; i < 32; i++)
		assert_true(order[i - 1]->deadline_ms <
		    order[i]->deadline_ms);
	assert_true(loop_now(loop) >= now + 41);
}

/* against a plain array as model, with a fixed sequence of numbers */
static void
test_timer_model(void **state)
{
	enum { N = 50, STEPS = 20000 };
	struct loop_timer t[N];
	uint64_t far = loop_now(loop) + 1000000, expect[N];
	uint32_t r = 1;
	size_t i, step;

	(void)state;
	memset(t, 0, sizeof(t));
	memset(expect, 0, sizeof(expect));
	for (step = 0; step < STEPS; step++) {
		r = r * 1664525u + 1013904223u;
		i = (r >> 8) % N;
		t[i].fn = timer_fn;
		if ((r >> 24) % 4 == 0) {
			loop_timer_stop(loop, &t[i]);
			expect[i] = 0;
		} else {
			expect[i] = far + (r >> 12) % 1000;
			assert_int_equal(loop_timer_set(loop, &t[i],
			    expect[i]), 0);
		}
		for (i = 0; i < N; i++) {
			assert_int_equal(t[i].slot != 0, expect[i] != 0);
			if (expect[i] == 0)
				continue;
			assert_int_equal(t[i].deadline_ms, expect[i]);
			assert_true(t[i].queued_ms <= expect[i]);
		}
	}
	for (i = 0; i < N; i++)
		loop_timer_stop(loop, &t[i]);
}

/* pushed again and again: runs once, at the last deadline */
static void
test_timer_soft(void **state)
{
	struct loop_timer t = { .fn = timer_fn }, stop = { .fn = stop_fn };
	uint64_t now = loop_now(loop), d;

	(void)state;
	timer_calls = 0;
	for (d = 1; d <= 30; d++)
		assert_int_equal(loop_timer_set(loop, &t, now + d), 0);
	assert_int_equal(t.queued_ms, now + 1);
	assert_int_equal(loop_timer_set(loop, &stop, now + 20), 0);
	assert_int_equal(loop_run(loop), 0);
	if (loop_now(loop) < now + 30)
		assert_int_equal(timer_calls, 0);
	assert_int_equal(loop_timer_set(loop, &stop, now + 31), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(timer_calls, 1);
	assert_int_equal(t.slot, 0);
	/* earlier again: moved for real */
	assert_int_equal(loop_timer_set(loop, &t, now + 100000), 0);
	assert_int_equal(loop_timer_set(loop, &t, now), 0);
	one_round();
	assert_int_equal(timer_calls, 2);
}

static void
again_fn(struct loop_timer *t)
{
	timer_calls++;
	assert_int_equal(loop_timer_set(loop, t, loop_now(loop)), 0);
}

/* a timer that wants to run all the time lets events through */
static void
test_timer_starves_nobody(void **state)
{
	struct loop_timer t = { .fn = again_fn };
	struct watcher w;

	(void)state;
	watcher_init(&w);
	timer_calls = 0;
	assert_int_equal(write(w.peer, "x", 1), 1);
	assert_int_equal(loop_watch(loop, &w.io, LOOP_READ), 0);
	assert_int_equal(loop_timer_set(loop, &t, 0), 0);
	one_round();
	assert_int_equal(timer_calls, 1);
	assert_int_equal(w.calls, 1);
	loop_timer_stop(loop, &t);
	watcher_done(&w);
}

static struct loop_timer victims[3];

static void
stop_victims(struct loop_timer *t)
{
	size_t i;

	(void)t;
	timer_calls++;
	for (i = 0; i < 3; i++)
		loop_timer_stop(loop, &victims[i]);
}

static void
test_timer_stops_others(void **state)
{
	size_t i;

	(void)state;
	timer_calls = 0;
	for (i = 0; i < 3; i++) {
		victims[i].fn = stop_victims;
		assert_int_equal(loop_timer_set(loop, &victims[i], i), 0);
	}
	one_round();
	assert_int_equal(timer_calls, 1);
}

/* ---- tasks ---- */

static char task_order[8];
static struct loop_task tasks[4];

static void
task_fn(struct loop_task *t)
{
	char c = (char)('a' + (t - tasks));

	task_order[strlen(task_order)] = c;
	if (c == 'a') {
		loop_cancel(loop, &tasks[1]);
		loop_later(loop, t);		/* next round, not this one */
	}
	if (c == 'd')
		loop_stop(loop);
}

static void
test_tasks(void **state)
{
	size_t i;

	(void)state;
	memset(task_order, 0, sizeof(task_order));
	for (i = 0; i < 4; i++) {
		tasks[i].fn = task_fn;
		loop_later(loop, &tasks[i]);
		loop_later(loop, &tasks[i]);	/* once is enough */
	}
	wait_calls = 0;
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(task_order, "acd");
	assert_int_equal(wait_calls, 1);
	/* `a` queued itself again: first, middle and last can be cancelled */
	loop_later(loop, &tasks[1]);
	loop_later(loop, &tasks[2]);
	loop_cancel(loop, &tasks[1]);
	loop_cancel(loop, &tasks[2]);
	loop_cancel(loop, &tasks[2]);
	loop_cancel(loop, &tasks[0]);
	loop_later(loop, &tasks[3]);
	memset(task_order, 0, sizeof(task_order));
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(task_order, "d");
}

/* ---- the round ---- */

static void
test_interrupted(void **state)
{
	struct loop_timer stop = { .fn = stop_fn };

	(void)state;
	wait_error = EINTR;
	assert_int_equal(loop_timer_set(loop, &stop, 0), 0);
	assert_int_equal(loop_run(loop), 0);
	wait_error = EBADF;
	assert_int_equal(loop_run(loop), -1);
	assert_int_equal(errno, EBADF);
}

/* stopped before it runs: one round, no wait for ever */
static void
test_stop_first(void **state)
{
	(void)state;
	wait_calls = 0;
	loop_stop(loop);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(wait_calls, 0);
}

static int
set_up(void **state)
{
	struct rlimit r;

	(void)state;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	loop = loop_new();
	return loop != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_bad_fd),
		cmocka_unit_test(test_no_needless_calls),
		cmocka_unit_test(test_paused_hangup),
		cmocka_unit_test(test_remove_others),
		cmocka_unit_test(test_remove_itself),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_unwatch_duplicate),
		cmocka_unit_test(test_timer_order),
		cmocka_unit_test(test_timer_model),
		cmocka_unit_test(test_timer_soft),
		cmocka_unit_test(test_timer_starves_nobody),
		cmocka_unit_test(test_timer_stops_others),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_stop_first),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
