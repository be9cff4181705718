/* SPDX-License-Identifier: ISC
 *
 * report_text: what an account did, in one line of words.  Only makes texts.
 */
#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "client/report_private.h"

/* a text that grows in fixed memory; what does not fit is left out */
struct words {
	char *out;
	size_t n, size;
};

__attribute__((format(printf, 2, 3)))
static void
add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->out + w->n, w->size - w->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->n += (size_t)n < w->size - w->n ? (size_t)n :
		    w->size - w->n - 1;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void
report_duration(uint64_t ms, char out[32])
{
	uint64_t tenths = (ms + 50) / 100, s = (ms + 500) / 1000;

	if (tenths == 0)
		(void)text_format(out, 32, "under 0.1 s");
	else if (tenths < 600)
		(void)text_format(out, 32, "%" PRIu64 ".%u s", tenths / 10,
		    (unsigned)(tenths % 10));
	else if (s < 3600)
		(void)text_format(out, 32, "%" PRIu64 " min %u s", s / 60,
		    (unsigned)(s % 60));
	else
		(void)text_format(out, 32, "%" PRIu64 " h %u min", s / 3600,
		    (unsigned)(s % 3600 / 60));
}

void
report_clock(uint64_t s, char out[32])
{
	if (s < 3600)
		(void)text_format(out, 32, "%u:%02u", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else if (s < 360000)
		(void)text_format(out, 32, "%u:%02u:%02u",
		    (unsigned)(s / 3600), (unsigned)(s % 3600 / 60),
		    (unsigned)(s % 60));
	else
		(void)text_format(out, 32, "days");
}

/* what all sums have behind the messages that were fetched */
static void
add_others(struct words *w, const struct event_sum *s)
{
	if (s->quarantined > 0)
		add(w, ", %" PRIu64 " quarantined", s->quarantined);
	if (s->adopted > 0)
		add(w, ", %" PRIu64 " recognised under new names",
		    s->adopted);
	if (s->skipped > 0)
		add(w, ", %" PRIu64 " skipped", s->skipped);
	if (s->dropped > 0)
		add(w, ", %" PRIu64 " dropped", s->dropped);
	if (s->deleted > 0)
		add(w, ", %" PRIu64 " deleted", s->deleted);
	if (s->failed > 0)
		add(w, ", %" PRIu64 " failed", s->failed);
}

static void
add_size(struct words *w, uint64_t octets, uint64_t ms)
{
	char size[16], time[32];

	format_octets(octets, size);
	report_duration(ms, time);
	add(w, ", %s in %s", size, time);
}

static void
add_dry(struct words *w, const struct report_account *a)
{
	char size[16];

	format_octets(a->dry_octets, size);
	add(w, "would fetch %" PRIu64 " of %" PRIu64 " message%s",
	    a->dry_fetched, a->sum.messages, plural(a->sum.messages));
	if (a->dry_fetched > 0)
		add(w, ", %s", size);
	if (a->dry_left > 0)
		add(w, ", skip %" PRIu64, a->dry_left);
	if (a->dry_deleted > 0)
		add(w, ", delete %" PRIu64, a->dry_deleted);
}

/* Has the visit changed anything, here or there? */
static bool
did_anything(const struct event_sum *s)
{
	return s->fetched + s->quarantined + s->adopted + s->dropped +
	    s->deleted > 0;
}

static void
add_visit(struct words *w, const struct report_account *a)
{
	const struct event_sum *s = &a->sum;

	if (s->messages == 0 && !did_anything(s)) {
		add(w, "no messages");
		return;
	}
	if (s->fetched < s->fresh)
		add(w, "%" PRIu64 " of %" PRIu64 " new messages fetched",
		    s->fetched, s->fresh);
	else if (s->fetched == 0)
		add(w, "nothing new of %" PRIu64 " message%s", s->messages,
		    plural(s->messages));
	else
		add(w, "%" PRIu64 " new of %" PRIu64 " message%s fetched",
		    s->fetched, s->messages, plural(s->messages));
	if (s->fetched > 0)
		add_size(w, s->fetched_octets, s->milliseconds);
	add_others(w, s);
}

void
report_summary(const struct report_account *a, char *out, size_t size)
{
	struct words w = { out, 0, size };
	const struct advice *why = advice_for(a->sum.fault);

	if (a->sum.fault != FAULT_NONE && !did_anything(&a->sum)) {
		/* what that means was said when it happened */
		add(&w, "nothing fetched (%s)", why->name);
		return;
	}
	if (a->dry)
		add_dry(&w, a);
	else
		add_visit(&w, a);
	if (a->sum.fault != FAULT_NONE)
		add(&w, "; then %s", why->meaning);
}

void
report_total_summary(const struct report_total *t, uint64_t ms, char *out,
    size_t size)
{
	struct words w = { out, 0, size };
	char octets[16];

	if (t->dry) {
		format_octets(t->dry_octets, octets);
		add(&w, "would fetch %" PRIu64 " message%s from %" PRIu64
		    " accounts, %s", t->dry_fetched, plural(t->dry_fetched),
		    t->accounts, octets);
	} else if (t->sum.fetched == 0) {
		add(&w, t->failed > 0 ? "nothing fetched from %" PRIu64
		    " accounts" : "nothing new in %" PRIu64 " accounts",
		    t->accounts);
		add_others(&w, &t->sum);
	} else {
		add(&w, "%" PRIu64 " new message%s from %" PRIu64
		    " accounts", t->sum.fetched, plural(t->sum.fetched),
		    t->accounts);
		add_size(&w, t->sum.fetched_octets, ms);
		add_others(&w, &t->sum);
	}
	if (t->failed > 0)
		add(&w, "; %" PRIu64 " account%s with trouble", t->failed,
		    plural(t->failed));
}
