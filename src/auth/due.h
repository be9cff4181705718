/* SPDX-License-Identifier: ISC
 *
 * due: what shall happen at which time: a binary heap.
 */
#ifndef RESTANTE_AUTH_DUE_H
#define RESTANTE_AUTH_DUE_H

#include <stddef.h>
#include <stdint.h>

/* lives in its owner's struct, which must not go away while it is in a heap */
struct due {
	uint64_t at_ms;
};

/* all zero: empty */
struct due_heap {
	struct due **p;
	size_t n, size;
};

/* frees the heap, not what is in it */
void due_done(struct due_heap *h);
/* 0 or -1 (memory) */
__attribute__((warn_unused_result))
int due_add(struct due_heap *h, struct due *d);
/* the earliest one; h->n > 0 */
struct due *due_first(const struct due_heap *h);
struct due *due_take(struct due_heap *h);

#endif
