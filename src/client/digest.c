/* SPDX-License-Identifier: ISC
 *
 * digest: see digest.h.  The plain functions cannot fail.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>

#include "client/digest.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digest),
    "a digest is large enough");

void
digest_init(struct digest *d)
{
	(void)SHA256_Init((SHA256_CTX *)(void *)d);
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	if (n > 0)
		(void)SHA256_Update((SHA256_CTX *)(void *)d, p, n);
}

void
digest_end(struct digest *d, unsigned char out[DIGEST_OCTETS])
{
	(void)SHA256_Final(out, (SHA256_CTX *)(void *)d);
}
