/* SPDX-License-Identifier: ISC
 *
 * tls_pem: a certificate chain and its key out of PEM text.  For tls.c.
 */
#ifndef RESTANTE_NET_TLS_PEM_H
#define RESTANTE_NET_TLS_PEM_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* Puts the pair into ctx: NULL, or what is wrong (static text). */
const char *tls_pem_load(SSL_CTX *ctx, const struct tls_pem *pem);

#endif
