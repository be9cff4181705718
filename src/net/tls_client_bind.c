/* SPDX-License-Identifier: ISC
 *
 * tls_client_bind: what outlives or ties to one TLS connection: its session,
 * its channel bindings, the server's pin.
 *
 * Owns the form in which sessions are kept and the rule when one may be
 * resumed: the handshake that resumes shows no certificate, so nothing that
 * made the first one acceptable may have changed since.
 */
#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "base/text.h"
#include "net/tls_client_impl.h"

/* ---- sessions ----
 * The word, the mark of the settings, the session as OpenSSL writes it. */

static const char form[8] = "restls1\n";

enum { HEAD = sizeof(form) + TLS_MARK };

/* What the mark cannot say: time has passed, and the blob is what we wrote. */
static bool
still_good(const struct tls_client *t, const SSL_SESSION *s)
{
	X509 *cert = SSL_SESSION_get0_peer((SSL_SESSION *)s);

	if (cert == NULL || !SSL_SESSION_is_resumable(s))
		return false;
	if (t->pin.kind != TLS_PIN_NONE)
		return tls_pin_holds(&t->pin, cert);
	return X509_cmp_current_time(X509_get0_notAfter(cert)) > 0 &&
	    X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
	    tls_client_name_matches(&t->wanted, cert);
}

void
tls_client_offer(SSL *ssl, const struct tls_client *t, struct pop_span blob)
{
	const unsigned char *p;
	SSL_SESSION *s;

	if (blob.n <= HEAD || blob.n > 1 << 20 ||
	    memcmp(blob.p, form, sizeof(form)) != 0 ||
	    memcmp(blob.p + sizeof(form), t->mark, TLS_MARK) != 0)
		return;
	p = blob.p + HEAD;
	s = d2i_SSL_SESSION(NULL, &p, (long)(blob.n - HEAD));
	if (s != NULL && p == blob.p + blob.n && still_good(t, s)) {
		/* when it fails there will be a full handshake */
		(void)SSL_set_session(ssl, s);
	}
	SSL_SESSION_free(s);
	ERR_clear_error();
}

int
tls_client_session(const struct conn *c, struct buf *out)
{
	const struct tls_peer *peer = tls_client_peer(c->ssl);
	SSL_SESSION *s;
	unsigned char *p;
	int n;

	if (peer == NULL || c->broken || !SSL_is_init_finished(c->ssl))
		return -1;
	s = SSL_get0_session(c->ssl);
	if (s == NULL || !SSL_SESSION_is_resumable(s))
		return -1;	/* the ticket has not come yet */
	n = i2d_SSL_SESSION(s, NULL);
	if (n <= 0 || buf_reserve(out, HEAD + (size_t)n) != BUF_OK)
		return -1;
	p = out->p + out->n;
	memcpy(p, form, sizeof(form));
	memcpy(p + sizeof(form), peer->client->mark, TLS_MARK);
	p += HEAD;
	if (i2d_SSL_SESSION(s, &p) != n)
		return -1;
	out->n += HEAD + (size_t)n;
	return 0;
}

bool
tls_client_resumed(const struct conn *c)
{
	return tls_client_peer(c->ssl) != NULL && SSL_session_reused(c->ssl);
}

/* ---- channel bindings ---- */

static bool
is_ready(const struct conn *c)
{
	return tls_client_peer(c->ssl) != NULL && !c->broken &&
	    SSL_is_init_finished(c->ssl);
}

/* RFC 7627: without it two TLS 1.2 connections can be made to look alike */
static bool
has_extended_secret(const struct conn *c)
{
	return SSL_get_extms_support(c->ssl) == 1;
}

/* RFC 9266: a context of no octets is a context nevertheless (TLS 1.2 tells
 * it from none) */
size_t
tls_client_exporter(const struct conn *c, unsigned char out[64])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (!is_ready(c) || (SSL_version(c->ssl) < TLS1_3_VERSION &&
	    !has_extended_secret(c)))
		return 0;
	if (SSL_export_keying_material(c->ssl, out, 32, label,
	    sizeof(label) - 1, (const unsigned char *)"", 0, 1) == 1)
		return 32;
	ERR_clear_error();
	return 0;
}

/* RFC 5929 section 3: the first Finished of the handshake, which is ours in
 * a full one and the server's where a session is resumed.  Not defined for
 * TLS 1.3 (RFC 8446 appendix C.5); RFC 7677 section 4: resumed, it binds
 * nothing without the extended master secret. */
size_t
tls_client_unique(const struct conn *c, unsigned char out[64])
{
	size_t n;

	if (!is_ready(c) || SSL_version(c->ssl) != TLS1_2_VERSION)
		return 0;
	if (!SSL_session_reused(c->ssl))
		n = SSL_get_finished(c->ssl, out, 64);
	else if (has_extended_secret(c))
		n = SSL_get_peer_finished(c->ssl, out, 64);
	else
		n = 0;
	return n <= 64 ? n : 0;
}

/* RFC 5929 section 4.1: the hash of the certificate's own signature, but
 * SHA-256 for MD5 and SHA-1; a signature without a hash (EdDSA) has none */
size_t
tls_client_end_point(const struct conn *c, unsigned char out[64])
{
	const EVP_MD *md;
	unsigned n = 0;
	int nid = NID_undef;
	X509 *cert;

	if (!is_ready(c))
		return 0;
	cert = SSL_get0_peer_certificate(c->ssl);
	if (cert == NULL ||
	    !X509_get_signature_info(cert, &nid, NULL, NULL, NULL))
		nid = NID_undef;
	if (nid == NID_md5 || nid == NID_sha1 || nid == NID_md5_sha1)
		nid = NID_sha256;
	md = nid == NID_undef ? NULL : EVP_get_digestbynid(nid);
	if (md == NULL || EVP_MD_get_size(md) > 64 ||
	    X509_digest(cert, md, out, &n) != 1)
		n = 0;
	ERR_clear_error();
	return n;
}

/* ---- the certificate ---- */

/* not before the handshake is done: until then OpenSSL shows that of the
 * session which is only offered */
static const X509 *
certificate(const struct conn *c)
{
	return is_ready(c) ? SSL_get0_peer_certificate(c->ssl) : NULL;
}

int
tls_client_pin(const struct conn *c, char *out, size_t size)
{
	const X509 *cert = certificate(c);
	char text[TLS_PIN_TEXT];
	struct tls_pin pin;

	if (cert == NULL || tls_pin_of(&pin, TLS_PIN_KEY, cert) != 0)
		return -1;
	tls_pin_text(&pin, text);
	return text_format(out, size, "%s", text) ? -1 : 0;
}

long long
tls_client_expiry(const struct conn *c)
{
	const X509 *cert = certificate(c);
	struct tm tm;

	if (cert == NULL || !ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return 0;
	return timegm(&tm);
}
