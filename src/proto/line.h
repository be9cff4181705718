/* SPDX-License-Identifier: ISC
 *
 * line: finds lines in input that the caller keeps.  It stores no octets: an
 * incomplete line stays in the input and is presented again, longer; only how
 * far it was searched already is remembered, so that input which arrives one
 * octet at a time costs no more than input which arrives whole.
 */
#ifndef RESTANTE_PROTO_LINE_H
#define RESTANTE_PROTO_LINE_H

#include "base/span.h"

enum {
	/* octets of one over-long line that are swallowed before it counts
	 * as an attack */
	LINE_FLOOD_MAX = 65536
};

/* zero it to begin */
struct line {
	size_t seen;		/* octets at the front without LF */
	size_t skipped;		/* octets of an over-long line so far, or 0 */
};

enum line_result {
	LINE_MORE = 0,		/* no whole line yet */
	LINE_DONE = 1,		/* a line */
	LINE_BARE_LF = 2,	/* a line that ended with LF, not CRLF */
	LINE_LONG = -1,		/* an over-long line has ended; it is gone */
	LINE_FLOOD = -2		/* a line longer than LINE_FLOOD_MAX */
};

/*
 * Takes the next line off *in.  `max` counts its octets with the line end; it
 * may change between two calls.  *line_r comes without LF and without one CR
 * before it, for LINE_DONE and LINE_BARE_LF only.  Lines end at LF alone: a
 * bare CR is an octet of the line.
 */
enum line_result line_take(struct line *l, struct pop_span *in, size_t max,
    struct pop_span *line_r);

#endif
