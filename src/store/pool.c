/* SPDX-License-Identifier: ISC
 *
 * pool: threads and the queue before them.  Must not know what jobs do.
 */
#include "store/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct pool_job *head, **tail;
	bool ending;
	unsigned n;
	pthread_t threads[];
};

static struct pool_job *
pool_take(struct pool *p)
{
	struct pool_job *job;

	pthread_mutex_lock(&p->lock);
	while (p->head == NULL && !p->ending)
		pthread_cond_wait(&p->more, &p->lock);
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
	/* behind the lock, so that who wakes up does not wait for it */
	pthread_cond_signal(&p->more);
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
	pthread_cond_init(&p->more, NULL);
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
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
