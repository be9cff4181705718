/* SPDX-License-Identifier: ISC
 *
 * dot: the one dot codec (RFC 1939 section 3, RFC 5321 section 4.5.2) and the
 * measure of what it sends.  Everything that announces a size and everything
 * that sends or receives a message goes through here, so that the two cannot
 * disagree.  Sending, it looks for line ends while it copies, 64 octets at a
 * time; where the machine cannot, with memchr, and copies runs of lines
 * that need no change with one memcpy.
 *
 * Sending, a line begins behind each LF, since each LF leaves as CRLF.
 * Receiving, only CRLF ends a line: a dot behind a bare LF or a bare CR is an
 * octet like others, or a peer could end a message where we would not.
 */
#include <stdbool.h>

#include "base/span.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { AT_START = 0, IN_LINE, BEHIND_CR, BEHIND_DOT, BEHIND_DOT_CR };

void
pop_stuff_init(struct pop_stuff *c)
{
	*c = (struct pop_stuff){ .state = AT_START };
}

static unsigned char
state_behind(unsigned char octet)
{
	return octet == '\n' ? AT_START : octet == '\r' ? BEHIND_CR : IN_LINE;
}

/*
 * How many octets at the front of p[0..n) can be sent as they are: all up to
 * a bare LF or a dot that begins a line.
 */
static size_t
plain_run(unsigned char state, const unsigned char *p, size_t n)
{
	size_t i = 0;

	for (;;) {
		const unsigned char *lf = memchr(p + i, '\n', n - i);
		size_t k;

		if (lf == NULL)
			return n;
		k = (size_t)(lf - p);
		if (k > 0 ? p[k - 1] != '\r' : state != BEHIND_CR)
			return k;
		i = k + 1;
		if (i == n || p[i] == '.')
			return i;
	}
}

#ifdef __SSE2__

enum { BLOCK = 64 };

/* bit k of the result: octet k of v is `octet` */
static uint64_t
which(__m128i v, char octet)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v,
	    _mm_set1_epi8(octet)));
}

/* Copies a block; bit k of the result says that octet k is an LF. */
static uint64_t
copy_block(unsigned char *to, const unsigned char *from)
{
	uint64_t lfs = 0;

	for (unsigned i = 0; i < BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const void *)(from + i));

		_mm_storeu_si128((void *)(to + i), v);
		lfs |= which(v, '\n') << i;
	}
	return lfs;
}

/* Which of the LFs of the block at p are bare or have a dot behind them; the
 * octets around the block can be read. */
static uint64_t
need_more(const unsigned char *p, uint64_t lfs)
{
	uint64_t crs = 0, dots = 0;

	for (unsigned i = 0; i < BLOCK; i += 16) {
		crs |= which(_mm_loadu_si128((const void *)(p - 1 + i)),
		    '\r') << i;
		dots |= which(_mm_loadu_si128((const void *)(p + 1 + i)),
		    '.') << i;
	}
	return lfs & (~crs | dots);
}

/*
 * Takes whole blocks of in, which begins with neither LF nor a dot to stuff:
 * line ends are looked for while the lines are copied, since most mail is
 * stored with bare LFs, and runs that could be copied whole are short.
 * Where a line ends, what stands behind it is copied again: the next block
 * need not wait until it is known where the last line has ended.
 * With `crlf` it looks first whether a block can leave as it is.
 * Returns how many octets it has taken; 0 when there is too little.
 */
static inline __attribute__((always_inline)) size_t
stuff_blocks_of(struct pop_stuff *c, struct pop_span in, struct pop_out *out,
    bool crlf)
{
	const unsigned char *p = in.p, *end = in.p + in.n;
	unsigned char *to = out->p + out->n, *from = to;
	const unsigned char *full = out->p + out->size;
	size_t dots = 0;

	/* a block may double and get a dot that belongs to the next one;
	 * what is copied again is a whole block */
	while (end - p > 2 * BLOCK && full - to > 3 * BLOCK) {
		uint64_t lfs = copy_block(to, p);
		const unsigned char *at = p;

		if (crlf && lfs != 0 && p > in.p && need_more(p, lfs) == 0)
			lfs = 0;
		for (; lfs != 0; lfs &= lfs - 1) {
			const unsigned char *lf = p + __builtin_ctzll(lfs);

			to += lf - at;
			at = lf + 1;
			*to = '\r';
			to += lf[-1] != '\r';
			*to++ = '\n';
			if (*at == '.') {
				*to++ = '.';
				dots++;
			}
			memcpy(to, at, BLOCK);
		}
		p += BLOCK;
		to += p - at;
	}
	/* whoever goes on stuffs it */
	if (p != in.p && p[-1] == '\n' && *p == '.') {
		to--;
		dots--;
	}
	c->octets += (size_t)(to - from) - dots;
	out->n += (size_t)(to - from);
	return (size_t)(p - in.p);
}

/* Two functions, so that what one needs does not slow the other down. */
static __attribute__((noinline)) size_t
stuff_blocks_crlf(struct pop_stuff *c, struct pop_span in, struct pop_out *out)
{
	return stuff_blocks_of(c, in, out, true);
}

static __attribute__((noinline)) size_t
stuff_blocks_lf(struct pop_stuff *c, struct pop_span in, struct pop_out *out)
{
	return stuff_blocks_of(c, in, out, false);
}

/* Mail has one kind of line ends, most often, and nothing is gained by looking
 * for the other: the first one says which. */
static size_t
stuff_blocks(struct pop_stuff *c, struct pop_span in, struct pop_out *out)
{
	const unsigned char *lf = memchr(in.p, '\n', in.n);

	return lf != NULL && lf > in.p && lf[-1] == '\r' ?
	    stuff_blocks_crlf(c, in, out) : stuff_blocks_lf(c, in, out);
}

#else

static size_t
stuff_blocks(struct pop_stuff *c, struct pop_span in, struct pop_out *out)
{
	(void)c;
	(void)in;
	(void)out;
	return 0;
}

#endif

/* the same for what is less than a block: up to its first LF or dot */
static size_t
stuff_run(struct pop_stuff *c, struct pop_span in, struct pop_out *out)
{
	size_t room = out->size - out->n;
	size_t run = plain_run(c->state, in.p, in.n < room ? in.n : room);

	memcpy(out->p + out->n, in.p, run);
	out->n += run;
	c->octets += run;
	return run;
}

void
pop_stuff(struct pop_stuff *c, struct pop_span *in, struct pop_out *out)
{
	while (in->n > 0 && out->n < out->size) {
		bool dot = c->state == AT_START && in->p[0] == '.';
		bool lf = c->state != BEHIND_CR && in->p[0] == '\n';
		size_t run = 0;

		if (dot || lf) {
			if (out->size - out->n < 2)
				return;
			out->p[out->n++] = dot ? '.' : '\r';
			out->p[out->n++] = in->p[0];
			c->octets += dot ? 1 : 2;
			run = 1;
		} else if (in->p[0] != '\n') {
			run = stuff_blocks(c, *in, out);
		}
		if (run == 0)
			run = stuff_run(c, *in, out);
		c->state = state_behind(in->p[run - 1]);
		span_skip(in, run);
	}
}

int
pop_stuff_end(struct pop_stuff *c, struct pop_out *out)
{
	static const unsigned char end[] = "\r\n.\r\n";
	size_t skip = c->state == AT_START ? 2 : 0;

	if (out->size - out->n < 5)
		return -1;
	memcpy(out->p + out->n, end + skip, 5 - skip);
	out->n += 5 - skip;
	c->octets += 2 - skip;
	c->state = AT_START;
	return 0;
}

/* what pop_measure has seen last; 0 is the start of the message */
enum { SAW_NOTHING = 0, SAW_LF, SAW_CR, SAW_OTHER };

void
pop_measure(struct pop_measure *m, struct pop_span piece)
{
	const unsigned char *p = piece.p, *lf;
	size_t left = piece.n;
	unsigned char last;

	if (left == 0)
		return;
	m->octets += left;
	if (*p == '\n' && m->last == SAW_CR) {
		p++;
		left--;
	}
	while (left > 0 && (lf = memchr(p, '\n', left)) != NULL) {
		if (lf == piece.p || lf[-1] != '\r')
			m->octets++;
		left -= (size_t)(lf - p) + 1;
		p = lf + 1;
	}
	last = piece.p[piece.n - 1];
	m->last = last == '\n' ? SAW_LF : last == '\r' ? SAW_CR : SAW_OTHER;
}

uint64_t
pop_measure_end(const struct pop_measure *m)
{
	return m->octets + (m->last == SAW_CR || m->last == SAW_OTHER ? 2 : 0);
}

void
pop_unstuff_init(struct pop_unstuff *c)
{
	*c = (struct pop_unstuff){ .state = AT_START };
}

/* How many octets at the front belong to the message: all up to a dot that
 * begins a line. *state_io is the state behind them. */
static size_t
message_run(unsigned char *state_io, const unsigned char *p, size_t n)
{
	size_t i = 0;

	for (;;) {
		const unsigned char *lf = memchr(p + i, '\n', n - i);
		size_t k;

		if (lf == NULL) {
			*state_io = p[n - 1] == '\r' ? BEHIND_CR : IN_LINE;
			return n;
		}
		k = (size_t)(lf - p);
		i = k + 1;
		if (k > 0 ? p[k - 1] == '\r' : *state_io == BEHIND_CR) {
			*state_io = AT_START;
			if (i == n || p[i] == '.')
				return i;
		} else if (i == n) {
			*state_io = IN_LINE;
			return n;
		}
	}
}

int
pop_unstuff(struct pop_unstuff *c, struct pop_span *in,
    struct pop_span *piece_r)
{
	static const unsigned char cr[] = "\r";
	size_t n;

	*piece_r = span_of(in->p, 0);
	if (in->n > 0 && c->state == AT_START && in->p[0] == '.') {
		span_skip(in, 1);
		c->state = BEHIND_DOT;
	}
	if (in->n > 0 && c->state == BEHIND_DOT) {
		c->state = in->p[0] == '\r' ? BEHIND_DOT_CR : IN_LINE;
		if (c->state == BEHIND_DOT_CR)
			span_skip(in, 1);
	}
	if (in->n == 0)
		return 0;
	if (c->state == BEHIND_DOT_CR) {
		if (in->p[0] == '\n') {
			span_skip(in, 1);
			c->state = AT_START;
			return 1;
		}
		/* the CR was not half an end: it is an octet of the line */
		c->state = BEHIND_CR;
		*piece_r = span_of(cr, 1);
		return 0;
	}
	n = message_run(&c->state, in->p, in->n);
	*piece_r = span_of(in->p, n);
	span_skip(in, n);
	return 0;
}
