/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the dot codec.  The first octet decides how the rest is cut.
 * As a message: what is sent is what was measured, and comes back as the
 * canonical message.  As wire octets: cut or whole, the same message.
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

struct text {
	unsigned char *p;
	size_t n, size;
};

static struct text
text_new(size_t size)
{
	struct text t = { malloc(size), 0, size };

	need(t.p != NULL);
	return t;
}

static void
text_add(struct text *t, const unsigned char *p, size_t n)
{
	need(n <= t->size - t->n);
	if (n > 0)
		memcpy(t->p + t->n, p, n);
	t->n += n;
}

static void
canonical(const unsigned char *p, size_t n, struct text *t)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			text_add(t, (const unsigned char *)"\r", 1);
		text_add(t, p + i, 1);
	}
	if (n > 0 && p[n - 1] != '\n')
		text_add(t, (const unsigned char *)"\r\n", 2);
}

static struct pop_span
cut(struct pop_span *in, size_t piece)
{
	struct pop_span part = *in;

	if (part.n > piece)
		part.n = piece;
	in->p += part.n;
	in->n -= part.n;
	return part;
}

/* the wire octets, through outputs of `room` octets */
static uint64_t
stuff(const unsigned char *p, size_t n, size_t piece, size_t room,
    struct text *wire)
{
	struct pop_span in = { p, n };
	struct pop_out out = { malloc(room), 0, room };
	struct pop_stuff c;

	need(out.p != NULL);
	pop_stuff_init(&c);
	while (in.n > 0) {
		struct pop_span part = cut(&in, piece);

		while (part.n > 0) {
			size_t before = part.n;

			out.n = 0;
			pop_stuff(&c, &part, &out);
			need(out.n <= out.size && part.n < before);
			text_add(wire, out.p, out.n);
		}
	}
	out.n = 0;
	need(pop_stuff_end(&c, &out) == (room < 5 ? -1 : 0));
	if (room < 5) {
		unsigned char five[5];
		struct pop_out end = { five, 0, 5 };

		need(pop_stuff_end(&c, &end) == 0);
		text_add(wire, five, end.n);
	} else {
		text_add(wire, out.p, out.n);
	}
	free(out.p);
	return c.octets;
}

/* the octets taken up to the end, or 0 */
static size_t
unstuff(const unsigned char *p, size_t n, size_t piece, struct text *t)
{
	struct pop_span in = { p, n }, found;
	struct pop_unstuff c;

	pop_unstuff_init(&c);
	while (in.n > 0) {
		struct pop_span part = cut(&in, piece);

		while (part.n > 0) {
			int end = pop_unstuff(&c, &part, &found);

			text_add(t, found.p, found.n);
			if (end)
				return n - in.n - part.n;
		}
	}
	return 0;
}

static void
same(const struct text *a, const struct text *b)
{
	need(a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0));
}

static void
check_message(const unsigned char *data, size_t n, size_t piece, size_t room)
{
	struct text want = text_new(2 * n + 2), back = text_new(2 * n + 2);
	struct text wire = text_new(3 * n + 8);
	struct pop_measure m = { 0 };
	struct pop_span in = { data, n };

	canonical(data, n, &want);
	need(stuff(data, n, piece, room, &wire) == want.n);
	while (in.n > 0)
		pop_measure(&m, cut(&in, piece));
	need(pop_measure_end(&m) == want.n);
	need(unstuff(wire.p, wire.n, piece, &back) == wire.n);
	same(&back, &want);
	free(want.p);
	free(back.p);
	free(wire.p);
}

static void
check_wire(const unsigned char *data, size_t n, size_t piece)
{
	struct text whole = text_new(n + 1), pieces = text_new(n + 1);
	size_t end = unstuff(data, n, n, &whole);

	need(unstuff(data, n, piece, &pieces) == end);
	same(&whole, &pieces);
	if (end > 0) {
		need(end >= 3 && memcmp(data + end - 3, ".\r\n", 3) == 0);
		need(end == 3 || memcmp(data + end - 5, "\r\n", 2) == 0);
	}
	free(whole.p);
	free(pieces.p);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	size_t piece, room;

	if (n < 1)
		return 0;
	piece = 1 + (data[0] & 15U);
	room = 2 + (data[0] >> 4) * 3U;
	check_message(data + 1, n - 1, piece, room);
	check_message(data + 1, n - 1, n, room);
	check_wire(data + 1, n - 1, piece);
	return 0;
}
