/* SPDX-License-Identifier: ISC
 *
 * worker: see worker.h.  One mutex, two lists (to do, done) and an eventfd.
 * Threads take no signals and touch nothing but their job.
 */
#include "auth/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
	struct job *next;
	void *owner;
	enum hash_result result;
	size_t size;		/* of the whole allocation, for wiping */
	struct pop_span field, secret;
	unsigned char data[];
};

struct list {
	struct job *first, **end;
};

struct worker_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct list todo, done;
	unsigned queued, queue_max;
	unsigned pending;	/* the caller's thread only */
	bool stop;
	int fd;
	unsigned nthreads;
	pthread_t threads[];
};

static void
list_add(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->end = j;
	l->end = &j->next;
}

static struct job *
list_take(struct list *l)
{
	struct job *j = l->first;

	if (j == NULL)
		return NULL;
	l->first = j->next;
	if (l->first == NULL)
		l->end = &l->first;
	return j;
}

static void
job_free(struct job *j)
{
	explicit_bzero(j, j->size);
	free(j);
}

static void
wake_owner(struct worker_pool *p)
{
	uint64_t one = 1;
	ssize_t n;

	/* full means readable already: nothing is lost */
	do
		n = write(p->fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

static void *
worker_main(void *arg)
{
	struct worker_pool *p = arg;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		j = list_take(&p->todo);
		if (j == NULL) {
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		p->queued--;
		pthread_mutex_unlock(&p->lock);
		j->result = hash_check(j->field, j->secret);
		pthread_mutex_lock(&p->lock);
		list_add(&p->done, j);
		wake_owner(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are the caller's business alone. */
static int
start_threads(struct worker_pool *p, unsigned n)
{
	sigset_t all, old;
	int r = 0;

	sigfillset(&all);
	r = pthread_sigmask(SIG_SETMASK, &all, &old);
	while (r == 0 && p->nthreads < n) {
		r = pthread_create(&p->threads[p->nthreads], NULL,
		    worker_main, p);
		if (r == 0)
			p->nthreads++;
	}
	if (pthread_sigmask(SIG_SETMASK, &old, NULL) != 0)
		return -1;
	return r == 0 ? 0 : -1;
}

struct worker_pool *
worker_pool_new(unsigned n, unsigned queue, const char **error_r)
{
	struct worker_pool *p = calloc(1, sizeof(*p) + n * sizeof(pthread_t));

	*error_r = "out of memory";
	if (p == NULL)
		return NULL;
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->fd < 0) {
		*error_r = "cannot make an eventfd";
		free(p);
		return NULL;
	}
	p->todo.end = &p->todo.first;
	p->done.end = &p->done.first;
	p->queue_max = queue;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	if (start_threads(p, n) != 0) {
		*error_r = "cannot start the hashing threads";
		worker_pool_free(p);
		return NULL;
	}
	return p;
}

void
worker_pool_free(struct worker_pool *p)
{
	struct job *j;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	while ((j = list_take(&p->todo)) != NULL)
		job_free(j);
	while ((j = list_take(&p->done)) != NULL)
		job_free(j);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	(void)close(p->fd);
	free(p);
}

int
worker_fd(const struct worker_pool *p)
{
	return p->fd;
}

static struct pop_span
copy_span(unsigned char *to, struct pop_span s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return span_of(to, s.n);
}

int
worker_submit(struct worker_pool *p, struct pop_span field,
    struct pop_span secret, void *owner)
{
	size_t size = sizeof(struct job) + field.n + secret.n;
	struct job *j = malloc(size);
	bool full;

	if (j == NULL)
		return -1;
	j->size = size;
	j->owner = owner;
	j->field = copy_span(j->data, field);
	j->secret = copy_span(j->data + field.n, secret);
	pthread_mutex_lock(&p->lock);
	full = p->queued >= p->queue_max;
	if (!full) {
		p->queued++;
		list_add(&p->todo, j);
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
	if (full) {
		job_free(j);
		return -1;
	}
	p->pending++;
	return 0;
}

void *
worker_take(struct worker_pool *p, enum hash_result *result_r)
{
	struct job *j;
	uint64_t n;
	void *owner;

	pthread_mutex_lock(&p->lock);
	j = list_take(&p->done);
	/* emptied under the lock: a later job makes it readable again */
	if (p->done.first == NULL)
		(void)!read(p->fd, &n, sizeof(n));
	pthread_mutex_unlock(&p->lock);
	if (j == NULL)
		return NULL;
	p->pending--;
	owner = j->owner;
	*result_r = j->result;
	job_free(j);
	return owner;
}

unsigned
worker_pending(const struct worker_pool *p)
{
	return p->pending;
}
