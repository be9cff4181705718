/* SPDX-License-Identifier: ISC
 *
 * hash: the password field of a user: what it is, and whether a secret fits.
 *
 * Knows the schemes by the names that Dovecot gives them.  Pure functions,
 * callable from any thread.
 */
#ifndef RESTANTE_AUTH_HASH_H
#define RESTANTE_AUTH_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum hash_kind {
	HASH_LOCKED,		/* empty, "*..." or "!...": nothing fits */
	HASH_UNKNOWN,		/* a scheme that we do not have */
	HASH_PLAIN,
	HASH_SHA1,		/* {SHA} and {SSHA}: salt behind the digest */
	HASH_SHA256,
	HASH_SHA512,
	/* crypt(3): slow on purpose, never on the caller's thread */
	HASH_CRYPT_DES,
	HASH_CRYPT_MD5,
	HASH_CRYPT_SHA256,
	HASH_CRYPT_SHA512,
	HASH_CRYPT_BCRYPT,
	HASH_CRYPT_YESCRYPT,
	HASH_CRYPT_OTHER,
	HASH_KINDS
};

enum {
	/* no crypt(3) method takes more; a longer secret fits nothing */
	HASH_SECRET_MAX = 511,
	/* what hash_make may write, with its NUL */
	HASH_TEXT_MAX = 1024
};

enum hash_result {
	HASH_FITS = 0,
	HASH_WRONG = 1,
	HASH_ERROR = -1		/* cannot be told: method or memory missing */
};

/* "YESCRYPT", "PLAIN", ...; "locked", "unknown" */
const char *hash_kind_name(enum hash_kind kind);

static inline bool
hash_is_slow(enum hash_kind kind)
{
	return kind >= HASH_CRYPT_DES;
}

/*
 * What kind of password field is this?  Never fails: a scheme that we do not
 * have, or a malformed value, is HASH_UNKNOWN, and *error_r (static text)
 * says why; else *error_r is NULL.
 */
enum hash_kind hash_classify(struct pop_span field, const char **error_r);

/*
 * Does `secret` fit?  Time does not depend on where they differ.  With
 * HASH_LOCKED always HASH_WRONG, without work.
 */
__attribute__((warn_unused_result))
enum hash_result hash_check(struct pop_span field, struct pop_span secret);

/*
 * The secret itself of a {PLAIN} field, decoded.  out has room for
 * HASH_SECRET_MAX octets.  0 and *n_r, or -1 for any other field.
 */
__attribute__((warn_unused_result))
int hash_clear(struct pop_span field, unsigned char *out, size_t *n_r);

/*
 * A new password field for `secret`; scheme NULL is YESCRYPT; else
 * SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT or PLAIN, in any case.  0, or -1 with
 * static text that says what is accepted.
 */
__attribute__((warn_unused_result))
int hash_make(const char *scheme, struct pop_span secret,
    char out[HASH_TEXT_MAX], const char **error_r);

/* How many checks of this kind ran in this process: equal work for unknown
 * users and wrong passwords is asserted by counting, not by a clock. */
unsigned long hash_count(enum hash_kind kind);

#endif
