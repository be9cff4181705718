/* SPDX-License-Identifier: ISC
 *
 * header: cuts a header into fields and unfolds them (RFC 5322 section 2.2).
 *
 * Owns nothing.  Must not believe that the header is one: whatever the octets
 * are, each is looked at a fixed number of times.
 */
#include "client/header.h"

#include "client/rules.h"

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Takes one line off *rest; without its end. False at the end of *rest. */
static bool
take_line(struct pop_span *rest, struct pop_span *line_r)
{
	const unsigned char *lf;
	size_t n;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	n = lf ? (size_t)(lf - rest->p) : rest->n;
	*line_r = span_of(rest->p, n > 0 && lf && lf[-1] == '\r' ? n - 1 : n);
	span_skip(rest, lf ? n + 1 : n);
	return true;
}

/* Takes a line and those that continue it; *first_r is the first. */
static bool
take_folded(struct pop_span *rest, struct pop_span *first_r,
    struct pop_span *all_r)
{
	struct pop_span line;
	const unsigned char *start = rest->p;

	if (!take_line(rest, &line) || line.n == 0)
		return false;
	*first_r = line;
	while (rest->n > 0 && is_blank(rest->p[0]) && take_line(rest, &line))
		;
	*all_r = span_of(start, (size_t)(line.p + line.n - start));
	return true;
}

/* The length of the field name that a line begins with, 0 when there is none.
 * *colon_r: where the colon is; blanks before it are an old custom (RFC 5322
 * section 4.5). */
static size_t
name_length(struct pop_span line, size_t *colon_r)
{
	size_t n = 0, i;

	while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f &&
	    line.p[n] != ':')
		n++;
	for (i = n; i < line.n && is_blank(line.p[i]); i++)
		;
	if (i == line.n || line.p[i] != ':')
		return 0;
	*colon_r = i;
	return n;
}

bool
header_next(struct pop_span *rest, struct pop_span *name_r,
    struct pop_span *body_r)
{
	struct pop_span first, all;
	size_t n, colon = 0;

	while (take_folded(rest, &first, &all)) {
		n = name_length(first, &colon);
		if (n == 0)
			continue;
		*name_r = span_of(all.p, n);
		*body_r = span_of(all.p + colon + 1, all.n - colon - 1);
		return true;
	}
	rest->n = 0;
	return false;
}

size_t
header_unfold(struct pop_span body, unsigned char *out, size_t size)
{
	struct pop_span line;
	size_t n = 0;

	while (n < size && take_line(&body, &line)) {
		if (n == 0)
			while (line.n > 0 && is_blank(line.p[0]))
				span_skip(&line, 1);
		if (line.n > size - n)
			line.n = size - n;
		if (line.n > 0)
			memcpy(out + n, line.p, line.n);
		n += line.n;
	}
	while (n > 0 && is_blank(out[n - 1]))
		n--;
	return n;
}

ptrdiff_t
header_field(struct pop_span header, const char *name, unsigned char *out,
    size_t size)
{
	struct pop_span wanted = span_str(name), found, body;

	while (header_next(&header, &found, &body))
		if (span_eq_nocase(found, wanted))
			return (ptrdiff_t)header_unfold(body, out, size);
	return -1;
}
