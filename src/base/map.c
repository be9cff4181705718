/* SPDX-License-Identifier: ISC
 *
 * map: see map.h.  Linear probing; removal closes the gap (no tombstones), so
 * that a table in constant use never decays.
 */
#include "base/map.h"

#include <stdlib.h>

enum { MAP_FIRST = 16 };

void
map_release(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

static size_t
home(const struct map *m, uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15U;
	return (size_t)(key >> 32) & (m->size - 1);
}

/* the slot of `key`, or the free one where it would go */
static size_t
find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i].value != NULL && m->slots[i].key != key)
		i = (i + 1) & (m->size - 1);
	return i;
}

void *
map_get(const struct map *m, uint64_t key)
{
	return m->size == 0 ? NULL : m->slots[find(m, key)].value;
}

static int
grow(struct map *m)
{
	struct map bigger = { .size = m->size ? m->size * 2 : MAP_FIRST };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].value != NULL)
			bigger.slots[find(&bigger, m->slots[i].key)] =
			    m->slots[i];
	bigger.count = m->count;
	free(m->slots);
	*m = bigger;
	return 0;
}

int
map_put(struct map *m, uint64_t key, void *value)
{
	size_t i;

	if (m->count >= m->size / 4 * 3 && grow(m) != 0)
		return -1;
	i = find(m, key);
	if (m->slots[i].value == NULL)
		m->count++;
	m->slots[i] = (struct map_slot){ key, value };
	return 0;
}

void *
map_take(struct map *m, uint64_t key)
{
	size_t i, j;
	void *value;

	if (m->size == 0)
		return NULL;
	i = find(m, key);
	value = m->slots[i].value;
	if (value == NULL)
		return NULL;
	/* pull back every follower whose home is not behind the gap */
	for (j = (i + 1) & (m->size - 1); m->slots[j].value != NULL;
	    j = (j + 1) & (m->size - 1)) {
		size_t h = home(m, m->slots[j].key);

		if (((j - h) & (m->size - 1)) >= ((j - i) & (m->size - 1))) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i].value = NULL;
	m->count--;
	return value;
}

void *
map_next(const struct map *m, size_t *pos)
{
	while (*pos < m->size)
		if (m->slots[(*pos)++].value != NULL)
			return m->slots[*pos - 1].value;
	return NULL;
}
