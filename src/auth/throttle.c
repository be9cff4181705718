/* SPDX-License-Identifier: ISC
 *
 * throttle: see throttle.h.  A fixed array of addresses, found through a
 * chained hash table; those that are idle stand in a list, the one that was
 * used longest ago first, and give way when memory is full.  Has no clock
 * and no timers.
 */
#include "auth/throttle.h"

#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

struct throttle_address {
	unsigned char key[16];
	struct throttle_address *chain;	/* same bucket, or free list */
	struct throttle_address *older, *newer;	/* idle list */
	struct throttle_ticket *holder;	/* may go; NULL: idle */
	struct throttle_ticket *first, *last;	/* the line behind it */
	unsigned waiting;
	unsigned wrong;			/* not forgiven yet */
	uint64_t wrong_ms;		/* when the last one was forgiven
					 * or made */
	uint32_t who;			/* whose password was guessed */
	bool others;			/* and that of others */
};

struct throttle {
	struct throttle_address *all;
	struct throttle_address **buckets;
	struct throttle_address *unused;	/* was used before */
	struct throttle_address *oldest, *newest;	/* idle ones */
	size_t size, nbuckets, used;
	size_t touched;		/* of `all`: the rest costs no memory yet */
	uint32_t seed;
	uint64_t first_ms, max_ms;
};

struct throttle *
throttle_new(size_t addresses, uint64_t first_ms, uint64_t max_ms)
{
	struct throttle *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->size = addresses;
	t->nbuckets = addresses;
	t->all = calloc(addresses, sizeof(*t->all));
	t->buckets = calloc(t->nbuckets, sizeof(*t->buckets));
	if (t->all == NULL || t->buckets == NULL ||
	    getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed)) {
		throttle_free(t);
		return NULL;
	}
	throttle_set(t, first_ms, max_ms);
	return t;
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	free(t->all);
	free(t->buckets);
	free(t);
}

void
throttle_set(struct throttle *t, uint64_t first_ms, uint64_t max_ms)
{
	t->first_ms = first_ms;
	t->max_ms = max_ms;
}

size_t
throttle_count(const struct throttle *t)
{
	return t->used;
}

/* One customer has a whole /64 of IPv6; ::ffff:0:0/96 is IPv4. */
static void
make_key(unsigned char key[16], const unsigned char address[16])
{
	static const unsigned char mapped[12] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
	};

	memcpy(key, address, 16);
	if (memcmp(address, mapped, sizeof(mapped)) != 0)
		memset(key + 8, 0, 8);
}

/* Peers choose addresses: the seed keeps them from choosing buckets. */
static struct throttle_address **
bucket(struct throttle *t, const unsigned char key[16])
{
	uint64_t h = t->seed, word;

	for (unsigned i = 0; i < 16; i += 8) {
		memcpy(&word, key + i, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
		h *= 0xbf58476d1ce4e5b9u;
		h ^= h >> 32;
	}
	return &t->buckets[h % t->nbuckets];
}

static void
idle_add(struct throttle *t, struct throttle_address *a)
{
	a->older = t->newest;
	a->newer = NULL;
	if (t->newest != NULL)
		t->newest->newer = a;
	else
		t->oldest = a;
	t->newest = a;
}

static void
idle_remove(struct throttle *t, struct throttle_address *a)
{
	if (a->older != NULL)
		a->older->newer = a->newer;
	else
		t->oldest = a->newer;
	if (a->newer != NULL)
		a->newer->older = a->older;
	else
		t->newest = a->older;
	a->older = a->newer = NULL;
}

/* Forgets an address that is in no list any more. */
static void
forget(struct throttle *t, struct throttle_address *a)
{
	struct throttle_address **at = bucket(t, a->key);

	while (*at != a)
		at = &(*at)->chain;
	*at = a->chain;
	memset(a, 0, sizeof(*a));
	a->chain = t->unused;
	t->unused = a;
	t->used--;
}

/* Memory for one address more; the one idle for longest gives way. */
static struct throttle_address *
memory(struct throttle *t)
{
	struct throttle_address *a;

	if (t->unused == NULL && t->touched < t->size)
		return &t->all[t->touched++];
	if (t->unused == NULL && t->oldest != NULL) {
		a = t->oldest;
		idle_remove(t, a);
		forget(t, a);
	}
	a = t->unused;
	if (a != NULL)
		t->unused = a->chain;
	return a;
}

/* The address of this key, made if need be, in no list; NULL: all busy. */
static struct throttle_address *
take(struct throttle *t, const unsigned char key[16])
{
	struct throttle_address **at = bucket(t, key), *a;

	for (a = *at; a != NULL; a = a->chain) {
		if (memcmp(a->key, key, 16) != 0)
			continue;
		if (a->holder == NULL)
			idle_remove(t, a);
		return a;
	}
	a = memory(t);
	if (a == NULL)
		return NULL;
	t->used++;
	memcpy(a->key, key, 16);
	a->chain = *at;
	*at = a;
	return a;
}

static void
forgive(struct throttle_address *a, uint64_t now_ms)
{
	while (a->wrong > 0 && now_ms >= a->wrong_ms &&
	    now_ms - a->wrong_ms >= THROTTLE_FORGIVE_MS) {
		a->wrong--;
		a->wrong_ms += THROTTLE_FORGIVE_MS;
	}
}

enum throttle_entry
throttle_enter(struct throttle *t, struct throttle_ticket *k,
    const unsigned char address[16], uint64_t now_ms)
{
	unsigned char key[16];
	struct throttle_address *a;

	make_key(key, address);
	a = take(t, key);
	if (a == NULL || a->waiting >= THROTTLE_LINE_MAX)
		return THROTTLE_FULL;
	forgive(a, now_ms);
	k->address = a;
	k->next = NULL;
	k->prev = a->last;
	if (a->holder == NULL) {
		a->holder = k;
		return THROTTLE_GO;
	}
	if (a->last != NULL)
		a->last->next = k;
	else
		a->first = k;
	a->last = k;
	a->waiting++;
	return THROTTLE_WAIT;
}

uint64_t
throttle_wrong(struct throttle *t, struct throttle_ticket *k, uint64_t now_ms)
{
	struct throttle_address *a = k->address;
	uint64_t delay = t->first_ms;

	forgive(a, now_ms);
	a->others = a->wrong > 0 && (a->others || a->who != k->who);
	a->who = k->who;
	for (unsigned i = 0; i < a->wrong && delay < t->max_ms; i++)
		delay *= 2;
	/* more of them than double the delay would only take longer to
	 * forgive */
	if (delay < t->max_ms)
		a->wrong++;
	a->wrong_ms = now_ms;
	return delay < t->max_ms ? delay : t->max_ms;
}

void
throttle_right(struct throttle *t, struct throttle_ticket *k)
{
	struct throttle_address *a = k->address;

	(void)t;
	if (!a->others && a->who == k->who)
		a->wrong = 0;
}

static void
line_remove(struct throttle_address *a, struct throttle_ticket *k)
{
	if (k->prev != NULL)
		k->prev->next = k->next;
	else
		a->first = k->next;
	if (k->next != NULL)
		k->next->prev = k->prev;
	else
		a->last = k->prev;
	a->waiting--;
}

struct throttle_ticket *
throttle_leave(struct throttle *t, struct throttle_ticket *k)
{
	struct throttle_address *a = k->address;
	struct throttle_ticket *next;

	k->address = NULL;
	if (a->holder != k) {
		line_remove(a, k);
		return NULL;
	}
	next = a->first;
	if (next != NULL)
		line_remove(a, next);
	a->holder = next;
	if (next == NULL && a->wrong == 0)
		forget(t, a);
	else if (next == NULL)
		idle_add(t, a);
	return next;
}
