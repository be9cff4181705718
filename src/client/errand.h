/* SPDX-License-Identifier: ISC
 *
 * errand: one visit to one account, from its state to QUIT and the record of
 * what was done.
 *
 *   state, recovery -> secret -> session -> UIDL, LIST -> (TOP) -> RETR,
 *   batches, DELE -> QUIT -> record
 *
 * Messages, faults and figures go to the sink.
 */
#ifndef RESTANTE_CLIENT_ERRAND_H
#define RESTANTE_CLIENT_ERRAND_H

#include "client/event.h"
#include "client/work.h"
#include "conf/client_conf.h"
#include "net/loop.h"

struct errand;

struct errand_result {
	enum fault fault;
	unsigned login_delay;
	bool more;
	uint64_t fetched;
};

struct errand_spec {
	struct loop *loop;
	struct work *work;
	const struct client_conf *conf;
	const struct account_conf *account;
	struct event_sink *sink;
	bool dry_run;		/* tells what would be done */
	bool may_prompt;	/* there is a person */
	bool debug;
	/* from the loop, never from inside errand_start; the errand is gone
	 * after it.  `login_delay`: seconds the server wants between logins.
	 * `more`: there is more to fetch than one visit takes. */
	void (*done)(void *arg, const struct errand_result *result);
	void *arg;
};

/* NULL: memory */
struct errand *errand_start(const struct errand_spec *spec);
/* Ends it soon: what has come whole is delivered and recorded, the rest is
 * left on the server. `done` is called. */
void errand_stop(struct errand *e);

#endif
