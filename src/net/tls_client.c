/* SPDX-License-Identifier: ISC
 *
 * tls_client: the settings of one account as an OpenSSL context, and what a
 * connection under them begins with.
 *
 * Owns the policy: versions, ciphers, SNI, ALPN, client certificate.  Who is
 * trusted is tls_client_trust.c's matter, whether the certificate will do
 * tls_client_fault.c's, sessions and bindings are tls_client_bind.c's.  Must
 * not run the connection (conn.c).
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "net/tls_bio.h"
#include "net/tls_client_impl.h"
#include "net/tls_pem.h"
#include "sys/slurp.h"

/* RFC 9325 section 4.2, with CBC behind for servers of TLS 1.2 that have
 * nothing better: forward secret all of them */
#define CIPHERS_TLS12 \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:" \
	"ECDHE+AES:DHE+AES:!aNULL:!eNULL:!PSK:!SRP:!DSS:!AESCCM"

enum { PEM_FILE_MAX = 1 << 20 };

/* ---- what OpenSSL tells of a connection ---- */

static pthread_once_t peer_once = PTHREAD_ONCE_INIT;
static int peer_index = -1;

static void
free_peer(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl,
    void *argp)
{
	struct tls_peer *p = ptr;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (p == NULL)
		return;
	tls_client_unref(p->client);
	free(p->text);
	free(p);
}

static void
make_index(void)
{
	peer_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_peer);
}

struct tls_peer *
tls_client_peer(const SSL *ssl)
{
	return ssl != NULL && peer_index >= 0 ?
	    SSL_get_ex_data(ssl, peer_index) : NULL;
}

/* Keeps the first octets as long as they look like text: no TLS record
 * begins with an octet that can be printed. */
static long
hear(BIO *b, int oper, const char *p, size_t len, int argi, long argl,
    int ret, size_t *processed)
{
	struct tls_peer *peer;
	size_t n;

	(void)len;
	(void)argi;
	(void)argl;
	if (oper != (BIO_CB_READ | BIO_CB_RETURN) || ret <= 0)
		return ret;
	peer = (struct tls_peer *)(void *)BIO_get_callback_arg(b);
	n = sizeof(peer->said) - peer->said_n;
	if (n > *processed)
		n = *processed;
	memcpy(peer->said + peer->said_n, p, n);
	peer->said_n += n;
	if (peer->said_n == sizeof(peer->said) || peer->said[0] < ' ')
		BIO_set_callback_ex(b, NULL);
	return ret;
}

static void
on_info(const SSL *ssl, int where, int value)
{
	struct tls_peer *peer = tls_client_peer(ssl);

	if (peer == NULL || !(where & SSL_CB_ALERT) ||
	    value >> 8 != SSL3_AL_FATAL)
		return;
	peer->alert = value & 0xff;
	peer->alert_is_theirs = (where & SSL_CB_READ) != 0;
}

/* ---- settings ---- */

static int
set_policy(SSL_CTX *ctx, struct tls_client *t)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	/* AUTO_RETRY: a ticket before the octets that are waited for is no
	 * reason to go back to the loop */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, tls_client_verify, t);
	SSL_CTX_set_info_callback(ctx, on_info);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_TLS12) ? 0 : -1;
}

static int
set_alpn(SSL_CTX *ctx, const char *alpn)
{
	unsigned char list[32];
	size_t n = alpn != NULL ? strlen(alpn) : 0;

	if (n == 0)
		return 0;
	if (n + 1 > sizeof(list))
		return -1;
	list[0] = (unsigned char)n;
	memcpy(list + 1, alpn, n);
	/* this one gives 0 for success */
	return SSL_CTX_set_alpn_protos(ctx, list, (unsigned)n + 1) == 0 ?
	    0 : -1;
}

static int
read_pem(const char *path, struct buf *b, char *error, size_t size)
{
	buf_init(b, PEM_FILE_MAX);
	if (slurp(path, b) == 0)
		return 0;
	text_format(error, size, "%s: %s", path, strerror(errno));
	return -1;
}

/* the client's own: `key` may be in the same file */
static int
set_certificate(SSL_CTX *ctx, const char *certificate, const char *key,
    EVP_MD_CTX *mark, char *error, size_t size)
{
	struct tls_pem pem = { .name = certificate };
	const char *what;
	struct buf c, k;
	int ret = -1;

	if (key == NULL)
		key = certificate;
	buf_init(&k, PEM_FILE_MAX);
	if (read_pem(certificate, &c, error, size) == 0 &&
	    read_pem(key, &k, error, size) == 0) {
		pem.certificate = (const char *)c.p;
		pem.certificate_len = c.n;
		pem.key = (const char *)k.p;
		pem.key_len = k.n;
		what = tls_pem_load(ctx, &pem);
		if (what == NULL && !tls_client_mark(mark, c.p, c.n))
			what = "out of memory";
		if (what == NULL)
			ret = 0;
		else
			text_format(error, size, "%s: %s", certificate, what);
	}
	buf_wipe(&k);
	buf_wipe(&c);	/* it may hold the key */
	return ret;
}

static int
set_names(struct tls_client *t, const struct tls_client_spec *spec,
    char *error, size_t size)
{
	if (spec->pin != NULL && tls_pin_parse(&t->pin, spec->pin) != 0) {
		text_format(error, size, "pin \"%.90s\": give \"sha256:\" and "
		    "44 characters of base64, or \"cert-sha256:\" and 64 "
		    "hexadecimal digits", spec->pin);
		return -1;
	}
	if (spec->name != NULL && tls_wanted_init(&t->wanted, spec->name,
	    spec->mail_domain, spec->srv_service) == 0)
		return 0;
	text_format(error, size, "\"%s\" with mail domain \"%s\": no "
	    "certificate can be for such a name (international names are "
	    "written as xn--...)", spec->name != NULL ? spec->name : "",
	    spec->mail_domain != NULL ? spec->mail_domain : "");
	return -1;
}

/* every setting that a session must not survive */
static int
mark_settings(EVP_MD_CTX *mark, const struct tls_client *t,
    const char *alpn)
{
	if (alpn == NULL)
		alpn = "";
	return tls_client_mark(mark, t->wanted.ip, t->wanted.ip_len) &&
	    tls_client_mark(mark, t->wanted.host, strlen(t->wanted.host)) &&
	    tls_client_mark(mark, t->wanted.domain,
	    strlen(t->wanted.domain)) &&
	    tls_client_mark(mark, t->wanted.srv, strlen(t->wanted.srv)) &&
	    tls_client_mark(mark, &t->pin.kind, sizeof(t->pin.kind)) &&
	    tls_client_mark(mark, t->pin.digest, sizeof(t->pin.digest)) &&
	    tls_client_mark(mark, alpn, strlen(alpn)) ? 0 : -1;
}

static int
set_up(struct tls_client *t, const struct tls_client_spec *spec,
    EVP_MD_CTX *mark, char *error, size_t size)
{
	text_format(error, size, "cannot set up TLS");
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL || mark == NULL ||
	    !EVP_DigestInit_ex(mark, EVP_sha256(), NULL) ||
	    set_policy(t->ctx, t) != 0 ||
	    set_alpn(t->ctx, spec->alpn) != 0 ||
	    set_names(t, spec, error, size) != 0 ||
	    mark_settings(mark, t, spec->alpn) != 0)
		return -1;
	/* a pin stands for itself: then nobody else is asked */
	if (t->pin.kind == TLS_PIN_NONE && tls_client_trust(t->ctx,
	    spec->ca_file, mark, error, size) != 0)
		return -1;
	if (spec->certificate != NULL && set_certificate(t->ctx,
	    spec->certificate, spec->key, mark, error, size) != 0)
		return -1;
	return EVP_DigestFinal_ex(mark, t->mark, NULL) ? 0 : -1;
}

struct tls_client *
tls_client_new(const struct tls_client_spec *spec, char *error, size_t size)
{
	struct tls_client *t = calloc(1, sizeof(*t));
	EVP_MD_CTX *mark;
	int ret;

	if (t == NULL || pthread_once(&peer_once, make_index) != 0 ||
	    peer_index < 0) {
		text_format(error, size, "out of memory");
		free(t);
		return NULL;
	}
	t->refs = 1;
	mark = EVP_MD_CTX_new();
	ret = set_up(t, spec, mark, error, size);
	EVP_MD_CTX_free(mark);
	ERR_clear_error();
	if (ret == 0) {
		error[0] = '\0';
		return t;
	}
	tls_client_unref(t);
	return NULL;
}

void
tls_client_unref(struct tls_client *t)
{
	if (t == NULL || --t->refs > 0)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* ---- connections ---- */

static int
add_peer(SSL *ssl, BIO *bio, struct tls_client *t)
{
	struct tls_peer *p = calloc(1, sizeof(*p));

	if (p == NULL || !SSL_set_ex_data(ssl, peer_index, p)) {
		free(p);
		return -1;
	}
	p->alert = -1;
	p->client = t;
	t->refs++;
	BIO_set_callback_arg(bio, (char *)p);
	BIO_set_callback_ex(bio, hear);
	return 0;
}

int
conn_tls_connect(struct conn *c, struct tls_client *t,
    struct pop_span session)
{
	SSL *ssl = SSL_new(t->ctx);
	BIO *bio = tls_bio(c->fd);

	if (ssl == NULL || bio == NULL) {
		SSL_free(ssl);
		BIO_free(bio);
		ERR_clear_error();
		return -1;
	}
	SSL_set_bio(ssl, bio, bio);
	SSL_set_connect_state(ssl);
	/* RFC 6066 section 3: names only, never addresses */
	if (add_peer(ssl, bio, t) != 0 || (t->wanted.host[0] != '\0' &&
	    !SSL_set_tlsext_host_name(ssl, t->wanted.host))) {
		SSL_free(ssl);
		ERR_clear_error();
		return -1;
	}
	if (session.n > 0)
		tls_client_offer(ssl, t, session);
	ERR_clear_error();
	c->ssl = ssl;
	c->eof_clean = false;
	c->drained = false;
	return 0;
}
