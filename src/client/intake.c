/* SPDX-License-Identifier: ISC
 *
 * intake: one message while its octets come: its header is digested and, when
 * the rules want to see it, kept until they have spoken; then everything goes
 * into a draft.  Nothing here waits or is acknowledged to anybody.
 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "client/errand_record.h"

enum { RECEIVED_MAX = 1024 };

void
intake_free(struct intake *in)
{
	buf_release(&in->header);
}

void
intake_begin(struct errand *e, struct plan_item *item, bool is_top)
{
	struct intake *in = &e->intake;

	in->item = item;
	in->is_top = is_top;
	in->unwanted = !is_top && e->no_more;
	in->octets = 0;
	in->in_header = true;
	in->line_octets = 0;
	in->last_cr = in->cr_held = false;
	in->keep_header = is_top || rules_any(e->rules);
	in->header.n = 0;
	in->rule = NULL;
	in->dest = NULL;
	in->draft = NULL;
	digest_init(&in->digest);
}

/* ---- the header ---------------------------------------------------------- */

/*
 * How many octets of `piece` belong to the header with its empty line; less
 * than all of them when the header ends in it, and then *empty_r is what the
 * piece has of the empty line.  A line is empty when nothing but CR stands
 * before its LF.
 */
static size_t
header_part(struct intake *in, struct pop_span piece, size_t *empty_r)
{
	size_t at = 0;

	*empty_r = 0;
	while (at < piece.n) {
		const unsigned char *lf = memchr(piece.p + at, '\n',
		    piece.n - at);
		size_t n = lf ? (size_t)(lf - (piece.p + at)) : piece.n - at;
		bool cr = n > 0 ? piece.p[at + n - 1] == '\r' : in->last_cr;
		bool empty;

		in->line_octets += n > 2 ? 2 : (unsigned)n;
		if (in->line_octets > 2)
			in->line_octets = 2;
		if (!lf) {
			in->last_cr = cr;
			return piece.n;
		}
		empty = in->line_octets == 0 ||
		    (in->line_octets == 1 && cr);
		in->line_octets = 0;
		in->last_cr = false;
		at += n + 1;
		if (empty) {
			*empty_r = n + 1;
			return at;
		}
	}
	return piece.n;
}

/* The header without its empty line, which not every server sends with TOP: a
 * CR at the end of a piece waits for what follows. */
static void
digest_header(struct errand *e, struct pop_span octets, size_t empty)
{
	struct intake *in = &e->intake;
	size_t n = octets.n - empty;

	if (in->cr_held && !(n == 0 && empty == 1))
		digest_add(&in->digest, "\r", 1);
	in->cr_held = empty == 0 && n > 0 && octets.p[n - 1] == '\r';
	digest_add(&in->digest, octets.p, n - in->cr_held);
}

/* ---- where it goes ------------------------------------------------------- */

static void
received_field(const struct errand *e, char *out, size_t size)
{
	const struct account_conf *a = e->spec.account;
	time_t t = time(NULL);
	struct tm tm;
	char date[64];

	if (!gmtime_r(&t, &tm) ||
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000",
	    &tm) == 0)
		date[0] = '\0';
	/* one too long is left out: it must not be cut */
	if (text_format(out, size, "Received: from %s\r\n"
	    "\tby %s (Restante) with POP3%s for <%s>;\r\n\t%s\r\n",
	    a->server, e->hostname,
	    a->tls == ACCOUNT_TLS_NONE ? "" : "S", a->user, date))
		out[0] = '\0';
}

static void
open_draft(struct errand *e)
{
	struct intake *in = &e->intake;
	const struct conf_dest *conf = &e->spec.account->destination;
	struct dest_error error = { 0 };
	char received[RECEIVED_MAX] = "";

	if (in->rule && in->rule->destination.set)
		conf = &in->rule->destination;
	in->dest = errand_dest(e, conf);
	if (!in->dest) {
		in->unwanted = true;
		return;
	}
	record_drafts_begin(e);
	if (e->spec.account->received)
		received_field(e, received, sizeof(received));
	in->draft = draft_begin(in->dest, span_str(received), &error);
	if (in->draft)
		return;
	errand_no_more(e, error.fault, "%s", error.text);
	in->unwanted = true;
}

static void
write_draft(struct errand *e, struct pop_span octets)
{
	struct intake *in = &e->intake;
	struct dest_error error = { 0 };

	if (in->unwanted || octets.n == 0)
		return;
	if (!in->draft)
		open_draft(e);
	if (!in->draft || draft_write(in->draft, octets, &error) == 0)
		return;
	errand_no_more(e, error.fault, "%s", error.text);
	draft_abort(in->draft);
	in->draft = NULL;
	in->unwanted = true;
}

/* The header is there, or as much as is kept of it: the rules speak, and what
 * was held back follows. */
static void
decide(struct errand *e)
{
	struct intake *in = &e->intake;
	struct rules_message m = {
		.header = buf_span(&in->header),
		.has_header = true,
		.octets = in->item->announced ? in->item->announced :
		    in->octets,
		.now = e->now,
	};

	in->keep_header = false;
	if (rules_apply(e->rules, &m, &in->rule) != RULES_MATCH)
		in->rule = NULL;
	if (in->rule && in->rule->action != RULE_DELIVER)
		in->unwanted = true;
	write_draft(e, buf_span(&in->header));
	in->header.n = 0;
}

void
intake_piece(struct errand *e, struct pop_span piece)
{
	struct intake *in = &e->intake;

	in->octets += piece.n;
	if (in->in_header && !(in->unwanted && in->rule == NULL)) {
		size_t empty;
		size_t n = header_part(in, piece, &empty);

		digest_header(e, span_of(piece.p, n), empty);
		in->in_header = empty == 0;
		if (in->keep_header) {
			if (in->header.n + n > HEADER_MAX)
				n = HEADER_MAX - in->header.n;
			if (buf_append(&in->header, piece.p, n) != BUF_OK) {
				errand_no_more(e, FAULT_MEMORY,
				    "out of memory");
				in->unwanted = true;	/* it has a hole */
			}
			if ((empty == 0 && in->header.n < HEADER_MAX) ||
			    in->is_top)
				return;
			decide(e);
			span_skip(&piece, n);
		}
	}
	if (!in->is_top)
		write_draft(e, piece);
}

void
intake_made_uidl(const struct intake *in, unsigned char out[MADE_UIDL])
{
	static const char hex[] = "0123456789abcdef";

	/* a blank is in no server's unique-id */
	out[0] = ' ';
	out[1] = 'h';
	for (size_t i = 0; i < (MADE_UIDL - 2) / 2; i++) {
		out[2 + 2 * i] = (unsigned char)hex[in->digest_r[i] >> 4];
		out[3 + 2 * i] = (unsigned char)hex[in->digest_r[i] & 15];
	}
}

/* ---- the end ------------------------------------------------------------- */

static void
fill_entry(struct errand *e, struct entry *entry)
{
	const struct intake *in = &e->intake;
	const struct plan_item *item = in->item;
	unsigned char made[MADE_UIDL];

	entry->number = item->number;
	entry->drop = item->drop;
	entry->row.id = item->row;
	entry->row.nth = item->nth;
	entry->row.kind = STATE_FETCHED;
	entry->row.announced = item->announced;
	entry->row.octets = in->octets;
	entry->row.has_digest = true;
	memcpy(entry->row.digest, in->digest_r, STATE_DIGEST);
	entry->row.first_seen = item->first_seen;
	entry_set_uidl(entry, plan_uidl_of(&e->plan, item));
	if (item->uidl_n > 0)
		return;
	intake_made_uidl(in, made);
	entry_set_uidl(entry, span_of(made, sizeof(made)));
	entry->by_content = true;
}

/* A rule said skip or delete when the header had come. */
static void
set_aside(struct errand *e, struct entry *entry)
{
	bool drop = e->intake.rule->action == RULE_DELETE;

	entry->what = ENTRY_RECORD;
	entry->row.kind = drop ? STATE_DROPPED : STATE_SKIPPED;
	entry->drop = drop;
	text_format(entry->reason, sizeof(entry->reason), "rule %s",
	    e->intake.rule->name);
	collect_ready(e, entry);
}

static void
finish_message(struct errand *e)
{
	struct intake *in = &e->intake;
	struct dest_error error = { 0 };
	bool aside = in->rule && in->rule->action != RULE_DELIVER;
	struct entry *entry;

	if (in->unwanted && !aside)
		return;
	entry = entry_new();
	if (!entry) {
		errand_no_more(e, FAULT_MEMORY, "out of memory");
		return;
	}
	fill_entry(e, entry);
	if (aside) {
		set_aside(e, entry);
		return;
	}
	entry->what = ENTRY_DELIVER;
	entry->dest = in->dest;
	entry->draft = in->draft;
	in->draft = NULL;
	if (draft_end(entry->draft, &error) != 0) {
		errand_no_more(e, error.fault, "%s", error.text);
		entry_free(entry);
		return;
	}
	entry->owner = e;
	e->unproven = entry;
}

void
intake_end(struct errand *e)
{
	struct intake *in = &e->intake;
	struct plan_item *item = in->item;

	digest_end(&in->digest, in->digest_r);
	if (in->is_top) {
		errand_looked(e, item, true);
	} else {
		if (in->keep_header && !in->unwanted)
			decide(e);
		/* an empty message is a message */
		if (!in->draft && !in->unwanted)
			open_draft(e);
		finish_message(e);
	}
	intake_abort(e);
}

void
intake_abort(struct errand *e)
{
	struct intake *in = &e->intake;

	if (in->draft)
		draft_abort(in->draft);
	in->draft = NULL;
	in->item = NULL;
	in->rule = NULL;
}
