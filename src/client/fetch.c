/* SPDX-License-Identifier: ISC
 *
 * fetch: `restante fetch`: one visit to each account, all at once.
 */
#include <sys/signalfd.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "client/fetch.h"

enum { THREADS_MAX = 4, DRAINS_MAX = 1000 };

#define FETCH_OF(ptr, member) ((struct fetch *)(void *) \
	((char *)(ptr) - offsetof(struct fetch, member)))

struct fetch {
	struct engine engine;
	unsigned drains;
};

/* ---- the engine: what every command that visits needs -------------------- */

static void
on_signal(struct loop_io *io, unsigned events)
{
	struct engine *e = (struct engine *)(void *)((char *)io -
	    offsetof(struct engine, signals));
	struct signalfd_siginfo info;

	(void)events;
	if (read(io->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (e->signalled) {
		/* asked twice: a kill is safe at any moment */
		signal((int)info.ssi_signo, SIG_DFL);
		raise((int)info.ssi_signo);
		_exit(EX_TEMPFAIL);
	}
	e->signalled = true;
	e->stop(e);
}

static uint64_t
clock_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
watch_signals(struct engine *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	/* before any thread, so that all have it */
	if (sigprocmask(SIG_BLOCK, &set, &e->old_mask) != 0)
		return -1;
	sigdelset(&set, SIGUSR1);	/* the daemon's */
	e->signals.fn = on_signal;
	e->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return e->signals.fd < 0 ? -1 :
	    loop_watch(e->loop, &e->signals, LOOP_READ);
}

int
engine_open(struct engine *e, const struct client_args *args,
    const struct client_conf *conf, void (*stop)(struct engine *e),
    void (*done)(void *arg, const struct account_conf *account,
    const struct errand_result *result), void *arg)
{
	struct visits_spec spec = {
		.conf = conf,
		.dry_run = args->dry_run,
		.may_prompt = isatty(STDIN_FILENO) == 1 &&
		    args->mode != REPORT_JSON,
		.debug = args->debug,
		.done = done,
		.arg = arg,
	};

	memset(e, 0, sizeof(*e));
	e->stop = stop;
	e->signals.fd = -1;
	e->loop = loop_new();
	if (!e->loop || watch_signals(e) != 0)
		return -1;
	/* one account has one thing for a thread at a time */
	e->work = work_new(e->loop, conf->naccounts < THREADS_MAX ?
	    (unsigned)conf->naccounts : THREADS_MAX);
	e->report = report_new(args->mode, stdout, stderr,
	    isatty(STDERR_FILENO) == 1, clock_ms);
	if (!e->work || !e->report)
		return -1;
	spec.loop = e->loop;
	spec.work = e->work;
	spec.sink = report_sink(e->report);
	e->visits = visits_new(&spec);
	return e->visits ? 0 : -1;
}

void
engine_close(struct engine *e)
{
	visits_free(e->visits);
	work_free(e->work);
	if (e->report)
		report_free(e->report);
	if (e->signals.fd >= 0) {
		loop_unwatch(e->loop, &e->signals, true);
		close(e->signals.fd);
		sigprocmask(SIG_SETMASK, &e->old_mask, NULL);
	}
	loop_free(e->loop);
}

int
engine_trouble(const struct client_args *args)
{
	fprintf(stderr, "%s: cannot begin: %s\n", args->program,
	    strerror(errno));
	return EX_OSERR;
}

/* ---- which accounts ------------------------------------------------------ */

int
engine_check_names(const struct client_args *args,
    const struct client_conf *conf)
{
	for (size_t i = 0; i < args->nnames; i++)
		if (!client_conf_account(conf, args->names[i])) {
			fprintf(stderr, "%s: there is no account %s in %s\n",
			    args->program, args->names[i], args->config);
			return EX_CONFIG;
		}
	return 0;
}

bool
engine_is_wanted(const struct client_args *args, const struct account_conf *a)
{
	if (args->nnames == 0)
		return a->enabled || args->all;
	for (size_t i = 0; i < args->nnames; i++)
		if (strcmp(args->names[i], a->name) == 0)
			return true;
	return false;
}

static int
add_accounts(struct engine *e, const struct client_args *args,
    const struct client_conf *conf)
{
	int status = engine_check_names(args, conf);

	for (size_t i = 0; i < conf->naccounts && status == 0; i++)
		if (engine_is_wanted(args, &conf->accounts[i]) &&
		    visits_add(e->visits, &conf->accounts[i]) != 0)
			status = engine_trouble(args);
	return status;
}

/* ---- fetch --------------------------------------------------------------- */

static void
stop(struct engine *e)
{
	visits_stop(e->visits);
	if (visits_open(e->visits) == 0)
		loop_stop(e->loop);
}

/* Gmail shows a few hundred messages at a time, and the next ones after a
 * QUIT. */
static bool
shows_a_part(const struct account_conf *a)
{
	return strcasecmp(a->server, "pop.gmail.com") == 0 ||
	    strcasecmp(a->server, "pop.googlemail.com") == 0;
}

static void
visited(void *arg, const struct account_conf *account,
    const struct errand_result *result)
{
	struct fetch *f = arg;
	bool more = result->more || (shows_a_part(account) &&
	    result->fetched > 0);

	if (more && result->fault == FAULT_NONE && !f->engine.signalled &&
	    ++f->drains < DRAINS_MAX &&
	    visits_add(f->engine.visits, account) == 0)
		return;
	if (visits_open(f->engine.visits) == 0)
		loop_stop(f->engine.loop);
}

int
client_fetch(const struct client_args *args, const struct client_conf *conf)
{
	struct fetch f = { .drains = 0 };
	int status;

	if (engine_open(&f.engine, args, conf, stop, visited, &f) != 0) {
		status = engine_trouble(args);
		engine_close(&f.engine);
		return status;
	}
	status = add_accounts(&f.engine, args, conf);
	if (status == 0 && visits_open(f.engine.visits) == 0) {
		fprintf(stderr, "%s: no account to visit\n", args->program);
		status = EX_CONFIG;
	}
	if (status == 0) {
		status = loop_run(f.engine.loop) == 0 ? 0 : EX_OSERR;
		report_finish(f.engine.report);
		if (status == 0)
			status = report_exit_status(f.engine.report);
		/* stopped before any account could say so */
		if (status == 0 && f.engine.signalled)
			status = advice_for(FAULT_STOPPED)->exit_status;
	}
	engine_close(&f.engine);
	return status;
}
