/* SPDX-License-Identifier: ISC
 *
 * dot_tool: the dot codec for test_dot.py.  Reads questions from standard
 * input and writes answers to standard output until the input ends:
 *
 *	u8 's' or 'u', u8 piece, u32 length, octets -> u32 length, octets
 *
 * Little-endian.  's' stuffs a message (the size that LIST would announce
 * comes in front, u64), 'u' unstuffs wire octets up to their end; the input
 * is given to the codec in pieces of that many octets.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

enum { TEXT_MAX = 1 << 24, ROOM = 7 };

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
put_number(struct buf *b, uint64_t v, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++) {
		unsigned char c = (unsigned char)(v >> 8 * i);

		need(buf_append(b, &c, 1) == BUF_OK);
	}
}

static struct pop_span
cut(struct pop_span *in, size_t piece)
{
	struct pop_span part = span_of(in->p, in->n < piece ? in->n : piece);

	span_skip(in, part.n);
	return part;
}

static void
stuff(struct pop_span in, size_t piece, struct buf *answer)
{
	unsigned char room[ROOM];
	struct pop_measure m = { 0 };
	struct pop_stuff c;
	struct pop_out out = { room, 0, sizeof(room) };

	pop_measure(&m, in);
	put_number(answer, pop_measure_end(&m), 8);
	pop_stuff_init(&c);
	while (in.n > 0) {
		struct pop_span part = cut(&in, piece);

		while (part.n > 0) {
			pop_stuff(&c, &part, &out);
			need(buf_append(answer, out.p, out.n) == BUF_OK);
			out.n = 0;
		}
	}
	need(pop_stuff_end(&c, &out) == 0);
	need(buf_append(answer, out.p, out.n) == BUF_OK);
}

static void
unstuff(struct pop_span in, size_t piece, struct buf *answer)
{
	struct pop_unstuff c;
	int end = 0;

	pop_unstuff_init(&c);
	while (in.n > 0 && !end) {
		struct pop_span part = cut(&in, piece), found;

		while (part.n > 0 && !end) {
			end = pop_unstuff(&c, &part, &found);
			need(buf_append(answer, found.p, found.n) == BUF_OK);
		}
	}
}

static size_t
get_number(const unsigned char *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
}

int
main(void)
{
	unsigned char head[6];
	struct buf text, answer, frame;

	buf_init(&text, TEXT_MAX);
	buf_init(&answer, 4 * TEXT_MAX);
	buf_init(&frame, 4);
	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		size_t n = get_number(head + 2);

		text.n = answer.n = frame.n = 0;
		need(buf_reserve(&text, n) == BUF_OK);
		need(fread(text.p, 1, n, stdin) == n);
		(head[0] == 's' ? stuff : unstuff)(span_of(text.p, n),
		    head[1] > 0 ? head[1] : n + 1, &answer);
		put_number(&frame, answer.n, 4);
		need(fwrite(frame.p, 1, frame.n, stdout) == frame.n);
		need(fwrite(answer.p, 1, answer.n, stdout) == answer.n);
		need(fflush(stdout) == 0);
	}
	buf_release(&text);
	buf_release(&answer);
	buf_release(&frame);
	return 0;
}
