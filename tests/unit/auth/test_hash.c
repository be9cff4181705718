/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/hash: fields of every scheme, made by other programs
 * (Python's hashlib and crypt(3)), and the fields that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "auth/apop.h"
#include "auth/hash.h"

#define SECRET "correct horse battery"
#define SHA512_B64 "zvYeTk7ae6ii/qoSBhf896UTrZIEQjsl4kO30/VW+ShT6VsVatr/" \
	"3Zon0OUHNq1qa7zFDOipvTUWL315nomlIQ=="
#define SSHA512_B64 "IcF/qHKRQZMVYK73owwO4qynSR4J0FSOWdJVPHXIWgI2XBTHTG2zS" \
	"SUgdCK2lnthtsoW5fJxO2CSixUSWzK8hnNhbHQxMjM0"
#define SHA256_HEX "9028ea0d15decaa35b2da21c0290af3b1a5ba0a30a591906f89b507" \
	"4e209ea72"
#define CRYPT6 "$6$rounds=1000$saltsalt$cR7uED9S9icrxa11Lj7F5D.7U8449gpqBXy" \
	"D2HSpuHRpxCc17kJRpsJMsHp434Y8yykgmcefOmxgCH44Cw7tW/"
#define CRYPT5 "$5$rounds=1000$saltsalt$DoN2WcBhpG46VIH/EyfZvcagZwm42q0Yk." \
	"N4cUSDxm1"
#define CRYPT2 "$2y$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"
#define CRYPTY "$y$j75$saltsaltsaltsalt$i0U6QPeUyGxYtEnutouf42LadE7HLtQuiZw" \
	"w2.qczq7"
#define CRYPT1 "$1$saltsalt$UevX3RQ4rPNbqFqf8dVFn."

static const struct good {
	const char *field;
	enum hash_kind kind;
} good[] = {
	{ "{PLAIN}" SECRET, HASH_PLAIN },
	{ "{plain}" SECRET, HASH_PLAIN },
	{ "{CLEARTEXT}" SECRET, HASH_PLAIN },
	{ "{PLAIN.b64}Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", HASH_PLAIN },
	{ "{PLAIN.HEX}636f727265637420686f7273652062617474657279",
	  HASH_PLAIN },
	{ "{SHA}mN7MYuzjmaIu0w1JDvMzvn/ec4U=", HASH_SHA1 },
	{ "{SHA1.hex}98decc62ece399a22ed30d490ef333be7fde7385", HASH_SHA1 },
	{ "{SSHA}di5l2pK8y2/qiQRXFlYfg9v1M3FzYWx0MTIzNA==", HASH_SHA1 },
	{ "{SHA256}kCjqDRXeyqNbLaIcApCvOxpboKMKWRkG+JtQdOIJ6nI=",
	  HASH_SHA256 },
	{ "{SHA256}" SHA256_HEX, HASH_SHA256 },
	{ "{SHA256.hex}" SHA256_HEX, HASH_SHA256 },
	{ "{SSHA256.b64}wQ80zmXccOzJGrkP6AtpBd+PTx+vJ8j+mp7NzIba+9RzYWx0MTI"
	  "zNA==", HASH_SHA256 },
	{ "{SHA512}" SHA512_B64, HASH_SHA512 },
	{ "{SSHA512}" SSHA512_B64, HASH_SHA512 },
	{ "{SHA512-CRYPT}" CRYPT6, HASH_CRYPT_SHA512 },
	{ "{CRYPT}" CRYPT6, HASH_CRYPT_SHA512 },
	{ CRYPT6, HASH_CRYPT_SHA512 },
	{ "{SHA256-CRYPT}" CRYPT5, HASH_CRYPT_SHA256 },
	{ "{BLF-CRYPT}" CRYPT2, HASH_CRYPT_BCRYPT },
	{ CRYPT2, HASH_CRYPT_BCRYPT },
	{ "{YESCRYPT}" CRYPTY, HASH_CRYPT_YESCRYPT },
	{ "{CRYPT}" CRYPTY, HASH_CRYPT_YESCRYPT },
	{ CRYPTY, HASH_CRYPT_YESCRYPT },
	{ "{MD5-CRYPT}" CRYPT1, HASH_CRYPT_MD5 },
	{ CRYPT1, HASH_CRYPT_MD5 }
};

static enum hash_result
check(const char *field, const char *secret)
{
	return hash_check(span_str(field), span_str(secret));
}

static void
every_scheme_fits_its_secret_alone(void **state)
{
	const char *error;
	unsigned long before;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *f = good[i].field;

		print_message("%s\n", f);
		assert_int_equal(hash_classify(span_str(f), &error),
		    good[i].kind);
		assert_null(error);
		before = hash_count(good[i].kind);
		assert_int_equal(check(f, SECRET), HASH_FITS);
		assert_int_equal(check(f, "correct horse batterz"),
		    HASH_WRONG);
		assert_int_equal(check(f, "correct horse batter"),
		    HASH_WRONG);
		assert_int_equal(check(f, ""), HASH_WRONG);
		assert_int_equal(hash_count(good[i].kind), before + 4);
	}
	/* DES looks at eight octets */
	assert_int_equal(check("abpWIu4f4hFp2", "correct"), HASH_FITS);
	assert_int_equal(check("abpWIu4f4hFp2", "incorrect"), HASH_WRONG);
}

static void
nothing_fits_a_locked_field(void **state)
{
	static const char *const locked[] = {
		"", "*", "!", "!" CRYPT6, "*LK*", "{CRYPT}!" CRYPT6,
		"{CRYPT}*", "{PLAIN}", "{PLAIN.b64}"
	};
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		assert_int_equal(hash_classify(span_str(locked[i]), &error),
		    HASH_LOCKED);
		assert_null(error);
		assert_int_equal(check(locked[i], SECRET), HASH_WRONG);
		assert_int_equal(check(locked[i], ""), HASH_WRONG);
	}
}

static void
what_we_do_not_know_is_said(void **state)
{
	static const struct { const char *field, *why; } bad[] = {
		{ "{ARGON2ID}$argon2id$v=19$m=65536", "unknown password" },
		{ "{}x", "unknown password" },
		{ "{PLAIN", "{ without }" },
		{ "{SHA.b65}mN7MYuzjmaIu0w1JDvMzvn/ec4U=", "coding" },
		{ "{CRYPT.b64}" CRYPT6, "no coding" },
		{ "{SHA}mN7MYuzjmaIu0w1JDvMzvn/ec4U", "base64" },
		{ "{SHA}mN7MYuzjmaIu0w1JDvMzvn/ec4V=", "base64" },
		{ "{SHA.hex}98decc62ece399a22ed30d490ef333be7fde738g",
		  "hexadecimal" },
		{ "{SHA.hex}98d", "hexadecimal" },
		{ "{SHA256}mN7MYuzjmaIu0w1JDvMzvn/ec4U=", "wrong length" },
		/* a salted digest without a salt */
		{ "{SSHA}mN7MYuzjmaIu0w1JDvMzvn/ec4U=", "wrong length" },
		{ "x", "neither" },
		{ "secret", "neither" },
		{ "abpWIu4f4hFp2a", "neither" },
		{ "$9$what", "libcrypt" },
		{ "{CRYPT}", "not a crypt" },
		{ "{YESCRYPT}" SECRET, "neither" }
	};
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i].field);
		assert_int_equal(hash_classify(span_str(bad[i].field),
		    &error), HASH_UNKNOWN);
		assert_non_null(error);
		assert_non_null(strstr(error, bad[i].why));
		assert_int_equal(check(bad[i].field, SECRET), HASH_ERROR);
	}
}

/* RFC 4616 section 2 wants 255 octets; crypt(3) takes 511 */
static void
long_and_odd_secrets(void **state)
{
	char field[HASH_TEXT_MAX], longest[HASH_SECRET_MAX + 1];
	const char *error;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(hash_make("SHA512-CRYPT", span_of(longest,
	    HASH_SECRET_MAX), field, &error), 0);
	assert_int_equal(hash_check(span_str(field), span_of(longest,
	    HASH_SECRET_MAX)), HASH_FITS);
	assert_int_equal(hash_check(span_str(field), span_of(longest,
	    HASH_SECRET_MAX + 1)), HASH_WRONG);
	assert_int_equal(hash_check(span_str(field), span_of(longest,
	    HASH_SECRET_MAX - 1)), HASH_WRONG);
	/* what stands behind a NUL is not ignored */
	assert_int_equal(hash_check(span_str("{CRYPT}" CRYPT6),
	    span_of(SECRET "\0x", sizeof(SECRET) + 1)), HASH_WRONG);
	assert_int_equal(hash_check(span_str("{PLAIN}a"),
	    span_of("a\0", 2)), HASH_WRONG);
}

static void
new_hashes_fit(void **state)
{
	static const struct { const char *scheme, *begin; } all[] = {
		{ NULL, "{CRYPT}$y$" },
		{ "yescrypt", "{CRYPT}$y$" },
		{ "SHA512-CRYPT", "{SHA512-CRYPT}$6$" },
		{ "SHA256-CRYPT", "{SHA256-CRYPT}$5$" },
		{ "BLF-CRYPT", "{BLF-CRYPT}$2y$10$" },
		{ "PLAIN", "{PLAIN.b64}" }	/* for its blanks */
	};
	char a[HASH_TEXT_MAX], b[HASH_TEXT_MAX];
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(hash_make(all[i].scheme, span_str(SECRET), a,
		    &error), 0);
		assert_memory_equal(a, all[i].begin, strlen(all[i].begin));
		assert_null(strchr(a, ':'));
		assert_int_equal(check(a, SECRET), HASH_FITS);
		assert_int_equal(check(a, SECRET "!"), HASH_WRONG);
		assert_int_equal(hash_make(all[i].scheme, span_str(SECRET), b,
		    &error), 0);
		if (strcmp(all[i].begin, "{PLAIN.b64}") != 0)
			assert_string_not_equal(a, b);	/* own salts */
	}
	assert_int_equal(hash_make("PLAIN", span_str("tanstaaf"), a, &error),
	    0);
	assert_string_equal(a, "{PLAIN}tanstaaf");
	assert_int_equal(hash_make("PLAIN", span_str("a:b"), a, &error), 0);
	assert_null(strchr(a, ':'));
	assert_int_equal(check(a, "a:b"), HASH_FITS);
	assert_int_equal(hash_make("ROT13", span_str("x"), a, &error), -1);
	assert_non_null(strstr(error, "SHA512-CRYPT"));
	assert_int_equal(hash_make(NULL, span_str(""), a, &error), -1);
	assert_int_equal(hash_make(NULL, span_of("a\0b", 3), a, &error), -1);
}

static void
clear_secrets(void **state)
{
	unsigned char out[HASH_SECRET_MAX];
	size_t n;

	(void)state;
	assert_int_equal(hash_clear(span_str("{PLAIN}tanstaaf"), out, &n), 0);
	assert_int_equal(n, 8);
	assert_memory_equal(out, "tanstaaf", 8);
	assert_int_equal(hash_clear(span_str("{PLAIN.hex}6162"), out, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(hash_clear(span_str(CRYPT6), out, &n), -1);
	assert_int_equal(hash_clear(span_str("{SHA}x"), out, &n), -1);
	assert_int_equal(hash_clear(span_str("{PLAIN}"), out, &n), -1);
}

/* B-39: the vector of RFC 1939 section 7; an upper-case digest is wrong */
static void
b39_apop(void **state)
{
	static const char stamp[] = "<1896.697170952@dbc.mtview.ca.us>";
	static const char md5[] = "c4c9334bac560ecc979e58001b3e22fb";
	char bad[sizeof(md5)];

	(void)state;
#define APOP(secret, digest) \
	apop_check(span_str(stamp), span_str(secret), span_str(digest))
	assert_int_equal(APOP("tanstaaf", md5), HASH_FITS);
	assert_int_equal(APOP("tanstaag", md5), HASH_WRONG);
	assert_int_equal(APOP("tanstaaf", ""), HASH_WRONG);
	assert_int_equal(APOP("tanstaaf", "c4c9334bac560ecc979e58001b3e22f"),
	    HASH_WRONG);
	assert_int_equal(APOP("tanstaaf",
	    "c4c9334bac560ecc979e58001b3e22fb0"), HASH_WRONG);
	assert_int_equal(APOP("tanstaaf", "C4C9334BAC560ECC979E58001B3E22FB"),
	    HASH_WRONG);
	for (size_t i = 0; i < sizeof(md5) - 1; i++) {
		memcpy(bad, md5, sizeof(md5));
		bad[i] = bad[i] == '0' ? '1' : '0';
		assert_int_equal(APOP("tanstaaf", bad), HASH_WRONG);
	}
	assert_int_equal(apop_check(span_str("<1896.697170952@x>"),
	    span_str("tanstaaf"), span_str(md5)), HASH_WRONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scheme_fits_its_secret_alone),
		cmocka_unit_test(nothing_fits_a_locked_field),
		cmocka_unit_test(what_we_do_not_know_is_said),
		cmocka_unit_test(long_and_odd_secrets),
		cmocka_unit_test(new_hashes_fit),
		cmocka_unit_test(clear_secrets),
		cmocka_unit_test(b39_apop)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
