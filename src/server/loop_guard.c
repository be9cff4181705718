/* SPDX-License-Identifier: ISC
 *
 * loop_guard: see loop_guard.h.  A field that is folded, or longer than a
 * path can be, is not recognised: it was not ours.
 */
#include "server/loop_guard.h"

static struct pop_span
trim(struct pop_span s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		span_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' ||
	    s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static void
line_ends(struct loop_guard *g,
    void (*found)(void *arg, struct pop_span address), void *arg)
{
	static const char name[] = "Delivered-To:";
	size_t len = sizeof(name) - 1;

	if (g->n == 0 || (g->n == 1 && g->line[0] == '\r'))
		g->over = true;
	else if (g->n > len && g->n <= LOOP_GUARD_LINE &&
	    span_eq_nocase(span_of(g->line, len), span_of(name, len)))
		found(arg, trim(span_of(g->line + len, g->n - len)));
	g->n = 0;
}

void
loop_guard(struct loop_guard *g, struct pop_span piece,
    void (*found)(void *arg, struct pop_span address), void *arg)
{
	for (size_t i = 0; i < piece.n && !g->over; i++) {
		if (piece.p[i] == '\n') {
			line_ends(g, found, arg);
			continue;
		}
		if (g->n < LOOP_GUARD_LINE)
			g->line[g->n] = piece.p[i];
		if (g->n <= LOOP_GUARD_LINE)
			g->n++;
	}
}
