/* SPDX-License-Identifier: ISC
 *
 * digest: SHA-256 of headers and rules.
 *
 * By OpenSSL's plain functions and not by EVP: EVP looks for providers and
 * reads openssl.cnf first, which costs a visit in clear text some 3 MB and a
 * millisecond.
 */
#ifndef RESTANTE_CLIENT_DIGEST_H
#define RESTANTE_CLIENT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_OCTETS = 32 };

struct digest {
	uint64_t private[16];	/* aligned for SHA256_CTX */
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, unsigned char out[DIGEST_OCTETS]);

#endif
