/* SPDX-License-Identifier: ISC
 *
 * daemon: `restante daemon`: visits every account again and again.  When is
 * schedule.c's word; this file keeps the clocks.
 *
 * With --once every account is visited once, with the daemon's spreading left
 * out, as a timer of cron or systemd would have it.  SIGUSR1 visits all now;
 * SIGTERM ends after what is under way is safe.
 */
#include <sys/random.h>
#include <sys/signalfd.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/client.h"
#include "client/fetch.h"
#include "client/schedule.h"
#include "net/listener.h"

struct turn {			/* an account's */
	struct daemon *daemon;
	const struct account_conf *account;
	struct schedule schedule;
	struct loop_timer timer;
	bool on;		/* it is visited at all */
};

struct daemon {
	struct engine engine;
	struct turn *turns;
	size_t nturns;
	struct loop_io wake;
	bool once;
	size_t to_come;		/* once: visits that are not over */
};

#define TURN_OF(ptr, member) ((struct turn *)(void *) \
	((char *)(ptr) - offsetof(struct turn, member)))
#define DAEMON_OF(ptr, member) ((struct daemon *)(void *) \
	((char *)(ptr) - offsetof(struct daemon, member)))

static uint32_t
chance(void)
{
	uint32_t v = 0;

	/* only spreads visits: without it they come a little less spread */
	if (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v))
		return 0;
	return v;
}

static void
stop(struct engine *e)
{
	struct daemon *d = DAEMON_OF(e, engine);

	listener_notify("STOPPING=1");
	for (size_t i = 0; i < d->nturns; i++)
		loop_timer_stop(e->loop, &d->turns[i].timer);
	visits_stop(e->visits);
	if (visits_open(e->visits) == 0)
		loop_stop(e->loop);
}

static void
visit(struct turn *t)
{
	struct daemon *d = t->daemon;

	loop_timer_stop(d->engine.loop, &t->timer);
	if (visits_add(d->engine.visits, t->account) == 0)
		return;
	fprintf(stderr, "restante: out of memory: %s waits\n",
	    t->account->name);
	if (d->once && --d->to_come == 0)
		loop_stop(d->engine.loop);
}

static void
on_time(struct loop_timer *timer)
{
	visit(TURN_OF(timer, timer));
}

/* Is another visit to the same host planned for about that time? Then *at is
 * moved behind it. */
static bool
move_behind(const struct turn *t, uint64_t *at)
{
	const struct daemon *d = t->daemon;

	for (size_t i = 0; i < d->nturns; i++) {
		const struct turn *o = &d->turns[i];

		if (o == t || !o->on || o->timer.slot == 0 ||
		    strcasecmp(o->account->server, t->account->server) != 0)
			continue;
		if (*at < o->timer.deadline_ms + SCHEDULE_HOST_MS &&
		    o->timer.deadline_ms < *at + SCHEDULE_HOST_MS) {
			*at = schedule_host(*at, o->timer.deadline_ms);
			return true;
		}
	}
	return false;
}

/* at_ms from now on, and not too close to another visit to the same host */
static void
visit_later(struct turn *t, uint64_t in_ms)
{
	struct daemon *d = t->daemon;
	uint64_t at = loop_now(d->engine.loop) + in_ms;

	/* each time it moves later: it ends behind the last of them */
	for (size_t i = 0; i < d->nturns && move_behind(t, &at); i++)
		;
	if (loop_timer_set(d->engine.loop, &t->timer, at) != 0)
		fprintf(stderr, "restante: out of memory: %s waits\n",
		    t->account->name);
}

static void
visited(void *arg, const struct account_conf *account,
    const struct errand_result *result)
{
	struct daemon *d = arg;
	struct turn *t = d->turns;

	while (t->account != account)
		t++;
	if (d->engine.signalled) {
		if (visits_open(d->engine.visits) == 0)
			loop_stop(d->engine.loop);
		return;
	}
	/* something has come, so this has an end */
	if (result->more && result->fetched > 0 &&
	    result->fault == FAULT_NONE) {
		visit(t);
		return;
	}
	if (d->once) {
		if (--d->to_come == 0)
			loop_stop(d->engine.loop);
		return;
	}
	schedule_note(&t->schedule, result->fault, result->login_delay);
	visit_later(t, schedule_wait(&t->schedule, account->interval,
	    chance()));
}

/* SIGUSR1: whoever waits goes now */
static void
on_wake(struct loop_io *io, unsigned events)
{
	struct daemon *d = DAEMON_OF(io, wake);
	struct signalfd_siginfo info;

	(void)events;
	if (read(io->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (d->once)
		return;		/* each has its visit already */
	for (size_t i = 0; i < d->nturns && !d->engine.signalled; i++)
		if (d->turns[i].on)
			visit(&d->turns[i]);
}

static int
watch_wake(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);	/* blocked by engine_open */
	d->wake.fn = on_wake;
	d->wake.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->wake.fd < 0 ? -1 :
	    loop_watch(d->engine.loop, &d->wake, LOOP_READ);
}

static int
begin(struct daemon *d, const struct client_args *args,
    const struct client_conf *conf)
{
	size_t on = 0;

	d->turns = calloc(conf->naccounts ? conf->naccounts : 1,
	    sizeof(*d->turns));
	if (!d->turns)
		return -1;
	d->nturns = conf->naccounts;
	for (size_t i = 0; i < d->nturns; i++) {
		struct turn *t = &d->turns[i];

		t->daemon = d;
		t->account = &conf->accounts[i];
		t->timer.fn = on_time;
		t->on = engine_is_wanted(args, t->account);
		on += t->on;
	}
	d->to_come = on;
	for (size_t i = 0, k = 0; i < d->nturns; i++) {
		struct turn *t = &d->turns[i];

		if (t->on && d->once)
			visit(t);
		else if (t->on)
			visit_later(t, schedule_first(k++, on,
			    t->account->interval, chance()));
	}
	return on > 0 ? 0 : 1;
}

int
client_daemon(const struct client_args *args, const struct client_conf *conf)
{
	struct daemon d = { .once = args->once, .wake.fd = -1 };
	int status = EX_CONFIG, begun = -1;

	if (engine_check_names(args, conf) != 0)
		return EX_CONFIG;
	if (engine_open(&d.engine, args, conf, stop, visited, &d) == 0 &&
	    watch_wake(&d) == 0)
		begun = begin(&d, args, conf);
	if (begun < 0)
		status = engine_trouble(args);
	else if (begun > 0)
		fprintf(stderr, "%s: no account to visit\n", args->program);
	else {
		if (!d.once)
			report_endless(d.engine.report);
		listener_notify("READY=1");
		status = loop_run(d.engine.loop) == 0 ? 0 : EX_OSERR;
		report_finish(d.engine.report);
		if (status == 0 && d.once)
			status = report_exit_status(d.engine.report);
	}
	if (d.wake.fd >= 0) {
		loop_unwatch(d.engine.loop, &d.wake, true);
		close(d.wake.fd);
	}
	engine_close(&d.engine);
	free(d.turns);
	return status;
}
