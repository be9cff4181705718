/* SPDX-License-Identifier: ISC
 *
 * tls_client_pin: "sha256:BASE64" of the public key (its DER
 * SubjectPublicKeyInfo) and "cert-sha256:HEX" of the certificate.  For
 * tls_client*.c.
 */
#ifndef RESTANTE_NET_TLS_CLIENT_PIN_H
#define RESTANTE_NET_TLS_CLIENT_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

enum tls_pin_kind { TLS_PIN_NONE, TLS_PIN_KEY, TLS_PIN_CERTIFICATE };
enum { TLS_PIN_TEXT = 80 };	/* octets for any of them, with the NUL */

struct tls_pin {
	enum tls_pin_kind kind;
	unsigned char digest[32];
};

/* 0, or -1 when it is neither of the two forms */
__attribute__((warn_unused_result))
int tls_pin_parse(struct tls_pin *pin, const char *text);
/* what the pin of that kind would be; 0, or -1 (memory) */
__attribute__((warn_unused_result))
int tls_pin_of(struct tls_pin *pin, enum tls_pin_kind kind,
    const X509 *cert);
bool tls_pin_holds(const struct tls_pin *pin, const X509 *cert);
void tls_pin_text(const struct tls_pin *pin, char out[TLS_PIN_TEXT]);

#endif
