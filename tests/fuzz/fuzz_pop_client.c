/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the POP3 client machine.  Four octets choose how the caller
 * behaves; the rest is what a server says.  Every command sent must be one
 * line and nothing the machine reports may be out of range; answers come in
 * the order of the commands, numbers are those of the text, and a message is,
 * octet for octet, what a slow reader finds.  A caller that always has
 * commands under way, or always one, must see the same, however it arrives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slow.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

struct world {
	struct pop_client *c;
	uint32_t random;
	int busy;		/* keeps four commands under way, none of
				 * them alone */
	int lockstep;		/* sends when nothing is under way */
	uint64_t seen;		/* a hash of all events */
	struct pop_span all;	/* what the server says */
	size_t used;		/* of it */
	size_t begin;		/* where the body begins */
	struct buf body;	/* of it, so far */
	struct pop_request asked[POP_CLIENT_UNDER_WAY_MAX + 1];
	int over, tls;
};

static uint32_t
next_random(struct world *w)
{
	w->random = w->random * 1664525U + 1013904223U;
	return w->random >> 8;
}

static void
see(struct world *w, const void *p, size_t n)
{
	const unsigned char *o = p;

	for (size_t i = 0; i < n; i++)
		w->seen = (w->seen ^ o[i]) * 1099511628211U;
}

/* What goes out is whole lines of printable octets. */
static void
check_sent(const struct pop_out *out)
{
	need(out->n <= out->size);
	if (out->n == 0)
		return;
	need(out->n >= 2 && out->p[out->n - 2] == '\r' &&
	    out->p[out->n - 1] == '\n');
	for (size_t i = 0; i + 2 < out->n; i++)
		need(out->p[i] >= 0x20 && out->p[i] <= 0x7e);
}

static int
send_one(struct world *w)
{
	static const char *const words[] = { "wren", "PLAIN", "a b", "",
		"x\r\ny", "CRAM-MD5", "SCRAM-SHA-256" };
	unsigned char room[POP_COMMAND_MAX];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_request r = { .command = POP_CMD_NONE };
	unsigned before = pop_client_under_way(w->c);
	enum pop_send e;

	r.command = (enum pop_command)(next_random(w) % 18);
	need(before < POP_CLIENT_UNDER_WAY_MAX + 1);
	if (w->busy && (r.command == POP_CMD_AUTH ||
	    r.command == POP_CMD_STLS || r.command == POP_CMD_QUIT))
		r.command = POP_CMD_CAPA;
	r.number = next_random(w) % 3;
	r.lines = next_random(w);
	for (int i = 0; i < 2; i++) {
		const char *s = words[next_random(w) % 7];

		r.arg[i] = (struct pop_span){ (const unsigned char *)s,
			strlen(s) };
	}
	r.has_response = next_random(w) & 1;
	e = pop_client_send(w->c, &r, &out);
	check_sent(&out);
	need((e >= 0) == (out.n > 0));
	need(pop_client_under_way(w->c) == before + (e >= 0));
	need(pop_client_under_way(w->c) <= POP_CLIENT_UNDER_WAY_MAX);
	if (e >= 0)
		w->asked[before] = r;
	return e >= 0;
}

static void
keep_busy(struct world *w)
{
	for (int tries = 0; tries < 200; tries++) {
		if (pop_client_under_way(w->c) >= 4)
			return;
		(void)send_one(w);
	}
}

static void
answer_challenge(struct world *w)
{
	static const unsigned char raw[60] = { 0 };
	unsigned char room[100];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span response = { raw, next_random(w) % 60 };

	if (next_random(w) % 3 == 0)
		need(pop_client_cancel(w->c, &out) == POP_SEND_OK);
	else
		need(pop_client_respond(w->c, response, &out) ==
		    POP_SEND_OK);
	check_sent(&out);
}

static void
check_uidl(struct pop_span s)
{
	need(s.n <= POP_UIDL_MAX);
	for (size_t i = 0; i < s.n; i++)
		need(s.p[i] >= 0x21 && s.p[i] <= 0x7e);
}

/* The numbers of a row or a reply are those that stand there. */
static struct pop_span
check_number(struct pop_span text, uint64_t number)
{
	char want[24];
	size_t n;
	int len = snprintf(want, sizeof(want), "%llu",
	    (unsigned long long)number);

	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
		span_skip(&text, 1);
	while (text.n > 1 && text.p[0] == '0' && text.p[1] >= '0' &&
	    text.p[1] <= '9')
		span_skip(&text, 1);
	need(len > 0);
	n = (size_t)len;
	need(text.n >= n && memcmp(text.p, want, n) == 0);
	span_skip(&text, n);
	need(text.n == 0 || text.p[0] == ' ' || text.p[0] == '\t');
	return text;
}

static void
check_row(const struct pop_client_info *i)
{
	struct pop_span text = i->text;

	if (i->command != POP_CMD_LIST && i->command != POP_CMD_UIDL)
		return;
	need(i->number > 0);
	text = check_number(text, i->number);
	if (i->command == POP_CMD_LIST)
		(void)check_number(text, i->octets);
	else
		need(i->uidl.n > 0);
}

static void
check_body_end(struct world *w, const struct pop_client_info *i)
{
	struct pop_span raw = span_of(w->all.p + w->begin,
	    w->used - w->begin);
	struct buf want;

	need(slow_end(raw) == raw.n);
	raw.n -= 3;
	buf_init(&want, 1 << 24);
	slow_unstuff(raw, &want);
	need(span_eq(buf_span(&want), buf_span(&w->body)));
	need(i->octets == want.n);
	buf_release(&want);
}

/* The first command under way has its whole answer. */
static void
answered(struct world *w, unsigned under_way)
{
	memmove(w->asked, w->asked + 1, under_way * sizeof(w->asked[0]));
}

static void
check_capa(const struct world *w)
{
	const struct pop_capa *capa = pop_client_capa(w->c);

	need(capa->known >= -1 && capa->known <= 1);
	need(memchr(capa->implementation, '\0', POP_CAPA_TEXT_MAX) != NULL);
	need(memchr(capa->mechanisms, '\0', POP_CAPA_TEXT_MAX) != NULL);
	for (const char *s = capa->mechanisms; *s != '\0'; s++)
		need((*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
		    *s == '-' || *s == '_' || *s == ' ');
	need(capa->known == 1 || capa->has == 0 ||
	    w->asked[0].command == POP_CMD_CAPA);
}

/* Events belong to the command whose turn it is. */
static void
check_turn(struct world *w, enum pop_client_event ev,
    const struct pop_client_info *i)
{
	bool is_body = i->command == POP_CMD_RETR || i->command == POP_CMD_TOP;

	need(i->command == w->asked[0].command);
	if (ev == POP_CLIENT_BEGIN) {
		w->begin = w->used;
		w->body.n = 0;
	}
	if (ev == POP_CLIENT_ROW)
		check_row(i);
	if (ev == POP_CLIENT_PIECE || (ev == POP_CLIENT_END && is_body)) {
		need(ev == POP_CLIENT_END || i->piece.n > 0);
		need(buf_append(&w->body, i->piece.p, i->piece.n) == BUF_OK);
	}
	if (ev != POP_CLIENT_ROW && ev != POP_CLIENT_BAD)
		need(i->number == w->asked[0].number);
	if (ev == POP_CLIENT_END && is_body)
		check_body_end(w, i);
	if (ev == POP_CLIENT_REPLY && i->ok && i->command == POP_CMD_STAT)
		(void)check_number(check_number(i->text, i->count),
		    i->octets);
}

static void
look(struct world *w, enum pop_client_event ev,
    const struct pop_client_info *i, unsigned before)
{
	unsigned under_way = pop_client_under_way(w->c);

	check_uidl(i->uidl);
	need(i->stamp.n == 0 || (i->stamp.n > 4 && i->stamp.p[0] == '<'));
	if (ev == POP_CLIENT_MORE || ev == POP_CLIENT_FULL)
		return;
	check_capa(w);
	if (ev != POP_CLIENT_GREETING && ev != POP_CLIENT_ERROR &&
	    ev != POP_CLIENT_CLOSE)
		check_turn(w, ev, i);
	need(under_way == before || under_way + 1 == before);
	if (under_way < before)
		answered(w, before);
	if (ev == POP_CLIENT_PIECE) {
		see(w, i->piece.p, i->piece.n);
		return;
	}
	see(w, &ev, sizeof(ev));
	see(w, &i->number, sizeof(i->number));
	see(w, &i->octets, sizeof(i->octets));
	see(w, &i->code, sizeof(i->code));
	see(w, &i->error, sizeof(i->error));
	see(w, i->text.p, i->text.n);
	see(w, i->data.p, i->data.n);
	see(w, i->stamp.p, i->stamp.n);
}

static void
act(struct world *w, enum pop_client_event ev)
{
	if (ev == POP_CLIENT_ERROR || ev == POP_CLIENT_CLOSE) {
		w->over = 1;
	} else if (ev == POP_CLIENT_CHALLENGE) {
		answer_challenge(w);
	} else if (ev == POP_CLIENT_TLS) {
		w->tls = 1;
		pop_client_tls_started(w->c);
	} else if (w->busy && ev > POP_CLIENT_WAIT && ev != POP_CLIENT_PIECE) {
		keep_busy(w);
	} else if (!w->busy && !w->lockstep && ev == POP_CLIENT_MORE) {
		(void)send_one(w);
	}
	for (int i = 0; w->lockstep && ev > POP_CLIENT_WAIT && i < 100 &&
	    pop_client_under_way(w->c) == 0; i++)
		(void)send_one(w);
}

static void
present(struct world *w, const unsigned char *data, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct pop_span in = { copy, n };
	enum pop_client_event ev;

	need(copy != NULL);
	memcpy(copy, data, n);
	do {
		unsigned char room[3];
		struct pop_out out = { room, 0, sizeof(room) };
		struct pop_client_info info;
		size_t left = in.n;
		unsigned under_way = pop_client_under_way(w->c);

		ev = pop_client_step(w->c, &in, &out, &info);
		need(in.n <= left && in.p == copy + n - in.n);
		need(ev != POP_CLIENT_WAIT && ev != POP_CLIENT_FULL);
		if (ev == POP_CLIENT_MORE)
			need(in.n < pop_client_line_max(w->c));
		w->used += left - in.n;
		check_sent(&out);
		w->tls |= ev == POP_CLIENT_ERROR &&
		    info.error == POP_CLIENT_E_STLS;
		look(w, ev, &info, under_way);
		act(w, ev);
	} while (ev != POP_CLIENT_MORE && !w->over);
	free(copy);
}

struct outcome {
	uint64_t seen;
	int tls;
};

static struct outcome
play(const unsigned char *head, const unsigned char *data, size_t n,
    size_t piece)
{
	struct pop_client_config config = { head[0] & 7U, head[1] };
	struct world w = { .random = head[2], .busy = head[0] >> 7,
		.lockstep = head[0] >> 6 == 1, .all = span_of(data, n) };
	void *mem = malloc(pop_client_size());
	size_t shown = 0;

	need(mem != NULL);
	if (w.busy) {
		config.flags = POP_CLIENT_CLEAR_OK | POP_CLIENT_PIPELINE;
		config.pipeline_max = 8;
	}
	buf_init(&w.body, 1 << 24);
	w.c = pop_client_init(mem, &config, head[0] & 8);
	while (shown < n && !w.over) {
		shown = n - shown < piece ? n : shown + piece;
		present(&w, data + w.used, shown - w.used);
	}
	free(mem);
	buf_release(&w.body);
	return (struct outcome){ w.seen, w.tls };
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct outcome whole, pieces;

	if (n < 5)
		return 0;
	whole = play(data, data + 4, n - 4, n - 4);
	pieces = play(data, data + 4, n - 4, 1 + data[3] % 7U);
	/* what stands behind STLS is seen when it comes along with it only */
	if (data[0] >> 6 != 0 && !whole.tls && !pieces.tls)
		need(whole.seen == pieces.seen);
	return 0;
}
