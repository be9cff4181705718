/* SPDX-License-Identifier: ISC
 *
 * report: who is told what.  Keeps one entry for each account, hands each
 * event to what fits the mode, and knows at the end which exit status that
 * makes.  Writes nothing itself; never fails its caller: a stream that cannot
 * be written is found by ferror at the end.
 */
#include <stdlib.h>
#include <unistd.h>

#include "client/report_private.h"

/* ---- rates ---- */

void
rate_note(struct rate *rate, uint64_t now_ms, uint64_t octets)
{
	unsigned i = rate->n % REPORT_SAMPLES;

	if (rate->n > 0 && now_ms - rate->ms[(rate->n - 1) % REPORT_SAMPLES] <
	    REPORT_SAMPLE_MS)
		return;
	rate->ms[i] = now_ms;
	rate->octets[i] = octets;
	rate->n++;
}

uint64_t
rate_get(const struct rate *rate, uint64_t now_ms, uint64_t octets)
{
	unsigned i = rate->n < REPORT_SAMPLES ? 0 : rate->n % REPORT_SAMPLES;

	if (rate->n == 0 || now_ms <= rate->ms[i] || octets < rate->octets[i])
		return 0;
	return (octets - rate->octets[i]) * 1000 / (now_ms - rate->ms[i]);
}

uint64_t
report_received(const struct event_sum *s)
{
	return s->came_octets > s->fetched_octets ? s->came_octets :
	    s->fetched_octets;
}

/* ---- accounts ---- */

static struct report_account *
account_new(const char *name)
{
	enum { NAME_MAX_SHOWN = 100 };
	struct report_account *a = calloc(1, sizeof(*a));
	size_t size = 4 * NAME_MAX_SHOWN + 4;

	if (a == NULL)
		return NULL;
	a->name = strdup(name);
	a->shown = malloc(size);
	if (a->name == NULL || a->shown == NULL) {
		free(a->name);
		free(a->shown);
		free(a);
		return NULL;
	}
	escape_text(span_str(name), a->shown, size, NAME_MAX_SHOWN);
	return a;
}

static struct report_account *
account_of(struct report *r, const char *name)
{
	struct report_account *a = r->recent;

	if (a != NULL && strcmp(a->name, name) == 0)
		return a;
	for (a = r->accounts; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0)
			break;
	if (a == NULL) {
		a = account_new(name);
		if (a == NULL)
			return NULL;
		*r->last = a;
		r->last = &a->next;
	}
	r->recent = a;
	return a;
}

/* what a visit changed, here or there: *to grows by it */
static void
sum_add(struct event_sum *to, const struct event_sum *s)
{
	to->came_octets += report_received(s);
	to->fetched += s->fetched;
	to->fetched_octets += s->fetched_octets;
	to->quarantined += s->quarantined;
	to->dropped += s->dropped;
	to->deleted += s->deleted;
	to->adopted += s->adopted;
}

static void
account_start(struct report *r, struct report_account *a)
{
	if (!a->active)
		r->active++;
	sum_add(&a->past, &a->sum);
	a->active = true;
	a->phase = PHASE_CONNECT;
	memset(&a->sum, 0, sizeof(a->sum));
	a->started_ms = r->now_ms();
	a->json_progress_ms = 0;
	memset(&a->rate, 0, sizeof(a->rate));
	a->before = a->fault;
	a->fault = FAULT_NONE;
	a->advised = 0;
	a->dry = false;
	a->dry_fetched = a->dry_octets = a->dry_deleted = a->dry_left = 0;
}

static void
account_end(struct report *r, struct report_account *a)
{
	if (a->active)
		r->active--;
	a->active = false;
	a->fault = a->sum.fault;
	if (a->fault == FAULT_NONE && a->sum.failed > 0)
		a->fault = FAULT_MESSAGE;
}

/* a dry run counts by what would be, whatever the sums of the visit say */
static void
account_dry(struct report_account *a, const struct event *e)
{
	a->dry = true;
	switch (e->fate) {
	case FATE_FETCHED:
	case FATE_QUARANTINED:
		a->dry_fetched++;
		a->dry_octets += e->octets;
		break;
	case FATE_DROPPED:
	case FATE_DELETED:
		a->dry_deleted++;
		break;
	case FATE_SKIPPED:
	case FATE_FAILED:
		a->dry_left++;
		break;
	case FATE_ADOPTED:
		break;
	}
}

static void
account_note(struct report *r, struct report_account *a,
    const struct event *e)
{
	if (e->sum != NULL)
		a->sum = *e->sum;
	switch (e->kind) {
	case EVENT_START:
		account_start(r, a);
		break;
	case EVENT_CONNECTED:
		a->phase = PHASE_LOGIN;
		break;
	case EVENT_LOGIN:
		a->phase = PHASE_LIST;
		break;
	case EVENT_LISTED:
	case EVENT_PROGRESS:
		a->phase = PHASE_FETCH;
		rate_note(&a->rate, r->now_ms(), report_received(&a->sum));
		break;
	case EVENT_MESSAGE:
		if (e->dry)
			account_dry(a, e);
		break;
	case EVENT_FAULT:
		if (a->fault == FAULT_NONE)
			a->fault = e->fault;
		break;
	case EVENT_END:
		account_end(r, a);
		break;
	case EVENT_NOTE:
	case EVENT_WARNING:
		break;
	}
}

static void
tell(struct event_sink *sink, const struct event *e)
{
	struct report *r = (struct report *)sink;
	struct report_account *a = account_of(r,
	    e->account != NULL ? e->account : "restante");

	if (a == NULL) {
		r->broken = true;
		return;
	}
	account_note(r, a, e);
	if (r->mode == REPORT_JSON)
		report_json(r, a, e);
	else
		report_line(r, a, e);
}

/* ---- the whole ---- */

/* Does the terminal know how to go up a line? */
static bool
can_draw(void)
{
	const char *term = getenv("TERM");

	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

struct report *
report_new(enum report_mode mode, FILE *out, FILE *err, bool progress,
    uint64_t (*now_ms)(void))
{
	const char *no_color = getenv("NO_COLOR");
	struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->sink.tell = tell;
	r->mode = mode;
	r->out = out;
	r->err = err;
	progress = progress && can_draw();
	r->progress = progress &&
	    (mode == REPORT_PEOPLE || mode == REPORT_VERBOSE);
	r->color = progress && (no_color == NULL || *no_color == '\0');
	r->now_ms = now_ms;
	r->began_ms = r->plain_ms = now_ms();
	r->last = &r->accounts;
	return r;
}

struct event_sink *
report_sink(struct report *r)
{
	return &r->sink;
}

void
report_color(struct report *r, bool color)
{
	r->color = color;
}

void
report_endless(struct report *r)
{
	r->endless = true;
}

void
report_screen(struct report *r, unsigned columns, unsigned rows)
{
	r->columns = columns;
	r->rows = rows;
}

bool
report_terminal(FILE *f)
{
	return isatty(fileno(f)) == 1 && can_draw();
}

void
report_total(const struct report *r, struct report_total *t)
{
	memset(t, 0, sizeof(*t));
	for (const struct report_account *a = r->accounts; a != NULL;
	    a = a->next) {
		t->accounts++;
		t->failed += a->fault != FAULT_NONE;
		t->sum.messages += a->sum.messages;
		t->sum.octets += a->sum.octets;
		t->sum.fresh += a->sum.fresh;
		t->sum.skipped += a->sum.skipped;
		t->sum.failed += a->sum.failed;
		sum_add(&t->sum, &a->past);
		sum_add(&t->sum, &a->sum);
		t->dry_fetched += a->dry_fetched;
		t->dry_octets += a->dry_octets;
		t->dry = t->dry || a->dry;
	}
}

void
report_finish(struct report *r)
{
	struct report_total total;

	report_total(r, &total);
	progress_clear(r);
	if (r->mode == REPORT_JSON)
		report_json_finish(r, &total);
	else
		report_line_finish(r, &total);
}

int
report_exit_status(const struct report *r)
{
	const struct report_account *first = r->accounts;
	bool any = false, same = true;

	if (r->broken)
		return advice_for(FAULT_MEMORY)->exit_status;
	for (const struct report_account *a = first; a != NULL; a = a->next) {
		any = any || a->fault != FAULT_NONE;
		same = same && a->fault == first->fault;
	}
	if (!any)
		return 0;
	/* CLIENT_SOME, unless one number says it for all */
	return same ? advice_for(first->fault)->exit_status : 1;
}

void
report_free(struct report *r)
{
	struct report_account *a, *next;

	if (r == NULL)
		return;
	for (a = r->accounts; a != NULL; a = next) {
		next = a->next;
		free(a->name);
		free(a->shown);
		free(a);
	}
	free(r);
}
