/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: what a client says to prove who it is.  The octets are a
 * message of PLAIN, with or without an initial response before it; then an
 * APOP stamp and secret; then a list of mechanisms.  PLAIN is read a second
 * time here, an APOP digest is made with OpenSSL and then spoilt.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "auth/apop.h"
#include "auth/sasl.h"
#include "proto/sasl.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { PART_MAX = 511 };

static void
need(int truth)
{
	if (!truth)
		abort();
}

/* Takes what is before the next NUL; false when there is none. */
static bool
part(struct pop_span *s, struct pop_span *part_r)
{
	const unsigned char *nul = s->n == 0 ? NULL : memchr(s->p, 0, s->n);

	if (nul == NULL)
		return false;
	*part_r = span_of(s->p, (size_t)(nul - s->p));
	span_skip(s, part_r->n + 1);
	return true;
}

static bool
is_ascii(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* RFC 4616 section 2: [authzid] NUL authcid NUL passwd */
static void
check_claim(struct pop_span text, enum sasl_result r,
    const struct sasl_claim *claim)
{
	unsigned char prepared[SASL_PREPARED_MAX];
	struct pop_span zid, cid;
	size_t size;
	bool good = part(&text, &zid) && part(&text, &cid) && cid.n > 0 &&
	    text.n > 0 && memchr(text.p, 0, text.n) == NULL;

	need(r == SASL_PASSWORD || r == SASL_DENIED);
	if (r == SASL_PASSWORD) {
		need(good && (zid.n == 0 || span_eq(zid, claim->name)));
		need(claim->name.n <= PART_MAX && claim->secret.n <= PART_MAX);
		need(!is_ascii(cid) || span_eq(cid, claim->name));
		/* PASS with the same octets claims the same password */
		size = sasl_prepare(text, prepared);
		need(span_eq(span_of(prepared, size), claim->secret));
	} else if (good && is_ascii(zid) && is_ascii(cid) && is_ascii(text)) {
		need(cid.n > PART_MAX || text.n > PART_MAX ||
		    (zid.n > 0 && !span_eq(zid, cid)));
	}
}

static void
check_plain(struct pop_span text, bool at_once)
{
	static struct sasl *sasl;
	struct sasl_session *s;
	struct sasl_claim claim;
	enum sasl_result r;

	if (sasl == NULL)
		sasl = sasl_new();
	need(sasl != NULL);
	s = sasl_session_new(sasl, span_str("plain"));
	need(s != NULL);
	if (!at_once) {
		r = sasl_step(s, span_of("", 0), false, &claim);
		need(r == SASL_CHALLENGE && claim.challenge.n == 0);
	}
	r = sasl_step(s, text, true, &claim);
	check_claim(text, r, &claim);
	sasl_session_free(s);
}

static void
digest_of(struct pop_span stamp, struct pop_span secret, char hex[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	need(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1);
	need(EVP_DigestUpdate(ctx, stamp.p, stamp.n) == 1);
	need(EVP_DigestUpdate(ctx, secret.p, secret.n) == 1);
	need(EVP_DigestFinal_ex(ctx, md, NULL) == 1);
	EVP_MD_CTX_free(ctx);
	for (int i = 0; i < 16; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[32] = '\0';
}

static void
check_apop(struct pop_span text, unsigned char spoil)
{
	struct pop_span stamp = span_of(text.p, text.n / 2), secret = text;
	char hex[33];

	span_skip(&secret, stamp.n);
	digest_of(stamp, secret, hex);
	need(apop_check(stamp, secret, span_of(hex, 32)) == HASH_FITS);
	need(apop_check(stamp, secret, span_of(hex, 31)) == HASH_WRONG);
	need(apop_check(stamp, secret, span_of(hex, 33)) == HASH_WRONG);
	hex[spoil % 32] ^= (char)(1 + spoil / 32);
	need(apop_check(stamp, secret, span_of(hex, 32)) == HASH_WRONG);
	need(apop_check(stamp, secret, text) == HASH_WRONG || text.n == 32);
}

static void
check_names(struct pop_span list)
{
	struct pop_span rest = list, name;
	size_t used = 0;

	while (sasl_next(&rest, &name)) {
		need(name.n > 0 && memchr(name.p, ' ', name.n) == NULL);
		need(name.p >= list.p + used);
		for (; list.p + used < name.p; used++)
			need(list.p[used] == ' ');
		used += name.n;
		need(!sasl_is_clear(name) || sasl_is_name(name));
		if (sasl_is_name(name))
			need(name.n <= 20 && is_ascii(name));
	}
	for (; used < list.n; used++)
		need(list.p[used] == ' ');
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_span text;

	if (n < 1)
		return 0;
	text = span_of(data + 1, n - 1);
	check_plain(text, data[0] & 1);
	check_apop(text, data[0]);
	check_names(text);
	return 0;
}
