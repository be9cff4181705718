/* SPDX-License-Identifier: ISC
 *
 * tls_fixture: see the header.  Must not contain a case.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "tls_fixture.h"

/* ---- the counting allocator ---- */

struct heap fixture_heap;

enum { HEAD = 16 };

static void *
count_malloc(size_t n, const char *file, int line)
{
	char *p = malloc(n + HEAD);

	(void)file;
	(void)line;
	if (p == NULL)
		return NULL;
	memcpy(p, &n, sizeof(n));
	fixture_heap.octets += n;
	fixture_heap.blocks++;
	return p + HEAD;
}

static void
count_free(void *p, const char *file, int line)
{
	size_t n;

	(void)file;
	(void)line;
	if (p == NULL)
		return;
	memcpy(&n, (char *)p - HEAD, sizeof(n));
	fixture_heap.octets -= n;
	fixture_heap.blocks--;
	free((char *)p - HEAD);
}

static void *
count_realloc(void *p, size_t n, const char *file, int line)
{
	size_t old;
	void *q;

	if (p == NULL)
		return count_malloc(n, file, line);
	if (n == 0) {
		count_free(p, file, line);
		return NULL;
	}
	memcpy(&old, (char *)p - HEAD, sizeof(old));
	q = count_malloc(n, file, line);
	if (q != NULL) {
		memcpy(q, p, old < n ? old : n);
		count_free(p, file, line);
	}
	return q;
}

void
fixture_count_heap(void)
{
	assert_int_equal(CRYPTO_set_mem_functions(count_malloc,
	    count_realloc, count_free), 1);
}

/* ---- certificates ---- */

static char *
text_of(BIO *b)
{
	char *p, *text;
	long n = BIO_get_mem_data(b, &p);

	text = malloc((size_t)n + 1);
	assert_non_null(text);
	memcpy(text, p, (size_t)n);
	text[n] = '\0';
	BIO_free(b);
	return text;
}

static X509 *
new_x509(EVP_PKEY *key, const char *cn, const char *san, int from, int to)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_EXTENSION *e;

	assert_non_null(x);
	assert_true(X509_set_version(x, 2) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), from * 86400L) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), to * 86400L) != NULL &&
	    X509_set_pubkey(x, key) &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) &&
	    X509_set_issuer_name(x, X509_get_subject_name(x)));
	if (san != NULL) {
		e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
		    san);
		assert_non_null(e);
		assert_true(X509_add_ext(x, e, -1));
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

struct fixture_cert
fixture_cert(const char *cn, const char *san, int from_days, int to_days,
    const char *pass)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	struct fixture_cert cert;
	X509 *x;

	assert_non_null(key);
	x = new_x509(key, cn, san, from_days, to_days);
	assert_true(PEM_write_bio_X509(c, x));
	assert_true(PEM_write_bio_PKCS8PrivateKey(k, key,
	    pass != NULL ? EVP_aes_128_cbc() : NULL, pass,
	    pass != NULL ? (int)strlen(pass) : 0, NULL, NULL));
	cert.certificate = text_of(c);
	cert.key = text_of(k);
	X509_free(x);
	EVP_PKEY_free(key);
	return cert;
}

void
fixture_cert_done(struct fixture_cert *c)
{
	free(c->certificate);
	free(c->key);
}

struct tls_pem
fixture_pem(const struct fixture_cert *c)
{
	return (struct tls_pem){ "cert.pem", c->certificate,
		strlen(c->certificate), c->key, strlen(c->key) };
}

/* ---- the client ---- */

SSL_CTX *
client_ctx(int min, int max)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);	/* may offer old things */
	assert_true(SSL_CTX_set_min_proto_version(ctx, min));
	assert_true(SSL_CTX_set_max_proto_version(ctx, max));
	return ctx;
}

void
client_start(struct client *c, SSL_CTX *ctx, const char *sni,
    struct conn *server, struct tls_server *tls)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), 0);
	c->fd = sv[1];
	c->ssl = SSL_new(ctx);
	assert_non_null(c->ssl);
	assert_true(SSL_set_fd(c->ssl, c->fd));
	if (sni != NULL)
		assert_true(SSL_set_tlsext_host_name(c->ssl, sni));
	SSL_set_connect_state(c->ssl);
	conn_init(server, sv[0]);
	if (tls != NULL)
		assert_int_equal(conn_tls_accept(server, tls), 0);
}

bool
client_handshake(struct client *c, struct conn *server)
{
	int s = CONN_AGAIN, r = -1, i;

	for (i = 0; i < 100 && (s != 0 || r != 1); i++) {
		if (r != 1) {
			ERR_clear_error();
			r = SSL_do_handshake(c->ssl);
			if (r != 1 && SSL_get_error(c->ssl, r) !=
			    SSL_ERROR_WANT_READ)
				return false;
		}
		if (s == CONN_AGAIN)
			s = conn_handshake(server);
		if (s == CONN_ERROR) {
			/* take the alert */
			if (r != 1)
				(void)SSL_do_handshake(c->ssl);
			return false;
		}
	}
	return s == 0 && r == 1;
}

void
client_drop(struct client *c)
{
	/* else OpenSSL holds the session for broken and never resumes it */
	SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	c->ssl = NULL;
	c->fd = -1;
}
