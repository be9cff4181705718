/* SPDX-License-Identifier: ISC
 *
 * tls_bio: the socket under OpenSSL.  For tls.c and tls_client.c.
 */
#ifndef RESTANTE_NET_TLS_BIO_H
#define RESTANTE_NET_TLS_BIO_H

#include <stdbool.h>

#include <openssl/bio.h>

/* reads and writes fd, which stays its owner's; NULL: memory */
BIO *tls_bio(int fd);
/* Whether a write will follow at once, until the next call: then the kernel
 * need not send a segment for each (MSG_MORE). */
void tls_bio_more(BIO *b, bool more);

#endif
