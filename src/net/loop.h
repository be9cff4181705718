/* SPDX-License-Identifier: ISC
 *
 * loop: one epoll set and its timers.
 *
 * Level-triggered.  A watcher lives in its owner's struct.  Any watcher or
 * timer may be stopped from any callback, also its own and also while its
 * event of the same round is still to come.
 */
#ifndef RESTANTE_NET_LOOP_H
#define RESTANTE_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

struct loop;

/*
 * fn is told of nothing but what is watched for.  An error or a hang-up of
 * both directions counts as readable and writable (the call that follows
 * finds it); LOOP_HANGUP, when watched for, also means that the peer has
 * finished sending.
 */
struct loop_io {
	int fd;
	unsigned events;	/* what is watched for; 0: nothing */
	unsigned added;		/* private: what the kernel was told */
	void (*fn)(struct loop_io *io, unsigned events);
};

/* A timer with a soft deadline: moving the deadline later costs nothing, so
 * idle timers may be pushed on every command. */
struct loop_timer {
	uint64_t deadline_ms;	/* when fn shall run */
	uint64_t queued_ms;	/* private */
	size_t slot;		/* private: 0 when not queued */
	void (*fn)(struct loop_timer *t);
};

struct loop *loop_new(void);
void loop_free(struct loop *l);
/* runs until loop_stop (finishing that round); 0, or -1 when epoll itself
 * fails */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* milliseconds of CLOCK_MONOTONIC, taken once a round */
uint64_t loop_now(const struct loop *l);

/* Sets what io->fd is watched for: 0, or -1 with errno.  No system call when
 * nothing changes, nor when less is watched for than before: the kernel is
 * told when it first reports something that nobody waits for. */
__attribute__((warn_unused_result))
int loop_watch(struct loop *l, struct loop_io *io, unsigned events);
/* forgets it; call before closing io->fd.  With `closing` the fd is about
 * to be closed and has no duplicate: then no system call is needed. */
void loop_unwatch(struct loop *l, struct loop_io *io, bool closing);

/* fn at `deadline_ms`; may be called again at any time. 0 or -1 (memory; not
 * while t is queued).  Set from a timer's fn it runs in a later round. */
__attribute__((warn_unused_result))
int loop_timer_set(struct loop *l, struct loop_timer *t,
    uint64_t deadline_ms);
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* fn once, after the events of this round; queued by a task: after the next
 * round, which then does not sleep */
struct loop_task {
	struct loop_task *next;		/* private */
	struct loop_task **link;	/* private: what points here */
	bool queued;			/* private */
	void (*fn)(struct loop_task *t);
};
void loop_later(struct loop *l, struct loop_task *t);
void loop_cancel(struct loop *l, struct loop_task *t);

#endif
