/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the listing of a maildrop as the store sends it to a front.
 * What is accepted adds up, holds legal unique-ids only and can be read at
 * every index; the answer is the same as a second reader's.
 */
#include <stdlib.h>
#include <string.h>

#include "server/listing.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static uint64_t
number(const unsigned char *p, size_t octets)
{
	uint64_t v = 0;

	for (size_t i = octets; i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

/* u32 count, u32 octets of ids, count x u64, count x u32, the ids */
static int
is_legal(const unsigned char *p, size_t n)
{
	const unsigned char *ends, *ids;
	uint64_t count, size, from = 0;

	if (n < 8)
		return 0;
	count = number(p, 4);
	size = number(p + 4, 4);
	if (n != 8 + count * 12 + size)
		return 0;
	ends = p + 8 + count * 8;
	ids = ends + count * 4;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t to = number(ends + i * 4, 4);

		if (to <= from || to > size || to - from > POP_UIDL_MAX)
			return 0;
		for (; from < to; from++)
			if (ids[from] < 0x21 || ids[from] > 0x7e)
				return 0;
	}
	return from == size;
}

static void
check_view(struct listing *l, const unsigned char *p)
{
	struct pop_listing *v = &l->view;
	const unsigned char *ids = p + 8 + (size_t)v->count * 12;

	need(v->count == number(p, 4));
	need(listing_marked(l) == 0);
	for (uint32_t i = 0; i < v->count; i++) {
		struct pop_span uid = v->uidl(v->ctx, i);

		need(v->octets(v->ctx, i) == number(p + 8 + 8 * (size_t)i,
		    8));
		need(uid.n >= 1 && uid.n <= POP_UIDL_MAX);
		need(memcmp(uid.p, ids, uid.n) == 0);
		ids += uid.n;
		v->marks[i / 8] |= (unsigned char)(1U << i % 8);
	}
	need(listing_marked(l) == v->count);
	need(listing_marks_size(l) == ((size_t)v->count + 7) / 8);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct listing *l;

	need(copy != NULL);
	memcpy(copy, data, n);
	l = listing_new((struct pop_span){ copy, n });
	free(copy);
	need((l != NULL) == is_legal(data, n));
	if (l != NULL)
		check_view(l, data);
	listing_free(l);
	return 0;
}
