/* SPDX-License-Identifier: ISC
 *
 * report_lines: events as lines for people.  Results go to `out`, what wants
 * attention to `err`; the picture at the foot of the terminal is taken away
 * before either.  Everything but our own fixed words is escaped here.
 */
#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "client/report_private.h"

enum { OWN_MAX = 1000, SHOWN_MAX = 4 * OWN_MAX + 4 };

enum tint { TINT_NONE, TINT_WARNING, TINT_FAULT };

/* One line, "account: ..."; `out` and `err` may be one terminal, so neither
 * keeps anything back. */
__attribute__((format(printf, 5, 6)))
static void
say(struct report *r, const struct report_account *a, FILE *f,
    enum tint tint, const char *fmt, ...)
{
	static const char *const on[] = { "", "\033[33m", "\033[31m" };
	bool color = r->color && f == r->err && tint != TINT_NONE;
	va_list ap;

	progress_clear(r);
	(void)fprintf(f, "%s%s:%s ", color ? on[tint] : "",
	    a != NULL ? a->shown : "all", color ? "\033[0m" : "");
	va_start(ap, fmt);
	(void)vfprintf(f, fmt, ap);
	va_end(ap);
	(void)fputc('\n', f);
	(void)fflush(f);
}

/* words of our own, in which a path or a peer's words may be */
static const char *
own(const char *text, char out[SHOWN_MAX])
{
	escape_text(span_str(text != NULL ? text : ""), out, SHOWN_MAX,
	    OWN_MAX);
	return out;
}

static void
say_server(struct report *r, const struct report_account *a,
    struct pop_span said)
{
	char shown[4 * ESCAPE_MAX + 4];

	if (said.n == 0)
		return;
	escape_text(said, shown, sizeof(shown), ESCAPE_MAX);
	say(r, a, r->err, TINT_NONE, "  the server said: %s", shown);
}

/* What to do, once a visit; for one that works for ever not each time. */
static void
say_remedy(struct report *r, struct report_account *a, enum fault fault,
    const char *better)
{
	const char *remedy = better != NULL ? better :
	    advice_for(fault)->remedy;
	char shown[SHOWN_MAX];

	if ((a->advised & (uint64_t)1 << fault) != 0 ||
	    (r->endless && a->before == fault) || *remedy == '\0')
		return;
	a->advised |= (uint64_t)1 << fault;
	say(r, a, r->err, TINT_NONE, "  %s", own(remedy, shown));
}

static void
say_fault(struct report *r, struct report_account *a, const struct event *e)
{
	const char *meaning = advice_for(e->fault)->meaning;
	char shown[SHOWN_MAX];

	if (e->text != NULL && *e->text != '\0')
		say(r, a, r->err, TINT_FAULT, "%s: %s", meaning,
		    own(e->text, shown));
	else
		say(r, a, r->err, TINT_FAULT, "%s", meaning);
	say_server(r, a, e->server_said);
	say_remedy(r, a, e->fault, e->detail);
}

/* ---- messages ---- */

static const char *
fate_words(const struct event *e)
{
	switch (e->fate) {
	case FATE_FETCHED:
		return e->dry ? "would be fetched to" : "fetched to";
	case FATE_SKIPPED:
		return e->dry ? "would be skipped:" : "skipped:";
	case FATE_DROPPED:
		return e->dry ? "would be deleted unfetched:" :
		    "deleted unfetched:";
	case FATE_QUARANTINED:
		return e->dry ? "would be quarantined:" : "quarantined:";
	case FATE_DELETED:
		return e->dry ? "would be deleted:" : "deleted:";
	case FATE_ADOPTED:
		return e->dry ? "would be recognised under a new name:" :
		    "recognised under a new name:";
	case FATE_FAILED:
		break;
	}
	return "not fetched:";
}

/* the words with their colon, or what stands before it */
static int
fate_length(const char *words, const char *text)
{
	size_t n = strlen(words);

	if (text != NULL && *text != '\0')
		return (int)n;
	if (words[n - 1] == ':')
		return (int)n - 1;
	return (int)n - (int)strlen(" to");
}

static void
say_message(struct report *r, struct report_account *a,
    const struct event *e)
{
	const char *words = fate_words(e);
	char size[16], shown[SHOWN_MAX];
	int n = fate_length(words, e->text);

	format_octets(e->octets, size);
	say(r, a, r->out, TINT_NONE, "message %" PRIu32 ", %s, %.*s%s%s",
	    e->number, size, n, words, e->text != NULL && *e->text != '\0' ?
	    " " : "", own(e->text, shown));
}

static void
say_message_failed(struct report *r, struct report_account *a,
    const struct event *e)
{
	char shown[SHOWN_MAX];
	bool more = e->text != NULL && *e->text != '\0';

	say(r, a, r->err, TINT_FAULT, "message %" PRIu32 ": %s%s%s",
	    e->number, advice_for(e->fault)->meaning, more ? ": " : "",
	    own(e->text, shown));
	say_server(r, a, e->server_said);
	say_remedy(r, a, e->fault, e->detail);
}

static void
on_message(struct report *r, struct report_account *a,
    const struct event *e)
{
	if (e->fate == FATE_FAILED)
		say_message_failed(r, a, e);
	else if (r->mode == REPORT_VERBOSE ||
	    (e->dry && r->mode != REPORT_QUIET))
		say_message(r, a, e);
}

/* ---- all kinds ---- */

/* what only -v shows */
static void
on_step(struct report *r, struct report_account *a, const struct event *e)
{
	char shown[SHOWN_MAX], detail[SHOWN_MAX], size[16];

	if (r->mode != REPORT_VERBOSE)
		return;
	own(e->text, shown);
	if (e->kind == EVENT_START)
		say(r, a, r->err, TINT_NONE, "begins: %s", shown);
	else if (e->kind == EVENT_CONNECTED)
		say(r, a, r->err, TINT_NONE, "connected to %s", shown);
	else if (e->kind == EVENT_LOGIN)
		say(r, a, r->err, TINT_NONE, "logged in with %s, %s", shown,
		    e->detail != NULL ? own(e->detail, detail) : "no TLS");
	else {
		format_octets(a->sum.octets, size);
		say(r, a, r->err, TINT_NONE, "%" PRIu64 " messages, %"
		    PRIu64 " to fetch (%s)", a->sum.messages, a->sum.fresh,
		    size);
	}
}

static void
on_end(struct report *r, struct report_account *a)
{
	const struct event_sum *s = &a->sum;
	char summary[400];

	if (r->mode == REPORT_QUIET || (r->endless && a->fault == FAULT_NONE &&
	    s->fetched + s->quarantined + s->dropped + s->deleted +
	    s->adopted == 0))
		return;
	report_summary(a, summary, sizeof(summary));
	say(r, a, r->out, TINT_NONE, "%s", summary);
}

void
report_line(struct report *r, struct report_account *a,
    const struct event *e)
{
	char shown[SHOWN_MAX];

	switch (e->kind) {
	case EVENT_START:
	case EVENT_CONNECTED:
	case EVENT_LOGIN:
	case EVENT_LISTED:
		on_step(r, a, e);
		break;
	case EVENT_MESSAGE:
		on_message(r, a, e);
		break;
	case EVENT_NOTE:
		if (r->mode != REPORT_QUIET)
			say(r, a, r->err, TINT_NONE, "%s",
			    own(e->text, shown));
		break;
	case EVENT_WARNING:
		if (r->mode != REPORT_QUIET)
			say(r, a, r->err, TINT_WARNING, "warning: %s",
			    own(e->text, shown));
		break;
	case EVENT_FAULT:
		say_fault(r, a, e);
		break;
	case EVENT_END:
		on_end(r, a);
		break;
	case EVENT_PROGRESS:
		break;
	}
	if (r->mode != REPORT_QUIET)
		progress_draw(r);
}

void
report_line_finish(struct report *r, const struct report_total *total)
{
	char summary[400];

	if (r->mode == REPORT_QUIET || total->accounts < 2 || r->endless)
		return;
	report_total_summary(total, r->now_ms() - r->began_ms, summary,
	    sizeof(summary));
	say(r, NULL, r->out, TINT_NONE, "%s", summary);
}
