/* SPDX-License-Identifier: ISC
 *
 * tls: the server's certificates and TLS settings (OpenSSL 3).
 *
 * TLS 1.2 and 1.3; no compression, renegotiation or early data; certificates
 * chosen by SNI (names and one-label wildcards of the certificate itself),
 * the first one when nothing matches.  An unknown name costs no memory.  ALPN
 * "pop3" is answered when offered; a list without it is refused on POP3.
 * Reference counted: connections keep the set they began with.
 *
 * Sessions are resumed by tickets alone (one ticket a handshake, nothing is
 * cached here); the ticket key is random, never leaves the process and is
 * replaced every TLS_TICKET_HOURS, so a ticket is good for at most that
 * long.
 */
#ifndef RESTANTE_NET_TLS_H
#define RESTANTE_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

enum { TLS_TICKET_HOURS = 12 };

struct tls_pem {		/* contents, not paths: the front has none */
	const char *name;	/* for messages: the file */
	const char *certificate;
	size_t certificate_len;
	const char *key;
	size_t key_len;
};

struct tls_server;

/* n >= 1. NULL: *error_r says which file and what (valid until the next call
 * of this module). Does not keep the PEM.
 * `alpn`: "pop3" or NULL. */
struct tls_server *tls_server_new(const struct tls_pem *pems, size_t n,
    const char *alpn, const char **error_r);
struct tls_server *tls_server_ref(struct tls_server *t);
/* NULL is ignored */
void tls_server_unref(struct tls_server *t);

struct ssl_st;
/* For conn: the server's side of a connection over fd, or NULL (memory). */
struct ssl_st *tls_server_accept(struct tls_server *t, int fd);

/* For --check and the start: is this pair usable? 0, or -1 with *error_r
 * (mismatch, unreadable, ...); *warning_r is set when it is expired or not
 * yet valid, else NULL. */
int tls_check(const struct tls_pem *pem, const char **error_r,
    const char **warning_r);

#endif
