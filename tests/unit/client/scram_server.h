/* SPDX-License-Identifier: ISC
 *
 * scram_server: the server's side of SCRAM (RFC 5802, 7677), written for tests
 * alone and with OpenSSL alone: what libgsasl computes is compared with it.
 */
#ifndef RESTANTE_TEST_SCRAM_SERVER_H
#define RESTANTE_TEST_SCRAM_SERVER_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRAM_TEXT = 1024 };

struct scram_server {
	/* to be set */
	const char *digest;		/* "SHA256", "SHA1" */
	const char *password;
	const char *salt64, *nonce;	/* its part of the nonce */
	unsigned rounds;
	const void *binding;		/* octets expected with p=, or NULL */
	size_t binding_n;
	/* seen */
	char gs2[64], bare[SCRAM_TEXT], first[SCRAM_TEXT];
	char name[64];
};

/* salted password, proof and server signature, the latter two as base64 */
void scram_compute(const struct scram_server *s, const char *auth_message,
    char proof64[64], char v64[64]);
/* client-first to server-first; false: malformed */
bool scram_first(struct scram_server *s, const char *in, char *out,
    size_t size);
/* client-final to "v=..."; false: binding or proof are wrong */
bool scram_final(struct scram_server *s, const char *in, char *out,
    size_t size);

#endif
