/* SPDX-License-Identifier: ISC
 *
 * due: see due.h.  Has no clock.
 */
#include "auth/due.h"

#include <stdlib.h>

enum { FIRST_SIZE = 64 };

void
due_done(struct due_heap *h)
{
	free(h->p);
	*h = (struct due_heap){ 0 };
}

static int
reserve(struct due_heap *h)
{
	size_t size = h->size == 0 ? FIRST_SIZE : h->size * 2;
	struct due **p;

	if (h->n < h->size)
		return 0;
	p = reallocarray(h->p, size, sizeof(struct due *));
	if (p == NULL)
		return -1;
	h->p = p;
	h->size = size;
	return 0;
}

int
due_add(struct due_heap *h, struct due *d)
{
	size_t i, up;

	if (reserve(h) != 0)
		return -1;
	for (i = h->n++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (h->p[up]->at_ms <= d->at_ms)
			break;
		h->p[i] = h->p[up];
	}
	h->p[i] = d;
	return 0;
}

struct due *
due_first(const struct due_heap *h)
{
	return h->p[0];
}

struct due *
due_take(struct due_heap *h)
{
	struct due *top = h->p[0], *last = h->p[--h->n];
	size_t i = 0, down;

	for (;; i = down) {
		down = 2 * i + 1;
		if (down >= h->n)
			break;
		if (down + 1 < h->n &&
		    h->p[down + 1]->at_ms < h->p[down]->at_ms)
			down++;
		if (last->at_ms <= h->p[down]->at_ms)
			break;
		h->p[i] = h->p[down];
	}
	h->p[i] = last;
	return top;
}
