/* SPDX-License-Identifier: ISC
 *
 * tls_names: which certificate answers to a name.  For tls.c.
 */
#ifndef RESTANTE_NET_TLS_NAMES_H
#define RESTANTE_NET_TLS_NAMES_H

#include <stddef.h>

#include <openssl/x509.h>

enum { TLS_NAME_MAX = 255 };

struct tls_names {
	struct tls_name {
		char *name;	/* lower case; a wildcard begins with "*." */
		size_t index;	/* of the certificate */
	} *list;
	size_t n, cap;
};

/* Lower case without a final dot; the length, or 0 when it is no host name
 * (empty, too long, or with octets that no certificate should carry). */
size_t tls_name_fold(const unsigned char *in, size_t n,
    char out[TLS_NAME_MAX + 1]);

/* Adds what `cert` is valid for: its dNSNames, or without any its common
 * name.  0, or -1 (memory). */
__attribute__((warn_unused_result))
int tls_names_add(struct tls_names *t, X509 *cert, size_t index);
/* after the last tls_names_add, before tls_names_find */
void tls_names_sort(struct tls_names *t);
/* index of the certificate, or -1; takes no memory */
long tls_names_find(const struct tls_names *t, const char *host);
void tls_names_done(struct tls_names *t);

#endif
