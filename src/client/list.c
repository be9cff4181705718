/* SPDX-License-Identifier: ISC
 *
 * list: `restante list ACCOUNT`: what lies on the server, by the headers.  New
 * messages, or with --all also those that the state knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/text.h"
#include "client/browse.h"
#include "client/rules.h"

enum { HEADER_OCTETS = 64 << 10, COLUMN_FROM = 28, COLUMN_SUBJECT = 70 };

struct list {
	struct browse browse;
	size_t next, shown;	/* rows asked for; printed */
	unsigned under_way;
	struct buf header;
};

static bool
wanted(const struct list *l, size_t i)
{
	return l->browse.args->all || !l->browse.rows[i].known;
}

/* One field for a person's eyes. */
static void
field(const struct buf *header, const char *name, char *out, size_t size,
    size_t max)
{
	unsigned char text[2048];
	ptrdiff_t n = header_field(buf_span(header), name, text,
	    sizeof(text));

	escape_text(span_of(text, n > 0 ? (size_t)n : 0), out, size, max);
}

static void
date_of(const struct buf *header, char out[32])
{
	unsigned char text[256];
	ptrdiff_t n = header_field(buf_span(header), "Date", text,
	    sizeof(text));
	struct tm tm;
	int64_t t;
	time_t when;

	text_format(out, 32, "%s", "-");
	if (n <= 0 || header_date(span_of(text, (size_t)n), &t) != 0)
		return;
	when = (time_t)t;
	if (localtime_r(&when, &tm) &&
	    strftime(out, 32, "%Y-%m-%d %H:%M", &tm) == 0)
		text_format(out, 32, "%s", "-");
}

static void
print_json(const struct browse_row *row, const char *date, const char *from,
    const char *subject)
{
	json_t *o = json_pack("{s:s, s:i, s:I, s:s, s:b, s:s, s:s, s:s}",
	    "event", "listed-message", "number", (int)row->number, "octets",
	    (json_int_t)row->octets, "uidl", row->uidl, "known",
	    (int)row->known, "date", date, "from", from, "subject", subject);
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII) :
	    NULL;

	if (text)
		puts(text);
	free(text);
	json_decref(o);
}

static void
print_row(struct list *l, const struct browse_row *row, bool has_header)
{
	static const struct buf none;
	const struct buf *h = has_header ? &l->header : &none;
	bool json = l->browse.args->mode == REPORT_JSON;
	char from[512], subject[1024], date[32], octets[16];

	field(h, "From", from, sizeof(from), json ? 400 : COLUMN_FROM);
	field(h, "Subject", subject, sizeof(subject),
	    json ? 900 : COLUMN_SUBJECT);
	date_of(h, date);
	if (json) {
		print_json(row, date, from, subject);
		return;
	}
	format_octets(row->octets, octets);
	printf("%6u %c %9s  %-16s  %-28s  %s\n", row->number,
	    row->known ? ' ' : 'N', octets, date, from, subject);
}

static void
list_event(struct browse *b, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct list *l = (struct list *)b;
	size_t room = HEADER_OCTETS - l->header.n;

	if (event == POP_CLIENT_BEGIN) {
		l->header.n = 0;
	} else if (event == POP_CLIENT_PIECE) {
		if (buf_append(&l->header, info->piece.p, info->piece.n < room
		    ? info->piece.n : room) != BUF_OK)
			l->header.n = 0;
	} else if (info->command == POP_CMD_TOP &&
	    (event == POP_CLIENT_END || event == POP_CLIENT_REPLY)) {
		while (l->shown < b->nrows &&
		    b->rows[l->shown].number != info->number)
			l->shown++;
		l->under_way--;
		if (l->shown < b->nrows)
			print_row(l, &b->rows[l->shown++],
			    event == POP_CLIENT_END);
	}
}

static void
list_idle(struct browse *b)
{
	struct list *l = (struct list *)b;

	for (; l->next < b->nrows; l->next++) {
		struct pop_request top = { .command = POP_CMD_TOP,
			.number = b->rows[l->next].number };

		if (!wanted(l, l->next))
			continue;
		if (session_send(b->session, &top) != POP_SEND_OK)
			return;
		l->under_way++;
	}
	if (l->under_way == 0)
		browse_quit(b);
}

static void
list_begin(struct browse *b)
{
	(void)b;	/* the next idle moment sends */
}

int
client_list(const struct client_args *args, const struct client_conf *conf)
{
	struct list l = { .browse = { .begin = list_begin,
		.event = list_event, .idle = list_idle } };
	int status;

	buf_init(&l.header, HEADER_OCTETS);
	status = browse_run(&l.browse, args, conf);
	buf_release(&l.header);
	return status;
}
