/* SPDX-License-Identifier: ISC
 *
 * line: see line.h.  Knows nothing of verbs or replies.
 */
#include "proto/line.h"

/* Swallows the rest of an over-long line: LINE_LONG at its end. */
static enum line_result
skip_line(struct line *l, struct pop_span *in)
{
	const unsigned char *lf;
	size_t n;

	if (in->n == 0)
		return LINE_MORE;
	lf = memchr(in->p, '\n', in->n);
	n = lf == NULL ? in->n : (size_t)(lf - in->p) + 1;
	span_skip(in, n);
	l->skipped += n;
	if (l->skipped > LINE_FLOOD_MAX)
		return LINE_FLOOD;
	if (lf == NULL)
		return LINE_MORE;
	l->skipped = 0;
	return LINE_LONG;
}

enum line_result
line_take(struct line *l, struct pop_span *in, size_t max,
    struct pop_span *line_r)
{
	const unsigned char *lf = NULL;
	size_t n = in->n < max ? in->n : max;
	bool crlf;

	if (l->skipped > 0)
		return skip_line(l, in);
	if (l->seen < n)
		lf = memchr(in->p + l->seen, '\n', n - l->seen);
	if (lf == NULL && n < max) {
		l->seen = n;
		return LINE_MORE;
	}
	l->seen = 0;
	if (lf == NULL) {
		span_skip(in, n);
		l->skipped = n;
		return skip_line(l, in);
	}
	n = (size_t)(lf - in->p);
	crlf = n > 0 && in->p[n - 1] == '\r';
	*line_r = span_of(in->p, crlf ? n - 1 : n);
	span_skip(in, n + 1);
	return crlf ? LINE_DONE : LINE_BARE_LF;
}
