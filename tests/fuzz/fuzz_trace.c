/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a message on its way into the store: old Return-Path fields
 * out, CRLF to LF.  The first octet says how it is cut, the second which
 * fields are written on top of it; the values of those are parts of the text.
 * What comes out is what a slow reader, which has all of it, leaves; and no
 * value can begin a line of its own.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/trace.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
add(struct buf *b, struct pop_span s)
{
	need(buf_append(b, s.p, s.n) == BUF_OK);
}

/* ---- the slow way -------------------------------------------------------- */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 5322 section 4.5.8; as many blanks as are held back at most */
static bool
is_return_path(struct pop_span line)
{
	size_t at = 11;

	if (line.n < at || strncasecmp((const char *)line.p, "return-path",
	    at) != 0)
		return false;
	while (at < line.n && at < TRACE_HELD_MAX && is_blank(line.p[at]))
		at++;
	return at < line.n && line.p[at] == ':';
}

static void
slow_strip(struct pop_span in, struct buf *out)
{
	bool dropped = false;

	while (in.n > 0) {
		const unsigned char *lf = memchr(in.p, '\n', in.n);
		struct pop_span line = span_of(in.p,
		    lf == NULL ? in.n : (size_t)(lf - in.p) + 1);

		if (span_eq(line, span_str("\n")) ||
		    span_eq(line, span_str("\r\n")))
			break;
		dropped = (dropped && is_blank(line.p[0])) ||
		    is_return_path(line);
		if (!dropped)
			add(out, line);
		span_skip(&in, line.n);
	}
	add(out, in);
}

static void
slow_lf(struct pop_span in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\r' || i + 1 == in.n || in.p[i + 1] != '\n')
			add(out, span_of(in.p + i, 1));
}

/* ---- the code ------------------------------------------------------------ */

static struct pop_span
cut(struct pop_span *in, size_t piece)
{
	struct pop_span part = span_of(in->p, in->n < piece ? in->n : piece);

	span_skip(in, part.n);
	return part;
}

static void
strip(struct pop_span in, size_t piece, struct buf *out)
{
	struct trace_strip t;

	trace_strip_init(&t);
	while (in.n > 0) {
		struct pop_span part = cut(&in, piece);
		unsigned char *copy = malloc(part.n);
		struct pop_span left = span_of(copy, part.n);

		need(copy != NULL);
		memcpy(copy, part.p, part.n);
		for (int idle = 0; left.n > 0 && idle < 3; idle++) {
			size_t before = left.n;

			add(out, trace_strip(&t, &left));
			idle = left.n < before ? 0 : idle;
		}
		need(left.n == 0);
		free(copy);
	}
	add(out, trace_strip_end(&t));
}

static void
to_lf(struct pop_span in, size_t piece, struct buf *out)
{
	struct trace_lf t = { 0 };
	unsigned char last[1];

	while (in.n > 0) {
		struct pop_span part = cut(&in, piece);
		unsigned char *room = malloc(part.n + 1);
		size_t n;

		need(room != NULL);
		n = trace_lf(&t, part, room);
		need(n <= part.n + 1);
		add(out, span_of(room, n));
		free(room);
	}
	add(out, span_of(last, trace_lf_end(&t, last)));
}

static void
check_message(struct pop_span text, size_t piece)
{
	struct buf want, got;

	buf_init(&want, 1 << 24);
	buf_init(&got, 1 << 24);
	slow_strip(text, &want);
	strip(text, piece, &got);
	need(span_eq(buf_span(&want), buf_span(&got)));
	want.n = got.n = 0;
	slow_lf(text, &want);
	to_lf(text, piece, &got);
	need(span_eq(buf_span(&want), buf_span(&got)));
	buf_release(&want);
	buf_release(&got);
}

/* ---- fields -------------------------------------------------------------- */

/* Takes a value: what is before the next octet of 1. */
static struct pop_span
value(struct pop_span *text)
{
	size_t n = 0;
	struct pop_span v;

	while (n < text->n && text->p[n] != 1)
		n++;
	v = span_of(text->p, n);
	span_skip(text, n + (n < text->n));
	return v;
}

/* Three fields and their folds, and not a line more. */
static void
check_lines(struct pop_span s, bool crlf, bool utf8, unsigned want)
{
	unsigned fields = 0;

	while (s.n > 0) {
		const unsigned char *lf = memchr(s.p, '\n', s.n);
		size_t n;

		need(lf != NULL);
		n = (size_t)(lf - s.p);
		need(!crlf || (n > 0 && s.p[n - 1] == '\r'));
		n -= crlf;
		need(n > 0);
		for (size_t i = 0; i < n; i++)
			need((s.p[i] >= 0x20 || s.p[i] == '\t') &&
			    s.p[i] != 0x7f && (utf8 || s.p[i] < 0x80));
		if (!is_blank(s.p[0])) {
			fields++;
			need(memcmp(s.p, "Return-Path: ", 13) == 0 ||
			    memcmp(s.p, "Delivered-To: ", 14) == 0 ||
			    memcmp(s.p, "Received: ", 10) == 0);
		}
		span_skip(&s, n + 1 + crlf);
	}
	need(fields == want);
}

static void
check_fields(unsigned flags, struct pop_span text)
{
	struct trace_info i = { .flags = flags & 31U };
	struct buf out;
	int r;

	i.return_path = value(&text);
	i.delivered_to = value(&text);
	i.helo = value(&text);
	i.rdns = value(&text);
	i.ip = value(&text);
	i.host = value(&text);
	i.id = value(&text);
	i.recipient = value(&text);
	i.tls_cipher = value(&text);
	i.tls_group = value(&text);
	memcpy(&i.time, text.p, text.n < 8 ? text.n : 8);
	buf_init(&out, 1 << 24);
	r = trace_fields(&out, &i);
	need(r == TRACE_OK || r == TRACE_EINVAL);
	if (r == TRACE_OK)
		check_lines(buf_span(&out), (i.flags & TRACE_CRLF) != 0,
		    (i.flags & TRACE_UTF8) != 0, i.delivered_to.n > 0 ? 3 : 2);
	else
		need(out.n == 0);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_span text;

	if (n < 2 || n > 1 << 20)
		return 0;
	text = span_of(data + 2, n - 2);
	check_message(text, 1 + data[0] % 16U);
	check_message(text, n);
	check_fields(data[1], text);
	return 0;
}
