/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the POP3 client machine.  Four octets choose how the caller
 * behaves; the rest is what a server says.  Every command sent must be one
 * line and nothing the machine reports may be out of range.  A caller that
 * always has commands under way must see the same, however it arrives.
 */
#include <stdlib.h>
#include <string.h>

#include <pop.h>

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
	uint64_t seen;		/* a hash of all events */
	uint64_t body;		/* octets since BEGIN */
	int over;
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

static void
look(struct world *w, enum pop_client_event ev,
    const struct pop_client_info *i)
{
	check_uidl(i->uidl);
	need(i->stamp.n == 0 || (i->stamp.n > 4 && i->stamp.p[0] == '<'));
	if (ev == POP_CLIENT_MORE || ev == POP_CLIENT_FULL)
		return;
	if (ev == POP_CLIENT_PIECE) {
		need(i->piece.n > 0);
		w->body += i->piece.n;
		see(w, i->piece.p, i->piece.n);
		return;
	}
	if (ev == POP_CLIENT_BEGIN)
		w->body = 0;
	if (ev == POP_CLIENT_END && (i->command == POP_CMD_RETR ||
	    i->command == POP_CMD_TOP))
		need(i->octets == w->body + i->piece.n);
	if (ev == POP_CLIENT_ROW && (i->command == POP_CMD_LIST ||
	    i->command == POP_CMD_UIDL))
		need(i->number > 0);
	if (ev == POP_CLIENT_ROW && i->command == POP_CMD_UIDL)
		need(i->uidl.n > 0);
	see(w, &ev, sizeof(ev));
	see(w, &i->number, sizeof(i->number));
	see(w, &i->octets, sizeof(i->octets));
	see(w, &i->code, sizeof(i->code));
	see(w, &i->error, sizeof(i->error));
	see(w, i->text.p, i->text.n);
}

static void
act(struct world *w, enum pop_client_event ev)
{
	if (ev == POP_CLIENT_ERROR || ev == POP_CLIENT_CLOSE)
		w->over = 1;
	else if (ev == POP_CLIENT_CHALLENGE)
		answer_challenge(w);
	else if (ev == POP_CLIENT_TLS)
		pop_client_tls_started(w->c);
	else if (w->busy && ev > POP_CLIENT_WAIT && ev != POP_CLIENT_PIECE)
		keep_busy(w);
	else if (!w->busy && ev == POP_CLIENT_MORE)
		(void)send_one(w);
}

static size_t
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

		ev = pop_client_step(w->c, &in, &out, &info);
		need(in.n <= left && in.p == copy + n - in.n);
		need(ev != POP_CLIENT_WAIT && ev != POP_CLIENT_FULL);
		if (ev == POP_CLIENT_MORE)
			need(in.n < pop_client_line_max(w->c));
		check_sent(&out);
		look(w, ev, &info);
		act(w, ev);
	} while (ev != POP_CLIENT_MORE && !w->over);
	free(copy);
	return n - in.n;
}

static uint64_t
play(const unsigned char *head, const unsigned char *data, size_t n,
    size_t piece)
{
	struct pop_client_config config = { head[0] & 7U, head[1] };
	struct world w = { .random = head[2], .busy = head[0] >> 7 };
	void *mem = malloc(pop_client_size());
	size_t used = 0, shown = 0;

	need(mem != NULL);
	if (w.busy) {
		config.flags = POP_CLIENT_CLEAR_OK | POP_CLIENT_PIPELINE;
		config.pipeline_max = 8;
	}
	w.c = pop_client_init(mem, &config, head[0] & 8);
	while (shown < n && !w.over) {
		shown = n - shown < piece ? n : shown + piece;
		used += present(&w, data + used, shown - used);
	}
	free(mem);
	return w.seen;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	uint64_t whole, pieces;

	if (n < 5)
		return 0;
	whole = play(data, data + 4, n - 4, n - 4);
	pieces = play(data, data + 4, n - 4, 1 + data[3] % 7U);
	if (data[0] >> 7)
		need(whole == pieces);
	return 0;
}
