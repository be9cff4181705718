/* SPDX-License-Identifier: ISC
 *
 * tls_client_impl: what the files of tls_client share.  For them alone.
 */
#ifndef RESTANTE_NET_TLS_CLIENT_IMPL_H
#define RESTANTE_NET_TLS_CLIENT_IMPL_H

#include <openssl/ssl.h>

#include "net/conn.h"
#include "net/tls_client.h"
#include "net/tls_client_name.h"
#include "net/tls_client_pin.h"

enum {
	TLS_MARK = 32,		/* SHA-256 */
	TLS_FAULT_TEXT = 400,
	TLS_SAID = 60
};

struct tls_client {
	unsigned refs;
	SSL_CTX *ctx;
	struct tls_wanted wanted;
	struct tls_pin pin;
	/* of all settings and of the trusted certificates: a session is
	 * resumed only where the same would have been accepted */
	unsigned char mark[TLS_MARK];
};

/* what is known of the other side of one connection; freed with its SSL */
struct tls_peer {
	struct tls_client *client;
	enum tls_client_fault fault;	/* of the certificate */
	char *text;			/* about it, or NULL */
	int alert;			/* a fatal one, or -1 */
	bool alert_is_theirs;
	unsigned char said[TLS_SAID];	/* its first octets, if no TLS */
	size_t said_n;
};

/* NULL: not a client's connection */
struct tls_peer *tls_client_peer(const SSL *ssl);

/* for SSL_CTX_set_cert_verify_callback: chain, name, pin */
int tls_client_verify(X509_STORE_CTX *sc, void *arg);

/* Offers to resume what `blob` holds, if it may be (tls_client_bind.c). */
void tls_client_offer(SSL *ssl, const struct tls_client *t,
    struct pop_span blob);

/* Sets whom ctx trusts: the certificates of the file, or (NULL) the
 * system's; and adds them to the mark.  0, or -1 and a text. */
__attribute__((warn_unused_result))
int tls_client_trust(SSL_CTX *ctx, const char *ca_file, EVP_MD_CTX *mark,
    char *error, size_t size);
/* adds n octets, told apart from those before and after; 1 or 0 */
__attribute__((warn_unused_result))
int tls_client_mark(EVP_MD_CTX *mark, const void *p, size_t n);

#endif
