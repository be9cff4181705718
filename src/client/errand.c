/* SPDX-License-Identifier: ISC
 *
 * errand: the life of one visit: state and recovery first, then the secret,
 * the session, the listing, the collecting, and the record at the end.
 *
 * Whatever goes wrong, the end is the same: what came whole is delivered and
 * recorded, the rest stays on the server.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client/advice.h"
#include "client/errand_record.h"

#define ERRAND_OF(ptr, member) ((struct errand *)(void *) \
	((char *)(ptr) - offsetof(struct errand, member)))

static void finish(struct errand *e);

/* ---- telling ------------------------------------------------------------- */

void
errand_tell(struct errand *e, const struct event *event)
{
	struct event copy = *event;

	copy.account = e->spec.account->name;
	e->spec.sink->tell(e->spec.sink, &copy);
}

void
errand_say(struct errand *e, enum event_kind kind, const char *fmt, ...)
{
	struct event event = { .kind = kind };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	event.text = text;
	errand_tell(e, &event);
}

void
errand_no_more(struct errand *e, enum fault fault, const char *fmt, ...)
{
	va_list ap;

	e->no_more = true;
	if (e->stop_fault != FAULT_NONE)
		return;
	e->stop_fault = fault;
	va_start(ap, fmt);
	if (vsnprintf(e->stop_text, sizeof(e->stop_text), fmt, ap) < 0)
		e->stop_text[0] = '\0';
	va_end(ap);
}

void
errand_wake(struct errand *e)
{
	if (e->session && e->phase < ERRAND_RECORD) {
		collect_throttle(e);
		session_wake(e->session);
	} else if (e->session_over && collect_settled(e)) {
		errand_settled(e);
	} else if (e->session_over) {
		collect_flush(e, true);
	}
}

/* ---- the end ------------------------------------------------------------- */

static void
forget_waiting(struct errand *e)
{
	for (struct entry *next, *entry = e->waiting.first; entry;
	    entry = next) {
		next = entry->next;
		entry_free(entry);
	}
	batch_init(&e->waiting, e->state);
}

static void
free_errand(struct errand *e)
{
	session_free(e->session);
	if (e->ask)
		secret_cancel(e->ask);
	if (e->has_secret)
		secret_done(&e->secret);
	loop_timer_stop(e->spec.loop, &e->batch_timer);
	intake_abort(e);
	intake_free(&e->intake);
	entry_free(e->unproven);
	forget_waiting(e);
	for (size_t i = 0; i < e->ndests; i++)
		dest_close(e->dests[i].dest);
	plan_done(&e->plan);
	if (e->rules)
		rules_free(e->rules);
	record_close(e);
	free(e->deletions);
	free(e->deleted);
	free(e);
}

static void
tell_end(struct errand *e, enum fault fault, const char *text,
    struct pop_span said)
{
	struct event event = { .kind = EVENT_FAULT, .fault = fault,
		.text = text, .server_said = said };
	struct event end = { .kind = EVENT_END, .sum = &e->sum };
	char hint[ADVICE_HINT_MAX];

	if (fault != FAULT_NONE && advice_hint(fault, e->spec.account, hint,
	    sizeof(hint)))
		event.detail = hint;
	if (fault != FAULT_NONE)
		errand_tell(e, &event);
	e->sum.fault = fault;
	e->sum.milliseconds = loop_now(e->spec.loop) - e->began_ms;
	errand_tell(e, &end);
}

/* Why it ended as it did: what stopped the fetching comes first. */
static enum fault
final_fault(const struct errand *e, const char **text_r,
    struct pop_span *said_r)
{
	*said_r = (struct pop_span){ 0 };
	if (e->stop_fault != FAULT_NONE) {
		*text_r = e->stop_text;
		*said_r = span_of(e->end_said, e->end_said_n);
		return e->stop_fault;
	}
	*text_r = e->end_text;
	*said_r = span_of(e->end_said, e->end_said_n);
	if (e->end.fault == FAULT_NONE && e->sum.failed > 0) {
		*text_r = "some messages could not be fetched";
		return FAULT_MESSAGE;
	}
	return e->end.fault;
}

static void
over(struct errand *e)
{
	struct pop_span said;
	const char *text;
	enum fault fault = final_fault(e, &text, &said);
	struct errand_result result = {
		.fault = fault,
		.login_delay = e->login_delay,
		/* a dry run takes nothing away, so the same would follow */
		.more = e->has_plan && e->plan.more && !e->limited &&
		    !e->stopping && !e->spec.dry_run && fault == FAULT_NONE,
		.fetched = e->spec.dry_run ? 0 : e->sum.fetched,
	};
	void (*done)(void *, const struct errand_result *) = e->spec.done;
	void *arg = e->spec.arg;

	e->phase = ERRAND_OVER;
	tell_end(e, fault, text, said);
	free_errand(e);
	done(arg, &result);
}

static void
on_recorded(struct work_job *job)
{
	struct errand *e = ERRAND_OF(job, job);

	if (e->job_fault != FAULT_NONE)
		errand_no_more(e, e->job_fault, "%s", e->job_text);
	over(e);
}

/* Everything that came is settled: the rest is written down. */
static void
finish(struct errand *e)
{
	struct pop_span said;

	if (e->phase >= ERRAND_RECORD)
		return;
	e->phase = ERRAND_RECORD;
	e->sum.fault = final_fault(e, &e->final_text, &said);
	if (!e->state || e->spec.dry_run) {
		over(e);
		return;
	}
	e->job.run = record_run;
	e->job.done = on_recorded;
	work_add(e->spec.work, &e->job);
}

/* ---- the session's end --------------------------------------------------- */

static bool
try_without_pipelining(struct errand *e, const struct session_end *end)
{
	if (!end->pipelining_suspect || !e->pipelining || e->stopping ||
	    e->no_more || e->spec.account->pipelining ==
	    ACCOUNT_PIPELINING_ON)
		return false;
	errand_say(e, EVENT_NOTE, "%s: %s; trying again without pipelining",
	    e->spec.account->server, end->text);
	e->pipelining = false;
	e->pipelining_failed = true;
	return true;
}

/* What belongs to one session only. */
static void
forget_session(struct errand *e)
{
	intake_abort(e);
	/* decided before anything was collected: their numbers mean other
	 * messages now */
	forget_waiting(e);
	plan_done(&e->plan);
	e->has_plan = e->listing_open = e->tallied = false;
	e->uidl_failed = e->list_failed = e->uidl_done = e->list_done =
	    e->list_asked = e->without_uidl = e->without_top = false;
	e->limited = false;
	e->odd_rows = 0;
	e->retrs = e->deles = 0;
	e->outstanding = 0;
	e->ndeletions = e->delete_at = e->ndeleted = 0;
	e->quit_sent = false;
	e->session_over = false;
}

static void
keep_end(struct errand *e, const struct session_end *end)
{
	e->end = *end;
	text_format(e->end_text, sizeof(e->end_text), "%s", end->text);
	e->end_said_n = end->server_said.n;
	if (e->end_said_n > sizeof(e->end_said))
		e->end_said_n = sizeof(e->end_said);
	if (e->end_said_n > 0)
		memcpy(e->end_said, end->server_said.p, e->end_said_n);
	/* the answer to QUIT is what makes deletions certain (C-8) */
	if (e->quit_sent && end->fault != FAULT_NONE &&
	    end->fault != FAULT_QUIT) {
		e->end.fault = e->ndeleted > 0 ? FAULT_QUIT : FAULT_NONE;
		text_format(e->end_text, sizeof(e->end_text),
		    "%s did not answer QUIT: it may not have deleted "
		    "anything", e->spec.account->server);
	}
	if (end->fault != FAULT_NONE)
		e->ndeleted = 0;
}

static void on_secret(void *arg, struct secret *secret,
    const char *error);

static void
session_is_over(void *arg, const struct session_end *end)
{
	struct errand *e = arg;
	bool again = end->secret_refused && !e->asked_again && !e->stopping;
	enum fault fault = end->fault;		/* goes with the session */

	keep_end(e, end);
	e->login_delay = session_capa(e->session)->login_delay;
	record_tls_session(e);
	e->retry = !again && try_without_pipelining(e, end);
	session_free(e->session);
	e->session = NULL;
	e->session_over = true;
	if (again) {
		e->asked_again = true;
		secret_done(&e->secret);
		e->has_secret = false;
		forget_session(e);
		e->phase = ERRAND_SECRET;
		e->ask = secret_ask(e->spec.loop, e->spec.account, true,
		    e->spec.may_prompt, on_secret, e);
		if (!e->ask)
			finish(e);
		return;
	}
	intake_abort(e);
	/* Its final dot was there.  Unless the server answered out of step it
	 * is whole; if its size is not the announced one, it comes again. */
	if (e->unproven && (fault == FAULT_PROTOCOL ||
	    e->unproven->row.octets != e->unproven->row.announced)) {
		entry_free(e->unproven);
		e->unproven = NULL;
	}
	collect_proven(e);
	collect_flush(e, true);
	if (collect_settled(e) || e->phase < ERRAND_COLLECT)
		errand_settled(e);
}

/* ---- the session --------------------------------------------------------- */

static void
session_is_ready(void *arg)
{
	const unsigned both = POP_CAPA_UTF8 | POP_CAPA_PIPELINING;
	struct errand *e = arg;

	e->utf8 = (session_capa(e->session)->has & both) == both;
	e->was_ready = true;
	errand_list_ready(e);
}

static void
session_event(void *arg, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct errand *e = arg;

	if (e->phase == ERRAND_LIST)
		errand_list_event(e, event, info);
	else if (e->phase == ERRAND_LOOK)
		errand_look_event(e, event, info);
	else if (e->phase == ERRAND_COLLECT || e->phase == ERRAND_QUIT)
		collect_event(e, event, info);
}

static void
session_idle(void *arg)
{
	struct errand *e = arg;

	if (e->phase == ERRAND_LOOK)
		errand_look_idle(e);
	if (e->phase == ERRAND_COLLECT)
		collect_idle(e);
}

static void
connect_to_server(struct errand *e)
{
	const struct account_conf *a = e->spec.account;
	struct buf tls;
	struct session_spec spec = {
		.loop = e->spec.loop,
		.account = a,
		.sink = e->spec.sink,
		.owner = &e->owner,
		.secret = &e->secret,
		.pipelining = e->pipelining,
		.pipelining_forced = a->pipelining == ACCOUNT_PIPELINING_ON,
		.utf8_expected = e->utf8_expected,
		.debug = e->spec.debug,
	};

	e->phase = ERRAND_CONNECT;
	buf_init(&tls, 64 << 10);
	record_read_tls(e, &tls);
	spec.tls_session = buf_span(&tls);
	e->owner = (struct session_owner){ session_is_ready, session_event,
		session_idle, session_is_over, e };
	e->session = session_start(&spec);
	buf_wipe(&tls);
	if (e->session)
		return;
	errand_no_more(e, FAULT_MEMORY, "out of memory");
	finish(e);
}

static void
on_secret(void *arg, struct secret *secret, const char *error)
{
	struct errand *e = arg;

	e->ask = NULL;
	if (!secret) {
		errand_no_more(e, FAULT_SECRET, "%s", error);
		finish(e);
		return;
	}
	e->secret = *secret;
	e->has_secret = true;
	connect_to_server(e);
}

/* All that came before the session's end is safe: what next? */
void
errand_settled(struct errand *e)
{
	if (!e->retry || e->no_more) {
		finish(e);
		return;
	}
	e->retry = false;
	e->end = (struct session_end){ 0 };
	e->end_said_n = 0;
	forget_session(e);
	connect_to_server(e);
}

/* ---- the beginning ------------------------------------------------------- */

static void
on_recovered(struct work_job *job)
{
	struct errand *e = ERRAND_OF(job, job);

	if (e->job_fault != FAULT_NONE) {
		errand_no_more(e, e->job_fault, "%s", e->job_text);
		finish(e);
		return;
	}
	if (e->recovered > 0)
		errand_say(e, EVENT_NOTE, "%u messages of an interrupted "
		    "visit are at their destination", e->recovered);
	if (e->job_text[0])
		errand_say(e, EVENT_WARNING, "%s", e->job_text);
	if (e->in_doubt > 0)
		errand_say(e, EVENT_WARNING, "%u messages were being handed "
		    "over when the last visit was interrupted: they may come "
		    "twice", e->in_doubt);
	if (e->stopping) {
		errand_no_more(e, FAULT_STOPPED, "stopped by a signal");
		finish(e);
		return;
	}
	e->phase = ERRAND_SECRET;
	e->ask = secret_ask(e->spec.loop, e->spec.account, false,
	    e->spec.may_prompt, on_secret, e);
	if (e->ask)
		return;
	errand_no_more(e, FAULT_MEMORY, "out of memory");
	finish(e);
}

struct errand *
errand_start(const struct errand_spec *spec)
{
	struct errand *e = calloc(1, sizeof(*e));
	struct event start = { .kind = EVENT_START };
	char who[400];

	if (!e)
		return NULL;
	e->spec = *spec;
	e->began_ms = loop_now(spec->loop);
	e->now = (int64_t)time(NULL);
	buf_init(&e->intake.header, HEADER_MAX);
	e->to_scan_last = &e->to_scan;
	batch_init(&e->waiting, NULL);
	text_format(who, sizeof(who), "%s@%s", spec->account->user,
	    spec->account->server);
	start.text = who;
	errand_tell(e, &start);
	e->job.run = recover_run;
	e->job.done = on_recovered;
	work_add(spec->work, &e->job);
	return e;
}

void
errand_stop(struct errand *e)
{
	if (e->stopping || e->phase >= ERRAND_RECORD)
		return;
	e->stopping = true;
	if (e->phase == ERRAND_RECOVER)
		return;		/* the rest is a worker's now */
	errand_no_more(e, FAULT_STOPPED, "stopped by a signal");
	hand_over_cancel(e);
	if (e->ask) {
		secret_cancel(e->ask);
		e->ask = NULL;
		finish(e);
	} else if (e->session) {
		struct session_end end = { .fault = FAULT_STOPPED,
			.text = "stopped by a signal" };

		session_is_over(e, &end);
	} else {
		errand_wake(e);
	}
}
