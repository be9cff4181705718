/* SPDX-License-Identifier: ISC
 *
 * tls_client_fixture: see the header.  Must not contain a case.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/text.h"
#include "tls_client_fixture.h"

/* ---- certificates ---- */

static void
extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* a dNSName as no honest authority writes it */
static void
extend_raw(X509 *x, const char *dns, size_t n)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	assert_true(list != NULL && g != NULL && s != NULL);
	assert_true(ASN1_STRING_set(s, dns, (int)n));
	GENERAL_NAME_set0_value(g, GEN_DNS, s);
	assert_true(sk_GENERAL_NAME_push(list, g));
	assert_true(X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0,
	    X509V3_ADD_DEFAULT));
	GENERAL_NAMES_free(list);
}

static EVP_PKEY *
new_key(const char *kind)
{
	EVP_PKEY *key = kind != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, kind) :
	    EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void
sign(X509 *x, EVP_PKEY *key, const char *digest)
{
	const EVP_MD *md = EVP_sha256();

	if (digest != NULL)
		md = EVP_get_digestbyname(digest);
	if (EVP_PKEY_is_a(key, "ED25519"))
		md = NULL;
	assert_true(X509_sign(x, key, md) > 0);
}

struct issued
issue(const struct order *o)
{
	static long serial = 100;
	struct issued c = { X509_new(), new_key(o->key) };
	int from = o->from, to = o->to;

	if (from == 0 && to == 0) {
		from = -1;
		to = 9;
	}
	assert_non_null(c.x);
	assert_true(X509_set_version(c.x, 2) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++) &&
	    X509_gmtime_adj(X509_getm_notBefore(c.x), from * 86400L) &&
	    X509_gmtime_adj(X509_getm_notAfter(c.x), to * 86400L) &&
	    X509_set_pubkey(c.x, c.key));
	if (o->cn != NULL)
		assert_true(X509_NAME_add_entry_by_txt(
		    X509_get_subject_name(c.x), "CN", MBSTRING_ASC,
		    (const unsigned char *)o->cn, o->cn_len > 0 ?
		    (int)o->cn_len : -1, -1, 0));
	assert_true(X509_set_issuer_name(c.x, X509_get_subject_name(
	    o->by != NULL ? o->by->x : c.x)));
	if (o->ca) {
		extend(c.x, NID_basic_constraints, "critical,CA:TRUE");
		extend(c.x, NID_key_usage, "keyCertSign");
	}
	if (o->san != NULL)
		extend(c.x, NID_subject_alt_name, o->san);
	if (o->raw_dns != NULL)
		extend_raw(c.x, o->raw_dns, o->raw_len);
	if (o->eku != NULL)
		extend(c.x, NID_ext_key_usage, o->eku);
	sign(c.x, o->by != NULL ? o->by->key : c.key, o->digest);
	return c;
}

void
issued_done(struct issued *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	c->x = NULL;
	c->key = NULL;
}

const char *
pin_of_key(const struct issued *c)
{
	static char text[80];
	unsigned char digest[32], base64[BASE64_ENCODED(32) + 1];
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(c->key, &der);

	assert_true(n > 0);
	assert_true(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(),
	    NULL));
	OPENSSL_free(der);
	base64[base64_encode(base64, digest, sizeof(digest))] = '\0';
	assert_false(text_format(text, sizeof(text), "sha256:%s",
	    (char *)base64));
	return text;
}

const char *
pin_of_certificate(const struct issued *c, bool colons)
{
	static char text[128];
	unsigned char digest[32];
	size_t i, n;

	assert_true(X509_digest(c->x, EVP_sha256(), digest, NULL));
	assert_false(text_format(text, sizeof(text), "cert-sha256:"));
	for (i = 0; i < sizeof(digest); i++) {
		n = strlen(text);
		assert_false(text_format(text + n, sizeof(text) - n,
		    colons ? "%s%02X" : "%s%02x", colons && i > 0 ? ":" : "",
		    digest[i]));
	}
	return text;
}

/* ---- files ---- */

enum { FILES = 32 };
static char directory[] = "/tmp/restante-tls-XXXXXX";
static char paths[FILES][64];

static const char *
file_path(const char *name)
{
	char path[64];
	int i;

	if (paths[0][0] == '\0')
		assert_non_null(mkdtemp(directory));
	assert_false(text_format(path, sizeof(path), "%s/%s", directory,
	    name));
	for (i = 0; i < FILES && paths[i][0] != '\0'; i++)
		if (strcmp(paths[i], path) == 0)
			return paths[i];
	assert_true(i < FILES);
	memcpy(paths[i], path, sizeof(path));
	return paths[i];
}

const char *
pem_file(const char *name, const struct issued *const *list, size_t n,
    bool with_key)
{
	const char *path = file_path(name);
	FILE *f = fopen(path, "we");
	size_t i;

	assert_non_null(f);
	for (i = 0; i < n; i++)
		assert_true(PEM_write_X509(f, list[i]->x));
	if (with_key)
		assert_true(PEM_write_PrivateKey(f, list[0]->key, NULL, NULL,
		    0, NULL, NULL));
	assert_int_equal(fclose(f), 0);
	return path;
}

void
pem_files_done(void)
{
	int i;

	for (i = 0; i < FILES && paths[i][0] != '\0'; i++)
		unlink(paths[i]);
	if (i > 0)
		assert_int_equal(rmdir(directory), 0);
}

/* ---- the server ---- */

static char *
pem_text(BIO *b, size_t *n_r)
{
	char *p, *text;
	long n = BIO_get_mem_data(b, &p);

	assert_true(n > 0);
	text = malloc((size_t)n);
	assert_non_null(text);
	memcpy(text, p, (size_t)n);
	*n_r = (size_t)n;
	BIO_free(b);
	return text;
}

struct tls_server *
serve(const struct issued *leaf, const struct issued *middle,
    const char *alpn)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	struct tls_pem pem = { .name = "server" };
	char *certificate, *key;
	struct tls_server *t;
	const char *error;

	assert_true(PEM_write_bio_X509(c, leaf->x));
	if (middle != NULL)
		assert_true(PEM_write_bio_X509(c, middle->x));
	assert_true(PEM_write_bio_PrivateKey(k, leaf->key, NULL, NULL, 0,
	    NULL, NULL));
	certificate = pem_text(c, &pem.certificate_len);
	key = pem_text(k, &pem.key_len);
	pem.certificate = certificate;
	pem.key = key;
	t = tls_server_new(&pem, 1, alpn != NULL ? alpn : "pop3", &error);
	if (t == NULL)
		fail_msg("%s", error);
	free(certificate);
	free(key);
	return t;
}

/* ---- two ends ---- */

void
pair_open(struct pair *p)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), 0);
	conn_init(&p->c, sv[0]);
	conn_init(&p->s, sv[1]);
}

void
pair_start(struct pair *p, struct tls_client *t, struct tls_server *s,
    struct pop_span session)
{
	pair_open(p);
	assert_int_equal(conn_tls_connect(&p->c, t, session), 0);
	assert_int_equal(conn_tls_accept(&p->s, s), 0);
}

int
pair_handshake(struct pair *p)
{
	int c = CONN_AGAIN, s = CONN_AGAIN, i;

	for (i = 0; i < 100 && c == CONN_AGAIN; i++) {
		c = conn_handshake(&p->c);
		if (s == CONN_AGAIN)
			s = conn_handshake(&p->s);
		if (s == CONN_ERROR)	/* take the alert */
			return conn_handshake(&p->c);
	}
	if (c == 0 && s == CONN_AGAIN)
		s = conn_handshake(&p->s);
	if (c == 0)
		assert_int_equal(s, 0);
	return c;
}

void
pair_close(struct pair *p)
{
	conn_close(&p->s);
	conn_close(&p->c);
}

void
pair_say(struct pair *p, const char *line)
{
	size_t n = strlen(line);
	char buf[256];

	assert_true(n <= sizeof(buf));
	assert_int_equal(conn_write(&p->s, line, n), n);
	assert_int_equal(conn_read(&p->c, buf, sizeof(buf)), n);
	assert_memory_equal(buf, line, n);
}
