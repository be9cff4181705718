/* SPDX-License-Identifier: ISC
 *
 * map: 64-bit keys to pointers, open addressing.  Keys are ids of our own
 * making or keyed hashes: nothing a peer can choose.
 */
#ifndef RESTANTE_BASE_MAP_H
#define RESTANTE_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key;
	void *value;		/* NULL: free */
};

struct map {
	struct map_slot *slots;
	size_t size;		/* a power of two, or 0 */
	size_t count;
};

/* a zeroed struct map is an empty one */
void map_release(struct map *m);
/* NULL when there is none */
void *map_get(const struct map *m, uint64_t key);
/* value: not NULL; replaces. 0, or -1 for lack of memory (unchanged). */
__attribute__((warn_unused_result))
int map_put(struct map *m, uint64_t key, void *value);
/* returns what was there, or NULL */
void *map_take(struct map *m, uint64_t key);
/* Iterates: start with *pos = 0; NULL at the end. Between two calls only the
 * entry just returned may not be taken out: collect first, then take. */
void *map_next(const struct map *m, size_t *pos);

#endif
