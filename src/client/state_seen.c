/* SPDX-License-Identifier: ISC
 *
 * state_seen: sets for comparing a listing.  In memory only; knows nothing of
 * the database.
 */
#include <stdlib.h>
#include <string.h>

#include "client/state_seen.h"

/* ---- ids ----------------------------------------------------------------- */

enum { WORD_BITS = 64, CHUNK_WORDS = SEEN_CHUNK_BITS / WORD_BITS };

static uint64_t
chunk_key(int64_t id)
{
	return (uint64_t)id / SEEN_CHUNK_BITS;
}

static uint64_t *
find_chunk(struct state_seen *s, int64_t id)
{
	uint64_t key = chunk_key(id);

	if (!s->last || s->last_key != key) {
		s->last = map_get(&s->chunks, key);
		s->last_key = key;
	}
	return s->last;
}

static size_t
word_of(int64_t id)
{
	return (uint64_t)id % SEEN_CHUNK_BITS / WORD_BITS;
}

static uint64_t
bit_of(int64_t id)
{
	return (uint64_t)1 << ((uint64_t)id % WORD_BITS);
}

void
seen_release(struct state_seen *s)
{
	size_t pos = 0;

	for (void *c; (c = map_next(&s->chunks, &pos)) != NULL; )
		free(c);
	map_release(&s->chunks);
	memset(s, 0, sizeof(*s));
}

bool
seen_has(struct state_seen *s, int64_t id)
{
	const uint64_t *c = find_chunk(s, id);

	return c && (c[word_of(id)] & bit_of(id)) != 0;
}

int
seen_add(struct state_seen *s, int64_t id)
{
	uint64_t *c = find_chunk(s, id);

	if (!c) {
		c = calloc(CHUNK_WORDS, sizeof(*c));
		if (!c)
			return -1;
		if (map_put(&s->chunks, chunk_key(id), c) != 0) {
			free(c);
			return -1;
		}
		s->last = c;
	}
	c[word_of(id)] |= bit_of(id);
	return 0;
}

void
seen_take(struct state_seen *s, int64_t id)
{
	uint64_t *c = find_chunk(s, id);

	if (c)
		c[word_of(id)] &= ~bit_of(id);
}

/* ---- SipHash ------------------------------------------------------------- */

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
rounds(uint64_t v[4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static uint64_t
little_endian(const unsigned char *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

void
state_siphash(const uint64_t key[2], const void *data, size_t n,
    uint64_t out[2])
{
	const unsigned char *p = data;
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du ^ 0xee,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u
	};
	size_t i;
	uint64_t m;

	for (i = 0; i + 8 <= n; i += 8) {
		m = little_endian(p + i, 8);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	m = (i < n ? little_endian(p + i, n - i) : 0) | (uint64_t)n << 56;
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xee;
	rounds(v, 4);
	out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	rounds(v, 4);
	out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- fingerprints -------------------------------------------------------- */

void
set_init(struct state_set *s, const uint64_t key[2])
{
	memset(s, 0, sizeof(*s));
	memcpy(s->key, key, sizeof(s->key));
}

void
set_release(struct state_set *s)
{
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

struct state_print
set_print(const struct state_set *s, struct pop_span uidl, uint32_t nth)
{
	uint64_t key[2] = { s->key[0], s->key[1] ^ nth };
	uint64_t hash[2];

	state_siphash(key, uidl.p, uidl.n, hash);
	return (struct state_print){ hash[0], (uint32_t)hash[1], 0 };
}

static struct state_print *
slot_of(struct state_print *slots, size_t size, const struct state_print *p)
{
	size_t i = (size_t)p->a & (size - 1);

	while (slots[i].count > 0 &&
	    (slots[i].a != p->a || slots[i].b != p->b))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

struct state_print *
set_find(const struct state_set *s, const struct state_print *print)
{
	struct state_print *slot;

	if (s->n == 0)
		return NULL;
	slot = slot_of(s->slots, s->size, print);
	return slot->count > 0 ? slot : NULL;
}

static int
grow(struct state_set *s)
{
	size_t size = s->size ? s->size * 2 : 64;
	struct state_print *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -1;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].count > 0)
			*slot_of(slots, size, &s->slots[i]) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->size = size;
	return 0;
}

int
set_add(struct state_set *s, const struct state_print *print)
{
	if (s->n >= s->size / 4 * 3 && grow(s) != 0)
		return -1;
	*slot_of(s->slots, s->size, print) = *print;
	s->n++;
	return 0;
}
