/* SPDX-License-Identifier: ISC
 *
 * tls_fixture: certificates made on the spot, and a TLS client that is a pair
 * of memory buffers, for the tests of conn and tls.
 */
#ifndef TESTS_TLS_FIXTURE_H
#define TESTS_TLS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "net/conn.h"
#include "net/tls.h"

struct fixture_cert {
	char *certificate, *key;	/* PEM */
};

/* `san`: "DNS:a,DNS:b" or NULL; days from now; `pass` encrypts the key */
struct fixture_cert fixture_cert(const char *cn, const char *san,
    int from_days, int to_days, const char *pass);
void fixture_cert_done(struct fixture_cert *c);
struct tls_pem fixture_pem(const struct fixture_cert *c);

struct client {
	SSL *ssl;
	int fd;		/* the client's end of the socket pair */
};

SSL_CTX *client_ctx(int min, int max);
/* a pair of sockets: a client over one, a server's conn over the other */
void client_start(struct client *c, SSL_CTX *ctx, const char *sni,
    struct conn *server, struct tls_server *tls);
/* both sides until both are done or one has failed: whether both are done */
bool client_handshake(struct client *c, struct conn *server);
/* without close_notify */
void client_drop(struct client *c);

/* what OpenSSL holds, counted by the allocator under it */
struct heap { size_t octets, blocks; };
extern struct heap fixture_heap;
/* before anything else of OpenSSL */
void fixture_count_heap(void);

#endif
