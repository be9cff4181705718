/* SPDX-License-Identifier: ISC
 *
 * pool: a few threads with small stacks that run jobs first come, first
 * served.  A job is a member of whatever it works on, so that queueing never
 * needs memory.
 */
#ifndef RESTANTE_STORE_POOL_H
#define RESTANTE_STORE_POOL_H

struct pool_job {
	/* may free the job */
	void (*run)(struct pool_job *job);
	struct pool_job *next;
};

struct pool;

/* NULL with errno */
struct pool *pool_new(unsigned threads);
/* Runs what is queued, then ends the threads. */
void pool_free(struct pool *p);
void pool_add(struct pool *p, struct pool_job *job);

#endif
