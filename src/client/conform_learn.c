/* SPDX-License-Identifier: ISC
 *
 * conform_learn: what a message has become on its way into a maildrop.
 * Delivery may put header fields on top and must change nothing else.  Looks
 * at octets alone.
 */
#include "client/conform_internal.h"

#include <strings.h>

enum { LINE_MAX_OCTETS = 998 };		/* RFC 5322 section 2.1.1 */

/* header and body of a wire form; the blank line belongs to the body */
static struct pop_span
header_of(struct pop_span text)
{
	size_t at = 0;

	while (at < text.n) {
		const unsigned char *lf = memchr(text.p + at, '\n',
		    text.n - at);

		if (lf == text.p + at || (lf == text.p + at + 1 &&
		    text.p[at] == '\r'))
			break;
		if (lf == NULL)
			return text;
		at = (size_t)(lf - text.p) + 1;
	}
	return span_of(text.p, at);
}

/* the next field with its folded lines, off the front of `header` */
static bool
take_field(struct pop_span *header, struct pop_span *field_r)
{
	size_t n = 0;

	if (header->n == 0)
		return false;
	do {
		const unsigned char *lf = memchr(header->p + n, '\n',
		    header->n - n);

		n = lf == NULL ? header->n : (size_t)(lf - header->p) + 1;
	} while (n < header->n &&
	    (header->p[n] == ' ' || header->p[n] == '\t'));
	*field_r = span_of(header->p, n);
	span_skip(header, n);
	return true;
}

static bool
is_named(struct pop_span field, const char *name)
{
	size_t n = strlen(name);

	return field.n > n && field.p[n] == ':' &&
	    strncasecmp((const char *)field.p, name, n) == 0;
}

/* the last delivery writes these itself (RFC 5321 section 4.4) */
static bool
may_go(struct pop_span field)
{
	return is_named(field, "Return-Path") ||
	    is_named(field, "Delivered-To");
}

/* index of `field` in `header`, or -1 */
static int
find_field(struct pop_span header, struct pop_span field)
{
	struct pop_span f;

	for (int i = 0; take_field(&header, &f); i++)
		if (span_eq(f, field))
			return i;
	return -1;
}

const char *
conform_same(struct pop_span sent, struct pop_span got, unsigned *fields_r)
{
	struct pop_span want = header_of(sent), have = header_of(got), f;
	struct pop_span body = sent, arrived = got;
	int first = -1;

	span_skip(&body, want.n);
	span_skip(&arrived, have.n);
	if (!span_eq(body, arrived))
		return "the body is not what was sent";
	while (take_field(&want, &f)) {
		int at = may_go(f) ? 0 : find_field(have, f);

		if (at < 0)
			return "a header field is missing or not what was "
			    "sent";
		if (first < 0 && !may_go(f))
			first = at;
	}
	*fields_r = first < 0 ? 0 : (unsigned)first;
	return NULL;
}

static bool
is_odd_line(struct pop_span line, bool in_header)
{
	if (line.n > LINE_MAX_OCTETS || memchr(line.p, '\r', line.n) != NULL ||
	    memchr(line.p, '\0', line.n) != NULL)
		return true;
	if (!in_header)
		return false;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] > 126)
			return true;
	return line.p[0] != ' ' && line.p[0] != '\t' &&
	    memchr(line.p, ':', line.n) == NULL;
}

bool
conform_is_odd(struct pop_span wire)
{
	size_t header = header_of(wire).n;
	const unsigned char *begin = wire.p;

	if (header == 0)
		return true;
	while (wire.n > 0) {
		const unsigned char *lf = memchr(wire.p, '\n', wire.n);
		size_t n = lf == NULL ? 0 : (size_t)(lf - wire.p);

		if (n == 0 || wire.p[n - 1] != '\r' ||
		    is_odd_line(span_of(wire.p, n - 1),
		    (size_t)(wire.p - begin) < header))
			return true;
		span_skip(&wire, n + 1);
	}
	return false;
}

void
conform_bare(struct buf *wire)
{
	struct pop_span header = header_of(buf_span(wire)), f;
	size_t at = 0;

	while (take_field(&header, &f)) {
		if (!may_go(f)) {
			at += f.n;
			continue;
		}
		memmove(wire->p + at, wire->p + at + f.n,
		    wire->n - at - f.n);
		wire->n -= f.n;
		header = header_of(span_of(wire->p + at, wire->n - at));
	}
}

void
conform_skip_fields(struct pop_span *text, unsigned fields)
{
	struct pop_span f;

	for (unsigned i = 0; i < fields; i++)
		if (!take_field(text, &f))
			return;
}
