/* SPDX-License-Identifier: ISC
 *
 * tls_pem: reads PEM text into OpenSSL and says in plain words what is wrong
 * with it.
 *
 * Owns the words of tls_check.  Must not open files, nor ask anybody for a
 * pass phrase.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/tls_pem.h"

static char check_text[512];

/* Called for an encrypted key only; without it OpenSSL would ask on the
 * terminal. */
static int
no_pass_phrase(char *buf, int size, int rw, void *arg)
{
	int *asked = arg;

	(void)buf;
	(void)size;
	(void)rw;
	*asked = 1;
	return -1;
}

static BIO *
open_text(const char *p, size_t n)
{
	if (p == NULL || n == 0 || n > INT_MAX)
		return NULL;
	return BIO_new_mem_buf(p, (int)n);
}

/* the rest of the file: intermediate certificates */
static const char *
load_chain(SSL_CTX *ctx, BIO *b)
{
	unsigned long e;
	X509 *x;

	while ((x = PEM_read_bio_X509(b, NULL, no_pass_phrase, NULL)) !=
	    NULL) {
		if (!SSL_CTX_add0_chain_cert(ctx, x)) {
			X509_free(x);
			return "cannot use a certificate of the chain";
		}
	}
	e = ERR_peek_last_error();
	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return "a certificate of the chain is unreadable";
	ERR_clear_error();
	return NULL;
}

static const char *
load_certificate(SSL_CTX *ctx, const struct tls_pem *pem)
{
	const char *what = NULL;
	unsigned long e;
	BIO *b;
	X509 *x;

	b = open_text(pem->certificate, pem->certificate_len);
	if (b == NULL)
		return "no certificate: the file is empty";
	x = PEM_read_bio_X509_AUX(b, NULL, no_pass_phrase, NULL);
	e = ERR_peek_last_error();
	if (x == NULL)
		what = ERR_GET_REASON(e) == PEM_R_NO_START_LINE ?
		    "no certificate: PEM with BEGIN CERTIFICATE expected" :
		    "the certificate is unreadable";
	else if (!SSL_CTX_use_certificate(ctx, x))
		what = ERR_GET_REASON(ERR_peek_last_error()) ==
		    SSL_R_EE_KEY_TOO_SMALL ? "the key is too small" :
		    "the certificate cannot be used";
	else
		what = load_chain(ctx, b);
	X509_free(x);
	BIO_free(b);
	return what;
}

static const char *
load_key(SSL_CTX *ctx, const struct tls_pem *pem)
{
	const char *what = NULL;
	EVP_PKEY *key;
	int asked = 0;
	BIO *b;

	b = open_text(pem->key, pem->key_len);
	if (b == NULL)
		return "no private key: the file is empty";
	key = PEM_read_bio_PrivateKey(b, NULL, no_pass_phrase, &asked);
	if (asked)
		what = "the private key is encrypted: remove its pass "
		    "phrase (openssl pkey)";
	else if (key == NULL)
		what = "no readable private key: PEM with BEGIN PRIVATE KEY "
		    "expected";
	else if (X509_check_private_key(SSL_CTX_get0_certificate(ctx),
	    key) != 1)
		what = "the private key does not belong to the certificate";
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
		what = "the private key cannot be used";
	EVP_PKEY_free(key);
	BIO_free(b);
	return what;
}

const char *
tls_pem_load(SSL_CTX *ctx, const struct tls_pem *pem)
{
	const char *what;

	ERR_clear_error();
	what = load_certificate(ctx, pem);
	if (what == NULL)
		what = load_key(ctx, pem);
	ERR_clear_error();
	return what;
}

/* "expired on ..." or "not valid before ...", or NULL */
static const char *
check_dates(const char *name, const X509 *x)
{
	const ASN1_TIME *when = X509_get0_notAfter(x);
	const char *what = "expired on";
	char date[64] = "";
	BIO *b;
	int n;

	if (X509_cmp_current_time(when) >= 0) {
		when = X509_get0_notBefore(x);
		what = "not valid before";
		if (X509_cmp_current_time(when) < 0)
			return NULL;
	}
	b = BIO_new(BIO_s_mem());
	if (b != NULL && ASN1_TIME_print(b, when) == 1) {
		n = BIO_read(b, date, sizeof(date) - 1);
		date[n > 0 ? n : 0] = '\0';
	}
	BIO_free(b);
	if (snprintf(check_text, sizeof(check_text),
	    "%s: the certificate is %s %s", name, what, date) < 0)
		return "the certificate is not valid now";
	return check_text;
}

int
tls_check(const struct tls_pem *pem, const char **error_r,
    const char **warning_r)
{
	const char *what = "out of memory";
	SSL_CTX *ctx;

	*warning_r = NULL;
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx != NULL)
		what = tls_pem_load(ctx, pem);
	if (what == NULL) {
		*warning_r = check_dates(pem->name,
		    SSL_CTX_get0_certificate(ctx));
		SSL_CTX_free(ctx);
		return 0;
	}
	SSL_CTX_free(ctx);
	ERR_clear_error();
	if (snprintf(check_text, sizeof(check_text), "%s: %s", pem->name,
	    what) < 0)
		check_text[0] = '\0';
	*error_r = check_text;
	return -1;
}
