/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: certificate files, names and pins as administrators and users
 * write them.  An octet of 0xff parts the certificate from its key.  A pair
 * that is accepted belongs together by OpenSSL's own reading; a refusal has
 * words for people; a name or a pin that is accepted reads back the same.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/tls.h"
#include "net/tls_client_pin.h"
#include "net/tls_names.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
check_words(const char *text)
{
	need(text != NULL && strlen(text) > 0 && strlen(text) < 512);
	need(strncmp(text, "fuzz: ", 6) == 0);
	for (; *text != '\0'; text++)
		need(*text >= 0x20 && *text <= 0x7e);
}

static void
check_pair(const struct tls_pem *pem)
{
	BIO *c = BIO_new_mem_buf(pem->certificate, (int)pem->certificate_len);
	BIO *k = BIO_new_mem_buf(pem->key, (int)pem->key_len);
	X509 *x;
	EVP_PKEY *key;

	need(c != NULL && k != NULL);
	x = PEM_read_bio_X509_AUX(c, NULL, NULL, NULL);
	key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
	need(x != NULL && key != NULL);
	need(X509_check_private_key(x, key) == 1);
	X509_free(x);
	EVP_PKEY_free(key);
	BIO_free(c);
	BIO_free(k);
}

static void
check_pem(const unsigned char *data, size_t n)
{
	const unsigned char *at = n == 0 ? NULL : memchr(data, 0xff, n);
	size_t first = at == NULL ? n : (size_t)(at - data);
	struct tls_pem pem = { .name = "fuzz" };
	const char *error = NULL, *warning = NULL;
	char *copy = malloc(n + 1);
	int r;

	need(copy != NULL);
	memcpy(copy, data, n);
	pem.certificate = copy;
	pem.certificate_len = first;
	/* one file may hold both */
	pem.key = at == NULL ? copy : copy + first + 1;
	pem.key_len = at == NULL ? n : n - first - 1;
	r = tls_check(&pem, &error, &warning);
	need(ERR_peek_error() == 0);
	if (r == 0)
		check_pair(&pem);
	else
		check_words(error);
	if (warning != NULL)
		check_words(warning);
	free(copy);
}

static void
check_name(const unsigned char *data, size_t n)
{
	char name[TLS_NAME_MAX + 1], again[TLS_NAME_MAX + 1];
	size_t len = tls_name_fold(data, n, name);

	if (len == 0)
		return;
	need(len <= TLS_NAME_MAX && len <= n && strlen(name) == len);
	for (size_t i = 0; i < len; i++)
		need(name[i] > 0x20 && name[i] < 0x7f &&
		    !(name[i] >= 'A' && name[i] <= 'Z'));
	need(name[0] != '.' && name[len - 1] != '.' &&
	    strstr(name, "..") == NULL);
	need(tls_name_fold((unsigned char *)name, len, again) == len);
	need(strcmp(name, again) == 0);
}

static void
check_pin(const unsigned char *data, size_t n)
{
	char *text = malloc(n + 1), shown[TLS_PIN_TEXT];
	struct tls_pin pin = { .kind = TLS_PIN_NONE }, again = pin;

	need(text != NULL);
	memcpy(text, data, n);
	text[n] = '\0';
	if (tls_pin_parse(&pin, text) == 0) {
		need(pin.kind == TLS_PIN_KEY ||
		    pin.kind == TLS_PIN_CERTIFICATE);
		tls_pin_text(&pin, shown);
		need(memchr(shown, '\0', sizeof(shown)) != NULL);
		need(tls_pin_parse(&again, shown) == 0);
		need(again.kind == pin.kind && memcmp(again.digest,
		    pin.digest, sizeof(pin.digest)) == 0);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	ERR_clear_error();
	if (n > 1 << 16)
		return 0;
	check_pem(data, n);
	check_name(data, n);
	check_pin(data, n);
	return 0;
}
