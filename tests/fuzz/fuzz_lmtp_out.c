/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: what a mail server may say to a client of LMTP or SMTP.  Any
 * split of the same octets gives the same dialogue, which stays in step.
 */
#include <stdlib.h>
#include <string.h>

#include "client/lmtp_out.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { OUT = 1 << 16, EVENTS = 1 << 12 };

struct dialogue {
	unsigned char out[OUT], events[EVENTS];
	size_t out_n, events_n;
};

static void
need(int truth)
{
	if (!truth)
		abort();
}

/* 1 when the connection is over */
static int
happened(struct lmtp_out *m, enum lmtp_out_event e, struct dialogue *d,
    struct pop_out *out)
{
	static const struct lmtp_out_message message = { "a@b", "c@d", 1000 };

	if (e != LMTP_OUT_MORE && d->events_n < EVENTS)
		d->events[d->events_n++] = (unsigned char)e;
	switch (e) {
	case LMTP_OUT_MORE:
		return 0;
	case LMTP_OUT_TLS:
		return 1;
	case LMTP_OUT_READY:
		need(m->state == LMTP_OUT_S_READY);
		return lmtp_out_send(m, &message, out) != 0;
	case LMTP_OUT_BODY:
		need(m->state == LMTP_OUT_S_BODY);
		lmtp_out_body_sent(m);
		return 0;
	case LMTP_OUT_RESULT:
		need(m->code >= 200 && m->code < 600 && m->what != NULL);
		if (m->state != LMTP_OUT_S_READY)
			return 1;
		return lmtp_out_send(m, &message, out) != 0;
	case LMTP_OUT_OVER:
		need(strlen(m->text) < LMTP_OUT_TEXT_MAX);
		return 1;
	}
	return 1;
}

static void
play(const unsigned char *data, size_t n, unsigned flags, size_t piece,
    struct dialogue *d)
{
	unsigned char mem[POP_OUT_MIN];
	struct pop_out out = { mem, 0, sizeof(mem) };
	struct pop_span in = { data, 0 };
	struct lmtp_out m;
	size_t have = 0;
	int over = 0;

	memset(d, 0, sizeof(*d));
	lmtp_out_init(&m, flags, "me");
	while (!over && have < n) {
		enum lmtp_out_event e;

		have = n - have < piece ? n : have + piece;
		in.n = (size_t)(data + have - in.p);
		do {
			e = lmtp_out_step(&m, &in, &out);
			over = happened(&m, e, d, &out);
			need(out.n < out.size);
			if (d->out_n + out.n <= OUT)
				memcpy(d->out + d->out_n, out.p, out.n);
			d->out_n += out.n;
			out.n = 0;
		} while (!over && e != LMTP_OUT_MORE);
		need(over || in.n < LMTP_OUT_LINE_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static struct dialogue a, b;
	unsigned flags;

	if (n < 1)
		return 0;
	/* without TLS: where it begins depends on what came with it */
	flags = data[0] & LMTP_OUT_LMTP;
	play(data + 1, n - 1, flags, n, &a);
	play(data + 1, n - 1, flags, 1 + data[0] % 7, &b);
	need(a.out_n == b.out_n && a.events_n == b.events_n);
	need(a.out_n > OUT || memcmp(a.out, b.out, a.out_n) == 0);
	need(memcmp(a.events, b.events, a.events_n) == 0);
	play(data + 1, n - 1, LMTP_OUT_WANT_TLS, 3, &a);
	return 0;
}
