/* SPDX-License-Identifier: ISC
 *
 * tls_client_name: is this certificate for that server?  For tls_client*.c.
 */
#ifndef RESTANTE_NET_TLS_CLIENT_NAME_H
#define RESTANTE_NET_TLS_CLIENT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "net/tls_names.h"

/* what the user wants to talk to: the reference identifiers of RFC 6125 */
struct tls_wanted {
	unsigned char ip[16];
	size_t ip_len;		/* 4, 16; 0: not an address */
	char host[TLS_NAME_MAX + 1];	/* "" when it is an address */
	char domain[TLS_NAME_MAX + 1];	/* of the mail address, or "" */
	char srv[TLS_NAME_MAX + 66];	/* "_pop3s.example.net", or "" */
};

/* `domain` and `service` may be NULL.  0, or -1 when the host or the domain
 * is no name that a certificate could have. */
__attribute__((warn_unused_result))
int tls_wanted_init(struct tls_wanted *w, const char *host,
    const char *domain, const char *service);

bool tls_client_name_matches(const struct tls_wanted *w, const X509 *cert);

/* "a.example.net, b.example.net and 3 more", fit for a terminal; "nobody"
 * when there is no name at all */
void tls_client_name_list(const X509 *cert, char *out, size_t size);

/* copies n octets of a peer's; what a terminal must not see is "?" */
void tls_client_printable(const void *p, size_t n, char *out, size_t size);

#endif
