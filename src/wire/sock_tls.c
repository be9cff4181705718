/* SPDX-License-Identifier: ISC
 *
 * sock_tls.c: the client's side of TLS: takes any certificate, unless the
 * target says whose it must be; offers a client certificate or an old version
 * when a case says so.
 */
#include "wire/sock.h"

#include <fcntl.h>
#include <poll.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

SSL_CTX *
sock_tls_context(const struct sock_target *to)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int ok = ctx != NULL;

	if (ok)
		SSL_CTX_set_verify(ctx, to->tls_name == NULL ?
		    SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (ok && to->tls_name != NULL && to->ca_file != NULL)
		ok = SSL_CTX_load_verify_file(ctx, to->ca_file) == 1;
	else if (ok && to->tls_name != NULL)
		ok = SSL_CTX_set_default_verify_paths(ctx) == 1;
	/* a server that asks for it could keep a write from ever ending */
	if (ok)
		SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (ok)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* The name for SNI, and who must be there. An address is no name (RFC 6066
 * section 3). */
static bool
set_name(SSL *ssl, const char *wanted)
{
	const char *name = wanted != NULL ? wanted : "pop.example.net";

	if (wanted != NULL && X509_VERIFY_PARAM_set1_ip_asc(
	    SSL_get0_param(ssl), wanted) == 1)
		return true;
	return SSL_set_tlsext_host_name(ssl, name) == 1 &&
	    (wanted == NULL || SSL_set1_host(ssl, wanted) == 1);
}

static X509 *
self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name;
	bool ok;

	if (x == NULL)
		return NULL;
	name = X509_get_subject_name(x);
	ok = X509_set_version(x, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL &&
	    X509_set_pubkey(x, key) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"wren", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0;
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static int
add_certificate(SSL *ssl)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key == NULL ? NULL : self_signed(key);
	int rc = -1;

	if (x != NULL && SSL_use_certificate(ssl, x) == 1 &&
	    SSL_use_PrivateKey(ssl, key) == 1)
		rc = 0;
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}

/* TLS 1.0 and 1.1 need SHA-1 signatures: security level 0 */
static int
allow_old(SSL *ssl, unsigned version)
{
	int v = version == 10 ? TLS1_VERSION : TLS1_1_VERSION;

	SSL_set_security_level(ssl, 0);
	if (SSL_set_min_proto_version(ssl, v) != 1 ||
	    SSL_set_max_proto_version(ssl, v) != 1 ||
	    SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0") != 1)
		return -1;
	return 0;
}

static int
say_error(const SSL *ssl, struct buf *why)
{
	char text[200] = "the server has closed";
	unsigned long e = ERR_peek_last_error();
	long v = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);

	if (v != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
	    peer_why(why, "the certificate: ") != 0)
		return peer_why(why, X509_verify_cert_error_string(v));
	if (e != 0)
		ERR_error_string_n(e, text, sizeof text);
	return peer_why(why, text);
}

/* 0 done, -1 the server refuses, -2 it never came to a hello */
static int
shake_hands(struct sock_conn *k, struct buf *why)
{
	int64_t end = sock_now_ms() + SOCK_SEND_MS;
	int rc, kind;

	for (;;) {
		ERR_clear_error();
		rc = SSL_connect(k->ssl);
		if (rc == 1)
			return 0;
		kind = SSL_get_error(k->ssl, rc);
		if (kind != SSL_ERROR_WANT_READ &&
		    kind != SSL_ERROR_WANT_WRITE)
			break;
		if (sock_now_ms() > end) {
			(void)peer_why(why, "the handshake hangs");
			return -2;
		}
		(void)sock_wait(k->fd, kind == SSL_ERROR_WANT_READ ?
		    POLLIN : POLLOUT, 1000);
	}
	(void)say_error(k->ssl, why);
	return BIO_number_written(SSL_get_wbio(k->ssl)) > 0 ? -1 : -2;
}

int
sock_tls_start(struct sock_conn *k, enum wire_tls kind, unsigned version,
    struct buf *why)
{
	int flags = fcntl(k->fd, F_GETFL), rc = 0;

	k->ssl = SSL_new(k->s->tls);
	if (k->ssl == NULL || flags < 0 ||
	    fcntl(k->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    SSL_set_fd(k->ssl, k->fd) != 1 ||
	    !set_name(k->ssl, k->s->to.tls_name))
		rc = -1;
	if (rc == 0 && kind == WIRE_TLS_CERT)
		rc = add_certificate(k->ssl);
	if (rc == 0 && kind == WIRE_TLS_OLD)
		rc = allow_old(k->ssl, version);
	if (rc != 0) {
		(void)say_error(k->ssl, why);
		return -2;
	}
	return shake_hands(k, why);
}
