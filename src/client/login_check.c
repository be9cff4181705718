/* SPDX-License-Identifier: ISC
 *
 * login_check: what may be sent as name and secret at all, and the digest of
 * APOP.  A line end in either would be a command of its own (C-32).
 */
#include <openssl/evp.h>

#include "client/login_internal.h"

enum { MD5_OCTETS = 16 };

_Static_assert(LOGIN_APOP_HEX == 2 * MD5_OCTETS + 1, "hex digits and a NUL");

static bool
is_clean(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

const char *
login_check_user(const char *user)
{
	if (user == NULL || user[0] == '\0')
		return "the account has no user name";
	/* 0x01 ends the name in OAuth messages */
	if (!is_clean(span_str(user)) || strchr(user, '\001') != NULL)
		return "the user name has a control character in it; it was "
		    "not sent";
	return NULL;
}

const char *
login_check_secret(const struct secret *s,
    const struct login_way *const ways[], size_t n)
{
	bool token = true;

	for (size_t i = 0; i < n; i++)
		token = token && (ways[i]->flags & WAY_TOKEN) != 0;
	if (s == NULL)
		return NULL;
	if (!is_clean(buf_span(&s->value)))
		return "the password has a line end or a NUL in it; it was "
		    "not sent";
	/* RFC 6750 section 2.1 */
	for (size_t i = 0; token && i < s->value.n; i++)
		if (s->value.p[i] <= ' ' || s->value.p[i] >= 0x7f)
			return "the token has characters in it that no token "
			    "has; it was not sent";
	return NULL;
}

int
login_apop(struct pop_span stamp, struct pop_span secret,
    char hex_r[LOGIN_APOP_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned n = 0;
	bool ok;

	/* a machine whose policy forbids MD5 has no APOP */
	ok = md != NULL && EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1 &&
	    EVP_DigestUpdate(md, stamp.p, stamp.n) == 1 &&
	    EVP_DigestUpdate(md, secret.p, secret.n) == 1 &&
	    EVP_DigestFinal_ex(md, digest, &n) == 1 && n == MD5_OCTETS;
	EVP_MD_CTX_free(md);
	if (!ok)
		return -1;
	for (size_t i = 0; i < n; i++) {
		hex_r[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex_r[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	hex_r[2 * (size_t)n] = '\0';
	return 0;
}
