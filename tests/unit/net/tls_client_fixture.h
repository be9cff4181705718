/* SPDX-License-Identifier: ISC
 *
 * tls_client_fixture: a certificate authority of our own, and a client and a
 * server in one process, for the tests of tls_client.
 */
#ifndef TESTS_TLS_CLIENT_FIXTURE_H
#define TESTS_TLS_CLIENT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "net/conn.h"
#include "net/tls.h"
#include "net/tls_client.h"

struct issued {
	X509 *x;
	EVP_PKEY *key;
};

struct order {			/* what a certificate shall be */
	const struct issued *by;	/* NULL: itself */
	const char *cn;
	size_t cn_len;		/* 0: its length */
	const char *san;	/* "DNS:a,IP:192.0.2.1", or NULL */
	const char *raw_dns;	/* one more dNSName, of raw_len octets */
	size_t raw_len;
	const char *eku;	/* "clientAuth", or NULL */
	const char *key;	/* "ED25519", or NULL: P-256 */
	const char *digest;	/* "SHA1", or NULL: SHA256 */
	bool ca;
	int from, to;		/* days from now; both 0: -1 and 9 */
};

struct issued issue(const struct order *order);
void issued_done(struct issued *c);
/* "sha256:..." or "cert-sha256:..." in memory that the next call reuses */
const char *pin_of_key(const struct issued *c);
const char *pin_of_certificate(const struct issued *c, bool colons);
/* writes PEM into a file of the test's own directory; its path, until the
 * next call with that name */
const char *pem_file(const char *name, const struct issued *const *list,
    size_t n, bool with_key);
void pem_files_done(void);

/* `leaf`, then `middle` (or NULL); NULL alpn: "pop3" */
struct tls_server *serve(const struct issued *leaf,
    const struct issued *middle, const char *alpn);

struct pair {
	struct conn c, s;	/* client, server */
};

/* connected, not begun */
void pair_open(struct pair *p);
/* both sides of TLS begin */
void pair_start(struct pair *p, struct tls_client *t, struct tls_server *s,
    struct pop_span session);
/* until both are done (0) or one has failed: what the client's side gave */
int pair_handshake(struct pair *p);
void pair_close(struct pair *p);
/* n octets from server to client, as one line */
void pair_say(struct pair *p, const char *line);

#endif
