/* SPDX-License-Identifier: ISC
 *
 * work: a pool of threads and the way back from it: finished jobs are linked
 * up, and an eventfd wakes the loop.  Owns no job.
 */
#include <sys/eventfd.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/work.h"

struct work {
	struct loop *loop;
	struct pool *pool;
	struct loop_io io;
	pthread_mutex_t lock;
	struct work_job *finished;	/* under lock; the last one first */
};

static void
job_run(struct pool_job *pj)
{
	struct work_job *job = (struct work_job *)pj;
	struct work *w = job->work;
	uint64_t one = 1;
	ssize_t put;

	job->run(job);
	pthread_mutex_lock(&w->lock);
	job->next = w->finished;
	w->finished = job;
	pthread_mutex_unlock(&w->lock);
	/* it can only fail when the counter is full: the loop will wake */
	do
		put = write(w->io.fd, &one, sizeof(one));
	while (put < 0 && errno == EINTR);
}

static void
on_finished(struct loop_io *io, unsigned events)
{
	struct work *w = (struct work *)((char *)io -
	    offsetof(struct work, io));
	struct work_job *list, *next, *in_order = NULL;
	uint64_t count;

	(void)events;
	if (read(io->fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&w->lock);
	list = w->finished;
	w->finished = NULL;
	pthread_mutex_unlock(&w->lock);
	for (; list; list = next) {
		next = list->next;
		list->next = in_order;
		in_order = list;
	}
	for (; in_order; in_order = next) {
		next = in_order->next;
		in_order->done(in_order);
	}
}

struct work *
work_new(struct loop *loop, unsigned threads)
{
	struct work *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->loop = loop;
	w->io.fn = on_finished;
	w->io.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->io.fd < 0) {
		free(w);
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	w->pool = pool_new(threads);
	if (w->pool && loop_watch(loop, &w->io, LOOP_READ) == 0)
		return w;
	if (w->pool)
		pool_free(w->pool);
	close(w->io.fd);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

void
work_free(struct work *w)
{
	if (!w)
		return;
	pool_free(w->pool);
	loop_unwatch(w->loop, &w->io, true);
	close(w->io.fd);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
work_add(struct work *w, struct work_job *job)
{
	job->work = w;
	job->pool.run = job_run;
	pool_add(w->pool, &job->pool);
}
