/* SPDX-License-Identifier: ISC
 *
 * snapshot: making a store_snapshot, one block of memory.
 */
#ifndef RESTANTE_STORE_SNAPSHOT_H
#define RESTANTE_STORE_SNAPSHOT_H

#include "store/store.h"

enum {
	STORE_UIDL_MAX = 70,	/* RFC 1939 section 7 */
	STORE_UIDL_HASHED = 64	/* octets of a hashed unique-id */
};

/* Rows are added in order with snapshot_add; at most `count` of them with
 * `uidl_octets` octets of unique-ids together. NULL: no memory. */
struct store_snapshot *snapshot_new(uint32_t count, size_t uidl_octets);
void snapshot_add(struct store_snapshot *snap, uint64_t octets,
    const char *uidl, size_t uidl_n);

/* A unique-id as RFC 1939 section 7 wants it, and not of the form that
 * snapshot_hash gives. */
bool snapshot_uidl_ok(const char *p, size_t n);
/* lower-case hex of the SHA-256, no terminator */
void snapshot_hash(char out[STORE_UIDL_HASHED], const char *p, size_t n);

#endif
