/* SPDX-License-Identifier: ISC
 *
 * show: `restante show ACCOUNT N`: one message, by its number in the listing
 * or its UIDL, to standard output.  Into a pipe its octets, with LF for CRLF;
 * on a terminal without what would move the cursor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/num.h"
#include "client/browse.h"

struct show {
	struct browse browse;
	bool asked, terminal, cr;
	/* terminal: a character of which more may come */
	unsigned char held[4];
	size_t held_n;
};

/* A number is what list shows; there are servers whose UIDLs look like it. */
static const struct browse_row *
find(const struct browse *b, const char *word)
{
	uint64_t n;
	bool number = num_parse_u64(span_str(word), UINT32_MAX, &n) == 0;

	for (size_t i = 0; number && i < b->nrows; i++)
		if (b->rows[i].number == n)
			return &b->rows[i];
	for (size_t i = 0; *word != '\0' && i < b->nrows; i++)
		if (strcmp(b->rows[i].uidl, word) == 0)
			return &b->rows[i];
	return NULL;
}

/* Control characters could make a terminal do things (C14). */
static void
put_held(struct show *s)
{
	char shown[4 * sizeof(s->held) + 4];

	escape_text(span_of(s->held, s->held_n), shown, sizeof(shown),
	    sizeof(s->held));
	fputs(shown, stdout);
	s->held_n = 0;
}

static void
put_on_terminal(struct show *s, unsigned char c)
{
	bool goes_on = (c & 0xc0) == 0x80;
	unsigned char first;

	if (!goes_on)
		put_held(s);
	if (c == '\n' || c == '\t') {
		putchar(c);
		return;
	}
	s->held[s->held_n++] = c;
	first = s->held[0];
	if (s->held_n >= (first >= 0xf0 ? 4u : first >= 0xe0 ? 3u :
	    first >= 0xc0 ? 2u : 1u))
		put_held(s);
}

static void
put_octet(struct show *s, unsigned char c)
{
	if (s->terminal)
		put_on_terminal(s, c);
	else
		putchar(c);
}

static void
put_piece(struct show *s, struct pop_span piece)
{
	for (size_t i = 0; i < piece.n; i++) {
		unsigned char c = piece.p[i];

		if (s->cr && c != '\n')
			put_octet(s, '\r');
		s->cr = c == '\r';
		if (!s->cr)
			put_octet(s, c);
	}
}

static void
show_event(struct browse *b, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct show *s = (struct show *)b;

	if (event == POP_CLIENT_PIECE) {
		put_piece(s, info->piece);
	} else if (event == POP_CLIENT_END) {
		if (s->cr)
			put_octet(s, '\r');
		put_held(s);
	} else if (event == POP_CLIENT_REPLY && !info->ok) {
		char said[256];

		escape_text(info->text, said, sizeof(said), ESCAPE_MAX);
		fprintf(stderr, "%s: %s does not give message %s: %s\n",
		    b->args->program, b->account->server, b->args->names[1],
		    said);
		b->status = EX_UNAVAILABLE;
	}
}

static void
show_idle(struct browse *b)
{
	struct show *s = (struct show *)b;
	const struct browse_row *row = find(b, b->args->names[1]);
	struct pop_request retr = { .command = POP_CMD_RETR };

	if (s->asked) {
		if (session_under_way(b->session) == 0)
			browse_quit(b);
		return;
	}
	s->asked = true;
	if (row) {
		retr.number = row->number;
		if (session_send(b->session, &retr) != POP_SEND_OK)
			s->asked = false;
		return;
	}
	fprintf(stderr, "%s: %s has no message %s; `%s list --all %s` shows "
	    "what is there\n", b->args->program, b->account->name,
	    b->args->names[1], b->args->program, b->account->name);
	b->status = EX_DATAERR;
	browse_quit(b);
}

static void
show_begin(struct browse *b)
{
	(void)b;	/* the next idle moment asks */
}

int
client_show(const struct client_args *args, const struct client_conf *conf)
{
	struct show s = { .browse = { .begin = show_begin,
		.event = show_event, .idle = show_idle },
		.terminal = isatty(STDOUT_FILENO) == 1 };
	int status;

	if (args->nnames < 2) {
		fprintf(stderr, "usage: %s show ACCOUNT N\n", args->program);
		return EX_USAGE;
	}
	status = browse_run(&s.browse, args, conf);
	if (fflush(stdout) != 0) {
		perror(args->program);
		return EX_IOERR;
	}
	return status;
}
