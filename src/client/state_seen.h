/* SPDX-License-Identifier: ISC
 *
 * state_seen: what must be remembered while a listing is compared: one bit for
 * each row that was met, and a fingerprint for each UIDL that needs counting.
 */
#ifndef RESTANTE_CLIENT_STATE_SEEN_H
#define RESTANTE_CLIENT_STATE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/span.h"

/* ---- a set of ids: bits, in chunks that exist where a bit is set ---- */

enum { SEEN_CHUNK_BITS = 4096 };

struct state_seen {
	struct map chunks;
	uint64_t last_key;	/* of `last` */
	uint64_t *last;		/* NULL: none */
};

/* a zeroed one is empty */
void seen_release(struct state_seen *s);
bool seen_has(struct state_seen *s, int64_t id);
/* 0 or -1 (memory) */
__attribute__((warn_unused_result))
int seen_add(struct state_seen *s, int64_t id);
void seen_take(struct state_seen *s, int64_t id);

/* ---- UIDLs and how often they came ---- */

/*
 * Fingerprints of 96 bits under a random key: a server cannot choose UIDLs that
 * collide, and a million of them do so by chance once in 10^17 times.
 */
struct state_print {
	uint64_t a;
	uint32_t b;
	uint32_t count;		/* 0: free */
};

struct state_set {
	struct state_print *slots;
	size_t size;		/* a power of two, or 0 */
	size_t n;
	uint64_t key[2];
};

void set_init(struct state_set *s, const uint64_t key[2]);
void set_release(struct state_set *s);
/* the fingerprint of the nth message (0: of all) of that UIDL */
struct state_print set_print(const struct state_set *s, struct pop_span uidl,
    uint32_t nth);
/* NULL: not there. Valid until the next set_add. */
struct state_print *set_find(const struct state_set *s,
    const struct state_print *print);
/* print.count > 0, not there yet; 0 or -1 (memory) */
__attribute__((warn_unused_result))
int set_add(struct state_set *s, const struct state_print *print);

/* SipHash-2-4 with 128 bits of result (Aumasson and Bernstein, 2012) */
void state_siphash(const uint64_t key[2], const void *p, size_t n,
    uint64_t out[2]);

#endif
