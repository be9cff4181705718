/* SPDX-License-Identifier: ISC
 *
 * snapshot: the columns of an opened maildrop in one block.  Owns the layout
 * of that block and the form of unique-ids; must not know where messages come
 * from.
 */
#include "store/snapshot.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct store_snapshot *
snapshot_new(uint32_t count, size_t uidl_octets)
{
	size_t rows = (size_t)count * (sizeof(uint64_t) + sizeof(uint32_t));
	struct store_snapshot *snap;
	char *p;

	if (uidl_octets > UINT32_MAX)
		return NULL;
	snap = malloc(sizeof(*snap) + rows + uidl_octets);
	if (snap == NULL)
		return NULL;
	p = (char *)(snap + 1);
	snap->count = 0;
	snap->octets = (uint64_t *)(void *)p;
	p += (size_t)count * sizeof(uint64_t);
	snap->uidl_end = (uint32_t *)(void *)p;
	snap->uidls = p + (size_t)count * sizeof(uint32_t);
	return snap;
}

void
snapshot_add(struct store_snapshot *snap, uint64_t octets, const char *uidl,
    size_t uidl_n)
{
	uint32_t i = snap->count++;
	uint32_t start = i > 0 ? snap->uidl_end[i - 1] : 0;

	/* const is for the readers: the block is ours until it is handed out */
	((uint64_t *)(uintptr_t)snap->octets)[i] = octets;
	((uint32_t *)(uintptr_t)snap->uidl_end)[i] =
	    start + (uint32_t)uidl_n;
	memcpy((char *)(uintptr_t)snap->uidls + start, uidl, uidl_n);
}

void
store_snapshot_free(struct store_snapshot *snap)
{
	free(snap);
}

static bool
looks_hashed(const char *p, size_t n)
{
	if (n != STORE_UIDL_HASHED)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr("0123456789abcdef", p[i]) == NULL)
			return false;
	return true;
}

bool
snapshot_uidl_ok(const char *p, size_t n)
{
	if (n == 0 || n > STORE_UIDL_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x21 || (unsigned char)p[i] > 0x7E)
			return false;
	/* else a file could be given the name of another one's hash */
	return !looks_hashed(p, n);
}

void
snapshot_hash(char out[STORE_UIDL_HASHED], const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)p, n, digest);
	for (size_t i = 0; i < STORE_UIDL_HASHED / 2; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
}
