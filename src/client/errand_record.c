/* SPDX-License-Identifier: ISC
 *
 * errand_record: after a visit, what it learned is written down, in a worker
 * that has the state to itself; and the TLS session for the next one.  A visit
 * that found nothing new writes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/errand_record.h"
#include "client/report.h"
#include "client/state_facts.h"
#include "sys/slurp.h"

enum { TLS_MAX = 64 << 10 };

#define ERRAND_OF(ptr, member) ((struct errand *)(void *) \
	((char *)(ptr) - offsetof(struct errand, member)))

/* ---- after the visit ----------------------------------------------------- */

/* Was the listing all that is on the server, as far as one can tell? */
static bool
listing_counts(struct errand *e)
{
	const struct plan *p = &e->plan;

	if (!e->has_plan || e->uidl_failed || !e->uidl_done ||
	    e->odd_rows > 0 || p->rows_bad > 0 || p->rows == 0 ||
	    (p->listed != 0 && p->listed != p->rows &&
	    e->list_asked && !e->list_failed && p->listed > p->n))
		return false;
	if (e->listing_open) {
		e->listing_open = false;
		e->tallied = state_listing_end(e->state, &e->tally) == 0;
	}
	return e->tallied;
}

static bool
fact_is(struct errand *e, const char *name, struct pop_span wanted)
{
	struct pop_span value = { 0 };
	int r = state_fact(e->state, name, &value);

	return r == 1 ? span_eq(value, wanted) : r == 0 && wanted.n == 0;
}

/* only what changes is written; 0 or -1 */
static int
set_fact(struct errand *e, const char *name, struct pop_span value)
{
	return fact_is(e, name, value) ? 0 :
	    state_set_fact(e->state, name, value);
}

static int
put_faults(struct errand *e)
{
	char number[24];
	const char *name = e->sum.fault == FAULT_NONE ? "" :
	    advice_for(e->sum.fault)->name;
	struct pop_span none = { 0 };

	if (e->sum.fault == FAULT_NONE)
		return set_fact(e, FACT_LAST_FAULT, none) != 0 ||
		    set_fact(e, FACT_LAST_FAULT_TEXT, none) != 0 ||
		    set_fact(e, FACT_LAST_FAULT_TIME, none) != 0 ? -1 : 0;
	text_format(number, sizeof(number), "%lld", (long long)e->now);
	return set_fact(e, FACT_LAST_FAULT, span_str(name)) != 0 ||
	    set_fact(e, FACT_LAST_FAULT_TEXT, span_str(e->final_text ?
	    e->final_text : "")) != 0 ||
	    set_fact(e, FACT_LAST_FAULT_TIME, span_str(number)) != 0 ? -1 : 0;
}

/* Has all that the rules skipped before been looked at again, and found its
 * place? */
static bool
reconsidered(const struct errand *e)
{
	return e->end.fault == FAULT_NONE && e->stop_fault == FAULT_NONE &&
	    e->sum.failed == 0 && !e->limited && !e->plan.more;
}

static int
put_facts(struct errand *e)
{
	char number[24];
	bool went = e->uidl_done && !e->uidl_failed && e->plan.rows > 0;

	text_format(number, sizeof(number), "%lld", (long long)e->now);
	/* without pipelining it worked, with it it did not */
	if (e->pipelining_failed && e->end.fault == FAULT_NONE &&
	    state_set_fact(e->state, FACT_PIPELINING_OFF,
	    span_str(number)) != 0)
		return -1;
	if (e->was_ready && set_fact(e, FACT_UTF8, span_str(e->utf8 ? "1" :
	    "")) != 0)
		return -1;
	if (went && set_fact(e, FACT_UIDL, span_str("1")) != 0)
		return -1;
	if (reconsidered(e) && set_fact(e, FACT_RULES, span_of(e->rules_digest,
	    sizeof(e->rules_digest))) != 0)
		return -1;
	return put_faults(e);
}

void
record_run(struct work_job *job)
{
	struct errand *e = ERRAND_OF(job, job);
	bool wrote = false, counts = listing_counts(e);

	if (state_begin(e->state) != 0 ||
	    (counts && state_put_listing(e->state, e->now, &wrote) != 0) ||
	    (e->ndeleted > 0 && state_put_deleted(e->state, e->deleted,
	    e->ndeleted, e->now) != 0) ||
	    put_facts(e) != 0 || state_commit(e->state) != 0) {
		state_rollback(e->state);
		e->job_fault = FAULT_STATE;
		text_format(e->job_text, sizeof(e->job_text), "%s",
		    state_error(e->state));
		return;
	}
	e->sum.deleted = e->ndeleted;
	if (e->dirty && e->stop_fault == FAULT_NONE)
		record_drafts_end(e);
}

static void
remove_temporary(struct errand *e)
{
	static const char *const endings[] = { ".db", ".db-wal", ".db-shm",
	    ".lock" };
	char *path;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (asprintf(&path, "%s/%s%s", e->temporary,
		    e->spec.account->name, endings[i]) < 0)
			continue;
		(void)unlink(path);
		free(path);
	}
	(void)rmdir(e->temporary);
	free(e->temporary);
}

void
record_close(struct errand *e)
{
	if (e->state)
		state_close(e->state);
	free(e->spool);
	if (e->temporary)
		remove_temporary(e);
}

/* ---- the TLS session ----------------------------------------------------- */

void
record_read_tls(const struct errand *e, struct buf *out)
{
	char *path = record_path(e, ".tls");

	if (path && e->spec.account->tls != ACCOUNT_TLS_NONE &&
	    slurp(path, out) != 0)
		out->n = 0;	/* a full handshake, then */
	free(path);
}

void
record_tls_session(struct errand *e)
{
	char *path = record_path(e, ".tls"), *temporary = record_path(e,
	    ".tls~");
	struct buf session;
	int fd = -1;

	buf_init(&session, TLS_MAX);
	if (path && temporary && e->state && !e->spec.dry_run &&
	    session_tls(e->session, &session) == 0)
		fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
	if (fd >= 0) {
		bool whole = write(fd, session.p, session.n) ==
		    (ssize_t)session.n;

		close(fd);
		if (!whole || rename(temporary, path) != 0)
			(void)unlink(temporary);
	}
	buf_wipe(&session);
	free(path);
	free(temporary);
}
