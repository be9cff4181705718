/* SPDX-License-Identifier: ISC
 *
 * scram_server: see scram_server.h.
 */
#include "scram_server.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"

static void
to_base64(char *out, const void *p, size_t n)
{
	out[base64_encode((unsigned char *)out, p, n)] = '\0';
}

static void
mac(const EVP_MD *md, const unsigned char *key, int n, const char *text,
    unsigned char *out)
{
	HMAC(md, key, n, (const unsigned char *)text, strlen(text), out,
	    NULL);
}

void
scram_compute(const struct scram_server *s, const char *auth_message,
    char proof64[64], char v64[64])
{
	const EVP_MD *md = EVP_get_digestbyname(s->digest);
	unsigned char salt[64], salted[64], key[64], stored[64], sig[64];
	int n = EVP_MD_get_size(md);
	size_t salt_n = 0;

	if (base64_decode(salt, &salt_n, span_str(s->salt64)) != 0)
		salt_n = 0;
	PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), salt,
	    (int)salt_n, (int)s->rounds, md, n, salted);
	mac(md, salted, n, "Client Key", key);
	EVP_Digest(key, (size_t)n, stored, NULL, md, NULL);
	mac(md, stored, n, auth_message, sig);
	for (int i = 0; i < n; i++)
		sig[i] ^= key[i];
	to_base64(proof64, sig, (size_t)n);
	mac(md, salted, n, "Server Key", key);
	mac(md, key, n, auth_message, sig);
	to_base64(v64, sig, (size_t)n);
}

bool
scram_first(struct scram_server *s, const char *in, char *out, size_t size)
{
	const char *bare = strstr(in, ",,"), *nonce;

	if (bare == NULL)
		return false;
	bare += 2;
	text_format(s->gs2, sizeof(s->gs2), "%.*s", (int)(bare - in), in);
	text_format(s->bare, sizeof(s->bare), "%s", bare);
	nonce = strstr(bare, ",r=");
	if (strncmp(bare, "n=", 2) != 0 || nonce == NULL)
		return false;
	text_format(s->name, sizeof(s->name), "%.*s",
	    (int)(nonce - bare - 2), bare + 2);
	text_format(s->first, sizeof(s->first), "r=%s%s,s=%s,i=%u",
	    nonce + 3, s->nonce, s->salt64, s->rounds);
	text_format(out, size, "%s", s->first);
	return true;
}

static bool
binding_is_right(const struct scram_server *s, const char *c64, size_t n)
{
	unsigned char want[256];
	char want64[512];
	size_t gs2 = strlen(s->gs2), bound = 0;

	memcpy(want, s->gs2, gs2);
	if (s->gs2[0] == 'p')
		bound = s->binding_n;
	if (bound > 0)
		memcpy(want + gs2, s->binding, bound);
	to_base64(want64, want, gs2 + bound);
	return strlen(want64) == n && memcmp(want64, c64, n) == 0;
}

bool
scram_final(struct scram_server *s, const char *in, char *out, size_t size)
{
	char auth[3 * SCRAM_TEXT], proof[64], v[64];
	const char *nonce = strstr(in, ",r="), *p = strstr(in, ",p=");
	const char *full = s->first + 2, *end = strchr(full, ',');

	if (strncmp(in, "c=", 2) != 0 || nonce == NULL || p == NULL ||
	    !binding_is_right(s, in + 2, (size_t)(nonce - in) - 2) ||
	    p - nonce - 3 != end - full ||
	    memcmp(nonce + 3, full, (size_t)(end - full)) != 0)
		return false;
	text_format(auth, sizeof(auth), "%s,%s,%.*s", s->bare, s->first,
	    (int)(p - in), in);
	scram_compute(s, auth, proof, v);
	text_format(out, size, "v=%s", v);
	return strcmp(proof, p + 3) == 0;
}
