/* SPDX-License-Identifier: ISC
 *
 * hash_make: new password fields; see hash.h.  libcrypt chooses salt and
 * cost.  Must not keep anything of a secret.
 */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/hash.h"
#include "base/base64.h"

struct work {
	struct crypt_data data;
	char secret[HASH_SECRET_MAX + 1];
};

static const struct maker {
	const char *scheme;
	const char *label;	/* as Dovecot reads it */
	const char *prefix;	/* NULL: PLAIN */
	unsigned long cost;	/* 0: libcrypt's default */
} makers[] = {
	{ "YESCRYPT", "{CRYPT}", "$y$", 0 },
	{ "SHA512-CRYPT", "{SHA512-CRYPT}", "$6$", 0 },
	{ "SHA256-CRYPT", "{SHA256-CRYPT}", "$5$", 0 },
	/* libcrypt's default of 5 is of 1999 */
	{ "BLF-CRYPT", "{BLF-CRYPT}", "$2y$", 10 },
	{ "PLAIN", "{PLAIN}", NULL, 0 }
};

/* Whatever a passwd-file cannot carry as it is goes as base64. */
static int
make_plain(struct pop_span secret, char out[HASH_TEXT_MAX])
{
	static const char label[] = "{PLAIN.b64}";
	bool bare = true;
	int n;

	for (size_t i = 0; i < secret.n; i++)
		if (secret.p[i] <= ' ' || secret.p[i] >= 0x7f ||
		    secret.p[i] == ':')
			bare = false;
	if (bare) {
		n = snprintf(out, HASH_TEXT_MAX, "{PLAIN}%.*s", (int)secret.n,
		    (const char *)secret.p);
		return n < 0 || n >= HASH_TEXT_MAX ? -1 : 0;
	}
	memcpy(out, label, sizeof(label) - 1);
	n = (int)base64_encode((unsigned char *)out + sizeof(label) - 1,
	    secret.p, secret.n);
	out[sizeof(label) - 1 + (size_t)n] = '\0';
	return 0;
}

static int
make_crypt(const struct maker *m, struct pop_span secret,
    char out[HASH_TEXT_MAX])
{
	struct work *w = calloc(1, sizeof(*w));
	char *salt = crypt_gensalt_ra(m->prefix, m->cost, NULL, 0);
	const char *made = NULL;
	int n = -1;

	if (w != NULL && salt != NULL) {
		memcpy(w->secret, secret.p, secret.n);
		made = crypt_rn(w->secret, salt, &w->data, sizeof(w->data));
	}
	if (made != NULL)
		n = snprintf(out, HASH_TEXT_MAX, "%s%s", m->label, made);
	free(salt);
	if (w != NULL)
		explicit_bzero(w, sizeof(*w));
	free(w);
	return n < 0 || n >= HASH_TEXT_MAX ? -1 : 0;
}

int
hash_make(const char *scheme, struct pop_span secret,
    char out[HASH_TEXT_MAX], const char **error_r)
{
	const struct maker *m = NULL;

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (m == NULL && (scheme == NULL || span_eq_nocase(
		    span_str(scheme), span_str(makers[i].scheme))))
			m = &makers[i];
	if (m == NULL) {
		*error_r = "unknown scheme; accepted are YESCRYPT, "
		    "SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT and PLAIN";
		return -1;
	}
	if (secret.n == 0 || secret.n > HASH_SECRET_MAX ||
	    memchr(secret.p, 0, secret.n) != NULL) {
		*error_r = "a password has 1 to 511 octets and no NUL";
		return -1;
	}
	if ((m->prefix == NULL ? make_plain(secret, out) :
	    make_crypt(m, secret, out)) != 0) {
		*error_r = "libcrypt could not make this hash";
		return -1;
	}
	return 0;
}
