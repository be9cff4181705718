/* SPDX-License-Identifier: ISC
 *
 * pop3_drop: TRANSACTION and UPDATE (RFC 1939 sections 5 to 7).  It knows a
 * maildrop as a listing and marks; it neither stores nor removes anything.
 * LIST and UIDL leave row by row as there is room, so a maildrop of a million
 * messages needs no more memory than an empty one.
 */
#include "proto/pop3_server.h"
#include "proto/put.h"
#include "proto/resp.h"

/* two numbers or a number and a unique-id, blank, CRLF */
enum { ROW_MAX = 10 + 1 + POP_UIDL_MAX + 2 };

static bool
is_marked(const struct pop_server *s, uint32_t i)
{
	return (s->drop.marks[i / 8] >> i % 8 & 1) != 0;
}

static void
put_plural(struct pop_out *text, uint64_t n, const char *what)
{
	put_u64(text, n);
	put_str(text, " ");
	put_str(text, what);
	if (n != 1)
		put_str(text, "s");
}

static void
ok_text(struct pop_server *s, const struct pop_out *text, struct pop_out *out)
{
	if (resp_ok(out, put_span(text)) != 0)
		s->closing = 1;
}

static void
ok_summary(struct pop_server *s, struct pop_out *out)
{
	unsigned char room[80];
	struct pop_out text = { room, 0, sizeof(room) };

	put_plural(&text, s->live, "message");
	put_str(&text, ", ");
	put_plural(&text, s->live_octets, "octet");
	ok_text(s, &text, out);
}

void
pop3_drop_open(struct pop_server *s, const struct pop_listing *listing,
    struct pop_out *out)
{
	s->drop = *listing;
	s->state = IN_TRANSACTION;
	s->octets = 0;
	for (uint32_t i = 0; i < s->drop.count; i++)
		s->octets += s->drop.octets(s->drop.ctx, i);
	s->live = s->drop.count;
	s->live_octets = s->octets;
	s->bad = 0;
	ok_summary(s, out);
}

static void
put_row(const struct pop_server *s, const struct verb *what, uint32_t i,
    struct pop_out *out)
{
	put_u64(out, (uint64_t)i + 1);
	put_str(out, " ");
	if (what->id == VERB_LIST)
		put_u64(out, s->drop.octets(s->drop.ctx, i));
	else
		put_octets(out, s->drop.uidl(s->drop.ctx, i));
}

int
pop3_drop_rows(struct pop_server *s, struct pop_out *out)
{
	for (; s->next_row < s->drop.count; s->next_row++) {
		if (is_marked(s, s->next_row))
			continue;
		if (put_room(out) < ROW_MAX)
			return -1;
		put_row(s, s->rows, s->next_row, out);
		put_str(out, "\r\n");
	}
	if (put_room(out) < 3)
		return -1;
	put_str(out, ".\r\n");
	s->rows = NULL;
	return 0;
}

/* The message that the command names, or -1 and the reply is given. */
static int64_t
find_message(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out)
{
	const char *why = NULL;

	if (call->number == 0 || call->number > s->drop.count)
		why = "no such message";
	else if (is_marked(s, (uint32_t)(call->number - 1)))
		why = "this message is marked as deleted";
	if (why == NULL)
		return (int64_t)(call->number - 1);
	pop3_err(s, out, POP_FAIL_PLAIN, why);
	return -1;
}

static void
cmd_list(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out)
{
	unsigned char room[ROW_MAX];
	struct pop_out text = { room, 0, sizeof(room) };
	int64_t i;

	if (call->words == 0) {
		s->rows = call->verb;
		s->next_row = 0;
		ok_summary(s, out);
		return;
	}
	i = find_message(s, call, out);
	if (i < 0)
		return;
	put_row(s, call->verb, (uint32_t)i, &text);
	ok_text(s, &text, out);
}

static void
cmd_stat(struct pop_server *s, struct pop_out *out)
{
	unsigned char room[48];
	struct pop_out text = { room, 0, sizeof(room) };

	put_u64(&text, s->live);
	put_str(&text, " ");
	put_u64(&text, s->live_octets);
	ok_text(s, &text, out);
}

static void
raise_last(struct pop_server *s, uint32_t number)
{
	if (number > s->last)
		s->last = number;
}

static void
cmd_dele(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out)
{
	int64_t i = find_message(s, call, out);

	if (i < 0)
		return;
	s->drop.marks[i / 8] |= (unsigned char)(1U << i % 8);
	s->live--;
	s->live_octets -= s->drop.octets(s->drop.ctx, (uint32_t)i);
	raise_last(s, (uint32_t)i + 1);
	pop3_ok(s, out, "marked as deleted");
}

static void
cmd_rset(struct pop_server *s, struct pop_out *out)
{
	if (s->drop.count > 0)
		memset(s->drop.marks, 0, ((size_t)s->drop.count + 7) / 8);
	s->live = s->drop.count;
	s->live_octets = s->octets;
	s->last = 0;
	ok_summary(s, out);
}

static void
cmd_last(struct pop_server *s, struct pop_out *out)
{
	unsigned char room[16];
	struct pop_out text = { room, 0, sizeof(room) };

	put_u64(&text, s->last);
	ok_text(s, &text, out);
}

static enum pop_server_event
cmd_retr(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out, struct pop_server_info *info_r)
{
	int64_t i = find_message(s, call, out);

	if (i < 0)
		return POP_SERVER_MORE;
	s->number = (uint32_t)i + 1;
	s->is_top = call->verb->id == VERB_TOP;
	s->top = (struct pop3_top){ .lines = call->lines };
	info_r->number = s->number;
	info_r->is_top = s->is_top;
	s->wait = WAIT_BODY;
	return POP_SERVER_BODY;
}

enum pop_server_event
pop3_drop_command(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out, struct pop_server_info *info_r)
{
	memset(info_r, 0, sizeof(*info_r));
	switch (call->verb->id) {
	case VERB_CAPA:
		capa_write(s, out);
		break;
	case VERB_DELE:
		cmd_dele(s, call, out);
		break;
	case VERB_LAST:
		cmd_last(s, out);
		break;
	case VERB_LIST:
	case VERB_UIDL:
		cmd_list(s, call, out);
		break;
	case VERB_NOOP:
		pop3_ok(s, out, "still here");
		break;
	case VERB_QUIT:
		s->wait = WAIT_COMMIT;
		return POP_SERVER_COMMIT;
	case VERB_RETR:
	case VERB_TOP:
		return cmd_retr(s, call, out, info_r);
	case VERB_RSET:
		cmd_rset(s, out);
		break;
	case VERB_STAT:
		cmd_stat(s, out);
		break;
	case VERB_APOP:
	case VERB_AUTH:
	case VERB_PASS:
	case VERB_STLS:
	case VERB_USER:
	case VERB_UTF8:
		/* the verb table keeps them out */
		break;
	}
	return POP_SERVER_MORE;
}

void
pop_server_body_begin(struct pop_server *s, struct pop_out *out)
{
	unsigned char room[48];
	struct pop_out text = { room, 0, sizeof(room) };

	if (s->wait != WAIT_BODY)
		return;
	s->wait = WAIT_BODY_END;
	pop_stuff_init(&s->stuff);
	if (s->is_top) {
		pop3_ok(s, out, "top of message follows");
		return;
	}
	raise_last(s, s->number);
	put_plural(&text, s->drop.octets(s->drop.ctx, s->number - 1), "octet");
	ok_text(s, &text, out);
}

/* Follows octets that were sent by TOP, which are a part of one line, its
 * end included or not. 1 when it has seen enough. */
static int
top_seen(struct pop3_top *t, const unsigned char *p, size_t n)
{
	if (p[n - 1] == '\n') {
		bool blank = (t->column == 0 && (n == 1 ||
		    (n == 2 && p[0] == '\r'))) || (t->column == 1 && n == 1);

		t->column = 0;
		if (t->in_body)
			t->lines--;
		else if (blank)
			t->in_body = 1;
	} else {
		t->column = t->column == 0 && n == 1 && p[0] == '\r' ? 1 : 2;
	}
	return t->in_body && t->lines == 0;
}

static int
top_body(struct pop_server *s, struct pop_span *piece, struct pop_out *out)
{
	while (piece->n > 0) {
		const unsigned char *lf = memchr(piece->p, '\n', piece->n);
		struct pop_span part = *piece;
		size_t used;

		if (s->top.in_body && s->top.lines == 0)
			return 1;
		if (lf != NULL)
			part.n = (size_t)(lf - piece->p) + 1;
		used = part.n;
		pop_stuff(&s->stuff, &part, out);
		used -= part.n;
		if (used == 0)
			return 0;
		span_skip(piece, used);
		if (top_seen(&s->top, piece->p - used, used))
			return 1;
		if (part.n > 0)
			return 0;
	}
	return 0;
}

int
pop_server_body(struct pop_server *s, struct pop_span *piece,
    struct pop_out *out)
{
	if (s->wait != WAIT_BODY_END)
		return 1;
	if (s->is_top)
		return top_body(s, piece, out);
	pop_stuff(&s->stuff, piece, out);
	return 0;
}

int
pop_server_body_end(struct pop_server *s, struct pop_out *out)
{
	if (s->wait != WAIT_BODY_END)
		return 0;
	if (pop_stuff_end(&s->stuff, out) != 0)
		return -1;
	s->wait = WAIT_NOTHING;
	return 0;
}

void
pop_server_body_failed(struct pop_server *s, enum pop_failure code,
    const char *text, struct pop_out *out)
{
	if (s->wait != WAIT_BODY)
		return;
	s->wait = WAIT_NOTHING;
	pop3_err(s, out, code, text);
}

void
pop_server_committed(struct pop_server *s, enum pop_commit how,
    struct pop_out *out)
{
	if (s->wait != WAIT_COMMIT)
		return;
	s->wait = WAIT_NOTHING;
	s->closing = 1;
	switch (how) {
	case POP_COMMIT_DONE:
		pop3_ok(s, out, "goodbye");
		break;
	case POP_COMMIT_PARTIAL:
		pop3_err(s, out, POP_FAIL_SYS_TEMP,
		    "some deleted messages could not be removed");
		break;
	case POP_COMMIT_UNKNOWN:
		pop3_err(s, out, POP_FAIL_SYS_TEMP,
		    "nobody can say whether deleted messages are removed");
		break;
	}
}
