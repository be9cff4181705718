/* SPDX-License-Identifier: ISC
 *
 * draft_text: line ends and mboxrd quoting.  Owns no memory and knows no
 * files.  Octets are looked for with memchr and handed on in runs as long as
 * they can be.
 */
#include "client/draft_text.h"

enum { AT_START = 0, IN_LINE, IN_FROM };

static const unsigned char from[] = "From ";
enum { FROM_N = 5 };

void
draft_text_init(struct draft_text *t, enum draft_form form,
    struct draft_sink *sink)
{
	*t = (struct draft_text){
	    .form = form, .sink = sink,
	    .ended = true };
}

static int
put(struct draft_text *t, const unsigned char *p, size_t n)
{
	if (n == 0)
		return 0;
	t->ended = p[n - 1] == '\n';
	return t->sink->put(t->sink, span_of(p, n));
}

/* ---- writing ------------------------------------------------------------- */

/*
 * Behind the start of a line and any ">" of it: "From " is held back until it
 * is known; the ">" are not, as one more may stand anywhere among them.
 * *i is moved on; *start to where unwritten octets begin.
 */
static int
match_from(struct draft_text *t, struct pop_span s, size_t *i, size_t *start)
{
	int r;

	while (t->matched < FROM_N && *i < s.n && s.p[*i] == from[t->matched]) {
		t->matched++;
		++*i;
	}
	*start = *i;
	if (t->matched < FROM_N && *i == s.n)
		return 0;
	r = t->matched == FROM_N ? put(t, (const unsigned char *)">", 1) : 0;
	if (r == 0)
		r = put(t, from, t->matched);
	t->matched = 0;
	t->line = IN_LINE;
	return r;
}

static int
put_quoted(struct draft_text *t, struct pop_span s)
{
	size_t i = 0, start = 0;

	while (i < s.n) {
		const unsigned char *lf;
		int r = 0;

		if (t->line == IN_LINE) {
			lf = memchr(s.p + i, '\n', s.n - i);
			i = lf != NULL ? (size_t)(lf - s.p) + 1 : s.n;
			t->line = lf != NULL ? AT_START : IN_LINE;
		} else if (t->line == AT_START && s.p[i] == '>') {
			i++;
		} else if (t->line == AT_START && s.p[i] != from[0]) {
			t->line = IN_LINE;
		} else {
			if (t->line == AT_START)
				r = put(t, s.p + start, i - start);
			t->line = IN_FROM;
			if (r == 0)
				r = match_from(t, s, &i, &start);
		}
		if (r != 0)
			return r;
	}
	return put(t, s.p + start, i - start);
}

static int
put_run(struct draft_text *t, const unsigned char *p, size_t n)
{
	if (t->form == DRAFT_MBOX)
		return put_quoted(t, span_of(p, n));
	return put(t, p, n);
}

/* A CR that was held back, or is at p[-1]: `next` is the octet behind it, or
 * -1 at the end of the message. */
static int
put_cr(struct draft_text *t, int next)
{
	bool pair = next == '\n';

	if (t->form == DRAFT_MAIL)
		return put(t, (const unsigned char *)(pair ? "\r" : " "), 1);
	return pair ? 0 : put_run(t, (const unsigned char *)"\r", 1);
}

int
draft_text_write(struct draft_text *t, struct pop_span in)
{
	int r = 0;

	if (t->form == DRAFT_WIRE)
		return put(t, in.p, in.n);
	while (in.n > 0 && r == 0) {
		const unsigned char *cr;
		size_t run;

		if (t->cr) {
			t->cr = false;
			r = put_cr(t, in.p[0]);
			if (r != 0)
				break;
		}
		cr = memchr(in.p, '\r', in.n);
		run = cr != NULL ? (size_t)(cr - in.p) : in.n;
		r = put_run(t, in.p, run);
		t->cr = cr != NULL;
		span_skip(&in, run + (cr != NULL));
	}
	return r;
}

int
draft_text_write_end(struct draft_text *t)
{
	int r = 0;

	if (t->cr)
		r = put_cr(t, -1);
	t->cr = false;
	if (t->form != DRAFT_MBOX || r != 0)
		return r;
	if (t->line == IN_FROM)
		r = put(t, from, t->matched);
	if (r == 0 && !t->ended)
		r = put(t, (const unsigned char *)"\n", 1);
	return r != 0 ? r : put(t, (const unsigned char *)"\n", 1);
}

/* ---- reading back -------------------------------------------------------- */

/* LF -> CRLF */
static int
put_lines(struct draft_text *t, const unsigned char *p, size_t n)
{
	while (n > 0) {
		const unsigned char *lf = memchr(p, '\n', n);
		size_t run = lf != NULL ? (size_t)(lf - p) : n;
		int r = put(t, p, run);

		if (r == 0 && lf != NULL)
			r = put(t, (const unsigned char *)"\r\n", 2);
		if (r != 0)
			return r;
		run += lf != NULL;
		p += run;
		n -= run;
	}
	return 0;
}

/* The quotes and the part of "From " that were held back; `quotes` as many
 * of them. */
static int
put_held(struct draft_text *t, uint64_t quotes)
{
	int r = 0;

	for (; quotes > 0 && r == 0; quotes--)
		r = put(t, (const unsigned char *)">", 1);
	if (r == 0)
		r = put(t, from, t->matched);
	t->quotes = 0;
	t->matched = 0;
	t->line = IN_LINE;
	return r;
}

static int
read_octet_at_start(struct draft_text *t, unsigned char c, bool *taken)
{
	*taken = true;
	if (t->matched == 0 && c == '>') {
		t->quotes++;
		return 0;
	}
	if (c == from[t->matched]) {
		t->matched++;
		if (t->matched < FROM_N)
			return 0;
		/* one was added when it was written; a line without any
		 * is not ours */
		return put_held(t, t->quotes - (t->quotes > 0));
	}
	*taken = false;
	return put_held(t, t->quotes);
}

static int
read_quoted(struct draft_text *t, struct pop_span in)
{
	int r = 0;

	while (in.n > 0 && r == 0) {
		const unsigned char *lf;
		size_t run;
		bool taken;

		if (t->line == AT_START) {
			r = read_octet_at_start(t, in.p[0], &taken);
			span_skip(&in, taken);
			continue;
		}
		lf = memchr(in.p, '\n', in.n);
		run = lf != NULL ? (size_t)(lf - in.p) + 1 : in.n;
		r = put_lines(t, in.p, run);
		if (lf != NULL)
			t->line = AT_START;
		span_skip(&in, run);
	}
	return r;
}

int
draft_text_read(struct draft_text *t, struct pop_span piece)
{
	switch (t->form) {
	case DRAFT_WIRE:
	case DRAFT_MAIL:
		return put(t, piece.p, piece.n);
	case DRAFT_LF:
		return put_lines(t, piece.p, piece.n);
	case DRAFT_MBOX:
		return read_quoted(t, piece);
	}
	return -1;
}

int
draft_text_read_end(struct draft_text *t)
{
	if (t->form == DRAFT_MBOX && t->line == AT_START)
		return put_held(t, t->quotes);
	return 0;
}
