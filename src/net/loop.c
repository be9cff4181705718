/* SPDX-License-Identifier: ISC
 *
 * loop: the epoll set, the timer heap and the tasks of one process.
 *
 * Owns the epoll descriptor and the order of a round: events, then timers,
 * then tasks.  Must not read, write or close anybody's descriptor.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net/loop.h"

enum { BATCH = 128, IN_KERNEL = 1 << 8 };

struct loop {
	int epfd;
	bool stopping;
	bool in_timers;
	uint64_t now_ms;

	/* the round's events; those from `next` on are still to come */
	struct epoll_event batch[BATCH];
	int batch_n, batch_next;

	/* binary heap by queued_ms, heap[1] first; heap[0] is unused */
	struct loop_timer **heap;
	size_t heap_n, heap_cap;

	struct loop_task *tasks, **tasks_end;	/* of this round */
	struct loop_task *running;		/* being worked off */
};

static void
take_time(struct loop *l)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	l->now_ms = (uint64_t)ts.tv_sec * 1000 +
	    (uint64_t)ts.tv_nsec / 1000000;
}

struct loop *
loop_new(void)
{
	struct loop *l;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0) {
		free(l);
		return NULL;
	}
	l->tasks_end = &l->tasks;
	take_time(l);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	close(l->epfd);
	free(l->heap);
	free(l);
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now_ms;
}

/* ---- descriptors ---- */

static uint32_t
to_epoll(unsigned events)
{
	return ((events & LOOP_READ) ? (uint32_t)EPOLLIN : 0) |
	    ((events & LOOP_WRITE) ? (uint32_t)EPOLLOUT : 0) |
	    ((events & LOOP_HANGUP) ? (uint32_t)EPOLLRDHUP : 0);
}

static unsigned
from_epoll(uint32_t e)
{
	if (e & (EPOLLERR | EPOLLHUP))
		return LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
	return ((e & EPOLLIN) ? LOOP_READ : 0) |
	    ((e & EPOLLOUT) ? LOOP_WRITE : 0) |
	    ((e & EPOLLRDHUP) ? LOOP_HANGUP : 0);
}

/* makes the kernel's mask exactly io->events */
static int
tell_kernel(struct loop *l, struct loop_io *io)
{
	struct epoll_event ev = { .events = to_epoll(io->events),
		.data.ptr = io };
	int op;

	if (io->events == 0)
		op = EPOLL_CTL_DEL;	/* a mask of 0 still reports hang-up */
	else
		op = io->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(l->epfd, op, io->fd, &ev) != 0)
		return -1;
	io->added = io->events ? (io->events | IN_KERNEL) : 0;
	return 0;
}

int
loop_watch(struct loop *l, struct loop_io *io, unsigned events)
{
	unsigned before = io->events;

	io->events = events;
	if ((events & ~io->added) == 0)
		return 0;	/* the kernel watches for all of it already */
	if (tell_kernel(l, io) != 0) {
		io->events = before;
		return -1;
	}
	return 0;
}

void
loop_unwatch(struct loop *l, struct loop_io *io, bool closing)
{
	int i;

	io->events = 0;
	if (io->added && !closing) {
		/* fails only when the descriptor has left the set already */
		(void)tell_kernel(l, io);
	}
	io->added = 0;
	/* its owner may be freed now: no event of this round may find it */
	for (i = l->batch_next; i < l->batch_n; i++)
		if (l->batch[i].data.ptr == io)
			l->batch[i].data.ptr = NULL;
}

static void
dispatch_events(struct loop *l)
{
	struct epoll_event *e;
	struct loop_io *io;
	unsigned got;

	while (l->batch_next < l->batch_n) {
		e = &l->batch[l->batch_next++];
		io = e->data.ptr;
		if (io == NULL)
			continue;
		got = from_epoll(e->events) & io->events;
		if (got != 0) {
			io->fn(io, got);
		} else if (tell_kernel(l, io) != 0) {
			/* watched for more than is wanted, and the kernel
			 * cannot be told less: it is not in the set */
			io->added = 0;
		}
	}
	l->batch_n = l->batch_next = 0;
}

/* ---- timers ---- */

static void
heap_put(struct loop *l, size_t slot, struct loop_timer *t)
{
	l->heap[slot] = t;
	t->slot = slot;
}

static void
sift_up(struct loop *l, struct loop_timer *t)
{
	size_t i = t->slot;

	while (i > 1 && l->heap[i / 2]->queued_ms > t->queued_ms) {
		heap_put(l, i, l->heap[i / 2]);
		i /= 2;
	}
	heap_put(l, i, t);
}

static void
sift_down(struct loop *l, struct loop_timer *t)
{
	size_t i = t->slot, child;

	while ((child = 2 * i) <= l->heap_n) {
		if (child < l->heap_n && l->heap[child + 1]->queued_ms <
		    l->heap[child]->queued_ms)
			child++;
		if (l->heap[child]->queued_ms >= t->queued_ms)
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

static int
heap_grow(struct loop *l)
{
	size_t cap = l->heap_cap ? l->heap_cap * 2 : 64;
	struct loop_timer **heap;

	heap = reallocarray(l->heap, cap, sizeof(struct loop_timer *));
	if (heap == NULL)
		return -1;
	l->heap = heap;
	l->heap_cap = cap;
	return 0;
}

int
loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t deadline_ms)
{
	/* a timer that sets itself to "now" must not starve the events */
	if (l->in_timers && deadline_ms <= l->now_ms)
		deadline_ms = l->now_ms + 1;
	if (t->slot != 0 && deadline_ms >= t->queued_ms) {
		t->deadline_ms = deadline_ms;	/* looked at when it is due */
		return 0;
	}
	if (t->slot == 0) {
		if (l->heap_n + 1 >= l->heap_cap && heap_grow(l) != 0)
			return -1;
		t->slot = ++l->heap_n;
	}
	t->deadline_ms = t->queued_ms = deadline_ms;
	sift_up(l, t);
	return 0;
}

void
loop_timer_stop(struct loop *l, struct loop_timer *t)
{
	struct loop_timer *last;
	size_t slot = t->slot;

	if (slot == 0)
		return;
	t->slot = 0;
	last = l->heap[l->heap_n--];
	if (last == t)
		return;
	heap_put(l, slot, last);
	sift_up(l, last);
	sift_down(l, last);
}

static void
dispatch_timers(struct loop *l)
{
	struct loop_timer *t;

	l->in_timers = true;
	while (l->heap_n > 0 && l->heap[1]->queued_ms <= l->now_ms) {
		t = l->heap[1];
		if (t->deadline_ms > t->queued_ms) {
			t->queued_ms = t->deadline_ms;
			sift_down(l, t);
			continue;
		}
		loop_timer_stop(l, t);
		t->fn(t);
	}
	l->in_timers = false;
}

/* ---- tasks ---- */

void
loop_later(struct loop *l, struct loop_task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	t->next = NULL;
	t->link = l->tasks_end;
	*l->tasks_end = t;
	l->tasks_end = &t->next;
}

void
loop_cancel(struct loop *l, struct loop_task *t)
{
	if (!t->queued)
		return;
	t->queued = false;
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	else if (l->tasks_end == &t->next)
		l->tasks_end = t->link;
}

static void
dispatch_tasks(struct loop *l)
{
	struct loop_task *t;

	l->running = l->tasks;
	if (l->running != NULL)
		l->running->link = &l->running;
	l->tasks = NULL;
	l->tasks_end = &l->tasks;
	while ((t = l->running) != NULL) {
		loop_cancel(l, t);
		t->fn(t);
	}
}

/* ---- the round ---- */

static int
sleep_ms(const struct loop *l)
{
	uint64_t ms;

	if (l->tasks != NULL)
		return 0;
	if (l->heap_n == 0)
		return -1;
	if (l->heap[1]->queued_ms <= l->now_ms)
		return 0;
	ms = l->heap[1]->queued_ms - l->now_ms;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int
loop_run(struct loop *l)
{
	int n;

	while (!l->stopping) {
		n = epoll_wait(l->epfd, l->batch, BATCH, sleep_ms(l));
		if (n < 0 && errno != EINTR)
			return -1;
		take_time(l);
		l->batch_n = n < 0 ? 0 : n;
		l->batch_next = 0;
		dispatch_events(l);
		dispatch_timers(l);
		dispatch_tasks(l);
	}
	l->stopping = false;
	return 0;
}
