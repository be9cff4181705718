/* SPDX-License-Identifier: ISC
 *
 * visits: errands of many accounts at once, so many in all and so many to one
 * host; the others wait their turn.
 */
#ifndef RESTANTE_CLIENT_VISITS_H
#define RESTANTE_CLIENT_VISITS_H

#include "client/errand.h"

struct visits;

struct visits_spec {
	struct loop *loop;
	struct work *work;
	const struct client_conf *conf;
	struct event_sink *sink;
	bool dry_run, may_prompt, debug;
	/* one is over (from the loop) */
	void (*done)(void *arg, const struct account_conf *account,
	    const struct errand_result *result);
	void *arg;
};

/* NULL: memory */
struct visits *visits_new(const struct visits_spec *spec);
/* none may be under way */
void visits_free(struct visits *v);
/* 0, or -1 (memory). An account that is waiting or under way is not added
 * again. */
__attribute__((warn_unused_result))
int visits_add(struct visits *v, const struct account_conf *account);
/* waiting and under way */
size_t visits_open(const struct visits *v);
/* forgets those that wait, stops the others (see errand_stop) */
void visits_stop(struct visits *v);

#endif
