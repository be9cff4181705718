/* SPDX-License-Identifier: ISC
 *
 * tls_client: the client's side of TLS (OpenSSL 3): who the server must be.
 *
 * TLS 1.2 and 1.3, SNI, ALPN "pop3".  The chain is always verified, and
 * the name: RFC 7817 and RFC 9525 (DNS-ID, `*` as the whole left-most label
 * alone, SRV-ID when a mail domain is given; never the subject's common
 * name).  With a pin the public key must be that one, and the chain and name
 * need not hold: a pin is a statement by the user.
 */
#ifndef RESTANTE_NET_TLS_CLIENT_H
#define RESTANTE_NET_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

struct conn;
struct tls_client;	/* settings of one account; reference counted by its
			 * connections, all of them in one thread */

struct tls_client_spec {
	const char *ca_file;	/* PEM; NULL: the system's; not read when
				 * there is a pin */
	const char *name;	/* the server's, for SNI and the certificate;
				 * may be an address */
	const char *mail_domain;	/* SRV-ID accepted: or NULL */
	const char *srv_service;	/* "_pop3s" or "_pop3" with STLS */
	const char *pin;	/* "sha256:BASE64" of the SPKI, or
				 * "cert-sha256:HEX" (colons allowed); NULL */
	const char *certificate, *key;	/* PEM files, or NULL; without a key
					 * it is in the certificate's file */
	const char *alpn;	/* "pop3", or NULL (LMTP, SMTP) */
};

/* NULL and a text for people that names the file */
struct tls_client *tls_client_new(const struct tls_client_spec *spec,
    char *error, size_t error_size);
void tls_client_unref(struct tls_client *t);	/* NULL is ignored */

/* TLS from now on (see conn.h: then conn_handshake until it is not
 * CONN_AGAIN).  `session`: what tls_client_session gave earlier, or empty; one
 * that cannot be used is ignored. 0 or -1 (memory). */
__attribute__((warn_unused_result))
int conn_tls_connect(struct conn *c, struct tls_client *t,
    struct pop_span session);

enum tls_client_fault {
	TLS_CLIENT_NONE = 0,
	TLS_CLIENT_HANDSHAKE,	/* see conn's why */
	TLS_CLIENT_NOT_TLS,	/* the peer answered in plain text */
	TLS_CLIENT_CERT,	/* chain, dates, purpose */
	TLS_CLIENT_NAME,
	TLS_CLIENT_PIN
};
/* After conn_handshake gave CONN_ERROR: what, and a text for people that goes
 * behind the server's name (300 octets hold it): "the certificate expired on
 * 2026-10-01", "the certificate is for mail.example.org, not
 * pop.example.net", "the certificate is self-signed; its pin is sha256:...",
 * "there is no TLS on this port: the server answered in plain text, "+OK"".
 * Fit for a terminal, whatever the peer sent. */
enum tls_client_fault tls_client_fault(const struct conn *c, char *text,
    size_t size);

/* After the handshake, and better after the first octets from the server (TLS
 * 1.3 sends tickets late): the session is appended, to be resumed by a later
 * connection.  0, or -1 when there is none yet (or no room).  It is a secret.
 * It is bound to all settings and to who is trusted, and not used once the
 * certificate that it began with has expired.  Each connection's own is the
 * one to keep: servers may take a ticket once only. */
__attribute__((warn_unused_result))
int tls_client_session(const struct conn *c, struct buf *out);
bool tls_client_resumed(const struct conn *c);

/* Channel bindings (RFC 9266, RFC 5929); `out` has 64 octets at least.
 * Octets, or 0 when this connection has none of that type: the exporter wants
 * TLS 1.3 or the extended master secret, "unique" TLS 1.2 (and that secret
 * when resumed), "end point" a certificate whose signature has a hash. */
size_t tls_client_exporter(const struct conn *c, unsigned char out[64]);
size_t tls_client_unique(const struct conn *c, unsigned char out[64]);
size_t tls_client_end_point(const struct conn *c, unsigned char out[64]);
/* the pin of the server's public key, "sha256:..." (52 octets with the NUL);
 * 0 or -1 */
__attribute__((warn_unused_result))
int tls_client_pin(const struct conn *c, char *out, size_t size);
/* the end of validity of the server's certificate, seconds since 1970, or 0 */
long long tls_client_expiry(const struct conn *c);

#endif
