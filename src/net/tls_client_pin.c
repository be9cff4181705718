/* SPDX-License-Identifier: ISC
 *
 * tls_client_pin: pins to and from text, and against a certificate.
 *
 * Owns the two text forms.  Must not decide what a pin replaces.
 */
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "net/tls_client_pin.h"

#define KEY_PREFIX "sha256:"
#define CERTIFICATE_PREFIX "cert-sha256:"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "0A1B..." or "0A:1B:...": a colon only between two octets */
static int
parse_hex(unsigned char digest[32], const char *p)
{
	int high, low, i;

	for (i = 0; i < 32; i++) {
		if (i > 0 && *p == ':')
			p++;
		high = hex_value(p[0]);
		low = high < 0 ? -1 : hex_value(p[1]);
		if (low < 0)
			return -1;
		digest[i] = (unsigned char)(high << 4 | low);
		p += 2;
	}
	return *p == '\0' ? 0 : -1;
}

static int
parse_base64(unsigned char digest[32], const char *p)
{
	unsigned char out[BASE64_DECODED(BASE64_ENCODED(32))];
	struct pop_span text = span_str(p);
	size_t n;

	if (text.n != BASE64_ENCODED(32) ||
	    base64_decode(out, &n, text) != 0 || n != 32)
		return -1;
	memcpy(digest, out, 32);
	return 0;
}

/* what stands behind the prefix, or NULL */
static const char *
behind(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++)
		if (*text != *prefix)
			return NULL;
	return text;
}

int
tls_pin_parse(struct tls_pin *pin, const char *text)
{
	const char *key = behind(text, KEY_PREFIX);
	const char *certificate = behind(text, CERTIFICATE_PREFIX);
	struct tls_pin p;

	if (key != NULL && parse_base64(p.digest, key) == 0)
		p.kind = TLS_PIN_KEY;
	else if (certificate != NULL && parse_hex(p.digest, certificate) == 0)
		p.kind = TLS_PIN_CERTIFICATE;
	else
		return -1;
	*pin = p;
	return 0;
}

int
tls_pin_of(struct tls_pin *pin, enum tls_pin_kind kind, const X509 *cert)
{
	struct tls_pin p = { .kind = kind };
	unsigned char *der = NULL;
	int n, ok;

	if (kind == TLS_PIN_CERTIFICATE) {
		ok = X509_digest(cert, EVP_sha256(), p.digest, NULL);
	} else {
		n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
		ok = n > 0 && EVP_Digest(der, (size_t)n, p.digest, NULL,
		    EVP_sha256(), NULL);
		OPENSSL_free(der);
	}
	if (!ok)
		return -1;
	*pin = p;
	return 0;
}

bool
tls_pin_holds(const struct tls_pin *pin, const X509 *cert)
{
	struct tls_pin is;

	return pin->kind != TLS_PIN_NONE &&
	    tls_pin_of(&is, pin->kind, cert) == 0 &&
	    memcmp(is.digest, pin->digest, sizeof(is.digest)) == 0;
}

void
tls_pin_text(const struct tls_pin *pin, char out[TLS_PIN_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char text[65] = "";
	size_t i;

	if (pin->kind == TLS_PIN_KEY) {
		base64_encode(text, pin->digest, sizeof(pin->digest));
	} else {
		for (i = 0; i < sizeof(pin->digest); i++) {
			text[2 * i] = (unsigned char)hex[pin->digest[i] >> 4];
			text[2 * i + 1] =
			    (unsigned char)hex[pin->digest[i] & 15];
		}
	}
	text_format(out, TLS_PIN_TEXT, "%s%s", pin->kind == TLS_PIN_KEY ?
	    KEY_PREFIX : CERTIFICATE_PREFIX, (const char *)text);
}
