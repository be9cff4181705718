/* SPDX-License-Identifier: ISC
 *
 * report_json: events as JSON, one object a line (NDJSON), in ASCII alone.
 * restante(1), "JSON", documents the members: keep it true.
 *
 * Octets of strangers: text that is UTF-8 is itself.  In other text each octet
 * that belongs to no character is U+FFFD, and a second member, its name with
 * "_base64", has the octets.  At most TEXT_MAX octets are told.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "client/report_private.h"
#include "client/utf8.h"

enum { TEXT_MAX = 1024, PROGRESS_MS = 100 };

/* An object under way: `bad` once anything could not be added. */
struct object {
	json_t *json;
	bool bad;
};

static void
put(struct object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->bad = true;
}

static void
put_number(struct object *o, const char *key, uint64_t n)
{
	put(o, key, json_integer(n <= INT64_MAX ? (json_int_t)n :
	    INT64_MAX));
}

/* Appends `text` as UTF-8, whatever it is: 1 when it is `text` itself, 0 when
 * something was replaced, -1: memory */
static int
mend(struct pop_span text, struct buf *mended)
{
	int whole = 1;
	uint32_t c;

	while (text.n > 0) {
		size_t n = utf8_decode(text, &c);

		if (n > 0 && buf_append(mended, text.p, n) != 0)
			return -1;
		if (n == 0) {
			whole = 0;
			n = 1;
			if (buf_append_str(mended, "\xef\xbf\xbd") != 0)
				return -1;
		}
		span_skip(&text, n);
	}
	return whole;
}

static void
put_base64(struct object *o, const char *key, struct pop_span octets)
{
	unsigned char out[BASE64_ENCODED(TEXT_MAX)];
	char name[64];
	size_t n = base64_encode(out, octets.p, octets.n);

	(void)text_format(name, sizeof(name), "%s_base64", key);
	put(o, name, json_stringn((const char *)out, n));
}

/* cuts a long text where a character ends */
static struct pop_span
first_part(struct pop_span text)
{
	struct pop_span rest = text;
	uint32_t c;

	if (text.n <= TEXT_MAX)
		return text;
	for (;;) {
		size_t n = utf8_decode(rest, &c);

		if (n == 0)
			n = 1;
		if (text.n - rest.n + n > TEXT_MAX)
			break;
		span_skip(&rest, n);
	}
	return span_of(text.p, text.n - rest.n);
}

static void
put_span(struct object *o, const char *key, struct pop_span text)
{
	struct buf mended;
	int whole;

	buf_init(&mended, 3 * TEXT_MAX);
	text = first_part(text);
	whole = mend(text, &mended);
	if (whole < 0)
		o->bad = true;
	else
		put(o, key, json_stringn(mended.n > 0 ?
		    (const char *)mended.p : "", mended.n));
	if (whole == 0)
		put_base64(o, key, text);
	buf_release(&mended);
}

/* nothing when there is none */
static void
put_text(struct object *o, const char *key, const char *text)
{
	if (text != NULL)
		put_span(o, key, span_str(text));
}

static bool
begin(struct object *o, const char *event)
{
	o->json = json_object();
	o->bad = o->json == NULL;
	if (!o->bad)
		put_text(o, "event", event);
	return !o->bad;
}

/* The line, or none when memory was short: half an object would lie. False
 * then. */
static bool
end(struct object *o, FILE *out)
{
	bool good = !o->bad;

	if (good && json_dumpf(o->json, out, JSON_COMPACT |
	    JSON_ENSURE_ASCII) == 0)
		(void)fputc('\n', out);
	(void)fflush(out);
	json_decref(o->json);
	return good;
}

/* ---- the members of each kind ---- */

static const char *const fates[] = {
	[FATE_FETCHED] = "fetched", [FATE_SKIPPED] = "skipped",
	[FATE_DROPPED] = "dropped", [FATE_QUARANTINED] = "quarantined",
	[FATE_DELETED] = "deleted", [FATE_ADOPTED] = "adopted",
	[FATE_FAILED] = "failed"
};

static const char *const kinds[] = {
	[EVENT_START] = "start", [EVENT_CONNECTED] = "connected",
	[EVENT_LOGIN] = "login", [EVENT_LISTED] = "listed",
	[EVENT_PROGRESS] = "progress", [EVENT_MESSAGE] = "message",
	[EVENT_NOTE] = "note", [EVENT_WARNING] = "warning",
	[EVENT_FAULT] = "fault", [EVENT_END] = "end"
};

static void
put_fault(struct object *o, const struct event *e)
{
	const struct advice *why = advice_for(e->fault);

	put_text(o, "fault", why->name);
	put_number(o, "exit_status", (uint64_t)why->exit_status);
	put(o, "later", json_boolean(why->later));
	put_text(o, "meaning", why->meaning);
	put_text(o, "remedy", e->detail != NULL ? e->detail : why->remedy);
	put_text(o, "text", e->text);
	if (e->server_said.n > 0)
		put_span(o, "server_said", e->server_said);
}

static void
put_message(struct object *o, const struct event *e)
{
	put_text(o, "fate", fates[e->fate]);
	put_number(o, "number", e->number);
	if (e->uidl.n > 0)
		put_span(o, "uidl", e->uidl);
	put_number(o, "octets", e->octets);
	if (e->dry)
		put(o, "dry", json_true());
	if (e->fate == FATE_FAILED)
		put_fault(o, e);
	else if (e->fate == FATE_FETCHED)
		put_text(o, "destination", e->text);
	else
		put_text(o, "text", e->text);
}

static void
put_sum(struct object *o, const struct event_sum *s)
{
	put_number(o, "messages", s->messages);
	put_number(o, "fresh", s->fresh);
	put_number(o, "octets", s->octets);
	put_number(o, "fetched", s->fetched);
	put_number(o, "fetched_octets", s->fetched_octets);
	put_number(o, "skipped", s->skipped);
	put_number(o, "dropped", s->dropped);
	put_number(o, "quarantined", s->quarantined);
	put_number(o, "deleted", s->deleted);
	put_number(o, "adopted", s->adopted);
	put_number(o, "failed", s->failed);
}

static void
put_event(struct object *o, const struct report_account *a,
    const struct event *e)
{
	switch (e->kind) {
	case EVENT_START:
		put_text(o, "login", e->text);
		break;
	case EVENT_CONNECTED:
		put_text(o, "address", e->text);
		break;
	case EVENT_LOGIN:
		put_text(o, "mechanism", e->text);
		put_text(o, "tls", e->detail);
		break;
	case EVENT_LISTED:
		put_number(o, "messages", a->sum.messages);
		put_number(o, "fresh", a->sum.fresh);
		put_number(o, "octets", a->sum.octets);
		break;
	case EVENT_PROGRESS:
		put_number(o, "fetched", a->sum.fetched);
		put_number(o, "received_octets", report_received(&a->sum));
		put_number(o, "fresh", a->sum.fresh);
		put_number(o, "octets", a->sum.octets);
		break;
	case EVENT_MESSAGE:
		put_message(o, e);
		break;
	case EVENT_NOTE:
	case EVENT_WARNING:
		put_text(o, "text", e->text);
		break;
	case EVENT_FAULT:
		put_fault(o, e);
		break;
	case EVENT_END:
		put_sum(o, &a->sum);
		put_number(o, "milliseconds", a->sum.milliseconds);
		put_text(o, "fault", a->fault != FAULT_NONE ?
		    advice_for(a->fault)->name : NULL);
		break;
	}
}

void
report_json(struct report *r, struct report_account *a,
    const struct event *e)
{
	struct object o;
	uint64_t now = r->now_ms();

	if (e->kind == EVENT_PROGRESS) {
		if (a->json_progress_ms != 0 &&
		    now - a->json_progress_ms < PROGRESS_MS)
			return;
		a->json_progress_ms = now;
	}
	if (!begin(&o, kinds[e->kind])) {
		r->broken = true;
		return;
	}
	put_text(&o, "account", a->name);
	put_event(&o, a, e);
	if (!end(&o, r->out))
		r->broken = true;
}

void
report_json_finish(struct report *r, const struct report_total *total)
{
	struct object o;

	if (!begin(&o, "summary")) {
		r->broken = true;
		return;
	}
	put_number(&o, "accounts", total->accounts);
	put_number(&o, "accounts_failed", total->failed);
	put_sum(&o, &total->sum);
	put_number(&o, "milliseconds", r->now_ms() - r->began_ms);
	put_number(&o, "exit_status", (uint64_t)report_exit_status(r));
	if (!end(&o, r->out))
		r->broken = true;
}

void
report_json_error(FILE *out, int exit_status, const char *text)
{
	struct object o;

	if (!begin(&o, "error"))
		return;
	put_number(&o, "exit_status", (uint64_t)exit_status);
	put_text(&o, "text", text);
	(void)end(&o, out);
}
