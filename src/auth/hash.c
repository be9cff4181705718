/* SPDX-License-Identifier: ISC
 *
 * hash: see hash.h.  crypt(3) does the slow schemes, OpenSSL the plain
 * digests.  Must not keep anything of a secret: every copy is wiped before
 * its memory goes back.
 */
#include "auth/hash.h"

#include <crypt.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base64.h"

enum coding { CODING_NONE, CODING_BASE64, CODING_HEX };

enum { DIGEST_DATA_MAX = 256, FIELD_MAX = 1024 };

struct scheme {
	const char *name;
	enum hash_kind kind;
	bool salted;
};

static const struct scheme schemes[] = {
	{ "PLAIN", HASH_PLAIN, false },
	{ "CLEARTEXT", HASH_PLAIN, false },
	{ "CLEAR", HASH_PLAIN, false },
	{ "SHA", HASH_SHA1, false },
	{ "SHA1", HASH_SHA1, false },
	{ "SSHA", HASH_SHA1, true },
	{ "SHA256", HASH_SHA256, false },
	{ "SSHA256", HASH_SHA256, true },
	{ "SHA512", HASH_SHA512, false },
	{ "SSHA512", HASH_SHA512, true },
	/* which crypt(3) method it is, the value itself says */
	{ "CRYPT", HASH_CRYPT_OTHER, false },
	{ "DES-CRYPT", HASH_CRYPT_OTHER, false },
	{ "MD5-CRYPT", HASH_CRYPT_OTHER, false },
	{ "SHA256-CRYPT", HASH_CRYPT_OTHER, false },
	{ "SHA512-CRYPT", HASH_CRYPT_OTHER, false },
	{ "BLF-CRYPT", HASH_CRYPT_OTHER, false },
	{ "YESCRYPT", HASH_CRYPT_OTHER, false }
};

static const struct method {
	const char *prefix;
	enum hash_kind kind;
} methods[] = {
	{ "$1$", HASH_CRYPT_MD5 },
	{ "$5$", HASH_CRYPT_SHA256 },
	{ "$6$", HASH_CRYPT_SHA512 },
	{ "$2", HASH_CRYPT_BCRYPT },
	{ "$y$", HASH_CRYPT_YESCRYPT },
	{ "$", HASH_CRYPT_OTHER }
};

static const char *const kind_names[HASH_KINDS] = {
	[HASH_LOCKED] = "locked",
	[HASH_UNKNOWN] = "unknown",
	[HASH_PLAIN] = "PLAIN",
	[HASH_SHA1] = "SHA",
	[HASH_SHA256] = "SHA256",
	[HASH_SHA512] = "SHA512",
	[HASH_CRYPT_DES] = "DES-CRYPT",
	[HASH_CRYPT_MD5] = "MD5-CRYPT",
	[HASH_CRYPT_SHA256] = "SHA256-CRYPT",
	[HASH_CRYPT_SHA512] = "SHA512-CRYPT",
	[HASH_CRYPT_BCRYPT] = "BLF-CRYPT",
	[HASH_CRYPT_YESCRYPT] = "YESCRYPT",
	[HASH_CRYPT_OTHER] = "CRYPT"
};

/* a password field, taken apart */
struct field {
	enum hash_kind kind;
	enum coding coding;
	bool salted;
	struct pop_span value;	/* what follows {SCHEME} */
};

static atomic_ulong counts[HASH_KINDS];

const char *
hash_kind_name(enum hash_kind kind)
{
	return kind_names[kind];
}

unsigned long
hash_count(enum hash_kind kind)
{
	return atomic_load(&counts[kind]);
}

static enum hash_kind
unknown(const char *why, const char **error_r)
{
	*error_r = why;
	return HASH_UNKNOWN;
}

/* The suffix of a scheme's name: {SSHA.hex}. */
static int
parse_coding(struct pop_span suffix, enum coding *coding_r)
{
	if (span_eq_nocase(suffix, span_str("b64")) ||
	    span_eq_nocase(suffix, span_str("base64")))
		*coding_r = CODING_BASE64;
	else if (span_eq_nocase(suffix, span_str("hex")))
		*coding_r = CODING_HEX;
	else
		return -1;
	return 0;
}

static bool
is_crypt_octet(unsigned char c)
{
	return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* A bare value without "$" is DES: exactly 13 octets of its alphabet, so
 * that a secret which somebody wrote without {PLAIN} is not mistaken. */
static enum hash_kind
crypt_des(struct pop_span v, const char **error_r)
{
	bool ok = v.n == 13;

	for (size_t i = 0; ok && i < v.n; i++)
		ok = is_crypt_octet(v.p[i]);
	if (!ok)
		return unknown("neither a crypt(3) hash nor {SCHEME}value",
		    error_r);
	return HASH_CRYPT_DES;
}

static enum hash_kind
crypt_kind(struct pop_span v, const char **error_r)
{
	char text[CRYPT_OUTPUT_SIZE];
	int r;

	if (v.n == 0 || v.n >= sizeof(text) || memchr(v.p, 0, v.n) != NULL)
		return unknown("not a crypt(3) hash", error_r);
	if (v.p[0] != '$')
		return crypt_des(v, error_r);
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	r = crypt_checksalt(text);
	explicit_bzero(text, sizeof(text));
	if (r == CRYPT_SALT_INVALID || r == CRYPT_SALT_METHOD_DISABLED)
		return unknown("libcrypt does not know this kind of hash",
		    error_r);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t n = strlen(methods[i].prefix);

		if (v.n >= n && memcmp(v.p, methods[i].prefix, n) == 0)
			return methods[i].kind;
	}
	return unknown("not a crypt(3) hash", error_r);
}

static size_t
digest_size(enum hash_kind kind)
{
	if (kind == HASH_SHA1)
		return 20;
	return kind == HASH_SHA256 ? 32 : 64;
}

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
hex_decode(unsigned char *out, size_t *n_r, struct pop_span v)
{
	if (v.n % 2 != 0)
		return -1;
	for (size_t i = 0; i < v.n; i += 2) {
		int hi = hex_digit(v.p[i]), lo = hex_digit(v.p[i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[i / 2] = (unsigned char)(hi << 4 | lo);
	}
	*n_r = v.n / 2;
	return 0;
}

/* out: v.n octets are always enough */
static int
decode(enum coding coding, struct pop_span v, unsigned char *out, size_t *n_r)
{
	switch (coding) {
	case CODING_NONE:
		if (v.n > 0)
			memcpy(out, v.p, v.n);
		*n_r = v.n;
		return 0;
	case CODING_BASE64:
		return base64_decode(out, n_r, v);
	case CODING_HEX:
		return hex_decode(out, n_r, v);
	}
	return -1;
}

/* Is the value of a cheap scheme well formed? Its message, or NULL. */
static const char *
check_value(struct field *f)
{
	unsigned char data[FIELD_MAX];
	size_t n, want;
	int r;

	if (f->value.n > FIELD_MAX)
		return "value too long";
	if (f->kind != HASH_PLAIN && f->coding == CODING_NONE)
		/* without a suffix an unsalted digest may be either */
		f->coding = !f->salted &&
		    f->value.n == 2 * digest_size(f->kind) ?
		    CODING_HEX : CODING_BASE64;
	r = decode(f->coding, f->value, data, &n);
	explicit_bzero(data, sizeof(data));
	if (r != 0)
		return f->coding == CODING_HEX ? "not hexadecimal" :
		    "not base64";
	if (f->kind == HASH_PLAIN)
		return n > HASH_SECRET_MAX ? "clear secret too long" : NULL;
	want = digest_size(f->kind);
	if (n > DIGEST_DATA_MAX || (f->salted ? n <= want : n != want))
		return "digest of the wrong length";
	return NULL;
}

/* {NAME}value or {NAME.coding}value */
static enum hash_kind
parse_scheme(struct pop_span text, struct field *f, const char **error_r)
{
	const unsigned char *end = memchr(text.p, '}', text.n);
	const unsigned char *dot;
	struct pop_span name, suffix;

	if (end == NULL)
		return unknown("{ without }", error_r);
	name = span_of(text.p + 1, (size_t)(end - text.p) - 1);
	f->value = text;
	span_skip(&f->value, (size_t)(end - text.p) + 1);
	dot = memchr(name.p, '.', name.n);
	if (dot != NULL) {
		suffix = name;
		span_skip(&suffix, (size_t)(dot - name.p) + 1);
		name.n = (size_t)(dot - name.p);
		if (parse_coding(suffix, &f->coding) != 0)
			return unknown("unknown coding behind the scheme; "
			    ".b64 and .hex are known", error_r);
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!span_eq_nocase(name, span_str(schemes[i].name)))
			continue;
		f->salted = schemes[i].salted;
		return schemes[i].kind;
	}
	return unknown("unknown password scheme; known are CRYPT, YESCRYPT, "
	    "SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, PLAIN, SHA, SSHA, SHA256, "
	    "SSHA256, SHA512, SSHA512", error_r);
}

static struct field
parse_field(struct pop_span text, const char **error_r)
{
	struct field f = { .kind = HASH_LOCKED, .value = text };

	*error_r = NULL;
	if (text.n == 0 || text.p[0] == '*' || text.p[0] == '!')
		return f;
	f.kind = text.p[0] == '{' ? parse_scheme(text, &f, error_r) :
	    HASH_CRYPT_OTHER;
	if (f.kind == HASH_UNKNOWN)
		return f;
	if (hash_is_slow(f.kind)) {
		if (f.coding != CODING_NONE)
			f.kind = unknown("crypt(3) hashes have no coding",
			    error_r);
		else if (f.value.n > 0 &&
		    (f.value.p[0] == '*' || f.value.p[0] == '!'))
			f.kind = HASH_LOCKED;
		else
			f.kind = crypt_kind(f.value, error_r);
		return f;
	}
	*error_r = check_value(&f);
	if (*error_r != NULL)
		f.kind = HASH_UNKNOWN;
	else if (f.value.n == 0)
		/* "{PLAIN}": an empty secret must not open anything */
		f.kind = HASH_LOCKED;
	return f;
}

enum hash_kind
hash_classify(struct pop_span field, const char **error_r)
{
	return parse_field(field, error_r).kind;
}

static const char *
digest_name(enum hash_kind kind)
{
	if (kind == HASH_SHA1)
		return "SHA1";
	return kind == HASH_SHA256 ? "SHA256" : "SHA512";
}

/* Digest of secret and salt, one behind the other. */
static int
digest(const char *name, struct pop_span secret, struct pop_span salt,
    unsigned char out[EVP_MAX_MD_SIZE], size_t *n_r)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	int ok = 0;

	if (md != NULL && ctx != NULL)
		ok = EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
		    EVP_DigestUpdate(ctx, secret.p, secret.n) == 1 &&
		    EVP_DigestUpdate(ctx, salt.p, salt.n) == 1 &&
		    EVP_DigestFinal_ex(ctx, out, &n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	*n_r = n;
	return ok ? 0 : -1;
}

static enum hash_result
check_digest(const struct field *f, struct pop_span secret)
{
	unsigned char data[FIELD_MAX], md[EVP_MAX_MD_SIZE];
	size_t n, mdn, want = digest_size(f->kind);
	enum hash_result r = HASH_ERROR;

	if (decode(f->coding, f->value, data, &n) == 0 && n >= want &&
	    digest(digest_name(f->kind), secret,
	    span_of(data + want, n - want), md, &mdn) == 0 && mdn == want)
		r = CRYPTO_memcmp(md, data, want) == 0 ? HASH_FITS :
		    HASH_WRONG;
	explicit_bzero(data, sizeof(data));
	explicit_bzero(md, sizeof(md));
	return r;
}

/* Digests are compared, so that neither content nor length shows in time. */
static enum hash_result
check_plain(const struct field *f, struct pop_span secret)
{
	unsigned char data[FIELD_MAX];
	unsigned char a[EVP_MAX_MD_SIZE], b[EVP_MAX_MD_SIZE];
	struct pop_span none = { 0 };
	size_t n, an, bn;
	enum hash_result r = HASH_ERROR;

	if (decode(f->coding, f->value, data, &n) == 0 &&
	    digest("SHA256", span_of(data, n), none, a, &an) == 0 &&
	    digest("SHA256", secret, none, b, &bn) == 0)
		r = CRYPTO_memcmp(a, b, an) == 0 ? HASH_FITS : HASH_WRONG;
	explicit_bzero(data, sizeof(data));
	explicit_bzero(a, sizeof(a));
	explicit_bzero(b, sizeof(b));
	return r;
}

struct crypt_work {
	struct crypt_data data;
	char secret[HASH_SECRET_MAX + 1];
	char stored[CRYPT_OUTPUT_SIZE];
};

static enum hash_result
check_crypt(const struct field *f, struct pop_span secret)
{
	struct crypt_work *w = calloc(1, sizeof(*w));
	enum hash_result r = HASH_ERROR;
	const char *made;
	size_t n;

	if (w == NULL)
		return HASH_ERROR;
	if (secret.n > 0)
		memcpy(w->secret, secret.p, secret.n);
	memcpy(w->stored, f->value.p, f->value.n);
	made = crypt_rn(w->secret, w->stored, &w->data, sizeof(w->data));
	if (made != NULL) {
		n = strlen(made);
		r = n == f->value.n &&
		    CRYPTO_memcmp(made, w->stored, n) == 0 ? HASH_FITS :
		    HASH_WRONG;
	}
	explicit_bzero(w, sizeof(*w));
	free(w);
	return r;
}

enum hash_result
hash_check(struct pop_span field, struct pop_span secret)
{
	const char *error;
	struct field f = parse_field(field, &error);
	bool never = secret.n > HASH_SECRET_MAX ||
	    (secret.n > 0 && memchr(secret.p, 0, secret.n) != NULL);
	enum hash_result r;

	if (f.kind == HASH_LOCKED)
		return HASH_WRONG;
	if (f.kind == HASH_UNKNOWN)
		return HASH_ERROR;
	/* what fits nothing costs the same as what does not fit */
	if (never)
		secret.n = 0;
	if (hash_is_slow(f.kind))
		r = check_crypt(&f, secret);
	else if (f.kind == HASH_PLAIN)
		r = check_plain(&f, secret);
	else
		r = check_digest(&f, secret);
	atomic_fetch_add(&counts[f.kind], 1);
	return never && r == HASH_FITS ? HASH_WRONG : r;
}

int
hash_clear(struct pop_span field, unsigned char *out, size_t *n_r)
{
	const char *error;
	struct field f = parse_field(field, &error);
	unsigned char data[FIELD_MAX];
	size_t n;
	int r = -1;

	if (f.kind != HASH_PLAIN)
		return -1;
	if (decode(f.coding, f.value, data, &n) == 0 &&
	    n <= HASH_SECRET_MAX) {
		if (n > 0)
			memcpy(out, data, n);
		*n_r = n;
		r = 0;
	}
	explicit_bzero(data, sizeof(data));
	return r;
}
