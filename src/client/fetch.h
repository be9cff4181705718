/* SPDX-License-Identifier: ISC
 *
 * fetch: the loop, threads, report and visits that `fetch` and `daemon` share.
 */
#ifndef RESTANTE_CLIENT_FETCH_H
#define RESTANTE_CLIENT_FETCH_H

#include <signal.h>

#include "client/client.h"
#include "client/visits.h"

struct engine {
	struct loop *loop;
	struct work *work;
	struct report *report;
	struct visits *visits;
	struct loop_io signals;
	sigset_t old_mask;
	bool signalled;
	void (*stop)(struct engine *e);	/* SIGINT, SIGTERM, SIGHUP */
};

/* 0, or -1 with errno; engine_close in any case */
__attribute__((warn_unused_result))
int engine_open(struct engine *e, const struct client_args *args,
    const struct client_conf *conf, void (*stop)(struct engine *e),
    void (*done)(void *arg, const struct account_conf *account,
    const struct errand_result *result), void *arg);
void engine_close(struct engine *e);
/* says that engine_open failed; an exit status */
int engine_trouble(const struct client_args *args);
/* 0 when all names are those of accounts, else it is said: an exit status */
__attribute__((warn_unused_result))
int engine_check_names(const struct client_args *args,
    const struct client_conf *conf);
/* named, or enabled where none is named */
bool engine_is_wanted(const struct client_args *args,
    const struct account_conf *a);

#endif
