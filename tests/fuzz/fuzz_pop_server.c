/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the POP3 server machine.  Six octets choose the configuration
 * and how its caller answers, then comes the text of message 1, the rest is
 * what a client says.  It arrives once whole and once in pieces, through
 * small outputs.  In each step the promises of pop.h are looked at; at the
 * end pop_model.c, which knows the whole session, says what the wire must
 * show, octet for octet but for the texts.
 */
#include <stdlib.h>
#include <string.h>

#include "pop_model.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { HEAD = 6, WIRE_MAX = 1 << 28, LONG = 700 };

struct world {
	const struct pop_case *c;
	struct pop_seen seen;
	struct pop_server *s;
	struct pop_listing listing;
	unsigned char marks[(POP_MESSAGES + 7) / 8];
	uint32_t random, cuts;
	int logged_in;
	struct pop_out out;
};

static uint64_t
octets(void *ctx, uint32_t i)
{
	const struct pop_case *c = ctx;

	need(i < POP_MESSAGES);
	return c->octets[i];
}

static struct pop_span
uidl(void *ctx, uint32_t i)
{
	const struct pop_case *c = ctx;

	need(i < POP_MESSAGES);
	return c->uidl[i];
}

static void
emit(struct world *w, struct pop_out *out)
{
	need(out->n <= out->size);
	need(buf_append(&w->seen.wire, out->p, out->n) == BUF_OK);
	out->n = 0;
}

/* While an answer is owed, nothing moves. */
static void
check_wait(struct world *w)
{
	static const unsigned char noop[] = "NOOP\r\n";
	struct pop_span in = { noop, sizeof(noop) - 1 };
	struct pop_server_info info;
	size_t n = w->out.n;

	need(pop_server_step(w->s, &in, &w->out, &info) == POP_SERVER_WAIT);
	need(in.n == sizeof(noop) - 1 && w->out.n == n);
}

/* pop_model.c draws in the same way */
static void
answer_login(struct world *w, int sasl)
{
	static const unsigned char challenge[40] = "r=0123";
	uint32_t r = pop_random(&w->random) % 8;

	check_wait(w);
	need(!w->logged_in);
	if (sasl && r < 4) {
		struct pop_span c = { challenge, pop_random(&w->random) % 40 };

		need(pop_server_sasl_challenge(w->s, c, &w->out) == 0);
	} else if (r == 7) {
		pop_server_auth_failed(w->s, (enum pop_failure)
		    (pop_random(&w->random) % 6), "[no]\r\n\x80", &w->out);
	} else {
		pop_server_auth_ok(w->s, &w->listing, &w->out);
		need(pop_server_logged_in(w->s));
		w->logged_in = 1;
	}
}

static void
answer_body(struct world *w, uint32_t i)
{
	struct pop_span left = w->c->message[i];
	struct pop_out small = { w->out.p, 0,
		2 + pop_random(&w->cuts) % 60 };
	int enough = 0;

	check_wait(w);
	if (pop_random(&w->random) % 8 == 0) {
		pop_server_body_failed(w->s, POP_FAIL_SYS_TEMP, "gone",
		    &w->out);
		return;
	}
	pop_server_body_begin(w->s, &w->out);
	emit(w, &w->out);
	while (left.n > 0 && !enough) {
		size_t n = 1 + pop_random(&w->cuts) % 64;
		struct pop_span piece = { left.p, n < left.n ? n : left.n };

		span_skip(&left, piece.n);
		check_wait(w);
		while (piece.n > 0 && !enough) {
			enough = pop_server_body(w->s, &piece, &small);
			need(small.n > 0 || enough);
			emit(w, &small);
		}
	}
	small.size = 4;
	need(pop_server_body_end(w->s, &small) == -1 && small.n == 0);
	small.size = 5;
	need(pop_server_body_end(w->s, &small) == 0);
	emit(w, &small);
}

static void
answer_commit(struct world *w)
{
	char marks[POP_MESSAGES];

	check_wait(w);
	need(w->logged_in);
	for (unsigned i = 0; i < POP_MESSAGES; i++)
		marks[i] = w->marks[i / 8] >> i % 8 & 1 ? 'x' : '-';
	pop_event(&w->seen.events, 'C', span_of(marks, sizeof(marks)),
	    span_of("", 0));
	pop_server_committed(w->s, (enum pop_commit)
	    (pop_random(&w->random) % 3), &w->out);
}

static void
check_data(const struct pop_server_info *info)
{
	unsigned char *raw = malloc(info->data.n / 4 * 3 + 1);
	size_t n;

	need(raw != NULL);
	need(pop_base64_decode(raw, &n, info->data) == 0);
	free(raw);
}

static void
note(struct world *w, char kind, struct pop_span a, struct pop_span b)
{
	pop_event(&w->seen.events, kind, a, b);
}

static void
answer(struct world *w, enum pop_server_event ev,
    const struct pop_server_info *i)
{
	struct pop_span none = { NULL, 0 };
	char text[2] = { (char)('0' + i->number % 10), '\0' };

	switch (ev) {
	case POP_SERVER_PASS:
	case POP_SERVER_APOP:
		note(w, ev == POP_SERVER_PASS ? 'P' : 'O', i->name, i->secret);
		answer_login(w, 0);
		break;
	case POP_SERVER_SASL:
		if (i->has_data)
			check_data(i);
		note(w, i->has_data ? 'A' : 'a', i->mechanism, i->data);
		answer_login(w, 1);
		break;
	case POP_SERVER_SASL_DATA:
		need(i->has_data);
		check_data(i);
		note(w, 'd', none, i->data);
		answer_login(w, 1);
		break;
	case POP_SERVER_TLS:
		check_wait(w);
		note(w, 't', none, none);
		pop_server_tls_started(w->s);
		break;
	case POP_SERVER_BODY:
		need(w->logged_in && i->number >= 1 &&
		    i->number <= POP_MESSAGES);
		if (i->number >= 10)
			note(w, i->is_top ? 'T' : 'R', i->number == 10 ?
			    span_str("10") : i->number == 11 ?
			    span_str("11") : span_str("12"), none);
		else
			note(w, i->is_top ? 'T' : 'R', span_str(text), none);
		answer_body(w, i->number - 1);
		break;
	case POP_SERVER_COMMIT:
		answer_commit(w);
		break;
	case POP_SERVER_SASL_CANCEL:
		note(w, 'c', none, none);
		break;
	case POP_SERVER_CLOSE:
		w->seen.closed = 1;
		break;
	case POP_SERVER_MORE:
	case POP_SERVER_FULL:
	case POP_SERVER_WAIT:
		break;
	}
}

/* Presents data[from..to) until nothing more comes of it; returns how much
 * of it was used. The memory given ends where the octets end. */
static size_t
present(struct world *w, const unsigned char *data, size_t from, size_t to)
{
	size_t n = to - from;
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct pop_span in = { copy, n };
	enum pop_server_event ev;

	need(copy != NULL);
	if (n > 0)
		memcpy(copy, data + from, n);
	do {
		struct pop_server_info info = { .number = 0 };
		size_t left = in.n;

		ev = pop_server_step(w->s, &in, &w->out, &info);
		need(in.n <= left && in.p == copy + n - in.n);
		need(ev != POP_SERVER_WAIT && ev <= POP_SERVER_CLOSE);
		if (ev == POP_SERVER_FULL)
			need(w->out.size - w->out.n < POP_OUT_MIN);
		if (ev == POP_SERVER_MORE)
			need(in.n < pop_server_line_max(w->s));
		answer(w, ev, &info);
		emit(w, &w->out);
	} while (ev != POP_SERVER_MORE && !w->seen.closed);
	free(copy);
	return n - in.n;
}

static void
world_new(struct world *w)
{
	const struct pop_case *c = w->c;
	void *mem = malloc(pop_server_size());

	need(mem != NULL);
	w->listing = (struct pop_listing){ POP_MESSAGES,
		(void *)(uintptr_t)c, octets, uidl, w->marks };
	w->logged_in = c->authenticated;
	if (c->refused)
		w->s = pop_server_init_refused(mem, &c->config,
		    POP_FAIL_SYS_TEMP, "[x] later", &w->out);
	else if (c->authenticated)
		w->s = pop_server_init_authenticated(mem, &c->config,
		    &w->listing, &w->out);
	else
		w->s = pop_server_init(mem, &c->config, c->stamp, c->tls,
		    &w->out);
	emit(w, &w->out);
}

static struct pop_seen
play(struct pop_case *c, size_t piece, size_t room)
{
	struct world w = { .c = c, .random = c->random, .cuts = c->random };
	size_t n = c->input.n, shown = 0;

	c->piece = piece;
	w.out = (struct pop_out){ malloc(room), 0, room };
	need(w.out.p != NULL);
	buf_init(&w.seen.wire, WIRE_MAX);
	buf_init(&w.seen.events, WIRE_MAX);
	world_new(&w);
	while (shown < n && !w.seen.closed) {
		shown = n - shown < piece ? n : shown + piece;
		w.seen.used += present(&w, c->input.p, w.seen.used, shown);
	}
	free(w.out.p);
	free(w.s);
	pop_model_check(c, &w.seen);
	return w.seen;
}

static void
configure(struct pop_case *c, const unsigned char head[HEAD])
{
	static char long_text[LONG + 1], long_list[LONG + 1];
	static const unsigned some[] = { 1000000, 3, 0, 1 };
	static const char *const greetings[] = { "ready", NULL, "",
		"[AUTH] no\r\nway\x80", long_text };
	static const char *const implementations[] = { "x y", NULL, "",
		long_text };
	static const char *const lists[] = { "CRAM-MD5 PLAIN", "PLAIN", "",
		NULL, "SCRAM-SHA-256 OAUTHBEARER XOAUTH2 LOGIN foo_1",
		"  bad,name  PLAIN A-NAME-THAT-IS-TOO-LONG  X", long_list };

	if (long_text[0] == '\0') {
		memset(long_text, 'x', LONG);
		for (int i = 0; i < LONG; i++)
			long_list[i] = (char)(i % 10 == 9 ? ' ' :
			    'A' + i / 10 % 26);
	}
	c->config.flags = head[0] & 15U;
	c->config.bad_commands_max = some[head[0] >> 4 & 3];
	c->config.auth_failures_max = some[head[0] >> 6];
	c->authenticated = head[1] & 1;
	c->stamp = head[1] & 2 ? "<1.2@example.net>" : NULL;
	c->tls = !c->authenticated && (head[1] & 4) != 0;
	c->refused = head[1] >> 4 == 15;
	c->random = head[2];
	c->config.greeting = greetings[head[4] % 5];
	c->config.implementation = implementations[head[4] / 5 % 4];
	c->config.mechanisms_clear = lists[head[4] / 20 % 7];
	c->config.mechanisms_tls = lists[(head[4] / 20 + 1U) % 7];
}

/* Messages 2 to 12 are what stores have held to the sorrow of servers. */
static void
fill(struct pop_case *c, struct pop_span first)
{
	static const char *const texts[POP_MESSAGES] = { "", "",
		"Subject: x\n\nbody\n", "Subject: x\r\n\r\n.\r\n..\r\n.x\r\n",
		"no blank line\n", "a: b\n\nno end", "a: b\r\n\r\n\r\r\n\r",
		"\n.", "\r\n\r\n.\r\n", "a: b\n\r\n1\n2\r\n3\n4", ".\n.\n",
		".. \r .\n" };
	static const char uids[] = "!~0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ#$%&'()*+,-./:;<=>?@[]^_`{|}";

	for (unsigned i = 0; i < POP_MESSAGES; i++) {
		struct buf whole;

		c->message[i] = i == 0 ? first : span_str(texts[i]);
		c->uidl[i] = span_of(uids + i, i == 3 ? POP_UIDL_MAX : 1 + i);
		buf_init(&whole, 1 << 20);
		pop_canonical(c->message[i], &whole);
		c->octets[i] = whole.n;
		buf_release(&whole);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_case c = { .config = { .flags = 0 } };
	struct pop_seen whole, pieces;
	size_t first;

	if (n < HEAD)
		return 0;
	first = data[5] < n - HEAD ? data[5] : n - HEAD;
	configure(&c, data);
	fill(&c, span_of(data + HEAD, first));
	c.input = span_of(data + HEAD + first, n - HEAD - first);
	whole = play(&c, c.input.n, POP_OUT_MIN + 60000);
	pieces = play(&c, 1 + data[3] % 7U, POP_OUT_MIN + data[3]);
	/* the texts too; what stands behind STLS is not seen the same way */
	if ((c.config.flags & POP_SERVER_HAS_TLS) == 0)
		need(span_eq(buf_span(&whole.wire), buf_span(&pieces.wire)));
	buf_release(&whole.wire);
	buf_release(&whole.events);
	buf_release(&pieces.wire);
	buf_release(&pieces.events);
	return 0;
}
