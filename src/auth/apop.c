/* SPDX-License-Identifier: ISC
 *
 * apop: see apop.h.  MD5 comes from OpenSSL's EVP interface; where a policy
 * forbids it, APOP gives HASH_ERROR.
 */
#include "auth/apop.h"

#include <stdatomic.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { MD5_SIZE = 16, DIGEST_HEX = 2 * MD5_SIZE };

static atomic_ulong count;

unsigned long
apop_count(void)
{
	return atomic_load(&count);
}

static int
md5(struct pop_span a, struct pop_span b, unsigned char out[MD5_SIZE])
{
	EVP_MD *md = EVP_MD_fetch(NULL, "MD5", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char full[EVP_MAX_MD_SIZE];
	int ok = 0;

	if (md != NULL && ctx != NULL)
		ok = EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
		    EVP_DigestUpdate(ctx, a.p, a.n) == 1 &&
		    EVP_DigestUpdate(ctx, b.p, b.n) == 1 &&
		    EVP_DigestFinal_ex(ctx, full, NULL) == 1;
	if (ok)
		memcpy(out, full, MD5_SIZE);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return ok ? 0 : -1;
}

enum hash_result
apop_check(struct pop_span stamp, struct pop_span secret,
    struct pop_span digest)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[MD5_SIZE], want[DIGEST_HEX];
	int differ;

	atomic_fetch_add(&count, 1);
	if (md5(stamp, secret, sum) != 0)
		return HASH_ERROR;
	for (unsigned i = 0; i < MD5_SIZE; i++) {
		want[2 * i] = (unsigned char)hex[sum[i] >> 4];
		want[2 * i + 1] = (unsigned char)hex[sum[i] & 15];
	}
	differ = digest.n != DIGEST_HEX ||
	    CRYPTO_memcmp(want, digest.p, DIGEST_HEX) != 0;
	explicit_bzero(want, sizeof(want));
	explicit_bzero(sum, sizeof(sum));
	return differ ? HASH_WRONG : HASH_FITS;
}
