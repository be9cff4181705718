/* SPDX-License-Identifier: ISC
 *
 * status: `restante status [ACCOUNT...]`: what the state of each account
 * says: when it was last visited and how that went, what there is, what failed
 * and when it is tried again.  Reads only, takes no lock, talks to no server;
 * a fetch may run meanwhile.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/num.h"
#include "base/text.h"
#include "client/client.h"
#include "client/state.h"
#include "client/state_facts.h"

enum {
	SHOWN_MAX = 10,		/* failed messages, for people */
	TOLD_MAX = 1000,	/* for programs */
	TEXT_MAX = 1024
};

struct trouble {
	char uidl[256];		/* escaped */
	uint32_t nth, tries;
	int64_t not_before;
};

/* one account */
struct status {
	const char *account;
	bool known;		/* there is a state */
	char error[TEXT_MAX];	/* it cannot be read */
	int64_t visited, fault_time, pipelining_off;	/* 0: never */
	int at_work;		/* a process, or 0 */
	char fault[64], fault_text[TEXT_MAX];
	struct state_counts counts;
	struct trouble *troubles;
	size_t ntroubles, max;
};

/* ---- reading ------------------------------------------------------------- */

static int
read_time(struct state *s, const char *name, int64_t *t_r)
{
	struct pop_span v;
	uint64_t n;
	int r = state_fact(s, name, &v);

	if (r == 1 && num_parse_u64(v, INT64_MAX, &n) == 0)
		*t_r = (int64_t)n;
	return r < 0 ? -1 : 0;
}

static int
read_text(struct state *s, const char *name, char *out, size_t size)
{
	struct pop_span v;
	int r = state_fact(s, name, &v);

	if (r == 1)
		escape_text(v, out, size, size / 4);
	return r < 0 ? -1 : 0;
}

static int
note_trouble(void *arg, const struct state_row *row)
{
	struct status *st = arg;
	struct trouble *t;

	if (st->ntroubles == st->max)
		return 1;
	t = &st->troubles[st->ntroubles++];
	escape_text(row->uidl, t->uidl, sizeof(t->uidl), ESCAPE_MAX);
	t->nth = row->nth;
	t->tries = row->tries;
	t->not_before = row->not_before;
	return 0;
}

static int
read_state(struct state *s, struct status *st)
{
	st->known = true;
	st->visited = state_visited(s);
	st->at_work = state_holder(s);
	if (state_counts(s, &st->counts) != 0 ||
	    read_text(s, FACT_LAST_FAULT, st->fault,
	    sizeof(st->fault)) != 0 ||
	    read_text(s, FACT_LAST_FAULT_TEXT, st->fault_text,
	    sizeof(st->fault_text)) != 0 ||
	    read_time(s, FACT_LAST_FAULT_TIME, &st->fault_time) != 0 ||
	    read_time(s, FACT_PIPELINING_OFF, &st->pipelining_off) != 0)
		return -1;
	st->troubles = calloc(st->max, sizeof(*st->troubles));
	if (!st->troubles) {
		st->max = 0;
		return 0;
	}
	return state_rows(s, STATE_FAILED, note_trouble, st) < 0 ? -1 : 0;
}

static void
read_status(const char *dir, struct status *st)
{
	struct state *s = NULL;
	enum state_open r = state_open(dir, st->account, true, st->error,
	    sizeof(st->error), &s);

	if (r == STATE_SYSTEM && errno == ENOENT) {
		st->error[0] = '\0';
		return;
	}
	if (r != STATE_OK)
		return;
	if (read_state(s, st) != 0)
		text_format(st->error, sizeof(st->error), "%s",
		    state_error(s));
	state_close(s);
}

/* ---- for people ---------------------------------------------------------- */

static void
format_time(int64_t t, char out[32])
{
	time_t when = (time_t)t;
	struct tm tm;

	if (t <= 0 || !localtime_r(&when, &tm) ||
	    strftime(out, 32, "%Y-%m-%d %H:%M", &tm) == 0)
		text_format(out, 32, "%s", t <= 0 ? "never" : "?");
}

static int64_t
last_visit(const struct status *st)
{
	return st->visited > st->fault_time ? st->visited : st->fault_time;
}

static const char *
outcome(const struct status *st)
{
	if (st->error[0] != '\0')
		return "unreadable";
	if (st->at_work != 0)
		return "at work";
	if (st->fault[0] != '\0')
		return st->fault;
	return last_visit(st) > 0 ? "ok" : "-";
}

static void
print_heading(int width)
{
	(void)printf("%-*s  %-16s  %-14s %9s %8s %7s %9s\n", width, "ACCOUNT",
	    "LAST VISIT", "OUTCOME", "FETCHED", "SKIPPED", "FAILED",
	    "DELETED");
}

static void
print_row(const struct status *st, int width)
{
	char when[32], name[256];

	format_time(last_visit(st), when);
	escape_text(span_str(st->account), name, sizeof(name), 60);
	(void)printf("%-*s  %-16s  %-14s %9" PRIu64 " %8" PRIu64 " %7" PRIu64
	    " %9" PRIu64 "\n", width, name, when, outcome(st),
	    st->counts.fetched, st->counts.skipped, st->counts.failed,
	    st->counts.deleted);
}

static void
print_troubles(const struct status *st)
{
	size_t n = st->ntroubles < SHOWN_MAX ? st->ntroubles : SHOWN_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct trouble *t = &st->troubles[i];
		char when[32];

		format_time(t->not_before, when);
		(void)printf("  message %s could not be fetched: %" PRIu32
		    " tr%s, %s%s\n", t->uidl, t->tries,
		    t->tries == 1 ? "y" : "ies",
		    t->not_before > 0 ? "again after " : "again next time",
		    t->not_before > 0 ? when : "");
	}
	if (st->counts.failed > n)
		(void)printf("  and %" PRIu64 " more: --json has them\n",
		    st->counts.failed - n);
}

static void
print_fault(const struct status *st)
{
	char when[32];

	if (st->fault[0] == '\0')
		return;
	format_time(st->fault_time, when);
	(void)printf("  the last visit failed, %s%s%s\n", when,
	    st->fault_text[0] != '\0' ? ": " : "", st->fault_text);
}

/* What does not fit into the table. */
static void
print_notes(const struct status *st)
{
	char when[32];

	if (st->at_work != 0)
		(void)printf("  process %d is at work on it\n", st->at_work);
	print_fault(st);
	print_troubles(st);
	if (st->pipelining_off != 0) {
		format_time(st->pipelining_off, when);
		(void)printf("  the server cannot take several commands at "
		    "once (found out %s): one at a time is sent\n", when);
	}
	if (st->counts.intents > 0 && st->at_work == 0)
		(void)printf("  %" PRIu64 " deliver%s cut short: the next "
		    "fetch finishes %s\n", st->counts.intents,
		    st->counts.intents == 1 ? "y was" : "ies were",
		    st->counts.intents == 1 ? "it" : "them");
	if (st->counts.missing > 0)
		(void)printf("  %" PRIu64 " known message%s no longer on the "
		    "server\n", st->counts.missing,
		    st->counts.missing == 1 ? " is" : "s are");
}

static void
print_people(const struct status *st, int width)
{
	print_row(st, width);
	if (st->error[0] != '\0') {
		(void)fflush(stdout);
		(void)fprintf(stderr, "  %s\n", st->error);
		return;
	}
	print_notes(st);
}

/* ---- for programs -------------------------------------------------------- */

static json_t *
time_or_null(int64_t t)
{
	return t > 0 ? json_integer(t) : json_null();
}

static json_t *
json_troubles(const struct status *st)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < st->ntroubles; i++) {
		const struct trouble *t = &st->troubles[i];
		json_t *o = json_pack("{s:s, s:I, s:I, s:o}", "uidl", t->uidl,
		    "nth", (json_int_t)t->nth, "tries", (json_int_t)t->tries,
		    "not_before", time_or_null(t->not_before));

		if (!o || json_array_append_new(list, o) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
json_fault(const struct status *st)
{
	if (st->fault[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "name", st->fault, "text",
	    st->fault_text, "time", time_or_null(st->fault_time));
}

static json_t *
json_status(const struct status *st)
{
	const struct state_counts *c = &st->counts;

	if (st->error[0] != '\0')
		return json_pack("{s:s, s:s, s:s}", "event", "status",
		    "account", st->account, "error", st->error);
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:I, s:I, s:I, s:I,"
	    " s:I, s:I, s:I, s:o, s:o}", "event", "status",
	    "account", st->account, "known", (int)st->known,
	    "last_visit", time_or_null(last_visit(st)),
	    "process", st->at_work != 0 ? json_integer(st->at_work) :
	    json_null(), "fault", json_fault(st),
	    "fetched", (json_int_t)c->fetched,
	    "skipped", (json_int_t)c->skipped,
	    "failed", (json_int_t)c->failed,
	    "dropped", (json_int_t)c->dropped,
	    "deleted", (json_int_t)c->deleted,
	    "missing", (json_int_t)c->missing,
	    "unfinished", (json_int_t)c->intents,
	    "pipelining_off", time_or_null(st->pipelining_off),
	    "failed_messages", json_troubles(st));
}

static int
print_json(const struct status *st)
{
	json_t *o = json_status(st);
	int r = o ? json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) :
	    -1;

	json_decref(o);
	return r == 0 && putchar('\n') != EOF ? 0 : -1;
}

/* ---- all of them --------------------------------------------------------- */

static bool
asked_for(const struct client_args *args, const char *account)
{
	for (size_t i = 0; i < args->nnames; i++)
		if (strcmp(args->names[i], account) == 0)
			return true;
	return args->nnames == 0;
}

static int
width_of(const struct client_args *args, const struct client_conf *conf)
{
	size_t width = strlen("ACCOUNT");

	for (size_t i = 0; i < conf->naccounts; i++) {
		size_t n = strlen(conf->accounts[i].name);

		if (asked_for(args, conf->accounts[i].name) && n > width)
			width = n < 40 ? n : 40;
	}
	return (int)width;
}

int
client_status(const struct client_args *args, const struct client_conf *conf)
{
	bool json = args->mode == REPORT_JSON, good = true;
	int width = width_of(args, conf), status = CLIENT_OK;

	if (!json)
		print_heading(width);
	for (size_t i = 0; i < conf->naccounts; i++) {
		struct status st = { .account = conf->accounts[i].name,
			.max = json ? TOLD_MAX : SHOWN_MAX };

		if (!asked_for(args, st.account))
			continue;
		read_status(conf->state_dir, &st);
		if (st.error[0] != '\0')
			status = advice_for(FAULT_STATE)->exit_status;
		if (!json)
			print_people(&st, width);
		else if (print_json(&st) != 0)
			good = false;
		free(st.troubles);
	}
	if (fflush(stdout) != 0 || ferror(stdout) || !good) {
		(void)fprintf(stderr, "%s: the status could not be written\n",
		    args->program);
		return 74;	/* EX_IOERR */
	}
	return status;
}
