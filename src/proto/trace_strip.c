/* SPDX-License-Identifier: ISC
 *
 * trace_strip: octets of a message on their way to the store: old
 * Return-Path fields out (RFC 5321 section 4.4: there is one, the one of
 * final delivery), CRLF to LF when asked.  Streams at any split; must not
 * touch a body.
 */
#include "proto/trace.h"

enum {
	AT_LINE_START = 0,	/* held_n octets of a name are held back */
	BEHIND_FIRST_CR,	/* a line that is a CR so far */
	IN_KEPT_LINE,
	IN_DROPPED_LINE,
	AT_START_BEHIND_DROPPED,	/* a blank continues the field */
	IN_BODY
};

static const char name[] = "return-path";
enum { NAME_LEN = sizeof(name) - 1 };

void
trace_strip_init(struct trace_strip *t)
{
	*t = (struct trace_strip){ .state = AT_LINE_START };
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* May `c` be the next octet behind what is held? */
static bool
fits_name(const struct trace_strip *t, unsigned char c)
{
	if (t->held_n < NAME_LEN)
		return (c >= 'A' && c <= 'Z' ? c + 32 : c) ==
		    name[t->held_n];
	/* RFC 5322 section 4.5.8: blanks before the colon, once legal */
	return is_blank(c) && t->held_n < TRACE_HELD_MAX;
}

/* Gives back what is held: it was no Return-Path. */
static struct pop_span
release(struct trace_strip *t)
{
	struct pop_span s = span_of(t->held, t->held_n);

	t->held_n = 0;
	return s;
}

/* A line of the header begins. Octets are held while they may be the name;
 * returns what turns out to be kept. */
static struct pop_span
line_start(struct trace_strip *t, struct pop_span *in)
{
	struct pop_span first = span_of(in->p, 1);

	while (in->n > 0 && fits_name(t, in->p[0])) {
		t->held[t->held_n++] = in->p[0];
		span_skip(in, 1);
	}
	if (in->n == 0)
		return span_of(in->p, 0);
	if (t->held_n >= NAME_LEN && in->p[0] == ':') {
		t->held_n = 0;
		t->state = IN_DROPPED_LINE;
		return span_of(in->p, 0);
	}
	t->state = IN_KEPT_LINE;
	if (t->held_n > 0)
		return release(t);
	span_skip(in, 1);
	if (first.p[0] == '\n')
		t->state = IN_BODY;
	else if (first.p[0] == '\r')
		t->state = BEHIND_FIRST_CR;
	return first;
}

/* Takes the rest of a line; `next` is the state behind its end. */
static struct pop_span
rest_of_line(struct trace_strip *t, struct pop_span *in, unsigned char next)
{
	const unsigned char *lf = memchr(in->p, '\n', in->n);
	struct pop_span s = span_of(in->p,
	    lf != NULL ? (size_t)(lf - in->p) + 1 : in->n);

	if (lf != NULL)
		t->state = next;
	span_skip(in, s.n);
	return s;
}

struct pop_span
trace_strip(struct trace_strip *t, struct pop_span *in)
{
	struct pop_span none = span_of(in->p, 0);

	if (in->n == 0)
		return none;
	switch (t->state) {
	case AT_START_BEHIND_DROPPED:
		t->state = is_blank(in->p[0]) ? IN_DROPPED_LINE :
		    AT_LINE_START;
		return none;
	case AT_LINE_START:
		return line_start(t, in);
	case IN_DROPPED_LINE:
		(void)rest_of_line(t, in, AT_START_BEHIND_DROPPED);
		return none;
	case BEHIND_FIRST_CR:
		t->state = in->p[0] == '\n' ? IN_BODY : IN_KEPT_LINE;
		return none;
	case IN_KEPT_LINE:
		return rest_of_line(t, in, AT_LINE_START);
	default:
		none = *in;
		span_skip(in, in->n);
		return none;
	}
}

struct pop_span
trace_strip_end(struct trace_strip *t)
{
	return release(t);
}

size_t
trace_lf(struct trace_lf *t, struct pop_span piece, unsigned char *out)
{
	const unsigned char *p = piece.p;
	size_t left = piece.n, n = 0;

	if (left == 0)
		return 0;
	if (t->cr && p[0] != '\n')
		out[n++] = '\r';
	t->cr = 0;
	while (left > 0) {
		const unsigned char *cr = memchr(p, '\r', left);
		size_t run = cr != NULL ? (size_t)(cr - p) : left;

		memcpy(out + n, p, run);
		n += run;
		p += run;
		left -= run;
		if (cr == NULL)
			break;
		/* the CR itself goes only when something else follows */
		if (left == 1)
			t->cr = 1;
		else if (p[1] != '\n')
			out[n++] = '\r';
		p++;
		left--;
	}
	return n;
}

size_t
trace_lf_end(struct trace_lf *t, unsigned char *out)
{
	if (!t->cr)
		return 0;
	t->cr = 0;
	out[0] = '\r';
	return 1;
}
