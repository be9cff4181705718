/* SPDX-License-Identifier: ISC
 *
 * work: what would block the event loop is done by a thread; the loop hears
 * when it is over.
 */
#ifndef RESTANTE_CLIENT_WORK_H
#define RESTANTE_CLIENT_WORK_H

#include "net/loop.h"
#include "store/pool.h"

struct work;

/* one thing to do; a member of what it works on */
struct work_job {
	struct pool_job pool;		/* private */
	struct work *work;		/* private */
	struct work_job *next;		/* private */
	void (*run)(struct work_job *job);	/* in a thread */
	void (*done)(struct work_job *job);	/* then, from the loop */
};

/* NULL with errno */
struct work *work_new(struct loop *loop, unsigned threads);
/* waits for what is under way; nobody is told any more */
void work_free(struct work *w);
void work_add(struct work *w, struct work_job *job);

#endif
