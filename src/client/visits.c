/* SPDX-License-Identifier: ISC
 *
 * visits: who goes when.  First come, first served, but nobody waits behind
 * somebody who waits for a busy host.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/visits.h"

struct visit {
	struct visit *next;
	struct visits *all;
	const struct account_conf *account;
	struct errand *errand;		/* NULL: waits */
};

struct visits {
	struct visits_spec spec;
	struct visit *first;		/* in the order of their coming */
	size_t n, running;
	bool stopped;
	struct loop_task start_task;
};

static unsigned
at_host(const struct visits *v, const char *server)
{
	unsigned n = 0;

	for (const struct visit *x = v->first; x; x = x->next)
		/* what is free is no longer in the list */
		n += x->errand &&	/* NOLINT(clang-analyzer-unix.Malloc) */
		    strcasecmp(x->account->server, server) == 0;
	return n;
}

/* Two accounts may be two views of one mailbox, which servers give to one
 * session at a time: they go one after the other. */
static bool
mailbox_is_open(const struct visits *v, const struct account_conf *account)
{
	for (const struct visit *x = v->first; x; x = x->next)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
		if (x->errand && x->account->port == account->port &&
		    strcmp(x->account->user, account->user) == 0 &&
		    strcasecmp(x->account->server, account->server) == 0)
			return true;
	return false;
}

static void
take_out(struct visits *v, struct visit *x)
{
	struct visit **at = &v->first;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	v->n--;
}

static void
visit_done(void *arg, const struct errand_result *result)
{
	struct visit *x = arg;
	struct visits *v = x->all;
	const struct account_conf *account = x->account;

	take_out(v, x);
	v->running--;
	free(x);
	loop_later(v->spec.loop, &v->start_task);
	v->spec.done(v->spec.arg, account, result);
}

static void
start_one(struct visits *v, struct visit *x)
{
	struct errand_spec spec = {
		.loop = v->spec.loop,
		.work = v->spec.work,
		.conf = v->spec.conf,
		.account = x->account,
		.sink = v->spec.sink,
		.dry_run = v->spec.dry_run,
		.may_prompt = v->spec.may_prompt,
		.debug = v->spec.debug,
		.done = visit_done,
		.arg = x,
	};

	x->errand = errand_start(&spec);
	v->running += x->errand != NULL;
}

static void
start_those_who_may(struct loop_task *t)
{
	struct visits *v = (struct visits *)(void *)((char *)t -
	    offsetof(struct visits, start_task));
	struct visit *next;

	for (struct visit *x = v->first; x && !v->stopped; x = next) {
		next = x->next;
		if (x->errand || v->running >= v->spec.conf->connections ||
		    at_host(v, x->account->server) >=
		    v->spec.conf->connections_per_host ||
		    mailbox_is_open(v, x->account))
			continue;
		start_one(v, x);
		if (!x->errand) {
			struct errand_result r = { .fault = FAULT_MEMORY };

			v->running++;	/* visit_done takes it back */
			visit_done(x, &r);
		}
	}
}

struct visits *
visits_new(const struct visits_spec *spec)
{
	struct visits *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->spec = *spec;
	v->start_task.fn = start_those_who_may;
	return v;
}

void
visits_free(struct visits *v)
{
	if (!v)
		return;
	loop_cancel(v->spec.loop, &v->start_task);
	free(v);
}

int
visits_add(struct visits *v, const struct account_conf *account)
{
	struct visit **at = &v->first, *x;

	for (; *at; at = &(*at)->next)
		if ((*at)->account == account)
			return 0;
	x = calloc(1, sizeof(*x));
	if (!x)
		return -1;
	x->all = v;
	x->account = account;
	*at = x;
	v->n++;
	loop_later(v->spec.loop, &v->start_task);
	return 0;
}

size_t
visits_open(const struct visits *v)
{
	return v->n;
}

void
visits_stop(struct visits *v)
{
	struct visit *next;

	v->stopped = true;
	for (struct visit *x = v->first; x; x = next) {
		next = x->next;
		if (x->errand) {
			errand_stop(x->errand);
		} else {
			take_out(v, x);
			free(x);
		}
	}
}
