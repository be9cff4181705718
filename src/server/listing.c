/* SPDX-License-Identifier: ISC
 *
 * listing: see listing.h.  Field: u32 count, u32 octets of all ids, count x
 * u64 octets, count x u32 ends of ids, the ids; in the machine's byte order,
 * since it never leaves the machine.
 */
#include "server/listing.h"

#include <stdlib.h>
#include <string.h>

#include "store/store.h"

enum { HEAD = 8, ROW = 12 };

static size_t
ids_size(const struct store_snapshot *snap)
{
	return snap->count ? snap->uidl_end[snap->count - 1] : 0;
}

size_t
listing_encoded_size(const struct store_snapshot *snap)
{
	return HEAD + (size_t)snap->count * ROW + ids_size(snap);
}

void
listing_encode(const struct store_snapshot *snap, unsigned char *out)
{
	uint32_t head[2] = { snap->count, (uint32_t)ids_size(snap) };
	size_t n = snap->count;

	memcpy(out, head, HEAD);
	out += HEAD;
	if (n == 0)
		return;
	memcpy(out, snap->octets, n * 8);
	memcpy(out + n * 8, snap->uidl_end, n * 4);
	memcpy(out + n * ROW, snap->uidls, head[1]);
}

static uint64_t
view_octets(void *ctx, uint32_t i)
{
	return ((struct listing *)ctx)->octets[i];
}

static struct pop_span
view_uidl(void *ctx, uint32_t i)
{
	const struct listing *l = ctx;
	uint32_t from = i > 0 ? l->uidl_end[i - 1] : 0;

	return (struct pop_span){ l->uidls + from, l->uidl_end[i] - from };
}

static int
ids_legal(const struct listing *l, uint32_t n, uint32_t size)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = l->uidl_end[i];

		if (to <= from || to > size || to - from > POP_UIDL_MAX)
			return 0;
		for (uint32_t k = from; k < to; k++)
			if (l->uidls[k] < 0x21 || l->uidls[k] > 0x7e)
				return 0;
		from = to;
	}
	return from == size;
}

struct listing *
listing_new(struct pop_span field)
{
	uint32_t head[2];
	struct listing *l;
	unsigned char *columns;
	size_t n, marks;

	if (field.n < HEAD)
		return NULL;
	memcpy(head, field.p, HEAD);
	n = head[0];
	marks = (n + 7) / 8;
	if (field.n != HEAD + n * ROW + head[1])
		return NULL;
	l = malloc(sizeof(*l) + n * ROW + head[1] + marks);
	if (l == NULL)
		return NULL;
	columns = (unsigned char *)(l + 1);
	memcpy(columns, field.p + HEAD, field.n - HEAD);
	l->octets = (const uint64_t *)(void *)columns;
	l->uidl_end = (const uint32_t *)(void *)(columns + n * 8);
	l->uidls = columns + n * ROW;
	l->view = (struct pop_listing){ .count = head[0], .ctx = l,
		.octets = view_octets, .uidl = view_uidl,
		.marks = columns + n * ROW + head[1] };
	memset(l->view.marks, 0, marks);
	if (!ids_legal(l, head[0], head[1])) {
		free(l);
		return NULL;
	}
	return l;
}

struct listing *
listing_of_snapshot(const struct store_snapshot *snap)
{
	size_t n = listing_encoded_size(snap);
	unsigned char *field = malloc(n);
	struct listing *l;

	if (field == NULL)
		return NULL;
	listing_encode(snap, field);
	l = listing_new((struct pop_span){ field, n });
	free(field);
	return l;
}

void
listing_free(struct listing *l)
{
	free(l);
}

size_t
listing_marks_size(const struct listing *l)
{
	return ((size_t)l->view.count + 7) / 8;
}

uint32_t
listing_marked(const struct listing *l)
{
	uint32_t marked = 0;

	for (size_t i = 0; i < listing_marks_size(l); i++)
		marked += (uint32_t)__builtin_popcount(l->view.marks[i]);
	return marked;
}
