/* SPDX-License-Identifier: ISC
 *
 * pool: threads and the queue before them.  Must not know what jobs do.
 */
#include "store/pool.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POOL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POOL_SANITIZED 1
#endif
#endif

enum {
#ifdef POOL_SANITIZED
	POOL_STACK = 512 * 1024
#else
	POOL_STACK = 128 * 1024
#endif
};

struct pool {
	/* one for each job, and in the end one for each thread; a condition
	 * variable would cost one system call more for each job */
	sem_t more;
	pthread_mutex_t lock;		/* for the queue */
	struct pool_job *head, **tail;
	unsigned n;
	pthread_t threads[];
};

static struct pool_job *
pool_take(struct pool *p)
{
	struct pool_job *job;

	while (sem_wait(&p->more) != 0)
		;			/* EINTR */
	pthread_mutex_lock(&p->lock);
	job = p->head;
	if (job != NULL) {
		p->head = job->next;
		if (p->head == NULL)
			p->tail = &p->head;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

static void *
pool_thread(void *arg)
{
	struct pool_job *job;

	while ((job = pool_take(arg)) != NULL)
		job->run(job);
	return NULL;
}

void
pool_add(struct pool *p, struct pool_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&p->lock);
	*p->tail = job;
	p->tail = &job->next;
	pthread_mutex_unlock(&p->lock);
	/* behind the lock, so that who wakes up does not wait for it; it
	 * fails only when there are 2^31 jobs */
	(void)sem_post(&p->more);
}

/* Signals are for the thread that made the pool. */
static int
pool_start(struct pool *p, unsigned threads)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	err = pthread_attr_init(&attr);
	if (err != 0)
		return err;
	err = pthread_attr_setstacksize(&attr, POOL_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (err == 0 && p->n < threads) {
		err = pthread_create(&p->threads[p->n], &attr, pool_thread,
		    p);
		if (err == 0)
			p->n++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

struct pool *
pool_new(unsigned threads)
{
	struct pool *p = calloc(1, sizeof(*p) +
	    threads * sizeof(p->threads[0]));
	int err;

	if (p == NULL)
		return NULL;
	p->tail = &p->head;
	pthread_mutex_init(&p->lock, NULL);
	(void)sem_init(&p->more, 0, 0);
	err = pool_start(p, threads);
	if (err != 0) {
		pool_free(p);
		errno = err;
		return NULL;
	}
	return p;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	/* whoever finds no job ends; queued ones come first */
	for (unsigned i = 0; i < p->n; i++)
		(void)sem_post(&p->more);
	for (unsigned i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
	(void)sem_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
