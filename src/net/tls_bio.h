/* SPDX-License-Identifier: ISC
 *
 * tls_bio: the socket under OpenSSL.  For tls.c and tls_client.c.
 */
#ifndef RESTANTE_NET_TLS_BIO_H
#define RESTANTE_NET_TLS_BIO_H

#include <openssl/bio.h>

/* reads and writes fd, which stays its owner's; NULL: memory */
BIO *tls_bio(int fd);

#endif
