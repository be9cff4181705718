/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the POP3 server machine.  Four octets choose the configuration
 * and how its caller answers; the rest is what a client says.  It arrives
 * once whole and once in pieces, through small outputs: the promises of pop.h
 * are looked at in each step, and both times the wire must show the same.
 */
#include <stdlib.h>
#include <string.h>

#include <pop.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { MESSAGES = 12, WIRE_MAX = 1 << 18 };

static void
need(int truth)
{
	if (!truth)
		abort();
}

static uint64_t
octets(void *ctx, uint32_t i)
{
	(void)ctx;
	need(i < MESSAGES);
	return (uint64_t)1 << i * 5;
}

static struct pop_span
uidl(void *ctx, uint32_t i)
{
	static const char uids[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'()*+,-./:;<=>?@[]^_`{|}~";
	struct pop_span s = { (const unsigned char *)uids + i,
		i == 3 ? POP_UIDL_MAX : 1 + i };

	(void)ctx;
	need(i < MESSAGES);
	return s;
}

struct world {
	struct pop_server *s;
	struct pop_listing listing;
	unsigned char marks[(MESSAGES + 7) / 8];
	uint32_t random;
	unsigned char *wire;
	size_t wire_n;
	int closed;
	int logged_in;
	size_t body_room;
};

static uint32_t
next_random(struct world *w)
{
	w->random = w->random * 1664525U + 1013904223U;
	return w->random >> 8;
}

static void
emit(struct world *w, struct pop_out *out)
{
	size_t n = out->n;

	need(n <= out->size);
	/* that is enough to compare */
	if (n > WIRE_MAX - w->wire_n)
		n = WIRE_MAX - w->wire_n;
	memcpy(w->wire + w->wire_n, out->p, n);
	w->wire_n += n;
	out->n = 0;
}

/* While an answer is owed, nothing moves. */
static void
check_wait(struct world *w, struct pop_out *out)
{
	static const unsigned char noop[] = "NOOP\r\n";
	struct pop_span in = { noop, sizeof(noop) - 1 };
	struct pop_server_info info;
	size_t n = out->n;

	need(pop_server_step(w->s, &in, out, &info) == POP_SERVER_WAIT);
	need(in.n == sizeof(noop) - 1 && out->n == n);
}

static void
answer_login(struct world *w, int sasl, struct pop_out *out)
{
	static const unsigned char challenge[40] = "r=0123";
	uint32_t r = next_random(w) % 8;

	if (sasl && r < 4) {
		struct pop_span c = { challenge, next_random(w) % 40 };

		need(pop_server_sasl_challenge(w->s, c, out) == 0);
	} else if (r == 7) {
		pop_server_auth_failed(w->s, (enum pop_failure)
		    (next_random(w) % 6), r == 7 ? "[no]\r\n" : NULL, out);
	} else {
		pop_server_auth_ok(w->s, &w->listing, out);
		need(pop_server_logged_in(w->s));
		w->logged_in = 1;
	}
}

static void
answer_body(struct world *w, struct pop_out *out)
{
	static const char *const pieces[] = {
		"Subject: x\r\n", "\r\n", "\n", ".", ".\r\n", "line\n",
		"\r", "no end", "", ".\r",
	};
	struct pop_out small = { out->p, 0, w->body_room };

	if (next_random(w) % 8 == 0) {
		pop_server_body_failed(w->s, POP_FAIL_SYS_TEMP, "gone", out);
		emit(w, out);
		return;
	}
	pop_server_body_begin(w->s, out);
	emit(w, out);
	for (uint32_t k = next_random(w) % 20; k > 0; k--) {
		const char *s = pieces[next_random(w) % 10];
		struct pop_span piece = { (const unsigned char *)s,
			strlen(s) };
		int enough = 0;

		check_wait(w, out);
		while (piece.n > 0 && !enough) {
			enough = pop_server_body(w->s, &piece, &small);
			need(small.n > 0 || enough || piece.n == 0);
			emit(w, &small);
		}
	}
	small.size = 5;
	need(pop_server_body_end(w->s, &small) == 0);
	emit(w, &small);
}

static void
check_span(struct pop_span s, size_t max, int secret)
{
	need(s.n <= max);
	for (size_t i = 0; i < s.n; i++)
		need(s.p[i] >= (secret ? 0x20 : 0x21) && s.p[i] <= 0x7e);
}

static void
check_info(const struct pop_server_info *info, enum pop_server_event ev)
{
	unsigned char *raw;
	size_t n;

	check_span(info->name, POP_COMMAND_MAX, 0);
	check_span(info->secret, POP_COMMAND_MAX, 1);
	if (ev == POP_SERVER_BODY)
		need(info->number >= 1 && info->number <= MESSAGES);
	if (!info->has_data)
		return;
	raw = malloc(info->data.n / 4 * 3 + 1);
	need(raw != NULL);
	need(pop_base64_decode(raw, &n, info->data) == 0);
	free(raw);
}

/* 1 when the caller must stop: the machine closed or shakes hands */
static int
answer(struct world *w, enum pop_server_event ev, struct pop_out *out)
{
	switch (ev) {
	case POP_SERVER_PASS:
	case POP_SERVER_APOP:
	case POP_SERVER_SASL:
	case POP_SERVER_SASL_DATA:
		check_wait(w, out);
		need(!w->logged_in);
		answer_login(w, ev >= POP_SERVER_SASL, out);
		break;
	case POP_SERVER_TLS:
		check_wait(w, out);
		pop_server_tls_started(w->s);
		break;
	case POP_SERVER_BODY:
		check_wait(w, out);
		need(w->logged_in);
		answer_body(w, out);
		break;
	case POP_SERVER_COMMIT:
		check_wait(w, out);
		need(w->logged_in);
		pop_server_committed(w->s, (enum pop_commit)
		    (next_random(w) % 3), out);
		break;
	case POP_SERVER_CLOSE:
		w->closed = 1;
		return 1;
	case POP_SERVER_SASL_CANCEL:
	case POP_SERVER_MORE:
	case POP_SERVER_FULL:
	case POP_SERVER_WAIT:
		break;
	}
	return 0;
}

/* Presents data[from..to) until nothing more comes of it; returns how much
 * of it was used. The memory given ends where the octets end. */
static size_t
present(struct world *w, const unsigned char *data, size_t from, size_t to,
    struct pop_out *out)
{
	size_t n = to - from;
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct pop_span in = { copy, n };
	enum pop_server_event ev;

	need(copy != NULL);
	if (n > 0)
		memcpy(copy, data + from, n);
	do {
		struct pop_server_info info;
		size_t left = in.n;

		ev = pop_server_step(w->s, &in, out, &info);
		need(in.n <= left && in.p == copy + n - in.n);
		need(ev != POP_SERVER_WAIT && ev <= POP_SERVER_CLOSE);
		if (ev == POP_SERVER_FULL)
			need(out->size - out->n < POP_OUT_MIN);
		if (ev == POP_SERVER_MORE)
			need(in.n < pop_server_line_max(w->s));
		if (ev > POP_SERVER_WAIT && ev < POP_SERVER_SASL_CANCEL)
			check_info(&info, ev);
		if (answer(w, ev, out))
			break;
		emit(w, out);
	} while (ev != POP_SERVER_MORE && !w->closed);
	emit(w, out);
	free(copy);
	return n - in.n;
}

static void
world_new(struct world *w, const struct pop_server_config *config,
    unsigned char how, uint32_t random, unsigned char *wire,
    struct pop_out *out)
{
	void *mem = malloc(pop_server_size());

	memset(w, 0, sizeof(*w));
	need(mem != NULL);
	w->wire = wire;
	w->random = random;
	w->body_room = 5 + how % 60U;
	w->listing = (struct pop_listing){ MESSAGES, NULL, octets, uidl,
		w->marks };
	if (how & 1) {
		w->s = pop_server_init_authenticated(mem, config, &w->listing,
		    out);
		w->logged_in = 1;
	} else {
		w->s = pop_server_init(mem, config,
		    how & 2 ? "<1.2@example.net>" : NULL, how & 4, out);
	}
	emit(w, out);
}

static void
play(const struct pop_server_config *config, const unsigned char *head,
    const unsigned char *data, size_t n, size_t piece, unsigned char *wire,
    struct world *w)
{
	size_t size = POP_OUT_MIN + (piece == n ? 60000 : head[3]);
	struct pop_out out = { malloc(size), 0, size };
	size_t used = 0, shown = 0;

	need(out.p != NULL);
	world_new(w, config, head[1], head[2], wire, &out);
	while (shown < n && !w->closed) {
		shown = n - shown < piece ? n : shown + piece;
		used += present(w, data, used, shown, &out);
	}
	free(out.p);
	free(w->s);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_server_config config = {
		.greeting = "ready", .implementation = "x y",
		.mechanisms_clear = "CRAM-MD5 PLAIN",
		.mechanisms_tls = "PLAIN",
	};
	static unsigned char wires[2][WIRE_MAX];
	struct world whole, pieces;

	if (n < 4)
		return 0;
	config.flags = data[0] & 15U;
	config.bad_commands_max = data[0] & 16 ? 1000000 : 3;
	config.auth_failures_max = data[0] & 32 ? 1000000 : 2;
	play(&config, data, data + 4, n - 4, n - 4, wires[0],
	    &whole);
	play(&config, data, data + 4, n - 4, 1 + data[3] % 7U,
	    wires[1], &pieces);
	/* what stands behind STLS is seen when it comes along with it only */
	if ((config.flags & POP_SERVER_HAS_TLS) == 0)
		need(whole.wire_n == pieces.wire_n && whole.closed ==
		    pieces.closed && memcmp(whole.wire, pieces.wire,
		    whole.wire_n) == 0);
	return 0;
}
